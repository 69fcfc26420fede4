//! Hosts: where the data of a category goes. What asks them for something waits until the category is granted.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ServiceId;

/// The most hosts of one notice: its script compares every address of the page with all of them.
///
/// ```
/// use consent_core::notice::{HostDeclaration, MAX_HOSTS, Notice, NoticeError};
///
/// # let mut body = (*Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?).clone();
/// for n in 0..=MAX_HOSTS {
///     let name = format!("h{n:03}.example").parse()?;
///     body.categories[2].hosts.push(HostDeclaration { name, service: None });
/// }
/// assert_eq!(Notice::new(body), Err(NoticeError::Hosts));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub const MAX_HOSTS: usize = 200;

/// A host name in lower-case ASCII, as addresses have it after parsing, of at most 253 characters; it covers all names
/// below it. With a port (`stats.example:8080`) it covers that port only.
///
/// ```
/// use consent_core::notice::{HostName, InvalidHostName};
///
/// let name: HostName = "stats.example:8080".parse()?;
/// assert_eq!(name.parts(), ("stats.example", Some(8080)));
/// assert_eq!(name.as_str(), "stats.example:8080");
/// assert_eq!("https://stats.example".parse::<HostName>(), Err(InvalidHostName));
/// # Ok::<(), InvalidHostName>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostName {
    text: String,
    /// Where the name ends in it, and the port after that: each page's addresses are compared with each name.
    end: usize,
    port: Option<u16>,
}

/// The text is no [`HostName`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a host name in lower case, with or without a port")]
pub struct InvalidHostName;

impl HostName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The name without its port, and the port if it has one.
    #[must_use]
    pub fn parts(&self) -> (&str, Option<u16>) {
        (self.text.get(..self.end).unwrap_or(&self.text), self.port)
    }

    /// Whether it covers a host in lower case, at a port: that one and all below it, and with a port that port only.
    ///
    /// ```
    /// let name: consent_core::notice::HostName = "stats.example".parse()?;
    /// assert!(name.covers("stats.example", None) && name.covers("eu.stats.example", Some(8080)));
    /// assert!(!name.covers("mystats.example", None) && !name.covers("example", None));
    /// # Ok::<(), consent_core::notice::InvalidHostName>(())
    /// ```
    #[must_use]
    pub fn covers(&self, host: &str, port: Option<u16>) -> bool {
        let (name, own) = self.parts();
        let rest = host.strip_suffix(name);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.')) && (own.is_none() || own == port)
    }
}

impl TryFrom<String> for HostName {
    type Error = InvalidHostName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let (name, port) =
            text.split_once(':').map_or((text.as_str(), None), |(name, port)| (name, Some(port)));
        let label = |label: &str| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte))
        };
        // Written as an address has it: no sign, no zero in front.
        let number =
            |port: &str| port.parse().ok().filter(|number: &u16| *number > 0 && number.to_string() == port);
        let number = port.map(|port| number(port).ok_or(InvalidHostName)).transpose()?;
        if name.len() <= 253 && name.split('.').all(label) {
            Ok(Self { end: name.len(), port: number, text })
        } else {
            Err(InvalidHostName)
        }
    }
}

impl FromStr for HostName {
    type Err = InvalidHostName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.to_owned().try_into()
    }
}

impl From<HostName> for String {
    fn from(name: HostName) -> Self {
        name.text
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A host that receives something under a category. Where two names cover an address, the longer one counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HostDeclaration {
    /// Which one.
    pub name: HostName,
    /// The service that asks it, if one does; in the same category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_name_is_what_an_address_has() {
        let long = [&"a.".repeat(126), "a"].concat();
        for good in
            ["a", "localhost", "stats.example", "a-b.c_d.example", "127.0.0.1:8080", "xn--4ca.example", &long]
        {
            assert_eq!(good.parse::<HostName>().unwrap().to_string(), good);
        }
        let bad = [
            "",
            ".",
            "a.",
            ".a",
            "a..b",
            "A.example",
            "é.example",
            "-a.example",
            "a-.example",
            "a b",
            "*.example",
            "https://a.example",
            "a.example/b",
            "a.example:",
            "a.example:0",
            "a.example:080",
            "a.example:+80",
            "a.example:65536",
            "a:1:2",
            "[::1]",
            &format!("{long}a"),
            &"a".repeat(64),
        ];
        for bad in bad {
            assert_eq!(bad.parse::<HostName>(), Err(InvalidHostName), "{bad}");
        }
    }
}
