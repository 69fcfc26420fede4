//! Where the files of a bundle come from.

use std::ops::ControlFlow;

/// A file or the list of files could not be read. The text says why, for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ReadError(pub String);

/// The files of a bundle: a zip, a folder, memory.
///
/// Whoever implements it interprets nothing: it hands out names and bytes as they are. [`BundleSource::read`] is called
/// again from within a sink, at most two deep, so an implementation keeps no position between calls that another call
/// could move.
pub trait BundleSource {
    /// The names of all files, with `/` between folders. Folders themselves are left out. A name that is there twice
    /// is listed twice, since one of the two would otherwise go unchecked.
    ///
    /// # Errors
    /// If the list can not be read.
    fn names(&self) -> Result<Vec<String>, ReadError>;

    /// Hands the bytes of a file to `sink`, piece by piece, until the end or until it breaks off.
    ///
    /// # Errors
    /// If there is no such file or it can not be read to its end.
    fn read(&self, name: &str, sink: &mut dyn FnMut(&[u8]) -> ControlFlow<()>) -> Result<(), ReadError>;
}

/// A bundle in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryBundle(pub Vec<(String, Vec<u8>)>);

impl BundleSource for MemoryBundle {
    fn names(&self) -> Result<Vec<String>, ReadError> {
        Ok(self.0.iter().map(|(name, _)| name.clone()).collect())
    }

    fn read(&self, name: &str, sink: &mut dyn FnMut(&[u8]) -> ControlFlow<()>) -> Result<(), ReadError> {
        let file = self.0.iter().find(|(other, _)| other == name);
        let (_, bytes) = file.ok_or_else(|| ReadError("there is no such file".to_owned()))?;
        for piece in bytes.chunks(8192) {
            if sink(piece).is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// A whole file of at most `max` bytes.
pub(super) fn read_whole(source: &dyn BundleSource, name: &str, max: usize) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    let mut too_long = false;
    source.read(name, &mut |piece| {
        if bytes.len() + piece.len() > max {
            too_long = true;
            return ControlFlow::Break(());
        }
        bytes.extend_from_slice(piece);
        ControlFlow::Continue(())
    })?;
    if too_long { Err(ReadError(format!("it is longer than {max} bytes"))) } else { Ok(bytes) }
}
