//! `[[site.webhook]]`

use std::ops::Range;

use toml::Spanned;

use super::super::diagnostic::Report;
use super::super::section::{Field, Section};

/// `[[site.webhook]]`
pub(in crate::config) struct WebhookDraft {
    pub(in crate::config) events: Field<Vec<Spanned<String>>>,
    pub(in crate::config) id: Field<String>,
    pub(in crate::config) secret_env: Field<String>,
    pub(in crate::config) secret_file: Field<String>,
    pub(in crate::config) span: Range<usize>,
    pub(in crate::config) url: Field<String>,
}

impl WebhookDraft {
    pub(super) fn read_all(section: &mut Section<'_>, report: &mut Report) -> Vec<Self> {
        let sections = section.sections("webhook", "[[site.webhook]]", report);
        sections.into_iter().map(|section| Self::read(section, report)).collect()
    }

    fn read(mut section: Section<'_>, report: &mut Report) -> Self {
        let read = Self {
            events: section.take("events", report),
            id: section.take("id", report),
            secret_env: section.take("secret_env", report),
            secret_file: section.take("secret_file", report),
            span: section.span.clone(),
            url: section.take("url", report),
        };
        section.finish(report);
        read
    }
}
