//! Who was busy, and what was written: without this, a slow generator would pass for a slow server.

use std::fs::read_to_string;
use std::time::Instant;

use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

/// A moment's readings.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    at: Instant,
    own_s: f64,
    server: Option<(f64, f64)>,
    written: Option<u64>,
}

/// Reads the clocks of this process and, where given, of the server.
pub fn read(server: Option<u32>) -> Usage {
    Usage {
        at: Instant::now(),
        own_s: own_seconds(),
        server: server.and_then(processor_time),
        written: server.and_then(written),
    }
}

/// Processor seconds of this process so far.
pub fn own_seconds() -> f64 {
    let own = clock_gettime(ClockId::ProcessCPUTime);
    own.tv_sec as f64 + own.tv_nsec as f64 / 1e9
}

/// Seconds in user code and in the kernel. `/proc` counts in hundredths of a second on every Linux this runs on.
fn processor_time(pid: u32) -> Option<(f64, f64)> {
    let stat = read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(") ")?.1.split(' ').skip(11);
    let mut next = || fields.next()?.parse::<f64>().ok().map(|ticks| ticks / 100.0);
    Some((next()?, next()?))
}

/// Bytes the process caused to be written to disk.
fn written(pid: u32) -> Option<u64> {
    let io = read_to_string(format!("/proc/{pid}/io")).ok()?;
    io.lines().find_map(|line| line.strip_prefix("write_bytes: "))?.parse().ok()
}

/// Shares of a core between two readings, and disk bytes per message.
pub fn between(before: Usage, after: Usage, messages: u64) -> Value {
    let seconds = after.at.duration_since(before.at).as_secs_f64().max(1e-9);
    let share = |used: f64| (used / seconds * 1000.0).round() / 1000.0;
    let (user, kernel) = match (before.server, after.server) {
        (Some(before), Some(after)) => (Some(share(after.0 - before.0)), Some(share(after.1 - before.1))),
        _ => (None, None),
    };
    let disk = before
        .written
        .zip(after.written)
        .filter(|_| messages > 0)
        .map(|(before, after)| after.saturating_sub(before) / messages);
    json!({ "generator_core": share(after.own_s - before.own_s), "server_core_user": user, "server_core_kernel": kernel, "disk_bytes_per_message": disk })
}
