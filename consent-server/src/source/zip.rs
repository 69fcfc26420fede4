//! A zipped bundle.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use consent_core::digest::Digest;
use consent_core::verify::source::{BundleSource, ReadError, Stream};
use flate2::Crc;
use flate2::read::DeflateDecoder;
use sha2::{Digest as _, Sha256};
use zip::result::{ZipError, ZipResult};
use zip::{CompressionMethod, ZipArchive};

use crate::export::{COMMENT_BYTES, comment_of};

use super::at::At;
use super::{shape, unreadable};

/// A zip file. Several of its members can be read at a time.
pub(crate) struct ZipSource {
    file: At,
    members: BTreeMap<String, Member>,
}

/// Where a file lies in the zip, and how.
struct Member {
    from: u64,
    packed: u64,
    length: u64,
    checksum: u32,
    method: CompressionMethod,
}

impl ZipSource {
    /// Opens a zip, and says what is wrong with its bytes beside the files in it, if anything is.
    pub(crate) fn open(path: &Path) -> Result<(Self, Option<String>), ReadError> {
        Self::read(File::open(path).map_err(|error| unreadable(path, &error))?, path)
    }

    /// The same for a file that is open; `path` is how it is named where something is wrong.
    pub(crate) fn read(file: File, path: &Path) -> Result<(Self, Option<String>), ReadError> {
        let length = file.metadata().map_err(|error| unreadable(path, &error))?.len();
        let file = At { file: Arc::new(file), position: 0, length };
        let seal = check_seal(file.clone()).map_err(|error| unreadable(path, &error))?;
        let archive = ZipArchive::new(file.clone());
        let archive = archive.map_err(|error| match &seal {
            Some(damage) => ReadError(format!("{}: {error}. {damage}", path.display())),
            None => unreadable(path, &error),
        })?;
        let shape = shape::check(&file).err().map(|error| {
            format!("Another program could read another bundle in this zip: {error}. Unpack it and check the folder.")
        });
        let members = members(archive).map_err(|error| unreadable(path, &error))?;
        Ok((Self { file, members }, seal.or(shape)))
    }
}

/// The directory of the archive, with nothing but what is needed of it.
fn members(mut archive: ZipArchive<At>) -> ZipResult<BTreeMap<String, Member>> {
    let mut members = BTreeMap::new();
    for number in 0..archive.len() {
        let file = archive.by_index_raw(number)?;
        if file.is_dir() {
            continue;
        }
        let from = file.data_start().ok_or(ZipError::FileNotFound)?;
        let member = Member {
            from,
            packed: file.compressed_size(),
            length: file.size(),
            checksum: file.crc32(),
            method: file.compression(),
        };
        members.insert(file.name()?.into_owned(), member);
    }
    Ok(members)
}

/// Compares the archive with the digest in its comment. `None`: it is as it was written.
fn check_seal(mut file: At) -> io::Result<Option<String>> {
    let comment_bytes = u64::try_from(COMMENT_BYTES).unwrap_or(0);
    let Some(covered) = file.length.checked_sub(comment_bytes) else {
        return Ok(Some("It is too short to be a bundle.".to_owned()));
    };
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut rest = file.by_ref().take(covered);
    loop {
        let read = rest.read(&mut buffer)?;
        let Some(piece) = buffer.get(..read).filter(|piece| !piece.is_empty()) else { break };
        hash.update(piece);
    }
    let mut comment = Vec::new();
    file.read_to_end(&mut comment)?;
    if comment == comment_of(Digest(hash.finalize().into())).as_bytes() {
        return Ok(None);
    }
    let what =
        "The bytes of the zip are not those that were written: its digest, in its last 71 bytes, differs.";
    Ok(Some(what.to_owned()))
}

impl BundleSource for ZipSource {
    fn names(&self) -> Result<Vec<String>, ReadError> {
        Ok(self.members.keys().cloned().collect())
    }

    fn open(&self, name: &str) -> Result<Box<dyn Stream + '_>, ReadError> {
        let member = self.members.get(name).ok_or_else(|| ReadError("there is no such file".to_owned()))?;
        let position = member.from;
        let packed = At { position, length: position.saturating_add(member.packed), ..self.file.clone() };
        let bytes: Box<dyn Read + Send> = match member.method {
            CompressionMethod::Stored => Box::new(packed),
            CompressionMethod::Deflated => Box::new(DeflateDecoder::new(packed)),
            other => return Err(ReadError(format!("it is packed with {other}, which is not done here"))),
        };
        Ok(Box::new(MemberStream { bytes, left: member.length, checksum: member.checksum, crc: Crc::new() }))
    }
}

/// One file while it is unpacked.
struct MemberStream {
    bytes: Box<dyn Read + Send>,
    /// How much of it is still to come.
    left: u64,
    checksum: u32,
    crc: Crc,
}

impl Stream for MemberStream {
    fn next(&mut self, buffer: &mut [u8]) -> Result<usize, ReadError> {
        let read = self.bytes.read(buffer).map_err(|error| ReadError(error.to_string()))?;
        // Other programs stop where the directory says that the file ends, and compare its checksum.
        let left = u64::try_from(read).ok().and_then(|read| self.left.checked_sub(read));
        self.left = left.ok_or_else(wrong_length)?;
        self.crc.update(buffer.get(..read).unwrap_or_default());
        match (read, self.left) {
            (0, 0) if self.crc.sum() != self.checksum => {
                Err(ReadError("it does not have the checksum that the zip states".to_owned()))
            }
            (0, 1..) => Err(wrong_length()),
            _ => Ok(read),
        }
    }
}

fn wrong_length() -> ReadError {
    ReadError("it does not have the length that the zip states".to_owned())
}

#[cfg(test)]
mod tests;
