//! Whom a user blocks, whom they keep as contacts, and who may write to them first: private facts of their account. A block is told to the direct
//! conversations that both are in, which hold to it.

use serde::{Deserialize, Serialize};

use crate::ids::UserId;

/// What a user has laid down about another: the answer to `PUT` and `DELETE /v1/blocks/{user}` and `/v1/contacts/{user}`, and a frame to all
/// devices where it changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Person {
    /// The other.
    pub user: UserId,
    /// Whether they are blocked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub blocked: bool,
    /// Whether they are a contact.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub contact: bool,
}

/// `GET /v1/blocks` and `GET /v1/contacts`: those who are, by user id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct PeoplePage {
    /// People.
    pub people: Vec<Person>,
    /// Pass as `after` to go on; absent at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<UserId>,
}

/// Who may open a direct conversation with a user, and add them to groups.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReachAudience {
    /// Every user of the app.
    #[default]
    Everyone,
    /// Their contacts, and those who share a group with them.
    Shared,
    /// Their contacts.
    Contacts,
}

/// `GET /v1/me/reach`: who may write to the caller first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct ReachSettings {
    /// Who may open a direct conversation with the caller, and add them to groups.
    pub audience: ReachAudience,
}

/// `PATCH /v1/me/reach`: an absent field stays as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PatchReach {
    /// Who may from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<ReachAudience>,
}

/// Between objects: a block as a direct conversation knows it, a private fact of who blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// Which change of the account it is: of two keep the later.
    pub version: u64,
    /// Whether it holds.
    pub on: bool,
}

/// Between objects: one of the two lists of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PeopleList {
    /// Those who are blocked.
    Blocks,
    /// Contacts.
    Contacts,
}

/// Between objects: whether somebody may write to an account's user first, or add them to a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// They may.
    Open,
    /// They may not.
    Closed,
    /// They have blocked the user themselves.
    Blocking,
}
