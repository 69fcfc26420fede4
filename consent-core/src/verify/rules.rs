//! What entries have to keep among each other.

use std::collections::{BTreeMap, BTreeSet};

use time::OffsetDateTime;

use super::report::Code;
use super::times::Times;
use super::used::Use;
use crate::bundle::csv::rfc3339;
use crate::digest::Digest;
use crate::ledger::commitment::Part;
use crate::ledger::entry::action::{Action, Outcome};
use crate::ledger::entry::{Entry, IndexRange, Kind, Previous, TreeHead};
use crate::ledger::key::VerifierKey;
use crate::ledger::origin::Origin;
use crate::notice::NoticeId;

/// Indices whose part was erased.
#[derive(Clone, Debug, Default)]
pub(super) struct Erased {
    ranges: Vec<IndexRange>,
}

impl Erased {
    pub(super) fn add(&mut self, ranges: &[IndexRange]) {
        self.ranges.extend_from_slice(ranges);
    }

    /// Sorts and joins the ranges, so that [`Erased::covers`] can search.
    pub(super) fn settle(&mut self) {
        self.ranges.sort_unstable();
        let mut joined: Vec<IndexRange> = Vec::with_capacity(self.ranges.len());
        for range in &self.ranges {
            match joined.last_mut() {
                Some(last) if range.from <= last.to => last.to = last.to.max(range.to),
                _ => joined.push(*range),
            }
        }
        self.ranges = joined;
    }

    pub(super) fn covers(&self, index: u64) -> bool {
        let after = self.ranges.partition_point(|range| range.from <= index);
        after.checked_sub(1).and_then(|at| self.ranges.get(at)).is_some_and(|range| index < range.to)
    }
}

/// An erasure of what an earlier log holds.
#[derive(Clone, Debug)]
pub(super) struct Elsewhere {
    pub(super) index: u64,
    pub(super) log: Origin,
    pub(super) ranges: Vec<IndexRange>,
    pub(super) parts: Vec<Part>,
}

/// That an earlier log ended, as a later one says.
#[derive(Clone, Debug)]
pub(super) struct Ending {
    pub(super) index: u64,
    pub(super) log: Origin,
    pub(super) kept: TreeHead,
    pub(super) signed: TreeHead,
}

/// What the entries of a log said so far.
#[derive(Clone, Debug)]
pub(super) struct Rules<'a> {
    origin: &'a Origin,
    keys: &'a [VerifierKey],
    times: &'a Times,
    closed: bool,
    /// In a log of heads: the last head of each other log.
    heads: BTreeMap<Origin, (u64, Digest)>,
    pub(super) decisions: u64,
    pub(super) first_time: Option<u64>,
    pub(super) last_time: Option<u64>,
    pub(super) notices: BTreeSet<NoticeId>,
    pub(super) used: Use,
    pub(super) previous: Option<Previous>,
    pub(super) next: Option<Origin>,
    pub(super) erased_subject: Erased,
    pub(super) erased_decision: Erased,
    pub(super) elsewhere: Vec<Elsewhere>,
    pub(super) endings: Vec<Ending>,
}

impl<'a> Rules<'a> {
    pub(super) fn new(origin: &'a Origin, keys: &'a [VerifierKey], times: &'a Times) -> Self {
        Self {
            origin,
            keys,
            times,
            closed: false,
            heads: BTreeMap::new(),
            decisions: 0,
            first_time: None,
            last_time: None,
            notices: BTreeSet::new(),
            used: Use::default(),
            previous: None,
            next: None,
            erased_subject: Erased::default(),
            erased_decision: Erased::default(),
            elsewhere: Vec::new(),
            endings: Vec::new(),
        }
    }

    /// Takes the entry at `index`; `find` hears what is wrong with it.
    pub(super) fn take(&mut self, index: u64, entry: &Entry, find: &mut dyn FnMut(Code, String)) {
        // A person can ask for erasure years later, and an erasure stands in the log of what it erases.
        if self.closed && !matches!(entry.kind(), Kind::Erasure { .. }) {
            find(Code::EntryMisplaced, "The log goes on after it was closed.".to_owned());
        }
        if let Some(last) = self.last_time.filter(|&last| entry.time() < last) {
            find(Code::TimeGoesBack, format!("The time goes back from {last} to {}.", entry.time()));
        }
        self.times.check(index, entry.time(), find);
        // The last entry of a year may be written when the next begins, and an erasure whenever it is asked for.
        let may_be_later = matches!(entry.kind(), Kind::Close { .. } | Kind::Erasure { .. });
        if !may_be_later && !is_in_year(entry.time(), self.origin.year().calendar()) {
            let (time, year) = (rfc3339(entry.time()), self.origin.year().calendar());
            find(Code::TimeOutsideYear, format!("The entry is of {time}, and the log of the year {year}."));
        }
        self.first_time = self.first_time.or(Some(entry.time()));
        self.last_time = self.last_time.max(Some(entry.time()));
        if index == 0 && !matches!(entry.kind(), Kind::Open { .. }) {
            find(Code::EntryMisplaced, "The log does not begin with an open entry.".to_owned());
        }
        if !self.has_place_for(entry.kind()) {
            find(Code::EntryMisplaced, "An entry of this kind does not belong into this log.".to_owned());
        }
        if let Some(message) = self.used.take(entry, self.previous.is_some()) {
            find(Code::TallyMisplaced, message.to_owned());
        }
        match entry.kind() {
            Kind::Open { log, previous, .. } => self.open(index, log, previous.as_ref(), find),
            Kind::Notice { notice } => {
                self.notices.insert(*notice);
            }
            Kind::Decision { notice, .. } => {
                self.decisions += 1;
                self.names(*notice, find);
            }
            Kind::Tally { notice, .. } => self.names(*notice, find),
            Kind::Erasure { indices, log: Some(log), parts, .. } => {
                let (ranges, parts) = (indices.clone(), parts.clone());
                self.elsewhere.push(Elsewhere { index, log: log.clone(), ranges, parts });
            }
            Kind::Ended { kept, log, signed } => {
                let (kept, signed) = (*kept, *signed);
                self.endings.push(Ending { index, log: log.clone(), kept, signed });
            }
            Kind::Erasure { indices, log: None, parts, .. } => {
                if indices.iter().any(|range| range.to > index) {
                    find(Code::EntryMisplaced, "The entry erases what comes after it.".to_owned());
                }
                for part in parts {
                    match part {
                        Part::Subject => self.erased_subject.add(indices),
                        Part::Decision => self.erased_decision.add(indices),
                    }
                }
            }
            Kind::Key { new } => {
                if new.name() != self.origin.as_str() || !self.keys.contains(new) {
                    find(
                        Code::KeyUntrusted,
                        format!("The log announces the key {new}, which is not a known one."),
                    );
                }
            }
            Kind::Head { log, root, size } => self.head(log, *root, *size, find),
            Kind::Action(action) => self.action(action, find),
            Kind::Close { next } => {
                self.closed = true;
                self.next = Some(next.clone());
            }
        }
    }

    /// Ends the log.
    pub(super) fn finish(&mut self) {
        self.erased_subject.settle();
        self.erased_decision.settle();
    }

    fn open(
        &mut self,
        index: u64,
        log: &Origin,
        previous: Option<&Previous>,
        find: &mut dyn FnMut(Code, String),
    ) {
        if index != 0 {
            find(Code::EntryMisplaced, "The log is opened a second time.".to_owned());
        }
        if log != self.origin {
            find(Code::EntryMisplaced, format!("The entry opens the log {log}, not {}.", self.origin));
        }
        self.previous = previous.cloned();
    }

    /// Whether entries of this kind belong into this log.
    fn has_place_for(&self, kind: &Kind) -> bool {
        match kind {
            Kind::Open { .. } | Kind::Key { .. } | Kind::Ended { .. } | Kind::Close { .. } => true,
            Kind::Head { .. } => self.origin.is_heads(),
            Kind::Action(_) => self.origin.is_trail(),
            Kind::Notice { .. } | Kind::Decision { .. } | Kind::Tally { .. } | Kind::Erasure { .. } => {
                !self.origin.is_heads() && !self.origin.is_trail()
            }
        }
    }

    /// What was erased is said in logs of the site that the action names.
    fn action(&self, action: &Action, find: &mut dyn FnMut(Code, String)) {
        let is_there = |log: &Origin| {
            let is_of_site = !log.is_heads() && !log.is_trail() && action.site.as_ref() == Some(log.site());
            is_of_site && log.host() == self.origin.host()
        };
        if action.outcome != Outcome::Done && !action.erased.is_empty() {
            find(Code::EntryMisplaced, "The action names erasures, and was not done.".to_owned());
        }
        if let Some(said) = action.erased.iter().find(|said| !is_there(&said.log)) {
            let message = format!("The action names the log {}, which is not one of its site.", said.log);
            find(Code::EntryMisplaced, message);
        }
    }

    /// A log only grows, and has one root at one size.
    fn head(&mut self, log: &Origin, root: Digest, size: u64, find: &mut dyn FnMut(Code, String)) {
        let before = self.heads.insert(log.clone(), (size, root));
        if log.is_heads() || log.host() != self.origin.host() {
            find(Code::EntryMisplaced, format!("The log {log} is not one whose heads belong here."));
        }
        if before.is_some_and(|(old, old_root)| old > size || (old == size && old_root != root)) {
            find(
                Code::HistoryDiffers,
                format!("The log {log} had another head before, which this one denies."),
            );
        }
    }

    fn names(&self, notice: NoticeId, find: &mut dyn FnMut(Code, String)) {
        if !self.notices.contains(&notice) {
            find(
                Code::NoticeUnlogged,
                format!("The entry names the notice {notice}, which the log did not announce before."),
            );
        }
    }
}

/// Whether a time, unix seconds, is in this year, UTC.
fn is_in_year(time: u64, year: u16) -> bool {
    let at = i64::try_from(time).ok().and_then(|time| OffsetDateTime::from_unix_timestamp(time).ok());
    at.is_some_and(|at| at.year() == i32::from(year))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_ranges_cover_what_the_single_ones_did() {
        let ranges = [(5, 8), (1, 3), (2, 4), (8, 9), (20, 21), (6, 7)];
        let mut erased = Erased::default();
        erased.add(&ranges.map(IndexRange::from));
        erased.settle();
        for index in 0..25 {
            assert_eq!(
                erased.covers(index),
                ranges.iter().any(|&(from, to)| from <= index && index < to),
                "{index}"
            );
        }
        assert_eq!(erased.ranges.len(), 3);
    }
}
