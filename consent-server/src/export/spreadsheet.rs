//! One row for each decision of which something is left: what people open in a spreadsheet.

use std::io::Write;

use consent_core::bundle::csv;
use consent_core::bundle::opening_line::OpeningLine;

use super::cut::{Cut, Line};
use super::{ExportError, Progress};
use crate::store::Openings;

pub(super) fn write(cut: &Cut<'_>, out: &mut impl Write, progress: Progress<'_>) -> Result<(), ExportError> {
    let all = cut.entries();
    out.write_all(csv::header().as_bytes())?;
    cut.decisions(&mut |done| progress(done, all), |line| {
        let Some(opening) = line.opening_line() else { return Ok(()) };
        Ok(out.write_all(csv::row(&opening, line.entry.time(), line.notice).as_bytes())?)
    })
}

impl Line<'_> {
    /// What is left of the decision, as the bundle writes it; `None` if nothing is.
    pub(super) fn opening_line(&self) -> Option<OpeningLine> {
        let Openings { decision, subject } = self.openings.clone();
        let left = decision.is_some() || subject.is_some();
        left.then_some(OpeningLine { year: self.log.year, index: self.index, decision, subject })
    }
}
