//! Saved messages: a private fact of an account about a message of any conversation. What is kept is where the message stands, never what it
//! says: it is shown as its reader may see it when they look.

use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::ids::{ConversationId, Epoch};

/// A frame of the inbox socket: save a message, or save it no longer. Answered with a `saved` frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SaveFrame {
    /// The conversation it stands in.
    pub conversation: ConversationId,
    /// The message.
    pub seq: u64,
    /// Whether it is to be saved.
    pub saved: bool,
}

/// What became of a message among those saved: the answer to `PUT` and `DELETE /v1/saved/{id}/{seq}`, and a frame to all devices where it changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct SavedChange {
    /// The version of what is saved: each change has the next one. Who misses one loads what is saved anew.
    pub version: u64,
    /// The conversation it stands in.
    pub conversation: ConversationId,
    /// The message.
    pub seq: u64,
    /// Whether it is saved now.
    pub saved: bool,
    /// How many messages are saved now.
    pub count: u64,
}

/// `GET /v1/saved/{id}`: which messages of one conversation are saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct SavedSeqs {
    /// The version of what is saved.
    pub version: u64,
    /// Their seqs, ascending.
    pub seqs: Vec<u64>,
}

/// `GET /v1/saved`: saved messages, what was saved last first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct SavedPage {
    /// The version of what is saved.
    pub version: u64,
    /// How many messages are saved in all.
    pub count: u64,
    /// Fewer than `limit` may come although there are more: what tells is `next`.
    pub saved: Vec<SavedMessage>,
    /// Pass as `cursor` to go on; absent at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A saved message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct SavedMessage {
    /// The conversation it stands in.
    pub conversation: ConversationId,
    /// The message.
    pub seq: u64,
    /// When it was saved, Unix milliseconds.
    pub saved_at: u64,
    /// The message as stored. Absent where it was deleted, has expired, or is one that you can read no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Event>,
    /// Its newest edit that you can read, where it was edited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edit: Option<Event>,
    /// True where its conversation did not answer: ask again later.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unavailable: bool,
}

/// Between objects: where a saved message stands. A log that was restored may number other messages anew: the epoch tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedPlace {
    /// The message.
    pub seq: u64,
    /// The epoch in its envelope.
    pub epoch: Epoch,
}

/// Between objects: one that an account keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptSaved {
    /// The version under which it was saved.
    pub version: u64,
    /// The conversation it stands in.
    pub conv: ConversationId,
    /// Where there.
    pub place: SavedPlace,
    /// When it was saved, Unix milliseconds.
    pub at: u64,
}

/// Between objects: some that an account keeps, what was saved last first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptPage {
    /// The version of what is saved.
    pub version: u64,
    /// How many are saved in all.
    pub count: u64,
    /// The page.
    pub saved: Vec<KeptSaved>,
    /// Whether there are more.
    pub more: bool,
}
