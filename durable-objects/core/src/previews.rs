//! Previews of links: which link of a message is looked at, which messages are still to be looked at, and what becomes of what was found. That is
//! an event of the server's own making, in the name of the message's author: nobody asked for it, and where it no longer fits there is none.

use quipu_schema::content::{Content, PreviewContent};
use quipu_schema::envelope::{Encryption, EventType};
use quipu_schema::limits;
use serde::{Deserialize, Serialize};

use crate::decide::{Draft, Preview, Target};
use crate::state::State;

/// What ends an address in a text, besides white space and control characters.
const ENDS: &[char] = &['<', '>', '"', '\'', '`', '{', '}', '|', '\\', '^'];
/// What ends a sentence rather than an address.
const TRAILING: &[char] =
    &['.', ',', ';', ':', '!', '?', '…', '。', '，', '、', '！', '？', ')', ']', '\'', '"', '»', '”', '’'];

/// The first http or https address in a text, byte for byte as it stands there.
pub fn first_link(text: &str) -> Option<&str> {
    let mut from = 0;
    while let Some(at) = text.get(from..)?.find("://").map(|at| from + at) {
        from = at + 3;
        let before = text.get(..at)?;
        let scheme = ["https", "http"].into_iter().find(|scheme| {
            let start = before.len().checked_sub(scheme.len());
            let tail = start.and_then(|start| Some((before.get(..start)?, before.get(start..)?)));
            tail.is_some_and(|(head, tail)| {
                tail.eq_ignore_ascii_case(scheme)
                    && !head.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_')
            })
        });
        let Some(scheme) = scheme else { continue };
        let start = at - scheme.len();
        let rest = text.get(start..)?;
        let end = rest.find(|c: char| c.is_whitespace() || c.is_control() || is_mark(c) || ENDS.contains(&c));
        let link = trimmed(rest.get(..end.unwrap_or(rest.len()))?);
        if link.len() > scheme.len() + 3 && link.len() <= limits::URL_BYTES {
            return Some(link);
        }
    }
    None
}

/// Marks that change the direction of writing.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Without punctuation that ends the sentence; brackets that are closed stay.
fn trimmed(link: &str) -> &str {
    let mut link = link;
    while let Some(last) = link.chars().next_back().filter(|c| TRAILING.contains(c)) {
        let count = |c: char| link.matches(c).count();
        if last == ')' && count('(') >= count(')') || last == ']' && count('[') >= count(']') {
            break;
        }
        link = link.strip_suffix(last).unwrap_or_default();
    }
    link
}

/// Whether what a message says has a link to look at.
pub fn is_linked(content: Option<&Content>) -> bool {
    matches!(content, Some(Content::Text(text)) if first_link(&text.text).is_some())
}

/// Messages whose links are still to be looked at: one row, written with the messages and with what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Previews {
    /// The oldest first.
    pub due: Vec<Due>,
}

/// A message whose link is still to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// The message.
    pub seq: u64,
    /// The version that has the link.
    pub version: u64,
    /// How often a process died that looked at it.
    #[serde(default, skip_serializing_if = "is_none")]
    pub tries: u32,
}

// Serde asks with a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
const fn is_none(tries: &u32) -> bool {
    *tries == 0
}

impl Previews {
    /// What it becomes when these have been looked at, and then these are new.
    #[must_use]
    pub fn with(&self, looked: &[Looked], new: impl Iterator<Item = (u64, u64)>) -> Self {
        // Who was edited while an earlier version was looked at is still to be looked at.
        let is_done = |due: &Due| looked.iter().any(|looked| looked.seq == due.seq && looked.version >= due.version);
        let mut due: Vec<Due> = self.due.iter().copied().filter(|due| !is_done(due)).collect();
        for (seq, version) in new {
            due.retain(|due| due.seq != seq);
            due.push(Due { seq, version, tries: 0 });
        }
        let surplus = due.len().saturating_sub(limits::PREVIEWS_DUE);
        due.drain(..surplus);
        Self { due }
    }

    /// What it becomes when a process died that had these to look at: who was tried as often as may be goes.
    #[must_use]
    pub fn again(&self) -> Self {
        let tried = self.due.iter().map(|due| Due { tries: due.tries + 1, ..*due });
        Self { due: tried.filter(|due| due.tries < limits::PREVIEW_TRIES).collect() }
    }
}

/// What came of looking at a message's link.
#[derive(Debug, Clone, PartialEq)]
pub struct Looked {
    /// The message.
    pub seq: u64,
    /// The version whose link it was; the largest number where there was nothing to look at.
    pub version: u64,
    /// What was found; `None` where there is nothing to show.
    pub found: Option<PreviewContent>,
}

/// The event that follows; `None` where the message is not as it was any more, or nobody is left in whose name it could be.
pub(crate) fn decide(state: &State, target: Option<&Target>, looked: &Looked) -> Option<Draft> {
    let found = looked.found.clone()?;
    let about = state.about.as_ref()?;
    let target = target.filter(|target| {
        target.kind == EventType::MessageCreated
            && !target.deleted
            && target.version == looked.version
            && target.preview != Preview::Removed
            && about.encryption == Encryption::None
            && state.member(&target.actor).is_some()
    })?;
    let mut draft = Draft::about(EventType::MessagePreviewed, looked.seq, target);
    draft.params.version = Some(looked.version);
    Some(draft.with_content(Content::Preview(found)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_address_of_a_text_is_its_link() {
        for (text, link) in [
            ("see https://example.org/a, please", Some("https://example.org/a")),
            ("(https://example.org/a_(b))", Some("https://example.org/a_(b)")),
            ("HTTP://EXAMPLE.org!", Some("HTTP://EXAMPLE.org")),
            ("xhttps://a.example http://b.example", Some("http://b.example")),
            ("https://a.example https://b.example", Some("https://a.example")),
            ("<https://a.example/?q=1&r=é>", Some("https://a.example/?q=1&r=é")),
            ("https://a.example/\u{202e}gpj", Some("https://a.example/")),
            ("https://...", None),
            ("https:// a", None),
            ("ftp://a.example", None),
            ("javascript://a.example/%0aalert(1)", None),
            ("a.example", None),
            ("é://https", None),
            ("", None),
        ] {
            assert_eq!(first_link(text), link, "{text}");
        }
        let long = format!("https://a.example/{} https://b.example", "a".repeat(limits::URL_BYTES));
        assert_eq!(first_link(&long), Some("https://b.example"));
    }

    #[test]
    fn what_is_due_is_bounded_and_ends() {
        let all = Previews::default().with(&[], (1..=80).map(|seq| (seq, 1)));
        assert_eq!(all.due.len(), limits::PREVIEWS_DUE);
        assert_eq!(all.due.first().map(|due| due.seq), Some(17));
        let looked = |seq, version| Looked { seq, version, found: None };
        let left = all.with(&[looked(20, 1), looked(21, u64::MAX)], [(30, 2)].into_iter());
        assert_eq!(left.due.len(), limits::PREVIEWS_DUE - 2);
        assert_eq!(left.due.last().map(|due| due.seq), Some(30));
        let edited = left.with(&[looked(30, 1)], std::iter::empty());
        assert_eq!(edited, left, "an edit came while the version before it was looked at");
        let mut tried = left;
        for _ in 1..limits::PREVIEW_TRIES {
            tried = tried.again();
            assert!(!tried.due.is_empty());
        }
        assert_eq!(tried.again(), Previews::default());
    }

    proptest::proptest! {
        #[test]
        fn a_link_stands_in_its_text(text in ".{0,40}(https?://)?[a-z.()]{0,10}.{0,20}") {
            if let Some(link) = first_link(&text) {
                proptest::prop_assert!(text.contains(link) && link.to_ascii_lowercase().starts_with("http"));
            }
        }
    }
}
