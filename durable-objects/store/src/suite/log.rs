//! A conversation driven through the core and the store, with what must be on disk kept beside it.

use std::collections::{BTreeMap, BTreeSet};

use quipu_core::batch::{Answer, Batch, Context, Effect, Input, Known, Row};
use quipu_core::decide::{Lookups, plan};
use quipu_core::previews::Looked;
use quipu_core::state::State;
use quipu_schema::command::{
    AddMember, Command, Create, DeleteMessage, EditMessage, Join, KeyedCommand, NewContent, NewText, PinMessage, React,
    RemoveMember, SendMessage, UnpinMessage, Unreact, Update,
};
use quipu_schema::envelope::{Encryption, EventType, History, Role};
use quipu_schema::event::write_item;
use quipu_schema::ids::{CommandKey, ConversationId, Epoch, IdKey, InviteToken, UserId, UserRef};
use quipu_schema::internal::ChannelNews;
use quipu_schema::moderation::{BanMember, MuteMember, UnbanMember};
use quipu_schema::poll::{ClosePoll, NewPoll, Vote};
use quipu_schema::problem::Code;
use quipu_schema::socket::{Ack, Cell};

use super::{Failure, Outcome, same};
use crate::conversation::Birth;
use crate::conversation::commit::{CellWrite, commit};
use crate::conversation::load::{known, load};
use crate::conversation::{polls, threads};
use crate::sql::Sql;

const SECRET: [u8; 32] = [3; 32];

/// A user of the suite.
pub(super) fn user(subject: &str) -> Outcome<UserId> {
    let key = IdKey::new(&[7; 32]).ok_or("a key of 32 bytes is long enough")?;
    Ok(UserId::derive(&key, "suite", "issuer", subject))
}

/// A conversation of the suite.
pub(super) fn group(number: u8) -> Outcome<ConversationId> {
    let key = IdKey::new(&[7; 32]).ok_or("a key of 32 bytes is long enough")?;
    Ok(ConversationId::group(&key, "suite", user("ana")?, CommandKey::from_random([number; 16])))
}

/// An invite link of the suite.
pub(super) fn link(number: u8) -> Outcome<InviteToken> {
    let key = IdKey::new(&[7; 32]).ok_or("a key of 32 bytes is long enough")?;
    Ok(InviteToken::derive(&key, "suite", group(0)?, user("ana")?, CommandKey::from_random([number; 16])))
}

/// The conversation.
pub(super) struct Log<'a, S> {
    pub sql: &'a S,
    pub birth: Birth,
    pub state: State,
    /// What must be on disk, row by row.
    pub rows: Vec<Row>,
    pub now: u64,
    pub cells_version: u64,
    /// Whose cursors moved without a row.
    pub unwritten: BTreeSet<UserId>,
    born: bool,
    drawn: u128,
    keys: u128,
}

impl<'a, S: Sql> Log<'a, S> {
    pub fn new(sql: &'a S) -> Outcome<Self> {
        Self::of(sql, group(0)?)
    }

    /// Another conversation than the group.
    pub fn of(sql: &'a S, conv: ConversationId) -> Outcome<Self> {
        let epoch = Epoch::from_bits(11);
        Ok(Self {
            sql,
            birth: Birth { conv, app: "suite".into(), epoch, fingerprint_secret: Birth::hex(SECRET) },
            state: State::new(conv, epoch),
            rows: Vec::new(),
            now: 1_790_000_000_000,
            cells_version: 0,
            unwritten: BTreeSet::new(),
            born: false,
            drawn: 0,
            keys: 0,
        })
    }

    /// A command under a new key.
    pub fn ask(&mut self, who: &str, command: Command) -> Outcome<Input> {
        self.keys += 1;
        let key = CommandKey::from_random((self.keys << 64 | self.keys).to_be_bytes());
        Ok(Input { user: user(who)?, subject: who.into(), command: KeyedCommand { key, command } })
    }

    /// Decides without storing; the state in memory moves on.
    pub fn decide(&mut self, inputs: &[Input]) -> Outcome<Batch> {
        self.decide_with(inputs, &[])
    }

    /// The same, with what came of looking at links.
    pub fn decide_with(&mut self, inputs: &[Input], looked: &[Looked]) -> Outcome<Batch> {
        let mut lookups: Vec<_> = inputs.iter().map(|input| plan(input.user, &input.command)).collect();
        lookups.extend(looked.iter().map(|looked| Lookups::of(looked.seq)));
        let mut known = if self.born { known(self.sql, &lookups)? } else { Known::default() };
        if self.born {
            polls::remember(self.sql, &lookups, &mut known)?;
        }
        self.decided(inputs, known, looked, &[])
    }

    /// The same where other objects have said something.
    pub fn decide_hearing(&mut self, inputs: &[Input], known: Known, heard: &[ChannelNews]) -> Outcome<Batch> {
        self.decided(inputs, known, &[], heard)
    }

    fn decided(
        &mut self,
        inputs: &[Input],
        mut known: Known,
        looked: &[Looked],
        heard: &[ChannelNews],
    ) -> Outcome<Batch> {
        let mut batch = Batch::default();
        let mut drawn = self.drawn;
        let mut random = || {
            drawn += 1;
            drawn.to_be_bytes()
        };
        let resolve = |user: &UserRef| match user {
            UserRef::Id(id) => *id,
            UserRef::Subject(subject) => self::user(subject).unwrap_or(UserId::NOBODY),
        };
        let mut context =
            Context { now: self.now, random: &mut random, fingerprint_secret: &SECRET, resolve: &resolve };
        for input in inputs {
            batch.push(&mut self.state, &mut known, input, &mut context);
        }
        for looked in looked {
            batch.look(&mut self.state, &mut known, looked, &mut context);
        }
        for news in heard {
            batch.hear(&mut self.state, &mut known, news, &mut context);
        }
        self.drawn = drawn;
        self.now += 1;
        Ok(batch)
    }

    /// Stores what was decided.
    pub fn store(&mut self, batch: Batch, cells: &[CellWrite]) -> Outcome<Vec<Answer>> {
        commit(self.sql, &self.state, &batch, cells, (!self.born).then_some(&self.birth))?;
        self.born = true;
        for row in &batch.rows {
            match (&row.envelope.kind, row.envelope.params.user) {
                (EventType::MessageCreated, _) if row.envelope.thread.is_none() => {
                    self.unwritten.insert(row.envelope.actor);
                }
                (EventType::MemberJoined, Some(joined)) => drop(self.unwritten.insert(joined)),
                _ => {}
            }
        }
        self.rows.extend(batch.rows);
        for effect in batch.effects {
            match effect {
                Effect::Erase { target, .. } => self.erase(|row| {
                    row.envelope.seq == target
                        || (matches!(
                            row.envelope.kind,
                            EventType::MessageEdited | EventType::ReactionAdded | EventType::MessagePreviewed
                        ) && row.envelope.reference == Some(target))
                }),
                Effect::Unreacted { reaction, .. } => self.erase(|row| row.envelope.seq == reaction),
                Effect::PreviewRemoved { target, .. } => self.erase(|row| {
                    row.envelope.kind == EventType::MessagePreviewed && row.envelope.reference == Some(target)
                }),
                Effect::ChannelTold { .. }
                | Effect::Edited { .. }
                | Effect::Linked { .. }
                | Effect::Previewed { .. }
                | Effect::Reacted { .. }
                | Effect::Invited { .. }
                | Effect::Replied { .. }
                | Effect::ReplyErased { .. }
                | Effect::PinsChanged
                | Effect::Flagged { .. }
                | Effect::Spoke { .. }
                | Effect::Voted { .. }
                | Effect::PollClosed { .. }
                | Effect::PollErased { .. }
                | Effect::End { .. } => {}
                Effect::Forget { user } => drop(self.unwritten.remove(&user)),
            }
        }
        Ok(batch.answers)
    }

    fn erase(&mut self, about: impl Fn(&Row) -> bool) {
        for row in self.rows.iter_mut().filter(|row| about(row)) {
            (row.content, row.content_text, row.salt, row.fingerprint) = (None, None, None, None);
        }
    }

    /// One commit.
    pub fn batch(&mut self, inputs: &[Input]) -> Outcome<Vec<Answer>> {
        let batch = self.decide(inputs)?;
        let none = BTreeMap::new();
        let places = if self.born { threads::moved(self.sql, &self.state, &batch, &none)? } else { Vec::new() };
        let cells = threads::writes(places, &mut self.cells_version);
        self.store(batch, &cells)
    }

    /// One command, alone in its commit, which must succeed.
    pub fn does(&mut self, who: &str, command: Command) -> Outcome<u64> {
        let input = self.ask(who, command)?;
        self.again(&input).map(|ack| ack.seq)
    }

    /// The same input again.
    pub fn again(&mut self, input: &Input) -> Outcome<Ack> {
        match self.batch(std::slice::from_ref(input))?.pop() {
            Some(Answer::Ack(ack)) => Ok(ack),
            other => Err(Failure(format!("a command that must succeed was answered {other:?}"))),
        }
    }

    /// The code by which one command is refused.
    pub fn refused(&mut self, input: &Input) -> Outcome<Code> {
        match self.batch(std::slice::from_ref(input))?.pop() {
            Some(Answer::Rejected(_, rejection)) => Ok(rejection.code),
            other => Err(Failure(format!("a command that must be refused was answered {other:?}"))),
        }
    }

    /// A cell with the next version.
    pub fn cell(&mut self, cell: Cell) -> CellWrite {
        self.cells_version += 1;
        CellWrite { cell, version: self.cells_version }
    }

    /// What is on disk is what was kept: the state, and every byte of the log.
    pub fn agrees(&self, when: &str) -> Outcome {
        let loaded = load(self.sql)?.ok_or_else(|| format!("{when}: nothing was loaded"))?;
        same(&format!("{when}: birth"), &loaded.birth, &self.birth)?;
        same(&format!("{when}: state"), &loaded.state, &self.state)?;
        same(&format!("{when}: cells version"), &loaded.cells_version, &self.cells_version)?;
        let stored = self
            .sql
            .exec("SELECT seq, envelope, content, salt, command, fingerprint, tree FROM events ORDER BY seq", &[])?;
        same(&format!("{when}: number of rows"), &stored.len(), &self.rows.len())?;
        for (found, row) in stored.iter().zip(&self.rows) {
            let seq = row.envelope.seq;
            let salt = row.salt.map(|salt| salt.to_text());
            same(&format!("{when}: seq"), &found.integer(0)?, &seq)?;
            same(&format!("{when}: envelope of {seq}"), &found.text(1)?, &row.envelope_text.as_str())?;
            same(&format!("{when}: content of {seq}"), &found.optional_text(2)?, &row.content_text.as_deref())?;
            same(&format!("{when}: salt of {seq}"), &found.optional_text(3)?, &salt.as_deref())?;
            same(&format!("{when}: command of {seq}"), &found.optional_array(4)?, &row.command)?;
            same(&format!("{when}: fingerprint of {seq}"), &found.optional_array(5)?, &row.fingerprint)?;
            same(&format!("{when}: tree of {seq}"), &found.blob(6)?, &row.tree.as_slice())?;
        }
        Ok(())
    }

    /// The row of an event.
    pub fn row(&self, seq: u64) -> Outcome<&Row> {
        let found = self.rows.iter().find(|row| row.envelope.seq == seq);
        found.ok_or_else(|| Failure(format!("there is no event {seq}")))
    }

    /// An event as readers get it.
    pub fn item(&self, seq: u64) -> Outcome<String> {
        let row = self.row(seq)?;
        let salt = row.salt.map(|salt| salt.to_text());
        let mut item = String::new();
        write_item(&mut item, &row.envelope_text, row.content_text.as_deref(), salt.as_deref());
        Ok(item)
    }
}

pub(super) fn text(text: &str) -> NewContent {
    NewContent::Text(NewText { text: text.into(), mentions: vec![], ..NewText::default() })
}

pub(super) fn send(words: &str) -> Command {
    Command::Send(SendMessage { content: text(words), reply_to: None, thread: None })
}

pub(super) fn reply(root: u64, words: &str, mentions: &[UserId]) -> Command {
    let mentions = mentions.iter().copied().map(UserRef::Id).collect();
    let content = NewContent::Text(NewText { text: words.into(), mentions, ..NewText::default() });
    Command::Send(SendMessage { content, reply_to: None, thread: Some(root) })
}

pub(super) fn edit(seq: u64, words: &str) -> Command {
    Command::Edit(EditMessage { seq, content: text(words), expect_version: None })
}

pub(super) fn delete(seq: u64) -> Command {
    Command::Delete(DeleteMessage { seq })
}

pub(super) fn react(seq: u64, emoji: &str) -> Command {
    Command::React(React { seq, emoji: emoji.into() })
}

pub(super) fn unreact(seq: u64, emoji: &str) -> Command {
    Command::Unreact(Unreact { seq, emoji: emoji.into() })
}

pub(super) fn send_poll(poll: NewPoll) -> Command {
    Command::Send(SendMessage { content: NewContent::Poll(poll), reply_to: None, thread: None })
}

pub(super) fn vote(seq: u64, choices: &[u64]) -> Command {
    Command::Vote(Vote { seq, choices: choices.to_vec() })
}

pub(super) fn close(seq: u64) -> Command {
    Command::ClosePoll(ClosePoll { seq })
}

pub(super) fn pin(seq: u64) -> Command {
    Command::Pin(PinMessage { seq })
}

pub(super) fn unpin(seq: u64) -> Command {
    Command::Unpin(UnpinMessage { seq })
}

pub(super) fn ban(who: &str) -> Command {
    Command::Ban(BanMember { user: UserRef::Subject(who.into()) })
}

pub(super) fn unban(who: &str) -> Command {
    Command::Unban(UnbanMember { user: UserRef::Subject(who.into()) })
}

pub(super) fn mute(who: &str) -> Command {
    Command::Mute(MuteMember { user: UserRef::Subject(who.into()), for_s: None })
}

pub(super) fn add(who: &str) -> Command {
    Command::AddMember(AddMember { user: UserRef::Subject(who.into()), role: Role::Member })
}

pub(super) fn join(token: InviteToken) -> Command {
    Command::Join(Join { token })
}

pub(super) fn remove(who: &str) -> Command {
    Command::RemoveMember(RemoveMember { user: UserRef::Subject(who.into()) })
}

pub(super) fn rename(name: &str) -> Command {
    Command::Update(Update { name: Some(name.into()), topic: None, avatar: None })
}

pub(super) fn create(members: &[&str], history: History) -> Command {
    Command::Create(Create {
        members: members.iter().map(|who| UserRef::Subject((*who).into())).collect(),
        name: Some("Suite".into()),
        topic: None,
        avatar: None,
        history,
        encryption: Encryption::None,
    })
}
