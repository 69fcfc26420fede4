//! A clock that can not be right.
//!
//! An entry's time is for ever, and no later entry may be older. So one reading that is years ahead would date everything
//! after it wrongly, and open the log of a year that has not come. The server rather stops.

use std::time::Duration;

use crate::clock::Clock;
use crate::store::{LogId, StoreError};

/// How far the clock may be off, in seconds: more than any correction, less than any date.
const TOLERANCE: u64 = 24 * 60 * 60;

/// The last reading of both clocks.
#[derive(Debug, Default)]
pub(super) struct Drift(Option<(u64, Duration)>);

impl Drift {
    /// The time now, unix seconds.
    ///
    /// # Errors
    /// [`StoreError::ClockSet`] if it moved otherwise than the steady clock since the last reading.
    pub(super) fn read(&mut self, clock: &dyn Clock) -> Result<u64, StoreError> {
        let now = clock.unix_seconds();
        let Some(steady) = clock.steady() else { return Ok(now) };
        if let Some((then, steady_then)) = self.0 {
            let expected = then + steady.saturating_sub(steady_then).as_secs();
            if now.abs_diff(expected) > TOLERANCE {
                return Err(StoreError::ClockSet { expected, now });
            }
        }
        self.0 = Some((now, steady));
        Ok(now)
    }
}

/// Refuses a log whose last entry lies in the future.
///
/// # Errors
/// [`StoreError::ClockBehind`]
pub(super) fn check_start(clock: &dyn Clock, log: &LogId, last: u64) -> Result<(), StoreError> {
    let now = clock.unix_seconds();
    if last > now + TOLERANCE {
        return Err(StoreError::ClockBehind { log: log.clone(), last, now });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use time::OffsetDateTime;

    use super::*;

    /// Both clocks, in seconds.
    #[derive(Debug)]
    struct Clocks(Mutex<(u64, u64)>);

    impl Clock for Clocks {
        fn now(&self) -> OffsetDateTime {
            OffsetDateTime::from_unix_timestamp(self.0.lock().unwrap().0.try_into().unwrap()).unwrap()
        }

        fn steady(&self) -> Option<Duration> {
            Some(Duration::from_secs(self.0.lock().unwrap().1))
        }
    }

    #[test]
    fn a_clock_that_is_set_by_more_than_a_day_is_refused_and_one_that_runs_is_not() {
        const DAY: u64 = 24 * 60 * 60;
        let clocks = Clocks(Mutex::new((1_000 * DAY, 7)));
        let mut drift = Drift::default();
        let mut step = |now: u64, steady: u64| {
            *clocks.0.lock().unwrap() = (now, steady);
            drift.read(&clocks)
        };
        assert!(step(1_000 * DAY, 7).is_ok());
        // Idle for a year.
        assert!(step(1_365 * DAY, 7 + 365 * DAY).is_ok());
        // Corrected by an hour, either way.
        assert!(step(1_365 * DAY + 3_600, 8 + 365 * DAY).is_ok());
        assert!(step(1_365 * DAY, 9 + 365 * DAY).is_ok());
        assert!(matches!(step(1_367 * DAY, 10 + 365 * DAY), Err(StoreError::ClockSet { .. })));
        assert!(matches!(step(1_363 * DAY, 10 + 365 * DAY), Err(StoreError::ClockSet { .. })));
    }
}
