//! What members deleted for themselves: facts of their own, beside the log and no fold of it.
//!
//! Cost: two rows and an index entry for each, and one row read per page of a reader who has one. A conversation in which nobody did this is
//! asked nothing.

use quipu_core::hidden::{Found, Hiding, hide};
use quipu_core::state::State;
use quipu_core::visibility::Visibility;
use quipu_schema::envelope::EventType;
use quipu_schema::ids::UserId;
use quipu_schema::problem::{Code, Rejection};

use super::HIDING;
use super::commit::put;
use super::load::{in_list, user as read_user};
use crate::sql::{Param, Row, Sql, StoreError};

/// Deletes a message for one member, under a cell version. Accounts have been told up to the cell version `told`. Returns what is known of all
/// then; `None` where they had done so before, and nothing was written.
///
/// # Errors
/// See [`hide`], and [`StoreError`]: then nothing was written.
pub fn add(
    sql: &impl Sql,
    state: &State,
    hiding: &Hiding,
    (user, seq): (UserId, u64),
    (version, told): (u64, u64),
) -> Result<Option<Hiding>, Rejection> {
    if seq == 0 || seq > state.seq {
        return hide(state, user, seq, Found { kind: None, hidden: false, count: 0 }).map(|_| None);
    }
    let rows = sql.exec(
        "SELECT json_extract(envelope, '$.type'), EXISTS (SELECT 1 FROM hidden WHERE user = ?1 AND seq = ?2), \
         (SELECT COUNT(*) FROM hidden WHERE user = ?1) FROM events WHERE seq = ?2",
        &[Param::Text(user.as_str()), Param::Integer(seq)],
    )?;
    let row = rows.first().ok_or(StoreError::Shape)?;
    let kind: EventType = serde_json::from_value(row.text(0)?.into()).map_err(StoreError::from)?;
    let count = usize::try_from(row.integer(2)?).map_err(|_| Code::Internal)?;
    if !hide(state, user, seq, Found { kind: Some(&kind), hidden: row.integer(1)? > 0, count })? {
        return Ok(None);
    }
    let next = hiding.with(user, version, told);
    sql.transaction(&mut || {
        sql.run(
            "INSERT INTO hidden (user, seq, version) VALUES (?, ?, ?)",
            &[Param::Text(user.as_str()), Param::Integer(seq), Param::Integer(version)],
        )?;
        put(sql, HIDING, &next)
    })?;
    Ok(Some(next))
}

/// What a member sees, without the messages they deleted for themselves and the edits and previews of these.
///
/// # Errors
/// [`StoreError`].
pub fn sight(sql: &impl Sql, visible: &Visibility, user: UserId) -> Result<Visibility, StoreError> {
    let rows = sql.exec(
        "SELECT seq FROM hidden WHERE user = ?1 UNION ALL \
         SELECT edits.seq FROM hidden JOIN edits ON edits.target = hidden.seq WHERE hidden.user = ?1 UNION ALL \
         SELECT previews.seq FROM hidden JOIN previews ON previews.target = hidden.seq WHERE hidden.user = ?1 ORDER BY 1",
        &[Param::Text(user.as_str())],
    )?;
    Ok(visible.without(numbers(&rows)?))
}

/// Messages that a member deleted for themselves after a cell version, ascending.
///
/// # Errors
/// [`StoreError`].
pub fn since(sql: &impl Sql, user: UserId, version: u64) -> Result<Vec<u64>, StoreError> {
    let statement = "SELECT seq FROM hidden WHERE user = ? AND version > ? ORDER BY seq";
    numbers(&sql.exec(statement, &[Param::Text(user.as_str()), Param::Integer(version)])?)
}

/// How many top-level messages after a seq a member deleted for themselves: of these nothing is unread.
///
/// # Errors
/// [`StoreError`].
pub fn unread(sql: &impl Sql, user: UserId, after: u64) -> Result<u64, StoreError> {
    let rows = sql.exec(
        "SELECT COUNT(*) FROM hidden JOIN events ON events.seq = hidden.seq WHERE hidden.user = ? AND hidden.seq > ? \
         AND json_extract(events.envelope, '$.thread') IS NULL",
        &[Param::Text(user.as_str()), Param::Integer(after)],
    )?;
    rows.first().map_or(Ok(0), |row| row.integer(0))
}

/// Who deleted which of these messages for themselves.
///
/// # Errors
/// [`StoreError`].
pub fn by(sql: &impl Sql, messages: &[u64]) -> Result<Vec<(UserId, u64)>, StoreError> {
    let mut found = Vec::new();
    for chunk in messages.chunks(100) {
        let params: Vec<_> = chunk.iter().map(|seq| Param::Integer(*seq)).collect();
        let statement = in_list("SELECT user, seq FROM hidden WHERE seq IN (", "?", chunk.len(), ") ORDER BY user");
        for row in sql.exec(&statement, &params)? {
            found.push((read_user(row.text(0)?)?, row.integer(1)?));
        }
    }
    Ok(found)
}

fn numbers(rows: &[Row]) -> Result<Vec<u64>, StoreError> {
    rows.iter().map(|row| row.integer(0)).collect()
}
