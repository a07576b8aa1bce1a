//! Threads: pages of them, and members' places in them.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::rc::Rc;

use quipu_core::threads::{Key, Move, nowhere};
use quipu_core::visibility::Visibility;
use quipu_schema::envelope::{Envelope, EventType};
use quipu_schema::ids::UserId;
use quipu_schema::limits;
use quipu_schema::problem::{Code, Rejection};
use quipu_schema::thread::ThreadPlace;
use quipu_store::conversation::replies::From;
use quipu_store::conversation::{history, replies, threads};
use quipu_store::sql::StoreError;
use worker::Result as Platform;

use super::Shared;
use super::frames::check_cursor;
use super::live::{Live, UnreadThreads};
use crate::answer::{self, Response};

type Answer<T> = Result<T, Rejection>;

impl Shared {
    /// A page of a thread, with the message it began with.
    pub(super) fn thread(
        &self,
        live: &Live,
        user: UserId,
        root: u64,
        cursors: (Option<u64>, Option<u64>),
        limit: usize,
    ) -> Answer<Platform<Response>> {
        let from = match cursors {
            (Some(_), Some(_)) => {
                return Err(Rejection::new(Code::InvalidValue, "Give `after` or `before`, not both."));
            }
            (Some(after), None) => From::After(after),
            (None, before) => From::Before(before.unwrap_or(1 << 53)),
        };
        let visible = &*self.root(live, user, root)?.0;
        let thread = threads::one(&self.sql, visible, (user, root))?;
        let limit = limit.clamp(1, limits::PAGE_EVENTS);
        let page = replies::page(&self.sql, visible, root, from, (limit, limits::PAGE_BYTES))?;
        let thread = serde_json::to_string(&thread).map_err(|_| Code::Internal)?;
        let (epoch, head) = (live.state.epoch, live.state.seq);
        let replies::Page { root, events, changes, more } = page;
        Ok(answer::text(
            200,
            "application/json",
            &format!(
                "{{\"epoch\":\"{epoch}\",\"head\":{head},\"thread\":{thread},\"root\":{root},\"events\":[{events}],\"changes\":[{changes}],\"more\":{more}}}"
            ),
        ))
    }

    /// The threads that a member follows, each with the message it began with.
    pub(super) fn followed_threads(
        &self,
        live: &Live,
        user: UserId,
        (before, unread, limit): (Option<u64>, bool, usize),
    ) -> Answer<Platform<Response>> {
        live.must_be_member(user)?;
        let visible = &*live.sight(&self.sql, user)?;
        let limit = limit.clamp(1, limits::LIST_ITEMS);
        let mut found = threads::followed(&self.sql, visible, user, (before, unread, limit + 1))?;
        let more = found.len() > limit;
        found.truncate(limit);
        let mut items = Vec::new();
        let mut next = found.last().filter(|_| more).map(|last| last.last);
        let mut bytes = 0;
        for thread in &found {
            let (root, edit) = replies::message(&self.sql, visible, thread.root)?;
            let edit = edit.map(|edit| format!(",\"edit\":{edit}")).unwrap_or_default();
            let thread_json = serde_json::to_string(thread).map_err(|_| Code::Internal)?;
            let item = format!("{{\"thread\":{thread_json},\"root\":{root}{edit}}}");
            bytes += item.len();
            items.push(item);
            if bytes >= limits::PAGE_BYTES {
                next = next.or((items.len() < found.len()).then_some(thread.last)).map(|_| thread.last);
                break;
            }
        }
        let next = next.map(|next| format!(",\"next\":{next}")).unwrap_or_default();
        let (epoch, head) = (live.state.epoch, live.state.seq);
        let items = items.join(",");
        let body = format!("{{\"epoch\":\"{epoch}\",\"head\":{head},\"threads\":[{items}]{next}}}");
        Ok(answer::text(200, "application/json", &body))
    }

    /// Moves a member's read cursor in a thread that they follow; written with the next commit, which the caller kicks off.
    pub(super) fn read_thread(self: &Rc<Self>, user: UserId, root: u64, seq: u64) -> Answer<()> {
        let asked = self.with(|live| {
            check_cursor(live, user, seq)?;
            self.root(live, user, root)?;
            let place = threads::place_of(&self.sql, (user, root))?;
            let waits = place.filter(|place| place.following && place.read < seq).is_some();
            let read = if waits { threads::reply_at(&self.sql, root, seq)?.1 } else { 0 };
            Ok::<_, Rejection>(waits.then_some(Move { read: (seq, read), ..Move::default() }))
        })??;
        if let Some(asked) = asked {
            self.queue.borrow_mut().place((user, root), asked);
        }
        Ok(())
    }

    /// Lets a member follow a thread, or no longer; written with the next commit, which the caller kicks off.
    pub(super) fn follow(self: &Rc<Self>, user: UserId, root: u64, on: bool) -> Answer<()> {
        let from = self.with(|live| {
            let (_, envelope) = self.root(live, user, root)?;
            if let Some(outer) = envelope.thread {
                return Err(Rejection::new(
                    Code::ThreadNested,
                    format!("Message {root} is a reply in the thread of message {outer}: follow that."),
                ));
            }
            Ok(if on { threads::reply_at(&self.sql, root, live.state.seq)? } else { (0, 0) })
        })??;
        self.queue.borrow_mut().place((user, root), Move { following: Some(on), from, ..Move::default() });
        Ok(())
    }

    /// Where a member is in a thread, as written.
    pub(super) fn place(&self, key: Key) -> Answer<ThreadPlace> {
        Ok(threads::place_of(&self.sql, key)?.unwrap_or_else(|| nowhere(key)))
    }

    /// The message a thread began with, and what its reader may see.
    fn root<'a>(&self, live: &'a Live, user: UserId, root: u64) -> Answer<(Cow<'a, Visibility>, Envelope)> {
        live.must_be_member(user)?;
        let visible = live.sight(&self.sql, user)?;
        let unknown =
            || Rejection::new(Code::MessageNotFound, format!("There is no message {root} that you can read."));
        if !visible.shows(root) {
            return Err(unknown());
        }
        let (text, _) = history::texts(&self.sql, root)?.ok_or_else(unknown)?;
        let envelope: Envelope = serde_json::from_str(&text).map_err(|_| Code::Internal)?;
        if envelope.kind != EventType::MessageCreated {
            return Err(unknown());
        }
        Ok((visible, envelope))
    }

    /// Counts, for those who are about to be told, the threads with unread replies that they follow and the replies that mention them; what was counted and has not changed since
    /// is not asked again.
    pub(super) fn count_threads(&self, live: &mut Live, tell: &BTreeSet<UserId>) -> Result<(), StoreError> {
        if !live.threads {
            return Ok(());
        }
        let unknown: BTreeSet<UserId> =
            tell.iter().filter(|user| !live.unread_threads.contains_key(user)).copied().collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let counts = threads::unread(&self.sql, &unknown)?;
        let mentions = threads::mentions(&self.sql, &unknown)?;
        let counted = |user: UserId| {
            let (mentions, mentioned) = mentions.get(&user).copied().unwrap_or_default();
            (user, UnreadThreads { threads: counts.get(&user).copied().unwrap_or(0), mentions, mentioned })
        };
        live.unread_threads.extend(unknown.into_iter().map(counted));
        Ok(())
    }
}
