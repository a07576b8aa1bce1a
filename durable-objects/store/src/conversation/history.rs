//! Reading the log: pages in both directions, versions of a message, export, proofs. Stored bytes are served as they are.

use std::fmt::Write;

use crate::sql::{Param, Row, Sql, StoreError};
use quipu_core::merkle::{self, Root};
use quipu_core::visibility::{Run, Visibility};
use quipu_schema::event::{write_item, write_withheld};
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

/// Bytes of an item besides envelope, content and salt, and the comma after it.
const AROUND: usize = 64;

/// A run of events from one end, as long as their bytes fit; at least one.
macro_rules! run {
    ($direction:literal) => {
        concat!(
            "SELECT group_concat(item, ',' ORDER BY seq), MIN(seq), MAX(seq), COUNT(*) FROM (SELECT seq, ",
            item!(),
            " AS item, SUM(octet_length(envelope) + COALESCE(octet_length(content), 0) + ?) OVER (ORDER BY seq ",
            $direction,
            ") AS bytes, ROW_NUMBER() OVER (ORDER BY seq ",
            $direction,
            ") AS place FROM (SELECT * FROM events WHERE seq BETWEEN ? AND ? ORDER BY seq ",
            $direction,
            " LIMIT ?)) WHERE bytes <= ? OR place = 1"
        )
    };
}

const FORWARD: &str = run!("ASC");
const BACKWARD: &str = run!("DESC");

/// What one statement read of a run.
struct Read {
    items: String,
    from: u64,
    to: u64,
    count: usize,
}

fn read(sql: &impl Sql, statement: &str, run: Run, limit: usize, bytes: usize) -> Result<Option<Read>, StoreError> {
    let params = [integer(AROUND), Param::Integer(run.from), Param::Integer(run.to), integer(limit), integer(bytes)];
    let rows = sql.exec(statement, &params)?;
    let row = rows.first().ok_or(StoreError::Shape)?;
    let count = usize::try_from(row.integer(3)?).map_err(|_| StoreError::Shape)?;
    if count == 0 {
        return Ok(None);
    }
    Ok(Some(Read { items: row.text(0)?.to_owned(), from: row.integer(1)?, to: row.integer(2)?, count }))
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
    for run in visible.runs(after + 1, to) {
        if left == 0 || page.items.len() >= bytes {
            break;
        }
        if !run.visible {
            comma(&mut page.items);
            write_withheld(&mut page.items, run.from, run.to);
            page.to = run.to;
            left -= 1;
            continue;
        }
        let Some(part) = read(sql, FORWARD, run, left, bytes - page.items.len())? else { break };
        if !page.items.is_empty() && page.items.len() + part.items.len() > bytes {
            break;
        }
        comma(&mut page.items);
        page.items.push_str(&part.items);
        page.to = part.to;
        left -= part.count;
        if part.to < run.to {
            break;
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
    for run in runs {
        if left == 0 || size >= bytes {
            break;
        }
        if !run.visible {
            let mut item = String::new();
            write_withheld(&mut item, run.from, run.to);
            size += item.len() + 1;
            parts.push(item);
            from = run.from;
            left -= 1;
            continue;
        }
        let Some(part) = read(sql, BACKWARD, run, left, bytes - size)? else { break };
        if !parts.is_empty() && size + part.items.len() > bytes {
            break;
        }
        size += part.items.len() + 1;
        parts.push(part.items);
        from = part.from;
        left -= part.count;
        if part.from > run.from {
            break;
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
pub fn later_edits(sql: &impl Sql, visible: &Visibility, page: &Page) -> Result<String, StoreError> {
    let mut items = String::new();
    let rows = sql.exec(
        "SELECT target, seq FROM edits WHERE target BETWEEN ? AND ? AND seq > ? ORDER BY target, version DESC",
        &[Param::Integer(page.from), Param::Integer(page.to), Param::Integer(page.to)],
    )?;
    let mut done = 0;
    for row in rows {
        let (target, seq) = (row.integer(0)?, row.integer(1)?);
        // The newest that the reader may see: a later one may fall into a time when they were away.
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

fn event(sql: &impl Sql, items: &mut String, seq: u64) -> Result<bool, StoreError> {
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

/// The newest event up to `head` that an inbox shows as its last line (a message, or who came and went).
///
/// # Errors
/// [`StoreError`].
pub fn last_line(sql: &impl Sql, head: u64) -> Result<Option<(String, Option<String>)>, StoreError> {
    let rows = sql.exec(
        "SELECT envelope, content FROM events WHERE seq <= ? AND seq > ? \
         AND json_extract(envelope, '$.type') NOT IN ('message.edited', 'message.deleted', 'member.role_changed') \
         ORDER BY seq DESC LIMIT 1",
        &[Param::Integer(head), Param::Integer(head.saturating_sub(64))],
    )?;
    match rows.first() {
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

const LINES: &str =
    concat!("SELECT group_concat(", item!(), " || char(10), '' ORDER BY seq) FROM events WHERE seq BETWEEN ? AND ?");

/// Lines of an export after `after`, at most `limit`: events as items, withheld runs with their leaf hashes, so that the root can still be
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
    let to = head.min(after.saturating_add(u64::try_from(limit).unwrap_or(u64::MAX)));
    for run in visible.runs(after + 1, to) {
        if run.visible {
            let rows = sql.exec(LINES, &[Param::Integer(run.from), Param::Integer(run.to)])?;
            if let Some(text) = rows.first().map(|row| row.optional_text(0)).transpose()?.flatten() {
                lines.push_str(text);
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
        }
    }
    Ok((lines, to))
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
