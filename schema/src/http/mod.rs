//! Resources and bodies of the HTTP API. The table of endpoints in [`endpoints`] is what the OpenAPI document is made from.

use serde::{Deserialize, Serialize};

use crate::command::{Create, NewContent, ReplyTo};
use crate::content::InfoContent;
use crate::envelope::{Encryption, History, Role};
use crate::event::{Event, Item};
use crate::ids::{ConversationId, ConversationKind, Epoch, UserId, UserRef};
use crate::inbox::{InboxEntry, InboxTotals, Peer};
use crate::internal::is_zero;
use crate::settings::Settings;
use crate::socket::{Profile, Receipt};
use crate::thread::Thread;

pub mod channels;
pub mod endpoints;
pub mod invites;
pub mod spaces;

/// A conversation as one member sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// Its kind.
    pub kind: ConversationKind,
    /// How content is protected.
    pub encryption: Encryption,
    /// What later members may read.
    pub history: History,
    /// The life of the log.
    pub epoch: Epoch,
    /// Last seq.
    pub seq: u64,
    /// Top-level messages so far.
    pub n: u64,
    /// Time of the last event, Unix milliseconds.
    pub at: u64,
    /// RFC 6962 Merkle tree hash of all envelopes up to `seq`, base64url.
    pub root: String,
    /// Name, topic and avatar.
    pub info: InfoContent,
    /// What it lets its members do; absent where all is as in a new conversation.
    #[serde(default, skip_serializing_if = "Settings::is_default")]
    pub settings: Settings,
    /// The space of which it is a channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub space: Option<ConversationId>,
    /// Members now.
    pub member_count: u64,
    /// You, in this conversation.
    pub you: You,
    /// The newest cell version.
    pub cells_version: u64,
    /// Pinned messages that you can read, in the order in which they were pinned. Absent where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pins: Vec<u64>,
    /// For moderators: how many reports are open, of messages that you can read. Absent where there are none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reports: u64,
}

/// The caller's own place in a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct You {
    /// Your id.
    pub user: UserId,
    /// Your role.
    pub role: Role,
    /// Your cursors.
    pub receipt: Receipt,
    /// n(head) − n(read).
    pub unread: u64,
    /// When you last sent something in slow mode, Unix milliseconds: the next may follow `slow_mode_s` later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spoke_at: Option<u64>,
    /// Until when you are muted, Unix milliseconds; 2^53 − 1: until it is lifted. Absent, or in the past: you are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted_until: Option<u64>,
}

/// A member.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Member {
    /// Their id.
    pub user: UserId,
    /// Their role.
    pub role: Role,
    /// The seq at which they joined (last).
    pub joined: u64,
    /// The team's own id for them, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// How they present themselves.
    pub profile: Profile,
    /// How far they have received and read.
    pub receipt: Receipt,
    /// Until when they are muted, Unix milliseconds; 2^53 − 1: until it is lifted. Absent, or in the past: they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted_until: Option<u64>,
}

/// `GET …/members`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct MembersPage {
    /// By user id.
    pub members: Vec<Member>,
    /// Pass as `after` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<UserId>,
}

/// `GET …/events`: a page of history, ascending whichever way it is paged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct EventsPage {
    /// The life of the log.
    pub epoch: Epoch,
    /// Last seq of the log.
    pub head: u64,
    /// Contiguous items.
    pub events: Vec<Item>,
    /// The newest edit of each message on the page that was edited after the page's end: fold them in as usual.
    pub edits: Vec<Event>,
    /// The reactions, as of `head`, to each message on the page that has any. Absent where none has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<MessageReactions>,
    /// The threads, as of `head`, of each message on the page that has replies or is followed. Absent where none has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub threads: Vec<Thread>,
}

/// The reactions to one message, as far as the reader may see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct MessageReactions {
    /// The message.
    pub seq: u64,
    /// By emoji, the oldest first.
    pub reactions: Vec<EmojiCount>,
}

/// How many members reacted with one emoji.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct EmojiCount {
    /// The emoji.
    pub emoji: String,
    /// How many.
    pub count: u64,
    /// Whether you are among them.
    pub me: bool,
    /// The first five of them.
    pub users: Vec<UserId>,
}

/// `GET …/messages/{seq}/reactions`: who reacted, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct ReactionsPage {
    /// The reactions.
    pub reactions: Vec<Reaction>,
    /// Pass as `after` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// One member's reaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Reaction {
    /// The `reaction.added` event.
    pub seq: u64,
    /// Whose.
    pub user: UserId,
    /// The emoji.
    pub emoji: String,
}

/// `GET …/messages/{seq}/versions`: the message as first sent, then its edits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Versions {
    /// Version 1 first.
    pub versions: Vec<Event>,
}

/// `GET …/messages/{seq}/receipts`: how many of the others have come how far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct MessageReceipts {
    /// The message.
    pub seq: u64,
    /// Members beside its author who were there when it was written, and still are.
    pub members: u64,
    /// Of those, who have received it; includes who have read it.
    pub delivered: u64,
    /// Of those, who have read it.
    pub read: u64,
}

/// `GET …/events/{seq}/proof`: an RFC 6962 audit path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Proof {
    /// The event.
    pub seq: u64,
    /// Leaves of the tree the path leads to.
    pub size: u64,
    /// The tree's root, base64url.
    pub root: String,
    /// Hash of the leaf: SHA-256(0x00 ‖ envelope), base64url.
    pub leaf: String,
    /// Sibling hashes from leaf to root, base64url.
    pub path: Vec<String>,
}

/// `GET …/search`: hits, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct SearchPage {
    /// Fewer than `limit` may come although there are more: what tells is `next`.
    pub hits: Vec<SearchHit>,
    /// Members whose names the words of the query begin, on the first page of a query that has no filter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<Member>,
    /// Pass as `cursor` to search on; absent at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// `GET /v1/search`: hits in your conversations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct SearchAllPage {
    /// Fewer than `limit` may come although there are more: what tells is `next`.
    pub hits: Vec<SearchHit>,
    /// Others whose names the words of the query begin, on the first page of a query that has no filter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<Peer>,
    /// Pass as `cursor` to search on; absent at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A message that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct SearchHit {
    /// The message as stored.
    pub message: Event,
    /// Its newest edit, where it was edited: the text that was found is this one's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edit: Option<Event>,
    /// Where the words stand in the text, ascending; empty for filters alone.
    pub marks: Vec<Mark>,
}

/// A part of a text, in UTF-16 code units: what strings count in JavaScript, Java, Kotlin, Swift's `NSString` and C#.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Mark {
    /// First unit.
    pub from: u64,
    /// The unit after the last.
    pub to: u64,
}

/// `POST /v1/conversations`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateConversation {
    /// Direct: the one with this other user, whoever opens it first; group or space: a new one.
    pub kind: ConversationKind,
    /// Keeps several direct conversations of the same two apart, such as one per order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// The others: exactly one for a direct conversation, up to 100 for a group.
    pub members: Vec<UserRef>,
    /// Name of a group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Topic of a group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Address of a picture of a group (https).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar: Option<String>,
    /// What later members may read.
    #[serde(default)]
    pub history: History,
    /// How content is protected.
    #[serde(default)]
    pub encryption: Encryption,
}

impl CreateConversation {
    /// The command for the conversation.
    pub fn into_command(self) -> Create {
        let Self { members, name, topic, avatar, history, encryption, .. } = self;
        Create { members, name, topic, avatar, history, encryption }
    }
}

/// `POST …/messages`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PostMessage {
    /// The content.
    pub content: NewContent,
    /// The message this one replies to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<ReplyTo>,
    /// The top-level message in whose thread this one stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<u64>,
}

/// `PATCH …/messages/{seq}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PatchMessage {
    /// The new content.
    pub content: NewContent,
    /// The version you edited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect_version: Option<u64>,
}

/// `POST …/messages/{seq}/reactions`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PostReaction {
    /// One character as people count them, of 1 to 64 bytes.
    pub emoji: String,
}

/// `PATCH …/members/{user}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PatchMember {
    /// The new role.
    pub role: Role,
}

/// `PUT …/read`, `PUT …/delivered` and `PUT …/threads/{seq}/read`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PutCursor {
    /// Up to this seq.
    pub seq: u64,
}

/// `POST …/typing`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PostTyping {
    /// On or off.
    pub on: bool,
}

/// `GET /v1/inbox`: the user's conversations or a part of them, pinned ones first, then latest activity first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct InboxPage {
    /// The feed's version when this page was read: pass it as `after` to the inbox socket.
    pub version: u64,
    /// The entries. The first page begins with all pinned ones, on top of its `limit`.
    pub entries: Vec<InboxEntry>,
    /// Unread messages in all conversations together, also in those archived, hidden or muted.
    pub unread: u64,
    /// What waits in the whole inbox, whatever the filter, as of `version`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totals: Option<InboxTotals>,
    /// Pass as `cursor` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// `GET /v1/me`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Me {
    /// Your id here.
    pub user: UserId,
    /// Your id in your team's own system.
    pub subject: String,
    /// Your token's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Your token's picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    /// When your token expires, Unix seconds.
    pub expires_at: u64,
}

/// `POST /v1/tickets`: a secret that opens one socket, once, within a minute (`?ticket=…`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Ticket {
    /// The ticket.
    pub ticket: String,
    /// When it expires, Unix milliseconds.
    pub expires_at_ms: u64,
}

/// `GET /v1/health`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Health {
    /// `ok` when requests can be served; `misconfigured` names what is missing in `problems`.
    pub status: String,
    /// The product's version.
    pub version: String,
    /// What an operator has to mend: names of variables and secrets, never their values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
    /// True only on a development server.
    pub development: bool,
}

/// `POST /v1/dev/tokens`, on a development server only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DevTokenRequest {
    /// The subject.
    pub subject: String,
    /// A display name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Seconds until it expires; 3600 when absent, at most 86,400.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_s: Option<u64>,
    /// The device it speaks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
}

/// The answer: a demo token and whom it names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct DevToken {
    /// The token.
    pub token: String,
    /// The user it names.
    pub user: UserId,
    /// When it expires, Unix seconds.
    pub expires_at: u64,
}
