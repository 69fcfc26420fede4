//! The file that says what every key does, `docs/reference.toml`: its words are those of the schema too.

use std::collections::{BTreeMap, BTreeSet};

use super::survey::Key;

/// The commented reference: a config that passes `check`, in which keys and tables that are left out stand behind a `#`
/// without a space.
pub const REFERENCE: &str = include_str!("../../docs/reference.toml");

/// What the reference says about each key, by the key's path: the comment above its first line.
pub(super) fn descriptions(keys: &[Key]) -> BTreeMap<String, String> {
    let known: BTreeSet<_> = keys.iter().map(|key| key.path.as_str()).collect();
    let mut descriptions = BTreeMap::new();
    let (mut table, mut comment) = (String::new(), String::new());
    for line in REFERENCE.lines() {
        if let Some(text) = line.strip_prefix("# ") {
            comment.push_str(if comment.is_empty() { "" } else { " " });
            comment.push_str(text);
            continue;
        }
        let line = line.strip_prefix('#').unwrap_or(line);
        let path = if line.starts_with('[') {
            table = normal(line.trim_matches(['[', ']']), &known);
            Some(table.clone())
        } else {
            let key = line.split_once(" = ").map(|(key, _)| key);
            key.map(|key| {
                normal(&if table.is_empty() { key.to_owned() } else { format!("{table}.{key}") }, &known)
            })
        };
        let comment = std::mem::take(&mut comment);
        if let (Some(path), false) = (path, comment.is_empty()) {
            descriptions.entry(path).or_insert(comment);
        }
    }
    descriptions
}

/// A path with `*` for every name that the site chooses.
pub(super) fn normal(path: &str, known: &BTreeSet<&str>) -> String {
    let leads = |path: &str| {
        let below = format!("{path}.");
        known.contains(path)
            || known.range(below.as_str()..).next().is_some_and(|key| key.starts_with(&below))
    };
    let mut normal = String::new();
    for part in path.split('.') {
        let dot = if normal.is_empty() { "" } else { "." };
        let named = format!("{normal}{dot}{part}");
        let any = format!("{normal}{dot}*");
        normal = if !leads(&named) && leads(&any) { any } else { named };
    }
    normal
}

#[cfg(test)]
mod tests {
    use toml::de::{DeTable, DeValue};

    use super::super::diagnostic::Report;
    use super::super::draft::Draft;
    use super::super::survey::Kind;
    use super::*;

    /// The reference with everything that is left out.
    fn whole() -> String {
        let line = |line: &str| match line.strip_prefix('#') {
            Some(rest) if !rest.is_empty() && !rest.starts_with(' ') => format!("{rest}\n"),
            _ => format!("{line}\n"),
        };
        REFERENCE.lines().map(line).collect()
    }

    /// The paths of all keys in a table, as far as they are keys of the program.
    fn paths(table: &DeTable<'_>, above: &str, keys: &[Key], found: &mut BTreeSet<String>) {
        let known: BTreeSet<_> = keys.iter().map(|key| key.path.as_str()).collect();
        for (name, value) in table {
            let dot = if above.is_empty() { "" } else { "." };
            let path = normal(&format!("{above}{dot}{}", name.get_ref()), &known);
            let kind = keys.iter().find(|key| key.path == path).map(|key| key.kind);
            found.insert(path.clone());
            if matches!(kind, Some(Kind::Localized | Kind::Free)) {
                continue;
            }
            match value.get_ref() {
                DeValue::Table(inner) => paths(inner, &path, keys, found),
                DeValue::Array(items) => {
                    items
                        .iter()
                        .filter_map(|item| item.get_ref().as_table())
                        .for_each(|item| paths(item, &path, keys, found));
                }
                _ => {}
            }
        }
    }

    #[test]
    fn it_is_a_config_without_a_finding() {
        let folder = tempfile::tempdir().unwrap();
        let loaded = super::super::parse("reference.toml", REFERENCE.to_owned(), folder.path());
        let loaded = loaded.unwrap_or_else(|found| panic!("{found}"));
        assert!(loaded.warnings.found.is_empty(), "{}", loaded.warnings);
    }

    #[test]
    fn it_has_every_key_that_the_program_reads_and_no_other() {
        let text = whole();
        let root = DeTable::parse(&text).unwrap_or_else(|error| panic!("{error}")).into_inner();
        let keys = Draft::keys();
        let mut found = BTreeSet::new();
        paths(&root, "", &keys, &mut found);
        // What sites can take over has the keys of a site.
        let shared = |path: &String| path.starts_with("defaults.") || path.starts_with("base.*");
        found.retain(|path| !shared(path));
        found.retain(|path| path != "site.regions.*" && path != "site.texts.*");
        let read: BTreeSet<_> = keys.iter().map(|key| key.path.clone()).collect();
        let read: BTreeSet<_> =
            read.into_iter().filter(|path| !shared(path) && path != "site.texts.*").collect();
        assert_eq!(found, read);
        assert!(read.len() > 100, "{}", read.len());

        let mut report = Report::default();
        assert!(Draft::read(root, Vec::new(), &mut report).is_some());
        assert!(!report.has_error(), "{report:?}");
    }

    #[test]
    fn it_says_something_about_every_key() {
        let keys = Draft::keys();
        let descriptions = descriptions(&keys);
        let shared = |path: &str| path.starts_with("defaults.") || path.starts_with("base.*.");
        for key in keys.iter().filter(|key| !shared(&key.path)) {
            // Of a table of tables under names that the site chooses, its one table is described.
            let path = if key.kind == Kind::Named { format!("{}.*", key.path) } else { key.path.clone() };
            let description = descriptions.get(&path).map(String::as_str).unwrap_or_default();
            assert!(description.len() > 3 && description.ends_with('.'), "{path}: {description:?}");
        }
        // No comment stands above nothing.
        for path in descriptions.keys() {
            let named = path.strip_suffix(".*").unwrap_or(path);
            assert!(keys.iter().any(|key| key.path == *path || key.path == named), "{path}");
        }
    }

    #[test]
    fn names_that_a_site_chooses_are_told_from_keys() {
        let known = BTreeSet::from(["base", "base.*.id", "site", "site.texts", "site.texts.*", "site.id"]);
        for (path, expected) in [
            ("base.press", "base.*"),
            ("base.press.id", "base.*.id"),
            ("site.texts.fr", "site.texts.*"),
            ("site.id", "site.id"),
            ("site.other", "site.other"),
            ("other", "other"),
        ] {
            assert_eq!(normal(path, &known), expected);
        }
    }
}
