//! Messages through one conversation: as many as it takes with so many in flight, or so many a second.

use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::{percentiles, usage};
use crate::room::Room;
use crate::wire::Wire;

/// The last answers must come within this time.
const DRAIN: Duration = Duration::from_secs(60);
/// Messages after which a run stops even before its time is over.
const MOST_MESSAGES: u64 = 2_000_000;

/// How the messages come.
#[derive(Debug, Clone, Copy)]
pub enum Pace {
    /// This many in flight, spread over this many senders: each answer is followed by the next message.
    InFlight(usize, usize),
    /// This many a second, each from another member.
    PerSecond(u32),
}

/// How long a load runs.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Span {
    /// Seconds before measuring starts.
    #[arg(long, default_value_t = 1.0)]
    pub warm_up: f64,
    /// Seconds measured.
    #[arg(long, default_value_t = 5.0)]
    pub seconds: f64,
}

/// Runs a load and measures it.
pub async fn run<W: Wire>(
    wire: W,
    address: &str,
    name: &str,
    members: usize,
    pace: Pace,
    span: Span,
    server: Option<u32>,
) -> Result<Value, String> {
    let room = Room::open(wire, address, name, members).await?;
    let pacer = match pace {
        Pace::InFlight(in_flight, senders) => {
            let senders = senders.clamp(1, members.min(in_flight));
            room.refill(true);
            for sender in 0..senders {
                let share = in_flight / senders + usize::from(sender < in_flight % senders);
                room.post(sender, share, Instant::now());
            }
            None
        }
        Pace::PerSecond(rate) => Some(tokio::task::spawn_local(post_at(Rc::clone(&room), members, rate))),
    };
    wait(&room, span.warm_up).await;
    room.measure(true);
    let before = usage::read(server);
    let started = Instant::now();
    wait(&room, span.seconds).await;
    let elapsed = started.elapsed().as_secs_f64();
    let after = usage::read(server);
    room.measure(false);
    let (counts, latency) = room.counted();
    if let Some(pacer) = pacer {
        pacer.abort();
    }
    room.refill(false);
    let violations = room.drain(DRAIN).await;
    let per_frame = counts.deliveries as f64 / counts.event_frames.max(1) as f64;
    Ok(json!({
        "members": members,
        "seconds": elapsed,
        "messages": room.sent(),
        "acks_per_s": counts.acks as f64 / elapsed,
        "deliveries_per_s": counts.deliveries as f64 / elapsed,
        "received_mb_per_s": counts.event_bytes as f64 / elapsed / 1e6,
        "messages_per_frame": per_frame,
        "ack": percentiles(&latency),
        "usage": usage::between(before, after, counts.acks),
        "violations": violations,
    }))
}

async fn wait<W: Wire>(room: &Room<W>, seconds: f64) {
    let until = Instant::now() + Duration::from_secs_f64(seconds);
    while Instant::now() < until && !room.failed() && room.sent() < MOST_MESSAGES {
        sleep(Duration::from_millis(1).min(until.saturating_duration_since(Instant::now()))).await;
    }
}

async fn post_at<W: Wire>(room: Rc<Room<W>>, members: usize, rate: u32) {
    let mut ticks = interval(Duration::from_secs(1) / rate.max(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    for turn in 0_usize.. {
        // The moment it was due, so that a late generator does not flatter the server.
        let due = ticks.tick().await;
        room.post(turn * 37 % members, 1, due.into_std());
    }
}
