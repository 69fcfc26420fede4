//! Whether a zip can be read in one way only.
//!
//! A zip says several times what is in it: at its end, in its directory, and before each file. Programs differ in which
//! of these they believe, so an archive can be made that one of them opens as another bundle than the next. Here the
//! only archives that pass are those in which all of it agrees and nothing lies between: what [`crate::export`] writes.
//! The format is APPNOTE 6.3; the section of each record stands beside it.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt as _;

use super::at::At;
use crate::export::COMMENT_BYTES;

/// How many files an archive has at most.
const MAX_MEMBERS: u64 = 1_000_000;
/// How many bytes a name has at most; the longest name in a bundle is that of a notice.
const MAX_NAME: u16 = 255;

/// In a narrow field: the value stands in a wide one.
const WIDE_32: u32 = u32::MAX;
const WIDE_16: u16 = u16::MAX;

/// Made on Unix: a plain file that its owner can write and everybody can read.
const PLAIN_FILE: u32 = 0o100_644 << 16;
const UNIX: u8 = 3;
const DEFLATED: u16 = 8;

/// In what an archive differs from what [`crate::export`] writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(super) enum ShapeError {
    /// No end record, or not one, in the place where it has to be.
    #[error("it does not end with the one record that ends a zip, or that record contradicts itself")]
    End,
    /// The directory does not lie between the last file and the end record.
    #[error("its directory is not exactly what lies between the last file and the end")]
    Directory,
    /// A record of the directory is not of the form that is written here.
    #[error("file {0} in its directory has a form that is not written here")]
    Member(u64),
    /// Something lies between two files, or they overlap.
    #[error("something lies before file {0} that its directory does not list")]
    Gap(u64),
    /// A file and the directory describe it differently.
    #[error("file {0} is described in another way where it lies than in the directory")]
    Differs(u64),
    /// A name is there twice.
    #[error("file {0} has the name of an earlier one")]
    Repeated(u64),
    /// The file system failed.
    #[error("it can not be read: {0}")]
    Read(io::ErrorKind),
}

impl From<io::Error> for ShapeError {
    fn from(error: io::Error) -> Self {
        Self::Read(error.kind())
    }
}

/// Where the directory lies and how many files it lists.
struct Directory {
    from: u64,
    to: u64,
    members: u64,
}

/// Checks the whole archive but the content of its files.
pub(super) fn check(archive: &At) -> Result<(), ShapeError> {
    let file: &File = &archive.file;
    let directory = directory(file, archive.length)?;
    let records = At { position: directory.from, ..archive.clone() };
    let mut records = BufReader::new(records).take(directory.to - directory.from);
    let (mut names, mut next) = (HashSet::new(), 0);
    for number in 1..=directory.members {
        let member = Member::read(&mut records).map_err(|_| ShapeError::Member(number))?;
        if member.offset != next {
            return Err(ShapeError::Gap(number));
        }
        next = member.end(file).ok_or(ShapeError::Differs(number))?;
        if !names.insert(member.name) {
            return Err(ShapeError::Repeated(number));
        }
    }
    if next == directory.from && records.limit() == 0 { Ok(()) } else { Err(ShapeError::Directory) }
}

/// The end of central directory record (4.3.16), and the wide one before it if there is one (4.3.14, 4.3.15).
fn directory(file: &File, length: u64) -> Result<Directory, ShapeError> {
    let comment = u16::try_from(COMMENT_BYTES).map_err(|_| ShapeError::End)?;
    let at = length.checked_sub(22 + u64::from(comment)).ok_or(ShapeError::End)?;
    let mut record = [0; 22];
    file.read_exact_at(&mut record, at)?;
    // Readers that search from the end for the signature must not come upon another one.
    if record.windows(4).skip(1).any(|bytes| bytes == b"PK\x05\x06") {
        return Err(ShapeError::End);
    }
    let mut fields = Fields(&record);
    let narrow = (|| {
        let (signature, disks) = (fields.take()?, fields.u32()?);
        let (here, all, size, from) = (fields.u16()?, fields.u16()?, fields.u32()?, fields.u32()?);
        let sound = signature == *b"PK\x05\x06" && disks == 0 && here == all && fields.u16()? == comment;
        sound.then_some((all, size, from))
    })();
    let (all, size, from) = narrow.ok_or(ShapeError::End)?;
    let mut pair = [0; 76];
    let wide = at.checked_sub(76).filter(|&at| file.read_exact_at(&mut pair, at).is_ok());
    let directory = match wide.zip(pair.split_last_chunk::<20>()) {
        Some((at, (_, locator))) if locator.starts_with(b"PK\x06\x07") => {
            let wide = wide_directory(&pair, at).ok_or(ShapeError::End)?;
            let narrowed = (
                u16::try_from(wide.members).unwrap_or(WIDE_16),
                WIDE_32,
                u32::try_from(wide.from).unwrap_or(WIDE_32),
            );
            if narrowed != (all, size, from) {
                return Err(ShapeError::End);
            }
            wide
        }
        _ => {
            let from = u64::from(from);
            let to = from + u64::from(size);
            if to != at {
                return Err(ShapeError::Directory);
            }
            Directory { from, to, members: u64::from(all) }
        }
    };
    if directory.members > MAX_MEMBERS { Err(ShapeError::End) } else { Ok(directory) }
}

/// The wide end record and its locator, which together begin at `at`.
fn wide_directory(pair: &[u8], at: u64) -> Option<Directory> {
    let mut fields = Fields(pair);
    let (signature, rest) = (fields.take()?, fields.u64()?);
    let (_versions, disks) = (fields.u32()?, fields.u64()?);
    let (here, members, size, from) = (fields.u64()?, fields.u64()?, fields.u64()?, fields.u64()?);
    let (locator, disk) = (fields.take()?, fields.u32()?);
    let (record, disk_count) = (fields.u64()?, fields.u32()?);
    let sound = (signature, rest, disks, here) == (*b"PK\x06\x06", 44, 0, members)
        && (locator, disk, record, disk_count) == (*b"PK\x06\x07", 0, at, 1)
        && from.checked_add(size) == Some(at);
    sound.then_some(Directory { from, to: at, members })
}

/// One record of the directory (4.3.12).
struct Member {
    /// What stands the same before the file itself: flags, method, time, checksum, sizes.
    shared: [u8; 20],
    /// The sizes do not fit the narrow fields.
    wide: bool,
    compressed: u64,
    uncompressed: u64,
    offset: u64,
    name: Vec<u8>,
}

impl Member {
    fn read(records: &mut impl Read) -> io::Result<Self> {
        let odd = || io::Error::from(io::ErrorKind::InvalidData);
        let mut head = [0; 46];
        records.read_exact(&mut head)?;
        let (mut member, name, extra) = Self::parse(&head).ok_or_else(odd)?;
        member.name = vec![0; usize::from(name)];
        records.read_exact(&mut member.name)?;
        let mut wide = vec![0; usize::from(extra)];
        records.read_exact(&mut wide)?;
        member.widen(&wide).ok_or_else(odd)?;
        Ok(member)
    }

    /// The fixed part, and how long name and extra field are.
    fn parse(head: &[u8; 46]) -> Option<(Self, u16, u16)> {
        let mut fields = Fields(head);
        let signature = fields.take()?;
        let (_version, system, _needed) = (fields.take::<1>()?, fields.take()?, fields.u16()?);
        let shared: [u8; 20] = fields.take()?;
        let (name, extra, comment) = (fields.u16()?, fields.u16()?, fields.u16()?);
        let (disk, internal, external) = (fields.u16()?, fields.u16()?, fields.u32()?);
        let offset = fields.u32()?;
        let mut fields = Fields(&shared);
        let (flags, method, _time_and_checksum) = (fields.u16()?, fields.u16()?, fields.u64()?);
        let (compressed, uncompressed) = (fields.u32()?, fields.u32()?);
        let wide = (compressed, uncompressed) == (WIDE_32, WIDE_32);
        let sound = signature == *b"PK\x01\x02"
            && system == [UNIX]
            && (flags, method) == (0, DEFLATED)
            && (comment, disk, internal, external) == (0, 0, 0, PLAIN_FILE)
            && (wide || (compressed != WIDE_32 && uncompressed != WIDE_32))
            && (1..=MAX_NAME).contains(&name)
            && extra <= 28;
        let member = Self {
            shared,
            wide,
            compressed: compressed.into(),
            uncompressed: uncompressed.into(),
            offset: offset.into(),
            name: Vec::new(),
        };
        sound.then_some((member, name, extra))
    }

    /// The wide values (4.5.3): exactly those for which the narrow fields have no room, and no other extra field.
    fn widen(&mut self, extra: &[u8]) -> Option<()> {
        let mut fields = Fields(extra);
        let wide_offset = self.offset == u64::from(WIDE_32);
        if self.wide || wide_offset {
            let (kind, rest) = (fields.u16()?, fields.u16()?);
            if kind != 1 || usize::from(rest) != fields.0.len() {
                return None;
            }
        }
        if self.wide {
            (self.uncompressed, self.compressed) = (fields.u64()?, fields.u64()?);
        }
        if wide_offset {
            self.offset = fields.u64()?;
        }
        fields.0.is_empty().then_some(())
    }

    /// Where the file ends, if what stands before it (4.3.7) is what the directory says.
    fn end(&self, file: &File) -> Option<u64> {
        let mut expected = b"PK\x03\x04".to_vec();
        let extra = if self.wide { 20_u16 } else { 0 };
        // The version that is needed to unpack it: known only later, and written in the directory.
        let mut there = vec![0; 30 + self.name.len() + usize::from(extra)];
        file.read_exact_at(&mut there, self.offset).ok()?;
        expected.extend_from_slice(there.get(4..6)?);
        expected.extend_from_slice(&self.shared);
        expected.extend_from_slice(&u16::try_from(self.name.len()).ok()?.to_le_bytes());
        expected.extend_from_slice(&extra.to_le_bytes());
        expected.extend_from_slice(&self.name);
        if self.wide {
            expected.extend_from_slice(&[1, 0, 16, 0]);
            expected.extend_from_slice(&self.uncompressed.to_le_bytes());
            expected.extend_from_slice(&self.compressed.to_le_bytes());
        }
        let head = u64::try_from(there.len()).ok()?;
        if there == expected { self.offset.checked_add(head)?.checked_add(self.compressed) } else { None }
    }
}

/// Takes little-endian fields from the front.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*head)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }
}
