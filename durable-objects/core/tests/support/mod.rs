//! A conversation on the host: the core with the smallest store that could work, a vector of rows.
#![allow(dead_code, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::{BTreeMap, HashMap};

use quipu_core::batch::{Answer, Batch, ChannelPlace, Context, Copies, Effect, Input, Known, Reacted, Row};
use quipu_core::decide::{CommandId, Preview, Prior, Target, command_id, plan};
use quipu_core::invites::{Invite, Made, Revoked};
use quipu_core::merkle::Frontier;
use quipu_core::polls::{Choices, Tally};
use quipu_core::previews::Looked;
use quipu_core::spaces::{self, Word};
use quipu_core::state::State;
use quipu_schema::command::{
    AddMember, Command, Create, DeleteMessage, EditMessage, EnterSpace, Forward, Join, JoinChannel, KeyedCommand,
    Leave, LeaveSpace, NewContent, NewText, PinMessage, React, RemoveMember, RemovePreview, ReplyTo, SendMessage,
    SetRole, SetSettings, UnpinMessage, Unreact, Update,
};
use quipu_schema::content::{Content, PreviewContent};
use quipu_schema::envelope::{Encryption, Envelope, EventType, History, Role};
use quipu_schema::event::write_item;
use quipu_schema::fingerprint::Fingerprint;
use quipu_schema::http::invites::CreateInvite;
use quipu_schema::ids::{CommandKey, ConversationId, ConversationKind, Epoch, IdKey, InviteToken, UserId, UserRef};
use quipu_schema::internal::{ChannelNews, Departure, SpaceWord};
use quipu_schema::moderation::{BanMember, MuteMember, UnbanMember, UnmuteMember};
use quipu_schema::poll::{ClosePoll, NewPoll, Vote};
use quipu_schema::problem::Code;
use quipu_schema::socket::Ack;

/// The secret from which ids are derived.
pub fn id_key() -> IdKey {
    IdKey::new(b"a secret of the tests, thirty-two bytes or more").unwrap()
}

/// Somebody, by their own team's id.
pub fn user(subject: &str) -> UserId {
    UserId::derive(&id_key(), "test", "issuer", subject)
}

/// The same, as a reference.
pub fn by(subject: &str) -> UserRef {
    UserRef::Subject(subject.into())
}

pub fn resolve(user: &UserRef) -> UserId {
    user.resolve(&id_key(), "test", "issuer")
}

/// The n-th key.
pub fn key(number: u128) -> CommandKey {
    CommandKey::from_random((number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)).to_be_bytes())
}

/// What a person asks, under a key.
pub fn ask(who: &str, number: u128, command: Command) -> Input {
    Input { user: user(who), subject: who.into(), command: KeyedCommand { key: key(number), command } }
}

pub fn text(text: &str) -> NewContent {
    NewContent::Text(NewText { text: text.into(), mentions: vec![], ..NewText::default() })
}

pub fn send(words: &str) -> Command {
    Command::Send(SendMessage { content: text(words), reply_to: None, thread: None })
}

pub fn reply(seq: u64, version: u64, words: &str) -> Command {
    Command::Send(SendMessage { content: text(words), reply_to: Some(ReplyTo { seq, version }), thread: None })
}

pub fn edit(seq: u64, words: &str) -> Command {
    Command::Edit(EditMessage { seq, content: text(words), expect_version: None })
}

pub fn edit_version(seq: u64, words: &str, version: u64) -> Command {
    Command::Edit(EditMessage { seq, content: text(words), expect_version: Some(version) })
}

pub fn delete(seq: u64) -> Command {
    Command::Delete(DeleteMessage { seq })
}

/// From a conversation that is not in the test.
pub fn forward(seq: u64) -> Command {
    let from = ConversationId::group(&id_key(), "test", user("ana"), key(u128::MAX));
    Command::Forward(Forward { from, seq })
}

pub fn react(seq: u64, emoji: &str) -> Command {
    Command::React(React { seq, emoji: emoji.into() })
}

pub fn unreact(seq: u64, emoji: &str) -> Command {
    Command::Unreact(Unreact { seq, emoji: emoji.into() })
}

/// A poll with so many options.
pub fn poll(options: usize) -> NewPoll {
    let options = (1..=options).map(|number| format!("option {number}")).collect();
    NewPoll { question: "What?".into(), options, ..NewPoll::default() }
}

pub fn send_poll(poll: NewPoll) -> Command {
    Command::Send(SendMessage { content: NewContent::Poll(poll), reply_to: None, thread: None })
}

pub fn vote(seq: u64, choices: &[u64]) -> Command {
    Command::Vote(Vote { seq, choices: choices.to_vec() })
}

pub fn close(seq: u64) -> Command {
    Command::ClosePoll(ClosePoll { seq })
}

pub fn pin(seq: u64) -> Command {
    Command::Pin(PinMessage { seq })
}

/// Decides one command, and looks at the links of messages at once.
pub fn push_and_look(
    batch: &mut Batch,
    state: &mut State,
    known: &mut Known,
    input: &Input,
    context: &mut Context<'_>,
) {
    let (before, head) = (batch.effects.len(), state.seq);
    batch.push(state, known, input, context);
    // In a channel of a space, who changes its name changes who is in the space.
    let within = state
        .about
        .as_ref()
        .and_then(|about| about.space)
        .filter(|_| state.seq > head && matches!(input.command.command, Command::Update(_)));
    if let Some(within) = within {
        let gone = state
            .active()
            .map(|(user, _)| *user)
            .nth(usize::try_from(state.seq).unwrap() % state.active_count().max(1));
        if let Some(user) = gone {
            let departure = Departure { user, seq: state.seq, by: input.user };
            batch.depart(state, known, (within.id, &departure), context);
        }
    }
    let linked: Vec<(u64, u64)> = batch.effects[before..]
        .iter()
        .filter_map(|effect| match effect {
            Effect::Linked { target, version } => Some((*target, *version)),
            _ => None,
        })
        .collect();
    for (seq, version) in linked {
        let title = Some(format!("page of {seq}, {version}"));
        let found = PreviewContent { title, url: "https://a.example/".into(), v: 1, ..PreviewContent::default() };
        batch.look(state, known, &Looked { seq, version, found: Some(found) }, context);
    }
}

pub fn remove_preview(seq: u64) -> Command {
    Command::RemovePreview(RemovePreview { seq })
}

pub fn unpin(seq: u64) -> Command {
    Command::Unpin(UnpinMessage { seq })
}

pub fn create(members: &[&str]) -> Command {
    create_with(members, History::All)
}

pub fn create_with(members: &[&str], history: History) -> Command {
    Command::Create(Create {
        members: members.iter().map(|who| by(who)).collect(),
        name: None,
        topic: None,
        avatar: None,
        history,
        encryption: Encryption::None,
    })
}

pub fn add(who: &str, role: Role) -> Command {
    Command::AddMember(AddMember { user: by(who), role })
}

/// The n-th invite link of a conversation.
pub fn link(conv: ConversationId, number: u64) -> InviteToken {
    InviteToken::derive(&id_key(), "test", conv, user("ana"), key(u128::from(number)))
}

/// A link that Ana made, with these bounds.
pub fn invite(id: u64, asked: CreateInvite) -> Invite {
    let made = Made { by: user("ana"), key: key(u128::from(id)), at: 1_790_000_000_000, asked, revoked: None };
    Invite { id, made, uses: 0, revoked: false }
}

/// The same, revoked by her.
pub fn revoked(invite: Invite) -> Invite {
    let revoked = Some(Revoked { by: user("ana"), at: 1_790_000_000_000 });
    Invite { revoked: true, made: Made { revoked, ..invite.made }, ..invite }
}

pub fn join(token: InviteToken) -> Command {
    Command::Join(Join { token })
}

pub fn join_channel() -> Command {
    Command::JoinChannel(JoinChannel {})
}

pub fn remove(who: &str) -> Command {
    Command::RemoveMember(RemoveMember { user: by(who) })
}

pub fn leave() -> Command {
    Command::Leave(Leave {})
}

pub fn set_role(who: &str, role: Role) -> Command {
    Command::SetRole(SetRole { user: by(who), role })
}

pub fn in_thread(root: u64, words: &str) -> Command {
    Command::Send(SendMessage { content: text(words), reply_to: None, thread: Some(root) })
}

pub fn ban(who: &str) -> Command {
    Command::Ban(BanMember { user: by(who) })
}

pub fn unban(who: &str) -> Command {
    Command::Unban(UnbanMember { user: by(who) })
}

pub fn mute(who: &str, for_s: Option<u64>) -> Command {
    Command::Mute(MuteMember { user: by(who), for_s })
}

pub fn unmute(who: &str) -> Command {
    Command::Unmute(UnmuteMember { user: by(who) })
}

pub fn settings(set: SetSettings) -> Command {
    Command::SetSettings(set)
}

pub fn rename(name: &str) -> Command {
    Command::Update(Update { name: Some(name.into()), topic: None, avatar: None })
}

/// The n-th space.
pub fn space(number: u128) -> ConversationId {
    ConversationId::space(&id_key(), "test", user("ana"), key(number))
}

pub fn enter(space: ConversationId, open: bool) -> Command {
    Command::EnterSpace(EnterSpace { space, open })
}

pub fn leave_space(space: ConversationId) -> Command {
    Command::LeaveSpace(LeaveSpace { space })
}

/// A reaction that stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Reaction {
    pub target: u64,
    pub user: UserId,
    pub emoji: String,
    pub seq: u64,
}

/// A conversation and its log.
pub struct World {
    pub state: State,
    pub log: Vec<Row>,
    /// Contents by seq as they were before anything was erased.
    pub whole: HashMap<u64, Content>,
    pub effects: Vec<Effect>,
    /// In the order in which they came.
    pub reactions: Vec<Reaction>,
    /// Votes that count, by poll and member.
    pub votes: BTreeMap<(u64, UserId), Choices>,
    /// How each poll stands that was voted in or closed.
    pub tallies: BTreeMap<u64, Tally>,
    /// Commands that voted, in which poll.
    pub vote_keys: HashMap<CommandId, (u64, Option<Fingerprint>)>,
    /// Invite links, the first is number 1.
    pub invites: Vec<Invite>,
    /// What its space, any space, says: who its members are, as of which event.
    pub word: SpaceWord,
    /// Of a space: what it was told of channels, as its store keeps it.
    pub channels: HashMap<ConversationId, ChannelPlace>,
    pub now: u64,
    /// False: a store that forgets to erase, to compare decisions with.
    pub erases: bool,
    drawn: u128,
    keys: u128,
}

impl World {
    /// Changes one event of the log, and the tree as if it had always been so.
    pub fn forge(&mut self, seq: u64, change: &dyn Fn(&mut Row)) {
        let row = &mut self.log[usize::try_from(seq - 1).unwrap()];
        change(row);
        row.envelope_text = serde_json::to_string(&row.envelope).unwrap();
        self.state.tree = Frontier::default();
        self.log.iter().for_each(|row| drop(self.state.tree.push(row.envelope_text.as_bytes())));
    }

    pub fn new(conv: ConversationId) -> Self {
        Self {
            state: State::new(conv, Epoch::from_bits(7)),
            log: vec![],
            whole: HashMap::new(),
            effects: vec![],
            reactions: vec![],
            votes: BTreeMap::new(),
            tallies: BTreeMap::new(),
            vote_keys: HashMap::new(),
            invites: vec![],
            word: SpaceWord { space: space(1), seq: 1, room: true, members: [(user("ana"), Role::Owner)].into() },
            channels: HashMap::new(),
            now: 1_790_000_000_000,
            erases: true,
            drawn: 0,
            keys: 1 << 64,
        }
    }

    /// A group that Ana made, with these others as members.
    pub fn group(others: &[&str], history: History) -> Self {
        let mut world = Self::new(ConversationId::group(&id_key(), "test", user("ana"), key(0)));
        world.asks("ana", create_with(others, history)).unwrap();
        world
    }

    /// Ana's and Ben's conversation.
    pub fn direct() -> Self {
        let mut world = Self::new(direct_id());
        world.asks("ana", create(&["ben"])).unwrap();
        world
    }

    /// What other conversations say: a message under an even number there is readable by everybody, under an odd one by nobody.
    pub fn copies(inputs: &[Input]) -> Copies {
        let mut copies = Copies::new();
        for input in inputs {
            if let Command::Forward(Forward { from, seq }) = input.command.command {
                let copied = match seq.is_multiple_of(2) {
                    true => Ok(format!("text {seq} of elsewhere")),
                    false => Err(Code::SourceNotFound.into()),
                };
                copies.insert((input.user, from, seq), copied);
            }
        }
        copies
    }

    /// What the space of a command says: all that it knows. Said even where it is not asked, for what comes earlier in the same commit may change
    /// that; then it is space 1.
    pub fn said(&self, state: &State, input: &Input) -> Option<(CommandId, Word)> {
        let command = &input.command.command;
        let asked = spaces::asks(state, input.user, command, &resolve).map(|(space, _)| space);
        let may_ask = matches!(
            command,
            Command::EnterSpace(_)
                | Command::LeaveSpace(_)
                | Command::Join(_)
                | Command::JoinChannel(_)
                | Command::AddMember(_)
        );
        let space = asked.or_else(|| may_ask.then(|| space(1)))?;
        Some((command_id(input.user, input.command.key), Ok(SpaceWord { space, ..self.word.clone() })))
    }

    /// What a store reads before a batch.
    pub fn known(&self, inputs: &[Input]) -> Known {
        let mut known = Known { copies: Self::copies(inputs), ..Known::default() };
        known.channels = self.channels.clone();
        for input in inputs {
            known.words.extend(self.said(&self.state, input));
            let lookups = plan(input.user, &input.command);
            let prior = self.log.iter().find(|row| row.command == Some(lookups.command));
            if let Some(row) = prior {
                known.priors.insert(lookups.command, Prior { seq: row.envelope.seq, fingerprint: row.fingerprint });
            }
            if let Some((poll, fingerprint)) = self.vote_keys.get(&lookups.command) {
                known.priors.insert(lookups.command, Prior { seq: *poll, fingerprint: *fingerprint });
            }
            if let (Some(voter), Some(poll)) = (lookups.voter, lookups.target) {
                let polled = known.polls.entry(poll).or_default();
                polled.closed = self.tallies.get(&poll).is_some_and(|tally| tally.closed);
                polled.own.extend(self.votes.get(&(poll, voter)).map(|choices| (voter, *choices)));
            }
            for row in [lookups.target, lookups.thread].into_iter().flatten().filter_map(|seq| self.row(seq)) {
                known.targets.insert(row.envelope.seq, self.target(row));
            }
            if let Some(hash) = lookups.invite {
                let held = self.invites.iter().find(|invite| link(self.state.conv, invite.id).hash() == hash);
                known.invites.extend(held.map(|invite| (hash, invite.clone())));
            }
            if let Some(root) = lookups.thread {
                let replies = self.log.iter().filter(|row| row.envelope.thread == Some(root));
                known.threads.insert(root, replies.filter_map(|row| row.envelope.thread_n).max().unwrap_or(0));
            }
            if let (Some(user), Some(target)) = (lookups.reactor, lookups.target) {
                let reacted = known.reactions.entry(target).or_insert_with(|| self.reacted(target));
                let own = self.reactions.iter().filter(|reaction| (reaction.target, reaction.user) == (target, user));
                reacted.own.extend(own.map(|reaction| ((user, reaction.emoji.clone()), reaction.seq)));
            }
        }
        known
    }

    fn target(&self, row: &Row) -> Target {
        let about = |kind: EventType| {
            self.log
                .iter()
                .filter(move |later| later.envelope.kind == kind && later.envelope.reference == Some(row.envelope.seq))
        };
        Target {
            kind: row.envelope.kind.clone(),
            actor: row.envelope.actor,
            version: about(EventType::MessageEdited).filter_map(|row| row.envelope.params.version).max().unwrap_or(1),
            deleted: about(EventType::MessageDeleted).next().is_some(),
            forwarded: row.envelope.params.forwarded,
            thread: row.envelope.thread,
            poll: row.envelope.params.poll,
            preview: match () {
                () if about(EventType::MessagePreviewRemoved).next().is_some() => Preview::Removed,
                () if about(EventType::MessagePreviewed).next().is_some() => Preview::Shown,
                () => Preview::None,
            },
        }
    }

    fn reacted(&self, target: u64) -> Reacted {
        let mut reacted = Reacted::default();
        for reaction in self.reactions.iter().filter(|reaction| reaction.target == target) {
            *reacted.counts.entry(reaction.emoji.clone()).or_default() += 1;
        }
        reacted
    }

    /// One commit.
    pub fn batch(&mut self, inputs: &[Input]) -> Vec<Answer> {
        self.commit(inputs, &[], &[]).answers
    }

    /// Somebody left the space of this channel, by an event of its log.
    pub fn departs(&mut self, space: ConversationId, who: &str, seq: u64) {
        self.commit(&[], &[], &[(space, Departure { user: user(who), seq, by: user("eve") })]);
    }

    /// A channel tells this space of itself.
    pub fn hears(&mut self, news: &ChannelNews) -> Batch {
        self.commit(&[], std::slice::from_ref(news), &[])
    }

    fn commit(&mut self, inputs: &[Input], heard: &[ChannelNews], departed: &[(ConversationId, Departure)]) -> Batch {
        let mut known = self.known(inputs);
        let mut batch = Batch::default();
        let mut drawn = self.drawn;
        let mut random = || {
            drawn += 1;
            drawn.to_be_bytes()
        };
        let mut context =
            Context { now: self.now, random: &mut random, fingerprint_secret: &[3; 32], resolve: &resolve };
        for input in inputs {
            push_and_look(&mut batch, &mut self.state, &mut known, input, &mut context);
        }
        for news in heard {
            batch.hear(&mut self.state, &mut known, news, &mut context);
        }
        for (space, departure) in departed {
            batch.depart(&mut self.state, &mut known, (*space, departure), &mut context);
        }
        self.drawn = drawn;
        self.channels = known.channels;
        for row in &batch.rows {
            if let Some(content) = &row.content {
                self.whole.insert(row.envelope.seq, content.clone());
            }
        }
        self.log.extend(batch.rows.iter().cloned());
        for effect in &batch.effects {
            match effect {
                Effect::Erase { target, .. } => {
                    let about = |row: &Row| {
                        let kind = &row.envelope.kind;
                        row.envelope.seq == *target
                            || (matches!(
                                kind,
                                EventType::MessageEdited | EventType::ReactionAdded | EventType::MessagePreviewed
                            ) && row.envelope.reference == Some(*target))
                    };
                    self.erase(about);
                    self.reactions.retain(|reaction| reaction.target != *target);
                }
                Effect::Reacted { target, user, emoji, by } => {
                    let (target, user, emoji, seq) = (*target, *user, emoji.clone(), *by);
                    self.reactions.push(Reaction { target, user, emoji, seq });
                }
                Effect::Unreacted { reaction, .. } => {
                    self.erase(|row| row.envelope.seq == *reaction);
                    self.reactions.retain(|kept| kept.seq != *reaction);
                }
                Effect::Invited { invite } => {
                    let used = self.invites.iter_mut().find(|held| held.id == *invite);
                    used.unwrap().uses += 1;
                }
                Effect::Voted { poll, options, user, before, now, command, fingerprint } => {
                    assert_eq!(self.votes.get(&(*poll, *user)).copied().unwrap_or_default(), *before);
                    self.votes.insert((*poll, *user), *now);
                    self.votes.retain(|_, choices| *choices != Choices::NONE);
                    self.tallies.entry(*poll).or_insert_with(|| Tally::new(*options)).vote(*before, *now);
                    let taken = self.vote_keys.insert(*command, (*poll, Some(*fingerprint)));
                    assert!(taken.is_none(), "a key voted twice");
                }
                Effect::PollClosed { poll, options } => {
                    self.tallies.entry(*poll).or_insert_with(|| Tally::new(*options)).close();
                }
                Effect::PollErased { poll } => {
                    self.tallies.remove(poll);
                    self.votes.retain(|(voted, _), _| voted != poll);
                    let of_it = self.vote_keys.values_mut().filter(|(voted, _)| voted == poll);
                    of_it.for_each(|(_, fingerprint)| *fingerprint = None);
                }
                Effect::PreviewRemoved { target, .. } => self.erase(|row| {
                    row.envelope.kind == EventType::MessagePreviewed && row.envelope.reference == Some(*target)
                }),
                Effect::ChannelTold { .. }
                | Effect::Edited { .. }
                | Effect::Flagged { .. }
                | Effect::Linked { .. }
                | Effect::Previewed { .. }
                | Effect::Replied { .. }
                | Effect::ReplyErased { .. }
                | Effect::PinsChanged
                | Effect::Spoke { .. }
                | Effect::End { .. }
                | Effect::Forget { .. } => {}
            }
        }
        self.effects.extend(batch.effects.iter().cloned());
        batch
    }

    fn erase(&mut self, about: impl Fn(&Row) -> bool) {
        for row in self.log.iter_mut().filter(|row| self.erases && about(row)) {
            (row.content, row.content_text, row.salt, row.fingerprint) = (None, None, None, None);
        }
    }

    /// One command under a new key, alone in its commit.
    pub fn asks(&mut self, who: &str, command: Command) -> Result<u64, Code> {
        self.keys += 1;
        let input = ask(who, self.keys, command);
        self.one(&input).map(|ack| ack.seq)
    }

    /// One input, alone in its commit.
    pub fn one(&mut self, input: &Input) -> Result<Ack, Code> {
        match self.batch(std::slice::from_ref(input)).remove(0) {
            Answer::Ack(ack) => Ok(ack),
            Answer::Rejected(key, rejection) => {
                assert_eq!(key, input.command.key);
                assert!(!rejection.message.is_empty());
                Err(rejection.code)
            }
        }
    }

    /// Refused with this code, and nothing has changed.
    #[track_caller]
    pub fn refuses(&mut self, who: &str, command: Command, code: Code) {
        let (state, length, effects) = (self.state.clone(), self.log.len(), self.effects.len());
        assert_eq!(self.asks(who, command), Err(code));
        assert_eq!((&self.state, self.log.len(), self.effects.len()), (&state, length, effects));
    }

    pub fn row(&self, seq: u64) -> Option<&Row> {
        self.log.get(usize::try_from(seq).ok()?.checked_sub(1)?)
    }

    pub fn envelope(&self, seq: u64) -> &Envelope {
        &self.row(seq).unwrap().envelope
    }

    /// The types of the log, from a seq on.
    pub fn types(&self, from: u64) -> Vec<EventType> {
        self.log.iter().map(|row| row.envelope.kind.clone()).skip(usize::try_from(from - 1).unwrap()).collect()
    }

    pub fn role(&self, who: &str) -> Option<Role> {
        self.state.member(&user(who)).map(|member| member.role)
    }

    /// The log as it is exported to somebody who may see all of it.
    pub fn export(&self) -> Vec<String> {
        let mut lines = vec![self.header()];
        for row in &self.log {
            let mut line = String::new();
            let salt = row.salt.map(|salt| salt.to_text());
            write_item(&mut line, &row.envelope_text, row.content_text.as_deref(), salt.as_deref());
            lines.push(line);
        }
        lines
    }

    /// The first line of an export.
    pub fn header(&self) -> String {
        let state = &self.state;
        let about = state.about.clone().unwrap();
        let ana = user("ana");
        let receipt = state.receipts.of(ana);
        let root = state.tree.root().to_text();
        let conversation = quipu_schema::http::Conversation {
            id: state.conv,
            kind: about.kind,
            encryption: about.encryption,
            history: about.history,
            epoch: state.epoch,
            seq: state.seq,
            n: state.n,
            at: state.at,
            root: root.clone(),
            info: about.info,
            settings: about.settings,
            space: about.space.map(|space| space.id),
            member_count: state.active_count() as u64,
            you: quipu_schema::http::You {
                user: ana,
                role: Role::Member,
                receipt,
                unread: 0,
                spoke_at: None,
                muted_until: None,
            },
            cells_version: 0,
            pins: about.pins,
            reports: 0,
        };
        let conversation = serde_json::to_string(&conversation).unwrap();
        format!(r#"{{"quipu_export":1,"conversation":{conversation},"size":{},"root":"{root}"}}"#, state.seq)
    }
}

/// The id of Ana's and Ben's conversation.
pub fn direct_id() -> ConversationId {
    let id = ConversationId::direct(&id_key(), "test", user("ana"), user("ben"), "");
    assert_eq!(id.kind(), ConversationKind::Direct);
    id
}
