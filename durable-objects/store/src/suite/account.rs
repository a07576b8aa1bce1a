//! The inbox takes news in any order, and tickets are used once.

use std::collections::BTreeMap;

use quipu_core::inbox_list::{Sum, lists as has};
use quipu_schema::envelope::{EventType, Role};
use quipu_schema::ids::{ConversationKind, Epoch};
use quipu_schema::inbox::{InboxEntry, InboxFilter, InboxTotals, LastLine, NotificationLevel, PatchInbox};
use quipu_schema::internal::{Identity, News};
use quipu_schema::limits;
use quipu_schema::problem::Code;

use super::log::{group, user};
use super::{Failure, Outcome, ensure, same};
use crate::account::{changes, latest, others, put_ticket, redeem, set, take, version};
use crate::inbox_list::{page, pinned, sum};
use crate::levels;
use crate::migrations::{ACCOUNT, migrate};
use crate::sql::Sql;

pub(super) fn check<S: Sql>(sql: &S, passed: &mut Vec<&'static str>) -> Outcome {
    migrate(sql, ACCOUNT)?;
    migrate(sql, ACCOUNT)?;
    takes(sql)?;
    passed.push("news is taken once, and merges");
    flags(sql)?;
    passed.push("what a user lays down is kept, told once, and bounded");
    levels(sql)?;
    passed.push("a wish to hear of everything is due until the conversation was told, and knows");
    any_order(sql)?;
    passed.push("news in any order ends the same");
    lists(sql)?;
    passed.push("the list is paged by activity, and changes are fed by version");
    parts(sql)?;
    passed.push("parts of the list and totals are those of the entries");
    asked(sql)?;
    passed.push("a search asks each conversation in one group, whatever moves meanwhile");
    tickets(sql)?;
    passed.push("tickets are used once, expire and are bounded");
    Ok(())
}

pub(super) fn news(conv: u8, seq: u64, read: u64) -> Outcome<News> {
    let actor = user("ben")?;
    Ok(News {
        space: None,
        conv: group(conv)?,
        kind: ConversationKind::Group,
        epoch: Epoch::from_bits(1),
        seq,
        n: seq,
        at: 1_000 * seq,
        member: true,
        role: Role::Member,
        name: Some(format!("Group {conv} at {seq}")),
        avatar: None,
        peer: None,
        last: Some(LastLine {
            seq,
            kind: EventType::MessageCreated,
            actor,
            actor_name: None,
            preview: Some(format!("line {seq}")),
            content: None,
        }),
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
    })
}

fn entry(sql: &impl Sql, conv: u8) -> Outcome<Option<InboxEntry>> {
    let id = group(conv)?;
    Ok(changes(sql, 0, limits::INBOX_ENTRIES)?.into_iter().find(|entry| entry.id == id))
}

fn takes(sql: &impl Sql) -> Outcome {
    same("version of an empty feed", &version(sql)?, &0)?;
    let first = take(sql, &news(1, 10, 4)?)?.ok_or("the first news changed nothing")?.entry;
    same(
        "first entry",
        &(first.version, first.head_seq, first.read_seq, first.unread, first.member),
        &(1, 10, 4, 6, true),
    )?;
    same("stored entry", &entry(sql, 1)?, &Some(first.clone()))?;
    ensure(take(sql, &news(1, 10, 4)?)?.is_none(), || "the same news changed something".to_owned())?;
    ensure(take(sql, &news(1, 9, 3)?)?.is_none(), || "older news changed something".to_owned())?;
    same("version after repeats", &version(sql)?, &1)?;

    let late = take(sql, &news(1, 8, 7)?)?.ok_or("a later read cursor in older news was not taken")?.entry;
    same(
        "entry after a late cursor",
        &late,
        &InboxEntry { version: 2, read_seq: 7, read_n: 7, unread: 3, ..first.clone() },
    )?;
    let newer = take(sql, &news(1, 12, 5)?)?.ok_or("newer news changed nothing")?.entry;
    same(
        "newer entry",
        &(newer.head_seq, newer.read_seq, newer.unread, newer.name.as_deref()),
        &(12, 7, 5, Some("Group 1 at 12")),
    )?;
    same("unread in all", &sum(sql, 0)?.unread, &5)?;

    let gone = take(sql, &News { member: false, last: None, name: None, ..news(1, 13, 5)? })?
        .ok_or("leaving changed nothing")?
        .entry;
    same(
        "entry of somebody gone",
        &(gone.member, gone.unread, gone.last.is_none(), gone.version),
        &(false, 0, true, 4),
    )?;
    same("list of somebody gone", &page(sql, None, None, 10)?, &Vec::new())?;
    same("unread of somebody gone", &sum(sql, 0)?, &Sum::default())?;
    same("changes tell of leaving", &changes(sql, 3, 10)?, &vec![gone])?;

    let reborn = News { epoch: Epoch::from_bits(2), ..news(1, 3, 1)? };
    let entry = take(sql, &reborn)?.ok_or("another epoch changed nothing")?.entry;
    same(
        "entry of another epoch",
        &(entry.epoch, entry.head_seq, entry.read_seq, entry.unread),
        &(reborn.epoch, 3, 1, 2),
    )
}

fn flags(sql: &impl Sql) -> Outcome {
    let say = |conv: u8, patch: PatchInbox| -> Outcome<Result<(InboxEntry, bool), Code>> {
        let answer = set(sql, group(conv)?, &patch, 1_000).map_err(|rejection| rejection.code);
        Ok(answer.map(|(entry, change)| (entry, change.is_some())))
    };
    let nothing = PatchInbox::default();
    let pin = PatchInbox { pinned: Some(true), ..nothing };
    same("flags of a stranger", &say(99, pin)?, &Err(Code::NotAMember))?;
    sql.exec("DELETE FROM entries", &[])?;
    take(sql, &news(1, 10, 4)?)?;
    let (entry, changed) = say(1, PatchInbox { archived: Some(true), muted_until: Some(5_000), ..nothing })?
        .map_err(|code| code.as_str())?;
    same("what was laid down", &(entry.flags.archived, entry.flags.muted_until, changed), &(true, Some(5_000), true))?;
    same("the change is in the feed", &changes(sql, entry.version - 1, 10)?, &vec![entry.clone()])?;
    let again = say(1, PatchInbox { archived: Some(true), ..nothing })?.map_err(|code| code.as_str())?;
    same("the same again", &again, &(entry.clone(), false))?;
    same("version after the same again", &version(sql)?, &entry.version)?;
    let newer = take(sql, &news(1, 12, 4)?)?.ok_or("newer news changed nothing")?.entry;
    same("flags after news", &newer.flags, &entry.flags)?;
    take(sql, &News { member: false, last: None, ..news(1, 13, 4)? })?;
    same("flags of somebody gone", &say(1, pin)?, &Err(Code::NotAMember))?;
    for conv in 0..u8::try_from(limits::INBOX_PINS + 2).unwrap_or(u8::MAX) {
        take(sql, &news(conv + 10, 10, 4)?)?;
        let (pinned, free) = (say(conv + 10, pin)?.is_ok(), usize::from(conv) < limits::INBOX_PINS);
        same(&format!("pin {conv}"), &pinned, &free)?;
    }
    ensure(say(10, pin)?.is_ok(), || "what is pinned cannot be pinned again".to_owned())?;
    take(sql, &News { member: false, last: None, ..news(10, 13, 4)? })?;
    ensure(say(30, pin)?.is_ok(), || "leaving a conversation frees no pin".to_owned())?;
    same("one too many", &say(31, pin)?, &Err(Code::PinLimit))?;
    sql.exec("DELETE FROM entries", &[])?;
    Ok(())
}

fn levels(sql: &impl Sql) -> Outcome {
    let say = |level: NotificationLevel| -> Outcome<()> {
        let patch = PatchInbox { notify: Some(level), ..PatchInbox::default() };
        set(sql, group(1)?, &patch, 1_000).map(drop).map_err(|rejection| Failure::from(rejection.message))
    };
    let conv = group(1)?;
    let is_due = |when: &str, expected: &[bool]| -> Outcome {
        let due: Vec<_> = expected.iter().map(|on| (conv, *on)).collect();
        same(when, &levels::due(sql, 10)?, &due)
    };
    take(sql, &news(1, 10, 4)?)?;
    say(NotificationLevel::All)?;
    is_due("in a small conversation", &[])?;
    take(sql, &News { large: true, ..news(1, 11, 4)? })?;
    is_due("it has grown", &[true])?;
    // Another was laid down while it was told.
    say(NotificationLevel::Nothing)?;
    levels::told(sql, conv, true)?;
    is_due("another was laid down", &[false])?;
    levels::told(sql, conv, false)?;
    is_due("told", &[])?;
    take(sql, &News { large: true, everything: true, ..news(1, 12, 4)? })?;
    is_due("it knows otherwise", &[false])?;
    take(sql, &News { member: false, last: None, ..news(1, 13, 4)? })?;
    is_due("gone", &[])?;
    same("whose", &levels::load(sql)?, &None)?;
    let kept = levels::Kept { app: "main".into(), user: user("ana")?, failures: 2 };
    levels::keep(sql, &kept)?;
    same("whose", &levels::load(sql)?, &Some(kept))?;
    sql.exec("DELETE FROM entries", &[])?;
    Ok(())
}

/// All orders of five pieces of news, some of them twice.
fn any_order(sql: &impl Sql) -> Outcome {
    let pieces = [
        news(2, 3, 1)?,
        news(2, 5, 0)?,
        News { member: false, last: None, ..news(2, 7, 4)? },
        news(2, 9, 7)?,
        news(2, 4, 3)?,
    ];
    let mut ends: Vec<InboxEntry> = Vec::new();
    for order in orders(pieces.len()) {
        sql.exec("DELETE FROM entries", &[])?;
        for index in &order {
            let piece = pieces.get(*index).ok_or("an order names no piece")?;
            take(sql, piece)?;
            take(sql, piece)?;
        }
        let end = entry(sql, 2)?.ok_or("an entry is missing")?;
        ends.push(InboxEntry { version: 0, ..end });
    }
    let expected = ends.first().cloned().ok_or("there are no orders")?;
    same("orders tried", &ends.len(), &120)?;
    same("entry", &(expected.head_seq, expected.read_seq, expected.unread, expected.member), &(9, 7, 2, true))?;
    ensure(ends.iter().all(|end| *end == expected), || format!("the order of news matters: {ends:?}"))
}

fn orders(count: usize) -> Vec<Vec<usize>> {
    let mut orders = vec![Vec::new()];
    for _ in 0..count {
        orders = orders
            .into_iter()
            .flat_map(|order: Vec<usize>| {
                let free: Vec<usize> = (0..count).filter(|index| !order.contains(index)).collect();
                free.into_iter().map(move |index| order.iter().copied().chain([index]).collect())
            })
            .collect();
    }
    orders
}

fn lists(sql: &impl Sql) -> Outcome {
    sql.exec("DELETE FROM entries", &[])?;
    // Two of a time, so that the cursor must name the conversation too.
    let mut expected = BTreeMap::new();
    for conv in 0..23u8 {
        let mut piece = news(conv, 100 + u64::from(conv), 50)?;
        piece.at = 1_000_000 + u64::from(conv / 2);
        piece.member = conv % 7 != 3;
        take(sql, &piece)?;
        if piece.member {
            expected.insert((piece.at, piece.conv), piece.seq);
        }
    }
    let expected: Vec<_> = expected.into_keys().rev().collect();
    for limit in 1..=24 {
        let (mut found, mut cursor) = (Vec::new(), None);
        loop {
            let entries = page(sql, None, cursor, limit)?;
            ensure(entries.len() <= limit, || format!("a page of {limit} has {} entries", entries.len()))?;
            let Some(last) = entries.last() else { break };
            cursor = Some((last.at, last.id));
            found.extend(entries.iter().map(|entry| (entry.at, entry.id)));
        }
        same(&format!("list in pages of {limit}"), &found, &expected)?;
    }
    let head = version(sql)?;
    same("version of the feed", &head, &23)?;
    take(sql, &news(5, 900, 50)?)?;
    for limit in [1, 7, 100] {
        let (mut found, mut after) = (Vec::new(), 0);
        loop {
            let entries = changes(sql, after, limit)?;
            let Some(last) = entries.last() else { break };
            after = last.version;
            found.extend(entries.iter().map(|entry| entry.version));
        }
        let expected: Vec<u64> = (1..=head + 1).filter(|version| *version != 6).collect();
        same("versions fed", &found, &expected)?;
    }
    same(
        "changes after the last but one",
        &changes(sql, head, 10)?.iter().map(|entry| entry.head_seq).collect::<Vec<_>>(),
        &vec![900],
    )
}

/// Every combination of flags, with and without something unread, by the table's columns and by the entries themselves.
fn parts(sql: &impl Sql) -> Outcome {
    sql.exec("DELETE FROM entries", &[])?;
    let now = 1_000;
    for conv in 0..64u8 {
        let on = |bit: u8| conv & (1 << bit) != 0;
        let mentions = u64::from(on(1));
        let piece = news(conv, 10, if on(0) { 4 } else { 10 })?;
        take(sql, &News { mentions, mentioned: 1, everyone_mentions: mentions, large: on(0), ..piece })?;
        let patch = PatchInbox {
            pinned: Some(on(2) && conv < 32),
            muted_until: Some(if on(3) { now + u64::from(conv) } else { 0 }),
            archived: Some(on(4) && !on(2)),
            hidden: Some(on(5) && (!on(2) || conv >= 32)),
            marked_unread: Some(on(0) != on(1)),
            read_seq: None,
            notify: Some(match conv % 5 {
                0 => NotificationLevel::All,
                1 => NotificationLevel::Mentions,
                2 => NotificationLevel::Nothing,
                _ => NotificationLevel::Default,
            }),
            suppress_everyone: Some(conv % 7 == 0),
        };
        set(sql, group(conv)?, &patch, now).map_err(|rejection| rejection.message)?;
    }
    let all = changes(sql, 0, limits::INBOX_ENTRIES)?;
    for at in [now, now + 30, now + 100] {
        let expected = all.iter().fold(Sum { at, ..Sum::default() }, |sum, entry| sum.with(entry, at));
        same(&format!("sum at {at}"), &sum(sql, at)?, &expected)?;
    }
    let totals = sum(sql, now)?.totals;
    same(
        "totals",
        &totals,
        &InboxTotals { conversations: 6, unread: 8, mentions: 2, archived: 16, hidden: 32, until: Some(now + 8) },
    )?;
    for filter in [None].into_iter().chain(InboxFilter::ALL.map(Some)) {
        let mut expected: Vec<&InboxEntry> = all.iter().filter(|entry| has(filter, entry)).collect();
        expected.sort_by_key(|entry| std::cmp::Reverse((entry.flags.pinned, entry.at, entry.id)));
        let mut found = pinned(sql, filter)?;
        let mut cursor = None;
        loop {
            let entries = page(sql, filter, cursor, 7)?;
            let Some(last) = entries.last() else { break };
            cursor = Some((last.at, last.id));
            found.extend(entries);
        }
        same(&format!("the part {filter:?}"), &found.iter().collect::<Vec<_>>(), &expected)?;
    }
    sql.exec("DELETE FROM entries", &[])?;
    Ok(())
}

/// More conversations than one page of the list has.
fn asked(sql: &impl Sql) -> Outcome {
    sql.exec("DELETE FROM entries", &[])?;
    let odd = |entry: &InboxEntry| entry.head_seq % 2 == 1;
    let mut members = Vec::new();
    for conv in 0..240u8 {
        let mut piece = news(conv, 100 + u64::from(conv), 50)?;
        piece.member = conv % 7 != 3;
        take(sql, &piece)?;
        if piece.member {
            members.push(piece.conv);
        }
    }
    members.reverse();
    same("of the latest activity", &latest(sql, |_| true, 10)?, &members.iter().take(10).copied().collect())?;
    same("all, by activity", &latest(sql, |_| true, 1_000)?, &members)?;
    let odds = latest(sql, odd, 1_000)?;
    ensure((100..110).contains(&odds.len()), || format!("{} are taken", odds.len()))?;
    for size in [1, 7, 64, 300] {
        let first = latest(sql, |_| true, size)?;
        let (mut told, mut after) = (first.clone(), None);
        loop {
            // One that was asked and one that was not move to the top of the list.
            for conv in [members.first(), members.last()].into_iter().flatten() {
                let number = version(sql)? + 1_000;
                take(sql, &News { conv: *conv, ..news(1, number, 50)? })?;
            }
            let group = others(sql, |_| true, &first, after, size)?;
            ensure(group.len() <= size, || format!("a group of {size} has {}", group.len()))?;
            let Some(last) = group.last() else { break };
            after = Some(*last);
            told.extend(group);
        }
        let (mut told, mut all) = (told, members.clone());
        told.sort_unstable();
        all.sort_unstable();
        same(&format!("asked in groups of {size}"), &told, &all)?;
    }
    let (first, rest) = (latest(sql, odd, 5)?, 1_000);
    let more = others(sql, odd, &first, None, rest)?;
    ensure(more.iter().all(|conv| !first.contains(conv)), || "some are asked twice".to_owned())?;
    same("of those taken, asked", &(first.len() + more.len()), &latest(sql, odd, rest)?.len())?;
    sql.exec("DELETE FROM entries", &[])?;
    Ok(())
}

fn tickets(sql: &impl Sql) -> Outcome {
    let identity = Identity {
        app: "suite".into(),
        user: user("ana")?,
        subject: "ana".into(),
        name: Some("Ana".into()),
        picture: None,
        expires_at: 9,
        device: None,
    };
    let expires = put_ticket(sql, "one", &identity, 1_000)?;
    same("end of a ticket", &expires, &(1_000 + limits::TICKET_MS))?;
    same("an unknown ticket", &redeem(sql, "other", 1_001)?, &None)?;
    same("a ticket", &redeem(sql, "one", expires - 1)?, &Some(identity.clone()))?;
    same("a used ticket", &redeem(sql, "one", 1_001)?, &None)?;
    put_ticket(sql, "two", &identity, 1_000)?;
    same("an expired ticket", &redeem(sql, "two", expires)?, &None)?;
    same("an expired ticket again, with the clock set back", &redeem(sql, "two", 1_001)?, &None)?;
    for number in 0..limits::TICKETS + 5 {
        put_ticket(sql, &format!("many {number}"), &identity, 2_000 + u64::try_from(number).unwrap_or(0))?;
    }
    let count = |sql| -> Outcome<u64> {
        Ok(Sql::exec(sql, "SELECT COUNT(*) FROM tickets", &[])?.first().map_or(Ok(0), |row| row.integer(0))?)
    };
    same("tickets held", &count(sql)?, &u64::try_from(limits::TICKETS).unwrap_or(0))?;
    same("the oldest of too many", &redeem(sql, "many 4", 3_000)?, &None)?;
    ensure(redeem(sql, "many 5", 3_000)?.is_some(), || "a ticket within the bound is gone".to_owned())?;
    put_ticket(sql, "late", &identity, 5_000 + limits::TICKET_MS)?;
    same("tickets held after all expired", &count(sql)?, &1)
}
