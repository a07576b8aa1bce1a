//! The demo world: ten people, thirteen conversations and some three thousand lines in ten languages.
//!
//! Each conversation is small talk drawn from `talk/`, woven by a seeded generator, and ends with a written scene
//! from `endings/`. The same build always gives the same lines, so that a line's place can be its idempotency key.

mod cast;
mod script;
mod weave;

#[cfg(test)]
mod tests;

pub use cast::PEOPLE;

/// Somebody who talks in the demo world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    /// What a token names them: lower-case ASCII.
    pub subject: &'static str,
    /// The name to show.
    pub name: &'static str,
}

/// What a conversation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Between two people.
    Direct,
    /// Between any number, with a name.
    Group,
}

/// One conversation with all that was said in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scene {
    /// Stable and unique.
    pub slug: &'static str,
    /// Direct or group.
    pub kind: Kind,
    /// A group's name.
    pub name: Option<&'static str>,
    /// A group's topic.
    pub topic: Option<&'static str>,
    /// Who is in it, as indices into [`PEOPLE`]; the first creates it.
    pub people: &'static [usize],
    /// Oldest first.
    pub lines: Vec<Line>,
}

/// One thing done in a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Who does it, as an index into [`PEOPLE`].
    pub by: usize,
    /// What is said; of an edit the new text, of a deletion empty.
    pub text: String,
    /// When, in minutes before the world is seeded; never more than in the line before.
    pub minutes_ago: u32,
    /// What kind of thing it is.
    pub act: Act,
}

/// What a line does. Every index is an earlier line of the same scene that says or replies and is not deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Says something.
    Say,
    /// Says something in answer to a line.
    Reply {
        /// The line answered.
        to: usize,
    },
    /// Rewords a line of one's own.
    Edit {
        /// The line reworded.
        line: usize,
    },
    /// Deletes a line of one's own.
    Delete {
        /// The line deleted.
        line: usize,
    },
}

/// All conversations, the one with the newest line first.
pub fn scenes() -> Vec<Scene> {
    cast::PLANS
        .iter()
        .map(|plan| Scene {
            slug: plan.slug,
            kind: if plan.title.is_some() { Kind::Group } else { Kind::Direct },
            name: plan.title.map(|(name, _)| name),
            topic: plan.title.map(|(_, topic)| topic),
            people: plan.people,
            lines: weave::lines(plan),
        })
        .collect()
}
