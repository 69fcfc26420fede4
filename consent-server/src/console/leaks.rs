//! A report of `consent leaks --format json`, as somebody sends it: nothing in it is believed to be what it says, and all of it has limits.

use consent_core::category::Category;
use consent_core::notice::NoticeId;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

/// The most bytes of a report: five states with 5,000 things each have less.
pub(crate) const MOST_BYTES: usize = 16 * 1024 * 1024;

/// The most findings, and of each the most places.
const MOST_FINDINGS: usize = 1000;
const MOST_SEEN: usize = 16;

/// The most states.
const MOST_STATES: usize = 8;

/// The longest text, in bytes, but for the TOML.
const LONGEST: usize = 2000;
const LONGEST_TOML: usize = 256 * 1024;

/// What of a report is shown, and so is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Leaks {
    pub(crate) url: String,
    pub(crate) site: String,
    pub(crate) notice: NoticeId,
    pub(crate) pages: u64,
    pub(crate) passes: bool,
    pub(crate) states: Vec<Stage>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) toml: String,
}

/// What the visitor has said, and what was there then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stage {
    pub(crate) state: State,
    pub(crate) granted: Vec<Category>,
    /// How many things were there.
    pub(crate) seen: usize,
    /// Why it could not be reached.
    pub(crate) failed: Option<String>,
}

/// One thing that should not have been.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Finding {
    pub(crate) code: String,
    pub(crate) severity: Severity,
    pub(crate) category: Option<Category>,
    pub(crate) declared: bool,
    pub(crate) message: String,
    pub(crate) help: String,
    pub(crate) seen: Vec<Seen>,
}

/// Where and when it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seen {
    pub(crate) state: State,
    pub(crate) page: String,
    pub(crate) initiator: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    Unasked,
    Gpc,
    Refused,
    Accepted,
    Withdrawn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Severity {
    Error,
    Warning,
}

/// What is not declared, as the report suggests it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Suggested {
    pub(crate) what: String,
    pub(crate) name: String,
    pub(crate) category: String,
    pub(crate) owner: String,
    pub(crate) duration: String,
}

impl State {
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Unasked => "before a choice",
            Self::Gpc => "with Global Privacy Control",
            Self::Refused => "after a refusal",
            Self::Accepted => "after everything was granted",
            Self::Withdrawn => "after that was withdrawn",
        }
    }
}

/// The report as it is sent, with as much of it as has to be there.
#[derive(Deserialize)]
struct Sent {
    url: String,
    site: String,
    notice: NoticeId,
    pages: u64,
    passes: bool,
    states: Vec<SentStage>,
    findings: Vec<Finding>,
    toml: String,
}

#[derive(Deserialize)]
struct SentStage {
    state: State,
    granted: Vec<Category>,
    seen: Vec<IgnoredAny>,
    failed: Option<String>,
}

impl Leaks {
    /// Reads a report about a site.
    ///
    /// # Errors
    /// What is wrong with it, in one sentence.
    pub(crate) fn read(bytes: &[u8], site: &str) -> Result<Self, String> {
        if bytes.is_empty() {
            return Err("No file was chosen.".to_owned());
        }
        let sent: Sent = serde_json::from_slice(bytes).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            format!("This is no report of `consent leaks --format json`: line {line}, column {column} is not as it is written there.")
        })?;
        let read = Self::of(sent);
        if read.site != site {
            return Err("This is the report of another site: send it on the page of that one.".to_owned());
        }
        if !read.fits() {
            return Err(
                "This report has longer texts, or more of them, than `consent leaks` writes.".to_owned()
            );
        }
        if read.toml.parse::<toml::Table>().is_err() {
            return Err("What this report suggests to declare is no TOML.".to_owned());
        }
        Ok(read)
    }

    fn of(sent: Sent) -> Self {
        let stage =
            |SentStage { state, granted, seen, failed }| Stage { state, granted, seen: seen.len(), failed };
        let Sent { url, site, notice, pages, passes, states, findings, toml } = sent;
        Self {
            url,
            site,
            notice,
            pages,
            passes,
            states: states.into_iter().map(stage).collect(),
            findings,
            toml,
        }
    }

    fn fits(&self) -> bool {
        let finding = |finding: &Finding| {
            let texts = [&finding.code, &finding.message, &finding.help].into_iter();
            let places =
                finding.seen.iter().flat_map(|seen| std::iter::once(&seen.page).chain(&seen.initiator));
            finding.seen.len() <= MOST_SEEN && texts.chain(places).all(|text| text.len() <= LONGEST)
        };
        let stage = |stage: &Stage| {
            stage.granted.len() <= Category::ALL.len()
                && stage.failed.as_ref().is_none_or(|why| why.len() <= LONGEST)
        };
        self.findings.len() <= MOST_FINDINGS
            && self.states.len() <= MOST_STATES
            && self.url.len() <= LONGEST
            && self.toml.len() <= LONGEST_TOML
            && self.findings.iter().all(finding)
            && self.states.iter().all(stage)
    }

    /// What is not declared: the tables that are to be pasted, one a line.
    pub(crate) fn suggested(&self) -> Vec<Suggested> {
        let table: toml::Table = self.toml.parse().unwrap_or_default();
        let Some(site) = table.get("site").and_then(toml::Value::as_table) else { return Vec::new() };
        let of = |key| site.get(key).and_then(toml::Value::as_array).into_iter().flatten();
        let row = |usual: &str, item: &toml::Value| {
            let text = |key| item.get(key).and_then(toml::Value::as_str).unwrap_or_default().to_owned();
            let what = match text("kind").as_str() {
                "local_storage" => "localStorage key",
                "session_storage" => "sessionStorage key",
                _ => usual,
            };
            let (name, category, owner) = (text("name"), text("category"), text("owner"));
            Suggested { what: what.to_owned(), name, category, owner, duration: text("duration") }
        };
        of("cookie").map(|item| row("cookie", item)).chain(of("host").map(|item| row("host", item))).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn report() -> Value {
        json!({
            "url": "https://paper.example/", "site": "paper", "notice": "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
            "pages": 2, "passes": false,
            "states": [{ "state": "unasked", "granted": ["necessary"], "seen": [{}, {}], "failed": null }],
            "findings": [{ "code": "leak-cookie", "severity": "error", "what": "cookie", "name": "_ga", "category": "analytics",
                "declared": false, "message": "cookie `_ga`: before consent", "help": "let it wait",
                "seen": [{ "state": "unasked", "at": "paper.example", "page": "https://paper.example/", "initiator": null,
                    "left": false, "after_ms": 7 }] }],
            "toml": "[[site.cookie]]\ncategory = \"analytics\"\nname = \"_ga\"\nowner = \"A\"\nduration = \"2 years\"\n\
                [[site.host]]\ncategory = \"advertisement\"\nname = \"ads.example\"\n",
        })
    }

    fn read(report: &Value) -> Result<Leaks, String> {
        Leaks::read(report.to_string().as_bytes(), "paper")
    }

    #[test]
    fn a_report_is_read_and_what_it_suggests_is_a_table() {
        let leaks = read(&report()).unwrap();
        assert_eq!((leaks.states[0].seen, leaks.findings[0].seen.len()), (2, 1));
        let told: Vec<_> =
            leaks.suggested().into_iter().map(|one| (one.what, one.name, one.category)).collect();
        let row =
            |what: &str, name: &str, category: &str| (what.to_owned(), name.to_owned(), category.to_owned());
        assert_eq!(told, [row("cookie", "_ga", "analytics"), row("host", "ads.example", "advertisement")]);
        let again: Leaks = serde_json::from_slice(&serde_json::to_vec(&leaks).unwrap()).unwrap();
        assert_eq!(again, leaks);
    }

    #[test]
    fn what_is_no_report_of_this_site_is_refused_and_said_why() {
        let changed = |pointer: &str, value: Value| {
            let mut report = report();
            *report.pointer_mut(pointer).unwrap() = value;
            read(&report).unwrap_err()
        };
        for (pointer, value, why) in [
            ("/site", json!("other"), "another site"),
            ("/notice", json!("short"), "no report"),
            ("/pages", json!(-1), "no report"),
            ("/states/0/state", json!("asleep"), "no report"),
            ("/findings/0/severity", json!("fatal"), "no report"),
            ("/findings/0/category", json!("<b>"), "no report"),
            ("/findings/0/message", json!("a".repeat(LONGEST + 1)), "longer texts"),
            ("/findings/0/seen/0/page", json!("a".repeat(LONGEST + 1)), "longer texts"),
            ("/findings/0/seen/0/initiator", json!("a".repeat(LONGEST + 1)), "longer texts"),
            ("/states/0/failed", json!("a".repeat(LONGEST + 1)), "longer texts"),
            ("/url", json!("a".repeat(LONGEST + 1)), "longer texts"),
            ("/toml", json!("a".repeat(LONGEST_TOML + 1)), "longer texts"),
            ("/toml", json!("[[site"), "no TOML"),
            ("/findings", json!(vec![report()["findings"][0].clone(); MOST_FINDINGS + 1]), "longer texts"),
            ("/states", json!(vec![report()["states"][0].clone(); MOST_STATES + 1]), "longer texts"),
        ] {
            let said = changed(pointer, value);
            assert!(said.contains(why), "{pointer}: {said}");
        }
        for odd in ["", "[]", "{}", "<svg onload=alert(1)>", "\u{0}", &"[".repeat(100_000)] {
            assert!(Leaks::read(odd.as_bytes(), "paper").is_err(), "{odd:.20}");
        }
    }
}
