//! Forwarding: what is to be copied is asked of the conversation that it stands in, by the right of who forwards it, before the command is
//! decided. Commands that came after it do not wait.

use std::rc::Rc;

use quipu_core::batch::Input;
use quipu_core::decide::Copied;
use quipu_core::validate;
use quipu_schema::command::{Command, Forward, NewContent, NewText};
use quipu_schema::envelope::Encryption;
use quipu_schema::ids::UserId;
use quipu_schema::internal::{ConversationCall, ConversationOp, Identity};
use quipu_schema::limits;
use quipu_schema::problem::{Code, Problem, Rejection};
use quipu_store::conversation::forward;

use super::Shared;
use super::frames::overloaded;
use super::queue::{Beforehand, Copy, Reply};
use crate::names;
use crate::platform::now_ms;
use crate::stub::read_answer;

impl Shared {
    /// Queues a command of a socket, once what it forwards is known.
    pub(super) fn queue_forward(
        self: &Rc<Self>,
        identity: &Identity,
        forward: Forward,
        (input, bytes, reply): (Input, usize, Reply),
    ) -> Result<(), Rejection> {
        if self.forwarding.get() >= limits::FORWARDS_IN_FLIGHT {
            return Err(overloaded());
        }
        self.forwarding.set(self.forwarding.get() + 1);
        let (shared, identity) = (Rc::clone(self), identity.clone());
        self.object.wait_until(async move {
            let copy = shared.copy(&identity, forward).await;
            shared.forwarding.set(shared.forwarding.get().saturating_sub(1));
            shared.queue.borrow_mut().push_with(input, bytes, reply, copy.map(Beforehand::Copy));
            shared.kick();
        });
        Ok(())
    }

    /// What a command forwards; `None` where it forwards nothing.
    pub(super) async fn copy_for(
        self: &Rc<Self>,
        identity: &Identity,
        command: &Command,
    ) -> Result<Option<Copy>, Rejection> {
        let Command::Forward(forward) = command else { return Ok(None) };
        if self.forwarding.get() >= limits::FORWARDS_IN_FLIGHT {
            return Err(overloaded());
        }
        self.forwarding.set(self.forwarding.get() + 1);
        let copy = self.copy(identity, *forward).await;
        self.forwarding.set(self.forwarding.get().saturating_sub(1));
        Ok(copy)
    }

    /// Asks for a copy. Where the command will be refused anyway nobody is asked.
    async fn copy(self: &Rc<Self>, identity: &Identity, forward: Forward) -> Option<Copy> {
        let user = identity.user;
        let (here, may) = self
            .with(|live| {
                let plain = live.state.about.as_ref().is_some_and(|about| about.encryption == Encryption::None);
                (live.state.conv, plain && live.state.member(&user).is_some())
            })
            .ok()?;
        if !may || validate::command(&Command::Forward(forward)).is_err() {
            return None;
        }
        let Forward { from, seq } = forward;
        let copied = if from == here { self.text_to_copy(user, seq) } else { self.ask_for(identity, forward).await };
        Some(Copy { user, from, seq, copied: copied.map_err(concealed) })
    }

    async fn ask_for(&self, identity: &Identity, Forward { from, seq }: Forward) -> Copied {
        let call = ConversationCall { conv: from, identity: identity.clone(), op: ConversationOp::Copy { seq } };
        let answer = async {
            let stub = names::conversation(&self.env, &identity.app, from)?;
            let response = stub.call_within(&call, limits::FORWARD_TIMEOUT_MS).await?;
            if response.status() == 200 {
                return read_answer::<NewContent>(&response).await.map(Ok);
            }
            read_answer::<Problem>(&response).await.map(Err)
        };
        match answer.await {
            Ok(Ok(NewContent::Text(text))) => Ok(text.text),
            Ok(Ok(NewContent::Ciphertext(_))) => Err(forward::encrypted()),
            Ok(Ok(NewContent::Poll(_))) => Err(Code::InvalidValue.into()),
            Ok(Err(Problem { code, detail, retry, retry_after_ms, .. })) => {
                Err(Rejection { code, message: detail, retry, retry_after_ms })
            }
            Err(error) => {
                worker::console_error!("{{\"event\":\"forward_failed\",\"error\":{:?}}}", error.to_string());
                Err(Rejection::retry_after(Code::Internal, "What is to be forwarded could not be read.", 1_000))
            }
        }
    }

    /// What a message says, for a copy of it elsewhere by one of this conversation's members.
    pub(super) fn text_to_copy(self: &Rc<Self>, user: UserId, seq: u64) -> Copied {
        self.with(|live| {
            live.must_be_member(user)?;
            if live.state.about.as_ref().is_some_and(|about| about.encryption != Encryption::None) {
                return Err(forward::encrypted());
            }
            let visible = live.sight(&self.sql, user)?;
            forward::text(&self.sql, &visible, seq, now_ms())
        })?
    }
}

/// Whether there is such a conversation, and such a message, is told to nobody who may not read it.
fn concealed(rejection: Rejection) -> Rejection {
    match rejection.code {
        Code::ConversationNotFound | Code::NotAMember | Code::MessageNotFound | Code::SourceNotFound => {
            Code::SourceNotFound.into()
        }
        _ => rejection,
    }
}

/// The answer to a conversation that asks for a copy.
pub(super) fn content(text: String) -> NewContent {
    NewContent::Text(NewText { text, ..NewText::default() })
}
