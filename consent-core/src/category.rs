//! The five purposes for which something may run on a visitor's machine.
//!
//! ```
//! use consent_core::category::{Category, UnknownCategory};
//!
//! // What a script is for is a word, and any other word is for nothing.
//! assert_eq!("analytics".parse(), Ok(Category::Analytics));
//! assert_eq!("marketing".parse::<Category>(), Err(UnknownCategory));
//!
//! // The four that can be denied are all but the first.
//! assert_eq!(Category::OPTIONAL, Category::ALL[1..]);
//! assert!(Category::ALL.iter().enumerate().all(|(at, category)| category.index() == at));
//! assert_eq!(Category::Advertisement.bit(), 0b1_0000);
//! ```

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a cookie, script or request is for. Always in this order, everywhere.
///
/// ```
/// use consent_core::category::Category;
///
/// assert_eq!("analytics".parse(), Ok(Category::Analytics));
/// assert_eq!(Category::ALL.map(|c| c.as_str()).join(" "), "necessary functional analytics performance advertisement");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Category {
    /// Without it the service that the visitor asked for can not be given (ePrivacy Directive, article 5(3)).
    Necessary,
    /// Remembers what the visitor prefers: language, player volume, chat.
    Functional,
    /// Counts and understands visits.
    Analytics,
    /// Measures and tunes the speed of the site.
    Performance,
    /// Chooses, limits and measures advertising.
    Advertisement,
}

impl Category {
    /// All five, in the order in which they are shown, stored and numbered.
    pub const ALL: [Self; 5] =
        [Self::Necessary, Self::Functional, Self::Analytics, Self::Performance, Self::Advertisement];

    /// The four that a visitor can deny.
    pub const OPTIONAL: [Self; 4] =
        [Self::Functional, Self::Analytics, Self::Performance, Self::Advertisement];

    /// The word for it in JSON, TOML, HTML and SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Necessary => "necessary",
            Self::Functional => "functional",
            Self::Analytics => "analytics",
            Self::Performance => "performance",
            Self::Advertisement => "advertisement",
        }
    }

    /// Its bit in the cookie: `necessary` is bit 0, `advertisement` bit 4.
    #[must_use]
    pub const fn bit(self) -> u8 {
        1 << self as u8
    }

    /// Its place in [`Category::ALL`], 0 to 4.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The word names none of the five categories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a category: expected one of necessary, functional, analytics, performance, advertisement")]
pub struct UnknownCategory;

impl std::str::FromStr for Category {
    type Err = UnknownCategory;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|category| category.as_str() == word).ok_or(UnknownCategory)
    }
}
