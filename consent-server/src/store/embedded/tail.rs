//! A file of a log with its end in memory, so that bytes go to it in large pieces.
//!
//! A batch adds a few hundred bytes to each of several files. To hand each of them to the operating system costs a call, and a page of
//! its cache at a time, which on a virtual machine costs many times what the bytes do. So the end of a file waits here until a piece is
//! whole, or somebody wants it [durable](DiskFile::sync). Until then the journal holds the same bytes, and the next start writes them
//! from there: what a stop takes away here was never more than a copy.

use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::codec::{length, size};
use super::disk::DiskFile;

/// A file that mostly grows at its end.
#[derive(Debug)]
pub(super) struct LogFile {
    file: Arc<dyn DiskFile>,
    /// Pieces that are written at once, in bytes. They begin at multiples of it.
    piece: u64,
    tail: Mutex<Tail>,
}

/// What is not in the file yet.
#[derive(Debug, Default)]
struct Tail {
    /// Where it begins. Of no meaning while there are no bytes.
    from: u64,
    bytes: Vec<u8>,
}

impl Tail {
    fn range(&self) -> Range<u64> {
        self.from..self.from + length(self.bytes.len())
    }

    /// Writes what stands before a place.
    fn write(&mut self, file: &dyn DiskFile, until: u64) -> io::Result<()> {
        let count = size(until.saturating_sub(self.from)).min(self.bytes.len());
        let Some(bytes) = self.bytes.get(..count).filter(|bytes| !bytes.is_empty()) else { return Ok(()) };
        file.write_at(bytes, self.from)?;
        self.bytes.drain(..count);
        self.from += length(count);
        Ok(())
    }
}

impl LogFile {
    pub(super) fn new(file: Arc<dyn DiskFile>, piece: u64) -> Self {
        Self { file, piece, tail: Mutex::default() }
    }

    fn tail(&self) -> MutexGuard<'_, Tail> {
        self.tail.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether everything is in the file, and nobody is about to write.
    pub(super) fn is_written(&self) -> bool {
        self.tail.try_lock().is_ok_and(|tail| tail.bytes.is_empty())
    }
}

impl DiskFile for LogFile {
    fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        let tail = self.tail();
        let held = tail.range();
        let (from, to) = (held.start.max(at), held.end.min(at + length(bytes.len())));
        if from >= to {
            drop(tail);
            return self.file.read_at(bytes, at);
        }
        let (before, rest) = bytes.split_at_mut(size(from - at));
        let (here, behind) = rest.split_at_mut(size(to - from));
        let copy = tail.bytes.get(size(from - held.start)..size(to - held.start));
        here.copy_from_slice(copy.unwrap_or_default());
        // What was before it stays there, whatever becomes of it meanwhile.
        drop(tail);
        let parts = [(before, at), (behind, to)];
        parts
            .into_iter()
            .filter(|(part, _)| !part.is_empty())
            .try_for_each(|(part, at)| self.file.read_at(part, at))
    }

    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        let mut tail = self.tail();
        if tail.bytes.is_empty() {
            tail.from = at;
        }
        if tail.range().end != at {
            // Not behind what waits: what is erased, or written once more after a stop. Where nothing waits, it waits itself, wherever it is.
            tail.write(&*self.file, u64::MAX)?;
            return self.file.write_at(bytes, at);
        }
        tail.bytes.extend_from_slice(bytes);
        let whole = tail.range().end / self.piece * self.piece;
        tail.write(&*self.file, whole)
    }

    fn sync(&self) -> io::Result<()> {
        {
            let mut tail = self.tail();
            tail.write(&*self.file, u64::MAX)?;
            // Many logs may rest from here on.
            tail.bytes = Vec::new();
        }
        self.file.sync()
    }

    fn length(&self) -> io::Result<u64> {
        let tail = self.tail();
        let held = if tail.bytes.is_empty() { 0 } else { tail.range().end };
        Ok(self.file.length()?.max(held))
    }
}
