//! The files of a config as one run of bytes: every file has a stretch of its own, so one number says where in which file.

use std::fmt;
use std::path::{Path, PathBuf};

use consent_core::digest::Digest;
use toml::Spanned;

use super::held::Held;

/// One file of a config.
#[derive(Clone, PartialEq, Eq)]
struct Source {
    /// As findings name it.
    name: String,
    /// Where it is.
    path: PathBuf,
    /// Where its stretch begins.
    start: usize,
    text: String,
}

/// The files of a config: first the one that was named, then those that it lists.
#[derive(Clone, PartialEq, Eq)]
pub struct Sources {
    // Boxed, so that what findings are returned in stays small.
    first: Box<Source>,
    held: Box<Held>,
    others: Vec<Source>,
}

/// A place in one of the files.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// The byte in the text of its file.
    pub byte: usize,
    /// The file, as findings name it.
    pub file: &'a str,
    /// The text of the file.
    pub text: &'a str,
}

impl fmt::Debug for Sources {
    /// Without the texts, which are large and may hold what should not be shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.paths()).finish()
    }
}

impl fmt::Debug for Place<'_> {
    /// Without the text, as above.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place").field("file", &self.file).field("byte", &self.byte).finish_non_exhaustive()
    }
}

impl Place<'_> {
    /// Line and column, both from 1; the column counts characters.
    #[must_use]
    pub fn position(&self) -> (usize, usize) {
        let before = self.text.get(..self.byte).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.matches('\n').count() + 1;
        (line, before.get(line_start..).map_or(0, |text| text.chars().count()) + 1)
    }
}

impl Sources {
    /// One file in `folder`, which findings call `name`.
    pub(super) fn new(name: &str, text: String, folder: &Path) -> Self {
        let path = folder.join(Path::new(name).file_name().unwrap_or_default());
        let first = Source { name: name.to_owned(), path, start: 0, text };
        let held = Box::new(Held::new(Digest([0; 32]), Vec::new()));
        Self { first: Box::new(first), held, others: Vec::new() }
    }

    /// The same, with what was found when they were read.
    pub(super) fn with_held(self, held: Held) -> Self {
        Self { held: Box::new(held), ..self }
    }

    /// What these files held, and the others that were read into the config. Only of files that were loaded is it known.
    #[must_use]
    pub fn held(&self) -> &Held {
        &self.held
    }

    /// Adds a file by its path from the folder of the first. The stretches do not touch, so that the end of one file is not
    /// the beginning of the next.
    pub(super) fn push(&mut self, path: &Path, text: String) {
        let name = Path::new(&self.first.name).parent().unwrap_or(Path::new("")).join(path);
        let source = Source {
            name: name.display().to_string(),
            path: self.folder().join(path),
            start: self.length() + 1,
            text,
        };
        self.others.push(source);
    }

    /// The file that was named, as findings name it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.first.name
    }

    /// Every file, the one that was named first.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.each().map(|(path, _)| path)
    }

    /// Every file with its text, the one that was named first.
    pub(super) fn each(&self) -> impl Iterator<Item = (&Path, &str)> {
        let all = std::iter::once(&*self.first).chain(&self.others);
        all.map(|source| (source.path.as_path(), source.text.as_str()))
    }

    /// The place of a byte.
    #[must_use]
    pub fn place(&self, byte: usize) -> Place<'_> {
        let source = self.source(byte);
        Place { byte: byte.saturating_sub(source.start), file: &source.name, text: &source.text }
    }

    /// The path of the file that was named.
    pub(super) fn path(&self) -> &Path {
        &self.first.path
    }

    /// The folder of the file that was named.
    pub(super) fn folder(&self) -> &Path {
        self.first.path.parent().unwrap_or(Path::new(""))
    }

    /// The text of the file that was named.
    pub(super) fn text(&self) -> &str {
        &self.first.text
    }

    /// The texts of the other files, each with where its stretch begins.
    pub(super) fn others(&self) -> impl Iterator<Item = (usize, &str)> {
        self.others.iter().map(|source| (source.start, source.text.as_str()))
    }

    /// Bytes of all files.
    pub(super) fn length(&self) -> usize {
        let last = self.others.last().unwrap_or(&self.first);
        last.start + last.text.len()
    }

    /// The path that a text names, counted from the folder of the file in which it stands.
    pub(super) fn beside(&self, text: &Spanned<String>) -> PathBuf {
        let path = &self.source(text.span().start).path;
        path.parent().unwrap_or(Path::new("")).join(text.get_ref())
    }

    fn source(&self, byte: usize) -> &Source {
        let before = self.others.partition_point(|source| source.start <= byte);
        before.checked_sub(1).and_then(|at| self.others.get(at)).unwrap_or(&self.first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_belongs_to_one_file_and_the_end_of_a_file_to_that_file() {
        let mut sources = Sources::new("etc/a.toml", "é\nx".to_owned(), Path::new("/etc"));
        sources.push(Path::new("sites/empty.toml"), String::new());
        sources.push(Path::new("sites/b.toml"), "12".to_owned());
        let at = |byte: usize| {
            let place = sources.place(byte);
            (place.file, place.byte, place.position())
        };
        assert_eq!(at(0), ("etc/a.toml", 0, (1, 1)));
        assert_eq!(at(2), ("etc/a.toml", 2, (1, 2)));
        assert_eq!(at(4), ("etc/a.toml", 4, (2, 2)));
        assert_eq!(at(5), ("etc/sites/empty.toml", 0, (1, 1)));
        assert_eq!(at(6), ("etc/sites/b.toml", 0, (1, 1)));
        assert_eq!(at(8), ("etc/sites/b.toml", 2, (1, 3)));
        assert_eq!(sources.length(), 8);
    }

    #[test]
    fn a_path_is_counted_from_the_file_that_says_it() {
        let mut sources = Sources::new("a.toml", "12".to_owned(), Path::new("/etc"));
        sources.push(Path::new("sites/b.toml"), "34".to_owned());
        let beside = |at: usize, text: &str| sources.beside(&Spanned::new(at..at + 1, text.to_owned()));
        assert_eq!(beside(0, "logo.svg"), Path::new("/etc/logo.svg"));
        assert_eq!(beside(3, "logo.svg"), Path::new("/etc/sites/logo.svg"));
        assert_eq!(
            sources.paths().collect::<Vec<_>>(),
            [Path::new("/etc/a.toml"), Path::new("/etc/sites/b.toml")]
        );
    }
}
