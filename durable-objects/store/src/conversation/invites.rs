//! Invite links: private facts, beside the log. How often each was used is a projection of `member.joined`.
//!
//! Cost in rows: making a link three, revoking it two, joining by it one beside the membership (two by the last use it has).

use std::collections::HashMap;

use quipu_core::invites::{Invite, InviteHash, Made, Revoked};

use super::load::in_list;
use crate::sql::{Param, Row, Sql, StoreError};

/// The terms of the partial index: links that may let somebody in. Expired ones leave it when the next link is made.
const WORKING: &str = "closed = 0 AND (max_uses IS NULL OR uses < max_uses)";
/// What [`read`] reads.
const COLUMNS: &str = "id, uses, closed, value, hash";
const REVOKED: u64 = 1;
const EXPIRED: u64 = 2;

/// The link with this hash.
///
/// # Errors
/// [`StoreError`].
pub fn find(sql: &impl Sql, hash: &InviteHash) -> Result<Option<Invite>, StoreError> {
    let rows = sql.exec(&format!("SELECT {COLUMNS} FROM invites WHERE hash = ?"), &[Param::Blob(hash)])?;
    rows.first().map(read).transpose()
}

/// Links that let somebody in at a time, Unix milliseconds, the newest first.
///
/// # Errors
/// [`StoreError`].
pub fn working(sql: &impl Sql, now: u64) -> Result<Vec<Invite>, StoreError> {
    let statement = format!("SELECT {COLUMNS} FROM invites WHERE {WORKING} ORDER BY id DESC");
    let invites = sql.exec(&statement, &[])?.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(invites.into_iter().filter(|invite| invite.lets_in(now).is_ok()).collect())
}

/// Keeps a new link under its next number. Those that have expired leave the index, which stays as small as the bound of links.
///
/// # Errors
/// [`StoreError`]; nothing was kept then.
pub fn put(sql: &impl Sql, hash: &InviteHash, made: Made, now: u64) -> Result<Invite, StoreError> {
    let value = serde_json::to_string(&made)?;
    let mut id = 0;
    sql.transaction(&mut || {
        sql.run(
            &format!("UPDATE invites SET closed = ? WHERE {WORKING} AND expires_at <= ?"),
            &[Param::Integer(EXPIRED), Param::Integer(now)],
        )?;
        let rows = sql.exec(
            "INSERT INTO invites (hash, uses, max_uses, expires_at, closed, value) VALUES (?, 0, ?, ?, 0, ?) RETURNING id",
            &[
                Param::Blob(hash),
                made.asked.max_uses.map_or(Param::Null, Param::Integer),
                made.expires_at().map_or(Param::Null, Param::Integer),
                Param::Text(&value),
            ],
        )?;
        id = rows.first().ok_or(StoreError::Shape)?.integer(0)?;
        Ok(())
    })?;
    Ok(Invite { id, made, uses: 0, revoked: false })
}

/// Revokes a link; who did so first stays. Returns whether there is one of this number.
///
/// # Errors
/// [`StoreError`].
pub fn revoke(sql: &impl Sql, id: u64, revoked: Revoked) -> Result<bool, StoreError> {
    let known = sql.exec("SELECT closed FROM invites WHERE id = ?", &[Param::Integer(id)])?;
    let Some(row) = known.first() else { return Ok(false) };
    if row.integer(0)? != REVOKED {
        sql.run(
            "UPDATE invites SET closed = ?, value = json_set(value, '$.revoked', json(?)) WHERE id = ?",
            &[Param::Integer(REVOKED), Param::Text(&serde_json::to_string(&revoked)?), Param::Integer(id)],
        )?;
    }
    Ok(true)
}

/// What is known of links by which people join. Chunked to the platform's 100 parameters per statement.
pub(super) fn known(sql: &impl Sql, hashes: &[InviteHash]) -> Result<HashMap<InviteHash, Invite>, StoreError> {
    let mut known = HashMap::new();
    for chunk in hashes.chunks(100) {
        let params: Vec<_> = chunk.iter().map(|hash| Param::Blob(hash)).collect();
        let before = format!("SELECT {COLUMNS} FROM invites WHERE hash IN (");
        for row in sql.exec(&in_list(&before, "?", chunk.len(), ")"), &params)? {
            let hash = row.optional_array(4)?.ok_or(StoreError::Shape)?;
            known.insert(hash, read(&row)?);
        }
    }
    Ok(known)
}

/// Somebody joined by a link.
pub(super) fn used(sql: &impl Sql, id: u64) -> Result<(), StoreError> {
    sql.run("UPDATE invites SET uses = uses + 1 WHERE id = ?", &[Param::Integer(id)])
}

/// Before uses are counted again from the log.
pub(super) fn forget_uses(sql: &impl Sql) -> Result<(), StoreError> {
    sql.run("UPDATE invites SET uses = 0 WHERE uses > 0", &[])
}

fn read(row: &Row) -> Result<Invite, StoreError> {
    Ok(Invite {
        id: row.integer(0)?,
        uses: row.integer(1)?,
        revoked: row.integer(2)? == REVOKED,
        made: serde_json::from_str(row.text(3)?)?,
    })
}
