//! What a visitor chose: one [`Choice`] for each [`Category`].
//!
//! ```
//! use consent_core::category::Category;
//! use consent_core::choices::{Choice, Choices};
//!
//! // Who has not chosen has denied; who has, has five answers in one byte.
//! let choices = Choices::DENIED.with(Category::Functional, Choice::Grant);
//! assert_eq!(choices.bits(), 0b0_0011);
//! assert_eq!(Choices::from_bits(0b0_0011), Some(choices));
//! assert_eq!(Choices::from_bits(0b0_0010), None, "`necessary` can not be denied");
//!
//! assert_eq!(choices.choice(Category::Analytics).as_str(), "deny");
//! let granted = choices.iter().filter(|(_, choice)| *choice == Choice::Grant).map(|(category, _)| category);
//! assert_eq!(granted.collect::<Vec<_>>(), [Category::Necessary, Category::Functional]);
//! assert!(Choices::GRANTED.iter().all(|(category, _)| Choices::GRANTED.allows(category)));
//! ```

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::category::Category;

/// Yes or no, for one category.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Choice {
    /// It may run.
    Grant,
    /// It may not run.
    Deny,
}

impl Choice {
    /// The word for it in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Grant => "grant",
            Self::Deny => "deny",
        }
    }
}

/// One [`Choice`] for each of the five categories. `necessary` is granted in every value of this type.
///
/// ```
/// use consent_core::{category::Category, choices::{Choice, Choices}};
///
/// let choices = Choices::DENIED.with(Category::Analytics, Choice::Grant);
/// assert!(choices.allows(Category::Analytics));
/// assert!(!choices.allows(Category::Advertisement));
/// assert!(choices.allows(Category::Necessary));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Choices(u8);

impl Choices {
    /// Everything that can be denied is denied: what holds before any choice, and whenever a choice can not be read.
    pub const DENIED: Self = Self(1);
    /// All five granted.
    pub const GRANTED: Self = Self(0b1_1111);

    /// The choices whose granted bits are `bits`: bit 0 is `necessary`, bit 4 `advertisement`.
    ///
    /// `None` if a bit beyond the five is set or `necessary` is not: such a value was not written by this project.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Option<Self> {
        if bits & 1 == 1 && bits <= Self::GRANTED.0 { Some(Self(bits)) } else { None }
    }

    /// The granted bits, 1 to 31.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The same choices with `category` set to `choice`. `necessary` stays granted whatever is asked.
    #[must_use]
    pub const fn with(self, category: Category, choice: Choice) -> Self {
        match choice {
            Choice::Grant => Self(self.0 | category.bit()),
            Choice::Deny => Self((self.0 & !category.bit()) | 1),
        }
    }

    /// The choice for one category.
    #[must_use]
    pub const fn choice(self, category: Category) -> Choice {
        if self.allows(category) { Choice::Grant } else { Choice::Deny }
    }

    /// Whether what is in `category` may run.
    #[must_use]
    pub const fn allows(self, category: Category) -> bool {
        self.0 & category.bit() != 0
    }

    /// The five pairs, in the order of [`Category::ALL`].
    pub fn iter(self) -> impl Iterator<Item = (Category, Choice)> {
        Category::ALL.into_iter().map(move |category| (category, self.choice(category)))
    }
}

impl fmt::Debug for Choices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// A JSON object with all five categories: `{"necessary":"grant","functional":"deny",…}`.
impl Serialize for Choices {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(5))?;
        for (category, choice) in self.iter() {
            map.serialize_entry(&category, &choice)?;
        }
        map.end()
    }
}

/// Reads what [`Serialize`] writes: all five categories, each once, `necessary` granted; anything else is refused.
impl<'de> Deserialize<'de> for Choices {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Choices;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with a choice for each of the five categories")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Choices, A::Error> {
                let mut seen = 0_u8;
                let mut granted = 0_u8;
                while let Some((category, choice)) = map.next_entry::<Category, Choice>()? {
                    if seen & category.bit() != 0 {
                        return Err(A::Error::custom(format_args!("{category} is given twice")));
                    }
                    seen |= category.bit();
                    if choice == Choice::Grant {
                        granted |= category.bit();
                    }
                }
                if seen != Choices::GRANTED.0 {
                    return Err(A::Error::custom("a category is missing"));
                }
                Choices::from_bits(granted).ok_or_else(|| A::Error::custom("necessary is always granted"))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn necessary_stays_granted_whatever_is_asked() {
        let choices = Choices::GRANTED.with(Category::Necessary, Choice::Deny);
        assert_eq!(choices, Choices::GRANTED);
        assert_eq!(Choices::from_bits(0), None);
        assert_eq!(Choices::from_bits(0b10), None);
        assert_eq!(Choices::from_bits(0b10_0001), None);
    }

    #[test]
    fn every_value_survives_bits_and_json() {
        for bits in 0..=u8::MAX {
            let Some(choices) = Choices::from_bits(bits) else { continue };
            assert_eq!(choices.bits(), bits);
            let json = serde_json::to_string(&choices).unwrap();
            assert_eq!(serde_json::from_str::<Choices>(&json).unwrap(), choices);
        }
    }

    #[test]
    fn refuses_json_that_is_not_exactly_the_five() {
        for bad in [
            r#"{}"#,
            r#"{"necessary":"grant","functional":"deny","analytics":"deny","performance":"deny"}"#,
            r#"{"necessary":"deny","functional":"deny","analytics":"deny","performance":"deny","advertisement":"deny"}"#,
            r#"{"necessary":"grant","functional":"deny","functional":"grant","analytics":"deny","performance":"deny","advertisement":"deny"}"#,
            r#"{"necessary":"grant","functional":"maybe","analytics":"deny","performance":"deny","advertisement":"deny"}"#,
            r#"{"necessary":"grant","marketing":"deny","analytics":"deny","performance":"deny","advertisement":"deny"}"#,
        ] {
            assert!(serde_json::from_str::<Choices>(bad).is_err(), "{bad}");
        }
    }
}
