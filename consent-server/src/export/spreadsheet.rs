//! One row a decision: what people open in a spreadsheet.

use std::io::Write;

use consent_core::bundle::csv;
use consent_core::bundle::opening_line::OpeningLine;

use super::cut::{Cut, Line};
use super::{ExportError, Progress};

pub(super) fn write(cut: &Cut<'_>, out: &mut impl Write, progress: Progress<'_>) -> Result<(), ExportError> {
    let all = cut.entries();
    out.write_all(csv::header().as_bytes())?;
    cut.decisions(&mut |done| progress(done, all), |line| {
        let row = csv::row(&line.opening_line(), line.entry.time(), line.notice);
        Ok(out.write_all(row.as_bytes())?)
    })
}

impl Line<'_> {
    /// What is left of the decision, as the bundle writes it.
    pub(super) fn opening_line(&self) -> OpeningLine {
        OpeningLine {
            year: self.log.year,
            index: self.index,
            decision: self.openings.decision.clone(),
            subject: self.openings.subject.clone(),
        }
    }
}
