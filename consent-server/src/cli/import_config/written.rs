//! Our config, with comments where a human has to decide.

use std::fmt::Write as _;

use consent_core::category::Category;
use consent_core::verify::visible::visible;

use super::carried::{Carried, Group, Item, Service};

/// What the person who runs the command knows and no config of theirs says.
#[derive(Clone, Debug)]
pub(super) struct Known<'a> {
    pub(super) id: &'a str,
    pub(super) controller: Option<&'a str>,
    pub(super) privacy_url: Option<&'a str>,
}

/// A text as TOML writes it, in one line: JSON escapes as TOML does, but leaves what no reader and no terminal shows as it is.
fn text(text: &str) -> String {
    let mut written = String::new();
    for character in serde_json::Value::from(text).to_string().chars() {
        if visible(character.encode_utf8(&mut [0; 4])).len() > character.len_utf8() {
            let _ = write!(written, "\\U{:08X}", u32::from(character));
        } else {
            written.push(character);
        }
    }
    written
}

fn list(texts: &[String]) -> String {
    let texts: Vec<_> = texts.iter().map(|one| text(one)).collect();
    format!("[{}]", texts.join(", "))
}

/// A text for all languages, or a table of them; a comment where one is missing.
fn localized(key: &str, texts: &[(String, String)], languages: &[String], hint: &str) -> String {
    let of = |language: &String| texts.iter().find(|(code, _)| code == language).map(|(_, said)| said);
    if let [(code, said)] = texts
        && (code.is_empty() || languages.len() < 2)
    {
        return format!("{key} = {}\n", text(said));
    }
    if !languages.is_empty() && languages.iter().all(|language| of(language).is_some()) {
        let each = languages.iter().map(|language| {
            format!("{} = {}", toml_key(language), text(of(language).map_or("", String::as_str)))
        });
        return format!("{key} = {{ {} }}\n", each.collect::<Vec<_>>().join(", "));
    }
    let said = if languages.len() < 2 {
        "\"…\"".to_owned()
    } else {
        let each = languages.iter().map(|language| {
            format!("{} = {}", toml_key(language), text(of(language).map_or("…", String::as_str)))
        });
        format!("{{ {} }}", each.collect::<Vec<_>>().join(", "))
    };
    format!("# FILL IN: {hint}\n# {key} = {said}\n")
}

/// Codes of languages need no quotes.
fn toml_key(language: &str) -> String {
    let is_bare = |character: char| character.is_ascii_alphanumeric() || character == '-';
    if !language.is_empty() && language.chars().all(is_bare) { language.to_owned() } else { text(language) }
}

/// All of it.
pub(super) fn toml(carried: &Carried, known: &Known<'_>) -> String {
    let mut out = format!(
        "# From a config of {}. Read what `consent import-config` says could not be carried, fill in what is marked, and ask\n# `consent check` until it finds nothing.\n\n[[site]]\nid = {}\n",
        carried.platform,
        text(known.id)
    );
    let languages = &carried.languages;
    if !languages.is_empty() {
        let _ = writeln!(out, "languages = {}", list(languages));
    }
    if let Some(days) = carried.ask_again_after {
        let _ = writeln!(out, "ask_again_after = {days}");
    }
    if carried.platform == "orestbida" {
        out.push_str(
            "# Pages that are marked with `data-category` go on as they are.\ncompat = [\"orestbida\"]\n",
        );
    }
    out.push_str("\n[site.controller]\n");
    match known.controller {
        Some(name) => {
            let _ = writeln!(out, "name = {}", text(name));
        }
        None => out.push_str("# FILL IN: the legal name of who answers for the data\n# name = \"…\"\n"),
    }
    let own = known.privacy_url.map(|url| vec![(String::new(), url.to_owned())]);
    let url = own.as_ref().unwrap_or(&carried.privacy_url);
    out.push_str(&localized("privacy_url", url, languages, "the address of the privacy policy"));
    if let Some(position) = carried.position {
        let _ = write!(out, "\n[site.layout]\nposition = {}\n", text(position));
    }
    for group in &carried.groups {
        write_group(&mut out, group, languages);
    }
    write_moving_in(&mut out, carried);
    out
}

fn write_group(out: &mut String, group: &Group, languages: &[String]) {
    let _ = write!(out, "\n# What stood under {} there.\n", text(&group.theirs));
    match group.category {
        None => {
            out.push_str("# DECIDE: for which category this is. Until then nothing of it is declared:\n");
            let mut hidden = String::new();
            write_items(&mut hidden, None, group, languages);
            for line in hidden.lines() {
                let _ = writeln!(out, "{}", format!("# {line}").trim_end());
            }
        }
        Some(category) => write_items(out, Some(category), group, languages),
    }
}

fn write_items(out: &mut String, category: Option<Category>, group: &Group, languages: &[String]) {
    let word = category.map_or("…", Category::as_str);
    // What is necessary is not asked for, so it has no services.
    let services = if category == Some(Category::Necessary) { &[][..] } else { &group.services };
    for service in services {
        write_service(out, word, service, languages);
    }
    for item in &group.items {
        write_item(out, word, item, category == Some(Category::Necessary), languages);
    }
}

fn write_service(out: &mut String, category: &str, service: &Service, languages: &[String]) {
    let _ = write!(out, "\n[[site.service]]\ncategory = {}\nid = {}\n", text(category), text(&service.id));
    out.push_str(&localized("name", &service.name, languages, "what visitors call it"));
    out.push_str(&localized("purpose", &service.purpose, languages, "what it is used for, in plain words"));
    out.push_str("# If somebody else runs it: declare them as a [[site.vendor]], and name them here.\n# vendor = \"…\"\n");
}

fn write_item(out: &mut String, category: &str, item: &Item, necessary: bool, languages: &[String]) {
    let _ = write!(out, "\n[[site.cookie]]\ncategory = {}\nname = {}\n", text(category), text(&item.name));
    for (key, value, hint) in [
        ("owner", &item.owner, "the legal name of who sets and reads it"),
        ("duration", &item.duration, "how long it stays: `session`, `13 months`"),
    ] {
        match value {
            Some(value) => {
                let _ = writeln!(out, "{key} = {}", text(value));
            }
            None => {
                let _ = write!(out, "# FILL IN: {hint}\n# {key} = \"…\"\n");
            }
        }
    }
    out.push_str(&localized("purpose", &item.purpose, languages, "what it is used for, in plain words"));
    match &item.service {
        Some(service) if !necessary => {
            let _ = writeln!(out, "service = {}", text(service));
        }
        _ => {}
    }
    if necessary {
        out.push_str("# FILL IN: which service that the visitor asked for can not be given without it\n# justification = \"…\"\n");
    }
}

/// Nobody but a human can say that two notices are equivalent, so it is a comment.
fn write_moving_in(out: &mut String, carried: &Carried) {
    out.push_str(
        "\n# DECIDE: visitors who have chosen there are asked again, unless somebody answers for it that what was asked there is\n# what is asked here (`consent check --explain moving-in`).\n# [[site.moving_in]]\n",
    );
    let _ = writeln!(out, "# platform = {}", text(carried.platform));
    out.push_str("# by = \"…\"\n# reason = \"…\"\n");
    if let Some(name) = &carried.kept_as {
        let _ = writeln!(out, "# name = {}", text(name));
    }
    for category in Category::OPTIONAL {
        if let Some((_, words)) = carried.words.iter().find(|(other, _)| *other == category) {
            let _ = writeln!(out, "# {category} = {}", list(words));
        }
    }
}
