//! Days put together, for whoever looks at a period.

use std::collections::BTreeMap;

use consent_core::category::Category;
use consent_core::decision::UserAgentClass;
use consent_core::notice::NoticeId;
use time::Date;

use super::answers::{Answers, Share};
use super::day::{Day, Key, Outcome};
use super::follow::date_of;

/// For whom a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// Its language, BCP 47.
    pub language: &'a str,
    /// Whose rules it follows.
    pub region: &'a str,
}

/// The notices of a site. Displays are counted by notice alone: language and region are the notice's.
pub type Places<'a> = BTreeMap<NoticeId, Place<'a>>;

/// The counts of a period. Bots are in none of them but their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sum<'a> {
    /// All of it.
    pub all: Answers,
    /// Decisions by what they came to.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// How many answers granted each category.
    pub categories: BTreeMap<Category, Share>,
    /// By language; none if it is not told apart.
    pub languages: BTreeMap<&'a str, Answers>,
    /// By region; none if it is not told apart.
    pub regions: BTreeMap<&'a str, Answers>,
    /// By kind of program, of which displays say nothing.
    pub classes: BTreeMap<&'static str, Answers>,
    /// By notice.
    pub notices: BTreeMap<NoticeId, Answers>,
    /// Answers of programs that say that they are bots.
    pub bots: u64,
}

impl<'a> Sum<'a> {
    /// Of the days from `from` up to, but without, `to`. Displays count for the day of their hour, so `days` has to go on to the one
    /// after.
    #[must_use]
    pub fn of(days: &'a [(Date, Day)], from: Date, to: Date, places: &Places<'a>) -> Self {
        let mut sum = Self::default();
        let last = to.next_day().unwrap_or(to);
        for (date, day) in days.iter().filter(|(date, _)| (from..last).contains(date)) {
            if *date < to {
                day.decisions.iter().for_each(|(key, times)| sum.decided(key, *times, places));
            }
            for ((hour, notice), times) in &day.shown {
                if (from..to).contains(&date_of(*hour)) {
                    sum.shown(*notice, *times, places);
                }
            }
        }
        sum
    }

    fn decided(&mut self, key: &'a Key, times: u64, places: &Places<'a>) {
        if key.is_of_bots() {
            self.bots += if key.outcome.is_answer() { times } else { 0 };
            return;
        }
        *self.outcomes.entry(key.outcome).or_default() += times;
        let place = places.get(&key.notice);
        // Of what was erased, or is not told apart any more, the notice still says it.
        let or_of_notice = |told: &'a str, of_notice: Option<&'a str>| {
            if told.is_empty() { of_notice.unwrap_or_default() } else { told }
        };
        let language = or_of_notice(&key.language, place.map(|place| place.language));
        let region = or_of_notice(&key.region, place.map(|place| place.region));
        self.all.add(key.outcome, times);
        self.languages.entry(language).or_default().add(key.outcome, times);
        self.regions.entry(region).or_default().add(key.outcome, times);
        self.classes.entry(class_word(key.class)).or_default().add(key.outcome, times);
        self.notices.entry(key.notice).or_default().add(key.outcome, times);
        if key.outcome.is_answer() {
            for category in Category::OPTIONAL {
                self.categories.entry(category).or_default().add(key.granted & category.bit() != 0, times);
            }
        }
    }

    fn shown(&mut self, notice: NoticeId, times: u64, places: &Places<'a>) {
        let place = places.get(&notice).copied().unwrap_or(Place { language: "", region: "" });
        self.all.shown += times;
        self.languages.entry(place.language).or_default().shown += times;
        self.regions.entry(place.region).or_default().shown += times;
        self.notices.entry(notice).or_default().shown += times;
    }

    /// How many decisions came to this.
    #[must_use]
    pub fn outcome(&self, outcome: Outcome) -> u64 {
        self.outcomes.get(&outcome).copied().unwrap_or(0)
    }
}

/// The same day by day, of which only the whole is asked: in one pass, however many days there are.
#[must_use]
pub fn by_day(days: &[(Date, Day)]) -> BTreeMap<Date, Answers> {
    let mut all = BTreeMap::<Date, Answers>::new();
    for (date, day) in days {
        let people = day.decisions.iter().filter(|(key, _)| !key.is_of_bots());
        let answers = all.entry(*date).or_default();
        people.for_each(|(key, times)| answers.add(key.outcome, *times));
        for ((hour, _), times) in &day.shown {
            all.entry(date_of(*hour)).or_default().shown += times;
        }
    }
    all
}

/// The word for a kind of program in JSON.
#[must_use]
pub const fn class_word(class: UserAgentClass) -> &'static str {
    match class {
        UserAgentClass::Desktop => "desktop",
        UserAgentClass::Mobile => "mobile",
        UserAgentClass::Bot => "bot",
        UserAgentClass::Unknown => "unknown",
    }
}
