//! What the files of a config held when they were looked at: a change is told by what is in them and not by their times, which
//! a checkout or a copy may set as it likes.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use consent_core::digest::Digest;
use sha2::{Digest as _, Sha256};

use super::diagnostic::Diagnostic;
use super::sources::Sources;
use super::{MAX_CONFIG_BYTES, gathered};

/// What the files of a config held at one moment, each path as it was found then. Equal if nothing has changed in between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Of every file with TOML, and of what stood against finding or reading one.
    texts: Digest,
    /// Every other file that was read into the config, or would have been.
    beside: Vec<(PathBuf, Mark)>,
}

/// What tells one state of a file from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Contents(Digest),
    /// Length and time of a file that is larger than a config may be, such as a file of regions: whoever looks every two seconds
    /// does not read it each time.
    Large(u64, Option<SystemTime>),
    /// A folder, or what can not be read without waiting for it.
    Other,
    Missing,
}

impl Mark {
    pub(super) fn of(path: &Path) -> Self {
        let Ok(found) = fs::metadata(path) else { return Self::Missing };
        if !found.is_file() {
            return Self::Other;
        }
        if found.len() > MAX_CONFIG_BYTES {
            return Self::Large(found.len(), found.modified().ok());
        }
        fs::read(path).map_or(Self::Missing, |bytes| Self::Contents(Digest::of(&bytes)))
    }
}

impl Held {
    pub(super) fn new(texts: Digest, beside: Vec<(PathBuf, Mark)>) -> Self {
        Self { texts, beside }
    }

    /// Looks again at the files of the config at `path`, those that its lists name by now, and at the others that were read into
    /// it when this was found. It blocks.
    #[must_use]
    pub fn look_again(&self, path: &Path) -> Self {
        let (sources, report) = gathered(path);
        let beside = self.beside.iter().map(|(path, _)| (path.clone(), Mark::of(path)));
        Self { texts: texts(&sources, report.found()), beside: beside.collect() }
    }

    /// Whether the same TOML was found as in `other`.
    #[must_use]
    pub fn has_texts_of(&self, other: &Self) -> bool {
        self.texts == other.texts
    }
}

/// The digest of all files as they were read, and of why others were not.
pub(super) fn texts(sources: &Sources, found: &[Diagnostic]) -> Digest {
    let mut hash = Sha256::new();
    let mut add = |bytes: &[u8]| {
        // With its length, so that no two lists are one run of bytes.
        hash.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(bytes);
    };
    for (path, text) in sources.each() {
        add(path.as_os_str().as_encoded_bytes());
        add(text.as_bytes());
    }
    for finding in found {
        add(finding.message.as_bytes());
    }
    Digest(hash.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::super::load;
    use super::*;

    const SITE: &str = "controller = { name = \"A\", privacy_url = \"/p\" }\n";

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn write(&self, name: &str, text: &str) {
            let path = self.0.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        fn path(&self) -> PathBuf {
            self.0.path().join("consent.toml")
        }

        fn held(&self) -> Held {
            let sources =
                load(&self.path()).map_or_else(|found| found.sources, |loaded| loaded.warnings.sources);
            sources.held().clone()
        }
    }

    fn folder() -> Folder {
        let folder = Folder(tempfile::tempdir().unwrap());
        folder
            .write("consent.toml", "files = [\"sites/*.toml\"]\n[server.region]\nfile = \"regions.mmdb\"\n");
        folder.write(
            "sites/a.toml",
            &format!("[[site]]\nid = \"a\"\n{SITE}theme = {{ logo = \"logo.svg\" }}\n"),
        );
        folder
    }

    #[test]
    fn what_was_loaded_is_what_is_there_until_something_changes() {
        let folder = folder();
        let mut held = folder.held();
        let mut changes = 0;
        let mut change = |folder: &Folder, what: &str, held: &mut Held| {
            let now = held.look_again(&folder.path());
            assert_ne!(now, *held, "{what}");
            *held = folder.held();
            // Loaded anew it is known, whether it is a good one or not.
            assert_eq!(held.look_again(&folder.path()), *held, "{what}");
            changes += 1;
        };
        assert_eq!(held.look_again(&folder.path()), held);
        folder.write("sites/logo.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>");
        change(&folder, "a logo that was missing", &mut held);
        folder.write("regions.mmdb", "no such file");
        change(&folder, "a file of regions", &mut held);
        folder.write("sites/b.toml", &format!("[[site]]\nid = \"b\"\n{SITE}"));
        change(&folder, "a file that the pattern finds", &mut held);
        folder.write("sites/b.toml", &format!("[[site]]\nid = \"c\"\n{SITE}"));
        change(&folder, "its contents", &mut held);
        fs::remove_file(folder.0.path().join("sites/b.toml")).unwrap();
        change(&folder, "its end", &mut held);
        folder.write("consent.toml", "nonsense");
        change(&folder, "the first file", &mut held);
        fs::remove_file(folder.path()).unwrap();
        change(&folder, "no file at all", &mut held);
        assert_eq!(changes, 7);
    }

    #[test]
    fn times_say_nothing_but_of_what_is_too_large_to_read_each_time() {
        let folder = folder();
        folder.write("sites/logo.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>");
        folder.write("regions.mmdb", &"x".repeat(usize::try_from(MAX_CONFIG_BYTES).unwrap() + 1));
        let held = folder.held();
        let set = |name: &str, seconds| {
            let file = fs::File::options().append(true).open(folder.0.path().join(name)).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds)).unwrap();
        };
        for name in ["consent.toml", "sites/a.toml", "sites/logo.svg"] {
            set(name, 1_000_000_000);
        }
        assert_eq!(held.look_again(&folder.path()), held);
        set("regions.mmdb", 1_000_000_000);
        assert_ne!(held.look_again(&folder.path()), held);
        assert!(held.look_again(&folder.path()).has_texts_of(&held));
    }

    #[test]
    fn an_old_time_hides_no_change() {
        let folder = folder();
        let held = folder.held();
        let path = folder.0.path().join("sites/a.toml");
        let time = fs::metadata(&path).unwrap().modified().unwrap();
        folder.write(
            "sites/a.toml",
            &format!("[[site]]\nid = \"z\"\n{SITE}theme = {{ logo = \"logo.svg\" }}\n"),
        );
        fs::File::options().append(true).open(&path).unwrap().set_modified(time).unwrap();
        assert_ne!(held.look_again(&folder.path()), held);
    }
}
