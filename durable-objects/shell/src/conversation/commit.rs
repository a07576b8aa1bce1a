//! Group commit, adaptive: an idle object commits at once; while a commit is not durable yet, what comes gathers for the next one.
//!
//! A handler only enqueues, because a socket's next message waits for it. Each turn's writes commit by themselves, so one batch is decided and
//! stored in one turn. Then the loop awaits `sync()`. When it resolves and nothing has come, the object is idle again, and a lone message never
//! waits. When something has come, a millisecond more lets the others of the same burst arrive.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use futures_channel::oneshot;
use quipu_core::batch::{Answer, Batch, Context, Effect, Input};
use quipu_core::decide::plan;
use quipu_schema::event::write_item;
use quipu_schema::ids::UserId;
use quipu_schema::limits;
use quipu_schema::problem::{CloseCode, Code, Rejection};
use quipu_schema::socket::{Ack, Acks, Cell, Cells, Profile, Receipt, Rejected, ServerFrame};
use quipu_store::conversation::commit::{CellWrite, commit};
use quipu_store::conversation::load::known;
use quipu_store::migrations::{CONVERSATION, migrate};
use quipu_store::sql::StoreError;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use super::Shared;
use super::live::Live;
use crate::platform::now_ms;

/// What waits for the next batch.
#[derive(Default)]
pub(super) struct Queue {
    commands: Vec<Queued>,
    /// Read cursors that moved, not yet in the state: what a failed commit drops must not be answered as stored.
    readers: BTreeMap<UserId, Receipt>,
    profiles: Vec<Profile>,
    waiters: Vec<oneshot::Sender<Result<(), Rejection>>>,
}

struct Queued {
    input: Input,
    bytes: usize,
    reply: Reply,
}

/// Where an answer goes.
pub(super) enum Reply {
    /// A connection.
    Socket(u64),
    /// A call that waits.
    Call(oneshot::Sender<Result<Ack, Rejection>>),
}

/// Events still to be sent to many sockets.
pub(super) struct FanOut {
    frame: String,
    first: u64,
    last: u64,
}

impl Queue {
    /// Whether another command fits.
    pub fn has_room(&self) -> bool {
        self.commands.len() < limits::PENDING_COMMANDS
    }

    pub fn push(&mut self, input: Input, bytes: usize, reply: Reply) {
        self.commands.push(Queued { input, bytes, reply });
    }

    /// Notes that a member's read cursor moved: one row, however often it moves before the next commit.
    pub fn reader(&mut self, receipt: Receipt) {
        let waiting = self.readers.entry(receipt.user).or_insert(receipt);
        if receipt.read > waiting.read {
            *waiting = receipt;
        }
    }

    /// Notes that a member presents themselves otherwise.
    pub fn profile(&mut self, profile: Profile) {
        self.profiles.retain(|waiting| waiting.user != profile.user);
        self.profiles.push(profile);
    }

    /// Resolves when what is queued now has been stored.
    pub fn wait(&mut self) -> oneshot::Receiver<Result<(), Rejection>> {
        let (sender, receiver) = oneshot::channel();
        self.waiters.push(sender);
        receiver
    }

    fn is_empty(&self) -> bool {
        self.commands.is_empty() && self.readers.is_empty() && self.profiles.is_empty() && self.waiters.is_empty()
    }

    /// The next batch: everything but commands beyond the bounds of one commit.
    fn take(&mut self) -> Self {
        let mut bytes = 0;
        let fits = self
            .commands
            .iter()
            .take(limits::BATCH_COMMANDS)
            .take_while(|queued| {
                bytes += queued.bytes;
                bytes <= limits::BATCH_BYTES || bytes == queued.bytes
            })
            .count();
        let rest = self.commands.split_off(fits);
        let commands = std::mem::replace(&mut self.commands, rest);
        Self {
            commands,
            readers: std::mem::take(&mut self.readers),
            profiles: std::mem::take(&mut self.profiles),
            waiters: std::mem::take(&mut self.waiters),
        }
    }
}

impl Shared {
    /// Commits what is queued, now or as soon as the commit in progress is durable.
    pub(super) fn kick(self: &Rc<Self>) {
        if self.committing.replace(true) {
            return;
        }
        let (mut size, mut fan_out) = self.commit_batch();
        let shared = Rc::clone(self);
        self.object.wait_until(async move {
            loop {
                let _ = JsFuture::from(shared.sql.storage().sync()).await;
                if let Some(events) = fan_out.take() {
                    shared.fan_out(&events);
                }
                let (empty, waiting) = {
                    let queue = shared.queue.borrow();
                    (queue.is_empty(), queue.commands.len())
                };
                if empty {
                    break;
                }
                if size.max(waiting) >= limits::GATHER_FROM {
                    worker::Delay::from(Duration::from_millis(limits::GATHER_MS)).await;
                }
                (size, fan_out) = shared.commit_batch();
            }
            shared.committing.set(false);
        });
    }

    /// Commits, where there is anything to commit.
    pub(super) fn kick_if_waiting(self: &Rc<Self>) {
        if !self.queue.borrow().is_empty() {
            self.kick();
        }
    }

    /// Decides, stores and answers one batch in one turn. Returns its number of commands and what is still to be sent.
    fn commit_batch(self: &Rc<Self>) -> (usize, Option<FanOut>) {
        let queued = self.queue.borrow_mut().take();
        let size = queued.commands.len();
        let now = now_ms();
        let (inputs, replies): (Vec<Input>, Vec<Reply>) =
            queued.commands.into_iter().map(|command| (command.input, command.reply)).unzip();
        let stored = self.with(|live| {
            let work = Work { inputs: &inputs, readers: &queued.readers, profiles: &queued.profiles, now };
            let stored = self.store(live, &work);
            if let Err(error) = &stored {
                worker::console_error!("{{\"event\":\"commit_failed\",\"error\":{:?}}}", error.to_string());
                let refusal = Rejection::retry_after(Code::Internal, Code::Internal.about(), 1_000);
                let answers = inputs.iter().map(|input| Answer::Rejected(input.command.key, refusal.clone())).collect();
                answer(live, answers, replies);
                return (None, Err(refusal));
            }
            let (batch, cells) = stored.unwrap_or_default();
            let fan_out = self.publish(live, batch, cells, replies, now);
            (fan_out, Ok(()))
        });
        let (fan_out, result) = match stored {
            Ok((fan_out, result)) => (fan_out, result),
            // The callers' senders are dropped, which tells them.
            Err(rejection) => (None, Err(rejection)),
        };
        if result.is_err() {
            self.forget();
        }
        for waiter in queued.waiters {
            let _ = waiter.send(result.clone());
        }
        self.pump();
        (size, fan_out)
    }

    /// Decides and stores one command by itself, at a given time; for the demo world.
    pub(super) fn commit_alone(self: &Rc<Self>, input: Input, at: u64) -> Result<(), Rejection> {
        let inputs = [input];
        self.with(|live| {
            let work = Work { inputs: &inputs, readers: &BTreeMap::new(), profiles: &[], now: at };
            let (batch, cells) = self.store(live, &work)?;
            let refused = batch.answers.iter().find_map(|answer| match answer {
                Answer::Rejected(_, rejection) => Some(rejection.clone()),
                Answer::Ack(_) => None,
            });
            self.publish(live, batch, cells, Vec::new(), at);
            refused.map_or(Ok(()), Err)
        })?
    }

    fn store(self: &Rc<Self>, live: &mut Live, work: &Work<'_>) -> Result<(Batch, Vec<CellWrite>), StoreError> {
        if live.unborn {
            migrate(&self.sql, CONVERSATION)?;
        }
        let mut commands = Vec::with_capacity(work.inputs.len());
        let mut targets = Vec::new();
        for input in work.inputs {
            let lookups = plan(input.user, &input.command);
            commands.push(lookups.command);
            targets.extend(lookups.target);
        }
        let mut known = known(&self.sql, &commands, &targets)?;
        let mut batch = Batch::default();
        let resolve = |user: &quipu_schema::ids::UserRef| self.deployment.resolve(user);
        {
            let Live { state, random, secret, .. } = live;
            let mut context = Context {
                now: work.now,
                random: &mut || random.next16(),
                fingerprint_secret: secret,
                resolve: &resolve,
            };
            for input in work.inputs {
                batch.push(state, &mut known, input, &mut context);
            }
        }
        let cells = work.cells(live);
        let birth = (live.unborn && !batch.rows.is_empty()).then_some(&live.birth);
        if !batch.rows.is_empty() || !cells.is_empty() {
            commit(&self.sql, &live.state, &batch, &cells, birth)?;
        }
        if !batch.rows.is_empty() {
            live.unborn = false;
        }
        if !batch.rows.is_empty() || !cells.is_empty() {
            // In the same commit: should the process die before the pump has run, the alarm runs it.
            self.ring_by(now_ms() + limits::OUTBOX_ALARM_MS);
        }
        Ok((batch, cells))
    }

    /// Everything that follows from a stored batch: acks first, then the end of access, then events and cells.
    fn publish(
        self: &Rc<Self>,
        live: &mut Live,
        batch: Batch,
        cells: Vec<CellWrite>,
        replies: Vec<Reply>,
        now: u64,
    ) -> Option<FanOut> {
        for row in &batch.rows {
            live.pending.note(&row.envelope, row.content.as_ref());
            live.unwritten.insert(row.envelope.actor);
            live.unwritten.extend(row.envelope.params.user);
        }
        for write in &cells {
            if let Cell::Receipt(receipt) = &write.cell {
                live.pending.readers.insert(receipt.user);
                live.unwritten.remove(&receipt.user);
            }
        }
        answer(live, batch.answers, replies);
        for effect in &batch.effects {
            if let Effect::End { user } = effect {
                live.connections.close_where(CloseCode::NotAMember, |connection| connection.user() == *user);
            }
        }
        let told: Vec<Cell> = cells.into_iter().map(|write| write.cell).collect();
        send_cells(live, &told);
        let (first, last) = (batch.rows.first()?.envelope.seq, batch.rows.last()?.envelope.seq);
        let mut frame = String::with_capacity(batch.rows.len() * 512);
        frame.push_str("{\"t\":\"events\",\"events\":[");
        for (index, row) in batch.rows.iter().enumerate() {
            if index > 0 {
                frame.push(',');
            }
            let salt = row.salt.map(|salt| salt.to_text());
            write_item(&mut frame, &row.envelope_text, row.content_text.as_deref(), salt.as_deref());
        }
        frame.push_str("]}");
        if live.connections.len() > limits::FAN_OUT_LATER {
            return Some(FanOut { frame, first, last });
        }
        live.connections.broadcast_events(&frame, first, last, now);
        None
    }

    fn fan_out(self: &Rc<Self>, events: &FanOut) {
        let _ = self.with(|live| live.connections.broadcast_events(&events.frame, events.first, events.last, now_ms()));
    }
}

/// Answers each command where it came from: one frame per connection.
fn answer(live: &mut Live, answers: Vec<Answer>, replies: Vec<Reply>) {
    let mut by_socket: BTreeMap<u64, Acks> = BTreeMap::new();
    for (answer, reply) in answers.into_iter().zip(replies) {
        match (reply, answer) {
            (Reply::Socket(id), Answer::Ack(ack)) => by_socket.entry(id).or_default().acks.push(ack),
            (Reply::Socket(id), Answer::Rejected(key, rejection)) => {
                by_socket.entry(id).or_default().rejections.push(Rejected::new(key, rejection));
            }
            (Reply::Call(call), Answer::Ack(ack)) => drop(call.send(Ok(ack))),
            (Reply::Call(call), Answer::Rejected(_, rejection)) => drop(call.send(Err(rejection))),
        }
    }
    for (id, acks) in by_socket {
        if let Some(connection) = live.connections.get_mut(id) {
            super::frames::send(connection, &ServerFrame::Acks(acks));
        }
    }
}

/// Tells a small conversation all cells, and in a large one each member their own.
pub(super) fn send_cells(live: &mut Live, cells: &[Cell]) {
    if cells.is_empty() {
        return;
    }
    let version = live.cells_version;
    let frame =
        |cells: Vec<Cell>| serde_json::to_string(&ServerFrame::Cells(Cells { version, cells })).unwrap_or_default();
    if live.state.active_count() <= limits::SMALL_CONVERSATION {
        live.connections.broadcast(&frame(cells.to_vec()), None, now_ms());
        return;
    }
    for cell in cells {
        let (Cell::Receipt(Receipt { user, .. }) | Cell::Profile(Profile { user, .. })) = cell;
        let own = JsValue::from_str(&frame(vec![cell.clone()]));
        for (_, connection) in live.connections.iter_mut().filter(|(_, connection)| connection.user() == *user) {
            let _ = connection.socket.send(&own);
        }
    }
}

/// One batch's input.
struct Work<'a> {
    inputs: &'a [Input],
    readers: &'a BTreeMap<UserId, Receipt>,
    profiles: &'a [Profile],
    now: u64,
}

impl Work<'_> {
    /// Cells to write. Deliveries are told without a row and written with the outbox.
    fn cells(&self, live: &mut Live) -> Vec<CellWrite> {
        let mut writes = Vec::new();
        for (user, receipt) in self.readers {
            live.state.receipts.advance(*user, receipt.delivered, receipt.read, receipt.read_n);
            let merged = live.state.receipts.of(*user);
            writes.push(live.next_cell(Cell::Receipt(merged)));
        }
        for profile in self.profiles {
            live.profiles.insert(profile.user, profile.clone());
            writes.push(live.next_cell(Cell::Profile(profile.clone())));
        }
        writes
    }
}
