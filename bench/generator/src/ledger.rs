//! The check: nothing lost, nothing repeated, nothing reordered, for every receiver.

use std::collections::{HashMap, VecDeque};

/// Bytes of frames remembered so that the same frame need not be parsed for each of many receivers.
const REMEMBERED_BYTES: usize = 64 * 1024 * 1024;
/// Violations kept word for word; all are counted.
const KEPT_VIOLATIONS: usize = 10;

/// One item of the log as a receiver got it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// Its number.
    pub seq: u64,
    /// Which of this run's messages it is; `None` for anything else (a member joined, a message of an earlier run).
    pub index: Option<u64>,
}

/// A frame found clean at a place.
#[derive(Debug)]
struct Remembered {
    bytes: Box<[u8]>,
    next: u64,
    ours: u64,
}

/// What is known of the log, from acks and from all receivers together.
#[derive(Debug, Default)]
pub struct Ledger {
    by_seq: HashMap<u64, Option<u64>>,
    seen: HashMap<u64, u64>,
    acked: HashMap<u64, u64>,
    sent: u64,
    head: u64,
    violations: Vec<String>,
    violation_count: u64,
    frames: HashMap<u64, Remembered>,
    frame_order: VecDeque<u64>,
    frame_bytes: usize,
}

impl Ledger {
    /// Notes that messages `0..count` have been sent.
    pub const fn sent(&mut self, count: u64) {
        self.sent = count;
    }

    /// Something is wrong.
    pub fn violation(&mut self, text: impl FnOnce() -> String) {
        self.violation_count += 1;
        if self.violations.len() < KEPT_VIOLATIONS {
            self.violations.push(text());
        }
    }

    /// A sender was told that message `index` stands at `seq`.
    pub fn ack(&mut self, index: u64, seq: u64) {
        if index >= self.sent {
            self.violation(|| format!("message {index} was acknowledged and never sent"));
        }
        if let Some(before) = self.acked.insert(index, seq) {
            self.violation(|| format!("message {index} was acknowledged twice, at {before} and {seq}"));
        }
        self.head = self.head.max(seq);
    }

    /// A server said that the log ends at `head`.
    pub fn announce(&mut self, head: u64) {
        self.head = self.head.max(head);
    }

    /// Acknowledged so far.
    pub fn acked(&self) -> u64 {
        self.acked.len() as u64
    }

    /// The highest seq heard of.
    pub const fn head(&self) -> u64 {
        self.head
    }

    /// A receiver that expects `next` got these very bytes, which were checked for another receiver at the same place: the answer is
    /// the seq it expects afterwards and the number of this run's messages in the frame.
    pub fn recall(&self, next: u64, frame: &[u8]) -> Option<(u64, u64)> {
        self.frames.get(&next).filter(|known| *known.bytes == *frame).map(|known| (known.next, known.ours))
    }

    /// Checks the events of a frame against the order known so far; the answer is as for [`Self::recall`].
    pub fn check(&mut self, receiver: usize, next: u64, events: &[Event], frame: &[u8]) -> (u64, u64) {
        let (mut expected, mut ours) = (next, 0);
        let mut clean = true;
        for event in events {
            if event.seq != expected {
                clean = false;
                self.violation(|| format!("receiver {receiver} got seq {} where {expected} was due", event.seq));
            }
            expected = event.seq + 1;
            ours += u64::from(event.index.is_some());
            clean &= self.place(receiver, *event);
        }
        if clean && !events.is_empty() {
            self.remember(next, Remembered { bytes: frame.into(), next: expected, ours });
        }
        (expected, ours)
    }

    fn place(&mut self, receiver: usize, event: Event) -> bool {
        self.head = self.head.max(event.seq);
        match self.by_seq.insert(event.seq, event.index) {
            Some(before) if before != event.index => {
                self.violation(|| {
                    format!("receiver {receiver} sees {:?} at seq {}, another saw {before:?}", event.index, event.seq)
                });
                return false;
            }
            Some(_) => return true,
            None => {}
        }
        let Some(index) = event.index else { return true };
        if let Some(before) = self.seen.insert(index, event.seq) {
            self.violation(|| format!("message {index} stands in the log twice, at {before} and {}", event.seq));
            return false;
        }
        true
    }

    fn remember(&mut self, at: u64, frame: Remembered) {
        while self.frame_bytes + frame.bytes.len() > REMEMBERED_BYTES {
            let Some(oldest) = self.frame_order.pop_front() else { break };
            self.frame_bytes -= self.frames.remove(&oldest).map_or(0, |frame| frame.bytes.len());
        }
        self.frame_bytes += frame.bytes.len();
        match self.frames.insert(at, frame) {
            Some(before) => self.frame_bytes -= before.bytes.len(),
            None => self.frame_order.push_back(at),
        }
    }

    /// The last word, when everything sent has been answered and every receiver has come to the end: all messages stand in the log once,
    /// where their acks say.
    pub fn close(&mut self, receivers: impl Iterator<Item = u64>) {
        for index in 0..self.sent {
            match (self.acked.get(&index).copied(), self.seen.get(&index).copied()) {
                (Some(acked), Some(seen)) if acked == seen => {}
                (Some(acked), Some(seen)) => {
                    self.violation(|| format!("message {index} was acknowledged at {acked} and stands at {seen}"))
                }
                (Some(acked), None) => {
                    self.violation(|| format!("message {index}, acknowledged at {acked}, was delivered to nobody"))
                }
                (None, _) => self.violation(|| format!("message {index} was never acknowledged")),
            }
        }
        let head = self.head;
        for (receiver, next) in receivers.enumerate() {
            if next != head + 1 {
                self.violation(|| format!("receiver {receiver} ended before seq {next}, the log ends at {head}"));
            }
        }
    }

    /// The violations kept, and how many there were.
    pub fn violations(&self) -> (&[String], u64) {
        (&self.violations, self.violation_count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(seq: u64, index: u64) -> Event {
        Event { seq, index: Some(index) }
    }

    fn ledger(sent: u64) -> Ledger {
        let mut ledger = Ledger::default();
        ledger.sent(sent);
        ledger
    }

    fn receive(ledger: &mut Ledger, events: &[Event]) {
        ledger.check(0, 1, events, &[]);
    }

    #[test]
    fn a_clean_run_has_no_violation() {
        let mut ledger = ledger(2);
        ledger.ack(0, 4);
        ledger.ack(1, 5);
        assert_eq!(ledger.check(0, 3, &[Event { seq: 3, index: None }, event(4, 0), event(5, 1)], b"frame"), (6, 2));
        assert_eq!(ledger.recall(3, b"frame"), Some((6, 2)));
        assert_eq!(ledger.recall(3, b"other"), None);
        assert_eq!(ledger.recall(4, b"frame"), None);
        ledger.close([6, 6].into_iter());
        assert_eq!(ledger.violations().1, 0);
    }

    #[test]
    fn each_kind_of_harm_is_found() {
        type Harm = fn(&mut Ledger);
        let cases: [(&str, Harm); 6] = [
            ("was due", |l| receive(l, &[event(2, 0)])),
            ("twice, at 1 and 2", |l| receive(l, &[event(1, 0), event(2, 0)])),
            ("another saw", |l| {
                receive(l, &[event(1, 0)]);
                receive(l, &[event(1, 1)]);
            }),
            ("acknowledged twice", |l| {
                l.ack(0, 1);
                l.ack(0, 2);
            }),
            ("never acknowledged", |l| l.close([1].into_iter())),
            ("ended before seq 1", |l| {
                l.ack(0, 1);
                l.close([1].into_iter());
            }),
        ];
        for (words, harm) in cases {
            let mut ledger = ledger(2);
            harm(&mut ledger);
            assert!(
                ledger.violations().0.iter().any(|text| text.contains(words)),
                "{words}: {:?}",
                ledger.violations()
            );
        }
    }
}
