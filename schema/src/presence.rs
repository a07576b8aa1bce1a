//! Presence: whether somebody is there, for those whom they let see it. A state cell of the account, kept with its sockets; told to those who
//! watch, over the inbox socket.

use serde::{Deserialize, Serialize};

use crate::ids::{ConversationId, UserId};

/// Whether somebody is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PresenceState {
    /// A device of theirs is connected, and they are at it.
    Online,
    /// A device of theirs is connected; they have not looked at it for a while.
    Away,
    /// No device of theirs is connected.
    Offline,
    /// They do not let you see it, or there is nobody of this id.
    Hidden,
}

/// Somebody's presence, as one person may see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Presence {
    /// Whose.
    pub user: UserId,
    /// Whether they are there.
    pub state: PresenceState,
    /// When this was so, Unix milliseconds: of two about the same user keep the later.
    pub at: u64,
    /// When their last device went, Unix milliseconds; only while offline, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<u64>,
}

/// Who sees a user's presence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PresenceAudience {
    /// Every user of the app.
    Everyone,
    /// Those who share a conversation with them.
    #[default]
    Shared,
    /// Their contacts.
    Contacts,
    /// Nobody.
    Nobody,
}

/// `GET /v1/me/presence`: what the caller lets others see.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct PresenceSettings {
    /// Who sees the caller's presence.
    pub audience: PresenceAudience,
}

/// `PATCH /v1/me/presence`: an absent field stays as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PatchPresence {
    /// Who sees the caller's presence from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<PresenceAudience>,
}

/// Somebody to watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Watched {
    /// Their id.
    pub user: UserId,
    /// A conversation that both are in: what entitles to see them where they show themselves to those who share one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conv: Option<ConversationId>,
}

/// See [`crate::inbox::InboxClientFrame::Watch`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WatchFrame {
    /// Whom this socket watches from now on, at most 100; an empty list ends it. Say it again every three minutes: a watch lasts five.
    pub users: Vec<Watched>,
}

/// See [`crate::inbox::InboxClientFrame::Away`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AwayFrame {
    /// Whether the person has turned away from this device.
    pub on: bool,
}

/// See [`crate::inbox::InboxServerFrame::Presence`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct PresenceFrame {
    /// What is known now of some of those this socket watches.
    pub users: Vec<Presence>,
}
