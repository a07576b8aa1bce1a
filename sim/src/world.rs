//! The event loop: virtual time, turns, output gates, a network that loses, delays, repeats and reorders.

use std::collections::{BTreeMap, VecDeque};

use quipu_schema::envelope::History;
use quipu_schema::ids::{CommandKey, ConversationId, IdKey, UserId, UserRef};
use quipu_store::sql::StoreError;

use crate::account::Account;
use crate::check::Oracle;
use crate::client::Client;
use crate::disk::Disk;
use crate::object::{Object, Position};
use crate::random::Random;
use crate::wire::{Down, Event, Out};
use crate::{Bug, Plan, Violation};

/// People in the world.
pub const PEOPLE: [&str; 5] = ["ana", "ben", "cleo", "dan", "eve"];

/// A socket as the platform keeps it: it outlives the object's memory.
#[derive(Debug, Clone)]
pub struct Socket {
    pub client: usize,
    /// The attachment: where it stands.
    pub position: Position,
}

/// Everything there is.
pub struct World {
    pub plan: Plan,
    pub random: Random,
    pub now: u64,
    order: u64,
    queue: BTreeMap<(u64, u64), Event>,
    pub conv: ConversationId,
    pub history: History,
    pub users: Vec<UserId>,
    pub clients: Vec<Client>,
    /// Accepted by the conversation and not closed by it.
    pub sockets: BTreeMap<u64, Socket>,
    pub next_socket: u64,
    lanes: BTreeMap<(u64, bool), u64>,
    pub disk: Disk,
    gate: VecDeque<(u64, Out)>,
    pub object: Object,
    pub life: u64,
    pub accounts: Vec<Account>,
    pub next_ticket: u64,
    /// The network and the machines are hostile.
    pub hostile: bool,
    /// How many more things people do.
    pub steps: u64,
    pub oracle: Oracle,
    pub violation: Option<Violation>,
    last_sync: u64,
    pub counted: crate::Counted,
}

impl World {
    /// A world before anything has happened.
    ///
    /// # Errors
    /// When SQLite cannot be opened.
    pub fn new(plan: Plan) -> Result<Self, StoreError> {
        let mut random = Random::new(plan.seed);
        let key = id_key();
        let users: Vec<UserId> = PEOPLE.iter().filter_map(|name| user(key.as_ref(), name)).collect();
        let direct = random.percent(20);
        let history = if random.percent(50) { History::All } else { History::FromJoin };
        let (ana, ben) =
            (users.first().copied().unwrap_or(UserId::NOBODY), users.get(1).copied().unwrap_or(UserId::NOBODY));
        let conv = match key.as_ref() {
            Some(key) if direct => Some(ConversationId::direct(key, "sim", ana, ben, "")),
            Some(key) => Some(ConversationId::group(key, "sim", ana, CommandKey::from_random(random.bytes()))),
            None => None,
        };
        let conv = conv.ok_or(StoreError::Shape)?;
        let clients = (0..PEOPLE.len() + 2).map(|index| Client::new(index, index % PEOPLE.len())).collect();
        let accounts = users.iter().map(|_| Account::new()).collect::<Result<_, _>>()?;
        Ok(Self {
            random,
            now: 1_790_000_000_000,
            order: 0,
            queue: BTreeMap::new(),
            conv,
            history,
            users,
            clients,
            sockets: BTreeMap::new(),
            next_socket: 0,
            lanes: BTreeMap::new(),
            disk: Disk::new()?,
            gate: VecDeque::new(),
            object: Object::default(),
            life: 0,
            accounts,
            next_ticket: 0,
            hostile: true,
            steps: plan.steps,
            oracle: Oracle::default(),
            violation: None,
            last_sync: 0,
            counted: crate::Counted::default(),
            plan,
        })
    }

    /// Notes the first thing that went wrong.
    pub fn fail(&mut self, what: impl Into<String>) {
        if self.violation.is_none() {
            let (seed, at) = (self.plan.seed, self.now);
            self.violation = Some(Violation { seed, at, what: what.into() });
        }
    }

    /// Whether a deliberate defect is switched on.
    pub fn has(&self, bug: Bug) -> bool {
        self.plan.bug == Some(bug)
    }

    /// Schedules.
    pub fn after(&mut self, delay: u64, event: Event) {
        self.order += 1;
        self.queue.insert((self.now + delay, self.order), event);
    }

    /// Runs until nothing is left to happen, or something is wrong, or `until`.
    pub fn run(&mut self, until: u64) {
        while self.violation.is_none() {
            let Some((at, order)) = self.queue.keys().next().copied() else { return };
            if at > until {
                return;
            }
            let Some(event) = self.queue.remove(&(at, order)) else { return };
            self.now = self.now.max(at);
            if self.plan.trace {
                println!("{:>8} {event:?}", self.now % 100_000_000);
            }
            self.counted.events += 1;
            self.handle(event);
            self.end_turn();
        }
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Act(client) => self.act(client),
            Event::Connect(client) => self.connect(client),
            Event::Retry(client) => self.retry(client),
            Event::Acknowledge { client, socket } => self.acknowledge(client, socket),
            Event::Upgrade { socket } => self.upgrade(socket),
            Event::Up { socket, frame } => self.frame(socket, frame),
            Event::Gone { socket } => self.gone(socket),
            Event::Down { socket, frame } => self.receive(socket, frame),
            Event::Lost { socket } => self.lost(socket),
            Event::Call { client, call } => self.call(client, call),
            Event::Answer { client, call, answer } => self.answered(client, &call, answer),
            Event::Synced { life, commit } if life == self.life => self.synced(commit),
            Event::Gather { life } if life == self.life => self.gathered(),
            Event::Round { life } if life == self.life => self.begin_round(),
            Event::Alarm => self.alarm(),
            Event::Poke { ticket, user, news } => self.poke(ticket, user, &news),
            Event::Taken { user, life, commit } => self.taken(user, life, commit),
            Event::Poked { life, ticket, told } if life == self.life => self.poked(ticket, told),
            Event::Fault => self.fault(),
            Event::Crash { life } => {
                if life == self.life && self.hostile {
                    self.crash();
                }
            }
            // Of an earlier life.
            Event::Synced { .. } | Event::Gather { .. } | Event::Round { .. } | Event::Poked { .. } => {}
        }
    }

    /// A turn's writes are one commit; it reaches the disk later.
    fn end_turn(&mut self) {
        match self.disk.end_turn() {
            Ok(None) => {}
            Ok(Some(commit)) => {
                self.counted.commits += 1;
                let slow = self.random.percent(15);
                let latency = if slow { self.random.between(20, 200) } else { self.random.below(5) };
                // The worst moment to die is between a write and its sync.
                if self.hostile && self.random.percent(if slow { 15 } else { 2 }) {
                    let (moment, life) = (self.random.below(latency + 1), self.life);
                    self.after(moment, Event::Crash { life });
                }
                // A disk writes in order.
                self.last_sync = self.last_sync.max(self.now + latency);
                let life = self.life;
                self.after(self.last_sync - self.now, Event::Synced { life, commit });
                if let Some(at) = self.disk.alarm() {
                    self.after(at.saturating_sub(self.now), Event::Alarm);
                }
                if let Err(what) = self.oracle.follow(&self.disk) {
                    self.fail(what);
                }
            }
            Err(error) => self.fail(error.to_string()),
        }
    }

    fn synced(&mut self, commit: u64) {
        self.disk.synced(commit);
        while self.gate.front().is_some_and(|(waits_for, _)| *waits_for <= commit) {
            if let Some((_, out)) = self.gate.pop_front() {
                self.release(out);
            }
        }
        self.after_sync(commit);
    }

    /// Sends something from the conversation: it waits until what was written before it is durable.
    pub fn send(&mut self, out: Out) {
        if let Out::Frame { socket, frame } = &out
            && let Err(what) = self.check_frame(*socket, frame)
        {
            self.fail(what);
        }
        let early = match &out {
            Out::Frame { frame: Down::Acks(_), .. } | Out::Answer { .. } => self.has(Bug::AcksBeforeSync),
            Out::Frame { frame: Down::Events(_), .. } => self.has(Bug::EventsBeforeSync),
            _ => false,
        };
        match self.disk.gate() {
            Some(commit) if !early => self.gate.push_back((commit, out)),
            _ => self.release(out),
        }
    }

    /// Past the gate, into the network.
    fn release(&mut self, out: Out) {
        match out {
            Out::Frame { socket, frame } => {
                let delay = self.lane(socket, false);
                self.after(delay, Event::Down { socket, frame });
            }
            Out::Answer { client, call, answer } => {
                if !(self.hostile && self.random.percent(15)) {
                    let delay = self.delay();
                    self.after(delay, Event::Answer { client, call, answer });
                }
            }
            Out::Poke { ticket, user, news } => self.release_poke(ticket, user, news),
        }
    }

    /// How long the network takes.
    pub fn delay(&mut self) -> u64 {
        match self.random.below(20) {
            0 if self.hostile => self.random.between(200, 3_000),
            _ => self.random.between(1, 40),
        }
    }

    /// How long a frame takes: frames of one direction of one socket keep their order, nothing else does.
    pub fn lane(&mut self, socket: u64, up: bool) -> u64 {
        let arrives = self.now + self.delay();
        let lane = self.lanes.entry((socket, up)).or_default();
        *lane = arrives.max(*lane);
        *lane - self.now
    }

    /// Cuts a socket: both ends hear of it, each in its time; what is under way may be lost.
    pub fn cut(&mut self, socket: u64) {
        let (there, here) = (self.random.between(1, 400), self.random.between(1, 400));
        self.after(there, Event::Gone { socket });
        self.after(here, Event::Lost { socket });
    }

    /// The process dies, sockets and all. What was not synced is lost, from the end.
    pub fn crash(&mut self) {
        self.counted.crashes += 1;
        let lost = self.random.below(self.disk.at_risk() as u64 + 1);
        self.counted.lost += lost;
        if let Err(error) = self.disk.crash(usize::try_from(lost).unwrap_or(0)) {
            self.fail(error.to_string());
        }
        self.forget_process();
        // Those whose closing frame was still held back lose theirs too.
        self.sockets.clear();
        for socket in self.clients.iter().filter_map(|client| client.socket).collect::<Vec<_>>() {
            let delay = self.random.between(1, 300);
            self.after(delay, Event::Lost { socket });
        }
        if let Err(what) = self.oracle.after_crash(&self.disk) {
            self.fail(what);
        }
    }

    /// Memory is gone; the platform keeps the alarm.
    pub fn forget_process(&mut self) {
        self.life += 1;
        self.gate.clear();
        self.object = Object::default();
        self.last_sync = self.now;
        if let Some(at) = self.disk.alarm() {
            self.after(at.saturating_sub(self.now), Event::Alarm);
        }
    }

    /// Nothing of the conversation is under way: the platform may put it to sleep.
    pub fn is_idle(&self) -> bool {
        self.gate.is_empty() && self.disk.gate().is_none() && self.object.is_idle()
    }

    /// The user behind a client.
    pub fn user_of(&self, client: usize) -> UserId {
        let person = self.clients.get(client).map_or(0, |client| client.person);
        self.users.get(person).copied().unwrap_or(UserId::NOBODY)
    }

    /// Whose account an id is.
    pub fn person(&self, user: UserId) -> Option<usize> {
        self.users.iter().position(|known| *known == user)
    }
}

/// The secret from which ids are derived.
fn id_key() -> Option<IdKey> {
    IdKey::new(b"a secret of the simulator, thirty-two bytes or more")
}

fn user(key: Option<&IdKey>, subject: &str) -> Option<UserId> {
    key.map(|key| UserId::derive(key, "sim", "issuer", subject))
}

/// Turns the team's own ids into ours.
pub fn resolve(reference: &UserRef) -> UserId {
    match reference {
        UserRef::Id(id) => *id,
        UserRef::Subject(subject) => user(id_key().as_ref(), subject).unwrap_or(UserId::NOBODY),
    }
}
