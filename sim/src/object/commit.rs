//! Group commit, adaptive: an idle object commits at once; while a commit is not durable yet, what comes gathers for the next one.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use quipu_core::batch::{Answer, Batch, Context, Effect, Input, Known};
use quipu_core::decide::plan;
use quipu_core::state::Checkpoint;
use quipu_schema::command::Command;
use quipu_schema::ids::UserId;
use quipu_schema::limits;
use quipu_schema::problem::{CloseCode, Code, Rejection};
use quipu_schema::socket::{Acks, Cell, Receipt, Rejected};
use quipu_store::conversation::commit::{CellWrite, commit};
use quipu_store::conversation::load::known;
use quipu_store::conversation::threads;
use quipu_store::migrations::{CONVERSATION, migrate};
use quipu_store::sql::StoreError;

use super::facts::items;
use super::{Live, Position, UNACKNOWLEDGED};
use crate::Bug;
use crate::wire::{Answered, Call, Down, Event, Out};
use crate::world::{World, resolve};

/// Commands of one commit; small, so that a short run meets it.
const BATCH_COMMANDS: usize = 9;
/// Above this many sockets events follow the acks after the sync.
const FAN_OUT_LATER: usize = 4;
const GATHER_FROM: usize = 4;

/// What waits for the next batch.
#[derive(Default)]
pub(super) struct Queue {
    commands: Vec<(Input, Reply)>,
    readers: BTreeMap<UserId, Receipt>,
    waiters: Vec<(usize, Call)>,
}

/// Where an answer goes.
pub(super) enum Reply {
    Socket(u64),
    Call { client: usize, call: Call },
}

/// Events still to be sent to many sockets.
pub(super) struct FanOut {
    items: Rc<str>,
    /// What others are sent in their place.
    others: BTreeMap<UserId, Rc<str>>,
    first: u64,
    last: u64,
}

impl Queue {
    pub fn push(&mut self, input: Input, reply: Reply) {
        self.commands.push((input, reply));
    }

    /// One row, however often a cursor moves before the next commit.
    pub fn reader(&mut self, receipt: Receipt) {
        let waiting = self.readers.entry(receipt.user).or_insert(receipt);
        if receipt.read > waiting.read {
            *waiting = receipt;
        }
    }

    /// Answers when what is queued now has been stored.
    pub fn wait(&mut self, client: usize, call: Call) {
        self.waiters.push((client, call));
    }

    pub fn is_empty(&self) -> bool {
        self.commands.is_empty() && self.readers.is_empty() && self.waiters.is_empty()
    }

    fn take(&mut self) -> Self {
        let rest = self.commands.split_off(self.commands.len().min(BATCH_COMMANDS));
        let commands = std::mem::replace(&mut self.commands, rest);
        Self { commands, readers: std::mem::take(&mut self.readers), waiters: std::mem::take(&mut self.waiters) }
    }
}

impl World {
    /// Commits what is queued, now or as soon as the commit in progress is durable.
    pub(super) fn kick(&mut self) {
        if !std::mem::replace(&mut self.object.committing, true) {
            self.commit_and_wait();
        }
    }

    fn commit_and_wait(&mut self) {
        self.commit_batch();
        match self.disk.gate() {
            Some(commit) => self.object.awaiting = Some(commit),
            None => {
                self.object.awaiting = Some(0);
                let life = self.life;
                self.after(0, Event::Synced { life, commit: 0 });
            }
        }
    }

    /// The loop goes on when the sync it awaits is done.
    pub fn after_sync(&mut self, commit: u64) {
        if self.object.awaiting.is_none_or(|awaited| awaited > commit) {
            return;
        }
        self.object.awaiting = None;
        if let Some(events) = self.object.fan_out.take() {
            let _ = self.with(|world, live| world.broadcast(live, &events));
        }
        if self.object.queue.is_empty() {
            self.object.committing = false;
        } else if self.object.last_size.max(self.object.queue.commands.len()) >= GATHER_FROM {
            let life = self.life;
            self.after(limits::GATHER_MS, Event::Gather { life });
        } else {
            self.commit_and_wait();
        }
    }

    /// The burst is there.
    pub fn gathered(&mut self) {
        self.commit_and_wait();
    }

    fn commit_batch(&mut self) {
        let Queue { commands, readers, waiters } = self.object.queue.take();
        self.object.last_size = commands.len();
        let (inputs, replies): (Vec<Input>, Vec<Reply>) = commands.into_iter().unzip();
        // Now and then the disk is full in the middle.
        if self.hostile && self.random.percent(5) {
            let writes = self.random.below(if inputs.is_empty() { 1 } else { 4 });
            self.disk.fail_in(Some(writes));
            self.counted.full_disks += 1;
        }
        let result = self.with(|world, live| match world.store(live, &inputs, &readers) {
            Ok((batch, cells)) => {
                world.publish(live, batch, &cells, replies);
                Ok(())
            }
            Err(_) => {
                let refusal = Rejection::retry_after(Code::Internal, Code::Internal.about(), 1_000);
                let refuse = |input: &Input| Answer::Rejected(input.command.key, refusal.clone());
                world.reply(inputs.iter().map(refuse).collect(), replies);
                Err(refusal)
            }
        });
        self.disk.fail_in(None);
        let result = result.and_then(|result| result);
        // What was refused must leave nothing, not even in memory.
        if result.is_err() || self.object.live.as_ref().is_some_and(|live| live.unborn) {
            self.object.forget();
        }
        for (client, call) in waiters {
            let Call::Read(seq) = call else { continue };
            let answer = result.clone().map_or_else(Answered::Rejected, |()| Answered::Read(seq));
            self.answer(client, call, answer);
        }
        self.pump();
    }

    fn store(
        &mut self,
        live: &mut Live,
        inputs: &[Input],
        readers: &BTreeMap<UserId, Receipt>,
    ) -> Result<(Batch, Vec<CellWrite>), StoreError> {
        if live.unborn {
            migrate(&self.disk, CONVERSATION)?;
        }
        // Messages about no other message are decided as if their keys were new; the unique index says otherwise.
        if readers.is_empty() && inputs.iter().all(is_plain) {
            let checkpoint = live.state.checkpoint(inputs.iter().map(|input| input.user));
            let batch = self.decide(live, inputs, Known::default());
            let all_new = batch.answers.iter().all(|answer| matches!(answer, Answer::Ack(_)));
            match all_new.then(|| self.keep(live, &batch, &[])) {
                // A refusal may turn out to be the answer of long ago to the same key.
                None | Some(Err(StoreError::KeyTaken)) => self.go_back(live, checkpoint, inputs),
                Some(kept) => return kept.map(|()| (batch, Vec::new())),
            }
        }
        let lookups: Vec<_> = inputs.iter().map(|input| plan(input.user, &input.command)).collect();
        let mut known = known(&self.disk, &lookups)?;
        if self.has(Bug::KeysForgotten) {
            known.priors.clear();
        }
        let mut batch = self.decide(live, inputs, known);
        let mut cells: Vec<CellWrite> = readers
            .values()
            .map(|receipt| {
                live.state.receipts.advance(receipt.user, receipt.delivered, receipt.read, receipt.read_n);
                let merged = live.state.receipts.of(receipt.user);
                live.next_cell(merged)
            })
            .collect();
        let places = threads::moved(&self.disk, &live.state, &batch, &BTreeMap::new())?;
        cells.extend(threads::writes(places, &mut live.cells_version));
        if self.has(Bug::ErasureForgotten) {
            batch.effects.retain(|effect| !matches!(effect, Effect::Erase { .. }));
        }
        self.keep(live, &batch, &cells)?;
        Ok((batch, cells))
    }

    /// Nothing was stored: the state goes back to where it was.
    fn go_back(&mut self, live: &mut Live, checkpoint: Checkpoint, inputs: &[Input]) {
        self.counted.went_back += 1;
        let ahead: Vec<Receipt> = inputs.iter().map(|input| live.state.receipts.of(input.user)).collect();
        if self.has(Bug::StateStaysAhead) {
            return;
        }
        live.state.go_back(checkpoint);
        if self.has(Bug::ReceiptsStayAhead) {
            for Receipt { user, delivered, read, read_n } in ahead {
                live.state.receipts.advance(user, delivered, read, read_n);
            }
        }
    }

    fn decide(&mut self, live: &mut Live, inputs: &[Input], mut known: Known) -> Batch {
        let mut batch = Batch::default();
        let (now, secret) = (self.now, live.birth.secret());
        let random = &mut self.random;
        let mut context =
            Context { now, random: &mut || random.bytes(), fingerprint_secret: &secret, resolve: &resolve };
        for input in inputs {
            batch.push(&mut live.state, &mut known, input, &mut context);
        }
        batch
    }

    fn keep(&mut self, live: &mut Live, batch: &Batch, cells: &[CellWrite]) -> Result<(), StoreError> {
        if batch.rows.is_empty() && cells.is_empty() {
            return Ok(());
        }
        let birth = (live.unborn && !batch.rows.is_empty()).then_some(&live.birth);
        commit(&self.disk, &live.state, batch, cells, birth)?;
        self.counted.stored += batch.rows.len() as u64;
        live.unborn = live.unborn && batch.rows.is_empty();
        // In the same commit: should the process die before the pump has run, the alarm runs it.
        if !self.has(Bug::AlarmForgotten) {
            self.ring_by(self.now + limits::OUTBOX_ALARM_MS);
        }
        Ok(())
    }

    /// Everything that follows from a stored batch: acks first, then the end of access, then cells and events.
    fn publish(&mut self, live: &mut Live, batch: Batch, cells: &[CellWrite], replies: Vec<Reply>) {
        for row in &batch.rows {
            live.pending.note(&row.envelope, row.content.as_ref());
            live.mentioned.note(&live.state, &row.envelope, row.content.as_ref());
            live.unwritten.insert(row.envelope.actor);
            live.unwritten.extend(row.envelope.params.user.filter(|user| live.state.members.contains_key(user)));
        }
        let mut told = Vec::new();
        for write in cells {
            live.pending.note_cell(&write.cell);
            live.threads |= matches!(write.cell, Cell::Thread(_));
            if let Cell::Receipt(receipt) = &write.cell {
                live.unwritten.remove(&receipt.user);
                told.push(*receipt);
            }
        }
        self.reply(batch.answers, replies);
        for effect in &batch.effects {
            if let Effect::End { user } = effect
                && !self.has(Bug::RemovedStay)
            {
                let theirs = live.connections.iter().filter(|(_, connection)| connection.user == *user);
                for id in theirs.map(|(id, _)| *id).collect::<Vec<_>>() {
                    self.close(live, id, CloseCode::NotAMember);
                }
            }
        }
        self.tell(live, told);
        let (Some(first), Some(last)) = (batch.rows.first(), batch.rows.last()) else { return };
        let (first, last) = (first.envelope.seq, last.envelope.seq);
        let others = match self.for_others(live, &batch.rows, &batch.effects) {
            Ok(others) => others,
            Err(error) => return self.fail(format!("who hides what does not read: {error}")),
        };
        let items = Rc::from(items(&batch.rows, &BTreeSet::new()));
        let events = FanOut { items, others, first, last };
        if live.connections.len() > FAN_OUT_LATER {
            self.object.fan_out = Some(events);
        } else {
            self.broadcast(live, &events);
        }
    }

    fn broadcast(&mut self, live: &mut Live, events: &FanOut) {
        let mut slow = Vec::new();
        for (id, connection) in &mut live.connections {
            let is_live = self.sockets.get(id).is_some_and(|socket| socket.position == Position::Live);
            if !is_live || connection.sent + 1 != events.first {
                continue;
            }
            let items = events.others.get(&connection.user).unwrap_or(&events.items);
            let bytes = items.len();
            if connection.unacknowledged + bytes > UNACKNOWLEDGED && connection.unacknowledged > 0 {
                slow.push(*id);
                continue;
            }
            connection.sent = events.last;
            connection.frames.push_back((events.last, bytes));
            connection.unacknowledged += bytes;
            self.send(Out::Frame { socket: *id, frame: Down::Events(Rc::clone(items)) });
        }
        for id in slow {
            self.counted.slow += 1;
            self.close(live, id, CloseCode::Slow);
        }
    }

    /// Answers each command where it came from: one frame per connection.
    fn reply(&mut self, answers: Vec<Answer>, replies: Vec<Reply>) {
        let mut by_socket: BTreeMap<u64, Acks> = BTreeMap::new();
        for (answer, reply) in answers.into_iter().zip(replies) {
            match (reply, answer) {
                (Reply::Socket(id), Answer::Ack(ack)) => by_socket.entry(id).or_default().acks.push(ack),
                (Reply::Socket(id), Answer::Rejected(key, rejection)) => {
                    by_socket.entry(id).or_default().rejections.push(Rejected::new(key, rejection));
                }
                (Reply::Call { client, call }, Answer::Ack(ack)) => self.answer(client, call, Answered::Ack(ack)),
                (Reply::Call { client, call }, Answer::Rejected(_, rejection)) => {
                    self.answer(client, call, Answered::Rejected(rejection));
                }
            }
        }
        for (id, acks) in by_socket {
            if self.sockets.contains_key(&id) {
                self.send(Out::Frame { socket: id, frame: Down::Acks(acks) });
            }
        }
    }
}

/// A message about no other message: nothing must be looked up to decide it.
fn is_plain(input: &Input) -> bool {
    matches!(&input.command.command, Command::Send(send) if send.reply_to.is_none() && send.thread.is_none())
}
