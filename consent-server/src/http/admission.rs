//! How many decisions wait at a time: of all sites, and of each. One waits from the moment that its head was read, with its
//! body still to be read, until it can be answered. What nobody has [read](super::unread) yet is in everybody's way, so where that is too
//! much, no site that has a few waiting, or that is part of the crowd, may have more.
//!
//! What waits is written with the next batch, whole: there is never more of it than one batch takes. So nobody waits for
//! more than the batch before and their own, and a site that is flooded can make both longer by its own share only. That
//! share is what the config says, or as much as is left for others, if that is less: however many sites are flooded, as
//! much as each of them has is free for one that is not.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use consent_core::notice::SiteId;

use super::unread::Unread;
use crate::sequencer::{QUEUE, RecordError};

/// Who waits.
#[derive(Debug)]
pub struct Admission {
    /// How many of one site.
    most: usize,
    all: Arc<AtomicUsize>,
    sites: HashMap<SiteId, Arc<Own>>,
    unread: Unread,
    /// How many decisions of all sites were refused as too much was unread.
    refused: Arc<AtomicUsize>,
}

/// What is to know of a site.
#[derive(Debug, Default)]
struct Own {
    waiting: AtomicUsize,
    /// The number of the last of them that was refused as too much was unread; 0 once one found less.
    refused: AtomicUsize,
}

/// How many decisions of a site may wait whatever is unread: whoever floods one site keeps nobody out of another that has no more than
/// these in a batch.
const SPARED: usize = 2;

/// A site with one of so many decisions that were refused is part of the crowd, and spared nothing.
const CROWD: usize = 64;

/// A place among those that wait, until it is dropped.
pub(super) struct Place<'a> {
    all: &'a AtomicUsize,
    own: &'a AtomicUsize,
}

impl Admission {
    /// Room for `most` decisions of each of these sites.
    pub fn new<'a>(most: usize, sites: impl IntoIterator<Item = &'a SiteId>) -> Self {
        let none = Self {
            most,
            all: Arc::default(),
            sites: HashMap::new(),
            unread: Unread::default(),
            refused: Arc::default(),
        };
        none.follow(most, sites)
    }

    /// The same for a config that takes the place of this one's. Who waits already still does.
    pub(crate) fn follow<'a>(&self, most: usize, sites: impl IntoIterator<Item = &'a SiteId>) -> Self {
        let own = |site: &SiteId| self.sites.get(site).map(Arc::clone).unwrap_or_default();
        let sites = sites.into_iter().map(|site| (site.clone(), own(site))).collect();
        Self {
            most,
            all: Arc::clone(&self.all),
            sites,
            unread: self.unread.clone(),
            refused: Arc::clone(&self.refused),
        }
    }

    /// Where the listener keeps what is unread.
    pub(crate) fn unread(&self) -> Unread {
        self.unread.clone()
    }

    /// A place for one decision of a site.
    ///
    /// # Errors
    /// [`RecordError::Busy`] if there is none.
    pub(super) fn admit(&self, site: &SiteId) -> Result<Place<'_>, RecordError> {
        let own = &self.sites.get(site).ok_or(RecordError::Busy)?.waiting;
        let place = Place { all: &self.all, own };
        // Both are counted before they are looked at, so that two at once see each other; the place that is dropped takes
        // them back.
        let before = own.fetch_add(1, Ordering::Relaxed);
        let all = self.all.fetch_add(1, Ordering::Relaxed);
        if self.has_share(before, all) { Ok(place) } else { Err(RecordError::Busy) }
    }

    /// Whether a decision of this site that found so much unread is refused by its head: there is no place, or there was too much to read. It
    /// is asked before anything else is done for one, as a refusal has to cost next to nothing; whoever had their body read is not asked for it again.
    pub(super) fn is_full(&self, site: &SiteId, ahead: usize) -> bool {
        let Some(own) = self.sites.get(site) else { return false };
        let waiting = own.waiting.load(Ordering::Relaxed);
        self.is_crowd(own, waiting, ahead) || !self.has_share(waiting, self.all.load(Ordering::Relaxed))
    }

    /// Whether a site has a share in what is unread, if that is too much.
    fn is_crowd(&self, own: &Own, waiting: usize, ahead: usize) -> bool {
        let last = own.refused.load(Ordering::Relaxed);
        if !self.unread.are_too_many(ahead) {
            if last != 0 {
                own.refused.store(0, Ordering::Relaxed);
            }
            return false;
        }
        let is_one_of_many = last != 0 && self.refused.load(Ordering::Relaxed).saturating_sub(last) < CROWD;
        let is_crowd = waiting >= SPARED || is_one_of_many;
        if is_crowd {
            own.refused.store(self.refused.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
        }
        is_crowd
    }

    /// Whether one more may wait, of a site of which so many do, and so many of all sites.
    fn has_share(&self, own: usize, all: usize) -> bool {
        own < self.most.min(QUEUE.saturating_sub(all))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.own.fetch_sub(1, Ordering::Relaxed);
        self.all.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::super::unread::Connection;
    use super::*;

    fn sites(count: usize) -> Vec<SiteId> {
        (0..count).map(|number| format!("site-{number}").parse().unwrap()).collect()
    }

    /// As many unread connections as are too many.
    fn crowd(admission: &Admission) -> Vec<Arc<Connection>> {
        let mut crowd = Vec::new();
        while !admission.unread().are_too_many(crowd.len()) {
            crowd.push(Connection::new(admission.unread()));
            assert!(crowd.len() < 1_000_000, "there are never too many");
        }
        crowd
    }

    fn fill<'a>(admission: &'a Admission, site: &SiteId) -> Vec<Place<'a>> {
        std::iter::from_fn(|| admission.admit(site).ok()).collect()
    }

    #[test]
    fn a_site_has_its_share_and_gets_every_place_back() {
        let sites = sites(2);
        let admission = Admission::new(3, &sites);
        for _ in 0..3 {
            let flood = fill(&admission, &sites[0]);
            assert_eq!(flood.len(), 3);
            assert_eq!(fill(&admission, &sites[1]).len(), 3);
        }
        assert_eq!(admission.all.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn one_site_may_have_as_many_as_its_config_says() {
        let sites = sites(1);
        let admission = Admission::new(QUEUE, &sites);
        let full = std::iter::from_fn(|| {
            (!admission.is_full(&sites[0], 0)).then(|| admission.admit(&sites[0]).ok())
        });
        assert!(full.collect::<Vec<_>>().len() >= QUEUE / 2);
    }

    #[test]
    fn however_many_sites_are_flooded_there_is_room_for_another() {
        let sites = sites(101);
        let (quiet, flooded) = sites.split_first().unwrap();
        let admission = Admission::new(QUEUE, &sites);
        let mut waiting = Vec::new();
        // In turns, as requests come.
        while waiting.len() < QUEUE {
            let before = waiting.len();
            waiting.extend(flooded.iter().filter_map(|site| admission.admit(site).ok()));
            if waiting.len() == before {
                break;
            }
        }
        let room = fill(&admission, quiet).len();
        assert!(room >= QUEUE / 210, "{room} places are left, {} are taken", waiting.len());
    }

    #[test]
    fn who_waits_counts_under_the_next_config_too() {
        let sites = sites(3);
        let before = Admission::new(3, &sites[..2]);
        let waiting = [0, 1].map(|at| fill(&before, &sites[at]));
        let after = before.follow(4, &sites[1..]);
        let arrived = Connection::new(before.unread());
        assert_eq!(after.unread().count(), 1);
        drop(arrived);
        assert!(after.admit(&sites[0]).is_err(), "it is served no more");
        assert_eq!(fill(&after, &sites[1]).len(), 1);
        assert_eq!(fill(&after, &sites[2]).len(), 4);
        drop(waiting);
        assert_eq!(fill(&after, &sites[1]).len(), 4);
        assert_eq!(after.all.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn while_too_much_is_unread_each_site_has_those_few_that_it_is_spared() {
        let sites = sites(2);
        let admission = Admission::new(100, &sites);
        let is_full = |ahead| [0, 1].map(|at| admission.is_full(&sites[at], ahead));
        let _crowd = crowd(&admission);
        let last = Connection::new(admission.unread());
        let flood: Vec<_> = (0..SPARED).map(|_| admission.admit(&sites[0]).ok()).collect();
        assert_eq!(is_full(0), [false; 2], "nobody is in front of it");
        assert_eq!(is_full(last.ahead()), [true, false]);
        assert!(admission.admit(&sites[0]).is_ok(), "its body was read meanwhile");
        drop(flood);
        for _ in 0..2 * CROWD {
            assert_eq!(
                is_full(last.ahead()),
                [true, false],
                "the first is the crowd, though none of it waits"
            );
        }
        assert_eq!(is_full(0), [false; 2]);
        assert_eq!(is_full(last.ahead()), [false; 2], "and is no more, once there was less to read");
    }

    #[test]
    fn a_site_that_was_refused_once_is_spared_again_when_many_others_were() {
        let sites = sites(2);
        let admission = Admission::new(100, &sites);
        let crowd = crowd(&admission);
        let is_full = |at: usize| admission.is_full(&sites[at], crowd.len());
        let two = |at: usize| [0; SPARED].map(|_| admission.admit(&sites[at]).ok());
        let flood = two(0);
        let once = two(1);
        assert!(is_full(1));
        drop(once);
        for _ in 1..CROWD {
            assert!(is_full(0));
        }
        assert!(is_full(1), "so it was one of many");
        for _ in 0..CROWD {
            assert!(is_full(0));
        }
        assert!(!is_full(1));
        drop(flood);
    }

    #[test]
    fn a_site_that_is_not_served_has_no_place() {
        assert!(Admission::new(3, &[]).admit(&"a".parse().unwrap()).is_err());
    }
}
