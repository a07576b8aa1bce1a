//! What an Account object keeps: the user's conversations as a versioned change feed, and single-use tickets.
//!
//! Cost of taking news: one row and its two index entries.

use quipu_core::inbox::{Kept, merge};
use quipu_core::inbox_list::{Sum, level};
use quipu_schema::ids::ConversationId;
use quipu_schema::inbox::{InboxEntry, NotificationLevel, PatchInbox};
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

/// A change of the feed.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The entry as it was; `None` for a new one.
    pub before: Option<InboxEntry>,
    /// As it is now.
    pub entry: InboxEntry,
    /// Another that made room for it.
    pub dropped: Option<InboxEntry>,
}

impl Change {
    /// What all entries add up to after the change. `sum` must hold now.
    #[must_use]
    pub fn counted(&self, sum: Sum, now: u64) -> Sum {
        let gone = self.before.iter().chain(&self.dropped);
        gone.fold(sum, |sum, entry| sum.without(entry, now)).with(&self.entry, now)
    }
}

/// Takes a conversation's news. Returns the change where there is one; older or repeated news changes nothing.
///
/// # Errors
/// [`StoreError`].
pub fn take(sql: &impl Sql, news: &News) -> Result<Option<Change>, StoreError> {
    let stored = kept(sql, news.conv)?;
    let merged = merge(stored.as_ref(), news);
    put(sql, stored, merged)
}

/// What a user lays down about a conversation of theirs. Returns the entry as it is now, and the change where there is one.
///
/// # Errors
/// `not_a_member` where the account has no such conversation; else see [`quipu_core::inbox::set`] and [`StoreError`].
pub fn set(
    sql: &impl Sql,
    conv: ConversationId,
    patch: &PatchInbox,
    now: u64,
) -> Result<(InboxEntry, Option<Change>), Rejection> {
    let stored = kept(sql, conv)?.filter(|stored| stored.entry.member).ok_or(Code::NotAMember)?;
    let pins = if patch.pinned == Some(true) && !stored.entry.flags.pinned { pins(sql)? } else { 0 };
    let changed = quipu_core::inbox::set(&stored, patch, pins, now)?;
    let entry = stored.entry.clone();
    Ok(match put(sql, Some(stored), changed)? {
        Some(change) => (change.entry.clone(), Some(change)),
        None => (entry, None),
    })
}

fn pins(sql: &impl Sql) -> Result<usize, StoreError> {
    let rows = sql.exec("SELECT COUNT(*) FROM entries WHERE pinned = 1 AND member = 1", &[])?;
    let count = rows.first().map_or(Ok(0), |row| row.integer(0))?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// Stores what changed under the feed's next version; `None` where nothing did.
fn put(sql: &impl Sql, stored: Option<Kept>, mut kept: Kept) -> Result<Option<Change>, StoreError> {
    kept.entry.version = stored.as_ref().map_or(0, |stored| stored.entry.version);
    if stored.as_ref() == Some(&kept) {
        return Ok(None);
    }
    kept.entry.version = version(sql)? + 1;
    let Kept { entry, marked_after, everyone, notify_due } = kept;
    let value = serde_json::to_string(&entry)?;
    let mut dropped = None;
    sql.transaction(&mut || {
        if stored.is_none() {
            dropped = make_room(sql)?;
        }
        sql.exec(
            "INSERT INTO entries (conv, version, at, member, unread, value, pinned, marked_after, \
             mentions, muted_until, archived, hidden, marked_unread, large, level, thread_mentions, everyone, notify_due, threads) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
             ON CONFLICT (conv) DO UPDATE SET version = excluded.version, at = excluded.at, member = excluded.member, \
             unread = excluded.unread, value = excluded.value, pinned = excluded.pinned, \
             marked_after = excluded.marked_after, mentions = excluded.mentions, muted_until = excluded.muted_until, \
             archived = excluded.archived, hidden = excluded.hidden, marked_unread = excluded.marked_unread, \
             large = excluded.large, level = excluded.level, thread_mentions = excluded.thread_mentions, \
             everyone = excluded.everyone, notify_due = excluded.notify_due, threads = excluded.threads",
            &[
                Param::Text(entry.id.as_str()),
                Param::Integer(entry.version),
                Param::Integer(entry.at),
                Param::Integer(u64::from(entry.member)),
                Param::Integer(entry.unread),
                Param::Text(&value),
                Param::Integer(u64::from(entry.flags.pinned)),
                Param::Integer(marked_after),
                Param::Integer(entry.mentions),
                Param::Integer(entry.flags.muted_until.unwrap_or(0)),
                Param::Integer(u64::from(entry.flags.archived)),
                Param::Integer(u64::from(entry.flags.hidden)),
                Param::Integer(u64::from(entry.flags.marked_unread)),
                Param::Integer(u64::from(entry.large)),
                Param::Integer(stored_level(&entry)),
                Param::Integer(entry.thread_mentions),
                Param::Integer(everyone),
                Param::Integer(u64::from(notify_due)),
                Param::Integer(entry.threads),
            ],
        )
        .map(drop)
    })?;
    Ok(Some(Change { before: stored.map(|stored| stored.entry), entry, dropped }))
}

/// As totals are added up by it.
const fn stored_level(entry: &InboxEntry) -> u64 {
    match level(entry) {
        NotificationLevel::Default | NotificationLevel::All => 1,
        NotificationLevel::Mentions => 2,
        NotificationLevel::Nothing => 3,
    }
}

/// Nobody can grow another's account without bound by adding them to conversations: the longest silent entry goes.
fn make_room(sql: &impl Sql) -> Result<Option<InboxEntry>, StoreError> {
    let count = sql.exec("SELECT COUNT(*) FROM entries", &[])?.first().map_or(Ok(0), |row| row.integer(0))?;
    if usize::try_from(count).unwrap_or(usize::MAX) < limits::INBOX_ENTRIES {
        return Ok(None);
    }
    let rows = sql.exec(
        "DELETE FROM entries WHERE conv = (SELECT conv FROM entries ORDER BY member, at LIMIT 1) RETURNING value",
        &[],
    )?;
    Ok(entries(&rows)?.into_iter().next())
}

fn kept(sql: &impl Sql, conv: ConversationId) -> Result<Option<Kept>, StoreError> {
    let text = "SELECT value, marked_after, everyone, notify_due FROM entries WHERE conv = ?";
    let rows = sql.exec(text, &[Param::Text(conv.as_str())])?;
    let read = |row: &Row| {
        Ok(Kept {
            entry: serde_json::from_str(row.text(0)?)?,
            marked_after: row.integer(1)?,
            everyone: row.integer(2)?,
            notify_due: row.integer(3)? == 1,
        })
    };
    rows.first().map(read).transpose()
}

pub(crate) fn entries(rows: &[Row]) -> Result<Vec<InboxEntry>, StoreError> {
    rows.iter().map(|row| Ok(serde_json::from_str(row.text(0)?)?)).collect()
}

/// Entries of conversations one is a member of, whatever was laid down about them: latest activity first, after the one that `cursor` names.
fn by_activity(
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

/// Conversations for a search to ask: of those that `means` takes, so many of the latest activity.
///
/// # Errors
/// [`StoreError`].
pub fn latest(
    sql: &impl Sql,
    means: impl Fn(&InboxEntry) -> bool,
    most: usize,
) -> Result<Vec<ConversationId>, StoreError> {
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let entries = by_activity(sql, cursor, limits::LIST_ITEMS)?;
        found.extend(entries.iter().filter(|entry| means(entry)).map(|entry| entry.id));
        match entries.last() {
            Some(last) if found.len() < most && entries.len() == limits::LIST_ITEMS => {
                cursor = Some((last.at, last.id));
            }
            _ => break,
        }
    }
    found.truncate(most);
    Ok(found)
}

/// The next so many by id, beyond one and without some that were asked before: an order that no activity changes.
///
/// # Errors
/// [`StoreError`].
pub fn others(
    sql: &impl Sql,
    means: impl Fn(&InboxEntry) -> bool,
    first: &[ConversationId],
    after: Option<ConversationId>,
    most: usize,
) -> Result<Vec<ConversationId>, StoreError> {
    let (mut found, mut after) = (Vec::new(), after.map_or_else(String::new, |after| after.to_string()));
    loop {
        let rows = sql.exec(
            "SELECT value FROM entries WHERE conv > ? AND member = 1 ORDER BY conv LIMIT ?",
            &[Param::Text(&after), Param::Integer(u64::try_from(limits::LIST_ITEMS).unwrap_or(0))],
        )?;
        let entries = entries(&rows)?;
        let next = entries.iter().filter(|entry| means(entry) && !first.contains(&entry.id)).map(|entry| entry.id);
        found.extend(next);
        match entries.last() {
            Some(last) if found.len() < most && entries.len() == limits::LIST_ITEMS => after = last.id.to_string(),
            _ => break,
        }
    }
    found.truncate(most);
    Ok(found)
}

/// Large conversations one is a member of, whose news is to be asked for: so many, the latest active first.
///
/// # Errors
/// [`StoreError`].
pub fn large(sql: &impl Sql, most: usize) -> Result<Vec<ConversationId>, StoreError> {
    let rows = sql.exec(
        "SELECT value FROM entries WHERE large = 1 AND +member = 1 ORDER BY +at DESC, conv DESC LIMIT ?",
        &[Param::Integer(u64::try_from(most).unwrap_or(0))],
    )?;
    Ok(entries(&rows)?.into_iter().map(|entry| entry.id).collect())
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
