//! Which account hears of what, and when. The log is the outbox: only cursors are kept.
//!
//! A conversation tells every member's account its head, coalesced. A round covers the events from the cursor to the head; when all
//! accounts have durably taken it the cursor moves. A crash repeats a round and never drops one: accounts take news by (epoch, seq).

use std::collections::BTreeSet;

use quipu_schema::content::Content;
use quipu_schema::envelope::{Envelope, EventType};
use quipu_schema::ids::UserId;
use quipu_schema::limits;
use serde::{Deserialize, Serialize};

/// What is stored of the outbox: one row, written once per round.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outbox {
    /// Everybody concerned has taken everything up to this seq, except those who lag.
    pub cursor: u64,
    /// The cell version up to which readers' accounts have been told.
    #[serde(default)]
    pub cells: u64,
    /// Accounts that could not be reached; the next round tells them again.
    #[serde(default)]
    pub lagging: BTreeSet<UserId>,
    /// Rounds that failed in a row, for back-off.
    #[serde(default)]
    pub failures: u32,
    /// Above 256 members: when the last round told everybody, Unix milliseconds.
    #[serde(default)]
    pub everybody_at: u64,
}

/// What happened since the last round, gathered in memory (or read from the log after waking).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pending {
    /// People to tell even in a large conversation: senders, those mentioned, those whose membership changed.
    pub concerned: BTreeSet<UserId>,
    /// Whose read cursor moved.
    pub readers: BTreeSet<UserId>,
}

impl Pending {
    /// Notes one event.
    pub fn note(&mut self, envelope: &Envelope, content: Option<&Content>) {
        self.concerned.insert(envelope.actor);
        self.concerned.extend(envelope.params.user);
        if let (EventType::MessageCreated, Some(Content::Text(text))) = (&envelope.kind, content) {
            self.concerned.extend(text.mentions.iter().copied());
        }
    }

    /// Whether there is nobody to tell for another reason than the head.
    pub fn is_empty(&self) -> bool {
        self.concerned.is_empty() && self.readers.is_empty()
    }
}

impl Outbox {
    /// Whether a round has anything to tell.
    pub fn is_due(&self, head: u64, pending: &Pending) -> bool {
        self.cursor < head || !self.lagging.is_empty() || !pending.is_empty()
    }

    /// Whom the next round tells, and whether it covers everybody.
    pub fn round(&self, head: u64, members: &BTreeSet<UserId>, pending: &Pending, now: u64) -> Round {
        let large = members.len() > limits::SMALL_CONVERSATION;
        let news = self.cursor < head;
        let everybody = news && (!large || now.saturating_sub(self.everybody_at) >= limits::POKE_LARGE_EVERY_MS);
        let mut tell: BTreeSet<UserId> = self.lagging.clone();
        tell.extend(pending.concerned.iter().chain(&pending.readers).copied());
        if everybody {
            tell.extend(members.iter().copied());
        }
        Round { head, everybody, tell }
    }

    /// Takes the result of a round.
    pub fn settle(&mut self, round: &Round, failed: BTreeSet<UserId>, now: u64) {
        if round.everybody {
            self.cursor = round.head;
            self.everybody_at = now;
        }
        self.failures = if failed.is_empty() { 0 } else { self.failures.saturating_add(1) };
        self.lagging = failed;
    }

    /// When to try again after failures: 1 s, 2 s, 4 s … at most 5 minutes.
    pub fn back_off_ms(&self) -> u64 {
        (1_000u64 << self.failures.saturating_sub(1).min(9)).min(300_000)
    }
}

/// One round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// The head it tells.
    pub head: u64,
    /// Whether all members hear of it.
    pub everybody: bool,
    /// Who hears of it.
    pub tell: BTreeSet<UserId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users(count: usize) -> BTreeSet<UserId> {
        (0..count).map(|index| UserId::parse(&format!("ug{index:026}")).unwrap()).collect()
    }

    #[test]
    fn a_round_that_fails_for_some_is_repeated_for_them_only() {
        let members = users(3);
        let mut outbox = Outbox::default();
        let round = outbox.round(7, &members, &Pending::default(), 0);
        assert_eq!(round.tell, members);
        let failed: BTreeSet<_> = members.iter().take(1).copied().collect();
        outbox.settle(&round, failed.clone(), 0);
        assert!(outbox.is_due(7, &Pending::default()));
        let again = outbox.round(7, &members, &Pending::default(), 1);
        assert_eq!((again.tell.clone(), outbox.back_off_ms()), (failed, 1_000));
        outbox.settle(&again, BTreeSet::new(), 2);
        assert!(!outbox.is_due(7, &Pending::default()));
    }

    #[test]
    fn a_large_conversation_tells_the_concerned_at_once_and_everybody_later() {
        let members = users(300);
        let mut outbox = Outbox { everybody_at: 100_000, ..Outbox::default() };
        let concerned = members.iter().take(2).copied().collect();
        let pending = Pending { concerned, readers: BTreeSet::new() };
        let round = outbox.round(5, &members, &pending, 100_500);
        assert_eq!((round.tell.len(), round.everybody), (2, false));
        outbox.settle(&round, BTreeSet::new(), 100_500);
        assert!(outbox.is_due(5, &Pending::default()));
        let later = outbox.round(5, &members, &Pending::default(), 100_000 + limits::POKE_LARGE_EVERY_MS);
        assert_eq!((later.tell.len(), later.everybody), (300, true));
    }
}
