//! The one writer: a batch becomes a record of the journal, which makes it durable, and then bytes of files, which nobody
//! waits for.
//!
//! What a stop means:
//!
//! 1. before the journal's sync has ended: the batch is there or not, and nobody was told.
//! 2. after it: the batch is there. The next start writes the same bytes to the same places again.
//! 3. in the middle of an erasure: the record says what is erased, the next start erases it (`erase.rs`).
//! 4. before the journal is wiped at the end of an erasure: the next start wipes it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::rows::{Batch, LogId, Row};
use super::super::{Head, StoreError};
use super::codec::{engine, length};
use super::core::{Core, OFFSETS_ROW, hashes_of};
use super::disk::DiskFile as _;
use super::ends;
use super::files::{FileKind, LOGS, folder};
use super::index::{By, Covered, Item};
use super::journal::Journal;
use super::record::{LogEnd, Record};
use super::tail::LogFile;
use super::worker::Worker;
use super::{Settings, erase, openings};

/// The most bytes of memory that stay with the writer between two batches.
const KEPT_BUFFER: usize = 4 * 1024 * 1024;

#[derive(Debug)]
pub(super) struct Writer {
    core: Arc<Core>,
    journal: Journal,
    nonce: [u8; 8],
    next_number: u32,
    /// Written to since the last checkpoint began. Held here, they stay open, with what waits to be written to them.
    dirty: BTreeMap<(u32, FileKind), Arc<LogFile>>,
    folders: BTreeSet<String>,
    /// Memory for the bytes of the next record.
    spare: Vec<u8>,
    /// Makes files durable in their places, so that the journal can begin anew.
    checkpoints: Worker,
    /// Bytes that went to files since these were last made durable, and at how many of them they are again.
    written: usize,
    ahead: usize,
    failed: bool,
}

#[derive(Debug, thiserror::Error)]
#[error("an earlier write failed; nothing is written after that")]
struct FailedBefore;

impl Writer {
    pub(super) fn new(
        core: Arc<Core>,
        journal: Journal,
        nonce: [u8; 8],
        settings: Settings,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            core,
            journal,
            nonce,
            next_number: 0,
            dirty: BTreeMap::new(),
            folders: BTreeSet::new(),
            spare: Vec::new(),
            checkpoints: Worker::start("checkpoints", settings.threaded)?,
            written: 0,
            ahead: settings.ahead,
            failed: false,
        })
    }

    /// Sees which numbers logs have by now.
    pub(super) fn number_from_logs(&mut self) {
        self.next_number = self.core.logs().names.keys().max().map_or(0, |last| last + 1);
    }

    /// Runs something after whose failure nothing more is written.
    pub(super) fn finally<T>(
        &mut self,
        step: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.failed {
            return Err(engine(FailedBefore));
        }
        let result = step(self);
        self.failed = result.is_err();
        result
    }

    pub(super) fn commit(&mut self, batches: &[Batch]) -> Result<(), StoreError> {
        self.check_sizes(batches)?;
        self.finally(|writer| {
            let (record, items) = writer.record(batches)?;
            writer.append(&record)?;
            writer.apply(&record)?;
            writer.sync_ahead(record.data.len())?;
            writer.finish(record, items)
        })
    }

    fn check_sizes(&self, batches: &[Batch]) -> Result<(), StoreError> {
        let logs = self.core.logs();
        for batch in batches {
            let head = logs.ends.get(batch.log).map(|end| end.head);
            if head.is_some_and(|head| head.forgotten) {
                return Err(StoreError::Forgotten(batch.log.clone()));
            }
            let found = head.map_or(0, |head| head.size);
            if found != batch.from || batch.opens_again(head.is_some_and(|head| head.closed)) {
                return Err(StoreError::Conflict { log: batch.log.clone(), expected: batch.from, found });
            }
        }
        Ok(())
    }

    /// What the batches come to: bytes for places, and what the index is to know.
    fn record(&mut self, batches: &[Batch]) -> Result<(Record, Vec<Item>), StoreError> {
        let mut record = Record { data: std::mem::take(&mut self.spare), ..Record::default() };
        record.data.clear();
        let mut items = Vec::with_capacity(2 * batches.iter().map(|batch| batch.rows.len()).sum::<usize>());
        for batch in batches {
            let end = self.core.end(batch.log).unwrap_or_else(|| {
                let number = self.next_number;
                self.next_number += 1;
                LogEnd { number, head: batch.head, entries: 0, openings: 0, notices: 0, history: 0 }
            });
            let end = self.put_batch(&mut record, &mut items, batch, end)?;
            record.ends.push((batch.log.clone(), end));
        }
        for row in batches.iter().flat_map(|batch| batch.rows) {
            let Row::Erasure(erased) = row else { continue };
            let of_batch = record.ends.iter().find(|(log, _)| *log == erased.log).map(|(_, end)| end.number);
            let number = of_batch.or_else(|| self.core.end(&erased.log).map(|end| end.number));
            if let Some(number) = number {
                record.erased.extend(erased.ranges.iter().map(|range| (number, *range)));
            }
        }
        Ok((record, items))
    }

    fn put_batch(
        &self,
        record: &mut Record,
        items: &mut Vec<Item>,
        batch: &Batch,
        before: LogEnd,
    ) -> Result<LogEnd, StoreError> {
        let number = before.number;
        let mut end = LogEnd { head: batch.head, ..before };
        let mut offsets = Vec::with_capacity(batch.entries.len() * OFFSETS_ROW);
        let mut bounds = Vec::with_capacity(batch.entries.len());
        let mut too_long = None;
        end.entries += record.write(number, FileKind::Entries, end.entries, |to| {
            let begin = to.len();
            for entry in batch.entries {
                let bytes = u16::try_from(entry.len()).unwrap_or_else(|error| {
                    too_long = Some(error);
                    0
                });
                to.extend_from_slice(&bytes.to_be_bytes());
                to.extend_from_slice(entry);
                bounds.push(end.entries + length(to.len() - begin));
            }
        });
        if let Some(error) = too_long {
            return Err(engine(error));
        }
        let site = &batch.log.site;
        end.openings += record.write(number, FileKind::Openings, end.openings, |to| {
            let begin = to.len();
            for ((index, row), bound) in (batch.from..).zip(batch.rows).zip(&bounds) {
                if let Row::Decision(row) = row {
                    openings::put(to, row);
                    let index_of = &self.core.index;
                    items.push(index_of.item(By::Decision, site, row.decision_id.as_bytes(), number, index));
                    items.push(index_of.item(By::Subject, site, row.subject_id.as_bytes(), number, index));
                }
                offsets.extend_from_slice(&bound.to_be_bytes());
                offsets.extend_from_slice(&(end.openings + length(to.len() - begin)).to_be_bytes());
            }
        });
        let at = batch.from * length(OFFSETS_ROW);
        record.write(number, FileKind::Offsets, at, |to| to.extend_from_slice(&offsets));
        end.notices += record.write(number, FileKind::Notices, end.notices, |to| {
            for row in batch.rows {
                if let Row::Notice(notice) = row {
                    to.extend_from_slice(&notice.0.0);
                }
            }
        });
        end.history += record.write(number, FileKind::History, end.history, |to| {
            if let Some((size, note)) = batch.history {
                to.extend_from_slice(&size.to_be_bytes());
                to.extend_from_slice(&u32::try_from(note.len()).unwrap_or(u32::MAX).to_be_bytes());
                to.extend_from_slice(note.as_bytes());
            }
        });
        for tile in &batch.tiles {
            // The bytes of a tile are append-only: only what was not there before is written.
            let first = tile.index * 256;
            let stored = hashes_of(tile.level, batch.from).max(first);
            let new = usize::try_from(stored - first).ok().and_then(|from| tile.hashes.get(from * 32..));
            record.write(number, FileKind::Tile(tile.level), stored * 32, |to| {
                to.extend_from_slice(new.unwrap_or_default());
            });
        }
        Ok(end)
    }

    /// Makes a record durable.
    fn append(&mut self, record: &Record) -> Result<(), StoreError> {
        self.checkpoints.check()?;
        let head = record.encode();
        if !self.journal.has_room(head.len() + record.data.len()) {
            // Waits for the checkpoint before, so that the other file is free.
            self.begin_checkpoint()?;
            self.journal.turn();
        }
        self.journal.append(&[&head, &record.data])
    }

    /// Writes what a record says to where it says. Nothing of it is durable yet, but by the journal.
    pub(super) fn apply(&mut self, record: &Record) -> Result<(), StoreError> {
        let logs: BTreeMap<u32, &LogId> = record.ends.iter().map(|(log, end)| (end.number, log)).collect();
        for (write, bytes) in record.writes() {
            let Some(log) = logs.get(&write.number) else { continue };
            let key = (write.number, write.file);
            let file = match self.dirty.entry(key) {
                std::collections::btree_map::Entry::Occupied(occupied) => occupied.into_mut(),
                std::collections::btree_map::Entry::Vacant(vacant) => {
                    self.folders.insert(folder(log));
                    let file = self.core.files.get(log, write.number, write.file, true);
                    vacant.insert(file.map_err(engine)?)
                }
            };
            file.write_at(bytes, write.at).map_err(engine)?;
        }
        Ok(())
    }

    /// Makes what was written durable in its place every so many bytes, if nothing else is being made so. A checkpoint that
    /// finds all that its journal holds still to be written keeps the disk from the batches for tens of milliseconds.
    fn sync_ahead(&mut self, bytes: usize) -> Result<(), StoreError> {
        self.written += bytes;
        if self.written < self.ahead || !self.checkpoints.is_idle() {
            return Ok(());
        }
        self.written = 0;
        // They stay on the checkpoint's list, since more is written to them until then.
        let files: Vec<_> = self.dirty.values().cloned().collect();
        self.checkpoints.hand(move || files.iter().try_for_each(|file| file.sync()).map_err(engine))
    }

    /// Lets readers see a record, and erases what it says.
    fn finish(&mut self, record: Record, items: Vec<Item>) -> Result<(), StoreError> {
        let covered = || -> Covered {
            let mut covered: Covered =
                self.core.logs().ends.values().map(|end| (end.number, end.head.size)).collect();
            covered.extend(record.ends.iter().map(|(_, end)| (end.number, end.head.size)));
            covered
        };
        self.core.index.insert(items, covered)?;
        let Record { ends, erased, data, .. } = record;
        if data.capacity() <= KEPT_BUFFER && erased.is_empty() {
            self.spare = data;
        }
        {
            let mut logs = self.core.logs_mut();
            ends.into_iter().for_each(|(log, end)| logs.insert(log, end));
        }
        if erased.is_empty() { Ok(()) } else { self.erase(&erased) }
    }

    fn erase(&mut self, erased: &[(u32, consent_core::ledger::entry::IndexRange)]) -> Result<(), StoreError> {
        self.redo_erasure(erased)?;
        self.settle()
    }

    /// Erases what a record says, in the files but not in the journal.
    pub(super) fn redo_erasure(
        &mut self,
        erased: &[(u32, consent_core::ledger::entry::IndexRange)],
    ) -> Result<(), StoreError> {
        for number in erase::erase(&self.core, erased)? {
            let Some(log) = self.core.logs().names.get(&number).cloned() else { continue };
            let file = self.core.files.get(&log, number, FileKind::Openings, true).map_err(engine)?;
            self.folders.insert(folder(&log));
            self.dirty.insert((number, FileKind::Openings), file);
        }
        Ok(())
    }

    /// Makes everything durable in its place and empties the journal: what was erased is nowhere any more.
    pub(super) fn settle(&mut self) -> Result<(), StoreError> {
        self.begin_checkpoint()?;
        self.checkpoints.wait()?;
        self.journal.wipe()
    }

    /// Begins to make durable what was written so far, where it belongs.
    fn begin_checkpoint(&mut self) -> Result<(), StoreError> {
        self.checkpoints.wait()?;
        let files = std::mem::take(&mut self.dirty);
        let folders = std::mem::take(&mut self.folders);
        let (disk, nonce, last) = (Arc::clone(&self.core.disk), self.nonce, self.journal.last());
        let ends = self.core.logs().ends.clone();
        self.checkpoints.hand(move || {
            files.values().try_for_each(|file| file.sync()).map_err(engine)?;
            folders.iter().try_for_each(|folder| disk.sync_folder(folder)).map_err(engine)?;
            if !folders.is_empty() {
                disk.sync_folder(LOGS).map_err(engine)?;
            }
            ends::write(&*disk, nonce, last, &ends)
        })
    }

    /// Removes everything of a log but its head.
    pub(super) fn forget(&mut self, log: &LogId) -> Result<(), StoreError> {
        let Some(end) = self.core.end(log).filter(|end| !end.head.forgotten) else { return Ok(()) };
        let number = end.number;
        let head = Head { forgotten: true, ..end.head };
        let end = LogEnd { head, entries: 0, openings: 0, notices: 0, history: 0, ..end };
        self.core.logs_mut().insert(log.clone(), end);
        // From here on the file `ends` says so, and nothing in the journal speaks of the log.
        self.settle()?;
        self.remove_forgotten(log, number)
    }

    /// Removes what is left of a log whose head says that it is forgotten.
    pub(super) fn remove_forgotten(&mut self, log: &LogId, number: u32) -> Result<(), StoreError> {
        self.core.files.close(number);
        self.core.index.remove_places(|place| place.log() == number)?;
        self.core.disk.remove_folder(&folder(log)).map_err(engine)?;
        self.core.disk.sync_folder(LOGS).map_err(engine)
    }

    /// Leaves nothing for the next start to do. The journal has everything, so it may fail.
    pub(super) fn rest(&mut self) {
        if !self.failed {
            self.failed = self.settle().is_err();
        }
    }
}
