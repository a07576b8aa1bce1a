//! Large conversations that are still to be told whether the user wants to hear of everything.
//!
//! Cost: with the first such wish one row for the account; each is marked in its conversation's entry, and that it was told is two rows.

use quipu_core::inbox::wants_everything;
use quipu_schema::ids::{ConversationId, UserId};
use quipu_schema::inbox::InboxEntry;
use serde::{Deserialize, Serialize};

use crate::sql::{Param, Sql, StoreError};

/// Whose wishes they are, for an alarm says neither, and how telling them goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The app.
    pub app: String,
    /// The user.
    pub user: UserId,
    /// Rounds of telling that failed, in a row.
    #[serde(default)]
    pub failures: u32,
}

/// Reads the row; `None` before the first wish.
///
/// # Errors
/// [`StoreError`].
pub fn load(sql: &impl Sql) -> Result<Option<Kept>, StoreError> {
    let rows = sql.exec("SELECT value FROM meta WHERE name = 'levels'", &[])?;
    rows.first().map(|row| Ok(serde_json::from_str(row.text(0)?)?)).transpose()
}

/// Writes the row.
///
/// # Errors
/// [`StoreError`].
pub fn keep(sql: &impl Sql, kept: &Kept) -> Result<(), StoreError> {
    let value = serde_json::to_string(kept)?;
    sql.exec("INSERT OR REPLACE INTO meta (name, value) VALUES ('levels', ?)", &[Param::Text(&value)]).map(drop)
}

/// Conversations to be told, and whether the user wants to hear of everything there.
///
/// # Errors
/// [`StoreError`].
pub fn due(sql: &impl Sql, limit: usize) -> Result<Vec<(ConversationId, bool)>, StoreError> {
    let rows = sql.exec(
        "SELECT value FROM entries WHERE notify_due = 1 ORDER BY conv LIMIT ?",
        &[Param::Integer(u64::try_from(limit).unwrap_or(u64::MAX))],
    )?;
    rows.iter()
        .map(|row| {
            let entry: InboxEntry = serde_json::from_str(row.text(0)?)?;
            Ok((entry.id, wants_everything(&entry.flags)))
        })
        .collect()
}

/// One has been told; unless another was laid down meanwhile.
///
/// # Errors
/// [`StoreError`].
pub fn told(sql: &impl Sql, conv: ConversationId, on: bool) -> Result<(), StoreError> {
    sql.exec(
        "UPDATE entries SET notify_due = 0 \
         WHERE conv = ? AND notify_due = 1 AND (COALESCE(json_extract(value, '$.notify'), '') = 'all') = ?",
        &[Param::Text(conv.as_str()), Param::Integer(u64::from(on))],
    )
    .map(drop)
}
