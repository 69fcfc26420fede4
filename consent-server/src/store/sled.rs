//! The embedded store: sled 0.34.7 with a guard that makes its flush survive a power cut.
//!
//! sled's own flush ends in `sync_file_range`, which waits neither for the device's cache nor for the file's metadata.
//! So after every flush [`SledStore`] calls `fdatasync` on its own handle of the data file, before anything is
//! acknowledged. Values stay at or below [`CHUNK`] bytes each: sled writes larger pages as files of their own, which
//! the guard would have to find and sync one by one.
//!
//! All keys are in one tree, so that one batch is one atomic write. A key is a letter, the site, a zero byte, and then
//! as in the table; numbers are big endian, so that the order of keys is the order of numbers.
//!
//! | key | value |
//! |---|---|
//! | `v` alone, without a site | the format of this table |
//! | `h` year | size, root, time, closed |
//! | `e` year index | entry |
//! | `t` year level index chunk | hashes |
//! | `s` year index chunk | opening of `subject` |
//! | `d` year index chunk | opening of `decision` |
//! | `n` year notice | empty: the notice is named by an entry of this log |
//! | `c` year size | an older signed head |
//! | `k` year index | decision id, subject id: the keys below that lead to this decision |
//! | `i` decision id | year, index, size, time, digest of the request |
//! | `u` subject id, year, index | empty |
//! | `o` notice chunk | bytes of a published notice |
//! | `f` name, a zero byte, chunk | a document |
//!
//! A year is two numbers of two bytes: of the calendar, and of the log within it.

use std::collections::BTreeMap;
use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use ::sled::{Batch as SledBatch, Db, IVec};
use consent_core::decision::{DecisionId, SubjectId};
use consent_core::digest::Digest;
use consent_core::notice::{NoticeId, SiteId};

use super::rows::{Batch, Head, LogId, Notices, Openings, Placed, Row};
use super::{Store, StoreError, documents};
use codec::{Key, Reader};

mod codec;
mod forget;

/// The largest value, in bytes. A leaf of sled's tree holds at most 17 values, and becomes a file of its own from
/// 128 KiB on.
const CHUNK: usize = 4096;

/// The format of keys and values.
const FORMAT: u32 = 2;

/// Where it is said.
const FORMAT_KEY: &[u8] = b"v";

/// What sled may keep in memory, in bytes. Its default is 1 GiB.
const CACHE_BYTES: u64 = 64 * 1024 * 1024;

/// A store in a folder, for one process at a time.
#[derive(Debug)]
pub struct SledStore {
    db: Db,
    data_file: File,
    /// Held from the comparison of sizes to the write. sled's lock on the folder keeps other processes out.
    writing: Mutex<()>,
}

impl SledStore {
    /// Opens the store in `folder`, or makes it.
    ///
    /// # Errors
    /// [`StoreError::InUse`] if another process has it open; [`StoreError::Engine`] if it can not be read.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let db = ::sled::Config::new()
            .path(folder)
            .cache_capacity(CACHE_BYTES)
            .flush_every_ms(None)
            .open()
            .map_err(|error| in_use(&error, folder).unwrap_or_else(|| engine(error)))?;
        let data_file = File::open(folder.join("db")).map_err(engine)?;
        let store = Self { db, data_file, writing: Mutex::new(()) };
        store.check_format(folder)?;
        // The names of the files themselves must survive as well.
        for made in [folder, folder.parent().unwrap_or(folder)] {
            File::open(made).and_then(|handle| handle.sync_all()).map_err(engine)?;
        }
        store.make_durable()?;
        store.forget_the_rest()?;
        Ok(store)
    }

    /// Marks a new store with the format that this program writes, and refuses any other.
    fn check_format(&self, folder: &Path) -> Result<(), StoreError> {
        let found = self.db.get(FORMAT_KEY).map_err(engine)?;
        if self.db.is_empty() {
            self.db.insert(FORMAT_KEY, &FORMAT.to_be_bytes()).map_err(engine)?;
        } else if found.as_deref() != Some(&FORMAT.to_be_bytes()) {
            let found = found.and_then(|value| value.as_ref().try_into().ok()).map(u32::from_be_bytes);
            let found = found.map_or_else(|| "none".to_owned(), |found| found.to_string());
            return Err(StoreError::Format { folder: folder.display().to_string(), found, expected: FORMAT });
        }
        Ok(())
    }

    /// Returns when everything written so far survives a power cut.
    fn make_durable(&self) -> Result<(), StoreError> {
        self.db.flush().map_err(engine)?;
        self.data_file.sync_data().map_err(engine)
    }

    fn get(&self, key: &Key) -> Result<Option<IVec>, StoreError> {
        self.db.get(key.bytes()).map_err(engine)
    }

    fn scan(&self, prefix: &Key) -> impl Iterator<Item = Result<(IVec, IVec), StoreError>> + use<> {
        self.db.scan_prefix(prefix.bytes()).map(|item| item.map_err(engine))
    }

    fn chunked(&self, prefix: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        let mut whole = None;
        for item in self.scan(prefix) {
            whole.get_or_insert_with(Vec::new).extend_from_slice(&item?.1);
        }
        Ok(whole)
    }

    fn check_sizes(&self, batches: &[Batch]) -> Result<(), StoreError> {
        for batch in batches {
            let head = self.head(batch.log)?;
            if head.is_some_and(|head| head.forgotten) {
                return Err(StoreError::Forgotten(batch.log.clone()));
            }
            let found = head.map_or(0, |head| head.size);
            if found != batch.from {
                return Err(StoreError::Conflict { log: batch.log.clone(), expected: batch.from, found });
            }
        }
        Ok(())
    }
}

fn engine(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Engine(Box::new(error))
}

/// sled takes a lock on its data file and reports a taken one as an I/O error of kind `Other`, with this text.
fn in_use(error: &::sled::Error, folder: &Path) -> Option<StoreError> {
    let ::sled::Error::Io(error) = error else { return None };
    let locked = error.to_string().starts_with("could not acquire lock on");
    locked.then(|| StoreError::InUse(folder.display().to_string()))
}

fn put_chunked(to: &mut SledBatch, prefix: &Key, bytes: &[u8]) {
    for (number, chunk) in (0_u16..).zip(bytes.chunks(CHUNK)) {
        to.insert(prefix.clone().u16(number).into_bytes(), chunk);
    }
}

fn put_row(to: &mut SledBatch, log: &LogId, index: u64, row: &Row) {
    let decision = match row {
        Row::Plain | Row::Erasure(_) => return,
        Row::Notice(notice) => return to.insert(Key::of_log(b'n', log).raw(&notice.0.0).into_bytes(), &[]),
        Row::Decision(decision) => decision,
    };
    let parts = [(b's', &decision.openings.subject), (b'd', &decision.openings.decision)];
    for (letter, opening) in parts {
        if let Some(opening) = opening {
            put_chunked(to, &Key::of_log(letter, log).u64(index), &codec::opening(opening));
        }
    }
    let by_decision = Key::of_site(b'i', &log.site).raw(decision.decision_id.as_bytes());
    to.insert(by_decision.into_bytes(), codec::placed(&decision.placed));
    let by_subject = Key::of_site(b'u', &log.site).raw(decision.subject_id.as_bytes());
    to.insert(by_subject.year(log.year).u64(index).into_bytes(), &[]);
    let names = codec::names(decision.decision_id, decision.subject_id);
    to.insert(Key::of_log(b'k', log).u64(index).into_bytes(), names);
}

impl Store for SledStore {
    fn commit(&self, batches: &[Batch]) -> Result<(), StoreError> {
        let _alone = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        self.check_sizes(batches)?;
        let mut write = SledBatch::default();
        for batch in batches {
            for (index, (entry, row)) in (batch.from..).zip(batch.entries.iter().zip(batch.rows)) {
                write.insert(Key::of_log(b'e', batch.log).u64(index).into_bytes(), entry.as_slice());
                put_row(&mut write, batch.log, index, row);
                if let Row::Erasure(erased) = row {
                    for range in &erased.ranges {
                        self.erase(&mut write, &erased.log, range.from..range.to)?;
                    }
                }
            }
            for tile in &batch.tiles {
                let key = Key::of_log(b't', batch.log).u8(tile.level).u64(tile.index);
                put_chunked(&mut write, &key, &tile.hashes);
            }
            if let Some((size, note)) = batch.history {
                write.insert(Key::of_log(b'c', batch.log).u64(*size).into_bytes(), note.as_bytes());
            }
            write.insert(Key::of_log(b'h', batch.log).into_bytes(), codec::head(&batch.head));
        }
        self.db.apply_batch(write).map_err(engine)?;
        self.make_durable()
    }

    fn publish(&self, site: &SiteId, notice: NoticeId, bytes: &[u8]) -> Result<(), StoreError> {
        let mut write = SledBatch::default();
        put_chunked(&mut write, &Key::of_site(b'o', site).raw(&notice.0.0), bytes);
        self.db.apply_batch(write).map_err(engine)?;
        self.make_durable()
    }

    fn forget_log(&self, log: &LogId) -> Result<(), StoreError> {
        let _alone = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        self.forget(log)
    }

    fn keep(&self, site: &SiteId, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        documents::check(name, bytes)?;
        let mut write = SledBatch::default();
        let key = Key::of_document(site, name);
        // What was longer under this name must not shine through.
        self.remove_all(&mut write, &key)?;
        if bytes.is_empty() {
            write.insert(key.clone().u16(0).into_bytes(), &[]);
        }
        put_chunked(&mut write, &key, bytes);
        self.db.apply_batch(write).map_err(engine)?;
        self.make_durable()
    }

    fn kept(&self, site: &SiteId, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.chunked(&Key::of_document(site, name))
    }

    fn kept_names(&self, site: &SiteId, prefix: &str) -> Result<Vec<String>, StoreError> {
        let of_site = Key::of_site(b'f', site);
        let mut names = Vec::new();
        for item in self.scan(&of_site.clone().raw(prefix.as_bytes())) {
            let name = codec::name_of_document(&item?.0, of_site.bytes().len());
            let name = name.ok_or_else(|| damaged("a key of a document"))?;
            if names.last() != Some(&name) {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn discard(&self, site: &SiteId, name: &str) -> Result<(), StoreError> {
        let mut write = SledBatch::default();
        self.remove_all(&mut write, &Key::of_document(site, name))?;
        self.db.apply_batch(write).map_err(engine)?;
        self.make_durable()
    }

    fn logs(&self) -> Result<Vec<(LogId, Head)>, StoreError> {
        self.db
            .scan_prefix(b"h")
            .map(|item| {
                let (key, value) = item.map_err(engine)?;
                let log = codec::log_of_key(&key).ok_or_else(|| damaged("a key of a head"))?;
                Ok((log, codec::read_head(&value).ok_or_else(|| damaged("a head"))?))
            })
            .collect()
    }

    fn head(&self, log: &LogId) -> Result<Option<Head>, StoreError> {
        let Some(value) = self.get(&Key::of_log(b'h', log))? else { return Ok(None) };
        codec::read_head(&value).map(Some).ok_or_else(|| damaged("a head"))
    }

    fn entries(&self, log: &LogId, range: Range<u64>) -> Result<Vec<Vec<u8>>, StoreError> {
        let key = |index| Key::of_log(b'e', log).u64(index).into_bytes();
        let mut entries = Vec::new();
        for (index, item) in range.clone().zip(self.db.range(key(range.start)..key(range.end))) {
            let (found, entry) = item.map_err(engine)?;
            if found != key(index) {
                return Err(damaged(&format!("entry {index} of log {log} is missing")));
            }
            entries.push(entry.to_vec());
        }
        if u64::try_from(entries.len()) != Ok(range.end.saturating_sub(range.start)) {
            return Err(damaged(&format!("log {log} has no entries {}..{}", range.start, range.end)));
        }
        Ok(entries)
    }

    fn tile(&self, log: &LogId, level: u8, index: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.chunked(&Key::of_log(b't', log).u8(level).u64(index))
    }

    fn openings(&self, log: &LogId, range: Range<u64>) -> Result<Vec<(u64, Openings)>, StoreError> {
        let mut found = BTreeMap::<u64, Openings>::new();
        for letter in [b's', b'd'] {
            let key = |index| Key::of_log(letter, log).u64(index).into_bytes();
            let mut values = BTreeMap::<u64, Vec<u8>>::new();
            for item in self.db.range(key(range.start)..key(range.end)) {
                let (key, chunk) = item.map_err(engine)?;
                let index = codec::index_of_chunk(&key).ok_or_else(|| damaged("a key of an opening"))?;
                values.entry(index).or_default().extend_from_slice(&chunk);
            }
            for (index, value) in values {
                let opening = codec::read_opening(&value).ok_or_else(|| damaged("an opening"))?;
                let openings = found.entry(index).or_default();
                *(if letter == b's' { &mut openings.subject } else { &mut openings.decision }) =
                    Some(opening);
            }
        }
        Ok(found.into_iter().collect())
    }

    fn find_decision(&self, site: &SiteId, decision: DecisionId) -> Result<Option<Placed>, StoreError> {
        let Some(value) = self.get(&Key::of_site(b'i', site).raw(decision.as_bytes()))? else {
            return Ok(None);
        };
        codec::read_placed(site, &value).map(Some).ok_or_else(|| damaged("a decision's place"))
    }

    fn find_subject(&self, site: &SiteId, subject: SubjectId) -> Result<Vec<(LogId, u64)>, StoreError> {
        let prefix = Key::of_site(b'u', site).raw(subject.as_bytes());
        self.scan(&prefix)
            .map(|item| {
                let key = item?.0;
                let mut rest = Reader(key.get(prefix.bytes().len()..).unwrap_or_default());
                let (Some(year), Some(index)) = (rest.year(), rest.u64()) else {
                    return Err(damaged("a key of a subject"));
                };
                Ok((LogId { site: site.clone(), year }, index))
            })
            .collect()
    }

    fn notice(&self, site: &SiteId, notice: NoticeId) -> Result<Option<Vec<u8>>, StoreError> {
        self.chunked(&Key::of_site(b'o', site).raw(&notice.0.0))
    }

    fn notices(&self, site: &SiteId) -> Result<Notices, StoreError> {
        let prefix = Key::of_site(b'o', site);
        let mut notices = Notices::new();
        for item in self.scan(&prefix) {
            let (key, chunk) = item?;
            let mut rest = Reader(key.get(prefix.bytes().len()..).unwrap_or_default());
            let id =
                rest.array().map(|id| NoticeId(Digest(id))).ok_or_else(|| damaged("a key of a notice"))?;
            match notices.last_mut() {
                Some((last, bytes)) if *last == id => bytes.extend_from_slice(&chunk),
                _ => notices.push((id, chunk.to_vec())),
            }
        }
        Ok(notices)
    }

    fn logged_notices(&self, log: &LogId) -> Result<Vec<NoticeId>, StoreError> {
        let prefix = Key::of_log(b'n', log);
        self.scan(&prefix)
            .map(|item| {
                let key = item?.0;
                let id = Reader(key.get(prefix.bytes().len()..).unwrap_or_default()).array();
                id.map(|id| NoticeId(Digest(id))).ok_or_else(|| damaged("a key of a logged notice"))
            })
            .collect()
    }

    fn history(&self, log: &LogId) -> Result<Vec<(u64, String)>, StoreError> {
        self.scan(&Key::of_log(b'c', log))
            .map(|item| {
                let (key, note) = item?;
                let size = codec::last_u64(&key).ok_or_else(|| damaged("a key of an older head"))?;
                let note = String::from_utf8(note.to_vec()).map_err(|_| damaged("an older head"))?;
                Ok((size, note))
            })
            .collect()
    }
}

fn damaged(what: &str) -> StoreError {
    StoreError::Damaged(what.to_owned())
}

#[cfg(test)]
mod tests;
