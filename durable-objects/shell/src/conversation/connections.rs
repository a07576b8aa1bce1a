//! Sockets of one conversation: what each was sent, what it has acknowledged, and what it keeps through hibernation.
//!
//! The platform keeps the sockets; this map mirrors it and is enumerated anew at every waking. A socket that is *live* has been sent everything
//! up to the head: events are stored and broadcast before an object can sleep, so its position need not be written for every message.

use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};

use quipu_core::rate::Bucket;
use quipu_schema::ids::UserId;
use quipu_schema::internal::Identity;
use quipu_schema::limits;
use quipu_schema::problem::CloseCode;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;

use crate::platform::Socket;

/// What a socket keeps through hibernation, as a JSON string.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Attachment {
    /// Who is at the other end.
    pub identity: Identity,
    /// When it was opened, Unix milliseconds.
    pub opened_ms: u64,
    /// Where it stands.
    pub position: Position,
}

/// Where a socket stands in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Position {
    /// It has not said hello.
    Silent,
    /// It was sent everything up to this seq and waits for its window to open.
    Behind(u64),
    /// It was sent everything.
    Live,
}

/// One socket.
pub(super) struct Connection {
    pub socket: Socket,
    pub attachment: Attachment,
    /// Last seq sent.
    pub sent: u64,
    /// Frames not yet acknowledged: last seq and bytes.
    frames: VecDeque<(u64, usize)>,
    /// Their bytes.
    pub unacknowledged: usize,
    /// Since when its window is full without an acknowledgement.
    pub stalled_ms: Option<u64>,
    /// Frames that could not be understood.
    pub bad_frames: u32,
}

impl Connection {
    fn new(socket: Socket, attachment: Attachment, sent: u64, now: u64) -> Self {
        Self {
            socket,
            sent,
            frames: VecDeque::new(),
            unacknowledged: 0,
            // One that slept behind gets its time anew.
            stalled_ms: matches!(attachment.position, Position::Behind(_)).then_some(now),
            attachment,
            bad_frames: 0,
        }
    }

    pub fn user(&self) -> UserId {
        self.attachment.identity.user
    }

    pub fn said_hello(&self) -> bool {
        self.attachment.position != Position::Silent
    }

    pub fn is_live(&self) -> bool {
        self.attachment.position == Position::Live
    }

    /// Writes where the socket stands, when that changed.
    pub fn set_position(&mut self, position: Position) {
        if self.attachment.position != position {
            self.attachment.position = position;
            self.keep();
        }
    }

    /// Writes the attachment.
    pub fn keep(&self) {
        if let Ok(text) = serde_json::to_string(&self.attachment)
            && text.len() <= limits::ATTACHMENT_BYTES
        {
            let _ = self.socket.serialize_attachment(&JsValue::from_str(&text));
        }
    }

    /// Sends a frame of events up to `seq`.
    pub fn send_events(&mut self, frame: &JsValue, seq: u64, bytes: usize) -> bool {
        if self.socket.send(frame).is_err() {
            return false;
        }
        self.sent = seq;
        self.frames.push_back((seq, bytes));
        self.unacknowledged += bytes;
        true
    }

    /// The client has everything up to `seq`.
    pub fn acknowledged(&mut self, seq: u64) {
        self.stalled_ms = None;
        while let Some((last, bytes)) = self.frames.front().copied() {
            if last > seq {
                break;
            }
            self.frames.pop_front();
            self.unacknowledged = self.unacknowledged.saturating_sub(bytes);
        }
    }
}

/// Events to be sent to many sockets.
pub(super) struct Broadcast {
    /// What most are sent.
    pub frame: String,
    /// What those are sent who deleted something for themselves that the events are about.
    pub others: BTreeMap<UserId, String>,
    pub first: u64,
    pub last: u64,
}

thread_local! {
    /// The last number given to a socket in this process.
    static LAST: Cell<u64> = const { Cell::new(0) };
}

/// All sockets, by a number that lives as long as this process. No number is given twice: what is queued names its socket by number, and
/// outlives this map when memory is dropped; a socket that was closed may still say something under its own.
#[derive(Default)]
pub(super) struct Connections {
    map: BTreeMap<u64, Connection>,
    /// For cursors and typing: a user has one bucket, however many sockets.
    signals: BTreeMap<UserId, Bucket>,
}

impl Connections {
    /// Those the platform kept while this object's memory was gone.
    pub fn enumerate(object: &worker::durable::State, head: u64) -> Self {
        let mut connections = Self::default();
        let now = crate::platform::now_ms();
        for socket in object.get_websockets() {
            let socket = Socket::of(&socket);
            let Some(attachment) = attachment(&socket) else { continue };
            let sent = match attachment.position {
                Position::Live => head,
                Position::Behind(seq) => seq,
                Position::Silent => 0,
            };
            connections.insert(Connection::new(socket, attachment, sent, now));
        }
        connections
    }

    fn insert(&mut self, connection: Connection) -> u64 {
        let id = number(&connection.socket).unwrap_or_else(|| {
            let id = LAST.get() + 1;
            // Small integers: exact as doubles.
            connection.socket.set_connection(id as f64);
            id
        });
        LAST.set(LAST.get().max(id));
        self.map.insert(id, connection);
        id
    }

    /// Takes a socket just accepted.
    pub fn add(&mut self, socket: Socket, attachment: Attachment, now: u64) -> u64 {
        let connection = Connection::new(socket, attachment, 0, now);
        connection.keep();
        self.insert(connection)
    }

    pub fn get_mut(&mut self, id: u64) -> Option<&mut Connection> {
        self.map.get_mut(&id)
    }

    pub fn remove(&mut self, id: u64) {
        self.map.remove(&id);
    }

    pub fn len(&self) -> usize {
        self.map.len()
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = (u64, &mut Connection)> {
        self.map.iter_mut().map(|(id, connection)| (*id, connection))
    }

    pub fn count_of(&self, user: UserId) -> usize {
        self.map.values().filter(|connection| connection.user() == user).count()
    }

    /// Takes a cursor or a signal of a user.
    ///
    /// # Errors
    /// The milliseconds until one would be taken.
    pub fn admit_signal(&mut self, user: UserId, now_ms: u64) -> Result<(), u64> {
        if self.signals.len() > limits::MEMBERS {
            self.signals.retain(|_, bucket| !bucket.is_full(now_ms));
        }
        let fresh = || Bucket::new(limits::RATE_SIGNALS_PER_S, limits::RATE_SIGNALS_BURST, now_ms);
        self.signals.entry(user).or_insert_with(fresh).take(now_ms)
    }

    /// Closes one socket and forgets it.
    pub fn close(&mut self, id: u64, code: CloseCode) {
        if let Some(connection) = self.map.remove(&id) {
            let _ = connection.socket.close(code.number(), code.reason());
        }
    }

    /// Closes every socket that `which` says.
    pub fn close_where(&mut self, code: CloseCode, which: impl Fn(&Connection) -> bool) {
        let ids: Vec<u64> = self.map.iter().filter(|(_, connection)| which(connection)).map(|(id, _)| *id).collect();
        for id in ids {
            self.close(id, code);
        }
    }

    /// Closes every socket of a device that was signed out. What such a socket has kept goes: nobody is at its other end any more.
    pub fn sign_out(&mut self, which: impl Fn(&Identity) -> bool) {
        for connection in self.map.values().filter(|connection| which(&connection.attachment.identity)) {
            let _ = connection.socket.serialize_attachment(&JsValue::NULL);
        }
        self.close_where(CloseCode::DeviceRevoked, |connection| which(&connection.attachment.identity));
    }

    /// Sends a frame that carries no events to everybody who said hello and whose token is valid, except one.
    pub fn broadcast(&mut self, frame: &str, except: Option<u64>, now_ms: u64) {
        let frame = JsValue::from_str(frame);
        for (id, connection) in &self.map {
            let valid = connection.attachment.identity.expires_at * 1000 > now_ms;
            if connection.said_hello() && valid && Some(*id) != except {
                let _ = connection.socket.send(&frame);
            }
        }
    }

    /// Sends a frame that carries no events to the sockets of one user, as [`Self::broadcast`] does to those of all.
    pub fn send_to(&mut self, user: UserId, frame: &str, now_ms: u64) {
        let frame = JsValue::from_str(frame);
        for connection in self.map.values().filter(|connection| connection.user() == user) {
            if connection.said_hello() && connection.attachment.identity.expires_at * 1000 > now_ms {
                let _ = connection.socket.send(&frame);
            }
        }
    }

    /// Sends events `first..=last` to every live socket that stands right before them. One conversion of the frame serves all. A socket whose window
    /// is full is sent nothing more until it acknowledges; the answer says whether there is such a one.
    pub fn broadcast_events(&mut self, events: &Broadcast, now_ms: u64) -> bool {
        let Broadcast { frame, others, first, last } = events;
        let (first, last) = (*first, *last);
        let text = JsValue::from_str(frame);
        let mut stalled = false;
        let mut gone = Vec::new();
        for (id, connection) in &mut self.map {
            if !connection.is_live() || connection.sent + 1 != first {
                continue;
            }
            let other = if others.is_empty() { None } else { others.get(&connection.user()) };
            let bytes = other.unwrap_or(frame).len();
            if connection.attachment.identity.expires_at * 1000 <= now_ms {
                gone.push((*id, CloseCode::TokenExpired));
            } else if connection.unacknowledged > 0 && connection.unacknowledged + bytes > limits::UNACKNOWLEDGED_BYTES
            {
                connection.set_position(Position::Behind(connection.sent));
                connection.stalled_ms = Some(now_ms);
                stalled = true;
            } else if !match other {
                None => connection.send_events(&text, last, bytes),
                Some(other) => connection.send_events(&JsValue::from_str(other), last, bytes),
            } {
                gone.push((*id, CloseCode::Restart));
            }
        }
        for (id, code) in gone {
            self.close(id, code);
        }
        stalled
    }
}

/// The number this process knows a socket by.
pub(super) fn number(socket: &Socket) -> Option<u64> {
    socket.connection().map(|number| number as u64)
}

/// What a socket kept.
pub(super) fn attachment(socket: &Socket) -> Option<Attachment> {
    let text = socket.deserialize_attachment().ok()?.as_string()?;
    serde_json::from_str(&text).ok()
}
