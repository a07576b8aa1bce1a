//! Members of a large conversation whose inboxes are open: one row each.

use quipu_core::listeners::Listeners;
use quipu_schema::ids::UserId;

use super::load::{in_list, user};
use crate::sql::{Param, Sql, StoreError};

/// All of them.
pub(super) fn load(sql: &impl Sql) -> Result<Listeners, StoreError> {
    let rows = sql.exec("SELECT user FROM listeners", &[])?;
    let users = rows.iter().map(|row| user(row.text(0)?)).collect::<Result<Vec<_>, _>>()?;
    Ok(Listeners::new(users))
}

/// Writes who has opened their inbox, and who has none open any longer.
///
/// # Errors
/// [`StoreError`]; then some may be written and others not, which their next news mends.
pub fn change(sql: &impl Sql, opened: &[UserId], closed: &[UserId]) -> Result<(), StoreError> {
    for chunk in opened.chunks(100) {
        let users: Vec<_> = chunk.iter().map(|user| Param::Text(user.as_str())).collect();
        sql.run(&in_list("INSERT OR IGNORE INTO listeners (user) VALUES ", "(?)", chunk.len(), ""), &users)?;
    }
    for chunk in closed.chunks(100) {
        let users: Vec<_> = chunk.iter().map(|user| Param::Text(user.as_str())).collect();
        sql.run(&in_list("DELETE FROM listeners WHERE user IN (", "?", chunk.len(), ")"), &users)?;
    }
    Ok(())
}
