//! A zipped bundle.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;

use consent_core::digest::Digest;
use consent_core::verify::source::{BundleSource, ReadError};
use sha2::{Digest as _, Sha256};
use zip::ZipArchive;

use crate::export::{COMMENT_BYTES, comment_of};

use super::{shape, unreadable};

/// A zip file. Several of its members can be read at a time.
pub(in crate::cli) struct ZipSource {
    archive: ZipArchive<At>,
}

impl ZipSource {
    /// Opens a zip, and says what is wrong with its bytes beside the files in it, if anything is.
    pub(in crate::cli) fn open(path: &Path) -> Result<(Self, Option<String>), ReadError> {
        let file = File::open(path).map_err(|error| unreadable(path, &error))?;
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
        Ok((Self { archive }, seal.or(shape)))
    }
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
        let names = self.archive.file_names().map(|name| name.map(std::borrow::Cow::into_owned));
        names.collect::<Result<_, _>>().map_err(|error| ReadError(error.to_string()))
    }

    fn read(&self, name: &str, sink: &mut dyn FnMut(&[u8]) -> ControlFlow<()>) -> Result<(), ReadError> {
        let refuse = |error: &dyn std::fmt::Display| ReadError(error.to_string());
        let mut archive = self.archive.clone();
        let mut member = archive.by_name(name).map_err(|error| refuse(&error))?;
        let mut left = member.size();
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let read = member.read(&mut buffer).map_err(|error| refuse(&error))?;
            // Other programs stop where the directory says that the file ends.
            let length = ReadError("it does not have the length that the zip states".to_owned());
            left = u64::try_from(read).ok().and_then(|read| left.checked_sub(read)).ok_or(length.clone())?;
            let Some(piece) = buffer.get(..read).filter(|piece| !piece.is_empty()) else {
                return if left == 0 { Ok(()) } else { Err(length) };
            };
            if sink(piece).is_break() {
                return Ok(());
            }
        }
    }
}

/// A file with a position of its own, so that clones do not move each other.
#[derive(Clone, Debug)]
pub(super) struct At {
    pub(super) file: Arc<File>,
    pub(super) position: u64,
    pub(super) length: u64,
}

impl Read for At {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.position)?;
        self.position += u64::try_from(read).unwrap_or(0);
        Ok(read)
    }
}

impl Seek for At {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.length.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests;
