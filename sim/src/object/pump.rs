//! The outbox: telling accounts, coalesced to once a second; should the process die, the alarm runs it again.

use std::collections::BTreeSet;

use quipu_core::outbox::{Pending, Round};
use quipu_schema::content::Content;
use quipu_schema::envelope::{Envelope, EventType};
use quipu_schema::ids::{ConversationKind, UserId};
use quipu_schema::inbox::{LastLine, Peer};
use quipu_schema::internal::News;
use quipu_schema::limits;
use quipu_store::conversation::commit::{CellWrite, settle};
use quipu_store::conversation::history;
use quipu_store::sql::StoreError;

use super::Live;
use crate::Bug;
use crate::wire::{Event, Out};
use crate::world::World;

/// One round under way.
pub(super) struct Sending {
    round: Round,
    pending: Pending,
    cells_version: u64,
    /// Pokes not answered yet.
    open: Vec<(u64, UserId)>,
    failed: BTreeSet<UserId>,
}

impl World {
    /// Pumps, unless it is being done.
    pub(super) fn pump(&mut self) {
        if !self.object.pumping && self.is_due() {
            self.pump_now();
        }
    }

    fn is_due(&mut self) -> bool {
        matches!(self.with(|_, live| live.outbox.is_due(live.state.seq, &live.pending)), Ok(true))
    }

    fn pump_now(&mut self) {
        if !std::mem::replace(&mut self.object.pumping, true) {
            self.next_round();
        }
    }

    fn next_round(&mut self) {
        let wait = limits::POKE_EVERY_MS.saturating_sub(self.now - self.object.pumped);
        if wait > 0 && self.object.pumped > 0 {
            let life = self.life;
            self.after(wait, Event::Round { life });
        } else {
            self.begin_round();
        }
    }

    /// A round begins: everybody concerned is told, or nothing is due and the pump rests.
    pub fn begin_round(&mut self) {
        self.object.pumped = self.now;
        let now = self.now;
        let sending = self.with(|world, live| {
            if live.unborn || !live.outbox.is_due(live.state.seq, &live.pending) {
                return Ok(None);
            }
            let members: BTreeSet<UserId> = live.state.active().map(|(user, _)| *user).collect();
            let pending = std::mem::take(&mut live.pending);
            let round = live.outbox.round(live.state.seq, &members, &pending, now);
            let last = world.last_line(live)?;
            let news: Vec<_> =
                round.tell.iter().filter_map(|user| Some((*user, news(live, *user, last.as_ref())?))).collect();
            let cells_version = live.cells_version;
            Ok::<_, StoreError>(Some((
                Sending { round, pending, cells_version, open: vec![], failed: BTreeSet::new() },
                news,
            )))
        });
        match sending {
            Ok(Ok(Some((mut sending, news)))) => {
                self.counted.rounds += 1;
                for (user, news) in news {
                    let Some(person) = self.person(user) else { continue };
                    self.next_ticket += 1;
                    let ticket = self.next_ticket;
                    sending.open.push((ticket, user));
                    self.send(Out::Poke { ticket, user: person, news: Box::new(news) });
                }
                let none = sending.open.is_empty();
                self.object.round = Some(sending);
                if none {
                    self.finish_round();
                }
            }
            Ok(Ok(None)) | Err(_) => self.rest(),
            Ok(Err(error)) => self.fail(format!("the outbox failed: {error}")),
        }
    }

    /// How a poke went.
    pub fn poked(&mut self, ticket: u64, told: bool) {
        let Some(sending) = self.object.round.as_mut() else { return };
        let Some(index) = sending.open.iter().position(|(open, _)| *open == ticket) else { return };
        let (_, user) = sending.open.swap_remove(index);
        if !told {
            sending.failed.insert(user);
        }
        if sending.open.is_empty() {
            self.finish_round();
        }
    }

    fn finish_round(&mut self) {
        let Some(sending) = self.object.round.take() else { return };
        let failed = if self.has(Bug::FailuresForgotten) { BTreeSet::new() } else { sending.failed.clone() };
        let failures = !failed.is_empty();
        if self.hostile && self.random.percent(3) {
            self.disk.fail_in(Some(0));
        }
        let settled = self.with(|world, live| world.settle(live, &sending, failed));
        self.disk.fail_in(None);
        if failures || !matches!(settled, Ok(Ok(()))) {
            if let Ok(back_off) = self.with(|_, live| live.outbox.back_off_ms()) {
                self.ring_by(self.now + back_off);
            }
            self.rest();
        } else {
            self.next_round();
        }
    }

    fn rest(&mut self) {
        self.object.pumping = false;
        self.ringing = false;
    }

    fn settle(&mut self, live: &mut Live, sending: &Sending, failed: BTreeSet<UserId>) -> Result<(), StoreError> {
        let kept = live.outbox.clone();
        live.outbox.settle(&sending.round, failed, self.now);
        live.outbox.cells = live.outbox.cells.max(sending.cells_version);
        let (before, quiet) = (live.cells_version, live.cells_version == sending.cells_version);
        let unwritten = std::mem::take(&mut live.unwritten);
        let mut receipts: Vec<CellWrite> = Vec::with_capacity(unwritten.len());
        for user in &unwritten {
            let receipt = live.state.receipts.of(*user);
            receipts.push(live.next_cell(receipt));
        }
        if quiet {
            // What is written now follows from events that were told; a waking need not tell it again.
            live.outbox.cells = live.cells_version;
        }
        let result = settle(&self.disk, &live.outbox, &receipts, live.state.seq);
        if result.is_err() {
            // What memory says must not run ahead of the disk.
            live.cells_version = before;
            live.outbox = kept;
            live.unwritten.extend(unwritten);
            live.pending.concerned.extend(sending.pending.concerned.iter().copied());
            live.pending.readers.extend(sending.pending.readers.iter().copied());
        }
        result
    }

    /// Makes sure the alarm rings at a time or before.
    pub(super) fn ring_by(&mut self, at: u64) {
        if self.object.armed.is_some_and(|armed| armed <= at && armed > self.now) {
            return;
        }
        self.disk.set_alarm(Some(at));
        self.object.armed = Some(at);
    }

    /// The platform rings, if the alarm is still the one that was armed.
    pub fn alarm(&mut self) {
        if self.disk.alarm().is_none_or(|at| at > self.now) {
            return;
        }
        self.counted.alarms += 1;
        self.disk.set_alarm(None);
        self.object.armed = None;
        let already = self.object.pumping;
        self.ringing = !already;
        self.pump_now();
        if already && !self.has(Bug::AlarmSpent) {
            // The handler returns while the round goes on: should the process die in it, another alarm must be there.
            self.ring_by(self.now + limits::OUTBOX_ALARM_MS);
        }
    }

    fn last_line(&self, live: &Live) -> Result<Option<LastLine>, StoreError> {
        let Some((envelope, content)) = history::last_line(&self.disk, live.state.seq)? else { return Ok(None) };
        let envelope: Envelope = serde_json::from_str(&envelope)?;
        let newest = match (&envelope.kind, content) {
            (EventType::MessageCreated, Some(content)) => {
                Some(history::newest_content(&self.disk, envelope.seq)?.unwrap_or(content))
            }
            _ => None,
        };
        let preview = match newest.map(|text| serde_json::from_str::<Content>(&text)).transpose()? {
            Some(Content::Text(text)) => Some(text.text.chars().take(limits::PREVIEW_CHARS).collect()),
            _ => None,
        };
        Ok(Some(LastLine { seq: envelope.seq, kind: envelope.kind, actor: envelope.actor, actor_name: None, preview }))
    }
}

/// What one account hears. `None` for somebody who never was a member.
fn news(live: &Live, user: UserId, last: Option<&LastLine>) -> Option<News> {
    let state = &live.state;
    let about = state.about.as_ref()?;
    let member = state.members.get(&user)?;
    let receipt = state.receipts.of(user);
    let peer = match about.kind {
        ConversationKind::Direct => state.peer(&user).map(|(other, peer)| Peer {
            user: *other,
            subject: peer.subject.clone(),
            name: None,
            picture: None,
        }),
        ConversationKind::Group => None,
    };
    Some(News {
        conv: state.conv,
        kind: about.kind,
        epoch: state.epoch,
        seq: state.seq,
        n: state.n,
        at: state.at,
        member: member.active,
        role: member.role,
        name: about.info.name.clone().filter(|_| member.active),
        avatar: about.info.avatar.clone().filter(|_| member.active),
        peer,
        last: last.filter(|last| member.active && member.visible.shows(last.seq)).cloned(),
        read_seq: receipt.read,
        read_n: receipt.read_n,
    })
}
