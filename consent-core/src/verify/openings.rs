//! Every part of every decision: there and true, erased, missing, tampered with, or back from erasure.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use super::cursor::{Cursor, Place};
use super::decided;
use super::log::LogFacts;
use super::notices::NoticeFacts;
use super::progress::{Progress, Step};
use super::report::{Code, Report};
use super::shown;
use super::source::BundleSource;
use super::table;
use crate::bundle::csv;
use crate::bundle::data::{DecisionData, SubjectData};
use crate::bundle::manifest::Contents;
use crate::bundle::opening_line::{MAX_LINE_BYTES, OpeningLine};
use crate::bundle::path::BundlePath;
use crate::ledger::commitment::Part;
use crate::ledger::entry::{Entry, Kind};
use crate::notice::NoticeId;

const FILE: BundlePath = BundlePath::Openings;

/// What the check of openings starts from.
#[derive(Clone, Copy)]
pub(super) struct Input<'a> {
    pub(super) source: &'a dyn BundleSource,
    pub(super) logs: &'a [LogFacts],
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

/// Compares all openings with the entries, and the spreadsheet with both.
pub(super) fn check(
    input: &Input<'_>,
    paths: &BTreeSet<BundlePath>,
    report: &mut Report,
    progress: &mut dyn FnMut(Progress),
) -> Totals {
    let mut expected = table::Blocks::default();
    let totals = walk(input, paths, report, &mut |row| expected.push(row.as_bytes()), progress);
    if paths.contains(&BundlePath::Decisions) {
        let again = |sink: &mut dyn FnMut(&str)| {
            // The same way a second time, to see the rows around a difference: what it finds was found before.
            walk(input, paths, &mut Report::default(), sink, &mut |_| ());
        };
        table::compare(input.source, &expected, again, report);
    }
    totals
}

/// Goes through openings and entries side by side. `rows` gets the spreadsheet as it should be.
fn walk(
    input: &Input<'_>,
    paths: &BTreeSet<BundlePath>,
    report: &mut Report,
    rows: &mut dyn FnMut(&str),
    progress: &mut dyn FnMut(Progress),
) -> Totals {
    let cursor = Cursor::new(input.source, input.logs);
    let total = input.logs.iter().map(|log| log.walked).fold(0, u64::saturating_add);
    let next = cursor.first();
    let mut walker =
        Walker { input, cursor, next, last: None, totals: Totals::default(), done: 0, total, progress };
    rows(&csv::header());
    if paths.contains(&FILE) {
        let mut lines = Lines::default();
        let read = input.source.read(&FILE.to_string(), &mut |piece| {
            lines.push(piece, &mut |byte, line| walker.line(byte, line, report, rows))
        });
        if let Err(error) = read {
            report.find(Code::FileUnreadable, FILE, format!("The file can not be read: {error}."));
        }
        if let Some((byte, message)) = lines.fault() {
            report.find_at(Code::OpeningUnreadable, FILE, None, Some(byte), message);
        }
    }
    walker.skip_to(None, report);
    walker.totals
}

/// Cuts a stream into lines of limited length.
#[derive(Default)]
struct Lines {
    buffer: Vec<u8>,
    /// Where the buffer begins in the file.
    byte: u64,
    too_long: bool,
}

impl Lines {
    fn push(&mut self, mut piece: &[u8], line: &mut dyn FnMut(u64, &[u8])) -> ControlFlow<()> {
        while let Some(end) = piece.iter().position(|&byte| byte == b'\n') {
            let (head, rest) = piece.split_at(end);
            self.buffer.extend_from_slice(head);
            line(self.byte, &self.buffer);
            self.byte += u64::try_from(self.buffer.len()).unwrap_or(0) + 1;
            self.buffer.clear();
            piece = rest.get(1..).unwrap_or_default();
        }
        self.buffer.extend_from_slice(piece);
        self.too_long = self.buffer.len() > MAX_LINE_BYTES;
        if self.too_long { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// What is wrong with the end, if anything.
    fn fault(&self) -> Option<(u64, &'static str)> {
        match (self.too_long, self.buffer.is_empty()) {
            (true, _) => Some((self.byte, "The line is longer than a line of openings can be.")),
            (false, false) => Some((self.byte, "The file ends within a line.")),
            (false, true) => None,
        }
    }
}

struct Walker<'a, 'p> {
    input: &'a Input<'a>,
    cursor: Cursor<'a>,
    /// The first place that was not gone past.
    next: Option<Place>,
    /// The place of the line before.
    last: Option<Place>,
    totals: Totals,
    done: u64,
    total: u64,
    progress: &'p mut dyn FnMut(Progress),
}

impl Walker<'_, '_> {
    fn line(&mut self, byte: u64, bytes: &[u8], report: &mut Report, rows: &mut dyn FnMut(&str)) {
        self.totals.lines += 1;
        let line = match OpeningLine::parse(bytes) {
            Ok(line) => line,
            Err(error) => {
                let message = format!("The line is unreadable: {error}.");
                report.find_at(Code::OpeningUnreadable, FILE, None, Some(byte), message);
                return;
            }
        };
        let place = (line.year, line.index);
        let misplaced = |report: &mut Report, message: &str| {
            let message = format!("Log {}, entry {}: {message}", line.year, line.index);
            report.find_at(Code::OpeningMisplaced, FILE, Some(line.index), Some(byte), message);
        };
        if self.last.is_some_and(|last| place <= last) {
            misplaced(report, "the line is repeated or out of order.");
            return;
        }
        self.last = Some(place);
        self.skip_to(Some(place), report);
        if self.next != Some(place) {
            misplaced(report, "there is no such entry.");
            return;
        }
        self.step(place);
        // An entry that can not be read was found before; nothing can be compared with it.
        let Some(entry) = self.cursor.entry(place).cloned() else { return };
        let &Kind::Decision { decision, notice, subject } = entry.kind() else {
            misplaced(report, "the entry is not a decision.");
            return;
        };
        for (part, commitment) in [(Part::Subject, subject), (Part::Decision, decision)] {
            match line.part(part) {
                None => self.absent(part, place, &entry, report),
                Some(opening) if opening.commitment(part) == commitment => {
                    self.present(part, place, byte, &entry, report);
                    self.contents(part, opening.data(), &entry, (line.index, byte), report);
                }
                Some(opening) => {
                    self.count_erased(part, place);
                    report.part(part).tampered += 1;
                    let message = format!(
                        "Log {}, entry {}: the {part} part is not what was recorded (its commitment is {}, the entry has {commitment}).",
                        line.year,
                        line.index,
                        opening.commitment(part)
                    );
                    report.find_at(Code::PartTampered, FILE, Some(line.index), Some(byte), message);
                }
            }
        }
        rows(&csv::row(&line, entry.time(), notice));
    }

    /// Goes past every entry before `place` (or all that are left): decisions among them have no openings.
    fn skip_to(&mut self, place: Option<Place>, report: &mut Report) {
        while let Some(here) = self.next.filter(|&here| place.is_none_or(|place| here < place)) {
            self.step(here);
            let Some(entry) = self.cursor.entry(here).cloned() else { continue };
            if matches!(entry.kind(), Kind::Decision { .. }) {
                for part in Part::ALL {
                    self.absent(part, here, &entry, report);
                }
            }
        }
    }

    fn step(&mut self, here: Place) {
        self.next = self.cursor.after(here);
        self.done += 1;
        if self.done.is_multiple_of(1024) || self.next.is_none() {
            (self.progress)(Progress { step: Step::Openings, done: self.done, total: self.total });
        }
    }

    /// Whether an erasure entry covers the part; if so it is counted.
    fn count_erased(&mut self, part: Part, (year, index): Place) -> bool {
        let Some(log) = self.cursor.log(year) else { return false };
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

    fn absent(&mut self, part: Part, place: Place, entry: &Entry, report: &mut Report) {
        if self.count_erased(part, place) {
            report.part(part).erased += 1;
        } else if self.in_range(entry) {
            report.part(part).missing += 1;
            let (year, index) = place;
            let message = format!(
                "Log {year}, entry {index}: the {part} part is missing, and no entry says that it was erased."
            );
            report.find_at(Code::PartMissing, FILE, Some(index), None, message);
        } else {
            report.part(part).outside_range += 1;
        }
    }

    fn present(&mut self, part: Part, place: Place, byte: u64, entry: &Entry, report: &mut Report) {
        let (year, index) = place;
        if self.count_erased(part, place) {
            report.part(part).resurrected += 1;
            let message = format!(
                "Log {year}, entry {index}: the {part} part is there, although the log says that it was erased."
            );
            report.find_at(Code::PartResurrected, FILE, Some(index), Some(byte), message);
        } else {
            report.part(part).verified += 1;
        }
        if !self.in_range(entry) {
            let message = format!(
                "Log {year}, entry {index}: the {part} part is outside the time that the bundle is for."
            );
            report.find_at(Code::PartOutsideRange, FILE, Some(index), Some(byte), message);
        }
    }

    /// What is behind a commitment has to be a decision at the time and under the notice that the entry names.
    fn contents(
        &self,
        part: Part,
        data: &str,
        entry: &Entry,
        (index, byte): (u64, u64),
        report: &mut Report,
    ) {
        let unreadable = format!("Entry {index}: the {part} part does not have the fields of a decision.");
        match part {
            Part::Subject => {
                if SubjectData::parse(data).is_none() {
                    report.find_at(Code::OpeningUnreadable, FILE, Some(index), Some(byte), unreadable);
                }
            }
            Part::Decision => {
                let Some(data) = DecisionData::parse(data) else {
                    report.find_at(Code::OpeningUnreadable, FILE, Some(index), Some(byte), unreadable);
                    return;
                };
                let at_fault = [
                    (Code::OpeningContradictsItself, decided::contradiction(&data)),
                    (Code::OpeningContradictsTime, decided::time_contradiction(&data, entry.time())),
                ];
                for (code, what) in at_fault.into_iter().filter_map(|(code, what)| Some((code, what?))) {
                    report.find_at(code, FILE, Some(index), Some(byte), format!("Entry {index}: {what}."));
                }
                let &Kind::Decision { notice, .. } = entry.kind() else { return };
                shown::count(notice, &data, report);
                // A notice that is missing or unreadable was found before.
                let Some(shown) = self.input.notices.get(&notice) else { return };
                let fits = data.language == shown.language
                    && data.region == shown.regime.region
                    && data.regime == shown.regime.rules;
                if !fits {
                    let message = format!(
                        "Entry {index}: language, region or rules are not those of the notice {notice}."
                    );
                    report.find_at(Code::OpeningContradictsNotice, FILE, Some(index), Some(byte), message);
                }
            }
        }
    }
}
