//! Whole bundles: sound ones hold, and every kind of damage is found and named.

mod anchors;
mod damage;
mod ends;
mod fixture;
mod fraud;
mod random;
mod shown;
mod trail;
mod words;

use super::evidence::Evidence;
use super::report::{Code, Report};
use super::source::MemoryBundle;

fn check(bundle: &MemoryBundle) -> Report {
    super::verify(bundle, &Evidence::default(), &mut |_| ())
}

/// Codes and files of all findings.
fn found(report: &Report) -> Vec<(Code, &str)> {
    report.findings.iter().map(|finding| (finding.code, finding.file.as_str())).collect()
}

/// The finding of a code, if there is exactly one, with its place.
fn place_of(report: &Report, code: Code) -> (&str, Option<u64>, Option<u64>) {
    let mut findings = report.findings.iter().filter(|finding| finding.code == code);
    let (Some(finding), None) = (findings.next(), findings.next()) else {
        panic!("not exactly one {code:?}: {:#?}", report.findings)
    };
    (&finding.file, finding.index, finding.byte)
}
