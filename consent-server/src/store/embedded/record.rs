//! What one record of the journal says: where logs end after it, which bytes go to which place of which file, and what
//! is erased. Doing it twice does the same as doing it once.

use consent_core::digest::Digest;
use consent_core::ledger::entry::IndexRange;
use consent_core::ledger::origin::LogYear;

use super::super::rows::{Head, LogId};
use super::codec::{Reader, length};
use super::files::FileKind;

/// A log as it stands: its head, and how long its files are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LogEnd {
    /// Its number in this store, from 0 in the order in which logs began. Never given twice.
    pub(super) number: u32,
    /// Its head.
    pub(super) head: Head,
    /// Bytes of entries.
    pub(super) entries: u64,
    /// Bytes of openings.
    pub(super) openings: u64,
    /// Bytes of the names of notices.
    pub(super) notices: u64,
    /// Bytes of older heads.
    pub(super) history: u64,
}

/// Bytes for a place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Write {
    /// The log.
    pub(super) number: u32,
    /// Which of its files.
    pub(super) file: FileKind,
    /// From where on.
    pub(super) at: u64,
    /// How many bytes.
    pub(super) bytes: u32,
}

/// A record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Record {
    /// Where logs end after it.
    pub(super) ends: Vec<(LogId, LogEnd)>,
    /// What is written where; the bytes stand one behind the other in `data`.
    pub(super) writes: Vec<Write>,
    /// Whose openings are erased, by number of the log.
    pub(super) erased: Vec<(u32, IndexRange)>,
    /// The bytes of all writes.
    pub(super) data: Vec<u8>,
}

impl Record {
    /// Adds a write of what `put` appends.
    pub(super) fn write(
        &mut self,
        number: u32,
        file: FileKind,
        at: u64,
        put: impl FnOnce(&mut Vec<u8>),
    ) -> u64 {
        let before = self.data.len();
        put(&mut self.data);
        let bytes = self.data.len() - before;
        if let Some(bytes) = u32::try_from(bytes).ok().filter(|bytes| *bytes > 0) {
            self.writes.push(Write { number, file, at, bytes });
        }
        length(bytes)
    }

    /// All writes with their bytes.
    pub(super) fn writes(&self) -> impl Iterator<Item = (Write, &[u8])> {
        let mut data = Reader(&self.data);
        self.writes.iter().map(move |write| {
            let bytes = data.bytes(usize::try_from(write.bytes).unwrap_or(usize::MAX));
            (*write, bytes.unwrap_or_default())
        })
    }

    /// Everything but `data`, which stands behind it.
    pub(super) fn encode(&self) -> Vec<u8> {
        let count = |items: usize| u32::try_from(items).unwrap_or(u32::MAX).to_be_bytes();
        let mut to = Vec::with_capacity(64 + 160 * self.ends.len() + 17 * self.writes.len());
        to.extend_from_slice(&count(self.ends.len()));
        for (log, end) in &self.ends {
            put_end(&mut to, log, end);
        }
        to.extend_from_slice(&count(self.writes.len()));
        for write in &self.writes {
            to.extend_from_slice(&write.number.to_be_bytes());
            to.push(write.file.byte());
            to.extend_from_slice(&write.at.to_be_bytes());
            to.extend_from_slice(&write.bytes.to_be_bytes());
        }
        to.extend_from_slice(&count(self.erased.len()));
        for (number, range) in &self.erased {
            to.extend_from_slice(&number.to_be_bytes());
            to.extend_from_slice(&range.from.to_be_bytes());
            to.extend_from_slice(&range.to.to_be_bytes());
        }
        to
    }

    /// Reads what [`encode`](Record::encode) and `data` are. `None` if it is anything else.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut from = Reader(bytes);
        let mut record = Self::default();
        for _ in 0..from.u32()? {
            record.ends.push(read_end(&mut from)?);
        }
        let mut total = 0;
        for _ in 0..from.u32()? {
            let (number, file) = (from.u32()?, FileKind::of(from.u8()?)?);
            let write = Write { number, file, at: from.u64()?, bytes: from.u32()? };
            total += u64::from(write.bytes);
            record.writes.push(write);
        }
        for _ in 0..from.u32()? {
            let number = from.u32()?;
            let range = IndexRange { from: from.u64()?, to: from.u64()? };
            record.erased.push((number, range));
        }
        record.data = from.0.to_vec();
        (total == length(record.data.len())).then_some(record)
    }
}

/// Appends a log and where it ends.
pub(super) fn put_end(to: &mut Vec<u8>, log: &LogId, end: &LogEnd) {
    let site = log.site.as_str().as_bytes();
    // A site's id has at most 63 bytes.
    to.push(u8::try_from(site.len()).unwrap_or(u8::MAX));
    to.extend_from_slice(site);
    to.extend_from_slice(&log.year.calendar().to_be_bytes());
    to.extend_from_slice(&log.year.number().to_be_bytes());
    to.extend_from_slice(&end.number.to_be_bytes());
    to.extend_from_slice(&end.head.size.to_be_bytes());
    to.extend_from_slice(&end.head.root.0);
    to.extend_from_slice(&end.head.time.to_be_bytes());
    to.push(u8::from(end.head.closed) | (u8::from(end.head.forgotten) << 1));
    for bytes in [end.entries, end.openings, end.notices, end.history] {
        to.extend_from_slice(&bytes.to_be_bytes());
    }
}

/// Takes a log and where it ends.
pub(super) fn read_end(from: &mut Reader<'_>) -> Option<(LogId, LogEnd)> {
    let site = usize::from(from.u8()?);
    let site = std::str::from_utf8(from.bytes(site)?).ok()?.parse().ok()?;
    let log = LogId { site, year: LogYear::new(from.u16()?, from.u16()?).ok()? };
    let number = from.u32()?;
    let (size, root, time) = (from.u64()?, Digest(from.array()?), from.u64()?);
    let flags = from.u8().filter(|flags| *flags < 4)?;
    let head = Head { size, root, time, closed: flags & 1 == 1, forgotten: flags & 2 == 2 };
    let (entries, openings) = (from.u64()?, from.u64()?);
    let (notices, history) = (from.u64()?, from.u64()?);
    Some((log, LogEnd { number, head, entries, openings, notices, history }))
}
