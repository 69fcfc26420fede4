//! What is different in words, look and program, which asks nobody again.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Change, What};
use crate::category::Category;
use crate::notice::material::OBJECTION;
use crate::notice::{CategoryNotice, Direction, Notice, NoticeBody};

/// All of it.
pub(super) fn changes(older: &Notice, newer: &Notice) -> Vec<Change> {
    let mut all = Vec::new();
    let mut add = |category, what| all.push(Change { asks: false, category, what });
    for category in Category::ALL {
        let (added, removed) = apart(&hosts(older, category), &hosts(newer, category));
        if !(added.is_empty() && removed.is_empty()) {
            add(Some(category), What::Hosts { added, removed });
        }
    }
    let differs = |one: &str, other: &str| (one != other).then(|| (one.to_owned(), other.to_owned()));
    let (from, to) = (older.ask_again_after, newer.ask_again_after);
    if from != to {
        add(None, What::AskAgainAfter { from, to });
    }
    if let Some((from, to)) = differs(&older.language, &newer.language) {
        add(None, What::Language { from, to });
    }
    if let Some((from, to)) = differs(&older.regime.region, &newer.regime.region) {
        add(None, What::Region { from, to });
    }
    let texts = other_words(older, newer);
    if !texts.is_empty() {
        add(None, What::Wording { texts });
    }
    let parts = keys_that_differ(&look(older), &look(newer));
    if !parts.is_empty() {
        add(None, What::Look { parts });
    }
    let mut names = keys_that_differ(&older.parts, &newer.parts);
    // That it is heard from now on is said apart; that it is heard no more, or with other words, here.
    names.retain(|name| name != OBJECTION || older.parts.contains_key(OBJECTION));
    if !names.is_empty() {
        add(None, What::Parts { names });
    }
    if older.waivers != newer.waivers {
        add(None, What::Waivers);
    }
    if older.audience_measurement != newer.audience_measurement {
        add(None, What::AudienceMeasurement);
    }
    if older.moving_in != newer.moving_in {
        add(None, What::MovingIn);
    }
    if older.script != newer.script {
        add(None, What::Script);
    }
    all
}

/// The hosts of a category, with the service that each belongs to.
fn hosts(notice: &NoticeBody, category: Category) -> BTreeSet<String> {
    let shown = notice.categories.iter().filter(|shown| shown.category == category);
    let hosts = shown.flat_map(|shown| &shown.hosts).map(|host| match &host.service {
        Some(service) => format!("{} ({service})", host.name),
        None => host.name.to_string(),
    });
    hosts.collect()
}

/// What only the second has, and what only the first.
fn apart(older: &BTreeSet<String>, newer: &BTreeSet<String>) -> (Vec<String>, Vec<String>) {
    (newer.difference(older).cloned().collect(), older.difference(newer).cloned().collect())
}

/// The names of what is different, or only in one of the two; sorted.
fn keys_that_differ<V: PartialEq>(older: &BTreeMap<String, V>, newer: &BTreeMap<String, V>) -> Vec<String> {
    let names: BTreeSet<_> = older.keys().chain(newer.keys()).collect();
    names.into_iter().filter(|name| older.get(*name) != newer.get(*name)).cloned().collect()
}

/// The names of the texts that say the same thing in other words; sorted.
fn other_words(older: &NoticeBody, newer: &NoticeBody) -> Vec<String> {
    let (older, newer) = (texts(older), texts(newer));
    let changed =
        newer.iter().filter(|(place, words)| older.get(*place).is_some_and(|before| before != *words));
    let mut names: Vec<_> = changed.map(|(place, _)| place.name.clone()).collect();
    names.dedup();
    names
}

/// Where a text stands.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    name: String,
    /// What tells it from others of that name. What only one of two notices declares is told as such, and so is what stays for
    /// another time: the words for it are no other words for the same.
    of: String,
}

/// Every text that a visitor reads.
fn texts(notice: &NoticeBody) -> BTreeMap<Place, Vec<String>> {
    let mut all: BTreeMap<Place, Vec<String>> = BTreeMap::new();
    let mut add = |name: String, of: &str, text: &str| {
        all.entry(Place { name, of: of.to_owned() }).or_default().push(text.to_owned());
    };
    // Texts are plain strings: they always have a JSON form. One that is absent is empty.
    for name in TEXTS {
        add(format!("texts.{name}"), "", "");
    }
    if let Ok(Value::Object(fields)) = serde_json::to_value(&notice.texts) {
        for (name, text) in fields {
            add(format!("texts.{name}"), "", text.as_str().unwrap_or_default());
        }
    }
    add("controller.privacy_url".to_owned(), "", &notice.controller.privacy_url);
    let direction = if notice.direction == Direction::Ltr { "ltr" } else { "rtl" };
    add("direction".to_owned(), "", direction);
    for CategoryNotice { category, cookies, description, title, .. } in &notice.categories {
        add(format!("categories.{category}.title"), "", title);
        add(format!("categories.{category}.description"), "", description);
        for cookie in cookies {
            let name = format!("categories.{category}.cookies.{}", cookie.name);
            add(format!("{name}.purpose"), &cookie.owner, &cookie.purpose);
            add(format!("{name}.duration"), &cookie.lifetime, &cookie.duration);
        }
    }
    for service in &notice.services {
        add(format!("services.{}.name", service.id), "", &service.name);
        add(format!("services.{}.purpose", service.id), "", &service.purpose);
    }
    for site in notice.group.iter().flat_map(|group| &group.sites) {
        add(format!("group.{}.name", site.id), "", &site.name);
    }
    for vendor in &notice.vendors {
        add(format!("vendors.{}.privacy_url", vendor.name), vendor.category.as_str(), &vendor.privacy_url);
    }
    all
}

/// The texts that a notice may leave out.
const TEXTS: [&str; 9] = [
    "again_changed",
    "again_expired",
    "hosts",
    "placeholder_once",
    "transfer_adequacy",
    "transfer_binding_corporate_rules",
    "transfer_derogation",
    "transfer_standard_contractual_clauses",
    "transfers",
];

/// Layout and theme, by their parts, and what else is not about a category.
fn look(notice: &NoticeBody) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    let both =
        [("layout", serde_json::to_value(notice.layout)), ("theme", serde_json::to_value(&notice.theme))];
    for (name, value) in both {
        if let Ok(Value::Object(fields)) = value {
            all.extend(fields.into_iter().map(|(field, value)| (format!("{name}.{field}"), value)));
        }
    }
    if let Some(group) = &notice.group {
        all.insert("group.id".to_owned(), group.id.as_str().into());
    }
    if notice.account {
        all.insert("account".to_owned(), true.into());
    }
    if notice.network {
        all.insert("network".to_owned(), true.into());
    }
    all
}
