//! Cold objects: conversations are made, the server is restarted by the caller, then each is asked for its newest page.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::history::{fill, whole};
use super::{histogram, percentiles};
use crate::request::Connection;
use crate::wire::Wire;

/// Events asked for.
const PAGE: u64 = 50;

/// What is remembered over the restart.
#[derive(Debug, Serialize, Deserialize)]
struct Made {
    run: u32,
    conversations: Vec<(String, u64)>,
}

/// Makes `objects` conversations of `messages` messages each and writes their names to `state`.
pub async fn prepare<W: Wire>(
    make: impl Fn() -> W,
    run: u32,
    address: &str,
    objects: u32,
    messages: u64,
    state: &Path,
) -> Result<Value, String> {
    let mut conversations = Vec::new();
    let mut violations = Vec::new();
    for number in 0..objects {
        let (id, head, wrong) = fill(make(), address, &format!("cold-{run:08x}-{number}"), messages).await?;
        conversations.push((id, head));
        violations.extend(wrong);
    }
    let text = serde_json::to_string(&Made { run, conversations }).map_err(|error| error.to_string())?;
    std::fs::write(state, text).map_err(|error| format!("cannot write {}: {error}", state.display()))?;
    Ok(json!({ "objects": objects, "violations": violations }))
}

/// The run that `prepare` was given: the members' tokens depend on it.
pub fn run_of(state: &Path) -> Result<u32, String> {
    read(state).map(|made| made.run)
}

fn read(state: &Path) -> Result<Made, String> {
    let text = std::fs::read_to_string(state).map_err(|error| format!("cannot read {}: {error}", state.display()))?;
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

/// Asks each conversation once while it is cold and once more while it is warm. The first one only warms the server's code.
pub async fn run<W: Wire>(wire: W, address: &str, state: &Path) -> Result<Value, String> {
    let Made { conversations, .. } = read(state)?;
    let mut http = Connection::open(address).await?;
    let (mut cold, mut warm) = (histogram()?, histogram()?);
    let mut first_us = 0.0;
    let mut violations = Vec::new();
    for (turn, (id, head)) in conversations.iter().enumerate() {
        let call = wire.page(id, 0, None, PAGE);
        for histogram in [&mut cold, &mut warm] {
            let (body, took) = http.call(&call).await?;
            if let Err(error) = whole(&wire.parse_page(&body)?, head + 1, PAGE) {
                violations.push(error);
            }
            if turn == 0 {
                first_us = f64::max(first_us, took.as_secs_f64() * 1e6);
            } else {
                histogram.saturating_record(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
            }
        }
    }
    Ok(
        json!({ "first_us": first_us, "cold": percentiles(&cold), "warm": percentiles(&warm), "violations": violations }),
    )
}
