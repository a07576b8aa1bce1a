//! The word list of a conversation: a private fact that admins lay down. No event: what is not to be said should not stand in everybody's log.

use serde::{Deserialize, Serialize};

use crate::ids::UserId;

/// What becomes of a message that holds a word of the list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WordAction {
    /// It is refused, and leaves nothing.
    #[default]
    Refuse,
    /// It is sent, and reported to the moderators.
    Report,
}

/// `PUT …/words`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PutWords {
    /// Up to 200 words and phrases of up to 100 bytes; none ends it. Compared without case and accents, as whole words.
    pub words: Vec<String>,
    /// What becomes of a message that holds one.
    #[serde(default)]
    pub action: WordAction,
}

/// `GET …/words`, for moderators; also what is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Words {
    /// The words and phrases, as they were written.
    pub words: Vec<String>,
    /// What becomes of a message that holds one.
    #[serde(default)]
    pub action: WordAction,
    /// Who wrote the list last; absent where there never was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<UserId>,
    /// When, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<u64>,
}
