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
    let built_in =
        |code: &str| FILES.iter().map(|(built_in, _)| *built_in).find(|built_in| *built_in == code);
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
    use std::collections::BTreeSet;

    use super::super::plural::Plurals;
    use super::super::words;
    use super::*;

    fn all() -> impl Iterator<Item = (Language, Texts)> {
        FILES.iter().map(|(code, file)| (code.parse().unwrap(), read(file)))
    }

    fn english() -> Texts {
        find(&"en".parse().unwrap()).unwrap()
    }

    #[test]
    fn the_languages_of_the_union_and_ten_more_are_there() {
        let union = "bg cs da de el en es et fi fr ga hr hu it lt lv mt nl pl pt ro sk sl sv";
        let more = "ar he hi ja ko nb pt-BR tr uk zh-Hans";
        let expected: BTreeSet<_> = union.split(' ').chain(more.split(' ')).collect();
        assert_eq!(built_in().collect::<BTreeSet<_>>(), expected);
        let here = concat!(env!("CARGO_MANIFEST_DIR"), "/src/config/locales");
        let files =
            std::fs::read_dir(here).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
        let files: BTreeSet<_> = files.collect();
        assert_eq!(
            files,
            built_in().map(|code| format!("{code}.toml")).collect(),
            "a file that is not built in"
        );
    }

    #[test]
    fn every_locale_has_every_key_and_no_other() {
        for (code, file) in FILES {
            assert!(DeTable::parse(file).is_ok(), "{code}.toml is not TOML");
            let found: Vec<_> = read(file).into_keys().collect();
            let mut expected: Vec<_> = words::keys(&code.parse().unwrap()).collect();
            expected.sort_unstable();
            assert_eq!(found, expected, "{code}");
        }
    }

    #[test]
    fn every_text_has_the_placeholders_of_the_english_one() {
        let english = english();
        let in_braces = |text: &str| words::placeholders(text).map(str::to_owned).collect::<BTreeSet<_>>();
        for (language, texts) in all() {
            for (key, text) in texts {
                assert!(!text.trim().is_empty(), "{language}: {key}");
                assert_eq!(text.matches('{').count(), in_braces(&text).len(), "{language}: {key}: {text}");
                assert_eq!(text.matches('}').count(), in_braces(&text).len(), "{language}: {key}: {text}");
                let Some(form) = key.strip_prefix("duration.").and_then(|key| key.split_once('.')) else {
                    assert_eq!(in_braces(&text), in_braces(&english[&key]), "{language}: {key}: {text}");
                    continue;
                };
                // A form that only one count takes can say that count in a word: "two days" is one word in Hebrew.
                let plurals = Plurals::of(&language);
                let counts = (1..=1000).filter(|count| plurals.form(*count) == form.1).count();
                assert!(counts == 1 || text.contains("{n}"), "{language}: {key}: {text}");
            }
        }
    }

    #[test]
    fn nothing_was_left_in_english() {
        // The same words in both languages.
        let shared = [
            "cs: declaration.cookie: Cookie",
            "da: declaration.cookie: Cookie",
            "da: declaration.version: Version",
            "de: column_name: Name",
            "de: declaration.cookie: Cookie",
            "es: declaration.cookie: Cookie",
            "fr: categories.performance.title: Performance",
            "fr: declaration.cookie: Cookie",
            "fr: declaration.version: Version",
            "fr: duration.minute.one: {n} minute",
            "fr: duration.minute.other: {n} minutes",
            "it: declaration.cookie: Cookie",
            "mt: declaration.cookie: Cookie",
            "nl: declaration.cookie: Cookie",
            "nl: duration.week.one: {n} week",
            "pt: declaration.cookie: Cookie",
            "pt-BR: declaration.cookie: Cookie",
            "sv: declaration.version: Version",
        ];
        let english = english();
        let mut same = Vec::new();
        for (language, texts) in all().filter(|(language, _)| language.as_str() != "en") {
            let kept = texts.iter().filter(|(key, text)| english.get(*key) == Some(*text));
            let kept = kept.filter(|(key, _)| !matches!(key.as_str(), "direction" | "comma"));
            same.extend(kept.map(|(key, text)| format!("{language}: {key}: {text}")));
        }
        assert_eq!(same, shared);
    }

    #[test]
    fn no_two_buttons_that_stand_together_say_the_same() {
        for (language, texts) in all() {
            let buttons: BTreeSet<_> = ["accept_all", "reject_all", "customise", "save"]
                .map(|key| &texts[key])
                .into_iter()
                .collect();
            assert_eq!(buttons.len(), 4, "{language}");
            let titles: BTreeSet<_> = texts
                .iter()
                .filter(|(key, _)| key.starts_with("categories."))
                .map(|(_, text)| text)
                .collect();
            assert_eq!(titles.len(), 10, "{language}");
        }
    }

    #[test]
    fn texts_are_short_enough_for_where_they_stand() {
        for (language, texts) in all() {
            for (key, text) in texts {
                let most = match key.as_str() {
                    "close" => 12,
                    "accept_all" | "reject_all" => 20,
                    "customise" | "save" | "reopen" => 26,
                    "column_name" | "column_owner" | "column_purpose" | "column_duration"
                    | "declaration.kind" => 12,
                    key if key.starts_with("declaration.") => 48,
                    "title" | "settings_title" | "vendors_title" | "privacy_policy" | "receipt" => 42,
                    "hosts" => 48,
                    "body" => 320,
                    "and" | "comma" => 8,
                    key if key.starts_with("categories.") && key.ends_with(".title") => 20,
                    key if key.starts_with("duration.") => 42,
                    key if key.starts_with("purposes.") => 80,
                    _ => 200,
                };
                assert!(text.chars().count() <= most, "{language}: {key}: more than {most}: {text}");
            }
        }
    }

    #[test]
    fn each_is_written_from_its_side_and_in_its_script() {
        for (language, texts) in all() {
            let right = matches!(language.primary(), "ar" | "he");
            assert_eq!(texts["direction"], if right { "rtl" } else { "ltr" }, "{language}");
            let native = |letter: char| match script(language.primary()) {
                "Arab" => ('\u{600}'..='\u{6ff}').contains(&letter),
                "Cyrl" => ('\u{400}'..='\u{4ff}').contains(&letter),
                "Grek" => ('\u{370}'..='\u{3ff}').contains(&letter),
                "Hebr" => ('\u{590}'..='\u{5ff}').contains(&letter),
                "Deva" => ('\u{900}'..='\u{97f}').contains(&letter),
                "Jpan" => {
                    ('\u{3040}'..='\u{30ff}').contains(&letter) || ('\u{4e00}'..='\u{9fff}').contains(&letter)
                }
                "Kore" => ('\u{ac00}'..='\u{d7af}').contains(&letter),
                "Hans" => ('\u{4e00}'..='\u{9fff}').contains(&letter),
                _ => letter < '\u{250}',
            };
            for (key, text) in texts.iter().filter(|(key, _)| !matches!(key.as_str(), "direction" | "comma"))
            {
                assert!(text.chars().any(native), "{language}: {key}: {text}");
                // What may be in other letters are placeholders, the word that has no other spelling, and the name of a
                // signal, as browsers show it.
                let mut rest = text
                    .replace("Global Privacy Control", "")
                    .replace("(GPC)", "")
                    .replace("Cookies", "")
                    .replace("Cookie", "")
                    .replace("cookies", "")
                    .replace("cookie", "");
                for placeholder in words::placeholders(text) {
                    rest = rest.replace(placeholder, "");
                }
                let foreign: String = rest.chars().filter(|c| c.is_alphabetic() && !native(*c)).collect();
                assert_eq!(foreign, "", "{language}: {key}: {text}");
            }
        }
    }

    #[test]
    fn apostrophes_are_curled_and_french_spaces_do_not_break() {
        for (language, texts) in all() {
            for (key, text) in texts {
                assert!(!text.contains(['\'', '"']), "{language}: {key}: {text}");
                for wrong in [" :", " ;", " !", " ?", "« ", " »"] {
                    assert!(language.as_str() != "fr" || !text.contains(wrong), "{key}: {wrong:?} in {text}");
                }
            }
        }
    }

    #[test]
    fn languages_read_the_texts_that_their_readers_know() {
        for (language, expected) in [
            ("fr-CA", Some("fr")),
            ("pt", Some("pt")),
            ("pt-PT", Some("pt")),
            ("pt-AO", Some("pt")),
            ("pt-BR", Some("pt-BR")),
            ("pt-Latn-BR", Some("pt-BR")),
            ("zh", Some("zh-Hans")),
            ("zh-CN", Some("zh-Hans")),
            ("zh-SG", Some("zh-Hans")),
            ("zh-Hans-MY", Some("zh-Hans")),
            ("zh-TW", None),
            ("zh-HK", None),
            ("zh-Hant", None),
            ("zh-Hant-CN", None),
            ("no", Some("nb")),
            ("nn", Some("nb")),
            ("nn-NO", Some("nb")),
            ("nb-SJ", Some("nb")),
            ("iw", Some("he")),
            ("iw-IL", Some("he")),
            ("uk-Cyrl-UA", Some("uk")),
            ("uk-Latn", None),
            ("de-Latn-AT", Some("de")),
            ("kk", None),
        ] {
            assert_eq!(code(&language.parse().unwrap()), expected, "{language}");
        }
    }
}
