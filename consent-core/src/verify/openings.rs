//! Every part of every decision, by pieces: lines of openings that follow each other, and stretches of entries that have
//! none. A piece begins where the one before it ends, which is only certain when that one was gone through; so it is
//! taken from the last line of the one before, and if lines are out of order the piece is gone through again.

use std::collections::BTreeSet;

use super::cursor::{Bundles, Place, end, start};
use super::lines::{Chunk, Lines};
use super::parts::{FILE, Input, Parts, Totals};
use super::progress::{Progress, Step};
use super::report::{Code, Report};
use super::source::BundleSource;
use super::table::{Rows, Table};
use super::workers::Workers;
use crate::bundle::csv;
use crate::bundle::opening_line::OpeningLine;
use crate::bundle::path::BundlePath;
use crate::digest::Digest;

/// How many entry bundles without openings are one piece at most.
const GAP_BUNDLES: usize = 16;

/// What the check leaves behind.
pub(super) struct Outcome {
    pub(super) totals: Totals,
    /// The sums of the openings and the spreadsheet, as far as they could be read.
    pub(super) sums: Vec<(BundlePath, Digest)>,
}

/// Compares all openings with the entries, and the spreadsheet with both.
pub(super) fn check<W: Workers>(
    workers: &W,
    input: Input<'_>,
    paths: &BTreeSet<BundlePath>,
    report: &mut Report,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Outcome {
    let mut table = Table::open(input.source, paths.contains(&BundlePath::Decisions), report);
    let mut header = Rows::default();
    header.push(|text| text.push_str(&csv::header()));
    table.push(&header, report);
    let mut jobs =
        Jobs { bundles: input.bundles, lines: open(input.source, paths, report), next: start(), held: None };
    let (mut totals, mut next) = (Totals::default(), start());
    let total = input.bundles.entries_before(end());
    workers.run(
        &mut || jobs.next(),
        &|job: Job| {
            let parts = job.work(input, job.from);
            (job, parts)
        },
        &mut |(job, mut parts)| {
            if parts.from != next {
                parts = job.work(input, next);
            }
            next = parts.to;
            totals.lines += parts.totals.lines;
            totals.erased += parts.totals.erased;
            report.absorb(parts.found);
            table.push(&parts.rows, report);
            progress(Progress { step: Step::Openings, done: input.bundles.entries_before(next), total });
        },
    );
    progress(Progress { step: Step::Openings, done: total, total });
    let mut sums = Vec::new();
    if let Some(lines) = jobs.lines {
        if let Some((byte, message)) = lines.fault() {
            report.find_at(Code::OpeningUnreadable, FILE, None, Some(byte), message);
        }
        match lines.sum() {
            Ok(sum) => sums.push((FILE, sum)),
            Err(error) => {
                report.find(Code::FileUnreadable, FILE, format!("The file can not be read: {error}."));
            }
        }
    }
    sums.extend(table.finish(report).map(|sum| (BundlePath::Decisions, sum)));
    Outcome { totals, sums }
}

fn open<'a>(
    source: &'a dyn BundleSource,
    paths: &BTreeSet<BundlePath>,
    report: &mut Report,
) -> Option<Lines<'a>> {
    if !paths.contains(&FILE) {
        return None;
    }
    match source.open(&FILE.to_string()) {
        Ok(stream) => Some(Lines::new(stream)),
        Err(error) => {
            report.find(Code::FileUnreadable, FILE, format!("The file can not be read: {error}."));
            None
        }
    }
}

/// A piece of the work.
struct Job {
    /// Where it begins, as far as is known when it is taken.
    from: Place,
    what: What,
}

enum What {
    Lines(Chunk),
    /// Entries without openings, up to this place.
    Gap(Place),
}

impl Job {
    fn work<'a>(&self, input: Input<'a>, from: Place) -> Parts<'a> {
        let parts = Parts::new(input, from);
        match &self.what {
            What::Lines(chunk) => parts.lines(chunk),
            What::Gap(to) => parts.skip_to(*to),
        }
    }
}

/// Cuts the work into pieces.
struct Jobs<'a> {
    bundles: &'a Bundles<'a>,
    lines: Option<Lines<'a>>,
    /// Where the next piece begins.
    next: Place,
    /// Lines, and the places of the first and last of them, that wait until the gap before them is dealt with.
    held: Option<(Chunk, Option<(Place, Place)>)>,
}

impl Jobs<'_> {
    fn next(&mut self) -> Option<Job> {
        let held = self.held.take().or_else(|| {
            let chunk = self.lines.as_mut()?.next()?;
            let places = self.places(&chunk);
            Some((chunk, places))
        });
        let first = match &held {
            Some((_, places)) => places.map_or(self.next, |(first, _)| first),
            None => end(),
        };
        let from = self.next;
        let gap = self.bundles.between(from, first);
        if let Some(bundle) = gap.get(GAP_BUNDLES).or(gap.last().filter(|_| held.is_none())) {
            let to = if gap.len() > GAP_BUNDLES { bundle.from() } else { end() };
            self.next = to;
            self.held = held;
            return Some(Job { from, what: What::Gap(to) });
        }
        let (chunk, places) = held?;
        if let Some((year, index)) = places.map(|(_, last)| last) {
            self.next = self.next.max((year, index + 1));
        }
        Some(Job { from, what: What::Lines(chunk) })
    }

    /// The places of the first and the last line that can be read and have an entry.
    fn places(&self, chunk: &Chunk) -> Option<(Place, Place)> {
        let place = |line: &[u8]| {
            let line = OpeningLine::parse(line).ok()?;
            Some((line.year, line.index)).filter(|place| self.bundles.has(*place))
        };
        let mut lines = chunk.lines();
        let first = lines.find_map(place)?;
        Some((first, lines.rev().find_map(place).unwrap_or(first)))
    }
}
