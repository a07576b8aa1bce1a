//! Waking: state from projections and the last event. Reads: a few rows of meta, one per member, cell, ban and open report, the last event, one per set bit of
//! the log's size, and the events since receipts were last written (about a second's worth).

use std::collections::{BTreeMap, BTreeSet};

use quipu_core::batch::Known;
use quipu_core::decide::{Lookups, Preview, Prior, Target};
use quipu_core::hidden::Hiding;
use quipu_core::mentions::Mentioned;
use quipu_core::merkle::{self, Frontier};
use quipu_core::outbox::{Outbox, Pending, is_large};
use quipu_core::previews::Previews;
use quipu_core::reports::OpenReports;
use quipu_core::spaces::{Departures, Tellings};
use quipu_core::state::{Member, State};
use quipu_core::words::WordList;
use quipu_schema::content::Content;
use quipu_schema::envelope::{Envelope, EventType};
use quipu_schema::ids::{ConversationKind, UserId};
use quipu_schema::socket::{Cell, Profile, Receipt};
use quipu_schema::words::Words;
use serde::de::DeserializeOwned;

use super::{
    ABOUT, BIRTH, BLOCKS, Birth, DEPARTURES, HIDING, OUTBOX, PREVIEWS, RECEIPTS_SEQ, SPACES, StoredAbout, WORDS, bans,
    everything, invites, listeners, mentions, polls, reactions, reports, spaces, threads,
};
use crate::sql::{Param, Row, Sql, StoreError};

/// A conversation as it stands on disk.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// What creation drew.
    pub birth: Birth,
    /// The fold.
    pub state: State,
    /// How members present themselves.
    pub profiles: BTreeMap<UserId, Profile>,
    /// The newest cell version.
    pub cells_version: u64,
    /// The outbox's cursors.
    pub outbox: Outbox,
    /// What happened since the outbox's last round.
    pub pending: Pending,
    /// The last message that addressed each member.
    pub mentioned: Mentioned,
    /// Members whose cursors were read from events and stand in no row yet.
    pub unwritten: BTreeSet<UserId>,
    /// Reports that are open.
    pub reports: OpenReports,
    /// Whether any message has reactions.
    pub reactions: bool,
    /// What is known of what members deleted for themselves.
    pub hiding: Hiding,
    /// Whether there are threads.
    pub threads: bool,
    /// Whether any message has, or had, a preview.
    pub previewed: bool,
    /// Which links are still to be looked at.
    pub previews: Previews,
    /// Whether anybody voted in a poll, or one was closed.
    pub polled: bool,
    /// What spaces were told.
    pub tellings: Tellings,
    /// Of a space: which channels were told of departures.
    pub departures: Departures,
}

/// Loads a conversation; `None` when it was never created.
///
/// # Errors
/// [`StoreError`] when rows are damaged.
pub fn load(sql: &impl Sql) -> Result<Option<Loaded>, StoreError> {
    let meta = Meta::load(sql)?;
    let Some(birth) = meta.read::<Birth>(BIRTH)? else { return Ok(None) };
    let features = Features::load(sql)?;
    let mut state = State::new(birth.conv, birth.epoch);
    state.about = meta.read::<StoredAbout>(ABOUT)?;
    for row in sql.exec("SELECT user, value FROM members", &[])? {
        state.seat(user(row.text(0)?)?, serde_json::from_str::<Member>(row.text(1)?)?);
    }
    if birth.conv.kind() == ConversationKind::Space {
        state.channels = spaces::all(sql)?;
    }
    if features.bans {
        state.bans = bans::all(sql)?;
    }
    state.words = WordList::new(&meta.read(WORDS)?.unwrap_or_default());
    if let Some(row) = sql.exec("SELECT envelope FROM events ORDER BY seq DESC LIMIT 1", &[])?.first() {
        let last: Envelope = serde_json::from_str(row.text(0)?)?;
        state.seq = last.seq;
        state.n = last.n;
        state.at = last.at;
    }
    state.tree = frontier(sql, state.seq)?;
    state.blocks = meta.read(BLOCKS)?.unwrap_or_default();
    let mut loaded = Loaded {
        birth,
        state,
        profiles: BTreeMap::new(),
        cells_version: 0,
        outbox: meta.read(OUTBOX)?.unwrap_or_default(),
        pending: Pending::default(),
        mentioned: if features.mentions { mentions::last(sql)? } else { Mentioned::default() },
        unwritten: BTreeSet::new(),
        reports: if features.reports { reports::open(sql)? } else { OpenReports::default() },
        reactions: features.reactions,
        hiding: meta.read(HIDING)?.unwrap_or_default(),
        threads: features.threads,
        previewed: features.previews,
        previews: meta.read(PREVIEWS)?.unwrap_or_default(),
        polled: features.polls,
        tellings: meta.read(SPACES)?.unwrap_or_default(),
        departures: meta.read(DEPARTURES)?.unwrap_or_default(),
    };
    if is_large(loaded.state.active_count()) {
        loaded.outbox.listeners = listeners::load(sql)?;
    }
    if features.everything {
        loaded.outbox.everything = everything::load(sql)?;
    }
    // No version is given twice, also where the cell that had it was forgotten.
    loaded.cells_version = loaded.hiding.version.max(loaded.outbox.cells);
    let untold = loaded.hiding.untold.iter().filter(|(_, version)| **version > loaded.outbox.cells);
    loaded.pending.readers.extend(untold.map(|(user, _)| *user));
    cells(sql, &mut loaded)?;
    if loaded.threads {
        places(sql, &mut loaded)?;
    }
    recent(sql, &mut loaded, meta.read(RECEIPTS_SEQ)?.unwrap_or(0))?;
    Ok(Some(loaded))
}

/// The rows of meta that waking reads, by one statement: each costs a fresh object its compilation.
struct Meta(BTreeMap<String, String>);

impl Meta {
    fn load(sql: &impl Sql) -> Result<Self, StoreError> {
        let names = [BIRTH, ABOUT, OUTBOX, RECEIPTS_SEQ, HIDING, WORDS, BLOCKS, PREVIEWS, SPACES, DEPARTURES];
        let statement = in_list("SELECT name, value FROM meta WHERE name IN (", "?", names.len(), ")");
        let rows = sql.exec(&statement, &names.map(Param::Text))?;
        rows.iter()
            .map(|row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned())))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, StoreError> {
        Ok(self.0.get(name).map(|value| serde_json::from_str(value)).transpose()?)
    }
}

/// What exists in a conversation at all: where it does not, nothing asks for it.
struct Features {
    mentions: bool,
    reactions: bool,
    threads: bool,
    bans: bool,
    reports: bool,
    previews: bool,
    everything: bool,
    polls: bool,
}

impl Features {
    fn load(sql: &impl Sql) -> Result<Self, StoreError> {
        let rows = sql.exec(
            "SELECT EXISTS (SELECT 1 FROM mentions), EXISTS (SELECT 1 FROM reactions), \
             EXISTS (SELECT 1 FROM threads) OR EXISTS (SELECT 1 FROM thread_places), \
             EXISTS (SELECT 1 FROM bans), EXISTS (SELECT 1 FROM reports WHERE open = 1), \
             EXISTS (SELECT 1 FROM previews), EXISTS (SELECT 1 FROM everything), \
             EXISTS (SELECT 1 FROM polls) OR EXISTS (SELECT 1 FROM vote_keys)",
            &[],
        )?;
        let row = rows.first().ok_or(StoreError::Shape)?;
        let has = |column| Ok::<_, StoreError>(row.integer(column)? == 1);
        Ok(Self {
            mentions: has(0)?,
            reactions: has(1)?,
            threads: has(2)?,
            bans: has(3)?,
            reports: has(4)?,
            previews: has(5)?,
            everything: has(6)?,
            polls: has(7)?,
        })
    }
}

fn frontier(sql: &impl Sql, size: u64) -> Result<Frontier, StoreError> {
    // At most one per bit of the size; they come in ascending order, as the rows do.
    let places = Frontier::places(size);
    let params: Vec<_> = places.iter().map(|(seq, _)| Param::Integer(*seq)).collect();
    let statement = in_list("SELECT tree FROM events WHERE seq IN (", "?", places.len(), ") ORDER BY seq");
    let mut hashes = Vec::new();
    for (row, (_, level)) in sql.exec(&statement, &params)?.iter().zip(&places) {
        hashes.push(merkle::at_level(row.blob(0)?, *level).ok_or(StoreError::Shape)?);
    }
    Frontier::restore(size, &hashes).ok_or(StoreError::Shape)
}

fn cells(sql: &impl Sql, loaded: &mut Loaded) -> Result<(), StoreError> {
    for row in sql.exec("SELECT value, version FROM cells", &[])? {
        let version = row.integer(1)?;
        let cell = serde_json::from_str::<Cell>(row.text(0)?)?;
        loaded.cells_version = loaded.cells_version.max(version);
        if !loaded.state.members.contains_key(&cell.user()) {
            // Of somebody forgotten, whose cell had not been told yet.
            continue;
        }
        if version > loaded.outbox.cells {
            // Written, and perhaps not told: the process may have died in between.
            loaded.pending.note_cell(&cell);
        }
        match cell {
            Cell::Receipt(Receipt { user, delivered, read, read_n }) => {
                loaded.state.receipts.advance(user, delivered, read, read_n);
            }
            Cell::Profile(profile) => {
                loaded.profiles.insert(profile.user, profile);
            }
            // In a table of their own.
            Cell::Thread(_) => {}
        }
    }
    Ok(())
}

/// Places in threads have their versions from the same counter. What they are is asked when somebody needs it.
fn places(sql: &impl Sql, loaded: &mut Loaded) -> Result<(), StoreError> {
    for (user, version) in threads::newest(sql)? {
        if version > loaded.outbox.cells {
            loaded.pending.readers.insert(user);
        }
        loaded.cells_version = loaded.cells_version.max(version);
    }
    Ok(())
}

/// Sending advances the sender's own cursor without a row; what was not written since is read from the events themselves.
fn recent(sql: &impl Sql, loaded: &mut Loaded, written: u64) -> Result<(), StoreError> {
    let written = written.min(loaded.outbox.cursor);
    let rows =
        sql.exec("SELECT envelope, content FROM events WHERE seq > ? ORDER BY seq", &[Param::Integer(written)])?;
    for row in rows {
        let envelope: Envelope = serde_json::from_str(row.text(0)?)?;
        let content = row.optional_text(1)?.map(serde_json::from_str::<Content>).transpose()?;
        let seq = envelope.seq;
        match (&envelope.kind, envelope.params.user) {
            (EventType::MessageCreated, _) if envelope.thread.is_none() => {
                moved(loaded, envelope.actor, seq, envelope.n)
            }
            (EventType::MemberJoined, Some(user)) => moved(loaded, user, seq, envelope.n),
            _ => {}
        }
        if seq > loaded.outbox.cursor {
            loaded.pending.note(&envelope, content.as_ref());
        }
    }
    Ok(())
}

fn moved(loaded: &mut Loaded, user: UserId, seq: u64, n: u64) {
    // Of those who went first nothing is remembered.
    let remembered = loaded.state.members.contains_key(&user);
    if remembered && loaded.state.receipts.advance(user, seq, seq, n) {
        loaded.unwritten.insert(user);
    }
}

/// What the log knows of keys, messages and reactions that a batch is about. Chunked to the platform's 100 parameters per statement.
///
/// # Errors
/// [`StoreError`].
pub fn known(sql: &impl Sql, lookups: &[Lookups]) -> Result<Known, StoreError> {
    let mut known = Known::default();
    for chunk in lookups.chunks(100) {
        let params: Vec<_> = chunk.iter().map(|lookups| Param::Blob(&lookups.command)).collect();
        let statement =
            in_list("SELECT command, seq, fingerprint FROM events WHERE command IN (", "?", chunk.len(), ")");
        for row in sql.exec(&statement, &params)? {
            let Some(command) = row.optional_array(0)? else { continue };
            known.priors.insert(command, Prior { seq: row.integer(1)?, fingerprint: row.optional_array(2)? });
        }
    }
    let targets: Vec<u64> = lookups.iter().flat_map(|lookups| [lookups.target, lookups.thread]).flatten().collect();
    for chunk in targets.chunks(100) {
        let params: Vec<_> = chunk.iter().map(|seq| Param::Integer(*seq)).collect();
        let statement = in_list(
            "SELECT seq, envelope, (SELECT MAX(version) FROM edits WHERE target = events.seq), \
             (SELECT seq FROM deletions WHERE target = events.seq), \
             (SELECT MAX(removed) FROM previews WHERE target = events.seq) FROM events WHERE seq IN (",
            "?",
            chunk.len(),
            ")",
        );
        for row in sql.exec(&statement, &params)? {
            let envelope: Envelope = serde_json::from_str(row.text(1)?)?;
            let target = Target {
                kind: envelope.kind,
                actor: envelope.actor,
                version: row.optional_integer(2)?.unwrap_or(1),
                deleted: row.optional_integer(3)?.is_some(),
                forwarded: envelope.params.forwarded,
                thread: envelope.thread,
                poll: envelope.params.poll,
                preview: match row.optional_integer(4)? {
                    None => Preview::None,
                    Some(0) => Preview::Shown,
                    Some(_) => Preview::Removed,
                },
            };
            known.targets.insert(row.integer(0)?, target);
        }
    }
    let roots: Vec<u64> = lookups.iter().filter_map(|lookups| lookups.thread).collect();
    known.threads.extend(threads::known(sql, &roots)?);
    let reacting: Vec<_> = lookups.iter().filter_map(|lookups| lookups.target.zip(lookups.reactor)).collect();
    if !reacting.is_empty() {
        known.reactions = reactions::known(sql, &reacting)?;
    }
    let voting: Vec<_> = lookups.iter().filter(|lookups| lookups.voter.is_some()).copied().collect();
    if !voting.is_empty() {
        polls::known(sql, &voting, &mut known)?;
    }
    let joining: Vec<_> = lookups.iter().filter_map(|lookups| lookups.invite).collect();
    known.invites = invites::known(sql, &joining)?;
    Ok(known)
}

/// The word list as it was written; empty where there is none.
///
/// # Errors
/// [`StoreError`].
pub fn words(sql: &impl Sql) -> Result<Words, StoreError> {
    Ok(meta(sql, WORDS)?.unwrap_or_default())
}

pub(super) fn in_list(before: &str, mark: &str, count: usize, after: &str) -> String {
    let marks = vec![mark; count].join(",");
    format!("{before}{marks}{after}")
}

/// Rows of pairs of an event and a user, in chunks to the platform's 100 parameters per statement; `before` ends where the pairs begin: `… WHERE (seq, user) IN (VALUES `.
pub(super) fn rows_of_pairs(sql: &impl Sql, before: &str, pairs: &[(u64, UserId)]) -> Result<Vec<Row>, StoreError> {
    let mut found = Vec::new();
    for chunk in pairs.chunks(50) {
        let params: Vec<Param<'_>> =
            chunk.iter().flat_map(|(seq, user)| [Param::Integer(*seq), Param::Text(user.as_str())]).collect();
        found.extend(sql.exec(&in_list(before, "(?,?)", chunk.len(), ")"), &params)?);
    }
    Ok(found)
}

pub(super) fn meta<T: DeserializeOwned>(sql: &impl Sql, name: &str) -> Result<Option<T>, StoreError> {
    match sql.exec("SELECT value FROM meta WHERE name = ?", &[Param::Text(name)])?.first() {
        Some(row) => Ok(Some(serde_json::from_str(row.text(0)?)?)),
        None => Ok(None),
    }
}

pub(super) fn user(text: &str) -> Result<UserId, StoreError> {
    UserId::parse(text).map_err(|_| StoreError::Shape)
}
