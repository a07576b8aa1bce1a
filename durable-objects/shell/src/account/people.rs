//! Whom the user blocks, their contacts, and who may write to them first.
//!
//! A block is kept here and told to the direct conversations with whom it is about, which hold to it. Which are still to be told is kept with it, so
//! that a crash repeats a call and never drops one; an alarm stands until all have been. Whoever is brought into a conversation is asked for by
//! the account of who brings them, once, before the command is decided.

use std::rc::Rc;

use futures_util::StreamExt;
use quipu_core::outbox::back_off_ms;
use quipu_core::people as decide;
use quipu_core::profile as presented;
use quipu_schema::ids::{ConversationId, ConversationKind, UserId};
use quipu_schema::inbox::{InboxEntry, InboxServerFrame};
use quipu_schema::internal::{AccountOp, ConversationCall, ConversationOp, Identity};
use quipu_schema::limits;
use quipu_schema::people::{Block, PatchReach, PeopleList, PeoplePage, Person, Reach, ReachSettings};
use quipu_schema::presence::PresenceAudience;
use quipu_schema::problem::{Code, Rejection};
use quipu_schema::socket::Profile;
use quipu_store::people::{self, Due};
use quipu_store::presence::Dismissed;
use quipu_store::sql::StoreError;
use quipu_store::{presence, profile};

use super::{Account, Answer};
use crate::names;
use crate::platform::now_ms;
use crate::stub::read_answer;

impl Account {
    /// Puts somebody on a list, or takes them off. A block has been told to the conversations that could be reached when this returns.
    pub(super) async fn set_person(
        self: &Rc<Self>,
        identity: &Identity,
        user: UserId,
        list: PeopleList,
        on: bool,
    ) -> Answer<Person> {
        if user == identity.user {
            return Err(Rejection::new(Code::InvalidValue, "This is about other people, not about you."));
        }
        if !on && !self.exists()? {
            return Ok(Person { user, blocked: false, contact: false });
        }
        self.migrate()?;
        let (person, changed) = people::set(&self.sql, (&identity.app, identity.user), user, list, on)?;
        if changed {
            self.broadcast(|| InboxServerFrame::Person(person));
            self.presence_for_others_than(identity, person, list)?;
            self.list();
        }
        if list == PeopleList::Blocks && !people::due(&self.sql, 1)?.is_empty() {
            self.ring_by(now_ms() + limits::OUTBOX_ALARM_MS);
            self.tell_blocks().await?;
        }
        Ok(person)
    }

    /// Somebody who may see the presence no longer is told so.
    fn presence_for_others_than(self: &Rc<Self>, identity: &Identity, person: Person, list: PeopleList) -> Answer<()> {
        let ends = match list {
            PeopleList::Blocks => person.blocked,
            PeopleList::Contacts => {
                !person.contact && presence::load(&self.sql)?.audience == PresenceAudience::Contacts
            }
        };
        if ends {
            self.hide_from(identity.app.clone(), identity.user, Dismissed::One(person.user))?;
        }
        Ok(())
    }

    pub(super) fn people(&self, list: PeopleList, after: Option<UserId>, limit: usize) -> Answer<PeoplePage> {
        if !self.exists()? {
            return Ok(PeoplePage::default());
        }
        self.migrate()?;
        Ok(people::page(&self.sql, list, after, limit.clamp(1, limits::LIST_ITEMS))?)
    }

    pub(super) fn reach_settings(&self) -> Answer<ReachSettings> {
        let kept = if self.exists()? { people::load(&self.sql)? } else { people::Kept::default() };
        Ok(ReachSettings { audience: kept.audience })
    }

    pub(super) fn set_reach(&self, patch: PatchReach) -> Answer<ReachSettings> {
        let Some(audience) = patch.audience else {
            return Err(Rejection::new(Code::InvalidValue, "Say what to change: `audience`."));
        };
        self.migrate()?;
        let kept = people::load(&self.sql)?;
        if kept.audience != audience {
            people::keep(&self.sql, &people::Kept { audience, ..kept })?;
        }
        Ok(ReachSettings { audience })
    }

    /// What the user has laid down about somebody.
    pub(super) fn person(&self, user: UserId) -> Answer<Person> {
        if !self.exists()? {
            return Ok(Person { user, blocked: false, contact: false });
        }
        self.migrate()?;
        Ok(people::person(&self.sql, user)?)
    }

    /// What the user has laid down about the other end of a direct conversation; `None` for others.
    pub(super) fn peer_in(&self, conv: ConversationId) -> Answer<Option<Person>> {
        if conv.kind() != ConversationKind::Direct {
            return Ok(None);
        }
        people::peer(&self.sql, conv)?.map(|peer| self.person(peer)).transpose()
    }

    /// Whether somebody, who is in these groups, may write to the user first, or add them to one.
    pub(super) fn reach(&self, by: UserId, convs: &[ConversationId]) -> Answer<Reach> {
        let person = self.person(by)?;
        let audience = self.reach_settings()?.audience;
        let shares = self.exists()? && profile::is_in_any(&self.sql, convs)?;
        Ok(decide::reach(audience, person, shares))
    }

    /// Those of some people whom the user may not write to first, or add to a group.
    pub(super) async fn may_reach(&self, identity: &Identity, users: &[UserId]) -> Answer<Vec<Reach>> {
        let mut closed = Vec::new();
        for user in users {
            if self.person(*user)?.blocked {
                closed.push(Reach::Blocking);
            }
        }
        if !closed.is_empty() {
            return Ok(closed);
        }
        let groups = self.conversations()?.into_iter().filter(|conv| conv.kind() == ConversationKind::Group);
        let convs: Vec<ConversationId> = groups.collect();
        let (by, convs) = (identity.user, &convs);
        let others = users.iter().filter(|user| **user != by);
        let calls = others.map(|user| self.ask_reach(identity, *user, convs));
        let answers: Vec<worker::Result<Reach>> =
            futures_util::stream::iter(calls).buffer_unordered(limits::POKES_IN_FLIGHT).collect().await;
        for answer in answers {
            match answer {
                Ok(Reach::Open) => {}
                Ok(reach) => closed.push(reach),
                Err(error) => {
                    log_reach(&error);
                    let message = "Whether they can be written to could not be found out.";
                    return Err(Rejection::retry_after(Code::Internal, message, limits::RETRY_FIRST_MS));
                }
            }
        }
        Ok(closed)
    }

    /// For each of some people, whether the user may write to them first, or add them to a group; `None` where their account did not say.
    pub(super) async fn may_reach_each(&self, identity: &Identity, users: &[UserId]) -> Answer<Vec<Option<Reach>>> {
        let groups = self.conversations()?.into_iter().filter(|conv| conv.kind() == ConversationKind::Group);
        let convs: Vec<ConversationId> = groups.collect();
        let convs = &convs;
        let calls = users.iter().map(|user| async move {
            match self.person(*user) {
                Ok(person) if person.blocked => Some(Reach::Blocking),
                Ok(_) => self.ask_reach(identity, *user, convs).await.inspect_err(log_reach).ok(),
                Err(_) => None,
            }
        });
        Ok(futures_util::stream::iter(calls).buffered(limits::POKES_IN_FLIGHT).collect().await)
    }

    async fn ask_reach(&self, identity: &Identity, user: UserId, convs: &[ConversationId]) -> worker::Result<Reach> {
        let op = AccountOp::Reach { user, by: identity.user, convs: convs.to_vec() };
        let account = names::account(&self.env, &identity.app, user)?;
        read_answer::<Reach>(&account.call_within(&op, limits::REACH_TIMEOUT_MS).await?).await
    }

    /// The user has come into a conversation: where its other end is blocked it is told.
    pub(super) fn met(self: &Rc<Self>, entry: &InboxEntry) -> Answer<()> {
        let Some(peer) = &entry.peer else { return Ok(()) };
        if people::met(&self.sql, entry.id, peer.user)? {
            self.ring_by(now_ms() + limits::OUTBOX_ALARM_MS);
            self.tell_blocks_later();
        }
        Ok(())
    }

    /// The alarm rang.
    pub(super) fn tell_blocks_again(self: &Rc<Self>) {
        let due = || -> Result<bool, StoreError> {
            if !self.exists()? {
                return Ok(false);
            }
            self.migrate()?;
            Ok(!people::due(&self.sql, 1)?.is_empty())
        };
        match due() {
            Ok(false) => {}
            // What goes on after this handler may die with the process; then there must be an alarm left.
            Ok(true) | Err(_) => {
                self.ring_by(now_ms() + limits::OUTBOX_ALARM_MS);
                self.tell_blocks_later();
            }
        }
    }

    fn tell_blocks_later(self: &Rc<Self>) {
        let account = Rc::clone(self);
        self.object.wait_until(async move {
            if let Err(error) = account.tell_blocks().await {
                worker::console_error!("{{\"event\":\"blocks_failed\",\"error\":{:?}}}", error.to_string());
            }
        });
    }

    /// Tells all that are due. One that cannot be told is told later. Two rounds at once repeat a call, and change nothing.
    async fn tell_blocks(self: &Rc<Self>) -> Result<(), StoreError> {
        let kept = people::load(&self.sql)?;
        let Some((app, user)) = kept.whose.clone() else { return Ok(()) };
        let due = people::due(&self.sql, limits::SHARED_CONVERSATIONS)?;
        let (app, account) = (&app, self);
        let calls = due.into_iter().map(|due| async move {
            let told = account.tell_block(app, user, due).await.unwrap_or(false);
            (due, told)
        });
        let told: Vec<(Due, bool)> =
            futures_util::stream::iter(calls).buffer_unordered(limits::POKES_IN_FLIGHT).collect().await;
        let mut failed = false;
        for (due, told) in told {
            if told {
                people::told(&self.sql, &due)?;
            }
            failed |= !told;
        }
        // Read anew: it may have changed meanwhile.
        let kept = people::load(&self.sql)?;
        let failures = if failed { kept.failures.saturating_add(1) } else { 0 };
        if failures != kept.failures {
            people::keep(&self.sql, &people::Kept { failures, ..kept })?;
        }
        if failures > 0 {
            self.ring_by(now_ms() + back_off_ms(failures));
        }
        Ok(())
    }

    /// One call, within its time. Whether there is nothing left to tell.
    async fn tell_block(&self, app: &str, user: UserId, due: Due) -> worker::Result<bool> {
        let Due { conv, peer, .. } = due;
        let (kept, person) =
            (people::load(&self.sql).map_err(failed)?, people::person(&self.sql, peer).map_err(failed)?);
        let own = profile::load(&self.sql).map_err(failed)?.filter(|kept| kept.version > 0);
        let profile = own.map(|kept| Box::new(seen_by(presented::cell(&kept, now_ms()), person)));
        let identity = Identity {
            app: app.to_owned(),
            user,
            subject: String::new(),
            name: None,
            picture: None,
            expires_at: 0,
            device: None,
        };
        let block = Block { version: kept.version, on: person.blocked };
        let call = ConversationCall { conv, identity, op: ConversationOp::Block { block, profile } };
        let answer = names::conversation(&self.env, app, conv)?.call_within(&call, limits::POKE_TIMEOUT_MS).await?;
        let status = answer.status();
        Ok(status < 300 || [Code::ConversationNotFound, Code::NotAMember].iter().any(|code| code.status() == status))
    }
}

fn log_reach(error: &worker::Error) {
    worker::console_error!("{{\"event\":\"reach_failed\",\"error\":{:?}}}", error.to_string());
}

/// What somebody sees of the user's profile in a direct conversation: of one who is blocked the status is kept.
pub(super) fn seen_by(profile: Profile, person: Person) -> Profile {
    if person.blocked { Profile { status: None, ..profile } } else { profile }
}

fn failed(error: StoreError) -> worker::Error {
    worker::Error::RustError(error.to_string())
}
