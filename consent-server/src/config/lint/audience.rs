//! Rules about measuring an audience without asking, which France exempts under conditions (CNIL, 4 July 2025).

use consent_core::category::Category;
use toml::Spanned;

use super::super::build::{measures_without_asking, others_who_take_part};
use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::{AudienceDraft, SiteDraft};
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
    processors_are_declared(site, declared, report);
    let processors: Vec<_> = declared.processors().map(|name| name.get_ref().as_str()).collect();
    let others = others_who_take_part(site, Category::Analytics, &processors);
    if !others.is_empty() {
        let message = format!(
            "the exemption is for the publisher alone, and others take part under `analytics`: {}",
            others.join(", ")
        );
        let help = "who only works for the site, and uses nothing of it, is named in `processors`; Google's tags that only advertise \
                    are kept out with `analytics_storage = [\"analytics\", \"advertisement\"]`; else leave the table out";
        report.error(Code::AudienceMeasurement, declared.span.clone(), message, help);
    }
    if !site.regions.iter().any(measures_without_asking) {
        let message = "nothing rests on this declaration".to_owned();
        let help = "write `FR = { analytics = \"exempt\" }` into `[site.regions]`, or leave the table out";
        report.warning(Code::AudienceMeasurement, declared.span.clone(), message, help);
    }
}

/// Who measures for the site is declared, so that visitors are told of them.
fn processors_are_declared(site: &SiteDraft, declared: &AudienceDraft, report: &mut Report) {
    let is_vendor = |name: &str| {
        let of =
            |field: &Field<String>, wanted: &str| field.set().is_some_and(|text| text.get_ref() == wanted);
        site.vendors
            .iter()
            .any(|vendor| of(&vendor.category, Category::Analytics.as_str()) && of(&vendor.name, name))
    };
    for name in declared.processors().filter(|name| !is_vendor(name.get_ref())) {
        let message = format!("no `[[site.vendor]]` under `analytics` is called `{}`", name.get_ref());
        report.error(
            Code::AudienceMeasurement,
            name.span(),
            message,
            "declare who measures for the site as a vendor, by this name",
        );
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
