//! Polls: their terms, what a member asks of one, and how it stands.

use serde::{Deserialize, Serialize};

use crate::ids::UserId;

/// What holds of a poll from the moment it is sent. Stands in its envelope, so that votes are decided without its texts; fields in sorted order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct PollTerms {
    /// Nobody but a member themselves is told what they chose.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub anonymous: bool,
    /// From when on no vote counts, Unix milliseconds of the server; absent: until somebody closes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes_at: Option<u64>,
    /// A member may choose several options.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub multiple: bool,
    /// How many options there are. They are numbered from 1.
    pub options: u64,
}

/// `kind: poll` of new content: a question and what can be chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NewPoll {
    /// The question: 1 byte to 1 KiB, not white space alone.
    pub question: String,
    /// 2 to 10 different options, each of 1 to 256 bytes.
    pub options: Vec<String>,
    /// Nobody but a member themselves is told what they chose.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub anonymous: bool,
    /// A member may choose several options.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub multiple: bool,
    /// Seconds until no vote counts any more, from when the server takes it: 1 to 31,536,000 (a year). Absent: until somebody closes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes_in_s: Option<u64>,
}

/// `poll.vote`: choose, choose otherwise, or take one's vote back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Vote {
    /// The message that is the poll.
    pub seq: u64,
    /// Numbers of options, from 1, in any order, without repeats; none takes the vote back.
    pub choices: Vec<u64>,
}

/// `poll.close`: no vote counts any more. For its author and for moderators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ClosePoll {
    /// The message that is the poll.
    pub seq: u64,
}

/// `POST …/polls/{seq}/votes`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PostVote {
    /// Numbers of options, from 1; none takes the vote back.
    pub choices: Vec<u64>,
}

/// How a poll stands. Of two of the same poll the one with the higher version is the newer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct PollResults {
    /// The message that is the poll.
    pub seq: u64,
    /// Grows with every vote, with every change of one, and when the poll is closed by hand.
    pub version: u64,
    /// How many members chose each option.
    pub counts: Vec<u64>,
    /// How many members have a vote.
    pub voters: u64,
    /// Whether it was closed by hand. One whose time is over is closed, too: see `closes_at`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub closed: bool,
    /// What you chose; absent where the same is told to everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<Vec<u64>>,
}

/// A poll as a member sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Poll {
    /// Its terms.
    pub terms: PollTerms,
    /// How it stands, with your own choice.
    pub results: PollResults,
}

/// `GET …/polls`: the polls asked for, as far as they are polls that you can read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct PollsPage {
    /// By seq.
    pub polls: Vec<Poll>,
}

/// `polls`: polls that moved. A signal: who may have missed one asks. Votes in quick succession are told together, half a second apart at least; to the
/// sockets of those who voted it comes at once, with their own choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct PollsSignal {
    /// Those that moved.
    pub polls: Vec<PollResults>,
}

/// `GET …/polls/{seq}/votes`: who voted for what, by user id. Of anonymous polls nobody is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct VotesPage {
    /// Votes of members, and of those who went and of whom you are told.
    pub votes: Vec<MemberVote>,
    /// Pass as `after` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<UserId>,
}

/// What one member chose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct MemberVote {
    /// Who.
    pub user: UserId,
    /// Numbers of options, ascending.
    pub choices: Vec<u64>,
}
