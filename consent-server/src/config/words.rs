//! The words of one site in one language: built-in texts, changed by the site's own, placeholders filled.

use consent_core::category::Category;
use consent_core::notice::{Direction, GroupSite, Texts};

use super::DEFAULT_LANGUAGE;
use super::duration::{Duration, Unit};
use super::language::Language;
use super::locale;
use super::plural::Plurals;

/// The keys of [`Texts`].
const TEXTS: [&str; 30] = [
    "accept_all",
    "again_changed",
    "again_expired",
    "always_active",
    "body",
    "close",
    "column_duration",
    "column_name",
    "column_owner",
    "column_purpose",
    "cookies_none",
    "customise",
    "hosts",
    "placeholder_allow",
    "placeholder_body",
    "placeholder_once",
    "privacy_policy",
    "receipt",
    "reject_all",
    "reopen",
    "save",
    "settings_body",
    "settings_title",
    "title",
    "transfer_adequacy",
    "transfer_binding_corporate_rules",
    "transfer_derogation",
    "transfer_standard_contractual_clauses",
    "transfers",
    "vendors_title",
];

/// Those of them for what protects data in another country, and their head.
pub(super) const TRANSFERS: [&str; 5] = [
    "transfer_adequacy",
    "transfer_binding_corporate_rules",
    "transfer_derogation",
    "transfer_standard_contractual_clauses",
    "transfers",
];

/// What is said of choices of people who are signed in: on both layers, and on a device where one is new.
pub(super) const ACCOUNT: [&str; 2] = ["account", "account_applied"];

/// The keys of [`super::declared::DeclarationWords`], below `declaration`, and the name of the language.
const DECLARATION: [&str; 11] = [
    "controller",
    "cookie",
    "kind",
    "language",
    "languages",
    "local_storage",
    "opt_in",
    "opt_out",
    "session_storage",
    "title",
    "version",
];

/// Every key of a locale, and of `[site.texts.…]`. Which forms a duration has depends on the language.
pub(super) fn keys(language: &Language) -> impl Iterator<Item = String> {
    let plain = TEXTS.into_iter().chain([
        "direction",
        "third_parties",
        "and",
        "comma",
        "consent_cookie",
        "consent_queue",
        "gpc_honoured",
        "group",
        "duration.session",
    ]);
    let categories = Category::ALL
        .into_iter()
        .flat_map(|category| ["title", "description"].map(|key| format!("categories.{category}.{key}")));
    let purposes = Category::OPTIONAL.into_iter().map(|category| format!("purposes.{category}"));
    let declaration = DECLARATION.into_iter().map(|key| format!("declaration.{key}"));
    let forms = Plurals::of(language).forms();
    let units = Unit::ALL.into_iter().flat_map(move |unit| {
        forms.clone().into_iter().map(move |form| format!("duration.{}.{form}", unit.as_str()))
    });
    let plain = plain.chain(ACCOUNT);
    plain.map(str::to_owned).chain(categories).chain(purposes).chain(declaration).chain(units)
}

/// What may stand in braces in the text under `key`.
pub(super) fn placeholders_of(key: &str) -> &'static [&'static str] {
    match key {
        "body" | "title" | "settings_body" | "settings_title" => {
            &["controller", "customise", "purposes", "reopen", "site", "third_parties"]
        }
        "again_expired" => &["duration"],
        "group" => &["sites"],
        "third_parties" => &["controller", "customise", "site"],
        "placeholder_body" => &["category", "host"],
        "placeholder_allow" => &["category"],
        key if key.starts_with("duration.") && key != "duration.session" => &["n"],
        _ => &[],
    }
}

/// Every word in braces.
pub(super) fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| {
        let (word, _) = rest.split_once('}')?;
        let named = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        named.then_some(word)
    })
}

/// `text` with each placeholder that `value` knows filled in, in one pass: what is filled in is not looked at again.
fn fill(text: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut pieces = text.split('{');
    let mut filled = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        match piece.split_once('}').and_then(|(word, rest)| Some((value(word)?, rest))) {
            Some((value, rest)) => {
                filled.push_str(&value);
                filled.push_str(rest);
            }
            None => {
                filled.push('{');
                filled.push_str(piece);
            }
        }
    }
    filled
}

/// The English text under a key.
fn english(key: &str) -> String {
    let texts = DEFAULT_LANGUAGE.parse().ok().and_then(|english| locale::find(&english));
    texts.and_then(|mut texts| texts.remove(key)).unwrap_or_default()
}

/// All texts of one language, complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Words {
    language: Language,
    texts: locale::Texts,
}

/// What the first layer says beside fixed words.
pub(super) struct FirstLayer<'a> {
    /// Whether a choice of somebody who is signed in counts on all their devices.
    pub(super) account: bool,
    /// How long a choice holds.
    pub(super) ask_again_after: &'a Duration,
    /// Legal name of the controller.
    pub(super) controller: &'a str,
    /// The other sites on which a choice counts.
    pub(super) group: &'a [&'a GroupSite],
    /// Name of the site.
    pub(super) site: &'a str,
    /// The categories that something is asked for.
    pub(super) purposes: &'a [Category],
    /// Whether anybody but the controller takes part.
    pub(super) third_parties: bool,
}

impl Words {
    /// The built-in texts of `language`, if there are any, with `changes` over them; or the keys that are missing.
    pub(super) fn new(language: Language, changes: locale::Texts) -> Result<Self, Vec<String>> {
        let mut texts = locale::find(&language).unwrap_or_default();
        texts.extend(changes);
        // A site may have brought a language of its own before there were these words, of which the first are in no notice, and the
        // others only where a transfer is declared, or there are accounts.
        let declaration = DECLARATION.map(|key| format!("declaration.{key}"));
        for key in declaration.into_iter().chain(TRANSFERS.into_iter().chain(ACCOUNT).map(str::to_owned)) {
            texts.entry(key).or_insert_with_key(|key| {
                if key == "declaration.language" { language.to_string() } else { english(key) }
            });
        }
        let missing: Vec<_> = keys(&language).filter(|key| !texts.contains_key(key)).collect();
        if missing.is_empty() { Ok(Self { language, texts }) } else { Err(missing) }
    }

    /// The same with another text under one key.
    pub(super) fn with(&self, key: &str, text: &str) -> Self {
        let mut changed = self.clone();
        changed.texts.insert(key.to_owned(), text.to_owned());
        changed
    }

    /// The language of the texts.
    pub(super) fn language(&self) -> &Language {
        &self.language
    }

    /// The text under a key; empty only for what is no key.
    pub(super) fn text(&self, key: &str) -> &str {
        self.texts.get(key).map_or("", String::as_str)
    }

    /// Direction of writing.
    pub(super) fn direction(&self) -> Direction {
        if self.text("direction") == "rtl" { Direction::Rtl } else { Direction::Ltr }
    }

    /// A length of time in words.
    pub(super) fn duration(&self, duration: &Duration) -> String {
        let Duration::Lasting(parts) = duration else { return self.text("duration.session").to_owned() };
        let plurals = Plurals::of(&self.language);
        let parts = parts.iter().map(|(count, unit)| {
            let key = format!("duration.{}.{}", unit.as_str(), plurals.form(*count));
            fill(self.text(&key), |word| (word == "n").then(|| count.to_string()))
        });
        self.join(&parts.collect::<Vec<_>>())
    }

    /// `a, b and c`
    fn join(&self, parts: &[String]) -> String {
        match parts.split_last() {
            Some((last, rest)) if !rest.is_empty() => {
                format!("{}{}{last}", rest.join(self.text("comma")), self.text("and"))
            }
            _ => parts.concat(),
        }
    }

    /// Every word of the interface.
    pub(super) fn texts(&self, layer: &FirstLayer<'_>) -> Texts {
        let purposes: Vec<_> = layer
            .purposes
            .iter()
            .map(|category| self.text(&format!("purposes.{category}")).to_owned())
            .collect();
        let plain = |word: &str| match word {
            "controller" => Some(layer.controller.to_owned()),
            "customise" | "reopen" => Some(self.text(word).to_owned()),
            "purposes" => Some(self.join(&purposes)),
            "site" => Some(layer.site.to_owned()),
            _ => None,
        };
        let third_parties =
            if layer.third_parties { fill(self.text("third_parties"), plain) } else { String::new() };
        let filled = |key| {
            let text = fill(self.text(key), |word| {
                if word == "third_parties" { Some(third_parties.clone()) } else { plain(word) }
            });
            // A sentence that is left out leaves its space behind.
            text.replace("  ", " ").trim().to_owned()
        };
        // It is told whatever words a site has of its own.
        let told = |key, name: &dyn Fn(&GroupSite) -> String| {
            let mut text = filled(key);
            if layer.account {
                text = format!("{text} {}", self.text("account"));
            }
            if layer.group.is_empty() {
                return text;
            }
            let names: Vec<_> = layer.group.iter().map(|site| name(site)).collect();
            let group = fill(self.text("group"), |word| (word == "sites").then(|| self.join(&names)));
            format!("{text} {group}")
        };
        let text = |key| self.text(key).to_owned();
        Texts {
            accept_all: text("accept_all"),
            again_changed: text("again_changed"),
            again_expired: fill(self.text("again_expired"), |word| {
                (word == "duration").then(|| self.duration(layer.ask_again_after))
            }),
            always_active: text("always_active"),
            body: told("body", &|site| site.name.clone()),
            close: text("close"),
            column_duration: text("column_duration"),
            column_name: text("column_name"),
            column_owner: text("column_owner"),
            column_purpose: text("column_purpose"),
            cookies_none: text("cookies_none"),
            customise: text("customise"),
            hosts: text("hosts"),
            placeholder_allow: text("placeholder_allow"),
            placeholder_body: text("placeholder_body"),
            placeholder_once: text("placeholder_once"),
            privacy_policy: text("privacy_policy"),
            receipt: text("receipt"),
            reject_all: text("reject_all"),
            reopen: text("reopen"),
            save: text("save"),
            settings_body: told("settings_body", &|site| {
                let hosts =
                    site.origins.iter().map(|origin| origin.split_once("://").map_or("", |(_, host)| host));
                format!("{} ({})", site.name, hosts.collect::<Vec<_>>().join(", "))
            }),
            settings_title: filled("settings_title"),
            title: filled("title"),
            transfer_adequacy: text("transfer_adequacy"),
            transfer_binding_corporate_rules: text("transfer_binding_corporate_rules"),
            transfer_derogation: text("transfer_derogation"),
            transfer_standard_contractual_clauses: text("transfer_standard_contractual_clauses"),
            transfers: text("transfers"),
            vendors_title: text("vendors_title"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(language: &str) -> Words {
        Words::new(language.parse().unwrap(), locale::Texts::new()).unwrap()
    }

    #[test]
    fn a_language_that_was_complete_before_there_were_declarations_still_is() {
        let language: Language = "is".parse().unwrap();
        let french = locale::find(&"fr".parse().unwrap()).unwrap();
        let mut texts: locale::Texts =
            keys(&language).map(|key| (key.clone(), french.get(&key).cloned().unwrap_or_default())).collect();
        texts.retain(|key, _| !key.starts_with("declaration.") && !key.starts_with("transfer"));
        let words = Words::new(language.clone(), texts.clone()).unwrap();
        assert_eq!(words.text("declaration.language"), "is");
        assert_eq!(words.text("transfers"), english("transfers"));
        assert_eq!(words.text("declaration.kind"), english("declaration.kind"));
        assert!(!words.text("declaration.kind").is_empty());
        texts.remove("title");
        assert_eq!(Words::new(language, texts).unwrap_err(), ["title"]);
    }

    #[test]
    fn durations_read_well_in_both_languages() {
        for (text, french, english) in [
            ("session", "jusqu’à la fermeture du navigateur", "until the browser is closed"),
            ("13 months", "13 mois", "13 months"),
            ("1 year", "1 an", "1 year"),
            ("2 years", "2 ans", "2 years"),
            ("PT6H", "6 heures", "6 hours"),
            ("1 year 6 months", "1 an et 6 mois", "1 year and 6 months"),
        ] {
            let duration = text.parse().unwrap();
            assert_eq!(words("fr").duration(&duration), french);
            assert_eq!(words("en-GB").duration(&duration), english);
        }
    }

    #[test]
    fn the_first_layer_names_what_is_asked_for_and_nothing_else() {
        let layer = |purposes, third_parties| FirstLayer {
            account: false,
            ask_again_after: &Duration::Session,
            controller: "A {site} B",
            group: &[],
            site: "S",
            purposes,
            third_parties,
        };
        let english = words("en");
        let body = english.texts(&layer(&[Category::Analytics, Category::Advertisement], true)).body;
        assert!(body.contains("we (A {site} B) use"), "what is filled in is not filled again: {body}");
        assert!(body.contains("to measure our audience and show advertisements"), "{body}");
        assert!(body.contains("“Customise”") && body.contains("“Manage cookies”"), "{body}");
        let body = english.texts(&layer(&[Category::Analytics], false)).body;
        assert!(
            !body.contains("advertisements") && !body.contains("Third parties") && !body.contains("  "),
            "{body}"
        );
    }

    #[test]
    fn both_layers_name_the_sites_on_which_a_choice_counts_in_every_language() {
        let sites = ["Sport", "Radio {site}"].map(|name| GroupSite {
            id: "x".parse().unwrap(),
            name: name.to_owned(),
            origins: vec!["https://x.example:8443".to_owned(), "https://y.example".to_owned()],
        });
        for code in locale::built_in() {
            let of = |group: &[&GroupSite]| {
                words(code).texts(&FirstLayer {
                    account: false,
                    ask_again_after: &Duration::Session,
                    controller: "c",
                    group,
                    site: "s",
                    purposes: &[],
                    third_parties: false,
                })
            };
            let (alone, both) = (of(&[]), of(&[&sites[0], &sites[1]]));
            for (alone, text, named) in [
                (&alone.body, &both.body, ["Sport", "Radio {site}"]),
                (
                    &alone.settings_body,
                    &both.settings_body,
                    ["Sport (x.example:8443, y.example)", "Radio {site} ("],
                ),
            ] {
                let told = text.strip_prefix(alone.as_str()).unwrap();
                assert!(
                    told.starts_with(' ') && named.iter().all(|name| told.contains(name)),
                    "{code}: {told}"
                );
                assert!(!told.contains("{sites}"), "{code}: {told}");
            }
            assert_eq!(of(&[&sites[0]]).title, alone.title);
        }
    }

    #[test]
    fn both_layers_say_what_holds_for_who_is_signed_in_in_every_language_and_only_where_it_does() {
        let mut told = std::collections::BTreeSet::new();
        for code in locale::built_in() {
            let of = |account| {
                words(code).texts(&FirstLayer {
                    account,
                    ask_again_after: &Duration::Session,
                    controller: "c",
                    group: &[],
                    site: "s",
                    purposes: &[],
                    third_parties: false,
                })
            };
            let (off, on) = (of(false), of(true));
            let sentence = on.body.strip_prefix(off.body.as_str()).unwrap();
            assert!(sentence.len() > 60 && sentence.starts_with(' '), "{code}: {sentence}");
            assert_eq!(on.settings_body, format!("{}{sentence}", off.settings_body), "{code}");
            assert!(told.insert(sentence.to_owned()), "{code} says it in another language");
        }
    }

    #[test]
    fn the_keys_are_those_of_the_notice() {
        let layer = FirstLayer {
            account: false,
            ask_again_after: &Duration::Session,
            controller: "c",
            group: &[],
            site: "s",
            purposes: &[],
            third_parties: false,
        };
        let json = serde_json::to_value(words("fr").texts(&layer)).unwrap();
        let keys: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, TEXTS);
    }
}
