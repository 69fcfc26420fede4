//! Rules about declared cookies and storage keys.

use std::collections::BTreeMap;

use consent_core::category::Category;

use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::{CookieDraft, SiteDraft};
use super::super::notice::OWN_COOKIE;
use super::trackers;

/// Every item is declared once, under one category.
pub(super) fn declared_once(site: &SiteDraft, report: &mut Report) {
    let mut seen: BTreeMap<(&str, &str), Option<&str>> = BTreeMap::new();
    seen.insert((OWN_COOKIE, "cookie"), Some(Category::Necessary.as_str()));
    for cookie in &site.cookies {
        let Some(name) = cookie.name.set() else { continue };
        let category = text(&cookie.category);
        let key = (name.get_ref().as_str(), text(&cookie.kind).unwrap_or("cookie"));
        let Some(before) = seen.get(&key) else {
            seen.insert(key, category);
            continue;
        };
        let (code, message, help) = if key == (OWN_COOKIE, "cookie") {
            let help = "leave it out: the platform declares its own cookie under `necessary` on every site";
            (Code::DuplicateItem, format!("`{OWN_COOKIE}` is declared already"), help)
        } else if *before == category {
            (
                Code::DuplicateItem,
                format!("`{}` is declared twice", name.get_ref()),
                "leave one of the two out",
            )
        } else {
            let help = "declare it under the one category for which it is really used; an item with two uses needs two names";
            (Code::TwoCategories, format!("`{}` is declared under two categories", name.get_ref()), help)
        };
        report.error(code, name.span(), message, help);
    }
}

/// What can not be refused says why, and is no tracker (EU-19).
pub(super) fn necessary_is_justified(site: &SiteDraft, report: &mut Report) {
    let necessary = |cookie: &&CookieDraft| text(&cookie.category) == Some(Category::Necessary.as_str());
    for cookie in site.cookies.iter().filter(necessary) {
        if let Some((name, tracker)) =
            cookie.name.set().and_then(|name| Some((name, trackers::find(name.get_ref())?)))
        {
            let message =
                format!("`{}` is a tracker of {}, not a necessary cookie", name.get_ref(), tracker.owner);
            report.error(
                Code::Tracker,
                name.span(),
                message,
                format!("write `category = \"{}\"`", tracker.category),
            );
        } else if text(&cookie.justification).is_none_or(|reason| reason.trim().is_empty()) {
            let span = cookie.justification.set().map_or_else(|| cookie.span.clone(), toml::Spanned::span);
            let help = "add `justification = \"…\"`: which service that the visitor asked for can not be given without it";
            report.error(
                Code::Justification,
                span,
                "nothing says why this item is necessary".to_owned(),
                help,
            );
        }
    }
}

fn text(field: &super::super::section::Field<String>) -> Option<&str> {
    field.set().map(|text| text.get_ref().as_str())
}
