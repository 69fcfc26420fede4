//! How the logs of a site follow each other, those that were deleted and those that could not go on included.

use super::facts::LogFacts;
use super::report::{Code, Report};
use crate::bundle::path::BundlePath;
use crate::ledger::commitment::Part;
use crate::ledger::entry::{Previous, TreeHead};
use crate::ledger::origin::{LogYear, Origin};

/// One log of the chain.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) origin: Origin,
    /// What it says of the one before; `None` if its first entry is not there.
    pub(super) previous: Option<Option<Previous>>,
    /// What the one behind has to name; `None` if it did not end.
    pub(super) end: Option<TreeHead>,
    /// What it says of the one behind; `None` if its last entry is not there.
    pub(super) next: Option<Option<Origin>>,
}

impl Link {
    pub(super) fn of(log: &LogFacts) -> Self {
        let closed = log.closed.map(|(size, root)| TreeHead { root, size });
        Self {
            origin: log.origin.clone(),
            previous: (log.has_entries || log.ended.is_none()).then(|| log.previous.clone()),
            end: closed.or(log.ended.and(Some(log.signed))),
            // A log that was ended did not get to name the next one, unless it was closed before.
            next: (log.ended.is_none() || log.next.is_some()).then(|| log.next.clone()),
        }
    }

    fn year(&self) -> LogYear {
        self.origin.year()
    }
}

/// Each log after the first has to continue the one before it, which has to say so at its end.
pub(super) fn check(links: &[Link], report: &mut Report) {
    for (before, after) in links.iter().zip(links.iter().skip(1)) {
        let continues = |previous: &Previous| {
            (&previous.log, Some((previous.size, previous.root)))
                == (&before.origin, before.end.map(|end| (end.size, end.root)))
        };
        if after.previous.as_ref().is_some_and(|previous| !previous.as_ref().is_some_and(continues)) {
            let file = BundlePath::Checkpoint { year: after.year() };
            let message = format!("This log does not say that it continues {} as it ended.", before.origin);
            report.find_at(Code::ChainBroken, file, Some(0), None, message);
        }
        if before.next.as_ref().is_some_and(|next| next.as_ref() != Some(&after.origin)) {
            let file = BundlePath::Checkpoint { year: before.year() };
            let message =
                format!("This log does not end by naming {} as the one that continues it.", after.origin);
            report.find(Code::ChainBroken, file, message);
        }
    }
    if let Some((last, next)) = links.last().and_then(|last| Some((last, last.next.as_ref()?.as_ref()?))) {
        let file = BundlePath::Checkpoint { year: last.year() };
        let message = format!(
            "This log ends by naming {next} as the one that continues it, which is not in the bundle."
        );
        report.find(Code::SuccessorMissing, file, message);
    }
    if let Some((first, Some(Some(previous)))) = links.first().map(|first| (first, &first.previous)) {
        let file = BundlePath::Checkpoint { year: first.year() };
        let message = format!(
            "This log continues {}, which is neither in the bundle nor listed as deleted after its retention.",
            previous.log
        );
        report.find_at(Code::PredecessorMissing, file, Some(0), None, message);
        if let Some(shown) = report.logs.iter_mut().find(|log| log.log == first.origin.as_str()) {
            shown.continues = Some(previous.log.to_string());
        }
    }
}

/// What the manifest says of logs that ended has to be what a later log says, and the other way round.
pub(super) fn check_endings(logs: &[LogFacts], report: &mut Report) {
    for (at, log) in logs.iter().enumerate() {
        let endings = || logs.iter().skip(at + 1).flat_map(|later| &later.endings);
        let stated = endings().rfind(|ending| ending.log == log.origin);
        let agrees = stated.is_some_and(|said| said.signed == log.signed && Some(said.kept) == log.ended);
        if log.ended.is_some() && !agrees {
            let message = "No later log says that this one ended like this.";
            report.find(Code::EndingUnstated, BundlePath::Checkpoint { year: log.year }, message);
        } else if log.ended.is_none() && stated.is_some() {
            let message = "A later log says that this one ended, and the manifest does not.";
            report.find(Code::EndingUnstated, BundlePath::Checkpoint { year: log.year }, message);
        }
    }
    for (at, log) in logs.iter().enumerate() {
        for ending in &log.endings {
            if !logs.iter().take(at).any(|before| before.origin == ending.log) {
                let file = BundlePath::Checkpoint { year: log.year };
                let message =
                    format!("The entry says that {} ended, which is not in the bundle.", ending.log);
                report.find_at(Code::EndingUnstated, file, Some(ending.index), None, message);
            }
        }
    }
}

/// An erasure may speak of an earlier log that ended.
pub(super) fn erase_elsewhere(logs: &mut [LogFacts], report: &mut Report) {
    for at in 0..logs.len() {
        let Some((before, log)) = logs.split_at_mut_checked(at).and_then(|(a, b)| Some((a, b.first()?)))
        else {
            continue;
        };
        for erasure in &log.elsewhere {
            let of = before.iter_mut().find(|log| log.origin == erasure.log && log.ended.is_some());
            let of = of.filter(|of| erasure.ranges.iter().all(|range| range.to <= of.size));
            let Some(of) = of else {
                let file = BundlePath::Checkpoint { year: log.year };
                let message = format!(
                    "The entry erases what the log {} does not have or still could erase itself.",
                    erasure.log
                );
                report.find_at(Code::EntryMisplaced, file, Some(erasure.index), None, message);
                continue;
            };
            for part in &erasure.parts {
                let erased = match part {
                    Part::Subject => &mut of.erased_subject,
                    Part::Decision => &mut of.erased_decision,
                };
                erased.add(&erasure.ranges);
                erased.settle();
            }
        }
    }
}
