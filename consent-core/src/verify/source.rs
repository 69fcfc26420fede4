//! Where the files of a bundle come from.
//!
//! ```
//! use consent_core::verify::source::{BundleSource, MemoryBundle, ReadError, Stream};
//! use std::ops::ControlFlow;
//!
//! let bundle = MemoryBundle(vec![("policy".to_owned(), b"quorum none\n".to_vec())]);
//! assert_eq!(bundle.names()?, ["policy"]);
//! let mut stream: Box<dyn Stream> = bundle.open("policy")?;
//! let mut buffer = [0; 6];
//! assert_eq!((stream.next(&mut buffer)?, &buffer), (6, b"quorum"));
//!
//! let mut length = 0;
//! bundle.read("policy", &mut |piece| {
//!     length += piece.len();
//!     ControlFlow::Continue(())
//! })?;
//! assert_eq!(length, 12);
//! assert!(bundle.open("manifest.json").is_err());
//! # Ok::<(), ReadError>(())
//! ```

use std::ops::ControlFlow;

/// A file or the list of files could not be read. The text says why, for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ReadError(pub String);

/// The bytes of one file, from its beginning.
pub trait Stream: Send {
    /// Puts the next bytes into the front of `buffer`, which is not empty, and says how many; 0 at the end.
    ///
    /// # Errors
    /// If the file can not be read to its end.
    fn next(&mut self, buffer: &mut [u8]) -> Result<usize, ReadError>;
}

/// The files of a bundle: a zip, a folder, memory.
///
/// Whoever implements it interprets nothing: it hands out names and bytes as they are. Several files are open at a time,
/// also from several threads.
pub trait BundleSource: Sync {
    /// The names of all files, with `/` between folders. Folders themselves are left out. A name that is there twice
    /// is listed twice, since one of the two would otherwise go unchecked.
    ///
    /// # Errors
    /// If the list can not be read.
    fn names(&self) -> Result<Vec<String>, ReadError>;

    /// Opens a file.
    ///
    /// # Errors
    /// If there is no such file or it can not be opened.
    fn open(&self, name: &str) -> Result<Box<dyn Stream + '_>, ReadError>;

    /// Hands the bytes of a file to `sink`, piece by piece, until the end or until it breaks off.
    ///
    /// # Errors
    /// If there is no such file or it can not be read to its end.
    fn read(&self, name: &str, sink: &mut dyn FnMut(&[u8]) -> ControlFlow<()>) -> Result<(), ReadError> {
        let mut stream = self.open(name)?;
        let mut buffer = vec![0; PIECE_BYTES];
        loop {
            let length = stream.next(&mut buffer)?;
            let Some(piece) = buffer.get(..length).filter(|piece| !piece.is_empty()) else { return Ok(()) };
            if sink(piece).is_break() {
                return Ok(());
            }
        }
    }
}

/// How much of a file is read at once.
const PIECE_BYTES: usize = 64 * 1024;

/// A bundle in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryBundle(pub Vec<(String, Vec<u8>)>);

impl BundleSource for MemoryBundle {
    fn names(&self) -> Result<Vec<String>, ReadError> {
        Ok(self.0.iter().map(|(name, _)| name.clone()).collect())
    }

    fn open(&self, name: &str) -> Result<Box<dyn Stream + '_>, ReadError> {
        let file = self.0.iter().find(|(other, _)| other == name);
        let (_, bytes) = file.ok_or_else(|| ReadError("there is no such file".to_owned()))?;
        Ok(Box::new(MemoryStream(bytes)))
    }
}

struct MemoryStream<'a>(&'a [u8]);

impl Stream for MemoryStream<'_> {
    fn next(&mut self, buffer: &mut [u8]) -> Result<usize, ReadError> {
        let length = self.0.len().min(buffer.len());
        let (now, later) = self.0.split_at(length);
        if let Some(front) = buffer.get_mut(..length) {
            front.copy_from_slice(now);
        }
        self.0 = later;
        Ok(length)
    }
}

/// A whole file of at most `max` bytes.
pub(super) fn read_whole(source: &dyn BundleSource, name: &str, max: usize) -> Result<Vec<u8>, ReadError> {
    let mut stream = source.open(name)?;
    let (mut bytes, mut length) = (vec![0; max.min(16 * 1024) + 1], 0);
    loop {
        // Nothing is known of the length beforehand, so room is made as it is needed.
        if bytes.len() == length {
            bytes.resize((length * 2).min(max + 1), 0);
        }
        let read = stream.next(bytes.get_mut(length..).unwrap_or_default())?;
        length += read;
        if length > max {
            return Err(ReadError(format!("it is longer than {max} bytes")));
        }
        if read == 0 {
            bytes.truncate(length);
            return Ok(bytes);
        }
    }
}
