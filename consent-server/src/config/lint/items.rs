//! Rules about declared cookies and storage keys.

use consent_core::category::Category;
use consent_core::cookie::{ACCOUNT_COOKIE_NAME, ACCOUNT_SERVICES_COOKIE_NAME, SERVICES_COOKIE_NAME};

use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::{CookieDraft, SiteDraft};
use super::super::notice::OWN_COOKIE;
use super::trackers::{self, Tracker};

/// Every item is declared once, under one category, and no pattern covers the item of another category: what a visitor
/// denies is deleted by name, and would take the other with it.
pub(super) fn declared_once(site: &SiteDraft, report: &mut Report) {
    let mut seen: Vec<(&str, &str, Option<&str>)> = Vec::new();
    for cookie in &site.cookies {
        let Some(name) = cookie.name.set() else { continue };
        let (declared, kind) = (name.get_ref().as_str(), text(&cookie.kind).unwrap_or("cookie"));
        let category = text(&cookie.category);
        let before = seen.iter().find(|(other, other_kind, other_category)| {
            *other_kind == kind
                && (*other == declared || (*other_category != category && overlap(other, declared)))
        });
        if is_own(declared, kind) {
            let help = "leave it out: the platform declares what it stores under `necessary` on every site";
            report.error(
                Code::DuplicateItem,
                name.span(),
                format!("`{declared}` is the platform's own"),
                help,
            );
        } else if let Some((other, _, other_category)) = before {
            let (code, message, help) = if *other_category == category {
                (Code::DuplicateItem, format!("`{declared}` is declared twice"), "leave one of the two out")
            } else if *other == declared {
                let help = "declare it under the one category for which it is used; two uses need two items";
                (Code::TwoCategories, format!("`{declared}` is declared under two categories"), help)
            } else {
                let help = "name the items so that no pattern covers an item of another category";
                (Code::TwoCategories, format!("`{declared}` and `{other}` of another category overlap"), help)
            };
            report.error(code, name.span(), message, help);
        }
        seen.push((declared, kind, category));
    }
}

/// Whether some item bears both names. A bare `*` is no name, and has been reported as such.
fn overlap(a: &str, b: &str) -> bool {
    match (stem(a), stem(b)) {
        (Some(a), Some(b)) => a.starts_with(b) || b.starts_with(a),
        (Some(a), None) => b.starts_with(a),
        (None, Some(b)) => a.starts_with(b),
        (None, None) => a == b,
    }
}

fn stem(name: &str) -> Option<&str> {
    name.strip_suffix('*').filter(|stem| !stem.is_empty())
}

/// Whether the platform stores something under this name itself.
fn is_own(declared: &str, kind: &str) -> bool {
    match kind {
        "cookie" => [OWN_COOKIE, SERVICES_COOKIE_NAME, ACCOUNT_COOKIE_NAME, ACCOUNT_SERVICES_COOKIE_NAME]
            .iter()
            .any(|own| overlap(declared, own)),
        "local_storage" => overlap(declared, &format!("{OWN_COOKIE}:*")),
        _ => false,
    }
}

/// What can not be refused says why, and is no tracker (EU-19).
pub(super) fn necessary_is_justified(site: &SiteDraft, report: &mut Report) {
    let necessary = |cookie: &&CookieDraft| text(&cookie.category) == Some(Category::Necessary.as_str());
    for cookie in site.cookies.iter().filter(necessary) {
        if let Some((name, tracker)) =
            cookie.name.set().and_then(|name| Some((name, trackers::find(name.get_ref())?)))
        {
            let (declared, Tracker { category, owner, pattern }) = (name.get_ref(), tracker);
            let wide = declared
                .strip_suffix('*')
                .is_some_and(|stem| pattern.starts_with(stem) && pattern != declared);
            let (message, help) = if wide {
                let help = "name each necessary item, or write more of its name before the `*`".to_owned();
                (format!("`{declared}` also means `{pattern}`, a tracker of {owner}"), help)
            } else {
                let message = format!("`{declared}` is a tracker of {owner}, not a necessary cookie");
                (message, format!("write `category = \"{category}\"`"))
            };
            report.error(Code::Tracker, name.span(), message, help);
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
