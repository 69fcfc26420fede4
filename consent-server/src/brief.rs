//! A notice without what only the second layer tells: what a page downloads before its banner can show.
//!
//! Every field keeps its name, so that the script reads a brief and a whole notice alike; the types `Brief` and
//! `CategoryBrief` in `consent-js/src/brief.ts` say the same.

use std::collections::BTreeMap;

use consent_core::category::Category;
use consent_core::notice::{
    CategoryNotice, CookieDeclaration, Direction, HostDeclaration, MovingIn, Notice, NoticeId, Platform,
    Position, ServiceId, ServiceNotice, SiteId, SiteTheme, StorageKind, Texts, Theme,
};
use consent_core::regime::Rule;
use serde::Serialize;

/// See the module.
#[derive(Serialize)]
pub(crate) struct Brief<'a> {
    ask_again_after: u32,
    categories: Vec<CategoryBrief<'a>>,
    controller: ControllerBrief<'a>,
    direction: Direction,
    language: &'a str,
    layout: LayoutBrief,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    moving_in: Vec<MovingInBrief<'a>>,
    /// The address of the notice, for a part that names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    notice_id: Option<NoticeId>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    parts: &'a BTreeMap<String, serde_json::Value>,
    regime: RegimeBrief<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    services: Vec<ServiceBrief<'a>>,
    site: &'a SiteId,
    texts: TextsBrief<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    theme: Option<&'a SiteTheme>,
    /// As many zeros as there are vendors, but one at most: the first layer only asks whether there are any.
    vendors: &'static [u8],
}

#[derive(Serialize)]
struct CategoryBrief<'a> {
    category: Category,
    cookies: Vec<CookieBrief<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    hosts: &'a [HostDeclaration],
    title: &'a str,
}

/// What is to be deleted, or held back, when it is denied.
#[derive(Serialize)]
struct CookieBrief<'a> {
    kind: StorageKind,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<&'a ServiceId>,
}

#[derive(Serialize)]
struct ControllerBrief<'a> {
    privacy_url: &'a str,
}

/// Whether a button floats is a part's concern.
#[derive(Serialize)]
struct LayoutBrief {
    position: Position,
    theme: Theme,
}

/// What is taken over; who answers for it is not read in the page.
#[derive(Serialize)]
struct MovingInBrief<'a> {
    categories: &'a BTreeMap<Category, Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    platform: Platform,
}

#[derive(Serialize)]
struct RegimeBrief<'a> {
    rules: &'a [Rule; 5],
}

#[derive(Serialize)]
struct ServiceBrief<'a> {
    category: Category,
    id: &'a ServiceId,
    name: &'a str,
}

#[derive(Serialize)]
struct TextsBrief<'a> {
    accept_all: &'a str,
    again_changed: &'a str,
    again_expired: &'a str,
    body: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    close: Option<&'a str>,
    customise: &'a str,
    placeholder_allow: &'a str,
    placeholder_body: &'a str,
    placeholder_once: &'a str,
    privacy_policy: &'a str,
    reject_all: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reopen: Option<&'a str>,
    title: &'a str,
    vendors_title: &'a str,
}

impl<'a> From<&'a Notice> for Brief<'a> {
    fn from(notice: &'a Notice) -> Self {
        Self {
            ask_again_after: notice.ask_again_after,
            categories: notice.categories.iter().map(CategoryBrief::from).collect(),
            controller: ControllerBrief { privacy_url: &notice.controller.privacy_url },
            direction: notice.direction,
            language: &notice.language,
            layout: LayoutBrief { position: notice.layout.position, theme: notice.layout.theme },
            moving_in: notice.moving_in.iter().map(MovingInBrief::from).collect(),
            notice_id: ["account", "handoff"]
                .iter()
                .any(|part| notice.parts.contains_key(*part))
                .then(|| notice.id()),
            parts: &notice.parts,
            regime: RegimeBrief { rules: &notice.regime.rules },
            services: notice.services.iter().map(ServiceBrief::from).collect(),
            site: &notice.site,
            texts: TextsBrief::of(&notice.texts, |part| notice.parts.contains_key(part)),
            theme: notice.theme.as_ref(),
            vendors: if notice.vendors.is_empty() { &[] } else { &[0] },
        }
    }
}

impl<'a> From<&'a CategoryNotice> for CategoryBrief<'a> {
    fn from(shown: &'a CategoryNotice) -> Self {
        // What can not be denied is neither deleted nor held back.
        let deniable = shown.cookies.iter().filter(|_| shown.category != Category::Necessary);
        Self {
            category: shown.category,
            cookies: deniable.map(CookieBrief::from).collect(),
            hosts: &shown.hosts,
            title: &shown.title,
        }
    }
}

impl<'a> From<&'a CookieDeclaration> for CookieBrief<'a> {
    fn from(declared: &'a CookieDeclaration) -> Self {
        Self { kind: declared.kind, name: &declared.name, service: declared.service.as_ref() }
    }
}

impl<'a> From<&'a MovingIn> for MovingInBrief<'a> {
    fn from(from: &'a MovingIn) -> Self {
        Self { categories: &from.categories, name: from.name.as_deref(), platform: from.platform }
    }
}

impl<'a> From<&'a ServiceNotice> for ServiceBrief<'a> {
    fn from(service: &'a ServiceNotice) -> Self {
        Self { category: service.category, id: &service.id, name: &service.name }
    }
}

impl<'a> TextsBrief<'a> {
    /// `uses` says whether the site uses an optional part: some have words of their own in the page.
    fn of(texts: &'a Texts, uses: impl Fn(&str) -> bool + Copy) -> Self {
        Self {
            accept_all: &texts.accept_all,
            again_changed: &texts.again_changed,
            again_expired: &texts.again_expired,
            body: &texts.body,
            close: (uses("account") || uses("gpc")).then_some(&texts.close),
            customise: &texts.customise,
            placeholder_allow: &texts.placeholder_allow,
            placeholder_body: &texts.placeholder_body,
            placeholder_once: &texts.placeholder_once,
            privacy_policy: &texts.privacy_policy,
            reject_all: &texts.reject_all,
            reopen: ["account", "gpc", "reopen"].into_iter().any(uses).then_some(&texts.reopen),
            title: &texts.title,
            vendors_title: &texts.vendors_title,
        }
    }
}
