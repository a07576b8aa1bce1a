//! Points in time, given by the caller: no clock is read here.

use serde::{Deserialize, Serialize};

/// Seconds since 1970-01-01T00:00:00Z, without leap seconds: a `NumericDate` of RFC 7519, fractions cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixSeconds(pub i64);

impl UnixSeconds {
    /// From milliseconds since the same instant, as JavaScript counts them.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.div_euclid(1000))
    }

    /// The same in milliseconds.
    pub const fn as_millis(self) -> i64 {
        self.0.saturating_mul(1000)
    }

    /// This point and `seconds` more.
    #[must_use]
    pub const fn plus(self, seconds: u32) -> Self {
        Self(self.0.saturating_add(seconds as i64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_round_down_on_both_sides_of_the_epoch() {
        assert_eq!(UnixSeconds::from_millis(1_999), UnixSeconds(1));
        assert_eq!(UnixSeconds::from_millis(-1), UnixSeconds(-1));
        assert_eq!(UnixSeconds(2).as_millis(), 2_000);
    }

    #[test]
    fn the_far_ends_do_not_overflow() {
        assert_eq!(UnixSeconds(i64::MAX).plus(30), UnixSeconds(i64::MAX));
        assert_eq!(UnixSeconds(i64::MAX).as_millis(), i64::MAX);
        assert_eq!(UnixSeconds(i64::MIN).as_millis(), i64::MIN);
    }
}
