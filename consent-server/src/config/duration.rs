//! Lengths of time as people write them: `session`, `13 months`, `1 year and 6 months`, or ISO 8601 (`P13M`).

use std::str::FromStr;

/// A unit of time, from short to long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// Seconds.
    Second,
    /// 60 seconds.
    Minute,
    /// 60 minutes.
    Hour,
    /// 24 hours.
    Day,
    /// 7 days.
    Week,
    /// Calendar months.
    Month,
    /// 12 months.
    Year,
}

impl Unit {
    /// All units, from short to long.
    pub const ALL: [Self; 7] =
        [Self::Second, Self::Minute, Self::Hour, Self::Day, Self::Week, Self::Month, Self::Year];

    /// The English singular, which is also the key of its words in a locale.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    /// Months and seconds in one of it.
    const fn size(self) -> (u64, u64) {
        match self {
            Self::Second => (0, 1),
            Self::Minute => (0, 60),
            Self::Hour => (0, 3600),
            Self::Day => (0, DAY),
            Self::Week => (0, 7 * DAY),
            Self::Month => (1, 0),
            Self::Year => (12, 0),
        }
    }
}

/// The largest count of a unit.
pub(super) const MAX_COUNT: u32 = 9999;

/// Seconds of a day.
const DAY: u64 = 86_400;

/// How long something stays.
///
/// ```
/// use consent_server::config::Duration;
///
/// let year: Duration = "1 year".parse()?;
/// assert_eq!(year.lifetime(), "P1Y");
/// assert_eq!("12 months".parse::<Duration>()?.lifetime(), "P1Y");
/// assert_eq!(year.days(), 365);
/// # Ok::<(), consent_server::config::InvalidDuration>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Duration {
    /// Until the browser is closed.
    Session,
    /// One or two counts of units, from long to short, as they were written; each count is 1 to 9999.
    Lasting(Vec<(u32, Unit)>),
}

/// The text is no [`Duration`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a duration: expected `session`, a count and a unit such as `13 months`, or ISO 8601 such as `P13M`"
)]
pub struct InvalidDuration;

impl Duration {
    /// The same value for equal lengths, however they were written: ISO 8601, or `session`.
    #[must_use]
    pub fn lifetime(&self) -> String {
        let Self::Lasting(_) = self else { return "session".to_owned() };
        let (months, seconds) = self.months_and_seconds();
        let mut text = "P".to_owned();
        match months {
            0 => {}
            whole if whole % 12 == 0 => text.push_str(&format!("{}Y", whole / 12)),
            _ => text.push_str(&format!("{months}M")),
        }
        if seconds >= DAY {
            text.push_str(&format!("{}D", seconds / DAY));
        }
        match seconds % DAY {
            0 => {}
            rest if rest % 3600 == 0 => text.push_str(&format!("T{}H", rest / 3600)),
            rest if rest % 60 == 0 => text.push_str(&format!("T{}M", rest / 60)),
            rest => text.push_str(&format!("T{rest}S")),
        }
        text
    }

    /// Whole days, rounded down: a year counts 365 and any further month 30, so that 6 months are 180 and 24 months
    /// 730. 0 for a session.
    #[must_use]
    pub fn days(&self) -> u64 {
        let (months, seconds) = self.months_and_seconds();
        months / 12 * 365 + months % 12 * 30 + seconds / DAY
    }

    fn months_and_seconds(&self) -> (u64, u64) {
        let parts = match self {
            Self::Session => &[][..],
            Self::Lasting(parts) => parts,
        };
        parts.iter().fold((0, 0), |(months, seconds), (count, unit)| {
            let (unit_months, unit_seconds) = unit.size();
            (months + u64::from(*count) * unit_months, seconds + u64::from(*count) * unit_seconds)
        })
    }

    fn from_parts(parts: Vec<(u32, Unit)>) -> Result<Self, InvalidDuration> {
        let descending =
            parts.iter().zip(parts.iter().skip(1)).all(|((_, longer), (_, shorter))| longer > shorter);
        let counts = parts.iter().all(|(count, _)| (1..=MAX_COUNT).contains(count));
        if (1..=2).contains(&parts.len()) && descending && counts {
            Ok(Self::Lasting(parts))
        } else {
            Err(InvalidDuration)
        }
    }
}

impl FromStr for Duration {
    type Err = InvalidDuration;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "session" {
            return Ok(Self::Session);
        }
        match text.strip_prefix('P') {
            Some(rest) => iso(rest),
            None => words(text),
        }
    }
}

fn words(text: &str) -> Result<Duration, InvalidDuration> {
    let mut parts = Vec::new();
    let mut words = text.split_ascii_whitespace().filter(|word| *word != "and");
    while let Some(count) = words.next() {
        let unit = words.next().ok_or(InvalidDuration)?;
        let unit = Unit::ALL
            .into_iter()
            .find(|known| {
                unit.strip_prefix(known.as_str()).is_some_and(|rest| rest.is_empty() || rest == "s")
            })
            .ok_or(InvalidDuration)?;
        parts.push((number(count)?, unit));
    }
    Duration::from_parts(parts)
}

fn iso(text: &str) -> Result<Duration, InvalidDuration> {
    let (date, clock) = match text.split_once('T') {
        Some((_, "")) => return Err(InvalidDuration),
        Some(halves) => halves,
        None => (text, ""),
    };
    let mut parts = Vec::new();
    for (half, units) in [
        (date, &[('Y', Unit::Year), ('M', Unit::Month), ('W', Unit::Week), ('D', Unit::Day)][..]),
        (clock, &[('H', Unit::Hour), ('M', Unit::Minute), ('S', Unit::Second)][..]),
    ] {
        for piece in half.split_inclusive(|letter: char| !letter.is_ascii_digit()) {
            let (_, unit) =
                units.iter().find(|(letter, _)| piece.ends_with(*letter)).ok_or(InvalidDuration)?;
            parts.push((number(piece.get(..piece.len() - 1).unwrap_or_default())?, *unit));
        }
    }
    Duration::from_parts(parts)
}

fn number(text: &str) -> Result<u32, InvalidDuration> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().map_err(|_| InvalidDuration)
    } else {
        Err(InvalidDuration)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lifetime(text: &str) -> String {
        text.parse::<Duration>().unwrap().lifetime()
    }

    #[test]
    fn equal_lengths_have_one_lifetime() {
        for (text, expected) in [
            ("session", "session"),
            ("13 months", "P13M"),
            ("P1Y1M", "P13M"),
            ("1 year and 1 month", "P13M"),
            ("12 months", "P1Y"),
            ("2 weeks", "P14D"),
            ("24 hours", "P1D"),
            ("36 hours", "P1DT12H"),
            ("6 hours", "PT6H"),
            ("90 minutes", "PT90M"),
            ("1 minute 30 seconds", "PT90S"),
            ("PT0030S", "PT30S"),
            ("1 month 3 days", "P1M3D"),
        ] {
            assert_eq!(lifetime(text), expected, "{text}");
        }
    }

    #[test]
    fn a_lifetime_of_at_most_two_units_reads_as_itself() {
        for text in ["session", "P13M", "P1Y", "P14D", "PT6H", "P1DT12H", "PT90M", "PT1S", "P1M3D", "P9999Y"]
        {
            assert_eq!(lifetime(text), text);
        }
    }

    #[test]
    fn days_are_those_of_the_rules() {
        for (text, days) in
            [("6 months", 180), ("13 months", 395), ("24 months", 730), ("23 hours", 0), ("session", 0)]
        {
            assert_eq!(text.parse::<Duration>().unwrap().days(), days, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_duration() {
        for text in [
            "",
            "P",
            "PT",
            "P1YT",
            "13",
            "months",
            "13 moons",
            "13months",
            "-1 day",
            "+1 day",
            "0 days",
            "1.5 years",
            "10000 days",
            "P1H",
            "PT1D",
            "P1",
            "P-1D",
            "P1M1Y",
            "1 day 1 year",
            "1 day 1 day",
            "1 year 1 month 1 day",
            "forever",
            "P1Dé",
            "99999999999 days",
            "Session",
        ] {
            assert_eq!(text.parse::<Duration>(), Err(InvalidDuration), "{text}");
        }
    }
}
