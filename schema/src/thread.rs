//! Threads: what a reader sees of one, and a member's own place in it.

use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::ids::{Epoch, UserId};
use crate::internal::is_zero;

/// A thread, as far as the reader may see it. Its replies are counted by `thread_n`, so unread is `n` − `read_n` − `hidden_unread`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Thread {
    /// The message it began with.
    pub root: u64,
    /// `thread_n` of the last reply: replies so far, those deleted since too. 0 where nobody has replied yet.
    pub n: u64,
    /// Replies that stand.
    pub count: u64,
    /// The last reply; 0 where there is none.
    pub last: u64,
    /// When it came, Unix milliseconds; 0 where there is none.
    pub last_at: u64,
    /// Who replied last, the latest first, at most three. A deletion takes nobody out: the place of the reply is still there.
    pub participants: Vec<UserId>,
    /// Whether you follow it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub following: bool,
    /// `thread_n` up to which you have read it; kept while you follow it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub read_n: u64,
    /// Replies after `read_n`, up to `n`, that you deleted for yourself: they are not unread. Absent for none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub hidden_unread: u64,
}

/// A member's own place in a thread: told to nobody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct ThreadPlace {
    /// Whose: you.
    pub user: UserId,
    /// The message the thread began with.
    pub root: u64,
    /// Whether you follow it.
    pub following: bool,
    /// Read up to this seq …
    pub read: u64,
    /// … which is reply number `read_n`. Both only grow while you follow the thread.
    pub read_n: u64,
}

/// `GET …/messages?thread=`: replies of a thread, ascending whichever way they are paged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct ThreadPage {
    /// The life of the log.
    pub epoch: Epoch,
    /// Last seq of the log.
    pub head: u64,
    /// The thread as of `head`.
    pub thread: Thread,
    /// The message it began with.
    pub root: Event,
    /// The replies.
    pub events: Vec<Event>,
    /// What changed them and the root, as of `head`: newest edits, deletions, and reactions that stand (at most 500, the oldest first). Fold them in as usual.
    pub changes: Vec<Event>,
    /// Whether there is more in the direction asked for: before the first of these replies, or after the last.
    pub more: bool,
}

/// `GET …/threads`: the threads you follow in a conversation, the one with the latest reply first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct ThreadsPage {
    /// The life of the log.
    pub epoch: Epoch,
    /// Last seq of the log.
    pub head: u64,
    /// The threads.
    pub threads: Vec<FollowedThread>,
    /// Pass as `before` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// A thread you follow and the message it began with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct FollowedThread {
    /// The thread.
    pub thread: Thread,
    /// The message it began with, as stored; without content where it was deleted.
    pub root: Event,
    /// Its newest edit, where it was edited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edit: Option<Event>,
}

/// `PUT …/threads/{seq}`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PutThread {
    /// Whether you follow it.
    pub following: bool,
}
