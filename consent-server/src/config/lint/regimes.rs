//! Rules about what each category waits for, where, and who answers for a looser rule.

use consent_core::category::Category;
use consent_core::notice::MAX_WAIVER_BYTES;
use consent_core::regime::{Profile, Region, Rule};
use toml::Spanned;

use super::super::build::{holds_everywhere, wanted};
use super::super::code::Code;
use super::super::diagnostic::{Report, Severity};
use super::super::draft::{SiteDraft, WaiverDraft};
use super::super::locale;
use super::super::section::Field;

/// The findings that somebody may answer for.
const WAIVABLE: [Code; 2] = [Code::LooserRegime, Code::OptOut];

/// A rule that is looser than the law of its region.
struct Looser<'a> {
    code: Code,
    region: Region,
    category: Category,
    rule: &'a Spanned<String>,
    /// What the law wants.
    wanted: Rule,
}

impl Looser<'_> {
    fn waiver<'s>(&self, site: &'s SiteDraft) -> Option<&'s WaiverDraft> {
        site.waiver(self.code, self.region, self.category)
    }
}

/// Nothing runs, in any region, before the law of that region lets it; unless somebody answers for it by name.
pub(super) fn no_looser_than_the_law(site: &SiteDraft, report: &mut Report) {
    for looser in looser(site).filter(|looser| looser.waiver(site).is_none()) {
        let Looser { code, region, category, rule, wanted } = looser;
        let word = wanted.as_str();
        let (message, help) = if code == Code::OptOut && holds_everywhere(site) {
            let message = format!(
                "no region is told from others, so that this holds for visitors from everywhere, and `{category}` waits for `{word}` in most"
            );
            let apart = if site.region.set().is_some() { region.as_str() } else { "US-CA" };
            (
                message,
                format!(
                    "write `{word}`, and `{category} = \"{}\"` into `[site.regions.{apart}]`",
                    rule.get_ref()
                ),
            )
        } else {
            let profile = Profile::of(region);
            let message = if profile.rules().get(category.index()) == Some(&wanted) {
                let law = profile.source();
                format!("in `{region}` `{category}` waits for `{word}`: {law}")
            } else {
                format!("in `{region}` `{category}` is exempt only for the site itself, and others take part")
            };
            (message, format!("write `{word}`, or leave it out"))
        };
        let help = format!(
            "{help}; whoever answers for it says so in `[[site.waiver]]` with `code = \"{}\"`",
            code.as_str(),
        );
        report.error(code, rule.span(), message, help);
    }
}

/// A waiver names a finding, a region, a category, a person and a reason; and there is something to waive.
pub(super) fn waivers_are_answered_for(site: &SiteDraft, report: &mut Report) {
    for draft in &site.waivers {
        let whole = [
            said("by", &draft.by, draft, report),
            said("reason", &draft.reason, draft, report),
            said("region", &draft.region, draft, report),
            said("category", &draft.category, draft, report),
            said("code", &draft.code, draft, report),
        ];
        if whole.contains(&false) {
            continue;
        }
        let code =
            draft.code.set().filter(|code| !WAIVABLE.iter().any(|known| known.as_str() == code.get_ref()));
        if let Some(code) = code {
            let known = WAIVABLE.map(Code::as_str).join("`, `");
            let message = format!("`{}` can not be waived", code.get_ref());
            report.error(Code::Waiver, code.span(), message, format!("what can be is `{known}`"));
        } else if !looser(site)
            .any(|looser| looser.waiver(site).is_some_and(|used| std::ptr::eq(used, draft)))
        {
            let message = "nothing is there that this waives".to_owned();
            report.warning(Code::UnusedWaiver, draft.span.clone(), message, "leave it out");
        }
    }
}

/// Where the law wants a language, visitors can read the notice in it.
pub(super) fn the_laws_language_is_offered(site: &SiteDraft, report: &mut Report) {
    let own = site.region.set().map(|text| (text, Severity::Warning));
    let others = site.regions.iter().map(|draft| (&draft.region, Severity::Error));
    for (text, severity) in others.chain(own) {
        let (language, law) = match Profile::of(Region::read(text.get_ref())) {
            Profile::Quebec => ("fr", "Charter of the French language, s. 52"),
            Profile::Brazil => ("pt", "LGPD art. 9: information is given in a way that can be understood"),
            _ => continue,
        };
        let offered = site.languages().into_iter().filter_map(|code| code.parse().ok());
        if !offered.into_iter().any(|offered| locale::primary(&offered) == language) {
            let message = format!("no language of `{}` is offered: {law}", text.get_ref());
            let help = format!("add `{language}` to `languages`");
            // A site may have had its own region before it had this rule.
            match severity {
                Severity::Error => report.error(Code::RegimeLanguage, text.span(), message, help),
                Severity::Warning => report.warning(Code::RegimeLanguage, text.span(), message, help),
            }
        }
    }
}

/// What holds in a region is said once.
pub(super) fn the_own_region_is_said_once(site: &SiteDraft, report: &mut Report) {
    let Some(own) = site.region.set() else { return };
    for draft in site.regions.iter().filter(|draft| draft.region.get_ref() == own.get_ref()) {
        let message = format!("`{}` is the site's own `region`, and told from others too", own.get_ref());
        let help = "leave `region` out if what is written here shall hold there; else leave this out";
        report.error(Code::Region, draft.region.span(), message, help);
    }
}

/// Every rule of the file that is looser than the law of its region.
fn looser(site: &SiteDraft) -> impl Iterator<Item = Looser<'_>> {
    let own_region = site.region.set().map_or("EU", |region| region.get_ref().as_str());
    let own = site.regime.as_ref().map(|regime| (Code::OptOut, own_region, &regime.rules));
    let others =
        site.regions.iter().map(|draft| (Code::LooserRegime, draft.region.get_ref().as_str(), &draft.rules));
    own.into_iter().chain(others).flat_map(move |(code, region, rules)| {
        let region = Region::read(region);
        rules.iter().zip(Category::OPTIONAL).filter_map(move |(field, category)| {
            let rule = field.set()?;
            let written = read(rule.get_ref())?;
            let wanted = wanted(site, region, code, category, written);
            // The site's own table has no exemptions, which is a finding of its own.
            let known = code != Code::OptOut || written != Rule::Exempt;
            (known && written < wanted).then_some(Looser { code, region, category, rule, wanted })
        })
    })
}

fn said(key: &str, field: &Field<String>, draft: &WaiverDraft, report: &mut Report) -> bool {
    let (span, message) = match field {
        Field::Broken => return false,
        Field::Absent => (draft.span.clone(), format!("`{key}` is missing")),
        Field::Set(text) if text.get_ref().trim().is_empty() => (text.span(), format!("`{key}` is empty")),
        Field::Set(text) if text.get_ref().len() > MAX_WAIVER_BYTES => {
            (text.span(), format!("`{key}` is longer than {MAX_WAIVER_BYTES} bytes"))
        }
        Field::Set(_) => return true,
    };
    let help = "a waiver says what it waives (`code`, `region`, `category`), who answers for it (`by`) and why (`reason`)";
    report.error(Code::Waiver, span, message, help);
    false
}

fn read(written: &str) -> Option<Rule> {
    [Rule::OptIn, Rule::OptOut, Rule::Exempt].into_iter().find(|rule| rule.as_str() == written)
}
