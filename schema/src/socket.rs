//! The conversation socket: subprotocol `quipu.v1`, JSON text frames, one tagged enum per direction.
//!
//! Keep-alive is the bare text `ping`, answered `pong` by the platform without waking the object.

use serde::{Deserialize, Serialize};

use crate::command::KeyedCommand;
use crate::event::Item;
use crate::http::{Conversation, Member};
use crate::ids::{CommandKey, Epoch, UserId};
use crate::internal::is_zero;
use crate::poll::PollsSignal;
use crate::problem::{Code, Rejection};
use crate::profile::Status;
use crate::report::ReportsSignal;
use crate::thread::ThreadPlace;

/// The subprotocol both sides name at the upgrade.
pub const SUBPROTOCOL: &str = "quipu.v1";
/// Prefix of the subprotocol entry that carries a token: `bearer.<jwt>`.
pub const BEARER_PREFIX: &str = "bearer.";
/// Keep-alive request.
pub const PING: &str = "ping";
/// Keep-alive answer.
pub const PONG: &str = "pong";

/// What a client says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(tag = "t", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientFrame {
    /// First frame: where the client stands.
    Hello(Hello),
    /// Commands, decided in order. Each gets one ack or one rejection.
    Commands(Commands),
    /// "I have everything up to here": flow control and the delivered cursor.
    Ack(AckFrame),
    /// "I have read up to here." Only grows.
    Read(ReadFrame),
    /// Follow a thread, or no longer.
    Follow(FollowFrame),
    /// Typing began, goes on, or ended. A signal: never stored.
    Typing(TypingFrame),
    /// A new token for this socket.
    Refresh(RefreshFrame),
    /// Deletes a message for yourself: a fact of yours, on all your devices. Answered with a `hidden` frame.
    Hide(HideFrame),
}

/// The values of `t` a client may send.
pub const CLIENT_FRAMES: [&str; 8] = ["hello", "commands", "ack", "read", "follow", "typing", "refresh", "hide"];

/// See [`ClientFrame::Hello`]. Without a cursor the last 50 events come first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Hello {
    /// The epoch the cursor belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<Epoch>,
    /// The last seq the client holds; 0 for everything from the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// The last cell version the client holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cells_after: Option<u64>,
}

/// See [`ClientFrame::Commands`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Commands {
    /// 1 to 100 commands.
    pub commands: Vec<KeyedCommand>,
}

/// See [`ClientFrame::Ack`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AckFrame {
    /// The last contiguous seq received.
    pub seq: u64,
}

/// See [`ClientFrame::Read`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ReadFrame {
    /// The last seq shown to the person.
    pub seq: u64,
    /// In this thread, by the seq of the message it began with; absent: of the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<u64>,
}

/// See [`ClientFrame::Follow`]. Answered with your `thread` cell, where it changes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FollowFrame {
    /// The message the thread began with.
    pub thread: u64,
    /// Whether you follow it.
    pub on: bool,
}

/// See [`ClientFrame::Typing`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TypingFrame {
    /// Whether the person is typing. Repeated at most every 3 s; it clears by itself after 6 s.
    pub on: bool,
}

/// See [`ClientFrame::Refresh`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RefreshFrame {
    /// A token of the same user.
    pub token: String,
}

/// See [`ClientFrame::Hide`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct HideFrame {
    /// The message's seq.
    pub seq: u64,
}

/// What the server says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum ServerFrame {
    /// Answer to hello.
    Welcome(Box<Welcome>),
    /// Events, contiguous with the last ones sent on this socket.
    Events(Events),
    /// State cells that changed.
    Cells(Cells),
    /// Answers to commands.
    Acks(Acks),
    /// Somebody types.
    Typing(Typing),
    /// How many reports are open changed; to moderators only.
    Reports(ReportsSignal),
    /// The new token was taken.
    Refreshed(Refreshed),
    /// A frame could not be understood, or a request without a key failed. The socket stays open.
    Error(Rejection),
    /// Messages that you deleted for yourself. Told to your own sockets only.
    Hidden(Hidden),
    /// Polls that moved.
    Polls(PollsSignal),
}

/// See [`ServerFrame::Welcome`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Welcome {
    /// The conversation at this moment, with your role and cursors.
    pub conversation: Conversation,
    /// Its members, up to 256; absent when there are more (page them over HTTP).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<Vec<Member>>,
    /// The first event that follows has seq `after + 1`.
    pub after: u64,
    /// True when the cursor presented belongs to another epoch: drop what you hold.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub epoch_changed: bool,
    /// Bounds a client must keep.
    pub limits: Limits,
    /// Server time, Unix milliseconds.
    pub now: u64,
    /// When this socket's token expires, Unix seconds.
    pub expires_at: u64,
}

/// Bounds a client must keep, so that it need not compile them in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Limits {
    /// Bytes of one message's text.
    pub text_bytes: u64,
    /// Bytes of one frame.
    pub frame_bytes: u64,
    /// Commands in one frame.
    pub commands_per_frame: u64,
    /// Acknowledge at least every this many events …
    pub ack_every_events: u64,
    /// … or this many bytes.
    pub ack_every_bytes: u64,
    /// Send `ping` this often.
    pub ping_every_ms: u64,
    /// Repeat `typing` at most this often.
    pub typing_every_ms: u64,
    /// Clear a typing mark after this.
    pub typing_clear_ms: u64,
}

/// See [`ServerFrame::Events`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Events {
    /// In order, with no hole.
    pub events: Vec<Item>,
}

/// See [`ServerFrame::Cells`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Cells {
    /// The newest version among all cells: the cursor to present next time.
    pub version: u64,
    /// Those that changed.
    pub cells: Vec<Cell>,
}

/// See [`ServerFrame::Hidden`]. Drop what you hold of these messages and of their edits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Hidden {
    /// Counted with the versions of cells: part of the cursor to present next time.
    pub version: u64,
    /// Seqs of messages.
    pub messages: Vec<u64>,
}

/// A state cell: the last value of something that is not an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Cell {
    /// How far a member has received and read.
    Receipt(Receipt),
    /// How a member presents themselves.
    Profile(Profile),
    /// Your place in a thread; nobody else is told.
    Thread(ThreadPlace),
}

impl Cell {
    /// Whose it is.
    pub const fn user(&self) -> UserId {
        match self {
            Self::Receipt(Receipt { user, .. })
            | Self::Profile(Profile { user, .. })
            | Self::Thread(ThreadPlace { user, .. }) => *user,
        }
    }

    /// Whether only its owner is told.
    pub const fn is_private(&self) -> bool {
        matches!(self, Self::Thread(_))
    }
}

/// See [`Cell::Receipt`]. Both cursors only grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Receipt {
    /// Whose.
    pub user: UserId,
    /// Received up to this seq.
    pub delivered: u64,
    /// Read up to this seq.
    pub read: u64,
    /// `n` of the event at `read`: unread = n(head) − `read_n`.
    pub read_n: u64,
}

/// See [`Cell::Profile`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Profile {
    /// Whose.
    pub user: UserId,
    /// The name they gave themselves, else that of their token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Address of their picture (https): the one they chose, else that of their token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    /// What they are doing. Do not show it from its `until` on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// That of the profile in their account; absent where they never set one: then all else is their token's.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub version: u64,
}

impl Profile {
    /// Of somebody who has said nothing about themselves.
    pub const fn unknown(user: UserId) -> Self {
        Self { user, name: None, picture: None, status: None, version: 0 }
    }
}

/// See [`ServerFrame::Acks`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Acks {
    /// Commands whose events are durable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acks: Vec<Ack>,
    /// Commands that left nothing in the log.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejections: Vec<Rejected>,
}

/// A command's event is committed. The same key always gets the same answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Ack {
    /// The command's key.
    pub key: CommandKey,
    /// Its event; the first, where it caused several.
    pub seq: u64,
    /// True when the event's content has been erased since, so that the body could no longer be compared.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub erased: bool,
}

/// A command was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Rejected {
    /// The command's key.
    pub key: CommandKey,
    /// The stable code.
    pub code: Code,
    /// A sentence for a person, in English.
    pub message: String,
    /// Whether the same command, with the same key, may succeed later.
    pub retry: bool,
    /// After how many milliseconds to try again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

impl Rejected {
    /// The rejection of the command with this key.
    pub fn new(key: CommandKey, rejection: Rejection) -> Self {
        let Rejection { code, message, retry, retry_after_ms } = rejection;
        Self { key, code, message, retry, retry_after_ms }
    }
}

/// See [`ServerFrame::Typing`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Typing {
    /// Who.
    pub user: UserId,
    /// Began or goes on, or ended. Clear it after 6 s without a repeat.
    pub on: bool,
}

/// See [`ServerFrame::Refreshed`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Refreshed {
    /// When the new token expires, Unix seconds.
    pub expires_at: u64,
}
