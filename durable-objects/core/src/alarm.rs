//! The one alarm of an object, shared by all who need one: only moved earlier, or armed when none is.

use quipu_schema::limits;

/// When the alarm rings next, as far as this process knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Alarm {
    armed: Option<u64>,
    rings: u64,
}

/// A question to the platform about an alarm that an earlier process armed.
#[derive(Debug, Clone, Copy)]
pub struct Recall(u64);

impl Alarm {
    /// The alarm must ring at `at` or before (Unix milliseconds). Returns the time to arm it for, where it must be armed or moved.
    ///
    /// An alarm that is due and has not rung yet is left alone, lest whoever keeps arming put it off for ever. One that is overdue beyond
    /// [`limits::ALARM_LOST_MS`] is taken for lost and armed for now.
    pub fn ring_by(&mut self, at: u64, now: u64) -> Option<u64> {
        let at = match self.armed {
            Some(armed) if armed.saturating_add(limits::ALARM_LOST_MS) <= now => now,
            Some(armed) if armed <= at => return None,
            _ => at,
        };
        self.armed = Some(at);
        Some(at)
    }

    /// The alarm rings: none is armed.
    pub const fn rang(&mut self) {
        self.armed = None;
        self.rings += 1;
    }

    /// The platform is asked, now, which alarm is armed.
    pub const fn recall(&self) -> Recall {
        Recall(self.rings)
    }

    /// The platform's answer. Returns the time to arm for, where an alarm set meanwhile has moved the recalled one later.
    pub fn recalled(&mut self, recall: Recall, armed: u64) -> Option<u64> {
        // It has rung since: the answer speaks of an alarm that is spent.
        if recall.0 != self.rings {
            return None;
        }
        match self.armed {
            Some(set) if armed < set => {
                self.armed = Some(armed);
                Some(armed)
            }
            Some(_) => None,
            None => {
                self.armed = Some(armed);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_only_moved_earlier() {
        let mut alarm = Alarm::default();
        assert_eq!(alarm.ring_by(30_000, 0), Some(30_000));
        assert_eq!(alarm.ring_by(40_000, 10_000), None);
        assert_eq!(alarm.ring_by(20_000, 10_000), Some(20_000));
        alarm.rang();
        assert_eq!(alarm.ring_by(50_000, 20_000), Some(50_000));
    }

    #[test]
    fn one_that_is_due_is_not_put_off() {
        let mut alarm = Alarm::default();
        alarm.ring_by(30_000, 0);
        for now in 30_000..30_100 {
            assert_eq!(alarm.ring_by(now + 30_000, now), None);
        }
    }

    #[test]
    fn one_that_never_rang_is_armed_again() {
        let mut alarm = Alarm::default();
        alarm.ring_by(30_000, 0);
        let now = 30_000 + limits::ALARM_LOST_MS;
        assert_eq!(alarm.ring_by(now + 30_000, now), Some(now));
        assert_eq!(alarm.ring_by(now + 30_000, now), None);
    }

    #[test]
    fn a_recalled_alarm_counts_unless_it_rang_meanwhile() {
        let mut alarm = Alarm::default();
        let recall = alarm.recall();
        assert_eq!(alarm.recalled(recall, 20_000), None);
        assert_eq!(alarm.ring_by(30_000, 0), None);

        let mut moved = Alarm::default();
        let recall = moved.recall();
        moved.ring_by(30_000, 0);
        assert_eq!(moved.recalled(recall, 20_000), Some(20_000));

        let mut spent = Alarm::default();
        let recall = spent.recall();
        spent.rang();
        spent.recalled(recall, 20_000);
        assert_eq!(spent.ring_by(60_000, 25_000), Some(60_000));
    }
}
