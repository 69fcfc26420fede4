//! `[[group]]`

use std::ops::Range;

use toml::Spanned;

use super::super::diagnostic::Report;
use super::super::section::{Field, Section};

/// `[[group]]`
pub(in crate::config) struct GroupDraft {
    pub(in crate::config) id: Field<String>,
    pub(in crate::config) sites: Field<Vec<Spanned<String>>>,
    pub(in crate::config) span: Range<usize>,
}

impl GroupDraft {
    pub(super) fn read(mut section: Section<'_>, report: &mut Report) -> Self {
        let read = Self {
            id: section.take("id", report),
            sites: section.take("sites", report),
            span: section.span.clone(),
        };
        section.finish(report);
        read
    }
}
