//! A config of vanilla-cookieconsent, version 3 (3.1.0: <https://cookieconsent.orestbida.com/reference/configuration-reference.html>).

use consent_core::category::Category;

use super::carried::{Carried, Group, Item, STAR, Service, decided, id, meant};
use super::node::{Data, Node};

const WORDS: &str =
    "words of the banner come with the program, in 34 languages; others can stand under `[site.texts]`";
const RUNS: &str =
    "code of the page: listen to `consent:change` there, or mark the script with `data-consent`";

/// What is known of a cookie from the tables that visitors are shown.
#[derive(Default)]
struct Told {
    duration: Option<String>,
    owner: Option<String>,
    purpose: Vec<(String, String)>,
}

pub(super) fn carry(config: &Node) -> Carried {
    let mut carried = Carried::new("orestbida");
    carried.languages = languages(config, &mut carried);
    for (key, value) in config.table() {
        match key.as_str() {
            "categories" | "language" => {}
            "cookie" => cookie(value, &mut carried),
            "guiOptions" => gui(value, &mut carried),
            "mode" if value.text() == Some("opt-in") => {}
            "mode" => carried.leave(
                value.at,
                "mode",
                "what runs before a choice follows from where visitors are: see `[site.regions]`",
            ),
            "revision" => carried.leave(
                value.at,
                "revision",
                "who is asked again follows from what has changed: see `consent diff`",
            ),
            "autoClearCookies" | "manageScriptTags" | "autoShow" if value.is_true() => {}
            "hideFromBots"
            | "lazyHtmlGeneration"
            | "root"
            | "disablePageInteraction"
            | "autoClearCookies"
            | "manageScriptTags"
            | "autoShow" => {
                carried.leave(value.at, key.as_str(), "there is no such setting here");
            }
            "onFirstConsent" | "onConsent" | "onChange" | "onModalReady" | "onModalShow" | "onModalHide" => {
                carried.leave(value.at, key.as_str(), RUNS);
            }
            _ => carried.leave(value.at, key.as_str(), "this key is not known"),
        }
    }
    let translations = translations(config);
    for (name, category) in config.get("categories").map_or(&[][..], Node::table) {
        group(name, category, &translations, &mut carried);
    }
    untold(config, &translations, &mut carried);
    carried
}

/// The texts of each language that stand in the file.
pub(super) fn translations(config: &Node) -> Vec<(String, &Node)> {
    let tables = config.get("language").and_then(|language| language.get("translations"));
    let tables = tables.map_or(&[][..], Node::table).iter();
    tables.filter(|(_, texts)| !texts.table().is_empty()).map(|(code, texts)| (code.clone(), texts)).collect()
}

/// The languages, the default first.
fn languages(config: &Node, carried: &mut Carried) -> Vec<String> {
    let Some(language) = config.get("language") else { return Vec::new() };
    let mut codes: Vec<String> = Vec::new();
    let default = language.get("default").and_then(Node::text);
    codes.extend(default.map(str::to_owned));
    for (code, texts) in language.get("translations").map_or(&[][..], Node::table) {
        if !codes.contains(code) {
            codes.push(code.clone());
        }
        let what = format!("language.translations.{code}");
        match &texts.data {
            Data::Table(_) => carried.leave(texts.at, what, WORDS),
            Data::Text(_) => {
                carried.leave(texts.at, what, "texts in another file: tables of cookies in it were not read");
            }
            _ => carried.leave(
                texts.at,
                what,
                format!("{}: tables of cookies in it were not read", texts.kind()),
            ),
        }
    }
    for (key, value) in language.table() {
        match key.as_str() {
            "default" | "translations" => {}
            "autoDetect" => carried.leave(
                value.at,
                "language.autoDetect",
                "the browser's language is taken where the page has none; `?lang=` asks for one",
            ),
            _ => carried.leave(value.at, format!("language.{key}"), "there is no such setting here"),
        }
    }
    codes
}

fn cookie(cookie: &Node, carried: &mut Carried) {
    for (key, value) in cookie.table() {
        match key.as_str() {
            "name" => match value.text() {
                Some("cc_cookie") => {}
                Some(name) => carried.kept_as = Some(name.to_owned()),
                None => carried.leave(value.at, "cookie.name", value.kind()),
            },
            "expiresAfterDays" => match value.whole().filter(|days| (1..=730).contains(days)) {
                Some(days) => carried.ask_again_after = Some(days),
                None => carried.leave(
                    value.at,
                    "cookie.expiresAfterDays",
                    "a choice holds for 1 to 730 whole days, the same for all",
                ),
            },
            _ => carried.leave(
                value.at,
                format!("cookie.{key}"),
                "the cookie `consent` is set as it has to be",
            ),
        }
    }
}

fn gui(gui: &Node, carried: &mut Carried) {
    for (key, value) in gui.table() {
        if key != "consentModal" {
            carried.leave(
                value.at,
                format!("guiOptions.{key}"),
                "the second layer looks the same everywhere",
            );
            continue;
        }
        let place = value.get("position").and_then(Node::text).unwrap_or_default();
        let layout = value.get("layout");
        let word = layout.and_then(Node::text).unwrap_or_default();
        carried.position = match word.split(' ').next().unwrap_or_default() {
            "bar" => Some("bar"),
            "box" if place.starts_with("middle") && place.ends_with("center") => Some("centre"),
            "box" => Some("corner"),
            _ => None,
        };
        if let (None, Some(layout)) = (carried.position, layout) {
            carried.leave(
                layout.at,
                "guiOptions.consentModal.layout",
                "write `bar`, `corner` or `centre` as `position` of `[site.layout]`",
            );
        }
        for (key, value) in value.table() {
            let fits = match key.as_str() {
                "layout" | "position" => true,
                // Our buttons weigh the same, always.
                "equalWeightButtons" => value.is_true(),
                _ => false,
            };
            if !fits {
                let why = "buttons are equal, refusing is as easy as accepting, and this can not be set";
                carried.leave(value.at, format!("guiOptions.consentModal.{key}"), why);
            }
        }
    }
}

fn group(name: &str, category: &Node, translations: &[(String, &Node)], carried: &mut Carried) {
    let path = format!("categories.{name}");
    let read_only = category.get("readOnly").is_some_and(Node::is_true);
    let ours = decided(read_only, meant(name), "readOnly").unwrap_or_else(|why| {
        carried.leave(category.at, path.as_str(), why);
        None
    });
    let necessary = ours == Some(Category::Necessary);
    if ours.is_none() && !read_only {
        let why = "nobody can tell for which category this is: decide, and write it there";
        carried.leave(category.at, path.as_str(), why);
    }
    let mut group =
        Group { category: ours, theirs: name.to_owned(), items: Vec::new(), services: Vec::new() };
    for (key, value) in category.table() {
        match key.as_str() {
            "readOnly" | "services" => {}
            "enabled" if necessary || !value.is_true() => {}
            "enabled" => carried.leave(
                value.at,
                format!("{path}.enabled"),
                "nothing is ticked before the visitor does it",
            ),
            "autoClear" => {
                items(value, &format!("{path}.autoClear"), None, &mut group, carried);
                for (key, value) in value.table().iter().filter(|(key, _)| key != "cookies") {
                    let why = "write `reload = [\"…\"]` if the page has to be loaded again";
                    carried.leave(value.at, format!("{path}.autoClear.{key}"), why);
                }
            }
            _ => carried.leave(value.at, format!("{path}.{key}"), "this key is not known"),
        }
    }
    let services = category.get("services").map_or(&[][..], Node::table);
    for (name_there, service) in services {
        one_service(name_there, service, &path, &mut group, carried);
    }
    tables(name, translations, &mut group, carried);
    if let Some(ours) = ours {
        let names = services.iter().map(|(service, _)| format!("{name}/{service}"));
        let names: Vec<_> = if services.is_empty() { vec![name.to_owned()] } else { names.collect() };
        for word in names {
            carried.stands_for(ours, word);
        }
    }
    carried.groups.push(group);
}

fn one_service(name: &str, service: &Node, path: &str, group: &mut Group, carried: &mut Carried) {
    let path = format!("{path}.services.{name}");
    let own = id(name);
    if own.is_empty() {
        carried.leave(service.at, path, "its name has no letter or digit for an id");
        return;
    }
    let label = service.get("label").and_then(Node::text).unwrap_or(name);
    for (key, value) in service.table() {
        match key.as_str() {
            "label" if value.text().is_some() => {}
            "cookies" => {}
            "onAccept" | "onReject" => carried.leave(value.at, format!("{path}.{key}"), RUNS),
            _ => carried.leave(
                value.at,
                format!("{path}.{key}"),
                format!("{} that can not be carried", value.kind()),
            ),
        }
    }
    group.services.push(Service {
        at: service.at,
        id: own.clone(),
        name: vec![(String::new(), label.to_owned())],
        purpose: Vec::new(),
    });
    items(service, &path, Some(&own), group, carried);
}

/// `cookies: [{ name: "…" or a pattern, … }]`
fn items(owner: &Node, path: &str, service: Option<&str>, group: &mut Group, carried: &mut Carried) {
    for cookie in owner.get("cookies").map_or(&[][..], Node::list) {
        let named = cookie.get("name").unwrap_or(cookie);
        if let Some(name) = carried.name(named, path) {
            add(group, &name, service);
        }
    }
}

fn add(group: &mut Group, name: &str, service: Option<&str>) {
    match group.items.iter_mut().find(|item| item.name == name) {
        Some(item) => item.service = item.service.take().or(service.map(str::to_owned)),
        None => group.items.push(Item {
            name: name.to_owned(),
            owner: None,
            duration: None,
            purpose: Vec::new(),
            service: service.map(str::to_owned),
        }),
    }
}

pub(super) fn sections(texts: &Node) -> &[Node] {
    let sections = texts.get("preferencesModal").and_then(|modal| modal.get("sections"));
    sections.map_or(&[][..], Node::list)
}

pub(super) fn rows(section: &Node) -> &[Node] {
    section.get("cookieTable").and_then(|table| table.get("body")).map_or(&[][..], Node::list)
}

/// What a row of a table says under one of these keys.
/// What columns are called that say the name of a cookie,
const NAME: &[&str] = &["name", "cookie"];

/// how long it stays,
const DURATION: &[&str] = &["duration", "exp", "expiration", "expiry", "expires"];

/// whose it is,
const OWNER: &[&str] = &["owner", "provider", "vendor"];

/// and what for.
const PURPOSE: &[&str] = &["description", "desc", "purpose"];

fn cell<'a>(row: &'a Node, names: &[&str]) -> Option<&'a str> {
    let mut cells = row.table().iter();
    let found = cells.find(|(key, _)| names.contains(&key.to_lowercase().as_str()));
    found.and_then(|(_, value)| value.text()).map(str::trim)
}

pub(super) fn name_of(row: &Node) -> Option<&str> {
    cell(row, NAME).filter(|name| !name.is_empty())
}

/// What visitors are told of the cookies of a category: a table under a section that is linked to it, in each language.
fn tables(category: &str, translations: &[(String, &Node)], group: &mut Group, carried: &mut Carried) {
    for (language, texts) in translations {
        for section in sections(texts) {
            if section.get("linkedCategory").and_then(Node::text) != Some(category) {
                continue;
            }
            for row in rows(section) {
                let Some(name) = name_of(row) else { continue };
                // One that came from a pattern is told of under its own name.
                if name.contains('*') && !group.items.iter().any(|item| item.name == name) {
                    let what =
                        format!("language.translations.{language}.preferencesModal.sections.cookieTable");
                    carried.leave(row.at, what, STAR);
                    continue;
                }
                let duration = cell(row, DURATION);
                let told = Told {
                    duration: duration.and_then(duration_of),
                    owner: cell(row, OWNER).map(str::to_owned),
                    purpose: cell(row, PURPOSE)
                        .map(|text| (language.clone(), text.to_owned()))
                        .into_iter()
                        .collect(),
                };
                tell(group, name, told);
                leave_cells(row, language, carried);
            }
        }
    }
}

/// Lists what stands in a row and was not read.
fn leave_cells(row: &Node, language: &str, carried: &mut Carried) {
    for (key, value) in row.table() {
        let lower = key.to_lowercase();
        let is = |names: &[&str]| names.contains(&lower.as_str());
        let why = match value.text().map(str::trim) {
            Some("") => continue,
            None => format!("{} and no text", value.kind()),
            Some(text) if is(DURATION) && duration_of(text).is_none() => {
                format!(
                    "`{text}` is no duration in English, such as `13 months` or `session`: write it at `duration`"
                )
            }
            Some(_) if is(NAME) || is(DURATION) || is(OWNER) || is(PURPOSE) => continue,
            Some(text) => format!("`{text}`: there is no such column here"),
        };
        let table = format!("language.translations.{language}.preferencesModal.sections.cookieTable");
        carried.leave(value.at, format!("{table}.{key}"), why);
    }
}

/// Lists the sections whose tables were not read, or not as a whole.
fn untold(config: &Node, translations: &[(String, &Node)], carried: &mut Carried) {
    for (language, texts) in translations {
        for section in sections(texts).iter().filter(|section| !rows(section).is_empty()) {
            let what = format!("language.translations.{language}.preferencesModal.sections.cookieTable");
            let linked = section.get("linkedCategory").and_then(Node::text);
            let is_linked = linked
                .is_some_and(|linked| config.get("categories").is_some_and(|all| all.get(linked).is_some()));
            let nameless = rows(section).iter().filter(|row| name_of(row).is_none()).count();
            if !is_linked {
                let why = "a table under a section without a `linkedCategory` that is a category: not read";
                carried.leave(section.at, what, why);
            } else if nameless > 0 {
                let why = format!(
                    "rows without a `name` or `cookie` that is a text, which were not read: {nameless}"
                );
                carried.leave(section.at, what, why);
            }
        }
    }
}

fn tell(group: &mut Group, name: &str, told: Told) {
    if !group.items.iter().any(|item| item.name == name) {
        // What a pattern stands for is told under one of its names.
        let covered =
            |item: &&mut Item| item.name.strip_suffix('*').is_some_and(|plain| name.starts_with(plain));
        if let Some(item) = group.items.iter_mut().find(covered) {
            return fill(item, told);
        }
        add(group, name, None);
    }
    if let Some(item) = group.items.iter_mut().find(|item| item.name == name) {
        fill(item, told);
    }
}

fn fill(item: &mut Item, told: Told) {
    item.duration = item.duration.take().or(told.duration);
    item.owner = item.owner.take().or(told.owner);
    for (language, text) in told.purpose {
        if !item.purpose.iter().any(|(code, _)| *code == language) {
            item.purpose.push((language, text));
        }
    }
}

/// A duration as a config has it; `Session` is one, too.
fn duration_of(text: &str) -> Option<String> {
    let is_one = |text: &String| text.parse::<crate::config::Duration>().is_ok();
    [text.to_owned(), text.to_lowercase()].into_iter().find(is_one)
}
