//! How many parts of decisions are erased, by what the log says: also those outside the period of an export.

use consent_core::ledger::commitment::Part;
use consent_core::ledger::entry::{Entry, IndexRange, Kind};

use super::ExportError;
use super::cut::{parse, steps};
use crate::store::{LogId, Store};

/// What the erasure entries of one log name.
#[derive(Debug, Default)]
pub(super) struct Erasures {
    subject: Vec<IndexRange>,
    decision: Vec<IndexRange>,
}

impl Erasures {
    /// Takes the next entry of the log.
    pub(super) fn take(&mut self, entry: &Entry) {
        let Kind::Erasure { indices, parts, .. } = entry.kind() else { return };
        for part in parts {
            match part {
                Part::Subject => self.subject.extend_from_slice(indices),
                Part::Decision => self.decision.extend_from_slice(indices),
            }
        }
    }

    /// How many parts of decisions these are. What several entries name counts once.
    pub(super) fn count(self, store: &dyn Store, log: &LogId) -> Result<u64, ExportError> {
        let mut count = 0;
        for mut ranges in [self.subject, self.decision] {
            ranges.sort_unstable();
            let mut next = 0;
            for range in ranges {
                let first = range.from.max(next);
                for step in steps(range.to.saturating_sub(first)) {
                    let from = first + step.start;
                    for (index, bytes) in (from..).zip(store.entries(log, from..first + step.end)?) {
                        let entry = parse(log, index, &bytes)?;
                        count += u64::from(matches!(entry.kind(), Kind::Decision { .. }));
                    }
                }
                next = next.max(range.to);
            }
        }
        Ok(count)
    }
}
