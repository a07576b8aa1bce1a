//! Messages that a reader has saved, as they may see them now.

use quipu_core::visibility::Visibility;
use quipu_schema::envelope::{Envelope, EventType};
use quipu_schema::event::write_item;
use quipu_schema::ids::Epoch;
use quipu_schema::problem::{Code, Rejection};
use quipu_schema::saved::SavedPlace;

use super::history::event;
use super::load::in_list;
use crate::sql::{Param, Row, Sql, StoreError};

/// Whether a message may be saved: the epoch in its envelope.
///
/// # Errors
/// `message_not_found` where the reader sees no such message, `message_deleted`; and [`StoreError`].
pub fn savable(sql: &impl Sql, visible: &Visibility, seq: u64, now: u64) -> Result<Epoch, Rejection> {
    let unknown = || Rejection::new(Code::MessageNotFound, format!("There is no message {seq} that you can read."));
    if seq == 0 || !visible.shows(seq) {
        return Err(unknown());
    }
    let rows = sql.exec("SELECT seq, envelope, content, salt FROM events WHERE seq = ?", &[Param::Integer(seq)])?;
    let row = rows.first().ok_or_else(unknown)?;
    let envelope = envelope(row)?;
    if envelope.kind != EventType::MessageCreated {
        return Err(unknown());
    }
    if !stands(row, &envelope, now)? {
        return Err(Code::MessageDeleted.into());
    }
    Ok(envelope.epoch)
}

/// Saved messages as their reader may see them now, in the order given: JSON of `message` and, where it was edited, `edit`. `None` where there is
/// nothing to be seen.
///
/// # Errors
/// [`StoreError`].
pub fn messages(
    sql: &impl Sql,
    visible: &Visibility,
    places: &[SavedPlace],
    now: u64,
) -> Result<Vec<Option<String>>, StoreError> {
    let params: Vec<Param<'_>> =
        places.iter().filter(|place| visible.shows(place.seq)).map(|place| Param::Integer(place.seq)).collect();
    let mut written = vec![None; places.len()];
    if params.is_empty() {
        return Ok(written);
    }
    let all = "SELECT seq, envelope, content, salt FROM events WHERE seq IN (";
    let rows = sql.exec(&in_list(all, "?", params.len(), ")"), &params)?;
    let all = "SELECT target, seq FROM edits WHERE target IN (";
    let edits = sql.exec(&in_list(all, "?", params.len(), ") ORDER BY version DESC"), &params)?;
    for row in &rows {
        let (seq, envelope) = (row.integer(0)?, envelope(row)?);
        let asked = |place: &SavedPlace| place.seq == seq && place.epoch == envelope.epoch;
        if !places.iter().any(asked) || envelope.kind != EventType::MessageCreated || !stands(row, &envelope, now)? {
            continue;
        }
        let mut text = String::from("{\"message\":");
        write_item(&mut text, row.text(1)?, row.optional_text(2)?, row.optional_text(3)?);
        for edit in &edits {
            // The newest that the reader may see: a later one may fall into a time when they were away.
            if edit.integer(0)? == seq && visible.shows(edit.integer(1)?) {
                let mut item = String::new();
                event(sql, &mut item, edit.integer(1)?)?;
                text.push_str(",\"edit\":");
                text.push_str(&item);
                break;
            }
        }
        text.push('}');
        for (to, place) in written.iter_mut().zip(places) {
            if asked(place) {
                *to = Some(text.clone());
            }
        }
    }
    Ok(written)
}

fn envelope(row: &Row) -> Result<Envelope, StoreError> {
    Ok(serde_json::from_str(row.text(1)?)?)
}

/// Whether a message has what it said.
fn stands(row: &Row, envelope: &Envelope, now: u64) -> Result<bool, StoreError> {
    Ok(row.optional_text(2)?.is_some() && envelope.expires_at.is_none_or(|at| at > now))
}
