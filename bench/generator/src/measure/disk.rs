//! How long the disk takes to make a page durable.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Instant;

use serde_json::{Value, json};

use super::{histogram, percentiles};

/// Bytes written before each sync: a page of the database.
const PAGE: usize = 4096;

/// Appends a page and syncs it, `count` times.
pub fn run(directory: &Path, count: u32) -> Result<Value, String> {
    let path = directory.join("sync-time");
    let said = |error: std::io::Error| format!("{}: {error}", path.display());
    let file = File::create(&path).map_err(said)?;
    let mut latency = histogram()?;
    for at in 0..u64::from(count) {
        file.write_all_at(&[0x5a; PAGE], at * PAGE as u64).map_err(said)?;
        let started = Instant::now();
        file.sync_data().map_err(said)?;
        latency.saturating_record(u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX));
    }
    std::fs::remove_file(&path).map_err(said)?;
    Ok(json!({ "sync": percentiles(&latency), "violations": [] }))
}
