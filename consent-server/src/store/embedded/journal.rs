//! Two files that hold what was committed last: one `fdatasync` of one of them is what makes a batch durable.
//!
//! Records are numbered without a gap and stand one behind the other, each at the beginning of a block, so that writing
//! one never touches a block of another. While one file fills, what the other holds is made durable where it belongs; so
//! the files are written in turn, in place, and never grow but for a batch that is larger than a whole file.
//!
//! | bytes | what stands before a record |
//! |---|---|
//! | 4 | `CSJ2` |
//! | 8 | the store's own random number, so that nothing that a visitor sends can look like a record |
//! | 8 | number of the record |
//! | 4 | bytes of the record |
//! | 4 | checksum of the record |
//! | 4 | checksum of the 28 bytes above |
//!
//! As each record is synced before the next is written, only the last one can be torn: it was never acknowledged and does
//! not count. A damaged record with a whole one behind it is something else, and refused.

use std::io;
use std::sync::Arc;

use super::super::StoreError;
use super::codec::{Reader, damaged, engine, length, size};
use super::disk::{Disk, DiskFile};

/// Where a record may begin.
pub(super) const BLOCK: usize = 4096;

const MAGIC: [u8; 4] = *b"CSJ2";
const HEADER: usize = 32;
const NAMES: [&str; 2] = ["journal-0", "journal-1"];

/// What is written at once when a file is filled with zeros.
const ZEROS: usize = 1024 * 1024;

/// The most bytes of memory that stay with the journal between two batches.
const KEPT_BUFFER: usize = 4 * 1024 * 1024;

#[derive(Debug)]
pub(super) struct Journal {
    files: [Arc<dyn DiskFile>; 2],
    /// Up to where each file may hold something else than zeros.
    used: [u64; 2],
    nonce: [u8; 8],
    capacity: u64,
    current: usize,
    position: u64,
    /// The number of the last record.
    last: u64,
    buffer: Vec<u8>,
}

/// What was found in the files: the bytes of each record, in order.
type Records = Vec<(u64, Vec<u8>)>;

impl Journal {
    /// Makes the files, full of zeros: writing in place later changes nothing but their content.
    pub(super) fn make(disk: &dyn Disk, capacity: u64) -> io::Result<()> {
        for name in NAMES {
            let file = disk.open(name, true)?;
            zero(&*file, 0, capacity)?;
            file.sync()?;
        }
        disk.sync_folder("")
    }

    /// Opens the files; what they hold is to be [read](Journal::records) and then [wiped](Journal::wipe).
    pub(super) fn open(disk: &dyn Disk, nonce: [u8; 8], capacity: u64, last: u64) -> io::Result<Self> {
        let [first, second] = NAMES;
        let files = [disk.open(first, false)?, disk.open(second, false)?];
        let mut used = [0; 2];
        for (file, used) in files.iter().zip(&mut used) {
            *used = file.length()?;
        }
        let blocks = capacity.next_multiple_of(length(BLOCK));
        Ok(Self { files, used, nonce, capacity: blocks, current: 0, position: 0, last, buffer: Vec::new() })
    }

    /// All records with a number above `after`, without a gap.
    pub(super) fn records(&self, after: u64) -> Result<Records, StoreError> {
        let mut chains = Vec::new();
        for file in &self.files {
            chains.push(self.chain(&**file)?);
        }
        chains.retain(|chain| chain.last().is_some_and(|(number, _)| *number > after));
        chains.sort_by_key(|chain| chain.first().map(|(number, _)| *number));
        let mut records = Records::new();
        for (number, bytes) in chains.into_iter().flatten().filter(|(number, _)| *number > after) {
            let expected = records.last().map_or(after, |(number, _)| *number) + 1;
            if number != expected {
                return Err(damaged(format!("the journal has record {number} where {expected} should be")));
            }
            records.push((number, bytes));
        }
        let last = records.last().map_or(after, |(number, _)| *number);
        self.check_rest(last)?;
        Ok(records)
    }

    /// The whole records from the beginning of a file on.
    fn chain(&self, file: &dyn DiskFile) -> Result<Records, StoreError> {
        let end = file.length().map_err(engine)?;
        let mut records = Records::new();
        let mut at = 0;
        while let Some((number, bytes, check)) = self.header(file, at, end)? {
            let follows = records.last().is_none_or(|(before, _): &(u64, _)| before + 1 == number);
            let begins = at + length(HEADER);
            if !follows || bytes > end - begins {
                break;
            }
            let mut record = vec![0; size(bytes)];
            file.read_at(&mut record, begins).map_err(engine)?;
            if crc32fast::hash(&record) != check {
                break;
            }
            at = (begins + bytes).next_multiple_of(length(BLOCK));
            records.push((number, record));
        }
        Ok(records)
    }

    /// The header at this place: number, bytes and checksum of its record. `None` if there is none.
    fn header(&self, file: &dyn DiskFile, at: u64, end: u64) -> Result<Option<(u64, u64, u32)>, StoreError> {
        if at + length(HEADER) > end {
            return Ok(None);
        }
        let mut header = [0; HEADER];
        file.read_at(&mut header, at).map_err(engine)?;
        Ok(parse(&header, self.nonce))
    }

    /// Refuses a record that is newer than one that is missing.
    fn check_rest(&self, last: u64) -> Result<(), StoreError> {
        for file in &self.files {
            let end = file.length().map_err(engine)?;
            for at in (0..end).step_by(BLOCK) {
                if let Some((number, ..)) =
                    self.header(&**file, at, end)?.filter(|(number, ..)| *number > last + 1)
                {
                    let lost = last + 1;
                    return Err(damaged(format!(
                        "record {lost} of the journal can not be read and record {number} behind it can; restore \
                         the store from a backup"
                    )));
                }
            }
        }
        Ok(())
    }

    /// Whether a record of this many bytes goes into the current file.
    pub(super) fn has_room(&self, bytes: usize) -> bool {
        self.position == 0 || self.position + length(HEADER + bytes) <= self.capacity
    }

    /// Goes on in the other file, whose records must all be durable where they belong.
    pub(super) fn turn(&mut self) {
        self.current = 1 - self.current;
        self.position = 0;
    }

    /// Goes on behind this record, which may be one that was read.
    pub(super) fn skip_to(&mut self, last: u64) {
        self.last = last;
    }

    /// The number of the last record.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// Appends a record and returns when it is durable.
    pub(super) fn append(&mut self, parts: &[&[u8]]) -> Result<(), StoreError> {
        let bytes: usize = parts.iter().map(|part| part.len()).sum();
        let length_field = u32::try_from(bytes).map_err(engine)?;
        let mut check = crc32fast::Hasher::new();
        parts.iter().for_each(|part| check.update(part));
        let number = self.last + 1;
        self.buffer.clear();
        self.buffer.extend_from_slice(&MAGIC);
        self.buffer.extend_from_slice(&self.nonce);
        self.buffer.extend_from_slice(&number.to_be_bytes());
        self.buffer.extend_from_slice(&length_field.to_be_bytes());
        self.buffer.extend_from_slice(&check.finalize().to_be_bytes());
        let check = crc32fast::hash(&self.buffer);
        self.buffer.extend_from_slice(&check.to_be_bytes());
        parts.iter().for_each(|part| self.buffer.extend_from_slice(part));
        self.buffer.resize(self.buffer.len().next_multiple_of(BLOCK), 0);
        let end = self.position + length(self.buffer.len());
        let (Some(file), Some(used)) = (self.files.get(self.current), self.used.get_mut(self.current)) else {
            return Err(damaged("no journal"));
        };
        *used = end.max(*used);
        file.write_at(&self.buffer, self.position).map_err(engine)?;
        file.sync().map_err(engine)?;
        self.position = end;
        self.last = number;
        if self.buffer.capacity() > KEPT_BUFFER {
            self.buffer = Vec::new();
        }
        Ok(())
    }

    /// Overwrites everything in both files with zeros, durably, and begins at the front. All records must be durable
    /// where they belong.
    pub(super) fn wipe(&mut self) -> Result<(), StoreError> {
        for (file, used) in self.files.iter().zip(&mut self.used) {
            if *used > 0 {
                zero(&**file, 0, *used).and_then(|()| file.sync()).map_err(engine)?;
                *used = 0;
            }
        }
        self.position = 0;
        Ok(())
    }

    /// What the files hold is known to be zeros from here on.
    pub(super) fn trust_zeros(&mut self, from: [u64; 2]) {
        self.used = from;
    }

    /// Up to where each file holds something else than zeros.
    pub(super) fn find_used(&self) -> Result<[u64; 2], StoreError> {
        let mut found = [0; 2];
        let mut bytes = vec![0; ZEROS];
        for (file, found) in self.files.iter().zip(&mut found) {
            let end = file.length().map_err(engine)?;
            let mut at = 0;
            while at < end {
                let part = size(end - at).min(ZEROS);
                let Some(bytes) = bytes.get_mut(..part) else { break };
                file.read_at(bytes, at).map_err(engine)?;
                if let Some(last) = bytes.iter().rposition(|byte| *byte != 0) {
                    *found = (at + length(last) + 1).next_multiple_of(length(BLOCK)).min(end);
                }
                at += length(part);
            }
        }
        Ok(found)
    }
}

/// Number, bytes and checksum of the record behind a header.
fn parse(header: &[u8; HEADER], nonce: [u8; 8]) -> Option<(u64, u64, u32)> {
    let bytes = super::codec::unsealed(header)?;
    let mut bytes = Reader(bytes);
    if bytes.array()? != MAGIC || bytes.array()? != nonce {
        return None;
    }
    Some((bytes.u64()?, u64::from(bytes.u32()?), bytes.u32()?))
}

/// Writes zeros from one place to another.
pub(super) fn zero(file: &dyn DiskFile, from: u64, to: u64) -> io::Result<()> {
    let zeros = vec![0; ZEROS.min(size(to.saturating_sub(from)))];
    let mut at = from;
    while at < to {
        let part = zeros.get(..size(to - at).min(zeros.len())).unwrap_or_default();
        file.write_at(part, at)?;
        at += length(part.len());
    }
    Ok(())
}
