//! How often each notice was shown, counted by the hour and without anything about who saw it.
//!
//! Counts live in memory. Once a minute they are noted in the store, and when an hour is over they are taken out of that
//! note and written into the log, in this order: a crash may lose the counts of a minute, or those of an hour that was just
//! being written, but none is ever counted twice.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use consent_core::canonical::MAX_INTEGER;
use consent_core::notice::{NoticeId, SiteId};

use crate::store::{Store, StoreError};

/// The document of a site in which its running counts are noted. Where processes share a store, each has one of its own,
/// with its name behind this.
const NOTE: &str = "tallies";

/// One notice in one hour.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hour {
    /// The site.
    pub site: SiteId,
    /// Start of the hour, unix seconds.
    pub hour: u64,
    /// The notice.
    pub notice: NoticeId,
}

/// The counts that are not in a log yet.
#[derive(Debug)]
pub struct Tallies {
    counts: Mutex<Counts>,
    note: String,
}

impl Default for Tallies {
    fn default() -> Self {
        Self { counts: Mutex::default(), note: NOTE.to_owned() }
    }
}

#[derive(Debug, Default)]
struct Counts {
    running: BTreeMap<Hour, u64>,
    /// Sites whose note was taken up: what it said is in memory since.
    known: std::collections::BTreeSet<SiteId>,
    /// Sites whose note is not what is in memory.
    changed: std::collections::BTreeSet<SiteId>,
}

impl Tallies {
    /// Takes up what was noted before the server stopped; by `node` of several, if it is one.
    ///
    /// # Errors
    /// If the store fails. A note that can not be read is dropped: it is no evidence.
    pub fn resume<'a>(
        store: &dyn Store,
        sites: impl Iterator<Item = &'a SiteId>,
        node: Option<&str>,
    ) -> Result<Self, StoreError> {
        let note = node.map_or_else(|| NOTE.to_owned(), |node| format!("{NOTE}/{node}"));
        let tallies = Self { counts: Mutex::default(), note };
        tallies.take_up(store, sites)?;
        Ok(tallies)
    }

    /// Takes up what was noted of these sites, but of those that were counted here before: theirs is in memory.
    ///
    /// # Errors
    /// If the store fails. A note that can not be read is dropped: it is no evidence.
    pub fn take_up<'a>(
        &self,
        store: &dyn Store,
        sites: impl Iterator<Item = &'a SiteId>,
    ) -> Result<(), StoreError> {
        for site in sites {
            if self.counts().known.contains(site) {
                continue;
            }
            let noted = store.kept(site, &self.note)?.unwrap_or_default();
            let noted: Vec<(u64, NoticeId, u64)> = serde_json::from_slice(&noted).unwrap_or_default();
            let mut counts = self.counts();
            counts.known.insert(site.clone());
            for (hour, notice, shown) in noted {
                counts.running.insert(Hour { site: site.clone(), hour: hour / 3600 * 3600, notice }, shown);
            }
        }
        Ok(())
    }

    /// Counts one display at `now`, unix seconds.
    pub fn add(&self, site: &SiteId, notice: NoticeId, now: u64) {
        let hour = Hour { site: site.clone(), hour: now / 3600 * 3600, notice };
        let mut counts = self.counts();
        let shown = counts.running.entry(hour).or_default();
        *shown = (*shown + 1).min(MAX_INTEGER);
        counts.changed.insert(site.clone());
    }

    /// Notes what is in memory, wherever that changed.
    ///
    /// # Errors
    /// If the store fails.
    pub fn note(&self, store: &dyn Store) -> Result<(), StoreError> {
        let notes: Vec<_> = {
            let mut counts = self.counts();
            let changed = std::mem::take(&mut counts.changed);
            let of_site = |site: &SiteId| -> Vec<(u64, NoticeId, u64)> {
                let own = counts.running.iter().filter(|(hour, _)| hour.site == *site);
                own.map(|(hour, shown)| (hour.hour, hour.notice, *shown)).collect()
            };
            changed.into_iter().map(|site| (of_site(&site), site)).collect()
        };
        for (running, site) in notes {
            if running.is_empty() {
                store.discard(&site, &self.note)?;
            } else {
                // Numbers and texts always have a JSON form.
                store.keep(&site, &self.note, &serde_json::to_vec(&running).unwrap_or_default())?;
            }
        }
        Ok(())
    }

    /// Takes out the hours that are over at `now`; all of them without it. Until they are in a log they are nowhere else.
    ///
    /// # Errors
    /// If the store fails.
    pub fn take(&self, store: &dyn Store, now: Option<u64>) -> Result<Vec<(Hour, u64)>, StoreError> {
        let over = |hour: &Hour| now.is_none_or(|now| hour.hour + 3600 <= now);
        let taken: Vec<_> = {
            let mut counts = self.counts();
            let all = std::mem::take(&mut counts.running);
            let (taken, left) = all.into_iter().partition::<BTreeMap<_, _>, _>(|(hour, _)| over(hour));
            counts.running = left;
            counts.changed.extend(taken.keys().map(|hour| hour.site.clone()));
            taken.into_iter().collect()
        };
        self.note(store)?;
        Ok(taken)
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        // Nothing in here can panic halfway through a change.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MemoryStore;
    use crate::testing::notice;

    const NOON: u64 = 1_795_435_200;

    #[test]
    fn an_hour_is_taken_once_when_it_is_over_and_what_runs_outlives_a_stop() {
        let (store, site, id) = (MemoryStore::default(), notice().site.clone(), notice().id());
        let tallies = Tallies::default();
        for second in [0, 1, 3599, 3600] {
            tallies.add(&site, id, NOON + second);
        }
        assert_eq!(tallies.take(&store, Some(NOON + 3599)).unwrap(), []);
        tallies.note(&store).unwrap();
        let again = || Tallies::resume(&store, std::iter::once(&site), None).unwrap();
        let tallies = again();
        let hour = |hour| Hour { site: site.clone(), hour, notice: id };
        assert_eq!(tallies.take(&store, Some(NOON + 3600)).unwrap(), [(hour(NOON), 3)]);
        // Taken means gone from the note, so a crash now loses it and can not count it twice.
        assert_eq!(again().take(&store, None).unwrap(), [(hour(NOON + 3600), 1)]);
        assert_eq!(store.kept(&site, NOTE).unwrap(), None);
        assert_eq!(again().take(&store, None).unwrap(), []);
    }

    /// Else the counts of one would be taken up by another one that still counts them.
    #[test]
    fn processes_that_share_a_store_note_apart() {
        let (store, site, id) = (MemoryStore::default(), notice().site.clone(), notice().id());
        let resume = |node| Tallies::resume(&store, std::iter::once(&site), Some(node)).unwrap();
        let (one, two) = (resume("one"), resume("two"));
        one.add(&site, id, NOON);
        one.note(&store).unwrap();
        two.add(&site, id, NOON);
        two.add(&site, id, NOON);
        two.note(&store).unwrap();
        let taken = |node| resume(node).take(&store, None).unwrap().into_iter().map(|(_, shown)| shown);
        assert_eq!(taken("one").collect::<Vec<_>>(), [1]);
        assert_eq!(taken("two").collect::<Vec<_>>(), [2]);
        assert_eq!(taken("three").count(), 0);
    }

    #[test]
    fn a_site_that_comes_back_is_counted_on_and_a_new_one_taken_up_once() {
        let (store, site, id) = (MemoryStore::default(), notice().site.clone(), notice().id());
        let tallies = Tallies::resume(&store, std::iter::once(&site), None).unwrap();
        tallies.add(&site, id, NOON);
        tallies.note(&store).unwrap();
        tallies.add(&site, id, NOON);
        // Its note says one, and memory two.
        tallies.take_up(&store, std::iter::once(&site)).unwrap();
        assert_eq!(tallies.take(&store, None).unwrap().into_iter().map(|(_, shown)| shown).sum::<u64>(), 2);
        tallies.add(&site, id, NOON);
        tallies.note(&store).unwrap();
        let other = Tallies::resume(&store, std::iter::empty(), None).unwrap();
        other.take_up(&store, std::iter::once(&site)).unwrap();
        other.take_up(&store, std::iter::once(&site)).unwrap();
        assert_eq!(other.take(&store, None).unwrap().into_iter().map(|(_, shown)| shown).sum::<u64>(), 1);
    }

    #[test]
    fn a_note_that_can_not_be_read_is_dropped() {
        let (store, site) = (MemoryStore::default(), notice().site.clone());
        store.keep(&site, NOTE, b"[[1,").unwrap();
        let tallies = Tallies::resume(&store, std::iter::once(&site), None).unwrap();
        assert_eq!(tallies.take(&store, None).unwrap(), []);
    }
}
