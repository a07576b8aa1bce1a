//! Reading the log: pages in both directions, versions of a message, export, proofs. Stored bytes are served as they are.

use std::fmt::Write;

use crate::sql::{Joined, Param, Row, Sql, StoreError};
use quipu_core::merkle::{self, Root};
use quipu_core::visibility::{Run, Visibility};
use quipu_schema::envelope::{Envelope, EventType};
use quipu_schema::event::{write_hidden, write_item, write_withheld};
use quipu_schema::ids::UserId;
use quipu_schema::limits;
use quipu_schema::socket::Cell;

/// A page: items ready to be sent, without the brackets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// Items, comma-separated.
    pub items: String,
    /// First seq covered; 0 when empty.
    pub from: u64,
    /// Last seq covered.
    pub to: u64,
}

/// One event as an item, written by SQLite: a page crosses into the program as one text instead of three per event.
macro_rules! item {
    () => {
        "'{\"envelope\":' || envelope || ',\"content\":' || CASE WHEN content IS NULL OR salt IS NULL THEN 'null,\"salt\":null}' \
         ELSE content || ',\"salt\":\"' || salt || '\"}' END"
    };
}
pub(super) use item;

/// Bytes of an item besides envelope, content and salt, and the comma after it.
const AROUND: usize = 64;

/// The order is dense, so a run of so many events is a range of numbers: nothing is sorted, counted or limited.
const RANGE: &str = concat!("SELECT ", item!(), " FROM events WHERE seq BETWEEN ? AND ? ORDER BY seq");

/// How many events of a range, from one end, fit so many bytes; at least one.
macro_rules! fitting {
    ($direction:literal) => {
        concat!(
            "SELECT COUNT(*) FROM (SELECT SUM(octet_length(envelope) + COALESCE(octet_length(content), 0) + ?) OVER (ORDER BY seq ",
            $direction,
            ") AS bytes, ROW_NUMBER() OVER (ORDER BY seq ",
            $direction,
            ") AS place FROM events WHERE seq BETWEEN ? AND ?) WHERE bytes <= ? OR place = 1"
        )
    };
}

/// From which end of a run events are taken.
#[derive(Clone, Copy)]
enum End {
    First,
    Last,
}

/// Events in one text read before its size is known: so many of the largest take a few megabytes.
const SLICE: u64 = 100;

/// What was read of a run.
struct Read {
    items: String,
    range: Run,
    /// What follows did not fit.
    cut: bool,
}

/// A run's first or last `limit` events, as long as their bytes fit; at least one. Most fit: only where they do not are they measured.
fn read(sql: &impl Sql, end: End, run: Run, limit: usize, bytes: usize) -> Result<Read, StoreError> {
    let limit = u64::try_from(limit).unwrap_or(u64::MAX).clamp(1, SLICE);
    let slice = |count: u64| match end {
        End::First => Run { to: run.to.min(run.from.saturating_add(count - 1)), ..run },
        End::Last => Run { from: run.from.max((run.to + 1).saturating_sub(count)), ..run },
    };
    let range = slice(limit);
    let items: String = items(sql, range)?.text.into();
    if items.len() <= bytes || range.from == range.to {
        return Ok(Read { items, range, cut: false });
    }
    let statement = match end {
        End::First => fitting!("ASC"),
        End::Last => fitting!("DESC"),
    };
    let params = [integer(AROUND), Param::Integer(range.from), Param::Integer(range.to), integer(bytes)];
    let count = sql.exec(statement, &params)?.first().ok_or(StoreError::Shape)?.integer(0)?;
    let range = slice(count.max(1));
    Ok(Read { items: self::items(sql, range)?.text.into(), range, cut: true })
}

impl Read {
    /// A withheld run is one item.
    fn items_count(&self) -> usize {
        if self.range.visible { usize::try_from(self.range.to - self.range.from + 1).unwrap_or(usize::MAX) } else { 1 }
    }
}

fn withheld(run: Run) -> String {
    let mut item = String::new();
    let write = if run.hidden { write_hidden } else { write_withheld };
    write(&mut item, run.from, run.to);
    item
}

fn items<S: Sql>(sql: &S, range: Run) -> Result<Joined<S::Text>, StoreError> {
    let items = sql.join(RANGE, &[Param::Integer(range.from), Param::Integer(range.to)])?;
    // A hole would be a damaged log, which must not be served as if it were whole.
    if items.rows == range.to - range.from + 1 { Ok(items) } else { Err(StoreError::Shape) }
}

/// A page that is one visible run and small for certain, with its first and last seq: what most pages are, and then nothing of them is copied.
/// `None`: ask [`forward`] or [`backward`].
///
/// # Errors
/// [`StoreError`].
pub fn small_page<S: Sql>(
    sql: &S,
    visible: &Visibility,
    (from, to): (u64, u64),
    bytes: usize,
) -> Result<Option<S::Text>, StoreError> {
    match visible.runs(from, to).as_slice() {
        [run] if run.visible && run.to - run.from < SLICE => {
            let items = items(sql, *run)?;
            Ok((items.bytes_at_most <= bytes).then_some(items.text))
        }
        _ => Ok(None),
    }
}

/// Items after `after` up to `to`, at most `limit` and at most a page's bytes; at least one where there is one.
///
/// # Errors
/// [`StoreError`].
pub fn forward(
    sql: &impl Sql,
    visible: &Visibility,
    after: u64,
    to: u64,
    limit: usize,
    bytes: usize,
) -> Result<Page, StoreError> {
    let mut page = Page { from: after + 1, to: after, ..Page::default() };
    let mut left = limit;
    'runs: for mut run in visible.runs(after + 1, to) {
        while run.from <= run.to {
            if left == 0 || page.items.len() >= bytes {
                break 'runs;
            }
            let part = if run.visible {
                read(sql, End::First, run, left, bytes - page.items.len())?
            } else {
                Read { items: withheld(run), range: run, cut: false }
            };
            if !page.items.is_empty() && page.items.len() + part.items.len() > bytes {
                break 'runs;
            }
            comma(&mut page.items);
            page.items.push_str(&part.items);
            page.to = part.range.to;
            left -= part.items_count();
            if part.cut {
                break 'runs;
            }
            run.from = part.range.to + 1;
        }
    }
    Ok(page)
}

/// The last items before `before`, ascending, at most `limit` and at most a page's bytes.
///
/// # Errors
/// [`StoreError`].
pub fn backward(
    sql: &impl Sql,
    visible: &Visibility,
    before: u64,
    limit: usize,
    bytes: usize,
) -> Result<Page, StoreError> {
    let mut parts: Vec<String> = Vec::new();
    let (mut left, mut size, mut from) = (limit, 0, before);
    let mut runs = visible.runs(1, before.saturating_sub(1));
    runs.reverse();
    'runs: for mut run in runs {
        while run.from <= run.to {
            if left == 0 || size >= bytes {
                break 'runs;
            }
            let part = if run.visible {
                read(sql, End::Last, run, left, bytes - size)?
            } else {
                Read { items: withheld(run), range: run, cut: false }
            };
            if !parts.is_empty() && size + part.items.len() > bytes {
                break 'runs;
            }
            left -= part.items_count();
            size += part.items.len() + 1;
            from = part.range.from;
            parts.push(part.items);
            if part.cut || from == 1 {
                break 'runs;
            }
            run.to = from - 1;
        }
    }
    if parts.is_empty() {
        return Ok(Page::default());
    }
    parts.reverse();
    Ok(Page { items: parts.join(","), from, to: before.saturating_sub(1) })
}

/// The newest edit of each message on the page that was edited after the page's end, comma-separated items.
///
/// # Errors
/// [`StoreError`].
pub fn later_edits(sql: &impl Sql, visible: &Visibility, range: (u64, u64)) -> Result<String, StoreError> {
    let statement =
        "SELECT target, seq FROM edits WHERE target BETWEEN ? AND ? AND seq > ? ORDER BY target, version DESC";
    newest_later(sql, statement, visible, range)
}

/// Of events about messages on a page that came after its end, for each message the newest that the reader may see, comma-separated items.
/// `statement` finds (target, seq), by target, newest first; its parameters are the page's first and last seq, and the last again.
pub(super) fn newest_later(
    sql: &impl Sql,
    statement: &str,
    visible: &Visibility,
    (from, to): (u64, u64),
) -> Result<String, StoreError> {
    let mut items = String::new();
    let rows = sql.exec(statement, &[Param::Integer(from), Param::Integer(to), Param::Integer(to)])?;
    let mut done = 0;
    for row in rows {
        let (target, seq) = (row.integer(0)?, row.integer(1)?);
        // A later one may fall into a time when the reader was away.
        if target != done && visible.shows(seq) {
            event(sql, &mut items, seq)?;
            done = target;
        }
    }
    Ok(items)
}

/// A message as first sent and its edits, comma-separated; `None` when there is no such message.
///
/// # Errors
/// [`StoreError`].
pub fn versions(sql: &impl Sql, visible: &Visibility, seq: u64) -> Result<Option<String>, StoreError> {
    let mut items = String::new();
    if !visible.shows(seq) || !event(sql, &mut items, seq)? || !items.contains("\"type\":\"message.created\"") {
        return Ok(None);
    }
    let edits = sql.exec("SELECT seq FROM edits WHERE target = ? ORDER BY version", &[Param::Integer(seq)])?;
    for row in edits {
        if visible.shows(row.integer(0)?) {
            event(sql, &mut items, row.integer(0)?)?;
        }
    }
    Ok(Some(items))
}

/// The envelope a message came with; `None` when there is no such message.
///
/// # Errors
/// [`StoreError`].
pub fn written(sql: &impl Sql, visible: &Visibility, seq: u64) -> Result<Option<Envelope>, StoreError> {
    if !visible.shows(seq) {
        return Ok(None);
    }
    let rows = sql.exec("SELECT envelope FROM events WHERE seq = ?", &[Param::Integer(seq)])?;
    let Some(row) = rows.first() else { return Ok(None) };
    let envelope: Envelope = serde_json::from_str(row.text(0)?)?;
    Ok(Some(envelope).filter(|envelope| envelope.kind == EventType::MessageCreated))
}

pub(super) fn event(sql: &impl Sql, items: &mut String, seq: u64) -> Result<bool, StoreError> {
    let rows = sql.exec("SELECT seq, envelope, content, salt FROM events WHERE seq = ?", &[Param::Integer(seq)])?;
    let Some(row) = rows.first() else { return Ok(false) };
    comma(items);
    push(items, row)?;
    Ok(true)
}

/// `n` of an event; `None` beyond the log.
///
/// # Errors
/// [`StoreError`].
pub fn n_at(sql: &impl Sql, seq: u64) -> Result<Option<u64>, StoreError> {
    let rows = sql.exec("SELECT json_extract(envelope, '$.n') FROM events WHERE seq = ?", &[Param::Integer(seq)])?;
    rows.first().map(|row| row.integer(0)).transpose()
}

/// Envelope and content of one event.
///
/// # Errors
/// [`StoreError`].
pub fn texts(sql: &impl Sql, seq: u64) -> Result<Option<(String, Option<String>)>, StoreError> {
    let rows = sql.exec("SELECT envelope, content FROM events WHERE seq = ?", &[Param::Integer(seq)])?;
    match rows.first() {
        Some(row) => Ok(Some((row.text(0)?.to_owned(), row.optional_text(1)?.map(str::to_owned)))),
        None => Ok(None),
    }
}

/// Events that an inbox shows as its last line: messages, and who came and went.
macro_rules! is_line {
    () => {
        "json_extract(envelope, '$.type') NOT IN ('message.edited', 'message.deleted', 'member.role_changed', 'reaction.added', \
         'reaction.removed', 'message.pinned', 'message.unpinned', 'member.unbanned', 'member.muted', 'member.unmuted', 'message.previewed', 'message.preview_removed', 'poll.closed') AND json_extract(envelope, '$.thread') IS NULL"
    };
}

/// The newest event up to `head` that an inbox shows as its last line (a message, or who came and went). `line` is the one that held up to
/// `told`; where it is unknown, 64 events before that are looked at.
///
/// # Errors
/// [`StoreError`].
pub fn last_line(
    sql: &impl Sql,
    (line, told): (u64, u64),
    head: u64,
) -> Result<Option<(String, Option<String>)>, StoreError> {
    let after = if line > 0 { told } else { told.saturating_sub(64) };
    let statement = concat!(
        "SELECT envelope, content FROM events WHERE seq <= ? AND seq > ? AND ",
        is_line!(),
        " ORDER BY seq DESC LIMIT 1"
    );
    let rows = sql.exec(statement, &[Param::Integer(head), Param::Integer(after)])?;
    match rows.first() {
        Some(row) => Ok(Some((row.text(0)?.to_owned(), row.optional_text(1)?.map(str::to_owned)))),
        None => texts(sql, line),
    }
}

/// The newest event before `before` that an inbox shows as its last line to somebody who deleted it for themselves: the one before it that
/// they did not. Looks at so many events; `None` where they hold none.
///
/// # Errors
/// [`StoreError`].
pub fn line_before(
    sql: &impl Sql,
    user: UserId,
    before: u64,
    events: u64,
) -> Result<Option<(String, Option<String>)>, StoreError> {
    let statement = concat!(
        "SELECT envelope, content FROM events WHERE seq < ? AND seq >= ? AND ",
        is_line!(),
        " AND NOT EXISTS (SELECT 1 FROM hidden WHERE hidden.user = ? AND hidden.seq = events.seq) ORDER BY seq DESC LIMIT 1"
    );
    let params = [Param::Integer(before), Param::Integer(before.saturating_sub(events)), Param::Text(user.as_str())];
    match sql.exec(statement, &params)?.first() {
        Some(row) => Ok(Some((row.text(0)?.to_owned(), row.optional_text(1)?.map(str::to_owned)))),
        None => Ok(None),
    }
}

/// The newest version of a message's content, where it was edited.
///
/// # Errors
/// [`StoreError`].
pub fn newest_content(sql: &impl Sql, target: u64) -> Result<Option<String>, StoreError> {
    let rows = sql.exec(
        "SELECT content FROM events WHERE seq = (SELECT seq FROM edits WHERE target = ? ORDER BY version DESC LIMIT 1)",
        &[Param::Integer(target)],
    )?;
    rows.first().map_or(Ok(None), |row| Ok(row.optional_text(0)?.map(str::to_owned)))
}

/// The first lines of a range, as long as their bytes fit; at least one.
const LINES: &str = concat!(
    "SELECT group_concat(item, char(10) ORDER BY seq), MAX(seq) FROM (SELECT seq, ",
    item!(),
    " AS item, SUM(octet_length(envelope) + COALESCE(octet_length(content), 0) + ?) OVER (ORDER BY seq) AS bytes, \
     ROW_NUMBER() OVER (ORDER BY seq) AS place FROM events WHERE seq BETWEEN ? AND ?) WHERE bytes <= ? OR place = 1"
);

/// Lines of an export after `after`, at most `limit` and at most [`limits::EXPORT_BYTES`] of events; at least one where there is one: events as items, withheld runs with their leaf hashes, so that the root can still be
/// computed. Returns the lines and the last seq covered.
///
/// # Errors
/// [`StoreError`].
pub fn export(
    sql: &impl Sql,
    visible: &Visibility,
    after: u64,
    head: u64,
    limit: usize,
) -> Result<(String, u64), StoreError> {
    let mut lines = String::new();
    let mut done = after;
    let to = head.min(after.saturating_add(u64::try_from(limit).unwrap_or(u64::MAX)));
    for run in visible.runs(after + 1, to) {
        if run.visible {
            let left = limits::EXPORT_BYTES.saturating_sub(lines.len());
            let params = [integer(AROUND), Param::Integer(run.from), Param::Integer(run.to), integer(left)];
            let rows = sql.exec(LINES, &params)?;
            let row = rows.first().ok_or(StoreError::Shape)?;
            let text = row.text(0)?;
            if !lines.is_empty() && lines.len() + text.len() >= limits::EXPORT_BYTES {
                break;
            }
            lines.push_str(text);
            lines.push('\n');
            done = row.integer(1)?;
            if done < run.to {
                break;
            }
        } else {
            let _ = write!(lines, "{{\"withheld\":{{\"from\":{},\"to\":{}}},\"leaves\":[", run.from, run.to);
            let rows = sql.exec(
                "SELECT tree FROM events WHERE seq BETWEEN ? AND ? ORDER BY seq",
                &[Param::Integer(run.from), Param::Integer(run.to)],
            )?;
            for (index, row) in rows.iter().enumerate() {
                let leaf = merkle::at_level(row.blob(0)?, 0).ok_or(StoreError::Shape)?;
                let _ = write!(lines, "{}\"{}\"", if index == 0 { "" } else { "," }, Root(leaf).to_text());
            }
            lines.push_str("]}\n");
            done = run.to;
        }
    }
    Ok((lines, done))
}

/// Stored tree rows, for proofs.
pub struct TreeRows<'a, S>(pub &'a S);

impl<S: Sql> merkle::Rows for TreeRows<'_, S> {
    fn tree(&self, seq: u64) -> Option<Vec<u8>> {
        let rows = self.0.exec("SELECT tree FROM events WHERE seq = ?", &[Param::Integer(seq)]).ok()?;
        rows.first()?.blob(0).ok().map(<[u8]>::to_vec)
    }
}

/// Cells newer than a version, as written; what moved since is in memory.
///
/// # Errors
/// [`StoreError`].
pub fn cells_after(sql: &impl Sql, version: u64) -> Result<Vec<Cell>, StoreError> {
    let rows = sql.exec("SELECT value FROM cells WHERE version > ? ORDER BY version", &[Param::Integer(version)])?;
    rows.iter().map(|row| Ok(serde_json::from_str(row.text(0)?)?)).collect()
}

fn push(items: &mut String, row: &Row) -> Result<(), StoreError> {
    write_item(items, row.text(1)?, row.optional_text(2)?, row.optional_text(3)?);
    Ok(())
}

fn comma(items: &mut String) {
    if !items.is_empty() {
        items.push(',');
    }
}

fn integer(value: usize) -> Param<'static> {
    Param::Integer(u64::try_from(value).unwrap_or(u64::MAX).min(u64::from(u32::MAX)))
}
