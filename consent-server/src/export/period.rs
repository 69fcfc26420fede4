//! From when to when.

use time::format_description::well_known::{Iso8601, Rfc3339};
use time::{Date, OffsetDateTime};

/// A period, unix seconds: from the first to before the second. What is absent has no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// The first second.
    pub from: Option<u64>,
    /// The second after the last.
    pub to: Option<u64>,
}

/// The texts are no period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPeriod {
    /// One of the texts is no date.
    #[error("not a date: write 2026-11-23 (midnight UTC) or 2026-11-23T09:30:00Z")]
    Date,
    /// The end is not after the beginning.
    #[error(
        "an empty period: `to` is the first moment that no longer belongs to it, and has to be after `from`"
    )]
    Empty,
}

impl Period {
    /// Reads a period from two texts, each a day (`2026-11-23`, its midnight in UTC) or a moment (RFC 3339).
    ///
    /// # Errors
    /// See [`InvalidPeriod`].
    pub fn parse(from: Option<&str>, to: Option<&str>) -> Result<Self, InvalidPeriod> {
        let period = Self { from: from.map(seconds).transpose()?, to: to.map(seconds).transpose()? };
        match (period.from, period.to) {
            (Some(from), Some(to)) if from >= to => Err(InvalidPeriod::Empty),
            _ => Ok(period),
        }
    }

    /// Whether a moment, unix seconds, lies within.
    #[must_use]
    pub fn contains(&self, time: u64) -> bool {
        self.from.is_none_or(|from| from <= time) && self.to.is_none_or(|to| time < to)
    }
}

/// The first whole second from this moment on: a log counts in whole seconds.
fn seconds(text: &str) -> Result<u64, InvalidPeriod> {
    // The parser of dates passes over a time that follows: only what is as long as a day may be one.
    let day = || Some(Date::parse(text, &Iso8601::DATE).ok()?.midnight().assume_utc());
    let at = OffsetDateTime::parse(text, &Rfc3339).ok();
    let at = at.or_else(|| day().filter(|_| text.len() == 10)).ok_or(InvalidPeriod::Date)?;
    let seconds = at.unix_timestamp() + i64::from(at.nanosecond() > 0);
    u64::try_from(seconds).map_err(|_| InvalidPeriod::Date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_days_and_moments_and_nothing_else() {
        let period = Period::parse(Some("2026-11-23"), Some("2026-11-24T01:00:00+01:00")).unwrap();
        assert_eq!(period, Period { from: Some(1_795_392_000), to: Some(1_795_478_400) });
        assert!(period.contains(1_795_392_000) && !period.contains(1_795_478_400));
        for bad in ["", "yesterday", "2026-13-01", "1969-12-31", "2026-11-23 09:30", "2026-11-23T", "2026-11"]
        {
            assert_eq!(Period::parse(Some(bad), None), Err(InvalidPeriod::Date), "{bad}");
        }
    }

    #[test]
    fn a_moment_keeps_its_time_of_day() {
        let from = |text| Period::parse(Some(text), None).map(|period| period.from);
        assert_eq!(from("2026-11-23T09:30:00Z"), Ok(Some(1_795_426_200)));
        assert_eq!(from("2026-11-23T10:30:00+01:00"), Ok(Some(1_795_426_200)));
        assert_eq!(from("2026-11-23T09:29:59.001Z"), Ok(Some(1_795_426_200)));
    }

    #[test]
    fn refuses_a_period_without_a_moment_in_it() {
        let (day, moment) = (Some("2026-11-23"), Some("2026-11-23T09:30:00Z"));
        assert_eq!(Period::parse(moment, day), Err(InvalidPeriod::Empty));
        assert_eq!(Period::parse(moment, moment), Err(InvalidPeriod::Empty));
        assert!(Period::parse(day, moment).is_ok());
    }
}
