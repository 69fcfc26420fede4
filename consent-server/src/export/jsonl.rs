//! One JSON object a decision, in the order of the log: what programs read.

use std::io::Write;

use crate::history::PastDecision;

use super::cut::Cut;
use super::{ExportError, Progress};

pub(super) fn write(cut: &Cut<'_>, out: &mut impl Write, progress: Progress<'_>) -> Result<(), ExportError> {
    let all = cut.entries();
    cut.decisions(&mut |done| progress(done, all), |line| {
        let past =
            PastDecision::new(line.log.year, line.index, line.entry.time(), line.notice, line.openings)?;
        serde_json::to_writer(&mut *out, &past).map_err(std::io::Error::from)?;
        Ok(out.write_all(b"\n")?)
    })
}
