//! The outbox: telling accounts what happened here, coalesced to once a second. Runs after the commit; should the process die, the alarm runs it again.
//! Accounts that could not be told are called again from the alarm, each at its own back-off.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use futures_util::StreamExt;
use quipu_core::everything::Wish;
use quipu_core::outbox::{Pending, Round, is_large};
use quipu_schema::ids::{ConversationKind, UserId};
use quipu_schema::inbox::{LastLine, Peer};
use quipu_schema::internal::{AccountOp, Heard, News};
use quipu_schema::limits;
use quipu_schema::problem::{Code, Rejection};
use quipu_store::conversation::outbox::{Ended, last_line, line_before, settle_round};
use quipu_store::conversation::{everything, hidden, listeners, mentions, threads};
use quipu_store::sql::{Sql, StoreError};

use super::Shared;
use super::live::Live;
use crate::names;
use crate::platform::now_ms;
use crate::stub::read_answer;

/// One round, ready to be sent.
struct Sending {
    app: String,
    round: Round,
    news: Vec<(UserId, News)>,
    /// What it tells besides the head, and up to which cell version. None where those who lag are called: they hear of everything anyway.
    pending: Option<(Pending, u64)>,
    /// Which event the last line is.
    line: u64,
    /// When it was made, Unix milliseconds.
    began: u64,
}

/// How accounts took a round.
#[derive(Default)]
struct Taken {
    /// Those that could not be told.
    failed: BTreeSet<UserId>,
    /// Of a large conversation: whether their users have an inbox open.
    open: Vec<(UserId, bool)>,
}

/// Why rounds ended before all was told. What it was has been logged.
struct Interrupted;

impl Shared {
    /// Tells in the background what there is to tell, unless it is being done.
    pub(super) fn pump(self: &Rc<Self>) {
        if self.pumping.get() || !matches!(self.with(|live| live.news_at()), Ok(Some(_))) {
            return;
        }
        self.pumping.set(true);
        let shared = Rc::clone(self);
        self.object.wait_until(async move {
            let ended = shared.rounds().await;
            shared.pumping.set(false);
            shared.leave_alarm(ended);
        });
    }

    /// Calls in the background those who lag and whose time has come. Apart from the rounds, which a dead account must not hold up.
    pub(super) fn retry(self: &Rc<Self>) {
        if self.retrying.get() || !matches!(self.with(|live| live.outbox.retry_at()), Ok(Some(_))) {
            return;
        }
        self.retrying.set(true);
        let shared = Rc::clone(self);
        self.object.wait_until(async move {
            let ended = shared.one_retry().await;
            shared.retrying.set(false);
            shared.leave_alarm(ended);
        });
    }

    /// Rounds until nothing is due.
    async fn rounds(self: &Rc<Self>) -> Result<(), Interrupted> {
        loop {
            match self.with(|live| live.news_at()) {
                Ok(Some(at)) if at <= now_ms() => {}
                // Nothing more, or not yet: the alarm wakes the object then, so that no timer keeps it awake.
                Ok(_) => return Ok(()),
                Err(_) => return Err(Interrupted),
            }
            let wait = limits::POKE_EVERY_MS.saturating_sub(now_ms().saturating_sub(self.pumped_ms.get()));
            if wait > 0 && self.pumped_ms.get() > 0 {
                worker::Delay::from(Duration::from_millis(wait)).await;
            }
            let now = now_ms();
            self.pumped_ms.set(now);
            let sending = self.make(|live| self.next_round(live, now))?;
            self.send_and_settle(sending).await?;
        }
    }

    async fn one_retry(self: &Rc<Self>) -> Result<(), Interrupted> {
        let now = now_ms();
        let sending = self.make(|live| {
            let last = self.last_line(live)?;
            let Some(round) = live.outbox.retry(live.state.seq, now) else { return Ok(None) };
            self.count_threads(live, &round.tell)?;
            let news = all_news(&self.sql, live, &round, last.as_ref())?;
            let line = last.map_or(0, |last| last.seq);
            Ok(Some(Sending { app: live.birth.app.clone(), round, news, pending: None, line, began: now }))
        })?;
        match sending {
            Some(sending) => self.send_and_settle(sending).await,
            None => Ok(()),
        }
    }

    /// Reads what a round needs.
    fn make<T>(self: &Rc<Self>, make: impl FnOnce(&mut Live) -> Result<T, StoreError>) -> Result<T, Interrupted> {
        match self.with(make) {
            Ok(Ok(made)) => Ok(made),
            Ok(Err(error)) => {
                worker::console_error!("{{\"event\":\"outbox_failed\",\"error\":{:?}}}", error.to_string());
                Err(Interrupted)
            }
            Err(_) => Err(Interrupted),
        }
    }

    async fn send_and_settle(self: &Rc<Self>, sending: Sending) -> Result<(), Interrupted> {
        let taken = self.send(&sending).await;
        self.make(|live| self.settle(live, sending, &taken))
    }

    /// Every way out of the outbox with work left leaves an alarm.
    fn leave_alarm(self: &Rc<Self>, ended: Result<(), Interrupted>) {
        let pause = if ended.is_ok() { limits::POKE_EVERY_MS } else { limits::OUTBOX_ALARM_MS };
        let due = self.with(|live| {
            let news = live.news_at().filter(|_| !self.pumping.get());
            let retry = live.outbox.retry_at().filter(|_| !self.retrying.get());
            news.into_iter().chain(retry).min()
        });
        match due {
            Ok(Some(at)) => self.ring_by(at.max(now_ms() + pause)),
            Ok(None) => {}
            Err(rejection) if rejection.code == Code::ConversationNotFound => {}
            // Storage did not answer; what is left to do is not known.
            Err(_) => self.ring_by(now_ms() + limits::OUTBOX_ALARM_MS),
        }
    }

    fn next_round(self: &Rc<Self>, live: &mut Live, now: u64) -> Result<Sending, StoreError> {
        let members: BTreeSet<UserId> = live.state.active().map(|(user, _)| *user).collect();
        let last = self.last_line(live)?;
        let mut pending = std::mem::take(&mut live.pending);
        if members.len() > limits::SMALL_CONVERSATION && !pending.threads.is_empty() {
            match threads::followers(&self.sql, &pending.threads) {
                Ok(followers) => pending.concerned.extend(followers),
                Err(error) => {
                    live.pending = pending;
                    return Err(error);
                }
            }
        }
        let shown = live.shown(last.as_ref());
        let round = live.outbox.round(live.state.seq, &members, &shown, &pending, now);
        let news =
            self.count_threads(live, &round.tell).and_then(|()| all_news(&self.sql, live, &round, last.as_ref()));
        match news {
            Ok(news) => {
                let pending = Some((pending, live.cells_version));
                let line = last.map_or(0, |last| last.seq);
                Ok(Sending { app: live.birth.app.clone(), round, news, pending, line, began: now })
            }
            Err(error) => {
                live.pending.extend(pending);
                Err(error)
            }
        }
    }

    /// Tells accounts, a few at a time.
    async fn send(self: &Rc<Self>, sending: &Sending) -> Taken {
        let calls = sending.news.iter().map(|(user, news)| async {
            // On one machine calls between objects are no I/O, and a turn of the event loop that always has more to do reads no socket: without
            // this yield all members' commands would wait for the end of the round.
            worker::Delay::from(Duration::ZERO).await;
            let told = self.tell(&sending.app, *user, news).await.unwrap_or(Err(()));
            (*user, told)
        });
        futures_util::stream::iter(calls)
            .buffer_unordered(limits::POKES_IN_FLIGHT)
            .fold(Taken::default(), |mut taken, (user, told)| async move {
                match told {
                    Ok(open) => taken.open.extend(open.map(|open| (user, open))),
                    Err(()) => drop(taken.failed.insert(user)),
                }
                taken
            })
            .await
    }

    /// One call, within its time. Fails where the account has not durably taken the news; of a large conversation, says whether an inbox is open.
    async fn tell(&self, app: &str, user: UserId, news: &News) -> worker::Result<Result<Option<bool>, ()>> {
        let op = AccountOp::Poke { user, news: Box::new(news.clone()) };
        let answer = names::account(&self.env, app, user)?.call_within(&op, limits::POKE_TIMEOUT_MS).await?;
        if answer.status() >= 300 {
            return Ok(Err(()));
        }
        // One of an earlier version of this program says nothing.
        let heard = if news.large { read_answer::<Heard>(&answer).await.ok() } else { None };
        Ok(Ok(heard.map(|heard| heard.open)))
    }

    /// Writes the result of a round. Memory follows the disk: where that refuses, what was to be told is to be told still.
    fn settle(self: &Rc<Self>, live: &mut Live, sending: Sending, taken: &Taken) -> Result<(), StoreError> {
        let Sending { round, pending, line, began, .. } = sending;
        let failed = &taken.failed;
        let listening = self.heard(live, &taken.open, began);
        let told = pending.as_ref().map(|(_, told)| *told);
        let ended = Ended { round: &round, failed, line, told, now: now_ms() };
        let unwritten = (&live.unwritten, live.cells_version);
        match listening.and_then(|()| settle_round(&self.sql, &live.state, &live.outbox, unwritten, ended)) {
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

    /// What accounts said of their inboxes in answer to a round that began at `began`.
    fn heard(&self, live: &mut Live, said: &[(UserId, bool)], began: u64) -> Result<(), StoreError> {
        let members = &live.state;
        let listeners = &mut live.outbox.listeners;
        let mut new = |user: UserId, open: bool| {
            let open = open && members.member(&user).is_some();
            listeners.answered(user, open, began)
        };
        let changed: Vec<_> = said.iter().filter(|(user, open)| new(*user, *open)).collect();
        let of = |which: bool| -> Vec<UserId> {
            changed.iter().filter(|(_, open)| *open == which).map(|(user, _)| *user).collect()
        };
        listeners::change(&self.sql, &of(true), &of(false))
    }

    /// The news for one member's account, which asks for it; where an inbox is open, it is told what follows, too.
    pub(super) fn news_for(self: &Rc<Self>, user: UserId, open: bool) -> Result<News, Rejection> {
        self.with(|live| {
            live.must_be_member(user)?;
            let large = is_large(live.state.active_count());
            if large && open && live.outbox.listeners.opened(user, now_ms()) {
                listeners::change(&self.sql, &[user], &[])?;
            }
            let last = self.last_line(live)?;
            let round = Round {
                head: live.state.seq,
                everybody: false,
                everything: false,
                large,
                tell: BTreeSet::from([user]),
            };
            self.count_threads(live, &round.tell)?;
            let news = all_news(&self.sql, live, &round, last.as_ref())?;
            news.into_iter().next().map(|(_, news)| news).ok_or_else(|| Rejection::from(Code::NotAMember))
        })?
    }

    /// A member's account says whether they want to hear of everything.
    pub(super) fn everything(self: &Rc<Self>, user: UserId, wish: Wish) -> Result<(), Rejection> {
        self.with(|live| {
            live.must_be_member(user)?;
            Ok(everything::take(&self.sql, &mut live.outbox.everything, user, wish)?)
        })?
    }

    fn last_line(&self, live: &Live) -> Result<Option<LastLine>, StoreError> {
        let last = last_line(&self.sql, &live.outbox, live.state.seq)?;
        Ok(last.map(|last| LastLine { actor_name: live.profile(last.actor).name, ..last }))
    }
}

/// What everybody of a round hears.
fn all_news(
    sql: &impl Sql,
    live: &Live,
    round: &Round,
    last: Option<&LastLine>,
) -> Result<Vec<(UserId, News)>, StoreError> {
    // Who deleted the last line for themselves sees the one before.
    let hiding: BTreeSet<UserId> = match last.filter(|_| live.hiding.version > 0) {
        Some(last) => hidden::by(sql, &[last.seq])?.into_iter().map(|(user, _)| user).collect(),
        None => BTreeSet::new(),
    };
    let news = round.tell.iter().filter_map(|user| Some((*user, news(sql, live, *user, last, &hiding).transpose()?)));
    news.map(|(user, news)| Ok((user, news?))).collect()
}

/// What one account hears. `None` for somebody who never was a member.
fn news(
    sql: &impl Sql,
    live: &Live,
    user: UserId,
    last: Option<&LastLine>,
    hiding: &BTreeSet<UserId>,
) -> Result<Option<News>, StoreError> {
    let state = &live.state;
    let (Some(about), Some(member)) = (&state.about, state.members.get(&user)) else { return Ok(None) };
    // Who went is told so, and nothing of what follows: not even that a message mentioned them.
    let told = member.visible.closed_at().is_some_and(|left| left <= live.outbox.cursor);
    if !member.active && told && !live.outbox.lagging.contains(&user) {
        return Ok(None);
    }
    let receipt = state.receipts.of(user);
    // Most have read further than the last message that mentions them: nothing is asked then.
    let mentioned = live.mentioned.last(user, member.role);
    let replies = live.unread_threads.get(&user).copied().filter(|_| member.active).unwrap_or_default();
    let addressed = match member.active && mentioned > receipt.read {
        true => mentions::unread(sql, user, member.role, receipt.read)?,
        false => 0,
    };
    let mentions = (addressed + replies.mentions).min(limits::MENTIONS_COUNTED);
    let last_mentioned = replies.mentioned.max(if addressed > 0 { mentioned } else { 0 });
    // Whom nobody addressed with the others since is addressed by name alone.
    let last_by_name = live.mentioned.by_name(user);
    let by_name = match (live.mentioned.with_others(member.role) > receipt.read, last_by_name > receipt.read) {
        _ if addressed == 0 => 0,
        (false, _) => addressed,
        (true, false) => 0,
        (true, true) => mentions::unread_by_name(sql, user, receipt.read)?,
    };
    let named = by_name + replies.mentions;
    let large = is_large(state.active_count());
    let hidden_unread = if live.hiding.version == 0 { 0 } else { hidden::unread(sql, user, receipt.read)? };
    let peer = match about.kind {
        ConversationKind::Direct => {
            state.peer(&user).map(|(other, peer)| Peer::of(live.profile(*other), peer.subject.clone()))
        }
        ConversationKind::Group | ConversationKind::Space => None,
    };
    let last = last.filter(|last| member.active && member.visible.shows(last.seq)).cloned();
    let last = match last {
        Some(last) if hiding.contains(&user) => line_before(sql, user, last.seq)?
            .filter(|line| member.visible.shows(line.seq))
            .map(|line| LastLine { actor_name: live.profile(line.actor).name, ..line }),
        last => last,
    };
    Ok(Some(News {
        conv: state.conv,
        kind: about.kind,
        epoch: state.epoch,
        seq: state.seq,
        n: state.n,
        at: state.at,
        member: member.active,
        role: member.role,
        space: about.space.map(|space| space.id).filter(|_| member.active),
        name: if member.active { about.info.name.clone() } else { None },
        avatar: if member.active { about.info.avatar.clone() } else { None },
        peer,
        last,
        read_seq: receipt.read,
        read_n: receipt.read_n,
        mentions,
        mentioned: last_mentioned,
        threads: replies.threads,
        thread_mentions: replies.mentions,
        hidden_unread,
        large,
        everyone_mentions: mentions.saturating_sub(named),
        mentioned_by_name: replies.mentioned.max(if by_name > 0 { last_by_name } else { 0 }),
        everything: large && live.outbox.everything.has(&user),
    }))
}
