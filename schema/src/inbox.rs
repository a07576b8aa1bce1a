//! The inbox: the versioned change feed of a user's conversations, over its own socket (same subprotocol) and over HTTP.

use serde::{Deserialize, Serialize};

use crate::device::DevicesFrame;
use crate::envelope::{EventType, Role};
use crate::ids::{ConversationId, ConversationKind, Epoch, UserId};
use crate::internal::is_zero;
use crate::people::Person;
use crate::presence::{AwayFrame, PresenceFrame, WatchFrame};
use crate::problem::Rejection;
use crate::profile::{MyProfile, Status};
use crate::saved::{SaveFrame, SavedChange};
use crate::socket::{Profile, RefreshFrame, Refreshed};

/// What a client says on the inbox socket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(tag = "t", rename_all = "snake_case", deny_unknown_fields)]
pub enum InboxClientFrame {
    /// First frame.
    Hello(InboxHello),
    /// A new token for this socket.
    Refresh(RefreshFrame),
    /// How a conversation lies in the inbox: pinned, muted, archived, hidden, marked unread.
    Set(InboxSet),
    /// Whose presence this socket watches: the list in place of the last one.
    Watch(WatchFrame),
    /// The person has turned away from this device, or is back.
    Away(AwayFrame),
    /// A message of any conversation is to be saved, or no longer.
    Save(SaveFrame),
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

/// See [`InboxClientFrame::Set`]. Answered with a `changes` frame, without entries where nothing changed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct InboxSet {
    /// Which conversation.
    pub id: ConversationId,
    /// What to change.
    pub flags: PatchInbox,
}

/// `PATCH /v1/inbox/{id}`: an absent field stays as it is, the last write wins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PatchInbox {
    /// Kept at the top of the list. At most 20.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned: Option<bool>,
    /// Muted until this time, Unix milliseconds, below 2^53; 0 ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted_until: Option<u64>,
    /// Put away, until you say otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
    /// Out of the list until the next message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden: Option<bool>,
    /// Shown as unread, whatever the read cursor says, until the next read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marked_unread: Option<bool>,
    /// With `marked_unread: true`: the seq you have read up to, where you know more than the entry. Reads up to it do not clear the mark. Never moves the cursor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_seq: Option<u64>,
    /// What of the conversation waits for you.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notify: Option<NotificationLevel>,
    /// Messages that mention everyone, or everybody of a role, do not count as mentions of you.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppress_everyone: Option<bool>,
}

/// What of a conversation waits for its member: what counts in the totals, and what may call them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NotificationLevel {
    /// `all` up to 256 members, `mentions` above.
    #[default]
    Default,
    /// Every message; a large conversation tells of each at once.
    All,
    /// Messages that mention them.
    Mentions,
    /// None.
    Nothing,
}

impl NotificationLevel {
    /// Whether nothing was chosen.
    // Serde asks with a reference.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub(crate) const fn is_default(&self) -> bool {
        matches!(self, Self::Default)
    }
}

/// What the user laid down about a conversation in their inbox: private, the same on all their devices.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct InboxFlags {
    /// Kept at the top of the list.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
    /// Muted until this time, Unix milliseconds; absent, or in the past: not muted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted_until: Option<u64>,
    /// Put away.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
    /// Out of the list until the next message.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    /// Shown as unread until the next read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub marked_unread: bool,
    /// What of it waits for them; absent where they chose nothing.
    #[serde(default, skip_serializing_if = "NotificationLevel::is_default")]
    pub notify: NotificationLevel,
    /// Messages that mention everyone, or everybody of a role, do not count as mentions of them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suppress_everyone: bool,
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
    /// Your own profile changed.
    Profile(MyProfile),
    /// Presence of some whom this socket watches.
    Presence(PresenceFrame),
    /// A message was saved, or is no longer.
    Saved(SavedChange),
    /// Somebody was blocked or made a contact, or is no longer.
    Person(Person),
    /// The list of your devices changed: ask for it where it is shown.
    Devices(DevicesFrame),
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
    /// What waits in the whole inbox, as of `version`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totals: Option<InboxTotals>,
    /// The version of what is saved; absent where nothing ever was.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub saved: u64,
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
    /// What waits in the whole inbox, as of `version`; absent where more changes are due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totals: Option<InboxTotals>,
}

/// A part of the list: `GET /v1/inbox?filter=…`. Without one, the list has everything that is neither archived nor hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum InboxFilter {
    /// With unread messages, unread replies in threads that the user follows, or marked unread; neither archived nor hidden.
    Unread,
    /// With unread mentions of the user; neither archived nor hidden.
    Mentions,
    /// Direct conversations; neither archived nor hidden.
    Direct,
    /// Groups; neither archived nor hidden.
    Groups,
    /// Archived ones, hidden or not.
    Archived,
    /// Hidden ones, archived or not.
    Hidden,
}

impl InboxFilter {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Unread, Self::Mentions, Self::Direct, Self::Groups, Self::Archived, Self::Hidden];

    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unread => "unread",
            Self::Mentions => "mentions",
            Self::Direct => "direct",
            Self::Groups => "groups",
            Self::Archived => "archived",
            Self::Hidden => "hidden",
        }
    }
}

/// What waits in the whole inbox. The first three leave out what is archived, hidden or muted, and what the level of its conversation leaves out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct InboxTotals {
    /// Conversations with unread messages, unread replies in threads that the user follows, or marked unread.
    pub conversations: u64,
    /// Unread messages; of a conversation whose level is `mentions` those that mention the user.
    pub unread: u64,
    /// Unread mentions of the user.
    pub mentions: u64,
    /// Conversations that are archived; absent for none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub archived: u64,
    /// Conversations that are hidden; absent for none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub hidden: u64,
    /// No later than this a mute ends, Unix milliseconds: ask again then. Absent where nothing is muted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
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
    /// The space of which it is a channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub space: Option<ConversationId>,
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
    /// `head_n` − `read_n` − `hidden_unread`.
    pub unread: u64,
    /// How many messages that the user has not read mention them: those after `read_seq`, and replies in threads that they follow. Counted up to
    /// 1,000, absent for none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub mentions: u64,
    /// How many threads that the user follows have replies they have not read; absent for none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub threads: u64,
    /// Whether the conversation has more than 256 members. Then `unread` is as of when you last opened an inbox or were addressed, and is kept
    /// up every 10 seconds while you have one open; absent otherwise.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub large: bool,
    /// Of `mentions`, those in threads: reading the conversation does not read them. Absent for none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub thread_mentions: u64,
    /// Messages after `read_seq` that the user deleted for themselves: they are not unread. Absent for none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub hidden_unread: u64,
    /// What the user laid down about it; each is absent where it is not set.
    #[serde(flatten)]
    pub flags: InboxFlags,
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
    /// What they are doing. Do not show it from its `until` on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// That of their profile; absent where they never set one.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub version: u64,
}

impl Peer {
    /// Whom a profile presents, with the team's own id where it is known.
    #[must_use]
    pub fn of(profile: Profile, subject: Option<String>) -> Self {
        let Profile { user, name, picture, status, version } = profile;
        Self { user, subject, name, picture, status, version }
    }
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
    /// The first 120 characters of a text message, or of a poll's question; absent for other events, encrypted or deleted messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<String>,
    /// What kind of content the message has, where it is no text: `poll`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}
