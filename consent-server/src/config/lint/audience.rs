//! Rules about measuring an audience without asking, which France exempts under conditions (CNIL, 4 July 2025).

use consent_core::category::Category;
use consent_core::regime::Region;
use toml::Spanned;

use super::super::build::others_take_part;
use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::SiteDraft;
use super::super::duration::Duration;
use super::super::section::Field;
use super::term::THIRTEEN_MONTHS;

/// 25 months in days, at the longest.
const TWENTY_FIVE_MONTHS: u32 = 762;

/// Who declares that they only count their visitors says all that the exemption wants, and declares nothing else beside it.
pub(super) fn is_only_that(site: &SiteDraft, report: &mut Report) {
    let Some(declared) = &site.audience_measurement else { return };
    let help = "the exemption wants all of `sole_purpose`, `publisher_only`, `anonymous_statistics`, `no_id_across_sites` and \
                `never_renewed`, each `true`, and `data_kept`; else leave the table out and ask";
    for (key, field) in &declared.statements {
        let (span, message) = match field {
            Field::Broken => continue,
            Field::Absent => (declared.span.clone(), format!("`{key}` is missing")),
            Field::Set(value) if *value.get_ref() => continue,
            Field::Set(value) => (value.span(), format!("without `{key}` it is no exempt measurement")),
        };
        report.error(Code::AudienceMeasurement, span, message, help);
    }
    match &declared.data_kept {
        Field::Broken => {}
        Field::Absent => {
            report.error(
                Code::AudienceMeasurement,
                declared.span.clone(),
                "`data_kept` is missing".to_owned(),
                help,
            );
        }
        Field::Set(kept) => {
            let long = lasts_longer(kept, TWENTY_FIVE_MONTHS, report);
            if long {
                let message =
                    format!("the data are kept for `{}`, which is more than 25 months", kept.get_ref());
                report.error(Code::AudienceMeasurement, kept.span(), message, "write at most `25 months`");
            }
        }
    }
    let counts = |cookie: &&super::super::draft::CookieDraft| {
        cookie.category.set().is_some_and(|category| category.get_ref() == Category::Analytics.as_str())
    };
    for cookie in site.cookies.iter().filter(counts) {
        // One that is no duration is told where the cookie is built.
        let Some(duration) = cookie.duration.set() else { continue };
        let days = duration.get_ref().parse::<Duration>().map_or(0, |duration| duration.days());
        if days > u64::from(THIRTEEN_MONTHS) {
            let message = "what measures an audience without a yes stays for at most 13 months".to_owned();
            report.error(Code::AudienceMeasurement, duration.span(), message, "write at most `13 months`");
        }
    }
    if others_take_part(site, Category::Analytics) {
        let message =
            "the exemption is for the publisher alone, and others take part under `analytics`".to_owned();
        let help =
            "leave the table out, or declare under `analytics` only what the site does itself, for itself";
        report.error(Code::AudienceMeasurement, declared.span.clone(), message, help);
    }
    let used = site.regions.iter().any(|draft| {
        let analytics = Category::OPTIONAL.iter().position(|category| *category == Category::Analytics);
        let rule = analytics.and_then(|at| draft.rules.get(at)).and_then(Field::set);
        Region::read(draft.region.get_ref()).is_in(Region::read("FR"))
            && rule.is_some_and(|rule| rule.get_ref() == "exempt")
    });
    if !used {
        let message = "nothing rests on this declaration".to_owned();
        let help = "write `FR = { analytics = \"exempt\" }` into `[site.regions]`, or leave the table out";
        report.warning(Code::AudienceMeasurement, declared.span.clone(), message, help);
    }
}

/// Whether a duration is longer than so many days; one that is none is told.
fn lasts_longer(text: &Spanned<String>, days: u32, report: &mut Report) -> bool {
    match text.get_ref().parse::<Duration>() {
        Ok(duration) => duration.days() > u64::from(days),
        Err(_) => {
            let message = format!("`{}` is not a duration", text.get_ref());
            report.error(Code::Duration, text.span(), message, "write for instance `25 months`");
            false
        }
    }
}
