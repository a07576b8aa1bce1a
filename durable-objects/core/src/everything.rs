//! Who wants to hear of everything in a large conversation: facts of its members, told by their accounts.
//!
//! They hear of every event at once, as everybody in a small conversation does, as long as there are no more of them than a small conversation
//! has members; of more, when those hear whose inboxes are open.

use std::collections::BTreeMap;

use quipu_schema::ids::UserId;
use quipu_schema::limits;

/// What an account said last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// The account's version of it: an older one is no news.
    pub version: u64,
    /// Whether its user wants to hear of everything.
    pub on: bool,
}

/// What accounts of members said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Everything(BTreeMap<UserId, Wish>);

impl Everything {
    /// As they stand on disk.
    pub fn new(wishes: impl IntoIterator<Item = (UserId, Wish)>) -> Self {
        Self(wishes.into_iter().collect())
    }

    /// Whether a member's account says something new.
    pub fn is_news(&self, user: &UserId, wish: Wish) -> bool {
        self.0.get(user).is_none_or(|known| known.version < wish.version)
    }

    /// Takes what an account says.
    pub fn put(&mut self, user: UserId, wish: Wish) {
        self.0.insert(user, wish);
    }

    /// Whether a member wants to hear of everything.
    pub fn has(&self, user: &UserId) -> bool {
        self.0.get(user).is_some_and(|wish| wish.on)
    }

    /// All who do.
    pub fn users(&self) -> impl Iterator<Item = &UserId> {
        self.0.iter().filter(|(_, wish)| wish.on).map(|(user, _)| user)
    }

    /// Whether there are any, and few enough to be told of every event.
    pub fn are_few(&self) -> bool {
        let count = self.users().count();
        count > 0 && count <= limits::SMALL_CONVERSATION
    }

    /// Somebody is a member no longer.
    pub fn forget(&mut self, user: &UserId) {
        self.0.remove(user);
    }
}
