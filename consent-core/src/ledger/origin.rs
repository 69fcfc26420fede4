//! The name of a log: `<host>/<site_id>/<yyyy>`, and `<yyyy>.2`, `<yyyy>.3` … for logs that take the place of one that was
//! lost within the year.
//!
//! ```
//! use consent_core::ledger::origin::{HEADS, InvalidOrigin, LogYear, MAX_HOST_BYTES, MAX_LOGS_OF_YEAR, Origin};
//!
//! let origin = Origin::new("consent.example", "newsroom".parse()?, 2026)?;
//! assert_eq!(origin.to_string(), "consent.example/newsroom/2026");
//! assert!(!origin.is_heads() && Origin::new("consent.example", HEADS.parse()?, 2026)?.is_heads());
//! let too_long = "a".repeat(MAX_HOST_BYTES + 1);
//! assert_eq!(Origin::new(&too_long, "newsroom".parse()?, 2026), Err(InvalidOrigin));
//!
//! // A log that was lost within its year is followed by another one of that year.
//! let next = origin.year().next_of_year()?;
//! assert_eq!((next, next.to_string().as_str()), (LogYear::new(2026, 2)?, "2026.2"));
//! assert_eq!(LogYear::new(2026, MAX_LOGS_OF_YEAR)?.next_of_year(), Err(InvalidOrigin));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::notice::SiteId;

/// The most bytes of a host, its port included.
pub const MAX_HOST_BYTES: usize = 253;

/// The id under which a server keeps the log of its heads. No site has it.
pub const HEADS: &str = "heads";

/// The id under which a server keeps its trail: the log of what was done with it. No site has it.
pub const TRAIL: &str = "trail";

/// The most logs that one year can have.
pub const MAX_LOGS_OF_YEAR: u16 = 999;

/// Which log of a site: the year of its entries and, if the first log of that year could not go on, the number of the one
/// that took its place. In text: `2026`, then `2026.2`, `2026.3` and so on up to `2026.999`.
///
/// ```
/// use consent_core::ledger::origin::LogYear;
///
/// let year: LogYear = "2026.2".parse()?;
/// assert_eq!((year.calendar(), year.number()), (2026, 2));
/// assert!(LogYear::from(2026) < year && year < LogYear::from(2027));
/// # Ok::<(), consent_core::ledger::origin::InvalidOrigin>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogYear {
    calendar: u16,
    number: u16,
}

impl LogYear {
    /// The log with this number of a calendar year.
    ///
    /// # Errors
    /// If the year is not within 2000 to 9999 or the number not within 1 to [`MAX_LOGS_OF_YEAR`].
    pub fn new(calendar: u16, number: u16) -> Result<Self, InvalidOrigin> {
        let year = Self { calendar, number };
        if year.is_valid() { Ok(year) } else { Err(InvalidOrigin) }
    }

    /// The year of its entries, UTC.
    #[must_use]
    pub fn calendar(self) -> u16 {
        self.calendar
    }

    /// Which log of that year it is, from 1.
    #[must_use]
    pub fn number(self) -> u16 {
        self.number
    }

    /// The log that takes the place of this one, within the same year.
    ///
    /// # Errors
    /// If there were [`MAX_LOGS_OF_YEAR`] already.
    pub fn next_of_year(self) -> Result<Self, InvalidOrigin> {
        Self::new(self.calendar, self.number.saturating_add(1))
    }

    fn is_valid(self) -> bool {
        (2000..=9999).contains(&self.calendar) && (1..=MAX_LOGS_OF_YEAR).contains(&self.number)
    }
}

/// The first log of a year. Whether there can be such a year is checked where a name is made of it.
impl From<u16> for LogYear {
    fn from(calendar: u16) -> Self {
        Self { calendar, number: 1 }
    }
}

impl FromStr for LogYear {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (calendar, number) = text.split_once('.').unwrap_or((text, "1"));
        let parse = |digits: &str| digits.parse().map_err(|_| InvalidOrigin);
        let year = Self::new(parse(calendar)?, parse(number)?)?;
        if year.to_string() == text { Ok(year) } else { Err(InvalidOrigin) }
    }
}

impl fmt::Display for LogYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.calendar)?;
        if self.number > 1 { write!(f, ".{}", self.number) } else { Ok(()) }
    }
}

/// The name of a log, which is also the name of the key that signs its checkpoints.
///
/// ```
/// use consent_core::ledger::origin::Origin;
///
/// let origin: Origin = "consent.example/newsroom/2026".parse()?;
/// assert_eq!((origin.host(), origin.site().as_str(), origin.year()), ("consent.example", "newsroom", 2026.into()));
/// # Ok::<(), consent_core::ledger::origin::InvalidOrigin>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin(Arc<Parts>);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Parts {
    host: String,
    site: SiteId,
    year: LogYear,
    /// All of them, as each decision is answered with it.
    text: String,
}

/// The text is no [`Origin`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not an origin: expected <host>/<site_id>/<yyyy>, or <yyyy>.2 to <yyyy>.999 at its end, the host in a-z 0-9 . - : [ ], \
     the year from 2000 to 9999"
)]
pub struct InvalidOrigin;

impl Origin {
    /// The log of `site` at `host` (with its port, if it has one) for `year`.
    ///
    /// # Errors
    /// If the host is not 1 to 253 of `a-z0-9.-:[]`, or the year is not within 2000 to 9999.
    pub fn new(host: &str, site: SiteId, year: impl Into<LogYear>) -> Result<Self, InvalidOrigin> {
        let year = year.into();
        let host_byte =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-:[]".contains(&byte);
        let fits = (1..=MAX_HOST_BYTES).contains(&host.len()) && host.bytes().all(host_byte);
        if !fits || !year.is_valid() {
            return Err(InvalidOrigin);
        }
        let text = format!("{host}/{site}/{year}");
        Ok(Self(Arc::new(Parts { host: host.to_owned(), site, year, text })))
    }

    /// As text.
    ///
    /// ```
    /// use consent_core::ledger::origin::Origin;
    ///
    /// let origin = Origin::new("consent.example", "newsroom".parse()?, 2026)?;
    /// assert_eq!(origin.as_str(), "consent.example/newsroom/2026");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// Where the log is kept.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.0.host
    }

    /// Whose log it is.
    #[must_use]
    pub fn site(&self) -> &SiteId {
        &self.0.site
    }

    /// Whether it is a log of the heads of other logs.
    #[must_use]
    pub fn is_heads(&self) -> bool {
        self.site().as_str() == HEADS
    }

    /// Whether it is a log of what was done with a server.
    ///
    /// ```
    /// use consent_core::ledger::origin::{Origin, TRAIL};
    ///
    /// let origin: Origin = format!("consent.example/{TRAIL}/2026").parse()?;
    /// assert!(origin.is_trail());
    /// # Ok::<(), consent_core::ledger::origin::InvalidOrigin>(())
    /// ```
    #[must_use]
    pub fn is_trail(&self) -> bool {
        self.site().as_str() == TRAIL
    }

    /// Which log of the site.
    #[must_use]
    pub fn year(&self) -> LogYear {
        self.0.year
    }
}

impl FromStr for Origin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('/');
        let (Some(host), Some(site), Some(year), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(InvalidOrigin);
        };
        let site = site.parse().map_err(|_| InvalidOrigin)?;
        Self::new(host, site, year.parse::<LogYear>()?)
    }
}

impl TryFrom<String> for Origin {
    type Error = InvalidOrigin;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.as_str().to_owned()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_every_other_spelling() {
        for text in [
            "",
            "/",
            "//",
            "a/b",
            "a/b/2026/",
            "/a/b/2026",
            "a//2026",
            "/b/2026",
            "A/b/2026",
            "a/B/2026",
            "a/b/1999",
            "a/b/02026",
            "a/b/+202",
            "a/b/20266",
            "a/b/2026.",
            "a/b/2026.0",
            "a/b/2026.1",
            "a/b/2026.02",
            "a/b/2026.+2",
            "a/b/2026.1000",
            "a/b/2026.2.2",
            "a/b/.2",
            "a b/c/2026",
            "a+b/c/2026",
            "a/b/2026\n",
            "é/b/2026",
        ] {
            assert_eq!(text.parse::<Origin>(), Err(InvalidOrigin), "{text}");
        }
        let host = "h".repeat(MAX_HOST_BYTES + 1);
        assert!(format!("{host}/b/2026").parse::<Origin>().is_err());
        for text in ["localhost:8080/b/2026", "[::1]:8080/b/2026", "a/b-1/9999", "a/b/2026.2", "a/b/2026.999"]
        {
            assert_eq!(text.parse::<Origin>().unwrap().to_string(), text);
        }
    }
}
