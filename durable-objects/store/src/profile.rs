//! The user's own profile, which conversations have been told of it, and whom the user shares a conversation with.
//!
//! Cost: one row for a change, and one for each conversation that has been told.

use quipu_schema::ids::ConversationId;
use quipu_schema::inbox::InboxEntry;
use quipu_schema::profile::KeptProfile;

use crate::account::Change;
use crate::sql::{Param, Row, Sql, StoreError};

/// Conversations named in one statement, beside one other parameter.
const NAMED: usize = 90;

/// What is kept; `None` where nothing is known yet.
///
/// # Errors
/// [`StoreError`].
pub fn load(sql: &impl Sql) -> Result<Option<KeptProfile>, StoreError> {
    let rows = sql.exec("SELECT value FROM meta WHERE name = 'profile'", &[])?;
    rows.first().map(|row| Ok(serde_json::from_str(row.text(0)?)?)).transpose()
}

/// Keeps a profile.
///
/// # Errors
/// [`StoreError`].
pub fn keep(sql: &impl Sql, profile: &KeptProfile) -> Result<(), StoreError> {
    let value = serde_json::to_string(profile)?;
    sql.exec("INSERT OR REPLACE INTO meta (name, value) VALUES ('profile', ?)", &[Param::Text(&value)]).map(drop)
}

/// Whether a conversation knows nothing of the user after a change of its entry: they are new in it, back, or its log began anew.
pub fn is_new(change: &Change) -> bool {
    let Change { before, entry, .. } = change;
    let knew = |before: &InboxEntry| before.member && before.epoch == entry.epoch;
    entry.member && !before.as_ref().is_some_and(knew)
}

/// A conversation that is to be told anew.
///
/// # Errors
/// [`StoreError`].
pub fn forget(sql: &impl Sql, conv: ConversationId) -> Result<(), StoreError> {
    let known = "UPDATE entries SET profile_told = 0 WHERE conv = ? AND profile_told > 0";
    sql.exec(known, &[Param::Text(conv.as_str())]).map(drop)
}

/// Conversations that have not taken a version yet, latest activity first.
///
/// # Errors
/// [`StoreError`].
pub fn due(sql: &impl Sql, version: u64, limit: usize) -> Result<Vec<ConversationId>, StoreError> {
    let rows = sql.exec(
        "SELECT conv FROM entries WHERE member = 1 AND profile_told < ? ORDER BY at DESC, conv DESC LIMIT ?",
        &[Param::Integer(version), Param::Integer(u64::try_from(limit).unwrap_or(u64::MAX))],
    )?;
    ids(&rows)
}

/// These have taken a version.
///
/// # Errors
/// [`StoreError`].
pub fn told(sql: &impl Sql, convs: &[ConversationId], version: u64) -> Result<(), StoreError> {
    for some in convs.chunks(NAMED) {
        let places = vec!["?"; some.len()].join(", ");
        let text = format!("UPDATE entries SET profile_told = ? WHERE conv IN ({places})");
        let named = some.iter().map(|conv| Param::Text(conv.as_str()));
        let params: Vec<Param<'_>> = std::iter::once(Param::Integer(version)).chain(named).collect();
        sql.exec(&text, &params)?;
    }
    Ok(())
}

/// Conversations the user is in, latest activity first.
///
/// # Errors
/// [`StoreError`].
pub fn conversations(sql: &impl Sql, limit: usize) -> Result<Vec<ConversationId>, StoreError> {
    let limit = Param::Integer(u64::try_from(limit).unwrap_or(u64::MAX));
    ids(&sql.exec("SELECT conv FROM entries WHERE member = 1 ORDER BY at DESC, conv DESC LIMIT ?", &[limit])?)
}

/// Whether the user is in one of these.
///
/// # Errors
/// [`StoreError`].
pub fn is_in_any(sql: &impl Sql, convs: &[ConversationId]) -> Result<bool, StoreError> {
    for some in convs.chunks(NAMED) {
        let places = vec!["?"; some.len()].join(", ");
        let text = format!("SELECT 1 FROM entries WHERE member = 1 AND conv IN ({places}) LIMIT 1");
        let named: Vec<Param<'_>> = some.iter().map(|conv| Param::Text(conv.as_str())).collect();
        if !sql.exec(&text, &named)?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn ids(rows: &[Row]) -> Result<Vec<ConversationId>, StoreError> {
    rows.iter().map(|row| ConversationId::parse(row.text(0)?).map_err(|_| StoreError::Shape)).collect()
}
