//! What a conversation in a user's inbox becomes by news, and by what the user lays down.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use quipu_core::inbox::{Kept, merge, set};
use quipu_schema::envelope::Role;
use quipu_schema::ids::{ConversationId, ConversationKind, Epoch};
use quipu_schema::inbox::{InboxFlags, PatchInbox};
use quipu_schema::internal::News;
use quipu_schema::limits;
use quipu_schema::problem::Code;

const NOW: u64 = 1_000_000;
const NOTHING: PatchInbox = PatchInbox {
    pinned: None,
    muted_until: None,
    archived: None,
    hidden: None,
    marked_unread: None,
    read_seq: None,
    notify: None,
    suppress_everyone: None,
};

fn news(seq: u64, n: u64, read: u64) -> News {
    News {
        space: None,
        conv: ConversationId::parse("gg00000000000000000000000002").unwrap(),
        kind: ConversationKind::Group,
        epoch: Epoch::from_bits(1),
        seq,
        n,
        at: seq,
        member: true,
        role: Role::Member,
        name: None,
        avatar: None,
        peer: None,
        last: None,
        read_seq: read,
        read_n: read.min(n),
        mentions: 0,
        mentioned: 0,
        threads: 0,
        large: false,
        thread_mentions: 0,
        hidden_unread: 0,
        everyone_mentions: 0,
        mentioned_by_name: 0,
        everything: false,
    }
}

fn kept() -> Kept {
    merge(None, &news(5, 3, 4))
}

fn laid(stored: &Kept, patch: PatchInbox) -> Kept {
    set(stored, &patch, 0, NOW).unwrap()
}

fn flags(kept: &Kept) -> InboxFlags {
    kept.entry.flags
}

#[test]
fn what_is_hidden_comes_back_with_the_next_message_and_with_nothing_else() {
    let hidden = laid(&kept(), PatchInbox { hidden: Some(true), ..NOTHING });
    assert!(flags(&hidden).hidden);
    // A member joined, somebody read: nothing was said.
    let quiet = merge(Some(&hidden), &news(6, 3, 5));
    assert!(flags(&quiet).hidden);
    assert!(flags(&merge(Some(&quiet), &news(4, 2, 0))).hidden);
    assert!(!flags(&merge(Some(&quiet), &news(7, 4, 5))).hidden);
}

#[test]
fn what_is_archived_and_muted_stays_so_when_something_is_said() {
    let put_away = laid(&kept(), PatchInbox { archived: Some(true), muted_until: Some(NOW + 1), ..NOTHING });
    let later = merge(Some(&put_away), &news(9, 7, 4));
    assert_eq!(flags(&later), InboxFlags { archived: true, muted_until: Some(NOW + 1), ..InboxFlags::default() });
}

#[test]
fn a_mark_is_cleared_by_the_next_read_and_never_moves_the_cursor() {
    let marked = laid(&kept(), PatchInbox { marked_unread: Some(true), ..NOTHING });
    assert_eq!((flags(&marked).marked_unread, marked.entry.read_seq, marked.entry.unread), (true, 4, 0));
    assert!(flags(&merge(Some(&marked), &news(5, 3, 4))).marked_unread);
    assert!(flags(&merge(Some(&marked), &news(6, 4, 4))).marked_unread);
    for read in [news(5, 3, 5), news(6, 4, 6), news(4, 2, 5)] {
        let read = merge(Some(&marked), &read);
        assert_eq!((flags(&read).marked_unread, read.marked_after), (false, 0));
    }
    let cleared = laid(&marked, PatchInbox { marked_unread: Some(false), ..NOTHING });
    assert_eq!(cleared, kept());
}

#[test]
fn a_read_that_came_before_the_mark_and_is_heard_of_after_it_does_not_clear_it() {
    let marked = laid(&kept(), PatchInbox { marked_unread: Some(true), read_seq: Some(5), ..NOTHING });
    assert_eq!(marked.entry.read_seq, 4);
    let heard = merge(Some(&marked), &news(5, 3, 5));
    assert_eq!((flags(&heard).marked_unread, heard.entry.read_seq), (true, 5));
    assert!(!flags(&merge(Some(&heard), &news(6, 4, 6))).marked_unread);
}

#[test]
fn pinned_and_put_away_exclude_each_other_and_the_last_word_wins() {
    let pinned = laid(&kept(), PatchInbox { pinned: Some(true), ..NOTHING });
    let archived = laid(&pinned, PatchInbox { archived: Some(true), ..NOTHING });
    assert_eq!(flags(&archived), InboxFlags { archived: true, ..InboxFlags::default() });
    let hidden = laid(&archived, PatchInbox { hidden: Some(true), ..NOTHING });
    let again = laid(&hidden, PatchInbox { pinned: Some(true), ..NOTHING });
    assert_eq!(flags(&again), InboxFlags { pinned: true, ..InboxFlags::default() });
}

#[test]
fn the_end_of_a_mute_that_is_over_is_no_mute() {
    for until in [0, NOW] {
        let muted = laid(&kept(), PatchInbox { muted_until: Some(NOW + 1), ..NOTHING });
        assert_eq!(flags(&laid(&muted, PatchInbox { muted_until: Some(until), ..NOTHING })).muted_until, None);
    }
}

#[test]
fn impossible_words_are_refused() {
    let code = |patch| set(&kept(), &patch, 0, NOW).unwrap_err().code;
    for bad in [
        NOTHING,
        PatchInbox { muted_until: Some(1 << 53), ..NOTHING },
        PatchInbox { marked_unread: Some(true), read_seq: Some(1 << 53), ..NOTHING },
        PatchInbox { marked_unread: Some(false), read_seq: Some(4), ..NOTHING },
        PatchInbox { read_seq: Some(4), ..NOTHING },
        PatchInbox { pinned: Some(true), archived: Some(true), ..NOTHING },
        PatchInbox { pinned: Some(true), hidden: Some(true), ..NOTHING },
    ] {
        assert_eq!(code(bad), Code::InvalidValue, "{bad:?}");
    }
    let pin = PatchInbox { pinned: Some(true), ..NOTHING };
    assert_eq!(set(&kept(), &pin, limits::INBOX_PINS, NOW).unwrap_err().code, Code::PinLimit);
    assert!(set(&kept(), &pin, limits::INBOX_PINS - 1, NOW).is_ok());
    let pinned = laid(&kept(), pin);
    assert!(set(&pinned, &pin, limits::INBOX_PINS, NOW).is_ok());
}

#[test]
fn who_goes_takes_no_flags_along_and_another_life_of_the_log_keeps_them() {
    let all = laid(
        &kept(),
        PatchInbox { pinned: Some(true), muted_until: Some(NOW + 1), marked_unread: Some(true), ..NOTHING },
    );
    let gone = merge(Some(&all), &News { member: false, ..news(6, 3, 4) });
    assert_eq!((flags(&gone), gone.marked_after), (InboxFlags::default(), 0));
    assert_eq!(flags(&merge(Some(&gone), &news(8, 3, 8))), InboxFlags::default());
    let reborn = merge(Some(&all), &News { epoch: Epoch::from_bits(2), ..news(2, 1, 0) });
    assert_eq!(flags(&reborn), InboxFlags { marked_unread: false, ..flags(&all) });
}

#[test]
fn what_is_archived_comes_back_when_its_owner_is_mentioned_anew() {
    let mentioning = |mentioned, of: News| News { mentions: 1, mentioned, ..of };
    let put_away = laid(&merge(None, &mentioning(5, news(5, 3, 2))), PatchInbox { archived: Some(true), ..NOTHING });
    // Said again, or of a message that was there when it was put away: no.
    for same in [mentioning(5, news(5, 3, 2)), mentioning(4, news(8, 5, 2)), news(9, 6, 2)] {
        assert!(flags(&merge(Some(&put_away), &same)).archived);
    }
    assert!(!flags(&merge(Some(&put_away), &mentioning(6, news(6, 4, 2)))).archived);
}

#[test]
fn mentions_are_those_of_the_newest_head_and_the_furthest_read() {
    let counted = |mentions, of: News| News { mentions, mentioned: 1, ..of };
    let first = merge(None, &counted(2, news(5, 5, 1)));
    assert_eq!(first.entry.mentions, 2);
    let read = merge(Some(&first), &counted(1, news(5, 5, 3)));
    assert_eq!(read.entry.mentions, 1);
    // The first again, late.
    assert_eq!(merge(Some(&read), &counted(2, news(5, 5, 1))), read);
    let later = merge(Some(&read), &counted(3, news(9, 9, 3)));
    assert_eq!(later.entry.mentions, 3);
    assert_eq!(merge(Some(&later), &counted(1, news(5, 5, 3))), later);
    assert_eq!(merge(Some(&later), &news(10, 9, 3)).entry.mentions, 0, "the message was deleted");
    assert_eq!(merge(Some(&later), &news(4, 4, 9)).entry.mentions, 0, "read to the end, told late");
    assert_eq!(merge(Some(&later), &News { member: false, ..counted(3, news(11, 9, 3)) }).entry.mentions, 0);
}

#[test]
fn mentions_in_threads_outlast_the_reading_of_the_conversation() {
    let counted = |mentions, thread_mentions, of: News| News { mentions, thread_mentions, mentioned: 1, ..of };
    let both = merge(None, &counted(3, 2, news(5, 5, 1)));
    assert_eq!((both.entry.mentions, both.entry.thread_mentions), (3, 2));
    let read = merge(Some(&both), &counted(2, 2, news(5, 5, 5)));
    assert_eq!((read.entry.mentions, read.entry.unread), (2, 0));
    // Of a thread that was read, heard of with the older cursor.
    assert_eq!(merge(Some(&read), &counted(2, 1, news(5, 5, 1))).entry.mentions, 1);
    assert_eq!(merge(Some(&read), &news(5, 5, 5)).entry.mentions, 0);
    let gone = merge(Some(&read), &News { member: false, ..counted(2, 2, news(6, 5, 5)) });
    assert_eq!((gone.entry.mentions, gone.entry.thread_mentions), (0, 0));
}

#[test]
fn what_was_deleted_for_oneself_is_not_unread() {
    let hiding = |hidden_unread, of: News| News { hidden_unread, ..of };
    let one = merge(None, &hiding(1, news(5, 5, 2)));
    assert_eq!((one.entry.unread, one.entry.hidden_unread), (2, 1));
    let read = merge(Some(&one), &news(5, 5, 4));
    assert_eq!((read.entry.unread, read.entry.hidden_unread), (1, 0));
    // The first again, late: what it counted lies before the cursor.
    assert_eq!(merge(Some(&read), &hiding(1, news(5, 5, 2))), read);
    assert_eq!(merge(Some(&one), &news(4, 4, 5)).entry.hidden_unread, 0, "read to the end, told late");
    assert_eq!(merge(Some(&one), &hiding(1, news(6, 6, 2))).entry.unread, 3);
}

proptest! {
    /// The same word twice, with news in between or not, is the same as once; news twice is news once.
    #[test]
    fn words_and_news_are_idempotent(
        words in prop::collection::vec((any::<[Option<bool>; 4]>(), prop::option::of(0..2 * NOW)), 1..12),
        heads in prop::collection::vec((1u64..40, 0u64..40), 1..12),
    ) {
        let mut kept = kept();
        for ((bits, muted_until), (seq, read)) in words.into_iter().zip(heads) {
            let [pinned, archived, hidden, marked_unread] = bits;
            let patch = PatchInbox { pinned, muted_until, archived, hidden, marked_unread, ..NOTHING };
            let cursor = (kept.entry.read_seq, kept.entry.read_n, kept.entry.unread);
            if let Ok(once) = set(&kept, &patch, 0, NOW) {
                prop_assert_eq!(&set(&once, &patch, 0, NOW).unwrap(), &once);
                prop_assert_eq!((once.entry.read_seq, once.entry.read_n, once.entry.unread), cursor);
                prop_assert!(!(once.entry.flags.pinned && once.entry.flags.archived));
                kept = once;
            }
            let piece = news(seq, seq, read.min(seq));
            let heard = merge(Some(&kept), &piece);
            prop_assert_eq!(&merge(Some(&heard), &piece), &heard);
            prop_assert!(!heard.entry.flags.marked_unread || heard.entry.read_seq <= heard.marked_after);
            kept = heard;
        }
    }
}
