//! The few things that the store asks of a file system, as an interface: tests put one in its place that fails, or
//! forgets what was not synced.

use std::fmt::Debug;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An open file. All methods may be called from several threads at once.
pub(super) trait DiskFile: Debug + Send + Sync {
    /// Fills `bytes` from this place.
    fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<()>;
    /// Writes all of `bytes` at this place. Whether it survives a power cut is for [`sync`](DiskFile::sync) to say.
    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()>;
    /// Returns when everything written so far survives a power cut (`fdatasync`).
    fn sync(&self) -> io::Result<()>;
    /// How long the file is, in bytes.
    fn length(&self) -> io::Result<u64>;
}

/// A folder. Paths are relative to it, with `/` between their parts.
pub(super) trait Disk: Debug + Send + Sync {
    /// Opens a file for reading and writing; makes it, if it is not there and `make` says so.
    fn open(&self, path: &str, make: bool) -> io::Result<Arc<dyn DiskFile>>;
    /// Makes a folder and those above it, unless they are there.
    fn make_folder(&self, path: &str) -> io::Result<()>;
    /// The names in a folder, sorted; none if it is not there.
    fn list(&self, path: &str) -> io::Result<Vec<String>>;
    /// Gives a file another name, in the place of what had that name.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &str) -> io::Result<()>;
    /// Removes a folder with everything in it; one that is not there is no error.
    fn remove_folder(&self, path: &str) -> io::Result<()>;
    /// Returns when the names in a folder survive a power cut.
    fn sync_folder(&self, path: &str) -> io::Result<()>;
}

/// Puts a whole file in the place of what had its name: all of it or nothing, and durable when it returns.
pub(super) fn replace(disk: &dyn Disk, path: &str, bytes: &[u8]) -> io::Result<()> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    // Begins with a dot, which no name of ours does. One that a crash left behind goes first: it may be longer.
    let temporary = if folder.is_empty() { format!(".{name}") } else { format!("{folder}/.{name}") };
    match disk.remove(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let file = disk.open(&temporary, true)?;
    file.write_at(bytes, 0)?;
    file.sync()?;
    disk.rename(&temporary, path)?;
    disk.sync_folder(folder)
}

/// The whole of a file; `None` if it is not there.
pub(super) fn read(disk: &dyn Disk, path: &str) -> io::Result<Option<Vec<u8>>> {
    let file = match disk.open(path, false) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = vec![0; super::codec::size(file.length()?)];
    file.read_at(&mut bytes, 0)?;
    Ok(Some(bytes))
}

/// A folder of the machine. Files have mode 0600, folders 0700.
#[derive(Debug)]
pub(super) struct RealDisk {
    root: PathBuf,
}

#[derive(Debug)]
struct RealFile {
    file: File,
    path: PathBuf,
}

impl RealDisk {
    /// The folder, which is made if it is not there.
    pub(super) fn new(root: &Path) -> io::Result<Self> {
        let disk = Self { root: root.to_owned() };
        let made = !root.exists();
        disk.make_folder("")?;
        if made && let Some(above) = root.parent() {
            let above = if above.as_os_str().is_empty() { Path::new(".") } else { above };
            File::open(above).and_then(|folder| folder.sync_all()).map_err(of("fsync of", above))?;
        }
        Ok(disk)
    }

    fn path(&self, path: &str) -> PathBuf {
        if path.is_empty() { self.root.clone() } else { self.root.join(path) }
    }
}

/// What Linux calls a disk that could not do what it was asked; `std` has no name for it.
const EIO: i32 = 5;

/// Says what was done to which file, and what to do about it.
fn of(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> io::Error {
    move |error| {
        let advice = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                ". Make room for it, and start again"
            }
            _ if error.raw_os_error() == Some(EIO) => {
                ". The disk may be failing: copy the data folder to another one, and start on the copy"
            }
            _ => "",
        };
        io::Error::new(error.kind(), format!("{doing} {} failed: {error}{advice}", path.display()))
    }
}

impl Disk for RealDisk {
    fn open(&self, path: &str, make: bool) -> io::Result<Arc<dyn DiskFile>> {
        let path = self.path(path);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(make);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(of("opening", &path))?;
        Ok(Arc::new(RealFile { file, path }))
    }

    fn make_folder(&self, path: &str) -> io::Result<()> {
        let path = self.path(path);
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(&path).map_err(of("making", &path))
    }

    fn list(&self, path: &str) -> io::Result<Vec<String>> {
        let path = self.path(path);
        let items = match fs::read_dir(&path) {
            Ok(items) => items,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(of("listing", &path)(error)),
        };
        let names = items.map(|item| item.map(|item| item.file_name().to_string_lossy().into_owned()));
        let mut names = names.collect::<io::Result<Vec<_>>>().map_err(of("listing", &path))?;
        names.sort_unstable();
        Ok(names)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let to = self.path(to);
        fs::rename(self.path(from), &to).map_err(of("renaming to", &to))
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        let path = self.path(path);
        fs::remove_file(&path).map_err(of("removal of", &path))
    }

    fn remove_folder(&self, path: &str) -> io::Result<()> {
        let path = self.path(path);
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(of("removal of", &path)(error)),
            _ => Ok(()),
        }
    }

    fn sync_folder(&self, path: &str) -> io::Result<()> {
        let path = self.path(path);
        File::open(&path).and_then(|folder| folder.sync_all()).map_err(of("fsync of", &path))
    }
}

impl DiskFile for RealFile {
    fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.file, bytes, at).map_err(of("reading", &self.path))
    }

    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::write_all_at(&self.file, bytes, at).map_err(of("writing to", &self.path))
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync_data().map_err(of("fdatasync of", &self.path))
    }

    fn length(&self) -> io::Result<u64> {
        self.file.metadata().map(|file| file.len()).map_err(of("asking for the length of", &self.path))
    }
}
