//! Choices that visitors made elsewhere: a site that comes from another platform says whose are taken over, who answers for
//! it, and what of theirs stands for which category.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::MAX_WAIVER_BYTES;
use crate::category::Category;
use crate::choices::Choices;

/// The most words of another platform that stand for one category.
pub const MAX_THEIR_WORDS: usize = 64;

/// The longest word of another platform, in bytes, and the longest name under which one keeps its choices.
pub const MAX_THEIR_WORD_BYTES: usize = 128;

/// A platform whose choices can be read in the browser.
///
/// ```
/// use consent_core::notice::{Platform, UnknownPlatform};
///
/// assert_eq!("cookieyes".parse(), Ok(Platform::Cookieyes));
/// assert_eq!("other".parse::<Platform>(), Err(UnknownPlatform));
/// assert!(Platform::ALL.is_sorted_by_key(|platform| platform.as_str()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub enum Platform {
    /// Complianz.
    Complianz,
    /// Cookiebot, of Usercentrics.
    Cookiebot,
    /// `CookieYes`.
    Cookieyes,
    /// Klaro.
    Klaro,
    /// `OneTrust`.
    Onetrust,
    /// vanilla-cookieconsent of orestbida, version 3.
    Orestbida,
    /// tarteaucitron.
    Tarteaucitron,
}

/// The text names no [`Platform`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a platform whose choices can be read")]
pub struct UnknownPlatform;

impl Platform {
    /// All platforms, in the order of their words.
    pub const ALL: [Self; 7] = [
        Self::Complianz,
        Self::Cookiebot,
        Self::Cookieyes,
        Self::Klaro,
        Self::Onetrust,
        Self::Orestbida,
        Self::Tarteaucitron,
    ];

    /// The word for it in JSON and TOML.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Complianz => "complianz",
            Self::Cookiebot => "cookiebot",
            Self::Cookieyes => "cookieyes",
            Self::Klaro => "klaro",
            Self::Onetrust => "onetrust",
            Self::Orestbida => "orestbida",
            Self::Tarteaucitron => "tarteaucitron",
        }
    }
}

impl FromStr for Platform {
    type Err = UnknownPlatform;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|platform| platform.as_str() == text).ok_or(UnknownPlatform)
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Somebody's word that what another platform asked visitors is what this notice asks them, so that who has answered there
/// is not asked again (GDPR, article 7(1): the controller has to be able to show what was consented to).
///
/// It asks a visitor for nothing, so it is no part of [`Notice::material`](super::Notice::material).
///
/// ```
/// use std::collections::BTreeMap;
/// use consent_core::category::Category;
/// use consent_core::choices::Choices;
/// use consent_core::notice::{MAX_THEIR_WORDS, MovingIn, Platform};
///
/// let mut from = MovingIn {
///     by: "Ada, data protection officer".to_owned(),
///     categories: BTreeMap::from([(Category::Analytics, vec!["statistics".to_owned()])]),
///     name: None,
///     platform: Platform::Cookiebot,
///     reason: "The same services for the same purposes".to_owned(),
/// };
/// assert!(from.is_whole());
/// assert_eq!(from.beyond(Choices::DENIED), None);
/// assert_eq!(from.beyond(Choices::GRANTED), Some(Category::Functional), "nothing of theirs stands for it");
/// from.categories.insert(Category::Functional, vec!["w".to_owned(); MAX_THEIR_WORDS + 1]);
/// assert!(!from.is_whole());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MovingIn {
    /// Who answers for it: a name, or an office.
    pub by: String,
    /// For each category that can be granted so, the words of the platform that all have to be granted there. Others are denied.
    pub categories: BTreeMap<Category, Vec<String>>,
    /// Under which name the platform keeps its choices, where it is not the one that it comes with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whose choices.
    pub platform: Platform,
    /// Why the notices are equivalent.
    pub reason: String,
}

impl fmt::Display for MovingIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "choices of {}", self.platform)?;
        for (category, words) in &self.categories {
            write!(f, ", {category} for {}", words.join(" and "))?;
        }
        write!(f, "; equivalent, says {}: {}", self.by, self.reason)
    }
}

impl MovingIn {
    /// Whether it says who, what and why, and not too much.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let said = |text: &String| !text.trim().is_empty() && text.len() <= MAX_WAIVER_BYTES;
        said(&self.by)
            && said(&self.reason)
            && !self.categories.is_empty()
            && self.categories.iter().all(|(category, words)| {
                *category != Category::Necessary
                    && (1..=MAX_THEIR_WORDS).contains(&words.len())
                    && words.iter().all(|word| is_word(word))
            })
            && self.name.as_deref().is_none_or(is_word)
    }

    /// The first category that is granted and that nothing of the platform's stands for.
    #[must_use]
    pub fn beyond(&self, choices: Choices) -> Option<Category> {
        Category::OPTIONAL
            .into_iter()
            .find(|category| choices.allows(*category) && !self.categories.contains_key(category))
    }
}

/// Whether a text can be a word of another platform: visible, and not too long.
///
/// ```
/// use consent_core::notice::{MAX_THEIR_WORD_BYTES, is_word};
///
/// assert!(is_word("C0002") && is_word("Analyse d’audience"));
/// assert!(!is_word(" ") && !is_word("a\n") && !is_word(&"a".repeat(MAX_THEIR_WORD_BYTES + 1)));
/// ```
#[must_use]
pub fn is_word(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= MAX_THEIR_WORD_BYTES && !text.chars().any(char::is_control)
}
