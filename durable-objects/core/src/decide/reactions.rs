//! Reacting to messages, and taking reactions back.

use quipu_schema::command::{React, Unreact};
use quipu_schema::content::{CONTENT_V, Content, ReactionContent};
use quipu_schema::envelope::{Encryption, EventType};
use quipu_schema::limits;
use quipu_schema::problem::{Code, Rejection};

use super::messages::message;
use super::moderation::may_add;
use super::{Caller, Draft, Found};
use crate::permissions::Action;

pub(super) fn add(found: &Found, caller: &Caller<'_>, react: &React) -> Result<Vec<Draft>, Rejection> {
    may_add(caller, Action::React)?;
    let target = message(found, caller, react.seq)?;
    if caller.about.encryption != Encryption::None {
        return Err(Rejection::new(
            Code::WrongEncryption,
            "This conversation is encrypted, and the emoji of a reaction would not be.",
        ));
    }
    let reactions = &found.reactions;
    if reactions.own.is_some() {
        return Err(Code::AlreadyReacted.into());
    }
    if reactions.own_count >= limits::REACTIONS_PER_MEMBER {
        return Err(Rejection::new(
            Code::ReactionLimit,
            format!("You have {} reactions on this message, as many as a member may.", reactions.own_count),
        ));
    }
    if !reactions.has_emoji && reactions.emoji_count >= limits::REACTION_EMOJI {
        return Err(Rejection::new(
            Code::ReactionLimit,
            format!("This message has {} different emoji, as many as it may: use one of them.", reactions.emoji_count),
        ));
    }
    let content = Content::Reaction(ReactionContent { emoji: react.emoji.clone(), v: CONTENT_V });
    Ok(vec![Draft::about(EventType::ReactionAdded, react.seq, target).with_content(content)])
}

pub(super) fn remove(found: &Found, caller: &Caller<'_>, unreact: &Unreact) -> Result<Vec<Draft>, Rejection> {
    let target = message(found, caller, unreact.seq)?;
    let own = found.reactions.own.ok_or(Code::ReactionNotFound)?;
    let mut draft = Draft::about(EventType::ReactionRemoved, unreact.seq, target);
    draft.params.reaction = Some(own);
    Ok(vec![draft])
}
