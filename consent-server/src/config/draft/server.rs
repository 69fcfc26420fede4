//! What holds for all sites: `[server]`, `[limits]`, `[[witness]]`, `[[timestamp]]`.

use std::ops::Range;

use toml::Spanned;
use toml::de::DeTable;

use super::super::diagnostic::Report;
use super::super::section::{Field, Section};
use super::openid::OpenIdDraft;
use super::regions::RegionSourceDraft;

/// `[server]`
pub(in crate::config) struct ServerDraft {
    pub(in crate::config) console: Field<bool>,
    pub(in crate::config) content_security_policy: Field<String>,
    pub(in crate::config) heads_every: Field<String>,
    pub(in crate::config) host: Field<String>,
    pub(in crate::config) listen: Field<String>,
    pub(in crate::config) openid: Option<OpenIdDraft>,
    pub(in crate::config) pages: Field<String>,
    pub(in crate::config) quorum: Field<Result<u32, String>>,
    pub(in crate::config) region: Option<RegionSourceDraft>,
    pub(in crate::config) reload_on_change: Field<bool>,
    pub(in crate::config) timestamp_every: Field<String>,
    pub(in crate::config) trusted_proxies: Field<Vec<Spanned<String>>>,
}

/// `[limits]`
pub(in crate::config) struct LimitsDraft {
    pub(in crate::config) connections: Field<u32>,
    pub(in crate::config) per_address: Field<u32>,
    pub(in crate::config) per_subject: Field<u32>,
    pub(in crate::config) waiting: Field<u32>,
}

/// `[[witness]]`
pub(in crate::config) struct WitnessDraft {
    pub(in crate::config) name: Field<String>,
    pub(in crate::config) span: Range<usize>,
    pub(in crate::config) url: Field<String>,
    pub(in crate::config) vkey: Field<String>,
}

/// `[[timestamp]]`
pub(in crate::config) struct TimestampDraft {
    pub(in crate::config) certificate: Field<String>,
    pub(in crate::config) span: Range<usize>,
    pub(in crate::config) url: Field<String>,
}

impl ServerDraft {
    pub(super) fn read(section: Option<Section<'_>>, report: &mut Report) -> Self {
        let mut section = section.unwrap_or_else(|| Section::new("[server]", 0..0, DeTable::new()));
        let read = Self {
            console: section.take("console", report),
            content_security_policy: section.take("content_security_policy", report),
            heads_every: section.take("heads_every", report),
            host: section.take("host", report),
            listen: section.take("listen", report),
            openid: section
                .section("openid", "[server.openid]", report)
                .map(|section| OpenIdDraft::read(section, report)),
            pages: section.take("pages", report),
            quorum: section.integer_or_text("quorum", report),
            region: section
                .section("region", "[server.region]", report)
                .map(|section| RegionSourceDraft::read(section, report)),
            reload_on_change: section.take("reload_on_change", report),
            timestamp_every: section.take("timestamp_every", report),
            trusted_proxies: section.take("trusted_proxies", report),
        };
        section.finish(report);
        read
    }
}

impl LimitsDraft {
    pub(super) fn read(section: Option<Section<'_>>, report: &mut Report) -> Self {
        let mut section = section.unwrap_or_else(|| Section::new("[limits]", 0..0, DeTable::new()));
        let read = Self {
            connections: section.take("connections", report),
            per_address: section.take("per_address", report),
            per_subject: section.take("per_subject", report),
            waiting: section.take("waiting", report),
        };
        section.finish(report);
        read
    }
}

impl WitnessDraft {
    pub(super) fn read(mut section: Section<'_>, report: &mut Report) -> Self {
        let read = Self {
            name: section.take("name", report),
            span: section.span.clone(),
            url: section.take("url", report),
            vkey: section.take("vkey", report),
        };
        section.finish(report);
        read
    }
}

impl TimestampDraft {
    pub(super) fn read(mut section: Section<'_>, report: &mut Report) -> Self {
        let read = Self {
            certificate: section.take("certificate", report),
            span: section.span.clone(),
            url: section.take("url", report),
        };
        section.finish(report);
        read
    }
}
