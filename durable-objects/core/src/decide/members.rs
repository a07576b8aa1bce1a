//! Creating a conversation, and who belongs to it.

use std::collections::BTreeMap;

use quipu_schema::command::{AddMember, Create, Update};
use quipu_schema::content::{CONTENT_V, Content, InfoContent, MemberContent};
use quipu_schema::envelope::{Encryption, EventType, Params, Role};
use quipu_schema::ids::{ConversationKind, UserId};
use quipu_schema::limits;
use quipu_schema::problem::{Code, Rejection};

use super::spaces::seat;
use super::{Actor, Caller, Decision, Draft, Found, Resolve};
use crate::permissions::{self, Action};
use crate::state::{About, State};

pub(super) fn create(
    state: &State,
    actor: Actor<'_>,
    create: &Create,
    resolve: Resolve<'_>,
) -> Result<Vec<Draft>, Rejection> {
    let kind = state.conv.kind();
    let mut others: BTreeMap<UserId, Option<&str>> = BTreeMap::new();
    for user in &create.members {
        // Named twice, once by each kind of id: the subject is kept.
        let subject = others.entry(resolve(user)).or_default();
        *subject = subject.or(user.subject());
    }
    others.remove(&actor.user);
    let (own, theirs) = match kind {
        ConversationKind::Direct => {
            if others.len() != 1 || create.members.len() != 1 {
                return Err(Rejection::new(Code::InvalidValue, "A direct conversation has exactly one other member."));
            }
            if create.name.is_some() || create.topic.is_some() || create.avatar.is_some() {
                return Err(Rejection::new(
                    Code::WrongKind,
                    "A direct conversation has no name, topic or avatar of its own.",
                ));
            }
            (Role::Member, Role::Member)
        }
        ConversationKind::Space if create.encryption != Encryption::None => {
            return Err(Rejection::new(
                Code::WrongEncryption,
                "A space has no messages to encrypt: its channels may be.",
            ));
        }
        ConversationKind::Group | ConversationKind::Space => (Role::Owner, Role::Member),
    };
    let mut created = Draft::new(EventType::ConversationCreated);
    created.params = Params {
        encryption: Some(create.encryption),
        history: Some(create.history),
        kind: Some(kind),
        ..Params::default()
    };
    let info = InfoContent {
        avatar: create.avatar.clone().filter(|text| !text.is_empty()),
        name: create.name.clone().filter(|text| !text.is_empty()),
        topic: create.topic.clone().filter(|text| !text.is_empty()),
        v: CONTENT_V,
    };
    let mut drafts = vec![created.with_content(Content::Info(info)), joined(actor.user, own, Some(actor.subject))];
    drafts.extend(others.into_iter().map(|(user, subject)| joined(user, theirs, subject)));
    Ok(drafts)
}

/// A direct conversation opened again, from either end and under any key, is the one that is there. A group's creation is repeated
/// under its own key, which was looked up before; another key is another group, so this cannot be it.
pub(super) fn create_again(about: &About) -> Result<Decision, Rejection> {
    match about.kind {
        ConversationKind::Direct => Ok(Decision::Replay { seq: 1, erased: false }),
        ConversationKind::Group => Err(Rejection::new(Code::KeyReused, "This group exists already.")),
        ConversationKind::Space => Err(Rejection::new(Code::KeyReused, "This space exists already.")),
    }
}

pub(super) fn update(caller: &Caller<'_>, update: &Update) -> Result<Vec<Draft>, Rejection> {
    group_only(caller.about, "name, topic or avatar")?;
    caller.may(Action::Update)?;
    let Update { name, topic, avatar } = update.clone();
    Ok(vec![Draft::new(EventType::ConversationUpdated).with_content(Content::Info(InfoContent {
        avatar,
        name,
        topic,
        v: CONTENT_V,
    }))])
}

pub(super) fn add(
    found: &Found,
    caller: &Caller<'_>,
    add: &AddMember,
    resolve: Resolve<'_>,
) -> Result<Vec<Draft>, Rejection> {
    group_only(caller.about, "members to add")?;
    caller.may(Action::AddMember)?;
    if add.role > Role::Member {
        caller.may(permissions::to_grant(add.role))?;
    }
    let user = resolve(&add.user);
    if caller.state.member(&user).is_some() {
        return Err(Code::AlreadyMember.into());
    }
    has_room(caller.state, user)?;
    let seat = seat(found, caller.about, user)?;
    found.unreachable.clone().map_or(Ok(()), Err)?;
    let mut draft = joined(user, add.role, add.user.subject());
    draft.params.space_seq = seat.map(|(seq, _)| seq);
    Ok(vec![draft])
}

/// Whether somebody may become a member: they are not banned, and there is room. Who went does not count: of them the log's fold remembers a
/// bounded number.
pub(super) fn has_room(state: &State, user: UserId) -> Result<(), Rejection> {
    if state.bans.contains_key(&user) {
        return Err(Code::Banned.into());
    }
    if state.active_count() >= limits::MEMBERS {
        return Err(Rejection::new(
            Code::MemberLimit,
            format!("A conversation has at most {} members.", limits::MEMBERS),
        ));
    }
    Ok(())
}

pub(super) fn remove(state: &State, caller: &Caller<'_>, user: UserId) -> Result<Vec<Draft>, Rejection> {
    group_only(caller.about, "members to remove")?;
    if user == caller.actor.user {
        return leave(state, caller);
    }
    caller.may(Action::RemoveMember)?;
    let member = state.member(&user).ok_or(Code::MemberNotFound)?;
    if member.role >= caller.member.role && caller.member.role != Role::Owner {
        return Err(Rejection::new(Code::PermissionDenied, "Only a member of a lower role can be taken out."));
    }
    let mut draft = Draft::new(EventType::MemberRemoved);
    draft.params.user = Some(user);
    Ok(vec![draft])
}

pub(super) fn leave(state: &State, caller: &Caller<'_>) -> Result<Vec<Draft>, Rejection> {
    group_only(caller.about, "a way to leave")?;
    if state.active_count() > 1 {
        keeps_an_owner(state, caller.actor.user)?;
    }
    let mut draft = Draft::new(EventType::MemberLeft);
    draft.params.user = Some(caller.actor.user);
    Ok(vec![draft])
}

pub(super) fn set_role(state: &State, caller: &Caller<'_>, user: UserId, role: Role) -> Result<Vec<Draft>, Rejection> {
    group_only(caller.about, "roles")?;
    let member = state.member(&user).ok_or(Code::MemberNotFound)?;
    // Stepping down oneself needs no right; giving a role does, and so does changing somebody of a high one.
    if user != caller.actor.user {
        caller.may(permissions::to_grant(member.role))?;
        caller.may(permissions::to_grant(role))?;
    } else if role > member.role {
        caller.may(permissions::to_grant(role))?;
    }
    if role != Role::Owner {
        keeps_an_owner(state, user)?;
    }
    if member.role == role {
        return Err(Rejection::new(Code::InvalidValue, "The member has this role already."));
    }
    let mut draft = Draft::new(EventType::MemberRoleChanged);
    draft.params.user = Some(user);
    draft.params.role = Some(role);
    Ok(vec![draft])
}

fn keeps_an_owner(state: &State, without: UserId) -> Result<(), Rejection> {
    let is_owner = |user: &UserId| state.member(user).is_some_and(|member| member.role == Role::Owner);
    let another = state.active().any(|(user, member)| *user != without && member.role == Role::Owner);
    if is_owner(&without) && !another { Err(Code::LastOwner.into()) } else { Ok(()) }
}

pub(super) fn group_only(about: &About, what: &str) -> Result<(), Rejection> {
    match about.kind {
        ConversationKind::Group | ConversationKind::Space => Ok(()),
        ConversationKind::Direct => {
            Err(Rejection::new(Code::WrongKind, format!("A direct conversation does not have {what}.")))
        }
    }
}

pub(super) fn joined(user: UserId, role: Role, subject: Option<&str>) -> Draft {
    let mut draft = Draft::new(EventType::MemberJoined);
    draft.params.user = Some(user);
    draft.params.role = Some(role);
    draft.with_content(Content::Member(MemberContent { subject: subject.map(str::to_owned), v: CONTENT_V }))
}
