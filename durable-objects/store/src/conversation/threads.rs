//! Threads: which replies there are and how each thread stands (projections of the log), and where members are in them (facts and cells).
//!
//! A reply costs, beside its two rows of the log: its place in the thread, the thread, and its author's place with an index entry; each other
//! member who begins to follow by it, two.

use std::collections::{BTreeMap, BTreeSet};

use quipu_core::batch::Batch;
use quipu_core::state::State;
use quipu_core::threads::{Key, Move, Places, concerned};
use quipu_core::visibility::Visibility;
use quipu_schema::envelope::Envelope;
use quipu_schema::ids::UserId;
use quipu_schema::limits;
use quipu_schema::thread::{Thread, ThreadPlace};

use super::commit::CellWrite;
use super::load::{in_list, rows_of_pairs, user};
use super::reactions::{seen, stays};
use crate::sql::{Param, Row, Sql, StoreError};

/// A reply was sent.
pub(super) fn reply(sql: &impl Sql, root: u64, envelope: &Envelope) -> Result<(), StoreError> {
    let Envelope { seq, at, actor, .. } = *envelope;
    let n = envelope.thread_n.ok_or(StoreError::Shape)?;
    sql.run(
        "INSERT INTO replies (root, seq, n) VALUES (?, ?, ?)",
        &[Param::Integer(root), Param::Integer(seq), Param::Integer(n)],
    )?;
    let rows = sql.exec("SELECT participants FROM threads WHERE root = ?", &[Param::Integer(root)])?;
    let before: Vec<UserId> =
        rows.first().map_or(Ok(vec![]), |row| Ok::<_, StoreError>(serde_json::from_str(row.text(0)?)?))?;
    let participants = std::iter::once(actor).chain(before.into_iter().filter(|user| *user != actor));
    let participants: Vec<UserId> = participants.take(limits::THREAD_PARTICIPANTS).collect();
    sql.run(
        "INSERT INTO threads (root, n, deleted, last, last_at, participants) VALUES (?, ?, 0, ?, ?, ?) ON CONFLICT (root) DO UPDATE SET \
         n = excluded.n, last = excluded.last, last_at = excluded.last_at, participants = excluded.participants",
        &[
            Param::Integer(root),
            Param::Integer(n),
            Param::Integer(seq),
            Param::Integer(at),
            Param::Text(&serde_json::to_string(&participants)?),
        ],
    )
}

/// A reply was deleted.
pub(super) fn reply_deleted(sql: &impl Sql, root: u64) -> Result<(), StoreError> {
    sql.run("UPDATE threads SET deleted = deleted + 1 WHERE root = ?", &[Param::Integer(root)])
}

/// Replies so far in threads.
pub(super) fn known(sql: &impl Sql, roots: &[u64]) -> Result<Vec<(u64, u64)>, StoreError> {
    let mut known = Vec::new();
    for chunk in roots.chunks(100) {
        let params: Vec<Param<'_>> = chunk.iter().map(|root| Param::Integer(*root)).collect();
        for row in sql.exec(&in_list("SELECT root, n FROM threads WHERE root IN (", "?", chunk.len(), ")"), &params)? {
            known.push((row.integer(0)?, row.integer(1)?));
        }
    }
    Ok(known)
}

fn place(row: &Row) -> Result<ThreadPlace, StoreError> {
    Ok(ThreadPlace {
        root: row.integer(0)?,
        user: user(row.text(1)?)?,
        following: row.integer(2)? == 1,
        read: row.integer(3)?,
        read_n: row.integer(4)?,
    })
}

/// The places that a batch and what members ask move, as they become.
///
/// # Errors
/// [`StoreError`].
pub fn moved(
    sql: &impl Sql,
    state: &State,
    batch: &Batch,
    asked: &BTreeMap<Key, Move>,
) -> Result<Vec<ThreadPlace>, StoreError> {
    let keys: Vec<Key> = concerned(batch).into_iter().chain(asked.keys().copied()).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let pairs: Vec<(u64, UserId)> = keys.iter().map(|(user, root)| (*root, *user)).collect();
    let held = "SELECT root, user, following, read, read_n FROM thread_places WHERE (root, user) IN (VALUES ";
    let stored = rows_of_pairs(sql, held, &pairs)?.iter().map(place).collect::<Result<Vec<ThreadPlace>, _>>()?;
    let mut places = Places::new(stored);
    asked.iter().for_each(|(key, asked)| places.ask(*key, *asked));
    places.take(state, batch);
    Ok(places.changed())
}

/// Writes a place. Of too many in one conversation the one that moved longest ago goes.
pub(super) fn put(sql: &impl Sql, place: &ThreadPlace, version: u64) -> Result<(), StoreError> {
    let key = [Param::Integer(place.root), Param::Text(place.user.as_str())];
    let is_new = sql.exec("SELECT 1 FROM thread_places WHERE root = ? AND user = ?", &key)?.is_empty();
    if is_new {
        sql.run(
            "DELETE FROM thread_places WHERE (root, user) IN (SELECT root, user FROM thread_places WHERE user = ? \
             ORDER BY version DESC LIMIT -1 OFFSET ?)",
            &[Param::Text(place.user.as_str()), Param::Integer(limits::THREADS_FOLLOWED - 1)],
        )?;
    }
    let [root, user] = key;
    sql.run(
        "INSERT INTO thread_places (root, user, following, read, read_n, version) VALUES (?, ?, ?, ?, ?, ?) \
         ON CONFLICT (root, user) DO UPDATE SET following = excluded.following, read = excluded.read, \
         read_n = excluded.read_n, version = excluded.version",
        &[
            root,
            user,
            Param::Integer(u64::from(place.following)),
            Param::Integer(place.read),
            Param::Integer(place.read_n),
            Param::Integer(version),
        ],
    )
}

/// Who goes follows nothing any more: coming back begins anew.
pub(super) fn forget(sql: &impl Sql, user: UserId) -> Result<(), StoreError> {
    sql.run("DELETE FROM thread_places WHERE user = ?", &[Param::Text(user.as_str())])
}

/// The newest version among each member's places: one seek in the index per member.
pub(super) fn newest(sql: &impl Sql) -> Result<Vec<(UserId, u64)>, StoreError> {
    let rows = sql.exec(
        "SELECT user, (SELECT MAX(version) FROM thread_places WHERE thread_places.user = members.user) FROM members",
        &[],
    )?;
    let newest = rows.iter().map(|row| Ok((user(row.text(0)?)?, row.optional_integer(1)?.unwrap_or(0))));
    newest.collect()
}

/// A member's places that moved after a cell version, oldest change first.
///
/// # Errors
/// [`StoreError`].
pub fn places_after(sql: &impl Sql, user: UserId, version: u64) -> Result<Vec<ThreadPlace>, StoreError> {
    let rows = sql.exec(
        "SELECT root, user, following, read, read_n FROM thread_places WHERE user = ? AND version > ? ORDER BY version",
        &[Param::Text(user.as_str()), Param::Integer(version)],
    )?;
    rows.iter().map(place).collect()
}

/// A member's place in one thread; `None` where they never followed it.
///
/// # Errors
/// [`StoreError`].
pub fn place_of(sql: &impl Sql, (user, root): Key) -> Result<Option<ThreadPlace>, StoreError> {
    let rows = sql.exec(
        "SELECT root, user, following, read, read_n FROM thread_places WHERE root = ? AND user = ?",
        &[Param::Integer(root), Param::Text(user.as_str())],
    )?;
    rows.first().map(place).transpose()
}

/// Those who follow one of these threads.
///
/// # Errors
/// [`StoreError`].
pub fn followers(sql: &impl Sql, roots: &BTreeSet<u64>) -> Result<BTreeSet<UserId>, StoreError> {
    let roots = serde_json::to_string(roots)?;
    let rows = sql.exec(
        "SELECT DISTINCT user FROM thread_places WHERE root IN (SELECT value FROM json_each(?)) AND following = 1",
        &[Param::Text(&roots)],
    )?;
    rows.iter().map(|row| user(row.text(0)?)).collect()
}

/// How many threads with unread replies that they did not delete for themselves each of these members follows; none where a member is not named.
///
/// # Errors
/// [`StoreError`].
pub fn unread(sql: &impl Sql, users: &BTreeSet<UserId>) -> Result<BTreeMap<UserId, u64>, StoreError> {
    let users = serde_json::to_string(users)?;
    let rows = sql.exec(
        "SELECT p.user, COUNT(*) FROM json_each(?) AS asked JOIN thread_places AS p ON p.user = asked.value \
         JOIN threads AS t ON t.root = p.root WHERE p.following = 1 AND t.n - p.read_n > (\
         SELECT COUNT(*) FROM hidden AS h CROSS JOIN replies AS r ON r.root = p.root AND r.seq = h.seq \
         WHERE h.user = p.user AND h.seq > p.read) GROUP BY p.user",
        &[Param::Text(&users)],
    )?;
    rows.iter().map(|row| Ok((user(row.text(0)?)?, row.integer(1)?))).collect()
}

/// How many unread replies, in threads that they follow, mention each of these members in their newest version, and the last of them; none where
/// a member is not named. What they deleted for themselves is not counted.
///
/// # Errors
/// [`StoreError`].
pub fn mentions(sql: &impl Sql, users: &BTreeSet<UserId>) -> Result<BTreeMap<UserId, (u64, u64)>, StoreError> {
    let users = serde_json::to_string(users)?;
    let rows = sql.exec(
        "SELECT p.user, COUNT(*), MAX(m.seq) FROM json_each(?) AS asked JOIN thread_places AS p ON p.user = asked.value \
         JOIN mentions AS m ON m.whom = p.user || ' ' || p.root AND m.seq > p.read WHERE p.following = 1 \
         AND NOT EXISTS (SELECT 1 FROM hidden WHERE hidden.user = p.user AND hidden.seq = m.seq) GROUP BY p.user",
        &[Param::Text(&users)],
    )?;
    let mentions =
        |row: &Row| Ok((user(row.text(0)?)?, (row.integer(1)?.min(limits::MENTIONS_COUNTED), row.integer(2)?)));
    rows.iter().map(mentions).collect()
}

/// The reply that stands at a seq of a thread or next before it: its seq and number, zeros before the first.
///
/// # Errors
/// [`StoreError`].
pub fn reply_at(sql: &impl Sql, root: u64, seq: u64) -> Result<(u64, u64), StoreError> {
    let rows = sql.exec(
        "SELECT seq, n FROM replies WHERE root = ? AND seq <= ? ORDER BY seq DESC LIMIT 1",
        &[Param::Integer(root), Param::Integer(seq)],
    )?;
    rows.first().map_or(Ok((0, 0)), |row| Ok((row.integer(0)?, row.integer(1)?)))
}

/// Columns of a thread as its follower sees it, from `threads t` and `thread_places p`.
macro_rules! columns {
    () => {
        "t.root, t.n, t.deleted, t.last, t.last_at, t.participants, COALESCE(p.following, 0), COALESCE(p.read_n, 0)"
    };
}

fn thread(sql: &impl Sql, visible: &Visibility, row: &Row) -> Result<Thread, StoreError> {
    let (root, n) = (row.integer(0)?, row.integer(1)?);
    let following = row.integer(6)? == 1;
    let thread = Thread {
        root,
        n,
        count: n.saturating_sub(row.integer(2)?),
        last: row.integer(3)?,
        last_at: row.integer(4)?,
        participants: serde_json::from_str(row.text(5)?)?,
        following,
        read_n: if following { row.integer(7)? } else { 0 },
        hidden_unread: 0,
    };
    let thread = if visible.shows_all_from(root) { thread } else { as_seen(sql, visible, thread)? };
    Ok(Thread { hidden_unread: hidden_unread(sql, visible, &thread)?, ..thread })
}

/// How many unread replies the reader deleted for themselves. Where they deleted nothing, nothing is asked.
fn hidden_unread(sql: &impl Sql, visible: &Visibility, thread: &Thread) -> Result<u64, StoreError> {
    if !thread.following || thread.n <= thread.read_n || visible.hidden().is_empty() {
        return Ok(0);
    }
    let hidden = serde_json::to_string(visible.hidden())?;
    let rows = sql.exec(
        "SELECT COUNT(*) FROM json_each(?) AS hidden JOIN replies AS r ON r.root = ? AND r.seq = hidden.value \
         WHERE r.n > ? AND r.n <= ?",
        &[Param::Text(&hidden), Param::Integer(thread.root), Param::Integer(thread.read_n), Param::Integer(thread.n)],
    )?;
    rows.first().map_or(Ok(0), |row| row.integer(0))
}

/// The thread without what came while the reader was away: counted anew, which only those pay who left and came back.
fn as_seen(sql: &impl Sql, visible: &Visibility, whole: Thread) -> Result<Thread, StoreError> {
    let (everything, stays) = stays(visible)?;
    let rows = sql.exec(
        concat!(
            "SELECT r.seq, r.n, json_extract(e.envelope, '$.actor'), json_extract(e.envelope, '$.at'), \
             EXISTS (SELECT 1 FROM deletions WHERE target = r.seq) \
             FROM (SELECT seq, n FROM replies WHERE root = ? AND ",
            seen!(),
            ") AS r JOIN events AS e ON e.seq = r.seq ORDER BY r.seq DESC"
        ),
        &[Param::Integer(whole.root), everything, Param::Text(&stays)],
    )?;
    let mut seen = Thread { n: 0, count: 0, last: 0, last_at: 0, participants: vec![], ..whole };
    for row in rows {
        if seen.last == 0 {
            (seen.last, seen.n, seen.last_at) = (row.integer(0)?, row.integer(1)?, row.integer(3)?);
        }
        seen.count += 1 - row.integer(4)?.min(1);
        let actor = user(row.text(2)?)?;
        if seen.participants.len() < limits::THREAD_PARTICIPANTS && !seen.participants.contains(&actor) {
            seen.participants.push(actor);
        }
    }
    Ok(seen)
}

/// One thread as a reader sees it; one without replies where there are none.
///
/// # Errors
/// [`StoreError`].
pub fn one(sql: &impl Sql, visible: &Visibility, (reader, root): Key) -> Result<Thread, StoreError> {
    let rows = sql.exec(
        concat!(
            "SELECT ",
            columns!(),
            " FROM threads AS t LEFT JOIN thread_places AS p ON p.root = t.root AND p.user = ? WHERE t.root = ?"
        ),
        &[Param::Text(reader.as_str()), Param::Integer(root)],
    )?;
    if let Some(row) = rows.first() {
        return thread(sql, visible, row);
    }
    let place = place_of(sql, (reader, root))?;
    let following = place.is_some_and(|place| place.following);
    Ok(Thread {
        root,
        n: 0,
        count: 0,
        last: 0,
        last_at: 0,
        participants: vec![],
        following,
        read_n: 0,
        hidden_unread: 0,
    })
}

/// The threads of messages from one seq to another, as JSON, comma-separated: of those messages that the reader may see.
///
/// # Errors
/// [`StoreError`].
pub fn summaries(
    sql: &impl Sql,
    visible: &Visibility,
    reader: UserId,
    (from, to): (u64, u64),
) -> Result<String, StoreError> {
    let rows = sql.exec(
        concat!(
            "SELECT ",
            columns!(),
            " FROM threads AS t LEFT JOIN thread_places AS p ON p.root = t.root AND p.user = ? \
             WHERE t.root BETWEEN ? AND ? ORDER BY t.root"
        ),
        &[Param::Text(reader.as_str()), Param::Integer(from), Param::Integer(to)],
    )?;
    let mut parts = Vec::new();
    for row in rows.iter() {
        if visible.shows(row.integer(0)?) {
            let thread = thread(sql, visible, row)?;
            if thread.n > 0 {
                parts.push(serde_json::to_string(&thread)?);
            }
        }
    }
    Ok(parts.join(","))
}

/// Threads that a member follows, the one with the latest reply first.
///
/// # Errors
/// [`StoreError`].
pub fn followed(
    sql: &impl Sql,
    visible: &Visibility,
    reader: UserId,
    (before, unread, limit): (Option<u64>, bool, usize),
) -> Result<Vec<Thread>, StoreError> {
    let rows = sql.exec(
        concat!(
            "SELECT ",
            columns!(),
            " FROM thread_places AS p JOIN threads AS t ON t.root = p.root WHERE p.user = ? AND p.following = 1 \
             AND t.last < ? AND (? = 0 OR t.n - p.read_n > (SELECT COUNT(*) FROM hidden AS h CROSS JOIN replies AS r \
             ON r.root = p.root AND r.seq = h.seq WHERE h.user = p.user AND h.seq > p.read)) ORDER BY t.last DESC LIMIT ?"
        ),
        &[
            Param::Text(reader.as_str()),
            Param::Integer(before.unwrap_or(1 << 53)),
            Param::Integer(u64::from(unread)),
            Param::Integer(u64::try_from(limit).unwrap_or(1)),
        ],
    )?;
    rows.iter().map(|row| thread(sql, visible, row)).collect()
}

/// Places as cells to write, with the versions after `version`.
pub fn writes(places: Vec<ThreadPlace>, version: &mut u64) -> Vec<CellWrite> {
    let write = |place| {
        *version += 1;
        CellWrite { cell: quipu_schema::socket::Cell::Thread(place), version: *version }
    };
    places.into_iter().map(write).collect()
}
