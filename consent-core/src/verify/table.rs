//! The spreadsheet against the one that log and openings lead to, without holding either in memory.

use std::ops::ControlFlow;

use super::report::{Code, Report};
use super::source::BundleSource;
use crate::bundle::path::BundlePath;
use crate::digest::Digest;

/// How much is kept of a file to find a difference in it.
const BLOCK_BYTES: usize = 64 * 1024;

const FILE: BundlePath = BundlePath::Decisions;

/// The hashes of a stream, block by block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Blocks {
    hashes: Vec<Digest>,
    rest: Vec<u8>,
}

impl Blocks {
    pub(super) fn push(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = BLOCK_BYTES - self.rest.len();
            let (now, later) = bytes.split_at_checked(room).unwrap_or((bytes, &[]));
            self.rest.extend_from_slice(now);
            bytes = later;
            if self.rest.len() == BLOCK_BYTES {
                self.hashes.push(Digest::of(&self.rest));
                self.rest.clear();
            }
        }
    }

    /// The first block in which the two differ, or the last one.
    fn first_difference(&self, other: &Self) -> usize {
        let same = self.hashes.iter().zip(&other.hashes).take_while(|(a, b)| a == b);
        same.count()
    }
}

/// One block of a stream, and where rows begin in it.
struct Window {
    from: u64,
    position: u64,
    bytes: Vec<u8>,
    /// Number of each row that ends after `from`, counted from 1, and where it begins.
    rows: Vec<(u64, u64)>,
    row: u64,
}

impl Window {
    fn new(block: usize) -> Self {
        let from = u64::try_from(block * BLOCK_BYTES).unwrap_or(u64::MAX);
        Self { from, position: 0, bytes: Vec::new(), rows: Vec::new(), row: 0 }
    }

    /// Takes a piece; `false` once nothing after it can matter.
    fn push(&mut self, piece: &[u8]) -> bool {
        let begin = self.position;
        self.row += 1;
        self.position += u64::try_from(piece.len()).unwrap_or(0);
        if self.position > self.from && self.bytes.len() < BLOCK_BYTES {
            self.rows.push((self.row, begin));
            let skip = usize::try_from(self.from.saturating_sub(begin)).unwrap_or(usize::MAX);
            let room = BLOCK_BYTES - self.bytes.len();
            self.bytes.extend(piece.iter().skip(skip).take(room));
        }
        self.bytes.len() < BLOCK_BYTES
    }
}

/// Compares `decisions.csv` with the `expected` blocks. `again` writes the expected rows once more.
pub(super) fn compare(
    source: &dyn BundleSource,
    expected: &Blocks,
    again: impl FnOnce(&mut dyn FnMut(&str)),
    report: &mut Report,
) {
    let mut there = Blocks::default();
    let read = source.read(&FILE.to_string(), &mut |piece| {
        there.push(piece);
        // One block more than expected shows that the file is too long; the rest of it does not matter.
        if there.hashes.len() > expected.hashes.len() + 1 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    if let Err(error) = read {
        report.find(Code::FileUnreadable, FILE, format!("The file can not be read: {error}."));
        return;
    }
    if there == *expected {
        return;
    }
    let block = expected.first_difference(&there);
    let (mut wanted, mut found) = (Window::new(block), Window::new(block));
    again(&mut |row| {
        wanted.push(row.as_bytes());
    });
    let read = source.read(&FILE.to_string(), &mut |piece| {
        if found.push(piece) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    if let Err(error) = read {
        report.find(Code::FileUnreadable, FILE, format!("The file can not be read: {error}."));
        return;
    }
    let same = wanted.bytes.iter().zip(&found.bytes).take_while(|(a, b)| a == b).count();
    let byte = wanted.from + u64::try_from(same).unwrap_or(0);
    let row = wanted.rows.iter().take_while(|(_, begin)| *begin <= byte).last();
    let message = match row {
        Some((row, _)) if byte < wanted.position => {
            format!("Row {row} is not what the log and the openings say.")
        }
        _ => "The table goes on after its last row.".to_owned(),
    };
    report.find_at(Code::TableDiffers, FILE, None, Some(byte), message);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::source::MemoryBundle;

    /// What is found for a table of `rows` that stands in the bundle as `there`.
    fn found(rows: &[String], there: Vec<u8>) -> Option<(Option<u64>, String)> {
        let mut expected = Blocks::default();
        rows.iter().for_each(|row| expected.push(row.as_bytes()));
        let bundle = MemoryBundle(vec![("decisions.csv".to_owned(), there)]);
        let again = |sink: &mut dyn FnMut(&str)| rows.iter().for_each(|row| sink(row));
        let mut report = Report::default();
        compare(&bundle, &expected, again, &mut report);
        report.findings.pop().map(|finding| (finding.byte, finding.message))
    }

    #[test]
    fn names_row_and_byte_of_the_first_difference() {
        let rows: Vec<_> = (0..9000).map(|i| format!("2026,{i},{}\r\n", "x".repeat(i % 50))).collect();
        let original = rows.concat().into_bytes();
        assert!(original.len() > 3 * BLOCK_BYTES);
        assert_eq!(found(&rows, original.clone()), None);
        for row in [0, 1, 2000, 2500, 4444, 8999] {
            let byte = rows[..row].iter().map(String::len).sum::<usize>() + 5;
            let mut changed = original.clone();
            changed[byte] ^= 1;
            let message = format!("Row {} is not what the log and the openings say.", row + 1);
            assert_eq!(found(&rows, changed), Some((Some(byte as u64), message)), "row {row}");
        }
        for length in [0, 1, BLOCK_BYTES, original.len() - 1] {
            let (byte, message) = found(&rows, original[..length].to_vec()).unwrap();
            assert_eq!(byte, Some(length as u64));
            assert!(message.starts_with("Row "));
        }
        let longer = [original.clone(), b"more".to_vec()].concat();
        let message = "The table goes on after its last row.".to_owned();
        assert_eq!(found(&rows, longer), Some((Some(original.len() as u64), message.clone())));
        let longer = [original.clone(), vec![b'x'; 5 * BLOCK_BYTES]].concat();
        assert_eq!(found(&rows, longer), Some((Some(original.len() as u64), message)));
    }
}
