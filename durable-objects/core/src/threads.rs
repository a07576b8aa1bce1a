//! Who follows which thread, and how far they have read it: private facts and cells, moved by replies and by their owners.
//!
//! Whoever began the thread, replies, or is mentioned in a reply by name follows it from then on. What came before is not unread to them; to
//! whoever began it the first reply is.

use std::collections::{BTreeMap, BTreeSet};

use quipu_schema::content::Content;
use quipu_schema::envelope::Envelope;
use quipu_schema::ids::UserId;
use quipu_schema::thread::ThreadPlace;

use crate::batch::{Batch, Effect, Row};
use crate::state::State;

/// A member and the message a thread began with.
pub type Key = (UserId, u64);

/// What a member asks of their place in a thread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Move {
    /// Follow it, or no longer.
    pub following: Option<bool>,
    /// Where they begin to follow by it: what was there before, by seq and `thread_n`, is read.
    pub from: (u64, u64),
    /// Read up to this seq and `thread_n`.
    pub read: (u64, u64),
}

impl Move {
    /// Lays a later one over this.
    pub fn then(&mut self, later: Self) {
        self.following = later.following.or(self.following);
        self.from = self.from.max(later.from);
        self.read = self.read.max(later.read);
    }
}

/// Places of members in threads: as they were, then as they are.
#[derive(Debug, Clone, Default)]
pub struct Places {
    places: BTreeMap<Key, ThreadPlace>,
    changed: BTreeSet<Key>,
}

/// A place of somebody who never followed.
pub fn nowhere((user, root): Key) -> ThreadPlace {
    ThreadPlace { user, root, following: false, read: 0, read_n: 0 }
}

impl Places {
    /// As they stand on disk; who is not among them never followed.
    pub fn new(stored: impl IntoIterator<Item = ThreadPlace>) -> Self {
        let places = stored.into_iter().map(|place| ((place.user, place.root), place)).collect();
        Self { places, changed: BTreeSet::new() }
    }

    /// One member's place.
    pub fn of(&self, key: Key) -> ThreadPlace {
        self.places.get(&key).copied().unwrap_or_else(|| nowhere(key))
    }

    /// What its owner asks.
    pub fn ask(&mut self, key: Key, asked: Move) {
        let mut place = self.of(key);
        let followed = place.following;
        place.following = asked.following.unwrap_or(followed);
        if place.following {
            read(&mut place, asked.read);
            read(&mut place, if followed { (0, 0) } else { asked.from });
        }
        self.put(key, place);
    }

    /// A reply: its author has read the thread, those it mentions follow it from here on.
    fn reply(&mut self, state: &State, row: &Row, root: u64, author: UserId) {
        let Envelope { actor, seq, thread_n, .. } = row.envelope;
        let n = thread_n.unwrap_or(0);
        let before = (seq.saturating_sub(1), n.saturating_sub(1));
        if n == 1 && author != actor && sees(state, author, root) {
            self.follow((author, root), (0, 0));
        }
        for user in mentioned(row).filter(|user| *user != actor && sees(state, *user, root)) {
            self.follow((user, root), before);
        }
        if sees(state, actor, root) {
            self.follow((actor, root), (seq, n));
            let mut place = self.of((actor, root));
            read(&mut place, (seq, n));
            self.put((actor, root), place);
        }
    }

    fn follow(&mut self, key: Key, from: (u64, u64)) {
        let mut place = self.of(key);
        if !place.following {
            place.following = true;
            read(&mut place, from);
            self.put(key, place);
        }
    }

    fn put(&mut self, key: Key, place: ThreadPlace) {
        if place != self.of(key) {
            self.places.insert(key, place);
            self.changed.insert(key);
        }
    }

    /// Takes a batch in.
    pub fn take(&mut self, state: &State, batch: &Batch) {
        for (row, root, author) in replies(batch) {
            self.reply(state, row, root, author);
        }
    }

    /// Those that are otherwise than they were.
    pub fn changed(self) -> Vec<ThreadPlace> {
        let Self { places, changed } = self;
        changed.iter().filter_map(|key| places.get(key).copied()).collect()
    }
}

fn read(place: &mut ThreadPlace, (seq, n): (u64, u64)) {
    place.read = place.read.max(seq);
    place.read_n = place.read_n.max(n);
}

fn sees(state: &State, user: UserId, root: u64) -> bool {
    state.member(&user).is_some_and(|member| member.visible.shows(root))
}

fn mentioned(row: &Row) -> impl Iterator<Item = UserId> {
    let mentions = match &row.content {
        Some(Content::Text(text)) => text.mentions.as_slice(),
        _ => &[],
    };
    mentions.iter().copied()
}

/// The replies of a batch: the row, the message the thread began with, and who wrote that.
fn replies(batch: &Batch) -> impl Iterator<Item = (&Row, u64, UserId)> {
    batch.effects.iter().filter_map(|effect| match effect {
        Effect::Replied { root, author, by } => {
            Some((batch.rows.iter().find(|row| row.envelope.seq == *by)?, *root, *author))
        }
        _ => None,
    })
}

/// Whose places a batch may move.
pub fn concerned(batch: &Batch) -> BTreeSet<Key> {
    let mut keys = BTreeSet::new();
    for (row, root, author) in replies(batch) {
        keys.extend([(row.envelope.actor, root), (author, root)]);
        keys.extend(mentioned(row).map(|user| (user, root)));
    }
    keys
}
