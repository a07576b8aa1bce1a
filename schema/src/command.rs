//! What a client may ask of a conversation: one vocabulary for the socket and for HTTP.
//!
//! A command causes events, carries an idempotency key, and is answered once: with its seq, or with a rejection.

use serde::{Deserialize, Serialize};

use crate::envelope::{Encryption, History, Role};
use crate::ids::{CommandKey, ConversationId, InviteToken, UserRef};
use crate::moderation::{BanMember, MuteMember, UnbanMember, UnmuteMember};
use crate::poll::{ClosePoll, NewPoll, Vote};
use crate::settings::{Audience, ChannelVisibility, SettingsChange};

/// A command under its key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct KeyedCommand {
    /// Chosen once by the client and repeated with every retry.
    pub key: CommandKey,
    /// What to do.
    pub command: Command,
}

/// What to do. Variants are serialised in a fixed order of fields: this text is what the fingerprint covers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(tag = "type", deny_unknown_fields)]
pub enum Command {
    /// Begin the conversation. Comes from `POST /v1/conversations` only.
    #[serde(rename = "conversation.create")]
    Create(Create),
    /// Change name, topic or avatar. An absent field stays, an empty text clears.
    #[serde(rename = "conversation.update")]
    Update(Update),
    /// Change settings. An absent field stays.
    #[serde(rename = "conversation.set_settings")]
    SetSettings(SetSettings),
    /// Add a member, or bring one back.
    #[serde(rename = "member.add")]
    AddMember(AddMember),
    /// Become a member by an invite link. Comes from `POST /v1/invites/join` only.
    #[serde(rename = "member.join")]
    Join(Join),
    /// Become a member of a public channel, or of an open channel of one's space. Comes from `POST /v1/conversations/{id}/join` only.
    #[serde(rename = "channel.join")]
    JoinChannel(JoinChannel),
    /// Become a channel of a space.
    #[serde(rename = "channel.enter_space")]
    EnterSpace(EnterSpace),
    /// Be a channel of a space no longer.
    #[serde(rename = "channel.leave_space")]
    LeaveSpace(LeaveSpace),
    /// Take a member out. All access ends at once.
    #[serde(rename = "member.remove")]
    RemoveMember(RemoveMember),
    /// Go.
    #[serde(rename = "member.leave")]
    Leave(Leave),
    /// Change a member's role.
    #[serde(rename = "member.set_role")]
    SetRole(SetRole),
    /// Take a member out for good: whoever is banned is neither added nor joins. Also of somebody who is no member.
    #[serde(rename = "member.ban")]
    Ban(BanMember),
    /// Lift a ban.
    #[serde(rename = "member.unban")]
    Unban(UnbanMember),
    /// Let a member read and not write, for a time or until it is lifted; again, to change the time.
    #[serde(rename = "member.mute")]
    Mute(MuteMember),
    /// Let a muted member write again.
    #[serde(rename = "member.unmute")]
    Unmute(UnmuteMember),
    /// Send a message.
    #[serde(rename = "message.send")]
    Send(SendMessage),
    /// Replace a message's content.
    #[serde(rename = "message.edit")]
    Edit(EditMessage),
    /// Erase a message's content, all its versions; its place stays.
    #[serde(rename = "message.delete")]
    Delete(DeleteMessage),
    /// Send a copy of a message that you can read in a conversation.
    #[serde(rename = "message.forward")]
    Forward(Forward),
    /// React to a message with an emoji.
    #[serde(rename = "message.react")]
    React(React),
    /// Take a reaction of one's own back.
    #[serde(rename = "message.unreact")]
    Unreact(Unreact),
    /// Pin a message.
    #[serde(rename = "message.pin")]
    Pin(PinMessage),
    /// Take a message's pin away.
    #[serde(rename = "message.unpin")]
    Unpin(UnpinMessage),
    /// Take the preview of a message's link away, for good.
    #[serde(rename = "message.remove_preview")]
    RemovePreview(RemovePreview),
    /// Vote in a poll, change one's vote, or take it back.
    #[serde(rename = "poll.vote")]
    Vote(Vote),
    /// Close a poll.
    #[serde(rename = "poll.close")]
    ClosePoll(ClosePoll),
}

/// See [`Command::Create`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Create {
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

/// See [`Command::Update`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Update {
    /// New name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// New topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// New address of a picture (https).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar: Option<String>,
}

/// See [`Command::SetSettings`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SetSettings {
    /// Who adds members.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub add: Option<Audience>,
    /// Whether nobody below moderator may write, edit, react or pin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frozen: Option<bool>,
    /// Who makes, sees and revokes invite links.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invite: Option<Audience>,
    /// Who mentions everyone, or a role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mention: Option<Audience>,
    /// Who pins messages and takes pins away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<Audience>,
    /// Who sends messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post: Option<Audience>,
    /// Who reacts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub react: Option<Audience>,
    /// Seconds that those below moderator wait between two messages: 0 (off) to 21,600.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_mode_s: Option<u32>,
    /// Who replies in threads; until it is set, who sends messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<Audience>,
    /// Whether everybody of the app finds it and may join (a public channel), or the members of its space.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<ChannelVisibility>,
}

impl SetSettings {
    /// What its event says.
    pub const fn change(self) -> SettingsChange {
        let Self { add, frozen, invite, mention, pin, post, react, slow_mode_s, thread, visibility } = self;
        SettingsChange { add, frozen, invite, mention, pin, post, react, slow_mode_s, thread, visibility }
    }
}

/// See [`Command::AddMember`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AddMember {
    /// Whom.
    pub user: UserRef,
    /// As what.
    #[serde(default = "member")]
    pub role: Role,
}

pub(crate) const fn member() -> Role {
    Role::Member
}

/// See [`Command::Join`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Join {
    /// The link's token.
    pub token: InviteToken,
}

/// See [`Command::JoinChannel`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct JoinChannel {}

/// See [`Command::EnterSpace`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EnterSpace {
    /// Which. Every member of the channel must be a member of it.
    pub space: ConversationId,
    /// Whether the members of the space find it and may join; else it is by invitation only.
    #[serde(default = "yes")]
    pub open: bool,
}

const fn yes() -> bool {
    true
}

/// See [`Command::LeaveSpace`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LeaveSpace {
    /// Which.
    pub space: ConversationId,
}

/// See [`Command::RemoveMember`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RemoveMember {
    /// Whom.
    pub user: UserRef,
}

/// See [`Command::Leave`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Leave {}

/// See [`Command::SetRole`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SetRole {
    /// Whose.
    pub user: UserRef,
    /// The new role.
    pub role: Role,
}

/// See [`Command::Send`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SendMessage {
    /// The content.
    pub content: NewContent,
    /// The message this one replies to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<ReplyTo>,
    /// The top-level message in whose thread this one stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<u64>,
}

/// A quote: by number and version, never by text, so that it follows an edit and loses what is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ReplyTo {
    /// The message's seq.
    pub seq: u64,
    /// The version the author saw; 1 when absent.
    #[serde(default = "one")]
    pub version: u64,
}

const fn one() -> u64 {
    1
}

/// See [`Command::Edit`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EditMessage {
    /// The message's seq.
    pub seq: u64,
    /// The new content.
    pub content: NewContent,
    /// The version the author edited; refused with `version_conflict` when there is a newer one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect_version: Option<u64>,
}

/// See [`Command::Delete`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DeleteMessage {
    /// The message's seq.
    pub seq: u64,
}

/// See [`Command::Forward`]; also the body of `POST …/forwards`. What the message says now is copied: neither its author nor where it stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Forward {
    /// The conversation that the message stands in.
    pub from: ConversationId,
    /// Its seq there.
    pub seq: u64,
}

/// See [`Command::React`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct React {
    /// The message's seq.
    pub seq: u64,
    /// One character as people count them (an extended grapheme cluster) of 1 to 64 bytes. Compared byte for byte.
    pub emoji: String,
}

/// See [`Command::Unreact`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Unreact {
    /// The message's seq.
    pub seq: u64,
    /// The emoji of the reaction.
    pub emoji: String,
}

/// See [`Command::Pin`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PinMessage {
    /// The message's seq.
    pub seq: u64,
}

/// See [`Command::RemovePreview`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RemovePreview {
    /// The message.
    pub seq: u64,
}

/// See [`Command::Unpin`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct UnpinMessage {
    /// The message's seq.
    pub seq: u64,
}

/// Content as a client sends it: like what is stored, without the version, with users as the client knows them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum NewContent {
    /// Text.
    Text(NewText),
    /// An opaque payload, in an encrypted conversation.
    Ciphertext(NewCiphertext),
    /// A poll. Cannot be edited, nor forwarded.
    Poll(NewPoll),
}

/// See [`NewContent::Text`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NewText {
    /// The text: 1 byte to 8 KiB, not white space alone.
    pub text: String,
    /// Members the text addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<UserRef>,
    /// Addresses every member. Not every role may, see the table of permissions.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mention_everyone: bool,
    /// Addresses the members of these roles. Who may mention everyone may.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mention_roles: Vec<Role>,
}

/// See [`NewContent::Ciphertext`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NewCiphertext {
    /// The payload, base64.
    pub data: String,
    /// Who can open it, such as `mls`.
    pub scheme: String,
}
