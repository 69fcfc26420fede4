//! What a consent covers, apart from the words that say it; and so whether a choice that was made under another notice
//! still holds.

use std::collections::BTreeSet;

use super::facts::Facts;
use super::{Notice, NoticeBody, SiteId};
use crate::category::Category;
use crate::regime::Rule;

/// The part of the script that hears the browser's objection (Global Privacy Control).
pub(super) const OBJECTION: &str = "gpc";

/// Of a notice, for each category who stores what for how long, who receives data, and under which rule.
///
/// Where a notice asks for no more than an older one did, a choice made under that one holds: a visitor is asked again only
/// about what was added, and only in the categories to which it was (EDPB Guidelines 03/2022: continuous prompting).
///
/// ```
/// use consent_core::category::Category;
/// use consent_core::notice::{Material, Notice};
///
/// # let older = Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?;
/// # let mut body = (*older).clone();
/// # body.categories[2].cookies[0].lifetime = "P2Y".to_owned();
/// // `newer` is `older` with a cookie of analytics that stays for two years and not for one.
/// # let newer = Notice::new(body)?;
/// let (older, newer): (Material, Material) = (older.material(), newer.material());
/// assert_eq!(newer.changes_since(&older), [Category::Analytics]);
/// assert!(!newer.is_covered_by(&older) && older.is_covered_by(&newer));
/// assert!(older.asks_no_more_than(&newer));
/// // Something was added, so that is the reason even for who comes from another region.
/// assert_eq!(newer.asked_of(&older, true), Some(vec![Category::Analytics]));
/// # Ok::<(), consent_core::notice::NoticeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Material {
    controller: String,
    facts: [Facts; 5],
    group: BTreeSet<(SiteId, String)>,
    hears_objections: bool,
    rules: [Rule; 5],
}

impl Material {
    /// That of a notice.
    #[must_use]
    pub(super) fn of(notice: &Notice) -> Self {
        Self {
            controller: notice.controller.name.clone(),
            facts: Category::ALL.map(|category| Facts::of(notice, category)),
            group: members(notice),
            hears_objections: notice.parts.contains_key(OBJECTION),
            rules: notice.regime.rules,
        }
    }

    /// The categories in which a choice made under `older` does not cover what is asked for here; all that can be denied if
    /// somebody else is responsible now, or if it counts on another site, or on other pages of one. What is strictly necessary is
    /// asked of nobody, so it is never among them.
    ///
    /// What was taken away, or stays for a shorter time, was covered before. Another country to which a third party takes data was
    /// not: the visitor is told of it because what protects data there is another matter (GDPR, article 13(1)(f)). By what it is
    /// protected can change; that is told, and asks nobody, unless nothing but an exception is left: that rests on a consent that
    /// knows of it (article 49(1)(a)). A choice holds under the rule that it was made
    /// under and under looser ones: who was asked for a yes, and said it or did not, has also said whether they object. Under a
    /// stricter rule it does not: what was not objected to was not granted. Nor does one about advertising from where an
    /// objection of the browser (Global Privacy Control) was none: nobody was told that here it is one, and to take that choice
    /// for this one would silence it (11 CCR § 7025(c)).
    #[must_use]
    pub fn changes_since(&self, older: &Self) -> Vec<Category> {
        let unheard = self.hears_objections && !older.hears_objections;
        let differs = |category: &Category| {
            let at = category.index();
            self.controller != older.controller
                || !self.group.is_subset(&older.group)
                || !self.adds_nothing(older, at)
                || self.rules.get(at) > older.rules.get(at)
                || (unheard && *category == Category::Advertisement)
        };
        Category::OPTIONAL.into_iter().filter(differs).collect()
    }

    /// The categories in which a choice that was made on another site, under `there`, does not cover what is asked for here. Where else
    /// a choice counts each of the two says of the other, so it is no difference.
    pub(super) fn asked_beside(&self, there: &Self) -> Vec<Category> {
        Self { group: BTreeSet::new(), ..self.clone() }.changes_since(there)
    }

    /// The categories in which somebody who chose under `older` is asked, as [`changes_since`](Self::changes_since) tells them;
    /// `None` if it is all of them, without a reason: who `travelled` chose under the looser rules of another region and is
    /// asked by those of this one. Nothing was added on the site, so it would not be true to say so.
    #[must_use]
    pub fn asked_of(&self, older: &Self, travelled: bool) -> Option<Vec<Category>> {
        let asked = self.changes_since(older);
        (!travelled || asked.is_empty() || !self.asks_no_more_than(older)).then_some(asked)
    }

    /// Whether a choice made under `older` holds here, in all categories.
    #[must_use]
    pub fn is_covered_by(&self, older: &Self) -> bool {
        self.changes_since(older).is_empty()
    }

    /// Whether nothing is asked for that was not under `older`, be it under other rules: then nothing was added on the site.
    #[must_use]
    pub fn asks_no_more_than(&self, older: &Self) -> bool {
        let adds_nothing = |category: Category| self.adds_nothing(older, category.index());
        self.controller == older.controller
            && self.group.is_subset(&older.group)
            && Category::OPTIONAL.into_iter().all(adds_nothing)
    }

    fn adds_nothing(&self, older: &Self, at: usize) -> bool {
        let both = self.facts.get(at).zip(older.facts.get(at));
        both.is_some_and(|(facts, before)| facts.are_covered_by(before))
    }
}

/// Where else a choice counts: each other site of the group with each of its origins.
pub(super) fn members(notice: &NoticeBody) -> BTreeSet<(SiteId, String)> {
    let others = notice.group.iter().flat_map(|group| group.others(&notice.site));
    others.flat_map(|site| site.origins.iter().map(|origin| (site.id.clone(), origin.clone()))).collect()
}
