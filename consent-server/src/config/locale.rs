//! The texts that come with the program: one TOML file for each language.

use std::collections::BTreeMap;

use toml::de::DeTable;

use super::diagnostic::Report;
use super::language::Language;
use super::section::Section;

macro_rules! files {
    ($($code:literal)*) => { &[$(($code, include_str!(concat!("locales/", $code, ".toml")))),*] };
}

/// Every language that needs no texts from the site, and its file.
const FILES: &[(&str, &str)] = files!["ar" "bg" "cs" "da" "de" "el" "en" "es" "et" "fi" "fr" "ga" "he" "hi" "hr" "hu" "it" "ja" "ko" "lt" "lv" "mt" "nb" "nl" "pl" "pt" "pt-BR" "ro" "sk" "sl" "sv" "tr" "uk" "zh-Hans"];

/// Texts by key, for instance `categories.analytics.title`.
pub(super) type Texts = BTreeMap<String, String>;

fn read(file: &str) -> Texts {
    let (table, _) = DeTable::parse_recoverable(file);
    Section::new("locale", 0..0, table.into_inner())
        .flatten(&mut Report::default())
        .into_iter()
        .map(|(key, text)| (key.into_inner(), text.into_inner()))
        .collect()
}

/// The built-in texts of a language.
pub(super) fn find(language: &Language) -> Option<Texts> {
    let code = code(language)?;
    FILES.iter().find(|(built_in, _)| *built_in == code).map(|(_, file)| read(file))
}

/// The code of the built-in texts that readers of a language can read: its own, or those of the language without its
/// region, as long as they are written in the same script.
pub(super) fn code(language: &Language) -> Option<&'static str> {
    let built_in = |code: &str| FILES.iter().map(|(built_in, _)| *built_in).find(|built_in| *built_in == code);
    if let Some(code) = built_in(language.as_str()) {
        return Some(code);
    }
    let primary = primary(language);
    let native = script(primary);
    match (primary, language.script(), language.region()) {
        (_, Some(script), _) if script != native => None,
        // Without a script the region tells: Taiwan, Hong Kong and Macao write another one.
        ("zh", None, Some(region)) if !matches!(region, "CN" | "SG") => None,
        ("zh", ..) => built_in("zh-Hans"),
        ("pt", _, Some("BR")) => built_in("pt-BR"),
        _ => built_in(primary),
    }
}

/// The language without script and region, under the code that its texts have here: `no` and `nn` read Bokmål, and
/// `iw` is what Hebrew was called until 1989.
pub(super) fn primary(language: &Language) -> &str {
    match language.primary() {
        "no" | "nn" => "nb",
        "iw" => "he",
        primary => primary,
    }
}

/// What the built-in texts of a language are written in (ISO 15924).
fn script(primary: &str) -> &'static str {
    match primary {
        "ar" => "Arab",
        "bg" | "uk" => "Cyrl",
        "el" => "Grek",
        "he" => "Hebr",
        "hi" => "Deva",
        "ja" => "Jpan",
        "ko" => "Kore",
        "zh" => "Hans",
        _ => "Latn",
    }
}

/// The codes of the languages with built-in texts.
pub fn built_in() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(code, _)| *code)
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
