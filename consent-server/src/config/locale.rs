//! The texts that come with the program: one TOML file for each language.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use toml::de::DeTable;

use super::diagnostic::Report;
use super::language::Language;
use super::section::Section;

/// Every language that needs no texts from the site, and its file.
const FILES: [(&str, &str); 2] =
    [("en", include_str!("locales/en.toml")), ("fr", include_str!("locales/fr.toml"))];

/// Texts by key, for instance `categories.analytics.title`.
pub(super) type Texts = BTreeMap<String, String>;

static LOCALES: LazyLock<BTreeMap<&str, Texts>> =
    LazyLock::new(|| FILES.into_iter().map(|(code, file)| (code, read(file))).collect());

fn read(file: &str) -> Texts {
    let (table, _) = DeTable::parse_recoverable(file);
    Section::new("locale", 0..0, table.into_inner())
        .flatten(&mut Report::default())
        .into_iter()
        .map(|(key, text)| (key.into_inner(), text.into_inner()))
        .collect()
}

/// The built-in texts of a language: its own, or those of the language without its region.
pub(super) fn find(language: &Language) -> Option<&'static Texts> {
    LOCALES.get(language.as_str()).or_else(|| LOCALES.get(language.primary()))
}

/// The codes of the languages with built-in texts.
pub fn built_in() -> impl Iterator<Item = &'static str> {
    FILES.into_iter().map(|(code, _)| code)
}

#[cfg(test)]
mod tests {
    use super::super::words;
    use super::*;

    #[test]
    fn every_locale_has_every_key_and_no_other() {
        for (code, file) in FILES {
            assert!(DeTable::parse(file).is_ok(), "{code}.toml is not TOML");
            let found: Vec<_> = read(file).into_keys().collect();
            let mut expected: Vec<_> = words::keys().collect();
            expected.sort_unstable();
            assert_eq!(found, expected, "{code}");
        }
    }

    #[test]
    fn no_text_is_empty_and_every_placeholder_is_filled_by_something() {
        for (code, file) in FILES {
            for (key, text) in read(file) {
                assert!(!text.trim().is_empty(), "{code}: {key}");
                for placeholder in words::placeholders(&text) {
                    assert!(
                        words::placeholders_of(&key).contains(&placeholder),
                        "{code}: {key}: {placeholder}"
                    );
                }
            }
        }
    }

    #[test]
    fn french_spaces_do_not_break() {
        let french = FILES.into_iter().find(|(code, _)| *code == "fr").unwrap().1;
        for (key, text) in read(french) {
            for wrong in [" :", " ;", " !", " ?", "« ", " »", "'"] {
                assert!(!text.contains(wrong), "{key}: {wrong:?} in {text}");
            }
        }
    }

    #[test]
    fn a_regional_language_reads_its_language() {
        assert!(find(&"fr-CA".parse().unwrap()).is_some());
        assert!(find(&"kk".parse().unwrap()).is_none());
    }
}
