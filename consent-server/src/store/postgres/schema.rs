//! The tables, and how they come about: migrations are only ever added, never changed, and each is applied once.

use deadpool_postgres::Object;
use sha2::{Digest as _, Sha256};

use super::super::StoreError;
use super::failure::Failure;
use super::link::Link;

/// All migrations, in order. What has landed here is never edited: a test refuses it, and so does the database.
const MIGRATIONS: &[(&str, &str)] = &[("0001_begin", include_str!("migrations/0001_begin.sql"))];

/// The lock under which they are applied, so that several processes can start at once. Any number that nobody else uses.
const LOCK: i64 = 0x636f_6e73_656e_7400;

/// The list of what was applied.
const LIST: &str = "CREATE TABLE IF NOT EXISTS migration (
  number int4 PRIMARY KEY, name text NOT NULL, checksum bytea NOT NULL
)";

fn checksum(sql: &str) -> [u8; 32] {
    Sha256::digest(sql).into()
}

/// Brings the tables to what this program knows.
///
/// # Errors
/// [`StoreError::Schema`] if they are newer, or were made by something else.
pub(super) fn migrate(link: &Link) -> Result<(), StoreError> {
    link.ask(async |client| {
        // Server processes that start at once take turns here. The lock goes with the transaction, however that ends.
        client.batch_execute("BEGIN").await?;
        client.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await?;
        client.batch_execute(LIST).await?;
        apply(client).await?;
        Ok(client.batch_execute("COMMIT").await?)
    })
}

async fn apply(client: &Object) -> Result<(), Failure> {
    let applied = client.query("SELECT number, name, checksum FROM migration ORDER BY number", &[]).await?;
    if applied.len() > MIGRATIONS.len() {
        return Err(StoreError::Schema(format!(
            "it has version {}, this program knows {}: use the version that made it, or a newer one",
            applied.len(),
            MIGRATIONS.len()
        ))
        .into());
    }
    for (at, (name, sql)) in MIGRATIONS.iter().enumerate() {
        let number = i32::try_from(at + 1).unwrap_or(i32::MAX);
        if let Some(row) = applied.get(at) {
            let same = row.try_get::<_, i32>(0)? == number
                && row.try_get::<_, &str>(1)? == *name
                && row.try_get::<_, &[u8]>(2)? == checksum(sql);
            if !same {
                let what = format!("its migration {number} is not this program's {name}");
                return Err(StoreError::Schema(what).into());
            }
            continue;
        }
        client.batch_execute(sql).await?;
        let sum = checksum(sql);
        let insert = "INSERT INTO migration (number, name, checksum) VALUES ($1, $2, $3)";
        client.execute(insert, &[&number, name, &sum.as_slice()]).await?;
        tracing::info!(name, "the database was migrated");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Add a line for each new migration; never change one.
    const LANDED: &[(&str, &str)] =
        &[("0001_begin", "1c21e3f9ced4526c420994a92b69324b5fcd11d717d949c83500aed0fe1de755")];

    #[test]
    fn a_migration_that_has_landed_is_never_edited() {
        let known: Vec<_> = MIGRATIONS
            .iter()
            .map(|(name, sql)| {
                (*name, checksum(sql).iter().map(|byte| format!("{byte:02x}")).collect::<String>())
            })
            .collect();
        let landed: Vec<_> = LANDED.iter().map(|(name, sum)| (*name, (*sum).to_owned())).collect();
        assert_eq!(known, landed);
    }
}
