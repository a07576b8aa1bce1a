//! The fold a reader makes: messages with their edits and deletions. The SDK does the same in TypeScript; here it serves the offline
//! verifier and the tests of what erasing leaves behind.

use std::collections::BTreeMap;

use quipu_schema::content::{Content, PreviewContent};
use quipu_schema::envelope::{Envelope, EventType};
use quipu_schema::ids::UserId;

/// One message as shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its author.
    pub author: UserId,
    /// `n` of its envelope.
    pub n: u64,
    /// The message that began the thread it stands in.
    pub thread: Option<u64>,
    /// The newest version; 1 as first sent.
    pub version: u64,
    /// What it says now; `None` when deleted.
    pub content: Option<Content>,
    /// Whether it was deleted.
    pub deleted: bool,
    /// Who reacted with which emoji, by the event that says so.
    pub reactions: BTreeMap<u64, (UserId, Option<String>)>,
    /// Whether it is a poll that was closed by hand.
    pub closed: bool,
    /// What the page it links to says of itself.
    pub preview: Option<PreviewContent>,
}

/// All messages by seq.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timeline {
    /// The messages.
    pub messages: BTreeMap<u64, Message>,
}

impl Timeline {
    /// Takes the next event, in order.
    pub fn apply(&mut self, envelope: &Envelope, content: Option<&Content>) {
        match (&envelope.kind, envelope.reference) {
            (EventType::MessageCreated, _) => {
                self.messages.insert(
                    envelope.seq,
                    Message {
                        author: envelope.actor,
                        n: envelope.n,
                        thread: envelope.thread,
                        version: 1,
                        content: content.cloned(),
                        deleted: false,
                        reactions: BTreeMap::new(),
                        closed: false,
                        preview: None,
                    },
                );
            }
            (EventType::MessageEdited, Some(target)) => {
                if let Some(message) = self.messages.get_mut(&target).filter(|message| !message.deleted) {
                    message.version = envelope.params.version.unwrap_or(message.version + 1);
                    message.content = content.cloned();
                }
            }
            (EventType::MessageDeleted, Some(target)) => {
                if let Some(message) = self.messages.get_mut(&target) {
                    message.deleted = true;
                    message.content = None;
                    message.reactions.clear();
                    message.preview = None;
                }
            }
            (EventType::MessagePreviewed, Some(target)) => {
                if let Some(message) = self.messages.get_mut(&target).filter(|message| !message.deleted) {
                    message.preview = match content {
                        Some(Content::Preview(preview)) => Some(preview.clone()),
                        _ => None,
                    };
                }
            }
            (EventType::MessagePreviewRemoved, Some(target)) => {
                if let Some(message) = self.messages.get_mut(&target) {
                    message.preview = None;
                }
            }
            (EventType::PollClosed, Some(target)) => {
                if let Some(message) = self.messages.get_mut(&target) {
                    message.closed = true;
                }
            }
            (EventType::ReactionAdded, Some(target)) => {
                if let Some(message) = self.messages.get_mut(&target).filter(|message| !message.deleted) {
                    let emoji = match content {
                        Some(Content::Reaction(reaction)) => Some(reaction.emoji.clone()),
                        _ => None,
                    };
                    message.reactions.insert(envelope.seq, (envelope.actor, emoji));
                }
            }
            (EventType::ReactionRemoved, Some(target)) => {
                if let (Some(message), Some(reaction)) = (self.messages.get_mut(&target), envelope.params.reaction) {
                    message.reactions.remove(&reaction);
                }
            }
            _ => {}
        }
    }
}
