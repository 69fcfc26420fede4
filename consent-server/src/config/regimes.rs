//! The regimes of a site, each once, and which of them holds for a visitor from anywhere.

use std::collections::BTreeMap;

use consent_core::category::Category;
use consent_core::notice::Waiver;
use consent_core::regime::{Regime, Region, Rule};

use super::language::Language;
use super::locale;

/// One regime, and what comes with it in its notices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteRegime {
    /// What each category waits for.
    pub regime: Regime,
    /// Findings about it that somebody answers for.
    pub waivers: Vec<Waiver>,
    /// Whether the way back to the choices has the name that the law gives it.
    pub names_the_way_back: bool,
}

impl SiteRegime {
    /// Whether the browser's objection (Global Privacy Control) is one here: advertising runs until there is one.
    pub(super) fn hears_objections(&self) -> bool {
        self.regime.rule(Category::Advertisement) == Rule::OptOut
    }
}

/// All of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Regimes {
    first: SiteRegime,
    others: Vec<SiteRegime>,
    /// Of each region that the site tells from others, the number of its regime: 0 is the first.
    numbers: BTreeMap<Region, usize>,
}

impl Regimes {
    /// `own` is what the site says of its own region. If no others are `distinguished` it holds for everybody. If some are,
    /// the strictest rules hold for everybody else, and `own` for its region.
    pub(super) fn new(own: SiteRegime, mut distinguished: Vec<(Region, SiteRegime)>) -> Self {
        let strictest = Regime::of(Region::UNKNOWN);
        let region = Region::read(&own.regime.region);
        // What one law calls the way back is not for everybody.
        let for_all = own.regime.is_as_strict_as(&strictest) && !own.names_the_way_back;
        if distinguished.is_empty() || for_all {
            let numbers = if distinguished.is_empty() { None } else { Some((region, 0)) };
            let mut all = Self { first: own, others: Vec::new(), numbers: numbers.into_iter().collect() };
            all.add(distinguished);
            return all;
        }
        let first = SiteRegime { regime: strictest, waivers: Vec::new(), names_the_way_back: false };
        if region != Region::UNKNOWN && !distinguished.iter().any(|(other, _)| *other == region) {
            distinguished.push((region, own));
        }
        let mut all = Self { first, others: Vec::new(), numbers: BTreeMap::new() };
        all.add(distinguished);
        all
    }

    /// Regions in which the same holds as around them share its regime, and so its notice; so do those that are alike.
    fn add(&mut self, mut distinguished: Vec<(Region, SiteRegime)>) {
        distinguished.sort_by_key(|(region, _)| (region.and_wider().count(), *region));
        for (region, own) in distinguished {
            let around = region.and_wider().find_map(|wider| self.numbers.get(&wider)).copied().unwrap_or(0);
            let like = self.get(around).is_like(&own);
            let there = if like { Some(around) } else { self.iter().position(|other| *other == own) };
            let number = there.unwrap_or_else(|| {
                self.others.push(own);
                self.others.len()
            });
            self.numbers.insert(region, number);
        }
    }

    /// All regimes, each once. The first is for everybody of whom nothing else is said.
    pub fn iter(&self) -> impl Iterator<Item = &SiteRegime> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// The first.
    #[must_use]
    pub fn first(&self) -> &SiteRegime {
        &self.first
    }

    fn get(&self, number: usize) -> &SiteRegime {
        self.iter().nth(number).unwrap_or(&self.first)
    }

    /// The regions that the site tells from others.
    pub fn regions(&self) -> impl Iterator<Item = Region> {
        self.numbers.keys().copied()
    }

    /// Whether it matters where a visitor is.
    #[must_use]
    pub fn differ(&self) -> bool {
        !self.others.is_empty()
    }

    /// The number of the regime that holds in a region, as [`Regimes::iter`] counts them.
    ///
    /// Whoever says less of where a visitor is never gets looser rules for it: where the site tells a part of the region
    /// from the rest, and nobody knows whether the visitor is there, the rules have to be as strict as those of that part, and
    /// the way back has the name that it has there.
    #[must_use]
    pub fn number_in(&self, region: Region) -> usize {
        if region == Region::UNKNOWN {
            return 0;
        }
        let own = self.number_in_rest_of(region);
        let parts: Vec<_> =
            self.numbers.iter().filter(|(part, _)| part.is_in(region)).map(|(_, number)| *number).collect();
        let holds = |number: &usize| {
            let found = self.get(*number);
            std::iter::once(&own).chain(&parts).map(|other| self.get(*other)).all(|other| {
                found.regime.is_as_strict_as(&other.regime)
                    && (found.names_the_way_back || !other.names_the_way_back)
            })
        };
        std::iter::once(own).chain(parts.iter().copied()).find(holds).unwrap_or(0)
    }

    /// The number of the regime for who is in a region and, as is known, in none of its parts that the site tells apart.
    #[must_use]
    pub fn number_in_rest_of(&self, region: Region) -> usize {
        region.and_wider().find_map(|wider| self.numbers.get(&wider)).copied().unwrap_or(0)
    }
}

impl SiteRegime {
    /// Whether a notice under `other` would say the same but for the name of the region.
    fn is_like(&self, other: &Self) -> bool {
        self.regime.rules == other.regime.rules
            && self.waivers == other.waivers
            && self.names_the_way_back == other.names_the_way_back
    }
}

/// What the way back to the choices is called where a law names it (11 CCR § 7015(b)); in its own words where there is no
/// usual translation.
pub(super) fn way_back(language: &Language) -> &'static str {
    match locale::primary(language) {
        "es" => "Sus opciones de privacidad",
        "fr" => "Vos choix de confidentialité",
        "zh" => "您的隐私选择",
        _ => "Your Privacy Choices",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(region: &str) -> SiteRegime {
        let region = Region::read(region);
        SiteRegime {
            regime: Regime::of(region),
            waivers: Vec::new(),
            names_the_way_back: region == Region::read("US-CA"),
        }
    }

    fn regimes(own: &str, distinguished: &[&str]) -> Regimes {
        let distinguished = distinguished.iter().map(|region| (Region::read(region), of(region))).collect();
        Regimes::new(of(own), distinguished)
    }

    fn in_region(regimes: &Regimes, region: &str) -> String {
        regimes.get(regimes.number_in(Region::read(region))).regime.region.clone()
    }

    #[test]
    fn a_site_that_distinguishes_nothing_has_one_regime_for_everybody() {
        for own in ["EU", "US-CA", "unknown"] {
            let all = regimes(own, &[]);
            assert!(!all.differ() && all.first() == &of(own));
            assert!(["FR", "US", "unknown", "??"].iter().all(|region| in_region(&all, region) == own));
        }
    }

    #[test]
    fn each_visitor_gets_the_nearest_region_and_everybody_else_the_strictest() {
        let all = regimes("EU", &["GB", "CH", "US", "US-CA", "FR", "JP", "US-VA"]);
        let named: Vec<_> = all.iter().map(|one| one.regime.region.as_str()).collect();
        assert_eq!(named, ["EU", "CH", "GB", "US", "US-CA"], "what is alike is there once");
        for (region, expected) in [
            ("FR", "EU"),
            ("SE", "EU"),
            ("GB", "GB"),
            ("GB-SCT", "GB"),
            ("CH-ZH", "CH"),
            ("US", "US-CA"),
            ("US-NY", "US"),
            ("US-VA", "US"),
            ("US-CA", "US-CA"),
            ("JP", "EU"),
            ("CA-QC", "EU"),
            ("unknown", "EU"),
            ("us", "EU"),
            ("", "EU"),
        ] {
            assert_eq!(in_region(&all, region), expected, "{region}");
        }
    }

    #[test]
    fn a_site_of_a_looser_region_that_distinguishes_one_is_strict_with_everybody_else() {
        let all = regimes("US", &["GB"]);
        for (region, expected) in
            [("US", "US"), ("US-NY", "US"), ("GB", "GB"), ("FR", "unknown"), ("unknown", "unknown")]
        {
            assert_eq!(in_region(&all, region), expected, "{region}");
        }
    }

    #[test]
    fn the_country_alone_gets_the_rules_of_its_strictest_part() {
        let mut loose = of("US");
        loose.regime.region = "CA".into();
        let all =
            Regimes::new(of("EU"), vec![(Region::read("CA"), loose), (Region::read("CA-QC"), of("CA-QC"))]);
        assert_eq!(in_region(&all, "CA-ON"), "CA");
        assert_eq!(in_region(&all, "CA-QC"), "CA-QC");
        assert_eq!(in_region(&all, "CA"), "CA-QC", "it may be Québec");
    }

    proptest! {
        #[test]
        fn no_region_is_ever_looser_than_its_law_and_to_know_less_is_never_looser(
            own in prop::sample::select(vec!["EU", "US", "CH", "GB", "unknown"]),
            listed in prop::collection::vec(
                prop::sample::select(vec!["EU", "FR", "DE", "GB", "CH", "US", "US-CA", "US-TX", "CA", "CA-QC", "BR", "JP"]), 1..8),
            region in "[A-Z]{2}|(US|CA|FR|GB)(-[A-Z0-9]{1,3})?|US-CA|CA-QC|.{0,4}",
        ) {
            let all = regimes(own, &listed);
            let region = Region::read(&region);
            let found = all.get(all.number_in(region));
            prop_assert!(found.regime.is_as_strict_as(&Regime::of(region)), "{:?} {:?}", region, found);
            prop_assert!(all.first().regime.is_as_strict_as(&found.regime));
            for wider in region.and_wider() {
                let wide = all.get(all.number_in(wider));
                prop_assert!(wide.regime.is_as_strict_as(&found.regime), "{:?} {:?}", wider, region);
                // The strictest, for whoever is told from nobody, does not need the name.
                let named = wide.names_the_way_back || !found.names_the_way_back || wide == all.first();
                prop_assert!(named, "{:?} {:?}", wider, region);
            }
        }
    }
}
