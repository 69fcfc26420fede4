//! One batch, one transaction.
//!
//! | step | round trips | if the connection breaks here |
//! |---|---|---|
//! | begin, lock the heads of all logs in the order of their names, compare their sizes | 2 | nothing happened |
//! | insert everything, set the heads | 1 | nothing happened |
//! | commit | 1 | it happened or not, and is read back: the next attempt waits for the same locks, so whatever the lost one did is over by then |
//!
//! The order of locks is the same for everybody, so no two processes wait for each other. The locks on the heads are what
//! processes take turns by; that a head is only set if its size is the expected one is the fence behind it.
//!
//! **A conflict is a turn.** Where a size is not the expected one, the transaction stays open and keeps the locks: nobody
//! else can append until the caller has looked at what came in between and commits again.

use deadpool_postgres::Object;
use tokio::time::timeout;
use tokio_postgres::error::SqlState;

use super::super::{Batch, LogId, StoreError};
use super::codec::{self, damaged, name_of, signed};
use super::failure::Failure;
use super::insert;
use super::link::{ANSWER, Link};
use super::standby::Cancelled;

/// An open transaction that holds the heads of these logs.
#[derive(Debug)]
pub(super) struct Turn {
    client: Object,
    logs: Vec<LogId>,
}

/// How an attempt ended whose outcome is known.
enum End {
    Durable,
    Conflict(StoreError),
}

/// How an attempt ended without one.
struct Broken {
    failure: Failure,
    /// Whether COMMIT was on its way.
    unknown: bool,
}

impl<E: Into<Failure>> From<E> for Broken {
    fn from(failure: E) -> Self {
        Self { failure: failure.into(), unknown: false }
    }
}

/// Begins, and sees to it that a process that hangs with the locks in its hand loses them.
const BEGIN: &str =
    "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL idle_in_transaction_session_timeout = '10s'";

/// A log that nobody has written to has a head of size 0, so that there is a row to lock. It is gone if nothing follows.
const OPEN: &str = "INSERT INTO head (log_id, site, year, number, size, root, time, closed, forgotten) \
     SELECT (SELECT coalesce(max(log_id), 0) + 1 FROM head), $1, $2, $3, 0, ''::bytea, 0, false, false \
     ON CONFLICT (site, year, number) DO NOTHING";

/// Locks, in the order of names.
const LOCK: &str = "SELECT h.log_id, h.site, h.year, h.number, h.size, h.closed, h.forgotten FROM head h \
     JOIN unnest($1::text[], $2::int4[], $3::int4[]) AS n (site, year, number) \
     ON h.site = n.site AND h.year = n.year AND h.number = n.number \
     ORDER BY h.site, h.year, h.number FOR UPDATE OF h";

impl Link {
    /// Appends. `held` is the turn of the call before, if that was a conflict.
    pub(super) fn commit(&self, batches: &[Batch], held: &mut Option<Turn>) -> Result<(), StoreError> {
        let logs: Vec<_> = batches.iter().map(|batch| batch.log.clone()).collect();
        self.wait(async {
            let mut turn = held.take();
            if let Some(other) = turn.take_if(|turn| turn.logs != logs) {
                release(other.client).await;
            }
            if batches.is_empty() {
                return Ok(());
            }
            let (mut patience, mut unknown) = (self.patience(), false);
            loop {
                let (client, begun) = match turn.take() {
                    Some(turn) => (turn.client, true),
                    None => match self.writer().await {
                        Ok(client) => (client, false),
                        Err(failure) => {
                            patience.after(failure).await?;
                            continue;
                        }
                    },
                };
                let ended = match timeout(ANSWER, self.attempt(&client, begun, batches, unknown)).await {
                    Ok(ended) => ended,
                    // Somewhere on the way, perhaps behind the COMMIT.
                    Err(_) => Err(Broken { failure: Failure::Stalled, unknown: true }),
                };
                match ended {
                    Ok(End::Durable) => return Ok(()),
                    Ok(End::Conflict(error)) => {
                        *held = Some(Turn { client, logs });
                        return Err(error);
                    }
                    Err(broken) => {
                        // Nobody inherits a connection that is in the middle of something.
                        drop(Object::take(client));
                        unknown |= broken.unknown;
                        if let Some(conflict) = taken(&broken.failure, batches) {
                            return Err(conflict);
                        }
                        patience.after(broken.failure).await?;
                    }
                }
            }
        })
    }

    async fn attempt(
        &self,
        client: &Object,
        begun: bool,
        batches: &[Batch<'_>],
        unknown: bool,
    ) -> Result<End, Broken> {
        if !begun {
            client.batch_execute(BEGIN).await?;
        }
        let ids = match lock(client, batches).await? {
            Locked::AsExpected(ids) => ids,
            Locked::Otherwise(found) => {
                if unknown && stored(client, batches, &found).await? {
                    // The attempt whose answer was lost had come through. That it can be read does not say that the standbys have it: a
                    // session that is ended while it waits for them has committed all the same. This waits for them behind it, as the
                    // locks were written.
                    return end(client, &self.cancelled).await;
                }
                return Ok(End::Conflict(conflict(batches, &found)));
            }
        };
        insert::all(client, batches, &ids).await?;
        end(client, &self.cancelled).await
    }
}

/// A decision has the name of one that another process recorded in another log of the site just now.
fn taken(failure: &Failure, batches: &[Batch]) -> Option<StoreError> {
    let Failure::Postgres(error) = failure else { return None };
    let twice = error.as_db_error()?;
    if *twice.code() != SqlState::UNIQUE_VIOLATION || twice.table() != Some("decision") {
        return None;
    }
    let first = batches.first()?;
    Some(StoreError::Conflict { log: first.log.clone(), expected: first.from, found: first.from })
}

async fn release(client: Object) {
    if !matches!(timeout(ANSWER, client.batch_execute("ROLLBACK")).await, Ok(Ok(()))) {
        drop(Object::take(client));
    }
}

async fn end(client: &Object, cancelled: &Cancelled) -> Result<End, Broken> {
    let commit = async { Ok(client.batch_execute("COMMIT").await?) };
    match cancelled.none_during(commit).await {
        Ok(()) => Ok(End::Durable),
        // A word of the server that is none about itself says that it did not commit. Anything else says nothing.
        Err(failure) => {
            let unknown = !failure.is_rollback();
            Err(Broken { failure, unknown })
        }
    }
}

/// The heads of a batch's logs, locked.
enum Locked {
    /// Each has the size that is expected: their numbers.
    AsExpected(Vec<i32>),
    Otherwise(Vec<Found>),
}

/// What the database has of a log.
#[derive(Clone, Copy, Debug, Default)]
struct Found {
    id: i32,
    size: u64,
    closed: bool,
    forgotten: bool,
}

impl Found {
    fn is_expected(&self, batch: &Batch) -> bool {
        self.size == batch.from && !batch.opens_again(self.closed)
    }
}

async fn lock(client: &Object, batches: &[Batch<'_>]) -> Result<Locked, Failure> {
    for batch in batches.iter().filter(|batch| batch.from == 0) {
        let (site, year, number) = name_of(batch.log);
        let statement = client.prepare_cached(OPEN).await?;
        client.execute(&statement, &[&site, &year, &number]).await?;
    }
    let names: Vec<_> = batches.iter().map(|batch| name_of(batch.log)).collect();
    let sites: Vec<_> = names.iter().map(|(site, ..)| *site).collect();
    let years: Vec<_> = names.iter().map(|(_, year, _)| *year).collect();
    let numbers: Vec<_> = names.iter().map(|(.., number)| *number).collect();
    let statement = client.prepare_cached(LOCK).await?;
    let rows = client.query(&statement, &[&sites, &years, &numbers]).await?;
    let mut found = vec![Found::default(); batches.len()];
    for row in &rows {
        let log = codec::log_id(row)?;
        let at = batches.iter().position(|batch| *batch.log == log).and_then(|at| found.get_mut(at));
        let at = at.ok_or_else(|| damaged("a head that was not asked for"))?;
        *at = Found {
            id: row.try_get("log_id")?,
            size: codec::number(row, "size")?,
            closed: row.try_get("closed")?,
            forgotten: row.try_get("forgotten")?,
        };
    }
    if found.iter().zip(batches).all(|(found, batch)| !found.forgotten && found.is_expected(batch)) {
        return Ok(Locked::AsExpected(found.into_iter().map(|found| found.id).collect()));
    }
    Ok(Locked::Otherwise(found))
}

fn conflict(batches: &[Batch], found: &[Found]) -> StoreError {
    if let Some((batch, _)) = batches.iter().zip(found).find(|(_, found)| found.forgotten) {
        return StoreError::Forgotten(batch.log.clone());
    }
    let other = batches.iter().zip(found).find(|(batch, found)| !found.is_expected(batch));
    match other {
        Some((batch, found)) => {
            StoreError::Conflict { log: batch.log.clone(), expected: batch.from, found: found.size }
        }
        None => StoreError::Damaged("a conflict of equal sizes".to_owned()),
    }
}

/// Whether these very batches are in the logs: by their entries, which have fresh salts in them and so are like no others.
async fn stored(client: &Object, batches: &[Batch<'_>], found: &[Found]) -> Result<bool, Failure> {
    let sql =
        "SELECT bytes FROM entry WHERE log_id = $1 AND \"index\" >= $2 AND \"index\" < $3 ORDER BY \"index\"";
    for (batch, Found { id, .. }) in batches.iter().zip(found) {
        let (from, to) = (signed(batch.from), signed(batch.head.size));
        let rows = client.query(sql, &[id, &from, &to]).await?;
        let stored = rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<&[u8]>, _>>()?;
        if stored != batch.entries {
            return Ok(false);
        }
    }
    Ok(true)
}
