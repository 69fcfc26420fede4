//! Parts of the logs that a receiver is told again, beside what is new.
//!
//! Whoever asks writes a document of its own, and whoever tells takes pieces off it: so neither overwrites what the other one
//! has noted, also where they are different processes.

use consent_core::interface::WebhookReplay;
use consent_core::ledger::origin::LogYear;
use consent_core::notice::SiteId;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::event::first_since;
use crate::ended;
use crate::export::{InvalidPeriod, Period};
use crate::store::{LogId, Store, StoreError};

/// The most replays of one receiver that wait.
pub const MAX_REPLAYS: usize = 16;

/// What of the logs is meant. What is absent has no limit.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The one log.
    pub log: Option<LogYear>,
    /// The first index.
    pub from: Option<u64>,
    /// The index after the last.
    pub to: Option<u64>,
    /// When the logs took them.
    pub period: Period,
}

/// Why something is no replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidReplay {
    /// The dates are none, or no period.
    #[error(transparent)]
    Period(#[from] InvalidPeriod),
    /// Not the year of a log.
    #[error("not a log: write its year, as `2026`")]
    Log,
    /// Indices of every log would mean nothing.
    #[error("indices are those of one log: say which")]
    Index,
    /// The end is not after the beginning.
    #[error("nothing: `to` is the first index that no longer belongs to it, and has to be after `from`")]
    Empty,
}

impl Wanted {
    /// What a request says.
    ///
    /// # Errors
    /// See [`InvalidReplay`].
    pub fn read(request: &WebhookReplay) -> Result<Self, InvalidReplay> {
        let WebhookReplay { log, from, to, since, until } = request;
        let year =
            log.as_ref().map(|log| log.parse::<LogYear>().map_err(|_| InvalidReplay::Log)).transpose()?;
        if year.is_none() && (from.is_some() || to.is_some()) {
            return Err(InvalidReplay::Index);
        }
        if to.is_some_and(|to| to <= from.unwrap_or(0)) {
            return Err(InvalidReplay::Empty);
        }
        let period = Period::parse(since.as_deref(), until.as_deref())?;
        Ok(Self { log: year, from: *from, to: *to, period })
    }
}

/// A part of one log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// The log: its year.
    pub log: String,
    /// The first index that is left.
    pub from: u64,
    /// The index after the last.
    pub to: u64,
}

/// What is left of a replay: parts of logs, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replay(pub Vec<Stretch>);

impl Replay {
    /// What is wanted, of what there is.
    ///
    /// # Errors
    /// If the store fails, or an entry is none.
    pub fn of(store: &dyn Store, site: &SiteId, wanted: &Wanted) -> Result<Self, StoreError> {
        let mut stretches = Vec::new();
        let ended = ended::of_site(store, site)?;
        let logs = store.logs()?.into_iter().filter(|(log, head)| log.site == *site && !head.forgotten);
        for (log, head) in logs.filter(|(log, _)| wanted.log.is_none_or(|wanted| wanted == log.year)) {
            // Of a log that could not go on, some may be lost.
            let ended = ended.iter().find(|ended| ended.log == log);
            let size = ended.map_or(head.size, |ended| ended.reached().min(head.size));
            let since = |time| first_since(store, &log, size, time);
            let from = wanted.period.from.map(since).transpose()?.unwrap_or(0).max(wanted.from.unwrap_or(0));
            let to = wanted.period.to.map(since).transpose()?.unwrap_or(size);
            let to = to.min(wanted.to.unwrap_or(u64::MAX)).min(size);
            if from < to {
                stretches.push(Stretch { log: log.year.to_string(), from, to });
            }
        }
        Ok(Self(stretches))
    }

    /// How many entries are left to look at.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.0.iter().map(|stretch| stretch.to.saturating_sub(stretch.from)).sum()
    }

    /// The first part that is left.
    #[must_use]
    pub fn first(&self, site: &SiteId) -> Option<(LogId, std::ops::Range<u64>)> {
        self.0.iter().find_map(|stretch| {
            let log = LogId { site: site.clone(), year: stretch.log.parse().ok()? };
            (stretch.from < stretch.to).then_some((log, stretch.from..stretch.to))
        })
    }

    /// Notes that what is before `until` in this log is done.
    pub fn advance(&mut self, log: LogYear, until: u64) {
        let log = log.to_string();
        for stretch in self.0.iter_mut().filter(|stretch| stretch.log == log) {
            stretch.from = stretch.from.max(until);
        }
        self.0.retain(|stretch| stretch.from < stretch.to);
    }

    /// Leaves it for whoever tells the receiver, under the time at which it was asked for. What is
    /// none is not left.
    ///
    /// # Errors
    /// If the store fails.
    pub fn ask(
        &self,
        store: &dyn Store,
        site: &SiteId,
        id: &str,
        asked_at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        if self.0.is_empty() {
            return Ok(());
        }
        // Of two that are asked for at once neither takes the other one's place.
        let mut nanos = asked_at.unix_timestamp_nanos();
        loop {
            let name = format!("{}{nanos:020}", start(id));
            if store.kept(site, &name)?.is_none() {
                return self.keep(store, site, &name);
            }
            nanos += 1;
        }
    }

    /// Keeps what is left; once that is nothing, not even that.
    ///
    /// # Errors
    /// If the store fails.
    pub fn keep(&self, store: &dyn Store, site: &SiteId, name: &str) -> Result<(), StoreError> {
        if self.0.is_empty() {
            return store.discard(site, name);
        }
        // Texts and numbers always have a JSON form.
        store.keep(site, name, &serde_json::to_vec(self).unwrap_or_default())
    }

    /// The replays of a receiver that are not done, with the names under which they are kept, oldest first. One that can not
    /// be read is as one that is done.
    ///
    /// # Errors
    /// If the store fails.
    pub fn all(store: &dyn Store, site: &SiteId, id: &str) -> Result<Vec<(String, Self)>, StoreError> {
        let mut all = Vec::new();
        for name in store.kept_names(site, &start(id))? {
            let kept = store.kept(site, &name)?;
            let replay = kept.and_then(|bytes| serde_json::from_slice(&bytes).ok());
            all.extend(replay.map(|replay| (name, replay)));
        }
        Ok(all)
    }
}

fn start(id: &str) -> String {
    format!("webhooks/{id}/again/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_is_taken_off_in_the_order_of_the_logs() {
        let stretch = |log: &str, from, to| Stretch { log: log.to_owned(), from, to };
        let mut replay = Replay(vec![stretch("2026", 5, 9), stretch("2026.2", 0, 3)]);
        let site: SiteId = "news".parse().unwrap();
        let first = |replay: &Replay| replay.first(&site).map(|(log, range)| (log.year.to_string(), range));
        assert_eq!((replay.left(), first(&replay)), (7, Some(("2026".to_owned(), 5..9))));
        replay.advance(2026.into(), 7);
        assert_eq!((replay.left(), first(&replay)), (5, Some(("2026".to_owned(), 7..9))));
        replay.advance(2026.into(), 9);
        assert_eq!((replay.left(), first(&replay)), (3, Some(("2026.2".to_owned(), 0..3))));
        replay.advance("2026.2".parse().unwrap(), 3);
        assert_eq!((replay.left(), first(&replay)), (0, None));
    }
}
