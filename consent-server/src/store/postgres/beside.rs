//! What is written beside the logs. Each of these may be done twice, so each is tried again until it is answered.

use consent_core::notice::{NoticeId, SiteId};

use super::super::{LogId, StoreError};
use super::codec::name_of;
use super::link::Link;

impl Link {
    pub(super) fn publish(&self, site: &SiteId, notice: NoticeId, bytes: &[u8]) -> Result<(), StoreError> {
        let sql = "INSERT INTO notice (site, notice_id, bytes) VALUES ($1, $2, $3) \
                   ON CONFLICT (site, notice_id) DO UPDATE SET bytes = excluded.bytes";
        self.ask(async |client| {
            client.execute(sql, &[&site.as_str(), &notice.0.0.as_slice(), &bytes]).await?;
            Ok(())
        })
    }

    pub(super) fn keep(&self, site: &SiteId, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let sql = "INSERT INTO document (site, name, bytes) VALUES ($1, $2, $3) \
                   ON CONFLICT (site, name) DO UPDATE SET bytes = excluded.bytes";
        self.ask(async |client| {
            client.execute(sql, &[&site.as_str(), &name, &bytes]).await?;
            Ok(())
        })
    }

    pub(super) fn discard(&self, site: &SiteId, name: &str) -> Result<(), StoreError> {
        self.ask(async |client| {
            let sql = "DELETE FROM document WHERE site = $1 AND name = $2";
            client.execute(sql, &[&site.as_str(), &name]).await?;
            Ok(())
        })
    }

    pub(super) fn forget_log(&self, log: &LogId) -> Result<(), StoreError> {
        let (site, year, number) = name_of(log);
        self.ask(async |client| {
            client.batch_execute("BEGIN").await?;
            // Whoever is appending finishes first, and whoever comes later sees that it was forgotten.
            let lock = "UPDATE head SET forgotten = true WHERE site = $1 AND year = $2 AND number = $3 AND size > 0 \
                        RETURNING log_id";
            if let Some(row) = client.query_opt(lock, &[&site, &year, &number]).await? {
                let id: i32 = row.try_get(0)?;
                for table in ["entry", "decision", "tile", "logged_notice", "older_head"] {
                    client.execute(&format!("DELETE FROM {table} WHERE log_id = $1"), &[&id]).await?;
                }
            }
            Ok(client.batch_execute("COMMIT").await?)
        })
    }

    /// The value that all processes agree on: the one that was said first.
    pub(super) fn agree(&self, name: &str, value: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.ask(async |client| {
            let insert = "INSERT INTO agreement (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
            client.execute(insert, &[&name, &value]).await?;
            let row = client.query_one("SELECT value FROM agreement WHERE name = $1", &[&name]).await?;
            Ok(row.try_get(0)?)
        })
    }

    /// Agrees on another value.
    pub(super) fn agree_anew(&self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        let sql = "INSERT INTO agreement (name, value) VALUES ($1, $2) \
                   ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        self.ask(async |client| {
            client.execute(sql, &[&name, &value]).await?;
            Ok(())
        })
    }

    /// The value that was agreed on, if any was.
    pub(super) fn agreed(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.ask(async |client| {
            let row = client.query_opt("SELECT value FROM agreement WHERE name = $1", &[&name]).await?;
            row.map(|row| Ok(row.try_get(0)?)).transpose()
        })
    }

    /// Takes or renews the lease `name` for so many seconds, by the database's clock. Whether `holder` has it now.
    pub(super) fn lease(&self, name: &str, holder: &str, seconds: u32) -> Result<bool, StoreError> {
        let sql = "INSERT INTO lease (name, holder, until) \
                   VALUES ($1, $2, extract(epoch FROM now())::int8 + $3::int8) \
                   ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until \
                   WHERE lease.holder = excluded.holder OR lease.until < extract(epoch FROM now())::int8";
        let seconds = i64::from(seconds);
        self.ask(async |client| Ok(client.execute(sql, &[&name, &holder, &seconds]).await? == 1))
    }
}
