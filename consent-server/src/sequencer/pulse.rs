//! What the thread does, as sums that somebody outside may read.

use std::time::Duration;

use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};

/// A clone counts into the same sums.
#[derive(Clone, Debug)]
pub struct Pulse {
    /// Seconds from handing a batch to the store until it is durable, signed and shown.
    pub commits: Histogram,
    /// Decisions of a batch.
    pub batches: Histogram,
}

impl Default for Pulse {
    fn default() -> Self {
        // 0.25 ms to 8 s, and one decision to a full batch.
        let commits = Histogram::new(exponential_buckets(0.000_25, 2.0, 16));
        Self { commits, batches: Histogram::new(exponential_buckets(1.0, 4.0, 7)) }
    }
}

impl Pulse {
    pub(super) fn beat(&self, took: Duration, decisions: usize) {
        self.commits.observe(took.as_secs_f64());
        self.batches.observe(f64::from(u32::try_from(decisions).unwrap_or(u32::MAX)));
    }
}
