//! The outbox's side of the store: what a round tells of the log, and what it leaves to be written.

use std::collections::BTreeSet;

use quipu_core::directory::Listed;
use quipu_core::outbox::{Outbox, Round};
use quipu_core::state::State;
use quipu_schema::content::Content;
use quipu_schema::envelope::{Envelope, EventType};
use quipu_schema::ids::UserId;
use quipu_schema::inbox::LastLine;
use quipu_schema::limits;
use quipu_schema::socket::Cell;

use super::commit::{CellWrite, put, settle};
use super::{OUTBOX, history};
use crate::sql::{Sql, StoreError};

/// The newest event that an inbox shows as its last line, with the newest text of a message. Its author's name is not known here.
///
/// # Errors
/// [`StoreError`].
pub fn last_line(sql: &impl Sql, outbox: &Outbox, head: u64) -> Result<Option<LastLine>, StoreError> {
    history::last_line(sql, (outbox.line, outbox.cursor), head)?.map(|texts| line(sql, texts)).transpose()
}

/// What an inbox shows as its last line to somebody who deleted the last one for themselves; `None` where nothing is near.
///
/// # Errors
/// [`StoreError`].
pub fn line_before(sql: &impl Sql, user: UserId, before: u64) -> Result<Option<LastLine>, StoreError> {
    history::line_before(sql, user, before, limits::LINE_EVENTS)?.map(|texts| line(sql, texts)).transpose()
}

fn line(sql: &impl Sql, (envelope, content): (String, Option<String>)) -> Result<LastLine, StoreError> {
    let envelope: Envelope = serde_json::from_str(&envelope)?;
    let newest = match (&envelope.kind, content) {
        (EventType::MessageCreated, Some(content)) => {
            Some(history::newest_content(sql, envelope.seq)?.unwrap_or(content))
        }
        _ => None,
    };
    let cut = |text: String| text.chars().take(limits::PREVIEW_CHARS).collect();
    let (preview, content) = match newest.map(|text| serde_json::from_str::<Content>(&text)).transpose()? {
        Some(Content::Text(text)) => (Some(cut(text.text)), None),
        Some(Content::Poll(poll)) => (Some(cut(poll.question)), Some("poll".to_owned())),
        _ => (None, None),
    };
    Ok(LastLine { seq: envelope.seq, kind: envelope.kind, actor: envelope.actor, actor_name: None, preview, content })
}

/// How a round went.
#[derive(Debug, Clone, Copy)]
pub struct Ended<'a> {
    /// The round.
    pub round: &'a Round,
    /// Whom it could not tell.
    pub failed: &'a BTreeSet<UserId>,
    /// Which event the last line was; 0 where there was none.
    pub line: u64,
    /// Up to which cell version it told; `None` where those who lag were called, who hear of everything anyway.
    pub told: Option<u64>,
    /// Unix milliseconds.
    pub now: u64,
}

/// Writes the result of a round and, unless those who lag were called, the receipts in `unwritten`. Returns what memory becomes: the outbox, and
/// the newest of the cell versions after `cells_version`.
///
/// # Errors
/// [`StoreError`]; then nothing was written, and what was to be told is to be told still.
pub fn settle_round(
    sql: &impl Sql,
    state: &State,
    outbox: &Outbox,
    (unwritten, cells_version): (&BTreeSet<UserId>, u64),
    ended: Ended<'_>,
) -> Result<(Outbox, u64), StoreError> {
    let mut outbox = outbox.clone();
    outbox.settle(ended.round, ended.failed, ended.now);
    if ended.round.everybody {
        outbox.line = ended.line;
    }
    let mut receipts: Vec<CellWrite> = Vec::new();
    let mut version = cells_version;
    if let Some(told) = ended.told {
        for user in unwritten {
            version += 1;
            receipts.push(CellWrite { cell: Cell::Receipt(state.receipts.of(*user)), version });
        }
        // What is written now follows from events that were told; where nothing else moved, a waking need not tell it again.
        outbox.cells = outbox.cells.max(if cells_version == told { version } else { told });
    }
    settle(sql, &outbox, &receipts, state.seq)?;
    Ok((outbox, version))
}

/// Writes what the directory was told.
///
/// # Errors
/// [`StoreError`]; then nothing was written, and it is to be told still.
pub fn settle_listing(sql: &impl Sql, outbox: &Outbox, listed: Listed) -> Result<Outbox, StoreError> {
    let outbox = Outbox { listed: Some(listed), ..outbox.clone() };
    put(sql, OUTBOX, &outbox)?;
    Ok(outbox)
}
