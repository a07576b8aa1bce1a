//! Polls: what a member chose, and how a poll stands. A vote is a fact of one member about one poll, not an event: its last value counts, and what an
//! anonymous one says nobody else may ever see. The terms of a poll stand in its envelope, and that it was closed by hand is an event.

use std::collections::HashMap;

use quipu_schema::ids::UserId;
use quipu_schema::poll::{PollResults, PollTerms};
use serde::{Deserialize, Serialize};

/// Options that a member chose: bit 0 is option 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choices(u16);

impl Choices {
    /// No vote.
    pub const NONE: Self = Self(0);

    /// By the numbers of options; `None` where one is beyond the bound or named twice.
    pub fn of(numbers: &[u64]) -> Option<Self> {
        let mut bits = 0u16;
        for number in numbers {
            let place = number.checked_sub(1).and_then(|place| u32::try_from(place).ok())?;
            let bit = 1u16.checked_shl(place)?;
            if bits & bit != 0 {
                return None;
            }
            bits |= bit;
        }
        Some(Self(bits))
    }

    /// As it is stored.
    pub const fn bits(self) -> u64 {
        self.0 as u64
    }

    /// From what is stored; bits beyond the bound are dropped.
    pub fn from_bits(bits: u64) -> Self {
        Self(u16::try_from(bits & u64::from(u16::MAX)).unwrap_or(0))
    }

    /// The numbers of the options, ascending.
    pub fn numbers(self) -> Vec<u64> {
        (1..=u64::from(u16::BITS)).filter(|number| self.has(*number)).collect()
    }

    /// Whether this option is among them.
    pub fn has(self, number: u64) -> bool {
        number.checked_sub(1).and_then(|place| self.bits().checked_shr(u32::try_from(place).ok()?)).unwrap_or(0) & 1
            == 1
    }

    /// How many there are.
    pub const fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// The highest number among them; 0 where there is none.
    pub const fn highest(self) -> u64 {
        (u16::BITS - self.0.leading_zeros()) as u64
    }
}

/// What must be known of a poll to decide about it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ballot {
    /// What the member chose before.
    pub own: Choices,
    /// Whether it was closed by hand.
    pub closed: bool,
}

/// What is known of one poll.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Polled {
    /// What those chose who ask.
    pub own: HashMap<UserId, Choices>,
    /// Whether it was closed by hand.
    pub closed: bool,
}

impl Polled {
    /// As far as one member needs it.
    pub fn of(&self, user: UserId) -> Ballot {
        Ballot { own: self.own.get(&user).copied().unwrap_or_default(), closed: self.closed }
    }
}

/// Whether no vote counts any more at this time, Unix milliseconds.
pub fn is_closed(terms: &PollTerms, by_hand: bool, now: u64) -> bool {
    by_hand || terms.closes_at.is_some_and(|at| at <= now)
}

/// How a poll stands: the sum of its votes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Grows with every change.
    pub version: u64,
    /// How many chose each option.
    pub counts: Vec<u64>,
    /// How many have a vote.
    pub voters: u64,
    /// Whether it was closed by hand.
    pub closed: bool,
}

impl Tally {
    /// Of a poll that nobody has voted in.
    pub fn new(options: u64) -> Self {
        let options = usize::try_from(options).unwrap_or(0).min(quipu_schema::limits::POLL_OPTIONS);
        Self { version: 0, counts: vec![0; options], voters: 0, closed: false }
    }

    /// A member chose otherwise than before.
    pub fn vote(&mut self, before: Choices, now: Choices) {
        self.version += 1;
        for (number, count) in (1..).zip(&mut self.counts) {
            *count = (*count + u64::from(now.has(number))).saturating_sub(u64::from(before.has(number)));
        }
        self.voters =
            (self.voters + u64::from(now != Choices::NONE)).saturating_sub(u64::from(before != Choices::NONE));
    }

    /// It was closed by hand.
    pub fn close(&mut self) {
        self.version += 1;
        self.closed = true;
    }

    /// As readers get it.
    pub fn results(self, seq: u64, own: Option<Choices>) -> PollResults {
        let Self { version, counts, voters, closed } = self;
        PollResults { seq, version, counts, voters, closed, own: own.map(Choices::numbers) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_numbers_without_repeats_within_bounds() {
        for numbers in [vec![], vec![1], vec![2, 10], vec![10, 1, 3]] {
            let mut sorted = numbers.clone();
            sorted.sort_unstable();
            let choices = Choices::of(&numbers).unwrap();
            assert_eq!(choices.numbers(), sorted);
            assert_eq!(Choices::from_bits(choices.bits()), choices);
            assert_eq!(choices.highest(), sorted.last().copied().unwrap_or(0));
            assert_eq!(choices.count() as usize, sorted.len());
        }
        for bad in [vec![0], vec![1, 1], vec![17], vec![u64::MAX]] {
            assert_eq!(Choices::of(&bad), None, "{bad:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_tally_is_the_sum_of_the_last_votes(votes in proptest::collection::vec((0u8..5, 0u64..8), 0..60)) {
            let mut tally = Tally::new(3);
            let mut last = HashMap::new();
            for (who, bits) in &votes {
                let now = Choices::from_bits(*bits);
                let before = last.insert(*who, now).unwrap_or_default();
                tally.vote(before, now);
            }
            let count = |number| last.values().filter(|choices| choices.has(number)).count() as u64;
            proptest::prop_assert_eq!(&tally.counts, &vec![count(1), count(2), count(3)]);
            proptest::prop_assert_eq!(tally.voters, last.values().filter(|choices| **choices != Choices::NONE).count() as u64);
            proptest::prop_assert_eq!(tally.version, votes.len() as u64);
        }
    }
}
