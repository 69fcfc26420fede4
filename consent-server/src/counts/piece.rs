//! What some entries of a log come to.

use consent_core::decision::Decision;
use consent_core::ledger::commitment::Opening;
use consent_core::ledger::entry::Kind;
use consent_core::notice::NoticeId;
use time::Date;

use super::day::{Day, Key};

/// What one entry counts as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A decision.
    Decision(Key),
    /// Displays of a notice, by the hour that the entry names.
    Shown(u64, NoticeId, u64),
    /// A notice that is shown from now on.
    Named(NoticeId),
    /// Nothing that is counted.
    Nothing,
}

impl What {
    /// What an entry counts as; of a decision with what is kept of it.
    pub(super) fn read(kind: &Kind, opening: Option<&Opening>) -> Self {
        match kind {
            Kind::Decision { notice, .. } => {
                // One that can not be read is counted as one that is gone: an auditor's business, and none of a sum's.
                let decided = opening.and_then(|opening| serde_json::from_str(opening.data()).ok());
                Self::Decision(Key::of(*notice, decided.as_ref()))
            }
            Kind::Tally { hour, notice, shown } => Self::Shown(*hour, *notice, *shown),
            Kind::Notice { notice } => Self::Named(*notice),
            _ => Self::Nothing,
        }
    }

    /// The same of an entry that is about to be written, with the decision that it stands for.
    pub(crate) fn written(kind: &Kind, decision: Option<&Decision>) -> Self {
        match decision {
            Some(decision) => Self::Decision(Key::of(decision.notice_id(), Some(&decision.into()))),
            None => Self::read(kind, None),
        }
    }

    /// Whether no day has it in its counts.
    fn is_nothing(&self) -> bool {
        matches!(self, Self::Named(_) | Self::Nothing)
    }
}

/// Neighbouring entries of one day.
#[derive(Debug)]
pub(super) struct Piece {
    /// The first of them.
    pub(super) from: u64,
    /// The one behind the last.
    pub(super) until: u64,
    /// Their day, in UTC.
    pub(super) date: Date,
    /// What they come to.
    pub(super) day: Day,
    /// Which notices they name, and when (unix seconds).
    pub(super) named: Vec<(NoticeId, u64)>,
}

impl Piece {
    /// Nothing yet, from this entry on.
    pub(super) fn begin(from: u64, date: Date) -> Self {
        Self { from, until: from, date, day: Day::default(), named: Vec::new() }
    }

    /// Whether the next entry belongs here. What counts nothing stands apart from what is counted behind it, as it begins no day.
    pub(super) fn takes(&self, date: Date, what: &What) -> bool {
        self.date == date && (!self.is_nothing() || what.is_nothing())
    }

    /// Takes in the next entry.
    pub(super) fn push(&mut self, time: u64, what: What) {
        self.until += 1;
        match what {
            What::Decision(key) => self.day.decision(key, 1),
            What::Shown(hour, notice, times) => self.day.shown(hour, notice, times),
            What::Named(notice) => self.named.push((notice, time)),
            What::Nothing => {}
        }
    }

    /// Whether no day has any of it in its counts.
    pub(super) fn is_nothing(&self) -> bool {
        self.day.decisions.is_empty() && self.day.shown.is_empty()
    }
}
