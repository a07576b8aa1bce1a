//! One conversation in a user's inbox: what it becomes by the conversation's news, and by what the user lays down about it.

use quipu_schema::inbox::{InboxEntry, InboxFlags, NotificationLevel, PatchInbox};
use quipu_schema::internal::News;
use quipu_schema::limits;
use quipu_schema::problem::{Code, Rejection};

use crate::receipts::unread;

/// What is kept of one conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// What the user's devices see.
    pub entry: InboxEntry,
    /// A read beyond this seq clears the mark "unread"; 0 where there is none. The account may hear of a read that came before the mark after it.
    pub marked_after: u64,
    /// Unread messages that mention everyone or a role, and not the user: in `mentions`, unless they suppress them.
    pub everyone: u64,
    /// The conversation is to be told whether the user wants to hear of everything: it knows otherwise.
    pub notify_due: bool,
}

/// Whether a large conversation is to tell of every message at once.
pub fn wants_everything(flags: &InboxFlags) -> bool {
    flags.notify == NotificationLevel::All
}

/// What an entry becomes by news: the newer head wins, cursors merge by maximum, another epoch replaces all but the user's flags.
pub fn merge(stored: Option<&Kept>, news: &News) -> Kept {
    let same_life = stored.filter(|stored| stored.entry.epoch == news.epoch);
    if let Some(stored) = same_life.filter(|stored| stored.entry.head_seq > news.seq) {
        let mut kept = stored.clone();
        advance(&mut kept, news.read_seq, news.read_n);
        return kept;
    }
    let entry = InboxEntry {
        id: news.conv,
        kind: news.kind,
        epoch: news.epoch,
        version: 0,
        member: news.member,
        role: news.role,
        space: news.space.filter(|_| news.member),
        name: news.name.clone(),
        avatar: news.avatar.clone(),
        peer: news.peer.clone(),
        head_seq: news.seq,
        head_n: news.n,
        at: news.at,
        last: news.last.clone(),
        read_seq: same_life.map_or(0, |stored| stored.entry.read_seq),
        read_n: same_life.map_or(0, |stored| stored.entry.read_n),
        unread: 0,
        mentions: 0,
        threads: if news.member { news.threads } else { 0 },
        large: news.member && news.large,
        thread_mentions: if news.member { news.thread_mentions } else { 0 },
        hidden_unread: news.hidden_unread,
        flags: InboxFlags::default(),
    };
    let mut kept = Kept { entry, marked_after: 0, everyone: 0, notify_due: false };
    // Who goes takes nothing along: coming back begins anew.
    if let Some(stored) = stored.filter(|_| news.member) {
        kept.entry.flags = stored.entry.flags;
        // Something was said, or may have been.
        kept.entry.flags.hidden &= same_life.is_some_and(|stored| stored.entry.head_n >= news.n);
        kept.entry.flags.marked_unread &= same_life.is_some();
        // What is put away comes back when somebody is addressed anew.
        let (addressed, last) = match stored.entry.flags.suppress_everyone {
            true => (news.mentions.saturating_sub(news.everyone_mentions), news.mentioned_by_name),
            false => (news.mentions, news.mentioned),
        };
        kept.entry.flags.archived &= addressed == 0
            || stored.entry.flags.notify == NotificationLevel::Nothing
            || same_life.is_some_and(|stored| stored.entry.head_seq >= last);
        kept.marked_after = if kept.entry.flags.marked_unread { stored.marked_after } else { 0 };
    }
    kept.notify_due = kept.entry.large && wants_everything(&kept.entry.flags) != news.everything;
    // Of an older cursor than is known here: the count of the newer one is on its way, or here already.
    let suppresses = kept.entry.flags.suppress_everyone;
    (kept.entry.mentions, kept.everyone, kept.entry.hidden_unread) =
        match same_life.filter(|stored| stored.entry.read_seq > news.read_seq) {
            // Threads have cursors of their own.
            Some(Kept { entry, everyone, .. }) if entry.head_seq == news.seq => (
                entry.mentions.saturating_sub(entry.thread_mentions) + news.thread_mentions,
                *everyone,
                entry.hidden_unread,
            ),
            _ => {
                let everyone = news.everyone_mentions.min(news.mentions);
                let suppressed = if suppresses { everyone } else { 0 };
                (news.mentions - suppressed, everyone, news.hidden_unread)
            }
        };
    advance(&mut kept, news.read_seq, news.read_n);
    kept
}

fn advance(kept: &mut Kept, read_seq: u64, read_n: u64) {
    let entry = &mut kept.entry;
    if read_seq > entry.read_seq {
        entry.read_seq = read_seq;
        entry.read_n = read_n;
    }
    if !entry.member || entry.read_seq >= entry.head_seq {
        entry.mentions = entry.thread_mentions;
        entry.hidden_unread = 0;
        kept.everyone = 0;
    }
    let unread = unread(entry.head_n, entry.read_n).saturating_sub(entry.hidden_unread);
    entry.unread = if entry.member { unread } else { 0 };
    if entry.flags.marked_unread && entry.read_seq > kept.marked_after {
        entry.flags.marked_unread = false;
        kept.marked_after = 0;
    }
}

/// What an entry becomes by its user's word. `pins` is how many other conversations they have pinned, `now` in Unix milliseconds.
///
/// # Errors
/// `invalid_value`, or `pin_limit`.
pub fn set(stored: &Kept, patch: &PatchInbox, pins: usize, now: u64) -> Result<Kept, Rejection> {
    let invalid = |sentence| Err(Rejection::new(Code::InvalidValue, sentence));
    if *patch == PatchInbox::default() {
        return invalid(
            "Say what to change: `pinned`, `muted_until`, `archived`, `hidden`, `marked_unread`, `notify` or `suppress_everyone`.",
        );
    }
    if patch.muted_until.is_some_and(|until| until >= 1 << 53) || patch.read_seq.is_some_and(|seq| seq >= 1 << 53) {
        return invalid("`muted_until` and `read_seq` must be below 2^53.");
    }
    if patch.read_seq.is_some() && patch.marked_unread != Some(true) {
        return invalid("`read_seq` goes with `marked_unread: true`.");
    }
    if patch.pinned == Some(true) && (patch.archived == Some(true) || patch.hidden == Some(true)) {
        return invalid("What is pinned stands in the list: it cannot be archived or hidden in the same breath.");
    }
    let mut kept = stored.clone();
    let flags = &mut kept.entry.flags;
    if let Some(pinned) = patch.pinned {
        if pinned && !flags.pinned && pins >= limits::INBOX_PINS {
            return Err(Code::PinLimit.into());
        }
        flags.pinned = pinned;
        flags.archived &= !pinned;
        flags.hidden &= !pinned;
    }
    if let Some(archived) = patch.archived {
        flags.archived = archived;
        flags.pinned &= !archived;
    }
    if let Some(until) = patch.muted_until {
        flags.muted_until = Some(until).filter(|until| *until > now);
    }
    if let Some(hidden) = patch.hidden {
        flags.hidden = hidden;
    }
    if let Some(marked) = patch.marked_unread {
        flags.marked_unread = marked;
        kept.marked_after = if marked { kept.entry.read_seq.max(patch.read_seq.unwrap_or(0)) } else { 0 };
    }
    if let Some(level) = patch.notify {
        let before = wants_everything(flags);
        flags.notify = level;
        kept.notify_due |= kept.entry.large && wants_everything(flags) != before;
    }
    if let Some(suppresses) = patch.suppress_everyone
        && suppresses != flags.suppress_everyone
    {
        flags.suppress_everyone = suppresses;
        let mentions = &mut kept.entry.mentions;
        *mentions = if suppresses { mentions.saturating_sub(kept.everyone) } else { *mentions + kept.everyone };
    }
    Ok(kept)
}
