//! What people answered, as a sum.

use super::day::Outcome;

/// One part of some answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// How many are in it.
    pub part: u64,
    /// How many there are.
    pub of: u64,
}

impl Share {
    /// In parts of a thousand, rounded down, if there are any: all is said of all only.
    #[must_use]
    pub fn permille(self) -> Option<u64> {
        self.part.saturating_mul(1000).checked_div(self.of)
    }

    /// Whether it is more than so many in a hundred, not by a rounded number.
    #[must_use]
    pub const fn exceeds(self, percent: u64) -> bool {
        self.part.saturating_mul(100) > self.of.saturating_mul(percent)
    }

    pub(super) fn add(&mut self, is_part: bool, times: u64) {
        self.of += times;
        if is_part {
            self.part += times;
        }
    }
}

/// What was answered to some banners. Programs that say that they are bots are not in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// Everything granted.
    pub accepted: u64,
    /// Some categories granted, some not.
    pub mixed: u64,
    /// Nothing granted.
    pub refused: u64,
    /// Decisions that answer no banner: choices taken back, objections of browsers, what was brought along.
    pub others: u64,
    /// Decisions that were erased before they were counted: most likely answers.
    pub erased: u64,
    /// How often a banner was shown; nothing where that is not counted.
    pub shown: u64,
}

impl Answers {
    /// All answers.
    #[must_use]
    pub const fn all(&self) -> u64 {
        self.accepted.saturating_add(self.mixed).saturating_add(self.refused)
    }

    /// All decisions, answers or not.
    #[must_use]
    pub const fn decisions(&self) -> u64 {
        self.all().saturating_add(self.others).saturating_add(self.erased)
    }

    /// How often a banner was shown and not answered on that page. Answers of visitors who opened the settings without having been
    /// asked count against it, and displays are counted with a delay of up to an hour.
    #[must_use]
    pub const fn ignored(&self) -> u64 {
        self.shown.saturating_sub(self.all()).saturating_sub(self.erased)
    }

    /// So many of all answers.
    #[must_use]
    pub const fn share(&self, part: u64) -> Share {
        Share { part, of: self.all() }
    }

    pub(super) fn add(&mut self, outcome: Outcome, times: u64) {
        let place = match outcome {
            Outcome::Accepted => &mut self.accepted,
            Outcome::Mixed => &mut self.mixed,
            Outcome::Refused => &mut self.refused,
            Outcome::Withdrawn | Outcome::Signal | Outcome::BroughtAlong => &mut self.others,
            Outcome::Erased => &mut self.erased,
        };
        *place += times;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ninety_five_in_a_hundred_are_not_more_than_that_and_one_more_is() {
        for (part, of, more) in [
            (95, 100, false),
            (96, 100, true),
            (19_000, 20_000, false),
            // 95.0 % when it is rounded.
            (19_001, 20_000, true),
            (18_999, 20_000, false),
            (0, 0, false),
            (1, 1, true),
        ] {
            assert_eq!(Share { part, of }.exceeds(95), more, "{part} of {of}");
        }
        assert_eq!(Share { part: 19_001, of: 20_000 }.permille(), Some(950));
    }

    #[test]
    fn what_was_shown_and_neither_answered_nor_erased_was_ignored() {
        let answers = Answers { accepted: 2, mixed: 1, refused: 3, others: 40, erased: 1, shown: 10 };
        assert_eq!((answers.all(), answers.ignored(), answers.decisions()), (6, 3, 47));
        assert_eq!(Answers { shown: 2, ..answers }.ignored(), 0);
    }
}
