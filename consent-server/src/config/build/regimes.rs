//! `region`, `[site.regime]`, `[site.regions]`, `[[site.waiver]]`: what each category waits for, and where.

use consent_core::category::Category;
use consent_core::notice::Waiver;
use consent_core::regime::{Profile, Regime, Region, Rule};
use toml::Spanned;

use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::{RegimeDraft, RegionDraft, SiteDraft};
use super::super::regimes::{Regimes, SiteRegime};
use super::super::section::Field;
use super::{others_who_take_part, word};

/// What `[site.regime]` knows: it is as old as the first sites, and has no exemptions.
pub(super) const OWN_RULES: [(&str, Rule); 2] = [("opt_in", Rule::OptIn), ("opt_out", Rule::OptOut)];

/// What a table of `[site.regions]` knows.
pub(super) const RULES: [(&str, Rule); 3] =
    [("opt_in", Rule::OptIn), ("opt_out", Rule::OptOut), ("exempt", Rule::Exempt)];

pub(super) fn build(site: &SiteDraft, report: &mut Report) -> Option<Regimes> {
    let own = own(site, report);
    let regions: Vec<_> = site.regions.iter().map(|draft| distinguished(site, draft, report)).collect();
    let regions = regions.into_iter().collect::<Option<Vec<_>>>()?;
    Some(Regimes::new(own?, regions))
}

/// Whether the way back has its legal name in a region: where a law gives it one, and where it may, as the site does not tell
/// that part of the region from the rest.
pub(in crate::config) fn names_the_way_back(site: &SiteDraft, region: Region) -> bool {
    let named = Region::read("US-CA");
    let apart = site.regions.iter().any(|draft| draft.region.get_ref() == named.as_str());
    Profile::of(region).names_the_way_back() || (named.is_in(region) && !apart)
}

/// The strictest rules of the site's region, except where its table says otherwise. Where it may is a rule of
/// [`super::super::lint`].
fn own(site: &SiteDraft, report: &mut Report) -> Option<SiteRegime> {
    let region = own_region(&site.region, report)?;
    let mut regime = Regime::strictest(region.as_str());
    if let Some(RegimeDraft { rules }) = &site.regime {
        regime.rules = read(rules, &OWN_RULES, regime.rules, report)?;
    }
    let waivers = waivers(site, region, Code::OptOut, &regime.rules);
    Some(SiteRegime { regime, waivers, names_the_way_back: names_the_way_back(site, region) })
}

/// The rules of the region's law, except where its table says otherwise; then they go by the region's own name.
fn distinguished(site: &SiteDraft, draft: &RegionDraft, report: &mut Report) -> Option<(Region, SiteRegime)> {
    let region = region(&draft.region, report)?;
    let profile = Profile::of(region);
    let lawful = Category::ALL.map(|category| lawful(site, region, category));
    let rules = read(&draft.rules, &RULES, lawful, report)?;
    let named = if rules == lawful { profile.code() } else { region.as_str() };
    Some((
        region,
        SiteRegime {
            regime: Regime { region: named.to_owned(), rules },
            waivers: waivers(site, region, Code::LooserRegime, &rules),
            names_the_way_back: names_the_way_back(site, region),
        },
    ))
}

fn read(
    fields: &[Field<String>; 4],
    known: &[(&str, Rule)],
    default: [Rule; 5],
    report: &mut Report,
) -> Option<[Rule; 5]> {
    let [_, defaults @ ..] = default;
    let keys = Category::OPTIONAL.map(Category::as_str);
    let found = fields.iter().zip(keys).zip(defaults);
    let found = found.map(|((field, key), default)| word(key, field, known, default, report));
    let [functional, analytics, performance, advertisement] =
        <[Option<Rule>; 4]>::try_from(found.collect::<Vec<_>>()).ok()?;
    Some([Rule::Always, functional?, analytics?, performance?, advertisement?])
}

/// What the law of a region asks of this very site under a category: an exemption is for what the site does for itself, so where
/// somebody else receives or stores something it waits for a yes (PECR, schedule A1: no use for anybody's own ends).
fn lawful(site: &SiteDraft, region: Region, category: Category) -> Rule {
    match Profile::of(region).rules().get(category.index()) {
        Some(Rule::Exempt) if !others_who_take_part(site, category, &[]).is_empty() => Rule::OptIn,
        rule => rule.copied().unwrap_or(Rule::OptIn),
    }
}

/// What the law of a region asks of a category, given the rule that the site wrote for it: in France measuring the audience may be
/// exempt, if the site has declared that it does only that, and where `[site.regions]` says so. The site's own rules hold for
/// everybody who is nowhere told apart, so they never rest on that; nor on a law that is looser than the others, if nobody is told apart.
pub(in crate::config) fn wanted(
    site: &SiteDraft,
    region: Region,
    code: Code,
    category: Category,
    written: Rule,
) -> Rule {
    let is_declared = site.audience_measurement.is_some() && code == Code::LooserRegime;
    if is_declared && is_exempt_measuring(region, category, written) {
        return Rule::Exempt;
    }
    if code == Code::OptOut && holds_everywhere(site) {
        return Rule::OptIn;
    }
    lawful(site, region, category)
}

/// Whether the site's own rules hold for visitors from anywhere, and for those of whom nobody knows where they are: it tells no
/// region from others.
pub(in crate::config) fn holds_everywhere(site: &SiteDraft) -> bool {
    site.regions.is_empty()
}

/// Whether a rule is the one that France exempts if it is all that the site says of itself.
pub(in crate::config) fn is_exempt_measuring(region: Region, category: Category, written: Rule) -> bool {
    region.is_in(Region::read("FR")) && category == Category::Analytics && written == Rule::Exempt
}

/// Whether a table of `[site.regions]` rests on what the site says of how it measures its audience.
pub(in crate::config) fn measures_without_asking(draft: &RegionDraft) -> bool {
    let region = Region::read(draft.region.get_ref());
    draft.rules.iter().zip(Category::OPTIONAL).any(|(field, category)| {
        let word = field.set().map(|text| text.get_ref().as_str());
        let rule = RULES.iter().find(|(known, _)| Some(*known) == word);
        rule.is_some_and(|(_, rule)| is_exempt_measuring(region, category, *rule))
    })
}

/// The waivers of one kind about a region, as its notices carry them: one for each of its `rules` that is looser than the law.
fn waivers(site: &SiteDraft, region: Region, code: Code, rules: &[Rule; 5]) -> Vec<Waiver> {
    let looser = Category::ALL
        .into_iter()
        .zip(rules)
        .filter(|(category, rule)| **rule < wanted(site, region, code, *category, **rule));
    let waived = looser.filter_map(|(category, _)| {
        let draft = site.waiver(code, region, category)?;
        // Nobody answers with nothing, which is a finding of its own; such a waiver would only make the notice one that can not be.
        let text = |field: &Field<String>| {
            field.set().map(|text| text.get_ref().clone()).filter(|text| !text.trim().is_empty())
        };
        Some(Waiver {
            by: text(&draft.by)?,
            category,
            code: code.as_str().to_owned(),
            reason: text(&draft.reason)?,
        })
    });
    waived.collect()
}

fn own_region(field: &Field<String>, report: &mut Report) -> Option<Region> {
    match field {
        Field::Absent => Some(Region::read("EU")),
        Field::Broken => None,
        Field::Set(text) => {
            let region = text.get_ref().parse();
            if region.is_err() {
                let help = "write `EU`, a code of ISO 3166 such as `FR` or `US-CA`, or `unknown`; the strictest rules hold in any";
                let message = format!("`{}` is not a region", text.get_ref());
                report.error(Code::Region, text.span(), message, help);
            }
            region.ok()
        }
    }
}

fn region(text: &Spanned<String>, report: &mut Report) -> Option<Region> {
    let help = match text.get_ref().as_str() {
        "UK" => "write `GB`, which is its code in ISO 3166",
        "unknown" => "leave it out: the strictest rules hold for whoever comes from nowhere known",
        _ => "write `EU`, or a code of ISO 3166 such as `GB` or `US-CA`",
    };
    let region = text.get_ref().parse().ok().filter(|_| !matches!(text.get_ref().as_str(), "UK" | "unknown"));
    if region.is_none() {
        report.error(
            Code::Region,
            text.span(),
            format!("`{}` is no region to tell from others", text.get_ref()),
            help,
        );
    }
    region
}
