//! How users present themselves. Their account keeps it; name, picture and status go on to the conversations they are in.

use serde::{Deserialize, Serialize};

use crate::ids::UserId;
use crate::internal::is_zero;

/// What `picture` says where initials are to be shown, whatever the token says.
pub const NO_PICTURE: &str = "none";

/// What somebody is doing. At least one of `emoji` and `text` is there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Status {
    /// One character as people count them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emoji: Option<String>,
    /// A few words on one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Until when it holds, Unix milliseconds; absent: until it is changed. Do not show it from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
}

impl Status {
    /// Whether it holds still. `now` in Unix milliseconds.
    pub fn holds(&self, now: u64) -> bool {
        self.until.is_none_or(|until| until > now)
    }
}

/// `GET /v1/users/{user}`: how somebody presents themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct UserProfile {
    /// Whose.
    pub user: UserId,
    /// Grows with every change; absent where nothing was ever set.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub version: u64,
    /// The name they gave themselves, else that of their token, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Address of their picture (https): the one they chose, else that of their token. Absent: show initials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    /// A few lines about themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bio: Option<String>,
    /// What they are doing, while it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
}

/// `GET /v1/me/profile`: your own, and what of it you set yourself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct MyProfile {
    /// As others see it.
    #[serde(flatten)]
    pub shown: UserProfile,
    /// What you set in place of your token's values.
    pub own: Presented,
}

/// A name and a picture.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Presented {
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Address of a picture (https), or `none` for initials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
}

/// `PATCH /v1/me/profile`: an absent field stays as it is, the last write wins.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PatchProfile {
    /// Your name, of at most 256 bytes; an empty text: your token's again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Address of your picture (https); `none`: initials; an empty text: your token's again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    /// About yourself, at most 1024 bytes; an empty text clears it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bio: Option<String>,
    /// What you are doing; without emoji and text it is cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<PatchStatus>,
}

/// A new status, whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PatchStatus {
    /// One character as people count them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emoji: Option<String>,
    /// At most 256 bytes, on one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Until when it holds, Unix milliseconds, below 2^53.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
}

/// What an account keeps of its user's profile: one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptProfile {
    /// Whose.
    pub user: UserId,
    /// The app, for calls to conversations.
    pub app: String,
    /// See [`UserProfile::version`]; 0 while nothing was set: conversations then take names from tokens.
    #[serde(default)]
    pub version: u64,
    /// What the user set.
    #[serde(default)]
    pub own: Presented,
    /// What the token said when the account last saw one.
    #[serde(default)]
    pub token: Presented,
    /// See [`UserProfile::bio`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bio: Option<String>,
    /// See [`UserProfile::status`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// Changes before this time are paid for already, Unix milliseconds: see [`crate::limits::PROFILE_CHANGE_EVERY_MS`].
    #[serde(default)]
    pub paid_until: u64,
    /// Rounds in a row that could not tell all conversations.
    #[serde(default)]
    pub failures: u32,
}
