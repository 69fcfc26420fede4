//! `openings.jsonl` as a stream of whole lines, some at a time.

use sha2::{Digest as _, Sha256};

use super::source::{ReadError, Stream};
use crate::bundle::opening_line::MAX_LINE_BYTES;
use crate::digest::Digest;

/// How much is read at once, as long as lines are not longer. It decides how much of the work goes to one worker at a time
/// and, with their number, how much memory is used.
const CHUNK_BYTES: usize = MAX_LINE_BYTES + 1;

/// Whole lines that follow each other, each with its line feed.
#[derive(Debug)]
pub(super) struct Chunk {
    /// Where they begin in the file.
    pub(super) byte: u64,
    pub(super) bytes: Vec<u8>,
}

impl Chunk {
    /// Each line without its line feed, and where it begins in the file.
    pub(super) fn lines(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.bytes.strip_suffix(b"\n").unwrap_or_default().split(|&byte| byte == b'\n')
    }
}

/// Cuts a file into chunks and takes its sum.
pub(super) struct Lines<'a> {
    stream: Box<dyn Stream + 'a>,
    hash: Sha256,
    /// The beginning of a line that was not read to its end.
    rest: Vec<u8>,
    /// Where `rest` begins in the file.
    byte: u64,
    too_long: bool,
    error: Option<ReadError>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(stream: Box<dyn Stream + 'a>) -> Self {
        Self { stream, hash: Sha256::new(), rest: Vec::new(), byte: 0, too_long: false, error: None }
    }

    /// The next lines; `None` at the end, and where it can not be read further.
    pub(super) fn next(&mut self) -> Option<Chunk> {
        if self.error.is_some() || self.too_long {
            return None;
        }
        let mut bytes = vec![0; CHUNK_BYTES];
        let mut length = self.rest.len();
        if let Some(front) = bytes.get_mut(..length) {
            front.copy_from_slice(&self.rest);
        }
        while let Some(room) = bytes.get_mut(length..).filter(|room| !room.is_empty()) {
            match self.stream.next(room) {
                Ok(0) => break,
                Ok(read) => {
                    self.hash.update(room.get(..read).unwrap_or_default());
                    length += read;
                }
                Err(error) => {
                    self.error = Some(error);
                    break;
                }
            }
        }
        let is_full = length == bytes.len();
        bytes.truncate(length);
        let end = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        self.rest = bytes.split_off(end);
        let byte = self.byte;
        self.byte += u64::try_from(end).unwrap_or(0);
        if bytes.is_empty() {
            self.too_long = is_full;
            return None;
        }
        Some(Chunk { byte, bytes })
    }

    /// What is wrong with the end, if anything, and where.
    pub(super) fn fault(&self) -> Option<(u64, &'static str)> {
        match (self.too_long, self.rest.is_empty()) {
            (true, _) => Some((self.byte, "The line is longer than a line of openings can be.")),
            (false, false) => Some((self.byte, "The file ends within a line.")),
            (false, true) => None,
        }
    }

    /// The sum of the whole file, or why it can not be read.
    pub(super) fn sum(mut self) -> Result<Digest, ReadError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        // After a line that is too long there may be more.
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let read = self.stream.next(&mut buffer)?;
            let Some(piece) = buffer.get(..read).filter(|piece| !piece.is_empty()) else { break };
            self.hash.update(piece);
        }
        Ok(Digest(self.hash.finalize().into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::source::{BundleSource as _, MemoryBundle};

    #[test]
    fn every_line_comes_once_with_its_place_and_the_sum_is_that_of_the_file() {
        let lines: Vec<_> = (0..40_000_usize).map(|i| "x".repeat(i * 7 % 120) + "\n").collect();
        let text = lines.concat();
        let bundle = MemoryBundle(vec![("a".to_owned(), text.clone().into_bytes())]);
        let mut reader = Lines::new(bundle.open("a").unwrap());
        let (mut found, mut byte) = (Vec::new(), 0);
        while let Some(chunk) = reader.next() {
            assert_eq!(chunk.byte, byte);
            byte += chunk.bytes.len() as u64;
            found.extend(chunk.lines().map(|line| String::from_utf8(line.to_vec()).unwrap() + "\n"));
        }
        assert!(text.len() > 3 * CHUNK_BYTES);
        assert_eq!(found, lines);
        assert_eq!((reader.fault(), reader.sum()), (None, Ok(Digest::of(text.as_bytes()))));
    }

    #[test]
    fn an_end_within_a_line_and_a_line_without_end_are_told_apart() {
        let long = |length: usize| format!("a\n{}", "x".repeat(length));
        for (text, fault) in [
            ("a\nb".to_owned(), "The file ends within a line."),
            (long(MAX_LINE_BYTES), "The file ends within a line."),
            (long(MAX_LINE_BYTES + 1), "The line is longer than a line of openings can be."),
            (long(9 * MAX_LINE_BYTES), "The line is longer than a line of openings can be."),
        ] {
            let bundle = MemoryBundle(vec![("a".to_owned(), text.clone().into_bytes())]);
            let mut reader = Lines::new(bundle.open("a").unwrap());
            assert_eq!(reader.next().unwrap().bytes, b"a\n");
            assert!(reader.next().is_none());
            assert_eq!(reader.fault(), Some((2, fault)), "{}", text.len());
            assert_eq!(reader.sum(), Ok(Digest::of(text.as_bytes())));
        }
    }
}
