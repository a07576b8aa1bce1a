//! Channels that need no invitation: public ones, and open ones of a space.

use quipu_schema::command::Command;
use quipu_schema::envelope::{Encryption, Role};
use quipu_schema::ids::ConversationKind;
use quipu_schema::problem::{Code, Rejection};
use quipu_schema::settings::ChannelVisibility;

use super::members::{has_room, joined};
use super::spaces::seat;
use super::{Actor, Draft, Found};
use crate::state::{About, State};

pub(super) fn join(state: &State, found: &Found, actor: Actor<'_>, about: &About) -> Result<Vec<Draft>, Rejection> {
    if state.member(&actor.user).is_some() {
        return Err(Rejection::new(Code::AlreadyMember, "You are a member already."));
    }
    if about.settings.visibility == ChannelVisibility::Private {
        return Err(Code::NotPublic.into());
    }
    // Who joins a channel of their space has the role there that they have in the space.
    let seat = seat(found, about, actor.user)?;
    has_room(state, actor.user)?;
    let mut draft = joined(actor.user, seat.map_or(Role::Member, |(_, role)| role), Some(actor.subject));
    draft.params.space_seq = seat.map(|(seq, _)| seq);
    Ok(vec![draft])
}

/// A space holds channels, and no messages of its own.
pub(super) fn holds_messages(about: &About, command: &Command) -> Result<(), Rejection> {
    let writes = matches!(
        command,
        Command::Send(_)
            | Command::Edit(_)
            | Command::Delete(_)
            | Command::Forward(_)
            | Command::Pin(_)
            | Command::Unpin(_)
            | Command::React(_)
            | Command::Unreact(_)
            | Command::RemovePreview(_)
    );
    match about.kind {
        ConversationKind::Space if writes => {
            Err(Rejection::new(Code::WrongKind, "A space has no messages: write in one of its channels."))
        }
        _ => Ok(()),
    }
}

/// Whether a conversation can become a public channel.
pub(super) fn may_be_public(about: &About) -> Result<(), Rejection> {
    if about.kind != ConversationKind::Group {
        return Err(Rejection::new(Code::WrongKind, "Only a group can be a public channel."));
    }
    match about.encryption {
        Encryption::None => Ok(()),
        Encryption::Mls => Err(Rejection::new(
            Code::WrongEncryption,
            "An encrypted conversation cannot be public: whoever joined by themselves could read nothing.",
        )),
    }
}
