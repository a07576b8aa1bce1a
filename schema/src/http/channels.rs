//! Public channels: groups that everybody of the app finds in the directory and may join without an invitation.

use serde::{Deserialize, Serialize};

use crate::ids::ConversationId;

/// A public channel, as the directory shows it to somebody who need not be a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Channel {
    /// The conversation.
    pub id: ConversationId,
    /// Its name: a public channel is listed once it has one.
    pub name: String,
    /// Its topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Address of its picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar: Option<String>,
    /// Members, up to ten seconds ago.
    pub member_count: u64,
}

/// `GET /v1/channels`: public channels by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct ChannelsPage {
    /// By name, without regard to case and accents.
    pub channels: Vec<Channel>,
    /// Pass as `cursor` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}
