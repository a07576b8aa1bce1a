//! The projection of bans: one row for each that stands.

use std::collections::BTreeMap;

use quipu_core::state::Ban;
use quipu_schema::ids::UserId;

use super::load::user;
use crate::sql::{Param, Sql, StoreError};

/// Writes a ban, or takes the row of one away.
pub(super) fn put(sql: &impl Sql, user: UserId, ban: Option<&Ban>) -> Result<(), StoreError> {
    match ban {
        Some(ban) => sql.run(
            "INSERT INTO bans (user, value) VALUES (?, ?) ON CONFLICT (user) DO UPDATE SET value = excluded.value",
            &[Param::Text(user.as_str()), Param::Text(&serde_json::to_string(ban)?)],
        ),
        None => sql.run("DELETE FROM bans WHERE user = ?", &[Param::Text(user.as_str())]),
    }
}

/// All bans: at most [`quipu_schema::limits::BANS`].
pub(super) fn all(sql: &impl Sql) -> Result<BTreeMap<UserId, Ban>, StoreError> {
    let rows = sql.exec("SELECT user, value FROM bans", &[])?;
    rows.iter().map(|row| Ok((user(row.text(0)?)?, serde_json::from_str(row.text(1)?)?))).collect()
}
