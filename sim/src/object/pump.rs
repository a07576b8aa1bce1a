//! The outbox: telling accounts, coalesced to once a second; should the process die, the alarm runs it again. Those who lag are called
//! again from the alarm.

use std::collections::BTreeSet;

use quipu_core::outbox::{Pending, Round};
use quipu_schema::ids::{ConversationKind, UserId};
use quipu_schema::inbox::{LastLine, Peer};
use quipu_schema::internal::News;
use quipu_schema::limits;
use quipu_schema::problem::Code;
use quipu_schema::socket::Profile;
use quipu_store::conversation::outbox::{Ended, last_line, line_before, settle_round};
use quipu_store::conversation::{hidden, mentions, threads};
use quipu_store::sql::{Sql, StoreError};

use super::Live;
use crate::Bug;
use crate::wire::{Event, Out};
use crate::world::World;

/// One round under way.
pub(super) struct Sending {
    round: Round,
    /// What it tells besides the head, and up to which cell version; none where those who lag are called.
    pending: Option<(Pending, u64)>,
    /// Which event the last line is.
    line: u64,
    /// Pokes not answered yet.
    open: Vec<(u64, UserId)>,
    failed: BTreeSet<UserId>,
}

/// Whom is spoken to: two rounds at most are under way, one of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    /// All concerned, save those who lag.
    Rounds,
    /// Those who lag.
    Retries,
}

type Made = Option<(Sending, Vec<(UserId, News)>)>;

impl World {
    /// Pumps, unless it is being done.
    pub(super) fn pump(&mut self) {
        if !self.object.pumping && matches!(self.with(|_, live| live.news_at()), Ok(Some(_))) {
            self.object.pumping = true;
            self.next_round();
        }
    }

    /// Calls those who lag and whose time has come.
    fn call_lagging(&mut self) {
        if self.object.retrying || !matches!(self.with(|_, live| live.outbox.retry_at()), Ok(Some(_))) {
            return;
        }
        self.object.retrying = true;
        let now = self.now;
        let made = self.make(|world, live| {
            let last = last_line(&world.disk, &live.outbox, live.state.seq)?;
            let round = live.outbox.retry(live.state.seq, now);
            round.map(|round| sending(&world.disk, live, round, last.as_ref())).transpose()
        });
        self.begin(Lane::Retries, made);
    }

    fn next_round(&mut self) {
        match self.with(|_, live| live.news_at()) {
            Ok(Some(at)) if at <= self.now => {}
            Ok(_) => return self.rest(Lane::Rounds, true),
            Err(_) => return self.rest(Lane::Rounds, false),
        }
        let wait = limits::POKE_EVERY_MS.saturating_sub(self.now - self.object.pumped);
        if wait > 0 && self.object.pumped > 0 {
            let life = self.life;
            self.after(wait, Event::Round { life });
        } else {
            self.begin_round();
        }
    }

    /// A round begins: everybody concerned is told.
    pub fn begin_round(&mut self) {
        self.object.pumped = self.now;
        let now = self.now;
        let made = self.make(|world, live| {
            let members: BTreeSet<UserId> = live.state.active().map(|(user, _)| *user).collect();
            let last = last_line(&world.disk, &live.outbox, live.state.seq)?;
            let pending = std::mem::take(&mut live.pending);
            let round = live.outbox.round(live.state.seq, &members, &BTreeSet::new(), &pending, now);
            match sending(&world.disk, live, round, last.as_ref()) {
                Ok((sending, news)) => {
                    let pending = Some((pending, live.cells_version));
                    Ok(Some((Sending { pending, ..sending }, news)))
                }
                Err(error) => {
                    live.pending.extend(pending);
                    Err(error)
                }
            }
        });
        self.begin(Lane::Rounds, made);
    }

    /// Reads what a round needs; now and then the disk does not answer.
    fn make(&mut self, make: impl FnOnce(&mut Self, &mut Live) -> Result<Made, StoreError>) -> Result<Made, ()> {
        let broken = self.hostile && self.random.percent(6);
        if broken {
            // Memory may be gone as well, and be asked for at this moment.
            if self.object.may_forget() && self.random.percent(50) {
                self.object.forget();
            }
            self.disk.fail_reads(true);
            self.counted.interrupted += 1;
        }
        let made = self.with(make);
        self.disk.fail_reads(false);
        match made {
            Ok(Ok(made)) => Ok(made),
            Ok(Err(_)) | Err(_) if broken => Err(()),
            Ok(Err(error)) => {
                self.fail(format!("the outbox failed: {error}"));
                Err(())
            }
            Err(_) => Err(()),
        }
    }

    fn begin(&mut self, lane: Lane, made: Result<Made, ()>) {
        let (mut sending, news) = match made {
            Ok(Some(made)) => made,
            Ok(None) => return self.rest(lane, true),
            Err(()) => return self.rest(lane, false),
        };
        self.counted.rounds += 1;
        for (user, news) in news {
            let Some(person) = self.person(user) else { continue };
            self.next_ticket += 1;
            let ticket = self.next_ticket;
            sending.open.push((ticket, user));
            self.send(Out::Poke { ticket, user: person, news: Box::new(news) });
        }
        let none = sending.open.is_empty();
        *self.sending(lane) = Some(sending);
        if none {
            self.finish_round(lane);
        }
    }

    fn sending(&mut self, lane: Lane) -> &mut Option<Sending> {
        match lane {
            Lane::Rounds => &mut self.object.round,
            Lane::Retries => &mut self.object.retry,
        }
    }

    /// How a poke went.
    pub fn poked(&mut self, ticket: u64, told: bool) {
        for lane in [Lane::Rounds, Lane::Retries] {
            let Some(sending) = self.sending(lane).as_mut() else { continue };
            let Some(index) = sending.open.iter().position(|(open, _)| *open == ticket) else { continue };
            let (_, user) = sending.open.swap_remove(index);
            if !told {
                sending.failed.insert(user);
            }
            if sending.open.is_empty() {
                self.finish_round(lane);
            }
            return;
        }
    }

    fn finish_round(&mut self, lane: Lane) {
        let Some(sending) = self.sending(lane).take() else { return };
        let failed = if self.has(Bug::FailuresForgotten) { BTreeSet::new() } else { sending.failed.clone() };
        if self.hostile && self.random.percent(3) {
            self.disk.fail_in(Some(0));
        }
        let settled = self.with(|world, live| world.settle(live, sending, &failed));
        self.disk.fail_in(None);
        match (lane, settled) {
            (Lane::Rounds, Ok(Ok(()))) => self.next_round(),
            (_, settled) => self.rest(lane, matches!(settled, Ok(Ok(())))),
        }
    }

    /// Every way out with work left leaves an alarm.
    fn rest(&mut self, lane: Lane, orderly: bool) {
        match lane {
            Lane::Rounds => self.object.pumping = false,
            Lane::Retries => self.object.retrying = false,
        }
        if !orderly && self.has(Bug::InterruptionForgotten) {
            return;
        }
        let pause = if orderly { limits::POKE_EVERY_MS } else { limits::OUTBOX_ALARM_MS };
        let (pumping, retrying) = (self.object.pumping, self.object.retrying);
        let due = self.with(|_, live| {
            let news = live.news_at().filter(|_| !pumping);
            news.into_iter().chain(live.outbox.retry_at().filter(|_| !retrying)).min()
        });
        match due {
            Ok(Some(at)) => self.ring_by(at.max(self.now + pause)),
            Ok(None) => {}
            Err(rejection) if rejection.code == Code::ConversationNotFound => {}
            Err(_) => self.ring_by(self.now + limits::OUTBOX_ALARM_MS),
        }
    }

    /// Writes the result of a round. Memory follows the disk.
    fn settle(&mut self, live: &mut Live, sending: Sending, failed: &BTreeSet<UserId>) -> Result<(), StoreError> {
        let Sending { round, pending, line, .. } = sending;
        if self.has(Bug::PassedOverForgotten) && pending.is_none() {
            live.outbox.calling.extend(&round.tell);
        }
        let told = pending.as_ref().map(|(_, told)| *told);
        let ended = Ended { round: &round, failed, line, told, now: self.now };
        match settle_round(&self.disk, &live.state, &live.outbox, (&live.unwritten, live.cells_version), ended) {
            Ok((outbox, version)) => {
                live.outbox = outbox;
                live.cells_version = version;
                if told.is_some() {
                    live.unwritten.clear();
                }
                Ok(())
            }
            Err(error) => {
                if let Some((pending, _)) = pending {
                    live.pending.extend(pending);
                }
                Err(error)
            }
        }
    }

    /// Makes sure the alarm rings at a time or before.
    pub(super) fn ring_by(&mut self, at: u64) {
        if let Some(at) = self.object.alarm.ring_by(at, self.now) {
            self.disk.set_alarm(Some(at));
        }
    }

    /// The platform rings, if the alarm is still the one that was armed, and perhaps late.
    pub fn alarm(&mut self) {
        if self.disk.alarm().is_none_or(|at| at > self.now) {
            return;
        }
        if self.hostile && self.random.percent(20) {
            let late = self.random.between(1, 3_000);
            return self.after(late, Event::Alarm);
        }
        self.counted.alarms += 1;
        self.disk.set_alarm(None);
        self.object.alarm.rang();
        self.disk.fail_reads(self.hostile && self.random.percent(6));
        let work = self.with(|_, live| live.news_at().or(live.outbox.retry_at()).is_some());
        self.disk.fail_reads(false);
        let busy = match work {
            Err(rejection) if rejection.code == Code::ConversationNotFound => return,
            // The disk did not answer; what there is to do is not known.
            Err(_) => true,
            Ok(_) if self.object.pumping || self.object.retrying => true,
            Ok(work) => work && !self.has(Bug::InterruptionForgotten),
        };
        // What goes on after this handler may die with the process; then there must be an alarm left.
        if busy && !self.has(Bug::AlarmSpent) {
            self.ring_by(self.now + limits::OUTBOX_ALARM_MS);
        }
        self.pump();
        self.call_lagging();
    }
}

/// A round and what everybody in it hears.
fn sending(
    sql: &impl Sql,
    live: &Live,
    round: Round,
    last: Option<&LastLine>,
) -> Result<(Sending, Vec<(UserId, News)>), StoreError> {
    let news = round.tell.iter().filter_map(|user| Some((*user, news(sql, live, *user, last).transpose()?)));
    let news = news.map(|(user, news)| Ok((user, news?))).collect::<Result<_, StoreError>>()?;
    Ok((
        Sending {
            round,
            pending: None,
            line: last.map_or(0, |last| last.seq),
            open: Vec::new(),
            failed: BTreeSet::new(),
        },
        news,
    ))
}

/// What one account hears. `None` for somebody who never was a member.
fn news(sql: &impl Sql, live: &Live, user: UserId, last: Option<&LastLine>) -> Result<Option<News>, StoreError> {
    let state = &live.state;
    let (Some(about), Some(member)) = (&state.about, state.members.get(&user)) else { return Ok(None) };
    let receipt = state.receipts.of(user);
    // Most have read further than the last message that mentions them: nothing is asked then.
    let mentioned = live.mentioned.last(user, member.role);
    let addressed = match member.active && mentioned > receipt.read {
        true => mentions::unread(sql, user, member.role, receipt.read)?,
        false => 0,
    };
    let one = BTreeSet::from([user]);
    let (threads, (replies, last_reply)) = match live.threads && member.active {
        true => (
            threads::unread(sql, &one)?.get(&user).copied().unwrap_or(0),
            threads::mentions(sql, &one)?.get(&user).copied().unwrap_or_default(),
        ),
        false => (0, (0, 0)),
    };
    let peer = match about.kind {
        ConversationKind::Direct => {
            state.peer(&user).map(|(other, peer)| Peer::of(Profile::unknown(*other), peer.subject.clone()))
        }
        ConversationKind::Group | ConversationKind::Space => None,
    };
    let hides = live.hiding.version > 0;
    let last = last.filter(|last| member.active && member.visible.shows(last.seq)).cloned();
    // Who deleted the last line for themselves sees the one before.
    let last = match last {
        Some(last) if hides && hidden::by(sql, &[last.seq])?.iter().any(|(by, _)| *by == user) => {
            line_before(sql, user, last.seq)?.filter(|line| member.visible.shows(line.seq))
        }
        last => last,
    };
    let hidden_unread = if hides { hidden::unread(sql, user, receipt.read)? } else { 0 };
    Ok(Some(News {
        space: None,
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
        last,
        read_seq: receipt.read,
        read_n: receipt.read_n,
        mentions: addressed + replies,
        mentioned: last_reply.max(if addressed > 0 { mentioned } else { 0 }),
        threads,
        large: false,
        thread_mentions: replies,
        hidden_unread,
        everyone_mentions: 0,
        mentioned_by_name: 0,
        everything: false,
    }))
}
