//! The inbox as a list: which of its parts have an entry, and what all entries add up to.

use quipu_schema::ids::ConversationKind;
use quipu_schema::inbox::{InboxEntry, InboxFilter, InboxTotals, NotificationLevel};

/// Whether a part of the list has an entry; without a filter, the list as one opens it.
#[must_use]
pub fn lists(filter: Option<InboxFilter>, entry: &InboxEntry) -> bool {
    let flags = &entry.flags;
    let in_sight = !flags.archived && !flags.hidden;
    entry.member
        && match filter {
            None => in_sight,
            Some(InboxFilter::Unread) => in_sight && waits(entry),
            Some(InboxFilter::Mentions) => in_sight && entry.mentions > 0,
            Some(InboxFilter::Direct) => in_sight && entry.kind == ConversationKind::Direct,
            Some(InboxFilter::Groups) => in_sight && entry.kind == ConversationKind::Group,
            Some(InboxFilter::Archived) => flags.archived,
            Some(InboxFilter::Hidden) => flags.hidden,
        }
}

fn waits(entry: &InboxEntry) -> bool {
    entry.unread > 0 || entry.threads > 0 || entry.flags.marked_unread
}

/// The level that holds: where nothing was chosen, large conversations call by mentions alone.
#[must_use]
pub const fn level(entry: &InboxEntry) -> NotificationLevel {
    match entry.flags.notify {
        NotificationLevel::Default if entry.large => NotificationLevel::Mentions,
        NotificationLevel::Default => NotificationLevel::All,
        chosen => chosen,
    }
}

/// What of an entry waits for its owner, by its level: whether the conversation does, how many messages, how many mentions.
fn waiting(entry: &InboxEntry) -> (bool, u64, u64) {
    match level(entry) {
        NotificationLevel::Nothing => (false, 0, 0),
        NotificationLevel::Mentions => {
            let beside_threads = entry.mentions.saturating_sub(entry.thread_mentions);
            (entry.mentions > 0 || entry.flags.marked_unread, beside_threads, entry.mentions)
        }
        _ => (waits(entry), entry.unread, entry.mentions),
    }
}

/// What the entries of an inbox add up to. It can be kept up with changes until a mute ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    /// What clients are told.
    pub totals: InboxTotals,
    /// Unread messages of all conversations, also of those archived, hidden or muted.
    pub unread: u64,
    /// Unix milliseconds it was reckoned at.
    pub at: u64,
}

impl Sum {
    /// Of one entry alone, at a time in Unix milliseconds.
    #[must_use]
    pub fn of(entry: &InboxEntry, now: u64) -> Self {
        let until = entry.flags.muted_until.filter(|until| entry.member && *until > now);
        let one = |is: bool| u64::from(entry.member && is);
        let counts = lists(None, entry) && until.is_none();
        let counted = |number: u64| if counts { number } else { 0 };
        let (waits, unread, mentions) = waiting(entry);
        let totals = InboxTotals {
            conversations: counted(u64::from(waits)),
            unread: counted(unread),
            mentions: counted(mentions),
            archived: one(entry.flags.archived),
            hidden: one(entry.flags.hidden),
            until,
        };
        Self { totals, unread: if entry.member { entry.unread } else { 0 }, at: now }
    }

    /// Whether no mute has ended since, and the clock was not set back.
    #[must_use]
    pub fn holds(&self, now: u64) -> bool {
        self.at <= now && self.totals.until.is_none_or(|until| now < until)
    }

    /// With another entry counted in. Both must hold now.
    #[must_use]
    pub fn with(self, entry: &InboxEntry, now: u64) -> Self {
        self.combined(entry, now, u64::saturating_add)
    }

    /// With an entry taken out that was counted in. `until` stays: it may then be sooner than a mute ends, never later.
    #[must_use]
    pub fn without(self, entry: &InboxEntry, now: u64) -> Self {
        let until = self.totals.until;
        let mut less = self.combined(entry, now, u64::saturating_sub);
        less.totals.until = until;
        less
    }

    fn combined(self, entry: &InboxEntry, now: u64, by: fn(u64, u64) -> u64) -> Self {
        let (mine, other) = (self.totals, Self::of(entry, now));
        let totals = InboxTotals {
            conversations: by(mine.conversations, other.totals.conversations),
            unread: by(mine.unread, other.totals.unread),
            mentions: by(mine.mentions, other.totals.mentions),
            archived: by(mine.archived, other.totals.archived),
            hidden: by(mine.hidden, other.totals.hidden),
            until: mine.until.into_iter().chain(other.totals.until).min(),
        };
        Self { totals, unread: by(self.unread, other.unread), at: now }
    }
}
