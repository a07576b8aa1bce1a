//! The immutable half of an event. Its bytes are a leaf of the Merkle tree: they are stored, hashed and served as written.
//!
//! An envelope holds what `decide` and `apply` must know and nothing that must ever be erased: no name, no text, no emoji, no
//! external id. It is RFC 8785 canonical JSON: members sorted, no white space, integers only. Fields stand here in sorted order, so that
//! plain serialisation *is* canonical (a test compares it with an independent canonicaliser).

use serde::{Deserialize, Serialize};

use crate::ids::{CommandKey, ConversationId, ConversationKind, Epoch, UserId};
use crate::poll::PollTerms;
use crate::settings::SettingsChange;

/// The version written today.
pub const ENVELOPE_V: u32 = 1;

/// One event's place, author and meaning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Envelope {
    /// Who did it.
    pub actor: UserId,
    /// Server time, Unix milliseconds; never before the previous event's. Order is `seq`, not this.
    pub at: u64,
    /// SHA-256(salt ‖ content), base64url without padding. Absent when the event has no content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commitment: Option<String>,
    /// The conversation.
    pub conv: ConversationId,
    /// The life of the log.
    pub epoch: Epoch,
    /// Unix milliseconds after which the content is no longer shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<u64>,
    /// The idempotency key of the command that caused it.
    pub key: CommandKey,
    /// Top-level messages up to and including this event. Unread is n(head) − n(read).
    pub n: u64,
    /// What the type needs to be decided and folded, and that need never be erased.
    #[serde(default, skip_serializing_if = "Params::is_empty")]
    pub params: Params,
    /// The event this one is about: the message edited, deleted, pinned, replied or reacted to.
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<u64>,
    /// Position in the conversation: 1, 2, 3, … with no hole.
    pub seq: u64,
    /// The message that starts the thread this event belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<u64>,
    /// Replies in that thread up to and including this one; of replies only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_n: Option<u64>,
    /// What happened. A reader keeps and counts types it does not know.
    #[serde(rename = "type")]
    pub kind: EventType,
    /// Version of this format.
    pub v: u32,
}

/// Parameters of an event, by type:
///
/// | type | params |
/// |---|---|
/// | `conversation.created` | `kind`, `history`, `encryption` |
/// | `conversation.settings_changed` | `settings` |
/// | `member.joined` | `user`, `role`; by an invite link `invite`; in a channel of a space `space_seq` |
/// | `member.left`, `member.removed` | `user`; who was removed because they left the space: `space`, `space_seq` |
/// | `member.role_changed` | `user`, `role`; of a channel's new owner, whose last one left the space: `space` |
/// | `member.banned` | `user`, `role` where a member was taken out |
/// | `member.unbanned`, `member.unmuted` | `user` |
/// | `member.muted` | `user`, `until` |
/// | `message.created` with `ref` | `quoted_version` |
/// | `message.created` by forwarding | `forwarded` |
/// | `message.created` of a poll | `poll` |
/// | `message.edited` | `version` |
/// | `message.previewed` | `version` |
/// | `reaction.removed` | `reaction` |
/// | `conversation.space_entered` | `space`, `space_seq`; where it changes them `settings` |
/// | `conversation.space_left` | `space`; where it changes them `settings` |
/// | `space.channel_added`, `space.channel_removed` | `channel` |
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Params {
    /// The channel that a space has, or no longer has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<ConversationId>,
    /// How content is protected. Fixed at creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Encryption>,
    /// The message is a copy of one that stood elsewhere: its words need not be its author's, who cannot edit it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forwarded: bool,
    /// What a new member may read. Fixed at creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<History>,
    /// The number of the invite link by which a member joined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invite: Option<u64>,
    /// The kind of conversation. Fixed at creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ConversationKind>,
    /// The terms of the poll that the message is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll: Option<PollTerms>,
    /// The version of the quoted message that the author saw (1 = as first sent).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quoted_version: Option<u64>,
    /// The `reaction.added` that is taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reaction: Option<u64>,
    /// The role given, or had by a member who is banned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// What changed of the conversation's settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<SettingsChange>,
    /// The space of a channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub space: Option<ConversationId>,
    /// The last event of the space's log when it said who its members are; of who was removed, the event by which they left it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub space_seq: Option<u64>,
    /// Until when, Unix milliseconds; 2^53 − 1: until it is lifted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
    /// The user it happened to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// The version an edit makes (2 = first edit), or that a preview is of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
}

impl Params {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub enum EventType {
    /// The conversation began. Always seq 1.
    #[serde(rename = "conversation.created")]
    ConversationCreated,
    /// Name, topic or avatar changed.
    #[serde(rename = "conversation.updated")]
    ConversationUpdated,
    /// A user became a member.
    #[serde(rename = "member.joined")]
    MemberJoined,
    /// A member went by themselves.
    #[serde(rename = "member.left")]
    MemberLeft,
    /// A member was taken out.
    #[serde(rename = "member.removed")]
    MemberRemoved,
    /// A member's role changed.
    #[serde(rename = "member.role_changed")]
    MemberRoleChanged,
    /// A message was sent.
    #[serde(rename = "message.created")]
    MessageCreated,
    /// A message's content was replaced; earlier versions are kept.
    #[serde(rename = "message.edited")]
    MessageEdited,
    /// A message's content, all versions of it, was erased; its place stays.
    #[serde(rename = "message.deleted")]
    MessageDeleted,
    /// A member reacted to a message with an emoji.
    #[serde(rename = "reaction.added")]
    ReactionAdded,
    /// A member took a reaction back; its emoji was erased.
    #[serde(rename = "reaction.removed")]
    ReactionRemoved,
    /// A message was pinned: everybody finds it in the conversation's list of pins.
    #[serde(rename = "message.pinned")]
    MessagePinned,
    /// A pin was taken away.
    #[serde(rename = "message.unpinned")]
    MessageUnpinned,
    /// The page that a message links to first: what it says of itself. The server's doing, in the name of the message's author.
    #[serde(rename = "message.previewed")]
    MessagePreviewed,
    /// The preview of a message's link was taken away, and erased.
    #[serde(rename = "message.preview_removed")]
    MessagePreviewRemoved,
    /// Settings of the conversation changed.
    #[serde(rename = "conversation.settings_changed")]
    ConversationSettingsChanged,
    /// A user was banned: a member who was taken out, or somebody who was none.
    #[serde(rename = "member.banned")]
    MemberBanned,
    /// A ban was lifted.
    #[serde(rename = "member.unbanned")]
    MemberUnbanned,
    /// A member may read and not write, until a time.
    #[serde(rename = "member.muted")]
    MemberMuted,
    /// A muted member may write again.
    #[serde(rename = "member.unmuted")]
    MemberUnmuted,
    /// A poll was closed by hand.
    #[serde(rename = "poll.closed")]
    PollClosed,
    /// The conversation became a channel of a space.
    #[serde(rename = "conversation.space_entered")]
    ConversationSpaceEntered,
    /// It is no channel of the space any longer.
    #[serde(rename = "conversation.space_left")]
    ConversationSpaceLeft,
    /// Of a space: it has another channel.
    #[serde(rename = "space.channel_added")]
    SpaceChannelAdded,
    /// Of a space: it has a channel no longer.
    #[serde(rename = "space.channel_removed")]
    SpaceChannelRemoved,
    /// A type of a later version. Kept, counted and passed on as it is.
    #[serde(untagged)]
    Other(String),
}

/// How content is protected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Encryption {
    /// The server can read it.
    #[default]
    None,
    /// End to end, by MLS (RFC 9420); message content is `ciphertext`.
    Mls,
}

/// What a member who joins later may read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum History {
    /// Everything from seq 1.
    #[default]
    All,
    /// Only what happens while they are a member; the rest comes as `withheld`.
    FromJoin,
}

/// What a member may do; the table is `quipu-core`'s `permissions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads and writes.
    Guest,
    /// Also invites.
    Member,
    /// Also keeps the peace: others' messages, freeze and slow mode, members and guests.
    Moderator,
    /// Also appoints moderators and manages settings.
    Admin,
    /// Also appoints admins and owners.
    Owner,
}

impl Role {
    /// Every role, the lowest first.
    pub const ALL: [Self; 5] = [Self::Guest, Self::Member, Self::Moderator, Self::Admin, Self::Owner];

    /// The text on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Guest => "guest",
            Self::Member => "member",
            Self::Moderator => "moderator",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Audience, ChannelVisibility};

    fn full() -> Envelope {
        Envelope {
            actor: UserId::parse("ug00000000000000000000000001").unwrap(),
            at: 1_790_000_000_000,
            commitment: Some("47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU".into()),
            conv: ConversationId::parse("gg00000000000000000000000002").unwrap(),
            epoch: Epoch::from_bits(u64::MAX),
            expires_at: Some(1_790_000_060_000),
            key: CommandKey::parse("01890A5D-AC96-774B-BCCE-B302099A8057").unwrap(),
            n: 5,
            params: Params { quoted_version: Some(2), ..Params::default() },
            reference: Some(3),
            seq: 9,
            thread: Some(2),
            thread_n: Some(1),
            kind: EventType::MessageCreated,
            v: ENVELOPE_V,
        }
    }

    #[test]
    fn serialisation_is_canonical() {
        let params = Params {
            channel: Some(full().conv),
            encryption: Some(Encryption::Mls),
            forwarded: true,
            history: Some(History::FromJoin),
            invite: Some(3),
            kind: Some(ConversationKind::Direct),
            poll: Some(PollTerms { anonymous: true, closes_at: Some(1_790_000_060_000), multiple: true, options: 3 }),
            quoted_version: Some(1),
            reaction: Some(7),
            role: Some(Role::Guest),
            settings: Some(SettingsChange {
                add: Some(Audience::Admins),
                frozen: Some(true),
                invite: Some(Audience::Members),
                mention: Some(Audience::Moderators),
                pin: Some(Audience::Members),
                post: Some(Audience::Everyone),
                react: Some(Audience::Members),
                slow_mode_s: Some(1),
                thread: Some(Audience::Everyone),
                visibility: Some(ChannelVisibility::Public),
            }),
            space: Some(full().conv),
            space_seq: Some(4),
            until: Some(1_790_000_060_000),
            user: Some(full().actor),
            version: Some(2),
        };
        for envelope in [full(), Envelope { params, ..full() }, Envelope { reference: None, ..full() }] {
            let text = serde_json::to_string(&envelope).unwrap();
            assert_eq!(text, serde_json_canonicalizer::to_string(&envelope).unwrap());
            assert_eq!(serde_json::from_str::<Envelope>(&text).unwrap(), envelope);
        }
    }

    #[test]
    fn a_type_of_a_later_version_is_kept_as_it_is() {
        let text = serde_json::to_string(&full()).unwrap().replace("message.created", "poll.opened");
        let envelope: Envelope = serde_json::from_str(&text).unwrap();
        assert_eq!(envelope.kind, EventType::Other("poll.opened".into()));
        assert_eq!(serde_json::to_string(&envelope).unwrap(), text);
    }
}
