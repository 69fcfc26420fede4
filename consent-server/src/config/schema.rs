//! A JSON Schema of the config, so that editors complete it. Which keys there are is asked of the reader, what they do of the
//! reference, which words they take of what builds the config: nothing is listed a second time here.
//!
//! The schema is looser than `check`: it knows keys, types and words, and no rules about what is missing or what fits together.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::build::choices;
use super::draft::Draft;
use super::reference::descriptions;
use super::survey::{Key, Kind};

/// What sites can take over, with the keys of a site; and the keys that are a site's own there.
const SHARED: [(&str, &[&str]); 2] =
    [("defaults", &["extends", "id", "moving_in", "waiver"]), ("base.*", &["id", "moving_in", "waiver"])];

struct Schema {
    descriptions: BTreeMap<String, String>,
    keys: Vec<Key>,
    /// The tables of a site, which others may say for it.
    tables: Map<String, Value>,
}

/// The schema (2020-12) of a config file, whichever of several files it is.
#[must_use]
pub fn schema() -> Value {
    let keys = Draft::keys();
    let mut schema = Schema { descriptions: descriptions(&keys), keys, tables: Map::new() };
    let mut root = schema.object("");
    if let Some(root) = root.as_object_mut() {
        // A name and no address: nobody has to ask for it, and it is whose copy it may be.
        root.insert("$id".to_owned(), json!("urn:consent:schema:config"));
        root.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
        root.insert("title".to_owned(), json!("The config of a consent platform, or one of its files"));
        schema.tables.insert("texts".to_owned(), free());
        root.insert("$defs".to_owned(), Value::Object(schema.tables));
    }
    root
}

/// Texts at any depth.
fn free() -> Value {
    let inner = json!({ "anyOf": [{ "type": "string" }, { "$ref": "#/$defs/texts" }] });
    json!({ "type": "object", "additionalProperties": inner })
}

impl Schema {
    /// The table at `path`; empty for the whole config.
    fn object(&mut self, path: &str) -> Value {
        let start = if path.is_empty() { String::new() } else { format!("{path}.") };
        let own = SHARED.iter().find(|(shared, _)| *shared == path).map_or(&[][..], |(_, own)| own);
        let below = self.keys.iter().filter_map(|key| {
            let name = key.path.strip_prefix(&start)?;
            (!name.contains('.') && name != "*" && !own.contains(&name))
                .then(|| (name.to_owned(), key.clone()))
        });
        let below: Vec<_> = below.collect();
        let properties: Map<_, _> = below.into_iter().map(|(name, key)| (name, self.value(&key))).collect();
        let mut object = json!({ "type": "object", "properties": properties, "additionalProperties": false });
        if let ("site", Some(object)) = (path, object.as_object_mut()) {
            // Everything else may be taken over.
            object.insert("required".to_owned(), json!(["id"]));
        }
        object
    }

    fn value(&mut self, key: &Key) -> Value {
        let path = of_a_site(&key.path);
        let mut value = match key.kind {
            Kind::Boolean => json!({ "type": "boolean" }),
            Kind::Number => json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX }),
            Kind::NumberOrText => json!({ "type": ["integer", "string"], "minimum": 0, "maximum": u32::MAX }),
            Kind::Text => text(&path),
            Kind::Texts => json!({ "type": "array", "items": text(&path) }),
            Kind::Localized => {
                json!({ "type": ["string", "object"], "additionalProperties": { "type": "string" } })
            }
            Kind::Free => json!({ "$ref": "#/$defs/texts" }),
            Kind::Table => self.table(&path),
            Kind::Tables => json!({ "type": "array", "items": self.table(&path) }),
            Kind::Named => {
                let below = format!("{path}.*");
                let texts = self.keys.iter().any(|key| key.path == below && key.kind == Kind::Free);
                let inner = if texts { json!({ "$ref": "#/$defs/texts" }) } else { self.table(&below) };
                json!({ "type": "object", "additionalProperties": inner })
            }
        };
        let description =
            self.descriptions.get(&path).or_else(|| self.descriptions.get(&format!("{path}.*")));
        if let (Some(description), Some(value)) = (description, value.as_object_mut()) {
            value.insert("description".to_owned(), json!(description));
        }
        value
    }

    /// A table by its path. Those of a site are written once.
    fn table(&mut self, path: &str) -> Value {
        if !path.starts_with("site.") {
            return self.object(path);
        }
        if !self.tables.contains_key(path) {
            let object = self.object(path);
            self.tables.insert(path.to_owned(), object);
        }
        json!({ "$ref": format!("#/$defs/{path}") })
    }
}

/// The path of a key as a site says it.
fn of_a_site(path: &str) -> String {
    let rest = SHARED.iter().find_map(|(shared, _)| path.strip_prefix(shared)?.strip_prefix('.'));
    rest.map_or_else(|| path.to_owned(), |rest| format!("site.{rest}"))
}

fn text(path: &str) -> Value {
    match choices(path) {
        Some(words) => json!({ "type": "string", "enum": words }),
        None => json!({ "type": "string" }),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use toml::de::DeTable;

    use super::super::build;
    use super::super::code::Code;
    use super::super::diagnostic::Report;
    use super::super::reference::REFERENCE;
    use super::super::sources::Sources;
    use super::*;

    /// The findings about a word that is not known, when `line` takes the place of the line `at` of the reference.
    fn words_not_known(at: usize, line: &str) -> usize {
        let changed = REFERENCE.lines().enumerate().map(|(other, old)| if other == at { line } else { old });
        // Without a controller no notice is made, which is what takes time, and every word is looked up all the same.
        let text: String =
            changed.filter(|line| !line.contains("Newsroom Ltd")).map(|line| format!("{line}\n")).collect();
        // Without the rules of the law, which look up no words and take their time.
        let mut report = Report::default();
        let root = DeTable::parse(&text).unwrap().into_inner();
        // An `extends` that names nothing is no word that is not known.
        let Some(draft) = Draft::read(root, Vec::new(), &mut report) else { return 0 };
        let sources = Sources::new("reference.toml", String::new(), Path::new("."));
        build::config(&draft, &sources, &mut report);
        let found = report.into_diagnostics(sources).found;
        found.iter().filter(|found| [Code::UnknownCategory, Code::UnknownValue].contains(&found.code)).count()
    }

    /// Every key of the reference with a text, or a list of texts: the number of its line, its path, and how to write it.
    fn lines() -> Vec<(usize, String, String, [&'static str; 2])> {
        let known = Draft::keys();
        let known: std::collections::BTreeSet<_> = known.iter().map(|key| key.path.as_str()).collect();
        let (mut table, mut lines) = (String::new(), Vec::new());
        for (at, line) in REFERENCE.lines().enumerate() {
            if line.starts_with('[') {
                table = line.trim_matches(['[', ']']).to_owned();
            } else if let Some((key, value)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) {
                let path = super::super::reference::normal(&format!("{table}.{key}"), &known);
                match value.get(..1) {
                    Some("\"") => lines.push((at, path, key.to_owned(), ["\"", "\""])),
                    Some("[") => lines.push((at, path, key.to_owned(), ["[\"", "\"]"])),
                    _ => {}
                }
            }
        }
        lines
    }

    #[test]
    fn every_key_with_fixed_words_has_them_and_the_program_knows_each() {
        let mut checked = 0;
        for (at, path, key, [open, close]) in lines() {
            let write = |word: &str| words_not_known(at, &format!("{key} = {open}{word}{close}"));
            let fixed = write("no-such-word") > 0;
            let words = choices(&path).unwrap_or_default();
            // Which words `reload` takes depends on the site's services.
            assert_eq!(fixed && path != "site.reload", !words.is_empty(), "{path}");
            for word in words {
                assert_eq!(write(word), 0, "{path} {word}");
                checked += 1;
            }
        }
        assert!(checked > 60, "{checked}");
    }
}
