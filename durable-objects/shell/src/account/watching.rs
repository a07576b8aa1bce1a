//! Whose presence the user's sockets watch. The list is kept with each socket; the accounts of those on it are asked, and tell what changes.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use futures_util::StreamExt;
use quipu_core::rate::Bucket;
use quipu_schema::ids::{ConversationId, UserId};
use quipu_schema::inbox::InboxServerFrame;
use quipu_schema::internal::{AccountOp, Identity, StillWatching};
use quipu_schema::limits;
use quipu_schema::presence::{Presence, PresenceFrame, PresenceState, WatchFrame, Watched};
use quipu_schema::problem::{Code, Rejection};
use quipu_store::presence;
use serde::{Deserialize, Serialize};

use super::{Account, Answer, Attachment, attachment, keep, send};
use crate::names;
use crate::platform::{Socket, now_ms};
use crate::stub::read_answer;

/// Somebody whom a socket watches, by right of which conversation, and when their account last took it (Unix milliseconds; 0 where it did not).
/// Kept as an array, to be short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Watching(pub UserId, pub Option<ConversationId>, pub u64);

/// Answers sent to a socket in one frame.
const ANSWERS_PER_FRAME: usize = 20;

impl Account {
    /// A socket says whom it watches from now on.
    pub(super) fn watch(self: &Rc<Self>, socket: &Socket, mut kept: Attachment, frame: WatchFrame) -> Answer<()> {
        if !kept.greeted {
            return Err(Code::HelloRequired.into());
        }
        if frame.users.len() > limits::WATCHED {
            let sentence = format!("One socket watches at most {} users.", limits::WATCHED);
            return Err(Rejection::new(Code::TooLarge, sentence));
        }
        let now = now_ms();
        let me = kept.identity.user;
        let fresh = now.saturating_sub(self.deployment.presence().fresh_ms);
        let mut seen = BTreeSet::from([me]);
        let (mut list, mut ask, mut refused) = (Vec::new(), Vec::new(), None);
        let here = self.conversations_of(&frame.users)?;
        for Watched { user, conv } in frame.users {
            if !seen.insert(user) {
                continue;
            }
            let conv = conv.filter(|conv| here.contains(conv));
            let before = kept.watching.iter().find(|watching| watching.0 == user && watching.1 == conv);
            if let Some(before) = before.filter(|before| before.2 > fresh) {
                list.push(*before);
                continue;
            }
            let admitted = if refused.is_none() { self.admit_watch(now).err() } else { None };
            refused = refused.or(admitted);
            let asked = refused.is_none();
            list.push(Watching(user, conv, if asked { now } else { 0 }));
            if asked {
                ask.push((user, conv));
            }
        }
        kept.watching = list;
        if !keep(socket, &kept) {
            return Err(Rejection::new(Code::TooLarge, "This list is too long beside what your token says of you."));
        }
        if !ask.is_empty() {
            let (account, socket) = (Rc::clone(self), socket.clone());
            let identity = kept.identity;
            self.object.wait_until(async move { account.ask(&socket, &identity, ask).await });
        }
        refused.map_or(Ok(()), |wait| Err(too_often(wait)))
    }

    /// Those of the conversations named that the user is in.
    fn conversations_of(&self, users: &[Watched]) -> Answer<BTreeSet<ConversationId>> {
        let mut named: BTreeSet<ConversationId> = users.iter().filter_map(|watched| watched.conv).collect();
        if !self.exists()? {
            named.clear();
        }
        let mut here = BTreeSet::new();
        for conv in named {
            if presence::is_in(&self.sql, conv)? {
                here.insert(conv);
            }
        }
        Ok(here)
    }

    fn admit_watch(&self, now: u64) -> Result<(), u64> {
        self.watches.borrow_mut().get_or_insert_with(|| Bucket::watches(now)).take(now)
    }

    /// Asks accounts, a few at a time, and sends on what they say.
    async fn ask(&self, socket: &Socket, identity: &Identity, ask: Vec<(UserId, Option<ConversationId>)>) {
        let calls = ask.into_iter().map(|(user, conv)| async move {
            // As the outbox does: calls between objects on one machine are no I/O, and would let nothing else in.
            worker::Delay::from(Duration::ZERO).await;
            (user, self.presence_by_call(identity, user, conv, true).await.ok())
        });
        let mut answers = std::pin::pin!(
            futures_util::stream::iter(calls).buffer_unordered(limits::POKES_IN_FLIGHT).chunks(ANSWERS_PER_FRAME)
        );
        while let Some(answers) = answers.next().await {
            // Read anew: it may watch others by now, or be gone.
            let Some(mut kept) = attachment(socket).filter(|kept| !kept.gone) else { return };
            let wanted = |user| kept.watching.iter().any(|watching| watching.0 == user);
            let users: Vec<Presence> =
                answers.iter().filter(|(user, _)| wanted(*user)).filter_map(|(_, presence)| *presence).collect();
            // Who did not answer, or hides, is asked again when the list is said again.
            let again = |user: UserId| {
                let answer = answers.iter().find(|(asked, _)| *asked == user);
                answer.is_some_and(|(_, answer)| answer.is_none_or(|answer| answer.state == PresenceState::Hidden))
            };
            if kept.watching.iter().any(|watching| again(watching.0)) {
                for watching in kept.watching.iter_mut().filter(|watching| again(watching.0)) {
                    watching.2 = 0;
                }
                keep(socket, &kept);
            }
            if !users.is_empty() {
                send(socket, &InboxServerFrame::Presence(PresenceFrame { users }));
            }
        }
    }

    async fn presence_by_call(
        &self,
        identity: &Identity,
        user: UserId,
        conv: Option<ConversationId>,
        keep: bool,
    ) -> worker::Result<Presence> {
        let op = AccountOp::Watch { app: identity.app.clone(), user, watcher: identity.user, conv, keep };
        let answer = names::account(&self.env, &identity.app, user)?.call_within(&op, limits::POKE_TIMEOUT_MS).await?;
        read_answer(&answer).await
    }

    /// Somebody's presence, once.
    pub(super) async fn presence_of(
        self: &Rc<Self>,
        identity: &Identity,
        user: UserId,
        conv: Option<ConversationId>,
    ) -> Answer<Presence> {
        if user == identity.user {
            return self.own_presence(user);
        }
        self.admit_watch(now_ms()).map_err(too_often)?;
        let here = self.conversations_of(&[Watched { user, conv }])?;
        let conv = conv.filter(|conv| here.contains(conv));
        self.presence_by_call(identity, user, conv, false).await.map_err(|error| {
            worker::console_error!("{{\"event\":\"presence_failed\",\"error\":{:?}}}", error.to_string());
            Rejection::retry_after(Code::Internal, Code::Internal.about(), limits::RETRY_FIRST_MS)
        })
    }

    /// Another account says that its user's presence changed: sent to the sockets that watch them.
    pub(super) fn heard_of(&self, presence: Presence) -> StillWatching {
        let now = now_ms();
        let lasts = self.deployment.presence().watch_ms;
        let frame = InboxServerFrame::Presence(PresenceFrame { users: vec![presence] });
        let mut watching = false;
        for socket in self.object.get_websockets() {
            let socket = Socket::of(&socket);
            let Some(mut kept) = attachment(&socket) else { continue };
            let open = kept.greeted && !kept.gone && kept.identity.expires_at * 1000 > now;
            let watches = |watch: &Watching| watch.0 == presence.user && watch.2 + lasts > now;
            if open && kept.watching.iter().any(watches) {
                watching = true;
                send(&socket, &frame);
                if presence.state == PresenceState::Hidden {
                    // Nothing more comes by itself: asked again when the list is said again.
                    kept.watching.iter_mut().filter(|watch| watch.0 == presence.user).for_each(|watch| watch.2 = 0);
                    keep(&socket, &kept);
                }
            }
        }
        StillWatching { watching }
    }

    /// Nobody is watched any longer by right of a conversation that the user has left.
    pub(super) fn stop_watching(&self, conv: ConversationId) {
        let now = now_ms();
        for socket in self.object.get_websockets() {
            let socket = Socket::of(&socket);
            let Some(mut kept) = attachment(&socket).filter(|kept| !kept.gone) else { continue };
            let (gone, still): (Vec<_>, Vec<_>) =
                kept.watching.into_iter().partition(|watching| watching.1 == Some(conv));
            if gone.is_empty() {
                continue;
            }
            kept.watching = still;
            keep(&socket, &kept);
            let hidden = |watching: &Watching| Presence {
                user: watching.0,
                state: PresenceState::Hidden,
                at: now,
                last_seen: None,
            };
            let users = gone.iter().map(hidden).collect();
            send(&socket, &InboxServerFrame::Presence(PresenceFrame { users }));
        }
    }
}

fn too_often(wait: u64) -> Rejection {
    Rejection::retry_after(Code::RateLimited, format!("Too many questions for presence; try again in {wait} ms."), wait)
}
