//! Archives that other programs could open as another bundle.

use std::io::{Seek as _, SeekFrom, Write as _};
use std::ops::ControlFlow;

use consent_core::bundle::path::BundlePath;
use proptest::prelude::*;

use super::*;
use crate::export::Archive;

/// Where the end record begins, from the end.
const TAIL: usize = 22 + COMMENT_BYTES;

fn archive(older: u64) -> Vec<u8> {
    let mut archive = Archive::new(tempfile::tempfile().unwrap());
    archive.add_bytes(&BundlePath::Readme, b"How to check this bundle.").unwrap();
    // The writer gives this one wide sizes.
    archive.add_bytes(&BundlePath::Decisions, b"Log,Index\r\n2026,3\r\n").unwrap();
    for size in 0..older {
        archive.add_bytes(&BundlePath::History { year: 2026.into(), size }, b"a head").unwrap();
    }
    let mut file = archive.finish().unwrap();
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0)).unwrap();
    file.read_to_end(&mut bytes).unwrap();
    bytes
}

fn number(bytes: &[u8], at: usize) -> usize {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize
}

fn set(bytes: &mut [u8], at: usize, number: usize) {
    bytes[at..at + 4].copy_from_slice(&u32::try_from(number).unwrap().to_le_bytes());
}

/// Where each record of the directory begins.
fn records(bytes: &[u8]) -> Vec<usize> {
    let end = bytes.len() - TAIL;
    let (mut at, mut records) = (number(bytes, end + 16), Vec::new());
    while at < end {
        records.push(at);
        let length = |field| usize::from(u16::from_le_bytes([bytes[at + field], bytes[at + field + 1]]));
        at += 46 + length(28) + length(30) + length(32);
    }
    records
}

/// The archive with `more` put at `at`, and every offset set right.
fn insert(bytes: &[u8], at: usize, more: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for record in records(&bytes) {
        if number(&bytes, record + 42) >= at {
            let moved = number(&bytes, record + 42) + more.len();
            set(&mut bytes, record + 42, moved);
        }
    }
    let end = bytes.len() - TAIL;
    let field = if number(&bytes, end + 16) < at { end + 12 } else { end + 16 };
    let moved = number(&bytes, field) + more.len();
    set(&mut bytes, field, moved);
    bytes.splice(at..at, more.iter().copied());
    bytes
}

/// What whoever changes an archive can do too.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate(bytes.len().saturating_sub(COMMENT_BYTES));
    let comment = comment_of(Digest::of(&bytes));
    bytes.extend_from_slice(comment.as_bytes());
    bytes
}

fn open(bytes: &[u8]) -> Result<(ZipSource, Option<String>), ReadError> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    ZipSource::open(file.path())
}

fn damage(bytes: Vec<u8>) -> String {
    match open(&sealed(bytes)) {
        Ok((_, damage)) => damage.unwrap_or_default(),
        Err(error) => error.to_string(),
    }
}

type Contents = Vec<(String, Result<Vec<u8>, ReadError>)>;

fn contents(source: &ZipSource) -> Contents {
    let read = |name: &String| {
        let mut bytes = Vec::new();
        let read = source.read(name, &mut |piece| {
            bytes.extend_from_slice(piece);
            ControlFlow::Continue(())
        });
        read.map(|()| bytes)
    };
    let names = source.names().unwrap();
    names.into_iter().map(|name| (name.clone(), read(&name))).collect()
}

#[test]
fn what_the_writer_makes_can_be_read_in_one_way_only() {
    for older in [0, 3, 66_000] {
        let bytes = archive(older);
        // Beyond 65 535 files there is a wide end record too.
        assert_eq!(bytes[bytes.len() - TAIL - 20..].starts_with(b"PK\x06\x07"), older > 65_535);
        let (source, damage) = open(&bytes).unwrap();
        assert_eq!(damage, None);
        assert_eq!(source.names().unwrap().len() as u64, older + 2);
    }
}

#[test]
fn refuses_a_file_that_the_directory_does_not_list() {
    let bytes = archive(1);
    let hidden = &bytes[..number(&bytes, records(&bytes)[1] + 42)];
    assert!(damage(insert(&bytes, 0, hidden)).contains("before file 1 "));
    let second = number(&bytes, records(&bytes)[1] + 42);
    assert!(damage(insert(&bytes, second, hidden)).contains("before file 2 "));
    let directory = records(&bytes)[0];
    let mut last = insert(&bytes, directory, hidden);
    let end = last.len() - TAIL;
    set(&mut last, end + 16, directory + hidden.len());
    set(&mut last, end + 12, end - directory - hidden.len());
    assert!(damage(last).contains("its directory is not exactly what lies between"));
    let mut after = bytes.clone();
    after.splice(bytes.len() - TAIL..bytes.len() - TAIL, hidden.iter().copied());
    assert!(damage(after).contains("its directory is not exactly"));
}

#[test]
fn refuses_a_second_archive_in_the_comment() {
    let (outer, mut inner) = (archive(0), archive(1));
    let start = outer.len() - COMMENT_BYTES;
    let end = inner.len() - TAIL;
    for record in records(&inner) {
        let moved = number(&inner, record + 42) + start;
        set(&mut inner, record + 42, moved);
    }
    let moved = number(&inner, end + 16) + start;
    set(&mut inner, end + 16, moved);
    let length = u16::try_from(inner.len()).unwrap().to_le_bytes();
    for (comment, counts) in [(COMMENT_BYTES, 3), (COMMENT_BYTES, 4), (0, 3), (500, 3)] {
        let mut inner = inner.clone();
        inner[end + 8] = counts;
        inner[end + 20..end + 22].copy_from_slice(&u16::try_from(comment).unwrap().to_le_bytes());
        let mut both = [&outer[..start], &inner].concat();
        both[start - 2..start].copy_from_slice(&length);
        assert_ne!(damage(both), "", "comment {comment}, {counts} files");
    }
}

#[test]
fn refuses_records_that_are_not_written_here() {
    let bytes = archive(2);
    let third = records(&bytes)[2];
    let fourth = records(&bytes)[3];
    assert_eq!(damage(bytes.clone()), "");
    let changed = |at: usize, to: u8| {
        let mut bytes = bytes.clone();
        bytes[at] = to;
        damage(bytes)
    };
    // A link in place of a file.
    assert!(changed(third + 41, 0o120_000_u16.to_be_bytes()[0] | 1).contains("file 3"));
    assert!(changed(third + 5, 0).contains("file 3"));
    // Another name in one of the two places.
    let local = number(&bytes, third + 42);
    assert!(changed(local + 30, b'L').contains("file 3"));
    assert!(changed(local + 14, bytes[local + 14] ^ 1).contains("file 3"));
    // The same name twice.
    let mut twice = bytes.clone();
    let name = |at: usize, head: usize| at + head..at + head + "logs/2026/history/0".len();
    twice.copy_within(name(third, 46), fourth + 46);
    let second_local = number(&bytes, fourth + 42);
    twice.copy_within(name(third, 46), second_local + 30);
    assert!(damage(twice).contains("file 4 has the name of an earlier one"));
    // A name for other programs, in an extra field (APPNOTE 4.6.9).
    let other = b"\x75\x70\x06\x00\x01\x00\x00\x00\x00x";
    let mut renamed = insert(&bytes, third + 46 + "logs/2026/history/0".len(), other);
    renamed[third + 30] = u8::try_from(other.len()).unwrap();
    assert!(damage(renamed).contains("file 3"));
}

#[test]
fn names_every_flipped_bit() {
    let bytes = archive(2);
    assert_eq!(open(&bytes).unwrap().1, None);
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let opened = open(&flipped);
        assert!(
            opened.is_err() || opened.is_ok_and(|(_, damage)| damage.is_some()),
            "bit {bit} of {}",
            bytes.len()
        );
    }
}

#[test]
fn refuses_every_prefix() {
    let bytes = archive(1);
    for end in 0..bytes.len() {
        assert_ne!(damage(bytes[..end].to_vec()), "", "{end}");
    }
}

#[test]
fn a_length_that_cuts_a_file_short_is_a_fault_of_the_file() {
    let mut bytes = archive(0);
    let second = records(&bytes)[1];
    let local = number(&bytes, second + 42);
    // The wide sizes, after the names.
    let name = "decisions.csv".len();
    bytes[second + 46 + name + 4] -= 1;
    bytes[local + 30 + name + 4] -= 1;
    let (source, damage) = open(&sealed(bytes)).unwrap();
    assert_eq!(damage, None);
    assert!(contents(&source)[1].1.is_err());
}

proptest! {
    #[test]
    fn random_damage_is_refused_or_changes_nothing(at in 0_usize..100_000, bits in 1_u8.., more in 0_usize..100_000) {
        let original = archive(2);
        let (source, _) = open(&original).unwrap();
        let expected = contents(&source);
        let mut bytes = original.clone();
        let inside = original.len() - COMMENT_BYTES;
        bytes[at % inside] ^= bits;
        bytes[more % inside] ^= bits.rotate_left(3);
        if let Ok((source, None)) = open(&sealed(bytes)) {
            let found = contents(&source);
            prop_assert_eq!(found.len(), expected.len());
            for (found, expected) in found.iter().zip(&expected) {
                prop_assert_eq!(&found.0, &expected.0);
                prop_assert!(found.1.is_err() || found.1 == expected.1);
            }
        }
    }
}
