//! Keeping the peace among members: bans and mutes.

use serde::{Deserialize, Serialize};

use crate::ids::{UserId, UserRef};
use crate::socket::Profile;

/// The `until` of a mute that lasts until it is lifted: the largest integer that every reader of JSON keeps exactly.
pub const FOREVER_MS: u64 = (1 << 53) - 1;

/// See [`crate::command::Command::Ban`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BanMember {
    /// Whom: a member, or somebody who is to become none.
    pub user: UserRef,
}

/// See [`crate::command::Command::Unban`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct UnbanMember {
    /// Whom.
    pub user: UserRef,
}

/// See [`crate::command::Command::Mute`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct MuteMember {
    /// Whom.
    pub user: UserRef,
    /// For how many seconds, 1 to 31,536,000; until it is lifted when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_s: Option<u64>,
}

/// See [`crate::command::Command::Unmute`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct UnmuteMember {
    /// Whom.
    pub user: UserRef,
}

/// `POST …/members/{user}/mute`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PostMute {
    /// For how many seconds, 1 to 31,536,000; until it is lifted when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_s: Option<u64>,
}

/// A ban that stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Ban {
    /// Who is banned.
    pub user: UserId,
    /// The `member.banned` event.
    pub seq: u64,
    /// Who banned them.
    pub by: UserId,
    /// When, Unix milliseconds.
    pub at: u64,
    /// The team's own id for them, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// How they presented themselves, where they were a member.
    pub profile: Profile,
}

/// `GET …/bans`, for moderators.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct BansPage {
    /// By user id.
    pub bans: Vec<Ban>,
    /// Pass as `after` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<UserId>,
}
