//! What is measured. Each measure answers one JSON object; `violations` in it must be empty.

pub mod cold;
pub mod disk;
pub mod history;
pub mod idle;
pub mod load;
pub mod usage;

use hdrhistogram::Histogram;
use serde_json::{Value, json};

/// Percentiles of a histogram of nanoseconds, in microseconds.
pub fn percentiles(histogram: &Histogram<u64>) -> Value {
    let at = |quantile: f64| micros(histogram.value_at_quantile(quantile));
    json!({ "count": histogram.len(), "p50_us": at(0.5), "p90_us": at(0.9), "p99_us": at(0.99), "max_us": micros(histogram.max()) })
}

fn micros(nanoseconds: u64) -> f64 {
    (nanoseconds as f64 / 100.0).round() / 10.0
}

/// An empty histogram for durations up to two minutes, in nanoseconds.
pub fn histogram() -> Result<Histogram<u64>, String> {
    Histogram::new_with_bounds(1, 120_000_000_000, 3).map_err(|error| error.to_string())
}
