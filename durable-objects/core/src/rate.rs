//! Token buckets in integers: no floating point, no clock. Memory only: an object that slept has had time to refill.

use std::collections::HashMap;

use quipu_schema::ids::UserId;
use quipu_schema::internal::Metered;
use quipu_schema::limits;

/// Rates of a deployment. Bursts are multiples of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// Commands per second and user.
    pub user_per_s: u32,
    /// Commands per second and conversation.
    pub conversation_per_s: u32,
}

impl Default for Rates {
    fn default() -> Self {
        Self { user_per_s: limits::RATE_USER_PER_S, conversation_per_s: limits::RATE_CONVERSATION_PER_S }
    }
}

/// One bucket, in thousandths of a token.
#[derive(Debug, Clone, Copy)]
pub struct Bucket {
    milli: u64,
    capacity_milli: u64,
    per_s: u64,
    refilled_ms: u64,
}

impl Bucket {
    /// A full bucket.
    pub fn new(per_s: u32, burst: u32, now_ms: u64) -> Self {
        let capacity_milli = u64::from(per_s.max(1)) * u64::from(burst.max(1)) * 1000;
        Self { milli: capacity_milli, capacity_milli, per_s: u64::from(per_s.max(1)), refilled_ms: now_ms }
    }

    /// A full bucket of searches.
    pub fn searches(now_ms: u64) -> Self {
        Self::new(limits::RATE_SEARCHES_PER_S, limits::RATE_SEARCHES_BURST, now_ms)
    }

    /// A full bucket of searches over many conversations.
    pub fn searches_over_all(now_ms: u64) -> Self {
        Self::new(limits::RATE_SEARCHES_ALL_PER_S, limits::RATE_SEARCHES_ALL_BURST, now_ms)
    }

    /// A full bucket of links that sign devices in.
    pub fn device_links(now_ms: u64) -> Self {
        Self::new(limits::RATE_DEVICE_LINKS_PER_S, limits::RATE_DEVICE_LINKS_BURST, now_ms)
    }

    /// A full bucket of what an account counts for the gateway.
    pub fn of(metered: Metered, now_ms: u64) -> Self {
        match metered {
            Metered::Directory => Self::new(limits::RATE_DIRECTORY_PER_S, limits::RATE_DIRECTORY_BURST, now_ms),
            Metered::Joins => Self::new(limits::RATE_JOINS_PER_S, limits::RATE_JOINS_BURST, now_ms),
        }
    }

    /// A full bucket of questions for others' presence.
    pub fn watches(now_ms: u64) -> Self {
        Self::new(limits::RATE_WATCHES_PER_S, limits::RATE_WATCHES_BURST, now_ms)
    }

    /// Takes one token.
    ///
    /// # Errors
    /// The milliseconds until there is one again.
    pub fn take(&mut self, now_ms: u64) -> Result<(), u64> {
        // per_s tokens per second are per_s thousandths per millisecond.
        let elapsed = now_ms.saturating_sub(self.refilled_ms);
        self.milli = self.milli.saturating_add(elapsed.saturating_mul(self.per_s)).min(self.capacity_milli);
        self.refilled_ms = self.refilled_ms.max(now_ms);
        match self.milli.checked_sub(1000) {
            Some(rest) => {
                self.milli = rest;
                Ok(())
            }
            None => Err((1000 - self.milli).div_ceil(self.per_s)),
        }
    }

    fn give_back(&mut self) {
        self.milli = (self.milli + 1000).min(self.capacity_milli);
    }

    /// Whether it has refilled: forgetting it then changes nothing.
    pub fn is_full(&self, now_ms: u64) -> bool {
        let elapsed = now_ms.saturating_sub(self.refilled_ms);
        self.milli.saturating_add(elapsed.saturating_mul(self.per_s)) >= self.capacity_milli
    }
}

/// The buckets of one conversation.
#[derive(Debug)]
pub struct Limiter {
    rates: Rates,
    conversation: Bucket,
    users: HashMap<UserId, Bucket>,
    searches: HashMap<UserId, Bucket>,
}

impl Limiter {
    /// Full buckets.
    pub fn new(rates: Rates, now_ms: u64) -> Self {
        let conversation = Bucket::new(rates.conversation_per_s, limits::RATE_CONVERSATION_BURST, now_ms);
        Self { rates, conversation, users: HashMap::new(), searches: HashMap::new() }
    }

    /// Admits one command of a user.
    ///
    /// # Errors
    /// The milliseconds until one would be admitted.
    pub fn admit(&mut self, user: UserId, now_ms: u64) -> Result<(), u64> {
        if self.users.len() > limits::MEMBERS {
            self.users.retain(|_, bucket| !bucket.is_full(now_ms));
        }
        let rates = self.rates;
        let bucket =
            self.users.entry(user).or_insert_with(|| Bucket::new(rates.user_per_s, limits::RATE_USER_BURST, now_ms));
        bucket.take(now_ms)?;
        // A user's token is not spent on a command that the conversation refuses.
        self.conversation.take(now_ms).inspect_err(|_| bucket.give_back())
    }

    /// Admits one search of a user: it may cost as much as many commands.
    ///
    /// # Errors
    /// The milliseconds until one would be admitted.
    pub fn admit_search(&mut self, user: UserId, now_ms: u64) -> Result<(), u64> {
        if self.searches.len() > limits::MEMBERS {
            self.searches.retain(|_, bucket| !bucket.is_full(now_ms));
        }
        self.searches.entry(user).or_insert_with(|| Bucket::searches(now_ms)).take(now_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(last: char) -> UserId {
        UserId::parse(&format!("ug0000000000000000000000000{last}")).unwrap()
    }

    #[test]
    fn a_burst_then_the_rate_and_the_wait_is_exact() {
        let mut bucket = Bucket::new(20, 5, 1_000);
        assert_eq!((0..200).filter(|_| bucket.take(1_000).is_ok()).count(), 100);
        let wait = bucket.take(1_000).unwrap_err();
        assert_eq!(wait, 50);
        assert!(bucket.take(1_000 + wait - 1).is_err());
        assert!(bucket.take(1_000 + wait).is_ok());
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing() {
        let mut bucket = Bucket::new(1, 1, 5_000);
        assert!(bucket.take(5_000).is_ok());
        assert!(bucket.take(1_000).is_err());
        assert!(bucket.take(5_999).is_err());
        assert!(bucket.take(6_000).is_ok());
    }

    #[test]
    fn one_user_cannot_spend_anothers_tokens_but_all_share_the_conversations() {
        let mut limiter = Limiter::new(Rates { user_per_s: 1, conversation_per_s: 4 }, 0);
        assert_eq!((0..9).filter(|_| limiter.admit(user('1'), 0).is_ok()).count(), 5);
        assert_eq!((0..9).filter(|_| limiter.admit(user('2'), 0).is_ok()).count(), 3);
        // The second user was refused by the conversation and keeps two tokens.
        assert_eq!((0..9).filter(|_| limiter.admit(user('2'), 500).is_ok()).count(), 2);
    }

    #[test]
    fn searches_have_a_rate_of_their_own() {
        let mut limiter = Limiter::new(Rates { user_per_s: 1, conversation_per_s: 1 }, 0);
        let burst = (limits::RATE_SEARCHES_PER_S * limits::RATE_SEARCHES_BURST) as usize;
        assert_eq!((0..100).filter(|_| limiter.admit_search(user('1'), 0).is_ok()).count(), burst);
        assert!(limiter.admit_search(user('2'), 0).is_ok() && limiter.admit(user('1'), 0).is_ok());
    }
}
