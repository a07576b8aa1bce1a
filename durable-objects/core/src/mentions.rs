//! Whom messages address: members by id, everybody, everybody of a role. A mention is content; what is projected from it goes with its erasure.

use std::collections::BTreeMap;

use quipu_schema::content::{Content, TextContent};
use quipu_schema::envelope::{Envelope, EventType, Role};
use quipu_schema::ids::UserId;

use crate::state::State;

/// How "everybody" is written where user ids and roles stand, too.
pub const EVERYONE: &str = "everyone";

/// Whom a text addresses: user ids, [`EVERYONE`], names of roles.
pub fn addressed(text: &TextContent) -> impl Iterator<Item = &str> {
    let everyone = text.mention_everyone.then_some(EVERYONE);
    let roles = text.mention_roles.iter().map(|role| role.as_str());
    everyone.into_iter().chain(roles).chain(text.mentions.iter().map(UserId::as_str))
}

/// The top-level message that an event gives its text, and the text, where it addresses anybody. Replies: see [`reply_of`].
pub fn text_of<'a>(envelope: &Envelope, content: Option<&'a Content>) -> Option<(u64, &'a TextContent)> {
    texts_of(envelope, content).filter(|(_, text)| envelope.thread.is_none() && addressed(text).next().is_some())
}

/// The reply that an event gives its text, the message its thread began with, and whom it mentions by name, where it does. They alone are
/// counted: who follows a thread hears of its replies, and who does not is not called into it by their role.
pub fn reply_of<'a>(envelope: &Envelope, content: Option<&'a Content>) -> Option<(u64, u64, &'a [UserId])> {
    let (target, text) = texts_of(envelope, content).filter(|(_, text)| !text.mentions.is_empty())?;
    Some((target, envelope.thread?, &text.mentions))
}

fn texts_of<'a>(envelope: &Envelope, content: Option<&'a Content>) -> Option<(u64, &'a TextContent)> {
    let target = match envelope.kind {
        EventType::MessageCreated => envelope.seq,
        EventType::MessageEdited => envelope.reference?,
        _ => return None,
    };
    match content {
        Some(Content::Text(text)) => Some((target, text)),
        _ => None,
    }
}

/// The last message that addressed somebody, as far as is remembered: never before the true one, so that who has read further has no
/// unread mention and nothing need be asked. Bounded by the members.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mentioned(BTreeMap<String, u64>);

impl Mentioned {
    /// Notes an event.
    pub fn note(&mut self, state: &State, envelope: &Envelope, content: Option<&Content>) {
        let Some((target, text)) = text_of(envelope, content) else { return };
        let strangers = |whom: &&str| UserId::parse(whom).is_ok_and(|user| !state.members.contains_key(&user));
        for whom in addressed(text).filter(|whom| !strangers(whom)) {
            self.put(whom, target);
        }
    }

    /// Notes what is on disk.
    pub fn put(&mut self, whom: &str, seq: u64) {
        let last = self.0.entry(whom.to_owned()).or_default();
        *last = seq.max(*last);
    }

    /// The last message that addressed somebody of this role; 0 where none did.
    pub fn last(&self, user: UserId, role: Role) -> u64 {
        self.by_name(user).max(self.with_others(role))
    }

    /// The last message that addressed somebody by name; 0 where none did.
    pub fn by_name(&self, user: UserId) -> u64 {
        self.0.get(user.as_str()).copied().unwrap_or(0)
    }

    /// The last message that addressed everybody, or everybody of this role; 0 where none did.
    pub fn with_others(&self, role: Role) -> u64 {
        [EVERYONE, role.as_str()].iter().filter_map(|whom| self.0.get(*whom)).max().copied().unwrap_or(0)
    }
}
