//! What is not declared, as TOML to paste under its site.

use std::collections::BTreeSet;

use consent_core::category::Category;

use super::address;
use super::database::Database;
use super::judge::Finding;
use super::seen::{Seen, What};
use crate::config::{render, trackers};

/// Names that many programs use, and what for. Whether they are strictly necessary depends on the site: who says so, says why.
const USUAL: [(&str, &str); 14] = [
    ("PHPSESSID", "a session of PHP"),
    ("JSESSIONID", "a session of Java"),
    ("ASP.NET_SessionId", "a session of ASP.NET"),
    ("connect.sid", "a session of Express"),
    ("sessionid", "a session of Django"),
    ("laravel_session", "a session of Laravel"),
    ("csrf", "a guard of forms"),
    ("_csrf", "a guard of forms"),
    ("csrftoken", "a guard of forms"),
    ("XSRF-TOKEN", "a guard of forms"),
    ("lang", "a setting"),
    ("locale", "a setting"),
    ("theme", "a setting"),
    ("currency", "a setting"),
];

const DAY: u64 = 86_400;

/// What is suggested for one thing.
struct Suggestion {
    name: String,
    category: Category,
    owner: String,
    purpose: String,
    why: String,
}

/// A table for each thing that is not declared; nothing if there is none. `languages` are those of the site.
pub(super) fn toml(findings: &[Finding], languages: &[&str], database: &Database) -> String {
    let (mut tables, mut done) = (String::new(), BTreeSet::new());
    for finding in findings.iter().filter(|finding| !finding.declared) {
        let Some((_, seen)) = finding.seen.first() else { continue };
        let table = match finding.what {
            What::Request => host(seen),
            _ => item(seen, languages, database),
        };
        if let Some((key, text)) = table
            && done.insert(key)
        {
            tables.push_str(&text);
        }
    }
    tables
}

fn host(seen: &Seen) -> Option<(String, String)> {
    let (host, _) = address::host(&seen.at)?;
    let known = trackers::find_host(&host);
    let category = known.map_or(Category::Advertisement, |known| known.category);
    let why = known.map_or_else(unknown, |known| format!("known: {}", known.owner));
    let name = known.map_or(host.as_str(), |known| known.pattern);
    let text = format!(
        "\n{}[[site.host]]\ncategory = \"{category}\"\nname = {}\n",
        comment(seen, &why),
        quoted(name)
    );
    Some((format!("host {name}"), text))
}

fn item(seen: &Seen, languages: &[&str], database: &Database) -> Option<(String, String)> {
    let suggestion = suggested(seen, database);
    let (kind, duration) = match seen.what {
        What::Cookie => ("", seen.lasts.map_or_else(|| "session".to_owned(), lasting)),
        // It has no end of its own.
        What::LocalStorage
        | What::IndexedDb
        | What::CacheStorage
        | What::ServiceWorker
        | What::SharedWorker => ("kind = \"local_storage\"\n", "1 year".to_owned()),
        What::SessionStorage => ("kind = \"session_storage\"\n", "session".to_owned()),
        What::Request => return None,
    };
    let purposes: String = languages
        .iter()
        .map(|language| {
            let purpose = if *language == "en" { suggestion.purpose.as_str() } else { "" };
            format!("purpose.{language} = {}\n", quoted(purpose))
        })
        .collect();
    let text = format!(
        "\n{}[[site.cookie]]\ncategory = \"{}\"\nname = {}\n{kind}owner = {}\nduration = \"{duration}\"\n{purposes}",
        comment(seen, &suggestion.why),
        suggestion.category,
        quoted(&suggestion.name),
        quoted(&suggestion.owner),
    );
    Some((format!("{kind} {}", suggestion.name), text))
}

fn suggested(seen: &Seen, database: &Database) -> Suggestion {
    let known = database.find(&seen.name, &seen.at);
    let purpose = known.as_ref().map_or_else(String::new, |known| known.purpose.clone());
    if let Some(tracker) = trackers::find(&seen.name) {
        let (name, owner) = (tracker.pattern.to_owned(), tracker.owner.to_owned());
        let why = format!("known: {owner}");
        return Suggestion { name, category: tracker.category, owner, purpose, why };
    }
    if let Some(known) = known {
        let why = "as the Open Cookie Database has it, by its name alone".to_owned();
        return Suggestion { name: known.name, category: known.category, owner: known.owner, purpose, why };
    }
    let usual = USUAL.iter().find(|(name, _)| seen.name == *name);
    let why = usual.map_or_else(unknown, |(_, what)| {
        format!("usually {what}; under `necessary` it needs a `justification`")
    });
    let category = if usual.is_some() { Category::Functional } else { Category::Advertisement };
    Suggestion { name: seen.name.clone(), category, owner: seen.at.clone(), purpose, why }
}

fn unknown() -> String {
    "not known, so the strictest category".to_owned()
}

/// Who brought it about, and why it is suggested so.
fn comment(seen: &Seen, why: &str) -> String {
    let by =
        seen.initiator.as_deref().map_or_else(|| format!("seen on {}", seen.page), |by| format!("by {by}"));
    format!("# {}; {}\n", render::clean(&by), render::clean(why))
}

/// A text as TOML has it, in one line.
fn quoted(text: &str) -> String {
    let line: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    toml::Value::String(line).to_string()
}

/// Seconds in the words of a config. The browser was asked a little after the cookie was set.
fn lasting(seconds: u64) -> String {
    let days = (seconds + DAY / 2) / DAY;
    match days {
        0 => counted((seconds / 3600).max(1), "hour"),
        days if days % 365 == 0 => counted(days / 365, "year"),
        days => counted(days.min(9999), "day"),
    }
}

fn counted(number: u64, unit: &str) -> String {
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::cli::leaks::judge::Verdict;
    use crate::cli::leaks::seen::State;
    use crate::config::{self, Duration};

    fn finding(what: What, name: &str, at: &str, lasts: Option<u64>, declared: bool) -> Finding {
        let seen = Seen {
            what,
            name: name.into(),
            at: at.into(),
            left: false,
            initiator: Some("https://tag.example/t.js\n[[site]]".into()),
            page: "https://paper.example/".into(),
            after_ms: 0,
            lasts,
        };
        let (name, seen) = (name.into(), vec![(State::Unasked, seen)]);
        Finding { code: "", verdict: Verdict::Undeclared, what, name, category: None, declared, seen }
    }

    fn suggested(findings: &[Finding], languages: &[&str]) -> String {
        toml(findings, languages, &Database::default())
    }

    #[test]
    fn what_is_suggested_is_taken_by_a_config_as_soon_as_it_says_what_for() {
        let findings = [
            finding(What::Cookie, "_ga_X1", "paper.example", Some(34_560_000), false),
            finding(What::Cookie, "_ga_X2", "paper.example", Some(34_560_000), false),
            finding(What::Cookie, "PHPSESSID", "paper.example", None, false),
            finding(What::Cookie, "odd\"\n\u{1b}name", "paper.example", Some(1), false),
            finding(What::LocalStorage, "k", "paper.example", None, false),
            finding(What::SessionStorage, "k", "paper.example", None, false),
            finding(What::Request, "www.hotjar.com", "https://www.hotjar.com/x", None, false),
            finding(What::Request, "ads.example:81", "https://ads.example:81/x", None, false),
            finding(What::Cookie, "declared", "paper.example", None, true),
        ];
        let text = suggested(&findings, &["fr", "en"]);
        let tables: toml::Table = text.parse().unwrap();
        let cookies = tables["site"]["cookie"].as_array().unwrap();
        let told: Vec<_> = cookies
            .iter()
            .map(|cookie| {
                (
                    cookie["name"].as_str().unwrap(),
                    cookie["category"].as_str().unwrap(),
                    cookie["duration"].as_str().unwrap(),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                ("_ga_*", "analytics", "400 days"),
                ("PHPSESSID", "functional", "session"),
                ("odd\"  name", "advertisement", "1 hour"),
                ("k", "advertisement", "1 year"),
                ("k", "advertisement", "session"),
            ]
        );
        let hosts = tables["site"]["host"].as_array().unwrap();
        assert_eq!(hosts[0]["name"].as_str(), Some("hotjar.com"));
        assert_eq!(hosts[1]["name"].as_str(), Some("ads.example"));

        let site = "[[site]]\nid = \"a\"\nlanguages = [\"fr\", \"en\"]\n\
            controller = { name = \"Example Ltd\", privacy_url = \"/privacy\" }\n";
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("consent.toml");
        fs::write(&path, format!("{site}{text}")).unwrap();
        assert!(config::load(&path).is_err(), "nobody has said what it is for");
        fs::write(&path, format!("{site}{}", text.replace("= \"\"", "= \"Counts.\""))).unwrap();
        let shown = config::load(&path).map_err(|found| config::render::human(&found, false));
        // A name with a quotation mark and spaces is none that a config takes.
        assert!(shown.is_err_and(|shown| shown.matches("error").count() == 1 && shown.contains("odd")));
    }

    #[test]
    fn nothing_declared_nothing_suggested() {
        assert_eq!(suggested(&[finding(What::Cookie, "a", "", None, true)], &["en"]), "");
    }

    #[test]
    fn every_length_is_one_that_a_config_takes() {
        for seconds in [0, 1, 3600, DAY / 2, DAY - 1, 30 * DAY, 365 * DAY - 5, 400 * DAY, u64::MAX / 2] {
            let text = lasting(seconds);
            assert!(text.parse::<Duration>().is_ok(), "{text}");
        }
        assert_eq!(lasting(365 * DAY - 5), "1 year");
    }
}
