//! Members who want to hear of everything in a large conversation, or no longer: one row each, as long as they are members.

use quipu_core::everything::{Everything, Wish};
use quipu_schema::ids::UserId;

use super::load::user;
use crate::sql::{Param, Sql, StoreError};

/// What accounts said.
pub(super) fn load(sql: &impl Sql) -> Result<Everything, StoreError> {
    let rows = sql.exec("SELECT user, version, wanted FROM everything", &[])?;
    let wishes = rows
        .iter()
        .map(|row| Ok((user(row.text(0)?)?, Wish { version: row.integer(1)?, on: row.integer(2)? == 1 })))
        .collect::<Result<Vec<_>, StoreError>>()?;
    Ok(Everything::new(wishes))
}

/// Takes what a member's account says, where it is newer than what is known.
///
/// # Errors
/// [`StoreError`]; then nothing was stored, and memory is as it was.
pub fn take(sql: &impl Sql, known: &mut Everything, user: UserId, wish: Wish) -> Result<(), StoreError> {
    if !known.is_news(&user, wish) {
        return Ok(());
    }
    sql.run(
        "INSERT INTO everything (user, version, wanted) VALUES (?, ?, ?) \
         ON CONFLICT (user) DO UPDATE SET version = excluded.version, wanted = excluded.wanted",
        &[Param::Text(user.as_str()), Param::Integer(wish.version), Param::Integer(u64::from(wish.on))],
    )?;
    known.put(user, wish);
    Ok(())
}

/// Somebody is a member no longer.
pub(super) fn forget(sql: &impl Sql, user: UserId) -> Result<(), StoreError> {
    sql.run("DELETE FROM everything WHERE user = ?", &[Param::Text(user.as_str())])
}
