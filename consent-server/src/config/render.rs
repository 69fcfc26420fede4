//! Findings as a compiler shows them, as JSON, and as other programs take them.

mod github;
mod sarif;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet, normalize_untrusted_str};
use serde_json::json;

pub(crate) use github::command;
pub use github::github;
pub use sarif::sarif;
pub(crate) use sarif::{SCHEMA, plain, uri};

use super::code::Code;
use super::diagnostic::{Diagnostic, Diagnostics, Severity};
use super::secret::may_be_in;

/// The longest piece of a source line that is shown, in bytes.
const MAX_LINE: usize = 400;

/// Every finding with its source line and what to write instead, and in the end how to read more about a code; in colour for
/// a terminal. Nothing if there is no finding.
#[must_use]
pub fn human(diagnostics: &Diagnostics, colour: bool) -> String {
    let all: Vec<_> = diagnostics.found.iter().collect();
    human_of(diagnostics, &all, colour)
}

/// The same for some of the findings.
pub(super) fn human_of(diagnostics: &Diagnostics, found: &[&Diagnostic], colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    for finding in found {
        text.push_str(&renderer.render(&[group(diagnostics, finding)]));
        text.push_str("\n\n");
    }
    if let Some(finding) = found.first() {
        let code = finding.code.as_str();
        text.push_str(&format!("more about a code, with examples: `consent check --explain {code}`\n"));
    }
    text
}

fn group<'a>(diagnostics: &'a Diagnostics, finding: &'a Diagnostic) -> Group<'a> {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(clean(&finding.message)).id(finding.code.as_str());
    let mut group = match diagnostics.place(finding).zip(finding.span.as_ref()) {
        Some((place, span)) => {
            let (line, column) = place.position();
            let (shown, from, to) = excerpt(place.text, place.byte, place.byte + span.len());
            // What should be nowhere but in its own file should not be on a terminal, or in the log of a build either.
            if finding.code == Code::Secret || may_be_in(shown) {
                title.element(Origin::path(clean(place.file)).line(line).char_column(column))
            } else {
                let mark = AnnotationKind::Primary.span(from..to);
                let snippet = Snippet::source(shown).path(clean(place.file)).line_start(line);
                title.element(snippet.annotation(mark))
            }
        }
        None => title.element(Origin::path(clean(diagnostics.sources.name()))),
    };
    group = group.element(Level::HELP.message(clean(&finding.help)));
    match finding.code.rule() {
        Some(rule) => group.element(Level::NOTE.message(rule)),
        None => group,
    }
}

/// A text, or the name of a file, as one line that moves no cursor and is no command to whoever reads the log of a build.
#[must_use]
pub fn clean(text: &str) -> String {
    normalize_untrusted_str(text).replace('\n', "␊")
}

/// The line on which `start` lies, and the part of the span that lies on it, as bytes of that line.
///
/// Only this line goes to the renderer: it would otherwise read the whole file again for every finding.
fn excerpt(source: &str, start: usize, end: usize) -> (&str, usize, usize) {
    let before = source.get(..start).unwrap_or(source);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = source.get(line_start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    let from = start.saturating_sub(line_start).min(line.len());
    let cut = floor(line, line.len().min(from.saturating_add(MAX_LINE)));
    let to = end.saturating_sub(line_start).clamp(from, cut);
    (line.get(..cut).unwrap_or_default(), floor(line, from), floor(line, to))
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// One JSON array of `{code, severity, message, file, line, column, help, rule}`, in one line; `line` and `column` count
/// from 1 and are `null` for a finding about the whole config, `rule` is `null` where no law stands behind the code.
#[must_use]
pub fn json(diagnostics: &Diagnostics) -> String {
    let rows: Vec<_> = diagnostics
        .found
        .iter()
        .map(|finding| {
            let place = diagnostics.place(finding);
            let position = place.map(|place| place.position());
            json!({
                "code": finding.code.as_str(),
                "severity": finding.severity.as_str(),
                "message": finding.message,
                "file": place.map_or(diagnostics.sources.name(), |place| place.file),
                "line": position.map(|(line, _)| line),
                "column": position.map(|(_, column)| column),
                "help": finding.help,
                "rule": finding.code.rule(),
            })
        })
        .collect();
    serde_json::Value::Array(rows).to_string()
}
