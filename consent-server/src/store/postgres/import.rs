//! A migration into an empty database: while it lasts, nothing else is done with it.

use super::super::{Head, LogId, Store as _, StoreError};
use super::codec::{name_of, signed};
use super::{KEY, PostgresStore};
use crate::data::ServerKey;

/// The name of the agreement that a migration goes on.
const IMPORT: &str = "import";

impl PostgresStore {
    /// Begins a migration of a store whose heads this key signs, or goes on with one that was stopped.
    ///
    /// # Errors
    /// [`StoreError::Schema`] if the database is in use already, or another store is being moved into it.
    pub fn begin_import(&self, key: &ServerKey) -> Result<(), StoreError> {
        let own = key.fingerprint().map_err(|error| StoreError::Engine(Box::new(error)))?;
        if !self.is_importing()? && (self.has_key()? || !self.logs()?.is_empty()) {
            let what = "it has logs already: migrate into an empty one";
            return Err(StoreError::Schema(what.to_owned()));
        }
        // Whoever says it first has the database for itself.
        if self.link.agree(IMPORT, &own.0)? != own.0 {
            let what = "a migration of another store into it has begun: go on with that one, or migrate into an empty database";
            return Err(StoreError::Schema(what.to_owned()));
        }
        Ok(())
    }

    /// Whether a migration has begun and not ended.
    pub(super) fn is_importing(&self) -> Result<bool, StoreError> {
        Ok(self.link.agreed(IMPORT)?.is_some())
    }

    /// Keeps the head of a log of which nothing else is left.
    ///
    /// # Errors
    /// If the database fails.
    pub fn import_head(&self, log: &LogId, head: &Head) -> Result<(), StoreError> {
        let (site, year, number) = name_of(log);
        let sql = "INSERT INTO head (log_id, site, year, number, size, root, time, closed, forgotten) \
                   SELECT (SELECT coalesce(max(log_id), 0) + 1 FROM head), $1, $2, $3, $4, $5, $6, $7, $8 \
                   ON CONFLICT (site, year, number) DO NOTHING";
        let (size, time, root) = (signed(head.size), signed(head.time), head.root.0.as_slice());
        self.link.ask(async |client| {
            let values: [&(dyn tokio_postgres::types::ToSql + Sync); 8] =
                [&site, &year, &number, &size, &root, &time, &head.closed, &head.forgotten];
            client.execute(sql, &values).await?;
            Ok(())
        })
    }

    /// Ends a migration: from now on servers with this key may start.
    ///
    /// # Errors
    /// If the database fails.
    pub fn end_import(&self, key: &ServerKey) -> Result<(), StoreError> {
        let own = key.fingerprint().map_err(|error| StoreError::Engine(Box::new(error)))?;
        self.link.agree(KEY, &own.0)?;
        self.link.ask(async |client| {
            client.execute("DELETE FROM agreement WHERE name = $1", &[&IMPORT]).await?;
            Ok(())
        })
    }
}
