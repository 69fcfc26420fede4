//! Checks a bundle without trusting who made it: offline, from the bytes alone, in bounded memory.
//!
//! It shares formats with what writes a bundle and nothing else: the tree, the tiles and the spreadsheet are computed a
//! second time. It does not stop at the first fault but lists all that it finds. Each module of this list imports only
//! from those above it:
//!
//! | module | what it checks |
//! |---|---|
//! | [`source`] | where the files come from |
//! | [`report`] | what was found; [`text`] says it in plain words |
//! | `progress` | how far the check is |
//! | `tree` | roots and tiles, computed anew |
//! | `files` | that exactly the listed files are there, unchanged |
//! | `notices` | that notices are what they are named |
//! | [`evidence`] | what the auditor brings along |
//! | `shown` | what visitors saw: scripts, pages, pictures, tallies |
//! | `rules` | what entries have to keep among each other |
//! | `walk` | the entries of a log: root, tiles, every entry, every head on the way |
//! | `log` | one log: signature, older heads, names of files |
//! | `cursor` | the entries once more, in step with the openings |
//! | `table` | the spreadsheet |
//! | `decided` | that what was decided agrees with itself and with the time of its entry |
//! | `openings` | every part of every decision |
//! | [`receipt`] | a receipt alone |

mod cursor;
mod decided;
pub mod evidence;
mod files;
mod log;
mod notices;
mod openings;
mod progress;
pub mod receipt;
pub mod report;
mod rules;
mod shown;
pub mod source;
mod table;
#[cfg(test)]
mod tests;
pub mod text;
mod tree;
mod walk;

use std::collections::BTreeSet;

use self::evidence::Evidence;
use self::log::LogFacts;
pub use self::progress::{Progress, Step};
use self::report::{Code, Report};
use self::source::BundleSource;
use crate::bundle::csv::rfc3339;
use crate::bundle::manifest::{Contents, Counts};
use crate::bundle::path::BundlePath;
use crate::ledger::origin::LogYear;

/// Checks everything in a bundle, and that it agrees with what the auditor brings along.
pub fn verify(source: &dyn BundleSource, evidence: &Evidence, progress: &mut dyn FnMut(Progress)) -> Report {
    let mut report = Report::default();
    let Some(paths) = files::list(source, &mut report) else { return report };
    let keys = files::keys(source, &paths, evidence.policy.as_ref(), &mut report);
    let contents = files::contents(source, &paths, &keys, &mut report);
    if let Some(contents) = &contents {
        files::compare(source, &paths, contents, &mut report, progress);
    }
    let notices = notices::read(source, &paths, contents.as_ref(), &mut report);
    let mut pins = evidence::open(evidence, &keys, &mut report);
    let mut logs: Vec<LogFacts> = Vec::new();
    for year in years(&paths, contents.as_ref()) {
        let input = walk::Input { source, paths: &paths, keys: &keys, contents: contents.as_ref(), year };
        logs.extend(log::check(&input, &mut pins, &mut report, progress));
    }
    for (log, pins) in &pins {
        let files = pins.roots.values().flatten().map(|pin| &pin.file);
        for file in files {
            let message = format!("It is of the log {log}, which is not in the bundle.");
            report.find(Code::EvidenceForeign, file, message);
        }
    }
    check_chain(&logs, &mut report);
    if let Some(contents) = &contents {
        check_made_at(contents, &mut report);
    }
    let logged: BTreeSet<_> = logs.iter().flat_map(|log| log.notices.iter().copied()).collect();
    notices::compare(&paths, &logged, &mut report);
    shown::check(source, &paths, &shown::total(&logs), is_whole(&logs, &report), &mut report);
    let input = openings::Input { source, logs: &logs, notices: &notices, contents: contents.as_ref() };
    let openings = openings::check(&input, &paths, &mut report, progress);
    if let Some(contents) = &contents {
        check_counts(contents, &logs, &paths, openings, &mut report);
    }
    report.finished = true;
    report
}

/// Whether every entry could be read.
fn is_whole(logs: &[LogFacts], report: &Report) -> bool {
    let unreadable = |code: Code| matches!(code, Code::EntryUnreadable | Code::EntriesUnreadable);
    logs.iter().all(|log| log.walked == log.size)
        && !report.findings.iter().any(|finding| unreadable(finding.code))
}

fn years(paths: &BTreeSet<BundlePath>, contents: Option<&Contents>) -> BTreeSet<LogYear> {
    let listed =
        contents.into_iter().flat_map(|contents| contents.shards.iter().map(|shard| shard.log.year()));
    let there = paths.iter().filter_map(|path| match path {
        BundlePath::Checkpoint { year }
        | BundlePath::Entries { year, .. }
        | BundlePath::Tile { year, .. }
        | BundlePath::History { year, .. } => Some(*year),
        _ => None,
    });
    listed.chain(there).collect()
}

/// Each log after the first has to continue the one before it, which has to say so at its end.
fn check_chain(logs: &[LogFacts], report: &mut Report) {
    for (before, after) in logs.iter().zip(logs.iter().skip(1)) {
        let file = BundlePath::Checkpoint { year: after.year };
        let continues = after.previous.as_ref().is_some_and(|previous| {
            (&previous.log, Some((previous.size, previous.root))) == (&before.origin, before.closed)
        });
        if !continues {
            let message = format!("This log does not say that it continues {} as it ended.", before.origin);
            report.find_at(Code::ChainBroken, file, Some(0), None, message);
        }
        if before.next.as_ref() != Some(&after.origin) {
            let file = BundlePath::Checkpoint { year: before.year };
            let message =
                format!("This log does not end by naming {} as the one that continues it.", after.origin);
            report.find(Code::ChainBroken, file, message);
        }
    }
    if let Some((last, next)) = logs.last().and_then(|last| Some((last, last.next.as_ref()?))) {
        let file = BundlePath::Checkpoint { year: last.year };
        let message = format!(
            "This log ends by naming {next} as the one that continues it, which is not in the bundle."
        );
        report.find(Code::SuccessorMissing, file, message);
    }
    if let (Some(first), Some(shown)) = (logs.first(), report.logs.first_mut()) {
        shown.continues = first.previous.as_ref().map(|previous| previous.log.to_string());
    }
}

/// Nothing is in a bundle before it happens.
fn check_made_at(contents: &Contents, report: &mut Report) {
    let last = report.logs.iter().filter_map(|log| log.last_time).max();
    if let Some(last) = last.filter(|&last| contents.made_at < last) {
        let message = format!(
            "The bundle says that it was made at {}, before its last entry of {}.",
            rfc3339(contents.made_at),
            rfc3339(last)
        );
        report.find(Code::MadeTooEarly, BundlePath::Manifest, message);
    }
}

fn check_counts(
    contents: &Contents,
    logs: &[LogFacts],
    paths: &BTreeSet<BundlePath>,
    openings: openings::Totals,
    report: &mut Report,
) {
    let notices = paths.iter().filter(|path| matches!(path, BundlePath::Notice(_))).count();
    let found = Counts {
        decisions: total(logs, |log| log.decisions),
        entries: total(logs, |log| log.size),
        erased: openings.erased,
        notices: u64::try_from(notices).unwrap_or(u64::MAX),
        openings: openings.lines,
    };
    if found != contents.counts {
        let message = format!("The manifest counts {:?}, the files have {found:?}.", contents.counts);
        report.find(Code::CountsDiffer, BundlePath::Manifest, message);
    }
}

/// The sum over all logs. Forged sizes may go beyond any number, and then it does not matter by how much.
fn total(logs: &[LogFacts], count: fn(&LogFacts) -> u64) -> u64 {
    logs.iter().map(count).fold(0, u64::saturating_add)
}
