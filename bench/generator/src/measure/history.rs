//! Pages of history over HTTP, one after the other over one kept connection.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::load::Span;
use super::{histogram, percentiles};
use crate::ledger::Event;
use crate::request::Connection;
use crate::room::Room;
use crate::wire::Wire;

/// Events on one page.
const PAGE: u64 = 100;
/// Messages in flight while the history is made.
const IN_FLIGHT: usize = 100;
/// Making the history may take this long.
const FILL: Duration = Duration::from_secs(60);

/// Makes a conversation of `messages` messages, then reads pages at changing places, one after the other.
pub async fn run<W: Wire>(
    make: impl Fn() -> W,
    address: &str,
    name: &str,
    messages: u64,
    span: Span,
) -> Result<Value, String> {
    let (id, head, mut violations) = fill(make(), address, name, messages).await?;
    let wire = make();
    let mut http = Connection::open(address).await?;
    let mut latency = histogram()?;
    let mut bytes = 0;
    let warm = Instant::now() + Duration::from_secs_f64(span.warm_up);
    let until = warm + Duration::from_secs_f64(span.seconds);
    let mut turn = 0_u64;
    while Instant::now() < until {
        let before = PAGE + 1 + turn * 7_919 % (head - PAGE + 1);
        let (body, took) = http.call(&wire.page(&id, 0, Some(before), PAGE)).await?;
        bytes = bytes.max(body.len());
        if let Err(error) = whole(&wire.parse_page(&body)?, before, PAGE) {
            violations.push(error);
            break;
        }
        if Instant::now() > warm {
            latency.saturating_record(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
        }
        turn += 1;
    }
    Ok(json!({ "messages": messages, "page": percentiles(&latency), "page_bytes": bytes, "violations": violations }))
}

/// Makes a conversation with a history; the answer is its name at the server, its last seq, and what went wrong.
pub async fn fill<W: Wire>(
    wire: W,
    address: &str,
    name: &str,
    messages: u64,
) -> Result<(String, u64, Vec<String>), String> {
    let room = Room::open(wire, address, name, 2).await?;
    let until = Instant::now() + FILL;
    while room.sent() < messages && !room.failed() && Instant::now() < until {
        let count = IN_FLIGHT.min(usize::try_from(messages - room.sent()).unwrap_or(IN_FLIGHT));
        room.post(0, count, Instant::now());
        room.settle(FILL).await?;
    }
    let violations = room.drain(FILL).await;
    Ok((room.id.clone(), room.head(), violations))
}

/// Whether a page is exactly the `limit` events before `before`, in order.
pub fn whole(events: &[Event], before: u64, limit: u64) -> Result<(), String> {
    let expected = before.saturating_sub(limit)..before;
    if events.iter().map(|event| event.seq).eq(expected.clone()) {
        return Ok(());
    }
    let seqs: Vec<u64> = events.iter().map(|event| event.seq).collect();
    Err(format!("a page that should hold {expected:?} holds {seqs:?}"))
}
