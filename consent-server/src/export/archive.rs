//! A zip whose last bytes are the SHA-256 of all the others.
//!
//! The manifest covers every file in the archive; the comment at its end covers what a zip has besides: headers, the
//! directory, spare bits of the compression. So no bit of the file is beyond notice.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write};

use consent_core::bundle::path::BundlePath;
use consent_core::digest::Digest;
use sha2::{Digest as _, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::ExportError;

/// What the comment begins with; 64 hex digits follow.
const COMMENT: &str = "sha256:";

/// The length of the comment.
pub const COMMENT_BYTES: usize = COMMENT.len() + 64;

/// The comment of an archive whose other bytes have this digest.
#[must_use]
pub fn comment_of(digest: Digest) -> String {
    digest.0.iter().fold(COMMENT.to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

/// Writes the files of a bundle one after the other.
pub(crate) struct Archive {
    zip: ZipWriter<BufWriter<File>>,
    /// Every finished file, by name.
    pub(super) files: std::collections::BTreeMap<String, Digest>,
}

/// One file of the archive, open for writing.
pub(crate) struct Member<'a> {
    zip: &'a mut ZipWriter<BufWriter<File>>,
    hash: Sha256,
}

impl Archive {
    pub(crate) fn new(file: File) -> Self {
        Self { zip: ZipWriter::new(BufWriter::with_capacity(256 * 1024, file)), files: Default::default() }
    }

    /// Adds a file whose content `write` produces.
    pub(crate) fn add(
        &mut self,
        path: &BundlePath,
        write: impl FnOnce(&mut Member<'_>) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        let name = path.to_string();
        // One time for all, so that the same log makes the same archive.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644)
            .large_file(matches!(path, BundlePath::Openings | BundlePath::Decisions));
        self.zip.start_file(name.clone(), options)?;
        let mut member = Member { zip: &mut self.zip, hash: Sha256::new() };
        write(&mut member)?;
        self.files.insert(name, Digest(member.hash.finalize().into()));
        Ok(())
    }

    pub(crate) fn add_bytes(&mut self, path: &BundlePath, bytes: &[u8]) -> Result<(), ExportError> {
        self.add(path, |out| Ok(out.write_all(bytes)?))
    }

    /// Ends the archive and seals it with its digest.
    pub(crate) fn finish(mut self) -> Result<File, ExportError> {
        self.zip.set_comment(comment_of(Digest([0; 32])))?;
        let file = self.zip.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok(seal(file)?)
    }
}

fn seal(mut file: File) -> io::Result<File> {
    let length = file.seek(SeekFrom::End(0))?;
    let covered = length.saturating_sub(u64::try_from(COMMENT_BYTES).unwrap_or(0));
    file.seek(SeekFrom::Start(0))?;
    let mut hash = HashingSink(Sha256::new());
    io::copy(&mut BufReader::with_capacity(256 * 1024, &file).take(covered), &mut hash)?;
    file.seek(SeekFrom::Start(covered))?;
    file.write_all(comment_of(Digest(hash.0.finalize().into())).as_bytes())?;
    Ok(file)
}

struct HashingSink(Sha256);

impl Write for HashingSink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Write for Member<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.zip.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.zip.flush()
    }
}
