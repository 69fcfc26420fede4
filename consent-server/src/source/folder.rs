//! An unpacked bundle.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use consent_core::verify::source::{BundleSource, ReadError, Stream};

use super::unreadable;

/// How many files are listed at most.
const MAX_FILES: usize = 1_000_000;

/// A folder and what lies below it.
pub(crate) struct FolderSource {
    folder: PathBuf,
    /// Sorted.
    names: Vec<String>,
}

impl FolderSource {
    pub(crate) fn open(folder: &Path) -> Result<Self, ReadError> {
        let mut names = Vec::new();
        list(folder, "", &mut names)?;
        names.sort_unstable();
        Ok(Self { folder: folder.to_owned(), names })
    }
}

fn list(folder: &Path, prefix: &str, names: &mut Vec<String>) -> Result<(), ReadError> {
    let read = fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
    for item in read {
        let item = item.map_err(|error| unreadable(folder, &error))?;
        let name = format!("{prefix}{}", item.file_name().to_string_lossy());
        let kind = item.file_type().map_err(|error| unreadable(&item.path(), &error))?;
        if kind.is_dir() {
            list(&item.path(), &format!("{name}/"), names)?;
        } else if kind.is_file() {
            names.push(name);
        } else {
            // A link could show one file to us and another to the next reader.
            return Err(ReadError(format!("{}: neither a file nor a folder", item.path().display())));
        }
        if names.len() > MAX_FILES {
            return Err(ReadError(format!("{}: more than a million files", folder.display())));
        }
    }
    Ok(())
}

impl BundleSource for FolderSource {
    fn names(&self) -> Result<Vec<String>, ReadError> {
        Ok(self.names.clone())
    }

    fn open(&self, name: &str) -> Result<Box<dyn Stream + '_>, ReadError> {
        if self.names.binary_search_by(|listed| listed.as_str().cmp(name)).is_err() {
            return Err(ReadError("there is no such file".to_owned()));
        }
        let path = self.folder.join(name);
        let file = File::open(&path).map_err(|error| unreadable(&path, &error))?;
        Ok(Box::new(FileStream { file, path }))
    }
}

struct FileStream {
    file: File,
    path: PathBuf,
}

impl Stream for FileStream {
    fn next(&mut self, buffer: &mut [u8]) -> Result<usize, ReadError> {
        self.file.read(buffer).map_err(|error| unreadable(&self.path, &error))
    }
}
