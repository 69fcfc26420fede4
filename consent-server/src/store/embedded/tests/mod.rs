//! What only a store on disk can get wrong.

mod faults;
mod folder;
mod model;
mod sim;
mod tail;

use std::path::Path;
use std::sync::Arc;

use super::super::StoreError;
use super::disk::Disk;
use super::{EmbeddedStore, Settings};
use sim::Sim;

/// Small, so that journals turn and files of the index merge all the time; in one thread, so that steps have one order.
const SMALL: Settings =
    Settings { journal: 32 * 1024, ahead: 16 * 1024, piece: 1024, index: 48, threaded: false };

fn open(disk: &Sim) -> Result<EmbeddedStore, StoreError> {
    let disk: Arc<dyn Disk> = Arc::new(disk.clone());
    EmbeddedStore::open_on(&disk, SMALL, Path::new("store"), None)
}

/// Whether there is time for everything: tests/run says so.
fn is_full() -> bool {
    std::env::var_os("CONSENT_FULL").is_some()
}
