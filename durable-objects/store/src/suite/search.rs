//! The index of texts: found exactly once and newest first, edits and deletions at once, nothing that a reader may not see, nothing left at rest.

use quipu_core::search::{Plan, Query};
use quipu_core::visibility::Visibility;
use quipu_schema::envelope::History;
use quipu_schema::http::SearchHit;
use quipu_schema::ids::{UserId, UserRef};

use super::log::{Log, add, create, delete, edit, remove, send, user};
use super::{Outcome, ensure, same};
use crate::conversation::rebuild::rebuild;
use crate::conversation::search::{Search, fill, page};
use crate::sql::{Sql, Value};

/// Small chunks: some full, a tail that is none.
const CHUNK: u64 = 8;

pub(super) fn check<S: Sql>(sql: &S, passed: &mut Vec<&'static str>) -> Outcome {
    let mut log = Log::new(sql)?;
    log.does("ana", create(&["ben"], History::FromJoin))?;
    let mut all = Visibility::default();
    all.open(1, History::All);
    words(&mut log, &all)?;
    passed.push(
        "words, phrases, beginnings and parts of words without spaces are found, newest first, in every size of page",
    );
    changes(&mut log, &all)?;
    passed.push("a search finds what messages say now, never what they said, whether they were in the index or not");
    visibility(&mut log, &all)?;
    passed.push("a search finds nothing that its reader may not see");
    at_rest(&mut log, &all)?;
    passed.push("of a deleted message nothing is left in the index");
    vain(&log, &all)?;
    passed.push("looking is bounded, and a page that stops early says where to go on");
    Ok(())
}

fn plan(query: &str) -> Outcome<Plan> {
    let query = Query::parse(query, 0).map_err(|rejection| rejection.message)?;
    let people = [(user("ana")?, "Ana"), (user("ben")?, "Ben"), (user("cleo")?, "Cleo")];
    let resolve = |who: &UserRef| match who {
        UserRef::Id(id) => *id,
        UserRef::Subject(subject) => user(subject).unwrap_or(UserId::NOBODY),
    };
    Ok(query.plan(user("ana")?, resolve, people.into_iter()))
}

/// Seqs that a query finds, over all pages, filling the index where a page asks for it.
fn found<S: Sql>(log: &Log<'_, S>, visible: &Visibility, query: &str, limit: usize) -> Outcome<Vec<u64>> {
    let plan = plan(query)?;
    let (mut seqs, mut before) = (Vec::new(), log.state.seq + 1);
    while before > 0 {
        let (head, now) = (log.state.seq, log.now);
        let search = Search { plan: &plan, visible, before, head, limit, bytes: 1 << 20, now, chunk_events: CHUNK };
        let page = page(log.sql, &search)?;
        ensure(page.hits.len() <= limit, || format!("{query}: {} hits on a page of {limit}", page.hits.len()))?;
        for hit in &page.hits {
            let read: SearchHit = serde_json::from_str(&hit.json)?;
            same(&format!("{query}: seq of a hit"), &read.message.envelope.seq, &hit.seq)?;
            ensure(read.edit.is_none_or(|edit| edit.envelope.reference == Some(hit.seq)), || {
                format!("{query}: the edit of {} is another's", hit.seq)
            })?;
            seqs.push(hit.seq);
        }
        let progress = page.looked_from < before || page.missing.is_some();
        ensure(progress, || format!("{query}: a page before {before} stands still"))?;
        if let Some(chunk) = page.missing {
            fill(log.sql, chunk, CHUNK)?;
        }
        before = page.looked_from;
    }
    ensure(seqs.windows(2).all(|pair| matches!(pair, [newer, older] if newer > older)), || {
        format!("{query}: found in the order {seqs:?}")
    })?;
    Ok(seqs)
}

fn words<S: Sql>(log: &mut Log<'_, S>, all: &Visibility) -> Outcome {
    let texts = [
        "The kettle is on",
        "Tea, two cups, please",
        "常用漢字表 is a list",
        "เรียนภาษาไทย",
        "see https://example.org/kettle",
        "Größe und GROSSE Kanne",
        "nothing",
        "kettles and kettle drums",
    ];
    let mut seqs = Vec::new();
    for (index, text) in texts.iter().cycle().take(texts.len() * 3).enumerate() {
        seqs.push(log.does(if index % 2 == 0 { "ana" } else { "ben" }, send(text))?);
    }
    let at = |index: usize| -> Vec<u64> {
        let mut found: Vec<u64> = seqs.iter().skip(index).step_by(texts.len()).copied().collect();
        found.reverse();
        found
    };
    let any = |indices: &[usize]| -> Vec<u64> {
        let mut found: Vec<u64> = indices.iter().flat_map(|index| at(*index)).collect();
        found.sort_unstable_by(|a, b| b.cmp(a));
        found
    };
    for (query, expected) in [
        ("kettle", any(&[0, 4, 7])),
        ("kettle*", any(&[0, 4, 7])),
        ("kettles", at(7)),
        ("\"two cups\"", at(1)),
        ("\"cups two\"", vec![]),
        ("tea please", at(1)),
        ("漢字", at(2)),
        ("字", at(2)),
        ("漢表", vec![]),
        ("ภาษา", at(3)),
        ("has:link", at(4)),
        ("grosse", at(5)),
        ("from:ben kettle*", at(7)),
        ("from:me kettle*", any(&[0, 4])),
        ("from:sub:cleo kettle", vec![]),
        ("from:zoe kettle", vec![]),
        ("before:2020-01-01 kettle", vec![]),
        ("after:2026-01-01 kettle", any(&[0, 4, 7])),
    ] {
        for limit in [1, 2, 50] {
            same(&format!("{query}, pages of {limit}"), &found(log, all, query, limit)?, &expected)?;
        }
    }
    let middle = log.row(seqs.get(12).copied().unwrap_or_default())?.envelope.at;
    let moment = moment(middle);
    let split = |query: &str| found(log, all, query, 50);
    let (before, after) = (split(&format!("before:{moment}"))?, split(&format!("after:{moment}"))?);
    same("dates part the log", &[after, before].concat(), &seqs.iter().rev().copied().collect::<Vec<_>>())?;
    // A head that moves neither repeats nor hides what lies below.
    let before = log.state.seq + 1;
    let newer = log.does("ana", send("one more kettle"))?;
    ensure(newer >= before && found(log, all, "kettle", 1)?.first() == Some(&newer), || {
        "a new message was not found at once".into()
    })?;
    Ok(())
}

/// A moment of the suite's day as RFC 3339 writes it.
fn moment(at: u64) -> String {
    let of_day = at % 86_400_000;
    let (seconds, ms) = (of_day / 1000, of_day % 1000);
    format!("2026-09-21T{:02}:{:02}:{:02}.{ms:03}Z", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

fn changes<S: Sql>(log: &mut Log<'_, S>, all: &Visibility) -> Outcome {
    let old = log.does("ana", send("an apricot"))?;
    let kept = log.does("ana", send("another apricot"))?;
    for index in 0..2 * CHUNK {
        log.does("ben", send(&format!("filler {index}")))?;
    }
    let young = log.does("ana", send("a young apricot"))?;
    // One is in the index, one is not yet.
    same("before the edits", &found(log, all, "apricot", 50)?, &vec![young, kept, old])?;
    log.does("ana", edit(old, "a cherry"))?;
    log.does("ana", edit(young, "a young cherry"))?;
    same("old versions", &found(log, all, "apricot", 50)?, &vec![kept])?;
    same("new versions", &found(log, all, "cherry", 50)?, &vec![young, old])?;
    log.does("ana", edit(old, "a second cherry"))?;
    same("twice edited", &found(log, all, "cherry", 1)?, &vec![young, old])?;
    // Edited and deleted within one commit, and deleted after an edit.
    let (change, end) = (log.ask("ana", edit(kept, "a damson"))?, log.ask("ana", delete(kept))?);
    log.batch(&[change, end])?;
    log.does("ana", delete(young))?;
    for query in ["apricot", "damson"] {
        same(query, &found(log, all, query, 50)?, &vec![])?;
    }
    same("after the deletions", &found(log, all, "cherry", 50)?, &vec![old])?;
    // Chunks that enter the index now hold what is said now.
    rebuild(log.sql)?;
    same("after a rebuilding", &found(log, all, "cherry", 50)?, &vec![old])?;
    log.does("ana", delete(old))?;
    same("all deleted", &found(log, all, "cherry", 50)?, &vec![])?;
    log.agrees("after searches")
}

fn visibility<S: Sql>(log: &mut Log<'_, S>, all: &Visibility) -> Outcome {
    let before = log.does("ana", send("a walnut"))?;
    log.does("ana", add("cleo"))?;
    let seen = log.does("ana", send("a walnut for cleo"))?;
    let changed = log.does("ana", send("a walnut to change"))?;
    log.does("ana", remove("cleo"))?;
    let away = log.does("ana", send("a walnut while she is away"))?;
    log.does("ana", edit(changed, "a secret walnut"))?;
    for index in 0..2 * CHUNK {
        log.does("ben", send(&format!("more {index}")))?;
    }
    log.does("ana", add("cleo"))?;
    let back = log.does("ana", send("a walnut again"))?;
    let stays = log.state.members.get(&user("cleo")?).ok_or("nobody is called cleo")?.visible.clone();
    same("all walnuts", &found(log, all, "walnut", 2)?, &vec![back, away, changed, seen, before])?;
    // The version she knows is an old one, and the new one is not hers to see.
    same("her walnuts", &found(log, &stays, "walnut", 1)?, &vec![back, seen])?;
    same("a stranger's walnuts", &found(log, &Visibility::default(), "walnut", 50)?, &vec![])
}

fn at_rest<S: Sql>(log: &mut Log<'_, S>, all: &Visibility) -> Outcome {
    let secret = log.does("ana", send("the word is Zyxomma"))?;
    for index in 0..2 * CHUNK {
        log.does("ben", send(&format!("yet more {index}")))?;
    }
    same("in the index", &found(log, all, "zyxomma", 50)?, &vec![secret])?;
    let holds = |word: &str| -> Outcome<bool> {
        let rows = log.sql.exec("SELECT block FROM search_data", &[])?;
        let in_block = |value: &Value| matches!(value, Value::Blob(block) if block.windows(word.len()).any(|part| part == word.as_bytes()));
        Ok(rows.iter().any(|row| row.0.iter().any(in_block)))
    };
    // Terms are stored without the beginning that they share with the one before.
    ensure(holds("yxomma")?, || "the check does not see what the index holds".into())?;
    log.does("ana", edit(secret, "the word is out"))?;
    let left = |when: &str| -> Outcome {
        // What a transaction changed reaches the pages when it ends, at the latest; within one (the platform makes one of each turn) a savepoint does it.
        log.sql.transaction(&mut || Ok(()))?;
        let rows = log.sql.exec("SELECT block FROM search_data", &[])?;
        let gone = rows.iter().all(|row| {
            row.0
                .iter()
                .all(|value| !matches!(value, Value::Blob(block) if block.windows(6).any(|part| part == b"yxomma")))
        });
        ensure(gone, || format!("the word is in the index {when}"))
    };
    left("after an edit")?;
    let again = log.does("ana", edit(secret, "it was zyxomma"))?;
    ensure(again > secret && found(log, all, "zyxomma", 50)? == [secret], || "an edit back is found".into())?;
    log.does("ana", delete(secret))?;
    left("after a deletion")
}

/// A reader who may see nothing of a long log, and a query for nobody, cost nothing.
fn vain<S: Sql>(log: &Log<'_, S>, all: &Visibility) -> Outcome {
    let plan = plan("from:zoe")?;
    let search = |visible, before| Search {
        plan: &plan,
        visible,
        before,
        head: log.state.seq,
        limit: 1,
        bytes: 1,
        now: log.now,
        chunk_events: CHUNK,
    };
    same("a query for nobody", &page(log.sql, &search(all, 1 << 40))?.looked_from, &0)?;
    let other = Search { chunk_events: CHUNK + 1, ..search(all, log.state.seq) };
    let tea = self::plan("tea")?;
    let stopped = page(log.sql, &Search { plan: &tea, ..other })?;
    ensure(stopped.missing.is_some() && stopped.looked_from > 0, || {
        format!("another size of chunk was taken for ours: {stopped:?}")
    })
}
