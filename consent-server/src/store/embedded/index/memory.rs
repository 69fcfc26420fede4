//! What was added to the index last.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::{Item, Place};

/// Fingerprints are random numbers already.
#[derive(Debug, Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        // Only numbers are hashed here, by the method below.
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

#[derive(Debug)]
enum Places {
    One(Place),
    Many(Vec<Place>),
}

/// Items by fingerprint.
#[derive(Debug, Default)]
pub(super) struct Memory {
    items: HashMap<u64, Places, BuildHasherDefault<AsItIs>>,
    count: usize,
}

impl Memory {
    /// With room for this many, so that it does not grow while decisions wait.
    pub(super) fn with_room(items: usize) -> Self {
        Self { items: HashMap::with_capacity_and_hasher(items, BuildHasherDefault::default()), count: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.count
    }

    pub(super) fn extend(&mut self, items: impl IntoIterator<Item = Item>) {
        for Item { fingerprint, place } in items {
            self.count += 1;
            match self.items.entry(fingerprint) {
                std::collections::hash_map::Entry::Vacant(vacant) => {
                    vacant.insert(Places::One(place));
                }
                std::collections::hash_map::Entry::Occupied(mut occupied) => match occupied.get_mut() {
                    Places::Many(places) => places.push(place),
                    Places::One(first) => {
                        let both = Places::Many(vec![*first, place]);
                        occupied.insert(both);
                    }
                },
            }
        }
    }

    pub(super) fn find(&self, fingerprint: u64, found: &mut Vec<Place>) {
        match self.items.get(&fingerprint) {
            Some(Places::One(place)) => found.push(*place),
            Some(Places::Many(places)) => found.extend_from_slice(places),
            None => {}
        }
    }

    pub(super) fn remove(&mut self, item: &Item) {
        let Some(places) = self.items.remove(&item.fingerprint) else { return };
        let mut left = match places {
            Places::One(place) => vec![place],
            Places::Many(places) => places,
        };
        let before = left.len();
        left.retain(|place| *place != item.place);
        self.count -= before - left.len();
        match *left.as_slice() {
            [] => {}
            [one] => drop(self.items.insert(item.fingerprint, Places::One(one))),
            _ => drop(self.items.insert(item.fingerprint, Places::Many(left))),
        }
    }

    pub(super) fn retain(&mut self, keep: impl Fn(Place) -> bool) {
        let gone: Vec<Item> = self.iter().filter(|item| !keep(item.place)).collect();
        gone.iter().for_each(|item| self.remove(item));
    }

    fn iter(&self) -> impl Iterator<Item = Item> {
        self.items.iter().flat_map(|(fingerprint, places)| {
            let places = match places {
                Places::One(place) => std::slice::from_ref(place),
                Places::Many(places) => places,
            };
            places.iter().map(|place| Item { fingerprint: *fingerprint, place: *place })
        })
    }

    /// All items, in order.
    pub(super) fn sorted(&self) -> Vec<Item> {
        let mut items: Vec<_> = self.iter().collect();
        items.sort_unstable();
        items
    }
}
