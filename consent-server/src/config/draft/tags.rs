//! The tables and keys that name scripts and attributes of others.

use toml::Spanned;

use super::super::diagnostic::Report;
use super::super::section::{Field, Section};
use super::super::tags::GoogleStorage;

/// `compat`, `microsoft`, `pixels`, `[site.google]`
pub(in crate::config) struct TagsDraft {
    pub(in crate::config) compat: Field<Vec<Spanned<String>>>,
    pub(in crate::config) google: Option<GoogleDraft>,
    pub(in crate::config) microsoft: Field<Vec<Spanned<String>>>,
    pub(in crate::config) pixels: Field<Vec<Spanned<String>>>,
}

/// `[site.google]`
pub(in crate::config) struct GoogleDraft {
    pub(in crate::config) ads_data_redaction: Field<bool>,
    pub(in crate::config) denied_in: Field<Vec<Spanned<String>>>,
    pub(in crate::config) mode: Field<String>,
    /// `[site.google.storage]`, in the order of [`GoogleStorage::ALL`].
    pub(in crate::config) storage: [Field<Vec<Spanned<String>>>; 6],
    pub(in crate::config) url_passthrough: Field<bool>,
    pub(in crate::config) wait_for_update: Field<u32>,
}

impl TagsDraft {
    pub(super) fn read(site: &mut Section<'_>, report: &mut Report) -> Self {
        Self {
            compat: site.take("compat", report),
            google: site
                .section("google", "[site.google]", report)
                .map(|section| GoogleDraft::read(section, report)),
            microsoft: site.take("microsoft", report),
            pixels: site.take("pixels", report),
        }
    }
}

impl GoogleDraft {
    fn read(mut section: Section<'_>, report: &mut Report) -> Self {
        let mut storage = section.section("storage", "[site.google.storage]", report);
        let read = Self {
            ads_data_redaction: section.take("ads_data_redaction", report),
            denied_in: section.take("denied_in", report),
            mode: section.take("mode", report),
            storage: GoogleStorage::ALL.map(|(name, ..)| {
                storage.as_mut().map_or(Field::Absent, |storage| storage.take(name, report))
            }),
            url_passthrough: section.take("url_passthrough", report),
            wait_for_update: section.take("wait_for_update", report),
        };
        if let Some(storage) = storage {
            storage.finish(report);
        }
        section.finish(report);
        read
    }
}
