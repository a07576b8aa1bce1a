//! What an export's events must be to each other.

use std::collections::{HashMap, HashSet};

use quipu_schema::commitment::{Salt, commit};
use quipu_schema::content::Content;
use quipu_schema::envelope::{Envelope, EventType};
use quipu_schema::event::SeqRange;
use quipu_schema::http::Conversation;
use quipu_schema::ids::{ConversationId, Epoch, UserId};
use quipu_schema::settings::ChannelVisibility;

use super::reactions::Reactions;
use super::{Report, canonical};
use crate::decide::{CommandId, command_id};
use crate::merkle::Frontier;
use crate::state::State;

/// The log so far.
pub(super) struct Log {
    conv: ConversationId,
    epoch: Epoch,
    tree: Frontier,
    n: u64,
    at: u64,
    /// Events withheld since the last one seen.
    gap: u64,
    /// The fold of everything; `None` once an event was withheld.
    state: Option<State>,
    messages: HashMap<u64, Message>,
    reactions: Reactions,
    commands: HashSet<CommandId>,
    /// The command that the last event came of.
    running: Option<Running>,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    messages: u64,
    withheld: u64,
    erased: u64,
    missing: u64,
}

/// What must be remembered of a message. Its author is unknown where it is withheld and only events about it are seen.
#[derive(Default)]
struct Message {
    author: Option<UserId>,
    version: u64,
    deleted: bool,
    /// The message that began the thread it stands in; unknown where it is withheld.
    thread: Option<u64>,
    /// Replies in its own thread.
    replies: u64,
    /// Whether it is a poll that was not closed by hand.
    poll: bool,
    /// The line of the first content of it.
    content: Option<u64>,
    missing: u64,
    /// The same of its previews, which go before it does where they are taken away.
    preview: Option<u64>,
    previews_missing: u64,
}

struct Running {
    command: CommandId,
    creates: bool,
}

type Checked = Result<(), String>;

fn check(fits: bool, message: impl FnOnce() -> String) -> Checked {
    if fits { Ok(()) } else { Err(message()) }
}

impl Log {
    pub(super) fn new(conv: ConversationId, epoch: Epoch) -> Self {
        Self {
            conv,
            epoch,
            tree: Frontier::default(),
            n: 0,
            at: 0,
            gap: 0,
            state: Some(State::new(conv, epoch)),
            messages: HashMap::new(),
            reactions: Reactions::default(),
            commands: HashSet::new(),
            running: None,
            counts: Counts::default(),
        }
    }

    pub(super) fn seq(&self) -> u64 {
        self.tree.size()
    }

    pub(super) fn root(&self) -> String {
        self.tree.root().to_text()
    }

    /// Events that are there and not shown.
    pub(super) fn withheld(&mut self, range: SeqRange, leaves: &[[u8; 32]]) -> Checked {
        let expected = self.seq() + 1;
        check(range.from == expected && range.to >= range.from, || {
            format!("events {} to {} are withheld where event {expected} must follow", range.from, range.to)
        })?;
        let count = range.to - range.from + 1;
        check(u64::try_from(leaves.len()) == Ok(count), || {
            format!("{count} events are withheld and {} leaf hashes given", leaves.len())
        })?;
        leaves.iter().for_each(|leaf| self.tree.push_leaf(*leaf));
        self.gap += count;
        self.counts.withheld += count;
        self.state = None;
        self.running = None;
        Ok(())
    }

    /// An event, by the exact texts of its envelope and content.
    pub(super) fn event(&mut self, line: u64, text: &str, content_text: Option<&str>, salt: Option<&str>) -> Checked {
        let envelope: Envelope =
            serde_json::from_str(text).map_err(|error| format!("the envelope cannot be read: {error}"))?;
        let seq = envelope.seq;
        let expected = self.seq() + 1;
        check(seq == expected, || format!("event {seq} where event {expected} must follow"))?;
        check(envelope.conv == self.conv && envelope.epoch == self.epoch, || {
            format!("event {seq} belongs to another log")
        })?;
        check(canonical::envelope(text, &envelope), || {
            format!("the envelope of event {seq} is not in canonical form")
        })?;
        let content = bound(&envelope, content_text, salt)?;
        self.counters(&envelope)?;
        self.command(&envelope)?;
        self.members(&envelope)?;
        self.meaning(line, &envelope, content_text.is_some())?;
        if let Some(state) = &mut self.state {
            state.apply(&envelope, text, content.as_ref()).map_err(|misfit| misfit.to_string())?;
        }
        self.tree.push(text.as_bytes());
        (self.n, self.at, self.gap) = (envelope.n, envelope.at, 0);
        Ok(())
    }

    /// Time does not go back, and each message counts one; of withheld events it is not known how many are messages.
    fn counters(&self, envelope: &Envelope) -> Checked {
        let least = self.n + u64::from(envelope.kind == EventType::MessageCreated && envelope.thread.is_none());
        check(envelope.at >= self.at, || {
            format!("the time of event {} lies before that of the event before it", envelope.seq)
        })?;
        check((least..=least + self.gap).contains(&envelope.n), || {
            format!("event {} counts {} messages where {least} are possible", envelope.seq, envelope.n)
        })
    }

    /// A sender's key names one command. Only a creation causes several events: itself, then its members.
    fn command(&mut self, envelope: &Envelope) -> Checked {
        let command = command_id(envelope.actor, envelope.key);
        let joins = envelope.kind == EventType::MemberJoined;
        let goes_on = self.running.as_ref().is_some_and(|running| {
            running.command == command && (running.creates && joins || matches!(envelope.kind, EventType::Other(_)))
        });
        if goes_on {
            return Ok(());
        }
        check(self.commands.insert(command), || {
            format!("event {} repeats the key of an earlier command", envelope.seq)
        })?;
        // Where the creation itself is withheld, its members may still be seen.
        let creates = envelope.kind == EventType::ConversationCreated || (joins && self.gap > 0);
        self.running = Some(Running { command, creates });
        Ok(())
    }

    /// Who did it was there, and so was whom it happened to. Known only where nothing is withheld.
    fn members(&self, envelope: &Envelope) -> Checked {
        let seq = envelope.seq;
        let created = envelope.kind == EventType::ConversationCreated;
        check(created == (seq == 1), || {
            format!("event {seq} is not what it must be: a log begins with its creation, and has one")
        })?;
        let Some(state) = &self.state else { return Ok(()) };
        let member = |user: &UserId| state.member(user).is_some();
        let creating = self.running.as_ref().is_some_and(|running| running.creates);
        let user = envelope.params.user.unwrap_or(envelope.actor);
        let about = state.about.as_ref();
        let open = about.is_some_and(|about| about.settings.visibility != ChannelVisibility::Private);
        let invited = envelope.kind == EventType::MemberJoined && (envelope.params.invite.is_some() || open);
        let within = about.and_then(|about| about.space).map(|within| within.id);
        // What a space does in its channels, and a channel in its space, is by the hand of somebody there.
        let from_elsewhere = match &envelope.kind {
            EventType::SpaceChannelAdded | EventType::SpaceChannelRemoved => true,
            EventType::ConversationSpaceLeft | EventType::MemberRemoved | EventType::MemberRoleChanged => {
                envelope.params.space.is_some() && envelope.params.space == within
            }
            _ => false,
        };
        check(creating || member(&envelope.actor) || (invited && user == envelope.actor) || from_elsewhere, || {
            format!("event {seq} is by somebody who is not a member")
        })?;
        let banned = state.bans.contains_key(&user);
        let (fits, problem) = match envelope.kind {
            EventType::MemberJoined => (!member(&user) && !banned, "adds somebody who is a member, or banned"),
            EventType::MemberBanned if member(&user) != envelope.params.role.is_some() => {
                (false, "is about a member and does not say so, or says so and is about none")
            }
            EventType::MemberBanned => (!banned, "bans somebody who is banned"),
            EventType::MemberUnbanned => (banned, "lifts a ban that is none"),
            EventType::ConversationSpaceEntered => (within.is_none(), "enters a space from within one"),
            EventType::ConversationSpaceLeft => {
                (within.is_some() && envelope.params.space == within, "leaves a space that it is not in")
            }
            EventType::SpaceChannelAdded | EventType::SpaceChannelRemoved => {
                let known = envelope.params.channel.is_some_and(|channel| state.channels.contains_key(&channel));
                let adds = envelope.kind == EventType::SpaceChannelAdded;
                (known != adds, "adds a channel that is there, or removes one that is not")
            }
            EventType::MemberLeft => (user == envelope.actor, "lets somebody leave by another's hand"),
            EventType::MemberRemoved
            | EventType::MemberRoleChanged
            | EventType::MemberMuted
            | EventType::MemberUnmuted => (member(&user), "is about somebody who is not a member"),
            _ => (true, ""),
        };
        check(fits, || format!("event {seq} {problem}"))
    }

    /// Messages, their edits, replies and deletions, and reactions to them.
    fn meaning(&mut self, line: u64, envelope: &Envelope, has_content: bool) -> Checked {
        let seq = envelope.seq;
        self.thread(envelope)?;
        let message = match (&envelope.kind, envelope.reference) {
            (EventType::MessageCreated, reference) => {
                if let Some(target) = reference {
                    let quoted = envelope.params.quoted_version.unwrap_or(1);
                    let whole = self.state.is_some();
                    let held = self.target(seq, target)?;
                    check(!held.deleted, || format!("event {seq} replies to message {target}, deleted before"))?;
                    check(quoted >= 1 && (quoted <= held.version || !whole), || {
                        format!("event {seq} quotes version {quoted} of message {target}, which does not exist")
                    })?;
                }
                self.counts.messages += 1;
                let held = self.messages.entry(seq).or_default();
                (held.author, held.version, held.thread) = (Some(envelope.actor), 1, envelope.thread);
                held.poll = envelope.params.poll.is_some();
                held
            }
            (EventType::MessageEdited, Some(target)) => {
                let version = envelope.params.version.unwrap_or(0);
                let whole = self.state.is_some();
                let held = self.target(seq, target)?;
                check(!held.deleted, || format!("event {seq} edits message {target}, deleted before"))?;
                check(held.author.is_none_or(|author| author == envelope.actor), || {
                    format!("event {seq} edits message {target} of another author")
                })?;
                let next = if whole { version == held.version + 1 } else { version > held.version.max(1) };
                check(next, || {
                    format!("event {seq} makes version {version} of message {target}, which is at {}", held.version)
                })?;
                held.version = version;
                held
            }
            (EventType::MessageDeleted, Some(target)) => {
                let held = self.target(seq, target)?;
                check(!held.deleted, || format!("event {seq} deletes message {target} again"))?;
                if let Some(line) = held.content {
                    return Err(format!(
                        "event {seq} deletes message {target}, whose content is still there (line {line})"
                    ));
                }
                if let Some(line) = held.preview {
                    return Err(format!(
                        "event {seq} deletes message {target}, whose preview is still there (line {line})"
                    ));
                }
                held.deleted = true;
                let missing = std::mem::take(&mut held.missing) + std::mem::take(&mut held.previews_missing);
                self.counts.erased += missing + self.reactions.deleted(seq, target)?;
                return Ok(());
            }
            (EventType::MessagePinned | EventType::MessageUnpinned, Some(target)) => {
                let pins = envelope.kind == EventType::MessagePinned;
                let pinned = self.state.as_ref().and_then(|state| Some(state.about.as_ref()?.pins.contains(&target)));
                let held = self.target(seq, target)?;
                check(!held.deleted, || format!("event {seq} is about the pin of message {target}, deleted before"))?;
                check(pinned.is_none_or(|pinned| pinned != pins), || {
                    let is = if pins { "is pinned already" } else { "is not pinned" };
                    format!("event {seq} is about the pin of message {target}, which {is}")
                })?;
                return Ok(());
            }
            (EventType::MessagePreviewed, Some(target)) => {
                let version = envelope.params.version.unwrap_or(0);
                let whole = self.state.is_some();
                let held = self.target(seq, target)?;
                check(!held.deleted, || format!("event {seq} previews message {target}, deleted before"))?;
                check(held.author.is_none_or(|author| author == envelope.actor), || {
                    format!("event {seq} previews message {target} in the name of somebody else")
                })?;
                check(version >= 1 && (version <= held.version || !whole), || {
                    format!("event {seq} previews version {version} of message {target}, which does not exist")
                })?;
                match has_content {
                    true => held.preview = held.preview.or(Some(line)),
                    false => held.previews_missing += 1,
                }
                return Ok(());
            }
            (EventType::MessagePreviewRemoved, Some(target)) => {
                let held = self.target(seq, target)?;
                check(!held.deleted, || {
                    format!("event {seq} is about the preview of message {target}, deleted before")
                })?;
                if let Some(line) = held.preview {
                    return Err(format!(
                        "event {seq} takes the preview of message {target} away, which is still there (line {line})"
                    ));
                }
                self.counts.erased += std::mem::take(&mut held.previews_missing);
                return Ok(());
            }
            (EventType::PollClosed, Some(target)) => {
                let held = self.target(seq, target)?;
                check(!held.deleted, || format!("event {seq} closes poll {target}, deleted before"))?;
                check(held.author.is_none() || held.poll, || {
                    format!("event {seq} closes message {target}, which is no poll, or is closed")
                })?;
                held.poll = false;
                return Ok(());
            }
            (EventType::ReactionAdded, Some(target)) => {
                let held = self.target(seq, target)?;
                check(!held.deleted, || format!("event {seq} reacts to message {target}, deleted before"))?;
                self.reactions.added(seq, target, envelope.actor, has_content.then_some(line));
                return Ok(());
            }
            (EventType::ReactionRemoved, Some(target)) => {
                let whole = self.state.is_some();
                self.target(seq, target)?;
                let (member, reaction) = (envelope.actor, envelope.params.reaction);
                self.counts.erased += self.reactions.removed(seq, target, member, reaction, whole)?;
                return Ok(());
            }
            (
                EventType::MessageEdited
                | EventType::MessageDeleted
                | EventType::MessagePinned
                | EventType::MessageUnpinned
                | EventType::MessagePreviewed
                | EventType::MessagePreviewRemoved
                | EventType::ReactionAdded
                | EventType::ReactionRemoved
                | EventType::PollClosed,
                None,
            ) => {
                return Err(format!("event {seq} does not say which message it is about"));
            }
            _ => {
                self.counts.missing += u64::from(envelope.commitment.is_some() && !has_content);
                return Ok(());
            }
        };
        match (has_content, envelope.expires_at) {
            (true, _) => message.content = message.content.or(Some(line)),
            (false, Some(_)) => self.counts.erased += 1,
            (false, None) => message.missing += 1,
        }
        Ok(())
    }

    /// Replies stand in the thread of a top-level message and are counted there; what is about a message stands in its thread.
    fn thread(&mut self, envelope: &Envelope) -> Checked {
        let (seq, whole) = (envelope.seq, self.state.is_some());
        let Some(root) = envelope.thread else {
            let about = envelope.reference.filter(|_| envelope.kind != EventType::MessageCreated);
            let thread = about.and_then(|target| self.messages.get(&target)).and_then(|message| message.thread);
            return check(thread.is_none() && envelope.thread_n.is_none(), || {
                format!("event {seq} does not say in which thread it stands")
            });
        };
        let reply = envelope.kind == EventType::MessageCreated;
        if !reply {
            let target = envelope.reference.unwrap_or(0);
            let fits = self
                .messages
                .get(&target)
                .is_none_or(|message| message.author.is_none() || message.thread == Some(root));
            return check(fits && envelope.thread_n.is_none(), || {
                format!("event {seq} stands in the thread of message {root}, and message {target} does not")
            });
        }
        let held = self.target(seq, root)?;
        check(!held.deleted, || format!("event {seq} replies in the thread of message {root}, deleted before"))?;
        check(held.thread.is_none(), || {
            format!("event {seq} replies in the thread of message {root}, itself a reply")
        })?;
        let (n, least) = (envelope.thread_n.unwrap_or(0), held.replies + 1);
        check(n == least || (n > least && !whole), || {
            format!("event {seq} is reply {n} in the thread of message {root}, which has {} so far", held.replies)
        })?;
        held.replies = n;
        Ok(())
    }

    /// The message that an event is about: seen before, or withheld.
    fn target(&mut self, seq: u64, target: u64) -> Result<&mut Message, String> {
        let seen = self.messages.contains_key(&target);
        check(target < seq && (seen || self.counts.withheld > 0), || {
            format!("event {seq} is about message {target}, and there is none")
        })?;
        Ok(self.messages.entry(target).or_default())
    }

    /// What the header says of the conversation must be what the events made of it.
    pub(super) fn compare(&self, header: &Conversation) -> Checked {
        check(header.seq == self.seq() && header.root == self.root(), || {
            "the conversation in the header ends at another event than the export".into()
        })?;
        check(self.gap > 0 || (header.n, header.at) == (self.n, self.at), || {
            "the header counts other messages, or another time, than the last event".into()
        })?;
        let Some((state, about)) = self.state.as_ref().and_then(|state| Some((state, state.about.as_ref()?))) else {
            return Ok(());
        };
        check(
            (header.kind, header.history, header.encryption) == (about.kind, about.history, about.encryption),
            || "the header calls the conversation what it was not created as".into(),
        )?;
        check(header.pins == about.pins, || "the header lists other pins than the events leave".into())?;
        check(u64::try_from(state.active_count()) == Ok(header.member_count), || {
            format!("the header counts {} members, and the events leave {}", header.member_count, state.active_count())
        })
    }

    pub(super) fn report(&self, root: String) -> Report {
        let missing: u64 = self.messages.values().map(|message| message.missing + message.previews_missing).sum();
        Report {
            conversation: self.conv.to_string(),
            epoch: self.epoch.to_string(),
            events: self.seq(),
            messages: self.counts.messages,
            withheld: self.counts.withheld,
            erased: self.counts.erased,
            missing: self.counts.missing + missing + self.reactions.missing(),
            members: self.state.as_ref().and_then(|state| u64::try_from(state.active_count()).ok()),
            root,
        }
    }
}

/// The content that an envelope commits to, where it is still there. A kind of a later version is checked and not understood.
fn bound(envelope: &Envelope, text: Option<&str>, salt: Option<&str>) -> Result<Option<Content>, String> {
    let seq = envelope.seq;
    let (text, salt, commitment) = match (text, salt, &envelope.commitment) {
        (Some(text), Some(salt), Some(commitment)) => (text, salt, commitment),
        (None, None, _) => return Ok(None),
        (_, _, None) => return Err(format!("event {seq} has content or a salt, and its envelope commits to none")),
        _ => return Err(format!("event {seq} has content without its salt, or a salt without content")),
    };
    let salt = Salt::parse(salt).ok_or_else(|| format!("the salt of event {seq} is not 16 bytes in base64url"))?;
    check(commit(salt, text) == *commitment, || {
        format!("the content of event {seq} is not what its envelope commits to")
    })?;
    let content: Option<Content> = serde_json::from_str(text).ok();
    check(canonical::content(text, content.as_ref()), || {
        format!("the content of event {seq} is not in canonical form")
    })?;
    let belongs = match (&envelope.kind, &content) {
        (_, None) | (EventType::Other(_), _) => true,
        (EventType::MessageCreated, Some(content)) => {
            content.is_message() && matches!(content, Content::Poll(_)) == envelope.params.poll.is_some()
        }
        (EventType::MessageEdited, Some(content)) => content.is_message() && !matches!(content, Content::Poll(_)),
        (EventType::ConversationCreated | EventType::ConversationUpdated, Some(content)) => {
            matches!(content, Content::Info(_))
        }
        (EventType::MemberJoined, Some(content)) => matches!(content, Content::Member(_)),
        (EventType::ReactionAdded, Some(content)) => matches!(content, Content::Reaction(_)),
        (EventType::MessagePreviewed, Some(content)) => matches!(content, Content::Preview(_)),
        _ => false,
    };
    check(belongs, || format!("event {seq} has content of a kind that its type does not have"))?;
    Ok(content)
}
