//! Previews of messages' links: a projection, and what is asked before a page is fetched.
//!
//! Cost: one row with a message that has a link, and three with its preview.

use quipu_core::previews::first_link;
use quipu_core::visibility::Visibility;
use quipu_schema::content::Content;
use quipu_schema::envelope::{Envelope, EventType};

use super::PREVIEWS;
use super::commit::put;
use super::history::newest_later;
use crate::sql::{Param, Sql, StoreError};

/// A link to be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The version of the message that has it.
    pub version: u64,
    /// The address, as it stands there.
    pub url: String,
}

pub(super) fn add(sql: &impl Sql, target: u64, by: u64) -> Result<(), StoreError> {
    let statement = "INSERT INTO previews (target, seq, removed) VALUES (?, ?, 0)";
    sql.run(statement, &[Param::Integer(target), Param::Integer(by)])
}

pub(super) fn remove(sql: &impl Sql, target: u64, by: u64) -> Result<(), StoreError> {
    sql.run(
        "UPDATE events SET content = NULL, salt = NULL WHERE seq IN (SELECT seq FROM previews WHERE target = ?)",
        &[Param::Integer(target)],
    )?;
    let statement = "INSERT INTO previews (target, seq, removed) VALUES (?, ?, 1)";
    sql.run(statement, &[Param::Integer(target), Param::Integer(by)])
}

/// Writes which links are still to be looked at.
///
/// # Errors
/// [`StoreError`].
pub fn keep(sql: &impl Sql, due: &quipu_core::previews::Previews) -> Result<(), StoreError> {
    put(sql, PREVIEWS, due)
}

/// The link of a message, as it is now; `None` where there is nothing to be looked at: the message is gone or has no link, its preview is of this
/// link already, or was taken away.
///
/// # Errors
/// [`StoreError`].
pub fn asked(sql: &impl Sql, seq: u64, now: u64) -> Result<Option<Asked>, StoreError> {
    let rows = sql.exec(
        "SELECT m.envelope, COALESCE(v.content, m.content), COALESCE(d.version, 1), \
         (SELECT MAX(removed) FROM previews WHERE target = m.seq), \
         (SELECT p.content FROM previews JOIN events p ON p.seq = previews.seq WHERE previews.target = m.seq ORDER BY p.seq DESC LIMIT 1) \
         FROM events m LEFT JOIN edits d ON d.target = m.seq LEFT JOIN events v ON v.seq = d.seq \
         WHERE m.seq = ? AND m.content IS NOT NULL ORDER BY d.version DESC LIMIT 1",
        &[Param::Integer(seq)],
    )?;
    let Some(row) = rows.first() else { return Ok(None) };
    let envelope: Envelope = serde_json::from_str(row.text(0)?)?;
    let stands = envelope.kind == EventType::MessageCreated && envelope.expires_at.is_none_or(|at| at > now);
    let removed = row.optional_integer(3)?.is_some_and(|removed| removed > 0);
    let Some(content) = row.optional_text(1)?.filter(|_| stands && !removed) else { return Ok(None) };
    let Content::Text(text) = serde_json::from_str(content)? else { return Ok(None) };
    let Some(url) = first_link(&text.text) else { return Ok(None) };
    let known = match row.optional_text(4)?.map(serde_json::from_str).transpose()? {
        Some(Content::Preview(preview)) => preview.url == url,
        _ => false,
    };
    Ok((!known).then(|| Asked { version: row.integer(2).unwrap_or(1), url: url.to_owned() }))
}

/// What came after the end of a page about the previews of its messages, comma-separated items: the newest of each.
///
/// # Errors
/// [`StoreError`].
pub fn later(sql: &impl Sql, visible: &Visibility, range: (u64, u64)) -> Result<String, StoreError> {
    let statement =
        "SELECT target, seq FROM previews WHERE target BETWEEN ? AND ? AND seq > ? ORDER BY target, seq DESC";
    newest_later(sql, statement, visible, range)
}
