//! Where decisions are, by decision and by subject: derived from the openings and made again if it is lost, so nobody ever
//! waits for it to become durable.
//!
//! A key is the first 64 bits of a SHA-256 over a random secret of this store, what it is for, the site and the id. It
//! stands beside a place; whether the decision at that place is the one that is meant is for the caller to see. What was
//! added last is in memory; when that is full, it becomes a sorted file, and four files of a size become one.

mod filter;
mod manifest;
mod memory;
mod merge;
mod run;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use consent_core::notice::SiteId;
use sha2::{Digest as _, Sha256};

use super::super::StoreError;
use super::codec::{engine, length, size};
use super::disk::Disk;
use super::worker::Worker;
use manifest::Manifest;
use memory::Memory;
use run::Run;

/// The folder of its files.
pub(super) const FOLDER: &str = "index";

/// How many decisions' keys a file may hold to have a filter in memory: 8 MiB. Files grow by fours, so all filters
/// together take at most about 32 MiB.
const FILTER_LIMIT: u64 = 5_500_000;

/// Where a decision is: what it is found by (the highest bit), the number of its log (23 bits), its index (40 bits).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(pub(super) u64);

const DECISION: u64 = 1 << 63;

impl Place {
    fn new(by: By, log: u32, index: u64) -> Self {
        let by = if by == By::Decision { DECISION } else { 0 };
        Self(by | u64::from(log & 0x7f_ffff) << 40 | (index & 0xff_ffff_ffff))
    }

    fn is_decision(self) -> bool {
        self.0 & DECISION != 0
    }

    /// The number of the log.
    pub(super) fn log(self) -> u32 {
        u32::try_from((self.0 & !DECISION) >> 40).unwrap_or(u32::MAX)
    }

    /// The index in it.
    pub(super) fn index(self) -> u64 {
        self.0 & 0xff_ffff_ffff
    }
}

/// What a decision is found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    Decision,
    Subject,
}

/// A key and a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Item {
    pub(super) fingerprint: u64,
    pub(super) place: Place,
}

/// Up to which size each log is in the files, by number.
pub(super) type Covered = BTreeMap<u32, u64>;

#[derive(Debug)]
pub(super) struct Index {
    disk: Arc<dyn Disk>,
    secret: [u8; 16],
    /// How many items stay in memory before they become a file.
    limit: usize,
    state: Arc<RwLock<State>>,
    worker: Worker,
}

#[derive(Debug, Default)]
struct State {
    memory: Memory,
    /// What is becoming a file.
    frozen: Option<Arc<Memory>>,
    runs: Vec<Arc<Run>>,
    manifest: Manifest,
}

impl Index {
    /// Opens it. What it covers is told by [`covered`](Index::covered); the rest is to be [inserted](Index::insert).
    ///
    /// One that is missing or not whole begins anew, and covers nothing.
    pub(super) fn open(disk: Arc<dyn Disk>, limit: usize, threaded: bool) -> Result<Self, StoreError> {
        let opened = Manifest::read(&*disk).and_then(|manifest| {
            let Some(manifest) = manifest else { return Ok(None) };
            let runs = manifest.runs.iter().map(|id| Run::open(&*disk, *id).map(Arc::new));
            let runs = runs.collect::<Result<Vec<_>, _>>()?;
            Ok(Some((manifest, runs)))
        });
        let (manifest, runs) = match opened {
            Ok(Some(opened)) => opened,
            missing => {
                if let Err(error) = missing {
                    tracing::warn!(%error, "the index is made anew, which takes a moment for each million decisions");
                }
                (Self::begin(&*disk)?, Vec::new())
            }
        };
        let secret = manifest.secret;
        for name in disk.list(FOLDER).map_err(engine)? {
            let path = format!("{FOLDER}/{name}");
            if name.starts_with("run-") && !runs.iter().any(|run| run::path(run.id) == path) {
                disk.remove(&path).map_err(engine)?;
            }
        }
        let state = State { manifest, runs, ..State::default() };
        let worker = Worker::start("index", threaded)?;
        Ok(Self { disk, secret, limit, state: Arc::new(RwLock::new(state)), worker })
    }

    /// An index of nothing.
    fn begin(disk: &dyn Disk) -> Result<Manifest, StoreError> {
        let mut manifest = Manifest::default();
        getrandom::fill(&mut manifest.secret).map_err(engine)?;
        disk.remove_folder(FOLDER).map_err(engine)?;
        disk.make_folder(FOLDER).map_err(engine)?;
        manifest.write(disk)?;
        disk.sync_folder("").map_err(engine)?;
        Ok(manifest)
    }

    /// Makes it begin anew at the next start.
    pub(super) fn discard(&self) -> Result<(), StoreError> {
        manifest::remove(&*self.disk)
    }

    /// Up to which size each log is in its files.
    pub(super) fn covered(&self) -> Covered {
        self.state().manifest.covered.clone()
    }

    /// The item for a decision's place.
    pub(super) fn item(&self, by: By, site: &SiteId, id: &[u8; 16], log: u32, index: u64) -> Item {
        Item { fingerprint: self.fingerprint(by, site, id), place: Place::new(by, log, index) }
    }

    fn fingerprint(&self, by: By, site: &SiteId, id: &[u8; 16]) -> u64 {
        let hash = Sha256::new()
            .chain_update(self.secret)
            .chain_update([u8::from(by == By::Decision)])
            .chain_update(id)
            .chain_update(site.as_str())
            .finalize();
        hash.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
    }

    /// Adds items. `covered` tells the sizes of all logs whose decisions were all added.
    pub(super) fn insert(
        &self,
        items: impl IntoIterator<Item = Item>,
        covered: impl FnOnce() -> Covered,
    ) -> Result<(), StoreError> {
        let count = {
            let mut state = self.state_mut();
            state.memory.extend(items);
            state.memory.len()
        };
        // While a file is being written, memory may grow to four times its size; then the writer waits.
        if count >= self.limit && (self.worker.is_idle() || count >= 4 * self.limit) {
            self.freeze(covered())?;
        }
        Ok(())
    }

    /// Makes a file of what is in memory, in the background.
    fn freeze(&self, covered: Covered) -> Result<(), StoreError> {
        self.worker.wait()?;
        // There will be as many again. Room for them is made before anybody has to wait for it.
        let next = Memory::with_room(self.limit);
        let frozen = {
            let mut state = self.state_mut();
            let frozen = Arc::new(std::mem::replace(&mut state.memory, next));
            state.frozen = Some(Arc::clone(&frozen));
            frozen
        };
        let (disk, state) = (Arc::clone(&self.disk), Arc::clone(&self.state));
        let smallest = length(self.limit);
        self.worker.hand(move || {
            let items = frozen.sorted();
            let decisions = length(items.iter().filter(|item| item.place.is_decision()).count());
            drop(frozen);
            let id = next_id(&state);
            let run = Run::write(&*disk, id, items.into_iter().map(Ok), decisions, FILTER_LIMIT)?;
            install(&*disk, &state, &[], Some(run), Some(&covered))?;
            loop {
                let runs = state.read().unwrap_or_else(PoisonError::into_inner).runs.clone();
                let due = merge::due(&runs, smallest);
                if due.is_empty() {
                    return Ok(());
                }
                unite(&*disk, &state, &due, |_| true)?;
            }
        })
    }

    /// The places that may be those of an id: the caller compares.
    pub(super) fn find(&self, by: By, site: &SiteId, id: &[u8; 16]) -> Result<Vec<Place>, StoreError> {
        let fingerprint = self.fingerprint(by, site, id);
        let mut found = Vec::new();
        let runs = {
            let state = self.state();
            state.memory.find(fingerprint, &mut found);
            if let Some(frozen) = &state.frozen {
                frozen.find(fingerprint, &mut found);
            }
            state.runs.clone()
        };
        for run in &runs {
            run.find(fingerprint, by == By::Decision, &mut found)?;
        }
        found.retain(|place| place.is_decision() == (by == By::Decision));
        Ok(found)
    }

    /// Removes items, durably.
    pub(super) fn remove(&self, items: &[Item]) -> Result<(), StoreError> {
        self.worker.wait()?;
        let mut state = self.state_mut();
        items.iter().for_each(|item| state.memory.remove(item));
        state.runs.iter().try_for_each(|run| run.remove(items))
    }

    /// Removes everything at places that are `gone`, durably, by writing all files anew.
    pub(super) fn remove_places(&self, gone: impl Fn(Place) -> bool) -> Result<(), StoreError> {
        self.worker.wait()?;
        let runs = {
            let mut state = self.state_mut();
            state.memory.retain(|place| !gone(place));
            state.runs.clone()
        };
        if runs.is_empty() { Ok(()) } else { unite(&*self.disk, &self.state, &runs, |place| !gone(place)) }
    }

    fn state(&self) -> std::sync::RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn state_mut(&self) -> std::sync::RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn next_id(state: &RwLock<State>) -> u64 {
    let mut state = state.write().unwrap_or_else(PoisonError::into_inner);
    state.manifest.next += 1;
    state.manifest.next
}

/// Makes one run of several, without the places that are not to be kept.
fn unite(
    disk: &dyn Disk,
    state: &RwLock<State>,
    runs: &[Arc<Run>],
    keep: impl Fn(Place) -> bool,
) -> Result<(), StoreError> {
    let decisions = runs.iter().map(|run| run.decisions).sum();
    let items = merge::merged(runs).filter(|item| item.as_ref().map_or(true, |item| keep(item.place)));
    let run = Run::write(disk, next_id(state), items, decisions, FILTER_LIMIT)?;
    install(disk, state, runs, Some(run), None)
}

/// Puts a run in the place of others: in the manifest first, which is what counts after a crash.
fn install(
    disk: &dyn Disk,
    state: &RwLock<State>,
    old: &[Arc<Run>],
    new: Option<Run>,
    covered: Option<&Covered>,
) -> Result<(), StoreError> {
    let is_old = |id: u64| old.iter().any(|run| run.id == id);
    let mut manifest = state.read().unwrap_or_else(PoisonError::into_inner).manifest.clone();
    manifest.runs.retain(|id| !is_old(*id));
    manifest.runs.extend(new.iter().map(|run| run.id));
    if let Some(covered) = covered {
        manifest.covered.clone_from(covered);
    }
    manifest.write(disk)?;
    {
        let mut state = state.write().unwrap_or_else(PoisonError::into_inner);
        state.runs.retain(|run| !is_old(run.id));
        state.runs.extend(new.map(Arc::new));
        state.manifest = manifest;
        if covered.is_some() {
            state.frozen = None;
        }
    }
    for run in old {
        disk.remove(&run::path(run.id)).map_err(engine)?;
    }
    Ok(())
}
