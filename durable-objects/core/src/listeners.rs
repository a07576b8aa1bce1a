//! Whose inboxes are open: in a large conversation they alone hear of every change of the head.
//!
//! An account says so when it asks for news, and in its answer to news. It need not say when its last inbox is closed: the next news finds
//! that out.

use std::collections::BTreeMap;

use quipu_schema::ids::UserId;

/// Members whose inboxes are open, as far as is known, and since when, Unix milliseconds; 0 for those read from disk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listeners(BTreeMap<UserId, u64>);

impl Listeners {
    /// As they stand on disk.
    pub fn new(users: impl IntoIterator<Item = UserId>) -> Self {
        Self(users.into_iter().map(|user| (user, 0)).collect())
    }

    /// All of them.
    pub fn users(&self) -> impl Iterator<Item = &UserId> {
        self.0.keys()
    }

    /// An inbox was opened. Whether that is new.
    pub fn opened(&mut self, user: UserId, now: u64) -> bool {
        self.0.insert(user, now).is_none()
    }

    /// What an account said of its inboxes in answer to news of a round that began at `began`. Whether that is new: an inbox opened since then
    /// outlives an answer given before.
    pub fn answered(&mut self, user: UserId, open: bool, began: u64) -> bool {
        match self.0.get(&user) {
            None if open => self.opened(user, began),
            Some(since) if !open && *since < began => self.forget(user),
            _ => false,
        }
    }

    /// Somebody is a member no longer. Whether they listened.
    pub fn forget(&mut self, user: UserId) -> bool {
        self.0.remove(&user).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_does_not_close_an_inbox_that_was_opened_since() {
        let user = UserId::parse("ug00000000000000000000000001").unwrap();
        let mut listeners = Listeners::new([user]);
        assert!(!listeners.opened(user, 100));
        assert!(!listeners.answered(user, false, 90) && !listeners.answered(user, false, 100));
        assert!(!listeners.answered(user, true, 110));
        assert!(listeners.answered(user, false, 110) && listeners.users().next().is_none());
        assert!(!listeners.answered(user, false, 120));
        assert!(listeners.answered(user, true, 130) && listeners.forget(user) && !listeners.forget(user));
    }
}
