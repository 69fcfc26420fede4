//! Logs that were deleted after their retention: signature, proofs, and that their time was over.

use time::{Date, Month};

use super::chain::Link;
use super::input::Input;
use super::report::{Code, ForgottenReport, Report};
use crate::bundle::csv::rfc3339;
use crate::bundle::forgotten::Forgotten;
use crate::bundle::path::BundlePath;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::entry::TreeHead;
use crate::ledger::note::MAX_NOTE_BYTES;

/// Checks what is left of a deleted log, and returns its place in the chain.
pub(super) fn check(input: &Input<'_>, left: &Forgotten, made_at: u64, report: &mut Report) -> Link {
    let path = BundlePath::Checkpoint { year: input.year };
    let signed = super::source::read_whole(input.source, &path.to_string(), MAX_NOTE_BYTES)
        .map_err(|error| error.to_string())
        .and_then(|bytes| SignedCheckpoint::open(&bytes, input.keys).map_err(|error| error.to_string()));
    match &signed {
        Err(error) => {
            let message = format!("The last checkpoint of a deleted log is not to be trusted: {error}.");
            report.find(Code::CheckpointRefused, &path, message);
        }
        Ok(signed) => {
            let head = signed.checkpoint();
            if (&head.origin, head.size, head.root) != (&left.log, left.size, left.root) {
                let message = "The checkpoint is not the one that the manifest states.";
                report.find(Code::CheckpointDiffers, &path, message);
            }
        }
    }
    for other in input.paths {
        let belongs = match other {
            BundlePath::Entries { year, .. }
            | BundlePath::Tile { year, .. }
            | BundlePath::History { year, .. } => *year == input.year,
            _ => false,
        };
        if belongs {
            report.find(
                Code::FileUnexpected,
                other,
                "The log is said to be deleted, and this is a part of it.",
            );
        }
    }
    let mut previous = None;
    match left.verify() {
        Err(error) => report.find(Code::ForgottenRefused, &path, format!("{error}.")),
        Ok(opened) => {
            let until = end_of_year(input.year.calendar())
                .saturating_add(u64::from(opened.retention_days).saturating_mul(86_400));
            if made_at < until {
                let message = format!(
                    "The log is deleted, although its decisions were to be kept for {} days: until {}.",
                    opened.retention_days,
                    rfc3339(until)
                );
                report.find(Code::ForgottenRefused, &path, message);
            }
            report.forgotten.push(ForgottenReport {
                log: left.log.to_string(),
                size: left.size,
                root: left.root.to_string(),
                retention_days: opened.retention_days,
                since: until,
            });
            previous = Some(opened.previous);
        }
    }
    let TreeHead { root, size } = left.end();
    Link { origin: left.log.clone(), previous, end: Some(TreeHead { root, size }), next: None }
}

/// The first second, in unix seconds, after a calendar year, UTC.
fn end_of_year(year: u16) -> u64 {
    let next = Date::from_calendar_date(i32::from(year) + 1, Month::January, 1);
    // The year after the last one that a date can have is as good as never.
    next.map_or(u64::MAX, |date| u64::try_from(date.midnight().assume_utc().unix_timestamp()).unwrap_or(0))
}
