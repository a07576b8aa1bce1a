//! The directory of people: who is in it is found by everybody of the app by their name.

use serde::{Deserialize, Serialize};

use crate::ids::UserId;
use crate::internal::is_zero;

/// Somebody who was found: what the directory says of them to people who may share no conversation with them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct FoundPerson {
    /// Who.
    pub user: UserId,
    /// Their name.
    pub name: String,
    /// Address of their picture (https). Absent: show initials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
}

/// `GET /v1/people`: people by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct FoundPage {
    /// By the word that was found and what follows it, without regard to case and accents. Each comes once, whatever page it is on; a page may hold
    /// fewer than were asked for.
    pub people: Vec<FoundPerson>,
    /// Pass as `cursor` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// `GET /v1/me/directory`: whether the caller is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct DirectorySettings {
    /// Whether this deployment has a directory. Where it has none nobody is found, and nothing can be chosen.
    pub available: bool,
    /// Whether the caller is to be found: their own choice, else the deployment's default.
    pub listed: bool,
}

/// `PATCH /v1/me/directory`: an absent field stays as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PatchDirectory {
    /// Whether the caller is to be found from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed: Option<bool>,
}

/// What an account keeps of its user's place in the directory: one row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptListing {
    /// Whether the user chose to be found; absent while they chose nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<bool>,
    /// A hash of what the directory has taken; absent where it has no entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<String>,
    /// Which change of the user's blocks it has taken.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub hides: u64,
    /// When it was last told something, Unix milliseconds: grows with every telling, and of two tellings it keeps the later.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub at: u64,
    /// How often it was told something since, and is not known to have taken it.
    #[serde(default)]
    pub failures: u32,
}
