//! The name of a log: `<host>/<site_id>/<yyyy>`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::notice::SiteId;

/// The most bytes of a host, its port included.
pub const MAX_HOST_BYTES: usize = 253;

/// The id under which a server keeps the log of its heads. No site has it.
pub const HEADS: &str = "heads";

/// The name of a log, which is also the name of the key that signs its checkpoints.
///
/// ```
/// use consent_core::ledger::origin::Origin;
///
/// let origin: Origin = "consent.example/newsroom/2026".parse()?;
/// assert_eq!((origin.host(), origin.site().as_str(), origin.year()), ("consent.example", "newsroom", 2026));
/// # Ok::<(), consent_core::ledger::origin::InvalidOrigin>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin {
    host: String,
    site: SiteId,
    year: u16,
}

/// The text is no [`Origin`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not an origin: expected <host>/<site_id>/<yyyy>, the host in a-z 0-9 . - : [ ], the year from 2000 to 9999"
)]
pub struct InvalidOrigin;

impl Origin {
    /// The log of `site` at `host` (with its port, if it has one) for `year`.
    ///
    /// # Errors
    /// If the host is not 1 to 253 of `a-z0-9.-:[]`, or the year is not within 2000 to 9999.
    pub fn new(host: &str, site: SiteId, year: u16) -> Result<Self, InvalidOrigin> {
        let host_byte =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-:[]".contains(&byte);
        let fits = (1..=MAX_HOST_BYTES).contains(&host.len()) && host.bytes().all(host_byte);
        if fits && (2000..=9999).contains(&year) {
            Ok(Self { host: host.to_owned(), site, year })
        } else {
            Err(InvalidOrigin)
        }
    }

    /// Where the log is kept.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whose log it is.
    #[must_use]
    pub fn site(&self) -> &SiteId {
        &self.site
    }

    /// Whether it is a log of the heads of other logs.
    #[must_use]
    pub fn is_heads(&self) -> bool {
        self.site.as_str() == HEADS
    }

    /// The year of its entries, in UTC.
    #[must_use]
    pub fn year(&self) -> u16 {
        self.year
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
        if year.len() != 4 || !year.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidOrigin);
        }
        let site = site.parse().map_err(|_| InvalidOrigin)?;
        Self::new(host, site, year.parse().map_err(|_| InvalidOrigin)?)
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
        origin.to_string()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{:04}", self.host, self.site, self.year)
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
            "a b/c/2026",
            "a+b/c/2026",
            "a/b/2026\n",
            "é/b/2026",
        ] {
            assert_eq!(text.parse::<Origin>(), Err(InvalidOrigin), "{text}");
        }
        let host = "h".repeat(MAX_HOST_BYTES + 1);
        assert!(format!("{host}/b/2026").parse::<Origin>().is_err());
        for text in ["localhost:8080/b/2026", "[::1]:8080/b/2026", "a/b-1/9999"] {
            assert_eq!(text.parse::<Origin>().unwrap().to_string(), text);
        }
    }
}
