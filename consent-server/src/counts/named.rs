//! When the logs of a site first named each notice, noted as they are counted: so whoever asks on which days another notice came reads
//! one small document, however long the logs are.

use std::collections::{BTreeMap, BTreeSet};

use consent_core::notice::{NoticeId, SiteId};
use time::Date;

use super::follow::date_of;
use super::sum::Places;
use crate::store::{Store, StoreError};

/// Beside the documents of the days, and no date.
const DOCUMENT: &str = "counts/named";

/// When each notice was named first, unix seconds. A log of the next year names it again, which changes nothing.
///
/// # Errors
/// If the store fails.
pub fn named(store: &dyn Store, site: &SiteId) -> Result<BTreeMap<NoticeId, u64>, StoreError> {
    let kept = store.kept(site, DOCUMENT)?;
    Ok(kept.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
}

/// Notes these. Noted before they are counted, so a crash in between leaves none out: they are noted once more, which changes nothing.
pub(super) fn note(
    store: &dyn Store,
    site: &SiteId,
    read: impl Iterator<Item = (NoticeId, u64)>,
) -> Result<(), StoreError> {
    let mut read = read.peekable();
    if read.peek().is_none() {
        return Ok(());
    }
    let before = named(store, site)?;
    let mut all = before.clone();
    for (notice, time) in read {
        let first = all.entry(notice).or_insert(time);
        *first = time.min(*first);
    }
    if all == before {
        return Ok(());
    }
    // Numbers and texts always have a JSON form.
    store.keep(site, DOCUMENT, &serde_json::to_vec(&all).unwrap_or_default())
}

/// The days on which a notice came in the place of an earlier one: there was one of its language and region before. A language or a
/// region that is new changes nothing for anybody.
#[must_use]
pub fn changes(named: &BTreeMap<NoticeId, u64>, places: &Places<'_>) -> BTreeSet<Date> {
    let mut first = BTreeMap::new();
    let of_place = |id: &NoticeId| places.get(id).map(|place| (place.language, place.region));
    for (id, time) in named {
        if let Some(place) = of_place(id) {
            let earliest = first.entry(place).or_insert(*time);
            *earliest = (*time).min(*earliest);
        }
    }
    let later = named.iter().filter(|(id, time)| {
        of_place(id).and_then(|place| first.get(&place)).is_some_and(|earliest| earliest < *time)
    });
    later.map(|(_, time)| date_of(*time)).collect()
}

#[cfg(test)]
mod tests {
    use consent_core::digest::Digest;

    use super::super::sum::Place;
    use super::*;
    use crate::store::MemoryStore;

    const DAY: u64 = 86_400;

    fn id(name: &str) -> NoticeId {
        NoticeId(Digest::of(name.as_bytes()))
    }

    #[test]
    fn a_notice_is_named_when_the_first_log_did_and_in_whatever_order_that_is_read() {
        let (store, site) = (MemoryStore::default(), "a".parse().unwrap());
        assert_eq!(named(&store, &site).unwrap(), BTreeMap::new());
        note(&store, &site, [(id("a"), 7), (id("b"), 9)].into_iter()).unwrap();
        note(&store, &site, [(id("a"), 70), (id("b"), 8), (id("c"), 90)].into_iter()).unwrap();
        note(&store, &site, std::iter::empty()).unwrap();
        let all = BTreeMap::from([(id("a"), 7), (id("b"), 8), (id("c"), 90)]);
        assert_eq!(named(&store, &site).unwrap(), all);
    }

    #[test]
    fn only_what_comes_in_the_place_of_another_is_a_change() {
        let place = |language, region| Place { language, region };
        let places = Places::from([
            (id("fr"), place("fr", "EU")),
            (id("fr later"), place("fr", "EU")),
            (id("en"), place("en", "EU")),
            (id("fr in GB"), place("fr", "GB")),
        ]);
        let named = [("fr", 1), ("en", 3), ("fr later", 5), ("fr in GB", 7), ("nobody's", 9)];
        let named = named.map(|(name, day)| (id(name), day * DAY)).into_iter().collect();
        assert_eq!(changes(&named, &places), BTreeSet::from([date_of(5 * DAY)]));
    }
}
