//! Rules about services.

use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::SiteDraft;

/// The most switches below those of the categories.
const MOST: usize = 30;

/// There are no more switches than somebody reads.
pub(super) fn few_enough_to_read(site: &SiteDraft, report: &mut Report) {
    if let Some(service) = site.services.get(MOST) {
        let message = format!("the second layer has {} switches of services", site.services.len());
        let help = format!("put services that do the same together, so that there are at most {MOST}");
        report.warning(Code::TooManyOptions, service.span.clone(), message, help);
    }
}
