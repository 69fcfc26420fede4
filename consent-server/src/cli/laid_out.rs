//! A notice in a folder of its own, with the page and the script that show it, as they lie in a bundle.

use std::io;
use std::path::{Path, PathBuf};

use consent_core::bundle::page;
use consent_core::bundle::path::BundlePath;
use consent_core::notice::Notice;
use tempfile::TempDir;

/// The folder, which goes with this value.
pub(super) struct LaidOut {
    folder: TempDir,
    page: String,
}

impl LaidOut {
    /// `script` is the one that the notice names.
    pub(super) fn new(notice: &Notice, script: &[u8]) -> io::Result<Self> {
        let laid = Self { folder: tempfile::tempdir()?, page: BundlePath::Page(notice.id()).to_string() };
        laid.write(&laid.page, page::page(notice, None).as_bytes())?;
        laid.write(&BundlePath::Script(notice.script).to_string(), script)?;
        Ok(laid)
    }

    /// Puts a file beside them.
    pub(super) fn write(&self, path: &str, bytes: &[u8]) -> io::Result<PathBuf> {
        let file = self.path(path);
        std::fs::create_dir_all(file.parent().unwrap_or(self.folder.path()))?;
        std::fs::write(&file, bytes)?;
        Ok(file)
    }

    /// The page, from the folder.
    pub(super) fn page(&self) -> &str {
        &self.page
    }

    /// A file in the folder.
    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(Path::new(path))
    }
}
