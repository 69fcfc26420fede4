//! Rules about how long a choice holds and how long its proof is kept.

use super::super::build::days;
use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::SiteDraft;
use super::super::{DEFAULT_ASK_AGAIN_AFTER, MAX_ASK_AGAIN_AFTER};

/// 13 months in days, at the longest.
pub(super) const THIRTEEN_MONTHS: u32 = 397;

/// Ten years in days: longer than any limitation period for a consent.
const TEN_YEARS: u32 = 3652;

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
