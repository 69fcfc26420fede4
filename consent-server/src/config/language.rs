//! Languages by their codes.

use std::fmt;
use std::str::FromStr;

/// A language as BCP 47 writes it: `fr`, `fr-CA`, `zh-Hant-TW`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Language(String);

/// The text is no [`Language`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a language code: expected for instance `fr`, `fr-CA` or `zh-Hant`")]
pub struct InvalidLanguage;

impl Language {
    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The code without script and region: `fr` of `fr-CA`.
    #[must_use]
    pub fn primary(&self) -> &str {
        self.0.split('-').next().unwrap_or_default()
    }

    /// The script, if the code names one: `Hant` of `zh-Hant-TW`.
    #[must_use]
    pub fn script(&self) -> Option<&str> {
        self.0.split('-').nth(1).filter(|part| part.len() == 4)
    }

    /// The region, if the code names one: `TW` of `zh-Hant-TW`.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.0.split('-').skip(1).find(|part| part.len() < 4)
    }

    /// The language that a page or a browser asks for, where case does not matter and more may follow: `FR-ca-x-new`
    /// asks for `fr-CA`.
    #[must_use]
    pub fn asked(text: &str) -> Option<Self> {
        let asked: icu_locale_core::Locale = text.parse().ok()?;
        let asked = icu_locale_core::LanguageIdentifier { variants: <_>::default(), ..asked.id };
        asked.to_string().parse().ok()
    }
}

impl FromStr for Language {
    type Err = InvalidLanguage;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('-');
        let mut next = parts.next();
        let language =
            next.is_some_and(|part| matches!(part.len(), 2 | 3) && all(part, u8::is_ascii_lowercase));
        next = parts.next();
        if next.is_some_and(|part| part.len() == 4 && title_case(part)) {
            next = parts.next();
        }
        let region = next.is_none_or(|part| {
            (part.len() == 2 && all(part, u8::is_ascii_uppercase))
                || (part.len() == 3 && all(part, u8::is_ascii_digit))
        });
        if language && region && parts.next().is_none() {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidLanguage)
        }
    }
}

fn all(part: &str, test: impl Fn(&u8) -> bool) -> bool {
    part.as_bytes().iter().all(test)
}

fn title_case(part: &str) -> bool {
    part.split_at_checked(1)
        .is_some_and(|(first, rest)| all(first, u8::is_ascii_uppercase) && all(rest, u8::is_ascii_lowercase))
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_codes_from_other_texts() {
        for text in ["fr", "fr-CA", "zh-Hant", "zh-Hant-TW", "es-419", "kab"] {
            assert_eq!(text.parse::<Language>().map(|language| language.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "f", "FR", "fr_FR", "fr-fr", "french", "fr-", "fr-CA-x", "zh-hant", "fr-FR-FR", "é"]
        {
            assert_eq!(text.parse::<Language>(), Err(InvalidLanguage), "{text}");
        }
    }

    #[test]
    fn takes_a_code_apart() {
        for (text, script, region) in [
            ("zh-Hant-TW", Some("Hant"), Some("TW")),
            ("zh-Hans", Some("Hans"), None),
            ("es-419", None, Some("419")),
            ("fr", None, None),
        ] {
            let language: Language = text.parse().unwrap();
            assert_eq!((language.script(), language.region()), (script, region), "{text}");
            assert!(text.starts_with(language.primary()), "{text}");
        }
    }

    #[test]
    fn a_question_may_be_written_in_any_case() {
        for (text, code) in [
            ("FR", Some("fr")),
            ("pt-br", Some("pt-BR")),
            ("ZH-hans-cn", Some("zh-Hans-CN")),
            ("de-1996", Some("de")),
            ("en-US-u-hc-h12", Some("en-US")),
            ("", None),
            ("*", None),
            ("français", None),
        ] {
            let asked = Language::asked(text);
            assert_eq!(asked.as_ref().map(Language::as_str), code, "{text}");
        }
    }
}
