//! What became of attempts to tell receivers, and how late they are: kept in memory, for whoever watches the server.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use consent_core::notice::SiteId;

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The answer was 2xx.
    Delivered,
    /// There was another answer.
    Refused,
    /// There was none.
    Unanswered,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Delivered, Self::Refused, Self::Unanswered];

    /// Its word in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Refused => "refused",
            Self::Unanswered => "unanswered",
        }
    }
}

/// What is known of one receiver.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Attempts since the start of the process.
    attempts: [u64; 3],
    /// When the log took the first thing that it was not told yet, unix seconds; `None` if it was told all.
    pub oldest: Option<u64>,
}

impl Told {
    /// How many attempts came to this.
    #[must_use]
    pub fn attempts(&self, outcome: Outcome) -> u64 {
        self.attempts.get(outcome as usize).copied().unwrap_or(0)
    }
}

/// The same of all receivers that this process tells.
#[derive(Debug, Default)]
pub struct Counts(Mutex<BTreeMap<(SiteId, String), Told>>);

impl Counts {
    /// Counts an attempt.
    pub fn attempted(&self, site: &SiteId, id: &str, outcome: Outcome) {
        self.change(site, id, |told| {
            if let Some(attempts) = told.attempts.get_mut(outcome as usize) {
                *attempts += 1;
            }
        });
    }

    /// Notes when the log took the first thing that a receiver was not told yet.
    pub fn waits_since(&self, site: &SiteId, id: &str, oldest: Option<u64>) {
        self.change(site, id, |told| told.oldest = oldest);
    }

    /// Forgets a receiver that this process does not tell any more.
    pub fn forget(&self, site: &SiteId, id: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(&(site.clone(), id.to_owned()));
    }

    /// All of them, by site and id.
    #[must_use]
    pub fn all(&self) -> BTreeMap<(SiteId, String), Told> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, site: &SiteId, id: &str, change: impl FnOnce(&mut Told)) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(all.entry((site.clone(), id.to_owned())).or_default());
    }
}
