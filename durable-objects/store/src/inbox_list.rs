//! The inbox as a list, whole or in parts, and its totals.
//!
//! Parts and totals are read by walking the entries, of which there are at most [`limits::INBOX_ENTRIES`]: an index would cost a
//! row with every message, and these are asked for when somebody opens the app or chooses a part.
//!
//! [`limits::INBOX_ENTRIES`]: quipu_schema::limits::INBOX_ENTRIES

use quipu_core::inbox_list::Sum;
use quipu_schema::ids::ConversationId;
use quipu_schema::inbox::{InboxEntry, InboxFilter, InboxTotals};

use crate::account::entries;
use crate::sql::{Param, Sql, StoreError};

/// Agrees with [`quipu_core::inbox_list::lists`]. The first letter of an id is the conversation's kind.
const fn condition(filter: Option<InboxFilter>) -> &'static str {
    match filter {
        None => "archived = 0 AND hidden = 0",
        Some(InboxFilter::Unread) => "archived = 0 AND hidden = 0 AND (unread > 0 OR threads > 0 OR marked_unread = 1)",
        Some(InboxFilter::Mentions) => "archived = 0 AND hidden = 0 AND mentions > 0",
        Some(InboxFilter::Direct) => "archived = 0 AND hidden = 0 AND substr(conv, 1, 1) = 'd'",
        Some(InboxFilter::Groups) => "archived = 0 AND hidden = 0 AND substr(conv, 1, 1) = 'g'",
        Some(InboxFilter::Archived) => "archived = 1",
        Some(InboxFilter::Hidden) => "hidden = 1",
    }
}

/// What many entries have is found soonest along the index by activity. Few have the rest: the `+` keeps SQLite from looking up
/// every entry of the index for it, so that it reads the table once and sorts what it found.
const fn member(filter: Option<InboxFilter>) -> &'static str {
    match filter {
        None | Some(InboxFilter::Direct | InboxFilter::Groups) => "member = 1",
        Some(_) => FEW,
    }
}

const FEW: &str = "+member = 1";

/// All pinned entries of a part of the list, latest activity first.
///
/// # Errors
/// [`StoreError`].
pub fn pinned(sql: &impl Sql, filter: Option<InboxFilter>) -> Result<Vec<InboxEntry>, StoreError> {
    let condition = condition(filter);
    let text =
        format!("SELECT value FROM entries WHERE {FEW} AND pinned = 1 AND {condition} ORDER BY at DESC, conv DESC");
    entries(&sql.exec(&text, &[])?)
}

/// Entries of a part of the list that are not pinned, latest activity first, after the entry that `cursor` names.
///
/// # Errors
/// [`StoreError`].
pub fn page(
    sql: &impl Sql,
    filter: Option<InboxFilter>,
    cursor: Option<(u64, ConversationId)>,
    limit: usize,
) -> Result<Vec<InboxEntry>, StoreError> {
    let (condition, member) = (condition(filter), member(filter));
    let after = if cursor.is_some() { "AND (at, conv) < (?, ?)" } else { "" };
    let text = format!(
        "SELECT value FROM entries WHERE {member} AND pinned = 0 AND {condition} {after} ORDER BY at DESC, conv DESC LIMIT ?"
    );
    let limit = Param::Integer(u64::try_from(limit).unwrap_or(0));
    let rows = match &cursor {
        None => sql.exec(&text, &[limit]),
        Some((at, conv)) => sql.exec(&text, &[Param::Integer(*at), Param::Text(conv.as_str()), limit]),
    }?;
    entries(&rows)
}

/// What all entries add up to at a time in Unix milliseconds: reads every entry once. [`Sum::of`] says it of one.
///
/// # Errors
/// [`StoreError`].
pub fn sum(sql: &impl Sql, now: u64) -> Result<Sum, StoreError> {
    let rows = sql.exec(
        "SELECT COALESCE(SUM(counts AND (marked_unread OR CASE level WHEN 2 THEN mentions > 0 ELSE unread > 0 OR threads > 0 END)), 0), \
         COALESCE(SUM(counts * CASE level WHEN 2 THEN MAX(mentions - thread_mentions, 0) ELSE unread END), 0), \
         COALESCE(SUM(counts * mentions), 0), COALESCE(SUM(archived), 0), COALESCE(SUM(hidden), 0), \
         COALESCE(MIN(CASE WHEN muted_until > ?1 THEN muted_until END), 0), COALESCE(SUM(unread), 0) \
         FROM (SELECT *, archived = 0 AND hidden = 0 AND muted_until <= ?1 AND level <> 3 AS counts FROM entries \
         WHERE +member = 1 AND (unread > 0 OR threads > 0 OR mentions > 0 OR marked_unread OR archived OR hidden OR muted_until > ?1))",
        &[Param::Integer(now)],
    )?;
    let Some(row) = rows.first() else { return Ok(Sum { at: now, ..Sum::default() }) };
    let totals = InboxTotals {
        conversations: row.integer(0)?,
        unread: row.integer(1)?,
        mentions: row.integer(2)?,
        archived: row.integer(3)?,
        hidden: row.integer(4)?,
        until: Some(row.integer(5)?).filter(|until| *until > 0),
    };
    Ok(Sum { totals, unread: row.integer(6)?, at: now })
}
