//! Frames from clients: decoded, checked for who may send them, and handed on.

use std::borrow::Cow;
use std::rc::Rc;
use std::time::Duration;

use quipu_core::batch::Input;
use quipu_core::profile::takes;
use quipu_schema::command::{Command, KeyedCommand};
use quipu_schema::ids::{CommandKey, Epoch, UserId};
use quipu_schema::internal::{ConversationCall, Identity};
use quipu_schema::limits;
use quipu_schema::problem::{CloseCode, Code, Rejection};
use quipu_schema::socket::{
    Acks, Cell, Cells, ClientFrame, Hello, Hidden, Limits, Profile, Receipt, Refreshed, Rejected, ServerFrame, Typing,
    Welcome,
};
use quipu_schema::strict::has_misplaced_array;
use quipu_store::conversation::{hidden, history, threads};
use serde::Deserialize;
use serde_json::value::RawValue;
use wasm_bindgen::JsValue;
use worker::{Result, WebSocketPair};

use super::Shared;
use super::cells::send_cells;
use super::connections::{Attachment, Connection, Position, attachment, number};
use super::live::Live;
use super::queue::Reply;
use crate::answer::{self, Response};
use crate::platform::{Incoming, Socket, now_ms};

/// A `commands` frame, its commands not yet parsed: one that cannot be understood must not harm the others.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CommandsFrame<'a> {
    #[serde(rename = "t", borrow)]
    _t: Cow<'a, str>,
    #[serde(borrow)]
    commands: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct KeyOnly {
    key: CommandKey,
}

/// Sends one frame.
pub(super) fn send(connection: &Connection, frame: &ServerFrame) {
    let text = serde_json::to_string(frame).unwrap_or_default();
    // A socket that is gone says so by its own event.
    let _ = connection.socket.send(&JsValue::from_str(&text));
}

fn refuse(socket: &Socket, rejection: Rejection) {
    let text = serde_json::to_string(&ServerFrame::Error(rejection)).unwrap_or_default();
    let _ = socket.send(&JsValue::from_str(&text));
}

impl Shared {
    /// Accepts a socket. A refusal is a close code rather than a status, because a browser cannot read the status of a failed upgrade.
    pub(super) fn open(self: &Rc<Self>, call: &ConversationCall) -> Result<Response> {
        let now = now_ms();
        let identity = call.identity.clone();
        let pair = WebSocketPair::new()?;
        let refusal = match self.with(|live| admit(live, &identity)) {
            Ok(Ok(())) => None,
            Ok(Err(code)) => Some(code),
            Err(rejection) if rejection.code == Code::ConversationNotFound => Some(CloseCode::ConversationNotFound),
            Err(_) => Some(CloseCode::Restart),
        };
        if let Some(code) = refusal {
            pair.server.accept()?;
            pair.server.close(Some(code.number()), Some(code.reason()))?;
        } else {
            self.object.accept_web_socket(&pair.server);
            let kept = Attachment { identity: identity.clone(), opened_ms: now, position: Position::Silent };
            let _ = self.with(|live| live.connections.add(Socket::of(&pair.server), kept, now));
            self.present(&identity);
            self.ring_by(now + limits::HELLO_MS);
        }
        let response = answer::socket(pair.client.as_ref())?;
        if refusal.is_none() {
            // For the gateway: only what was opened has to be closed when a device is signed out.
            response.headers().set(answer::OPENED, "1")?;
        }
        Ok(response)
    }

    /// A device of a user was signed out: what it holds here closes, and is not heard any more, also after hibernation.
    pub(super) fn sign_out(self: &Rc<Self>, user: UserId, device: &str) -> std::result::Result<(), Rejection> {
        self.with(|live| {
            live.connections.sign_out(|identity| {
                identity.user == user && identity.device.as_ref().is_some_and(|its| its.id == device)
            });
        })
    }

    /// Takes name and picture from a member's token, where they changed and the member's account says nothing else.
    pub(super) fn present(self: &Rc<Self>, identity: &Identity) {
        let Identity { user, name, picture, .. } = identity.clone();
        let profile = Profile { name, picture, ..Profile::unknown(user) };
        let changed = self.with(|live| live.state.member(&user).is_some() && takes(&live.profile(user), &profile));
        if matches!(changed, Ok(true)) {
            self.queue.borrow_mut().profile(profile);
            self.kick();
        }
    }

    /// A socket is gone.
    pub(super) fn closed(self: &Rc<Self>, socket: &Socket) {
        // No load: an object that only hears sockets go need not wake fully.
        if let (Some(id), Ok(mut live)) = (number(socket), self.live.try_borrow_mut())
            && let Some(live) = live.as_mut()
        {
            live.connections.remove(id);
        }
    }

    /// One frame.
    pub(super) fn frame(self: &Rc<Self>, socket: &Socket, message: Incoming) {
        // Loading first: after hibernation it gives every socket its number anew.
        if let Err(rejection) = self.with(|_| ()) {
            refuse(socket, rejection);
            return;
        }
        let Some(id) = number(socket) else {
            // Closed by us, or never accepted: nothing it says counts.
            if attachment(socket).is_none() {
                let _ = socket.close(CloseCode::Restart.number(), CloseCode::Restart.reason());
            }
            return;
        };
        let result = match message {
            Incoming::Text(text) => self.text(id, &text),
            Incoming::Binary => Err(Code::BinaryFrame.into()),
        };
        if let Err(rejection) = result {
            self.refused(id, rejection);
        }
    }

    /// Says why a frame was refused; a socket that goes on sending nonsense is closed.
    fn refused(self: &Rc<Self>, id: u64, rejection: Rejection) {
        let _ = self.with(|live| {
            let nonsense = matches!(
                rejection.code,
                Code::MalformedJson
                    | Code::UnknownFrame
                    | Code::InvalidRequest
                    | Code::BinaryFrame
                    | Code::TooLarge
                    | Code::HelloRequired
            );
            let Some(connection) = live.connections.get_mut(id) else { return };
            // A hello with an impossible cursor: this client cannot go on from where it thinks it is.
            let fatal = rejection.code == Code::CursorOutOfRange && !connection.said_hello();
            if nonsense {
                connection.bad_frames += 1;
            }
            let close = if rejection.code == Code::NotAMember {
                Some(CloseCode::NotAMember)
            } else if fatal || connection.bad_frames > limits::BAD_FRAMES {
                Some(CloseCode::Protocol)
            } else {
                None
            };
            send(connection, &ServerFrame::Error(rejection));
            if let Some(code) = close {
                live.connections.close(id, code);
            }
        });
    }

    fn text(self: &Rc<Self>, id: u64, text: &str) -> std::result::Result<(), Rejection> {
        if text.len() > limits::FRAME_BYTES {
            return Err(Rejection::new(
                Code::TooLarge,
                format!("A frame may have at most {} bytes.", limits::FRAME_BYTES),
            ));
        }
        if is_commands(text) {
            let frame: CommandsFrame<'_> = serde_json::from_str(text).map_err(|error| explain(text, &error))?;
            return self.commands(id, &frame.commands);
        }
        if has_misplaced_array(text) {
            return Err(misplaced(text));
        }
        match serde_json::from_str(text).map_err(|error| explain(text, &error))? {
            ClientFrame::Hello(hello) => self.hello(id, hello),
            // Told by its `t` above, however it is written.
            ClientFrame::Commands(_) => Err(Code::InvalidRequest.into()),
            ClientFrame::Ack(ack) => self.received(id, ack.seq),
            ClientFrame::Read(read) => {
                let user = self.greeted(id)?;
                self.allow_signal(user)?;
                match read.thread {
                    Some(root) => self.read_thread(user, root, read.seq)?,
                    None => drop(self.read(user, read.seq)?),
                }
                self.kick_later();
                Ok(())
            }
            ClientFrame::Follow(follow) => {
                let user = self.greeted(id)?;
                self.allow_signal(user)?;
                self.follow(user, follow.thread, follow.on)?;
                self.kick_if_waiting();
                Ok(())
            }
            ClientFrame::Typing(typing) => {
                let user = self.greeted(id)?;
                self.allow_signal(user)?;
                self.typing(user, typing.on, Some(id))
            }
            ClientFrame::Refresh(refresh) => self.refresh(id, &refresh.token),
            ClientFrame::Hide(hide) => {
                let user = self.greeted(id)?;
                self.allow_signal(user)?;
                self.hide(user, hide.seq)
            }
        }
    }

    /// The user of a socket that has said hello and is still a member.
    fn greeted(self: &Rc<Self>, id: u64) -> std::result::Result<UserId, Rejection> {
        let now = now_ms();
        self.with(|live| {
            let user = speaker(live, id, now)?.user;
            live.must_be_member(user).map(|()| user)
        })?
    }

    fn allow_signal(self: &Rc<Self>, user: UserId) -> std::result::Result<(), Rejection> {
        let now = now_ms();
        self.with(|live| {
            live.connections.admit_signal(user, now).map_err(|wait| {
                Rejection::retry_after(
                    Code::RateLimited,
                    "Too many cursors and signals; sockets of one user share a rate.",
                    wait,
                )
            })
        })?
    }

    fn commands(self: &Rc<Self>, id: u64, commands: &[&RawValue]) -> std::result::Result<(), Rejection> {
        if commands.is_empty() || commands.len() > limits::COMMANDS_PER_FRAME {
            return Err(Rejection::new(
                Code::TooLarge,
                format!("A frame carries 1 to {} commands.", limits::COMMANDS_PER_FRAME),
            ));
        }
        // Membership is decided per command, so that a key of somebody since removed still gets its answer.
        let now = now_ms();
        let mut refused = Acks::default();
        let mut unkeyed = None;
        let result = self.with(|live| {
            let identity = speaker(live, id, now)?.clone();
            let Identity { user, subject, .. } = &identity;
            let user = *user;
            let mut queue = self.queue.borrow_mut();
            for raw in commands {
                let command: KeyedCommand = match keyed(raw.get()) {
                    Ok(command) => command,
                    Err(rejection) => {
                        match serde_json::from_str::<KeyOnly>(raw.get()) {
                            Ok(KeyOnly { key }) => refused.rejections.push(Rejected::new(key, rejection)),
                            Err(_) => unkeyed = Some(rejection),
                        }
                        continue;
                    }
                };
                let key = command.key;
                if matches!(command.command, Command::Create(_)) {
                    let rejection =
                        Rejection::new(Code::InvalidRequest, "Conversations are created by POST /v1/conversations.");
                    refused.rejections.push(Rejected::new(key, rejection));
                } else if !queue.has_room(raw.get().len()) {
                    refused.rejections.push(Rejected::new(key, overloaded()));
                } else if let Err(wait) = live.limiter.admit(user, now) {
                    refused.rejections.push(Rejected::new(key, rate_limited(wait)));
                } else {
                    let asks = match &command.command {
                        command @ (Command::Forward(_) | Command::AddMember(_)) => Some(command.clone()),
                        // Of a channel and its space.
                        command if self.asks_space(live, user, command) => Some(command.clone()),
                        _ => None,
                    };
                    let input = Input { user, subject: subject.clone(), command };
                    let queued = (input, raw.get().len(), Reply::Socket(id));
                    let taken = match asks {
                        Some(Command::Forward(forward)) => self.queue_forward(&identity, forward, queued),
                        Some(Command::AddMember(add)) => self.queue_addition(&identity, &add, queued),
                        Some(command) => self.queue_asking(&identity, command, queued),
                        _ => {
                            let (input, bytes, reply) = queued;
                            queue.push(input, bytes, reply);
                            Ok(())
                        }
                    };
                    if let Err(rejection) = taken {
                        refused.rejections.push(Rejected::new(key, rejection));
                    }
                }
            }
            if !refused.rejections.is_empty()
                && let Some(connection) = live.connections.get_mut(id)
            {
                send(connection, &ServerFrame::Acks(std::mem::take(&mut refused)));
            }
            Ok::<_, Rejection>(())
        });
        result??;
        self.kick();
        unkeyed.map_or(Ok(()), Err)
    }

    fn hello(self: &Rc<Self>, id: u64, hello: Hello) -> std::result::Result<(), Rejection> {
        let now = now_ms();
        let (user, held) = self.with(|live| {
            let Some(connection) = live.connections.get_mut(id) else { return Err(Code::HelloRequired.into()) };
            if connection.said_hello() {
                return Err(Rejection::new(Code::InvalidRequest, "Hello was said already."));
            }
            let identity = connection.attachment.identity.clone();
            if identity.expires_at * 1000 <= now {
                live.connections.close(id, CloseCode::TokenExpired);
                return Err(Code::TokenExpired.into());
            }
            live.must_be_member(identity.user)?;
            let head = live.state.seq;
            let start = start(&hello, live.state.epoch, head)?;
            let conversation = live.resource(&self.sql, identity.user)?;
            let members = (live.state.active_count() <= limits::MEMBERS_IN_WELCOME)
                .then(|| live.state.active().map(|(user, _)| *user).collect::<Vec<_>>())
                .map(|users| users.into_iter().filter_map(|user| live.member(user)).collect());
            let cells_version = live.cells_version;
            let large = live.state.active_count() > limits::SMALL_CONVERSATION;
            let cells_after = hello.cells_after.filter(|_| !start.epoch_changed).unwrap_or(0);
            let mut cells = if large { Vec::new() } else { self.cells(live, identity.user, cells_after)? };
            if live.threads {
                let places = threads::places_after(&self.sql, identity.user, cells_after)?;
                cells.extend(places.into_iter().map(Cell::Thread));
            }
            let messages = match cells_after < live.hiding.version {
                true => hidden::since(&self.sql, identity.user, cells_after)?,
                false => Vec::new(),
            };
            let welcome = Welcome {
                conversation,
                members,
                after: start.after,
                epoch_changed: start.epoch_changed,
                limits: LIMITS,
                now,
                expires_at: identity.expires_at,
            };
            let Some(connection) = live.connections.get_mut(id) else { return Err(Code::HelloRequired.into()) };
            send(connection, &ServerFrame::Welcome(Box::new(welcome)));
            if !cells.is_empty() {
                send(connection, &ServerFrame::Cells(Cells { version: cells_version, cells }));
            }
            if !messages.is_empty() {
                send(connection, &ServerFrame::Hidden(Hidden { version: cells_version, messages }));
            }
            connection.sent = start.after;
            connection.set_position(Position::Behind(start.after));
            self.catch_up(live, id)?;
            // A cursor is a receipt, too: what a crash forgot of deliveries is said again here.
            let held = hello.after.filter(|_| !start.epoch_changed).unwrap_or(0);
            Ok::<_, Rejection>((identity.user, held))
        })??;
        if held > 0 {
            self.delivered(user, held)?;
        }
        // From now on the token's expiry is what ends it.
        let _ = self.with(|live| {
            if let Some(connection) = live.connections.get_mut(id) {
                self.ring_by(connection.attachment.identity.expires_at * 1000);
            }
        });
        Ok(())
    }

    /// Cells newer than a version that a member is told of, with the values they have now: receipts run ahead of their rows.
    fn cells(&self, live: &Live, reader: UserId, after: u64) -> std::result::Result<Vec<Cell>, Rejection> {
        let mut cells = if after < live.cells_version { history::cells_after(&self.sql, after)? } else { Vec::new() };
        let mut ahead = live.unwritten.clone();
        for cell in &mut cells {
            if let Cell::Receipt(receipt) = cell {
                *receipt = live.state.receipts.of(receipt.user);
                ahead.remove(&receipt.user);
            }
        }
        cells.extend(ahead.into_iter().map(|user| Cell::Receipt(live.state.receipts.of(user))));
        cells.retain(|cell| live.state.tells_of(&reader, &cell.user()));
        Ok(cells)
    }

    /// Sends history until the socket is at the head or its window is full.
    fn catch_up(self: &Rc<Self>, live: &mut Live, id: u64) -> std::result::Result<(), Rejection> {
        let head = live.state.seq;
        let Some(user) = live.connections.get_mut(id).map(|connection| connection.user()) else { return Ok(()) };
        let visible = live.sight(&self.sql, user)?.into_owned();
        let Some(connection) = live.connections.get_mut(id) else { return Ok(()) };
        while connection.sent < head && connection.unacknowledged < limits::CATCH_UP_WINDOW_BYTES {
            let page = history::forward(
                &self.sql,
                &visible,
                connection.sent,
                head,
                limits::CATCH_UP_EVENTS,
                limits::ACK_EVERY_BYTES,
            )?;
            if page.to <= connection.sent {
                break;
            }
            let frame = format!("{{\"t\":\"events\",\"events\":[{}]}}", page.items);
            if !connection.send_events(&JsValue::from_str(&frame), page.to, frame.len()) {
                break;
            }
        }
        if connection.sent == head {
            connection.set_position(Position::Live);
        } else {
            connection.set_position(Position::Behind(connection.sent));
            let now = now_ms();
            connection.stalled_ms = Some(now);
            self.ring_by(now + limits::SLOW_MS);
        }
        Ok(())
    }

    /// The client has everything up to `seq`: the window opens, and the delivered cursor moves.
    fn received(self: &Rc<Self>, id: u64, seq: u64) -> std::result::Result<(), Rejection> {
        let user = self.greeted(id)?;
        self.with(|live| {
            if let Some(connection) = live.connections.get_mut(id) {
                if seq > connection.sent {
                    return Err(Rejection::new(
                        Code::CursorOutOfRange,
                        format!("You were sent events up to {}; you acknowledged {seq}.", connection.sent),
                    ));
                }
                connection.acknowledged(seq);
                if !connection.is_live() {
                    self.catch_up(live, id)?;
                }
            }
            Ok(())
        })??;
        self.delivered(user, seq).map(drop)
    }

    fn refresh(self: &Rc<Self>, id: u64, token: &str) -> std::result::Result<(), Rejection> {
        let identity = self.deployment.verify(token, now_ms())?;
        self.with(|live| {
            let Some(connection) = live.connections.get_mut(id) else { return Ok(()) };
            let known = &connection.attachment.identity;
            if known.user != identity.user || known.app != identity.app {
                return Err(Rejection::from(Code::TokenOtherUser));
            }
            if known.device != identity.device {
                return Err(Rejection::from(Code::TokenOtherDevice));
            }
            connection.attachment.identity = identity.clone();
            connection.keep();
            send(connection, &ServerFrame::Refreshed(Refreshed { expires_at: identity.expires_at }));
            Ok(())
        })??;
        self.present(&identity);
        Ok(())
    }

    /// Moves a delivered cursor: told now, written with the outbox; what a crash forgets the client says again.
    pub(super) fn delivered(self: &Rc<Self>, user: UserId, seq: u64) -> std::result::Result<Receipt, Rejection> {
        let (receipt, members) = self.with(|live| {
            check_cursor(live, user, seq)?;
            if live.state.receipts.advance(user, seq, 0, 0) {
                live.delivered.insert(user);
                live.unwritten.insert(user);
            }
            Ok::<_, Rejection>((live.state.receipts.of(user), live.state.active_count()))
        })??;
        // Written within a second, together with whatever else moved.
        self.pump();
        if members > limits::SMALL_CONVERSATION {
            return Ok(receipt);
        }
        if members <= limits::TELL_AT_ONCE {
            self.tell_deliveries();
        } else if !self.telling.replace(true) {
            let shared = Rc::clone(self);
            self.object.wait_until(async move {
                worker::Delay::from(Duration::from_millis(limits::TELL_EVERY_MS)).await;
                shared.telling.set(false);
                shared.tell_deliveries();
            });
        }
        Ok(receipt)
    }

    fn tell_deliveries(self: &Rc<Self>) {
        let _ = self.with(|live| {
            let cells: Vec<Cell> = std::mem::take(&mut live.delivered)
                .into_iter()
                .map(|user| Cell::Receipt(live.state.receipts.of(user)))
                .collect();
            send_cells(live, &cells);
        });
    }

    /// Moves a read cursor: one row, written with the next commit, which the caller kicks off.
    pub(super) fn read(self: &Rc<Self>, user: UserId, seq: u64) -> std::result::Result<Receipt, Rejection> {
        let (receipt, moved) = self.with(|live| {
            check_cursor(live, user, seq)?;
            let n = if seq == live.state.seq {
                live.state.n
            } else {
                history::n_at(&self.sql, seq)?.ok_or(Code::CursorOutOfRange)?
            };
            let mut receipt = live.state.receipts.of(user);
            let moved = seq > receipt.read;
            if moved {
                receipt = Receipt { user, delivered: receipt.delivered.max(seq), read: seq, read_n: n };
            }
            Ok::<_, Rejection>((receipt, moved))
        })??;
        if moved {
            self.queue.borrow_mut().reader(receipt);
        }
        Ok(receipt)
    }

    /// Deletes a message for one member, and tells all their sockets; one more time where it changes nothing, since somebody asked.
    pub(super) fn hide(self: &Rc<Self>, user: UserId, seq: u64) -> std::result::Result<(), Rejection> {
        let done = self.with(|live| {
            let version = live.cells_version + 1;
            let added = hidden::add(&self.sql, &live.state, &live.hiding, (user, seq), (version, live.outbox.cells))?;
            if let Some(hiding) = added {
                live.cells_version = version;
                live.hiding = hiding;
                // The last line may have to go, and what was unread is not.
                live.pending.readers.insert(user);
                live.unread_threads.remove(&user);
                self.ring_by(now_ms() + limits::OUTBOX_ALARM_MS);
            }
            let frame = ServerFrame::Hidden(Hidden { version: live.cells_version, messages: vec![seq] });
            live.connections.send_to(user, &serde_json::to_string(&frame).unwrap_or_default(), now_ms());
            Ok::<_, Rejection>(())
        })?;
        if matches!(&done, Err(rejection) if rejection.code == Code::Internal) {
            self.forget();
        }
        done?;
        self.pump();
        Ok(())
    }

    /// Shows or clears a typing mark. Of who may not write now, nobody is told that they do.
    pub(super) fn typing(
        self: &Rc<Self>,
        user: UserId,
        on: bool,
        except: Option<u64>,
    ) -> std::result::Result<(), Rejection> {
        self.with(|live| {
            live.must_be_member(user)?;
            if on && !live.state.may_write(&user, now_ms()) {
                return Ok(());
            }
            if live.state.is_blocked() {
                return Ok(());
            }
            let frame = serde_json::to_string(&ServerFrame::Typing(Typing { user, on })).unwrap_or_default();
            live.connections.broadcast(&frame, except, now_ms());
            Ok(())
        })?
    }
}

/// Who speaks on a socket: one that has said hello and whose token is valid. An expired one is closed.
fn speaker(live: &mut Live, id: u64, now_ms: u64) -> std::result::Result<&Identity, Rejection> {
    let connection = live.connections.get_mut(id).filter(|connection| connection.said_hello());
    let expires_at = connection.ok_or(Code::HelloRequired)?.attachment.identity.expires_at;
    if expires_at * 1000 <= now_ms {
        live.connections.close(id, CloseCode::TokenExpired);
        return Err(Code::TokenExpired.into());
    }
    live.connections
        .get_mut(id)
        .map(|connection| &connection.attachment.identity)
        .ok_or_else(|| Code::HelloRequired.into())
}

fn admit(live: &mut Live, identity: &Identity) -> std::result::Result<(), CloseCode> {
    if live.state.about.is_none() {
        return Err(CloseCode::ConversationNotFound);
    }
    if live.state.member(&identity.user).is_none() {
        return Err(CloseCode::NotAMember);
    }
    let full = live.connections.count_of(identity.user) >= limits::SOCKETS_PER_USER
        || live.connections.len() >= limits::SOCKETS_PER_CONVERSATION;
    if full { Err(CloseCode::TooManySockets) } else { Ok(()) }
}

pub(super) fn check_cursor(live: &Live, user: UserId, seq: u64) -> std::result::Result<(), Rejection> {
    live.must_be_member(user)?;
    if seq == 0 || seq > live.state.seq {
        return Err(Rejection::new(
            Code::CursorOutOfRange,
            format!("The last event is {}; you named {seq}.", live.state.seq),
        ));
    }
    Ok(())
}

/// Where a socket starts.
struct Start {
    after: u64,
    epoch_changed: bool,
}

fn start(hello: &Hello, epoch: Epoch, head: u64) -> std::result::Result<Start, Rejection> {
    let recent = head.saturating_sub(limits::FIRST_EVENTS);
    match (hello.epoch, hello.after) {
        (Some(theirs), _) if theirs != epoch => Ok(Start { after: recent, epoch_changed: true }),
        (_, None) => Ok(Start { after: recent, epoch_changed: false }),
        (_, Some(after)) if after > head => {
            Err(Rejection::new(Code::CursorOutOfRange, format!("The last event is {head}; your cursor says {after}.")))
        }
        (_, Some(after)) => Ok(Start { after, epoch_changed: false }),
    }
}

const LIMITS: Limits = Limits {
    text_bytes: limits::TEXT_BYTES as u64,
    frame_bytes: limits::FRAME_BYTES as u64,
    commands_per_frame: limits::COMMANDS_PER_FRAME as u64,
    ack_every_events: limits::ACK_EVERY_EVENTS,
    ack_every_bytes: limits::ACK_EVERY_BYTES as u64,
    ping_every_ms: limits::PING_EVERY_MS,
    typing_every_ms: limits::TYPING_EVERY_MS,
    typing_clear_ms: limits::TYPING_CLEAR_MS,
};

pub(super) fn rate_limited(wait: u64) -> Rejection {
    Rejection::retry_after(Code::RateLimited, format!("Too many messages; try again in {wait} ms."), wait)
}

pub(super) fn overloaded() -> Rejection {
    Rejection::retry_after(Code::Overloaded, "This conversation has more work than it can queue.", 500)
}

/// Whether a text is a `commands` frame, by its `t` alone: in whatever order and spacing its members stand.
fn is_commands(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Tagged<'a> {
        #[serde(borrow)]
        t: Cow<'a, str>,
    }
    // As most clients write it.
    text.starts_with("{\"t\":\"commands\",")
        || (text.trim_start().starts_with('{')
            && serde_json::from_str::<Tagged<'_>>(text).is_ok_and(|frame| frame.t == "commands"))
}

/// One command of a frame.
fn keyed(text: &str) -> std::result::Result<KeyedCommand, Rejection> {
    if has_misplaced_array(text) {
        return Err(misplaced(text));
    }
    serde_json::from_str(text).map_err(|error| invalid(&error))
}

/// An array where an object belongs; unless the text is not JSON at all.
fn misplaced(text: &str) -> Rejection {
    match serde_json::from_str::<serde::de::IgnoredAny>(text) {
        Err(error) => invalid(&error),
        Ok(_) => Rejection::new(Code::InvalidRequest, "An array stands where an object or a value is expected."),
    }
}

/// Why a text is not a frame: not JSON at all, an unknown `t`, or another shape.
fn explain(text: &str, error: &serde_json::Error) -> Rejection {
    #[derive(Deserialize)]
    struct Tagged<'a> {
        t: Option<&'a str>,
    }
    if error.is_syntax() || error.is_eof() {
        return Rejection::new(Code::MalformedJson, short(&error.to_string()));
    }
    match serde_json::from_str::<Tagged<'_>>(text) {
        Ok(Tagged { t: Some(t) }) if !quipu_schema::socket::CLIENT_FRAMES.contains(&t) => Rejection::new(
            Code::UnknownFrame,
            format!("`t` must be one of {}.", quipu_schema::socket::CLIENT_FRAMES.join(", ")),
        ),
        _ => invalid(error),
    }
}

fn invalid(error: &serde_json::Error) -> Rejection {
    if error.is_syntax() || error.is_eof() {
        return Rejection::new(Code::MalformedJson, short(&error.to_string()));
    }
    Rejection::new(Code::InvalidRequest, short(&error.to_string()))
}

/// A parser's sentence may quote what it was given.
fn short(text: &str) -> String {
    text.chars().take(200).collect()
}
