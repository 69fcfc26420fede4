//! One JSON object a line, in the order of the log: what programs read.
//!
//! The first line says what the file is (`"kind":"export"`), the last one how many decisions it has (`"kind":"end"`), so
//! a file that was cut short is noticed. Every line between them is a decision.

use std::io::Write;

use serde::Serialize;

use crate::history::PastDecision;

use super::cut::Cut;
use super::facts::{Counted, Facts};
use super::{ExportError, Progress};

#[derive(Serialize)]
struct First<'a> {
    kind: &'static str,
    version: u32,
    #[serde(flatten)]
    facts: Facts<'a>,
}

#[derive(Serialize)]
struct Last {
    kind: &'static str,
    #[serde(flatten)]
    counted: Counted,
}

pub(super) fn write(cut: &Cut<'_>, out: &mut impl Write, progress: Progress<'_>) -> Result<(), ExportError> {
    line(out, &First { kind: "export", version: 1, facts: Facts::of(cut) })?;
    let all = cut.entries();
    let mut counted = Counted::default();
    cut.decisions(&mut |done| progress(done, all), |line| {
        counted.add(line.is_erased());
        let past =
            PastDecision::new(line.log.year, line.index, line.entry.time(), line.notice, line.openings)?;
        // What is inside is kept verbatim, which excludes serde's way to put a field before the others.
        out.write_all(br#"{"kind":"decision","#)?;
        let object = serde_json::to_vec(&past).map_err(std::io::Error::from)?;
        out.write_all(object.strip_prefix(b"{").unwrap_or_default())?;
        Ok(out.write_all(b"\n")?)
    })?;
    line(out, &Last { kind: "end", counted })
}

fn line(out: &mut impl Write, value: &impl Serialize) -> Result<(), ExportError> {
    serde_json::to_writer(&mut *out, value).map_err(std::io::Error::from)?;
    Ok(out.write_all(b"\n")?)
}
