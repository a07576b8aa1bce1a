//! What the object keeps in memory, and how it wakes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use quipu_core::hidden::Hiding;
use quipu_core::mentions::Mentioned;
use quipu_core::outbox::{Outbox, Pending};
use quipu_core::reports::OpenReports;
use quipu_core::state::State;
use quipu_schema::ids::{Epoch, UserId};
use quipu_schema::socket::{Cell, Receipt};
use quipu_store::conversation::Birth;
use quipu_store::conversation::commit::CellWrite;
use quipu_store::conversation::load::load;
use quipu_store::migrations::{CONVERSATION, migrate};
use quipu_store::sql::Sql;

use super::{Answer, Position};
use crate::Bug;
use crate::world::World;

/// What is kept in memory: a cache of what is on disk.
pub(super) struct Live {
    pub birth: Birth,
    pub state: State,
    pub cells_version: u64,
    pub unwritten: BTreeSet<UserId>,
    pub outbox: Outbox,
    pub pending: Pending,
    /// The last message that mentioned each member.
    pub mentioned: Mentioned,
    /// Whether there are threads.
    pub threads: bool,
    /// What members deleted for themselves.
    pub hiding: Hiding,
    /// Reports that are open.
    pub reports: OpenReports,
    pub connections: BTreeMap<u64, Connection>,
    pub unborn: bool,
}

pub(super) struct Connection {
    pub user: UserId,
    pub sent: u64,
    pub frames: VecDeque<(u64, usize)>,
    pub unacknowledged: usize,
}

impl Connection {
    pub fn new(user: UserId, sent: u64) -> Self {
        Self { user, sent, frames: VecDeque::new(), unacknowledged: 0 }
    }

    pub fn acknowledged(&mut self, seq: u64) {
        while let Some((_, bytes)) = self.frames.front().copied().filter(|(last, _)| *last <= seq) {
            self.frames.pop_front();
            self.unacknowledged = self.unacknowledged.saturating_sub(bytes);
        }
    }
}

impl Live {
    /// When accounts must be told something or cursors written; `None` never.
    pub fn news_at(&self) -> Option<u64> {
        if self.unwritten.is_empty() {
            self.outbox.due_at(self.state.seq, self.state.active_count(), &self.pending)
        } else {
            Some(0)
        }
    }

    pub fn next_cell(&mut self, receipt: Receipt) -> CellWrite {
        self.cells_version += 1;
        CellWrite { cell: Cell::Receipt(receipt), version: self.cells_version }
    }
}

impl World {
    /// Reads what is on disk; `None` when the conversation was never created.
    pub(super) fn load(&mut self) -> Answer<Option<Live>> {
        if self.disk.exec("SELECT 1 FROM sqlite_master WHERE name = 'events'", &[])?.is_empty() {
            return Ok(None);
        }
        migrate(&self.disk, CONVERSATION)?;
        let Some(loaded) = load(&self.disk)? else { return Ok(None) };
        self.counted.wakings += 1;
        if let Some(armed) = self.disk.alarm() {
            let recall = self.object.alarm.recall();
            if let Some(at) = self.object.alarm.recalled(recall, armed) {
                self.disk.set_alarm(Some(at));
            }
        }
        let mut connections = BTreeMap::new();
        for (id, socket) in &self.sockets {
            let sent = match socket.position {
                Position::Live => loaded.state.seq,
                Position::Behind(seq) => seq,
                Position::Silent => 0,
            };
            connections.insert(*id, Connection::new(self.user_of(socket.client), sent));
        }
        let mut live = Live {
            birth: loaded.birth,
            state: loaded.state,
            cells_version: loaded.cells_version,
            unwritten: loaded.unwritten,
            outbox: loaded.outbox,
            pending: loaded.pending,
            mentioned: loaded.mentioned,
            threads: loaded.threads,
            hiding: loaded.hiding,
            reports: loaded.reports,
            connections,
            unborn: false,
        };
        if self.has(Bug::ReceiptsForgotten) {
            live.unwritten.clear();
        }
        if self.has(Bug::ReadersForgotten) {
            live.pending.readers.clear();
        }
        Ok(Some(live))
    }

    pub(super) fn unborn(&mut self) -> Live {
        let (a, b) = (self.random.bytes(), self.random.bytes());
        let mut secret = [0; 32];
        for (to, from) in secret.iter_mut().zip(a.into_iter().chain(b)) {
            *to = from;
        }
        let epoch = Epoch::from_bits(self.random.bits());
        let birth = Birth { conv: self.conv, app: "sim".into(), epoch, fingerprint_secret: Birth::hex(secret) };
        Live {
            state: State::new(self.conv, epoch),
            birth,
            cells_version: 0,
            unwritten: BTreeSet::new(),
            outbox: Outbox::default(),
            pending: Pending::default(),
            mentioned: Mentioned::default(),
            threads: false,
            hiding: Hiding::default(),
            reports: OpenReports::default(),
            connections: BTreeMap::new(),
            unborn: true,
        }
    }
}
