//! Whatever happens to an inbox, its totals and the parts of its list are those of its entries.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::cmp::Reverse;

use proptest::prelude::*;
use quipu_core::inbox_list::{Sum, lists};
use quipu_schema::envelope::Role;
use quipu_schema::ids::{ConversationId, Epoch};
use quipu_schema::inbox::{InboxEntry, InboxFilter, InboxTotals, NotificationLevel, PatchInbox};
use quipu_schema::internal::News;
use quipu_schema::limits;
use quipu_store::account::{changes, set, take};
use quipu_store::host::Host;
use quipu_store::inbox_list::{page, pinned, sum};
use quipu_store::migrations::{ACCOUNT, migrate};
use quipu_store::sql::{Param, Sql};

const START: u64 = 1_000;

#[derive(Debug, Clone)]
enum Step {
    News { conv: u8, epoch: u64, seq: u64, read: u64, mentions: [u64; 3], member: bool, large: bool },
    Set { conv: u8, patch: PatchInbox },
    Pass { ms: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    let conv = 0..8u8;
    let level = prop::option::of(prop_oneof![
        Just(NotificationLevel::Default),
        Just(NotificationLevel::All),
        Just(NotificationLevel::Mentions),
        Just(NotificationLevel::Nothing),
    ]);
    let patch = (any::<[Option<bool>; 5]>(), prop::option::of(0..START + 100), level).prop_map(
        |(bits, muted_until, notify)| {
            let [pinned, archived, hidden, marked_unread, suppress_everyone] = bits;
            PatchInbox {
                pinned,
                muted_until,
                archived,
                hidden,
                marked_unread,
                read_seq: None,
                notify,
                suppress_everyone,
            }
        },
    );
    prop_oneof![
        4 => (conv.clone(), 1..3u64, 1..30u64, 0..30u64, any::<[u8; 3]>(), prop::bool::weighted(0.9), any::<bool>()).prop_map(
            |(conv, epoch, seq, read, mentions, member, large)| {
                let mentions = mentions.map(|count| u64::from(count % 3));
                Step::News { conv, epoch, seq, read: read.min(seq), mentions, member, large }
            }
        ),
        4 => (conv, patch).prop_map(|(conv, patch)| Step::Set { conv, patch }),
        1 => (1..40u64).prop_map(|ms| Step::Pass { ms }),
    ]
}

fn id(conv: u8) -> ConversationId {
    let kind = if conv.is_multiple_of(3) { 'd' } else { 'g' };
    ConversationId::parse(&format!("{kind}g000000000000000000000000{conv:02}")).unwrap()
}

fn news(conv: u8, seq: u64, read: u64) -> News {
    News {
        space: None,
        conv: id(conv),
        kind: id(conv).kind(),
        epoch: Epoch::from_bits(1),
        seq,
        n: seq,
        // Some at the same time, so that the cursor must name the conversation too.
        at: seq / 4,
        member: true,
        role: Role::Member,
        name: None,
        avatar: None,
        peer: None,
        last: None,
        read_seq: read,
        read_n: read,
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

fn inbox() -> Host {
    let sql = Host::in_memory().unwrap();
    migrate(&sql, ACCOUNT).unwrap();
    sql
}

/// A part of the list, read in pages.
fn part(sql: &Host, filter: Option<InboxFilter>, limit: usize) -> Vec<InboxEntry> {
    let mut found = pinned(sql, filter).unwrap();
    let mut cursor = None;
    loop {
        let entries = page(sql, filter, cursor, limit).unwrap();
        assert!(entries.len() <= limit);
        let Some(last) = entries.last() else { return found };
        cursor = Some((last.at, last.id));
        found.extend(entries);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn totals_and_parts_are_those_of_the_entries(steps in prop::collection::vec(step(), 1..60), limit in 1..5usize) {
        let sql = inbox();
        let mut now = START;
        let mut kept = sum(&sql, now).unwrap();
        for step in steps {
            let change = match step {
                Step::News { conv, epoch, seq, read, mentions: [named, everyone, threads], member, large } => {
                    let epoch = Epoch::from_bits(epoch);
                    let mentions = named + everyone + threads;
                    let (mentioned, by_name) = (mentions.min(seq), (named + threads).min(seq));
                    let piece = News { epoch, mentions, mentioned, member, large, ..news(conv, seq, read) };
                    take(&sql, &News {
                        everyone_mentions: everyone,
                        mentioned_by_name: by_name,
                        thread_mentions: threads,
                        threads: threads.min(1),
                        ..piece
                    }).unwrap()
                }
                Step::Set { conv, patch } => set(&sql, id(conv), &patch, now).ok().and_then(|(_, change)| change),
                Step::Pass { ms } => {
                    now += ms;
                    None
                }
            };
            if !kept.holds(now) {
                kept = sum(&sql, now).unwrap();
            }
            if let Some(change) = change {
                kept = change.counted(kept, now);
            }
            let all = changes(&sql, 0, limits::INBOX_ENTRIES).unwrap();
            let fresh = sum(&sql, now).unwrap();
            prop_assert_eq!(fresh, all.iter().fold(Sum { at: now, ..Sum::default() }, |sum, entry| sum.with(entry, now)));
            // What is kept up with the changes may ask to be looked at again too soon, and never too late.
            prop_assert!(kept.totals.until.unwrap_or(u64::MAX) <= fresh.totals.until.unwrap_or(u64::MAX));
            let until = fresh.totals.until;
            prop_assert_eq!((InboxTotals { until, ..kept.totals }, kept.unread), (fresh.totals, fresh.unread));
            for filter in [None].into_iter().chain(InboxFilter::ALL.map(Some)) {
                let mut expected: Vec<_> = all.iter().filter(|entry| lists(filter, entry)).cloned().collect();
                expected.sort_by_key(|entry| Reverse((entry.flags.pinned, entry.at, entry.id)));
                prop_assert_eq!(part(&sql, filter, limit), expected);
            }
        }
    }
}

#[test]
fn an_entry_that_goes_to_make_room_is_counted_out() {
    let sql = inbox();
    take(&sql, &news(1, 9, 2)).unwrap();
    for count in 1..limits::INBOX_ENTRIES {
        let conv = format!("gg1{count:025}");
        let value = serde_json::to_string(&InboxEntry {
            id: ConversationId::parse(&conv).unwrap(),
            ..changes(&sql, 0, 1).unwrap().remove(0)
        });
        sql.exec(
            "INSERT INTO entries (conv, version, at, member, unread, value) VALUES (?, ?, 5, 1, 7, ?)",
            &[Param::Text(&conv), Param::Integer(count as u64 + 1), Param::Text(&value.unwrap())],
        )
        .unwrap();
    }
    let full = sum(&sql, START).unwrap();
    assert_eq!((full.totals.conversations, full.unread), (10_000, 70_000));
    let change = take(&sql, &news(2, 29, 27)).unwrap().unwrap();
    assert_eq!(change.dropped.as_ref().map(|entry| entry.id), Some(id(1)));
    assert_eq!(change.counted(full, START), sum(&sql, START).unwrap());
    assert_eq!(sum(&sql, START).unwrap().unread, 70_000 - 7 + 2);
}

#[test]
fn entries_of_an_older_version_are_counted_too() {
    let sql = Host::in_memory().unwrap();
    migrate(&sql, &ACCOUNT[..2]).unwrap();
    let entry = r#""kind":"group","epoch":"0000000000001","version":1,"member":true,"role":"member","head_seq":9,"head_n":9,"at":9,"read_seq":2,"read_n":2,"unread":7"#;
    for (conv, flags) in [
        (1, ""),
        (2, r#","archived":true"#),
        (4, r#","hidden":true,"muted_until":5000"#),
        (5, r#","mentions":2,"muted_until":4000"#),
        (7, r#","mentions":1,"marked_unread":true"#),
    ] {
        let value = format!(r#"{{"id":"{}",{entry}{flags}}}"#, id(conv).as_str());
        sql.exec(
            "INSERT INTO entries (conv, version, at, member, unread, value) VALUES (?, ?, 9, 1, 7, ?)",
            &[Param::Text(id(conv).as_str()), Param::Integer(u64::from(conv)), Param::Text(&value)],
        )
        .unwrap();
    }
    migrate(&sql, ACCOUNT).unwrap();
    let all = changes(&sql, 0, 10).unwrap();
    let expected = all.iter().fold(Sum { at: START, ..Sum::default() }, |sum, entry| sum.with(entry, START));
    assert_eq!(sum(&sql, START).unwrap(), expected);
    let totals = InboxTotals { conversations: 2, unread: 14, mentions: 1, archived: 1, hidden: 1, until: Some(4_000) };
    assert_eq!(expected.totals, totals);
    assert_eq!(part(&sql, Some(InboxFilter::Mentions), 1).len(), 2);
}
