//! Where bundles lie that somebody had made in the console, and those that are being made: a few, for a while, each for its owner.
//!
//! What is erased must not come back out of one: whoever looks at a bundle asks first whether it has been overtaken, it is dropped
//! then, and so it is by [`watch`] if nobody looks.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use consent_core::digest::Digest;
use consent_core::notice::SiteId;

use crate::clock::Clock;
use crate::export::ExportError;
use crate::store::Store;

use super::kept::{KEPT, Kept};

/// How many there are in the whole server. Each may be as large as all logs of a site.
const PLACES: usize = 4;

/// What lies longer than it should, or was overtaken, is gone so soon.
pub(super) const WATCHED: Duration = Duration::from_secs(15);

/// The bundles of this process.
#[derive(Debug, Default)]
pub struct Shelf {
    places: Mutex<Places>,
    /// Held by whoever makes one: each takes a processor and a disk from the visitors.
    pub(super) turn: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Places {
    last: u64,
    /// Oldest first.
    taken: Vec<Place>,
}

#[derive(Debug)]
struct Place {
    number: u64,
    of: Of,
    lies: Lies,
}

/// Whose a bundle is, and of what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Of {
    /// As the trail names them.
    pub(super) owner: String,
    pub(super) site: SiteId,
    /// All years if there is none.
    pub(super) year: Option<u16>,
}

/// What lies at a place.
#[derive(Clone, Debug)]
pub(super) enum Lies {
    /// It waits until others are made.
    Waits,
    /// Entries done, and in all.
    Making(u64, u64),
    Kept(Arc<Kept>),
    /// Nothing any more: something in it was erased. This was its digest, and until then is said so.
    Overtaken(Digest, u64),
    /// It could not be made, and until then is said why.
    Failed(&'static str, u64),
}

/// What comes of the wish to have one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begun {
    /// It is made, by whoever asked, under this number.
    Now(u64),
    /// The same one is being made.
    Before,
    /// At each place one is being made.
    Full,
}

impl Lies {
    const fn is_unfinished(&self) -> bool {
        matches!(self, Self::Waits | Self::Making(..))
    }

    fn until(&self) -> Option<u64> {
        match self {
            Self::Waits | Self::Making(..) => None,
            Self::Kept(kept) => Some(kept.until()),
            Self::Overtaken(_, until) | Self::Failed(_, until) => Some(*until),
        }
    }
}

impl Shelf {
    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place for a bundle that is going to be made. The one before of the same goes for it, or else the oldest.
    pub(super) fn begin(&self, of: Of, now: u64) -> Begun {
        let mut places = self.places();
        places.clear(now);
        if let Some(at) = places.taken.iter().position(|place| place.of == of) {
            if places.taken.get(at).is_some_and(|place| place.lies.is_unfinished()) {
                return Begun::Before;
            }
            places.remove(at);
        }
        if places.taken.len() >= PLACES {
            let is_file = |place: &Place| matches!(place.lies, Lies::Kept(_));
            let taken = places.taken.iter().enumerate().filter(|(_, place)| !place.lies.is_unfinished());
            // What only says something goes before what is something.
            let Some(goes) = taken.min_by_key(|(at, place)| (is_file(place), *at)).map(|(at, _)| at) else {
                return Begun::Full;
            };
            places.remove(goes);
        }
        places.last += 1;
        let number = places.last;
        places.taken.push(Place { number, of, lies: Lies::Waits });
        Begun::Now(number)
    }

    /// Says what lies at a place now.
    pub(super) fn lay(&self, number: u64, lies: Lies) {
        if let Some(place) = self.places().taken.iter_mut().find(|place| place.number == number) {
            place.lies = lies;
        }
    }

    /// The bundles of somebody on a site, as they are after a look at each.
    pub(super) fn all_of(
        &self,
        (owner, site): (&str, &SiteId),
        store: &dyn Store,
        now: u64,
    ) -> Result<Vec<(Option<u16>, Lies)>, ExportError> {
        self.look(|place| place.of.owner == owner && place.of.site == *site, store, now)?;
        let places = self.places();
        let own = places.taken.iter().filter(|place| place.of.owner == owner && place.of.site == *site);
        Ok(own.map(|place| (place.of.year, place.lies.clone())).collect())
    }

    /// Lets go of what is over, and of what was overtaken among these.
    fn look(&self, which: impl Fn(&Place) -> bool, store: &dyn Store, now: u64) -> Result<(), ExportError> {
        let mut places = self.places();
        places.clear(now);
        let kept = |place: &Place| match &place.lies {
            Lies::Kept(kept) if which(place) => Some((place.number, Arc::clone(kept))),
            _ => None,
        };
        let looked: Vec<_> = places.taken.iter().filter_map(kept).collect();
        // The store may take its time.
        drop(places);
        for (number, kept) in looked {
            if kept.is_overtaken(store)? {
                self.lay(number, Lies::Overtaken(kept.digest, now + KEPT));
            }
        }
        Ok(())
    }

    /// Whether there is still a file at a place, after a look at it.
    fn has(&self, number: u64, store: &dyn Store, now: u64) -> Result<bool, ExportError> {
        self.look(|place| place.number == number, store, now)?;
        let is_file = |place: &Place| place.number == number && matches!(place.lies, Lies::Kept(_));
        Ok(self.places().taken.iter().any(is_file))
    }
}

impl Places {
    /// Takes away what lies at a place. Whoever downloads it gets no more of it: nobody looks at it any longer.
    fn remove(&mut self, at: usize) {
        if let Lies::Kept(kept) = self.taken.remove(at).lies {
            kept.let_go();
        }
    }

    /// Lets go of what is over.
    fn clear(&mut self, now: u64) {
        self.taken.retain(|place| place.lies.until().is_none_or(|until| now < until));
    }
}

/// Looks every so often at what was laid down, as long as it lies there: a file is dropped also if nobody asks for it any more.
pub(super) fn watch(
    number: u64,
    every: Duration,
    (shelf, store): (&Arc<Shelf>, &Arc<dyn Store>),
    clock: Arc<dyn Clock>,
) {
    // It waits for long, and must keep nothing from ending.
    let (shelf, store) = (Arc::downgrade(shelf), Arc::downgrade(store));
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(every).await;
            let (shelf, store, clock) = (shelf.clone(), store.clone(), Arc::clone(&clock));
            let looked = tokio::task::spawn_blocking(move || {
                let (Some(shelf), Some(store)) = (shelf.upgrade(), store.upgrade()) else { return false };
                shelf.has(number, &*store, clock.unix_seconds()).unwrap_or_else(|error| {
                    tracing::error!(%error, "it is not known whether a bundle that is kept was overtaken");
                    true
                })
            });
            if !looked.await.unwrap_or(false) {
                return;
            }
        }
    });
}

#[cfg(test)]
#[path = "shelf_tests.rs"]
mod tests;
