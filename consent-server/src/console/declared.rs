//! What a site declares, and what was seen of it.

use askama::Template;

use super::Frame;
use super::leaks::{Finding, Leaks, Severity, Suggested};

/// One category, with what is declared under it.
#[derive(Clone, Debug)]
pub(crate) struct DeclaredSection {
    pub(crate) title: String,
    pub(crate) category: &'static str,
    /// What it waits for.
    pub(crate) rule: &'static str,
    pub(crate) description: String,
    pub(crate) items: Vec<DeclaredItem>,
    pub(crate) hosts: Vec<(String, Option<String>)>,
    /// Name, purpose, and who runs it.
    pub(crate) services: Vec<(String, String, Option<String>)>,
    /// Name, address of its policy, and the countries with what protects data there.
    pub(crate) vendors: Vec<(String, String, Vec<String>)>,
}

/// A cookie or a key.
#[derive(Clone, Debug)]
pub(crate) struct DeclaredItem {
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    pub(crate) owner: String,
    pub(crate) purpose: String,
    pub(crate) duration: String,
    pub(crate) service: Option<String>,
}

/// A report that was sent.
#[derive(Clone, Debug)]
pub(crate) struct LeaksShown {
    /// When it was sent.
    pub(crate) at: String,
    pub(crate) leaks: Leaks,
    pub(crate) suggested: Vec<Suggested>,
    /// Whether the notice by which it was judged is in force.
    pub(crate) is_of_now: bool,
}

impl LeaksShown {
    fn findings(&self) -> Vec<&Finding> {
        let mut all: Vec<_> = self.leaks.findings.iter().collect();
        all.sort_by_key(|finding| finding.severity != Severity::Error);
        all
    }

    fn errors(&self) -> usize {
        self.leaks.findings.iter().filter(|finding| finding.severity == Severity::Error).count()
    }
}

impl Finding {
    fn level(&self) -> &'static str {
        if self.severity == Severity::Error { "error" } else { "warning" }
    }
}

/// What a site declares, and the last report of leaks.
#[derive(Template)]
#[template(path = "console/declaration.html")]
pub(crate) struct DeclarationPage {
    pub(crate) frame: Frame,
    pub(crate) site: String,
    /// Where its pages are, if the config says so.
    pub(crate) origin: Option<String>,
    pub(crate) language: String,
    pub(crate) languages: Vec<String>,
    /// `ltr` or `rtl`.
    pub(crate) direction: &'static str,
    pub(crate) sections: Vec<DeclaredSection>,
    pub(crate) report: Option<LeaksShown>,
    /// Why a report was not taken.
    pub(crate) problem: Option<String>,
}
