//! What connections got to see.

use std::time::Duration;

/// A load is looked at in windows of this length. Where a machine shares its processors, these run at a tenth of their speed for tens of
/// milliseconds now and then; that is more than a hundredth of the time, so the slowest hundredth of all requests says how long such a
/// spell was, loaded or not. A spell is in few of these windows, and so not in what is usual for one.
pub(crate) const WINDOW: Duration = Duration::from_millis(250);

/// How a request ended.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// A decision, admitted and acknowledged.
    Acknowledged,
    /// Any other request that got what it asked for.
    Served,
    /// A decision that was asked to come back later.
    Later,
}

/// What one connection, or many, got to see.
#[derive(Default)]
pub(crate) struct Seen {
    /// How each request ended, in which window it was sent, and microseconds until its answer.
    waits: Vec<(Kind, u32, u32)>,
    /// Requests that were sent more than 10 ms after they were due, as the one before had no answer yet.
    pub(crate) late: u64,
    /// Answers that should not have been.
    pub(crate) wrong: u64,
    /// Requests without an answer.
    pub(crate) lost: u64,
    /// Ids of some acknowledged decisions.
    pub(crate) ids: Vec<String>,
}

impl Seen {
    pub(crate) fn note(&mut self, kind: Kind, at: Duration, wait: Duration) {
        let window = at.as_micros() / WINDOW.as_micros();
        let small = |number: u128| u32::try_from(number).unwrap_or(u32::MAX);
        self.waits.push((kind, small(window), small(wait.as_micros())));
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.waits.extend(other.waits);
        self.late += other.late;
        self.wrong += other.wrong;
        self.lost += other.lost;
        self.ids.extend(other.ids);
    }

    /// How many requests there were.
    pub(crate) fn sent(&self) -> u64 {
        self.waits.len() as u64 + self.wrong + self.lost
    }

    /// Microseconds of all waits of this kind.
    pub(crate) fn waits(&self, kind: Kind) -> Vec<u32> {
        self.waits.iter().filter(|(of, ..)| *of == kind).map(|(_, _, wait)| *wait).collect()
    }

    /// How many requests ended so.
    pub(crate) fn count(&self, kind: Kind) -> usize {
        self.waits.iter().filter(|(of, ..)| *of == kind).count()
    }

    /// Microseconds of the waits of this kind, of each window that has any.
    pub(crate) fn windows(&self, kind: Kind) -> impl Iterator<Item = Vec<u32>> {
        self.in_windows(move |of| of == kind)
    }

    /// How many requests were usually answered in a second: the median of the windows.
    pub(crate) fn rate(&self) -> f64 {
        median(self.in_windows(|_| true).map(|waits| waits.len() as f64).collect()) / WINDOW.as_secs_f64()
    }

    /// These waits, of each window that has any but the first, in which the load before it may still be felt.
    fn in_windows(&self, which: impl Fn(Kind) -> bool) -> impl Iterator<Item = Vec<u32>> {
        let mut windows: Vec<Vec<u32>> = Vec::new();
        for (_, window, wait) in self.waits.iter().filter(|(of, window, _)| which(*of) && *window > 0) {
            let at = *window as usize;
            if windows.len() <= at {
                windows.resize_with(at + 1, Vec::new);
            }
            windows[at].push(*wait);
        }
        windows.into_iter().filter(|waits| !waits.is_empty())
    }
}

/// Milliseconds within which 99 of 100 were answered.
pub(crate) fn p99(mut waits: Vec<u32>) -> f64 {
    waits.sort_unstable();
    let at = (waits.len() * 99).div_ceil(100).saturating_sub(1);
    waits.get(at).map_or(0.0, |micros| f64::from(*micros) / 1000.0)
}

/// The one in the middle; 0 of none.
pub(crate) fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_unstable_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(0.0)
}
