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

use super::unreadable;

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
        let hidden = count_members(&file).is_some_and(|count| u64::try_from(archive.len()) != Ok(count));
        let hidden =
            hidden.then(|| "The zip holds files with the same name, or more than it lists.".to_owned());
        Ok((Self { archive }, seal.or(hidden)))
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

/// How many members the end of the archive counts, where the count fits the old format (APPNOTE 4.3.16).
fn count_members(file: &At) -> Option<u64> {
    let tail = u64::try_from(COMMENT_BYTES + 22).ok()?;
    let mut end = [0; 22];
    file.file.read_exact_at(&mut end, file.length.checked_sub(tail)?).ok()?;
    let [b'P', b'K', 5, 6, _, _, _, _, _, _, low, high, ..] = end else { return None };
    let count = u16::from_le_bytes([low, high]);
    (count != u16::MAX).then_some(u64::from(count))
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
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let read = member.read(&mut buffer).map_err(|error| refuse(&error))?;
            let Some(piece) = buffer.get(..read).filter(|piece| !piece.is_empty()) else { return Ok(()) };
            if sink(piece).is_break() {
                return Ok(());
            }
        }
    }
}

/// A file with a position of its own, so that clones do not move each other.
#[derive(Clone, Debug)]
struct At {
    file: Arc<File>,
    position: u64,
    length: u64,
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
