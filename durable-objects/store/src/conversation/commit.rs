//! One batch in one transaction.
//!
//! Cost in rows: a message two (itself and its key's index entry); an edit three; a deletion three plus one per version erased and two per
//! reaction; a reaction three; taking one back four; a pin three; a vote two, and one per poll and batch; the end of a poll three; a mention one; a reply in a thread six, and two
//! more per member who begins to follow it; a change of membership three plus the receipt; a ban one more; a change of name
//! or settings three. In slow mode a message of those it counts writes one row more. Cells: one per member whose cursor moved, however often it moved.

use std::collections::BTreeSet;

use quipu_core::batch::{Batch, Effect, Row};
use quipu_core::mentions::{reply_of, text_of};
use quipu_core::outbox::Outbox;
use quipu_core::state::State;
use quipu_schema::envelope::EventType;
use quipu_schema::ids::UserId;
use quipu_schema::socket::{Cell, Profile};
use quipu_schema::words::Words;
use serde::Serialize;

use super::{
    ABOUT, BIRTH, Birth, DEPARTURES, OUTBOX, PREVIEWS, RECEIPTS_SEQ, SPACES, WORDS, bans, everything, invites,
    listeners, mentions, polls, previews, reactions, reports, search, spaces, threads,
};
use crate::migrations::{CONVERSATION, migrate};
use crate::sql::{Param, Sql, StoreError};

/// Rows in one INSERT: 7 parameters each, 100 at most.
const ROWS_PER_INSERT: usize = 14;

/// A cell that changed, with its new version.
#[derive(Debug, Clone, PartialEq)]
pub struct CellWrite {
    /// The value.
    pub cell: Cell,
    /// Its version.
    pub version: u64,
}

/// Stores a batch and cells that changed, all or nothing. `birth` is given with the first batch of a log, which makes the tables, too: a
/// creation that is refused or fails leaves nothing at all.
///
/// # Errors
/// [`StoreError`]; then nothing was stored and the state in memory must be loaded again.
pub fn commit(
    sql: &impl Sql,
    state: &State,
    batch: &Batch,
    cells: &[CellWrite],
    birth: Option<&Birth>,
) -> Result<(), StoreError> {
    // Alone, the one statement of a lone message is atomic by itself.
    if birth.is_none()
        && cells.is_empty()
        && batch.effects.is_empty()
        && batch.rows.len() == 1
        && batch.previews.is_none()
        && plain(&batch.rows)
        && addresses_nobody(&batch.rows)
    {
        return insert(sql, &batch.rows);
    }
    sql.transaction(&mut || {
        if let Some(birth) = birth {
            migrate(sql, CONVERSATION)?;
            put(sql, BIRTH, birth)?;
        }
        for rows in batch.rows.chunks(ROWS_PER_INSERT) {
            insert(sql, rows)?;
        }
        for row in batch.rows.iter().filter(|row| row.envelope.kind == EventType::MessageCreated) {
            mention(sql, row)?;
        }
        polls::count(sql, &batch.effects)?;
        for effect in &batch.effects {
            apply(sql, state, batch, effect)?;
        }
        let pins = batch.effects.contains(&Effect::PinsChanged);
        if pins || !plain(&batch.rows) {
            project(sql, state, &batch.rows, pins)?;
        }
        for write in cells {
            put_cell(sql, write)?;
        }
        batch.tellings.as_ref().map_or(Ok(()), |tellings| put(sql, SPACES, tellings))?;
        batch.departures.as_ref().map_or(Ok(()), |departures| put(sql, DEPARTURES, departures))?;
        batch.previews.as_ref().map_or(Ok(()), |due| put(sql, PREVIEWS, due))
    })
}

/// Whether no row changes members or what the conversation is.
fn plain(rows: &[Row]) -> bool {
    rows.iter().all(|row| {
        matches!(
            row.envelope.kind,
            EventType::MessageCreated
                | EventType::MessageEdited
                | EventType::MessageDeleted
                | EventType::ReactionAdded
                | EventType::ReactionRemoved
                | EventType::MessagePinned
                | EventType::MessageUnpinned
                | EventType::MessagePreviewed
                | EventType::MessagePreviewRemoved
                | EventType::PollClosed
        )
    })
}

fn addresses_nobody(rows: &[Row]) -> bool {
    rows.iter().all(|row| text_of(&row.envelope, row.content.as_ref()).is_none())
}

/// Notes whom a message, or its new version, addresses.
fn mention(sql: &impl Sql, row: &Row) -> Result<(), StoreError> {
    let (envelope, content) = (&row.envelope, row.content.as_ref());
    if let Some((target, root, mentions)) = reply_of(envelope, content) {
        mentions::put_reply(sql, target, root, mentions)?;
    }
    match text_of(envelope, content) {
        Some((target, text)) => mentions::put(sql, target, text),
        None => Ok(()),
    }
}

fn insert(sql: &impl Sql, rows: &[Row]) -> Result<(), StoreError> {
    let salts: Vec<Option<String>> = rows.iter().map(|row| row.salt.map(|salt| salt.to_text())).collect();
    let mut params = Vec::with_capacity(rows.len() * 7);
    for (row, salt) in rows.iter().zip(&salts) {
        params.extend([
            Param::Integer(row.envelope.seq),
            Param::Text(&row.envelope_text),
            Param::from(row.content_text.as_deref()),
            Param::from(salt.as_deref()),
            Param::from(row.command.as_ref().map(|command| command.as_slice())),
            Param::from(row.fingerprint.as_ref().map(|mark| mark.as_slice())),
            Param::Blob(&row.tree),
        ]);
    }
    sql.run(insert_statement(rows.len()), &params)
}

/// The INSERT for so many rows. Constant texts: the platform caches prepared statements by text.
fn insert_statement(rows: usize) -> &'static str {
    static TEXT: std::sync::OnceLock<Vec<String>> = std::sync::OnceLock::new();
    let texts = TEXT.get_or_init(|| {
        (0..=ROWS_PER_INSERT)
            .map(|count| {
                let values = vec!["(?,?,?,?,?,?,?)"; count].join(",");
                format!("INSERT INTO events (seq, envelope, content, salt, command, fingerprint, tree) VALUES {values}")
            })
            .collect()
    });
    texts.get(rows).map_or("", String::as_str)
}

fn apply(sql: &impl Sql, state: &State, batch: &Batch, effect: &Effect) -> Result<(), StoreError> {
    match *effect {
        Effect::Edited { target, version, by } => {
            mentions::clear(sql, target)?;
            let indexed = search::held(sql, target)?;
            sql.run(
                "INSERT INTO edits (target, version, seq) VALUES (?, ?, ?)",
                &[Param::Integer(target), Param::Integer(version), Param::Integer(by)],
            )?;
            search::replace(sql, target, indexed.as_deref())?;
            batch.rows.iter().find(|row| row.envelope.seq == by).map_or(Ok(()), |row| mention(sql, row))
        }
        Effect::Erase { target, by } => {
            mentions::clear(sql, target)?;
            let indexed = search::held(sql, target)?;
            sql.exec(
                "INSERT INTO deletions (target, seq) VALUES (?, ?)",
                &[Param::Integer(target), Param::Integer(by)],
            )?;
            sql.exec(
                "UPDATE events SET content = NULL, salt = NULL, fingerprint = NULL \
                 WHERE seq = ? OR seq IN (SELECT seq FROM edits WHERE target = ? UNION ALL SELECT seq FROM reactions WHERE target = ? \
                 UNION ALL SELECT seq FROM previews WHERE target = ? AND removed = 0)",
                &[Param::Integer(target), Param::Integer(target), Param::Integer(target), Param::Integer(target)],
            )?;
            search::replace(sql, target, indexed.as_deref())?;
            reactions::clear(sql, target)
        }
        Effect::Reacted { target, user, ref emoji, by } => reactions::add(sql, target, user, emoji, by),
        Effect::Unreacted { target, user, reaction } => {
            sql.run(
                "UPDATE events SET content = NULL, salt = NULL, fingerprint = NULL WHERE seq = ?",
                &[Param::Integer(reaction)],
            )?;
            reactions::remove(sql, target, user, reaction)
        }
        Effect::Invited { invite } => invites::used(sql, invite),
        Effect::Flagged { target, version, by } => {
            let row = batch.rows.iter().find(|row| row.envelope.seq == by);
            row.map_or(Ok(()), |row| reports::flag(sql, target, version, &row.envelope))
        }
        Effect::ChannelTold { ref news, added } => spaces::put(sql, news, added),
        Effect::Previewed { target, by } => previews::add(sql, target, by),
        Effect::PreviewRemoved { target, by } => previews::remove(sql, target, by),
        Effect::Spoke { user } => match state.members.get(&user) {
            Some(member) => put_member(sql, user, member),
            None => Ok(()),
        },
        Effect::Replied { root, by, .. } => match batch.rows.iter().find(|row| row.envelope.seq == by) {
            Some(row) => threads::reply(sql, root, &row.envelope),
            None => Err(StoreError::Shape),
        },
        Effect::ReplyErased { root } => threads::reply_deleted(sql, root),
        Effect::End { user } => {
            listeners::change(sql, &[], &[user])?;
            everything::forget(sql, user)?;
            threads::forget(sql, user)
        }
        Effect::Forget { user } => forget(sql, state, user),
        Effect::PollErased { poll } => polls::clear(sql, poll),
        // Counted above.
        Effect::Voted { .. } | Effect::PollClosed { .. } | Effect::PinsChanged | Effect::Linked { .. } => Ok(()),
    }
}

/// Writes the projections that membership and settings events change.
fn project(sql: &impl Sql, state: &State, rows: &[Row], pins: bool) -> Result<(), StoreError> {
    let mut changed: BTreeSet<UserId> = BTreeSet::new();
    let mut about = pins;
    for row in rows {
        changed.extend(row.envelope.params.user);
        if let (EventType::MemberBanned | EventType::MemberUnbanned, Some(user)) =
            (&row.envelope.kind, row.envelope.params.user)
        {
            bans::put(sql, user, state.bans.get(&user))?;
        }
        about |= matches!(
            row.envelope.kind,
            EventType::ConversationCreated
                | EventType::ConversationUpdated
                | EventType::ConversationSettingsChanged
                | EventType::ConversationSpaceEntered
                | EventType::ConversationSpaceLeft
        );
    }
    if about {
        put(sql, ABOUT, &state.about)?;
    }
    for user in changed {
        if let Some(member) = state.members.get(&user) {
            put_member(sql, user, member)?;
        }
    }
    Ok(())
}

pub(super) fn put_member(sql: &impl Sql, user: UserId, member: &quipu_core::state::Member) -> Result<(), StoreError> {
    let value = serde_json::to_string(member)?;
    sql.exec(
        "INSERT INTO members (user, value) VALUES (?, ?) ON CONFLICT (user) DO UPDATE SET value = excluded.value",
        &[Param::Text(user.as_str()), Param::Text(&value)],
    )
    .map(drop)
}

/// Writes the word list.
///
/// # Errors
/// [`StoreError`].
pub fn put_words(sql: &impl Sql, words: &Words) -> Result<(), StoreError> {
    put(sql, WORDS, words)
}

/// What is kept of a former member beside the log goes, unless they came back in this very batch.
fn forget(sql: &impl Sql, state: &State, user: UserId) -> Result<(), StoreError> {
    if state.members.contains_key(&user) {
        return Ok(());
    }
    sql.run("DELETE FROM members WHERE user = ?", &[Param::Text(user.as_str())])?;
    // What was not told yet stays: the newest version must be on disk.
    sql.run(
        "DELETE FROM cells WHERE kind IN ('receipt', 'profile') AND user = ? \
         AND version <= COALESCE((SELECT json_extract(value, '$.cells') FROM meta WHERE name = ?), 0)",
        &[Param::Text(user.as_str()), Param::Text(OUTBOX)],
    )
}

/// Writes one cell.
///
/// # Errors
/// [`StoreError`].
pub fn put_cell(sql: &impl Sql, write: &CellWrite) -> Result<(), StoreError> {
    let (kind, user) = match &write.cell {
        Cell::Receipt(receipt) => ("receipt", receipt.user),
        Cell::Profile(Profile { user, .. }) => ("profile", *user),
        Cell::Thread(place) => return threads::put(sql, place, write.version),
    };
    let value = serde_json::to_string(&write.cell)?;
    sql.exec(
        "INSERT INTO cells (kind, user, value, version) VALUES (?, ?, ?, ?) \
         ON CONFLICT (kind, user) DO UPDATE SET value = excluded.value, version = excluded.version",
        &[Param::Text(kind), Param::Text(user.as_str()), Param::Text(&value), Param::Integer(write.version)],
    )
    .map(drop)
}

/// Writes what a round of the outbox settled, and the receipts that senders and receivers moved since the last one.
///
/// # Errors
/// [`StoreError`]; the round is then repeated, which changes nothing.
pub fn settle(sql: &impl Sql, outbox: &Outbox, receipts: &[CellWrite], receipts_seq: u64) -> Result<(), StoreError> {
    sql.transaction(&mut || {
        put(sql, OUTBOX, outbox)?;
        if !receipts.is_empty() {
            put(sql, RECEIPTS_SEQ, &receipts_seq)?;
        }
        receipts.iter().try_for_each(|write| put_cell(sql, write))
    })
}

pub(super) fn put(sql: &impl Sql, name: &str, value: &impl Serialize) -> Result<(), StoreError> {
    let value = serde_json::to_string(value)?;
    sql.exec(
        "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        &[Param::Text(name), Param::Text(&value)],
    )
    .map(drop)
}
