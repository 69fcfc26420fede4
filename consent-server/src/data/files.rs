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
        let file = open_to_lock(&path, &mut File::options())?;
        file.lock()?;
        Ok(file)
    };
    open().map_err(io(&path))
}

/// Takes a lock in the folder without waiting for it; `None` if another process has it.
pub(crate) fn try_lock(folder: &Path, name: &str) -> Result<Option<File>, DataError> {
    let path = folder.join(name);
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = open_to_lock(&path, &mut options).map_err(io(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(io(&path)(error)),
    }
}

/// A file to lock, made if it is not there.
fn open_to_lock(path: &Path, options: &mut fs::OpenOptions) -> std::io::Result<File> {
    match options.write(true).create_new(true).open(path) {
        Ok(made) => {
            give_away(&made, path.parent().unwrap_or(Path::new(".")));
            Ok(made)
        }
        // Whatever this is, it is nothing to give away: its name may lead elsewhere.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            options.create_new(false).open(path)
        }
        Err(error) => Err(error),
    }
}

/// Gives a file that was made here to whom its folder belongs, as far as this process may: an administrator who runs a command on the
/// folder of a server must not leave behind what that server can not read.
fn give_away(file: &File, folder: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, fchown};
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let (Ok(made), Ok(owner)) = (file.metadata(), fs::metadata(folder)) else { return };
        if made.uid() != owner.uid() {
            // Whoever is no administrator keeps what they made.
            let _ = fchown(file, Some(owner.uid()), Some(owner.gid()));
        }
    }
    #[cfg(not(unix))]
    let _ = (file, folder);
}

/// Puts `text` in the place of what the file had, all at once, with mode 0600.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<(), DataError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let write = || -> std::io::Result<()> {
        // A temporary file of this crate has mode 0600 from the start.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        give_away(file.as_file(), folder);
        file.as_file().sync_all()?;
        file.persist(path)?;
        File::open(folder)?.sync_all()
    };
    write().map_err(io(path))
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, chown};

    use super::*;

    #[test]
    fn what_an_administrator_writes_belongs_to_whom_the_folder_does() {
        let folder = tempfile::tempdir().unwrap();
        // Refused to everybody else, whose files are then their folder's anyway.
        let given = chown(folder.path(), Some(65_534), Some(65_534)).is_ok();
        let path = folder.path().join("tokens.json");
        write_private(&path, "[]").unwrap();
        drop(lock(folder.path()).unwrap());
        drop(try_lock(folder.path(), "store.lock").unwrap());
        let owner = fs::metadata(folder.path()).unwrap().uid();
        assert!(!given || owner == 65_534);
        for name in ["tokens.json", "lock", "store.lock"] {
            let file = fs::metadata(folder.path().join(name)).unwrap();
            assert_eq!(file.uid(), owner, "{name}");
        }
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    }
}
