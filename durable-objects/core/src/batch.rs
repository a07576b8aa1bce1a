//! Many commands in one commit. All are decided, in order, before any of them is stored; keys and targets are seen within the batch
//! too; one bad command harms no other.

use std::collections::{BTreeMap, HashMap, HashSet};

use quipu_schema::command::{Command, KeyedCommand};
use quipu_schema::commitment::{Salt, commit};
use quipu_schema::content::{Content, ReactionContent};
use quipu_schema::envelope::{ENVELOPE_V, Envelope, EventType};
use quipu_schema::fingerprint::{Fingerprint, fingerprint};
use quipu_schema::ids::{CommandKey, ConversationId, ConversationKind, UserId};
use quipu_schema::internal::{ChannelNews, Departure};
use quipu_schema::problem::{Code, Rejection};
use quipu_schema::socket::Ack;

use crate::decide::{
    Actor, CommandId, Copied, Decision, Draft, Found, Lookups, Preview, Prior, Reactions, Resolve, Target, decide,
    plan, spaces,
};
use crate::invites::{Invite, InviteHash};
use crate::polls::{Choices, Polled};
use crate::previews::{self, Looked, Previews, is_linked};
use crate::spaces::{Departures, Tellings, Word};
use crate::state::{Misfit, State};

/// One command and its sender.
#[derive(Debug, Clone)]
pub struct Input {
    /// The sender.
    pub user: UserId,
    /// The sender's own id in their team's system.
    pub subject: String,
    /// The command under its key.
    pub command: KeyedCommand,
}

/// What is known of keys and messages: read from the log beforehand, extended as the batch goes on.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Events by the command that caused them.
    pub priors: HashMap<CommandId, Prior>,
    /// Messages that commands are about.
    pub targets: HashMap<u64, Target>,
    /// Replies so far in threads that commands reply in, by the message the thread began with.
    pub threads: HashMap<u64, u64>,
    /// Reactions to messages that commands react to.
    pub reactions: HashMap<u64, Reacted>,
    /// How polls stand that commands are about.
    pub polls: HashMap<u64, Polled>,
    /// Invite links by which somebody joins.
    pub invites: HashMap<InviteHash, Invite>,
    /// What commands forward, as far as their senders may read it.
    pub copies: Copies,
    /// Commands that bring in somebody who may not be, and why.
    pub unreachable: HashMap<CommandId, Rejection>,
    /// What spaces say of whom commands bring into their channels.
    pub words: HashMap<CommandId, Word>,
    /// Of a space: what it was told of channels before.
    pub channels: HashMap<ConversationId, ChannelPlace>,
}

/// Up to which of its events a channel has told its space, or one that was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChannelPlace {
    /// Time of that event, Unix milliseconds …
    pub at: u64,
    /// … and its seq.
    pub seq: u64,
    /// By which of its events it entered the space; 0 where it is not in it.
    pub entered: u64,
}

/// Texts of messages of other conversations, by reader, conversation and seq.
pub type Copies = HashMap<(UserId, ConversationId, u64), Copied>;

/// What is known of the reactions to one message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reacted {
    /// How many members each emoji has.
    pub counts: BTreeMap<String, u64>,
    /// The reactions of those who ask: the event, by member and emoji.
    pub own: BTreeMap<(UserId, String), u64>,
}

impl Reacted {
    fn add(&mut self, user: UserId, emoji: &str, seq: u64) {
        *self.counts.entry(emoji.to_owned()).or_default() += 1;
        self.own.insert((user, emoji.to_owned()), seq);
    }

    fn remove(&mut self, user: UserId, seq: u64) {
        let found = self.own.iter().find(|((owner, _), own)| *owner == user && **own == seq);
        let Some((own, _)) = found.map(|(own, seq)| (own.clone(), *seq)) else { return };
        self.own.remove(&own);
        if let Some(count) = self.counts.get_mut(&own.1) {
            *count = count.saturating_sub(1);
        }
        self.counts.retain(|_, count| *count > 0);
    }

    fn of(&self, user: UserId, emoji: &str) -> Reactions {
        Reactions {
            own: self.own.get(&(user, emoji.to_owned())).copied(),
            own_count: self.own.keys().filter(|(owner, _)| *owner == user).count(),
            has_emoji: self.counts.contains_key(emoji),
            emoji_count: self.counts.len(),
        }
    }
}

impl Known {
    /// What one command needs of it.
    fn found(&self, user: UserId, lookups: &Lookups, command: &Command) -> Found {
        let emoji = match command {
            Command::React(react) => Some(react.emoji.as_str()),
            Command::Unreact(unreact) => Some(unreact.emoji.as_str()),
            _ => None,
        };
        let copied = match command {
            Command::Forward(forward) => self.copies.get(&(user, forward.from, forward.seq)).cloned(),
            _ => None,
        };
        let reacted = lookups.target.and_then(|seq| self.reactions.get(&seq));
        Found {
            prior: self.priors.get(&lookups.command).copied(),
            target: lookups.target.and_then(|seq| self.targets.get(&seq).cloned()),
            thread: lookups.thread.and_then(|root| {
                let replies = self.threads.get(&root).copied().unwrap_or(0);
                Some((self.targets.get(&root)?.clone(), replies))
            }),
            reactions: reacted.zip(emoji).map(|(reacted, emoji)| reacted.of(user, emoji)).unwrap_or_default(),
            ballot: lookups.target.and_then(|seq| Some(self.polls.get(&seq)?.of(user))).unwrap_or_default(),
            invite: lookups.invite.and_then(|hash| self.invites.get(&hash).cloned()),
            copied,
            unreachable: self.unreachable.get(&lookups.command).cloned(),
            word: self.words.get(&lookups.command).cloned(),
        }
    }
}

/// Where time, randomness and secrets come from.
pub struct Context<'a> {
    /// Unix milliseconds.
    pub now: u64,
    /// 16 random bytes at each call.
    pub random: &'a mut dyn FnMut() -> [u8; 16],
    /// The conversation's secret for fingerprints.
    pub fingerprint_secret: &'a [u8; 32],
    /// Turns the team's own user ids into ours.
    pub resolve: Resolve<'a>,
}

/// An event with its place, as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its envelope …
    pub envelope: Envelope,
    /// … and the bytes of it that are stored, hashed and served.
    pub envelope_text: String,
    /// Its content.
    pub content: Option<Content>,
    /// The bytes of it.
    pub content_text: Option<String>,
    /// The salt of the commitment.
    pub salt: Option<Salt>,
    /// Its command, on the first event of the command only.
    pub command: Option<CommandId>,
    /// The command's fingerprint, likewise.
    pub fingerprint: Option<Fingerprint>,
    /// The subtree roots its leaf completes.
    pub tree: Vec<u8>,
}

/// What else a commit does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// The message has a newer version, in this event.
    Edited {
        /// The message.
        target: u64,
        /// The version.
        version: u64,
        /// The event that carries it.
        by: u64,
    },
    /// Erase the message: content, salt and fingerprint of it, of its edits and of the reactions to it.
    Erase {
        /// The message.
        target: u64,
        /// The event that says so.
        by: u64,
    },
    /// A member reacted to the message, in this event.
    Reacted {
        /// The message.
        target: u64,
        /// The member.
        user: UserId,
        /// The emoji.
        emoji: String,
        /// The event.
        by: u64,
    },
    /// Erase the emoji of a reaction that its member took back.
    Unreacted {
        /// The message.
        target: u64,
        /// The member.
        user: UserId,
        /// The event that added it.
        reaction: u64,
    },
    /// Somebody joined by an invite link.
    Invited {
        /// The link's number.
        invite: u64,
    },
    /// Somebody replied in a thread.
    Replied {
        /// The message it began with.
        root: u64,
        /// Who wrote that.
        author: UserId,
        /// The reply.
        by: u64,
    },
    /// A reply was deleted.
    ReplyErased {
        /// The message its thread began with.
        root: u64,
    },
    /// Which messages are pinned has changed, and with it what the conversation is.
    PinsChanged,
    /// Of this user, who went long ago, nothing is remembered any more beside the log.
    Forget {
        /// Who.
        user: UserId,
    },
    /// All access of this user ends.
    End {
        /// Who.
        user: UserId,
    },
    /// The message holds a word that is to be reported.
    Flagged {
        /// The message …
        target: u64,
        /// … its version …
        version: u64,
        /// … and the event that carries it.
        by: u64,
    },
    /// A message, or its new version, has a link to be looked at.
    Linked {
        /// The message.
        target: u64,
        /// That version.
        version: u64,
    },
    /// A page that a message links to says this of itself.
    Previewed {
        /// The message.
        target: u64,
        /// The event.
        by: u64,
    },
    /// The preview of a message's link was taken away: what previews of it said is erased.
    PreviewRemoved {
        /// The message.
        target: u64,
        /// The event that says so.
        by: u64,
    },
    /// A member voted, voted otherwise, or took their vote back.
    Voted {
        /// The poll.
        poll: u64,
        /// How many options it has.
        options: u64,
        /// Who.
        user: UserId,
        /// What they chose before.
        before: Choices,
        /// What they chose.
        now: Choices,
        /// The command, which answers so for ever …
        command: CommandId,
        /// … as long as its fingerprint is there.
        fingerprint: Fingerprint,
    },
    /// A poll was closed by hand.
    PollClosed {
        /// The poll.
        poll: u64,
        /// How many options it has.
        options: u64,
    },
    /// A poll was deleted: its votes go with it.
    PollErased {
        /// The poll.
        poll: u64,
    },
    /// Of a space: a channel told this of itself.
    ChannelTold {
        /// The news.
        news: Box<ChannelNews>,
        /// The event that added it; 0 where it is no channel of the space.
        added: u64,
    },
    /// This member spoke in slow mode: when is kept.
    Spoke {
        /// Who.
        user: UserId,
    },
}

/// The answer to one input.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Stored, now or before.
    Ack(Ack),
    /// Refused, under its key.
    Rejected(CommandKey, Rejection),
}

/// What one commit stores and answers.
#[derive(Debug, Default)]
pub struct Batch {
    /// New events, contiguous.
    pub rows: Vec<Row>,
    /// What else to do in the same commit.
    pub effects: Vec<Effect>,
    /// One answer per input, in order.
    pub answers: Vec<Answer>,
    /// Which links are still to be looked at, where that changes. Whether they are at all is the deployment's choice.
    pub previews: Option<Previews>,
    /// What spaces are to be told, where that changes.
    pub tellings: Option<Tellings>,
    /// Of a space: channels that have come, by which of their events, and as of which event of the space they know its members.
    pub came: Vec<(ConversationId, (u64, u64))>,
    /// What is kept of which channels were told of departures, where that changes.
    pub departures: Option<Departures>,
}

/// Whether a new event is of this type and about this message.
fn is_about(row: &Row, kind: &EventType, target: u64) -> bool {
    row.envelope.kind == *kind && row.envelope.reference == Some(target)
}

/// How many messages are pinned: each event changes the list by one at most.
fn pins_of(state: &State) -> usize {
    state.about.as_ref().map_or(0, |about| about.pins.len())
}

impl Batch {
    /// Decides one more command and moves the state on.
    pub fn push(&mut self, state: &mut State, known: &mut Known, input: &Input, context: &mut Context<'_>) {
        let key = input.command.key;
        let answer = match self.decide(state, known, input, context) {
            Ok((seq, erased)) => Answer::Ack(Ack { key, seq, erased }),
            Err(rejection) => Answer::Rejected(key, rejection),
        };
        self.answers.push(answer);
    }

    fn decide(
        &mut self,
        state: &mut State,
        known: &mut Known,
        input: &Input,
        context: &mut Context<'_>,
    ) -> Result<(u64, bool), Rejection> {
        let lookups = plan(input.user, &input.command);
        let found = known.found(input.user, &lookups, &input.command.command);
        let mark = fingerprint(context.fingerprint_secret, &input.command.command);
        let actor = Actor { user: input.user, subject: &input.subject, at: context.now.max(state.at) };
        match decide(state, &found, actor, &input.command.command, &mark, context.resolve)? {
            Decision::Replay { seq, erased } => Ok((seq, erased)),
            Decision::Vote { poll, options, before, now } => {
                let (user, command, fingerprint) = (input.user, lookups.command, mark);
                known.polls.entry(poll).or_default().own.insert(user, now);
                known.priors.insert(command, Prior { seq: poll, fingerprint: Some(mark) });
                self.effects.push(Effect::Voted { poll, options, user, before, now, command, fingerprint });
                Ok((poll, false))
            }
            Decision::Events(drafts) => {
                let first = state.seq + 1;
                for (index, draft) in drafts.into_iter().enumerate() {
                    let cause = (index == 0).then_some((lookups.command, mark));
                    let origin = (input.user, input.command.key);
                    self.seal(state, known, origin, draft, cause, context).map_err(|_| Code::Internal)?;
                }
                known.priors.insert(lookups.command, Prior { seq: first, fingerprint: Some(mark) });
                Ok((first, false))
            }
        }
    }

    /// Adds what came of looking at a message's link, where that is an event.
    pub fn look(&mut self, state: &mut State, known: &mut Known, looked: &Looked, context: &mut Context<'_>) {
        let target = known.targets.get(&looked.seq);
        let Some(draft) = previews::decide(state, target, looked) else { return };
        let Some(actor) = target.map(|target| target.actor) else { return };
        let key = CommandKey::from_random((context.random)());
        // What does not fit is left out: nobody waits for it.
        let _ = self.seal(state, known, (actor, key), draft, None, context);
    }

    /// Takes what a channel tells this space of itself, where it is news.
    pub fn hear(&mut self, state: &mut State, known: &mut Known, news: &ChannelNews, context: &mut Context<'_>) {
        let ChannelNews { channel, at, seq, by, ref card, entered, since } = *news;
        if state.about.as_ref().is_none_or(|about| about.kind != ConversationKind::Space) {
            return;
        }
        let before = known.channels.get(&channel).copied();
        if before.is_some_and(|before| (before.at, before.seq) >= (at, seq)) {
            return;
        }
        let kind = match (card.is_some(), state.channels.contains_key(&channel)) {
            (true, false) => Some(EventType::SpaceChannelAdded),
            (false, true) => Some(EventType::SpaceChannelRemoved),
            _ => None,
        };
        if let Some(kind) = kind {
            let mut draft = Draft::new(kind);
            draft.params.channel = Some(channel);
            let key = CommandKey::from_random((context.random)());
            if self.seal(state, known, (by, key), draft, None, context).is_err() {
                return;
            }
        }
        if card.is_some() && before.is_none_or(|before| before.entered != entered) {
            self.came.push((channel, (entered, since)));
        }
        known.channels.insert(channel, ChannelPlace { at, seq, entered });
        let added = state.channels.get(&channel).copied().unwrap_or(0);
        self.effects.push(Effect::ChannelTold { news: Box::new(news.clone()), added });
    }

    /// Takes it that somebody has left the space of this channel.
    pub fn depart(
        &mut self,
        state: &mut State,
        known: &mut Known,
        (space, departure): (ConversationId, &Departure),
        context: &mut Context<'_>,
    ) {
        let Some(draft) = spaces::departed(state, space, departure) else { return };
        let mut seal = |state: &mut State, draft| {
            let key = CommandKey::from_random((context.random)());
            self.seal(state, known, (departure.by, key), draft, None, context).is_ok()
        };
        if seal(state, draft)
            && let Some(draft) = spaces::inherits(state, space)
        {
            seal(state, draft);
        }
    }

    /// Gives a draft its place, binds its content to it, and folds it into the state.
    fn seal(
        &mut self,
        state: &mut State,
        known: &mut Known,
        (actor, key): (UserId, CommandKey),
        draft: Draft,
        cause: Option<(CommandId, Fingerprint)>,
        context: &mut Context<'_>,
    ) -> Result<(), Misfit> {
        let flagged = draft.flagged;
        let (content, content_text) = draft.content.unzip();
        let salt = content_text.is_some().then(|| Salt((context.random)()));
        let commitment = salt.zip(content_text.as_deref()).map(|(salt, text)| commit(salt, text));
        let envelope = Envelope {
            actor,
            at: context.now.max(state.at),
            commitment,
            conv: state.conv,
            epoch: state.epoch,
            expires_at: None,
            key,
            n: state.n + u64::from(draft.kind == EventType::MessageCreated && draft.thread.is_none()),
            params: draft.params,
            reference: draft.reference,
            seq: state.seq + 1,
            thread: draft.thread,
            thread_n: draft.thread_n,
            kind: draft.kind,
            v: ENVELOPE_V,
        };
        let envelope_text = serde_json::to_string(&envelope).unwrap_or_default();
        let pins = pins_of(state);
        let goes = matches!(envelope.kind, EventType::MemberLeft | EventType::MemberRemoved | EventType::MemberBanned);
        let went = envelope.params.user.filter(|user| goes && state.member(user).is_some());
        let forgotten = went.and_then(|_| state.next_forgotten());
        let tree = state.apply(&envelope, &envelope_text, content.as_ref())?;
        if pins_of(state) != pins {
            self.effects.push(Effect::PinsChanged);
        }
        self.effects.extend(forgotten.map(|user| Effect::Forget { user }));
        self.note(known, &envelope, content.as_ref());
        if flagged {
            let (seq, version) = (envelope.seq, envelope.params.version.unwrap_or(1));
            let target = envelope.reference.filter(|_| envelope.kind == EventType::MessageEdited).unwrap_or(seq);
            self.effects.push(Effect::Flagged { target, version, by: seq });
        }
        if envelope.kind == EventType::MessageCreated && state.slows(&actor) {
            self.effects.push(Effect::Spoke { user: actor });
        }
        let (command, fingerprint) = cause.unzip();
        self.rows.push(Row { envelope, envelope_text, content, content_text, salt, command, fingerprint, tree });
        Ok(())
    }

    /// What later commands of this batch, and the store, must know of a new event.
    fn note(&mut self, known: &mut Known, envelope: &Envelope, content: Option<&Content>) {
        let seq = envelope.seq;
        match (&envelope.kind, envelope.reference) {
            (EventType::MessageCreated, _) => {
                let Envelope { actor, thread, .. } = *envelope;
                let kind = envelope.kind.clone();
                let forwarded = envelope.params.forwarded;
                let (preview, poll) = (Preview::None, envelope.params.poll);
                let target = Target { kind, actor, version: 1, deleted: false, forwarded, thread, preview, poll };
                known.targets.insert(seq, target);
                if is_linked(content) {
                    self.effects.push(Effect::Linked { target: seq, version: 1 });
                }
                if let (Some(root), Some(n)) = (thread, envelope.thread_n) {
                    known.threads.insert(root, n);
                    let author = known.targets.get(&root).map_or(actor, |target| target.actor);
                    self.effects.push(Effect::Replied { root, author, by: seq });
                }
            }
            (EventType::MessageEdited, Some(target)) => {
                let version = envelope.params.version.unwrap_or(1);
                if let Some(known) = known.targets.get_mut(&target) {
                    known.version = version;
                }
                self.effects.push(Effect::Edited { target, version, by: seq });
                if is_linked(content) {
                    self.effects.push(Effect::Linked { target, version });
                }
            }
            (EventType::MessageDeleted, Some(target)) => {
                let mut poll = None;
                if let Some(known) = known.targets.get_mut(&target) {
                    known.deleted = true;
                    poll = known.poll;
                }
                self.erase_message(known, target);
                self.effects.push(Effect::Erase { target, by: seq });
                self.effects.extend(poll.map(|_| Effect::PollErased { poll: target }));
                self.effects.extend(envelope.thread.map(|root| Effect::ReplyErased { root }));
            }
            (EventType::MessagePreviewed, Some(target)) => {
                if let Some(known) = known.targets.get_mut(&target) {
                    known.preview = Preview::Shown;
                }
                self.effects.push(Effect::Previewed { target, by: seq });
            }
            (EventType::MessagePreviewRemoved, Some(target)) => {
                if let Some(known) = known.targets.get_mut(&target) {
                    known.preview = Preview::Removed;
                }
                let previews = self.rows.iter().filter(|row| is_about(row, &EventType::MessagePreviewed, target));
                let erased: HashSet<u64> = previews.map(|row| row.envelope.seq).collect();
                self.erase(known, &erased);
                self.effects.push(Effect::PreviewRemoved { target, by: seq });
            }
            (EventType::ReactionAdded, Some(target)) => {
                if let Some(Content::Reaction(ReactionContent { emoji, .. })) = content {
                    let (user, emoji) = (envelope.actor, emoji.clone());
                    known.reactions.entry(target).or_default().add(user, &emoji, seq);
                    self.effects.push(Effect::Reacted { target, user, emoji, by: seq });
                }
            }
            (EventType::ReactionRemoved, Some(target)) => {
                let (user, reaction) = (envelope.actor, envelope.params.reaction.unwrap_or_default());
                if let Some(reacted) = known.reactions.get_mut(&target) {
                    reacted.remove(user, reaction);
                }
                self.erase(known, &HashSet::from([reaction]));
                self.effects.push(Effect::Unreacted { target, user, reaction });
            }
            (EventType::PollClosed, Some(poll)) => {
                known.polls.entry(poll).or_default().closed = true;
                let options = known.targets.get(&poll).and_then(|target| target.poll).map_or(0, |terms| terms.options);
                self.effects.push(Effect::PollClosed { poll, options });
            }
            (EventType::MemberJoined, _) => {
                if let Some(invite) = envelope.params.invite {
                    for known in known.invites.values_mut().filter(|known| known.id == invite) {
                        known.uses += 1;
                    }
                    self.effects.push(Effect::Invited { invite });
                }
            }
            (EventType::MemberLeft | EventType::MemberRemoved | EventType::MemberBanned, _) => {
                if let Some(user) = envelope.params.user {
                    self.effects.push(Effect::End { user });
                }
            }
            _ => {}
        }
    }

    /// All that goes with a message: itself, its edits, and the reactions to it.
    fn erase_message(&mut self, known: &mut Known, target: u64) {
        let about = |row: &&Row| {
            [EventType::MessageEdited, EventType::ReactionAdded, EventType::MessagePreviewed]
                .iter()
                .any(|kind| is_about(row, kind, target))
        };
        let reacted = known.reactions.remove(&target).unwrap_or_default();
        let mut erased: HashSet<u64> = self.rows.iter().filter(about).map(|row| row.envelope.seq).collect();
        erased.insert(target);
        erased.extend(reacted.own.values());
        self.erase(known, &erased);
    }

    /// What is added and erased within one batch must leave no content either, and its keys answer as they will after it.
    fn erase(&mut self, known: &mut Known, erased: &HashSet<u64>) {
        for row in self.rows.iter_mut().filter(|row| erased.contains(&row.envelope.seq)) {
            row.content = None;
            row.content_text = None;
            row.salt = None;
            row.fingerprint = None;
        }
        for prior in known.priors.values_mut().filter(|prior| erased.contains(&prior.seq)) {
            prior.fingerprint = None;
        }
    }
}
