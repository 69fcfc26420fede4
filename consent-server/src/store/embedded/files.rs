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
use super::disk::{Disk, DiskFile};

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

/// How many files stay open at most. A process may have about a thousand, and connections need some too.
const OPEN: usize = 256;

/// Files that are open, so that a batch need not open them again.
#[derive(Debug)]
pub(super) struct OpenFiles {
    disk: Arc<dyn Disk>,
    open: Mutex<HashMap<(u32, FileKind), Arc<dyn DiskFile>>>,
}

impl OpenFiles {
    pub(super) fn new(disk: Arc<dyn Disk>) -> Self {
        Self { disk, open: Mutex::default() }
    }

    /// A file of a log; it is made if it is not there and `make` says so.
    pub(super) fn get(
        &self,
        log: &LogId,
        number: u32,
        kind: FileKind,
        make: bool,
    ) -> io::Result<Arc<dyn DiskFile>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = open.get(&(number, kind)) {
            return Ok(Arc::clone(file));
        }
        let folder = folder(log);
        if make {
            self.disk.make_folder(&folder)?;
        }
        let file = self.disk.open(&format!("{folder}/{}", kind.name()), make)?;
        if open.len() >= OPEN {
            // Whoever uses one of them now, or has written to it and not synced it yet, holds it open himself.
            open.clear();
        }
        open.insert((number, kind), Arc::clone(&file));
        Ok(file)
    }

    /// Closes the files of a log.
    pub(super) fn close(&self, number: u32) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|(of, _), _| *of != number);
    }
}
