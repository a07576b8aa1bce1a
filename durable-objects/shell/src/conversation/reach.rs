//! Whom a command brings in is asked of accounts before it is decided: who has blocked its sender, or has not let them write first, is not brought
//! in. Commands that came after it do not wait. A repeated command is answered from its key, whatever its accounts say now.

use std::rc::Rc;

use quipu_core::batch::Input;
use quipu_core::people::refusal;
use quipu_core::validate;
use quipu_schema::command::{AddMember, Command};
use quipu_schema::ids::UserId;
use quipu_schema::internal::{AccountOp, Identity};
use quipu_schema::limits;
use quipu_schema::people::{Block, Reach};
use quipu_schema::problem::{Code, Rejection};
use quipu_schema::socket::Profile;
use quipu_store::conversation::blocks;

use super::Shared;
use super::frames::overloaded;
use super::queue::{Beforehand, Reply};
use crate::names;
use crate::stub::read_answer;

impl Shared {
    /// Queues a command of a socket, once it is known whether whom it brings in may be.
    pub(super) fn queue_addition(
        self: &Rc<Self>,
        identity: &Identity,
        add: &AddMember,
        (input, bytes, reply): (Input, usize, Reply),
    ) -> Result<(), Rejection> {
        if self.reaching.get() >= limits::REACHES_IN_FLIGHT {
            return Err(overloaded());
        }
        let users = vec![self.deployment.resolve(&add.user)];
        let (shared, identity) = (Rc::clone(self), identity.clone());
        let command = input.command.command.clone();
        self.reaching.set(self.reaching.get() + 1);
        self.object.wait_until(async move {
            let word = shared.word_for(&identity, &command).await;
            let refused = shared.unreachable(&identity, users).await;
            shared.reaching.set(shared.reaching.get().saturating_sub(1));
            let asked = refused.map(Beforehand::Unreachable).into_iter().chain(word.map(Beforehand::Word));
            shared.queue.borrow_mut().push_with(input, bytes, reply, asked);
            shared.kick();
        });
        Ok(())
    }

    /// Why those whom a command brings in may not be; `None` where they may, and for all other commands.
    pub(super) async fn refused_by(
        self: &Rc<Self>,
        identity: &Identity,
        command: &Command,
    ) -> Result<Option<Beforehand>, Rejection> {
        let named = match command {
            // Where it is there already this is a repetition, or refused.
            Command::Create(create) if self.with(|live| live.unborn).unwrap_or(false) => create.members.as_slice(),
            Command::AddMember(add) => std::slice::from_ref(&add.user),
            _ => return Ok(None),
        };
        if validate::command(command).is_err() {
            return Ok(None);
        }
        if self.reaching.get() >= limits::REACHES_IN_FLIGHT {
            return Err(overloaded());
        }
        let users = named.iter().map(|user| self.deployment.resolve(user)).collect();
        self.reaching.set(self.reaching.get() + 1);
        let refused = self.unreachable(identity, users).await;
        self.reaching.set(self.reaching.get().saturating_sub(1));
        Ok(refused.map(Beforehand::Unreachable))
    }

    /// Asks the sender's account. Where the command will be refused anyway, or was decided before, nobody is asked.
    async fn unreachable(self: &Rc<Self>, identity: &Identity, mut users: Vec<UserId>) -> Option<Rejection> {
        let by = identity.user;
        let may = self.with(|live| {
            users.retain(|user| *user != by && live.state.member(user).is_none());
            live.unborn || live.state.member(&by).is_some()
        });
        if !may.unwrap_or(false) || users.is_empty() {
            return None;
        }
        let op = AccountOp::MayReach { identity: identity.clone(), users };
        let answer = async {
            let account = names::account(&self.env, &identity.app, by)?;
            let answer = account.call_within(&op, 2 * limits::REACH_TIMEOUT_MS).await?;
            read_answer::<Vec<Reach>>(&answer).await
        };
        match answer.await {
            Ok(closed) => closed.into_iter().find_map(refusal),
            Err(error) => {
                worker::console_error!("{{\"event\":\"reach_failed\",\"error\":{:?}}}", error.to_string());
                let message = "Whether they can be written to could not be found out.";
                Some(Rejection::retry_after(Code::Internal, message, limits::RETRY_FIRST_MS))
            }
        }
    }

    /// A member's account says whether they block the other end, and how they present themselves to it.
    pub(super) fn block(
        self: &Rc<Self>,
        user: UserId,
        block: Block,
        profile: Option<Profile>,
    ) -> Result<(), Rejection> {
        let taken = self.with(|live| {
            live.must_be_member(user)?;
            Ok::<_, Rejection>(blocks::take(&self.sql, &mut live.state, user, block)?)
        })??;
        if let Some(profile) = profile.filter(|_| taken) {
            self.queue.borrow_mut().profile(Profile { user, ..profile });
        }
        Ok(())
    }
}
