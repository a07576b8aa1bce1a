//! Calls between the gateway and the objects, and between objects. JSON in the body of a `POST`, never reachable from outside:
//! only the gateway builds an object's name, and inbound headers of these names are stripped.
//!
//! Deploys mix old and new code for a while: additions carry `#[serde(default)]`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::command::KeyedCommand;
use crate::device::SignedIn;
use crate::directory::PatchDirectory;
use crate::envelope::Role;
use crate::http::invites::CreateInvite;
use crate::http::spaces::SpaceChannel;
use crate::ids::{CommandKey, ConversationId, ConversationKind, Epoch, InviteToken, UserId};
use crate::inbox::{InboxFilter, LastLine, PatchInbox, Peer};
use crate::members::AddMembers;
use crate::people::{Block, PatchReach, PeopleList};
use crate::presence::{PatchPresence, Presence};
use crate::profile::PatchProfile;
use crate::report::{PostReport, ReportStatus, ResolveReport};
use crate::saved::SavedPlace;
use crate::socket::Profile;
use crate::words::PutWords;

/// The header that carries a call as JSON where the body is taken or absent (WebSocket upgrades).
pub const CALL_HEADER: &str = "quipu-call";

/// Who calls: what the gateway read from a verified token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// The app the token belongs to.
    pub app: String,
    /// The derived user id.
    pub user: UserId,
    /// The token's `sub`.
    pub subject: String,
    /// The token's `name`.
    #[serde(default)]
    pub name: Option<String>,
    /// The token's `picture`.
    #[serde(default)]
    pub picture: Option<String>,
    /// When the token expires, Unix seconds.
    pub expires_at: u64,
    /// The device the token speaks for, where it names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<SignedIn>,
}

/// A call to a Conversation object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConversationCall {
    /// Which conversation: the object's own id.
    pub conv: ConversationId,
    /// Who calls.
    pub identity: Identity,
    /// What for.
    pub op: ConversationOp,
}

/// What a Conversation object is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum ConversationOp {
    /// Open a socket (the request is an upgrade).
    Socket,
    /// Decide and store a command.
    Command {
        /// The command.
        command: KeyedCommand,
    },
    /// Add several members, each by a command of their own; answers with [`crate::members::AddedMembers`].
    AddMembers {
        /// The caller's key: those of the commands follow from it.
        key: CommandKey,
        /// Whom.
        add: AddMembers,
    },
    /// The resource.
    Get,
    /// Members, paged by user id.
    Members {
        /// After this user.
        after: Option<UserId>,
        /// At most this many.
        limit: usize,
    },
    /// Who is banned, paged by user id.
    Bans {
        /// After this user.
        #[serde(default)]
        after: Option<UserId>,
        /// At most this many.
        limit: usize,
    },
    /// A member reports a message.
    Report {
        /// The message.
        seq: u64,
        /// Chosen once by the client.
        key: CommandKey,
        /// Why.
        report: PostReport,
    },
    /// Reports, for moderators.
    Reports {
        /// Which.
        #[serde(default)]
        status: ReportStatus,
        /// `next` of the page before.
        #[serde(default)]
        cursor: Option<u64>,
        /// At most this many.
        limit: usize,
    },
    /// A moderator resolves a report.
    Resolve {
        /// Its number.
        id: u64,
        /// Chosen once by the client.
        key: CommandKey,
        /// What to do.
        act: ResolveReport,
    },
    /// The word list.
    Words,
    /// A new word list.
    PutWords {
        /// The list.
        put: PutWords,
    },
    /// A page of history.
    Events {
        /// Events after this seq, ascending …
        after: Option<u64>,
        /// … or before this one, still written ascending; neither: the last ones.
        before: Option<u64>,
        /// The epoch the cursor belongs to.
        epoch: Option<Epoch>,
        /// At most this many events.
        limit: usize,
    },
    /// All versions of a message.
    Versions {
        /// The message.
        seq: u64,
    },
    /// How many have received and read a message.
    MessageReceipts {
        /// The message.
        seq: u64,
    },
    /// Who reacted to a message, by seq of the reaction.
    Reactions {
        /// The message.
        seq: u64,
        /// Reactions after this seq.
        #[serde(default)]
        after: u64,
        /// Only those with this emoji.
        #[serde(default)]
        emoji: Option<String>,
        /// At most this many.
        limit: usize,
    },
    /// How polls stand, as the caller sees them.
    Polls {
        /// Seqs of messages; what is no poll that they can read is left out.
        seqs: Vec<u64>,
    },
    /// Who voted for what in a poll, by user.
    Votes {
        /// The poll.
        seq: u64,
        /// Only those who chose this option.
        #[serde(default)]
        option: Option<u64>,
        /// Users after this one.
        #[serde(default)]
        after: Option<UserId>,
        /// At most this many.
        limit: usize,
    },
    /// The proof that an event is in the log.
    Proof {
        /// The event.
        seq: u64,
    },
    /// Read up to.
    Read {
        /// The seq.
        seq: u64,
    },
    /// Received up to.
    Delivered {
        /// The seq.
        seq: u64,
    },
    /// What a message says now, for a copy of it elsewhere: new content without mentions, as far as the caller may read it.
    Copy {
        /// The message.
        seq: u64,
    },
    /// Whether the caller may save a message: the epoch in its envelope.
    Savable {
        /// The message.
        seq: u64,
    },
    /// Saved messages as the caller may see them now: for each what is in [`crate::saved::SavedMessage`] of it, or null.
    Saved {
        /// Which.
        places: Vec<SavedPlace>,
    },
    /// Delete a message for the caller alone.
    Hide {
        /// The message.
        seq: u64,
    },
    /// A page of a thread's replies.
    Thread {
        /// The message it began with.
        root: u64,
        /// Replies after this seq, ascending …
        after: Option<u64>,
        /// … or before this one, still written ascending; neither: the last ones.
        before: Option<u64>,
        /// At most this many.
        limit: usize,
    },
    /// The threads that the caller follows, the one with the latest reply first.
    Threads {
        /// Whose last reply came before this seq.
        before: Option<u64>,
        /// Only those with unread replies.
        #[serde(default)]
        unread: bool,
        /// At most this many.
        limit: usize,
    },
    /// Follow a thread, or no longer.
    Follow {
        /// The message it began with.
        root: u64,
        /// Whether to.
        on: bool,
    },
    /// Read a thread up to.
    ReadThread {
        /// The message it began with.
        root: u64,
        /// The seq.
        seq: u64,
    },
    /// Typing.
    Typing {
        /// On or off.
        on: bool,
    },
    /// The whole log, as NDJSON.
    Export,
    /// Messages that a query finds, newest first.
    Search {
        /// The query.
        q: String,
        /// `next` of the page before.
        cursor: Option<String>,
        /// At most this many.
        limit: usize,
        /// Minutes east of UTC, for dates without a time.
        #[serde(default)]
        utc_offset: i32,
    },
    /// Of an account: the news of a large conversation, as [`News`]. Where its user has an inbox open, what follows is told, too.
    News {
        /// Whether they have.
        open: bool,
    },
    /// Of an account: whether its user wants to hear of every message at once, where the conversation is a large one.
    Everything {
        /// That of the account's feed when it was laid down. One that is older than what is known changes nothing.
        version: u64,
        /// Whether they do.
        on: bool,
    },
    /// Of an account: how its user presents themselves from now on.
    Present {
        /// The caller's own. One of an older version than is known changes nothing.
        profile: Box<Profile>,
    },
    /// Of an account: whether its user blocks the other end of this direct conversation.
    Block {
        /// The caller's fact. One of an older version than is known changes nothing.
        block: Block,
        /// How the caller presents themselves to the other from now on; absent where their account knows nothing of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        profile: Option<Box<Profile>>,
    },
    /// Of an account: a device of its user was signed out. Its sockets close.
    SignOut {
        /// The device's id.
        device: String,
    },
    /// Make an invite link.
    CreateInvite {
        /// Makes it once.
        key: CommandKey,
        /// What it shall be.
        invite: CreateInvite,
    },
    /// Invite links that let somebody in.
    Invites,
    /// Revoke an invite link.
    RevokeInvite {
        /// Its number.
        id: u64,
    },
    /// Where an invite link leads, for somebody who holds it.
    PreviewInvite {
        /// The link's token.
        token: InviteToken,
    },
    /// The conversation's part of a search over many: messages that a query finds, newest first.
    Find {
        /// The query; its `in:` has been followed.
        q: String,
        /// From where it goes on; absent at the head.
        #[serde(default)]
        below: Option<Below>,
        /// At most this many.
        limit: usize,
        /// Whether it also asks for members whose names the words begin.
        #[serde(default)]
        people: bool,
        /// Minutes east of UTC, for dates without a time.
        #[serde(default)]
        utc_offset: i32,
    },
    /// Of a channel, or one that is to be: who of these are members of this space. Answers with [`SpaceWord`].
    SpaceMembers {
        /// Whom.
        users: Vec<UserId>,
    },
    /// Of a channel: what this space is to know of it.
    SpaceTold {
        /// The news.
        told: Box<ChannelNews>,
    },
    /// Of a space: who has left it. Those who came into this channel before that are members of it no longer.
    SpaceLeft {
        /// Which space.
        space: ConversationId,
        /// Up to which of its events this tells.
        up_to: u64,
        /// Who.
        departures: Vec<Departure>,
    },
    /// Channels of this space, in the order in which they were added.
    SpaceChannels {
        /// After the one that this event added.
        after: u64,
        /// At most this many.
        limit: usize,
    },
    /// Development only: commands of several people at given times, for the demo world.
    Seed {
        /// In order.
        planted: Vec<Planted>,
    },
    /// Development only: forget everything in memory, keep sockets.
    Sleep,
    /// Development only: reset the object, sockets and all.
    Kill,
}

/// A call to an Account object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum AccountOp {
    /// Open an inbox socket (the request is an upgrade).
    Socket {
        /// Who calls.
        identity: Identity,
    },
    /// A page of the list, by activity.
    Inbox {
        /// Who calls.
        identity: Identity,
        /// `at` and conversation of the last entry seen.
        cursor: Option<(u64, ConversationId)>,
        /// At most this many.
        limit: usize,
        /// Which part of the list; absent: what is neither archived nor hidden.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        filter: Option<InboxFilter>,
    },
    /// What changed since a version.
    Changes {
        /// Who calls.
        identity: Identity,
        /// The version held.
        after: u64,
        /// At most this many.
        limit: usize,
    },
    /// Change how a conversation lies in the inbox; answers with the entry.
    Set {
        /// Who calls.
        identity: Identity,
        /// Which conversation.
        conv: ConversationId,
        /// What to change.
        flags: PatchInbox,
    },
    /// Admit a page of a search over many conversations, and name those to ask.
    Search {
        /// Who calls.
        identity: Identity,
        /// The query, whose `in:` says which may be asked.
        q: String,
        /// Which are wanted.
        group: SearchGroup,
    },
    /// Make a single-use ticket for a socket.
    Ticket {
        /// Who calls.
        identity: Identity,
        /// SHA-256 of the ticket's secret, hex.
        secret_hash: String,
    },
    /// Use a ticket up; answers with the identity it was made for.
    Redeem {
        /// SHA-256 of the ticket's secret, hex.
        secret_hash: String,
    },
    /// The caller's own profile.
    Profile {
        /// Who calls.
        identity: Identity,
    },
    /// Change the caller's own profile; answers with it.
    SetProfile {
        /// Who calls.
        identity: Identity,
        /// What to change.
        patch: Box<PatchProfile>,
    },
    /// Which conversations the caller is in, latest activity first, as far as [`crate::limits::SHARED_CONVERSATIONS`].
    Conversations {
        /// Who calls.
        identity: Identity,
    },
    /// The profile of this account's user, for somebody who is in these conversations: `user_not_found` unless the user is in one of them.
    ProfileFor {
        /// Whose account this is.
        user: UserId,
        /// Where the reader is a member.
        convs: Vec<ConversationId>,
        /// Who reads: somebody who is blocked sees less.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reader: Option<UserId>,
    },
    /// Block somebody, or make them a contact, or no longer; answers with [`crate::people::Person`].
    SetPerson {
        /// Who calls.
        identity: Identity,
        /// Who.
        user: UserId,
        /// On which list.
        list: PeopleList,
        /// Whether they are to be on it.
        on: bool,
    },
    /// Those on a list.
    People {
        /// Who calls.
        identity: Identity,
        /// Which list.
        list: PeopleList,
        /// After this user.
        #[serde(default)]
        after: Option<UserId>,
        /// At most this many.
        limit: usize,
    },
    /// Who may write to the caller first.
    ReachSettings {
        /// Who calls.
        identity: Identity,
    },
    /// Change that; answers with it.
    SetReach {
        /// Who calls.
        identity: Identity,
        /// What to change.
        patch: PatchReach,
    },
    /// Whether the caller is found in the directory.
    DirectorySettings {
        /// Who calls.
        identity: Identity,
    },
    /// Change that; answers with it.
    SetDirectory {
        /// Who calls.
        identity: Identity,
        /// What to change.
        patch: PatchDirectory,
    },
    /// Counts something that the caller does, of which the caller's account keeps the rate: `rate_limited` where it is too often.
    Spend {
        /// Who calls.
        identity: Identity,
        /// What.
        on: Metered,
    },
    /// Of a conversation: whom of these the caller may write to first, or add to a group. Answers with [`crate::people::Reach`] of each that is not
    /// open.
    MayReach {
        /// Who calls.
        identity: Identity,
        /// Whom.
        users: Vec<UserId>,
    },
    /// Of a conversation: which of these the caller may write to first, or add to a group: for each [`crate::people::Reach`], null where their account
    /// did not say.
    MayReachEach {
        /// Who calls.
        identity: Identity,
        /// Whom.
        users: Vec<UserId>,
    },
    /// Of an account: whether its user may write to this account's user first, or add them to a group.
    Reach {
        /// Whose account this is.
        user: UserId,
        /// Who asks.
        by: UserId,
        /// Groups that who asks is in.
        convs: Vec<ConversationId>,
    },
    /// Who sees the caller's presence.
    PresenceSettings {
        /// Who calls.
        identity: Identity,
    },
    /// Change that; answers with it.
    SetPresence {
        /// Who calls.
        identity: Identity,
        /// What to change.
        patch: PatchPresence,
    },
    /// Somebody's presence, once.
    PresenceOf {
        /// Who calls.
        identity: Identity,
        /// Whose.
        user: UserId,
        /// A conversation that both are in.
        #[serde(default)]
        conv: Option<ConversationId>,
    },
    /// Of an account: the presence of this account's user, for somebody else.
    Watch {
        /// The app of both.
        app: String,
        /// Whose account this is.
        user: UserId,
        /// Who asks.
        watcher: UserId,
        /// A conversation that who asks is in.
        #[serde(default)]
        conv: Option<ConversationId>,
        /// Whether to tell changes too, for the time of a lease.
        #[serde(default)]
        keep: bool,
    },
    /// Of an account: the presence of somebody whom this account's user watches has changed. Answers with [`StillWatching`].
    Watched {
        /// Whose account this is.
        user: UserId,
        /// What it is now.
        presence: Presence,
    },
    /// Save a message, or save it no longer; answers with the change.
    Save {
        /// Who calls.
        identity: Identity,
        /// The conversation it stands in.
        conv: ConversationId,
        /// The message.
        seq: u64,
        /// Whether it is to be saved.
        saved: bool,
    },
    /// Where saved messages stand, what was saved last first.
    Saved {
        /// Who calls.
        identity: Identity,
        /// Saved before this version.
        #[serde(default)]
        before: Option<u64>,
        /// At most this many.
        limit: usize,
    },
    /// Which messages of one conversation are saved.
    SavedIn {
        /// Who calls.
        identity: Identity,
        /// Which conversation.
        conv: ConversationId,
    },
    /// Whether the caller's device may go on: `device_revoked` where it was signed out. It is listed from the first time on.
    Admit {
        /// Who calls; names a device.
        identity: Identity,
        /// What it says of itself (`User-Agent`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agent: Option<String>,
        /// Where it has just opened a socket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        conv: Option<ConversationId>,
    },
    /// The caller's devices.
    Devices {
        /// Who calls.
        identity: Identity,
    },
    /// Call a device something else; answers with it.
    NameDevice {
        /// Who calls.
        identity: Identity,
        /// The device's id.
        device: String,
        /// Its name from now on.
        name: String,
    },
    /// Sign a device out.
    RevokeDevice {
        /// Who calls.
        identity: Identity,
        /// The device's id.
        device: String,
    },
    /// Make a link that signs a device in; answers with when it expires.
    LinkDevice {
        /// Who calls.
        identity: Identity,
        /// SHA-256 of the link's secret.
        secret_hash: String,
    },
    /// Use such a link up; answers with a [`crate::device::LinkedSession`].
    SignIn {
        /// SHA-256 of the link's secret.
        secret_hash: String,
        /// The new device's id.
        device: String,
        /// What it says of itself (`User-Agent`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agent: Option<String>,
        /// How long it stays signed in, milliseconds.
        lasts_ms: u64,
    },
    /// Whether the session of the caller's device goes on; answers with a [`crate::device::LinkedSession`].
    RenewDevice {
        /// Who calls; names a device that was signed in by a link.
        identity: Identity,
    },
    /// A conversation's news for this user.
    Poke {
        /// Whose account this is.
        user: UserId,
        /// The news.
        news: Box<News>,
    },
}

/// What an account counts for the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metered {
    /// Questions to the directory.
    Directory,
    /// Public channels joined.
    Joins,
}

/// Messages sent before a moment, and below a seq.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Below {
    /// Unix milliseconds.
    pub before: u64,
    /// The seq; absent where the moment says it all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
}

/// Which conversations of an account a search asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum SearchGroup {
    /// Those of the latest activity.
    Latest,
    /// The next by id.
    Others {
        /// Except these.
        first: Vec<ConversationId>,
        /// Beyond this one.
        after: Option<ConversationId>,
    },
    /// None: the caller knows them.
    Known,
}

/// The answer to [`ConversationOp::Find`].
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct FindPage {
    /// Newest first.
    pub hits: Vec<FindHit>,
    /// Members whose names the words begin, where they were asked for.
    #[serde(default)]
    pub people: Vec<Peer>,
    /// The oldest message that was looked at; absent where there is nothing below.
    #[serde(default)]
    pub looked: Option<Looked>,
}

/// One hit of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FindHit {
    /// The message.
    pub seq: u64,
    /// When it was sent, Unix milliseconds.
    pub at: u64,
    /// A [`crate::http::SearchHit`], as it is passed on.
    pub hit: Box<RawValue>,
}

/// How far back a search has looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looked {
    /// The message.
    pub seq: u64,
    /// When it was sent, Unix milliseconds.
    pub at: u64,
}

/// Answer to [`AccountOp::Watched`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StillWatching {
    /// False where nobody watches any longer: there is nothing more to tell.
    pub watching: bool,
}

/// What a conversation tells an account. Taken by (epoch, seq): older or repeated news changes nothing; cursors merge by maximum.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct News {
    /// The conversation.
    pub conv: ConversationId,
    /// Its kind.
    pub kind: ConversationKind,
    /// The life of its log.
    pub epoch: Epoch,
    /// The head.
    pub seq: u64,
    /// `n` at the head.
    pub n: u64,
    /// Time of the head, Unix milliseconds.
    pub at: u64,
    /// Whether the user is a member now.
    pub member: bool,
    /// Their role.
    pub role: Role,
    /// The space of which it is a channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub space: Option<ConversationId>,
    /// A group's name.
    #[serde(default)]
    pub name: Option<String>,
    /// A group's picture.
    #[serde(default)]
    pub avatar: Option<String>,
    /// The other end of a direct conversation.
    #[serde(default)]
    pub peer: Option<Peer>,
    /// The last line this user may see.
    #[serde(default)]
    pub last: Option<LastLine>,
    /// The user's read cursor as the conversation knows it.
    pub read_seq: u64,
    /// `n` at that cursor.
    pub read_n: u64,
    /// Messages after that cursor, and unread replies in threads they follow, that mention the user.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub mentions: u64,
    /// The last message that mentions them, where `mentions` counts any.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub mentioned: u64,
    /// Threads they follow that have unread replies.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub threads: u64,
    /// Of `mentions`, those in threads.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub thread_mentions: u64,
    /// Messages after the cursor that the user deleted for themselves.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub hidden_unread: u64,
    /// Whether the conversation tells only those concerned and those whose inboxes are open. The answer is then [`Heard`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub large: bool,
    /// Of `mentions`, those by everyone or a role alone.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub everyone_mentions: u64,
    /// The last message that mentions them by name, where `mentions` counts any.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub mentioned_by_name: u64,
    /// Of a large conversation: whether it knows them as somebody who wants to hear of everything.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub everything: bool,
}

/// Answer to [`ConversationOp::SpaceMembers`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpaceWord {
    /// The space.
    pub space: ConversationId,
    /// The last event of its log.
    pub seq: u64,
    /// Whether it has room for another channel.
    pub room: bool,
    /// Those who are members, and their roles.
    pub members: BTreeMap<UserId, Role>,
}

/// What a channel tells its space, or the space it has left. Taken by (at, seq): what is told of a later event prevails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelNews {
    /// The channel.
    pub channel: ConversationId,
    /// Time of its last event, Unix milliseconds …
    pub at: u64,
    /// … and its seq.
    pub seq: u64,
    /// Who made it a channel of the space, or one no longer.
    pub by: UserId,
    /// What the space shows of it; absent where it is no channel of this space.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<SpaceChannel>,
    /// The event of the channel's log by which it entered the space …
    #[serde(default, skip_serializing_if = "is_zero")]
    pub entered: u64,
    /// … and the last event of the space's log when its members were asked for: of departures after it the channel must hear.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub since: u64,
}

/// Somebody left a space, or was taken out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Departure {
    /// Who.
    pub user: UserId,
    /// The event of the space's log.
    pub seq: u64,
    /// By whose hand.
    pub by: UserId,
}

/// What an account answers to news of a large conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// Whether its user has an inbox open: then it is told what follows.
    pub open: bool,
}

// Serde asks with a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
pub(crate) const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// A command of the demo world.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Planted {
    /// Whose.
    pub identity: Identity,
    /// When, Unix milliseconds.
    pub at: u64,
    /// What.
    pub command: KeyedCommand,
}
