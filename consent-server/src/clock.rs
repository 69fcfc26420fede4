//! The one place that reads a clock. Everything else is given a [`Clock`].

use std::fmt::Debug;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use time::OffsetDateTime;

/// Tells the time.
pub trait Clock: Debug + Send + Sync + 'static {
    /// The time now, UTC.
    fn now(&self) -> OffsetDateTime;

    /// The time now as logs and bundles count it: unix seconds, and 0 for any time before 1970.
    fn unix_seconds(&self) -> u64 {
        u64::try_from(self.now().unix_timestamp()).unwrap_or(0)
    }

    /// The time that has passed since some moment, by a clock that nobody sets: what [`now`](Clock::now) is held against.
    /// `None` if there is no such clock.
    fn steady(&self) -> Option<Duration> {
        None
    }
}

/// The machine's own clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }

    fn steady(&self) -> Option<Duration> {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        Some(START.elapsed())
    }
}
