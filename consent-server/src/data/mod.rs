//! The server's own folder: signing key, tokens, store.
//!
//! | file | what |
//! |---|---|
//! | `signing.key` | the secret from which each log's Ed25519 key is derived, base64url; mode 0600 |
//! | `operator.token` | the token that the first start makes, for all sites; mode 0600 |
//! | `tokens.json` | digests of all tokens, with role and site |
//! | `lock` | held by whoever changes the files above |
//! | `serving` | held by the process that serves with this folder |
//! | `heads/` | the head that was signed last, for every log, apart from the store |
//! | `store/` | the embedded store |
//! | `node` | what this process is called among those that share a database; never copied |
//!
//! Processes that share a database each have a folder of their own. `signing.key` and `tokens.json` in them are copies.

pub(crate) mod files;
mod key;
mod tokens;

use std::fs::File;
use std::path::{Path, PathBuf};

pub use self::key::ServerKey;
pub(crate) use self::tokens::name_of;
pub use self::tokens::{Grant, Role, Tokens};

/// The embedded store's folder in it.
const STORE: &str = "store";

/// The folder of the heads that were signed last.
const HEADS: &str = "heads";

/// The file with the secret.
const KEY: &str = "signing.key";

/// Why the folder can not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// A file can not be read or written.
    #[error("{} can not be read or written", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A file is there and is not what this program writes.
    #[error("{}: {what}; restore it from a backup, or move it away to have a new one made", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// There are logs, and the key that signed them is gone. Another key would make every receipt worthless.
    #[error(
        "{}: is missing, and logs are signed with it; restore it from a backup. If there is none, `consent recover` with \
         --new-key makes another one, ends those logs for good, and opens the next ones", path.display()
    )]
    KeyLost {
        /// The file.
        path: PathBuf,
    },
    /// The folder is not one that a server made.
    #[error("{} is not a data folder; name one with --data DIR, or a server with --server URL --token-file FILE", path.display())]
    NoFolder {
        /// The folder.
        path: PathBuf,
    },
    /// Another process serves with this folder.
    #[error(
        "the data folder {} is in use by another process: two would note different heads as the ones signed last, and count \
         displays under one name. Stop that one first; or, for one more server on the same database, make another folder, copy \
         signing.key and tokens.json into it, and name it with --data DIR", path.display()
    )]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// The machine gives no random numbers.
    #[error("the machine gives no random numbers")]
    Random(#[from] getrandom::Error),
}

/// The server's folder, with everything in it but the store open.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    /// Signs heads.
    pub key: ServerKey,
    /// Who may read and change what.
    pub tokens: Tokens,
    /// The token of the first start, if this was it.
    pub first_token: Option<String>,
    held: Option<Held>,
}

/// The right to serve with a folder, for as long as this lives.
#[derive(Debug)]
pub struct Held {
    /// Unlocked when it is closed, by whatever ends the process.
    _file: File,
}

impl DataFolder {
    /// Opens the folder, and makes it with a new key and an operator's token if it is not there.
    ///
    /// # Errors
    /// See [`DataError`].
    pub fn open(path: &Path) -> Result<Self, DataError> {
        files::make_folder(path)?;
        let _alone = files::lock(path)?;
        let key = path.join(KEY);
        if !key.exists() && (path.join(STORE).exists() || path.join(HEADS).exists()) {
            return Err(DataError::KeyLost { path: key });
        }
        let key = ServerKey::load_or_make(&key)?;
        let tokens = Tokens::open(path.join("tokens.json"))?;
        let first_token = if tokens.is_empty() { Some(tokens::fresh()?) } else { None };
        if let Some(token) = &first_token {
            // In this order: after a crash between the two the next start makes another token, and none is lost.
            files::write_private(&Self::operator_token(path), &format!("{token}\n"))?;
            tokens.add(token, Role::Operator, None)?;
        }
        Ok(Self { path: path.to_owned(), key, tokens, first_token, held: None })
    }

    /// Opens the folder of a server that has run before. Nothing is made that is not there.
    ///
    /// # Errors
    /// [`DataError::NoFolder`] if it is not one; else see [`DataError`].
    pub fn open_existing(path: &Path) -> Result<Self, DataError> {
        if !path.join(KEY).is_file() || !path.join(STORE).is_dir() {
            return Err(DataError::NoFolder { path: path.to_owned() });
        }
        let key = ServerKey::load_or_make(&path.join(KEY))?;
        let tokens = Tokens::open(path.join("tokens.json"))?;
        Ok(Self { path: path.to_owned(), key, tokens, first_token: None, held: None })
    }

    /// Opens the folder of a server that does not start any more, though its store may be gone. If its signing key is gone
    /// too, another one is made, but only if `new_key` says so.
    ///
    /// # Errors
    /// [`DataError::NoFolder`] if no head was ever noted in it; [`DataError::KeyLost`]; else see [`DataError`].
    pub fn open_for_recovery(path: &Path, new_key: bool) -> Result<Self, DataError> {
        if !path.join(HEADS).is_dir() {
            return Err(DataError::NoFolder { path: path.to_owned() });
        }
        let _alone = files::lock(path)?;
        let key = path.join(KEY);
        if !key.exists() && !new_key {
            return Err(DataError::KeyLost { path: key });
        }
        let key = ServerKey::load_or_make(&key)?;
        let tokens = Tokens::open(path.join("tokens.json"))?;
        Ok(Self { path: path.to_owned(), key, tokens, first_token: None, held: None })
    }

    /// Takes the folder for this process alone, as whoever signs heads must. The embedded store has a lock of its own; a
    /// database is shared, and this folder is not.
    ///
    /// # Errors
    /// [`DataError::InUse`] if another process has it.
    pub fn hold(&mut self) -> Result<(), DataError> {
        let file = files::try_lock(&self.path, "serving")?;
        let file = file.ok_or_else(|| DataError::InUse { path: self.path.clone() })?;
        self.held = Some(Held { _file: file });
        Ok(())
    }

    /// Gives the right to serve with the folder to whatever outlives this, if it was taken.
    pub fn take_held(&mut self) -> Option<Held> {
        self.held.take()
    }

    /// Whether the folder at `path` has a signing key.
    #[must_use]
    pub fn has_key(path: &Path) -> bool {
        path.join(KEY).is_file()
    }

    /// What this process is called among those that share a store. Made by the first call.
    ///
    /// # Errors
    /// If the file can not be read or written.
    pub fn node(&self) -> Result<String, DataError> {
        let path = self.path.join("node");
        if let Some(node) = files::read(&path, 64)? {
            let node = node.trim_end();
            let fits = !node.is_empty() && node.bytes().all(|byte| byte.is_ascii_digit());
            return fits.then(|| node.to_owned()).ok_or(DataError::Content { path, what: "not a number" });
        }
        let mut number = [0; 8];
        getrandom::fill(&mut number)?;
        let node = u64::from_be_bytes(number).to_string();
        files::write_private(&path, &format!("{node}\n"))?;
        Ok(node)
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the embedded store is.
    #[must_use]
    pub fn store(&self) -> PathBuf {
        self.path.join(STORE)
    }

    /// Where the heads that were signed last are noted.
    #[must_use]
    pub fn heads(&self) -> PathBuf {
        self.path.join(HEADS)
    }

    /// Where the first start on the folder at `path` puts the operator's token.
    #[must_use]
    pub fn operator_token(path: &Path) -> PathBuf {
        path.join("operator.token")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_start_finds_what_the_first_one_made() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        let first = DataFolder::open(&path).unwrap();
        let token = first.first_token.unwrap();
        assert_eq!(std::fs::read_to_string(path.join("operator.token")).unwrap(), format!("{token}\n"));
        let second = DataFolder::open(&path).unwrap();
        assert_eq!(second.first_token, None);
        assert_eq!(
            second.tokens.find(&token).map(|grant| (grant.role, grant.site)),
            Some((Role::Operator, None))
        );
        let origin = "consent.example/a/2026".parse().unwrap();
        assert_eq!(
            first.key.of_log(&origin).unwrap().verifier(),
            second.key.of_log(&origin).unwrap().verifier()
        );
    }

    #[test]
    fn a_folder_is_held_by_one_and_free_when_that_one_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let [mut one, mut two] = [(); 2].map(|()| DataFolder::open(folder.path()).unwrap());
        one.hold().unwrap();
        let error = two.hold().unwrap_err();
        assert!(matches!(&error, DataError::InUse { path } if path == folder.path()));
        assert!(error.to_string().contains("--data DIR"), "{error}");
        let held = one.take_held();
        drop(one);
        assert!(two.hold().is_err(), "it is held by what was taken out of it");
        drop(held);
        two.hold().unwrap();
    }

    #[test]
    fn a_folder_keeps_its_name_and_no_two_have_the_same() {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let name = |at: usize| DataFolder::open(folders[at].path()).unwrap().node().unwrap();
        assert_eq!(name(0), name(0));
        assert_ne!(name(0), name(1));
    }

    /// A crash after the first of the two files that belong together.
    #[test]
    fn a_first_start_that_was_cut_short_is_made_up_for() {
        let folder = tempfile::tempdir().unwrap();
        DataFolder::open(folder.path()).unwrap();
        std::fs::remove_file(folder.path().join("tokens.json")).unwrap();
        let again = DataFolder::open(folder.path()).unwrap();
        let token = std::fs::read_to_string(folder.path().join("operator.token")).unwrap();
        assert!(again.tokens.find(token.trim_end()).is_some());
    }

    #[test]
    fn no_new_key_is_made_for_logs_that_another_one_signed() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        std::fs::create_dir(data.store()).unwrap();
        let key = folder.path().join("signing.key");
        let secret = std::fs::read(&key).unwrap();
        std::fs::remove_file(&key).unwrap();
        assert!(matches!(DataFolder::open(folder.path()), Err(DataError::KeyLost { .. })));
        assert!(!key.exists());
        for damaged in [&secret[..20], b"", b"x\n"] {
            std::fs::write(&key, damaged).unwrap();
            assert!(matches!(DataFolder::open(folder.path()), Err(DataError::Content { .. })));
        }
        std::fs::write(&key, secret).unwrap();
        DataFolder::open(folder.path()).unwrap();
    }
}
