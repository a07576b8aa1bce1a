//! A conversation under load: its members' sockets, what they were sent and what they got.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tokio::time::sleep;

use crate::ledger::Ledger;
use crate::measure::histogram;
use crate::request::Connection;
use crate::socket::{Writer, open};
use crate::wire::{Flow, Incoming, Wire};

/// Sockets being opened at once.
const OPENING: usize = 32;
/// How often the state of a run is looked at.
const GLANCE: Duration = Duration::from_millis(2);
/// Received events are acknowledged at the latest after this time.
const ACK_TICK: Duration = Duration::from_millis(500);

/// One member's socket.
struct Receiver {
    writer: Rc<Writer>,
    ready: bool,
    next: u64,
    flow: Option<Flow>,
    unacknowledged: u64,
    unacknowledged_bytes: usize,
}

/// What is counted while a measure runs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    /// Acks received.
    pub acks: u64,
    /// This run's messages received, over all receivers.
    pub deliveries: u64,
    /// Frames of the log received, over all receivers.
    pub event_frames: u64,
    /// Bytes of those.
    pub event_bytes: u64,
}

struct State {
    receivers: Vec<Receiver>,
    ledger: Ledger,
    sent_at: Vec<Instant>,
    refill: bool,
    measuring: bool,
    counts: Counts,
    latency: Histogram<u64>,
    closing: bool,
    failed: Option<String>,
}

/// The conversation.
pub struct Room<W: Wire> {
    wire: W,
    /// Its name at the server.
    pub id: String,
    state: RefCell<State>,
}

impl<W: Wire> Room<W> {
    /// Makes a conversation of `members` and opens a socket for each; answers when all have caught up.
    pub async fn open(wire: W, address: &str, name: &str, members: usize) -> Result<Rc<Self>, String> {
        let id = wire.create(&mut Connection::open(address).await?, name, members).await?;
        Self::join(wire, address, id, members).await
    }

    /// Opens a socket for each member of a conversation that nobody has written to yet.
    pub async fn join(wire: W, address: &str, id: String, members: usize) -> Result<Rc<Self>, String> {
        let latency = histogram()?;
        let state = State {
            receivers: Vec::with_capacity(members),
            ledger: Ledger::default(),
            sent_at: Vec::new(),
            refill: false,
            measuring: false,
            counts: Counts::default(),
            latency,
            closing: false,
            failed: None,
        };
        let room = Rc::new(Self { wire, id, state: RefCell::new(state) });
        for first in (0..members).step_by(OPENING) {
            let last = (first + OPENING).min(members);
            for member in first..last {
                let (reader, writer) = open(address, &room.wire.upgrade(&room.id, member)).await?;
                let hello = room.wire.hello();
                let ready = hello.is_none();
                room.state.borrow_mut().receivers.push(Receiver {
                    writer: Rc::clone(&writer),
                    ready,
                    next: 1,
                    flow: None,
                    unacknowledged: 0,
                    unacknowledged_bytes: 0,
                });
                if let Some(hello) = hello {
                    writer.push(hello);
                }
                let room = Rc::clone(&room);
                tokio::task::spawn_local(async move {
                    let end = reader.run(|frame| room.take(member, frame)).await;
                    let mut state = room.state.borrow_mut();
                    if !state.closing {
                        state.failed.get_or_insert(format!("socket {member} ended: {end}"));
                    }
                });
            }
            room.wait(Duration::from_secs(20), |state| state.receivers.iter().all(|receiver| receiver.ready))
                .await
                .map_err(|error| format!("opening sockets: {error}"))?;
        }
        room.wait(Duration::from_secs(20), |state| {
            state.receivers.iter().all(|receiver| receiver.next > state.ledger.head())
        })
        .await
        .map_err(|error| format!("catching up: {error}"))?;
        let ticking = Rc::clone(&room);
        tokio::task::spawn_local(async move {
            while !ticking.state.borrow().closing {
                sleep(ACK_TICK).await;
                ticking.acknowledge_all();
            }
        });
        Ok(room)
    }

    fn take(self: &Rc<Self>, member: usize, frame: &[u8]) {
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        let Some(receiver) = state.receivers.get_mut(member) else { return };
        let logged = self.wire.is_events(frame);
        if logged && let Some((next, ours)) = state.ledger.recall(receiver.next, frame) {
            let events = next - receiver.next;
            receiver.next = next;
            self.received(state, member, events, ours, frame.len());
            return;
        }
        match self.wire.parse(frame) {
            Ok(Incoming::Events(events)) => {
                let (next, ours) = state.ledger.check(member, receiver.next, &events, frame);
                receiver.next = next;
                self.received(state, member, events.len() as u64, ours, frame.len());
            }
            Ok(Incoming::Acks(acks, refusals)) => {
                let now = Instant::now();
                let answered = acks.len() + refusals.len();
                for (index, seq) in acks {
                    state.ledger.ack(index, seq);
                    if state.measuring {
                        state.counts.acks += 1;
                        let sent = usize::try_from(index).ok().and_then(|index| state.sent_at.get(index));
                        let took = sent.map_or(0, |sent| now.duration_since(*sent).as_nanos());
                        state.latency.saturating_record(u64::try_from(took).unwrap_or(u64::MAX));
                    }
                }
                for refusal in refusals {
                    state.ledger.violation(|| refusal);
                }
                if state.refill {
                    self.send(state, member, answered, now);
                }
            }
            Ok(Incoming::Welcome(welcome)) => {
                receiver.ready = true;
                receiver.flow = welcome.flow;
                receiver.next = welcome.after + 1;
                state.ledger.announce(welcome.head);
            }
            Ok(Incoming::Other) => {}
            Err(error) => state.ledger.violation(|| format!("receiver {member}: {error}")),
        }
    }

    fn received(&self, state: &mut State, member: usize, events: u64, ours: u64, bytes: usize) {
        if state.measuring {
            state.counts.deliveries += ours;
            state.counts.event_frames += 1;
            state.counts.event_bytes += bytes as u64;
        }
        let Some(receiver) = state.receivers.get_mut(member) else { return };
        let Some(flow) = receiver.flow else { return };
        receiver.unacknowledged += events;
        receiver.unacknowledged_bytes += bytes;
        if receiver.unacknowledged >= flow.events || receiver.unacknowledged_bytes >= flow.bytes {
            self.acknowledge(receiver);
        }
    }

    fn acknowledge(&self, receiver: &mut Receiver) {
        receiver.unacknowledged = 0;
        receiver.unacknowledged_bytes = 0;
        receiver.writer.push(self.wire.acknowledge(receiver.next - 1));
    }

    fn acknowledge_all(&self) {
        for receiver in &mut self.state.borrow_mut().receivers {
            if receiver.flow.is_some() && receiver.unacknowledged > 0 {
                self.acknowledge(receiver);
            }
        }
    }

    fn send(&self, state: &mut State, member: usize, count: usize, at: Instant) {
        let first = state.sent_at.len() as u64;
        let indexes: Vec<u64> = (first..first + count as u64).collect();
        state.sent_at.resize(state.sent_at.len() + count, at);
        state.ledger.sent(first + count as u64);
        let Some(receiver) = state.receivers.get(member) else { return };
        for chunk in indexes.chunks(self.wire.commands_per_frame()) {
            receiver.writer.push(self.wire.send(chunk));
        }
    }

    /// Sends `count` messages from `member`, as if at `at`.
    pub fn post(&self, member: usize, count: usize, at: Instant) {
        self.send(&mut self.state.borrow_mut(), member, count, at);
    }

    /// Whether each answer is followed by the next message.
    pub fn refill(&self, on: bool) {
        self.state.borrow_mut().refill = on;
    }

    /// Counts from here on, from nothing, or no longer.
    pub fn measure(&self, on: bool) {
        let mut state = self.state.borrow_mut();
        state.measuring = on;
        if on {
            state.counts = Counts::default();
            state.latency.reset();
        }
    }

    /// What was counted, and the time from sending to ack in nanoseconds.
    pub fn counted(&self) -> (Counts, Histogram<u64>) {
        let state = self.state.borrow();
        (state.counts, state.latency.clone())
    }

    /// Messages sent so far.
    pub fn sent(&self) -> u64 {
        self.state.borrow().sent_at.len() as u64
    }

    /// The end of the log.
    pub fn head(&self) -> u64 {
        self.state.borrow().ledger.head()
    }

    /// Whether a socket has ended or something is wrong already.
    pub fn failed(&self) -> bool {
        let state = self.state.borrow();
        state.failed.is_some() || state.ledger.violations().1 > 0
    }

    /// Waits until everything sent is acknowledged and everybody has all of it.
    pub async fn settle(&self, limit: Duration) -> Result<(), String> {
        let settled = |state: &State| {
            state.ledger.acked() >= state.sent_at.len() as u64
                && state.receivers.iter().all(|receiver| receiver.next > state.ledger.head())
        };
        self.wait(limit, settled).await
    }

    /// Settles, then checks the whole.
    pub async fn drain(&self, limit: Duration) -> Vec<String> {
        let outcome = self.settle(limit).await;
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        if let Err(error) = outcome {
            state.ledger.violation(|| format!("while waiting for the last answers: {error}"));
        }
        state.ledger.close(state.receivers.iter().map(|receiver| receiver.next));
        state.closing = true;
        let (kept, count) = state.ledger.violations();
        let mut violations = kept.to_vec();
        if count > violations.len() as u64 {
            violations.push(format!("{count} violations in all"));
        }
        violations
    }

    async fn wait(&self, limit: Duration, done: impl Fn(&State) -> bool) -> Result<(), String> {
        let until = Instant::now() + limit;
        loop {
            {
                let state = self.state.borrow();
                if let Some(failed) = &state.failed {
                    return Err(failed.clone());
                }
                if state.ledger.violations().1 > 0 {
                    return Err("given up, for something is wrong already".into());
                }
                if done(&state) {
                    return Ok(());
                }
            }
            if Instant::now() > until {
                return Err(format!("not done after {} s", limit.as_secs()));
            }
            sleep(GLANCE).await;
        }
    }
}
