//! A chart of days, as the numbers of an SVG: columns of answers in three parts. What is drawn is also told in a table.

use std::collections::BTreeSet;

use consent_core::notice::NoticeId;
use time::Date;

use crate::counts::{Day, Outcome, Sum};

/// Size of the drawing, in its own units: many more than there are pixels. It is drawn as wide as its place.
const WIDTH: u64 = 36_000;
const HEIGHT: u64 = 10_000;

/// The most that is left free between two days.
const GAP: u64 = 120;

/// One day.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) x: u64,
    pub(crate) width: u64,
    /// Top, height and class of each part, lowest first.
    pub(crate) parts: Vec<(u64, u64, &'static str)>,
    /// Whether visitors were shown a notice that day that was not shown on the days before.
    pub(crate) has_new_notice: bool,
    pub(crate) date: String,
    pub(crate) shown: u64,
    pub(crate) accepted: u64,
    pub(crate) mixed: u64,
    pub(crate) refused: u64,
}

/// A period.
#[derive(Clone, Debug)]
pub(crate) struct Chart {
    pub(crate) columns: Vec<Column>,
    /// The most answers of a day.
    pub(crate) most: u64,
}

impl Chart {
    /// Of the days from `from` up to, but without, `to`.
    pub(super) fn of(days: &[(Date, Day)], from: Date, to: Date) -> Self {
        let mut all = Vec::new();
        let mut date = from;
        while date < to {
            let Some(next) = date.next_day() else { break };
            all.push((date, Sum::of(days, date, next)));
            date = next;
        }
        let most = all.iter().map(|(_, sum)| sum.acceptance().of).max().unwrap_or(0);
        let step = WIDTH / u64::try_from(all.len()).unwrap_or(WIDTH).max(1);
        let mut known: BTreeSet<NoticeId> = BTreeSet::new();
        let columns = (0..).step_by(usize::try_from(step).unwrap_or(1)).zip(&all).map(|(x, (date, sum))| {
            let mut top = HEIGHT;
            let parts =
                [(Outcome::Refused, "refused"), (Outcome::Mixed, "mixed"), (Outcome::Accepted, "accepted")];
            let parts = parts.into_iter().filter_map(|(outcome, class)| {
                let height = sum.outcome(outcome).saturating_mul(HEIGHT) / most.max(1);
                top -= height;
                (height > 0).then_some((top, height, class))
            });
            let parts = parts.collect();
            let is_first = known.is_empty();
            let before = known.len();
            known.extend(sum.notices.keys());
            Column {
                x,
                width: step - (step / 5).min(GAP),
                parts,
                has_new_notice: !is_first && known.len() > before,
                date: date.to_string(),
                shown: sum.shown,
                accepted: sum.outcome(Outcome::Accepted),
                mixed: sum.outcome(Outcome::Mixed),
                refused: sum.outcome(Outcome::Refused),
            }
        });
        Self { columns: columns.collect(), most }
    }

    pub(super) fn first(&self) -> &str {
        self.columns.first().map_or("", |column| &column.date)
    }

    pub(super) fn last(&self) -> &str {
        self.columns.last().map_or("", |column| &column.date)
    }

    pub(super) fn has_new_notices(&self) -> bool {
        self.columns.iter().any(|column| column.has_new_notice)
    }
}
