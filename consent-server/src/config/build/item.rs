//! `[[site.cookie]]` and `[[site.vendor]]`

use std::ops::Range;

use consent_core::category::Category;
use consent_core::notice::{StorageKind, Vendor};

use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::{CookieDraft, VendorDraft};
use super::super::language::Language;
use super::super::model::Cookie;
use super::super::nearest::nearest;
use super::super::section::Field;
use super::address::is_https;
use super::{Required, transfer, word};

pub(super) const KINDS: [(&str, StorageKind); 3] = [
    ("cookie", StorageKind::Cookie),
    ("local_storage", StorageKind::LocalStorage),
    ("session_storage", StorageKind::SessionStorage),
];

/// Words of other platforms for our categories.
const ELSEWHERE: [(&str, Category); 18] = [
    ("ad", Category::Advertisement),
    ("ads", Category::Advertisement),
    ("ad_storage", Category::Advertisement),
    ("advertising", Category::Advertisement),
    ("marketing", Category::Advertisement),
    ("targeting", Category::Advertisement),
    ("social", Category::Advertisement),
    ("analytics_storage", Category::Analytics),
    ("measurement", Category::Analytics),
    ("statistic", Category::Analytics),
    ("statistics", Category::Analytics),
    ("essential", Category::Necessary),
    ("required", Category::Necessary),
    ("strictly_necessary", Category::Necessary),
    ("functionality", Category::Functional),
    ("personalization", Category::Functional),
    ("preference", Category::Functional),
    ("preferences", Category::Functional),
];

pub(super) fn cookie(draft: &CookieDraft, languages: &[Language], report: &mut Report) -> Option<Cookie> {
    let owner = &draft.span;
    let undocumented = |key, help| Required { code: Code::Undocumented, help, key, owner };
    let category = category(&draft.category, owner, report);
    let kind = word("kind", &draft.kind, &KINDS, StorageKind::Cookie, report);
    let name = undocumented("name", "write the name that the browser shows").text(&draft.name, report);
    let name = name.filter(|name| {
        let fault = name_fault(name.get_ref(), kind.unwrap_or(StorageKind::Cookie));
        if let Some(help) = fault {
            report.error(Code::ItemName, name.span(), format!("`{}` names no item", name.get_ref()), help);
        }
        fault.is_none()
    });
    let set_by =
        undocumented("owner", "write the legal name of who sets and reads it").text(&draft.owner, report);
    let purpose = undocumented("purpose", "say in plain words what it is used for").localized(
        &draft.purpose,
        languages,
        false,
        report,
    );
    let lasts = undocumented("duration", "write how long it stays: `session`, `13 months`, `6 hours`, `P1Y`");
    let duration = lasts.text(&draft.duration, report).and_then(|text| {
        let duration = text.get_ref().parse();
        if duration.is_err() {
            let help = "write `session`, one or two counts with a unit (`13 months`, `6 hours`, `1 year 6 months`), or \
                        ISO 8601 (`P13M`); for storage without an end, the time after which you delete it";
            report.error(Code::Duration, text.span(), format!("`{}` is not a duration", text.get_ref()), help);
        }
        duration.ok()
    });
    Some(Cookie {
        category: category?,
        duration: duration?,
        justification: draft.justification.set().map(|text| text.get_ref().clone()),
        kind: kind?,
        name: name?.get_ref().clone(),
        owner: set_by?.get_ref().clone(),
        purpose: purpose?.into_iter().map(|(language, text)| (language, text.into_inner())).collect(),
        // Whether the site has such a service is looked at where its services are: here it is only a name.
        service: draft.service.set().and_then(|id| id.get_ref().parse().ok()),
    })
}

pub(super) fn vendor(draft: &VendorDraft, report: &mut Report) -> Option<Vendor> {
    let owner = &draft.span;
    let undocumented = |key, help| Required { code: Code::VendorUndocumented, help, key, owner };
    let category = category(&draft.category, owner, report);
    let name = undocumented("name", "write its legal name").text(&draft.name, report);
    let url = undocumented("privacy_url", "write the address of its privacy policy")
        .text(&draft.privacy_url, report);
    let url = url.filter(|url| {
        let good = is_https(url.get_ref());
        if !good {
            let message = format!("`{}` is not an https address", url.get_ref());
            report.error(
                Code::PrivacyUrl,
                url.span(),
                message,
                "write it in full: `https://ads.example/privacy`",
            );
        }
        good
    });
    let transfers = transfer::transfers(&draft.transfers, report);
    Some(Vendor {
        category: category?,
        name: name?.get_ref().clone(),
        privacy_url: url?.get_ref().clone(),
        transfers: transfers?,
    })
}

pub(super) fn category(field: &Field<String>, owner: &Range<usize>, report: &mut Report) -> Option<Category> {
    let names = Category::ALL.map(Category::as_str);
    let help = format!("write one of `{}`", names.join("`, `"));
    let text =
        Required { code: Code::MissingKey, help: &help, key: "category", owner }.text(field, report)?;
    let category = text.get_ref().parse();
    if category.is_err() {
        let word = text.get_ref();
        let known = ELSEWHERE.iter().find(|(other, _)| *other == word.to_ascii_lowercase());
        let meant = known.map(|(_, category)| category.as_str()).or_else(|| nearest(word, names));
        let help = meant.map_or(help.clone(), |meant| format!("did you mean `{meant}`?"));
        report.error(Code::UnknownCategory, text.span(), format!("`{word}` is not a category"), help);
    }
    category.ok()
}

/// Why `name` can not be the name of a cookie (RFC 6265, section 4.1.1: a token) or storage key.
fn name_fault(name: &str, kind: StorageKind) -> Option<&'static str> {
    let stem = name.strip_suffix('*').unwrap_or(name);
    if stem.is_empty() || stem.contains('*') {
        return Some("a `*` may stand once, at the end, after at least one character: `_pk_id*`");
    }
    if name.len() > 256 {
        return Some("write at most 256 characters");
    }
    let token = |byte: u8| byte.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?={}".contains(&byte);
    match kind {
        StorageKind::Cookie if !stem.bytes().all(token) => {
            Some("write one cookie in each table, by its bare name: ASCII without spaces and `,;=`")
        }
        StorageKind::LocalStorage | StorageKind::SessionStorage if name.chars().any(char::is_control) => {
            Some("leave out control characters")
        }
        StorageKind::Cookie | StorageKind::LocalStorage | StorageKind::SessionStorage => None,
    }
}
