//! Invite links: a private fact of the conversation. Making and revoking one changes no log; joining by one is an event that names its number, so
//! how often a link was used is a fold of the log.

use quipu_schema::envelope::Role;
use quipu_schema::http::invites::CreateInvite;
use quipu_schema::ids::{CommandKey, ConversationKind, UserId};
use quipu_schema::limits;
use quipu_schema::problem::{Code, Rejection};
use serde::{Deserialize, Serialize};

use crate::permissions::{Action, allows};
use crate::state::State;

/// What is kept of a link's token.
pub type InviteHash = [u8; 32];

/// An invite link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    /// Its number in the conversation.
    pub id: u64,
    /// What was laid down when it was made.
    pub made: Made,
    /// How often somebody joined by it.
    pub uses: u64,
    /// Whether it was revoked.
    pub revoked: bool,
}

/// See [`Invite::made`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// Who made it …
    pub by: UserId,
    /// … under which key …
    pub key: CommandKey,
    /// … and when, Unix milliseconds.
    pub at: u64,
    /// What they asked for.
    pub asked: CreateInvite,
    /// Who revoked it, where somebody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Revoked>,
}

/// Who revoked a link, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revoked {
    /// Who.
    pub by: UserId,
    /// When, Unix milliseconds.
    pub at: u64,
}

impl Made {
    /// When it expires, Unix milliseconds.
    pub fn expires_at(&self) -> Option<u64> {
        self.asked.expires_in_s.map(|seconds| self.at.saturating_add(seconds.saturating_mul(1000)))
    }
}

impl Invite {
    /// Whether it lets somebody in at a time, Unix milliseconds.
    ///
    /// # Errors
    /// `invite_revoked`, `invite_expired` or `invite_used_up`.
    pub fn lets_in(&self, at: u64) -> Result<(), Rejection> {
        if self.revoked {
            return Err(Code::InviteRevoked.into());
        }
        if self.made.expires_at().is_some_and(|expires_at| expires_at <= at) {
            return Err(Code::InviteExpired.into());
        }
        if self.made.asked.max_uses.is_some_and(|most| self.uses >= most) {
            return Err(Code::InviteUsedUp.into());
        }
        Ok(())
    }
}

/// Whether a user may make, see and revoke invite links here.
///
/// # Errors
/// `conversation_not_found`, `not_a_member`, `wrong_kind` or `permission_denied`.
pub fn may_manage(state: &State, user: UserId) -> Result<(), Rejection> {
    let about = state.about.as_ref().ok_or(Code::ConversationNotFound)?;
    let member = state.member(&user).ok_or(Code::NotAMember)?;
    if about.kind == ConversationKind::Direct {
        return Err(Rejection::new(Code::WrongKind, "A direct conversation does not have invite links."));
    }
    if allows(member.role, Action::Invite, &about.settings) { Ok(()) } else { Err(Code::PermissionDenied.into()) }
}

/// Decides the making of a link: what to keep, or `None` where `prior`, made under the same key, is it. `working` links let somebody in now.
///
/// # Errors
/// See [`may_manage`]; `invalid_value`, `key_reused`, `invite_limit`.
pub fn make(
    state: &State,
    (user, key): (UserId, CommandKey),
    asked: CreateInvite,
    prior: Option<&Invite>,
    working: usize,
    now: u64,
) -> Result<Option<Made>, Rejection> {
    may_manage(state, user)?;
    if let Some(prior) = prior {
        if prior.made.asked == asked {
            return Ok(None);
        }
        return Err(Rejection::new(
            Code::KeyReused,
            format!(
                "This key already made invite link {}, which is another. Choose a new key for a new link.",
                prior.id
            ),
        ));
    }
    bounds(&asked)?;
    if working >= limits::INVITES {
        return Err(Code::InviteLimit.into());
    }
    Ok(Some(Made { by: user, key, at: now.max(state.at), asked, revoked: None }))
}

fn bounds(asked: &CreateInvite) -> Result<(), Rejection> {
    let invalid = |sentence: String| Err(Rejection::new(Code::InvalidValue, sentence));
    if asked.role > Role::Member {
        return invalid("An invite link makes members or guests.".to_owned());
    }
    let (shortest, longest) = (limits::INVITE_SHORTEST_S, limits::INVITE_LONGEST_S);
    if asked.expires_in_s.is_some_and(|seconds| !(shortest..=longest).contains(&seconds)) {
        return invalid(format!("expires_in_s must be between {shortest} and {longest}."));
    }
    if asked.max_uses.is_some_and(|uses| !(1..=limits::INVITE_USES).contains(&uses)) {
        return invalid(format!("max_uses must be between 1 and {}.", limits::INVITE_USES));
    }
    Ok(())
}
