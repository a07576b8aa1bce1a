//! Adding several members in one call: for each a command of their own, under a key that follows from the caller's, all in one batch. So each is
//! added or refused for themselves, and a repeated call is answered from the keys of those who were.

use std::collections::HashMap;
use std::rc::Rc;

use futures_channel::oneshot;
use futures_util::future::join_all;
use quipu_core::batch::Input;
use quipu_core::people::refusal;
use quipu_schema::command::{Command, KeyedCommand};
use quipu_schema::ids::{CommandKey, UserId};
use quipu_schema::internal::{AccountOp, Identity};
use quipu_schema::limits;
use quipu_schema::members::{AddMembers, AddedMember, AddedMembers};
use quipu_schema::people::Reach;
use quipu_schema::problem::{Code, Rejection};
use quipu_schema::socket::Ack;

use super::Shared;
use super::frames::overloaded;
use super::queue::{Beforehand, Reply};
use crate::names;
use crate::stub::read_answer;

impl Shared {
    /// Adds them, and says of each what became of it.
    pub(super) async fn add_members(
        self: &Rc<Self>,
        identity: &Identity,
        key: CommandKey,
        add: &AddMembers,
    ) -> Result<AddedMembers, Rejection> {
        if add.users.is_empty() || add.users.len() > limits::MEMBERS_PER_CALL {
            let sentence = format!("`users` names 1 to {} people.", limits::MEMBERS_PER_CALL);
            return Err(Rejection::new(Code::TooLarge, sentence));
        }
        self.admit(identity.user)?;
        let ids: Vec<UserId> = add.users.iter().map(|user| self.deployment.resolve(user)).collect();
        let mut closed = self.closed_to(identity, &ids).await?;
        let mut waiting = Vec::new();
        {
            let mut queue = self.queue.borrow_mut();
            let commands = add.users.iter().zip(&ids).map(|(user, id)| KeyedCommand {
                key: key.for_member(*id),
                command: Command::AddMember(add.of(user.clone())),
            });
            let commands: Vec<(KeyedCommand, usize)> = commands
                .map(|command| {
                    let bytes = serde_json::to_string(&command).map_or(0, |text| text.len());
                    (command, bytes)
                })
                .collect();
            if !queue.has_room(commands.iter().map(|(_, bytes)| bytes).sum()) {
                return Err(overloaded());
            }
            for ((command, bytes), id) in commands.into_iter().zip(&ids) {
                let (sender, receiver) = oneshot::channel();
                let input = Input { user: identity.user, subject: identity.subject.clone(), command };
                let asked = closed.remove(id).map(Beforehand::Unreachable);
                queue.push_with(input, bytes, Reply::Call(sender), asked);
                waiting.push(receiver);
            }
        }
        self.kick();
        let answers =
            join_all(waiting).await.into_iter().map(|answer| answer.unwrap_or_else(|_| Err(Code::Internal.into())));
        let answers: Vec<Result<Ack, Rejection>> = answers.collect();
        // What holds for all of them is the answer to the call.
        let of_the_call = |rejection: &Rejection| {
            matches!(rejection.code, Code::NotAMember | Code::PermissionDenied | Code::WrongKind)
        };
        if let (true, Some(Err(refused))) =
            (answers.iter().all(|answer| answer.as_ref().is_err_and(of_the_call)), answers.first())
        {
            return Err(refused.clone());
        }
        self.present(identity);
        let results = add.users.iter().cloned().zip(answers).map(|(user, answer)| AddedMember::new(user, answer));
        Ok(AddedMembers { results: results.collect() })
    }

    /// Why some of these may not be brought in. Nobody is asked where the caller may bring in none, and nobody who is here.
    async fn closed_to(
        self: &Rc<Self>,
        identity: &Identity,
        ids: &[UserId],
    ) -> Result<HashMap<UserId, Rejection>, Rejection> {
        let by = identity.user;
        let users = self.with(|live| {
            let here = |user: &UserId| *user == by || live.state.member(user).is_some();
            let asked = ids.iter().copied().filter(|user| !here(user)).collect::<Vec<_>>();
            if live.state.member(&by).is_some() { asked } else { Vec::new() }
        })?;
        if users.is_empty() {
            return Ok(HashMap::new());
        }
        let busy = self.reaching.get();
        if busy > 0 && busy + users.len() > limits::REACHES_IN_FLIGHT {
            return Err(overloaded());
        }
        self.reaching.set(busy + users.len());
        let asked = self.ask_each(identity, &users).await;
        self.reaching.set(self.reaching.get().saturating_sub(users.len()));
        let unknown = || {
            let message = "Whether they can be written to could not be found out.";
            Rejection::retry_after(Code::Internal, message, limits::RETRY_FIRST_MS)
        };
        let reaches = asked.map_err(|error| {
            worker::console_error!("{{\"event\":\"reach_failed\",\"error\":{:?}}}", error.to_string());
            unknown()
        })?;
        let reaches = users.into_iter().zip(reaches);
        Ok(reaches.filter_map(|(user, reach)| Some((user, reach.map_or_else(|| Some(unknown()), refusal)?))).collect())
    }

    async fn ask_each(&self, identity: &Identity, users: &[UserId]) -> worker::Result<Vec<Option<Reach>>> {
        let op = AccountOp::MayReachEach { identity: identity.clone(), users: users.to_vec() };
        let account = names::account(&self.env, &identity.app, identity.user)?;
        read_answer(&account.call_within(&op, 2 * limits::REACH_TIMEOUT_MS).await?).await
    }
}
