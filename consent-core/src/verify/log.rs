//! One log: its signed head, its older heads, the names of its files; [`Walk`] goes through its entries.

use std::collections::BTreeMap;

use super::ended;
use super::evidence::{Pins, RootPin};
use super::facts::LogFacts;
use super::input::Input;
use super::progress::Progress;
use super::report::{Code, LogReport, Report};
use super::source::read_whole;
use super::vouched::Vouched;
use super::walk::Walk;
use super::workers::Workers;
use crate::bundle::path::BundlePath;
use crate::ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::ledger::note::{self, MAX_NOTE_BYTES};
use crate::ledger::tile::{EntriesId, TileId};

/// Checks the log of one year. `None` if not even its head can be read.
pub(super) fn check<W: Workers>(
    workers: &W,
    input: &Input<'_>,
    pins: &mut BTreeMap<String, Pins>,
    report: &mut Report,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Option<LogFacts> {
    let (signed, signed_by) = read_head(input, report)?;
    let mut pins = pins.remove(signed.origin.as_str()).unwrap_or_default();
    let own = |pin: &&RootPin| pin.code == Code::EvidenceDiffers;
    let evidence = pins.roots.values().flatten().filter(own).count();
    let history = pin_history(input, &signed, &mut pins, report);
    let ended = ended::kept(input, &signed);
    let head =
        ended.map_or_else(|| signed.clone(), |kept| ended::expect(input, &signed, kept, &mut pins, report));
    compare_names(input, head.size, report);
    let mut walk = Walk::new(input, &head, &pins);
    walk.entries(workers, report, progress);
    walk.finish(&head, report);
    let rules = walk.rules;
    report.logs.push(LogReport {
        log: signed.origin.to_string(),
        size: signed.size,
        root: signed.root.to_string(),
        lost: ended.map(|kept| signed.size.saturating_sub(kept.size)),
        signed_by,
        decisions: rules.decisions,
        first_time: rules.first_time,
        last_time: rules.last_time,
        tiles: walk.tiles,
        history: u64::try_from(history).unwrap_or(u64::MAX),
        evidence: u64::try_from(evidence).unwrap_or(u64::MAX),
        continues: None,
        vouched: Vouched::default(),
    });
    Some(LogFacts {
        year: input.year,
        size: head.size,
        has_entries: rules.first_time.is_some(),
        closed: walk.closed,
        decisions: rules.decisions,
        previous: rules.previous,
        next: rules.next,
        notices: rules.notices,
        used: rules.used,
        erased_subject: rules.erased_subject,
        erased_decision: rules.erased_decision,
        elsewhere: rules.elsewhere,
        endings: rules.endings,
        signed: (&signed).into(),
        ended,
        origin: head.origin,
    })
}

/// The head to check against. If its signature does not hold, what it says is used all the same, so that the report can
/// go on; the finding is there.
fn read_head(input: &Input<'_>, report: &mut Report) -> Option<(Checkpoint, Vec<String>)> {
    let path = BundlePath::Checkpoint { year: input.year };
    let listed = input.contents.and_then(|contents| {
        let shard = contents.shards.iter().find(|shard| shard.log.year() == input.year)?;
        Some(Checkpoint { origin: shard.log.clone(), size: shard.size, root: shard.root })
    });
    let bytes = if input.paths.contains(&path) {
        match read_whole(input.source, &path.to_string(), MAX_NOTE_BYTES) {
            Ok(bytes) => bytes,
            Err(error) => {
                report.find(Code::FileUnreadable, &path, format!("The file can not be read: {error}."));
                return listed.map(|head| (head, Vec::new()));
            }
        }
    } else {
        report.find(Code::FileMissing, &path, "The log has no checkpoint.");
        return listed.map(|head| (head, Vec::new()));
    };
    let (head, signed_by) = match SignedCheckpoint::open(&bytes, input.keys) {
        Ok(signed) => {
            let signed_by = signed.signers().iter().map(ToString::to_string).collect();
            (signed.checkpoint().clone(), signed_by)
        }
        Err(error) => {
            report.find(
                Code::CheckpointRefused,
                &path,
                format!("The checkpoint is not to be trusted: {error}."),
            );
            let unsigned = note::split(&bytes).ok().and_then(|note| note.text.parse().ok());
            (unsigned.or_else(|| listed.clone())?, Vec::new())
        }
    };
    if head.origin.year() != input.year {
        report.find(Code::CheckpointDiffers, &path, format!("The checkpoint is of the log {}.", head.origin));
    }
    if input.contents.is_some() && listed.as_ref() != Some(&head) {
        report.find(
            Code::CheckpointDiffers,
            &path,
            "The checkpoint is not the one that the manifest states.",
        );
    }
    Some((head, signed_by))
}

/// Opens the older heads in the bundle: what the entries have to agree with on the way. Returns how many.
fn pin_history(input: &Input<'_>, head: &Checkpoint, pins: &mut Pins, report: &mut Report) -> usize {
    let mut count = 0;
    for path in input.paths {
        let &BundlePath::History { year, size } = path else { continue };
        if year != input.year {
            continue;
        }
        let opened = read_whole(input.source, &path.to_string(), MAX_NOTE_BYTES)
            .map_err(|error| error.to_string())
            .and_then(|bytes| SignedCheckpoint::open(&bytes, input.keys).map_err(|error| error.to_string()));
        match opened {
            Err(error) => {
                report.find(
                    Code::CheckpointRefused,
                    path,
                    format!("The older checkpoint is not to be trusted: {error}."),
                );
            }
            Ok(signed) if signed.checkpoint().size != size || signed.checkpoint().origin != head.origin => {
                report.find(
                    Code::CheckpointDiffers,
                    path,
                    "The older checkpoint is not the one that its name says.",
                );
            }
            Ok(signed) => {
                count += 1;
                let pin = RootPin {
                    root: signed.checkpoint().root,
                    file: path.to_string(),
                    code: Code::HistoryDiffers,
                };
                pins.roots.entry(size).or_default().push(pin);
            }
        }
    }
    count
}

/// Exactly the tiles and entry bundles of a tree of `size` entries have to be there.
fn compare_names(input: &Input<'_>, size: u64, report: &mut Report) {
    let year = input.year;
    for path in input.paths {
        let belongs = match *path {
            BundlePath::Tile { year: of, tile } if of == year => {
                TileId::in_tree(tile.level, tile.index, size) == Some(tile)
            }
            BundlePath::Entries { year: of, entries } if of == year => {
                EntriesId::in_tree(entries.index, size) == Some(entries)
            }
            _ => continue,
        };
        if !belongs {
            report.find(
                Code::FileUnexpected,
                path,
                format!("A log of {size} entries does not have this file."),
            );
        }
    }
    let tiles = TileId::all(size).map(|tile| BundlePath::Tile { year, tile });
    let entries = EntriesId::all(size).map(|entries| BundlePath::Entries { year, entries });
    for path in entries.chain(tiles) {
        // A forged size would make this endless.
        if report.is_full(Code::FileMissing) {
            break;
        }
        if !input.paths.contains(&path) {
            report.find(Code::FileMissing, path, format!("A log of {size} entries has this file."));
        }
    }
}
