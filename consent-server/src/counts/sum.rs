//! Days put together, for whoever looks at a period.

use std::collections::BTreeMap;

use consent_core::category::Category;
use consent_core::decision::UserAgentClass;
use consent_core::notice::NoticeId;
use time::{Date, OffsetDateTime};

use super::day::{Day, Outcome};

/// Answers of visitors, and how many of them granted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// How many granted everything, or the category that is asked about.
    pub granted: u64,
    /// How many answered.
    pub of: u64,
}

impl Share {
    /// In parts of a thousand, rounded, if anybody answered.
    #[must_use]
    pub fn permille(self) -> Option<u64> {
        let half = self.of / 2;
        self.granted.saturating_mul(1000).saturating_add(half).checked_div(self.of)
    }

    fn add(&mut self, granted: bool, times: u64) {
        self.of += times;
        if granted {
            self.granted += times;
        }
    }
}

/// The counts of a period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// How often a banner was shown.
    pub shown: u64,
    /// Decisions by what they came to.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// How many answers granted each category.
    pub categories: BTreeMap<Category, Share>,
    /// How many answers granted everything, by language.
    pub languages: BTreeMap<String, Share>,
    /// By region.
    pub regions: BTreeMap<String, Share>,
    /// By kind of program.
    pub classes: BTreeMap<&'static str, Share>,
    /// By notice.
    pub notices: BTreeMap<NoticeId, Share>,
}

impl Sum {
    /// Of the days from `from` up to, but without, `to`. Displays count for the day of their hour, so `days` has to go on to the one
    /// after.
    #[must_use]
    pub fn of<'a>(days: impl IntoIterator<Item = &'a (Date, Day)>, from: Date, to: Date) -> Self {
        let mut sum = Self::default();
        for (date, day) in days {
            if (from..to).contains(date) {
                sum.add_decisions(day);
            }
            let within = |hour: u64| {
                let at = i64::try_from(hour).ok().and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok());
                at.is_some_and(|at| (from..to).contains(&at.date()))
            };
            sum.shown +=
                day.shown.iter().filter(|((hour, _), _)| within(*hour)).map(|(_, times)| times).sum::<u64>();
        }
        sum
    }

    fn add_decisions(&mut self, day: &Day) {
        for (key, times) in &day.decisions {
            *self.outcomes.entry(key.outcome).or_default() += times;
            if !key.outcome.is_answer() {
                continue;
            }
            let is_whole = key.outcome == Outcome::Accepted;
            for category in Category::OPTIONAL {
                self.categories.entry(category).or_default().add(key.granted & category.bit() != 0, *times);
            }
            self.languages.entry(key.language.clone()).or_default().add(is_whole, *times);
            self.regions.entry(key.region.clone()).or_default().add(is_whole, *times);
            self.classes.entry(word(key.class)).or_default().add(is_whole, *times);
            self.notices.entry(key.notice).or_default().add(is_whole, *times);
        }
    }

    /// How many decisions came to this.
    #[must_use]
    pub fn outcome(&self, outcome: Outcome) -> u64 {
        self.outcomes.get(&outcome).copied().unwrap_or(0)
    }

    /// Answers to banners, and how many of them granted everything.
    #[must_use]
    pub fn acceptance(&self) -> Share {
        let of = Outcome::ALL.into_iter().filter(|outcome| outcome.is_answer());
        Share { granted: self.outcome(Outcome::Accepted), of: of.map(|outcome| self.outcome(outcome)).sum() }
    }

    /// How often a banner was shown and nobody answered, as far as that is known: displays are counted with a delay of up to an hour.
    #[must_use]
    pub fn ignored(&self) -> u64 {
        self.shown.saturating_sub(self.acceptance().of)
    }
}

const fn word(class: UserAgentClass) -> &'static str {
    match class {
        UserAgentClass::Desktop => "desktop",
        UserAgentClass::Mobile => "mobile",
        UserAgentClass::Bot => "bot",
        UserAgentClass::Unknown => "unknown",
    }
}
