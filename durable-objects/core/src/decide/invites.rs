//! Joining by an invite link: the one command of somebody who is no member.

use quipu_schema::problem::{Code, Rejection};

use super::members::{group_only, has_room, joined};
use super::spaces::seat;
use super::{Actor, Draft, Found};
use crate::state::{About, State};

pub(super) fn join(state: &State, found: &Found, actor: Actor<'_>, about: &About) -> Result<Vec<Draft>, Rejection> {
    let invite = found.invite.as_ref().ok_or(Code::InviteNotFound)?;
    if state.member(&actor.user).is_some() {
        return Err(Rejection::new(Code::AlreadyMember, "You are a member already."));
    }
    group_only(about, "invite links")?;
    invite.lets_in(actor.at)?;
    let seat = seat(found, about, actor.user)?;
    has_room(state, actor.user)?;
    let mut draft = joined(actor.user, invite.made.asked.role, Some(actor.subject));
    draft.params.invite = Some(invite.id);
    draft.params.space_seq = seat.map(|(seq, _)| seq);
    Ok(vec![draft])
}
