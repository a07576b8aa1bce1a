//! Delivered and read cursors, and unread by subtraction.
//!
//! A cursor only grows, so receipts merge by maximum and may arrive in any order, twice, or late. Sending a message advances the
//! sender's own cursors: readers derive that from the event, so it costs no row.

use std::collections::BTreeMap;

use quipu_schema::ids::UserId;
use quipu_schema::socket::Receipt;

/// Cursors of everybody who is or was a member.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Receipts(BTreeMap<UserId, Receipt>);

impl Receipts {
    /// A member's receipt; all zero where none is known.
    pub fn of(&self, user: UserId) -> Receipt {
        self.0.get(&user).copied().unwrap_or(Receipt { user, delivered: 0, read: 0, read_n: 0 })
    }

    /// Forgets a member who went.
    pub(crate) fn forget(&mut self, user: UserId) {
        self.0.remove(&user);
    }

    /// Undoes what was applied and not stored.
    pub(crate) fn put_back(&mut self, receipt: Receipt) {
        self.0.insert(receipt.user, receipt);
    }

    /// Moves cursors forward, never back. Returns whether anything moved.
    pub fn advance(&mut self, user: UserId, delivered: u64, read: u64, read_n: u64) -> bool {
        let receipt = self.0.entry(user).or_insert(Receipt { user, delivered: 0, read: 0, read_n: 0 });
        let before = *receipt;
        if read > receipt.read {
            receipt.read = read;
            receipt.read_n = read_n;
        }
        receipt.delivered = receipt.delivered.max(delivered).max(receipt.read);
        *receipt != before
    }
}

/// Messages not read: n(head) − n(read).
pub const fn unread(head_n: u64, read_n: u64) -> u64 {
    head_n.saturating_sub(read_n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_only_grow_and_read_implies_delivered() {
        let user = UserId::parse("ug00000000000000000000000001").unwrap();
        let mut receipts = Receipts::default();
        assert!(receipts.advance(user, 3, 0, 0));
        assert!(receipts.advance(user, 0, 5, 4));
        assert!(!receipts.advance(user, 4, 5, 4));
        assert!(!receipts.advance(user, 1, 2, 1));
        assert_eq!(receipts.of(user), Receipt { user, delivered: 5, read: 5, read_n: 4 });
        assert_eq!((unread(9, 4), unread(3, 4)), (5, 0));
    }
}
