//! Public channels: joining one needs no invitation.

use quipu_schema::envelope::{Encryption, Role};
use quipu_schema::problem::{Code, Rejection};
use quipu_schema::settings::ChannelVisibility;

use super::members::{group_only, has_room, joined};
use super::{Actor, Draft};
use crate::state::{About, State};

pub(super) fn join(state: &State, actor: Actor<'_>, about: &About) -> Result<Vec<Draft>, Rejection> {
    if state.member(&actor.user).is_some() {
        return Err(Rejection::new(Code::AlreadyMember, "You are a member already."));
    }
    if about.settings.visibility != ChannelVisibility::Public {
        return Err(Code::NotPublic.into());
    }
    has_room(state, actor.user)?;
    Ok(vec![joined(actor.user, Role::Member, Some(actor.subject))])
}

/// Whether a conversation can become a public channel.
pub(super) fn may_be_public(about: &About) -> Result<(), Rejection> {
    group_only(about, "a place in the directory")?;
    match about.encryption {
        Encryption::None => Ok(()),
        Encryption::Mls => Err(Rejection::new(
            Code::WrongEncryption,
            "An encrypted conversation cannot be public: whoever joined by themselves could read nothing.",
        )),
    }
}
