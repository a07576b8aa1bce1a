//! What a Conversation object keeps in memory: a cache of what is on disk, and its connections.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use quipu_core::directory;
use quipu_core::hidden::Hiding;
use quipu_core::mentions::Mentioned;
use quipu_core::outbox::{Outbox, Pending};
use quipu_core::previews::Previews;
use quipu_core::rate::{Limiter, Rates};
use quipu_core::reports::OpenReports;
use quipu_core::spaces::{self, Departures, Tellings};
use quipu_core::state::State;
use quipu_core::visibility::Visibility;
use quipu_schema::http;
use quipu_schema::ids::{ConversationId, ConversationKind, Epoch, UserId};
use quipu_schema::inbox::LastLine;
use quipu_schema::problem::{Code, Rejection};
use quipu_schema::socket::{Cell, Profile};
use quipu_store::conversation::commit::CellWrite;
use quipu_store::conversation::load::load;
use quipu_store::conversation::{Birth, hidden};
use quipu_store::migrations::{CONVERSATION, migrate};
use quipu_store::sql::{Sql, StoreError};

use super::connections::Connections;
use crate::platform::Random;
use crate::sql::ObjectSql;

/// What waits for a member in threads that they follow.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct UnreadThreads {
    /// Threads with unread replies.
    pub threads: u64,
    /// Unread replies that mention the member …
    pub mentions: u64,
    /// … and the last of them.
    pub mentioned: u64,
}

/// The memory.
pub(super) struct Live {
    pub birth: Birth,
    pub secret: [u8; 32],
    pub state: State,
    pub profiles: BTreeMap<UserId, Profile>,
    pub cells_version: u64,
    /// Members whose delivered or own read cursor moved since it was last written; written with the outbox.
    pub unwritten: BTreeSet<UserId>,
    /// Members whose delivered cursor moved and who have not been told of.
    pub delivered: BTreeSet<UserId>,
    pub outbox: Outbox,
    pub pending: Pending,
    /// Whether the directory of public channels may have to be told something: asked only after events that concern it.
    pub listing_stale: bool,
    /// What spaces were told, and whether there may be more: asked only after events that concern them.
    pub tellings: Tellings,
    pub tellings_stale: bool,
    /// Of a space: which channels were told of departures, and up to where that is on disk.
    pub departures: Departures,
    pub departures_kept: u64,
    /// The last message that mentioned each member.
    pub mentioned: Mentioned,
    pub limiter: Limiter,
    pub connections: Connections,
    pub random: Random,
    /// Reports that are open.
    pub reports: OpenReports,
    /// Whether any message has, or had, reactions: pages of other conversations ask for none.
    pub reactions: bool,
    /// What is known of what members deleted for themselves.
    pub hiding: Hiding,
    /// Whether there are threads: pages and rounds of other conversations ask for none.
    pub threads: bool,
    /// What waits for members in threads that they follow, as far as it was counted and has not changed since.
    pub unread_threads: BTreeMap<UserId, UnreadThreads>,
    /// Whether any message has, or had, a preview: pages of other conversations ask for none.
    pub previewed: bool,
    /// Which links are still to be looked at.
    pub previews: Previews,
    /// Whether anybody voted in a poll, or one was closed: until then no key can have voted.
    pub polled: bool,
    /// Whether these were left by an earlier life of this object.
    pub previews_left: bool,
    /// The log exists in memory only so far: the first commit writes the tables and the birth.
    pub unborn: bool,
}

impl Live {
    /// Reads what is on disk; `None` when the conversation was never created. Writes nothing then: an unknown id leaves no trace.
    pub fn load(
        sql: &ObjectSql,
        object: &worker::durable::State,
        rates: Rates,
        now: u64,
    ) -> Result<Option<Self>, StoreError> {
        if sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'events'", &[])?.is_empty() {
            return Ok(None);
        }
        migrate(sql, CONVERSATION)?;
        let Some(loaded) = load(sql)? else { return Ok(None) };
        let connections = Connections::enumerate(object, loaded.state.seq);
        Ok(Some(Self {
            secret: loaded.birth.secret(),
            birth: loaded.birth,
            listing_stale: directory::is_public(&loaded.state) || loaded.outbox.listed.is_some(),
            state: loaded.state,
            profiles: loaded.profiles,
            cells_version: loaded.cells_version,
            unwritten: loaded.unwritten,
            delivered: BTreeSet::new(),
            outbox: loaded.outbox,
            tellings_stale: !loaded.tellings.is_empty(),
            tellings: loaded.tellings,
            departures_kept: loaded.departures.cursor,
            departures: loaded.departures,
            pending: loaded.pending,
            mentioned: loaded.mentioned,
            limiter: Limiter::new(rates, now),
            connections,
            random: Random::default(),
            reports: loaded.reports,
            reactions: loaded.reactions,
            hiding: loaded.hiding,
            threads: loaded.threads,
            previewed: loaded.previewed,
            polled: loaded.polled,
            previews_left: !loaded.previews.due.is_empty(),
            previews: loaded.previews,
            unread_threads: BTreeMap::new(),
            unborn: false,
        }))
    }

    /// A conversation about to be created.
    pub fn unborn(conv: ConversationId, app: &str, rates: Rates, now: u64) -> Self {
        let mut random = Random::default();
        let mut secret = [0; 32];
        for (to, from) in secret.iter_mut().zip(random.next16().into_iter().chain(random.next16())) {
            *to = from;
        }
        let mut bits = [0; 8];
        for (to, from) in bits.iter_mut().zip(random.next16()) {
            *to = from;
        }
        let epoch = Epoch::from_bits(u64::from_be_bytes(bits));
        Self {
            birth: Birth { conv, app: app.to_owned(), epoch, fingerprint_secret: Birth::hex(secret) },
            secret,
            state: State::new(conv, epoch),
            profiles: BTreeMap::new(),
            cells_version: 0,
            unwritten: BTreeSet::new(),
            delivered: BTreeSet::new(),
            outbox: Outbox::default(),
            pending: Pending::default(),
            listing_stale: false,
            tellings: Tellings::default(),
            tellings_stale: false,
            departures: Departures::default(),
            departures_kept: 0,
            mentioned: Mentioned::default(),
            limiter: Limiter::new(rates, now),
            connections: Connections::default(),
            random,
            reports: OpenReports::default(),
            reactions: false,
            hiding: Hiding::default(),
            threads: false,
            previewed: false,
            previews: Previews::default(),
            polled: false,
            previews_left: false,
            unread_threads: BTreeMap::new(),
            unborn: true,
        }
    }

    /// When accounts must be told something or cursors written, Unix milliseconds; 0 at once, `None` never.
    pub fn news_at(&self) -> Option<u64> {
        if self.unwritten.is_empty() {
            self.outbox.due_at(self.state.seq, self.state.active_count(), &self.pending)
        } else {
            Some(0)
        }
    }

    /// When the directory must be told something, Unix milliseconds; 0 at once, `None` never.
    pub fn listing_at(&mut self) -> Option<u64> {
        if !self.listing_stale {
            return None;
        }
        let due = directory::due_at(self.outbox.listed.as_ref(), &self.state);
        self.listing_stale = due.is_some();
        due
    }

    /// Which space must be told something, and when, Unix milliseconds; 0 at once.
    pub fn telling_at(&mut self) -> Option<(u64, ConversationId)> {
        if !self.tellings_stale {
            return None;
        }
        let due = spaces::due(&self.tellings, &self.state);
        self.tellings_stale = due.is_some();
        due
    }

    /// Whose names inbox entries show: both ends of a direct conversation, and who caused the last line.
    pub fn shown(&self, last: Option<&LastLine>) -> BTreeSet<UserId> {
        let direct = self.state.conv.kind() == ConversationKind::Direct;
        let ends = self.state.members.keys().filter(|_| direct).copied();
        ends.chain(last.map(|last| last.actor)).collect()
    }

    /// Whether a user may see anything here.
    pub fn must_be_member(&self, user: UserId) -> Result<(), Rejection> {
        if self.state.about.is_none() {
            return Err(Code::ConversationNotFound.into());
        }
        self.state.member(&user).map(drop).ok_or_else(|| Code::NotAMember.into())
    }

    /// The profile as shown: empty where none is known.
    pub fn profile(&self, user: UserId) -> Profile {
        self.profiles.get(&user).cloned().unwrap_or(Profile::unknown(user))
    }

    /// A member as shown.
    pub fn member(&self, user: UserId) -> Option<http::Member> {
        let member = self.state.member(&user)?;
        Some(http::Member {
            user,
            role: member.role,
            joined: member.joined,
            subject: member.subject.clone(),
            profile: self.profile(user),
            receipt: self.state.receipts.of(user),
            muted_until: member.muted_until,
        })
    }

    /// What a member sees now. Where nobody deleted anything for themselves nothing is read.
    pub fn sight(&self, sql: &ObjectSql, user: UserId) -> Result<Cow<'_, Visibility>, Rejection> {
        let visible = &self.state.member(&user).ok_or(Code::NotAMember)?.visible;
        Ok(if self.hiding.version == 0 {
            Cow::Borrowed(visible)
        } else {
            Cow::Owned(hidden::sight(sql, visible, user)?)
        })
    }

    /// The conversation as one member sees it.
    pub fn resource(&self, sql: &ObjectSql, user: UserId) -> Result<http::Conversation, Rejection> {
        let state = &self.state;
        let about = state.about.as_ref().ok_or(Code::ConversationNotFound)?;
        let member = state.member(&user).ok_or(Code::NotAMember)?;
        let receipt = state.receipts.of(user);
        let hidden = if self.hiding.version == 0 { 0 } else { hidden::unread(sql, user, receipt.read)? };
        let pins = if about.pins.is_empty() { Vec::new() } else { self.pins(&about.pins, sql, user)? };
        Ok(http::Conversation {
            id: state.conv,
            kind: about.kind,
            encryption: about.encryption,
            history: about.history,
            epoch: state.epoch,
            seq: state.seq,
            n: state.n,
            at: state.at,
            root: state.tree.root().to_text(),
            info: about.info.clone(),
            settings: about.settings,
            space: about.space.map(|space| space.id),
            member_count: u64::try_from(state.active_count()).unwrap_or(u64::MAX),
            you: http::You {
                user,
                role: member.role,
                receipt,
                unread: quipu_core::receipts::unread(state.n, receipt.read_n).saturating_sub(hidden),
                spoke_at: member.spoke_at.filter(|_| state.slows(&user)),
                muted_until: member.muted_until,
            },
            cells_version: self.cells_version,
            pins,
            reports: self.reports.shown_to(state, &user).unwrap_or(0),
        })
    }

    /// Pinned messages that a member sees.
    fn pins(&self, pins: &[u64], sql: &ObjectSql, user: UserId) -> Result<Vec<u64>, Rejection> {
        let visible = self.sight(sql, user)?;
        Ok(pins.iter().copied().filter(|seq| visible.shows(*seq)).collect())
    }

    /// A cell with the next version.
    pub fn next_cell(&mut self, cell: Cell) -> CellWrite {
        self.cells_version += 1;
        CellWrite { cell, version: self.cells_version }
    }
}
