//! The times of entries, held against times at which others saw how long the log was.

use super::report::Code;
use crate::bundle::csv::rfc3339;

/// How far clocks may be apart, in seconds: those of a server, and of a witness or a time-stamping service. It also covers
/// the minute in which a new head may not have reached the log of heads.
pub(super) const TOLERANCE: u64 = 120;

/// Somebody else saw the log with this size at this time.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    size: u64,
    time: u64,
    by: String,
}

/// What others saw, ready to be asked about one entry after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Times {
    /// By size; each with the latest time up to here, at which entries from `size` on were not there yet.
    not_yet: Vec<Seen>,
    /// By size; each with the earliest time from here on, at which entries below `size` were there.
    there: Vec<Seen>,
}

impl Times {
    /// Adds that the log had `size` entries at `time`, unix seconds, as `by` says.
    pub(super) fn add(&mut self, size: u64, time: u64, by: &str) {
        let seen = Seen { size, time, by: by.to_owned() };
        let at = self.not_yet.partition_point(|other| other.size <= size);
        self.not_yet.insert(at, seen.clone());
        self.there.insert(at, seen);
        let mut latest: Option<Seen> = None;
        for seen in &mut self.not_yet {
            match &latest {
                Some(before) if before.time > seen.time => {
                    (seen.time, seen.by) = (before.time, before.by.clone());
                }
                _ => latest = Some(seen.clone()),
            }
        }
        let mut earliest: Option<Seen> = None;
        for seen in self.there.iter_mut().rev() {
            match &earliest {
                Some(after) if after.time < seen.time => {
                    (seen.time, seen.by) = (after.time, after.by.clone());
                }
                _ => earliest = Some(seen.clone()),
            }
        }
    }

    /// Compares the entry at `index` of `time`; `find` hears what is wrong with it.
    pub(super) fn check(&self, index: u64, time: u64, find: &mut dyn FnMut(Code, String)) {
        let after = self.not_yet.partition_point(|seen| seen.size <= index);
        if let Some(seen) = after.checked_sub(1).and_then(|at| self.not_yet.get(at))
            && time + TOLERANCE < seen.time
        {
            let message = format!(
                "The entry is dated {}, and was not there at {}, as {} shows.",
                rfc3339(time),
                rfc3339(seen.time),
                seen.by
            );
            find(Code::BackDated, message);
        }
        if let Some(seen) = self.there.get(after)
            && time > seen.time + TOLERANCE
        {
            let message = format!(
                "The entry is dated {}, and was there at {}, as {} shows.",
                rfc3339(time),
                rfc3339(seen.time),
                seen.by
            );
            find(Code::FutureDated, message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every answer against the two sentences that it stands for, over all small cases.
    #[test]
    fn an_entry_is_neither_older_than_its_absence_nor_younger_than_its_presence() {
        let seen = [(10, 5_000), (20, 4_000), (20, 6_000), (5, 7_000), (30, 6_500), (0, 1_000)];
        for subset in 0_u32..64 {
            let chosen: Vec<_> = (0..6).filter(|bit| subset >> bit & 1 == 1).map(|bit| seen[bit]).collect();
            let mut times = Times::default();
            chosen.iter().for_each(|&(size, time)| times.add(size, time, "x"));
            for index in [0, 4, 5, 9, 10, 19, 20, 29, 30, 31] {
                for time in (0..8_000).step_by(60) {
                    let mut codes = Vec::new();
                    times.check(index, time, &mut |code, _| codes.push(code));
                    let absent = chosen.iter().any(|&(size, at)| index >= size && time + 120 < at);
                    let present = chosen.iter().any(|&(size, at)| index < size && time > at + 120);
                    assert_eq!(codes.contains(&Code::BackDated), absent, "{index} {time} {chosen:?}");
                    assert_eq!(codes.contains(&Code::FutureDated), present, "{index} {time} {chosen:?}");
                }
            }
        }
    }
}
