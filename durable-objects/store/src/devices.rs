//! What an Account object keeps of its user's devices.
//!
//! Cost: a row when a device is first seen, one for each conversation that it opens a socket of for the first time, and one for its activity every
//! ten minutes at most.

use quipu_schema::device::{Device, LinkedSession};
use quipu_schema::ids::{ConversationId, UserId};
use quipu_schema::internal::Identity;
use quipu_schema::limits;
use quipu_schema::problem::{Code, Rejection};
use serde::{Deserialize, Serialize};

use crate::sql::{Param, Row, Sql, StoreError};

/// What is known of a device that wants to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admitted {
    /// It was signed out.
    Revoked,
    /// It is listed.
    Known,
    /// It is listed from now on.
    New,
}

/// Admits a device, and keeps its activity. One that is `linked` is listed already, or was signed out and forgotten.
///
/// # Errors
/// [`StoreError`].
pub fn admit(sql: &impl Sql, id: &str, linked: bool, name: &str, now: u64) -> Result<Admitted, StoreError> {
    let rows = sql.exec("SELECT active_at, revoked_at IS NOT NULL FROM devices WHERE id = ?", &[Param::Text(id)])?;
    let Some(row) = rows.first() else {
        if linked {
            return Ok(Admitted::Revoked);
        }
        put(sql, id, name, None, now)?;
        return Ok(Admitted::New);
    };
    if row.integer(1)? == 1 {
        return Ok(Admitted::Revoked);
    }
    if row.integer(0)? + limits::DEVICE_ACTIVE_EVERY_MS <= now {
        sql.exec("UPDATE devices SET active_at = ? WHERE id = ?", &[Param::Integer(now), Param::Text(id)])?;
    }
    Ok(Admitted::Known)
}

/// A new device. Of too many the one that was active longest ago goes.
fn put(sql: &impl Sql, id: &str, name: &str, until: Option<u64>, now: u64) -> Result<(), StoreError> {
    let most = Param::Integer(u64::try_from(limits::DEVICES - 1).unwrap_or(0));
    let gone = sql.exec(
        "DELETE FROM devices WHERE id IN (SELECT id FROM devices WHERE revoked_at IS NULL ORDER BY active_at DESC, id LIMIT -1 OFFSET ?) RETURNING id",
        &[most],
    )?;
    for row in &gone {
        sql.exec("DELETE FROM device_conversations WHERE device = ?", &[Param::Text(row.text(0)?)])?;
    }
    sql.exec(
        "INSERT INTO devices (id, name, created_at, active_at, until) VALUES (?, ?, ?, ?, ?)",
        &[
            Param::Text(id),
            Param::Text(name),
            Param::Integer(now),
            Param::Integer(now),
            until.map_or(Param::Null, Param::Integer),
        ],
    )
    .map(drop)
}

/// Where a device has a socket now. Writes nothing where it had one before.
///
/// # Errors
/// [`StoreError`].
pub fn opened(sql: &impl Sql, id: &str, conv: ConversationId) -> Result<(), StoreError> {
    sql.exec(
        "INSERT INTO device_conversations (device, conv) VALUES (?, ?) ON CONFLICT (device, conv) DO NOTHING",
        &[Param::Text(id), Param::Text(conv.as_str())],
    )
    .map(drop)
}

/// The user has left a conversation, which has closed their sockets.
///
/// # Errors
/// [`StoreError`].
pub fn left(sql: &impl Sql, conv: ConversationId) -> Result<(), StoreError> {
    sql.exec("DELETE FROM device_conversations WHERE conv = ?", &[Param::Text(conv.as_str())]).map(drop)
}

/// Devices that are not signed out, the one active last first.
///
/// # Errors
/// [`StoreError`].
pub fn list(sql: &impl Sql) -> Result<Vec<Device>, StoreError> {
    let rows = sql.exec(
        "SELECT id, name, created_at, active_at, until FROM devices WHERE revoked_at IS NULL ORDER BY active_at DESC, id",
        &[],
    )?;
    rows.iter().map(device).collect()
}

fn device(row: &Row) -> Result<Device, StoreError> {
    Ok(Device {
        id: row.text(0)?.to_owned(),
        name: row.text(1)?.to_owned(),
        created_at: row.integer(2)?,
        active_at: row.integer(3)?,
        connected: false,
        current: false,
        signed_in_until: row.optional_integer(4)?,
    })
}

/// Calls a device something else.
///
/// # Errors
/// `device_not_found`, or [`StoreError`].
pub fn name(sql: &impl Sql, id: &str, name: &str) -> Result<Device, Rejection> {
    let rows = sql.exec(
        "UPDATE devices SET name = ? WHERE id = ? AND revoked_at IS NULL RETURNING id, name, created_at, active_at, until",
        &[Param::Text(name), Param::Text(id)],
    )?;
    Ok(device(rows.first().ok_or(Code::DeviceNotFound)?)?)
}

/// Signs a device out. What it was called goes; that it was here stays, so that it does not come back. Whether that is news.
///
/// # Errors
/// `device_not_found`, or [`StoreError`].
pub fn revoke(sql: &impl Sql, id: &str, now: u64) -> Result<bool, Rejection> {
    let rows = sql.exec("SELECT revoked_at IS NOT NULL FROM devices WHERE id = ?", &[Param::Text(id)])?;
    let revoked = rows.first().ok_or(Code::DeviceNotFound)?.integer(0)?;
    if revoked == 1 {
        return Ok(false);
    }
    sql.transaction(&mut || {
        sql.exec(
            "UPDATE devices SET revoked_at = ?, name = '', until = NULL WHERE id = ?",
            &[Param::Integer(now), Param::Text(id)],
        )?;
        sql.exec("DELETE FROM device_links WHERE device = ?", &[Param::Text(id)])?;
        sql.exec(
            "DELETE FROM devices WHERE id IN (SELECT id FROM devices WHERE revoked_at IS NOT NULL ORDER BY revoked_at DESC, id LIMIT -1 OFFSET ?)",
            &[Param::Integer(u64::try_from(limits::DEVICES_REVOKED).unwrap_or(0))],
        )
        .map(drop)
    })?;
    Ok(true)
}

/// Conversations where a device that was signed out may have sockets still.
///
/// # Errors
/// [`StoreError`].
pub fn due(sql: &impl Sql, most: usize) -> Result<Vec<(String, ConversationId)>, StoreError> {
    let rows = sql.exec(
        "SELECT device, conv FROM device_conversations WHERE device NOT IN (SELECT id FROM devices WHERE revoked_at IS NULL) LIMIT ?",
        &[Param::Integer(u64::try_from(most).unwrap_or(0))],
    )?;
    let read = |row: &Row| {
        let conv = ConversationId::parse(row.text(1)?).map_err(|_| StoreError::Shape)?;
        Ok((row.text(0)?.to_owned(), conv))
    };
    rows.iter().map(read).collect()
}

/// A conversation has closed a device's sockets.
///
/// # Errors
/// [`StoreError`].
pub fn closed(sql: &impl Sql, id: &str, conv: ConversationId) -> Result<(), StoreError> {
    let params = [Param::Text(id), Param::Text(conv.as_str())];
    sql.exec("DELETE FROM device_conversations WHERE device = ? AND conv = ?", &params).map(drop)
}

/// Whose account this is while conversations are to be told: an alarm says neither app nor user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningOut {
    /// The app.
    pub app: String,
    /// The user.
    pub user: UserId,
    /// Rounds in a row in which some could not be told.
    #[serde(default)]
    pub failures: u32,
}

/// Reads that; `None` where nothing is to be told.
///
/// # Errors
/// [`StoreError`].
pub fn signing_out(sql: &impl Sql) -> Result<Option<SigningOut>, StoreError> {
    let rows = sql.exec("SELECT value FROM meta WHERE name = 'signing_out'", &[])?;
    rows.first().map(|row| Ok(serde_json::from_str(row.text(0)?)?)).transpose()
}

/// Keeps it, or forgets it when all have been told.
///
/// # Errors
/// [`StoreError`].
pub fn keep_signing_out(sql: &impl Sql, kept: Option<&SigningOut>) -> Result<(), StoreError> {
    let Some(kept) = kept else {
        return sql.exec("DELETE FROM meta WHERE name = 'signing_out'", &[]).map(drop);
    };
    let value = serde_json::to_string(kept)?;
    sql.exec(
        "INSERT INTO meta (name, value) VALUES ('signing_out', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        &[Param::Text(&value)],
    )
    .map(drop)
}

/// Keeps a link that signs a device in. Expired ones go; of too many the oldest goes. Returns when it expires.
///
/// # Errors
/// [`StoreError`].
pub fn put_link(sql: &impl Sql, secret_hash: &str, identity: &Identity, now: u64) -> Result<u64, StoreError> {
    let expires_at_ms = now + limits::DEVICE_LINK_MS;
    sql.exec("DELETE FROM device_links WHERE expires_at_ms <= ?", &[Param::Integer(now)])?;
    sql.exec(
        "DELETE FROM device_links WHERE secret_hash IN (SELECT secret_hash FROM device_links ORDER BY expires_at_ms DESC LIMIT -1 OFFSET ?)",
        &[Param::Integer(u64::try_from(limits::DEVICE_LINKS - 1).unwrap_or(0))],
    )?;
    sql.exec(
        "INSERT INTO device_links (secret_hash, subject, device, expires_at_ms) VALUES (?, ?, ?, ?)",
        &[
            Param::Text(secret_hash),
            Param::Text(&identity.subject),
            identity.device.as_ref().map_or(Param::Null, |device| Param::Text(&device.id)),
            Param::Integer(expires_at_ms),
        ],
    )?;
    Ok(expires_at_ms)
}

/// Uses a link up, and lists the device that it signs in. `None` where the link is unknown, used or expired.
///
/// # Errors
/// [`StoreError`].
pub fn sign_in(
    sql: &impl Sql,
    secret_hash: &str,
    (id, name): (&str, &str),
    lasts_ms: u64,
    now: u64,
) -> Result<Option<LinkedSession>, StoreError> {
    let mut session = None;
    sql.transaction(&mut || {
        let rows = sql.exec(
            "DELETE FROM device_links WHERE secret_hash = ? RETURNING subject, expires_at_ms",
            &[Param::Text(secret_hash)],
        )?;
        let Some(row) = rows.first() else { return Ok(()) };
        if row.integer(1)? > now {
            let until = now + lasts_ms;
            put(sql, id, name, Some(until), now)?;
            session = Some(LinkedSession { subject: row.text(0)?.to_owned(), until });
        }
        Ok(())
    })?;
    Ok(session)
}

/// Until when a device that was signed in by a link stays so, Unix milliseconds; `None` for another.
///
/// # Errors
/// [`StoreError`].
pub fn until(sql: &impl Sql, id: &str) -> Result<Option<u64>, StoreError> {
    let rows = sql.exec("SELECT until FROM devices WHERE id = ? AND revoked_at IS NULL", &[Param::Text(id)])?;
    rows.first().map_or(Ok(None), |row| row.optional_integer(0))
}
