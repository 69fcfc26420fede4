//! The files of a log. All of them are append-only, but for openings that are erased in place.
//!
//! | file | what |
//! |---|---|
//! | `entries` | every entry behind its length, two bytes: 256 of them are an entry bundle of tlog-tiles |
//! | `offsets` | for every entry 16 bytes: where it ends in `entries`, where its openings end in `openings` |
//! | `openings` | for every decision what is told in `openings.rs`; zeros, once erased |
//! | `tile-0` to `tile-7` | the hashes of a level, 32 bytes each: 256 of them are a tile |
//! | `notices` | the ids of notices that the log names, 32 bytes each |
//! | `history` | older signed heads: size, length, note |

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use super::super::rows::LogId;
use super::disk::Disk;
use super::tail::LogFile;

/// Which file of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum FileKind {
    Entries,
    Offsets,
    Openings,
    Notices,
    History,
    Tile(u8),
}

/// The highest level of which there can be a tile: a tree has at most 2^53 entries.
const MAX_LEVEL: u8 = 7;

impl FileKind {
    pub(super) fn byte(self) -> u8 {
        match self {
            Self::Entries => 0,
            Self::Offsets => 1,
            Self::Openings => 2,
            Self::Notices => 3,
            Self::History => 4,
            Self::Tile(level) => 16 + level,
        }
    }

    pub(super) fn of(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Entries),
            1 => Some(Self::Offsets),
            2 => Some(Self::Openings),
            3 => Some(Self::Notices),
            4 => Some(Self::History),
            16.. if byte - 16 <= MAX_LEVEL => Some(Self::Tile(byte - 16)),
            _ => None,
        }
    }

    fn name(self) -> String {
        match self {
            Self::Entries => "entries".to_owned(),
            Self::Offsets => "offsets".to_owned(),
            Self::Openings => "openings".to_owned(),
            Self::Notices => "notices".to_owned(),
            Self::History => "history".to_owned(),
            Self::Tile(level) => format!("tile-{level}"),
        }
    }
}

/// The folder of all logs.
pub(super) const LOGS: &str = "logs";

/// The folder of a log.
pub(super) fn folder(log: &LogId) -> String {
    format!("{LOGS}/{}-{}", log.site, log.year)
}

/// How many files stay open that nobody uses, at most. A process may have about a thousand, and connections need some too.
const IDLE: usize = 256;

/// Files that are open, so that a batch need not open them again.
#[derive(Debug)]
pub(super) struct OpenFiles {
    disk: Arc<dyn Disk>,
    /// Bytes that are written to a file at once.
    piece: u64,
    open: Mutex<Open>,
}

#[derive(Debug)]
struct Open {
    files: HashMap<(u32, FileKind), Arc<LogFile>>,
    /// At how many of them it is looked which ones nobody uses.
    most: usize,
}

impl OpenFiles {
    pub(super) fn new(disk: Arc<dyn Disk>, piece: u64) -> Self {
        Self { disk, piece, open: Mutex::new(Open { files: HashMap::new(), most: IDLE }) }
    }

    /// A file of a log; it is made if it is not there and `make` says so.
    pub(super) fn get(
        &self,
        log: &LogId,
        number: u32,
        kind: FileKind,
        make: bool,
    ) -> io::Result<Arc<LogFile>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = open.files.get(&(number, kind)) {
            return Ok(Arc::clone(file));
        }
        let folder = folder(log);
        if make {
            self.disk.make_folder(&folder)?;
        }
        let file = self.disk.open(&format!("{folder}/{}", kind.name()), make)?;
        if open.files.len() >= open.most {
            // Whoever uses one of them now, or has written to it and not synced it yet, holds it open himself, and such a one stays: its end
            // may be nowhere but in it. So may zeros in the place of what was erased, before anybody holds it for that.
            open.files.retain(|_, file| Arc::strong_count(file) > 1 || !file.is_written());
            open.most = open.files.len() + IDLE;
        }
        let file = Arc::new(LogFile::new(file, self.piece));
        open.files.insert((number, kind), Arc::clone(&file));
        Ok(file)
    }

    /// Closes the files of a log.
    pub(super) fn close(&self, number: u32) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.files.retain(|(of, _), _| *of != number);
    }
}

#[cfg(test)]
mod tests {
    use super::super::disk::{DiskFile as _, RealDisk};
    use super::*;

    #[test]
    fn a_file_with_something_in_memory_stays_open_and_idle_ones_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let files = OpenFiles::new(Arc::new(RealDisk::new(folder.path()).unwrap()), 1 << 16);
        let log = LogId { site: "newsroom".parse().unwrap(), year: 2026.into() };
        let get = |number| files.get(&log, number, FileKind::Tile(0), true).unwrap();
        // All are one file on the disk, so that each is told apart by what is in its memory only.
        get(0).write_at(b"not synced", 0).unwrap();
        let held = get(1);
        for number in 2..1000 {
            get(number).length().unwrap();
        }
        assert!(Arc::ptr_eq(&held, &get(1)));
        let mut read = [0; 10];
        get(0).read_at(&mut read, 0).unwrap();
        assert_eq!(&read, b"not synced");
        assert!(files.open.lock().unwrap().files.len() <= IDLE + 3);
        get(0).sync().unwrap();
    }
}
