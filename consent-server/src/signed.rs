//! The head that was signed last, for every log, kept apart from the store.
//!
//! Whoever restores an old copy of the store, and lets it grow, signs other entries under indices that receipts were
//! already given for. This file is how the server notices: the store may be ahead of it, never behind.
//!
//! One file a log, with two slots that are written in turn, so that one of them is whole whenever the machine stops. The
//! file is not synced: what a power cut takes away only makes the watch less sharp, while syncing it would cost every
//! visitor a second wait for the disk.
//!
//! Beside it lies the public key that signs the log, `<site>-<year>.vkey`: whoever loses the secret one can still show
//! what it signed.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use consent_core::digest::Digest;
use consent_core::ledger::checkpoint::SignedCheckpoint;
use consent_core::ledger::key::VerifierKey;

use crate::data::{DataError, files};
use crate::store::LogId;

/// The size of a slot, in bytes. A note of one signature is at most half as long.
const SLOT: usize = 2048;

/// The most bytes of a file with a public key.
const MAX_KEY_BYTES: u64 = 4096;

/// The bytes of a slot's own digest.
const DIGEST: usize = 32;

/// The folder of these files.
#[derive(Debug)]
pub struct LastSigned {
    folder: PathBuf,
    files: Mutex<HashMap<LogId, Slots>>,
}

/// What is noted of one log.
#[derive(Clone, Debug)]
pub struct Noted {
    /// The log.
    pub log: LogId,
    /// The heads in whole slots as notes, the newest first. One at least.
    pub notes: Vec<String>,
    /// The key that signed them, if a version of this program was running that notes it.
    pub key: Option<VerifierKey>,
}

/// One log's file.
#[derive(Debug)]
struct Slots {
    file: File,
    next: usize,
}

impl LastSigned {
    /// The files in `folder`, which is made if it is not there.
    ///
    /// # Errors
    /// If it can not be made.
    pub fn open(folder: PathBuf) -> Result<Self, DataError> {
        files::make_folder(&folder)?;
        Ok(Self { folder, files: Mutex::default() })
    }

    /// Notes that this head was signed.
    ///
    /// # Errors
    /// If the file can not be written.
    pub fn record(&self, log: &LogId, head: &SignedCheckpoint) -> io::Result<()> {
        let note = head.as_str().as_bytes();
        let mut slot = Vec::with_capacity(SLOT);
        slot.extend_from_slice(&Digest::of(note).0);
        slot.extend_from_slice(note);
        if slot.len() > SLOT {
            return Err(io::Error::other("a signed head is longer than its slot"));
        }
        slot.resize(SLOT, 0);
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let slots = match files.entry(log.clone()) {
            std::collections::hash_map::Entry::Occupied(open) => open.into_mut(),
            std::collections::hash_map::Entry::Vacant(vacant) => {
                note_key(&self.path(log), head)?;
                vacant.insert(Slots::open(&self.path(log))?)
            }
        };
        slots.file.write_all_at(&slot, u64::try_from(slots.next * SLOT).unwrap_or(0))?;
        slots.next = 1 - slots.next;
        Ok(())
    }

    /// What is noted of every log that there is a file of, by site and year.
    ///
    /// # Errors
    /// If the folder or a file can not be read.
    pub fn all(&self) -> Result<Vec<Noted>, DataError> {
        let mut all = Vec::new();
        for item in fs::read_dir(&self.folder).map_err(files::io(&self.folder))? {
            let path = item.map_err(files::io(&self.folder))?.path();
            let Some(log) = log_of(&path) else { continue };
            let bytes = fs::read(&path).map_err(files::io(&path))?;
            let mut notes: Vec<_> = bytes.chunks(SLOT).take(2).filter_map(read_slot).collect();
            notes.sort_by_key(|note| std::cmp::Reverse(size_of(note)));
            if notes.is_empty() {
                // A power cut soon after the file was made can leave it empty.
                tracing::warn!(%log, "no signed head was noted: an older copy of the store would not be noticed");
                continue;
            }
            let key = files::read(&key_path(&path), MAX_KEY_BYTES)?;
            all.push(Noted { log, notes, key: key.and_then(|key| key.trim_end().parse().ok()) });
        }
        all.sort_unstable_by(|a, b| a.log.cmp(&b.log));
        Ok(all)
    }

    fn path(&self, log: &LogId) -> PathBuf {
        self.folder.join(format!("{}-{}", log.site, log.year))
    }
}

impl Slots {
    /// Opens a file so that the newest whole slot is the last to be written over.
    fn open(path: &Path) -> io::Result<Self> {
        let made = !path.exists();
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        if made {
            // Once: that the file is there must survive. What is in it need not.
            file.sync_all()?;
            File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()?;
        }
        let mut bytes = vec![0; 2 * SLOT];
        let length = file.read_at(&mut bytes, 0)?;
        bytes.truncate(length);
        let sizes: Vec<_> =
            bytes.chunks(SLOT).map(|slot| read_slot(slot).map(|note| size_of(&note))).collect();
        let next = usize::from(sizes.first().copied().flatten() >= sizes.get(1).copied().flatten());
        Ok(Self { file, next })
    }
}

/// Notes the public key of a log, once.
fn note_key(path: &Path, head: &SignedCheckpoint) -> io::Result<()> {
    let Some(key) = head.signers().first() else { return Ok(()) };
    let (path, text) = (key_path(path), format!("{key}\n"));
    if files::read(&path, MAX_KEY_BYTES).ok().flatten().as_deref() == Some(&text) {
        return Ok(());
    }
    files::write_private(&path, &text).map_err(io::Error::other)
}

fn key_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".vkey");
    name.into()
}

fn read_slot(slot: &[u8]) -> Option<String> {
    let (digest, note) = slot.split_at_checked(DIGEST)?;
    let end = note.iter().position(|byte| *byte == 0).unwrap_or(note.len());
    let note = note.get(..end)?;
    (!note.is_empty() && Digest::of(note).0 == digest).then(|| String::from_utf8(note.to_vec()).ok())?
}

/// The size in the second line of a note.
fn size_of(note: &str) -> u64 {
    note.lines().nth(1).and_then(|size| size.parse().ok()).unwrap_or(0)
}

fn log_of(path: &Path) -> Option<LogId> {
    let (site, year) = path.file_name()?.to_str()?.rsplit_once('-')?;
    Some(LogId { site: site.parse().ok()?, year: year.parse().ok()? })
}
