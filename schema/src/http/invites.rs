//! Invite links: whoever holds one may join. A private fact of the conversation: seen by those who may make links, and in no log. What a link
//! did is in the log: a `member.joined` names the number of the link.

use serde::{Deserialize, Serialize};

use crate::content::InfoContent;
use crate::envelope::Role;
use crate::ids::{ConversationId, InviteToken, UserId};

/// `POST …/invites`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateInvite {
    /// As what people join: member or guest.
    #[serde(default = "member")]
    pub role: Role,
    /// Seconds after which it lets nobody in any more: 60 to 31,536,000; never when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in_s: Option<u64>,
    /// How often it lets somebody in: 1 to 10,000; without end when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_uses: Option<u64>,
}

const fn member() -> Role {
    Role::Member
}

/// An invite link, as those see it who may make some.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Invite {
    /// Its number in the conversation: 1, 2, 3, …
    pub id: u64,
    /// The secret of the link.
    pub token: InviteToken,
    /// As what people join.
    pub role: Role,
    /// Who made it.
    pub created_by: UserId,
    /// When, Unix milliseconds.
    pub created_at: u64,
    /// When it expires, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<u64>,
    /// How often it lets somebody in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_uses: Option<u64>,
    /// How often somebody joined by it.
    pub uses: u64,
    /// Whether it was revoked: seen only by whoever makes it again under its key.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub revoked: bool,
    /// Who revoked it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_by: Option<UserId>,
    /// When, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<u64>,
}

/// `GET …/invites`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct InvitesPage {
    /// Those that let somebody in, the newest first; at most 50.
    pub invites: Vec<Invite>,
}

/// `POST /v1/invites/preview` and `POST /v1/invites/join`: the token stands in the body, because addresses are logged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PostInvite {
    /// The token of the link.
    pub token: String,
}

/// Where an invite link leads: all that somebody learns who holds it and is no member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct InvitePreview {
    /// The conversation.
    pub conversation: ConversationId,
    /// Its name, topic and avatar.
    pub info: InfoContent,
    /// Members now.
    pub member_count: u64,
    /// As what one joins.
    pub role: Role,
    /// When the link expires, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<u64>,
    /// Whether the caller is a member already: then the link need not work any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub member: bool,
}

/// The answer to `POST /v1/invites/join`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Joined {
    /// The conversation.
    pub conversation: ConversationId,
    /// The `member.joined` event.
    pub seq: u64,
}
