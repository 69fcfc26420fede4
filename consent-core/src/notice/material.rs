//! What a consent covers, apart from the words that say it; and so whether a choice that was made under another notice
//! still holds.

use super::{Notice, ServiceId};
use crate::canonical;
use crate::category::Category;
use crate::digest::Digest;
use crate::regime::Rule;

/// Of a notice, for each category who stores what for how long, who receives data, and under which rule.
///
/// Two notices with equal values ask for the same thing, so a choice made under one holds under the other; a visitor is
/// asked again only when it differs (EDPB Guidelines 03/2022: continuous prompting).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Material {
    controller: Digest,
    facts: [Digest; 5],
    rules: [Rule; 5],
}

impl Material {
    /// That of a notice.
    #[must_use]
    pub(super) fn of(notice: &Notice) -> Self {
        Self {
            controller: Digest::of(notice.controller.name.as_bytes()),
            facts: Category::ALL.map(|category| facts_of(notice, category)),
            rules: notice.regime.rules,
        }
    }

    /// The categories in which a choice made under `older` does not cover what is asked for here; all that can be denied if
    /// somebody else is responsible now.
    ///
    /// A choice holds under the rule that it was made under and under looser ones: who was asked for a yes, and said it or
    /// did not, has also said whether they object. Under a stricter rule it does not: what was not objected to was not
    /// granted.
    #[must_use]
    pub fn changes_since(&self, older: &Self) -> Vec<Category> {
        let differs = |category: &Category| {
            let at = category.index();
            self.controller != older.controller
                || self.facts.get(at) != older.facts.get(at)
                || self.rules.get(at) > older.rules.get(at)
        };
        Category::OPTIONAL.into_iter().filter(differs).collect()
    }

    /// Whether a choice made under `older` holds here.
    #[must_use]
    pub fn is_covered_by(&self, older: &Self) -> bool {
        self.facts.first() == older.facts.first() && self.changes_since(older).is_empty()
    }

    /// Whether both ask for the same, be it under other rules: then nothing has changed on the site.
    #[must_use]
    pub fn asks_the_same_as(&self, other: &Self) -> bool {
        (self.controller, self.facts) == (other.controller, other.facts)
    }
}

fn facts_of(notice: &Notice, category: Category) -> Digest {
    let shown = notice.categories.iter().filter(|shown| shown.category == category);
    let mut cookies: Vec<_> = shown
        .flat_map(|shown| &shown.cookies)
        .map(|c| {
            let service = c.service.as_ref().map_or("", ServiceId::as_str);
            (&c.name, &c.owner, &c.lifetime, c.kind as u8, service)
        })
        .collect();
    cookies.sort_unstable();
    let vendors = notice.vendors.iter().filter(|vendor| vendor.category == category);
    let mut vendors: Vec<_> = vendors.map(|vendor| &vendor.name).collect();
    vendors.sort_unstable();
    // A choice that could not tell services apart says nothing about one of them.
    let services = notice.services_of(category);
    let mut services: Vec<_> =
        services.map(|s| (s.id.as_str(), s.vendor.as_deref().unwrap_or_default())).collect();
    services.sort_unstable();
    Digest::of(&canonical::to_vec(&(cookies, vendors, services)).unwrap_or_default())
}
