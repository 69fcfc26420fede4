//! Rules about sites as a whole.

use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::{Draft, SiteDraft};

/// No two sites have one id: they would share a log.
pub(super) fn one_id_each(draft: &Draft, report: &mut Report) {
    let mut seen: Vec<&str> = Vec::new();
    for id in draft.sites.iter().filter_map(|site| site.id.set()) {
        if seen.contains(&id.get_ref().as_str()) {
            let help = "give every site its own id: it names the site's log";
            report.error(
                Code::DuplicateSite,
                id.span(),
                format!("another site is called `{}`", id.get_ref()),
                help,
            );
        }
        seen.push(id.get_ref());
    }
}

/// A banner asks for something in particular.
pub(super) fn something_is_declared(site: &SiteDraft, report: &mut Report) {
    if site.cookies.is_empty() && site.services.is_empty() && site.vendors.is_empty() {
        let help = "declare what the site stores with `[[site.cookie]]` and who receives data with `[[site.vendor]]`; a \
                    site that needs no consent needs no banner";
        report.warning(
            Code::NothingDeclared,
            site.span.clone(),
            "no cookie and no vendor is declared".to_owned(),
            help,
        );
    }
}
