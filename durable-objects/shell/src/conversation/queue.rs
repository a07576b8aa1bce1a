//! What waits for the next batch: commands with their senders, and what else moves. Bounded by count and by bytes.

use std::collections::BTreeMap;

use futures_channel::oneshot;
use quipu_core::batch::Input;
use quipu_core::decide::Copied;
use quipu_core::previews::Looked;
use quipu_core::spaces::Word;
use quipu_core::threads::{Key, Move};
use quipu_schema::ids::{ConversationId, UserId};
use quipu_schema::internal::{ChannelNews, Departure};
use quipu_schema::limits;
use quipu_schema::problem::Rejection;
use quipu_schema::socket::{Ack, Profile, Receipt};

/// What waits for the next batch.
#[derive(Default)]
pub(super) struct Queue {
    pub commands: Vec<Queued>,
    /// Bytes of the commands.
    bytes: usize,
    /// Read cursors that moved, not yet in the state: what a failed commit drops must not be answered as stored.
    pub readers: BTreeMap<UserId, Receipt>,
    pub profiles: Vec<Profile>,
    /// What members ask of their places in threads.
    pub threads: BTreeMap<Key, Move>,
    /// What came of looking at messages' links.
    pub looked: Vec<Looked>,
    /// What channels tell this space.
    pub heard: Vec<ChannelNews>,
    /// Who has left the space of this channel.
    pub departed: Vec<(ConversationId, Departure)>,
    pub waiters: Vec<oneshot::Sender<Result<(), Rejection>>>,
}

/// One command that waits.
pub(super) struct Queued {
    pub input: Input,
    bytes: usize,
    pub reply: Reply,
    pub asked: Vec<Beforehand>,
}

/// What was asked of other objects before a command is decided.
pub(super) enum Beforehand {
    /// What it forwards.
    Copy(Copy),
    /// Why whom it brings in may not be.
    Unreachable(Rejection),
    /// What its space says.
    Word(Word),
}

/// What a command forwards, and who may read it.
pub(super) struct Copy {
    pub user: UserId,
    pub from: ConversationId,
    pub seq: u64,
    pub copied: Copied,
}

/// Where an answer goes.
pub(super) enum Reply {
    /// A connection.
    Socket(u64),
    /// A call that waits.
    Call(oneshot::Sender<Result<Ack, Rejection>>),
}

impl Queue {
    /// Whether another command of so many bytes fits.
    pub fn has_room(&self, bytes: usize) -> bool {
        self.commands.len() < limits::PENDING_COMMANDS && self.bytes.saturating_add(bytes) <= limits::PENDING_BYTES
    }

    pub fn push(&mut self, input: Input, bytes: usize, reply: Reply) {
        self.push_with(input, bytes, reply, []);
    }

    /// The same for a command about which something was asked.
    pub fn push_with(&mut self, input: Input, bytes: usize, reply: Reply, asked: impl IntoIterator<Item = Beforehand>) {
        self.bytes += bytes;
        self.commands.push(Queued { input, bytes, reply, asked: asked.into_iter().collect() });
    }

    /// Notes that a member's read cursor moved: one row, however often it moves before the next commit.
    pub fn reader(&mut self, receipt: Receipt) {
        let waiting = self.readers.entry(receipt.user).or_insert(receipt);
        if receipt.read > waiting.read {
            *waiting = receipt;
        }
    }

    /// Notes that a member presents themselves otherwise. A token's word does not undo that of the account.
    pub fn profile(&mut self, profile: Profile) {
        if self.profiles.iter().any(|waiting| waiting.user == profile.user && waiting.version > profile.version) {
            return;
        }
        self.profiles.retain(|waiting| waiting.user != profile.user);
        self.profiles.push(profile);
    }

    /// Notes what a member asks of their place in a thread.
    pub fn place(&mut self, key: Key, asked: Move) {
        self.threads.entry(key).or_default().then(asked);
    }

    /// Notes what came of looking at a message's link.
    pub fn looked(&mut self, looked: Looked) {
        self.looked.push(looked);
    }

    /// Notes what a channel tells this space.
    pub fn heard(&mut self, news: ChannelNews) {
        self.heard.push(news);
    }

    /// Notes who has left the space of this channel.
    pub fn departed(&mut self, space: ConversationId, departures: impl Iterator<Item = Departure>) {
        self.departed.extend(departures.map(|departure| (space, departure)));
    }

    /// Resolves when what is queued now has been stored.
    pub fn wait(&mut self) -> oneshot::Receiver<Result<(), Rejection>> {
        let (sender, receiver) = oneshot::channel();
        self.waiters.push(sender);
        receiver
    }

    pub fn is_empty(&self) -> bool {
        self.commands.is_empty()
            && self.readers.is_empty()
            && self.profiles.is_empty()
            && self.threads.is_empty()
            && self.looked.is_empty()
            && self.heard.is_empty()
            && self.departed.is_empty()
            && self.waiters.is_empty()
    }

    /// The next batch: everything but commands beyond the bounds of one commit.
    pub fn take(&mut self) -> Self {
        let mut bytes = 0;
        let fits = self
            .commands
            .iter()
            .take(limits::BATCH_COMMANDS)
            .take_while(|queued| {
                bytes += queued.bytes;
                bytes <= limits::BATCH_BYTES || bytes == queued.bytes
            })
            .count();
        let rest = self.commands.split_off(fits);
        let commands = std::mem::replace(&mut self.commands, rest);
        let taken = commands.iter().map(|queued| queued.bytes).sum();
        self.bytes = self.bytes.saturating_sub(taken);
        Self {
            commands,
            bytes: taken,
            readers: std::mem::take(&mut self.readers),
            profiles: std::mem::take(&mut self.profiles),
            threads: std::mem::take(&mut self.threads),
            looked: std::mem::take(&mut self.looked),
            heard: std::mem::take(&mut self.heard),
            departed: std::mem::take(&mut self.departed),
            waiters: std::mem::take(&mut self.waiters),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use quipu_schema::command::{Command, KeyedCommand, Leave};
    use quipu_schema::ids::CommandKey;

    use super::*;

    fn push(queue: &mut Queue, bytes: usize) {
        let command = KeyedCommand { key: CommandKey::from_random([1; 16]), command: Command::Leave(Leave {}) };
        queue.push(Input { user: UserId::NOBODY, subject: "ana".into(), command }, bytes, Reply::Socket(1));
    }

    #[test]
    fn the_word_of_an_account_waits_longer_than_that_of_a_token() {
        let of = |version| Profile { version, ..Profile::unknown(UserId::NOBODY) };
        let mut queue = Queue::default();
        for (version, waits) in [(0, 0), (2, 2), (0, 2), (1, 2), (3, 3)] {
            queue.profile(of(version));
            assert_eq!(queue.profiles, [of(waits)]);
        }
    }

    #[test]
    fn what_waits_is_bounded_by_count_and_by_bytes() {
        let mut queue = Queue::default();
        (0..limits::PENDING_COMMANDS).for_each(|_| push(&mut queue, 1));
        assert!(!queue.has_room(1));
        let mut queue = Queue::default();
        let large = limits::PENDING_BYTES / 64;
        (0..64).for_each(|_| {
            assert!(queue.has_room(large));
            push(&mut queue, large);
        });
        assert!(!queue.has_room(1));
        // Larger than a commit takes, and still taken, alone.
        assert_eq!(queue.take().commands.len(), 1);
        assert!(queue.has_room(large) && !queue.has_room(large + 1));
        while !queue.is_empty() {
            queue.take();
        }
        assert_eq!(queue.bytes, 0);
    }
}
