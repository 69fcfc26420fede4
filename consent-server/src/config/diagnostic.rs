//! What is wrong with a config, and where.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

use super::code::Code;
use super::held::Mark;
use super::sources::{Place, Sources};

/// The most findings that are told at once.
pub const MAX_FINDINGS: usize = 1000;

/// Whether a finding stops the server from starting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing is published.
    Error,
    /// Somebody should look at it.
    Warning,
}

impl Severity {
    /// `error` or `warning`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What kind.
    pub code: Code,
    /// What to write instead.
    pub help: String,
    /// What is wrong, in one line.
    pub message: String,
    /// How bad.
    pub severity: Severity,
    /// Bytes of [`Diagnostics::sources`]; `None` if it is about the config as a whole.
    pub span: Option<Range<usize>>,
}

/// All findings about a config, in the order of its files, with the texts that they point into.
#[derive(Clone, PartialEq, Eq)]
pub struct Diagnostics {
    /// The findings.
    pub found: Vec<Diagnostic>,
    /// What the spans count in.
    pub sources: Sources,
}

impl Diagnostics {
    /// How many findings are errors.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.found.iter().filter(|finding| finding.severity == Severity::Error).count()
    }

    /// How many findings are warnings.
    #[must_use]
    pub fn warnings(&self) -> usize {
        self.found.len() - self.errors()
    }

    /// Where a finding is; `None` if it is about the config as a whole.
    #[must_use]
    pub fn place(&self, finding: &Diagnostic) -> Option<Place<'_>> {
        finding.span.as_ref().map(|span| self.sources.place(span.start))
    }
}

impl fmt::Debug for Diagnostics {
    /// Without the texts, which may be large.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Diagnostics").field("file", &self.sources.name()).field("found", &self.found).finish()
    }
}

impl fmt::Display for Diagnostics {
    /// As a terminal without colours shows them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&super::render::human(self, false))
    }
}

impl std::error::Error for Diagnostics {}

/// What is said of a config that has to do with what stands in it.
pub(super) const NAMES_FILE: &str = "it names a file, and no file is read for a config that is only tried";
const NAMES_VARIABLE: &str =
    "it names a variable of the environment, and none is read for a config that is only tried";
pub(super) const LEAVE_OUT: &str =
    "leave that key out while you try it: `consent check` reads the whole config where it is";

/// How many findings are kept until they are put in order; of errors twice as many, so that one is seen behind any number of warnings.
const MAX_COLLECTED: usize = 10 * MAX_FINDINGS;

/// The most bytes of a message, and of its help.
const MAX_SAID: usize = 2000;

fn shortened(mut text: String) -> String {
    if text.len() > MAX_SAID {
        text.truncate(text.floor_char_boundary(MAX_SAID));
        text.push('…');
    }
    text
}

/// Collects findings while a config is read.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// Files that were read into the config, each with what it held just before.
    beside: BTreeMap<PathBuf, Mark>,
    found: Vec<Diagnostic>,
    /// Whether it has to do with what stands in it: nothing outside is read then.
    is_closed: bool,
    /// Where the keys begin that are written for more than one site.
    shared: HashSet<usize>,
}

impl Report {
    /// For a config that comes from somebody who may not read the files of this machine: it has no others beside it.
    pub(super) fn closed() -> Self {
        Self { is_closed: true, ..Self::default() }
    }

    /// Notes that the key at `span` is written for more than one site.
    pub(super) fn share(&mut self, span: &Range<usize>) {
        self.shared.insert(span.start);
    }

    /// Whether the key at `span` is written for more than one site, so that it may say more than one of them needs.
    pub(super) fn is_shared(&self, span: &Range<usize>) -> bool {
        self.shared.contains(&span.start)
    }

    /// Notes that the file at `path` is about to be read into the config, and gives the path back. What is noted may be older
    /// than what is read, never newer: a change in between is seen by whoever looks again.
    pub(super) fn reads(&mut self, path: PathBuf) -> PathBuf {
        if self.is_closed {
            self.file_error(Code::Files, NAMES_FILE.to_owned(), LEAVE_OUT);
            // No system opens a path with this in it.
            return PathBuf::from("\0");
        }
        self.beside.entry(path.clone()).or_insert_with(|| Mark::of(&path));
        path
    }

    /// What a variable of the environment holds.
    pub(super) fn variable(&mut self, name: &str) -> Option<String> {
        if self.is_closed {
            self.file_error(Code::Files, NAMES_VARIABLE.to_owned(), LEAVE_OUT);
            return None;
        }
        std::env::var(name).ok()
    }

    /// What was noted of files that were read.
    pub(super) fn take_beside(&mut self) -> Vec<(PathBuf, Mark)> {
        std::mem::take(&mut self.beside).into_iter().collect()
    }

    /// What was found so far.
    pub(super) fn found(&self) -> &[Diagnostic] {
        &self.found
    }

    /// Whether an error was found.
    pub(super) fn has_error(&self) -> bool {
        self.found.iter().any(|finding| finding.severity == Severity::Error)
    }

    pub(super) fn error(&mut self, code: Code, span: Range<usize>, message: String, help: impl Into<String>) {
        self.push(Severity::Error, code, Some(span), message, help.into());
    }

    pub(super) fn warning(
        &mut self,
        code: Code,
        span: Range<usize>,
        message: String,
        help: impl Into<String>,
    ) {
        self.push(Severity::Warning, code, Some(span), message, help.into());
    }

    pub(super) fn say(
        &mut self,
        severity: Severity,
        code: Code,
        span: Range<usize>,
        message: String,
        help: impl Into<String>,
    ) {
        self.push(severity, code, Some(span), message, help.into());
    }

    pub(super) fn file_error(&mut self, code: Code, message: String, help: impl Into<String>) {
        self.push(Severity::Error, code, None, message, help.into());
    }

    fn push(
        &mut self,
        severity: Severity,
        code: Code,
        span: Option<Range<usize>>,
        message: String,
        help: String,
    ) {
        // Names in a config may be as long as it is, and there may be very many: what is said of it must not be much more.
        let most = if severity == Severity::Error { MAX_COLLECTED * 2 } else { MAX_COLLECTED };
        if self.found.len() < most {
            let (help, message) = (shortened(help), shortened(message));
            self.found.push(Diagnostic { code, help, message, severity, span });
        }
    }

    /// The findings in the order of the files, at most [`MAX_FINDINGS`]: of more, the errors first. What is wrong where it is
    /// written for many sites is told once.
    pub(super) fn into_diagnostics(mut self, sources: Sources) -> Diagnostics {
        let place = |finding: &Diagnostic| (finding.span.as_ref().map_or(0, |span| span.start), finding.code);
        let mut seen = HashSet::new();
        self.found.retain(|found| seen.insert((found.span.clone(), found.code, found.message.clone())));
        self.found.sort_by_key(|finding| (finding.severity, place(finding)));
        self.found.truncate(MAX_FINDINGS);
        self.found.sort_by_key(place);
        Diagnostics { found: self.found, sources }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_much_is_wrong_little_is_kept_and_an_error_is_among_it() {
        let mut report = Report::default();
        for at in 0..3 * MAX_COLLECTED {
            report.warning(Code::DuplicateItem, at..at, "é".repeat(MAX_SAID), "h");
        }
        assert!(report.found().len() == MAX_COLLECTED && !report.has_error());
        report.error(Code::DuplicateItem, 0..0, "e".to_owned(), "h");
        assert!(report.has_error());
        assert!(report.found().iter().all(|found| found.message.len() <= MAX_SAID + 3));
    }
}
