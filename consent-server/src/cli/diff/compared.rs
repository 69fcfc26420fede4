//! What every group of visitors is shown before and after, and what is different in it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use consent_core::category::Category;
use consent_core::notice::{Change, Difference, Notice, NoticeId, SiteId};
use serde::Serialize;

use super::side::{Place, Side};
use crate::older::Again;

/// The answer.
#[derive(Debug, Serialize)]
pub(super) struct Compared {
    /// Whether anybody is asked again.
    pub(super) asks_again: bool,
    /// Each site that is on both sides.
    pub(super) sites: Vec<SiteCompared>,
    /// Sites that only the newer side has: nobody has chosen there.
    pub(super) added: Vec<SiteId>,
    /// Sites that only the older side has.
    pub(super) removed: Vec<SiteId>,
}

/// One site.
#[derive(Debug, Serialize)]
pub(super) struct SiteCompared {
    /// Its id.
    pub(super) site: SiteId,
    /// Its visitors, those together for whom the same is different; first who is asked again.
    pub(super) groups: Vec<Group>,
}

/// Visitors for whom the same is different.
#[derive(Debug, Serialize)]
pub(super) struct Group {
    /// The categories about which who chose before is asked again.
    pub(super) asked: Vec<Category>,
    /// Those about which nobody is.
    pub(super) not_asked: Vec<Category>,
    /// The days after which a choice has expired now, if that is sooner than before: whoever chose earlier is asked about
    /// everything, whatever else is different.
    pub(super) expires_sooner: Option<u32>,
    /// Everything that is different.
    pub(super) changes: Vec<Change>,
    /// Who they are, and what they are shown.
    pub(super) notices: Vec<Step>,
}

impl Group {
    /// Whether any of them is asked again.
    pub(super) fn asks_again(&self) -> bool {
        !self.asked.is_empty() || self.expires_sooner.is_some()
    }
}

/// A notice in place of another one, and for whom.
#[derive(Debug, Serialize)]
pub(super) struct Step {
    /// The languages that they read, BCP 47.
    pub(super) languages: Vec<String>,
    /// Where they are: regions that one of the sides tells apart; `unknown` is everywhere else, and `the rest of US` a region
    /// without those of its parts that are told apart.
    pub(super) regions: Vec<String>,
    /// The older notice.
    pub(super) from: NoticeId,
    /// The newer one.
    pub(super) to: NoticeId,
    /// The reason that the banner tells who is asked again; `None` if nobody is, or they are asked without one.
    pub(super) reason: Option<String>,
}

impl Compared {
    /// Compares what two sides show to everybody.
    ///
    /// # Errors
    /// If they have no site in common.
    pub(super) fn new(older: &Side, newer: &Side) -> Result<Self, String> {
        let (before, after) = (older.sites(), newer.sites());
        let both: Vec<_> = before.intersection(&after).copied().collect();
        if both.is_empty() {
            let list = |sites: &BTreeSet<&SiteId>| {
                sites.iter().map(|site| site.as_str()).collect::<Vec<_>>().join(", ")
            };
            let (before, after) = (list(&before), list(&after));
            return Err(format!(
                "they have no site in common: the old one has {before}, the new one {after}"
            ));
        }
        let site =
            |site: &&SiteId| SiteCompared { site: (*site).clone(), groups: groups(older, newer, site) };
        let sites: Vec<_> = both.iter().map(site).collect();
        // Of a notice and a config only the notice's site is of interest.
        let whole = !older.is_notice() && !newer.is_notice();
        let apart = |one: &BTreeSet<&SiteId>, other: &BTreeSet<&SiteId>| {
            one.difference(other).filter(|_| whole).map(|site| (*site).clone()).collect()
        };
        Ok(Self {
            asks_again: sites.iter().flat_map(|site| &site.groups).any(Group::asks_again),
            sites,
            added: apart(&after, &before),
            removed: apart(&before, &after),
        })
    }
}

/// A pair of notices, with those who are shown the one after the other.
struct Pair<'a> {
    older: &'a Arc<Notice>,
    newer: &'a Arc<Notice>,
    languages: BTreeSet<String>,
    places: BTreeSet<Place>,
}

fn groups(older: &Side, newer: &Side, site: &SiteId) -> Vec<Group> {
    let mut found: Vec<(Difference, Group)> = Vec::new();
    for pair in pairs(older, newer, site) {
        let difference = Difference::between(pair.older, pair.newer);
        // As the script is told: who comes under other rules of another region is asked about more than what was added.
        let Again { asked, reason } = Again::between(pair.older, pair.newer);
        let step = pair.step(reason);
        match found.iter_mut().find(|(same, group)| *same == difference && group.asked == asked) {
            Some((_, group)) => group.notices.push(step),
            None => {
                let (before, after) = (pair.older.ask_again_after, pair.newer.ask_again_after);
                let group = Group {
                    not_asked: Category::OPTIONAL.into_iter().filter(|one| !asked.contains(one)).collect(),
                    asked,
                    expires_sooner: (after < before).then_some(after),
                    changes: difference.changes.clone(),
                    notices: vec![step],
                };
                found.push((difference, group));
            }
        }
    }
    let mut groups: Vec<_> = found.into_iter().map(|(_, group)| group).collect();
    groups.sort_by_key(|group| (!group.asks_again(), group.asked.is_empty(), group.changes.is_empty()));
    groups
}

/// Every two notices of which some visitor is shown the second in place of the first.
fn pairs<'a>(older: &'a Side, newer: &'a Side, site: &SiteId) -> Vec<Pair<'a>> {
    let asked: Vec<_> = match [older, newer].into_iter().find(|side| side.is_notice()) {
        Some(notice) => vec![notice.visitors(site)],
        None => vec![older.visitors(site), newer.visitors(site)],
    };
    let languages: BTreeSet<_> = asked.iter().flat_map(|(languages, _)| languages).collect();
    let places: BTreeSet<_> = asked.iter().flat_map(|(_, places)| places).copied().collect();
    let mut pairs: BTreeMap<(String, NoticeId, NoticeId), Pair> = BTreeMap::new();
    for language in languages {
        for place in &places {
            let both = older.notice(site, language, *place).zip(newer.notice(site, language, *place));
            let Some((older, newer)) = both else { continue };
            // The notice's own language first: a reader of another one may be shown the same.
            let key = (newer.language.clone(), older.id(), newer.id());
            let pair = pairs.entry(key).or_insert_with(|| Pair {
                older,
                newer,
                languages: BTreeSet::new(),
                places: BTreeSet::new(),
            });
            pair.languages.insert(language.clone());
            pair.places.insert(*place);
        }
    }
    pairs.into_values().collect()
}

impl Pair<'_> {
    fn step(&self, reason: Option<String>) -> Step {
        Step {
            languages: self.languages.iter().cloned().collect(),
            regions: self.places.iter().map(Place::to_string).collect(),
            from: self.older.id(),
            to: self.newer.id(),
            reason,
        }
    }
}
