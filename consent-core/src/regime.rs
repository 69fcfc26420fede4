//! Which law's logic holds for a visitor: region and category decide whether something waits for a yes or for a no.
//!
//! ```
//! use consent_core::category::Category;
//! use consent_core::regime::{Region, Regime, Rule};
//!
//! let (france, texas) = (Regime::of(Region::read("FR")), Regime::of(Region::read("US-TX")));
//! assert_eq!(france.rule(Category::Analytics), Rule::OptIn);
//! assert_eq!(texas.rule(Category::Analytics), Rule::OptOut);
//! assert!(Rule::OptIn > Rule::OptOut, "the greater is the stricter one");
//! assert!(france.is_as_strict_as(&texas) && !texas.is_as_strict_as(&france));
//!
//! // Where nobody knows where a visitor is, nothing runs before a yes.
//! assert_eq!(Regime::of(Region::UNKNOWN).rules, Regime::strictest("unknown").rules);
//! ```

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::category::Category;
use crate::choices::{Choice, Choices};

mod profile;
mod region;

pub use self::profile::Profile;
pub use self::region::{InvalidRegion, Region};

/// What one category waits for. The greater of two is the stricter one.
///
/// ```
/// use consent_core::regime::Rule;
///
/// assert!(Rule::OptIn > Rule::OptOut);
/// assert_eq!(Rule::OptIn.as_str(), "opt_in");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Rule {
    /// Nothing runs before a grant (ePrivacy Directive, article 5(3)).
    OptIn,
    /// It may run until a denial (for instance 11 CCR § 7026).
    OptOut,
    /// Needs no consent in this region, but may be denied (for instance UK PECR as amended in 2026).
    Exempt,
    /// Can not be denied. The rule of `necessary`, and of nothing else.
    Always,
}

impl Rule {
    /// The word for it in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OptIn => "opt_in",
            Self::OptOut => "opt_out",
            Self::Exempt => "exempt",
            Self::Always => "always",
        }
    }

    /// How much it leaves to the visitor: whether a yes is waited for, whether a no is, and whether one is heard at all.
    const fn strictness(self) -> u8 {
        match self {
            Self::OptIn => 3,
            Self::OptOut => 2,
            Self::Exempt => 1,
            Self::Always => 0,
        }
    }
}

impl Ord for Rule {
    fn cmp(&self, other: &Self) -> Ordering {
        self.strictness().cmp(&other.strictness())
    }
}

impl PartialOrd for Rule {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// One [`Rule`] for each category, for the region that it names.
///
/// ```
/// use consent_core::{category::Category, regime::Regime};
///
/// let regime = Regime::strictest("FR");
/// assert!(!regime.before_choice().allows(Category::Functional));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Regime {
    /// ISO 3166-1 or -2 code of the region whose rules these are, `EU`, or `unknown`. Visitors from elsewhere may be shown
    /// them too.
    pub region: String,
    /// The five rules, in the order of [`Category::ALL`].
    #[cfg_attr(feature = "openapi", schema(min_items = 5, max_items = 5))]
    pub rules: [Rule; 5],
}

impl Regime {
    /// What the law of a region asks for ([`Profile`]): of any region, so also of one that nobody knows.
    #[must_use]
    pub fn of(region: Region) -> Self {
        Profile::of(region).regime()
    }

    /// Whether no category waits for less than under `other`. Of two regimes neither may be as strict as the other.
    #[must_use]
    pub fn is_as_strict_as(&self, other: &Self) -> bool {
        self.rules.iter().zip(&other.rules).all(|(own, other)| own >= other)
    }

    /// Opt-in for everything that can be denied: what holds in the EU, and wherever the region is not known.
    #[must_use]
    pub fn strictest(region: &str) -> Self {
        Self {
            region: region.to_owned(),
            rules: [Rule::Always, Rule::OptIn, Rule::OptIn, Rule::OptIn, Rule::OptIn],
        }
    }

    /// The rule of one category.
    #[must_use]
    pub fn rule(&self, category: Category) -> Rule {
        let [necessary, functional, analytics, performance, advertisement] = self.rules;
        match category {
            Category::Necessary => necessary,
            Category::Functional => functional,
            Category::Analytics => analytics,
            Category::Performance => performance,
            Category::Advertisement => advertisement,
        }
    }

    /// What holds while the visitor has not chosen.
    #[must_use]
    pub fn before_choice(&self) -> Choices {
        Category::OPTIONAL.into_iter().fold(Choices::DENIED, |choices, category| match self.rule(category) {
            Rule::OptIn => choices,
            Rule::OptOut | Rule::Exempt | Rule::Always => choices.with(category, Choice::Grant),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn regime() -> impl Strategy<Value = Regime> {
        let rule = prop::sample::select(vec![Rule::OptIn, Rule::OptOut, Rule::Exempt, Rule::Always]);
        prop::array::uniform5(rule).prop_map(|rules| Regime { region: "FR".into(), rules })
    }

    #[test]
    fn rules_are_ordered_by_what_they_leave_to_the_visitor() {
        let rules = [Rule::Always, Rule::Exempt, Rule::OptOut, Rule::OptIn];
        assert!(rules.is_sorted() && rules.windows(2).all(|two| two[0] != two[1] && two[0] < two[1]));
    }

    proptest! {
        #[test]
        fn a_stricter_regime_lets_nothing_run_that_the_other_does_not(one in regime(), other in regime()) {
            if one.is_as_strict_as(&other) {
                for category in Category::OPTIONAL {
                    prop_assert!(!one.before_choice().allows(category) || other.before_choice().allows(category));
                }
            }
        }

        #[test]
        fn strictness_is_an_order(one in regime(), two in regime(), three in regime()) {
            prop_assert!(one.is_as_strict_as(&one));
            if one.is_as_strict_as(&two) && two.is_as_strict_as(&one) {
                prop_assert_eq!(&one.rules, &two.rules);
            }
            if one.is_as_strict_as(&two) && two.is_as_strict_as(&three) {
                prop_assert!(one.is_as_strict_as(&three));
            }
            prop_assert!(Regime::strictest("FR").rules[1..].iter().zip(&one.rules[1..]).all(|(own, other)| own >= other));
        }
    }
}
