//! How a site does: the figures of a period beside those of the one before, and what somebody should look at.

use consent_core::category::Category;
use time::{Date, Duration};

use super::chart::Chart;
use crate::counts::{Day, Outcome, Share, Sum};

/// A site with fewer answers in a period says nothing about how its banner is made.
const ENOUGH: u64 = 50;

/// More visitors of a thousand than this grant everything only where refusing is hard to find.
const TOO_GOOD: u64 = 950;

/// Heads are cosigned once a minute; after so many seconds it is no restart of a witness any more.
const UNWITNESSED: u64 = 3600;

/// Something that somebody should look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alert {
    /// Nearly everybody grants everything.
    TooGood,
    /// There were decisions, and there are none.
    Silent,
    /// Witnesses are asked, and too few have answered for long.
    Unwitnessed,
}

impl Alert {
    /// Whether heads have gone unwitnessed for too long, where some witness is asked: the last one was cosigned then, or the server
    /// has stood there since then.
    pub(crate) fn unwitnessed(last: u64, now: u64) -> Option<Self> {
        (now.saturating_sub(last) > UNWITNESSED).then_some(Self::Unwitnessed)
    }

    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::TooGood => {
                "More than 95 % of all answers grant everything. That is more than people do who can refuse as easily: look at \
                 the banner on your pages as a visitor sees it, and at `consent check --render`."
            }
            Self::Silent => {
                "No decision came in on the last full day, and there were some every day before: is the script still in your pages?"
            }
            Self::Unwitnessed => {
                "For more than an hour too few witnesses have cosigned a head of the logs: can they be reached, and do they know the \
                 key of the heads log?"
            }
        }
    }
}

/// A figure, and what it was in the period before.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) value: String,
    pub(crate) before: String,
}

/// One line of a table of shares.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) share: Share,
    pub(crate) percent: String,
    /// Its length in a drawing a hundred units long.
    pub(crate) length: String,
}

/// A table of shares.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) title: &'static str,
    pub(crate) of: &'static str,
    pub(crate) lines: Vec<Line>,
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
    pub(crate) is_empty: bool,
}

/// The lines of a table that are shown.
const LINES: usize = 12;

impl Overview {
    /// The periods that can be chosen, in days.
    pub(crate) const PERIODS: [u16; 4] = [7, 30, 90, 365];

    /// Of the `length` days that end with `today`. `days` begins twice as long ago and goes on to tomorrow; of the logs so many
    /// entries are in none of them yet.
    pub(crate) fn of(days: &[(Date, Day)], today: Date, length: u16, uncounted: u64) -> Self {
        let end = today.saturating_add(Duration::DAY);
        let begin = end.saturating_sub(Duration::days(length.into()));
        let before = Sum::of(days, begin.saturating_sub(Duration::days(length.into())), begin);
        let now = Sum::of(days, begin, end);
        let figure = |name, of: fn(&Sum) -> u64| Figure {
            name,
            value: grouped(of(&now)),
            before: grouped(of(&before)),
        };
        // A site may not count what it shows: then nothing is known of it.
        let or_unknown = |sum: &Sum, of: fn(&Sum) -> u64| {
            if sum.shown == 0 { "–".to_owned() } else { grouped(of(sum)) }
        };
        let shown = |name, of: fn(&Sum) -> u64| Figure {
            name,
            value: or_unknown(&now, of),
            before: or_unknown(&before, of),
        };
        let share = |name, of: fn(&Sum) -> Share| Figure {
            name,
            value: percent(of(&now)),
            before: percent(of(&before)),
        };
        let figures = vec![
            shown("Banner shown", |sum| sum.shown),
            figure("Answered", |sum| sum.acceptance().of),
            share("Accepted everything", Sum::acceptance),
            share("Refused everything", |sum| Share {
                granted: sum.outcome(Outcome::Refused),
                of: sum.acceptance().of,
            }),
            shown("Shown, no answer", Sum::ignored),
            figure("Withdrawn", |sum| sum.outcome(Outcome::Withdrawn)),
            figure("Objections (GPC)", |sum| sum.outcome(Outcome::Signal)),
        ];
        let categories = Category::OPTIONAL.into_iter().filter_map(|category| {
            now.categories.get(&category).map(|share| (category.as_str().to_owned(), *share))
        });
        let notices =
            now.notices.iter().map(|(id, share)| (id.to_string().chars().take(12).collect(), *share));
        let classes = now.classes.iter().map(|(class, share)| ((*class).to_owned(), *share));
        let pairs = |shares: &std::collections::BTreeMap<String, Share>| -> Vec<_> {
            let name = |name: &String| if name.is_empty() { "other".to_owned() } else { name.clone() };
            shares.iter().map(|(key, share)| (name(key), *share)).collect()
        };
        let tables = vec![
            Table { title: "Categories", of: "granted", lines: categories.map(line).collect() },
            table("Languages", pairs(&now.languages)),
            table("Regions", pairs(&now.regions)),
            table("Devices", classes.collect()),
            table("Notices", notices.collect()),
        ];
        Self {
            days: length,
            figures,
            chart: Chart::of(days, begin, end, &before.seen),
            tables,
            alerts: alerts(days, today, &now, uncounted),
            uncounted,
            is_empty: now.shown == 0 && now.outcomes.is_empty(),
        }
    }

    pub(crate) fn periods(&self) -> [u16; 4] {
        Self::PERIODS
    }
}

fn alerts(days: &[(Date, Day)], today: Date, now: &Sum, uncounted: u64) -> Vec<Alert> {
    let mut alerts = Vec::new();
    let acceptance = now.acceptance();
    if acceptance.of >= ENOUGH && acceptance.permille().is_some_and(|permille| permille > TOO_GOOD) {
        alerts.push(Alert::TooGood);
    }
    let answers = |back: i64| {
        let day = today.saturating_sub(Duration::days(back));
        Sum::of(days, day, day.saturating_add(Duration::DAY)).outcomes.values().sum::<u64>()
    };
    // Yesterday is the last whole day; today may have brought some already.
    if uncounted == 0 && (2..=8).all(|back| answers(back) > 0) && answers(1) == 0 && answers(0) == 0 {
        alerts.push(Alert::Silent);
    }
    alerts
}

fn table(title: &'static str, mut shares: Vec<(String, Share)>) -> Table {
    shares.sort_by(|(a, one), (b, other)| other.of.cmp(&one.of).then_with(|| a.cmp(b)));
    shares.truncate(LINES);
    Table { title, of: "accepted everything", lines: shares.into_iter().map(line).collect() }
}

fn line((name, share): (String, Share)) -> Line {
    let length = tenths(share.permille().unwrap_or(0));
    Line { name, share, percent: percent(share), length }
}

fn percent(share: Share) -> String {
    share.permille().map_or_else(|| "–".to_owned(), |permille| format!("{} %", tenths(permille)))
}

/// Parts of a thousand as parts of a hundred.
fn tenths(permille: u64) -> String {
    format!("{}.{}", permille / 10, permille % 10)
}

/// A number with thin spaces between thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_witness_may_be_away_for_an_hour() {
        assert_eq!(Alert::unwitnessed(1000, 1000 + UNWITNESSED), None);
        assert_eq!(Alert::unwitnessed(1000, 1001 + UNWITNESSED), Some(Alert::Unwitnessed));
        // The clock of another server may be ahead.
        assert_eq!(Alert::unwitnessed(2000, 1000), None);
    }
}
