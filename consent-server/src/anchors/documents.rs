//! What is kept in the store of what others said. All documents belong to the heads log.
//!
//! | name | what |
//! |---|---|
//! | `witnesses` | witnesses and quorum of the last start, as lines of a tlog-policy |
//! | `cosigned/<yyyy>` | the newest head of the heads log with enough cosignatures, as a note |
//! | `anchors/<yyyy>/<size>-<time>.checkpoint` | a head as it was stamped; size with 16 digits, time in unix seconds |
//! | `anchors/<yyyy>/<size>-<time>.pem` | the certificates that the stamp was checked with |
//! | `anchors/<yyyy>/<size>-<time>.tsr` | what the service answered; written last, so that the other two are there |

use consent_core::ledger::origin::LogYear;

use super::heads_site;
use crate::store::{Store, StoreError};

/// The witnesses of the last start.
pub(super) const WITNESSES: &str = "witnesses";

/// What the names of the newest cosigned heads begin with; the year follows.
pub(super) const COSIGNED: &str = "cosigned/";

/// Where the newest cosigned head of a year is.
pub(super) fn cosigned(year: LogYear) -> String {
    format!("{COSIGNED}{year}")
}

/// One time-stamp that is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kept {
    /// The heads log.
    pub year: LogYear,
    /// Its size when it was stamped.
    pub size: u64,
    /// When, unix seconds.
    pub time: u64,
}

impl Kept {
    fn name(&self, extension: &str) -> String {
        let Self { year, size, time } = self;
        format!("anchors/{year}/{size:016}-{time}.{extension}")
    }

    fn parse(name: &str) -> Option<Self> {
        let (year, rest) = name.strip_prefix("anchors/")?.strip_suffix(".tsr")?.split_once('/')?;
        let (size, time) = rest.split_once('-')?;
        Some(Self { year: year.parse().ok()?, size: size.parse().ok()?, time: time.parse().ok()? })
    }

    /// Keeps a time-stamp with everything that belongs to it.
    ///
    /// # Errors
    /// If the store fails.
    pub fn keep(
        &self,
        store: &dyn Store,
        checkpoint: &str,
        pem: &str,
        response: &[u8],
    ) -> Result<(), StoreError> {
        let site = heads_site();
        store.keep(&site, &self.name("checkpoint"), checkpoint.as_bytes())?;
        store.keep(&site, &self.name("pem"), pem.as_bytes())?;
        store.keep(&site, &self.name("tsr"), response)
    }

    /// Checkpoint, certificates and answer.
    ///
    /// # Errors
    /// If the store fails, or one of them is missing.
    pub fn read(&self, store: &dyn Store) -> Result<[Vec<u8>; 3], StoreError> {
        let part = |extension| {
            let name = self.name(extension);
            let missing = || StoreError::Damaged(format!("document {name} is missing"));
            store.kept(&heads_site(), &name)?.ok_or_else(missing)
        };
        Ok([part("checkpoint")?, part("pem")?, part("tsr")?])
    }

    /// All that are kept, by year and size.
    ///
    /// # Errors
    /// If the store fails.
    pub fn all(store: &dyn Store) -> Result<Vec<Self>, StoreError> {
        let names = store.kept_names(&heads_site(), "anchors/")?;
        let mut all: Vec<_> = names.iter().filter_map(|name| Self::parse(name)).collect();
        all.sort_unstable();
        Ok(all)
    }
}
