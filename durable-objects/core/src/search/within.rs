//! Conversations as `in:` names them.

use quipu_schema::ids::ConversationId;
use quipu_schema::inbox::InboxEntry;

use super::query::is_named;
use super::terms::tokens;

/// One conversation, or all of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Within {
    /// By id.
    Id(ConversationId),
    /// By beginnings of the words of its name, or of the name or your own id of the other end.
    Named(Vec<String>),
}

impl Within {
    /// Reads the value of a filter; `None` where it names nothing.
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(id) = ConversationId::parse(text) {
            return Some(Self::Id(id));
        }
        let words: Vec<String> = tokens(text).into_iter().map(|token| token.term).collect();
        (!words.is_empty()).then_some(Self::Named(words))
    }

    /// Whether it means this conversation.
    pub fn means(&self, entry: &InboxEntry) -> bool {
        match self {
            Self::Id(id) => *id == entry.id,
            Self::Named(words) => {
                let peer = entry.peer.as_ref();
                let ends = peer.into_iter().flat_map(|peer| [peer.name.as_deref(), peer.subject.as_deref()]);
                ends.chain([entry.name.as_deref()]).flatten().any(|name| is_named(words, name))
            }
        }
    }
}
