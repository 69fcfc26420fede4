//! What leaves the server for others to keep: one format a file, all written from one [`Cut`].

mod archive;
mod bundle;
mod cut;
mod erased;
mod facts;
mod jsonl;
mod linked;
mod mark;
mod period;
mod readme;
mod spreadsheet;

use std::fs::File;
use std::io::{BufWriter, Seek as _, SeekFrom, Write as _};

use consent_core::bundle::manifest::ManifestError;

use crate::data::ServerKey;
use crate::store::StoreError;

#[cfg(test)]
pub(crate) use self::archive::Archive;
pub use self::archive::{COMMENT_BYTES, comment_of};
pub use self::cut::{Cut, sign_stored};
pub use self::mark::Mark;
pub use self::period::{InvalidPeriod, Period};

/// The formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Everything that an auditor needs, as a zip
    Bundle,
    /// One row a decision, for a spreadsheet
    Csv,
    /// One JSON object a decision
    Jsonl,
    /// ISO/IEC TS 27560 consent records, as JSON-LD in the terms of DPV 2.3
    #[serde(rename = "27560")]
    #[value(name = "27560")]
    Records,
}

impl Format {
    /// The media type of the file.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Bundle => "application/zip",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Jsonl => "application/jsonl",
            Self::Records => "application/ld+json",
        }
    }

    /// What it is called where somebody asks for it, and in the trail.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Bundle => "bundle",
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
            Self::Records => "27560",
        }
    }

    /// The ending of the file's name.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Bundle => "zip",
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
            Self::Records => "27560.jsonld",
        }
    }
}

/// Why an export was not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The store failed, or has lost something.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file can not be written.
    #[error("the export can not be written")]
    Write(#[from] std::io::Error),
    /// The archive can not be written.
    #[error("the archive can not be written")]
    Archive(#[from] zip::result::ZipError),
    /// The manifest can not be signed.
    #[error("the manifest can not be signed")]
    Manifest(#[from] ManifestError),
    /// Something in the store can not be put into the format.
    #[error("what is stored does not fit the format: {0}")]
    Content(String),
    /// Erasures came faster than the export could be written.
    #[error("erasures kept overtaking the export; run it again")]
    Overtaken,
    /// There is nothing to export.
    #[error("site {0} has no log")]
    NoLog(String),
}

/// How far an export is: entries done, and entries in all.
pub type Progress<'a> = &'a mut dyn FnMut(u64, u64);

/// Writes an export into a file, from its beginning, and leaves it at its beginning.
///
/// # Errors
/// See [`ExportError`].
pub fn write(
    format: Format,
    cut: &Cut<'_>,
    key: &ServerKey,
    file: File,
    progress: Progress<'_>,
) -> Result<File, ExportError> {
    let mut file = match format {
        Format::Bundle => bundle::write(cut, key, file, progress)?,
        Format::Csv => buffered(file, |out| spreadsheet::write(cut, out, progress))?,
        Format::Jsonl => buffered(file, |out| jsonl::write(cut, out, progress))?,
        Format::Records => buffered(file, |out| linked::write(cut, out, progress))?,
    };
    file.seek(SeekFrom::Start(0))?;
    Ok(file)
}

fn buffered(
    file: File,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<(), ExportError>,
) -> Result<File, ExportError> {
    let mut out = BufWriter::with_capacity(256 * 1024, file);
    write(&mut out)?;
    out.flush()?;
    out.into_inner().map_err(|error| error.into_error().into())
}

#[cfg(test)]
mod tests;
