//! Threads: counted as they stand, followed by whom they concern, read, paged, forgotten with their members, rebuilt from the log.

use std::collections::{BTreeMap, BTreeSet};

use quipu_core::threads::Move;
use quipu_core::visibility::Visibility;
use quipu_schema::envelope::History;
use quipu_schema::event::Item;
use quipu_schema::ids::UserId;
use quipu_schema::limits;
use quipu_schema::thread::{Thread, ThreadPlace};

use super::log::{Log, add, create, delete, edit, react, remove, reply, send, user};
use super::{Failure, Outcome, same};
use crate::conversation::rebuild::rebuild;
use crate::conversation::replies::{self, From};
use crate::conversation::threads;
use crate::sql::{Param, Sql};

pub(super) fn check<S: Sql>(sql: &S, passed: &mut Vec<&'static str>) -> Outcome {
    let mut log = Log::new(sql)?;
    let [ana, ben, cleo] = [user("ana")?, user("ben")?, user("cleo")?];
    log.does("ana", create(&["ben", "cleo"], History::FromJoin))?;
    let root = log.does("ana", send("root"))?;
    log.agrees("before there is a thread")?;
    same("no thread", &threads::one(sql, &visible(&log, ana)?, (ana, root))?.n, &0)?;
    let first = log.does("ben", reply(root, "first", &[]))?;
    log.agrees("after a reply")?;
    let second = log.does("ana", reply(root, "second", &[cleo, ben]))?;
    let third = log.does("ben", reply(root, "third", &[]))?;
    log.does("ben", edit(first, "first, edited"))?;
    log.does("ana", react(second, "👍"))?;
    log.does("ben", delete(third))?;
    log.agrees("after replies, an edit and a deletion")?;
    same("replies are no top-level messages", &log.state.n, &1)?;
    let at = log.row(third)?.envelope.at;
    let stands = Thread {
        root,
        n: 3,
        count: 2,
        last: third,
        last_at: at,
        participants: vec![ben, ana],
        following: true,
        read_n: 2,
        hidden_unread: 0,
    };
    same("the thread", &threads::one(sql, &visible(&log, ana)?, (ana, root))?, &stands)?;
    // Whoever began it has the first reply unread until they reply; whom a reply mentions, that one and what follows.
    same("who follows", &threads::followers(sql, &BTreeSet::from([root]))?, &BTreeSet::from([ana, ben, cleo]))?;
    same("cleo's place", &threads::place_of(sql, (cleo, root))?, &Some(place(cleo, root, (second - 1, 1))))?;
    same("ben's place", &threads::place_of(sql, (ben, root))?, &Some(place(ben, root, (third, 3))))?;
    let all = BTreeSet::from([ana, ben, cleo]);
    same("unread threads", &threads::unread(sql, &all)?, &BTreeMap::from([(ana, 1), (cleo, 1)]))?;
    passed.push("replies are counted, and those whom they concern follow");

    pages(&log, root, [first, second, third])?;
    passed.push("a thread is paged in both directions, with what changed its replies");

    let named = |who| Ok::<_, Failure>(threads::mentions(sql, &all)?.get(&who).copied());
    same("ben has answered who named him", &named(ben)?, &None)?;
    same("cleo has not", &named(cleo)?, &Some((1, second)))?;
    log.does("ana", edit(second, "second, of nobody"))?;
    same("an edit names nobody", &named(cleo)?, &None)?;
    log.agrees("after an edit that names nobody")?;
    sql.run(
        "INSERT INTO hidden (user, seq, version) VALUES (?, ?, 0)",
        &[Param::Text(cleo.as_str()), Param::Integer(third)],
    )?;
    same("deleted for herself, not read", &threads::unread(sql, &BTreeSet::from([cleo]))?.get(&cleo), &Some(&1))?;
    sql.run(
        "INSERT INTO hidden (user, seq, version) VALUES (?, ?, 0)",
        &[Param::Text(cleo.as_str()), Param::Integer(second)],
    )?;
    same("all of them", &threads::unread(sql, &BTreeSet::from([cleo]))?.get(&cleo), &None)?;
    sql.run("DELETE FROM hidden", &[])?;
    passed.push("replies that name somebody are counted until they are read, as they stand");

    // Reading, and following no more.
    let moved = |log: &mut Log<'_, S>, key, asked: Move| -> Outcome {
        let batch = quipu_core::batch::Batch::default();
        let places = threads::moved(sql, &log.state, &batch, &BTreeMap::from([(key, asked)]))?;
        let cells = threads::writes(places, &mut log.cells_version);
        log.store(batch, &cells).map(drop)
    };
    moved(&mut log, (ana, root), Move { read: (third, 3), ..Move::default() })?;
    same("unread after reading", &threads::unread(sql, &all)?, &BTreeMap::from([(cleo, 1)]))?;
    moved(&mut log, (cleo, root), Move { following: Some(false), ..Move::default() })?;
    same("unread of who follows no more", &threads::unread(sql, &all)?, &BTreeMap::new())?;
    moved(&mut log, (cleo, root), Move { read: (third, 3), ..Move::default() })?;
    same(
        "who does not follow has no cursor",
        &threads::place_of(sql, (cleo, root))?.map(|place| place.read_n),
        &Some(1),
    )?;
    let fourth = log.does("ben", reply(root, "fourth", &[cleo]))?;
    same("mentioned again", &threads::place_of(sql, (cleo, root))?, &Some(place(cleo, root, (fourth - 1, 3))))?;
    log.agrees("after places moved")?;
    let newer = threads::places_after(sql, cleo, log.cells_version - 1)?;
    same("places newer than a version", &newer.len(), &1)?;

    rebuild(sql)?;
    log.agrees("threads rebuilt")?;
    same("rebuilt", &threads::one(sql, &visible(&log, ana)?, (ana, root))?.n, &4)?;
    same("places are no projection", &threads::unread(sql, &all)?, &BTreeMap::from([(ana, 1), (cleo, 1)]))?;
    passed.push("places in threads move, and threads are rebuilt");

    away(&mut log, root, cleo)?;
    passed.push("who goes follows nothing, and who returns sees what came while they were there");
    bounded(&mut log)?;
    passed.push("a member follows a bounded number of threads");
    Ok(())
}

fn place(user: UserId, root: u64, (read, read_n): (u64, u64)) -> ThreadPlace {
    ThreadPlace { user, root, following: true, read, read_n }
}

fn visible<S: Sql>(log: &Log<'_, S>, user: UserId) -> Outcome<Visibility> {
    let member = log.state.members.get(&user).ok_or_else(|| format!("{user} was never a member"))?;
    Ok(member.visible.clone())
}

fn seqs(items: &str) -> Outcome<Vec<u64>> {
    let items: Vec<Item> = serde_json::from_str(&format!("[{items}]")).map_err(|error| error.to_string())?;
    Ok(items
        .iter()
        .map(|item| match item {
            Item::Event(event) => event.envelope.seq,
            Item::Withheld { .. } => 0,
        })
        .collect())
}

fn pages<S: Sql>(log: &Log<'_, S>, root: u64, replies: [u64; 3]) -> Outcome {
    let [first, second, third] = replies;
    let visible = visible(log, user("ana")?)?;
    let page = |from, limit, bytes| replies::page(log.sql, &visible, root, from, (limit, bytes));
    let whole = page(From::Before(1 << 53), 10, 100_000)?;
    same("the page", &seqs(&whole.events)?, &replies.to_vec())?;
    same("its root", &seqs(&whole.root)?, &vec![root])?;
    // The edit of the first, the reaction to the second, the deletion of the third; and no more.
    same("its changes", &seqs(&whole.changes)?, &vec![third + 1, third + 2, third + 3])?;
    same("nothing before it", &whole.more, &false)?;
    let last = page(From::Before(1 << 53), 2, 100_000)?;
    same("the last two", &(seqs(&last.events)?, last.more), &(vec![second, third], true))?;
    let before = page(From::Before(second), 2, 100_000)?;
    same("what is before", &(seqs(&before.events)?, before.more), &(vec![first], false))?;
    let after = page(From::After(first), 1, 100_000)?;
    same("what is after", &(seqs(&after.events)?, after.more), &(vec![second], true))?;
    let small = page(From::Before(1 << 53), 10, 1)?;
    same("one at least", &(seqs(&small.events)?, small.more), &(vec![third], true))?;
    let small = page(From::After(0), 10, 1)?;
    same("one at least, ahead", &(seqs(&small.events)?, small.more), &(vec![first], true))
}

fn away<S: Sql>(log: &mut Log<'_, S>, root: u64, cleo: UserId) -> Outcome {
    log.does("ana", remove("cleo"))?;
    same("forgotten", &threads::place_of(log.sql, (cleo, root))?, &None)?;
    log.does("ben", reply(root, "while cleo was away", &[cleo]))?;
    same("not even by a mention", &threads::place_of(log.sql, (cleo, root))?, &None)?;
    log.does("ana", add("cleo"))?;
    log.agrees("after a member came back")?;
    let seen = threads::one(log.sql, &visible(log, cleo)?, (cleo, root))?;
    let all = threads::one(log.sql, &visible(log, user("ana")?)?, (user("ana")?, root))?;
    same("counted as seen", &(seen.n, seen.count, all.n, all.count), &(4, 3, 5, 4))?;
    let page = replies::page(log.sql, &visible(log, cleo)?, root, From::Before(1 << 53), (10, 100_000))?;
    same("paged as seen", &seqs(&page.events)?.len(), &4)?;
    let own = log.does("cleo", reply(root, "back", &[]))?;
    let seen = threads::one(log.sql, &visible(log, cleo)?, (cleo, root))?;
    same("and since", &(seen.n, seen.count, seen.last, seen.read_n), &(6, 4, own, 6))?;
    rebuild(log.sql)?;
    log.agrees("rebuilt after that")
}

fn bounded<S: Sql>(log: &mut Log<'_, S>) -> Outcome {
    let ana = user("ana")?;
    let mut version = log.cells_version;
    for root in 1_000..1_000 + limits::THREADS_FOLLOWED + 2 {
        let writes = threads::writes(vec![place(ana, root, (0, 0))], &mut version);
        log.store(quipu_core::batch::Batch::default(), &writes)?;
    }
    log.cells_version = version;
    let kept = threads::places_after(log.sql, ana, 0)?;
    same("places kept", &u64::try_from(kept.len()).unwrap_or(0), &limits::THREADS_FOLLOWED)?;
    same("the oldest is gone", &kept.first().map(|place| place.root), &Some(1_002))
}
