//! `[server.openid]`

use std::ops::Range;

use toml::Spanned;

use super::super::diagnostic::Report;
use super::super::section::{Field, Section};

/// `[server.openid]`
pub(in crate::config) struct OpenIdDraft {
    pub(in crate::config) client_id: Field<String>,
    pub(in crate::config) client_secret_env: Field<String>,
    pub(in crate::config) client_secret_file: Field<String>,
    pub(in crate::config) grants: Vec<OpenIdGrantDraft>,
    pub(in crate::config) issuer: Field<String>,
    pub(in crate::config) name: Field<String>,
    pub(in crate::config) origin: Field<String>,
    pub(in crate::config) scopes: Field<Vec<Spanned<String>>>,
    pub(in crate::config) span: Range<usize>,
}

/// `[[server.openid.grant]]`
pub(in crate::config) struct OpenIdGrantDraft {
    pub(in crate::config) claim: Field<String>,
    pub(in crate::config) role: Field<String>,
    pub(in crate::config) site: Field<String>,
    pub(in crate::config) span: Range<usize>,
    pub(in crate::config) value: Field<String>,
}

impl OpenIdDraft {
    pub(super) fn read(mut section: Section<'_>, report: &mut Report) -> Self {
        let grants = section.sections("grant", "[[server.openid.grant]]", report);
        let read = Self {
            client_id: section.take("client_id", report),
            client_secret_env: section.take("client_secret_env", report),
            client_secret_file: section.take("client_secret_file", report),
            grants: grants.into_iter().map(|grant| OpenIdGrantDraft::read(grant, report)).collect(),
            issuer: section.take("issuer", report),
            name: section.take("name", report),
            origin: section.take("origin", report),
            scopes: section.take("scopes", report),
            span: section.span.clone(),
        };
        section.finish(report);
        read
    }
}

impl OpenIdGrantDraft {
    fn read(mut section: Section<'_>, report: &mut Report) -> Self {
        let read = Self {
            claim: section.take("claim", report),
            role: section.take("role", report),
            site: section.take("site", report),
            span: section.span.clone(),
            value: section.take("value", report),
        };
        section.finish(report);
        read
    }
}
