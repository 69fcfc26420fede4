//! The one place that reads a clock. Everything else is given a [`Clock`].

use std::fmt::Debug;

use time::OffsetDateTime;

/// Tells the time.
pub trait Clock: Debug + Send + Sync + 'static {
    /// The time now, UTC.
    fn now(&self) -> OffsetDateTime;
}

/// The machine's own clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }
}
