//! Whether the user is there: worked out from their sockets when somebody asks, and told to those who watch when it changes.
//!
//! While nobody watches nothing runs, and all that is ever written is one row when the last socket goes. While somebody does, the alarm rings when
//! the youngest sign of life would be over: about every forty seconds for somebody who is there. What is told is not told again where it is lost:
//! whoever watches asks anew every few minutes.

use std::rc::Rc;
use std::time::Duration;

use futures_util::StreamExt;
use quipu_core::presence::{Left, Sign, may_see, state};
use quipu_schema::ids::{ConversationId, UserId};
use quipu_schema::internal::{AccountOp, Identity, StillWatching};
use quipu_schema::limits;
use quipu_schema::presence::{PatchPresence, Presence, PresenceAudience, PresenceSettings, PresenceState};
use quipu_schema::problem::{CloseCode, Code, Rejection};
use quipu_store::presence::{self, Dismissed, Kept};
use quipu_store::sql::StoreError;

use super::{Account, Answer, Attachment, attachment, close, keep};
use crate::names;
use crate::platform::{Socket, last_keep_alive, now_ms};
use crate::stub::read_answer;

impl Account {
    /// Something happened that can change the user's presence: those who watch are told where it did.
    pub(super) fn look(self: &Rc<Self>) {
        if let Err(error) = self.look_around() {
            failed(&error);
        }
    }

    fn look_around(self: &Rc<Self>) -> Result<(), StoreError> {
        if !self.exists()? {
            return Ok(());
        }
        self.migrate()?;
        let now = now_ms();
        if !presence::is_watched(&self.sql, now)? {
            return Ok(());
        }
        let before = presence::load(&self.sql)?;
        let mut kept = before.clone();
        let (state, until) = self.now(&mut kept, now);
        let due = self.told_ms.get() + self.deployment.presence().every_ms;
        if kept.told != Some(state) && self.told_ms.get() > 0 && due > now {
            self.ring_about(due);
        } else if kept.told != Some(state) {
            kept.told = Some(state);
            self.told_ms.set(now);
        }
        if kept != before {
            presence::keep(&self.sql, &kept)?;
        }
        if kept.told != before.told {
            self.tell_watchers();
        }
        if let Some(until) = until {
            self.ring_about(until);
        }
        Ok(())
    }

    /// Presence now, and when it can change by silence. Sockets that are silent for too long are closed, and the time of the last is kept.
    fn now(&self, kept: &mut Kept, now: u64) -> (PresenceState, Option<u64>) {
        let times = self.deployment.presence();
        let (mut signs, silent) = self.signs(now);
        if signs.is_empty() {
            let later = |silent: &Left| kept.left.is_none_or(|left| left.at < silent.at);
            if let Some(silent) = silent.filter(later) {
                kept.left = Some(silent);
            }
            signs.extend(kept.left.map(|left| times.left(left)));
        }
        state(&signs, now)
    }

    /// The signs of life of all sockets; and the last of those that have been silent for too long, which are closed.
    fn signs(&self, now: u64) -> (Vec<Sign>, Option<Left>) {
        let times = self.deployment.presence();
        let (mut signs, mut silent) = (Vec::new(), None::<Left>);
        for socket in self.object.get_websockets() {
            let socket = Socket::of(&socket);
            let Some(mut kept) = attachment(&socket) else { continue };
            if !kept.greeted || kept.gone || kept.identity.expires_at * 1000 <= now {
                continue;
            }
            let heard = last_keep_alive(&self.object, &socket).map_or(kept.opened_ms, |at| at.max(kept.opened_ms));
            let sign = times.socket(heard, kept.away);
            if sign.until > now {
                signs.push(sign);
                continue;
            }
            if silent.is_none_or(|silent| silent.at < heard) {
                silent = Some(Left { at: heard, away: kept.away });
            }
            kept.gone = true;
            keep(&socket, &kept);
            close(&socket, CloseCode::Silent);
        }
        (signs, silent)
    }

    /// A socket is gone.
    pub fn websocket_close(self: &Rc<Self>, socket: &Socket) {
        let Some(mut kept) = attachment(socket).filter(|kept| kept.greeted && !kept.gone) else { return };
        kept.gone = true;
        keep(socket, &kept);
        match self.left(&kept) {
            Ok(()) => self.look(),
            Err(error) => failed(&error),
        }
    }

    /// Keeps when the last socket went, where it was the last and somebody may ever see it.
    pub(super) fn left(&self, gone: &Attachment) -> Result<(), StoreError> {
        let now = now_ms();
        if !self.exists()? || !self.signs(now).0.is_empty() {
            return Ok(());
        }
        let mut kept = presence::load(&self.sql)?;
        if kept.audience == PresenceAudience::Nobody {
            return Ok(());
        }
        kept.left = Some(Left { at: now, away: gone.away });
        presence::keep(&self.sql, &kept)
    }

    /// The person has turned away from a device, or is back.
    pub(super) fn turn_away(self: &Rc<Self>, socket: &Socket, mut kept: Attachment, on: bool) -> Answer<()> {
        if !kept.greeted {
            return Err(Code::HelloRequired.into());
        }
        if kept.away != on {
            kept.away = on;
            keep(socket, &kept);
            self.look();
        }
        Ok(())
    }

    /// The user's presence, for somebody else, who is in `conv`. With an app its changes are told too, for as long as a watch lasts.
    pub(super) fn watched_by(
        self: &Rc<Self>,
        user: UserId,
        watcher: UserId,
        conv: Option<ConversationId>,
        app: Option<String>,
    ) -> Answer<Presence> {
        let now = now_ms();
        let hidden = Presence { user, state: PresenceState::Hidden, at: now, last_seen: None };
        if !self.exists()? {
            return Ok(hidden);
        }
        self.migrate()?;
        let before = presence::load(&self.sql)?;
        let conv = match conv {
            Some(conv) if presence::is_in(&self.sql, conv)? => Some(conv),
            _ => None,
        };
        if !may_see(before.audience, conv.is_some(), self.person(watcher)?) {
            presence::unwatch(&self.sql, watcher)?;
            return Ok(hidden);
        }
        let mut kept = before.clone();
        let (state, _) = self.now(&mut kept, now);
        let mut taken = false;
        if let Some(app) = app {
            // What was told to those before them says nothing to the first.
            let first = !presence::is_watched(&self.sql, now)?;
            let until = now + self.deployment.presence().watch_ms;
            taken = presence::watch(&self.sql, watcher, conv, until, now)?;
            if taken {
                kept.whose = Some((app, user));
                kept.told = if first { Some(state) } else { kept.told };
            }
        }
        if kept != before {
            presence::keep(&self.sql, &kept)?;
        }
        if taken {
            self.look();
        }
        Ok(shown(user, state, &kept, now))
    }

    /// The user's presence for themselves: hidden from nobody.
    pub(super) fn own_presence(&self, user: UserId) -> Answer<Presence> {
        let now = now_ms();
        let mut kept = if self.exists()? { presence::load(&self.sql)? } else { Kept::default() };
        let (state, _) = self.now(&mut kept, now);
        Ok(shown(user, state, &kept, now))
    }

    pub(super) fn presence_settings(&self) -> Answer<PresenceSettings> {
        let kept = if self.exists()? { presence::load(&self.sql)? } else { Kept::default() };
        Ok(PresenceSettings { audience: kept.audience })
    }

    /// Changes who sees the presence. Those who may no longer are told so at once, and nothing more.
    pub(super) fn set_presence(self: &Rc<Self>, identity: &Identity, patch: PatchPresence) -> Answer<PresenceSettings> {
        let Some(audience) = patch.audience else {
            return Err(Rejection::new(Code::InvalidValue, "Say what to change: `audience`."));
        };
        self.migrate()?;
        let mut kept = presence::load(&self.sql)?;
        if kept.audience != audience {
            kept.audience = audience;
            if audience == PresenceAudience::Nobody {
                kept.left = None;
            }
            presence::keep(&self.sql, &kept)?;
            let dismissed = match audience {
                PresenceAudience::Everyone => None,
                PresenceAudience::Shared => Some(Dismissed::Strangers),
                PresenceAudience::Contacts => Some(Dismissed::NotContacts),
                PresenceAudience::Nobody => Some(Dismissed::All),
            };
            if let Some(dismissed) = dismissed {
                self.hide_from(identity.app.clone(), identity.user, dismissed)?;
            }
        }
        Ok(PresenceSettings { audience })
    }

    /// The user is no longer in a conversation: nobody sees anybody by right of it.
    pub(super) fn presence_without(self: &Rc<Self>, conv: ConversationId) -> Answer<()> {
        self.stop_watching(conv);
        if let Some((app, user)) = presence::load(&self.sql)?.whose {
            self.hide_from(app, user, Dismissed::Of(conv))?;
        }
        Ok(())
    }

    pub(super) fn hide_from(self: &Rc<Self>, app: String, user: UserId, dismissed: Dismissed) -> Answer<()> {
        let now = now_ms();
        let watchers = presence::dismiss(&self.sql, dismissed, now)?;
        if !watchers.is_empty() {
            let account = Rc::clone(self);
            let hidden = Presence { user, state: PresenceState::Hidden, at: now, last_seen: None };
            self.object.wait_until(async move { drop(account.tell_each(&app, watchers, hidden).await) });
        }
        Ok(())
    }

    /// Tells all who watch, in the background, unless it is being done: then they are told once more afterwards.
    fn tell_watchers(self: &Rc<Self>) {
        if self.telling.replace(true) {
            return;
        }
        let account = Rc::clone(self);
        self.object.wait_until(async move {
            if let Err(error) = account.telling_rounds().await {
                failed(&error);
            }
            account.telling.set(false);
        });
    }

    async fn telling_rounds(self: &Rc<Self>) -> Result<(), StoreError> {
        loop {
            let now = now_ms();
            let kept = presence::load(&self.sql)?;
            let (Some(told), Some((app, user))) = (kept.told, kept.whose.clone()) else { return Ok(()) };
            let watchers = presence::watchers(&self.sql, now)?;
            for gone in self.tell_each(&app, watchers, shown(user, told, &kept, now)).await {
                presence::unwatch(&self.sql, gone)?;
            }
            presence::forget_lapsed(&self.sql, now)?;
            if presence::load(&self.sql)?.told == Some(told) {
                return Ok(());
            }
        }
    }

    /// Tells accounts, a few at a time. Returns those where nobody watches any longer.
    async fn tell_each(&self, app: &str, watchers: Vec<UserId>, presence: Presence) -> Vec<UserId> {
        let calls = watchers.into_iter().map(|user| async move {
            // As the outbox does: calls between objects on one machine are no I/O, and would let nothing else in.
            worker::Delay::from(Duration::ZERO).await;
            let told = async {
                let op = AccountOp::Watched { user, presence };
                let answer = names::account(&self.env, app, user)?.call_within(&op, limits::POKE_TIMEOUT_MS).await?;
                read_answer::<StillWatching>(&answer).await
            };
            // One that could not be told may watch still; its watch ends by itself.
            told.await.is_ok_and(|answer| !answer.watching).then_some(user)
        });
        futures_util::stream::iter(calls)
            .buffer_unordered(limits::POKES_IN_FLIGHT)
            .filter_map(|gone| async move { gone })
            .collect()
            .await
    }
}

fn shown(user: UserId, state: PresenceState, kept: &Kept, now: u64) -> Presence {
    let last_seen = kept.left.filter(|_| state == PresenceState::Offline).map(|left| left.at);
    Presence { user, state, at: now, last_seen }
}

fn failed(error: &StoreError) {
    worker::console_error!("{{\"event\":\"presence_failed\",\"error\":{:?}}}", error.to_string());
}
