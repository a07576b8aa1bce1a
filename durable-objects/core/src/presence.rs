//! Whether somebody is there, by what their devices have let be heard, and who may see it.
//!
//! Each socket is a sign of life that lasts until its next keep-alive is overdue; so is, for a short while, the last socket that went. Presence is
//! what the signs say now. Nothing has to run for it: it is worked out when somebody asks, and while somebody watches at the one time at
//! which it can change by silence.

use quipu_schema::limits;
use quipu_schema::people::Person;
use quipu_schema::presence::{PresenceAudience, PresenceState};
use serde::{Deserialize, Serialize};

/// How long things last. A development server may have them shorter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// A socket that is silent for this long is gone.
    pub silent_ms: u64,
    /// The same for one whose person is away.
    pub silent_away_ms: u64,
    /// Whose last socket went counts as there for this long.
    pub linger_ms: u64,
    /// How long a watch lasts.
    pub watch_ms: u64,
    /// What is said again sooner than this is not asked again.
    pub fresh_ms: u64,
    /// Watchers hear at most this often.
    pub every_ms: u64,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            silent_ms: limits::SILENT_MS,
            silent_away_ms: limits::SILENT_AWAY_MS,
            linger_ms: limits::LINGER_MS,
            watch_ms: limits::WATCH_MS,
            fresh_ms: limits::WATCH_FRESH_MS,
            every_ms: limits::PRESENCE_EVERY_MS,
        }
    }
}

impl Times {
    /// All of them a whole number of times shorter.
    #[must_use]
    pub fn faster(self, times: u64) -> Self {
        let shorter = |ms: u64| (ms / times.max(1)).max(1);
        Self {
            silent_ms: shorter(self.silent_ms),
            silent_away_ms: shorter(self.silent_away_ms),
            linger_ms: shorter(self.linger_ms),
            watch_ms: shorter(self.watch_ms),
            fresh_ms: shorter(self.fresh_ms),
            every_ms: shorter(self.every_ms),
        }
    }

    /// The sign that an open socket is, last heard of at `heard` (Unix milliseconds).
    pub const fn socket(&self, heard: u64, away: bool) -> Sign {
        Sign { until: heard + if away { self.silent_away_ms } else { self.silent_ms }, away }
    }

    /// The sign that the last socket leaves behind.
    pub const fn left(&self, left: Left) -> Sign {
        Sign { until: left.at + self.linger_ms, away: left.away }
    }
}

/// Somebody is there, until a time (Unix milliseconds, itself no longer).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sign {
    /// Until when it says so.
    pub until: u64,
    /// Whether the person has turned away from the device.
    pub away: bool,
}

/// When a user's last socket went, and how they were there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// When, Unix milliseconds.
    pub at: u64,
    /// Whether they were away.
    pub away: bool,
}

/// What the signs say now, and when that can change by silence alone (Unix milliseconds); `None` where it cannot.
pub fn state(signs: &[Sign], now: u64) -> (PresenceState, Option<u64>) {
    let latest = |away: Option<bool>| {
        let those = signs.iter().filter(|sign| sign.until > now && away.is_none_or(|away| sign.away == away));
        those.map(|sign| sign.until).max()
    };
    match (latest(Some(false)), latest(None)) {
        (Some(until), _) => (PresenceState::Online, Some(until)),
        (None, Some(until)) => (PresenceState::Away, Some(until)),
        (None, None) => (PresenceState::Offline, None),
    }
}

/// Whether somebody who shares a conversation, or does not, may see the presence of a user with this audience. `person` is what the user has laid
/// down about them.
pub const fn may_see(audience: PresenceAudience, shares: bool, person: Person) -> bool {
    !person.blocked
        && match audience {
            PresenceAudience::Everyone => true,
            PresenceAudience::Shared => shares,
            PresenceAudience::Contacts => person.contact,
            PresenceAudience::Nobody => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use PresenceState::{Away, Offline, Online};

    const TIMES: Times =
        Times { silent_ms: 40, silent_away_ms: 120, linger_ms: 5, watch_ms: 300, fresh_ms: 180, every_ms: 2 };

    #[test]
    fn one_device_at_hand_outweighs_all_that_are_not() {
        let (at_hand, away) = (TIMES.socket(100, false), TIMES.socket(110, true));
        assert_eq!(state(&[], 100), (Offline, None));
        assert_eq!(state(&[away], 115), (Away, Some(230)));
        assert_eq!(state(&[away, at_hand], 115), (Online, Some(140)));
        assert_eq!(state(&[at_hand, TIMES.socket(113, false), away], 115), (Online, Some(153)));
    }

    #[test]
    fn silence_ends_it_to_the_millisecond_and_an_away_device_may_be_silent_for_longer() {
        let signs = [TIMES.socket(100, false), TIMES.socket(90, true)];
        assert_eq!(state(&signs, 139), (Online, Some(140)));
        assert_eq!(state(&signs, 140), (Away, Some(210)));
        assert_eq!(state(&signs, 209), (Away, Some(210)));
        assert_eq!(state(&signs, 210), (Offline, None));
    }

    #[test]
    fn who_left_is_there_for_a_short_while_as_they_were() {
        assert_eq!(state(&[TIMES.left(Left { at: 100, away: false })], 104), (Online, Some(105)));
        assert_eq!(state(&[TIMES.left(Left { at: 100, away: true })], 104), (Away, Some(105)));
        assert_eq!(state(&[TIMES.left(Left { at: 100, away: false })], 105), (Offline, None));
    }

    #[test]
    fn a_killed_client_is_offline_within_45_seconds_and_two_keep_alives_may_be_late() {
        let times = Times::default();
        assert!(times.silent_ms < 45_000);
        assert!(times.silent_ms >= 2 * limits::PING_EVERY_MS + 1_000);
        // Whoever says again when told to never loses a watch: not what was taken as fresh, nor where a browser is a minute late.
        const { assert!(limits::WATCH_FRESH_MS + limits::WATCH_EVERY_MS + 60_000 <= limits::WATCH_MS) };
    }

    #[test]
    fn audiences() {
        let person = |blocked, contact| Person { user: quipu_schema::ids::UserId::NOBODY, blocked, contact };
        for (audience, shares, contact, sees) in [
            (PresenceAudience::Everyone, false, false, true),
            (PresenceAudience::Everyone, true, false, true),
            (PresenceAudience::Shared, true, false, true),
            (PresenceAudience::Shared, false, true, false),
            (PresenceAudience::Contacts, true, false, false),
            (PresenceAudience::Contacts, false, true, true),
            (PresenceAudience::Nobody, true, true, false),
        ] {
            assert_eq!(may_see(audience, shares, person(false, contact)), sees, "{audience:?} {shares} {contact}");
            assert!(!may_see(audience, shares, person(true, contact)), "blocked: {audience:?} {shares} {contact}");
        }
    }

    #[test]
    fn times_are_never_nothing() {
        let fast = Times::default().faster(u64::MAX);
        assert_eq!((fast.silent_ms, fast.every_ms), (1, 1));
        assert_eq!(Times::default().faster(0), Times::default());
    }
}
