//! What the declaration says beside the words of a notice, and what links to it in other languages are called. None of it is in
//! a notice, so it can change without one.

use serde::Serialize;

use super::language::Language;
use super::model::SiteConfig;
use super::words::Words;

/// Words of the declaration, in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeclarationWords {
    /// Before the name of who answers for the data.
    pub controller: String,
    /// Kind of an item: a cookie.
    pub cookie: String,
    /// Column head: kind.
    pub kind: String,
    /// Name of the list of languages.
    pub languages: String,
    /// Kind of an item: `localStorage`.
    pub local_storage: String,
    /// Rule of a category: nothing runs before a grant.
    pub opt_in: String,
    /// Rule of a category: it runs until a denial.
    pub opt_out: String,
    /// Kind of an item: `sessionStorage`.
    pub session_storage: String,
    /// Heading.
    pub title: String,
    /// Before the date.
    pub version: String,
}

impl SiteConfig {
    /// The words in the language that [`SiteConfig::language`] finds for `language`.
    #[must_use]
    pub fn declaration_words(&self, language: &str) -> DeclarationWords {
        let words = self.words_in(language);
        let text = |key: &str| words.text(&format!("declaration.{key}")).to_owned();
        DeclarationWords {
            controller: text("controller"),
            cookie: text("cookie"),
            kind: text("kind"),
            languages: text("languages"),
            local_storage: text("local_storage"),
            opt_in: text("opt_in"),
            opt_out: text("opt_out"),
            session_storage: text("session_storage"),
            title: text("title"),
            version: text("version"),
        }
    }

    /// The languages that the site offers, its default first, each with its own name for itself. Where two have one name, as
    /// `fr` and `fr-CA` have, the code stands behind it.
    #[must_use]
    pub fn named_languages(&self) -> Vec<(&Language, String)> {
        let name = |words: &Words| words.text("declaration.language").to_owned();
        let named: Vec<_> = self.words.iter().map(|words| (words.language(), name(words))).collect();
        let several = |name: &str| named.iter().filter(|(_, other)| other == name).count() > 1;
        let told = named.iter().map(|(language, name)| {
            (*language, if several(name) { format!("{name} ({language})") } else { name.clone() })
        });
        told.collect()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::parse;

    #[test]
    fn two_languages_of_one_name_are_told_apart() {
        let text = "[[site]]\nid = \"a\"\nlanguages = [\"fr\", \"fr-CA\", \"zh-Hans\"]\n\
            controller = { name = \"A\", privacy_url = \"/p\" }\n";
        let site = parse("consent.toml", text.to_owned(), Path::new(".")).unwrap().config.sites.remove(0);
        let named: Vec<_> = site.named_languages().into_iter().map(|(_, name)| name).collect();
        assert_eq!(named, ["Français (fr)", "Français (fr-CA)", "简体中文"]);
        assert_eq!(site.declaration_words("fr-CA").title, "Déclaration des cookies");
        assert_eq!(site.declaration_words("zh-CN").kind, "类型");
    }
}
