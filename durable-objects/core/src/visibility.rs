//! Which numbers a member may see: intervals of seq. What lies outside is sent as its number and `withheld`, and so is what a reader deleted
//! for themselves.

use serde::{Deserialize, Serialize};

use quipu_schema::envelope::History;

/// Seqs a member may see, both ends included; open while they are a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    /// First visible seq.
    pub from: u64,
    /// Last visible seq; `None` while the member stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<u64>,
}

/// A member's intervals, ascending and disjoint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Visibility {
    stays: Vec<Interval>,
    /// What the reader deleted for themselves, ascending. No part of the fold: laid over it for one read.
    #[serde(skip)]
    hidden: Vec<u64>,
}

impl Visibility {
    /// Opens an interval at the event by which the member joins (for those who found a conversation, at its first).
    pub fn open(&mut self, from: u64, history: History) {
        match history {
            History::All => self.stays = vec![Interval { from: 1, to: None }],
            History::FromJoin => self.stays.push(Interval { from, to: None }),
        }
    }

    /// Closes the open interval at the event by which the member goes.
    pub fn close(&mut self, left: u64) {
        if let Some(last) = self.stays.last_mut() {
            last.to = last.to.or(Some(left));
        }
    }

    /// The event by which the member went last; `None` while they stay.
    pub fn closed_at(&self) -> Option<u64> {
        self.stays.last().and_then(|interval| interval.to)
    }

    /// The same for one read, without these seqs. They must ascend.
    #[must_use]
    pub fn without(&self, hidden: Vec<u64>) -> Self {
        Self { stays: self.stays.clone(), hidden }
    }

    /// What the reader deleted for themselves, ascending.
    pub fn hidden(&self) -> &[u64] {
        &self.hidden
    }

    /// Whether one seq is visible.
    pub fn shows(&self, seq: u64) -> bool {
        self.hidden.binary_search(&seq).is_err() && self.may_see(seq)
    }

    /// Whether one seq lies in a stay, whatever the reader deleted for themselves.
    fn may_see(&self, seq: u64) -> bool {
        self.stays.iter().any(|interval| interval.from <= seq && interval.to.is_none_or(|to| seq <= to))
    }

    /// Whether every seq from `from` on lies in a stay.
    pub fn shows_all_from(&self, from: u64) -> bool {
        self.stays.iter().any(|interval| interval.from <= from && interval.to.is_none())
    }

    /// Whether some seq is visible to both.
    pub fn overlaps(&self, other: &Self) -> bool {
        let ends_before = |one: &Interval, two: &Interval| one.to.is_some_and(|to| to < two.from);
        self.stays
            .iter()
            .any(|ours| other.stays.iter().any(|theirs| !ends_before(ours, theirs) && !ends_before(theirs, ours)))
    }

    /// Cuts `from..=to` into runs that are wholly visible, wholly hidden or wholly withheld, ascending.
    pub fn runs(&self, from: u64, to: u64) -> Vec<Run> {
        let stays = self.stays(from, to);
        let first = self.hidden.partition_point(|seq| *seq < from);
        let hidden = self.hidden.get(first..).unwrap_or_default();
        if hidden.first().is_none_or(|seq| *seq > to) {
            return stays;
        }
        let mut runs = Vec::new();
        let mut hidden = hidden.iter().copied().peekable();
        for run in stays {
            let mut next = run.from;
            while let Some(seq) = hidden.next_if(|seq| *seq <= run.to) {
                if !run.visible || seq < next {
                    continue;
                }
                if next < seq {
                    runs.push(Run { from: next, to: seq - 1, ..run });
                }
                match runs.last_mut() {
                    Some(last) if last.hidden && last.to + 1 == seq => last.to = seq,
                    _ => runs.push(Run { from: seq, to: seq, visible: false, hidden: true }),
                }
                next = seq + 1;
            }
            if next <= run.to {
                runs.push(Run { from: next, ..run });
            }
        }
        runs
    }

    /// The same, whatever the reader deleted for themselves.
    pub fn stays(&self, from: u64, to: u64) -> Vec<Run> {
        let mut runs = Vec::new();
        let mut next = from;
        for interval in &self.stays {
            let start = interval.from.max(next);
            let end = interval.to.unwrap_or(to).min(to);
            if start > end {
                continue;
            }
            if next < start {
                runs.push(Run { from: next, to: start - 1, visible: false, hidden: false });
            }
            runs.push(Run { from: start, to: end, visible: true, hidden: false });
            next = end + 1;
        }
        if next <= to {
            runs.push(Run { from: next, to, visible: false, hidden: false });
        }
        runs
    }
}

/// A stretch of the log, wholly visible, wholly hidden or wholly withheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// First seq.
    pub from: u64,
    /// Last seq.
    pub to: u64,
    /// Whether the member may see it.
    pub visible: bool,
    /// Whether they may and deleted it for themselves; then it is not visible.
    pub hidden: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Somebody who came and went after these gaps, for these lengths; `open`: and came once more.
    fn stayed(stays: &[(u64, u64)], open: bool) -> Visibility {
        let mut visibility = Visibility::default();
        let mut at = 0;
        for (gap, length) in stays {
            visibility.open(at + gap, History::FromJoin);
            visibility.close(at + gap + length);
            at += gap + length;
        }
        if open {
            visibility.open(at + 1, History::FromJoin);
        }
        visibility
    }

    #[test]
    fn from_join_shows_each_stay_and_withholds_the_rest() {
        let mut visibility = Visibility::default();
        visibility.open(3, History::FromJoin);
        visibility.close(5);
        visibility.open(9, History::FromJoin);
        let runs: Vec<_> = visibility.runs(1, 12).iter().map(|run| (run.from, run.to, run.visible)).collect();
        assert_eq!(runs, [(1, 2, false), (3, 5, true), (6, 8, false), (9, 12, true)]);
        assert!(!visibility.shows(2) && visibility.shows(3) && !visibility.shows(6) && visibility.shows(100));
        assert!(!visibility.shows_all_from(4) && visibility.shows_all_from(9));
    }

    #[test]
    fn all_shows_everything_again_after_a_return() {
        let mut visibility = Visibility::default();
        visibility.open(3, History::All);
        visibility.close(5);
        visibility.open(9, History::All);
        assert_eq!(visibility.runs(1, 4), [Run { from: 1, to: 4, visible: true, hidden: false }]);
    }

    proptest::proptest! {
        #[test]
        fn two_overlap_when_they_share_a_number(
            ours in proptest::collection::vec((1u64..9, 0u64..5), 0..4),
            theirs in proptest::collection::vec((1u64..9, 0u64..5), 0..4),
            open in proptest::bool::ANY,
        ) {
            let (ours, theirs) = (stayed(&ours, open), stayed(&theirs, false));
            let shared = (1..60).any(|seq| ours.shows(seq) && theirs.shows(seq));
            proptest::prop_assert_eq!(ours.overlaps(&theirs), shared);
            proptest::prop_assert_eq!(theirs.overlaps(&ours), shared);
        }

        #[test]
        fn runs_are_dense_and_agree_with_shows(
            stays in proptest::collection::vec((1u64..20, 0u64..10), 0..4), from in 1u64..40, len in 0u64..40,
            hidden in proptest::collection::btree_set(1u64..80, 0..12)
        ) {
            let hides = |seq| hidden.contains(&seq);
            let stays = stayed(&stays, false);
            let visibility = stays.without(hidden.iter().copied().collect());
            let mut next = from;
            let mut before: Option<Run> = None;
            for run in visibility.runs(from, from + len) {
                proptest::prop_assert_eq!(run.from, next);
                for seq in run.from..=run.to {
                    proptest::prop_assert_eq!(visibility.shows(seq), run.visible);
                    proptest::prop_assert_eq!(run.visible, stays.shows(seq) && !hides(seq));
                    proptest::prop_assert_eq!(run.hidden, stays.shows(seq) && hides(seq));
                }
                // Nothing that belongs together is told in two pieces.
                proptest::prop_assert!(!before.is_some_and(|before| before.hidden && run.hidden));
                before = Some(run);
                next = run.to + 1;
            }
            proptest::prop_assert_eq!(next, from + len + 1);
        }
    }
}
