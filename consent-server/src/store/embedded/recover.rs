//! Opening a store: the normal start is a recovery that finds little to do.

use std::path::Path;
use std::sync::{Arc, Mutex, RwLock};

use consent_core::ledger::entry::IndexRange;

use super::super::StoreError;
use super::codec::{damaged, engine};
use super::core::{Core, Logs};
use super::disk::{self, Disk};
use super::ends::{self, Ends};
use super::files::{LOGS, OpenFiles, folder};
use super::index::Index;
use super::journal::Journal;
use super::record::Record;
use super::write::Writer;
use super::{FORMAT, Settings, erase};

/// Says which format the store has. It is written last when a store is made.
const MARK: &str = "format";

/// Files that other formats have at this place: sled's.
const OF_SLED: [&str; 2] = ["db", "conf"];

/// Opens the store, or makes it, and finishes what was not finished. `name` is what to call it in errors.
pub(super) fn open(
    disk: &Arc<dyn Disk>,
    settings: Settings,
    name: &Path,
) -> Result<(Arc<Core>, Writer), StoreError> {
    if !check_format(&**disk, name)? {
        make(&**disk, settings)?;
    }
    match attempt(disk, settings)? {
        Ok(opened) => Ok(opened),
        // All of the index comes from the openings.
        Err(IndexDamaged(error)) => {
            tracing::warn!(%error, "the index is made anew");
            attempt(disk, settings)?.map_err(|IndexDamaged(error)| error)
        }
    }
}

/// The index was found damaged, and removed.
struct IndexDamaged(StoreError);

type Opened = (Arc<Core>, Writer);

fn attempt(disk: &Arc<dyn Disk>, settings: Settings) -> Result<Result<Opened, IndexDamaged>, StoreError> {
    let (nonce, last, ends) = ends::read(&**disk)?;
    let mut journal = Journal::open(&**disk, nonce, settings.journal, last).map_err(engine)?;
    let records = journal.records(last)?;
    journal.trust_zeros(journal.find_used()?);
    journal.skip_to(records.last().map_or(last, |(number, _)| *number));
    let mut logs = Logs::default();
    ends.into_iter().for_each(|(log, end)| logs.insert(log, end));
    let core = Arc::new(Core {
        files: OpenFiles::new(Arc::clone(disk), settings.piece),
        logs: RwLock::new(logs),
        index: Index::open(Arc::clone(disk), settings.index, settings.threaded)?,
        disk: Arc::clone(disk),
        erasing: RwLock::default(),
        naming: Mutex::default(),
    });
    let mut writer = Writer::new(Arc::clone(&core), journal, nonce, settings)?;
    let erased = replay(&core, &mut writer, &records)?;
    drop(records);
    match writer.redo_erasure(&erased) {
        // A page that was torn while something was taken out of it.
        Err(error @ StoreError::Damaged(_)) => {
            core.index.discard()?;
            return Ok(Err(IndexDamaged(error)));
        }
        result => result?,
    }
    forget_the_rest(&core, &mut writer)?;
    erase::fill_index(&core)?;
    writer.settle()?;
    writer.number_from_logs();
    Ok(Ok((core, writer)))
}

/// Does again what the journal says, and returns what it says is erased.
fn replay(
    core: &Core,
    writer: &mut Writer,
    records: &[(u64, Vec<u8>)],
) -> Result<Vec<(u32, IndexRange)>, StoreError> {
    let mut erased = Vec::new();
    for (number, bytes) in records {
        let record = Record::decode(bytes);
        let record =
            record.ok_or_else(|| damaged(format!("record {number} of the journal has another format")))?;
        writer.apply(&record)?;
        erased.extend(record.erased);
        let mut logs = core.logs_mut();
        record.ends.into_iter().for_each(|(log, end)| logs.insert(log, end));
    }
    Ok(erased)
}

/// Removes what is left of logs whose heads say that they are forgotten.
fn forget_the_rest(core: &Core, writer: &mut Writer) -> Result<(), StoreError> {
    let forgotten: Vec<_> = {
        let logs = core.logs();
        let ended = logs.ends.iter().filter(|(_, end)| end.head.forgotten);
        ended.map(|(log, end)| (log.clone(), end.number)).collect()
    };
    let folders = core.disk.list(LOGS).map_err(engine)?;
    for (log, number) in forgotten {
        if folders.iter().any(|name| folder(&log) == format!("{LOGS}/{name}")) {
            writer.remove_forgotten(&log, number)?;
        }
    }
    Ok(())
}

/// Whether there is a store of this format; an error if there is another one.
fn check_format(disk: &dyn Disk, name: &Path) -> Result<bool, StoreError> {
    let other = |found: String| {
        Err(StoreError::Format { folder: name.display().to_string(), found, expected: FORMAT })
    };
    if let Some(mark) = disk::read(disk, MARK).map_err(engine)? {
        let mark = String::from_utf8_lossy(&mark).trim().to_owned();
        return if mark == FORMAT.to_string() { Ok(true) } else { other(mark) };
    }
    let names = disk.list("").map_err(engine)?;
    if names.iter().any(|name| OF_SLED.contains(&name.as_str())) {
        return other("sled".to_owned());
    }
    if !disk.list(LOGS).map_err(engine)?.is_empty() {
        return Err(damaged(format!("{} has logs and no file `{MARK}`", name.display())));
    }
    Ok(false)
}

/// Makes an empty store. If it stops in between, the next start makes it anew.
fn make(disk: &dyn Disk, settings: Settings) -> Result<(), StoreError> {
    let mut nonce = [0; 8];
    getrandom::fill(&mut nonce).map_err(engine)?;
    disk.make_folder(LOGS).map_err(engine)?;
    Journal::make(disk, settings.journal).map_err(engine)?;
    ends::write(disk, nonce, 0, &Ends::new())?;
    disk::replace(disk, MARK, format!("{FORMAT}\n").as_bytes()).map_err(engine)
}
