//! `[site.audience_measurement]`

use std::ops::Range;

use toml::Spanned;

use super::super::diagnostic::Report;
use super::super::section::{Field, Section};

/// What a site declares of how it counts its visitors.
pub(in crate::config) struct AudienceDraft {
    pub(in crate::config) data_kept: Field<String>,
    pub(in crate::config) processors: Field<Vec<Spanned<String>>>,
    pub(in crate::config) span: Range<usize>,
    /// What has to be so, each under its key.
    pub(in crate::config) statements: [(&'static str, Field<bool>); 5],
}

impl AudienceDraft {
    pub(super) fn read(mut section: Section<'_>, report: &mut Report) -> Self {
        let statements =
            ["anonymous_statistics", "never_renewed", "no_id_across_sites", "publisher_only", "sole_purpose"];
        let read = Self {
            data_kept: section.take("data_kept", report),
            processors: section.take("processors", report),
            span: section.span.clone(),
            statements: statements.map(|key| (key, section.take(key, report))),
        };
        section.finish(report);
        read
    }

    /// Who measures for the site and uses nothing of it.
    pub(in crate::config) fn processors(&self) -> impl Iterator<Item = &Spanned<String>> {
        self.processors.set().into_iter().flat_map(|names| names.get_ref())
    }
}
