//! A chart of days, as the numbers of an SVG: columns of answers in three parts, and below them how often there was none. What is drawn is
//! also told in a table.

use std::collections::{BTreeMap, BTreeSet};

use time::Date;

use crate::counts::Answers;

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
    /// Top and height of what was not answered, which has a scale of its own.
    pub(crate) unanswered: (u64, u64),
    /// Whether a notice came in the place of another one that day.
    pub(crate) has_new_notice: bool,
    pub(crate) date: String,
    pub(crate) answers: Answers,
}

/// A period.
#[derive(Clone, Debug)]
pub(crate) struct Chart {
    pub(crate) columns: Vec<Column>,
    /// The most answers of a day.
    pub(crate) most: u64,
    /// The most banners of a day that were not answered.
    pub(crate) most_ignored: u64,
    /// Whether it is counted how often a banner is shown.
    pub(crate) counts_shown: bool,
}

impl Chart {
    /// Of the days from `from` up to, but without, `to`; on some of them the notice `changed`.
    pub(super) fn of(
        by_day: &BTreeMap<Date, Answers>,
        from: Date,
        to: Date,
        changed: &BTreeSet<Date>,
    ) -> Self {
        let dates = std::iter::successors(Some(from), |date| date.next_day()).take_while(|date| *date < to);
        let all: Vec<_> = dates.map(|date| (date, by_day.get(&date).copied().unwrap_or_default())).collect();
        let most_of = |of: fn(&Answers) -> u64| all.iter().map(|(_, day)| of(day)).max().unwrap_or(0);
        let (most, most_ignored) = (most_of(Answers::all), most_of(Answers::ignored));
        let step = WIDTH / u64::try_from(all.len()).unwrap_or(WIDTH).max(1);
        let columns = (0..).step_by(usize::try_from(step).unwrap_or(1)).zip(&all).map(|(x, (date, day))| {
            let mut top = HEIGHT;
            let parts = [(day.refused, "refused"), (day.mixed, "mixed"), (day.accepted, "accepted")];
            let parts = parts.into_iter().filter_map(|(part, class)| {
                let height = height(part, most);
                top -= height;
                (height > 0).then_some((top, height, class))
            });
            let ignored = height(day.ignored(), most_ignored);
            Column {
                x,
                width: step - (step / 5).min(GAP),
                parts: parts.collect(),
                unanswered: (HEIGHT - ignored, ignored),
                has_new_notice: changed.contains(date),
                date: date.to_string(),
                answers: *day,
            }
        });
        let columns = columns.collect();
        Self { columns, most, most_ignored, counts_shown: all.iter().any(|(_, day)| day.shown > 0) }
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

/// Of a part of the most that there is.
fn height(part: u64, most: u64) -> u64 {
    part.saturating_mul(HEIGHT) / most.max(1)
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;

    #[test]
    fn each_day_has_its_column_and_what_was_not_answered_a_scale_of_its_own() {
        let from = Date::from_calendar_date(2026, time::Month::November, 20).unwrap();
        let day = |number| from + Duration::days(number);
        let few = Answers { accepted: 1, mixed: 1, refused: 2, shown: 1004, ..Answers::default() };
        let one = Answers { refused: 1, shown: 501, ..Answers::default() };
        let by_day = BTreeMap::from([(day(-1), few), (day(0), few), (day(2), one), (day(4), few)]);
        let chart = Chart::of(&by_day, from, day(4), &BTreeSet::from([day(2), day(9)]));
        assert_eq!((chart.columns.len(), chart.most, chart.most_ignored), (4, 4, 1000));
        let [first, second, third, _] = chart.columns.as_slice() else { panic!() };
        assert_eq!(first.parts, [(5000, 5000, "refused"), (2500, 2500, "mixed"), (0, 2500, "accepted")]);
        assert_eq!((first.unanswered, third.unanswered), ((0, 10_000), (5000, 5000)));
        assert!(second.parts.is_empty() && second.unanswered == (10_000, 0));
        let marked: Vec<_> = chart.columns.iter().map(|column| column.has_new_notice).collect();
        assert_eq!(marked, [false, false, true, false]);
        assert!(chart.counts_shown && !Chart::of(&by_day, day(5), day(9), &BTreeSet::new()).counts_shown);
    }
}
