//! What the law of a region asks for, as far as this program knows it: data, each with its source.

use super::{Regime, Region, Rule};

/// A law, or laws of one kind, and what each category waits for under it. The ids of rules are those of this project's
/// list of rules; whoever wants to know more about one finds it in the authority's own text.
///
/// ```
/// use consent_core::regime::{Profile, Region, Rule};
///
/// assert_eq!(Profile::of(Region::read("US-CA")), Profile::California);
/// assert_eq!(Profile::of(Region::read("SE")), Profile::Eea);
/// assert_eq!(Profile::of(Region::UNKNOWN), Profile::Elsewhere);
///
/// // What it asks for, where that is written, and what is its own.
/// let california = Profile::California;
/// assert_eq!((california.code(), california.regime().region.as_str()), ("US-CA", "US-CA"));
/// assert_eq!(california.rules()[1..], [Rule::OptOut; 4]);
/// assert!(california.source().contains("1798.135"));
/// let naming = Profile::ALL.into_iter().filter(|profile| profile.names_the_way_back());
/// assert_eq!(naming.collect::<Vec<_>>(), [california]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Profile {
    /// The European Union and the rest of the European Economic Area (EU-01, EU-02): ePrivacy Directive 2002/58/EC, article
    /// 5(3); GDPR, articles 4(11) and 7. Nothing that is not strictly necessary before a yes.
    Eea,
    /// France: loi Informatique et Libertés, article 82; CNIL, délibérations 2020-091 and 2020-092 as amended by 2025-131.
    /// Its exemption of audience measurement (EU-22, CNIL of 4 July 2025) has conditions that a site has to declare, so it is
    /// not part of the profile.
    France,
    /// Italy: Codice privacy, article 122; Garante, provvedimento 231 of 10 June 2021.
    Italy,
    /// Spain: LSSI, article 22(2); AEPD, Guía sobre el uso de las cookies, July 2023.
    Spain,
    /// Germany: TDDDG, section 25.
    Germany,
    /// The United Kingdom: PECR, regulation 6 and schedule A1, as amended by the Data (Use and Access) Act 2025, in force
    /// since 5 February 2026. Statistical purposes and the appearance of the site are exempt, with clear information and
    /// a simple and free means to object; a statistical purpose only if nobody else uses what is collected for their own
    /// ends. Advertising waits for a yes.
    UnitedKingdom,
    /// Switzerland: FMG, article 45c (inform, and let object); FADP; FDPIC guide of 22 January 2025 as updated on 6 October
    /// 2025: profiling of high risk needs an explicit yes, so advertising waits for one.
    Switzerland,
    /// California: CCPA, Civil Code § 1798.135; 11 CCR §§ 7025(c)(6) and 7026(a)(4): everything until an objection, Global
    /// Privacy Control is one, what was done with it is shown, and the way to object is called by a name of its own.
    California,
    /// The other United States. Laws that name a universal opt-out are in force in Colorado, Connecticut, Delaware,
    /// Maryland, Minnesota, Montana, Nebraska, New Hampshire, New Jersey, Oregon and Texas; the signal is honoured in all
    /// states.
    UnitedStates,
    /// Québec: Act respecting the protection of personal information in the private sector (Law 25), section 8.1: what
    /// identifies, locates or profiles is off by default. It names no exemption for what a site remembers of a visitor's
    /// wishes, so that waits as well (section 14: consent is manifest, free, informed and given for a purpose).
    Quebec,
    /// Brazil: LGPD, articles 7(I) and 8; ANPD, Guia orientativo: cookies, 18 October 2022: categories that rest on consent
    /// are off by default.
    Brazil,
    /// The rest of the world, and wherever nobody knows where the visitor is. No law was read for these, so the strictest
    /// rules hold.
    Elsewhere,
}

use Rule::{Always, Exempt, OptIn, OptOut};

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 12] = [
        Self::Eea,
        Self::France,
        Self::Italy,
        Self::Spain,
        Self::Germany,
        Self::UnitedKingdom,
        Self::Switzerland,
        Self::California,
        Self::UnitedStates,
        Self::Quebec,
        Self::Brazil,
        Self::Elsewhere,
    ];

    /// The profile of a region: its own, or that of the smallest region around it that has one.
    #[must_use]
    pub fn of(region: Region) -> Self {
        let named = |region: Region| Self::ALL.into_iter().find(|profile| profile.code() == region.as_str());
        region.and_wider().find_map(named).unwrap_or(Self::Elsewhere)
    }

    /// The code of the region that it is made for; `unknown` for [`Profile::Elsewhere`].
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Eea => "EU",
            Self::France => "FR",
            Self::Italy => "IT",
            Self::Spain => "ES",
            Self::Germany => "DE",
            Self::UnitedKingdom => "GB",
            Self::Switzerland => "CH",
            Self::California => "US-CA",
            Self::UnitedStates => "US",
            Self::Quebec => "CA-QC",
            Self::Brazil => "BR",
            Self::Elsewhere => "unknown",
        }
    }

    /// What each category waits for, in the order of [`Category::ALL`](crate::category::Category::ALL).
    #[must_use]
    pub const fn rules(self) -> [Rule; 5] {
        match self {
            Self::Eea
            | Self::France
            | Self::Italy
            | Self::Spain
            | Self::Germany
            | Self::Quebec
            | Self::Brazil
            | Self::Elsewhere => [Always, OptIn, OptIn, OptIn, OptIn],
            Self::UnitedKingdom => [Always, Exempt, Exempt, Exempt, OptIn],
            Self::Switzerland => [Always, OptOut, OptOut, OptOut, OptIn],
            Self::California | Self::UnitedStates => [Always, OptOut, OptOut, OptOut, OptOut],
        }
    }

    /// Its rules, under the code of the region that it is made for.
    #[must_use]
    pub fn regime(self) -> Regime {
        Regime { region: self.code().to_owned(), rules: self.rules() }
    }

    /// The law that the rules come from, in one line for whoever meets it in a finding.
    #[must_use]
    pub const fn source(self) -> &'static str {
        match self {
            Self::Eea => "ePrivacy Directive art. 5(3); GDPR art. 4(11)",
            Self::France => "loi Informatique et Libertés art. 82; CNIL délibération 2020-091",
            Self::Italy => "Codice privacy art. 122; Garante 231/2021",
            Self::Spain => "LSSI art. 22(2); AEPD Guía de cookies 2023",
            Self::Germany => "TDDDG § 25",
            Self::UnitedKingdom => {
                "PECR reg. 6 and schedule A1, as amended by the Data (Use and Access) Act 2025"
            }
            Self::Switzerland => "FMG art. 45c; FDPIC guide of 22 January 2025",
            Self::California => "CCPA § 1798.135; 11 CCR §§ 7025 and 7026",
            Self::UnitedStates => "the states' privacy acts; the universal opt-out that they name",
            Self::Quebec => "Law 25, s. 8.1",
            Self::Brazil => "LGPD art. 8; ANPD Guia de cookies 2022",
            Self::Elsewhere => "no law was read for this region, so the strictest rules hold",
        }
    }

    /// Whether the way back to the choices has to carry a name that the law gives it: "Your Privacy Choices"
    /// (11 CCR § 7015; § 7026(a)(4): a cookie banner alone is no acceptable way to object).
    #[must_use]
    pub const fn names_the_way_back(self) -> bool {
        matches!(self, Self::California)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::category::Category;

    const STRICT: &str = "opt_in opt_in opt_in opt_in";

    #[test]
    fn each_region_has_the_rules_of_its_law() {
        for (region, profile, rules) in [
            ("EU", Profile::Eea, STRICT),
            ("SE", Profile::Eea, STRICT),
            ("NO", Profile::Eea, STRICT),
            ("AX", Profile::Eea, STRICT),
            ("FR", Profile::France, STRICT),
            ("FR-75", Profile::France, STRICT),
            ("RE", Profile::France, STRICT),
            ("IT", Profile::Italy, STRICT),
            ("ES", Profile::Spain, STRICT),
            ("DE-BY", Profile::Germany, STRICT),
            ("GB", Profile::UnitedKingdom, "exempt exempt exempt opt_in"),
            ("GB-SCT", Profile::UnitedKingdom, "exempt exempt exempt opt_in"),
            ("CH", Profile::Switzerland, "opt_out opt_out opt_out opt_in"),
            ("US-CA", Profile::California, "opt_out opt_out opt_out opt_out"),
            ("US-TX", Profile::UnitedStates, "opt_out opt_out opt_out opt_out"),
            ("US", Profile::UnitedStates, "opt_out opt_out opt_out opt_out"),
            ("CA-QC", Profile::Quebec, STRICT),
            ("CA", Profile::Elsewhere, STRICT),
            ("CA-ON", Profile::Elsewhere, STRICT),
            ("BR", Profile::Brazil, STRICT),
            ("JP", Profile::Elsewhere, STRICT),
            ("JE", Profile::Elsewhere, STRICT),
            ("XX", Profile::Elsewhere, STRICT),
            ("unknown", Profile::Elsewhere, STRICT),
        ] {
            let region = Region::read(region);
            assert_eq!(Profile::of(region), profile, "{region}");
            let regime = Regime::of(region);
            assert_eq!(regime.region, profile.code());
            let found = Category::OPTIONAL.map(|category| {
                serde_json::to_value(regime.rule(category)).unwrap().as_str().unwrap().to_owned()
            });
            assert_eq!(found.join(" "), rules, "{region}");
        }
    }

    #[test]
    fn a_profile_is_found_under_its_own_code_and_keeps_what_every_notice_keeps() {
        for profile in Profile::ALL {
            assert_eq!(Profile::of(profile.code().parse().unwrap()), profile);
            let [necessary, rest @ ..] = profile.rules();
            assert!(necessary == Always && rest.iter().all(|rule| *rule != Always), "{profile:?}");
            assert!(!profile.source().is_empty());
        }
    }

    proptest! {
        #[test]
        fn no_region_is_ever_stricter_than_one_that_nobody_knows(text in "[A-Z]{2}(-[A-Z0-9]{1,3})?|.{0,8}") {
            let known = Regime::of(Region::read(&text));
            prop_assert!(Regime::of(Region::UNKNOWN).is_as_strict_as(&known));
            prop_assert_eq!(Regime::of(Region::UNKNOWN).before_choice(), crate::choices::Choices::DENIED);
        }

        #[test]
        fn to_know_the_country_alone_is_never_looser(
            country in "[A-Z]{2}|US|CA|GB|FR|DE|GP",
            part in "[A-Z0-9]{1,3}|CA|QC",
        ) {
            let part = Region::read(&country).with_part(&part);
            for wider in part.and_wider() {
                prop_assert!(Regime::of(wider).is_as_strict_as(&Regime::of(part)), "{} {}", wider, part);
            }
        }
    }
}
