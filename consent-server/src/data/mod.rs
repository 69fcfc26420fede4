//! The server's own folder: signing key, tokens, store.
//!
//! | file | what |
//! |---|---|
//! | `signing.key` | the secret from which each log's Ed25519 key is derived, base64url; mode 0600 |
//! | `operator.token` | the token that the first start makes, for all sites; mode 0600 |
//! | `tokens.json` | digests of all tokens, with role and site |
//! | `heads/` | the head that was signed last, for every log, apart from the store |
//! | `store/` | the embedded store |

pub(crate) mod files;
mod key;
mod tokens;

use std::path::{Path, PathBuf};

pub use self::key::ServerKey;
pub use self::tokens::{Grant, Role, Tokens};

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
}

impl DataFolder {
    /// Opens the folder, and makes it with a new key and an operator's token if it is not there.
    ///
    /// # Errors
    /// See [`DataError`].
    pub fn open(path: &Path) -> Result<Self, DataError> {
        files::make_folder(path)?;
        let key = ServerKey::load_or_make(&path.join("signing.key"))?;
        let tokens = Tokens::open(path.join("tokens.json"))?;
        let first_token = if tokens.is_empty() { Some(tokens.make(Role::Operator, None)?) } else { None };
        if let Some(token) = &first_token {
            files::write_private(&path.join("operator.token"), &format!("{token}\n"))?;
        }
        Ok(Self { path: path.to_owned(), key, tokens, first_token })
    }

    /// Where the embedded store is.
    #[must_use]
    pub fn store(&self) -> PathBuf {
        self.path.join("store")
    }

    /// Where the heads that were signed last are noted.
    #[must_use]
    pub fn heads(&self) -> PathBuf {
        self.path.join("heads")
    }

    /// Where the first start put the operator's token.
    #[must_use]
    pub fn operator_token(&self) -> PathBuf {
        self.path.join("operator.token")
    }
}
