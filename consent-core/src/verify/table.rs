//! The spreadsheet against the one that log and openings lead to, as the rows come, without holding either in memory.

use sha2::{Digest as _, Sha256};

use super::report::{Code, Report};
use super::source::{BundleSource, ReadError, Stream};
use crate::bundle::path::BundlePath;
use crate::digest::Digest;

const FILE: BundlePath = BundlePath::Decisions;

/// Some rows that follow each other.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    text: String,
    /// Where each begins.
    begins: Vec<usize>,
}

impl Rows {
    /// Adds the row that `write` writes.
    pub(super) fn push(&mut self, write: impl FnOnce(&mut String)) {
        self.begins.push(self.text.len());
        write(&mut self.text);
    }
}

/// How far the comparison is.
pub(super) struct Table<'a> {
    /// `None` if the file is not there or can not be read.
    stream: Option<Box<dyn Stream + 'a>>,
    hash: Sha256,
    buffer: Vec<u8>,
    /// How many bytes and rows were compared.
    byte: u64,
    rows: usize,
    differs: bool,
}

impl<'a> Table<'a> {
    pub(super) fn open(source: &'a dyn BundleSource, there: bool, report: &mut Report) -> Self {
        let stream = there.then(|| source.open(&FILE.to_string())).transpose();
        let stream = stream.unwrap_or_else(|error| {
            unreadable(&error, report);
            None
        });
        Self { stream, hash: Sha256::new(), buffer: Vec::new(), byte: 0, rows: 0, differs: false }
    }

    /// Compares the next rows with the file. Only the first difference is a finding: after it, one that is too long or
    /// too short by a row would make every later row differ.
    pub(super) fn push(&mut self, rows: &Rows, report: &mut Report) {
        if self.differs || !self.fill(rows.text.len(), report) {
            return;
        }
        if self.buffer != rows.text.as_bytes() {
            let same = self.buffer.iter().zip(rows.text.as_bytes()).take_while(|(a, b)| a == b).count();
            let row = self.rows + rows.begins.partition_point(|&begin| begin <= same);
            self.differ(same, format!("Row {row} is not what the log and the openings say."), report);
        }
        self.byte += u64::try_from(self.buffer.len()).unwrap_or(0);
        self.rows += rows.begins.len();
    }

    /// Ends the comparison. Gives the sum of the file, if it could be read to its end.
    pub(super) fn finish(mut self, report: &mut Report) -> Option<Digest> {
        loop {
            if !self.fill(64 * 1024, report) {
                return None;
            }
            if self.buffer.is_empty() {
                return Some(Digest(self.hash.finalize().into()));
            }
            if !self.differs {
                self.differ(0, "The table goes on after its last row.".to_owned(), report);
            }
        }
    }

    fn differ(&mut self, at: usize, message: String, report: &mut Report) {
        self.differs = true;
        let byte = self.byte + u64::try_from(at).unwrap_or(0);
        report.find_at(Code::TableDiffers, FILE, None, Some(byte), message);
    }

    /// Reads that many bytes, or as many as there are. `false` if it can not be read, or could not before.
    fn fill(&mut self, wanted: usize, report: &mut Report) -> bool {
        let Some(stream) = &mut self.stream else { return false };
        self.buffer.resize(wanted, 0);
        let mut length = 0;
        while let Some(room) = self.buffer.get_mut(length..).filter(|room| !room.is_empty()) {
            match stream.next(room) {
                Ok(0) => break,
                Ok(read) => length += read,
                Err(error) => {
                    unreadable(&error, report);
                    self.stream = None;
                    return false;
                }
            }
        }
        self.buffer.truncate(length);
        self.hash.update(&self.buffer);
        true
    }
}

fn unreadable(error: &ReadError, report: &mut Report) {
    report.find(Code::FileUnreadable, FILE, format!("The file can not be read: {error}."));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::source::MemoryBundle;

    /// What is found for a table of `rows`, pushed some at a time, that stands in the bundle as `there`.
    fn found(rows: &[String], there: &[u8]) -> Option<(Option<u64>, String)> {
        let bundle = MemoryBundle(vec![("decisions.csv".to_owned(), there.to_vec())]);
        let mut report = Report::default();
        let mut table = Table::open(&bundle, true, &mut report);
        for part in rows.chunks(1000) {
            let mut rows = Rows::default();
            part.iter().for_each(|row| rows.push(|text| text.push_str(row)));
            table.push(&rows, &mut report);
        }
        assert_eq!(table.finish(&mut report), Some(Digest::of(there)));
        assert!(report.findings.len() < 2);
        report.findings.pop().map(|finding| (finding.byte, finding.message))
    }

    #[test]
    fn names_row_and_byte_of_the_first_difference() {
        let rows: Vec<_> = (0..9000).map(|i| format!("2026,{i},{}\r\n", "x".repeat(i % 50))).collect();
        let original = rows.concat().into_bytes();
        assert_eq!(found(&rows, &original), None);
        for row in [0, 1, 2000, 2500, 4444, 8999] {
            let byte = rows[..row].iter().map(String::len).sum::<usize>() + 5;
            let mut changed = original.clone();
            changed[byte] ^= 1;
            let message = format!("Row {} is not what the log and the openings say.", row + 1);
            assert_eq!(found(&rows, &changed), Some((Some(byte as u64), message)), "row {row}");
        }
        for length in [0, 1, 70_000, original.len() - 1] {
            let (byte, message) = found(&rows, &original[..length]).unwrap();
            assert_eq!(byte, Some(length as u64));
            assert!(message.starts_with("Row "));
        }
        let message = "The table goes on after its last row.".to_owned();
        for more in [4, 300_000] {
            let longer = [original.clone(), vec![b'x'; more]].concat();
            assert_eq!(found(&rows, &longer), Some((Some(original.len() as u64), message.clone())));
        }
    }
}
