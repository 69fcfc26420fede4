//! A bundle on disk, as the verifier wants it: names and bytes, nothing interpreted.

mod at;
mod folder;
mod shape;
mod zip;

use std::path::Path;

use consent_core::verify::source::{BundleSource, ReadError};

pub(crate) use self::folder::FolderSource;
pub(crate) use self::zip::ZipSource;

/// A bundle, and what is wrong with its container if anything is.
pub(crate) struct OpenBundle {
    pub(crate) source: Box<dyn BundleSource>,
    pub(crate) damage: Option<String>,
}

/// Opens a zip or a folder.
pub(crate) fn open(path: &Path) -> Result<OpenBundle, ReadError> {
    if path.is_dir() {
        return Ok(OpenBundle { source: Box::new(FolderSource::open(path)?), damage: None });
    }
    let (source, damage) = ZipSource::open(path)?;
    Ok(OpenBundle { source: Box::new(source), damage })
}

fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> ReadError {
    ReadError(format!("{}: {error}", path.display()))
}
