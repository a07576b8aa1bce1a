//! The conversation object: the same event loop around core and store as the adapter of the real runtime, without its runtime.
//!
//! Bounds of flow control are smaller than the product's, so that a short run meets them.

mod commit;
mod facts;
mod live;
mod pump;

use std::rc::Rc;

use quipu_core::alarm::Alarm;
use quipu_core::batch::Input;
use quipu_core::visibility::Visibility;
use quipu_schema::command::{Command, KeyedCommand};
use quipu_schema::envelope::History;
use quipu_schema::ids::{Epoch, UserId};
use quipu_schema::problem::{CloseCode, Code, Rejection};
use quipu_schema::socket::Receipt;
use quipu_store::conversation::history;

use live::{Connection, Live};

use crate::Bug;
use crate::wire::{Answered, Call, Down, Out, Up};
use crate::world::{PEOPLE, Socket, World};

/// Bytes in flight to one socket while it catches up.
const CATCH_UP_WINDOW: usize = 6 * 1024;
/// Bytes unacknowledged above which a socket is closed as slow.
const UNACKNOWLEDGED: usize = 16 * 1024;
/// Events and bytes in one frame of history.
const CATCH_UP_EVENTS: usize = 7;
const CATCH_UP_BYTES: usize = 3 * 1024;
/// Events sent to a client without a cursor.
const FIRST_EVENTS: u64 = 10;

/// Where a socket stands: what the attachment keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// It has not said hello.
    Silent,
    /// It was sent everything up to this seq and waits for its window to open.
    Behind(u64),
    /// It was sent everything.
    Live,
}

/// One process life of the object.
#[derive(Default)]
pub struct Object {
    live: Option<Live>,
    queue: commit::Queue,
    committing: bool,
    awaiting: Option<u64>,
    last_size: usize,
    fan_out: Option<commit::FanOut>,
    pumping: bool,
    pumped: u64,
    retrying: bool,
    round: Option<pump::Sending>,
    retry: Option<pump::Sending>,
    alarm: Alarm,
}

impl Object {
    /// Nothing is under way.
    pub fn is_idle(&self) -> bool {
        !self.committing && !self.pumping && !self.retrying && self.queue.is_empty() && self.fan_out.is_none()
    }

    /// Memory may be dropped without dropping the process: nothing is half sent.
    pub fn may_forget(&self) -> bool {
        self.fan_out.is_none()
    }

    /// Drops memory.
    pub fn forget(&mut self) {
        self.live = None;
    }
}

type Answer<T = ()> = Result<T, Rejection>;

impl World {
    /// Runs `work` with the memory of the object, loading it first where it is absent.
    fn with<T>(&mut self, work: impl FnOnce(&mut Self, &mut Live) -> T) -> Answer<T> {
        let mut live = match self.object.live.take() {
            Some(live) => live,
            None => self.load()?.ok_or(Code::ConversationNotFound)?,
        };
        let result = work(self, &mut live);
        self.object.live = Some(live);
        Ok(result)
    }

    /// An upgrade: refused by a close code, or accepted and silent.
    pub fn upgrade(&mut self, id: u64) {
        let Some(client) = self.clients.iter().position(|client| client.socket == Some(id)) else { return };
        let user = self.user_of(client);
        let refusal = match self.with(|_, live| live.state.member(&user).is_some()) {
            Ok(true) => None,
            Ok(false) => Some(CloseCode::NotAMember),
            Err(rejection) if rejection.code == Code::ConversationNotFound => Some(CloseCode::ConversationNotFound),
            Err(_) => Some(CloseCode::Restart),
        };
        if let Some(code) = refusal {
            self.send(Out::Frame { socket: id, frame: Down::Close(code) });
            return;
        }
        self.sockets.insert(id, Socket { client, position: Position::Silent });
        let _ = self.with(|_, live| live.connections.insert(id, Connection::new(user, 0)));
    }

    /// A socket is gone. No load: an object that only hears sockets go need not wake.
    pub fn gone(&mut self, id: u64) {
        self.sockets.remove(&id);
        if let Some(live) = self.object.live.as_mut() {
            live.connections.remove(&id);
        }
    }

    fn close(&mut self, live: &mut Live, id: u64, code: CloseCode) {
        live.connections.remove(&id);
        if self.sockets.remove(&id).is_some() {
            self.send(Out::Frame { socket: id, frame: Down::Close(code) });
        }
    }

    fn position(&mut self, id: u64, position: Position) {
        if let Some(socket) = self.sockets.get_mut(&id) {
            socket.position = position;
        }
    }

    /// One frame of a client.
    pub fn frame(&mut self, id: u64, frame: Up) {
        let Some(socket) = self.sockets.get(&id).cloned() else { return };
        let user = self.user_of(socket.client);
        let result = match frame {
            Up::Hello { epoch, after } => self.hello(id, user, epoch, after),
            Up::Commands(commands) => {
                for command in commands {
                    self.object.queue.push(self.input(socket.client, command), commit::Reply::Socket(id));
                }
                self.kick();
                Ok(())
            }
            Up::Ack(seq) => self.received(id, user, seq),
            Up::Read(seq) => self.read(user, seq, None),
        };
        if let Err(rejection) = result {
            let close = match rejection.code {
                Code::NotAMember => Some(CloseCode::NotAMember),
                Code::CursorOutOfRange => Some(CloseCode::Protocol),
                _ => None,
            };
            self.send(Out::Frame { socket: id, frame: Down::Error(rejection) });
            if let Some(code) = close {
                let _ = self.with(|world, live| world.close(live, id, code));
            }
        }
    }

    fn input(&self, client: usize, command: KeyedCommand) -> Input {
        let person = self.clients.get(client).map_or(0, |client| client.person);
        let subject = PEOPLE.get(person).copied().unwrap_or_default().to_owned();
        Input { user: self.user_of(client), subject, command }
    }

    fn hello(&mut self, id: u64, user: UserId, epoch: Option<Epoch>, after: Option<u64>) -> Answer {
        self.with(|world, live| {
            if live.state.member(&user).is_none() {
                return Err(Rejection::from(Code::NotAMember));
            }
            let head = live.state.seq;
            let epoch_changed = epoch.is_some_and(|theirs| theirs != live.state.epoch);
            let mut start = match after {
                Some(_) | None if epoch_changed => head.saturating_sub(FIRST_EVENTS),
                None => head.saturating_sub(FIRST_EVENTS),
                Some(after) if after > head => return Err(Code::CursorOutOfRange.into()),
                Some(after) => after,
            };
            let (root, you) = (live.state.tree.root(), live.state.receipts.of(user));
            let welcome = Down::Welcome { epoch: live.state.epoch, after: start, epoch_changed, head, root, you };
            world.send(Out::Frame { socket: id, frame: welcome });
            if world.has(Bug::ResumeSkips) && start > 0 && start < head {
                start += 1;
            }
            if let Some(connection) = live.connections.get_mut(&id) {
                connection.sent = start;
            }
            world.catch_up(live, id)
        })?
    }

    /// Sends history until the socket is at the head or its window is full.
    fn catch_up(&mut self, live: &mut Live, id: u64) -> Answer {
        let head = live.state.seq;
        let Some(user) = live.connections.get(&id).map(|connection| connection.user) else { return Ok(()) };
        let mut visible = live.state.member(&user).ok_or(Code::NotAMember)?.visible.clone();
        if self.has(Bug::HistoryForAll) {
            visible = Visibility::default();
            visible.open(1, History::All);
        }
        let visible = self.sight(live, user, visible)?;
        let Some(connection) = live.connections.get_mut(&id) else { return Ok(()) };
        while connection.sent < head && connection.unacknowledged < CATCH_UP_WINDOW {
            let page = history::forward(&self.disk, &visible, connection.sent, head, CATCH_UP_EVENTS, CATCH_UP_BYTES)?;
            if page.to <= connection.sent {
                break;
            }
            connection.sent = page.to;
            connection.frames.push_back((page.to, page.items.len()));
            connection.unacknowledged += page.items.len();
            self.send(Out::Frame { socket: id, frame: Down::Events(Rc::from(page.items)) });
        }
        let sent = connection.sent;
        self.position(id, if sent == head { Position::Live } else { Position::Behind(sent) });
        Ok(())
    }

    fn received(&mut self, id: u64, user: UserId, seq: u64) -> Answer {
        let is_live = self.sockets.get(&id).is_some_and(|socket| socket.position == Position::Live);
        self.with(|world, live| {
            if live.state.member(&user).is_none() {
                return Err(Rejection::from(Code::NotAMember));
            }
            if let Some(connection) = live.connections.get_mut(&id) {
                if seq > connection.sent {
                    return Err(Code::CursorOutOfRange.into());
                }
                connection.acknowledged(seq);
                if !is_live {
                    world.catch_up(live, id)?;
                }
            }
            // The delivered cursor: told at once, written with the outbox.
            if live.state.receipts.advance(user, seq, 0, 0) {
                live.unwritten.insert(user);
                let receipt = live.state.receipts.of(user);
                world.tell(live, vec![receipt]);
            }
            Ok(())
        })?
    }

    /// Moves a read cursor: one row, written with the next commit. Who waits for it is registered before that commit can fail.
    fn read(&mut self, user: UserId, seq: u64, waiter: Option<(usize, Call)>) -> Answer {
        let (receipt, moved) = self.with(|world, live| {
            if live.state.member(&user).is_none() {
                return Err(Rejection::from(Code::NotAMember));
            }
            if seq == 0 || seq > live.state.seq {
                return Err(Code::CursorOutOfRange.into());
            }
            let n = history::n_at(&world.disk, seq)?.ok_or(Code::CursorOutOfRange)?;
            let receipt = live.state.receipts.of(user);
            let moved = seq > receipt.read;
            let delivered = receipt.delivered.max(seq);
            Ok((if moved { Receipt { user, delivered, read: seq, read_n: n } } else { receipt }, moved))
        })??;
        let late = self.has(Bug::WaiterLate);
        if moved && late {
            self.object.queue.reader(receipt);
            self.kick();
        }
        match waiter {
            Some((client, call)) if moved || self.object.committing => self.object.queue.wait(client, call),
            Some((client, call)) => self.answer(client, call, Answered::Read(receipt.read)),
            None => {}
        }
        if moved && !late {
            self.object.queue.reader(receipt);
            self.kick();
        }
        Ok(())
    }

    /// A call over HTTP.
    pub fn call(&mut self, client: usize, call: Call) {
        match call.clone() {
            Call::Command(command) => {
                let creates = matches!(command.command, Command::Create(_));
                match self.with(|_, _| ()) {
                    Err(rejection) if creates && rejection.code == Code::ConversationNotFound => {
                        let live = self.unborn();
                        self.object.live = Some(live);
                    }
                    Err(rejection) => return self.answer(client, call, Answered::Rejected(rejection)),
                    Ok(()) => {}
                }
                let input = self.input(client, command);
                self.object.queue.push(input, commit::Reply::Call { client, call });
                self.kick();
            }
            Call::Hide(seq) => {
                let answer = self.hide(self.user_of(client), seq).map(|()| Answered::Hidden);
                self.answer(client, call, answer.unwrap_or_else(Answered::Rejected));
            }
            Call::Report { seq, key } => {
                let answer = self.report(self.user_of(client), seq, key).map(Answered::Reported);
                self.answer(client, call, answer.unwrap_or_else(Answered::Rejected));
            }
            Call::Read(seq) => {
                let user = self.user_of(client);
                if let Err(rejection) = self.read(user, seq, Some((client, call.clone()))) {
                    self.answer(client, call, Answered::Rejected(rejection));
                }
            }
        }
    }

    fn answer(&mut self, client: usize, call: Call, answer: Answered) {
        self.send(Out::Answer { client, call, answer });
    }

    /// Tells everybody who said hello of receipts.
    fn tell(&mut self, live: &Live, receipts: Vec<Receipt>) {
        if receipts.is_empty() {
            return;
        }
        for id in live.connections.keys() {
            if self.sockets.get(id).is_some_and(|socket| socket.position != Position::Silent) {
                self.send(Out::Frame { socket: *id, frame: Down::Receipts(receipts.clone()) });
            }
        }
    }
}
