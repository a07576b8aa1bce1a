//! What an Account object keeps: the user's conversations as a versioned change feed, and single-use tickets.
//!
//! Cost of taking news: one row and its two index entries.

use quipu_core::inbox::{Kept, merge};
use quipu_schema::ids::ConversationId;
use quipu_schema::inbox::{InboxEntry, PatchInbox};
use quipu_schema::internal::{Identity, News};
use quipu_schema::limits;
use quipu_schema::problem::{Code, Rejection};

use crate::sql::{Param, Row, Sql, StoreError};

/// The feed's version: that of its newest change.
///
/// # Errors
/// [`StoreError`].
pub fn version(sql: &impl Sql) -> Result<u64, StoreError> {
    sql.exec("SELECT COALESCE(MAX(version), 0) FROM entries", &[])?.first().map_or(Ok(0), |row| row.integer(0))
}

/// Takes a conversation's news. Returns the entry when something changed; older or repeated news changes nothing.
///
/// # Errors
/// [`StoreError`].
pub fn take(sql: &impl Sql, news: &News) -> Result<Option<InboxEntry>, StoreError> {
    let stored = kept(sql, news.conv)?;
    let merged = merge(stored.as_ref(), news);
    put(sql, stored.as_ref(), merged)
}

/// What a user lays down about a conversation of theirs. Returns the entry, and whether something changed.
///
/// # Errors
/// `not_a_member` where the account has no such conversation; else see [`quipu_core::inbox::set`] and [`StoreError`].
pub fn set(
    sql: &impl Sql,
    conv: ConversationId,
    patch: &PatchInbox,
    now: u64,
) -> Result<(InboxEntry, bool), Rejection> {
    let stored = kept(sql, conv)?.filter(|stored| stored.entry.member).ok_or(Code::NotAMember)?;
    let pins = if patch.pinned == Some(true) && !stored.entry.flags.pinned { pins(sql)? } else { 0 };
    let changed = quipu_core::inbox::set(&stored, patch, pins, now)?;
    Ok(match put(sql, Some(&stored), changed)? {
        Some(entry) => (entry, true),
        None => (stored.entry, false),
    })
}

fn pins(sql: &impl Sql) -> Result<usize, StoreError> {
    let rows = sql.exec("SELECT COUNT(*) FROM entries WHERE pinned = 1 AND member = 1", &[])?;
    let count = rows.first().map_or(Ok(0), |row| row.integer(0))?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// Stores what changed under the feed's next version; `None` where nothing did.
fn put(sql: &impl Sql, stored: Option<&Kept>, mut kept: Kept) -> Result<Option<InboxEntry>, StoreError> {
    kept.entry.version = stored.map_or(0, |stored| stored.entry.version);
    if stored == Some(&kept) {
        return Ok(None);
    }
    kept.entry.version = version(sql)? + 1;
    let Kept { entry, marked_after } = kept;
    let value = serde_json::to_string(&entry)?;
    sql.transaction(&mut || {
        if stored.is_none() {
            make_room(sql)?;
        }
        sql.exec(
            "INSERT INTO entries (conv, version, at, member, unread, value, pinned, marked_after) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?) \
             ON CONFLICT (conv) DO UPDATE SET version = excluded.version, at = excluded.at, member = excluded.member, \
             unread = excluded.unread, value = excluded.value, pinned = excluded.pinned, \
             marked_after = excluded.marked_after",
            &[
                Param::Text(entry.id.as_str()),
                Param::Integer(entry.version),
                Param::Integer(entry.at),
                Param::Integer(u64::from(entry.member)),
                Param::Integer(entry.unread),
                Param::Text(&value),
                Param::Integer(u64::from(entry.flags.pinned)),
                Param::Integer(marked_after),
            ],
        )
        .map(drop)
    })?;
    Ok(Some(entry))
}

/// Nobody can grow another's account without bound by adding them to conversations: the longest silent entry goes.
fn make_room(sql: &impl Sql) -> Result<(), StoreError> {
    let count = sql.exec("SELECT COUNT(*) FROM entries", &[])?.first().map_or(Ok(0), |row| row.integer(0))?;
    if usize::try_from(count).unwrap_or(usize::MAX) >= limits::INBOX_ENTRIES {
        sql.exec("DELETE FROM entries WHERE conv = (SELECT conv FROM entries ORDER BY member, at LIMIT 1)", &[])?;
    }
    Ok(())
}

fn kept(sql: &impl Sql, conv: ConversationId) -> Result<Option<Kept>, StoreError> {
    let rows = sql.exec("SELECT value, marked_after FROM entries WHERE conv = ?", &[Param::Text(conv.as_str())])?;
    let read = |row: &Row| Ok(Kept { entry: serde_json::from_str(row.text(0)?)?, marked_after: row.integer(1)? });
    rows.first().map(read).transpose()
}

fn entries(rows: &[Row]) -> Result<Vec<InboxEntry>, StoreError> {
    rows.iter().map(|row| Ok(serde_json::from_str(row.text(0)?)?)).collect()
}

/// A page of the list, latest activity first, after the entry that `cursor` names.
///
/// # Errors
/// [`StoreError`].
pub fn page(
    sql: &impl Sql,
    cursor: Option<(u64, ConversationId)>,
    limit: usize,
) -> Result<Vec<InboxEntry>, StoreError> {
    let limit = Param::Integer(u64::try_from(limit).unwrap_or(0));
    let rows = match &cursor {
        None => sql.exec("SELECT value FROM entries WHERE member = 1 ORDER BY at DESC, conv DESC LIMIT ?", &[limit]),
        Some((at, conv)) => sql.exec(
            "SELECT value FROM entries WHERE member = 1 AND (at, conv) < (?, ?) ORDER BY at DESC, conv DESC LIMIT ?",
            &[Param::Integer(*at), Param::Text(conv.as_str()), limit],
        ),
    }?;
    entries(&rows)
}

/// Entries changed after a version, oldest change first.
///
/// # Errors
/// [`StoreError`].
pub fn changes(sql: &impl Sql, after: u64, limit: usize) -> Result<Vec<InboxEntry>, StoreError> {
    let limit = u64::try_from(limit).unwrap_or(0);
    let rows = sql.exec(
        "SELECT value FROM entries WHERE version > ? ORDER BY version LIMIT ?",
        &[Param::Integer(after), Param::Integer(limit)],
    )?;
    entries(&rows)
}

/// Unread messages in all conversations together.
///
/// # Errors
/// [`StoreError`].
pub fn total_unread(sql: &impl Sql) -> Result<u64, StoreError> {
    let rows = sql.exec("SELECT COALESCE(SUM(unread), 0) FROM entries WHERE member = 1", &[])?;
    rows.first().map_or(Ok(0), |row| row.integer(0))
}

/// Keeps a ticket. Expired ones go; of too many the oldest goes.
///
/// # Errors
/// [`StoreError`].
pub fn put_ticket(sql: &impl Sql, secret_hash: &str, identity: &Identity, now: u64) -> Result<u64, StoreError> {
    let identity = serde_json::to_string(identity)?;
    let expires_at_ms = now + limits::TICKET_MS;
    sql.exec("DELETE FROM tickets WHERE expires_at_ms <= ?", &[Param::Integer(now)])?;
    sql.exec(
        "DELETE FROM tickets WHERE secret_hash IN (SELECT secret_hash FROM tickets ORDER BY expires_at_ms DESC LIMIT -1 OFFSET ?)",
        &[Param::Integer(u64::try_from(limits::TICKETS - 1).unwrap_or(0))],
    )?;
    sql.exec(
        "INSERT INTO tickets (secret_hash, identity, expires_at_ms) VALUES (?, ?, ?)",
        &[Param::Text(secret_hash), Param::Text(&identity), Param::Integer(expires_at_ms)],
    )?;
    Ok(expires_at_ms)
}

/// Uses a ticket up. `None` when it is unknown, used or expired.
///
/// # Errors
/// [`StoreError`].
pub fn redeem(sql: &impl Sql, secret_hash: &str, now: u64) -> Result<Option<Identity>, StoreError> {
    let rows = sql.exec(
        "DELETE FROM tickets WHERE secret_hash = ? RETURNING identity, expires_at_ms",
        &[Param::Text(secret_hash)],
    )?;
    match rows.first() {
        Some(row) if row.integer(1)? > now => Ok(Some(serde_json::from_str(row.text(0)?)?)),
        _ => Ok(None),
    }
}
