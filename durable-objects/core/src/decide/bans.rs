//! Bans and mutes. Nobody acts on somebody of the same or a higher role.

use quipu_schema::envelope::{EventType, Role};
use quipu_schema::ids::UserId;
use quipu_schema::limits;
use quipu_schema::moderation::FOREVER_MS;
use quipu_schema::problem::{Code, Rejection};

use super::members::group_only;
use super::{Caller, Draft};
use crate::permissions::Action;
use crate::state::Member;

pub(super) fn ban(caller: &Caller<'_>, user: UserId) -> Result<Vec<Draft>, Rejection> {
    group_only(caller.about, "bans")?;
    caller.may(Action::Moderate)?;
    let member = caller.state.member(&user);
    member.map_or(Ok(()), |member| above(caller, member))?;
    let bans = &caller.state.bans;
    if bans.contains_key(&user) {
        return Err(Code::AlreadyBanned.into());
    }
    if bans.len() >= limits::BANS {
        return Err(Rejection::new(
            Code::BanLimit,
            format!("{} users are banned here, as many as can be: lift a ban first.", bans.len()),
        ));
    }
    let mut draft = about(EventType::MemberBanned, user);
    // Says whether there is one member fewer.
    draft.params.role = member.map(|member| member.role);
    Ok(vec![draft])
}

pub(super) fn unban(caller: &Caller<'_>, user: UserId) -> Result<Vec<Draft>, Rejection> {
    group_only(caller.about, "bans")?;
    caller.may(Action::Moderate)?;
    if !caller.state.bans.contains_key(&user) {
        return Err(Code::NotBanned.into());
    }
    Ok(vec![about(EventType::MemberUnbanned, user)])
}

pub(super) fn mute(caller: &Caller<'_>, user: UserId, for_s: Option<u64>) -> Result<Vec<Draft>, Rejection> {
    group_only(caller.about, "mutes")?;
    caller.may(Action::Moderate)?;
    let member = caller.state.member(&user).ok_or(Code::MemberNotFound)?;
    above(caller, member)?;
    let until = for_s.map_or(FOREVER_MS, |seconds| caller.actor.at.saturating_add(seconds.saturating_mul(1000)));
    let mut draft = about(EventType::MemberMuted, user);
    draft.params.until = Some(until.min(FOREVER_MS));
    Ok(vec![draft])
}

pub(super) fn unmute(caller: &Caller<'_>, user: UserId) -> Result<Vec<Draft>, Rejection> {
    group_only(caller.about, "mutes")?;
    caller.may(Action::Moderate)?;
    let member = caller.state.member(&user).ok_or(Code::MemberNotFound)?;
    // A muted member may have become an owner since, above whom nobody is.
    if user == caller.actor.user || caller.member.role != Role::Owner {
        above(caller, member)?;
    }
    if member.muted_until.is_none_or(|until| until <= caller.actor.at) {
        return Err(Code::NotMuted.into());
    }
    Ok(vec![about(EventType::MemberUnmuted, user)])
}

/// Refuses who is muted now, whatever their role.
pub(super) fn not_muted(caller: &Caller<'_>) -> Result<(), Rejection> {
    match caller.member.muted_until.filter(|until| *until > caller.actor.at) {
        None => Ok(()),
        Some(FOREVER_MS) => {
            let message = "You are muted here: you may read, and write again when a moderator lifts it.";
            Err(Rejection { retry: false, ..Rejection::new(Code::Muted, message) })
        }
        Some(until) => {
            let wait = until - caller.actor.at;
            let message = format!("You are muted here; you may write again in {} s.", wait.div_ceil(1000));
            Err(Rejection::retry_after(Code::Muted, message, wait))
        }
    }
}

fn above(caller: &Caller<'_>, member: &Member) -> Result<(), Rejection> {
    if member.role < caller.member.role {
        return Ok(());
    }
    Err(Rejection::new(Code::PermissionDenied, "Only a member of a lower role can be banned or muted."))
}

fn about(kind: EventType, user: UserId) -> Draft {
    let mut draft = Draft::new(kind);
    draft.params.user = Some(user);
    draft
}
