//! `[site.audience_measurement]`: what the site says of how it measures its audience.

use consent_core::notice::{AudienceMeasurement, MAX_PROCESSORS, MAX_WAIVER_BYTES};

use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::AudienceDraft;
use super::super::duration::Duration;

/// What is said; `None` if not all is, which [`super::super::lint`] tells.
pub(super) fn build(draft: Option<&AudienceDraft>, report: &mut Report) -> Option<AudienceMeasurement> {
    let draft = draft?;
    let said = |key: &str| {
        draft
            .statements
            .iter()
            .any(|(known, field)| *known == key && field.set().is_some_and(|value| *value.get_ref()))
    };
    let whole = |text: &&String| !text.trim().is_empty() && text.len() <= MAX_WAIVER_BYTES;
    let processors: Vec<_> = draft.processors().map(|name| name.get_ref()).collect();
    if let Some(field) =
        draft.processors.set().filter(|_| processors.len() > MAX_PROCESSORS || !processors.iter().all(whole))
    {
        let message = "`processors` are too many, or one has no name that can be shown".to_owned();
        let help = format!("name at most {MAX_PROCESSORS}, each in at most {MAX_WAIVER_BYTES} bytes");
        report.error(Code::AudienceMeasurement, field.span(), message, help);
    }
    let declared = AudienceMeasurement {
        anonymous_statistics: said("anonymous_statistics"),
        data_kept: draft.data_kept.set()?.get_ref().parse::<Duration>().ok()?.lifetime(),
        never_renewed: said("never_renewed"),
        no_id_across_sites: said("no_id_across_sites"),
        processors: processors.into_iter().cloned().collect(),
        publisher_only: said("publisher_only"),
        sole_purpose: said("sole_purpose"),
    };
    declared.is_whole().then_some(declared)
}
