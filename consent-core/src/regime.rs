//! Which law's logic holds for a visitor: region and category decide whether something waits for a yes or for a no.

use serde::{Deserialize, Serialize};

use crate::category::Category;
use crate::choices::{Choice, Choices};

/// What one category waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
pub struct Regime {
    /// ISO 3166-1 or -2 code of the region, or `unknown`.
    pub region: String,
    /// The five rules, in the order of [`Category::ALL`].
    pub rules: [Rule; 5],
}

impl Regime {
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
