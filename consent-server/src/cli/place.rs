//! Where decisions are kept, and how a command is told without telling everybody on the machine.

use std::path::{Path, PathBuf};

use crate::data::DataFolder;
use crate::store::{EmbeddedStore, PostgresAddress, PostgresStore, Store, StoreError};

/// What a server's environment says in place of `--store`.
const VARIABLE: &str = "CONSENT_STORE";

#[derive(Debug, clap::Args)]
pub(super) struct StoreArguments {
    /// Where decisions are kept: `embedded`, in the data folder (`sled` is its older name), or the URL of a PostgreSQL
    /// database, `postgres://USER@HOST/NAME`, that any number of servers may share. A URL with a password is not taken from
    /// here, where everybody on the machine can read it, but from `--store-file` or the environment variable `CONSENT_STORE`
    #[arg(long, value_name = "URL")]
    store: Option<String>,
    /// A file with what --store would say
    #[arg(long, value_name = "FILE", conflicts_with = "store")]
    store_file: Option<PathBuf>,
}

/// Where decisions are kept.
#[derive(Debug)]
pub(super) enum Place {
    /// In the data folder.
    Embedded,
    /// In a database.
    Postgres(Box<PostgresAddress>),
}

/// Why it is not known where decisions are kept.
#[derive(Debug, thiserror::Error)]
pub(super) enum PlaceError {
    #[error(
        "a URL with a password on the command line can be read by everybody on this machine: put it into a file and name \
         that with --store-file, or into the environment variable CONSENT_STORE"
    )]
    Password,
    #[error("{}", .0.display())]
    File(PathBuf, #[source] std::io::Error),
    #[error(transparent)]
    Address(#[from] StoreError),
}

impl StoreArguments {
    /// The same from the arguments of another command.
    pub(super) fn new(store: Option<String>, store_file: Option<PathBuf>) -> Self {
        Self { store, store_file }
    }

    /// The arguments as they were written, for a command that goes on from here.
    pub(super) fn repeated(&self) -> Vec<String> {
        let file = self.store_file.as_ref().map(|file| file.display().to_string());
        let both = [("--store", self.store.clone()), ("--store-file", file)];
        both.into_iter().filter_map(|(name, value)| Some([name.to_owned(), value?])).flatten().collect()
    }

    /// The store of a server that is not running, whose data folder this is, or a database, which servers may use meanwhile.
    pub(super) fn open(&self, data: &Path) -> Result<Box<dyn Store>, Box<dyn std::error::Error>> {
        Ok(match self.place()? {
            Place::Embedded => {
                let folder = DataFolder::open_existing(data)?;
                Box::new(EmbeddedStore::open(&folder.store())?)
            }
            Place::Postgres(database) => Box::new(PostgresStore::open(&database)?),
        })
    }

    /// What the arguments, or else the environment, say.
    pub(super) fn place(&self) -> Result<Place, PlaceError> {
        match (&self.store, &self.store_file) {
            (Some(url), _) => from_argument(url),
            (None, Some(file)) => from_file(file),
            (None, None) => std::env::var(VARIABLE).map_or(Ok(Place::Embedded), |url| parse(&url)),
        }
    }
}

/// What an argument says that everybody can read.
pub(super) fn from_argument(url: &str) -> Result<Place, PlaceError> {
    match parse(url)? {
        Place::Postgres(address) if address.has_password() => Err(PlaceError::Password),
        place => Ok(place),
    }
}

fn from_file(file: &Path) -> Result<Place, PlaceError> {
    let text = std::fs::read_to_string(file).map_err(|error| PlaceError::File(file.to_owned(), error))?;
    parse(&text)
}

fn parse(text: &str) -> Result<Place, PlaceError> {
    match text.trim() {
        "" | "embedded" | "sled" => Ok(Place::Embedded),
        url => Ok(Place::Postgres(Box::new(PostgresAddress::parse(url)?))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_taken_from_a_file_and_not_from_the_command_line() {
        let url = "postgres://consent:s3cret@localhost/consent";
        let refused = from_argument(url).unwrap_err();
        assert!(
            matches!(refused, PlaceError::Password) && !format!("{refused} {refused:?}").contains("s3cret")
        );
        assert!(matches!(from_argument("postgres://localhost/consent"), Ok(Place::Postgres(_))));
        assert!(matches!(from_argument("sled"), Ok(Place::Embedded)));
        assert!(matches!(from_argument("mysql://localhost"), Err(PlaceError::Address(_))));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("url");
        std::fs::write(&file, format!("{url}\n")).unwrap();
        assert!(matches!(from_file(&file), Ok(Place::Postgres(_))));
        assert!(matches!(from_file(&folder.path().join("none")), Err(PlaceError::File(..))));
    }
}
