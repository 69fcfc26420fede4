//! PostgreSQL: any number of processes on one database.
//!
//! Nothing is kept in this process but connections. What the processes must agree on is in the database: where a log ends
//! (`head`, the one row that appending takes turns by), which decisions there are (a unique key), which signing key.
//!
//! | file | what |
//! |---|---|
//! | `migrations/`, `schema.rs` | the tables |
//! | `address.rs`, `tls.rs`, `link.rs`, `failure.rs` | URL, encryption, connections, what passes and what does not |
//! | `standby.rs` | answers for which nobody waited |
//! | `write.rs`, `insert.rs` | a batch |
//! | `read.rs`, `beside.rs`, `codec.rs` | everything else |
//! | `import.rs` | what only a migration does |

mod address;
mod beside;
mod codec;
mod failure;
mod import;
mod insert;
mod link;
mod read;
mod schema;
mod standby;
#[cfg(test)]
pub(crate) mod tests;
mod tls;
mod write;

use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use consent_core::decision::{DecisionId, SubjectId};
use consent_core::digest::encode_base64url;
use consent_core::notice::{NoticeId, SiteId};

pub use self::address::PostgresAddress;
use self::link::{Link, PATIENCE};
use self::write::Turn;
use super::rows::{Batch, Head, LogId, Notices, Openings, Placed};
use super::{Store, StoreError, documents};
use crate::data::ServerKey;

/// The name of the agreement on the signing key.
const KEY: &str = "signing key";

/// A store in a PostgreSQL database, or in one that speaks its protocol and its SQL.
#[derive(Debug)]
pub struct PostgresStore {
    link: Link,
    /// Of the sequencer: kept over a conflict.
    turn: Mutex<Option<Turn>>,
    /// What this process is called where only one at a time may do something.
    holder: String,
}

impl PostgresStore {
    /// Connects, and brings the tables to what this program knows.
    ///
    /// # Errors
    /// [`StoreError::Schema`] if they are newer than that; [`StoreError::Unsafe`] if the server does not keep what it
    /// says it has kept; [`StoreError::Engine`] if it can not be reached within half a minute.
    pub fn open(address: &PostgresAddress) -> Result<Self, StoreError> {
        Self::open_with(address, PATIENCE)
    }

    fn open_with(address: &PostgresAddress, patience: Duration) -> Result<Self, StoreError> {
        let link = Link::new(address, patience)?;
        let fsync: Option<String> = link.ask(async |client| {
            Ok(client.query_one("SELECT current_setting('fsync', true)", &[]).await?.try_get(0)?)
        })?;
        if fsync.as_deref() == Some("off") {
            return Err(StoreError::Unsafe("fsync is off: a power cut would lose what was acknowledged"));
        }
        schema::migrate(&link)?;
        let mut holder = [0; 12];
        getrandom::fill(&mut holder).map_err(|error| StoreError::Engine(Box::new(error)))?;
        Ok(Self { link, turn: Mutex::default(), holder: encode_base64url(&holder) })
    }

    /// Whether a process has said before which key signs the logs in this database.
    ///
    /// # Errors
    /// If the database fails.
    pub fn has_key(&self) -> Result<bool, StoreError> {
        Ok(self.link.agreed(KEY)?.is_some())
    }

    /// Says which key signs the logs in this database.
    ///
    /// # Errors
    /// [`StoreError::OtherKey`] if another one was named before; if the database fails.
    pub fn serve_with(&self, key: &ServerKey) -> Result<(), StoreError> {
        if self.is_importing()? {
            let what = "a migration into it has not ended: run `consent migrate` again";
            return Err(StoreError::Schema(what.to_owned()));
        }
        let own = key.fingerprint().map_err(|error| StoreError::Engine(Box::new(error)))?;
        if self.link.agree(KEY, &own.0)? == own.0 { Ok(()) } else { Err(StoreError::OtherKey) }
    }

    /// Says that this key signs the logs from now on. Every log that another one signed has ended before.
    ///
    /// # Errors
    /// If the database fails.
    pub fn serve_with_new(&self, key: &ServerKey) -> Result<(), StoreError> {
        let own = key.fingerprint().map_err(|error| StoreError::Engine(Box::new(error)))?;
        self.link.agree_anew(KEY, &own.0)
    }
}

impl Store for PostgresStore {
    fn is_shared(&self) -> bool {
        true
    }

    fn lease(&self, name: &str, seconds: u32) -> Result<bool, StoreError> {
        self.link.lease(name, &self.holder, seconds)
    }

    fn commit(&self, batches: &[Batch]) -> Result<(), StoreError> {
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.link.commit(batches, &mut turn)
    }

    fn confirm(&self) -> Result<(), StoreError> {
        self.link.ask(async |client| standby::confirm(client).await)
    }

    fn publish(&self, site: &SiteId, notice: NoticeId, bytes: &[u8]) -> Result<(), StoreError> {
        self.link.publish(site, notice, bytes)
    }

    fn forget_log(&self, log: &LogId) -> Result<(), StoreError> {
        self.link.forget_log(log)
    }

    fn keep(&self, site: &SiteId, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        documents::check(name, bytes)?;
        self.link.keep(site, name, bytes)
    }

    fn kept(&self, site: &SiteId, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.link.kept(site, name)
    }

    fn kept_names(&self, site: &SiteId, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.link.kept_names(site, prefix)
    }

    fn discard(&self, site: &SiteId, name: &str) -> Result<(), StoreError> {
        self.link.discard(site, name)
    }

    fn logs(&self) -> Result<Vec<(LogId, Head)>, StoreError> {
        self.link.logs()
    }

    fn head(&self, log: &LogId) -> Result<Option<Head>, StoreError> {
        self.link.head(log)
    }

    fn entries(&self, log: &LogId, range: Range<u64>) -> Result<Vec<Vec<u8>>, StoreError> {
        if range.is_empty() { Ok(Vec::new()) } else { self.link.entries(log, &range) }
    }

    fn tile(&self, log: &LogId, level: u8, index: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.link.tile(log, level, index)
    }

    fn openings(&self, log: &LogId, range: Range<u64>) -> Result<Vec<(u64, Openings)>, StoreError> {
        self.link.openings(log, &range)
    }

    fn find_decision(&self, site: &SiteId, decision: DecisionId) -> Result<Option<Placed>, StoreError> {
        Ok(self.link.find_decisions(site, &[decision], false)?.pop().flatten())
    }

    fn find_decisions(
        &self,
        site: &SiteId,
        decisions: &[DecisionId],
    ) -> Result<Vec<Option<Placed>>, StoreError> {
        self.link.find_decisions(site, decisions, true)
    }

    fn find_subject(&self, site: &SiteId, subject: SubjectId) -> Result<Vec<(LogId, u64)>, StoreError> {
        self.link.find_subject(site, subject)
    }

    fn notice(&self, site: &SiteId, notice: NoticeId) -> Result<Option<Vec<u8>>, StoreError> {
        self.link.notice(site, notice)
    }

    fn notices(&self, site: &SiteId) -> Result<Notices, StoreError> {
        self.link.notices(site)
    }

    fn logged_notices(&self, log: &LogId) -> Result<Vec<NoticeId>, StoreError> {
        self.link.logged_notices(log)
    }

    fn history(&self, log: &LogId) -> Result<Vec<(u64, String)>, StoreError> {
        self.link.history(log)
    }
}
