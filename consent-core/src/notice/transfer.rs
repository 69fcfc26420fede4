//! Where a third party takes data, outside the European Economic Area, and what protects it there (GDPR, chapter V).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A country by its code of ISO 3166-1, in upper case (`US`). Only its form is looked at, as with
/// [`Region`](crate::regime::Region): which codes there are changes.
///
/// ```
/// use consent_core::notice::{Country, InvalidCountry};
///
/// let country: Country = "US".parse()?;
/// assert_eq!(country.as_str(), "US");
/// assert_eq!("USA".parse::<Country>(), Err(InvalidCountry));
/// # Ok::<(), InvalidCountry>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country(String);

/// The text is no [`Country`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a country: expected a code of ISO 3166-1 such as US")]
pub struct InvalidCountry;

impl Country {
    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Country {
    type Error = InvalidCountry;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let is_code = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
        // The form fits, but it names no country.
        if is_code && text != "EU" { Ok(Self(text)) } else { Err(InvalidCountry) }
    }
}

impl FromStr for Country {
    type Err = InvalidCountry;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.to_owned().try_into()
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.0
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What protects data in a country outside the European Economic Area.
///
/// ```
/// use consent_core::notice::Safeguard;
///
/// assert_eq!(Safeguard::StandardContractualClauses.as_str(), "standard_contractual_clauses");
/// assert!(Safeguard::ALL.is_sorted_by_key(|safeguard| safeguard.as_str()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub enum Safeguard {
    /// The Commission has decided that the country, or those who take part in a scheme there, protect it (GDPR, article 45).
    Adequacy,
    /// Rules of a group of companies that an authority has approved (article 47).
    BindingCorporateRules,
    /// Nothing but an exception, for instance that the visitor agrees to it expressly (article 49).
    Derogation,
    /// The clauses of a contract that the Commission has adopted (article 46(2)(c)).
    StandardContractualClauses,
}

impl Safeguard {
    /// All of them, in the order of their words.
    pub const ALL: [Self; 4] =
        [Self::Adequacy, Self::BindingCorporateRules, Self::Derogation, Self::StandardContractualClauses];

    /// As it is written in a notice.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Adequacy => "adequacy",
            Self::BindingCorporateRules => "binding_corporate_rules",
            Self::Derogation => "derogation",
            Self::StandardContractualClauses => "standard_contractual_clauses",
        }
    }
}

/// One country to which a third party takes data.
///
/// ```
/// use consent_core::category::Category;
/// use consent_core::notice::{Notice, Safeguard, Transfer, Vendor};
///
/// # let older = Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?;
/// # let mut body = (*older).clone();
/// let (category, name, privacy_url) = (Category::Analytics, "Mesure".to_owned(), "/mesure".to_owned());
/// let transfers = vec![Transfer { by: Safeguard::Adequacy, to: "US".parse()? }];
/// body.vendors = vec![Vendor { category, name, privacy_url, transfers }];
/// assert_eq!(Notice::new(body)?.changes_since(&older), [Category::Analytics]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Transfer {
    /// What protects it there.
    pub by: Safeguard,
    /// The country, ISO 3166-1.
    #[cfg_attr(feature = "openapi", schema(value_type = String, pattern = "^[A-Z]{2}$"))]
    pub to: Country,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_is_two_capitals() {
        assert_eq!("US".parse::<Country>().unwrap().as_str(), "US");
        for text in ["", "U", "us", "USA", "US-CA", "EU", "ÜS", "U1", "é"] {
            assert!(text.parse::<Country>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_safeguard_is_written_as_it_is_called() {
        for safeguard in Safeguard::ALL {
            assert_eq!(serde_json::to_value(safeguard).unwrap(), safeguard.as_str());
        }
    }
}
