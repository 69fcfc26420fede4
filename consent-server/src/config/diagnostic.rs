//! What is wrong with a config, and where.

use std::fmt;
use std::ops::Range;

use super::code::Code;

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
    /// Bytes of the source; `None` if it is about the file as a whole.
    pub span: Option<Range<usize>>,
}

/// All findings about one file, in the order of the file, with the text that they point into.
#[derive(Clone, PartialEq, Eq)]
pub struct Diagnostics {
    /// The file as the user named it.
    pub file: String,
    /// The findings.
    pub found: Vec<Diagnostic>,
    /// What the spans count in.
    pub source: String,
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

    /// Line and column of a byte of the source, both from 1; the column counts characters.
    #[must_use]
    pub fn position(&self, byte: usize) -> (usize, usize) {
        let before = self.source.get(..byte).unwrap_or(&self.source);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.matches('\n').count() + 1;
        (line, before.get(line_start..).map_or(0, |text| text.chars().count()) + 1)
    }
}

impl fmt::Debug for Diagnostics {
    /// Without the source, which may be large.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Diagnostics").field("file", &self.file).field("found", &self.found).finish()
    }
}

impl fmt::Display for Diagnostics {
    /// As a terminal without colours shows them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&super::render::human(self, false))
    }
}

impl std::error::Error for Diagnostics {}

/// Collects findings while a file is read.
#[derive(Debug, Default)]
pub(super) struct Report {
    found: Vec<Diagnostic>,
}

impl Report {
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
        self.found.push(Diagnostic { code, help, message, severity, span });
    }

    /// The findings in the order of the file, at most [`MAX_FINDINGS`]: of more, the errors first.
    pub(super) fn into_diagnostics(mut self, file: &str, source: String) -> Diagnostics {
        let place = |finding: &Diagnostic| (finding.span.as_ref().map_or(0, |span| span.start), finding.code);
        self.found.sort_by_key(|finding| (finding.severity, place(finding)));
        self.found.truncate(MAX_FINDINGS);
        self.found.sort_by_key(place);
        self.found.dedup();
        Diagnostics { file: file.to_owned(), found: self.found, source }
    }
}
