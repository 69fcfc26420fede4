//! Files that must be whole after a crash and readable by nobody else.

use std::fs::{self, File, TryLockError};
use std::io::Write as _;
use std::path::Path;

use super::DataError;

pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> DataError {
    let path = path.to_owned();
    move |source| DataError::Io { path, source }
}

pub(crate) fn make_folder(path: &Path) -> Result<(), DataError> {
    let mut builder = fs::DirBuilder::new();
    // What is in it is personal data, and some of its files get their modes from others.
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path).map_err(io(path))
}

/// The text of a file of at most `limit` bytes; `None` if it is not there.
pub(crate) fn read(path: &Path, limit: u64) -> Result<Option<String>, DataError> {
    match fs::metadata(path) {
        Ok(file) if file.len() > limit => {
            Err(DataError::Content { path: path.to_owned(), what: "too large" })
        }
        Ok(_) => fs::read_to_string(path).map(Some).map_err(io(path)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io(path)(error)),
    }
}

/// Takes the lock of the folder, and keeps it until the file that is returned is dropped: two processes that change the
/// folder's files do it one after the other.
pub(crate) fn lock(folder: &Path) -> Result<File, DataError> {
    let path = folder.join("lock");
    let open = || -> std::io::Result<File> {
        let file = File::options().create(true).truncate(false).write(true).open(&path)?;
        file.lock()?;
        Ok(file)
    };
    open().map_err(io(&path))
}

/// Takes a lock in the folder without waiting for it; `None` if another process has it.
pub(crate) fn try_lock(folder: &Path, name: &str) -> Result<Option<File>, DataError> {
    let path = folder.join(name);
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path).map_err(io(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(io(&path)(error)),
    }
}

/// Puts `text` in the place of what the file had, all at once, with mode 0600.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<(), DataError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let write = || -> std::io::Result<()> {
        // A temporary file of this crate has mode 0600 from the start.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        File::open(folder)?.sync_all()
    };
    write().map_err(io(path))
}
