//! The inbox: the versioned change feed of a user's conversations, over its own socket (same subprotocol) and over HTTP.

use serde::{Deserialize, Serialize};

use crate::envelope::{EventType, Role};
use crate::ids::{ConversationId, ConversationKind, Epoch, UserId};
use crate::problem::Rejection;
use crate::socket::{RefreshFrame, Refreshed};

/// What a client says on the inbox socket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(tag = "t", rename_all = "snake_case", deny_unknown_fields)]
pub enum InboxClientFrame {
    /// First frame.
    Hello(InboxHello),
    /// A new token for this socket.
    Refresh(RefreshFrame),
}

/// See [`InboxClientFrame::Hello`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct InboxHello {
    /// The last feed version the client holds. Absent: only what changes from now on (load the list over HTTP first and pass its version).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
}

/// What the server says on the inbox socket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum InboxServerFrame {
    /// Answer to hello.
    Welcome(InboxWelcome),
    /// Entries that changed, oldest change first.
    Changes(InboxChanges),
    /// The new token was taken.
    Refreshed(Refreshed),
    /// A frame could not be understood. The socket stays open.
    Error(Rejection),
}

/// See [`InboxServerFrame::Welcome`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct InboxWelcome {
    /// You.
    pub user: UserId,
    /// The feed's version now.
    pub version: u64,
    /// Server time, Unix milliseconds.
    pub now: u64,
    /// When this socket's token expires, Unix seconds.
    pub expires_at: u64,
}

/// See [`InboxServerFrame::Changes`]; also the body of `GET /v1/inbox/changes`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct InboxChanges {
    /// The feed version after these changes: the next `after`.
    pub version: u64,
    /// True when there are more changes after `version`.
    pub more: bool,
    /// The entries, whole.
    pub entries: Vec<InboxEntry>,
}

/// One conversation as its member sees it from outside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct InboxEntry {
    /// The conversation.
    pub id: ConversationId,
    /// Its kind.
    pub kind: ConversationKind,
    /// The life of its log.
    pub epoch: Epoch,
    /// The feed version of this entry's last change.
    pub version: u64,
    /// False after leaving or removal: drop the entry.
    pub member: bool,
    /// The user's role.
    pub role: Role,
    /// A group's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A group's picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar: Option<String>,
    /// The other end of a direct conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<Peer>,
    /// Last seq.
    pub head_seq: u64,
    /// Top-level messages so far.
    pub head_n: u64,
    /// Time of the last event, Unix milliseconds: the order of the list.
    pub at: u64,
    /// The last line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<LastLine>,
    /// Read up to this seq.
    pub read_seq: u64,
    /// `n` at `read_seq`.
    pub read_n: u64,
    /// `head_n` − `read_n`.
    pub unread: u64,
}

/// The other end of a direct conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Peer {
    /// Their id.
    pub user: UserId,
    /// The team's own id for them, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Their name, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Their picture, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
}

/// The last line of a conversation: never more than a preview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct LastLine {
    /// Which event.
    pub seq: u64,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: EventType,
    /// Who.
    pub actor: UserId,
    /// Their name, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_name: Option<String>,
    /// The first 120 characters of a text message; absent for other events, encrypted or deleted messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<String>,
}
