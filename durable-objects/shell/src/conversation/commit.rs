//! Group commit, adaptive: an idle object commits at once; while a commit is not durable yet, what comes gathers for the next one.
//!
//! A handler only enqueues, because a socket's next message waits for it. Each turn's writes commit by themselves, so one batch is decided and
//! stored in one turn. Then the loop awaits `sync()`, lets in what the platform held back meanwhile, and commits that. When nothing has come,
//! the object is idle again: a lone message never waits. Read cursors that come over sockets do, a little: nobody waits for them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::time::Duration;

use quipu_core::batch::{Answer, Batch, Context, Copies, Effect, Input, Known, Row};
use quipu_core::decide::{CommandId, Lookups, command_id, plan};
use quipu_core::directory::concerns;
use quipu_core::previews::Looked;
use quipu_core::spaces::{Word, concerns as spaces_concern, noted};
use quipu_core::threads::{Key, Move};
use quipu_schema::command::Command;
use quipu_schema::envelope::EventType;
use quipu_schema::event::{write_hidden, write_item};
use quipu_schema::ids::{ConversationId, UserId, UserRef};
use quipu_schema::internal::{ChannelNews, Departure};
use quipu_schema::limits;
use quipu_schema::problem::{CloseCode, Code, Rejection};
use quipu_schema::socket::{Acks, Cell, Profile, Receipt, Rejected, ServerFrame};
use quipu_store::conversation::commit::{CellWrite, commit};
use quipu_store::conversation::hidden;
use quipu_store::conversation::load::known;
use quipu_store::conversation::{polls, spaces, threads};
use quipu_store::sql::StoreError;
use wasm_bindgen::prelude::Closure;

use super::Shared;
use super::cells::send_cells;
use super::connections::Broadcast;
use super::live::Live;
use super::queue::{Beforehand, Copy, Queued, Reply};
use crate::platform::{now_ms, when_settled};

/// The size of a batch that is not durable yet, and what its events' sockets are still to be sent.
pub(super) type UnderWay = RefCell<(usize, Option<Broadcast>)>;

impl Shared {
    /// Commits what is queued, now or as soon as the commit in progress is durable.
    pub(super) fn kick(self: &Rc<Self>) {
        if !self.committing.replace(true) {
            self.commit_next();
        }
    }

    fn commit_next(self: &Rc<Self>) {
        let (size, fan_out) = self.commit_batch();
        self.under_way.replace((size, fan_out));
        let durable = self.durable.get_or_init(|| {
            // Weak: what is kept in the object must not keep the object.
            let shared = Rc::downgrade(self);
            Closure::new(move || {
                if let Some(shared) = shared.upgrade() {
                    shared.committed();
                }
            })
        });
        when_settled(self.sql.storage().sync(), durable);
    }

    /// The commit is durable.
    fn committed(self: &Rc<Self>) {
        let (size, fan_out) = self.under_way.take();
        if let Some(events) = fan_out {
            self.fan_out(&events);
        }
        if size <= 1 && self.queue.borrow().is_empty() {
            // A sender with more to say would have had its one frame let in by now.
            self.committing.set(false);
            return;
        }
        let shared = Rc::clone(self);
        self.object.wait_until(async move {
            shared.gather(size).await;
            if shared.queue.borrow().is_empty() {
                shared.committing.set(false);
            } else {
                shared.commit_next();
            }
        });
    }

    /// Lets in what the platform held back: while a write is not durable it gives each socket one more frame at most, and the others come one a
    /// turn once it is. So yield for as long as each turn brings more; a lone sender's next message is not there yet, and waits for nothing.
    async fn gather(&self, size: usize) {
        let mut waiting = self.queue.borrow().commands.len();
        if size <= 1 && waiting == 0 {
            return;
        }
        let crowded = matches!(self.live.try_borrow().as_deref(), Ok(Some(live)) if live.connections.len() > limits::FAN_OUT_LATER);
        let mut pause = if crowded && size.max(waiting) >= limits::GATHER_FROM { limits::GATHER_MS } else { 0 };
        let mut quiet = 0;
        for _ in 0..limits::GATHER_TURNS {
            worker::Delay::from(Duration::from_millis(pause)).await;
            pause = 0;
            let now_waiting = self.queue.borrow().commands.len();
            quiet = if now_waiting == waiting { quiet + 1 } else { 0 };
            waiting = now_waiting;
            if quiet > usize::from(waiting > 0) || waiting >= limits::BATCH_COMMANDS {
                break;
            }
        }
    }

    /// Commits what is queued a little later, so that a burst of read cursors is one write. A command that comes first takes them along.
    pub(super) fn kick_later(self: &Rc<Self>) {
        if self.queue.borrow().is_empty() || self.reads_gather.replace(true) {
            return;
        }
        let shared = Rc::clone(self);
        self.object.wait_until(async move {
            worker::Delay::from(Duration::from_millis(limits::READS_GATHER_MS)).await;
            shared.reads_gather.set(false);
            shared.kick_if_waiting();
        });
    }

    /// Commits, where there is anything to commit.
    pub(super) fn kick_if_waiting(self: &Rc<Self>) {
        if !self.queue.borrow().is_empty() {
            self.kick();
        }
    }

    /// Decides, stores and answers one batch in one turn. Returns its number of commands and what is still to be sent.
    fn commit_batch(self: &Rc<Self>) -> (usize, Option<Broadcast>) {
        let queued = self.queue.borrow_mut().take();
        let size = queued.commands.len();
        let now = now_ms();
        let (mut copies, mut unreachable, mut words) = (Copies::new(), HashMap::new(), HashMap::new());
        let (inputs, replies): (Vec<Input>, Vec<Reply>) = queued
            .commands
            .into_iter()
            .map(|Queued { input, reply, asked, .. }| {
                for asked in asked {
                    let command = command_id(input.user, input.command.key);
                    match asked {
                        Beforehand::Copy(Copy { user, from, seq, copied }) => {
                            drop(copies.insert((user, from, seq), copied))
                        }
                        Beforehand::Unreachable(refusal) => drop(unreachable.insert(command, refusal)),
                        Beforehand::Word(word) => drop(words.insert(command, self.not_stale(word))),
                    }
                }
                (input, reply)
            })
            .unzip();
        let stored = self.with(|live| {
            let (readers, profiles, threads) = (&queued.readers, &queued.profiles, &queued.threads);
            let (looked, heard, departed) = (&queued.looked, &queued.heard, &queued.departed);
            let work = Work {
                inputs: &inputs,
                readers,
                profiles,
                threads,
                looked,
                heard,
                departed,
                copies: &copies,
                unreachable: &unreachable,
                words: &words,
                now,
            };
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
        self.look_at_links();
        self.list();
        self.tell_spaces();
        self.tell_departures();
        (size, fan_out)
    }

    /// Decides and stores one command by itself, at a given time; for the demo world.
    pub(super) fn commit_alone(self: &Rc<Self>, input: Input, at: u64) -> Result<(), Rejection> {
        let inputs = [input];
        self.with(|live| {
            let (readers, threads, unreachable) = (&BTreeMap::new(), &BTreeMap::new(), &HashMap::new());
            let copies = &Copies::new();
            let work = Work {
                inputs: &inputs,
                readers,
                profiles: &[],
                threads,
                looked: &[],
                heard: &[],
                departed: &[],
                copies,
                unreachable,
                words: &HashMap::new(),
                now: at,
            };
            let (batch, cells) = self.store(live, &work)?;
            let refused = batch.answers.iter().find_map(|answer| match answer {
                Answer::Rejected(_, rejection) => Some(rejection.clone()),
                Answer::Ack(_) => None,
            });
            self.publish(live, batch, cells, Vec::new(), at);
            refused.map_or(Ok(()), Err)
        })?
    }

    /// Decides and stores a batch.
    ///
    /// Whether a key was used before is asked of the unique index itself where that is safe: messages about no other message are decided as if
    /// their keys were new, and should the index say otherwise, nothing was stored, the state goes back, and the keys are looked up. Retries are
    /// rare; a look-up per message was a fifth of its cost.
    fn store(self: &Rc<Self>, live: &mut Live, work: &Work<'_>) -> Result<(Batch, Vec<CellWrite>), StoreError> {
        if live.unborn {
            // There is no table to look anything up in, and a refusal makes none.
            let batch = self.decide(live, work, Known { unreachable: work.unreachable.clone(), ..Known::default() });
            self.keep(live, &batch, &[])?;
            return Ok((batch, Vec::new()));
        }
        // Where votes were cast, their keys are asked for: the unique index does not hold them.
        if work.is_plain() && !self.may_have_voted(live, work)? {
            let checkpoint = live.state.checkpoint(work.senders());
            let batch = self.decide(live, work, Known::default());
            let all_new = batch.answers.iter().all(|answer| matches!(answer, Answer::Ack(_)));
            match all_new.then(|| self.keep(live, &batch, &[])) {
                // A refusal may turn out to be the answer of long ago to the same key.
                None | Some(Err(StoreError::KeyTaken)) => live.state.go_back(checkpoint),
                Some(kept) => return kept.map(|()| (batch, Vec::new())),
            }
        }
        let mut lookups: Vec<_> = work.inputs.iter().map(|input| plan(input.user, &input.command)).collect();
        lookups.extend(work.looked.iter().map(|looked| Lookups::of(looked.seq)));
        let mut known = known(&self.sql, &lookups)?;
        (known.copies, known.unreachable) = (work.copies.clone(), work.unreachable.clone());
        known.words = work.words.clone();
        if live.polled {
            polls::remember(&self.sql, &lookups, &mut known)?;
        }
        if !work.heard.is_empty() {
            let channels: Vec<ConversationId> = work.heard.iter().map(|news| news.channel).collect();
            known.channels = spaces::known(&self.sql, &channels)?;
        }
        let batch = self.decide(live, work, known);
        let mut cells = work.cells(live);
        cells.extend(returned(live, &batch));
        let places = threads::moved(&self.sql, &live.state, &batch, work.threads)?;
        cells.extend(threads::writes(places, &mut live.cells_version));
        self.keep(live, &batch, &cells)?;
        Ok((batch, cells))
    }

    /// Whether a key of the batch voted before.
    fn may_have_voted(&self, live: &Live, work: &Work<'_>) -> Result<bool, StoreError> {
        if !live.polled {
            return Ok(false);
        }
        let lookups: Vec<_> = work.inputs.iter().map(|input| plan(input.user, &input.command)).collect();
        let mut voted = Known::default();
        polls::remember(&self.sql, &lookups, &mut voted)?;
        Ok(!voted.priors.is_empty())
    }

    /// Decides every command, in order, and moves the state on.
    fn decide(&self, live: &mut Live, work: &Work<'_>, mut known: Known) -> Batch {
        let mut batch = Batch::default();
        let resolve = |user: &UserRef| self.deployment.resolve(user);
        let Live { state, random, secret, previews, tellings, departures, .. } = live;
        let mut context =
            Context { now: work.now, random: &mut || random.next16(), fingerprint_secret: secret, resolve: &resolve };
        for input in work.inputs {
            batch.push(state, &mut known, input, &mut context);
        }
        for looked in work.looked {
            batch.look(state, &mut known, looked, &mut context);
        }
        for news in work.heard {
            batch.hear(state, &mut known, news, &mut context);
        }
        for (space, departure) in work.departed {
            batch.depart(state, &mut known, (*space, departure), &mut context);
        }
        batch.previews = self.still_to_look(previews, &batch, work.looked);
        batch.tellings = noted(tellings, batch.rows.iter().map(|row| &row.envelope));
        if !batch.came.is_empty() {
            let mut departures = departures.clone();
            batch.came.iter().for_each(|(channel, place)| departures.came(*channel, *place));
            batch.departures = Some(departures);
        }
        batch
    }

    /// Stores what was decided, all or nothing.
    fn keep(&self, live: &mut Live, batch: &Batch, cells: &[CellWrite]) -> Result<(), StoreError> {
        // A vote is an effect alone.
        if batch.rows.is_empty() && cells.is_empty() && batch.previews.is_none() && batch.effects.is_empty() {
            return Ok(());
        }
        let birth = (live.unborn && !batch.rows.is_empty()).then_some(&live.birth);
        commit(&self.sql, &live.state, batch, cells, birth)?;
        live.unborn &= batch.rows.is_empty();
        if let Some(previews) = &batch.previews {
            live.previews = previews.clone();
        }
        if let Some(tellings) = &batch.tellings {
            live.tellings = tellings.clone();
        }
        if let Some(departures) = &batch.departures {
            live.departures = departures.clone();
            live.departures_kept = departures.cursor;
        }
        // In the same commit: should the process die before the pump has run, the alarm runs it.
        self.ring_by(now_ms() + limits::OUTBOX_ALARM_MS);
        Ok(())
    }

    /// Everything that follows from a stored batch: acks first, then the end of access, then events and cells.
    fn publish(
        self: &Rc<Self>,
        live: &mut Live,
        batch: Batch,
        cells: Vec<CellWrite>,
        replies: Vec<Reply>,
        now: u64,
    ) -> Option<Broadcast> {
        for row in &batch.rows {
            live.pending.note(&row.envelope, row.content.as_ref());
            live.listing_stale |= concerns(&row.envelope.kind);
            live.tellings_stale |= !live.tellings.is_empty() && spaces_concern(&row.envelope.kind);
            live.mentioned.note(&live.state, &row.envelope, row.content.as_ref());
            // Whoever is banned may never have been a member, nor who acts from a channel or a space.
            let named = [Some(row.envelope.actor), row.envelope.params.user].into_iter().flatten();
            live.unwritten.extend(named.filter(|user| live.state.members.contains_key(user)));
        }
        for write in &cells {
            live.pending.note_cell(&write.cell);
            match &write.cell {
                Cell::Receipt(receipt) => drop(live.unwritten.remove(&receipt.user)),
                Cell::Thread(place) => {
                    live.threads = true;
                    live.unread_threads.remove(&place.user);
                }
                Cell::Profile(_) => {}
            }
        }
        answer(live, batch.answers, replies);
        for effect in &batch.effects {
            match effect {
                Effect::End { user } => {
                    live.connections.close_where(CloseCode::NotAMember, |connection| connection.user() == *user);
                    live.unread_threads.remove(user);
                    live.outbox.listeners.forget(*user);
                    live.outbox.everything.forget(user);
                }
                Effect::Forget { user } if !live.state.members.contains_key(user) => {
                    live.profiles.remove(user);
                    live.unwritten.remove(user);
                }
                Effect::Flagged { target, .. } => self.flagged(live, *target),
                Effect::Reacted { .. } => live.reactions = true,
                Effect::Previewed { .. } | Effect::PreviewRemoved { .. } => live.previewed = true,
                Effect::Replied { .. } => {
                    live.threads = true;
                    live.unread_threads.clear();
                }
                // What a reply mentions may have changed.
                Effect::ReplyErased { .. } => live.unread_threads.clear(),
                Effect::Edited { by, .. } => {
                    let reply = |row: &Row| row.envelope.seq == *by && row.envelope.thread.is_some();
                    if batch.rows.iter().any(reply) {
                        live.unread_threads.clear();
                    }
                }
                Effect::Voted { .. } | Effect::PollClosed { .. } => live.polled = true,
                Effect::Erase { .. }
                | Effect::PollErased { .. }
                | Effect::Unreacted { .. }
                | Effect::Invited { .. }
                | Effect::Forget { .. }
                | Effect::PinsChanged
                | Effect::Linked { .. }
                | Effect::ChannelTold { .. }
                | Effect::Spoke { .. } => {}
            }
        }
        // Who has become a moderator has not heard of them yet.
        if !live.reports.is_empty() && batch.rows.iter().any(|row| row.envelope.kind == EventType::MemberRoleChanged) {
            super::moderation::tell_reports(live);
        }
        self.tell_polls_soon(live, &batch.effects);
        let told: Vec<Cell> = cells.into_iter().map(|write| write.cell).collect();
        send_cells(live, &told);
        let (first, last) = (batch.rows.first()?.envelope.seq, batch.rows.last()?.envelope.seq);
        let others = match self.edits_hidden(live, &batch.effects) {
            Ok(hidden) => hidden.into_iter().map(|(user, edits)| (user, frame(&batch.rows, &edits))).collect(),
            Err(error) => {
                worker::console_error!("{{\"event\":\"broadcast_failed\",\"error\":{:?}}}", error.to_string());
                // Whoever resumes reads it from the log.
                live.connections.close_where(CloseCode::Restart, |_| true);
                return None;
            }
        };
        let events = Broadcast { frame: frame(&batch.rows, &BTreeSet::new()), others, first, last };
        if live.connections.len() > limits::FAN_OUT_LATER {
            return Some(events);
        }
        if live.connections.broadcast_events(&events, now) {
            self.ring_by(now + limits::SLOW_MS);
        }
        None
    }

    /// Edits and previews in a batch of messages that somebody deleted for themselves, by who did.
    fn edits_hidden(&self, live: &Live, effects: &[Effect]) -> Result<BTreeMap<UserId, BTreeSet<u64>>, StoreError> {
        let mut found: BTreeMap<UserId, BTreeSet<u64>> = BTreeMap::new();
        let edits: Vec<(u64, u64)> = effects
            .iter()
            .filter(|_| live.hiding.version > 0)
            .filter_map(|effect| match effect {
                Effect::Edited { target, by, .. }
                | Effect::Previewed { target, by }
                | Effect::PreviewRemoved { target, by } => Some((*target, *by)),
                _ => None,
            })
            .collect();
        let targets: Vec<u64> = edits.iter().map(|(target, _)| *target).collect();
        for (user, hidden) in hidden::by(&self.sql, &targets)? {
            let of_it = edits.iter().filter(|(target, _)| *target == hidden).map(|(_, by)| *by);
            found.entry(user).or_default().extend(of_it);
        }
        Ok(found)
    }

    fn fan_out(self: &Rc<Self>, events: &Broadcast) {
        let now = now_ms();
        let stalled = self.with(|live| live.connections.broadcast_events(events, now));
        if matches!(stalled, Ok(true)) {
            self.ring_by(now + limits::SLOW_MS);
        }
    }
}

/// Events as one frame, in which some are hidden.
fn frame(rows: &[Row], hidden: &BTreeSet<u64>) -> String {
    let mut frame = String::with_capacity(rows.len() * 512);
    frame.push_str("{\"t\":\"events\",\"events\":[");
    for (index, row) in rows.iter().enumerate() {
        if index > 0 {
            frame.push(',');
        }
        let seq = row.envelope.seq;
        if hidden.contains(&seq) {
            write_hidden(&mut frame, seq, seq);
            continue;
        }
        let salt = row.salt.map(|salt| salt.to_text());
        write_item(&mut frame, &row.envelope_text, row.content_text.as_deref(), salt.as_deref());
    }
    frame.push_str("]}");
    frame
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

/// The profiles of those who come back, as if they had changed: who came while they were away was not told of them.
fn returned(live: &mut Live, batch: &Batch) -> Vec<CellWrite> {
    let joined = batch.rows.iter().filter(|row| row.envelope.kind == EventType::MemberJoined);
    let users: BTreeSet<UserId> = joined.filter_map(|row| row.envelope.params.user).collect();
    let profiles: Vec<Profile> = users.iter().filter_map(|user| live.profiles.get(user).cloned()).collect();
    profiles.into_iter().map(|profile| live.next_cell(Cell::Profile(profile))).collect()
}

/// One batch's input.
struct Work<'a> {
    inputs: &'a [Input],
    readers: &'a BTreeMap<UserId, Receipt>,
    profiles: &'a [Profile],
    copies: &'a Copies,
    unreachable: &'a HashMap<CommandId, Rejection>,
    threads: &'a BTreeMap<Key, Move>,
    looked: &'a [Looked],
    heard: &'a [ChannelNews],
    departed: &'a [(ConversationId, Departure)],
    words: &'a HashMap<CommandId, Word>,
    now: u64,
}

impl Work<'_> {
    /// Whether every command is a message about no other message, and nothing else moves: then nothing must be looked up to decide.
    fn is_plain(&self) -> bool {
        let plain = |input: &Input| matches!(&input.command.command, Command::Send(send) if send.reply_to.is_none() && send.thread.is_none());
        self.readers.is_empty()
            && self.profiles.is_empty()
            && self.threads.is_empty()
            && self.looked.is_empty()
            && self.heard.is_empty()
            && self.departed.is_empty()
            && self.inputs.iter().all(plain)
    }

    fn senders(&self) -> impl Iterator<Item = UserId> {
        self.inputs.iter().map(|input| input.user)
    }

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
