//! How a site does: the figures of a period beside those of the one before, and what somebody should look at.

use std::collections::BTreeMap;

use consent_core::notice::NoticeId;
use time::{Date, Duration};

use super::alert::Alert;
use super::chart::Chart;
use super::table::{Table, grouped, percent, tables};
use crate::counts::{Answers, Day, Outcome, Places, Sum, by_day, changes};

/// Silence is looked for in so many days at least, however short the period is that somebody looks at.
const LISTENED: u16 = 30;

/// What is known of a site.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted<'a> {
    /// Its days, from [`Overview::reach`] on.
    pub(crate) days: &'a [(Date, Day)],
    /// When each notice was named first.
    pub(crate) named: &'a BTreeMap<NoticeId, u64>,
    /// Its notices.
    pub(crate) places: &'a Places<'a>,
    /// How many entries of the logs are in none of it yet.
    pub(crate) uncounted: u64,
}

/// A figure, and what it was in the period before.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) value: String,
    pub(crate) before: String,
}

/// A site in a period.
#[derive(Clone, Debug)]
pub(crate) struct Overview {
    pub(crate) days: u16,
    pub(crate) figures: Vec<Figure>,
    pub(crate) chart: Chart,
    pub(crate) tables: Vec<Table>,
    pub(crate) alerts: Vec<Alert>,
    pub(crate) uncounted: u64,
    pub(crate) bots: u64,
    pub(crate) is_empty: bool,
}

impl Overview {
    /// The periods that can be chosen, in days.
    pub(crate) const PERIODS: [u16; 4] = [7, 30, 90, 365];

    /// The first day and the one behind the last that are asked for: the period before too, a week by which silence is told, and the next
    /// day, whose first hour may tell of the last one of this.
    pub(crate) fn reach(today: Date, length: u16) -> (Date, Date) {
        let back = i64::from(length).saturating_mul(2).max(LISTENED.into()).saturating_add(7);
        (today.saturating_sub(Duration::days(back)), today.saturating_add(Duration::days(2)))
    }

    /// Of the `length` days that end with `today`.
    pub(crate) fn of(site: Counted<'_>, today: Date, length: u16) -> Self {
        let Counted { days, named, places, uncounted } = site;
        let end = today.saturating_add(Duration::DAY);
        let begin = end.saturating_sub(Duration::days(length.into()));
        let before = Sum::of(days, begin.saturating_sub(Duration::days(length.into())), begin, places);
        let now = Sum::of(days, begin, end, places);
        let by_day = by_day(days);
        let mut alerts = Vec::from_iter(Alert::too_good(&now.all));
        if uncounted == 0 {
            let listened = today.saturating_sub(Duration::days(length.max(LISTENED).into()));
            alerts.extend(Alert::silent(&by_day, listened, today));
        }
        Self {
            days: length,
            figures: figures(&now, &before),
            chart: Chart::of(&by_day, begin, end, &changes(named, places)),
            tables: tables(&now),
            alerts,
            uncounted,
            bots: now.bots,
            is_empty: now.all.shown == 0 && now.outcomes.is_empty(),
        }
    }

    pub(crate) fn periods(&self) -> [u16; 4] {
        Self::PERIODS
    }

    /// A number as it is written for people.
    pub(crate) fn bots(&self) -> String {
        grouped(self.bots)
    }
}

fn figures(now: &Sum<'_>, before: &Sum<'_>) -> Vec<Figure> {
    let figure = |name, of: &dyn Fn(&Sum<'_>) -> String| Figure { name, value: of(now), before: of(before) };
    // A site may not count what it shows: then nothing is known of it.
    let shown = |name, of: fn(&Answers) -> u64| {
        figure(name, &|sum| if sum.all.shown == 0 { "–".to_owned() } else { grouped(of(&sum.all)) })
    };
    let share = |name, of: fn(&Answers) -> u64| figure(name, &|sum| percent(sum.all.share(of(&sum.all))));
    let outcome = |name, of| figure(name, &|sum| grouped(sum.outcome(of)));
    vec![
        shown("Banner shown", |all| all.shown),
        figure("Answered", &|sum| grouped(sum.all.all())),
        share("Accepted everything", |all| all.accepted),
        share("Accepted some", |all| all.mixed),
        share("Refused everything", |all| all.refused),
        shown("Shown, no answer", Answers::ignored),
        outcome("Withdrawn", Outcome::Withdrawn),
        outcome("Objections (GPC)", Outcome::Signal),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_told_of_whatever_period_one_looks_at_and_not_before_all_is_counted() {
        let today = Date::from_calendar_date(2026, time::Month::November, 23).unwrap();
        let key = serde_json::json!({
            "class": "mobile", "granted": 0, "language": "fr", "notice": "A".repeat(43), "outcome": "refused", "region": "EU"
        });
        let day = serde_json::json!({ "decisions": [[key, 1]], "shown": [], "until": {} });
        let of = |length, uncounted| {
            let (from, _) = Overview::reach(today, length);
            let days = (10..40).rev().map(|back| today - Duration::days(back)).filter(|date| *date >= from);
            let days: Vec<_> =
                days.map(|date| (date, serde_json::from_value(day.clone()).unwrap())).collect();
            let (named, places) = (BTreeMap::new(), Places::new());
            Overview::of(Counted { days: &days, named: &named, places: &places, uncounted }, today, length)
                .alerts
        };
        for length in Overview::PERIODS {
            assert_eq!(of(length, 0), [Alert::Silent(today - Duration::days(10))], "{length}");
            assert_eq!(of(length, 1), [], "{length}");
        }
    }
}
