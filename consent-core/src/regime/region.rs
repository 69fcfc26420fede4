//! Where a visitor is, as far as somebody says: a country, a part of one, or nothing that is known.

use std::fmt;
use std::str::FromStr;

/// A code of ISO 3166-1 (`FR`) or ISO 3166-2 (`US-CA`), `EU` for the European Economic Area, or `unknown`.
///
/// Only its form is looked at: which codes there are changes, and one that nobody has means a region of which no law was
/// read, for which the strictest rules hold anyway.
///
/// ```
/// use consent_core::regime::{InvalidRegion, Region};
///
/// assert_eq!(Region::read("US-CA").as_str(), "US-CA");
/// assert_eq!(Region::read("us-ca; DROP"), Region::UNKNOWN);
/// assert_eq!("us".parse::<Region>(), Err(InvalidRegion));
///
/// // Some proxies send country and part in two headers.
/// assert_eq!(Region::read("US").with_part("CA"), Region::read("US-CA"));
/// assert_eq!(Region::read("US").with_part("?"), Region::read("US"));
///
/// let bavaria = Region::read("DE-BY");
/// assert_eq!(bavaria.wider(), Some(Region::read("DE")));
/// assert_eq!(bavaria.and_wider().map(|region| region.to_string()).collect::<Vec<_>>(), ["DE-BY", "DE", "EU"]);
/// assert!(bavaria.is_in(Region::read("EU")) && !Region::read("CH").is_in(Region::read("EU")));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region([u8; LONGEST]);

/// Of `unknown`; no code is longer.
const LONGEST: usize = 7;

/// The text is no code of a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a region: expected a code of ISO 3166 such as FR or US-CA, EU, or unknown")]
pub struct InvalidRegion;

/// The countries of the European Union and the rest of the European Economic Area, where the GDPR holds (EEA Joint
/// Committee decision 154/2018).
const EEA: [&str; 30] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS", "IT",
    "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// Parts of a country of the Union that have a code as if they were one (TFEU, articles 349 and 355(1); for Åland
/// article 355(4)).
const WITH_CODES_OF_THEIR_OWN: [(&str, &str); 7] =
    [("AX", "FI"), ("GF", "FR"), ("GP", "FR"), ("MF", "FR"), ("MQ", "FR"), ("RE", "FR"), ("YT", "FR")];

impl Region {
    /// Nobody said, or what they said is no region.
    pub const UNKNOWN: Self = Self(*b"unknown");

    /// What a stranger wrote: anything that is no code is [`Region::UNKNOWN`].
    #[must_use]
    pub fn read(text: &str) -> Self {
        text.parse().unwrap_or(Self::UNKNOWN)
    }

    /// A part of a country by its own code, as some proxies send it: `CA` of `US`. The country alone if that is none.
    #[must_use]
    pub fn with_part(self, part: &str) -> Self {
        if self == Self::UNKNOWN { self } else { format!("{self}-{part}").parse().unwrap_or(self) }
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let length = self.0.iter().position(|byte| *byte == 0).unwrap_or(LONGEST);
        // Nothing but ASCII gets in.
        self.0.get(..length).and_then(|code| std::str::from_utf8(code).ok()).unwrap_or_default()
    }

    /// The next larger region whose laws hold here too: the country of a part, the Union of a country in it.
    #[must_use]
    pub fn wider(self) -> Option<Self> {
        let code = self.as_str();
        let own = WITH_CODES_OF_THEIR_OWN.iter().find(|(own, _)| *own == code).map(|(_, country)| *country);
        let country = code.split_once('-').map(|(country, _)| country).or(own);
        country.or(EEA.contains(&code).then_some("EU")).map(Self::read)
    }

    /// This region and all that it lies in, the smallest first.
    pub fn and_wider(self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self), |region| region.wider())
    }

    /// Whether it is `other`, or lies in it.
    #[must_use]
    pub fn is_in(self, other: Self) -> bool {
        self.and_wider().any(|region| region == other)
    }
}

impl FromStr for Region {
    type Err = InvalidRegion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (country, part) = text.split_once('-').unwrap_or((text, "0"));
        let fits = country.len() == 2
            && country.bytes().all(|byte| byte.is_ascii_uppercase())
            && (1..=3).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        if !fits && text.as_bytes() != Self::UNKNOWN.0 {
            return Err(InvalidRegion);
        }
        let mut code = [0; LONGEST];
        for (to, from) in code.iter_mut().zip(text.bytes()) {
            *to = from;
        }
        Ok(Self(code))
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_has_one_spelling_and_all_else_is_unknown() {
        for code in ["FR", "EU", "US-CA", "CA-QC", "CH-ZH", "GB-SCT", "FR-75", "FR-2A", "BR-0", "unknown"] {
            assert_eq!(code.parse::<Region>().map(|region| region.to_string()), Ok(code.to_owned()));
        }
        for text in [
            "",
            "F",
            "fr",
            "FRA",
            "US-",
            "US-ca",
            "US-CALI",
            "-CA",
            "US_CA",
            "US-CA-1",
            "T1",
            "?",
            "Unknown",
            "unknown ",
            " FR",
            "FR ",
            "FR\0",
            "ÉU",
            "US-É",
            "unknown-1",
        ] {
            assert_eq!(text.parse::<Region>(), Err(InvalidRegion), "{text:?}");
            assert_eq!(Region::read(text), Region::UNKNOWN);
        }
    }

    #[test]
    fn a_part_that_is_none_leaves_the_country() {
        let of = |country: &str, part: &str| Region::read(country).with_part(part).to_string();
        for (country, part, expected) in [
            ("US", "CA", "US-CA"),
            ("US", "", "US"),
            ("US", "?", "US"),
            ("US", "California", "US"),
            ("US-CA", "CA", "US-CA"),
            ("T1", "CA", "unknown"),
        ] {
            assert_eq!(of(country, part), expected, "{country} {part}");
        }
    }

    #[test]
    fn a_region_lies_in_its_country_and_that_in_the_union() {
        let all = |code: &str| Region::read(code).and_wider().map(|one| one.to_string()).collect::<Vec<_>>();
        assert_eq!(all("US-CA"), ["US-CA", "US"]);
        assert_eq!(all("DE-BY"), ["DE-BY", "DE", "EU"]);
        assert_eq!(all("NO"), ["NO", "EU"]);
        assert_eq!(all("RE"), ["RE", "FR", "EU"]);
        for code in ["GB", "CH", "NC", "JP", "EU", "unknown"] {
            assert_eq!(all(code), [code]);
        }
        assert!(
            Region::read("FR-2A").is_in(Region::read("EU")) && !Region::read("EU").is_in(Region::read("FR"))
        );
    }
}
