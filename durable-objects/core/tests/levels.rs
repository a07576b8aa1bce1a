//! Notification levels: what of a conversation waits for its member, and whether everyone is they.
#![allow(clippy::unwrap_used, clippy::panic)]

use quipu_core::inbox::{Kept, merge, set};
use quipu_core::inbox_list::Sum;
use quipu_schema::envelope::Role;
use quipu_schema::ids::{ConversationId, ConversationKind, Epoch};
use quipu_schema::inbox::{NotificationLevel, PatchInbox};
use quipu_schema::internal::News;

const NOW: u64 = 1_000;

/// Three unread messages: one by name, one that says everyone, one that says nobody. A fourth mentions them in a thread.
fn news(seq: u64) -> News {
    News {
        conv: ConversationId::parse("gg00000000000000000000000002").unwrap(),
        kind: ConversationKind::Group,
        epoch: Epoch::from_bits(1),
        seq,
        n: 3,
        at: seq,
        member: true,
        role: Role::Member,
        space: None,
        name: None,
        avatar: None,
        peer: None,
        last: None,
        read_seq: 1,
        read_n: 0,
        mentions: 3,
        mentioned: seq,
        threads: 1,
        large: false,
        thread_mentions: 1,
        hidden_unread: 0,
        everyone_mentions: 1,
        mentioned_by_name: seq - 1,
        everything: false,
    }
}

fn laid(stored: &Kept, patch: PatchInbox) -> Kept {
    set(stored, &patch, 0, NOW).unwrap()
}

fn level(notify: NotificationLevel) -> PatchInbox {
    PatchInbox { notify: Some(notify), ..PatchInbox::default() }
}

fn suppress(on: bool) -> PatchInbox {
    PatchInbox { suppress_everyone: Some(on), ..PatchInbox::default() }
}

fn totals(kept: &Kept) -> (u64, u64, u64) {
    let totals = Sum::of(&kept.entry, NOW).totals;
    (totals.conversations, totals.unread, totals.mentions)
}

#[test]
fn a_level_says_what_counts_in_the_totals_and_changes_nothing_of_the_entry() {
    let kept = merge(None, &news(9));
    assert_eq!(totals(&kept), (1, 3, 3));
    for (chosen, expected) in [
        (NotificationLevel::All, (1, 3, 3)),
        (NotificationLevel::Mentions, (1, 2, 3)),
        (NotificationLevel::Nothing, (0, 0, 0)),
        (NotificationLevel::Default, (1, 3, 3)),
    ] {
        let kept = laid(&kept, level(chosen));
        assert_eq!(totals(&kept), expected, "{chosen:?}");
        assert_eq!((kept.entry.unread, kept.entry.mentions), (3, 3), "{chosen:?}");
        assert_eq!(Sum::of(&kept.entry, NOW).unread, 3, "what counts everything");
    }
}

#[test]
fn without_a_choice_a_large_conversation_counts_by_mentions_alone() {
    let large = merge(None, &News { large: true, ..news(9) });
    assert_eq!(totals(&large), (1, 2, 3));
    assert_eq!(totals(&laid(&large, level(NotificationLevel::All))), (1, 3, 3));
}

#[test]
fn one_without_a_mention_waits_by_the_mark_of_its_owner_alone() {
    let quiet = News { mentions: 0, everyone_mentions: 0, thread_mentions: 0, ..news(9) };
    let kept = laid(&merge(None, &quiet), level(NotificationLevel::Mentions));
    assert_eq!(totals(&kept), (0, 0, 0));
    let marked = PatchInbox { marked_unread: Some(true), ..PatchInbox::default() };
    assert_eq!(totals(&laid(&kept, marked)), (1, 0, 0));
    assert_eq!(totals(&laid(&laid(&kept, marked), level(NotificationLevel::Nothing))), (0, 0, 0));
}

#[test]
fn who_suppresses_everyone_is_mentioned_by_name_alone_and_can_take_it_back() {
    let kept = merge(None, &news(9));
    let without = laid(&kept, suppress(true));
    assert_eq!((without.entry.mentions, without.entry.unread), (2, 3));
    assert_eq!(laid(&without, suppress(true)), without);
    assert_eq!(laid(&without, suppress(false)), kept);
    // What comes later counts alike, and so does what is told again.
    let later = merge(Some(&without), &News { mentions: 5, everyone_mentions: 2, ..news(12) });
    assert_eq!((later.entry.mentions, laid(&later, suppress(false)).entry.mentions), (3, 5));
    assert_eq!(merge(Some(&later), &News { mentions: 5, everyone_mentions: 2, ..news(12) }), later);
    // Read to the end, what stands in threads is left, whichever way.
    let read = merge(Some(&without), &News { read_seq: 12, read_n: 3, mentions: 1, everyone_mentions: 0, ..news(12) });
    assert_eq!((read.entry.mentions, laid(&read, suppress(false)).entry.mentions), (1, 1));
}

#[test]
fn a_cursor_told_late_brings_no_mention_of_everyone_back() {
    let without = laid(&merge(None, &news(9)), suppress(true));
    let read = merge(Some(&without), &News { read_seq: 7, read_n: 2, mentions: 1, everyone_mentions: 0, ..news(9) });
    assert_eq!(read.entry.mentions, 1);
    // The first again, with its older cursor.
    assert_eq!(merge(Some(&read), &news(9)), read);
    assert_eq!(laid(&read, suppress(false)).entry.mentions, 1);
}

#[test]
fn what_is_put_away_comes_back_by_what_counts() {
    let archived = PatchInbox { archived: Some(true), ..PatchInbox::default() };
    let put_away = laid(&merge(None, &news(9)), archived);
    let everyone = News { mentioned: 12, mentioned_by_name: 8, ..news(12) };
    let named = News { mentioned: 12, mentioned_by_name: 12, ..news(12) };
    let returns = |kept: &Kept, news: &News| !merge(Some(kept), news).entry.flags.archived;
    assert!(returns(&put_away, &everyone) && returns(&put_away, &named));
    let suppressing = laid(&put_away, suppress(true));
    assert!(!returns(&suppressing, &everyone) && returns(&suppressing, &named));
    let silent = laid(&put_away, level(NotificationLevel::Nothing));
    assert!(!returns(&silent, &everyone) && !returns(&silent, &named));
}

#[test]
fn a_large_conversation_is_told_who_wants_everything_until_it_knows() {
    let all = level(NotificationLevel::All);
    let small = laid(&merge(None, &news(9)), all);
    assert!(!small.notify_due, "a small one tells everybody anyway");
    // It grew: it knows nothing of the wish, until it says that it does.
    let grown = merge(Some(&small), &News { large: true, ..news(10) });
    assert!(grown.notify_due);
    let known = merge(Some(&grown), &News { large: true, everything: true, ..news(11) });
    assert!(!known.notify_due);
    let no_longer = laid(&known, level(NotificationLevel::Mentions));
    assert!(no_longer.notify_due && !laid(&known, all).notify_due);
    assert!(!laid(&known, suppress(true)).notify_due);
    // Who went and came back before their account heard of it is forgotten there.
    assert!(merge(Some(&known), &News { large: true, everything: false, ..news(12) }).notify_due);
    let gone = merge(Some(&known), &News { member: false, large: true, ..news(12) });
    assert!(!gone.notify_due && gone.entry.flags.notify == NotificationLevel::Default);
}
