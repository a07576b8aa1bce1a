//! Sending, editing and deleting messages.

use quipu_schema::command::{DeleteMessage, EditMessage, NewContent, SendMessage};
use quipu_schema::envelope::{Encryption, EventType};
use quipu_schema::limits;
use quipu_schema::problem::{Code, Rejection};
use quipu_schema::words::WordAction;

use super::moderation::{in_time, may_add};
use super::{Caller, Draft, Found, Resolve, Target};
use crate::permissions::Action;
use crate::validate;

pub(super) fn send(
    found: &Found,
    caller: &Caller<'_>,
    send: &SendMessage,
    resolve: Resolve<'_>,
) -> Result<Vec<Draft>, Rejection> {
    may_add(caller, writing(send.thread))?;
    in_time(caller)?;
    let mut draft = Draft::new(EventType::MessageCreated);
    if let Some(root) = send.thread {
        let replies = thread(found, caller, root)?;
        draft.thread = Some(root);
        draft.thread_n = Some(replies + 1);
    }
    if let Some(reply) = send.reply_to {
        let target = message(found, caller, reply.seq)?;
        if reply.version > target.version {
            return Err(Rejection::new(
                Code::InvalidValue,
                format!(
                    "Message {} has {} version(s); you quoted version {}.",
                    reply.seq, target.version, reply.version
                ),
            ));
        }
        draft.reference = Some(reply.seq);
        draft.params.quoted_version = Some(reply.version);
    }
    draft.params.poll = super::polls::terms(caller, &send.content);
    draft.flagged = flags(caller, &send.content)?;
    draft.content = Some(stored(caller, &send.content, resolve)?);
    Ok(vec![draft])
}

pub(super) fn edit(
    found: &Found,
    caller: &Caller<'_>,
    edit: &EditMessage,
    resolve: Resolve<'_>,
) -> Result<Vec<Draft>, Rejection> {
    may_add(caller, writing(found.target.as_ref().and_then(|target| target.thread)))?;
    let target = message(found, caller, edit.seq)?;
    if target.actor != caller.actor.user {
        return Err(Rejection::new(Code::PermissionDenied, "Only its author may edit a message."));
    }
    if target.forwarded {
        return Err(Rejection::new(Code::PermissionDenied, "A forwarded message cannot be edited."));
    }
    if target.poll.is_some() {
        return Err(Rejection::new(
            Code::PermissionDenied,
            "A poll cannot be edited: who has voted chose among its options.",
        ));
    }
    if matches!(edit.content, NewContent::Poll(_)) {
        return Err(Rejection::new(Code::InvalidValue, "A message cannot become a poll: send one."));
    }
    if edit.expect_version.is_some_and(|expected| expected != target.version) {
        return Err(Rejection::new(
            Code::VersionConflict,
            format!("Message {} is at version {} by now.", edit.seq, target.version),
        ));
    }
    if target.version >= limits::VERSIONS {
        return Err(Rejection::new(Code::TooLarge, format!("A message has at most {} versions.", limits::VERSIONS)));
    }
    let mut draft = Draft::about(EventType::MessageEdited, edit.seq, target);
    draft.params.version = Some(target.version + 1);
    draft.flagged = flags(caller, &edit.content)?;
    draft.content = Some(stored(caller, &edit.content, resolve)?);
    Ok(vec![draft])
}

pub(super) fn delete(found: &Found, caller: &Caller<'_>, delete: &DeleteMessage) -> Result<Vec<Draft>, Rejection> {
    let target = message(found, caller, delete.seq)?;
    caller.may(if target.actor == caller.actor.user { Action::DeleteOwn } else { Action::DeleteOthers })?;
    Ok(vec![Draft::about(EventType::MessageDeleted, delete.seq, target)])
}

/// What writing is, in a thread and beside all.
const fn writing(thread: Option<u64>) -> Action {
    if thread.is_some() { Action::Reply } else { Action::Write }
}

/// The message a command is about: there, visible to the caller, and not deleted.
pub(super) fn message<'a>(found: &'a Found, caller: &Caller<'_>, seq: u64) -> Result<&'a Target, Rejection> {
    readable(found.target.as_ref(), caller, seq)
}

/// How many replies the thread has that the caller wants to reply in.
fn thread(found: &Found, caller: &Caller<'_>, root: u64) -> Result<u64, Rejection> {
    let (target, replies) = found.thread.as_ref().map(|(target, replies)| (target, *replies)).unzip();
    let target = readable(target, caller, root)?;
    if let Some(outer) = target.thread {
        return Err(Rejection::new(
            Code::ThreadNested,
            format!("Message {root} is a reply in the thread of message {outer}: reply there."),
        ));
    }
    Ok(replies.unwrap_or(0))
}

fn readable<'a>(target: Option<&'a Target>, caller: &Caller<'_>, seq: u64) -> Result<&'a Target, Rejection> {
    let target = target
        .filter(|target| target.kind == EventType::MessageCreated && caller.member.visible.shows(seq))
        .ok_or_else(|| {
        Rejection::new(Code::MessageNotFound, format!("There is no message {seq} that you can read."))
    })?;
    if target.deleted {
        return Err(Rejection::new(Code::MessageDeleted, format!("Message {seq} has been deleted.")));
    }
    Ok(target)
}

/// Whether a text is to be reported for a word of the list, which holds for those below moderator; refused where the list says so.
pub(super) fn flags(caller: &Caller<'_>, content: &NewContent) -> Result<bool, Rejection> {
    let texts: Vec<&str> = match content {
        NewContent::Text(text) => vec![&text.text],
        NewContent::Poll(poll) => std::iter::once(&poll.question).chain(&poll.options).map(String::as_str).collect(),
        NewContent::Ciphertext(_) => return Ok(false),
    };
    if caller.allowed(Action::Moderate) {
        return Ok(false);
    }
    let mut flagged = false;
    for text in texts {
        match caller.state.words.finds(text) {
            Some(WordAction::Refuse) => return Err(Code::WordBlocked.into()),
            found => flagged |= found.is_some(),
        }
    }
    Ok(flagged)
}

fn stored(
    caller: &Caller<'_>,
    content: &NewContent,
    resolve: Resolve<'_>,
) -> Result<(quipu_schema::content::Content, String), Rejection> {
    match (caller.about.encryption, content) {
        (Encryption::None, NewContent::Text(text)) => {
            if text.mention_everyone || !text.mention_roles.is_empty() {
                may_mention_many(caller)?;
            }
            validate::to_stored(content, resolve)
        }
        (Encryption::None, NewContent::Poll(_)) | (Encryption::Mls, NewContent::Ciphertext(_)) => {
            validate::to_stored(content, resolve)
        }
        (Encryption::None, NewContent::Ciphertext(_)) => {
            Err(Rejection::new(Code::WrongEncryption, "This conversation is not encrypted: send text."))
        }
        (Encryption::Mls, NewContent::Text(_) | NewContent::Poll(_)) => {
            Err(Rejection::new(Code::WrongEncryption, "This conversation is encrypted: send ciphertext."))
        }
    }
}

fn may_mention_many(caller: &Caller<'_>) -> Result<(), Rejection> {
    let refused = |sentence: String| Rejection::new(Code::PermissionDenied, sentence);
    caller
        .may(Action::MentionMany)
        .map_err(|_| refused("Your role may not mention everyone or a role here.".to_owned()))?;
    let bound = limits::SMALL_CONVERSATION;
    if caller.state.active_count() <= bound || caller.allowed(Action::MentionCrowd) {
        return Ok(());
    }
    Err(refused(format!(
        "In a conversation of more than {bound} members only moderators, admins and owners may mention everyone or a role."
    )))
}
