//! `[[site.moving_in]]`: whose choices from before are taken over.

use std::ops::Range;

use toml::Spanned;

use super::super::diagnostic::Report;
use super::super::section::{Field, Section};

/// `[[site.moving_in]]`
pub(in crate::config) struct MovingInDraft {
    pub(in crate::config) by: Field<String>,
    pub(in crate::config) name: Field<String>,
    pub(in crate::config) platform: Field<String>,
    pub(in crate::config) reason: Field<String>,
    pub(in crate::config) span: Range<usize>,
    /// Their words for each of ours, in the order of `Category::OPTIONAL`.
    pub(in crate::config) words: [Field<Vec<Spanned<String>>>; 4],
}

impl MovingInDraft {
    pub(super) fn read_all(site: &mut Section<'_>, report: &mut Report) -> Vec<Self> {
        let tables = site.sections("moving_in", "[[site.moving_in]]", report).into_iter();
        tables.map(|section| Self::read(section, report)).collect()
    }

    fn read(mut section: Section<'_>, report: &mut Report) -> Self {
        let read = Self {
            by: section.take("by", report),
            name: section.take("name", report),
            platform: section.take("platform", report),
            reason: section.take("reason", report),
            span: section.span.clone(),
            words: ["functional", "analytics", "performance", "advertisement"]
                .map(|key| section.take(key, report)),
        };
        section.finish(report);
        read
    }
}
