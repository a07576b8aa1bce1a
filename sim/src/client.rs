//! A device: an outbox that survives everything, a cursor to resume by, retries under the same key.

use std::collections::{BTreeMap, BTreeSet};

use quipu_schema::command::{Command, Create, KeyedCommand};
use quipu_schema::content::Content;
use quipu_schema::envelope::{Encryption, EventType};
use quipu_schema::ids::{CommandKey, ConversationKind, Epoch, UserId, UserRef};
use quipu_schema::problem::{CloseCode, Code, Rejection};
use quipu_schema::socket::Ack;

use crate::facts::goes_with;
use crate::reader::{Slot, parse};
use crate::wire::{Answered, Call, Down, Event, Up};
use crate::world::{PEOPLE, World};

/// How long a client waits for an answer before it asks again.
const PATIENCE_MS: u64 = 3_000;

/// One device.
pub struct Client {
    index: usize,
    /// Whose it is.
    pub person: usize,
    /// It may open sockets and ask.
    pub online: bool,
    /// The socket it believes in.
    pub socket: Option<u64>,
    /// Welcome has come.
    pub greeted: bool,
    epoch: Option<Epoch>,
    /// What it holds, by seq, without a hole.
    pub held: BTreeMap<u64, Slot>,
    /// The last seq it holds; `None` before the first welcome.
    pub cursor: Option<u64>,
    /// How far its person has read; survives a reload.
    pub read: u64,
    /// Commands not answered yet; survive a reload.
    pub outbox: Vec<Waiting>,
    /// Commands that were acknowledged.
    pub done: Vec<KeyedCommand>,
    acknowledging: bool,
}

/// A command that was not answered yet.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// The command, under the key it will always have.
    pub command: KeyedCommand,
    /// Another body under a key that was acknowledged before: it must change nothing.
    pub probe: bool,
    ask_again: u64,
}

impl Client {
    /// A device that knows nothing.
    pub fn new(index: usize, person: usize) -> Self {
        Self {
            index,
            person,
            online: true,
            socket: None,
            greeted: false,
            epoch: None,
            held: BTreeMap::new(),
            cursor: None,
            read: 0,
            outbox: Vec::new(),
            done: Vec::new(),
            acknowledging: false,
        }
    }

    /// The page is loaded anew: history is gone, the outbox stays.
    pub fn reload(&mut self) {
        let kept = std::mem::replace(self, Self::new(self.index, self.person));
        (self.outbox, self.done, self.read, self.online) = (kept.outbox, kept.done, kept.read, kept.online);
    }

    /// Keys it has seen in events of others.
    pub fn keys_of_others(&self, own: UserId) -> Vec<CommandKey> {
        let key = |slot: &Slot| match slot {
            Slot::Event { envelope, .. } => (envelope.actor != own).then_some(envelope.key),
            Slot::Withheld => None,
        };
        self.held.values().filter_map(key).collect()
    }

    /// Own or anybody's messages it holds.
    pub fn messages(&self, own: Option<UserId>) -> Vec<u64> {
        let message = |slot: &Slot| match slot {
            Slot::Event { envelope, .. } => {
                envelope.kind == EventType::MessageCreated && own.is_none_or(|own| own == envelope.actor)
            }
            Slot::Withheld => false,
        };
        self.held.iter().filter(|(_, slot)| message(slot)).map(|(seq, _)| *seq).collect()
    }

    /// Reactions of somebody that this client holds: the message and the emoji.
    pub fn reactions(&self, own: UserId) -> Vec<(u64, String)> {
        let reaction = |slot: &Slot| match slot {
            Slot::Event { envelope, content: Some(content), .. }
                if envelope.kind == EventType::ReactionAdded && envelope.actor == own =>
            {
                match serde_json::from_str(content) {
                    Ok(Content::Reaction(reaction)) => Some((envelope.reference?, reaction.emoji)),
                    _ => None,
                }
            }
            _ => None,
        };
        self.held.values().filter_map(reaction).collect()
    }
}

impl World {
    /// The command by which the conversation begins.
    pub fn creation(&mut self) -> Command {
        let direct = self.conv.kind() == ConversationKind::Direct;
        let others = PEOPLE.iter().skip(1).take(if direct { 1 } else { 2 });
        Command::Create(Create {
            members: others.map(|name| UserRef::Subject((*name).to_owned())).collect(),
            name: (!direct).then(|| "Simulated".to_owned()),
            topic: None,
            avatar: None,
            history: self.history,
            encryption: Encryption::None,
        })
    }

    /// Puts a command into a client's outbox and sends it.
    pub fn issue(&mut self, index: usize, key: CommandKey, command: Command, probe: bool) {
        let command = KeyedCommand { key, command };
        let user = self.user_of(index);
        let now = self.now;
        let Some(client) = self.clients.get_mut(index) else { return };
        if client.outbox.iter().any(|waiting| waiting.command.key == key) {
            return;
        }
        self.oracle.issued(user, &command);
        client.outbox.push(Waiting { command, probe, ask_again: now });
        self.flush(index);
    }

    /// Sends what has waited long enough: over the socket where there is one, else (and now and then) over HTTP.
    fn flush(&mut self, index: usize) {
        let now = self.now;
        let http = self.random.percent(15);
        let Some(client) = self.clients.get_mut(index) else { return };
        let mut due = Vec::new();
        for waiting in client.outbox.iter_mut().filter(|waiting| waiting.ask_again <= now) {
            waiting.ask_again = now + PATIENCE_MS;
            due.push(waiting.command.clone());
        }
        if due.is_empty() || !client.online {
            return;
        }
        let creates = due.iter().any(|command| matches!(command.command, Command::Create(_)));
        match client.socket.filter(|_| client.greeted && !http && !creates) {
            Some(socket) => self.up(socket, Up::Commands(due)),
            None => due.into_iter().for_each(|command| self.http(index, Call::Command(command))),
        }
    }

    fn up(&mut self, socket: u64, frame: Up) {
        let delay = self.lane(socket, true);
        self.after(delay, Event::Up { socket, frame });
    }

    /// A call: it may be lost, or arrive twice.
    pub fn http(&mut self, client: usize, call: Call) {
        if self.hostile && self.random.percent(15) {
            return;
        }
        if self.hostile && self.random.percent(10) {
            let late = self.random.between(5, 6_000);
            self.after(late, Event::Call { client, call: call.clone() });
        }
        let delay = self.delay();
        self.after(delay, Event::Call { client, call });
    }

    /// Opens a socket and says hello.
    pub fn connect(&mut self, index: usize) {
        let hostile = self.hostile;
        let lost = hostile && self.random.percent(10);
        let fresh = self.random.percent(30);
        self.next_socket += 1;
        let socket = self.next_socket;
        let Some(client) = self.clients.get_mut(index) else { return };
        if client.socket.is_some() || !client.online {
            return;
        }
        client.socket = Some(socket);
        client.greeted = false;
        let after = client.cursor.or((!fresh).then_some(0));
        let hello = Up::Hello { epoch: client.epoch, after };
        if lost {
            return self.cut(socket);
        }
        let delay = self.lane(socket, true);
        self.after(delay, Event::Upgrade { socket });
        self.up(socket, hello);
        // A welcome that does not come ends the socket.
        self.after(PATIENCE_MS + 4_000, Event::Retry(index));
    }

    /// A socket is gone, as the client sees it.
    pub fn lost(&mut self, socket: u64) {
        self.hang_up(socket, 100, 2_000);
    }

    fn hang_up(&mut self, socket: u64, soon: u64, late: u64) {
        let delay = self.random.between(soon, late);
        let Some(client) = self.clients.iter_mut().find(|client| client.socket == Some(socket)) else { return };
        client.socket = None;
        client.greeted = false;
        client.acknowledging = false;
        client.outbox.iter_mut().for_each(|waiting| waiting.ask_again = 0);
        let index = client.index;
        self.after(delay, Event::Connect(index));
    }

    /// Looks after what was not answered.
    pub fn retry(&mut self, index: usize) {
        self.flush(index);
        let Some(client) = self.clients.get(index) else { return };
        if client.online && (self.hostile || !client.outbox.is_empty()) {
            let delay = self.random.between(800, 2_000);
            self.after(delay, Event::Retry(index));
        }
    }

    /// Says how far events have arrived.
    pub fn acknowledge(&mut self, index: usize, socket: u64) {
        let Some(client) = self.clients.get_mut(index).filter(|client| client.socket == Some(socket)) else { return };
        client.acknowledging = false;
        if let Some(seq) = client.cursor.filter(|seq| *seq > 0) {
            self.up(socket, Up::Ack(seq));
        }
    }

    /// A frame arrives.
    pub fn receive(&mut self, socket: u64, frame: Down) {
        let Some(index) = self.clients.iter().position(|client| client.socket == Some(socket)) else { return };
        match frame {
            Down::Welcome { epoch, after, epoch_changed, head, you, .. } => {
                let Some(client) = self.clients.get_mut(index) else { return };
                let expected = client.cursor.unwrap_or(after);
                client.cursor = Some(after);
                client.epoch = Some(epoch);
                client.greeted = true;
                client.outbox.iter_mut().for_each(|waiting| waiting.ask_again = 0);
                let read = client.read;
                if epoch_changed || after != expected {
                    return self.fail(format!("client {index} held {expected} and was resumed after {after}"));
                }
                if read > you.read && read <= head {
                    self.up(socket, Up::Read(read));
                }
                self.flush(index);
            }
            Down::Events(items) => self.events(index, socket, &items),
            Down::Acks(acks) => {
                for ack in acks.acks {
                    self.acked(index, ack, None);
                }
                for rejected in acks.rejections {
                    let wait = rejected.retry_after_ms;
                    let rejection = Rejection {
                        code: rejected.code,
                        message: rejected.message,
                        retry: rejected.retry,
                        retry_after_ms: wait,
                    };
                    self.refused(index, rejected.key, &rejection, None);
                }
            }
            Down::Receipts(receipts) => {
                if let Err(what) = self.oracle.told(&receipts) {
                    self.fail(what);
                }
            }
            Down::Error(rejection) => {
                if !rejection.retry && rejection.code != Code::NotAMember {
                    self.fail(format!("client {index} was told {}", rejection.code.as_str()));
                }
            }
            Down::Close(CloseCode::NotAMember | CloseCode::ConversationNotFound) => self.hang_up(socket, 1_000, 6_000),
            Down::Close(CloseCode::Protocol) => self.fail(format!("client {index} was closed for its protocol")),
            Down::Close(_) => self.hang_up(socket, 50, 800),
        }
    }

    fn events(&mut self, index: usize, socket: u64, items: &str) {
        let parsed = match parse(items) {
            Ok(parsed) => parsed,
            Err(what) => return self.fail(what),
        };
        let Some(client) = self.clients.get_mut(index) else { return };
        for (from, to, slot) in parsed {
            let next = client.cursor.unwrap_or(0) + 1;
            if from != next {
                return self.fail(format!("client {index} expected event {next} and received {from}"));
            }
            if let Err(what) = self.oracle.saw(from, &slot) {
                return self.fail(what);
            }
            for seq in from..=to {
                self.counted.withheld += u64::from(slot == Slot::Withheld);
                client.held.insert(seq, slot.clone());
            }
            client.cursor = Some(to);
        }
        if !std::mem::replace(&mut client.acknowledging, true) {
            let delay = if self.hostile { self.random.between(5, 900) } else { 20 };
            self.after(delay, Event::Acknowledge { client: index, socket });
        }
    }

    /// An answer over HTTP.
    pub fn answered(&mut self, index: usize, call: &Call, answer: Answered) {
        match (answer, call) {
            (Answered::Ack(ack), Call::Command(command)) => self.acked(index, ack, Some(command)),
            (Answered::Hidden, Call::Hide(seq)) => self.hidden(index, *seq),
            (Answered::Reported(id), Call::Report { seq, key }) => {
                self.counted.reports += 1;
                let what = (self.user_of(index), *seq, *key);
                if let Err(what) = self.oracle.facts.reported(id, what) {
                    self.fail(what);
                }
            }
            (Answered::Read(seq), Call::Read(asked)) => {
                let user = self.user_of(index);
                self.oracle.read(user, seq.max(*asked));
            }
            (Answered::Rejected(rejection), Call::Command(command)) => {
                self.refused(index, command.key, &rejection, Some(command))
            }
            _ => {}
        }
    }

    /// A message is gone for its reader: what this device holds of it goes.
    fn hidden(&mut self, index: usize, seq: u64) {
        self.counted.hidden += 1;
        self.oracle.facts.hid(self.user_of(index), seq);
        let Some(client) = self.clients.get_mut(index) else { return };
        let gone = BTreeSet::from([seq]);
        for slot in client.held.values_mut() {
            if matches!(slot, Slot::Event { envelope, .. } if goes_with(&gone, envelope)) {
                *slot = Slot::Withheld;
            }
        }
    }

    fn acked(&mut self, index: usize, ack: Ack, to: Option<&KeyedCommand>) {
        self.counted.acked += 1;
        let user = self.user_of(index);
        let Some(client) = self.clients.get_mut(index) else { return };
        let waiting = client.outbox.iter().position(|waiting| waiting.command.key == ack.key);
        let waiting = waiting.map(|place| client.outbox.remove(place));
        if let Some(waiting) = waiting.filter(|waiting| !waiting.probe) {
            client.done.push(waiting.command);
        }
        if let Err(what) = self.oracle.acked(user, &ack, to) {
            self.fail(what);
        }
    }

    fn refused(&mut self, index: usize, key: CommandKey, rejection: &Rejection, to: Option<&KeyedCommand>) {
        self.counted.refused += 1;
        let (user, now) = (self.user_of(index), self.now);
        let Some(client) = self.clients.get_mut(index) else { return };
        let Some(place) = client.outbox.iter().position(|waiting| waiting.command.key == key) else { return };
        if rejection.retry {
            if let Some(waiting) = client.outbox.get_mut(place) {
                waiting.ask_again = now + rejection.retry_after_ms.unwrap_or(500);
            }
            return;
        }
        client.outbox.remove(place);
        if let Err(what) = self.oracle.refused(user, key, rejection.code, to) {
            self.fail(what);
        }
    }
}
