//! SQLite on a disk that forgets: what was written since the last sync may be lost by a crash, from the end backwards.

use std::cell::Cell;
use std::collections::VecDeque;

use quipu_store::sql::{Joined, Param, Row, Sql, StoreError, Value};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, MAIN_DB};

/// The storage of one object: its database, and its alarm, which is stored with it.
pub struct Disk {
    connection: Connection,
    /// When the platform wakes the object.
    alarm: Option<u64>,
    durable: Snapshot,
    unsynced: VecDeque<Snapshot>,
    commits: u64,
    dirty: Cell<bool>,
    fail_in: Cell<Option<u64>>,
    fail_reads: Cell<bool>,
}

#[derive(Default)]
struct Snapshot {
    commit: u64,
    bytes: Vec<u8>,
    alarm: Option<u64>,
}

fn failed(error: rusqlite::Error) -> StoreError {
    StoreError::of_sqlite(error.to_string())
}

impl Disk {
    /// An empty disk.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn new() -> Result<Self, StoreError> {
        Ok(Self {
            connection: Connection::open_in_memory().map_err(failed)?,
            alarm: None,
            durable: Snapshot::default(),
            unsynced: VecDeque::new(),
            commits: 0,
            dirty: Cell::new(false),
            fail_in: Cell::new(None),
            fail_reads: Cell::new(false),
        })
    }

    /// When the platform wakes the object.
    pub const fn alarm(&self) -> Option<u64> {
        self.alarm
    }

    /// Arms or disarms the alarm: a write like any other.
    pub fn set_alarm(&mut self, at: Option<u64>) {
        self.alarm = at;
        self.dirty.set(true);
    }

    /// The commit that what is sent now must wait for; `None` when all is durable.
    pub fn gate(&self) -> Option<u64> {
        if self.dirty.get() { Some(self.commits + 1) } else { (!self.unsynced.is_empty()).then_some(self.commits) }
    }

    /// Ends a turn: what it wrote is one commit. Returns its number if it wrote anything.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn end_turn(&mut self) -> Result<Option<u64>, StoreError> {
        if !self.dirty.replace(false) {
            return Ok(None);
        }
        self.commits += 1;
        let bytes = self.connection.serialize(MAIN_DB).map_err(failed)?.to_vec();
        self.unsynced.push_back(Snapshot { commit: self.commits, bytes, alarm: self.alarm });
        Ok(Some(self.commits))
    }

    /// Everything up to this commit is durable.
    pub fn synced(&mut self, commit: u64) {
        while self.unsynced.front().is_some_and(|snapshot| snapshot.commit <= commit) {
            self.durable = self.unsynced.pop_front().unwrap_or_default();
        }
    }

    /// How many commits a crash may lose.
    pub fn at_risk(&self) -> usize {
        self.unsynced.len()
    }

    /// The process dies: the last `lost` commits are gone, those before were lucky.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn crash(&mut self, lost: usize) -> Result<(), StoreError> {
        let keep = self.unsynced.len().saturating_sub(lost);
        if let Some(lucky) = self.unsynced.drain(..keep).next_back() {
            self.durable = lucky;
        }
        self.unsynced.clear();
        self.connection = Connection::open_in_memory().map_err(failed)?;
        let bytes = self.durable.bytes.as_slice();
        if !bytes.is_empty() {
            self.connection.deserialize_read_exact(MAIN_DB, bytes, bytes.len(), false).map_err(failed)?;
        }
        self.alarm = self.durable.alarm;
        self.dirty.set(false);
        self.fail_in.set(None);
        Ok(())
    }

    /// Lets every read fail, or heals.
    pub fn fail_reads(&self, fail: bool) {
        self.fail_reads.set(fail);
    }

    /// Lets a write fail, after so many others; `None` heals.
    pub fn fail_in(&self, writes: Option<u64>) {
        self.fail_in.set(writes);
    }
}

impl Sql for Disk {
    type Text = String;

    fn join(&self, statement: &str, params: &[Param<'_>]) -> Result<Joined<String>, StoreError> {
        Joined::of(&self.exec(statement, params)?)
    }

    fn exec(&self, statement: &str, params: &[Param<'_>]) -> Result<Vec<Row>, StoreError> {
        let mut prepared = self.connection.prepare_cached(statement).map_err(failed)?;
        if !prepared.readonly() {
            match self.fail_in.get() {
                Some(0) => return Err(StoreError::Sqlite("the disk is full".to_owned())),
                left => self.fail_in.set(left.map(|left| left - 1)),
            }
            self.dirty.set(true);
        } else if self.fail_reads.get() {
            return Err(StoreError::Sqlite("the disk does not answer".to_owned()));
        }
        let columns = prepared.column_count();
        let mut rows = prepared.query(rusqlite::params_from_iter(params)).map_err(failed)?;
        let mut out = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            let values = (0..columns).map(|column| value(row.get_ref(column).map_err(failed)?));
            out.push(Row(values.collect::<Result<_, _>>()?));
        }
        Ok(out)
    }

    fn transaction(&self, work: &mut dyn FnMut() -> Result<(), StoreError>) -> Result<(), StoreError> {
        self.connection.execute_batch("SAVEPOINT work").map_err(failed)?;
        let result = work();
        let end = if result.is_ok() { "RELEASE work" } else { "ROLLBACK TO work; RELEASE work" };
        self.connection.execute_batch(end).map_err(failed)?;
        result
    }
}

fn value(value: ValueRef<'_>) -> Result<Value, StoreError> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(value) => Value::Integer(u64::try_from(value).map_err(|_| StoreError::Shape)?),
        ValueRef::Text(text) => Value::Text(std::str::from_utf8(text).map_err(|_| StoreError::Shape)?.to_owned()),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
        ValueRef::Real(_) => return Err(StoreError::Shape),
    })
}
