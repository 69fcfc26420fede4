//! One row for each decision of which something is left: what people open in a spreadsheet.
//!
//! The rows are those of the bundle's `decisions.csv`, which the verifier computes again; a file that leaves the server
//! alone has more columns at the end of each row. Lines before the header would say it once only, but every program that
//! reads tables would take them for the header.

use std::io::Write;

use consent_core::bundle::csv;
use consent_core::bundle::opening_line::OpeningLine;

use super::cut::{Cut, Line};
use super::facts::{Counted, Facts, Head};
use super::{ExportError, Progress};
use crate::store::Openings;

const COLUMNS: [&str; 8] = [
    "Export: site",
    "Export: from",
    "Export: to",
    "Export: made at",
    "Export: rows",
    "Export: log",
    "Export: size of the log's head",
    "Export: root of the log's head",
];

/// How a row of the bundle ends.
const END: &str = "\r\n";

pub(super) fn write(cut: &Cut<'_>, out: &mut impl Write, progress: Progress<'_>) -> Result<(), ExportError> {
    let all = cut.entries();
    // Each row says how many there are, so they are counted first.
    let mut counted = Counted::default();
    cut.decisions(&mut |done| progress(done, all * 2), |line| {
        counted.add(line.is_erased());
        Ok(())
    })?;
    let facts = Facts::of(cut);
    let suffixes: Vec<_> = facts.heads.iter().map(|head| suffix(&facts, counted, head)).collect();
    write_row(out, &csv::header(), &cells(&COLUMNS.map(str::to_owned)))?;
    cut.decisions(&mut |done| progress(all + done, all * 2), |line| {
        let Some(opening) = line.opening_line() else { return Ok(()) };
        let row = csv::row(&opening, line.entry.time(), line.notice);
        let log = cut.heads.iter().position(|(log, _)| log == line.log);
        write_row(out, &row, log.and_then(|log| suffixes.get(log)).map_or("", String::as_str))
    })
}

fn write_row(out: &mut impl Write, row: &str, suffix: &str) -> Result<(), ExportError> {
    out.write_all(row.strip_suffix(END).unwrap_or(row).as_bytes())?;
    out.write_all(suffix.as_bytes())?;
    Ok(out.write_all(END.as_bytes())?)
}

/// What every row of one log ends with.
fn suffix(facts: &Facts<'_>, counted: Counted, head: &Head<'_>) -> String {
    cells(&[
        facts.site.to_owned(),
        facts.from.clone().unwrap_or_default(),
        facts.to.clone().unwrap_or_default(),
        facts.made_at.clone(),
        (counted.decisions - counted.erased).to_string(),
        head.log.to_string(),
        head.size.to_string(),
        head.root.clone(),
    ])
}

fn cells(texts: &[String; COLUMNS.len()]) -> String {
    texts.iter().map(|text| format!(",{}", csv::cell(text))).collect()
}

impl Line<'_> {
    /// Whether nothing is left behind the entry.
    pub(super) fn is_erased(&self) -> bool {
        self.openings == Openings::default()
    }

    /// What is left of the decision, as the bundle writes it; `None` if nothing is.
    pub(super) fn opening_line(&self) -> Option<OpeningLine> {
        let Openings { decision, subject } = self.openings.clone();
        let left = decision.is_some() || subject.is_some();
        left.then_some(OpeningLine { year: self.log.year, index: self.index, decision, subject })
    }
}
