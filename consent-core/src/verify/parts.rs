//! The parts of the decisions from one place on: each there and true, erased, missing, tampered with, or back from
//! erasure.

use std::collections::BTreeMap;

use super::cursor::{Bundles, Cursor, Place};
use super::decided;
use super::lines::Chunk;
use super::moved_in;
use super::notices::NoticeFacts;
use super::report::{Code, Report};
use super::shown;
use super::source::BundleSource;
use super::table::Rows;
use crate::bundle::csv;
use crate::bundle::data::{DecisionData, SubjectData};
use crate::bundle::manifest::Contents;
use crate::bundle::opening_line::OpeningLine;
use crate::bundle::path::BundlePath;
use crate::ledger::commitment::Part;
use crate::ledger::entry::{Entry, Kind};
use crate::notice::NoticeId;

pub(super) const FILE: BundlePath = BundlePath::Openings;

/// What the check of openings starts from.
#[derive(Clone, Copy)]
pub(super) struct Input<'a> {
    pub(super) source: &'a dyn BundleSource,
    pub(super) bundles: &'a Bundles<'a>,
    pub(super) notices: &'a BTreeMap<NoticeId, NoticeFacts>,
    pub(super) contents: Option<&'a Contents>,
}

/// What was counted on the way.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Totals {
    /// Lines of openings.
    pub(super) lines: u64,
    /// Parts that an erasure entry covers.
    pub(super) erased: u64,
}

/// The parts of all decisions from `from` up to, but without, `to`.
pub(super) struct Parts<'a> {
    input: Input<'a>,
    cursor: Cursor<'a>,
    pub(super) from: Place,
    /// The first place that was not gone past.
    pub(super) to: Place,
    pub(super) totals: Totals,
    pub(super) found: Report,
    /// The spreadsheet as it should be.
    pub(super) rows: Rows,
}

impl<'a> Parts<'a> {
    pub(super) fn new(input: Input<'a>, from: Place) -> Self {
        Self {
            input,
            cursor: Cursor::new(input.source, input.bundles),
            from,
            to: from,
            totals: Totals::default(),
            found: Report::default(),
            rows: Rows::default(),
        }
    }

    /// Goes through lines, and past all decisions before each of them that have none.
    pub(super) fn lines(mut self, chunk: &Chunk) -> Self {
        let mut byte = chunk.byte;
        for line in chunk.lines() {
            self.line(byte, line);
            byte += u64::try_from(line.len()).unwrap_or(0) + 1;
        }
        self
    }

    /// Goes past every entry before `place`: decisions among them have no openings.
    pub(super) fn skip_to(mut self, place: Place) -> Self {
        self.skip(place);
        self
    }

    fn line(&mut self, byte: u64, bytes: &[u8]) {
        self.totals.lines += 1;
        let line = match OpeningLine::parse(bytes) {
            Ok(line) => line,
            Err(error) => {
                let message = format!("The line is unreadable: {error}.");
                self.found.find_at(Code::OpeningUnreadable, FILE, None, Some(byte), message);
                return;
            }
        };
        let place = (line.year, line.index);
        if place < self.to {
            return self.misplaced(place, byte, "the line is repeated or out of order.");
        }
        if !self.input.bundles.has(place) {
            return self.misplaced(place, byte, "there is no such entry.");
        }
        self.skip(place);
        self.to = (line.year, line.index + 1);
        // An entry that can not be read was found before; nothing can be compared with it.
        let Some(entry) = self.cursor.entry(place) else { return };
        let &Kind::Decision { decision, notice, subject } = entry.kind() else {
            return self.misplaced(place, byte, "the entry is not a decision.");
        };
        for (part, commitment) in [(Part::Subject, subject), (Part::Decision, decision)] {
            match line.part(part) {
                None => self.absent(part, place, &entry),
                Some(opening) if opening.commitment(part) == commitment => {
                    self.present(part, place, byte, &entry);
                }
                Some(opening) => {
                    self.count_erased(part, place);
                    self.found.part(part).tampered += 1;
                    let message = format!(
                        "Log {}, entry {}: the {part} part is not what was recorded (its commitment is {}, the entry has {commitment}).",
                        line.year,
                        line.index,
                        opening.commitment(part)
                    );
                    self.found.find_at(Code::PartTampered, FILE, Some(line.index), Some(byte), message);
                }
            }
        }
        let subject_data = line.subject.as_ref().and_then(|opening| SubjectData::parse(opening.data()));
        let decision_data = line.decision.as_ref().and_then(|opening| DecisionData::parse(opening.data()));
        // What does not fit its commitment is not looked into: it says nothing about what was recorded.
        if line.subject.as_ref().is_some_and(|opening| opening.commitment(Part::Subject) == subject) {
            self.subject_fits(subject_data.as_ref(), (line.index, byte));
        }
        if line.decision.as_ref().is_some_and(|opening| opening.commitment(Part::Decision) == decision) {
            self.decision_fits(decision_data.as_ref(), &entry, notice, (line.index, byte));
        }
        self.rows.push(|text| {
            csv::write_row(text, &line, entry.time(), notice, decision_data.as_ref(), subject_data.as_ref());
        });
    }

    fn misplaced(&mut self, (year, index): Place, byte: u64, what: &str) {
        let message = format!("Log {year}, entry {index}: {what}");
        self.found.find_at(Code::OpeningMisplaced, FILE, Some(index), Some(byte), message);
    }

    fn skip(&mut self, place: Place) {
        let from = self.to;
        if from >= place {
            return;
        }
        self.to = place;
        for bundle in self.input.bundles.between(from, place) {
            let (begin, end) = (bundle.from().max(from), bundle.to().min(place));
            for index in begin.1..end.1 {
                let here = (begin.0, index);
                let Some(entry) = self.cursor.entry(here) else { continue };
                if matches!(entry.kind(), Kind::Decision { .. }) {
                    for part in Part::ALL {
                        self.absent(part, here, &entry);
                    }
                }
            }
        }
    }

    /// Whether an erasure entry covers the part; if so it is counted.
    fn count_erased(&mut self, part: Part, (year, index): Place) -> bool {
        let Some(log) = self.input.bundles.log(year) else { return false };
        let erased = match part {
            Part::Subject => &log.erased_subject,
            Part::Decision => &log.erased_decision,
        };
        let covered = erased.covers(index);
        self.totals.erased += u64::from(covered);
        covered
    }

    fn in_range(&self, entry: &Entry) -> bool {
        self.input.contents.is_none_or(|contents| {
            contents.from.is_none_or(|from| from <= entry.time())
                && contents.to.is_none_or(|to| entry.time() < to)
        })
    }

    fn absent(&mut self, part: Part, place: Place, entry: &Entry) {
        if self.count_erased(part, place) {
            self.found.part(part).erased += 1;
        } else if self.in_range(entry) {
            self.found.part(part).missing += 1;
            let (year, index) = place;
            let message = format!(
                "Log {year}, entry {index}: the {part} part is missing, and no entry says that it was erased."
            );
            self.found.find_at(Code::PartMissing, FILE, Some(index), None, message);
        } else {
            self.found.part(part).outside_range += 1;
        }
    }

    fn present(&mut self, part: Part, place: Place, byte: u64, entry: &Entry) {
        let (year, index) = place;
        if self.count_erased(part, place) {
            self.found.part(part).resurrected += 1;
            let message = format!(
                "Log {year}, entry {index}: the {part} part is there, although the log says that it was erased."
            );
            self.found.find_at(Code::PartResurrected, FILE, Some(index), Some(byte), message);
        } else {
            self.found.part(part).verified += 1;
        }
        if !self.in_range(entry) {
            let message = format!(
                "Log {year}, entry {index}: the {part} part is outside the time that the bundle is for."
            );
            self.found.find_at(Code::PartOutsideRange, FILE, Some(index), Some(byte), message);
        }
    }

    fn unreadable(&mut self, part: Part, (index, byte): (u64, u64)) {
        let message = format!("Entry {index}: the {part} part does not have the fields of a decision.");
        self.found.find_at(Code::OpeningUnreadable, FILE, Some(index), Some(byte), message);
    }

    fn subject_fits(&mut self, data: Option<&SubjectData>, at: (u64, u64)) {
        if data.is_none() {
            self.unreadable(Part::Subject, at);
        }
    }

    /// What is behind a commitment has to be a decision at the time and under the notice that the entry names.
    fn decision_fits(
        &mut self,
        data: Option<&DecisionData>,
        entry: &Entry,
        notice: NoticeId,
        (index, byte): (u64, u64),
    ) {
        let Some(data) = data else { return self.unreadable(Part::Decision, (index, byte)) };
        let at_fault = [
            (Code::OpeningContradictsItself, decided::contradiction(data)),
            (Code::OpeningContradictsTime, decided::time_contradiction(data, entry.time())),
        ];
        for (code, what) in at_fault.into_iter().filter_map(|(code, what)| Some((code, what?))) {
            self.found.find_at(code, FILE, Some(index), Some(byte), format!("Entry {index}: {what}."));
        }
        shown::count(notice, data, &mut self.found);
        // A notice that is missing or unreadable was found before.
        let Some(shown) = self.input.notices.get(&notice) else { return };
        let at_fault = [
            decided::service_contradiction(data, &shown.services),
            moved_in::contradiction(data, &shown.moving_in, shown.ask_again_after),
        ];
        for (code, what) in at_fault.into_iter().flatten() {
            self.found.find_at(code, FILE, Some(index), Some(byte), format!("Entry {index}: {what}."));
        }
        if data.handoff.as_ref().is_some_and(|from| !shown.group.contains(&from.site)) {
            let message =
                format!("Entry {index}: it was handed on by a site that its notice {notice} does not name.");
            self.found.find_at(Code::OpeningContradictsNotice, FILE, Some(index), Some(byte), message);
        }
        let fits = data.language == shown.language
            && data.region == shown.regime.region
            && data.regime == shown.regime.rules;
        if !fits {
            let message =
                format!("Entry {index}: language, region or rules are not those of the notice {notice}.");
            self.found.find_at(Code::OpeningContradictsNotice, FILE, Some(index), Some(byte), message);
        }
    }
}
