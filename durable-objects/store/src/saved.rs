//! Messages that the user has saved: where they stand, in the order in which they were saved.
//!
//! Cost: one row for saving, two for taking out. There are at most [`limits::SAVED`]: a look-up walks them, and no index costs a row.

use quipu_core::saved;
use quipu_schema::ids::{ConversationId, Epoch};
use quipu_schema::limits;
use quipu_schema::problem::Rejection;
use quipu_schema::saved::{KeptPage, KeptSaved, SavedChange, SavedPlace, SavedSeqs};

use crate::sql::{Param, Row, Sql, StoreError};

/// The version of what is saved: it grows by one with each change. 0 where nothing ever was.
///
/// # Errors
/// [`StoreError`].
pub fn version(sql: &impl Sql) -> Result<u64, StoreError> {
    // What is saved carries its version; only where the last change took something out a row of its own says it.
    let rows = sql.exec(
        "SELECT MAX(COALESCE((SELECT MAX(version) FROM saved), 0), \
         COALESCE((SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'saved'), 0))",
        &[],
    )?;
    rows.first().map_or(Ok(0), |row| row.integer(0))
}

/// How many there are.
///
/// # Errors
/// [`StoreError`].
pub fn count(sql: &impl Sql) -> Result<u64, StoreError> {
    sql.exec("SELECT COUNT(*) FROM saved", &[])?.first().map_or(Ok(0), |row| row.integer(0))
}

/// Saves a message, at a time in Unix milliseconds. Returns how that stands, and whether it changed anything.
///
/// # Errors
/// `saved_limit`, and [`StoreError`].
pub fn save(
    sql: &impl Sql,
    conv: ConversationId,
    place: SavedPlace,
    now: u64,
) -> Result<(SavedChange, bool), Rejection> {
    let known = epoch_of(sql, conv, place.seq)?;
    let (version, count) = (version(sql)?, count(sql)?);
    let change = SavedChange { version, conversation: conv, seq: place.seq, saved: true, count };
    let replaced = known.is_some_and(|epoch| epoch != place.epoch);
    let others = usize::try_from(count - u64::from(replaced)).unwrap_or(usize::MAX);
    if !saved::save(known == Some(place.epoch), others)? {
        return Ok((change, false));
    }
    let change = SavedChange { version: version + 1, count: count + u64::from(!replaced), ..change };
    let at_place = [Param::Text(conv.as_str()), Param::Integer(place.seq)];
    sql.transaction(&mut || {
        if replaced {
            // It was another message, of a log that has been restored since.
            sql.exec("DELETE FROM saved WHERE conv = ? AND seq = ?", &at_place)?;
        }
        let [conv, seq] = at_place;
        sql.exec(
            "INSERT INTO saved (version, conv, seq, epoch, at) VALUES (?, ?, ?, ?, ?)",
            &[Param::Integer(change.version), conv, seq, Param::Text(place.epoch.as_str()), Param::Integer(now)],
        )
        .map(drop)
    })?;
    Ok((change, true))
}

/// Saves a message no longer. Returns how that stands, and whether it changed anything.
///
/// # Errors
/// [`StoreError`].
pub fn unsave(sql: &impl Sql, conv: ConversationId, seq: u64) -> Result<(SavedChange, bool), StoreError> {
    let known = epoch_of(sql, conv, seq)?.is_some();
    let (version, count) = (version(sql)?, count(sql)?);
    let change = SavedChange { version, conversation: conv, seq, saved: false, count };
    if !known {
        return Ok((change, false));
    }
    let change = SavedChange { version: version + 1, count: count - 1, ..change };
    let text = change.version.to_string();
    sql.transaction(&mut || {
        sql.exec("DELETE FROM saved WHERE conv = ? AND seq = ?", &[Param::Text(conv.as_str()), Param::Integer(seq)])?;
        sql.exec(
            "INSERT INTO meta (name, value) VALUES ('saved', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            &[Param::Text(&text)],
        )
        .map(drop)
    })?;
    Ok((change, true))
}

/// Some of them, what was saved last first, of those that were saved before a version.
///
/// # Errors
/// [`StoreError`].
pub fn page(sql: &impl Sql, before: Option<u64>, limit: usize) -> Result<KeptPage, StoreError> {
    let limit = limit.clamp(1, limits::SAVED_PAGE);
    let rows = sql.exec(
        "SELECT version, conv, seq, epoch, at FROM saved WHERE version < ? ORDER BY version DESC LIMIT ?",
        &[
            Param::Integer(before.unwrap_or((1 << 53) - 1)),
            Param::Integer(u64::try_from(limit + 1).unwrap_or(u64::MAX)),
        ],
    )?;
    let mut saved = rows.iter().map(kept).collect::<Result<Vec<_>, _>>()?;
    let more = saved.len() > limit;
    saved.truncate(limit);
    Ok(KeptPage { version: version(sql)?, count: count(sql)?, saved, more })
}

/// Those of one conversation.
///
/// # Errors
/// [`StoreError`].
pub fn within(sql: &impl Sql, conv: ConversationId) -> Result<SavedSeqs, StoreError> {
    let rows = sql.exec("SELECT seq FROM saved WHERE conv = ? ORDER BY seq", &[Param::Text(conv.as_str())])?;
    let seqs = rows.iter().map(|row| row.integer(0)).collect::<Result<_, _>>()?;
    Ok(SavedSeqs { version: version(sql)?, seqs })
}

fn epoch_of(sql: &impl Sql, conv: ConversationId, seq: u64) -> Result<Option<Epoch>, StoreError> {
    let params = [Param::Text(conv.as_str()), Param::Integer(seq)];
    let rows = sql.exec("SELECT epoch FROM saved WHERE conv = ? AND seq = ?", &params)?;
    rows.first().map(|row| epoch(row.text(0)?)).transpose()
}

fn kept(row: &Row) -> Result<KeptSaved, StoreError> {
    Ok(KeptSaved {
        version: row.integer(0)?,
        conv: ConversationId::parse(row.text(1)?).map_err(|_| StoreError::Shape)?,
        place: SavedPlace { seq: row.integer(2)?, epoch: epoch(row.text(3)?)? },
        at: row.integer(4)?,
    })
}

fn epoch(text: &str) -> Result<Epoch, StoreError> {
    Epoch::parse(text).map_err(|_| StoreError::Shape)
}
