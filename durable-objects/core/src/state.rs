//! The fold of the log that deciding needs. [`State::apply`] is the only thing that changes it, and needs envelopes and, for
//! what is only shown, content: an erased log folds to the same state as the log with its erasure events.

use std::collections::BTreeMap;

use quipu_schema::content::{Content, InfoContent};
use quipu_schema::envelope::{Encryption, Envelope, EventType, History, Role};
use quipu_schema::http::MessageReceipts;
use quipu_schema::ids::{CommandKey, ConversationId, ConversationKind, Epoch, UserId};
use quipu_schema::limits;
use quipu_schema::people::Block;
use quipu_schema::settings::Settings;
use quipu_schema::socket::Receipt;
use serde::{Deserialize, Serialize};

use crate::merkle::Frontier;
use crate::permissions::{Action, allows};
use crate::receipts::Receipts;
use crate::visibility::Visibility;
use crate::words::WordList;

/// Everything a conversation keeps in memory about its log. A cache: it can be rebuilt from the projections on disk, or from the log.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// Which conversation.
    pub conv: ConversationId,
    /// The life of the log.
    pub epoch: Epoch,
    /// Last seq; 0 before creation.
    pub seq: u64,
    /// Top-level messages so far.
    pub n: u64,
    /// Time of the last event, Unix milliseconds.
    pub at: u64,
    /// What creation fixed and updates changed; `None` before creation.
    pub about: Option<About>,
    /// Who is banned.
    pub bans: BTreeMap<UserId, Ban>,
    /// Of a space: its channels, by the event that added each.
    pub channels: BTreeMap<ConversationId, u64>,
    /// Everybody who is a member, and of those who were, who went last. Put there by [`State::seat`].
    pub members: BTreeMap<UserId, Member>,
    /// Which words are refused or reported: a fact beside the log.
    pub words: WordList,
    /// How many of them are members now.
    seated: usize,
    /// The right edge of the Merkle tree.
    pub tree: Frontier,
    /// Cursors of members.
    pub receipts: Receipts,
    /// Who blocks the other end of a direct conversation: private facts, told by accounts. Not of the log.
    pub blocks: BTreeMap<UserId, Block>,
}

/// What a conversation is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Its kind.
    pub kind: ConversationKind,
    /// What later members may read.
    pub history: History,
    /// How content is protected.
    pub encryption: Encryption,
    /// Name, topic and avatar now.
    pub info: InfoContent,
    /// Who created it …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creator: Option<UserId>,
    /// … and under which key: whoever joins by that same command was there from the first event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<CommandKey>,
    /// Pinned messages, in the order in which they were pinned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pins: Vec<u64>,
    /// What it lets its members do.
    #[serde(default, skip_serializing_if = "Settings::is_default")]
    pub settings: Settings,
    /// The space of which it is a channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub space: Option<InSpace>,
}

/// Of which space a conversation is a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct InSpace {
    /// Which.
    pub id: ConversationId,
    /// The last event of the space's log when all members were in it.
    pub seq: u64,
    /// The event of this log that says so.
    pub entered: u64,
}

/// Somebody who is or was a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Their role (the last one, if they are gone).
    pub role: Role,
    /// Whether they are a member now.
    pub active: bool,
    /// The seq at which they joined last.
    pub joined: u64,
    /// What they may see.
    pub visible: Visibility,
    /// The team's own id for them, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// When they last sent something that slow mode counts, Unix milliseconds. Kept only while slow mode is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spoke_at: Option<u64>,
    /// Until when they are muted, Unix milliseconds; whoever leaves and comes back is muted still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted_until: Option<u64>,
    /// In a channel of a space: the last event of the space's log when they were in it and joined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admitted: Option<u64>,
}

/// A ban that stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ban {
    /// The event that says so.
    pub seq: u64,
    /// Who banned them.
    pub by: UserId,
    /// When, Unix milliseconds.
    pub at: u64,
}

/// See [`State::checkpoint`].
#[derive(Debug)]
pub struct Checkpoint {
    seq: u64,
    n: u64,
    at: u64,
    tree: Frontier,
    receipts: Vec<Receipt>,
    spoke: Vec<(UserId, Option<u64>)>,
}

/// An event that does not fit the log it is applied to. Seen only on a damaged or forged log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// Not the next number.
    #[error("event {found} where {expected} must follow")]
    Seq {
        /// What must come.
        expected: u64,
        /// What came.
        found: u64,
    },
    /// Another conversation or epoch.
    #[error("event {0} belongs to another log")]
    Log(u64),
    /// Time or counters that go backwards or jump.
    #[error("event {0} has an impossible counter or time")]
    Counter(u64),
    /// The type's parameters are missing.
    #[error("event {0} lacks parameters its type needs")]
    Params(u64),
}

impl State {
    /// A log with nothing in it.
    pub fn new(conv: ConversationId, epoch: Epoch) -> Self {
        Self {
            conv,
            epoch,
            seq: 0,
            n: 0,
            at: 0,
            about: None,
            bans: BTreeMap::new(),
            channels: BTreeMap::new(),
            members: BTreeMap::new(),
            words: WordList::default(),
            seated: 0,
            tree: Frontier::default(),
            receipts: Receipts::default(),
            blocks: BTreeMap::new(),
        }
    }

    /// Whether one of the two ends blocks the other.
    pub fn is_blocked(&self) -> bool {
        self.blocks.values().any(|block| block.on)
    }

    /// A current member.
    pub fn member(&self, user: &UserId) -> Option<&Member> {
        self.members.get(user).filter(|member| member.active)
    }

    /// Members now.
    pub fn active(&self) -> impl Iterator<Item = (&UserId, &Member)> {
        self.members.iter().filter(|(_, member)| member.active)
    }

    /// How far those have come with a message, beside its author, who were there when it was written and are still: who joins has everything before behind
    /// them.
    pub fn reached(&self, author: UserId, seq: u64) -> MessageReceipts {
        let mut reached = MessageReceipts { seq, members: 0, delivered: 0, read: 0 };
        for (user, _) in self.active().filter(|(user, member)| **user != author && member.joined < seq) {
            let receipt = self.receipts.of(*user);
            reached.members += 1;
            reached.delivered += u64::from(receipt.delivered >= seq);
            reached.read += u64::from(receipt.read >= seq);
        }
        reached
    }

    /// How many members there are now.
    pub const fn active_count(&self) -> usize {
        self.seated
    }

    /// Puts somebody among those who are or were members, as they stand on disk.
    pub fn seat(&mut self, user: UserId, member: Member) {
        self.seated += usize::from(member.active);
        let before = self.members.insert(user, member);
        self.seated -= usize::from(before.is_some_and(|before| before.active));
    }

    /// Whom the next member who goes pushes out of memory: of those who went, the one who did so first, where
    /// [`limits::FORMER_MEMBERS`] are remembered already.
    pub fn next_forgotten(&self) -> Option<UserId> {
        if self.members.len() - self.seated < limits::FORMER_MEMBERS {
            return None;
        }
        let gone = self.members.iter().filter(|(_, member)| !member.active);
        gone.min_by_key(|(_, member)| member.visible.closed_at()).map(|(user, _)| *user)
    }

    /// Whether a member is told how somebody presents themselves and how far they have read: of members, and of those gone whose time
    /// overlaps what the reader may see. Of others a newcomer sees no event either.
    pub fn tells_of(&self, reader: &UserId, other: &UserId) -> bool {
        match (self.member(reader), self.members.get(other)) {
            (Some(reader), Some(other)) => other.active || reader.visible.overlaps(&other.visible),
            _ => false,
        }
    }

    /// The other end of a direct conversation.
    pub fn peer(&self, user: &UserId) -> Option<(&UserId, &Member)> {
        self.members.iter().find(|(other, _)| *other != user)
    }

    /// Whether slow mode counts what this member sends.
    pub fn slows(&self, user: &UserId) -> bool {
        let slow = self.about.as_ref().is_some_and(|about| about.settings.slow_mode_s > 0);
        slow && self.member(user).is_some() && !self.allows(user, Action::Moderate)
    }

    /// Whether this member may do it, by their role and the settings.
    pub fn allows(&self, user: &UserId, action: Action) -> bool {
        let settings = self.about.as_ref().map(|about| about.settings).unwrap_or_default();
        self.member(user).is_some_and(|member| allows(member.role, action, &settings))
    }

    /// Whether this member may write at this time (Unix milliseconds): by role and settings, not frozen, not muted. Slow mode is no matter here.
    pub fn may_write(&self, user: &UserId, now_ms: u64) -> bool {
        let frozen = self.about.as_ref().is_some_and(|about| about.settings.frozen);
        let muted = |member: &Member| member.muted_until.is_some_and(|until| until > now_ms);
        self.allows(user, Action::Write)
            && (!frozen || self.allows(user, Action::Moderate))
            && self.member(user).is_some_and(|member| !muted(member))
    }

    /// What messages alone change, of these senders: to go back to, should storing them fail.
    pub fn checkpoint(&self, senders: impl Iterator<Item = UserId>) -> Checkpoint {
        let mut receipts: Vec<Receipt> = senders.map(|user| self.receipts.of(user)).collect();
        receipts.dedup();
        let spoke = match &self.about {
            Some(about) if about.settings.slow_mode_s > 0 => {
                let spoke =
                    |receipt: &Receipt| (receipt.user, self.members.get(&receipt.user).and_then(|m| m.spoke_at));
                receipts.iter().map(spoke).collect()
            }
            _ => Vec::new(),
        };
        Checkpoint { seq: self.seq, n: self.n, at: self.at, tree: self.tree.clone(), receipts, spoke }
    }

    /// Goes back to a checkpoint. Only messages of its senders may have been applied since.
    pub fn go_back(&mut self, checkpoint: Checkpoint) {
        let Checkpoint { seq, n, at, tree, receipts, spoke } = checkpoint;
        (self.seq, self.n, self.at, self.tree) = (seq, n, at, tree);
        for receipt in receipts {
            self.receipts.put_back(receipt);
        }
        for (user, spoke_at) in spoke {
            if let Some(member) = self.members.get_mut(&user) {
                member.spoke_at = spoke_at;
            }
        }
    }

    /// Takes the next event. `text` is the envelope's bytes, `content` may have been erased since. Returns what the event's row
    /// stores of the tree.
    ///
    /// # Errors
    /// [`Misfit`] when the event cannot follow; the state is then unchanged.
    pub fn apply(&mut self, envelope: &Envelope, text: &str, content: Option<&Content>) -> Result<Vec<u8>, Misfit> {
        let seq = envelope.seq;
        if seq != self.seq + 1 {
            return Err(Misfit::Seq { expected: self.seq + 1, found: seq });
        }
        if envelope.conv != self.conv || envelope.epoch != self.epoch {
            return Err(Misfit::Log(seq));
        }
        let top_level = envelope.kind == EventType::MessageCreated && envelope.thread.is_none();
        let reply = envelope.kind == EventType::MessageCreated && envelope.thread.is_some();
        if envelope.at < self.at || envelope.n != self.n + u64::from(top_level) || envelope.thread_n.is_some() != reply
        {
            return Err(Misfit::Counter(seq));
        }
        self.fold(envelope, content)?;
        self.seq = seq;
        self.n = envelope.n;
        self.at = envelope.at;
        // A reply says nothing of how far its author has read beside the thread.
        if top_level {
            self.receipts.advance(envelope.actor, seq, seq, envelope.n);
        }
        Ok(self.tree.push(text.as_bytes()))
    }

    /// A member is none from this event on.
    fn go(&mut self, user: UserId, seq: u64) {
        if self.member(&user).is_some()
            && let Some(forgotten) = self.next_forgotten()
        {
            self.members.remove(&forgotten);
            self.receipts.forget(forgotten);
        }
        if let Some(member) = self.members.get_mut(&user) {
            self.seated -= usize::from(member.active);
            member.active = false;
            member.visible.close(seq);
        }
    }

    fn fold(&mut self, envelope: &Envelope, content: Option<&Content>) -> Result<(), Misfit> {
        let seq = envelope.seq;
        let params = &envelope.params;
        let info = match content {
            Some(Content::Info(info)) => Some(info),
            _ => None,
        };
        match &envelope.kind {
            EventType::ConversationCreated => {
                let (Some(kind), Some(history), Some(encryption)) = (params.kind, params.history, params.encryption)
                else {
                    return Err(Misfit::Params(seq));
                };
                let (info, key) = (info.cloned().unwrap_or_default(), Some(envelope.key));
                let creator = Some(envelope.actor);
                let settings = Settings::default();
                self.about = Some(About {
                    kind,
                    history,
                    encryption,
                    info,
                    creator,
                    key,
                    pins: Vec::new(),
                    settings,
                    space: None,
                });
            }
            EventType::ConversationUpdated => {
                if let (Some(about), Some(info)) = (self.about.as_mut(), info) {
                    about.info.merge(info);
                }
            }
            EventType::ConversationSettingsChanged => {
                let Some(change) = &params.settings else { return Err(Misfit::Params(seq)) };
                if let Some(about) = self.about.as_mut() {
                    about.settings = about.settings.with(change);
                }
            }
            EventType::ConversationSpaceEntered | EventType::ConversationSpaceLeft => {
                let enters = envelope.kind == EventType::ConversationSpaceEntered;
                let (Some(id), true) = (params.space, params.space_seq.is_some() == enters) else {
                    return Err(Misfit::Params(seq));
                };
                if let Some(about) = self.about.as_mut() {
                    about.space = params.space_seq.map(|known| InSpace { id, seq: known, entered: seq });
                    about.settings = about.settings.with(&params.settings.unwrap_or_default());
                }
            }
            EventType::SpaceChannelAdded => {
                self.channels.insert(params.channel.ok_or(Misfit::Params(seq))?, seq);
            }
            EventType::SpaceChannelRemoved => {
                self.channels.remove(&params.channel.ok_or(Misfit::Params(seq))?);
            }
            EventType::MemberJoined => {
                let (Some(user), Some(role)) = (params.user, params.role) else { return Err(Misfit::Params(seq)) };
                let history = self.about.as_ref().map_or(History::All, |about| about.history);
                let founding = self
                    .about
                    .as_ref()
                    .is_some_and(|about| about.creator == Some(envelope.actor) && about.key == Some(envelope.key));
                let member = self.members.entry(user).or_insert_with(|| Member {
                    role,
                    active: false,
                    joined: seq,
                    visible: Visibility::default(),
                    subject: None,
                    spoke_at: None,
                    muted_until: None,
                    admitted: None,
                });
                self.seated += usize::from(!member.active);
                member.role = role;
                member.active = true;
                member.joined = seq;
                member.admitted = params.space_seq;
                member.visible.open(if founding { 1 } else { seq }, history);
                if let Some(Content::Member(content)) = content {
                    member.subject = content.subject.clone().or(member.subject.take());
                }
                self.receipts.advance(user, seq, seq, envelope.n);
            }
            EventType::MemberLeft | EventType::MemberRemoved => {
                let Some(user) = params.user else { return Err(Misfit::Params(seq)) };
                self.go(user, seq);
            }
            EventType::MemberBanned => {
                let Some(user) = params.user else { return Err(Misfit::Params(seq)) };
                self.bans.insert(user, Ban { seq, by: envelope.actor, at: envelope.at });
                self.go(user, seq);
            }
            EventType::MemberUnbanned => {
                let Some(user) = params.user else { return Err(Misfit::Params(seq)) };
                self.bans.remove(&user);
            }
            EventType::MemberMuted | EventType::MemberUnmuted => {
                let mutes = envelope.kind == EventType::MemberMuted;
                let Some(user) = params.user.filter(|_| params.until.is_some() == mutes) else {
                    return Err(Misfit::Params(seq));
                };
                if let Some(member) = self.members.get_mut(&user) {
                    member.muted_until = params.until;
                }
            }
            EventType::MemberRoleChanged => {
                let (Some(user), Some(role)) = (params.user, params.role) else { return Err(Misfit::Params(seq)) };
                if let Some(member) = self.members.get_mut(&user) {
                    member.role = role;
                }
            }
            EventType::MessageCreated => {
                if self.slows(&envelope.actor)
                    && let Some(member) = self.members.get_mut(&envelope.actor)
                {
                    member.spoke_at = Some(envelope.at);
                }
            }
            EventType::MessagePinned => {
                let Some(target) = envelope.reference else { return Err(Misfit::Params(seq)) };
                if let Some(about) = self.about.as_mut().filter(|about| !about.pins.contains(&target)) {
                    about.pins.push(target);
                }
            }
            EventType::MessageUnpinned | EventType::MessageDeleted => {
                if let Some(about) = self.about.as_mut() {
                    about.pins.retain(|pinned| Some(*pinned) != envelope.reference);
                }
            }
            EventType::MessageEdited
            | EventType::MessagePreviewed
            | EventType::MessagePreviewRemoved
            | EventType::ReactionAdded
            | EventType::ReactionRemoved
            | EventType::PollClosed
            | EventType::Other(_) => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quipu_schema::content::{CONTENT_V, TextContent};
    use quipu_schema::envelope::{ENVELOPE_V, Params};

    #[test]
    fn going_back_undoes_messages() {
        let user = UserId::parse("ug00000000000000000000000001").unwrap();
        let conv = ConversationId::parse("gg00000000000000000000000002").unwrap();
        let mut state = State::new(conv, Epoch::from_bits(1));
        let say = |state: &mut State| {
            let envelope = Envelope {
                actor: user,
                at: state.at + 1,
                commitment: None,
                conv,
                epoch: state.epoch,
                expires_at: None,
                key: CommandKey::from_random([7; 16]),
                n: state.n + 1,
                params: Params::default(),
                reference: None,
                seq: state.seq + 1,
                thread: None,
                thread_n: None,
                kind: EventType::MessageCreated,
                v: ENVELOPE_V,
            };
            let content = Content::Text(TextContent {
                mentions: vec![],
                text: "hi".into(),
                v: CONTENT_V,
                ..TextContent::default()
            });
            state.apply(&envelope, &serde_json::to_string(&envelope).unwrap(), Some(&content)).unwrap();
        };
        for _ in 0..5 {
            say(&mut state);
        }
        let before = state.clone();
        let checkpoint = state.checkpoint([user, user].into_iter());
        for _ in 0..4 {
            say(&mut state);
        }
        assert_ne!(state, before);
        state.go_back(checkpoint);
        assert_eq!(state, before);
    }
}
