//! What a site's own texts are held against: one table of phrases for each language.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::super::language::Language;
use super::super::locale;

/// The phrases of one language, in lower case and with straight apostrophes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Phrases {
    /// Plain words for the button that accepts.
    pub(super) accept: Vec<String>,
    /// Plain words for the button that refuses.
    pub(super) refuse: Vec<String>,
    /// What makes a button about feelings, anywhere in it.
    pub(super) feelings: Vec<String>,
    /// What words for granting begin with or have in them, so that one is known among others.
    pub(super) granting: Vec<String>,
    /// How a way on without an answer begins.
    pub(super) onward: Vec<String>,
    /// What takes going on for a yes, anywhere in any text.
    pub(super) silence: Vec<String>,
    /// How a name begins that says of a category that it can not be refused.
    pub(super) necessary: Vec<String>,
    /// What is no purpose if it is all that is said of one.
    #[serde(default)]
    pub(super) vague: Vec<String>,
}

static PHRASES: LazyLock<BTreeMap<String, Phrases>> = LazyLock::new(|| {
    // The file is part of the program; a test reads it.
    toml::from_str(include_str!("phrases.toml")).unwrap_or_default()
});

/// The phrases of a language, if they are known here.
pub(super) fn of(language: &str) -> Option<&'static Phrases> {
    let language: Language = language.parse().ok()?;
    PHRASES.get(locale::primary(&language))
}

/// Lower case, straight apostrophes, no outer spaces.
pub(super) fn plain(text: &str) -> String {
    text.trim().to_lowercase().replace('’', "'")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use consent_core::category::Category;

    use super::super::super::{Code, parse, words};
    use super::*;

    fn built_in() -> impl Iterator<Item = (Language, locale::Texts)> {
        locale::built_in().map(|code| {
            let language: Language = code.parse().unwrap();
            let texts = locale::find(&language).unwrap();
            (language, texts)
        })
    }

    #[test]
    fn every_language_has_phrases_of_every_kind_as_they_are_compared() {
        for (language, _) in built_in() {
            let phrases = of(language.as_str()).unwrap_or_else(|| panic!("{language}"));
            for (kind, least) in [
                (&phrases.accept, 4),
                (&phrases.refuse, 4),
                (&phrases.feelings, 5),
                (&phrases.granting, 2),
                (&phrases.onward, 1),
                (&phrases.silence, 3),
                (&phrases.necessary, 2),
                (&phrases.vague, 0),
            ] {
                assert!(kind.len() >= least, "{language}: {kind:?}");
                for phrase in kind {
                    assert_eq!(plain(phrase), phrase.trim(), "{language}");
                }
            }
            assert!(phrases.accept.iter().all(|word| !phrases.refuse.contains(word)), "{language}");
            let grants = |word: &String| phrases.granting.iter().any(|stem| word.contains(stem));
            assert!(phrases.accept.iter().all(grants), "{language}: {:?}", phrases.accept);
        }
    }

    #[test]
    fn the_built_in_texts_pass() {
        for (language, texts) in built_in() {
            let phrases = of(language.as_str()).unwrap();
            assert!(phrases.accept.contains(&plain(&texts["accept_all"])), "{language}");
            assert!(phrases.refuse.contains(&plain(&texts["reject_all"])), "{language}");
            for key in words::keys(&language) {
                let text = plain(&texts[&key]);
                for phrase in &phrases.silence {
                    assert!(!text.contains(phrase.as_str()), "{language}: {key}: {phrase}");
                }
                assert!(!phrases.vague.contains(&text), "{language}: {key}");
            }
            assert!(texts["body"].chars().count() < 500, "{language}");
            for category in Category::ALL {
                let title = plain(&texts[&format!("categories.{category}.title")]);
                let is_called = phrases.necessary.iter().any(|start| title.starts_with(start.as_str()));
                assert_eq!(is_called, category == Category::Necessary, "{language}: {title}");
            }
            for word in phrases.accept.iter().chain(&phrases.refuse) {
                for phrase in &phrases.feelings {
                    assert!(!word.contains(phrase.as_str()), "{language}: {word}: {phrase}");
                }
            }
        }
    }

    /// What is found in the config of a site in one language that writes these texts itself.
    fn found(language: &Language, texts: &[(&str, &str)]) -> Vec<Code> {
        let lines: Vec<_> = texts.iter().map(|(key, text)| format!("{key} = \"{text}\"")).collect();
        let text = format!(
            r#"
                [[site]]
                id = "a"
                languages = ["{language}"]
                [site.controller]
                name = "Example"
                privacy_url = "https://example.example/privacy"
                [[site.vendor]]
                category = "analytics"
                name = "V"
                privacy_url = "https://v.example/p"
                [site.texts.{language}]
                {}
            "#,
            lines.join("\n")
        );
        let diagnostics = match parse("consent.toml", text, Path::new("/")) {
            Ok(loaded) => loaded.warnings,
            Err(diagnostics) => diagnostics,
        };
        diagnostics.found.iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn a_site_in_any_language_is_told_the_same() {
        for (language, texts) in built_in() {
            let phrases = of(language.as_str()).unwrap();
            for (accept, refuse) in phrases.accept.iter().zip(&phrases.refuse) {
                let plain = found(&language, &[("accept_all", accept), ("reject_all", refuse)]);
                assert_eq!(plain, [], "{language}: {accept}, {refuse}");
            }
            for phrase in &phrases.feelings {
                let steering = found(&language, &[("reject_all", &format!("… {phrase} …"))]);
                assert_eq!(steering, [Code::EmotionalSteering], "{language}: {phrase}");
            }
            for phrase in &phrases.onward {
                let onward = found(&language, &[("reject_all", &format!("{phrase} …"))]);
                assert_eq!(onward, [Code::ButtonWords], "{language}: {phrase}");
                // Closing is going on without an answer, and no refusal.
                let closes = found(&language, &[("close", &format!("{phrase} …"))]);
                let names_it = phrases.granting.iter().any(|stem| phrase.contains(stem));
                assert_eq!(closes.is_empty(), !names_it, "{language}: {phrase}");
                let refuses = found(&language, &[("close", &format!("{phrase} {}", phrases.accept[0]))]);
                assert_eq!(refuses, [Code::ButtonWords], "{language}: {phrase}");
            }
            for phrase in &phrases.silence {
                let silence = found(&language, &[("settings_body", &format!("… {phrase} …"))]);
                assert_eq!(silence, [Code::ImpliedConsent], "{language}: {phrase}");
            }
            assert_eq!(found(&language, &[("accept_all", "?!")]), [Code::ButtonWords], "{language}");
            // Neither who asks, nor for what, nor that others take part, nor where the way back is.
            assert_eq!(found(&language, &[("body", &texts["title"])]), [Code::FirstLayer; 4]);
            for phrase in &phrases.vague {
                let vague = found(&language, &[("purposes.analytics", &format!("{phrase}."))]);
                assert_eq!(vague, [Code::FirstLayer], "{language}: {phrase}");
            }
            for start in &phrases.necessary {
                let named = found(&language, &[("categories.functional.title", &format!("{start} …"))]);
                assert_eq!(named, [Code::ConflictingInformation], "{language}: {start}");
            }
            assert_eq!(found(&language, &[("close", "{purposes}")]), [Code::Placeholder], "{language}");
            assert_eq!(found(&language, &[("duration.day.some", "{n}")]), [Code::UnknownKey], "{language}");
        }
    }
}
