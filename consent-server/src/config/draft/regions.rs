//! The tables about where visitors are: `[server.region]`, `[site.regime]`, `[site.regions]`, `[[site.waiver]]`.

use std::ops::Range;

use toml::Spanned;

use super::super::diagnostic::Report;
use super::super::section::{Field, Section};

/// In the order of `Category::OPTIONAL`.
type Rules = [Field<String>; 4];

/// `[server.region]`
pub(in crate::config) struct RegionSourceDraft {
    pub(in crate::config) file: Field<String>,
    pub(in crate::config) from: Field<String>,
    pub(in crate::config) header: Field<String>,
    pub(in crate::config) span: Range<usize>,
}

/// `[site.regime]`
pub(in crate::config) struct RegimeDraft {
    pub(in crate::config) rules: Rules,
}

/// One table of `[site.regions]`, by its region.
pub(in crate::config) struct RegionDraft {
    pub(in crate::config) region: Spanned<String>,
    pub(in crate::config) rules: Rules,
}

/// `[[site.waiver]]`
pub(in crate::config) struct WaiverDraft {
    pub(in crate::config) by: Field<String>,
    pub(in crate::config) category: Field<String>,
    pub(in crate::config) code: Field<String>,
    pub(in crate::config) reason: Field<String>,
    pub(in crate::config) region: Field<String>,
    pub(in crate::config) span: Range<usize>,
}

fn rules(mut section: Section<'_>, report: &mut Report) -> Rules {
    let rules = ["functional", "analytics", "performance", "advertisement"];
    let rules = rules.map(|key| section.take(key, report));
    section.finish(report);
    rules
}

impl RegionSourceDraft {
    pub(super) fn read(mut section: Section<'_>, report: &mut Report) -> Self {
        let read = Self {
            file: section.take("file", report),
            from: section.take("from", report),
            header: section.take("header", report),
            span: section.span.clone(),
        };
        section.finish(report);
        read
    }
}

impl RegimeDraft {
    pub(super) fn read(section: Section<'_>, report: &mut Report) -> Self {
        Self { rules: rules(section, report) }
    }
}

impl RegionDraft {
    pub(super) fn read_all(site: &mut Section<'_>, report: &mut Report) -> Vec<Self> {
        let tables = site.named_sections("regions", "[site.regions]", report).into_iter();
        tables.map(|(region, section)| Self { region, rules: rules(section, report) }).collect()
    }
}

impl WaiverDraft {
    pub(super) fn read_all(site: &mut Section<'_>, report: &mut Report) -> Vec<Self> {
        let tables = site.sections("waiver", "[[site.waiver]]", report).into_iter();
        tables.map(|section| Self::read(section, report)).collect()
    }

    fn read(mut section: Section<'_>, report: &mut Report) -> Self {
        let read = Self {
            by: section.take("by", report),
            category: section.take("category", report),
            code: section.take("code", report),
            reason: section.take("reason", report),
            region: section.take("region", report),
            span: section.span.clone(),
        };
        section.finish(report);
        read
    }
}
