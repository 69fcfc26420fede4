//! The declaration as a script that fills a place in a page of the site's own.

use consent_core::notice::NoticeBody;
use serde::Serialize;

use super::Declaration;
use crate::config::SiteConfig;
use crate::script::filled;

const SCRIPT: &str = include_str!("../../consent-js/declaration.js");

/// `Settings` in `consent-js/src/declaration/settings.ts`.
#[derive(Serialize)]
struct Settings<'a> {
    declaration: &'a Declaration,
    words: Words<'a>,
}

#[derive(Serialize)]
struct Words<'a> {
    always: &'a str,
    cookie: &'a str,
    duration: &'a str,
    hosts: &'a str,
    kind: &'a str,
    local_storage: &'a str,
    name: &'a str,
    none: &'a str,
    opt_in: &'a str,
    opt_out: &'a str,
    owner: &'a str,
    purpose: &'a str,
    session_storage: &'a str,
    transfers: &'a str,
    vendors: &'a str,
}

/// The script with the declaration in it: a page that shows it asks for nothing else.
pub(super) fn script(site: &SiteConfig, notice: &NoticeBody, declaration: &Declaration) -> Vec<u8> {
    let (texts, own) = (&notice.texts, site.declaration_words(&declaration.language));
    let words = Words {
        always: &texts.always_active,
        cookie: &own.cookie,
        duration: &texts.column_duration,
        hosts: &texts.hosts,
        kind: &own.kind,
        local_storage: &own.local_storage,
        name: &texts.column_name,
        none: &texts.cookies_none,
        opt_in: &own.opt_in,
        opt_out: &own.opt_out,
        owner: &texts.column_owner,
        purpose: &texts.column_purpose,
        session_storage: &own.session_storage,
        transfers: &texts.transfers,
        vendors: &texts.vendors_title,
    };
    filled(SCRIPT, &Settings { declaration, words })
}
