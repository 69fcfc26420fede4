//! The tables and keys that say what the script holds back, beside what the page marks.

use std::ops::Range;

use toml::Spanned;

use super::super::diagnostic::Report;
use super::super::section::{Field, Section};

/// `block`, `reload`, `[[site.host]]`
pub(in crate::config) struct BlockDraft {
    pub(in crate::config) gates: Field<Vec<Spanned<String>>>,
    pub(in crate::config) hosts: Vec<HostDraft>,
    pub(in crate::config) reload: Field<Vec<Spanned<String>>>,
}

/// `[[site.host]]`
pub(in crate::config) struct HostDraft {
    pub(in crate::config) category: Field<String>,
    pub(in crate::config) name: Field<String>,
    pub(in crate::config) service: Field<String>,
    pub(in crate::config) span: Range<usize>,
}

impl BlockDraft {
    pub(super) fn read(site: &mut Section<'_>, report: &mut Report) -> Self {
        let hosts = site.sections("host", "[[site.host]]", report);
        Self {
            gates: site.take("block", report),
            hosts: hosts.into_iter().map(|section| HostDraft::read(section, report)).collect(),
            reload: site.take("reload", report),
        }
    }
}

impl HostDraft {
    fn read(mut section: Section<'_>, report: &mut Report) -> Self {
        let read = Self {
            category: section.take("category", report),
            name: section.take("name", report),
            service: section.take("service", report),
            span: section.span.clone(),
        };
        section.finish(report);
        read
    }
}
