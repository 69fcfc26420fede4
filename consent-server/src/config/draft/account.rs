//! `[site.account]`

use std::ops::Range;

use super::super::diagnostic::Report;
use super::super::section::{Field, Section};

/// `[site.account]`
pub(in crate::config) struct AccountDraft {
    pub(in crate::config) secret_file: Field<String>,
    pub(in crate::config) span: Range<usize>,
}

impl AccountDraft {
    pub(super) fn read(site: &mut Section<'_>, report: &mut Report) -> Option<Self> {
        let mut section = site.section("account", "[site.account]", report)?;
        let read = Self { secret_file: section.take("secret_file", report), span: section.span.clone() };
        section.finish(report);
        Some(read)
    }
}
