//! What somebody should look at, and when that is said.

use std::borrow::Cow;
use std::collections::BTreeMap;

use time::{Date, Duration};

use crate::counts::Answers;

/// A site with fewer answers in a period says nothing about how its banner is made.
const ENOUGH: u64 = 50;

/// More visitors of a hundred than this grant everything only where refusing is hard to find.
const TOO_GOOD: u64 = 95;

/// Heads are cosigned once a minute; after so many seconds it is no restart of a witness any more.
const UNWITNESSED: u64 = 3600;

/// A head is signed milliseconds after its entries are kept, and half a second after those that another server has kept.
const UNSIGNED: u64 = 60;

/// A site is one where somebody decides every day if it was so on as many days of a week: small ones have empty days.
const DAYS_OF_A_WEEK: usize = 5;

/// Something that somebody should look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alert {
    /// Nearly everybody grants everything.
    TooGood,
    /// There were decisions nearly every day, the last of them on this one, and there are none.
    Silent(Date),
    /// Entries are kept that no published head covers.
    Unsigned,
    /// The heads log does not take what is signed; for so many seconds.
    Unnamed(u64),
    /// Witnesses are asked, and too few have answered for long.
    Unwitnessed,
}

impl Alert {
    /// Whether more grant everything than would if refusing was as easy.
    pub(super) fn too_good(all: &Answers) -> Option<Self> {
        (all.all() >= ENOUGH && all.share(all.accepted).exceeds(TOO_GOOD)).then_some(Self::TooGood)
    }

    /// Whether a site has gone silent since `from`. Yesterday is the last whole day, so the last decision is at least two days back; what
    /// went before it tells how often there are some.
    pub(super) fn silent(by_day: &BTreeMap<Date, Answers>, from: Date, today: Date) -> Option<Self> {
        let mut decided = by_day.range(..=today).rev().filter(|(_, day)| day.decisions() > 0);
        let (last, _) = decided.next()?;
        let week = last.saturating_sub(Duration::days(6));
        let before = decided.take_while(|(date, _)| **date >= week).count();
        let is_silent = *last >= from && *last <= today.saturating_sub(Duration::days(2));
        (is_silent && before + 1 >= DAYS_OF_A_WEEK).then_some(Self::Silent(*last))
    }

    /// Whether the oldest entry that no published head covers has waited too long for one.
    pub(crate) fn unsigned(oldest: u64, now: u64) -> Option<Self> {
        (now.saturating_sub(oldest) > UNSIGNED).then_some(Self::Unsigned)
    }

    /// Whether the oldest entry that no head in the heads log covers has waited too long for that; heads go there every so many seconds.
    pub(crate) fn unnamed(oldest: u64, now: u64, every: u64) -> Option<Self> {
        let most = every.saturating_mul(10);
        (now.saturating_sub(oldest) > most).then_some(Self::Unnamed(most))
    }

    /// Whether heads have gone unwitnessed for too long, where some witness is asked: the last one was cosigned then, or the server
    /// has stood there since then.
    pub(crate) fn unwitnessed(last: u64, now: u64) -> Option<Self> {
        (now.saturating_sub(last) > UNWITNESSED).then_some(Self::Unwitnessed)
    }

    pub(crate) fn text(self) -> Cow<'static, str> {
        match self {
            Self::TooGood => {
                "More than 95 % of all answers grant everything. That is more than people do who can refuse as easily: look at \
                 the banner on your pages as a visitor sees it, and at `consent check --render`."
                    .into()
            }
            Self::Silent(last) => format!(
                "No decision has come in since {last}, and there were some nearly every day before: is the script still in your pages?"
            )
            .into(),
            Self::Unsigned => {
                "For more than a minute the log has had entries that no signed head covers, so nobody can prove them: look at what the \
                 server says of its store, and start it again."
                    .into()
            }
            Self::Unnamed(seconds) => format!(
                "For more than {} the heads log has not taken the newest head of this site, so neither witnesses nor time-stamps \
                 vouch for it: look at what the server says, and start it again.",
                in_words(seconds)
            )
            .into(),
            Self::Unwitnessed => {
                "For more than an hour too few witnesses have cosigned a head of the logs: can they be reached, and do they know the \
                 key of the heads log?"
                    .into()
            }
        }
    }
}

fn in_words(seconds: u64) -> String {
    if seconds.is_multiple_of(60) {
        format!("{} minutes", seconds / 60)
    } else {
        format!("{seconds} seconds")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Silence as it is told on a Monday, in a period of thirty days; of a site that has decisions so many days back.
    fn told(back: impl IntoIterator<Item = i64>) -> Option<i64> {
        let today = Date::from_calendar_date(2026, time::Month::November, 23).unwrap();
        let day = |back| today - Duration::days(back);
        let one = Answers { refused: 1, shown: 3, ..Answers::default() };
        let mut by_day: BTreeMap<_, _> = back.into_iter().map(|back| (day(back), one)).collect();
        // To be asked is no decision.
        by_day.insert(day(1), Answers { refused: by_day.get(&day(1)).map_or(0, |day| day.refused), ..one });
        match Alert::silent(&by_day, day(30), today) {
            Some(Alert::Silent(last)) => Some((today - last).whole_days()),
            other => {
                assert_eq!(other, None);
                None
            }
        }
    }

    #[test]
    fn silence_is_told_for_as_long_as_it_lasts_and_of_sites_that_were_not_silent_before() {
        for (what, back, silent) in [
            ("never anything", vec![], None),
            ("every day up to today", (0..20).collect(), None),
            ("today is empty so far", (1..20).collect(), None),
            ("yesterday was the first empty day", (2..20).collect(), Some(2)),
            ("for ten days", (10..20).collect(), Some(10)),
            ("for thirty days", (30..50).collect(), Some(30)),
            ("for longer than the period", (31..50).collect(), None),
            ("an empty day a week", vec![3, 4, 6, 7, 8, 9], Some(3)),
            ("no weekends", vec![2, 5, 6, 7, 8], Some(2)),
            ("four days of a week", vec![3, 5, 7, 9], None),
            ("back again", vec![0, 8, 9, 10, 11, 12], None),
            ("a gap, and silent again", vec![2, 10, 11, 12, 13, 14], None),
            ("a new site, tried for four days", vec![5, 6, 7, 8], None),
            ("a new site, there for five", vec![5, 6, 7, 8, 9], Some(5)),
        ] {
            assert_eq!(told(back), silent, "{what}");
        }
    }

    #[test]
    fn what_is_too_good_is_told_of_enough_answers_only() {
        for (accepted, refused, told) in [
            (95, 5, false),
            (96, 4, true),
            (49, 0, false),
            (50, 0, true),
            (19_000, 1_000, false),
            (19_001, 999, true),
        ] {
            let all = Answers { accepted, refused, others: 1000, ..Answers::default() };
            assert_eq!(Alert::too_good(&all).is_some(), told, "{accepted} and {refused}");
        }
        let mixed = Answers { accepted: 95, mixed: 5, ..Answers::default() };
        assert_eq!(Alert::too_good(&mixed), None);
    }

    #[test]
    fn what_is_late_is_told_when_it_is_too_late() {
        assert_eq!(Alert::unsigned(1000, 1000 + UNSIGNED), None);
        assert_eq!(Alert::unsigned(1000, 1001 + UNSIGNED), Some(Alert::Unsigned));
        assert_eq!(Alert::unnamed(1000, 1600, 60), None);
        assert_eq!(Alert::unnamed(1000, 1601, 60), Some(Alert::Unnamed(600)));
        assert!(Alert::Unnamed(600).text().contains("more than 10 minutes"));
        assert!(Alert::Unnamed(10).text().contains("more than 10 seconds"));
        assert_eq!(Alert::unwitnessed(1000, 1000 + UNWITNESSED), None);
        assert_eq!(Alert::unwitnessed(1000, 1001 + UNWITNESSED), Some(Alert::Unwitnessed));
        // The clock of another server may be ahead.
        let behind =
            [Alert::unsigned(2000, 1000), Alert::unnamed(2000, 1000, 60), Alert::unwitnessed(2000, 1000)];
        assert_eq!(behind, [None; 3]);
    }
}
