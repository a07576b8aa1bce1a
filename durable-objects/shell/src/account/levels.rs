//! Whether the user wants to hear of every message of a large conversation: laid down with its entry, and told to it.
//!
//! What is still to be told stands in the entry, so that a crash repeats a call and never drops one. A conversation says with its news what it
//! knows: should it have forgotten, as when its user went and came back, it is told again.

use std::rc::Rc;

use futures_util::StreamExt;
use quipu_core::inbox::wants_everything;
use quipu_core::outbox::back_off_ms;
use quipu_schema::ids::ConversationId;
use quipu_schema::inbox::InboxFlags;
use quipu_schema::internal::{ConversationCall, ConversationOp, Identity};
use quipu_schema::limits;
use quipu_schema::problem::Code;
use quipu_store::account;
use quipu_store::levels::{self, Kept};
use quipu_store::sql::StoreError;

use super::{Account, Answer};
use crate::names;
use crate::platform::now_ms;

impl Account {
    /// Notes whose wishes these are, before the first is laid down.
    pub(super) fn may_wish(&self, identity: &Identity, flags: &InboxFlags) -> Answer<()> {
        if wants_everything(flags) && levels::load(&self.sql)?.is_none() {
            levels::keep(&self.sql, &Kept { app: identity.app.clone(), user: identity.user, failures: 0 })?;
        }
        Ok(())
    }

    /// Tells in the background what is due, where anything is.
    pub(super) fn tell_levels(self: &Rc<Self>) {
        match levels::due(&self.sql, 1) {
            Ok(due) if due.is_empty() => return,
            Ok(_) | Err(_) => self.ring_by(now_ms() + limits::OUTBOX_ALARM_MS),
        }
        if self.levelling.replace(true) {
            return;
        }
        let account = Rc::clone(self);
        self.object.wait_until(async move {
            let ended = account.level_rounds().await;
            account.levelling.set(false);
            if let Err(error) = ended {
                worker::console_error!("{{\"event\":\"levels_failed\",\"error\":{:?}}}", error.to_string());
            }
        });
    }

    /// The alarm rang.
    pub(super) fn tell_levels_again(self: &Rc<Self>) {
        let ready = || {
            let exists = self.exists()?;
            if exists {
                self.migrate()?;
            }
            Ok::<_, StoreError>(exists)
        };
        match ready() {
            Ok(false) => {}
            Ok(true) => self.tell_levels(),
            Err(_) => self.ring_by(now_ms() + limits::OUTBOX_ALARM_MS),
        }
    }

    /// Rounds until nothing is due, or some could not be told: those are told later.
    async fn level_rounds(self: &Rc<Self>) -> Result<(), StoreError> {
        loop {
            let due = levels::due(&self.sql, limits::LIST_ITEMS)?;
            let (false, Some(kept)) = (due.is_empty(), levels::load(&self.sql)?) else { return Ok(()) };
            let kept = &kept;
            let calls = due
                .into_iter()
                .map(|(conv, on)| async move { (conv, on, self.tell_level(kept, conv, on).await.unwrap_or(false)) });
            let told: Vec<_> =
                futures_util::stream::iter(calls).buffer_unordered(limits::POKES_IN_FLIGHT).collect().await;
            for (conv, on, _) in told.iter().filter(|(.., told)| *told) {
                levels::told(&self.sql, *conv, *on)?;
            }
            let failed = told.iter().any(|(.., told)| !told);
            let failures = if failed { kept.failures.saturating_add(1) } else { 0 };
            if failures != kept.failures {
                levels::keep(&self.sql, &Kept { failures, ..kept.clone() })?;
            }
            if failed {
                self.ring_by(now_ms() + back_off_ms(failures));
                return Ok(());
            }
        }
    }

    /// One call, within its time. Whether there is nothing left to tell.
    async fn tell_level(&self, kept: &Kept, conv: ConversationId, on: bool) -> worker::Result<bool> {
        let identity = Identity {
            app: kept.app.clone(),
            user: kept.user,
            subject: String::new(),
            name: None,
            picture: None,
            expires_at: 0,
            device: None,
        };
        let version = account::version(&self.sql).map_err(|error| worker::Error::RustError(error.to_string()))?;
        let call = ConversationCall { conv, identity, op: ConversationOp::Everything { version, on } };
        let answer =
            names::conversation(&self.env, &kept.app, conv)?.call_within(&call, limits::POKE_TIMEOUT_MS).await?;
        let status = answer.status();
        // Who is no member any more has nothing to wish; the news of that is on its way.
        Ok(status < 300 || [Code::ConversationNotFound, Code::NotAMember].iter().any(|code| code.status() == status))
    }
}
