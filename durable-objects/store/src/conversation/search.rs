//! The index of a conversation's texts, and pages of hits.
//!
//! Full chunks of the log enter the index (SQLite's FTS5) when somebody searches them for the first time, newest first: a conversation that nobody
//! searches has no index, and no message costs a row more when it is sent. What is younger than the last full chunk is read as it stands. Chunks
//! that are in the index stay true: an edit or a deletion changes the index in its own commit.
//!
//! The index keeps terms and numbers of messages, no texts and no positions. It proposes; the stored text decides. With `secure-delete` what is
//! taken out is gone from its pages.

use quipu_core::search::terms::TERMS_V;
use quipu_core::search::{Document, Plan};
use quipu_core::visibility::{Run, Visibility};
use quipu_schema::content::Content;
use quipu_schema::envelope::Envelope;
use quipu_schema::event::write_item;
use quipu_schema::limits;
use serde::{Deserialize, Serialize};

use super::SEARCH;
use super::commit::put;
use super::load::meta;
use crate::sql::{Param, Row, Sql, StoreError};

/// Messages in one INSERT: two parameters each, 100 at most.
const ROWS_PER_INSERT: usize = 50;

/// What the index holds. One row, written when a chunk enters.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Filled {
    /// The version of its terms.
    v: u32,
    /// Events in a chunk.
    size: u64,
    /// Chunks in it: first and last of each stretch, ascending.
    chunks: Vec<(u64, u64)>,
}

impl Filled {
    /// The chunk of an event.
    fn chunk_of(&self, seq: u64) -> u64 {
        seq.saturating_sub(1) / self.size
    }

    /// First and last seq of a chunk.
    fn events_of(&self, chunk: u64) -> (u64, u64) {
        (chunk * self.size + 1, (chunk + 1) * self.size)
    }

    /// The first chunk of the stretch that holds this one.
    fn stretch_of(&self, chunk: u64) -> Option<u64> {
        self.chunks.iter().find(|(first, last)| (*first..=*last).contains(&chunk)).map(|(first, _)| *first)
    }

    fn add(&mut self, chunk: u64) {
        self.chunks.push((chunk, chunk));
        self.chunks.sort_unstable();
        let mut merged: Vec<(u64, u64)> = Vec::new();
        for (first, last) in std::mem::take(&mut self.chunks) {
            match merged.last_mut() {
                Some(before) if first <= before.1 + 1 => before.1 = before.1.max(last),
                _ => merged.push((first, last)),
            }
        }
        self.chunks = merged;
    }
}

/// What is in the index; `None` where there is none, or one of another version.
fn filled(sql: &impl Sql) -> Result<Option<Filled>, StoreError> {
    Ok(meta::<Filled>(sql, SEARCH)?.filter(|filled| filled.v == TERMS_V))
}

/// The same, where chunks have so many events; nothing is in an index of other chunks.
fn filled_by(sql: &impl Sql, size: u64) -> Result<Filled, StoreError> {
    let size = size.max(1);
    let filled = filled(sql)?.filter(|filled| filled.size == size);
    Ok(filled.unwrap_or(Filled { v: TERMS_V, size, chunks: Vec::new() }))
}

/// A message with its newest text.
struct Candidate {
    envelope: Envelope,
    content: Content,
    /// What of it is looked at, where that is not a text as it stands.
    poll: Option<String>,
    /// The edit that the text is from.
    edit: Option<u64>,
}

/// Columns of a candidate from `events m`: its newest version is that of its last edit.
macro_rules! candidate {
    () => {
        "SELECT m.envelope, COALESCE(v.content, m.content), v.seq FROM events m LEFT JOIN events v ON v.seq = \
         (SELECT d.seq FROM edits d WHERE d.target = m.seq ORDER BY d.version DESC LIMIT 1) "
    };
}

/// Messages of a range that still have a text, newest first.
const IN_RANGE: &str = concat!(
    candidate!(),
    "WHERE m.seq BETWEEN ? AND ? AND m.content IS NOT NULL AND json_extract(m.envelope, '$.type') = 'message.created' ORDER BY m.seq DESC"
);

/// What the index proposes of a range, newest first.
const PROPOSED: &str = concat!(
    candidate!(),
    "WHERE m.seq IN (SELECT rowid FROM search WHERE search MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid DESC LIMIT ?) ORDER BY m.seq DESC"
);

impl Candidate {
    /// `None` for a message without a text.
    fn of(row: &Row) -> Result<Option<Self>, StoreError> {
        let Some(content) = row.optional_text(1)? else { return Ok(None) };
        let content = serde_json::from_str(content)?;
        let poll = match &content {
            Content::Poll(poll) => Some(poll.text()),
            _ => None,
        };
        Ok(Some(Self { envelope: serde_json::from_str(row.text(0)?)?, content, poll, edit: row.optional_integer(2)? }))
    }

    fn document(&self) -> Option<Document<'_>> {
        let actor = self.envelope.actor;
        match (&self.content, &self.poll) {
            (Content::Text(text), _) => Some(Document { actor, mentions: &text.mentions, text: &text.text }),
            (_, Some(text)) => Some(Document { actor, mentions: &[], text }),
            _ => None,
        }
    }
}

/// Puts a full chunk of so many events into the index, making the index where there is none. A chunk that is in it changes nothing.
///
/// # Errors
/// [`StoreError`]; nothing of the chunk is in the index then.
pub fn fill(sql: &impl Sql, chunk: u64, chunk_events: u64) -> Result<(), StoreError> {
    let mut filled = filled_by(sql, chunk_events)?;
    if filled.stretch_of(chunk).is_some() {
        return Ok(());
    }
    let (from, to) = filled.events_of(chunk);
    let mut documents = Vec::new();
    for row in sql.exec(IN_RANGE, &[Param::Integer(from), Param::Integer(to)])? {
        if let Some(candidate) = Candidate::of(&row)?
            && let Some(document) = candidate.document()
        {
            documents.push((candidate.envelope.seq, document.terms()));
        }
    }
    sql.transaction(&mut || {
        if filled.chunks.is_empty() {
            create(sql)?;
        }
        for documents in documents.chunks(ROWS_PER_INSERT) {
            let values = vec!["(?,?)"; documents.len()].join(",");
            let params: Vec<Param<'_>> =
                documents.iter().flat_map(|(seq, terms)| [Param::Integer(*seq), Param::Text(terms)]).collect();
            sql.run(&format!("INSERT INTO search (rowid, terms) VALUES {values}"), &params)?;
        }
        filled.add(chunk);
        put(sql, SEARCH, &filled)
    })
}

fn create(sql: &impl Sql) -> Result<(), StoreError> {
    for statement in [
        // What an earlier version left.
        "DROP TABLE IF EXISTS search",
        // No texts, no lengths, no positions: they would be most of it. The tokenizer parts terms at spaces; folding is ours.
        "CREATE VIRTUAL TABLE search USING fts5(terms, content='', columnsize=0, detail='none', tokenize='ascii')",
        "INSERT INTO search (search, rank) VALUES ('secure-delete', 1)",
    ] {
        sql.run(statement, &[])?;
    }
    Ok(())
}

/// Drops the index; searches make it anew.
///
/// # Errors
/// [`StoreError`].
pub(super) fn forget(sql: &impl Sql) -> Result<(), StoreError> {
    sql.run("DROP TABLE IF EXISTS search", &[])?;
    sql.run("DELETE FROM meta WHERE name = ?", &[Param::Text(SEARCH)])
}

/// The terms that the index holds of a message; `None` where it holds none. To be asked before an edit or a deletion is stored.
pub(super) fn held(sql: &impl Sql, target: u64) -> Result<Option<String>, StoreError> {
    if filled(sql)?.is_none_or(|filled| filled.stretch_of(filled.chunk_of(target)).is_none()) {
        return Ok(None);
    }
    let rows = sql.exec(IN_RANGE, &[Param::Integer(target), Param::Integer(target)])?;
    let candidate = rows.first().map(Candidate::of).transpose()?.flatten();
    Ok(candidate.and_then(|candidate| Some(candidate.document()?.terms())))
}

/// Makes the index true again after a message was edited or deleted. `held` is what [`held()`] said before.
pub(super) fn replace(sql: &impl Sql, target: u64, held_before: Option<&str>) -> Result<(), StoreError> {
    let Some(before) = held_before else { return Ok(()) };
    let now = held(sql, target)?;
    if now.as_deref() == Some(before) {
        return Ok(());
    }
    // An index without texts must be told what it forgets.
    let statement = "INSERT INTO search (search, rowid, terms) VALUES ('delete', ?, ?)";
    sql.run(statement, &[Param::Integer(target), Param::Text(before)])?;
    match now {
        Some(terms) => {
            sql.run("INSERT INTO search (rowid, terms) VALUES (?, ?)", &[Param::Integer(target), Param::Text(&terms)])
        }
        None => Ok(()),
    }
}

/// Where and what a page looks for.
#[derive(Debug, Clone, Copy)]
pub struct Search<'a> {
    /// The query.
    pub plan: &'a Plan,
    /// What the reader may see.
    pub visible: &'a Visibility,
    /// Hits below this seq.
    pub before: u64,
    /// The last event.
    pub head: u64,
    /// At most so many hits …
    pub limit: usize,
    /// … and about so many bytes of them; at least one.
    pub bytes: usize,
    /// Unix milliseconds.
    pub now: u64,
    /// Events in a chunk of the index.
    pub chunk_events: u64,
}

/// A page of hits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hits {
    /// Hits as JSON, newest first.
    pub hits: Vec<Hit>,
    /// Every message from this seq on was looked at: the next page is of what lies below. 0 at the end.
    pub looked_from: u64,
    /// The page ended at this chunk, which is not in the index yet.
    pub missing: Option<u64>,
}

/// One hit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The message.
    pub seq: u64,
    /// When it was sent, Unix milliseconds.
    pub at: u64,
    /// The hit, as JSON.
    pub json: String,
}

/// Hits below a seq, newest first. Ends at a chunk that must enter the index first, and after having looked at [`limits::SEARCH_CANDIDATES`] messages.
///
/// # Errors
/// [`StoreError`].
pub fn page(sql: &impl Sql, search: &Search<'_>) -> Result<Hits, StoreError> {
    let mut page = Hits { looked_from: search.before.min(search.head + 1), ..Hits::default() };
    let last = page.looked_from.saturating_sub(1);
    let from = match search.plan.after {
        Some(at) => first_at(sql, at, search.head)?,
        None => 1,
    };
    let to = match search.plan.before {
        Some(at) => first_at(sql, at, search.head)?.saturating_sub(1).min(last),
        None => last,
    };
    let runs: Vec<Run> = search.visible.stays(from, to).into_iter().filter(|run| run.visible).collect();
    if !search.plan.is_vain() && !runs.is_empty() {
        let mut walk = Walk {
            sql,
            search,
            filled: filled_by(sql, search.chunk_events)?,
            query: search.plan.index_query(),
            looked_at: 0,
            bytes: 0,
        };
        for run in runs.into_iter().rev() {
            if !walk.run(run, &mut page)? {
                return Ok(page);
            }
        }
    }
    page.looked_from = 0;
    Ok(page)
}

/// One page under way.
struct Walk<'a, S> {
    sql: &'a S,
    search: &'a Search<'a>,
    filled: Filled,
    query: String,
    looked_at: usize,
    bytes: usize,
}

impl<S: Sql> Walk<'_, S> {
    /// Looks through a run, newest first. False: the page ends here.
    fn run(&mut self, run: Run, page: &mut Hits) -> Result<bool, StoreError> {
        let mut to = run.to;
        while to >= run.from {
            if self.looked_at >= limits::SEARCH_CANDIDATES {
                return Ok(false);
            }
            let chunk = self.filled.chunk_of(to);
            let full = self.filled.events_of(chunk).1 <= self.search.head;
            let (from, rows, all) = match self.filled.stretch_of(chunk).filter(|_| full) {
                Some(first) => {
                    let from = self.filled.events_of(first).0.max(run.from);
                    let most = limits::SEARCH_CANDIDATES_AT_ONCE;
                    let rows = self.sql.exec(
                        PROPOSED,
                        &[Param::Text(&self.query), Param::Integer(from), Param::Integer(to), integer(most)],
                    )?;
                    let all = rows.len() < most;
                    (from, rows, all)
                }
                None if full => {
                    page.missing = Some(chunk);
                    return Ok(false);
                }
                None => {
                    let from = self.filled.events_of(chunk).0.max(run.from);
                    (from, self.sql.exec(IN_RANGE, &[Param::Integer(from), Param::Integer(to)])?, true)
                }
            };
            self.looked_at += rows.len();
            for row in &rows {
                let Some(candidate) = Candidate::of(row)? else { continue };
                let seq = candidate.envelope.seq;
                if let Some(hit) = self.hit(&candidate)? {
                    if page.hits.len() >= self.search.limit
                        || (self.bytes > 0 && self.bytes + hit.json.len() > self.search.bytes)
                    {
                        return Ok(false);
                    }
                    self.bytes += hit.json.len();
                    page.hits.push(hit);
                }
                page.looked_from = seq;
                to = seq - 1;
            }
            if all {
                page.looked_from = from;
                to = from - 1;
            }
        }
        Ok(true)
    }

    /// A candidate's hit: its newest text must match, and the reader must be allowed to see it. An old version is never a hit.
    fn hit(&self, candidate: &Candidate) -> Result<Option<Hit>, StoreError> {
        let Candidate { envelope, edit, .. } = candidate;
        let shown = self.search.visible.shows(envelope.seq) && edit.is_none_or(|edit| self.search.visible.shows(edit));
        if !shown || envelope.expires_at.is_some_and(|at| at <= self.search.now) {
            return Ok(None);
        }
        let Some(document) = candidate.document() else { return Ok(None) };
        let Some(marks) = self.search.plan.matches(&document, envelope.at) else { return Ok(None) };
        let mut json = "{\"message\":".to_owned();
        self.item(&mut json, envelope.seq)?;
        if let Some(edit) = edit {
            json.push_str(",\"edit\":");
            self.item(&mut json, *edit)?;
        }
        json.push_str(",\"marks\":");
        json.push_str(&serde_json::to_string(&marks)?);
        json.push('}');
        Ok(Some(Hit { seq: envelope.seq, at: envelope.at, json }))
    }

    fn item(&self, json: &mut String, seq: u64) -> Result<(), StoreError> {
        let rows = self.sql.exec("SELECT envelope, content, salt FROM events WHERE seq = ?", &[Param::Integer(seq)])?;
        let row = rows.first().ok_or(StoreError::Shape)?;
        write_item(json, row.text(0)?, row.optional_text(1)?, row.optional_text(2)?);
        Ok(())
    }
}

/// The first event at a moment or later; the one after the head where there is none. Times never go back along the log.
///
/// # Errors
/// [`StoreError`].
pub fn first_at(sql: &impl Sql, at: u64, head: u64) -> Result<u64, StoreError> {
    let (mut low, mut high) = (1, head + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        if time_of(sql, middle)? < at {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// When an event came, Unix milliseconds.
///
/// # Errors
/// [`StoreError`], also where there is no such event.
pub fn time_of(sql: &impl Sql, seq: u64) -> Result<u64, StoreError> {
    let rows = sql.exec("SELECT json_extract(envelope, '$.at') FROM events WHERE seq = ?", &[Param::Integer(seq)])?;
    rows.first().ok_or(StoreError::Shape)?.integer(0)
}

fn integer(value: usize) -> Param<'static> {
    Param::Integer(u64::try_from(value).unwrap_or(u64::MAX).min(u64::from(u32::MAX)))
}
