//! The file `ends`: where every log ended when everything before was durable in its own place.
//!
//! Records of the journal up to the number in it need not be read any more. It is put in the place of the one before as a
//! whole.

use std::collections::BTreeMap;

use super::super::StoreError;
use super::super::rows::LogId;
use super::codec::{Reader, damaged, engine, sealed, unsealed};
use super::disk::{self, Disk};
use super::record::{LogEnd, put_end, read_end};

const NAME: &str = "ends";
const MAGIC: [u8; 4] = *b"CSE2";

/// All logs.
pub(super) type Ends = BTreeMap<LogId, LogEnd>;

/// Writes it.
pub(super) fn write(disk: &dyn Disk, nonce: [u8; 8], record: u64, ends: &Ends) -> Result<(), StoreError> {
    let mut bytes = Vec::with_capacity(64 + ends.len() * 160);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&nonce);
    bytes.extend_from_slice(&record.to_be_bytes());
    for (log, end) in ends {
        put_end(&mut bytes, log, end);
    }
    disk::replace(disk, NAME, &sealed(bytes)).map_err(engine)
}

/// Reads it: the store's own random number, the number of the last record that it covers, and all logs.
pub(super) fn read(disk: &dyn Disk) -> Result<([u8; 8], u64, Ends), StoreError> {
    let bytes = disk::read(disk, NAME).map_err(engine)?;
    bytes
        .as_deref()
        .and_then(parse)
        .ok_or_else(|| damaged("the file `ends` is missing or not whole; restore the store from a backup"))
}

fn parse(bytes: &[u8]) -> Option<([u8; 8], u64, Ends)> {
    let mut bytes = Reader(unsealed(bytes)?);
    if bytes.array()? != MAGIC {
        return None;
    }
    let (nonce, record) = (bytes.array()?, bytes.u64()?);
    let mut ends = Ends::new();
    while !bytes.0.is_empty() {
        let (log, end) = read_end(&mut bytes)?;
        ends.insert(log, end);
    }
    Some((nonce, record, ends))
}
