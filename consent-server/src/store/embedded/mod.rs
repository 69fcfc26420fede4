//! The embedded store: a journal that makes batches durable, and append-only files that hold the logs.
//!
//! | file | what |
//! |---|---|
//! | `format` | the format of everything here |
//! | `lock` | held by the process that has the store open |
//! | `journal-0`, `journal-1` | what was committed last (`journal.rs`) |
//! | `ends` | where each log ended at the last checkpoint (`ends.rs`) |
//! | `logs/<site>-<year>/` | the files of a log (`files.rs`, `openings.rs`) |
//! | `index/` | where decisions are, by decision and by subject (`index/`) |
//! | `notices/<site>/`, `documents/<site>/` | a file each (`names.rs`) |
//!
//! A batch is one write and one `fdatasync` of the journal (`write.rs`). Entries, openings and hashes then go to the ends of their own
//! files (`tail.rs`), and from there to the disk while the next batches come; a checkpoint waits for that and lets the journal begin
//! anew. Opening a store does again what the journal says (`recover.rs`). Erasing overwrites openings in place, takes keys
//! out of the index, and empties the journal, all before it is acknowledged (`erase.rs`).
//!
//! On a file system that writes in place, as ext4 and XFS do, overwritten means overwritten; ARCHITECTURE.md says what is
//! left to others.

mod codec;
mod core;
mod disk;
mod ends;
mod erase;
mod files;
mod index;
mod journal;
mod names;
mod openings;
mod record;
mod recover;
mod tail;
#[cfg(test)]
mod tests;
mod worker;
mod write;

use std::fs::{File, TryLockError};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use consent_core::decision::{DecisionId, SubjectId};
use consent_core::notice::{NoticeId, SiteId};

use self::core::Core;
use super::rows::{Batch, Head, LogId, Notices, Openings, Placed};
use super::{Store, StoreError};
use codec::engine;
use disk::{Disk, RealDisk};
use write::Writer;

/// The format of the files. 1 and 2 were sled's.
const FORMAT: u32 = 3;

/// Sizes that tests choose smaller.
#[derive(Clone, Copy, Debug)]
struct Settings {
    /// Bytes of each of the two journal files.
    journal: u64,
    /// After how many bytes of batches the files that they went to are made durable, ahead of the checkpoint.
    ahead: usize,
    /// Bytes that go to one of these files at once.
    piece: u64,
    /// How many items of the index stay in memory before they become a file.
    index: usize,
    /// Whether checkpoints and files of the index are written beside the batches.
    threaded: bool,
}

const SETTINGS: Settings = Settings {
    journal: 16 * 1024 * 1024,
    ahead: 1024 * 1024,
    piece: 64 * 1024,
    index: 64 * 1024,
    threaded: true,
};

/// A store in a folder, for one process at a time.
#[derive(Debug)]
pub struct EmbeddedStore {
    core: Arc<Core>,
    writer: Mutex<Writer>,
    /// Where it is; `None` if it is on no real disk.
    folder: Option<PathBuf>,
    /// Unlocked when it is dropped, after everything else.
    _lock: Option<File>,
}

impl EmbeddedStore {
    /// Opens the store in `folder`, or makes it.
    ///
    /// # Errors
    /// [`StoreError::InUse`] if another process has it open; [`StoreError::Format`] if another version made it;
    /// [`StoreError::Damaged`] or [`StoreError::Engine`] if it can not be read.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        Self::open_with(folder, SETTINGS)
    }

    fn open_with(folder: &Path, settings: Settings) -> Result<Self, StoreError> {
        let disk = RealDisk::new(folder).map_err(engine)?;
        let lock = lock(folder)?;
        let disk: Arc<dyn Disk> = Arc::new(disk);
        let mut store = Self::open_on(&disk, settings, folder, Some(lock))?;
        store.folder = Some(folder.to_owned());
        Ok(store)
    }

    fn open_on(
        disk: &Arc<dyn Disk>,
        settings: Settings,
        name: &Path,
        lock: Option<File>,
    ) -> Result<Self, StoreError> {
        let (core, writer) = recover::open(disk, settings, name)?;
        Ok(Self { core, writer: Mutex::new(writer), folder: None, _lock: lock })
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes the lock of the folder.
fn lock(folder: &Path) -> Result<File, StoreError> {
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(folder.join("lock")).map_err(engine)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse(folder.display().to_string())),
        Err(TryLockError::Error(error)) => Err(engine(error)),
    }
}

/// The bytes of all files in a folder. Files that go while it is read are not counted.
fn bytes_in(folder: &Path) -> std::io::Result<u64> {
    let mut bytes = 0;
    for item in std::fs::read_dir(folder)? {
        let item = item?;
        match item.metadata() {
            Ok(file) if file.is_dir() => bytes += bytes_in(&item.path())?,
            Ok(file) => bytes += file.len(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(bytes)
}

impl Drop for EmbeddedStore {
    fn drop(&mut self) {
        self.writer().rest();
    }
}

impl Store for EmbeddedStore {
    fn bytes(&self) -> Result<Option<u64>, StoreError> {
        self.folder.as_deref().map(bytes_in).transpose().map_err(engine)
    }

    fn commit(&self, batches: &[Batch]) -> Result<(), StoreError> {
        self.writer().commit(batches)
    }

    fn publish(&self, site: &SiteId, notice: NoticeId, bytes: &[u8]) -> Result<(), StoreError> {
        let _alone = self.core.naming.lock().unwrap_or_else(PoisonError::into_inner);
        names::publish(&*self.core.disk, site, notice, bytes)
    }

    fn forget_log(&self, log: &LogId) -> Result<(), StoreError> {
        self.writer().finally(|writer| writer.forget(log))
    }

    fn keep(&self, site: &SiteId, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let _alone = self.core.naming.lock().unwrap_or_else(PoisonError::into_inner);
        names::keep(&*self.core.disk, site, name, bytes)
    }

    fn kept(&self, site: &SiteId, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        names::kept(&*self.core.disk, site, name)
    }

    fn kept_names(&self, site: &SiteId, prefix: &str) -> Result<Vec<String>, StoreError> {
        names::kept_names(&*self.core.disk, site, prefix)
    }

    fn discard(&self, site: &SiteId, name: &str) -> Result<(), StoreError> {
        let _alone = self.core.naming.lock().unwrap_or_else(PoisonError::into_inner);
        names::discard(&*self.core.disk, site, name)
    }

    fn logs(&self) -> Result<Vec<(LogId, Head)>, StoreError> {
        Ok(self.core.logs().ends.iter().map(|(log, end)| (log.clone(), end.head)).collect())
    }

    fn head(&self, log: &LogId) -> Result<Option<Head>, StoreError> {
        Ok(self.core.end(log).map(|end| end.head))
    }

    fn entries(&self, log: &LogId, range: Range<u64>) -> Result<Vec<Vec<u8>>, StoreError> {
        self.core.entries(log, range)
    }

    fn tile(&self, log: &LogId, level: u8, index: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.core.tile(log, level, index)
    }

    fn openings(&self, log: &LogId, range: Range<u64>) -> Result<Vec<(u64, Openings)>, StoreError> {
        self.core.openings(log, range)
    }

    fn find_decision(&self, site: &SiteId, decision: DecisionId) -> Result<Option<Placed>, StoreError> {
        self.core.find_decision(site, decision)
    }

    fn find_subject(&self, site: &SiteId, subject: SubjectId) -> Result<Vec<(LogId, u64)>, StoreError> {
        self.core.find_subject(site, subject)
    }

    fn notice(&self, site: &SiteId, notice: NoticeId) -> Result<Option<Vec<u8>>, StoreError> {
        names::notice(&*self.core.disk, site, notice)
    }

    fn notices(&self, site: &SiteId) -> Result<Notices, StoreError> {
        names::notices(&*self.core.disk, site)
    }

    fn logged_notices(&self, log: &LogId) -> Result<Vec<NoticeId>, StoreError> {
        self.core.logged_notices(log)
    }

    fn history(&self, log: &LogId) -> Result<Vec<(u64, String)>, StoreError> {
        self.core.history(log)
    }
}
