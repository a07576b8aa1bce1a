//! Reports: what members tell moderators of messages. A private fact of the conversation, numbered for itself: no event, and seen by moderators only.
//!
//! A report names a message by seq and version, never by its text: a deletion erases what was reported, too.

use serde::{Deserialize, Serialize};

use crate::content::Content;
use crate::ids::{CommandKey, UserId};

/// Why a message is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Unwanted advertising, or the same again and again.
    Spam,
    /// It goes for a person.
    Harassment,
    /// It goes for a group of people.
    Hate,
    /// It threatens or glorifies violence.
    Violence,
    /// Sexual content where it does not belong.
    Sexual,
    /// Against the law.
    Illegal,
    /// Something else: the note says what.
    Other,
    /// It holds a word of the conversation's list; no member gives this reason, and `by` names nobody: `ug` and 26 zeros.
    Words,
}

/// What a moderator did about a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The message stays.
    Dismissed,
    /// The message was deleted.
    Removed,
}

/// `POST …/messages/{seq}/report`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PostReport {
    /// Why.
    pub reason: Reason,
    /// What moderators should know, up to 1,000 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The answer: the report is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Reported {
    /// Its number in the conversation.
    pub id: u64,
}

/// `POST …/reports/{id}/resolve`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ResolveReport {
    /// What to do: `removed` deletes the message, and resolves all reports of it.
    pub action: Outcome,
    /// Why, for other moderators, up to 1,000 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Which reports are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportStatus {
    /// Those nobody has resolved, the oldest first.
    #[default]
    Open,
    /// The others, the newest first.
    Resolved,
}

impl std::str::FromStr for ReportStatus {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "open" => Ok(Self::Open),
            "resolved" => Ok(Self::Resolved),
            _ => Err(()),
        }
    }
}

/// A report as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredReport {
    /// The message …
    pub seq: u64,
    /// … its version when it was reported …
    pub version: u64,
    /// … and its author.
    pub author: UserId,
    /// Who reports it.
    pub by: UserId,
    /// When, Unix milliseconds.
    pub at: u64,
    /// The key under which it was sent.
    pub key: CommandKey,
    /// Why.
    pub reason: Reason,
    /// What moderators should know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What was done about it; absent while it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<StoredResolution>,
}

/// How a report was resolved, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredResolution {
    /// What was done.
    pub action: Outcome,
    /// By whom.
    pub by: UserId,
    /// When, Unix milliseconds.
    pub at: u64,
    /// The key under which it was sent.
    pub key: CommandKey,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A report as moderators see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Report {
    /// Its number in the conversation: 1, 2, 3, …
    pub id: u64,
    /// The message …
    pub seq: u64,
    /// … its version when it was reported …
    pub version: u64,
    /// … and its author.
    pub author: UserId,
    /// What it said then; `null` once the message is deleted.
    pub content: Option<Content>,
    /// Who reports it.
    pub by: UserId,
    /// When, Unix milliseconds.
    pub at: u64,
    /// Why.
    pub reason: Reason,
    /// What moderators should know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What was done about it; absent while it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<Resolution>,
}

/// How a report was resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Resolution {
    /// What was done.
    pub action: Outcome,
    /// By whom.
    pub by: UserId,
    /// When, Unix milliseconds.
    pub at: u64,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl StoredReport {
    /// As moderators see it, with what the message said.
    pub fn shown(self, id: u64, content: Option<Content>) -> Report {
        let Self { seq, version, author, by, at, reason, note, resolution, .. } = self;
        let resolution =
            resolution.map(|StoredResolution { action, by, at, note, .. }| Resolution { action, by, at, note });
        Report { id, seq, version, author, content, by, at, reason, note, resolution }
    }
}

/// `GET …/reports`, for moderators.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct ReportsPage {
    /// Open ones the oldest first, resolved ones the newest first. Of messages that you can read.
    pub reports: Vec<Report>,
    /// Pass as `cursor` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// How many reports are open: a signal to moderators, whenever that changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct ReportsSignal {
    /// Of messages that you can read.
    pub open: u64,
}
