//! Channels of spaces: entering one, leaving it, and who may be a member of its channels.

use quipu_schema::command::{EnterSpace, LeaveSpace};
use quipu_schema::envelope::{Encryption, EventType, Role};
use quipu_schema::ids::{ConversationId, ConversationKind, UserId};
use quipu_schema::internal::{Departure, SpaceWord};
use quipu_schema::problem::{Code, Rejection};
use quipu_schema::settings::{ChannelVisibility, SettingsChange};

use super::{Actor, Caller, Draft, Found};
use crate::permissions::Action;
use crate::spaces;
use crate::state::{About, State};

/// The space's answer. One that was not asked, or another than the conversation's by now, must be asked again.
fn word(found: &Found, space: ConversationId) -> Result<&SpaceWord, Rejection> {
    match &found.word {
        Some(Ok(word)) if word.space == space => Ok(word),
        Some(Err(rejection)) => Err(rejection.clone()),
        _ => {
            Err(Rejection::retry_after(Code::SpaceUnavailable, "The space must be asked again: try once more.", 1_000))
        }
    }
}

/// How somebody who is to become a member of this conversation stands in its space: as of which event, and in which role. `None` where it is in
/// no space.
pub(super) fn seat(found: &Found, about: &About, user: UserId) -> Result<Option<(u64, Role)>, Rejection> {
    let Some(within) = about.space else { return Ok(None) };
    let word = word(found, within.id)?;
    let role = word.members.get(&user).ok_or(Code::NotInSpace)?;
    Ok(Some((word.seq, *role)))
}

pub(super) fn enter(found: &Found, caller: &Caller<'_>, enter: EnterSpace) -> Result<Vec<Draft>, Rejection> {
    let about = caller.about;
    if about.kind != ConversationKind::Group {
        return Err(Rejection::new(Code::WrongKind, "Only a group can be a channel of a space."));
    }
    caller.may(Action::Settings)?;
    if about.space.is_some() {
        return Err(Code::InASpace.into());
    }
    may_be_here(about, enter.open)?;
    let word = word(found, enter.space)?;
    let role = word.members.get(&caller.actor.user).ok_or(Code::SpaceNotFound)?;
    if !spaces::manages(*role) {
        return Err(Rejection::new(Code::PermissionDenied, "Only an admin of the space adds channels to it."));
    }
    if !word.room {
        return Err(Code::ChannelLimit.into());
    }
    let strangers = caller.state.active().filter(|(user, _)| !word.members.contains_key(*user)).count();
    if strangers > 0 {
        let message = format!("{strangers} of the members are not in the space: add them to it first.");
        return Err(Rejection::new(Code::NotInSpace, message));
    }
    let mut draft = Draft::new(EventType::ConversationSpaceEntered);
    draft.params.space = Some(enter.space);
    draft.params.space_seq = Some(word.seq);
    draft.params.settings = enter.open.then_some(visibility(ChannelVisibility::Space));
    Ok(vec![draft])
}

fn may_be_here(about: &About, open: bool) -> Result<(), Rejection> {
    if about.settings.visibility == ChannelVisibility::Public {
        return Err(Rejection::new(Code::InvalidValue, "A public channel is in no space: make it private first."));
    }
    if open { may_be_open(about) } else { Ok(()) }
}

/// Whether everybody in the space may join by themselves.
fn may_be_open(about: &About) -> Result<(), Rejection> {
    match about.encryption {
        Encryption::None => Ok(()),
        Encryption::Mls => Err(Rejection::new(
            Code::WrongEncryption,
            "An encrypted conversation cannot be open: whoever joined by themselves could read nothing.",
        )),
    }
}

/// Whether a channel can have this visibility: in a space it is open or private, outside of one public or private.
pub(super) fn may_be_seen(about: &About, visibility: ChannelVisibility) -> Result<(), Rejection> {
    match (visibility, about.space) {
        (ChannelVisibility::Private, _) => Ok(()),
        (ChannelVisibility::Public, None) => super::channels::may_be_public(about),
        (ChannelVisibility::Public, Some(_)) => Err(Code::InASpace.into()),
        (ChannelVisibility::Space, Some(_)) => may_be_open(about),
        (ChannelVisibility::Space, None) => {
            Err(Rejection::new(Code::NotInSpace, "This conversation is a channel of no space."))
        }
    }
}

/// Who manages the channel takes it out of its space, and so does who manages the space, a member of the channel or not.
pub(super) fn leave(
    state: &State,
    found: &Found,
    actor: Actor<'_>,
    about: &About,
    leave: LeaveSpace,
) -> Result<Vec<Draft>, Rejection> {
    let here = about.space.is_some_and(|within| within.id == leave.space);
    if !state.allows(&actor.user, Action::Settings) {
        let refusal = if state.member(&actor.user).is_some() { Code::PermissionDenied } else { Code::NotAMember };
        if !here {
            return Err(refusal.into());
        }
        let role = word(found, leave.space)?.members.get(&actor.user);
        if !role.is_some_and(|role| spaces::manages(*role)) {
            return Err(refusal.into());
        }
    }
    if !here {
        return Err(Rejection::new(Code::NotInSpace, "This conversation is no channel of this space."));
    }
    let mut draft = Draft::new(EventType::ConversationSpaceLeft);
    draft.params.space = Some(leave.space);
    let open = about.settings.visibility == ChannelVisibility::Space;
    draft.params.settings = open.then_some(visibility(ChannelVisibility::Private));
    Ok(vec![draft])
}

fn visibility(visibility: ChannelVisibility) -> SettingsChange {
    SettingsChange { visibility: Some(visibility), ..SettingsChange::default() }
}

/// Somebody has left the space: they go from its channel, unless they came into it, as a member of the space, after that.
pub(crate) fn departed(state: &State, space: ConversationId, departure: &Departure) -> Option<Draft> {
    let within = state.about.as_ref()?.space.filter(|within| within.id == space)?;
    let member = state.member(&departure.user)?;
    let as_of = match member.admitted {
        Some(admitted) if member.joined > within.entered => admitted,
        _ => within.seq,
    };
    if departure.seq <= as_of {
        return None;
    }
    let mut draft = Draft::new(EventType::MemberRemoved);
    draft.params.user = Some(departure.user);
    draft.params.space = Some(space);
    draft.params.space_seq = Some(departure.seq);
    Some(draft)
}

/// Who becomes the owner of a channel whose last one left the space: of the highest role, and of those who was there first.
pub(crate) fn inherits(state: &State, space: ConversationId) -> Option<Draft> {
    if state.active().any(|(_, member)| member.role == Role::Owner) {
        return None;
    }
    let heirs = state.active().filter(|(_, member)| member.role >= Role::Member);
    let (user, _) = heirs.max_by_key(|(user, member)| (member.role, std::cmp::Reverse((member.joined, **user))))?;
    let mut draft = Draft::new(EventType::MemberRoleChanged);
    draft.params.user = Some(*user);
    draft.params.role = Some(Role::Owner);
    draft.params.space = Some(space);
    Some(draft)
}
