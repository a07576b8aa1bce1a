//! The user's profile: changed here, and told to the conversations they are in.
//!
//! Which conversation has taken which version is kept with its entry, so that a crash repeats a call and never drops one. An alarm stands from the
//! change until all have been told; those that could not be are called again with growing pauses.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use futures_util::StreamExt;
use quipu_core::outbox::back_off_ms;
use quipu_core::profile as decide;
use quipu_schema::ids::{ConversationId, UserId};
use quipu_schema::inbox::InboxServerFrame;
use quipu_schema::internal::{ConversationCall, ConversationOp, Identity};
use quipu_schema::limits;
use quipu_schema::problem::Code;
use quipu_schema::profile::{KeptProfile, MyProfile, PatchProfile, UserProfile};
use quipu_store::profile;
use quipu_store::sql::StoreError;

use super::people::seen_by;
use super::{Account, Answer, attachment};
use crate::names;
use crate::platform::{Socket, now_ms};

impl Account {
    pub(super) fn own_profile(self: &Rc<Self>, identity: &Identity) -> Answer<MyProfile> {
        self.saw(identity)?;
        let kept = if self.exists()? { profile::load(&self.sql)? } else { None };
        let unset = || decide::seen(None, identity).unwrap_or_else(|| decide::unset(identity));
        Ok(decide::mine(&kept.unwrap_or_else(unset), now_ms()))
    }

    pub(super) fn set_profile(self: &Rc<Self>, identity: &Identity, patch: &PatchProfile) -> Answer<MyProfile> {
        let stored = if self.exists()? { profile::load(&self.sql)? } else { None };
        let seen = decide::seen(stored.as_ref(), identity);
        let kept = seen.or(stored).unwrap_or_else(|| decide::unset(identity));
        let now = now_ms();
        let Some(changed) = decide::set(&kept, patch, now)? else { return self.own_profile(identity) };
        self.migrate()?;
        self.keep_profile(&changed)?;
        Ok(decide::mine(&changed, now))
    }

    /// Takes name and picture from a token. An account that was never told anything is not made by it.
    pub(super) fn saw(self: &Rc<Self>, identity: &Identity) -> Answer<()> {
        if !self.exists()? {
            return Ok(());
        }
        self.take_token(identity)?;
        self.list();
        Ok(())
    }

    fn take_token(self: &Rc<Self>, identity: &Identity) -> Answer<()> {
        let kept = profile::load(&self.sql)?;
        let Some(seen) = decide::seen(kept.as_ref(), identity) else { return Ok(()) };
        self.migrate()?;
        if seen.version == kept.map_or(0, |kept| kept.version) {
            return Ok(profile::keep(&self.sql, &seen)?);
        }
        self.keep_profile(&seen)
    }

    /// A new version: kept, told to the user's devices, and on its way to their conversations.
    fn keep_profile(self: &Rc<Self>, changed: &KeptProfile) -> Answer<()> {
        profile::keep(&self.sql, changed)?;
        self.ring_by(now_ms() + limits::OUTBOX_ALARM_MS);
        self.broadcast(|| InboxServerFrame::Profile(decide::mine(changed, now_ms())));
        self.present();
        self.list();
        Ok(())
    }

    /// A conversation knows nothing of the user yet.
    pub(super) fn introduce(self: &Rc<Self>, conv: ConversationId) -> Answer<()> {
        // Whoever opened the inbox before they were in any conversation has shown a token that nothing was kept of.
        let sockets = self.object.get_websockets();
        if let Some(kept) = sockets.iter().find_map(|socket| attachment(&Socket::of(socket))) {
            self.saw(&kept.identity)?;
        }
        profile::forget(&self.sql, conv)?;
        if profile::load(&self.sql)?.is_some_and(|kept| kept.version > 0) {
            self.ring_by(now_ms() + limits::OUTBOX_ALARM_MS);
            self.present();
        }
        Ok(())
    }

    /// Where the user is a member, for somebody else's account to look through.
    pub(super) fn conversations(&self) -> Answer<Vec<ConversationId>> {
        if !self.exists()? {
            return Ok(vec![]);
        }
        Ok(profile::conversations(&self.sql, limits::SHARED_CONVERSATIONS)?)
    }

    /// The profile for somebody who is in `convs`.
    pub(super) fn profile_for(
        &self,
        user: UserId,
        convs: &[ConversationId],
        reader: Option<UserId>,
    ) -> Answer<UserProfile> {
        if !self.exists()? || !profile::is_in_any(&self.sql, convs)? {
            return Err(Code::UserNotFound.into());
        }
        let unknown = UserProfile { user, version: 0, name: None, picture: None, bio: None, status: None };
        let shown = profile::load(&self.sql)?.map_or(unknown, |kept| decide::shown(&kept, now_ms()));
        let blocked = reader.map_or(Ok(false), |reader| self.person(reader).map(|person| person.blocked))?;
        Ok(if blocked { UserProfile { bio: None, status: None, ..shown } } else { shown })
    }

    /// Tells in the background the conversations that have not taken the profile yet, unless it is being done.
    fn present(self: &Rc<Self>) {
        if self.presenting.replace(true) {
            return;
        }
        let account = Rc::clone(self);
        self.object.wait_until(async move {
            let ended = account.rounds().await;
            account.presenting.set(false);
            if let Err(error) = ended {
                worker::console_error!("{{\"event\":\"profile_failed\",\"error\":{:?}}}", error.to_string());
                account.ring_by(now_ms() + limits::OUTBOX_ALARM_MS);
            }
        });
    }

    /// The alarm rang.
    pub(super) fn present_again(self: &Rc<Self>) {
        let due = || -> Result<bool, StoreError> {
            let kept = if self.exists()? { profile::load(&self.sql)? } else { None };
            let Some(kept) = kept.filter(|kept| kept.version > 0) else { return Ok(false) };
            self.migrate()?;
            Ok(kept.failures > 0 || !profile::due(&self.sql, kept.version, 1)?.is_empty())
        };
        match due() {
            Ok(false) => {}
            // What goes on after this handler may die with the process; then there must be an alarm left.
            Ok(true) | Err(_) => {
                self.ring_by(now_ms() + limits::OUTBOX_ALARM_MS);
                self.present();
            }
        }
    }

    /// Rounds until nobody is left who has not been told, or could be.
    async fn rounds(self: &Rc<Self>) -> Result<(), StoreError> {
        let wait = limits::POKE_EVERY_MS.saturating_sub(now_ms().saturating_sub(self.presented_ms.get()));
        if wait > 0 && self.presented_ms.get() > 0 {
            worker::Delay::from(Duration::from_millis(wait)).await;
        }
        self.presented_ms.set(now_ms());
        let mut failed = BTreeSet::new();
        loop {
            // Read anew each time: it may have changed meanwhile, and then all are due again.
            let Some(kept) = profile::load(&self.sql)? else { return Ok(()) };
            let due = profile::due(&self.sql, kept.version, limits::PROFILE_ROUND + failed.len())?;
            let due: Vec<_> = due.into_iter().filter(|conv| !failed.contains(conv)).collect();
            if due.is_empty() {
                return self.settle(kept, failed.len());
            }
            let (told, not): (Vec<_>, Vec<_>) =
                self.tell_all(&kept, due).await.into_iter().partition(|(_, told)| *told);
            let told: Vec<ConversationId> = told.into_iter().map(|(conv, _)| conv).collect();
            profile::told(&self.sql, &told, kept.version)?;
            failed.extend(not.into_iter().map(|(conv, _)| conv));
        }
    }

    async fn tell_all(&self, kept: &KeptProfile, due: Vec<ConversationId>) -> Vec<(ConversationId, bool)> {
        let calls = due.into_iter().map(|conv| async move { (conv, self.tell_one(kept, conv).await.unwrap_or(false)) });
        futures_util::stream::iter(calls).buffer_unordered(limits::POKES_IN_FLIGHT).collect().await
    }

    /// One call, within its time. Whether there is nothing left to tell.
    async fn tell_one(&self, kept: &KeptProfile, conv: ConversationId) -> worker::Result<bool> {
        let identity = Identity {
            app: kept.app.clone(),
            user: kept.user,
            subject: String::new(),
            name: None,
            picture: None,
            expires_at: 0,
            device: None,
        };
        let mut cell = decide::cell(kept, now_ms());
        if let Some(peer) = self.peer_in(conv).map_err(|error| worker::Error::RustError(error.message))? {
            cell = seen_by(cell, peer);
        }
        let op = ConversationOp::Present { profile: Box::new(cell) };
        let call = ConversationCall { conv, identity, op };
        let answer =
            names::conversation(&self.env, &kept.app, conv)?.call_within(&call, limits::POKE_TIMEOUT_MS).await?;
        // Whoever has left is refused; the conversation's own news of that is on its way, and ends the attempts.
        Ok(answer.status() < 300 || answer.status() == Code::ConversationNotFound.status())
    }

    /// Everybody has been told, or is called again later.
    fn settle(self: &Rc<Self>, kept: KeptProfile, failed: usize) -> Result<(), StoreError> {
        let failures = if failed > 0 { kept.failures.saturating_add(1) } else { 0 };
        if failures != kept.failures {
            profile::keep(&self.sql, &KeptProfile { failures, ..kept })?;
        }
        if failures > 0 {
            self.ring_by(now_ms() + back_off_ms(failures));
        }
        Ok(())
    }
}
