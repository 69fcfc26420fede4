//! Rules about how long a choice holds and how long its proof is kept.

use consent_core::category::Category;
use consent_core::regime::Region;

use super::super::build::{days, names_the_way_back, others_who_take_part};
use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::SiteDraft;
use super::super::{DEFAULT_ASK_AGAIN_AFTER, MAX_ASK_AGAIN_AFTER};

/// 13 months in days, at the longest.
pub(super) const THIRTEEN_MONTHS: u32 = 397;

/// Ten years in days: longer than any limitation period for a consent.
const TEN_YEARS: u32 = 3652;

/// A year and two in days: what California asks for.
const TWELVE_MONTHS: u32 = 365;
const TWO_YEARS: u32 = 730;

/// A visitor is not asked again and again, nor held to an old choice (EU-11).
pub(super) fn not_too_often(site: &SiteDraft, report: &mut Report) {
    let Some(value) = site.ask_again_after.set() else { return };
    match days(value.get_ref()) {
        Some(days) if (1..DEFAULT_ASK_AGAIN_AFTER).contains(&days) => {
            let message = format!("who refuses is asked again after {days} days");
            let help = "write at least `6 months` (180 days): asking again sooner wears visitors down";
            report.warning(Code::AskAgain, value.span(), message, help);
        }
        Some(days) if (THIRTEEN_MONTHS + 1..=MAX_ASK_AGAIN_AFTER).contains(&days) => {
            let message = format!("a choice holds for {days} days, which is more than 13 months");
            report.warning(Code::AskAgain, value.span(), message, "write `6 months`, or at most `13 months`");
        }
        _ => {}
    }
}

/// Who objects in California is not asked again for a year, and what they asked for is on record for two. The cookie lasts as long as
/// the choice holds, so with it the objection would be forgotten as well.
pub(super) fn objections_last_in_california(site: &SiteDraft, report: &mut Report) {
    let listed = site.regions.iter().map(|draft| &draft.region);
    let named = |text: &&toml::Spanned<String>| names_the_way_back(site, Region::read(text.get_ref()));
    let Some(region) = site.region.set().into_iter().chain(listed).find(named) else { return };
    // What is objected to there is what others receive or store.
    if Category::OPTIONAL.into_iter().all(|category| others_who_take_part(site, category, &[]).is_empty()) {
        return;
    }
    let (holds, span) = match site.ask_again_after.set() {
        Some(value) => (days(value.get_ref()), value.span()),
        None => (Some(DEFAULT_ASK_AGAIN_AFTER), region.span()),
    };
    if let Some(holds) = holds.filter(|holds| (1..TWELVE_MONTHS).contains(holds)) {
        let message = format!("who objects in `{}` is asked again after {holds} days", region.get_ref());
        let help = "write `ask_again_after = \"12 months\"`: California wants a year at least";
        report.error(Code::UsOptOut, span, message, help);
    }
    let Some(retention) = site.retention_days.set() else { return };
    if *retention.get_ref() < TWO_YEARS {
        let message = format!(
            "what was objected to in `{}` is erased after {} days",
            region.get_ref(),
            retention.get_ref()
        );
        let help = format!(
            "write at least {TWO_YEARS}, or leave the key out: then it is `ask_again_after` and three years"
        );
        report.error(Code::UsOptOut, retention.span(), message, help);
    }
}

/// The proof lasts as long as the choice (EU-15) and not for ever (EU-16).
pub(super) fn proof_lasts(site: &SiteDraft, report: &mut Report) {
    let Some(retention) = site.retention_days.set() else { return };
    let holds = match site.ask_again_after.set() {
        Some(value) => days(value.get_ref()),
        None => Some(DEFAULT_ASK_AGAIN_AFTER),
    };
    let kept = *retention.get_ref();
    if let Some(holds) = holds.filter(|holds| kept < *holds) {
        let message = format!("the proof is erased after {kept} days, while the choice holds for {holds}");
        let help = format!(
            "write at least {holds}, or leave the key out: then it is `ask_again_after` and three years"
        );
        report.error(Code::RetentionTooShort, retention.span(), message, help);
    } else if kept > TEN_YEARS {
        let message = format!("the proof is kept for {kept} days, which is more than ten years");
        let help = "write how long you can be held to account for a consent, or leave the key out";
        report.warning(Code::RetentionTooLong, retention.span(), message, help);
    }
}
