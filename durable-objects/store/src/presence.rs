//! What an Account object keeps of presence: one row of its own, and one for each account that watches it.
//!
//! Whether somebody is there is not kept: that is worked out from their sockets.

use quipu_core::presence::Left;
use quipu_schema::ids::{ConversationId, UserId};
use quipu_schema::limits;
use quipu_schema::presence::{PresenceAudience, PresenceState};
use serde::{Deserialize, Serialize};

use crate::sql::{Param, Row, Sql, StoreError};

/// The account's own row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Who sees it.
    #[serde(default)]
    pub audience: PresenceAudience,
    /// When the last socket went, where one ever did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<Left>,
    /// What watchers were told last. It holds only while there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<PresenceState>,
    /// The app and user whose account this is: an alarm says neither. Known from the first watcher on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whose: Option<(String, UserId)>,
}

/// Reads the row.
///
/// # Errors
/// [`StoreError`].
pub fn load(sql: &impl Sql) -> Result<Kept, StoreError> {
    let rows = sql.exec("SELECT value FROM meta WHERE name = 'presence'", &[])?;
    rows.first().map_or_else(|| Ok(Kept::default()), |row| Ok(serde_json::from_str(row.text(0)?)?))
}

/// Writes the row.
///
/// # Errors
/// [`StoreError`].
pub fn keep(sql: &impl Sql, kept: &Kept) -> Result<(), StoreError> {
    let value = serde_json::to_string(kept)?;
    sql.exec(
        "INSERT INTO meta (name, value) VALUES ('presence', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        &[Param::Text(&value)],
    )
    .map(drop)
}

/// Whether the user is in a conversation, as far as their account has heard.
///
/// # Errors
/// [`StoreError`].
pub fn is_in(sql: &impl Sql, conv: ConversationId) -> Result<bool, StoreError> {
    let rows = sql.exec("SELECT 1 FROM entries WHERE conv = ? AND member = 1", &[Param::Text(conv.as_str())])?;
    Ok(!rows.is_empty())
}

/// Somebody watches until `until` (Unix milliseconds), by right of a conversation or of none. Returns false where there are as many as may be.
///
/// # Errors
/// [`StoreError`].
pub fn watch(
    sql: &impl Sql,
    watcher: UserId,
    conv: Option<ConversationId>,
    until: u64,
    now: u64,
) -> Result<bool, StoreError> {
    let rows = sql.exec("SELECT COUNT(*) FROM watchers WHERE user <> ?", &[Param::Text(watcher.as_str())])?;
    let count = rows.first().map_or(Ok(0), |row| row.integer(0))?;
    if usize::try_from(count).unwrap_or(usize::MAX) >= limits::WATCHERS && forget_lapsed(sql, now)? == 0 {
        return Ok(false);
    }
    let conv = conv.as_ref().map_or(Param::Null, |conv| Param::Text(conv.as_str()));
    sql.exec(
        "INSERT INTO watchers (user, conv, until) VALUES (?, ?, ?) \
         ON CONFLICT (user) DO UPDATE SET conv = excluded.conv, until = excluded.until",
        &[Param::Text(watcher.as_str()), conv, Param::Integer(until)],
    )?;
    Ok(true)
}

/// Forgets those whose watch has ended. Returns how many.
///
/// # Errors
/// [`StoreError`].
pub fn forget_lapsed(sql: &impl Sql, now: u64) -> Result<usize, StoreError> {
    Ok(sql.exec("DELETE FROM watchers WHERE until <= ? RETURNING 1", &[Param::Integer(now)])?.len())
}

/// Somebody no longer watches.
///
/// # Errors
/// [`StoreError`].
pub fn unwatch(sql: &impl Sql, watcher: UserId) -> Result<(), StoreError> {
    sql.exec("DELETE FROM watchers WHERE user = ?", &[Param::Text(watcher.as_str())]).map(drop)
}

/// Who may no longer watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dismissed {
    /// Nobody may.
    All,
    /// Those who share no conversation.
    Strangers,
    /// Those who are no contacts.
    NotContacts,
    /// One of them.
    One(UserId),
    /// Those who watched by right of this one.
    Of(ConversationId),
}

/// Ends watches. Returns those who watched until now.
///
/// # Errors
/// [`StoreError`].
pub fn dismiss(sql: &impl Sql, dismissed: Dismissed, now: u64) -> Result<Vec<UserId>, StoreError> {
    let now = Param::Integer(now);
    let rows = match &dismissed {
        Dismissed::All => sql.exec("DELETE FROM watchers RETURNING user, until > ?", &[now]),
        Dismissed::Strangers => sql.exec("DELETE FROM watchers WHERE conv IS NULL RETURNING user, until > ?", &[now]),
        Dismissed::NotContacts => sql.exec(
            "DELETE FROM watchers WHERE user NOT IN (SELECT user FROM people WHERE contact = 1) RETURNING user, until > ?",
            &[now],
        ),
        Dismissed::One(user) => {
            let user = Param::Text(user.as_str());
            sql.exec("DELETE FROM watchers WHERE user = ? RETURNING user, until > ?", &[user, now])
        }
        Dismissed::Of(conv) => {
            let conv = Param::Text(conv.as_str());
            sql.exec("DELETE FROM watchers WHERE conv = ? RETURNING user, until > ?", &[conv, now])
        }
    }?;
    let watching = rows.iter().filter(|row| row.integer(1).is_ok_and(|watching| watching == 1));
    watching.map(user).collect()
}

/// Those who watch now.
///
/// # Errors
/// [`StoreError`].
pub fn watchers(sql: &impl Sql, now: u64) -> Result<Vec<UserId>, StoreError> {
    sql.exec("SELECT user FROM watchers WHERE until > ? ORDER BY user", &[Param::Integer(now)])?
        .iter()
        .map(user)
        .collect()
}

/// Whether anybody watches now.
///
/// # Errors
/// [`StoreError`].
pub fn is_watched(sql: &impl Sql, now: u64) -> Result<bool, StoreError> {
    Ok(!sql.exec("SELECT 1 FROM watchers WHERE until > ? LIMIT 1", &[Param::Integer(now)])?.is_empty())
}

fn user(row: &Row) -> Result<UserId, StoreError> {
    UserId::parse(row.text(0)?).map_err(|_| StoreError::Shape)
}
