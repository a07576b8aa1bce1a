//! Pages of a thread: its replies, and what changed them.

use std::collections::BTreeSet;

use quipu_core::visibility::Visibility;

use super::history::item;
use super::reactions::{seen, stays};
use crate::sql::{Param, Sql, StoreError};
use quipu_schema::limits;

/// Where a page begins.
#[derive(Debug, Clone, Copy)]
pub enum From {
    /// Replies after this seq.
    After(u64),
    /// Replies before this seq.
    Before(u64),
}

/// A page, as items, comma-separated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The message that the thread began with.
    pub root: String,
    /// Replies, ascending.
    pub events: String,
    /// Newest edits, deletions, previews and reactions that stand, of the replies and the root.
    pub changes: String,
    /// Whether more follows in the direction asked for.
    pub more: bool,
}

const EVENTS: &str =
    concat!("SELECT seq, ", item!(), " FROM events WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq");

/// Replies of a thread whose first message the reader may see, at most `limit` and about `bytes`; at least one where there is one.
///
/// # Errors
/// [`StoreError`].
pub fn page(
    sql: &impl Sql,
    visible: &Visibility,
    root: u64,
    from: From,
    (limit, bytes): (usize, usize),
) -> Result<Page, StoreError> {
    let (everything, stays) = stays(visible)?;
    let (statement, cursor) = match from {
        From::After(after) => (
            concat!("SELECT seq FROM replies WHERE root = ? AND seq > ? AND ", seen!(), " ORDER BY seq LIMIT ?"),
            after,
        ),
        From::Before(before) => (
            concat!("SELECT seq FROM replies WHERE root = ? AND seq < ? AND ", seen!(), " ORDER BY seq DESC LIMIT ?"),
            before,
        ),
    };
    let one_more = Param::Integer(u64::try_from(limit.saturating_add(1)).unwrap_or(u64::MAX).min(1 << 32));
    let params = [Param::Integer(root), Param::Integer(cursor), everything, Param::Text(&stays), one_more];
    let mut seqs = sql.exec(statement, &params)?.iter().map(|row| row.integer(0)).collect::<Result<Vec<_>, _>>()?;
    let mut page = Page { more: seqs.len() > limit, ..Page::default() };
    seqs.truncate(limit);
    let texts = items(sql, &seqs)?;
    // Nearest to the cursor first, as long as they fit.
    let nearest: Vec<&(u64, String)> = match from {
        From::After(_) => texts.iter().collect(),
        From::Before(_) => texts.iter().rev().collect(),
    };
    let mut size = 0;
    let mut fitting: Vec<&(u64, String)> = Vec::new();
    for text in nearest {
        if size > 0 && size + text.1.len() > bytes {
            page.more = true;
            break;
        }
        size += text.1.len() + 1;
        fitting.push(text);
    }
    fitting.sort_by_key(|(seq, _)| *seq);
    page.events = fitting.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join(",");
    page.root = items(sql, &[root])?.into_iter().next().map(|(_, text)| text).ok_or(StoreError::Shape)?;
    let shown: Vec<u64> = fitting.iter().map(|(seq, _)| *seq).chain([root]).collect();
    page.changes = changes(sql, visible, &shown)?;
    Ok(page)
}

fn items(sql: &impl Sql, seqs: &[u64]) -> Result<Vec<(u64, String)>, StoreError> {
    let seqs = serde_json::to_string(seqs)?;
    let rows = sql.exec(EVENTS, &[Param::Text(&seqs)])?;
    rows.iter().map(|row| Ok((row.integer(0)?, row.text(1)?.to_owned()))).collect()
}

/// The newest edit of each message that the reader may see, its deletion, its previews, and the reactions that stand.
fn changes(sql: &impl Sql, visible: &Visibility, messages: &[u64]) -> Result<String, StoreError> {
    let targets = serde_json::to_string(messages)?;
    let mut seqs: BTreeSet<u64> = BTreeSet::new();
    let mut done = 0;
    let edits =
        "SELECT target, seq FROM edits WHERE target IN (SELECT value FROM json_each(?)) ORDER BY target, version DESC";
    for row in sql.exec(edits, &[Param::Text(&targets)])? {
        let (target, seq) = (row.integer(0)?, row.integer(1)?);
        if target != done && visible.shows(seq) {
            seqs.insert(seq);
            done = target;
        }
    }
    let others = "SELECT seq FROM deletions WHERE target IN (SELECT value FROM json_each(?1)) \
                  UNION ALL SELECT seq FROM previews WHERE target IN (SELECT value FROM json_each(?1)) \
                  UNION ALL SELECT seq FROM reactions WHERE target IN (SELECT value FROM json_each(?1)) ORDER BY seq LIMIT ?2";
    let most = Param::Integer(u64::try_from(limits::THREAD_CHANGES).unwrap_or(u64::MAX));
    for row in sql.exec(others, &[Param::Text(&targets), most])? {
        seqs.insert(row.integer(0)?);
    }
    let seqs: Vec<u64> = seqs.into_iter().filter(|seq| visible.shows(*seq)).collect();
    let texts = items(sql, &seqs)?;
    Ok(texts.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join(","))
}

/// A message with its newest edit that the reader may see, as items.
///
/// # Errors
/// [`StoreError`].
pub fn message(sql: &impl Sql, visible: &Visibility, seq: u64) -> Result<(String, Option<String>), StoreError> {
    let root = items(sql, &[seq])?.into_iter().next().map(|(_, text)| text).ok_or(StoreError::Shape)?;
    let edits = sql.exec("SELECT seq FROM edits WHERE target = ? ORDER BY version DESC", &[Param::Integer(seq)])?;
    for row in edits {
        let edit = row.integer(0)?;
        if visible.shows(edit) {
            return Ok((root, items(sql, &[edit])?.into_iter().next().map(|(_, text)| text)));
        }
    }
    Ok((root, None))
}
