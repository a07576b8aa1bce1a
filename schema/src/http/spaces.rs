//! Spaces: members, and the channels that they may join.

use serde::{Deserialize, Serialize};

use crate::ids::ConversationId;

/// A channel of a space, as the members of the space see it whether they are in it or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct SpaceChannel {
    /// The conversation.
    pub id: ConversationId,
    /// Whether the members of the space may join. Others are listed to those who manage the space, without what follows.
    pub open: bool,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Address of its picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar: Option<String>,
    /// Members, up to ten seconds ago.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member_count: Option<u64>,
}

/// `GET /v1/spaces/{id}/channels`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct SpaceChannelsPage {
    /// In the order in which they were added.
    pub channels: Vec<SpaceChannel>,
    /// Pass as `cursor` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// `PUT /v1/spaces/{id}/channels/{channel}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PutSpaceChannel {
    /// Whether the members of the space find it and may join; else it is by invitation only.
    #[serde(default = "yes")]
    pub open: bool,
}

const fn yes() -> bool {
    true
}
