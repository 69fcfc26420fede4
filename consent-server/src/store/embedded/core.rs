//! What readers and the writer share: where logs end, their files, and the index.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use consent_core::decision::{DecisionId, SubjectId};
use consent_core::notice::{NoticeId, SiteId};

use super::super::StoreError;
use super::super::rows::{LogId, Openings, Placed};
use super::codec::{Reader, damaged, engine, length, size};
use super::disk::{Disk, DiskFile as _};
use super::ends::Ends;
use super::files::{FileKind, OpenFiles};
use super::index::{By, Index, Place};
use super::openings::{self, Kept, Slot};
use super::record::LogEnd;

/// Bytes of a row of `offsets`.
pub(super) const OFFSETS_ROW: usize = 16;

/// The logs that there are.
#[derive(Debug, Default)]
pub(super) struct Logs {
    pub(super) ends: Ends,
    pub(super) names: HashMap<u32, LogId>,
}

impl Logs {
    pub(super) fn insert(&mut self, log: LogId, end: LogEnd) {
        self.names.insert(end.number, log.clone());
        self.ends.insert(log, end);
    }
}

#[derive(Debug)]
pub(super) struct Core {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) files: OpenFiles,
    pub(super) logs: RwLock<Logs>,
    pub(super) index: Index,
    /// Held to write while openings are overwritten, so that nobody reads half of them.
    pub(super) erasing: RwLock<()>,
    /// Held while a notice or document is written.
    pub(super) naming: Mutex<()>,
}

/// Where an entry and its openings end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bound {
    entry: u64,
    opening: u64,
}

impl Core {
    pub(super) fn logs(&self) -> std::sync::RwLockReadGuard<'_, Logs> {
        self.logs.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn logs_mut(&self) -> std::sync::RwLockWriteGuard<'_, Logs> {
        self.logs.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn end(&self, log: &LogId) -> Option<LogEnd> {
        self.logs().ends.get(log).copied()
    }

    /// Bytes of a log's file.
    fn read(
        &self,
        log: &LogId,
        end: &LogEnd,
        kind: FileKind,
        range: Range<u64>,
    ) -> Result<Vec<u8>, StoreError> {
        if range.is_empty() {
            return Ok(Vec::new());
        }
        let mut bytes = vec![0; size(range.end - range.start)];
        let read = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::NotFound | std::io::ErrorKind::UnexpectedEof => {
                damaged(format!("log {log}: a file of it is missing or cut short"))
            }
            _ => engine(error),
        };
        let file = self.files.get(log, end.number, kind, false).map_err(read)?;
        file.read_at(&mut bytes, range.start).map_err(read)?;
        Ok(bytes)
    }

    /// The end before the range, and the end of each entry in it.
    pub(super) fn bounds(
        &self,
        log: &LogId,
        end: &LogEnd,
        range: Range<u64>,
    ) -> Result<Vec<Bound>, StoreError> {
        let row = length(OFFSETS_ROW);
        let from = range.start.saturating_sub(1);
        let bytes = self.read(log, end, FileKind::Offsets, from * row..range.end * row)?;
        let mut bounds = Vec::with_capacity(bytes.len() / OFFSETS_ROW + 1);
        if range.start == 0 {
            bounds.push(Bound { entry: 0, opening: 0 });
        }
        let mut bytes = Reader(&bytes);
        while let (Some(entry), Some(opening)) = (bytes.u64(), bytes.u64()) {
            let before = bounds.last().copied().unwrap_or(Bound { entry: 0, opening: 0 });
            if entry < before.entry
                || opening < before.opening
                || entry > end.entries
                || opening > end.openings
            {
                return Err(damaged(format!("log {log}: the offsets of entries {range:?} are not in order")));
            }
            bounds.push(Bound { entry, opening });
        }
        Ok(bounds)
    }

    pub(super) fn entries(&self, log: &LogId, range: Range<u64>) -> Result<Vec<Vec<u8>>, StoreError> {
        if range.is_empty() {
            return Ok(Vec::new());
        }
        let missing = || damaged(format!("log {log} has no entries {}..{}", range.start, range.end));
        let end = self.end(log).filter(|end| !end.head.forgotten && range.end <= end.head.size);
        let end = end.ok_or_else(missing)?;
        let bounds = self.bounds(log, &end, range.clone())?;
        let (Some(first), Some(last)) = (bounds.first(), bounds.last()) else { return Err(missing()) };
        let bytes = self.read(log, &end, FileKind::Entries, first.entry..last.entry)?;
        let mut bytes = Reader(&bytes);
        let mut entries = Vec::with_capacity(bounds.len() - 1);
        for (before, after) in bounds.iter().zip(bounds.iter().skip(1)) {
            let entry = bytes.u16().and_then(|length| bytes.bytes(usize::from(length)));
            let entry = entry.filter(|entry| length(entry.len() + 2) == after.entry - before.entry);
            entries.push(entry.ok_or_else(missing)?.to_vec());
        }
        Ok(entries)
    }

    pub(super) fn tile(&self, log: &LogId, level: u8, index: u64) -> Result<Option<Vec<u8>>, StoreError> {
        const WIDTH: u64 = 256;
        let Some(end) = self.end(log).filter(|end| !end.head.forgotten) else { return Ok(None) };
        let hashes = hashes_of(level, end.head.size);
        let Some(first) = index.checked_mul(WIDTH).filter(|first| *first < hashes) else { return Ok(None) };
        let last = hashes.min(first + WIDTH);
        self.read(log, &end, FileKind::Tile(level), first * 32..last * 32).map(Some)
    }

    /// What stands in the place of the openings of these entries, which must be there. `None` is damaged.
    pub(super) fn slots(
        &self,
        log: &LogId,
        end: &LogEnd,
        range: Range<u64>,
    ) -> Result<Vec<Option<Slot>>, StoreError> {
        let bounds = self.bounds(log, end, range)?;
        let (Some(first), Some(last)) = (bounds.first(), bounds.last()) else { return Ok(Vec::new()) };
        let bytes = {
            let _whole = self.erasing.read().unwrap_or_else(PoisonError::into_inner);
            self.read(log, end, FileKind::Openings, first.opening..last.opening)?
        };
        let mut bytes = Reader(&bytes);
        let slots = bounds.iter().zip(bounds.iter().skip(1)).map(|(before, after)| {
            bytes.bytes(size(after.opening - before.opening)).and_then(openings::read)
        });
        Ok(slots.collect())
    }

    /// From where to where the openings of these entries stand.
    pub(super) fn openings_bytes(
        &self,
        log: &LogId,
        end: &LogEnd,
        range: Range<u64>,
    ) -> Result<Range<u64>, StoreError> {
        let bounds = self.bounds(log, end, range)?;
        let (Some(first), Some(last)) = (bounds.first(), bounds.last()) else { return Ok(0..0) };
        Ok(first.opening..last.opening)
    }

    pub(super) fn openings(
        &self,
        log: &LogId,
        range: Range<u64>,
    ) -> Result<Vec<(u64, Openings)>, StoreError> {
        let Some(end) = self.end(log).filter(|end| !end.head.forgotten) else { return Ok(Vec::new()) };
        let range = range.start..range.end.min(end.head.size);
        if range.is_empty() {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for (index, slot) in range.clone().zip(self.slots(log, &end, range)?) {
            match slot {
                Some(Slot::Kept(kept)) => found.push((index, kept.openings)),
                Some(Slot::Empty) => {}
                None => return Err(damaged(format!("log {log}: the openings of entry {index}"))),
            }
        }
        Ok(found)
    }

    /// The decisions that an index entry may mean and that are what `is` says.
    fn look_up(
        &self,
        found: Vec<Place>,
        site: &SiteId,
        is: impl Fn(&Kept) -> bool,
    ) -> Result<Vec<(LogId, u64, Box<Kept>)>, StoreError> {
        let mut there = Vec::new();
        for place in found {
            let (log, end) = {
                let logs = self.logs();
                let Some(log) = logs.names.get(&place.log()).filter(|log| log.site == *site) else {
                    continue;
                };
                let Some(end) = logs.ends.get(log) else { continue };
                (log.clone(), *end)
            };
            let index = place.index();
            if end.head.forgotten || index >= end.head.size {
                continue;
            }
            match self.slots(&log, &end, index..index + 1)?.pop() {
                Some(Some(Slot::Kept(kept))) if is(&kept) => there.push((log, index, kept)),
                Some(Some(_)) => {}
                _ => return Err(damaged(format!("log {log}: the openings of entry {index}"))),
            }
        }
        Ok(there)
    }

    pub(super) fn find_decision(&self, site: &SiteId, id: DecisionId) -> Result<Option<Placed>, StoreError> {
        let found = self.found(By::Decision, site, id.as_bytes())?;
        if found.is_empty() {
            return Ok(None);
        }
        let mut found = self.look_up(found, site, |kept| kept.decision_id == id)?;
        Ok(found.pop().map(|(log, index, kept)| kept.placed(log, index)))
    }

    pub(super) fn find_subject(&self, site: &SiteId, id: SubjectId) -> Result<Vec<(LogId, u64)>, StoreError> {
        let found = self.found(By::Subject, site, id.as_bytes())?;
        let found = self.look_up(found, site, |kept| kept.subject_id == id)?;
        let mut found: Vec<_> = found.into_iter().map(|(log, index, _)| (log, index)).collect();
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    fn found(&self, by: By, site: &SiteId, id: &[u8; 16]) -> Result<Vec<Place>, StoreError> {
        self.index.find(by, site, id).inspect_err(|_| {
            // The process ends now; at its next start the index is made anew. If not even that can be arranged, the
            // error that is returned says where the damage is.
            let _ = self.index.discard();
        })
    }

    pub(super) fn logged_notices(&self, log: &LogId) -> Result<Vec<NoticeId>, StoreError> {
        let Some(end) = self.end(log).filter(|end| !end.head.forgotten) else { return Ok(Vec::new()) };
        let bytes = self.read(log, &end, FileKind::Notices, 0..end.notices)?;
        Ok(bytes.as_chunks().0.iter().map(|id| NoticeId(consent_core::digest::Digest(*id))).collect())
    }

    pub(super) fn history(&self, log: &LogId) -> Result<Vec<(u64, String)>, StoreError> {
        let Some(end) = self.end(log).filter(|end| !end.head.forgotten) else { return Ok(Vec::new()) };
        let bytes = self.read(log, &end, FileKind::History, 0..end.history)?;
        let mut bytes = Reader(&bytes);
        let mut heads = Vec::new();
        while !bytes.0.is_empty() {
            let mut head = || {
                let (size, length) = (bytes.u64()?, usize::try_from(bytes.u32()?).ok()?);
                Some((size, String::from_utf8(bytes.bytes(length)?.to_vec()).ok()?))
            };
            heads.push(head().ok_or_else(|| damaged(format!("log {log}: its older heads")))?);
        }
        Ok(heads)
    }
}

/// How many hashes of a level are stored of a log of this size: at level 0 those of full tiles.
pub(super) fn hashes_of(level: u8, size: u64) -> u64 {
    if level == 0 { size & !255 } else { size.checked_shr(8 * u32::from(level)).unwrap_or(0) }
}
