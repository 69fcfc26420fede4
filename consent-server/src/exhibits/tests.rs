//! Exhibits in a store: whole or not at all, byte for byte, and gone when they are removed.

use std::io::Cursor;

use super::*;
use crate::store::MemoryStore;
use crate::testing::notice;

const USERCENTRICS: &str = "\u{feff}\"Controller ID\",\"Timestamp\",\"Consent Action\",\"Consent Given\"\r\n\
    \"abc\",\"2024-01-02T03:04:05Z\",\"onAcceptAllServices\",\"true\"\r\n\
    \"d\ne\",\"2024-01-02T03:04:06Z\",\"onDenyAllServices\",\"false\"\r\n";

fn from(name: &str) -> Provenance {
    Provenance { name: name.to_owned(), platform: "usercentrics".to_owned(), added_at: 1_795_426_200 }
}

fn take(store: &dyn Store, bytes: &[u8]) -> Result<(Digest, Exhibit), ExhibitRefused> {
    take_in(store, &notice().site, &mut Cursor::new(bytes), from("old.csv"))
}

fn written(store: &dyn Store, digest: Digest) -> Result<Vec<u8>, StoreError> {
    let mut out = Vec::new();
    write::<WriteError>(store, &notice().site, digest, &mut out).map_err(|error| error.0)?;
    Ok(out)
}

struct WriteError(StoreError);

impl From<StoreError> for WriteError {
    fn from(error: StoreError) -> Self {
        Self(error)
    }
}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        panic!("memory can be written: {error}")
    }
}

/// As Cookiebot lets its customers download them.
const COOKIEBOT: &str = "Key,Url,UserAgent,Date (UTC),Country,Region,Ip,Status,Preferences,Statistics,Marketing\r\n\
    stamp==,https://news.example/,Mozilla/5.0,2024-01-02 03:04:05,DE,,203.0.113.0,explicit,true,false,false\r\n";

#[test]
fn a_log_of_cookiebots_is_one_as_well() {
    let store = MemoryStore::default();
    let (digest, exhibit) = take(&store, COOKIEBOT.as_bytes()).unwrap();
    assert_eq!((exhibit.rows, exhibit.bytes), (1, COOKIEBOT.len() as u64));
    assert_eq!(exhibit.columns[..4], ["Key", "Url", "UserAgent", "Date (UTC)"]);
    assert_eq!(written(&store, digest).unwrap(), COOKIEBOT.as_bytes());
}

#[test]
fn is_kept_byte_for_byte_and_described_by_its_first_row() {
    let store = MemoryStore::default();
    let (digest, exhibit) = take(&store, USERCENTRICS.as_bytes()).unwrap();
    assert_eq!(digest, Digest::of(USERCENTRICS.as_bytes()));
    assert_eq!(exhibit.columns, ["Controller ID", "Timestamp", "Consent Action", "Consent Given"]);
    assert_eq!((exhibit.rows, exhibit.bytes), (2, USERCENTRICS.len() as u64));
    assert_eq!(written(&store, digest).unwrap(), USERCENTRICS.as_bytes());
    assert_eq!(all(&store, &notice().site).unwrap(), [(digest, exhibit.clone())]);
    let again = take_in(&store, &notice().site, &mut Cursor::new(USERCENTRICS), from("other.csv")).unwrap();
    assert_eq!(again, (digest, exhibit), "it has the name under which it came first");
    let (_, semicolons) = take(&store, b"key;date;consent, state\n1;2;3\n").unwrap();
    assert_eq!(
        (semicolons.columns, semicolons.rows),
        (vec!["key".into(), "date".into(), "consent, state".into()], 1)
    );
}

#[test]
fn a_long_one_is_kept_in_pieces_and_one_that_lost_a_piece_is_damaged() {
    let store = MemoryStore::default();
    let row = b"0123456789,abcdefghijklmnopqrstuvwxyz\n";
    let long = row.repeat(MAX_DOCUMENT_BYTES * 2 / row.len() + 1);
    let (digest, exhibit) = take(&store, &long).unwrap();
    assert_eq!(exhibit.rows, long.len() as u64 / row.len() as u64 - 1);
    assert_eq!(
        store.kept_names(&notice().site, PREFIX).unwrap().len(),
        4,
        "three pieces and the description"
    );
    assert_eq!(written(&store, digest).unwrap(), long);
    store.discard(&notice().site, &piece_name(digest, 2)).unwrap();
    assert!(matches!(written(&store, digest), Err(StoreError::Damaged(_))));
    assert!(remove(&store, &notice().site, digest).unwrap());
    assert!(store.kept_names(&notice().site, "").unwrap().is_empty());
    assert!(!remove(&store, &notice().site, digest).unwrap());
}

#[test]
fn one_that_was_taken_in_halfway_is_none() {
    let store = MemoryStore::default();
    let (digest, _) = take(&store, USERCENTRICS.as_bytes()).unwrap();
    store.discard(&notice().site, &format!("{}{DESCRIPTION}", folder(digest))).unwrap();
    assert_eq!(all(&store, &notice().site).unwrap(), []);
    assert_eq!(incomplete(&store, &notice().site).unwrap(), [digest]);
    take(&store, USERCENTRICS.as_bytes()).unwrap();
    assert_eq!(all(&store, &notice().site).unwrap().len(), 1);
    assert_eq!(incomplete(&store, &notice().site).unwrap(), []);
}

#[test]
fn what_is_no_csv_is_refused_and_nothing_is_kept() {
    let store = MemoryStore::default();
    let utf16: Vec<u8> = "a,b\n1,2\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let many = vec!["c"; MAX_COLUMNS + 1].join(",");
    let wide = format!("{},b\n", "w".repeat(MAX_COLUMN_BYTES + 1));
    let not: [&[u8]; 7] =
        [b"", b"one\n", b"PK\x03\x04,\xff\xfe\n", &utf16, many.as_bytes(), wide.as_bytes(), &[b'"'; 100]];
    for bytes in not {
        assert!(matches!(take(&store, bytes), Err(ExhibitRefused::NotCsv)), "{bytes:?}");
    }
    let mut endless = Endless(0);
    let refused = take_in(&store, &notice().site, &mut endless, from("endless.csv"));
    assert!(matches!(refused, Err(ExhibitRefused::TooLong)));
    assert!(endless.0 <= MAX_BYTES + 64 * 1024, "no more is read than is needed");
    assert!(store.kept_names(&notice().site, "").unwrap().is_empty());
}

/// A file without end, and how much of it was read.
struct Endless(u64);

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        buffer.fill(b',');
        self.0 += buffer.len() as u64;
        Ok(buffer.len())
    }
}

impl Seek for Endless {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Ok(0)
    }
}
