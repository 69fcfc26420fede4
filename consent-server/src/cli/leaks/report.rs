//! What was found, for people and for programs.

use std::fmt::Write as _;

use consent_core::category::Category;
use consent_core::notice::NoticeId;
use serde_json::{Value, json};

use super::super::check::count;
use super::judge::{Finding, Judged, Rules, Verdict, findings};
use super::seen::{State, What};
use super::tour::Visited;
use crate::config::render::{clean, command};

/// Everything that a run has to say.
#[derive(Debug)]
pub(super) struct Report {
    /// The site's id, and its name for people.
    pub(super) site: (String, String),
    /// The notice by which it was judged.
    pub(super) notice: NoticeId,
    /// The address that was named.
    pub(super) url: String,
    /// How many pages were opened.
    pub(super) pages: usize,
    /// The states, in the order in which they were visited.
    pub(super) states: Vec<Stage>,
    /// What should not have been.
    pub(super) findings: Vec<Finding>,
    /// What is not declared, as TOML.
    pub(super) toml: String,
    /// Whether what is not declared counts, too.
    pub(super) strict: bool,
}

/// One state.
#[derive(Debug)]
pub(super) struct Stage {
    /// Which one.
    pub(super) state: State,
    /// What is granted in it.
    pub(super) granted: Vec<Category>,
    /// What was seen, judged.
    pub(super) judged: Vec<Judged>,
    /// A picture of the first page, WebP in base64.
    pub(super) picture: Option<String>,
    /// Why it could not be reached.
    pub(super) failed: Option<String>,
}

/// Judges what was seen in all states.
pub(super) fn stages(rules: &Rules, visited: Vec<Visited>) -> (Vec<Stage>, Vec<Finding>) {
    let stages: Vec<_> = visited
        .into_iter()
        .map(|Visited { state, seen, picture, failed }| {
            let choices = rules.choices(state);
            let granted = Category::ALL.into_iter().filter(|category| choices.allows(*category)).collect();
            Stage { state, granted, judged: rules.judge(state, seen), picture, failed }
        })
        .collect();
    let all: Vec<_> = stages.iter().flat_map(|stage| &stage.judged).cloned().collect();
    let found = findings(&all);
    (stages, found)
}

impl Report {
    /// Leaks, states that could not be reached, and what is not declared: how many of each.
    pub(super) fn counts(&self) -> (usize, usize, usize) {
        let leaks = self.findings.iter().filter(|finding| finding.verdict == Verdict::Leak).count();
        let failed = self.states.iter().filter(|stage| stage.failed.is_some()).count();
        (leaks, failed, self.findings.len() - leaks)
    }

    /// Whether everything is as it should be.
    pub(super) fn passes(&self) -> bool {
        let (leaks, failed, undeclared) = self.counts();
        leaks + failed == 0 && (undeclared == 0 || !self.strict)
    }

    /// For a terminal, or the log of a build.
    pub(super) fn human(&self) -> String {
        let mut text = String::new();
        for stage in &self.states {
            let granted: Vec<_> = stage.granted.iter().map(|category| category.as_str()).collect();
            let _ = writeln!(text, "{} (granted: {})", stage.state.as_str(), granted.join(", "));
            for one in &stage.judged {
                let _ = writeln!(text, "  {}", line(one));
            }
            if stage.judged.is_empty() && stage.failed.is_none() {
                text.push_str("  nothing\n");
            }
        }
        text.push('\n');
        for (state, why) in self.failures() {
            let _ = writeln!(text, "error[not-reached]: {}: {}\n", state.as_str(), clean(why));
        }
        for finding in &self.findings {
            let level = self.level(finding);
            let _ = writeln!(text, "{level}[{}]: {}", finding.code, clean(&finding.message()));
            for (state, seen) in &finding.seen {
                let by = seen.initiator.as_ref().map_or_else(String::new, |by| format!(", by {by}"));
                let _ = writeln!(text, "  --> {}: {}{}", state.as_str(), clean(&seen.page), clean(&by));
            }
            let _ = writeln!(text, "  = help: {}\n", finding.help());
        }
        if !self.toml.is_empty() {
            let _ = writeln!(
                text,
                "what is not declared, to paste under [[site]] `{}`:\n{}",
                self.site.0, self.toml
            );
        }
        let _ = writeln!(text, "{}: {}", clean(&self.url), self.summary());
        text
    }

    /// One sentence.
    pub(super) fn summary(&self) -> String {
        let (leaks, failed, undeclared) = self.counts();
        let mut parts =
            vec![format!("{} in {} states", count(self.pages, "page"), self.states.len() - failed)];
        if failed > 0 {
            parts.push(format!("{} could not be reached", count(failed, "state")));
        }
        parts.push(if leaks == 0 { "no leak".to_owned() } else { count(leaks, "leak") });
        if undeclared > 0 {
            parts.push(format!("{undeclared} not declared"));
        }
        parts.join(", ")
    }

    /// Workflow commands of GitHub Actions, as `consent check` has them. A page is no file: all stand at the config.
    pub(super) fn github(&self, config: &str) -> String {
        let unreached = self.failures().map(|(state, why)| {
            let text = format!("{}: {}", state.as_str(), clean(why));
            command("error", config, None, "not-reached", &text)
        });
        let found = self.findings.iter().map(|finding| {
            let mut text = clean(&finding.message());
            for (state, seen) in &finding.seen {
                let by = seen.initiator.as_ref().map_or_else(String::new, |by| format!(", by {by}"));
                text.push('\n');
                text.push_str(&clean(&format!("{}: {}{by}", state.as_str(), seen.page)));
            }
            let _ = write!(text, "\n{}", finding.help());
            command(self.level(finding), config, None, finding.code, &text)
        });
        unreached.chain(found).collect()
    }

    /// States that could not be reached, and why.
    pub(super) fn failures(&self) -> impl Iterator<Item = (State, &str)> {
        self.states.iter().filter_map(|stage| Some((stage.state, stage.failed.as_deref()?)))
    }

    /// Whether a finding is an error here.
    pub(super) fn level(&self, finding: &Finding) -> &'static str {
        if finding.verdict == Verdict::Leak || self.strict { "error" } else { "warning" }
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        let states: Vec<_> = self
            .states
            .iter()
            .map(|stage| {
                json!({ "state": stage.state, "granted": stage.granted, "seen": stage.judged, "failed": stage.failed })
            })
            .collect();
        let findings: Vec<_> = self
            .findings
            .iter()
            .map(|finding| {
                let seen: Vec<_> = finding
                    .seen
                    .iter()
                    .map(|(state, seen)| {
                        json!({ "state": state, "at": seen.at, "page": seen.page, "initiator": seen.initiator,
                            "left": seen.left, "after_ms": seen.after_ms })
                    })
                    .collect();
                json!({ "code": finding.code, "severity": self.level(finding), "what": finding.what, "name": finding.name,
                    "category": finding.category, "declared": finding.declared, "message": finding.message(),
                    "help": finding.help(), "seen": seen })
            })
            .collect();
        json!({ "url": self.url, "site": self.site.0, "notice": self.notice, "pages": self.pages, "passes": self.passes(),
            "states": states, "findings": findings, "toml": self.toml })
    }
}

/// One thing in one line.
fn line(one: &Judged) -> String {
    let verdict = match one.verdict {
        Verdict::Leak => "LEAK",
        Verdict::Undeclared => "undeclared",
        Verdict::Fine => "fine",
    };
    let category = one.category.map_or("-", Category::as_str);
    let what = if one.seen.what == What::Request { &one.seen.at } else { &one.seen.name };
    let by = one.seen.initiator.as_ref().map_or_else(String::new, |by| format!(", by {by}"));
    let left = if one.seen.left { ", there before" } else { "" };
    clean(&format!("{verdict:10} {category:13} {} {what}{left}{by}", one.seen.what.words()))
}

#[cfg(test)]
mod tests {
    use super::super::seen::Seen;
    use super::*;

    #[test]
    fn each_finding_is_one_command_at_the_config_whatever_its_name_is() {
        let seen = Seen {
            what: What::IndexedDb,
            name: "a\n::error::b".into(),
            at: "paper.example".into(),
            left: false,
            initiator: Some("https://tag.example/t.js".into()),
            page: "https://paper.example/".into(),
            after_ms: 1,
            lasts: None,
        };
        let finding = Finding {
            code: "undeclared-storage",
            verdict: Verdict::Undeclared,
            what: seen.what,
            name: seen.name.clone(),
            category: None,
            declared: false,
            seen: vec![(State::Unasked, seen)],
        };
        let (state, failed) = (State::Refused, Some("no button".to_owned()));
        let stage = Stage { state, granted: Vec::new(), judged: Vec::new(), picture: None, failed };
        let mut report = Report {
            site: ("paper".into(), "Paper".into()),
            notice: NoticeId(consent_core::digest::Digest::of(b"")),
            url: "https://paper.example/".into(),
            pages: 1,
            states: vec![stage],
            findings: vec![finding],
            toml: String::new(),
            strict: false,
        };
        let text = report.github("a,b.toml");
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "::error file=a%2Cb.toml,title=not-reached::refused: no button");
        let start = "::warning file=a%2Cb.toml,title=undeclared-storage::IndexedDB database `a␊::error::b` is not declared%0A\
            unasked: https://paper.example/, by https://tag.example/t.js%0Adeclare it";
        assert!(lines[1].starts_with(start), "{text}");
        assert_eq!(lines.len(), 2);
        // The console takes what is written here.
        let kept = crate::console::Leaks::read(report.json().to_string().as_bytes(), "paper").unwrap();
        assert_eq!((kept.findings.len(), kept.states.len(), kept.findings[0].seen.len()), (1, 1, 1));
        report.strict = true;
        assert!(report.github("c").contains("\n::error file=c,title=undeclared-storage::"));
    }
}
