//! Checks a bundle without trusting who made it: offline, from the bytes alone, in bounded memory.
//!
//! It shares formats with what writes a bundle and nothing else: the tree, the tiles and the spreadsheet are computed a
//! second time. It does not stop at the first fault but lists all that it finds. Each module of this list imports only
//! from those above it:
//!
//! | module | what it checks |
//! |---|---|
//! | [`source`] | where the files come from |
//! | [`workers`] | who does the work |
//! | [`report`] | what was found; [`text`] says it in plain words |
//! | `progress` | how far the check is |
//! | `tree` | roots and tiles, computed anew |
//! | `files` | that exactly the listed files are there, unchanged |
//! | `notices` | that notices are what they are named |
//! | [`evidence`] | what the auditor brings along |
//! | `times` | that entries are not older or younger than others saw them |
//! | [`vouched`] | who else vouches for a log |
//! | `anchors` | that a log stands in the heads log, and who vouches for that one |
//! | `shown` | what visitors saw: scripts, pages, pictures, tallies |
//! | `exhibits` | files of other platforms, which prove nothing but that they were there |
//! | `rules` | what entries have to keep among each other |
//! | `input` | what the check of a log starts from |
//! | `piece` | one entry bundle by itself |
//! | `walk` | the entries of a log: root, tiles, every entry, every head on the way |
//! | `ended` | what is left of a log that could not go on |
//! | `log` | one log: signature, older heads, names of files |
//! | `chain` | how logs follow each other |
//! | `forgotten` | logs that were deleted after their retention |
//! | `cursor` | the entries once more, in step with the openings |
//! | `lines` | the openings, as a stream of lines |
//! | `table` | the spreadsheet |
//! | `decided` | that what was decided agrees with itself and with the time of its entry |
//! | `parts` | the parts of some decisions that follow each other |
//! | `openings` | every part of every decision |
//! | [`receipt`] | a receipt alone |
//!
//! ```
//! use consent_core::verify::evidence::Evidence;
//! use consent_core::verify::report::Code;
//! use consent_core::verify::source::MemoryBundle;
//! use consent_core::verify::verify;
//!
//! // A bundle of which nothing came but its manifest: everything that is missing is told, not the first thing alone.
//! # let manifest = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/manifest/small")).to_vec();
//! let bundle = MemoryBundle(vec![("manifest.json".to_owned(), manifest)]);
//! let report = verify(&bundle, &Evidence::default(), &mut |_| ());
//! assert!(!report.holds() && !report.proves_tampering());
//! let missing = report.findings.iter().filter(|finding| finding.code == Code::FileMissing);
//! assert!(missing.count() > 4);
//! ```

mod anchors;
mod chain;
mod cursor;
mod decided;
mod ended;
pub mod evidence;
mod exhibits;
mod facts;
mod files;
mod forgotten;
mod input;
mod lines;
mod log;
mod moved_in;
mod notices;
mod openings;
mod parts;
mod piece;
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
mod times;
mod tree;
mod used;
pub mod visible;
pub mod vouched;
mod walk;
pub mod workers;

use std::collections::BTreeSet;

use self::cursor::Bundles;
use self::evidence::Evidence;
use self::facts::LogFacts;
pub use self::progress::{Progress, Step};
use self::report::{Code, Report};
use self::source::BundleSource;
use self::workers::{Alone, Workers};
use crate::bundle::csv::rfc3339;
use crate::bundle::forgotten::Forgotten;
use crate::bundle::manifest::{Contents, Counts};
use crate::bundle::path::BundlePath;
use crate::ledger::origin::LogYear;

/// Checks everything in a bundle, and that it agrees with what the auditor brings along: one piece after the other.
pub fn verify(
    source: &dyn BundleSource,
    evidence: &Evidence,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Report {
    verify_with(&Alone, source, evidence, progress)
}

/// As [`verify`], with the work done by `workers`. The report is the same, whoever they are.
///
/// ```
/// use consent_core::verify::workers::Alone;
/// use consent_core::verify::{evidence::Evidence, source::MemoryBundle, verify, verify_with};
///
/// let (bundle, evidence) = (MemoryBundle::default(), Evidence::default());
/// let report = verify_with(&Alone, &bundle, &evidence, &mut |_| ());
/// assert_eq!(report, verify(&bundle, &evidence, &mut |_| ()));
/// ```
pub fn verify_with<W: Workers>(
    workers: &W,
    source: &dyn BundleSource,
    evidence: &Evidence,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Report {
    let mut report = Report::default();
    check(workers, source, evidence, &mut report, progress);
    report.sort();
    report
}

fn check<W: Workers>(
    workers: &W,
    source: &dyn BundleSource,
    evidence: &Evidence,
    report: &mut Report,
    progress: &mut (dyn FnMut(Progress) + Send),
) {
    let Some(paths) = files::list(source, report) else { return };
    let keys = files::keys(source, &paths, evidence.policy.as_ref(), report);
    let contents = files::contents(source, &paths, &keys, report);
    let notices = notices::read(source, &paths, contents.as_ref(), report);
    let mut pins = evidence::open(evidence, &keys, report);
    let vouched = anchors::check(source, &paths, &keys, evidence, &mut pins, report);
    let mut logs: Vec<LogFacts> = Vec::new();
    let mut links = Vec::new();
    for year in years(&paths, contents.as_ref()) {
        let input = input::Input { source, paths: &paths, keys: &keys, contents: contents.as_ref(), year };
        if let Some((contents, left)) = contents.as_ref().and_then(|contents| forgotten_of(contents, year)) {
            links.push(forgotten::check(&input, left, contents.made_at, report));
        } else if let Some(log) = log::check(workers, &input, &mut pins, report, progress) {
            links.push(chain::Link::of(&log));
            logs.push(log);
        }
    }
    for (log, pins) in &pins {
        let files = pins.roots.values().flatten().map(|pin| &pin.file);
        for file in files {
            let message = format!("It is of the log {log}, which is not in the bundle.");
            report.find(Code::EvidenceForeign, file, message);
        }
    }
    for shown in &mut report.logs {
        let of = logs.iter().find(|log| log.origin.as_str() == shown.log);
        shown.vouched = of.and_then(|log| vouched.get(&log.year).cloned()).unwrap_or_default();
    }
    chain::check(&links, report);
    chain::check_endings(&logs, report);
    chain::erase_elsewhere(&mut logs, report);
    if let Some(contents) = &contents {
        check_made_at(contents, report);
    }
    let logged: BTreeSet<_> = logs.iter().flat_map(|log| log.notices.iter().copied()).collect();
    notices::compare(&paths, &logged, report);
    shown::check(source, &paths, &shown::total(&logs), shown::is_whole(&logs), report);
    exhibits::check(source, &paths, report);
    let bundles = Bundles::new(&logs, &paths);
    let input = parts::Input { source, bundles: &bundles, notices: &notices, contents: contents.as_ref() };
    let openings = openings::check(workers, input, &paths, report, progress);
    for (path, sum) in &openings.sums {
        files::compare_sum(contents.as_ref(), path, *sum, report);
    }
    if let Some(contents) = &contents {
        check_counts(contents, &logs, &paths, openings.totals, report);
        let done = |path: &BundlePath| match path {
            BundlePath::Openings | BundlePath::Decisions => true,
            path => logs.iter().any(|log| log.has_summed(path, &paths)),
        };
        files::compare(workers, source, &paths, contents, &done, report, progress);
    }
    report.finished = true;
}

/// What is left of the log, if the manifest says that it was deleted.
fn forgotten_of(contents: &Contents, year: LogYear) -> Option<(&Contents, &Forgotten)> {
    let left = contents.forgotten.iter().find(|left| left.log.year() == year)?;
    Some((contents, left))
}

fn years(paths: &BTreeSet<BundlePath>, contents: Option<&Contents>) -> BTreeSet<LogYear> {
    let listed = contents.into_iter().flat_map(|contents| {
        let forgotten = contents.forgotten.iter().map(|left| left.log.year());
        contents.shards.iter().map(|shard| shard.log.year()).chain(forgotten)
    });
    let there = paths.iter().filter_map(|path| match path {
        BundlePath::Checkpoint { year }
        | BundlePath::Entries { year, .. }
        | BundlePath::Tile { year, .. }
        | BundlePath::History { year, .. } => Some(*year),
        _ => None,
    });
    listed.chain(there).collect()
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
    openings: parts::Totals,
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
        let message = format!("The manifest counts {}; the files have {found}.", contents.counts);
        report.find(Code::CountsDiffer, BundlePath::Manifest, message);
    }
}

/// The sum over all logs. Forged sizes may go beyond any number, and then it does not matter by how much.
fn total(logs: &[LogFacts], count: fn(&LogFacts) -> u64) -> u64 {
    logs.iter().map(count).fold(0, u64::saturating_add)
}
