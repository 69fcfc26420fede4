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

/// The text is no date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a date: write 2026-11-23 (midnight UTC) or 2026-11-23T09:30:00Z")]
pub struct InvalidDate;

impl Period {
    /// Reads a period from two texts.
    ///
    /// # Errors
    /// [`InvalidDate`] if one of them is no date.
    pub fn parse(from: Option<&str>, to: Option<&str>) -> Result<Self, InvalidDate> {
        Ok(Self { from: from.map(seconds).transpose()?, to: to.map(seconds).transpose()? })
    }

    /// Whether a moment, unix seconds, lies within.
    #[must_use]
    pub fn contains(&self, time: u64) -> bool {
        self.from.is_none_or(|from| from <= time) && self.to.is_none_or(|to| time < to)
    }
}

fn seconds(text: &str) -> Result<u64, InvalidDate> {
    let at = Date::parse(text, &Iso8601::DATE)
        .map(|date| date.midnight().assume_utc())
        .or_else(|_| OffsetDateTime::parse(text, &Rfc3339))
        .map_err(|_| InvalidDate)?;
    u64::try_from(at.unix_timestamp()).map_err(|_| InvalidDate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_days_and_moments_and_nothing_else() {
        let period = Period::parse(Some("2026-11-23"), Some("2026-11-24T01:00:00+01:00")).unwrap();
        assert_eq!(period, Period { from: Some(1_795_392_000), to: Some(1_795_478_400) });
        assert!(period.contains(1_795_392_000) && !period.contains(1_795_478_400));
        for bad in ["", "yesterday", "2026-13-01", "1969-12-31", "2026-11-23 09:30"] {
            assert_eq!(Period::parse(Some(bad), None), Err(InvalidDate), "{bad}");
        }
    }
}
