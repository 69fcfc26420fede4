//! Connections, and how long to try.
//!
//! The store is asked by threads that block, and the client library is made of futures. So the store has a small runtime
//! of its own that keeps the connections going, and each call waits on its own thread.

use std::fmt;
use std::time::Duration;

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use tokio::time::{Instant, sleep, timeout};

use super::super::StoreError;
use super::address::PostgresAddress;
use super::failure::Failure;
use super::standby::{Cancelled, Heard, confirm};
use super::tls;

/// How long the database may be away before a call fails, and with it the process if it was the sequencer's. A restart
/// or a failover takes less.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// How long one answer may take.
pub(super) const ANSWER: Duration = Duration::from_secs(10);

/// How many connections read at the same time, in one process.
const READERS: usize = 8;

/// The first wait after a failure; it doubles up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(20);

/// The longest wait between two attempts.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// The way to one database.
pub(super) struct Link {
    runtime: Option<tokio::runtime::Runtime>,
    readers: Pool,
    /// Apart, so that no number of readers can keep the sequencer from writing. One connection writes; one more can be
    /// made while a broken one is given up.
    writers: Pool,
    pub(super) cancelled: Cancelled,
    patience: Duration,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Link({:?} readers)", self.readers.status().size)
    }
}

/// Counts the waits of one call.
pub(super) struct Patience {
    until: Instant,
    wait: Duration,
}

impl Patience {
    fn new(patience: Duration) -> Self {
        Self { until: Instant::now() + patience, wait: FIRST_WAIT }
    }

    /// Waits before the next attempt, or gives the failure back because it does not pass, or not soon enough.
    pub(super) async fn after(&mut self, failure: Failure) -> Result<(), Failure> {
        if !failure.passes() || Instant::now() + self.wait > self.until {
            return Err(failure);
        }
        let wait_ms = self.wait.as_millis();
        tracing::warn!(error = %chain(&failure), %wait_ms, "PostgreSQL failed, and is asked again");
        sleep(self.wait).await;
        self.wait = (self.wait * 2).min(LONGEST_WAIT);
        Ok(())
    }
}

impl Link {
    pub(super) fn new(address: &PostgresAddress, patience: Duration) -> Result<Self, StoreError> {
        let engine = |error: std::io::Error| StoreError::Engine(Box::new(error));
        let connector = tls::connector(address.roots.as_deref()).map_err(engine)?;
        let cancelled = Cancelled::default();
        let pool = |size: usize| {
            let config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
            let heard = Heard { tls: connector.clone(), cancelled: cancelled.clone() };
            let manager = Manager::from_connect(address.config.clone(), heard, config);
            let pool = Pool::builder(manager).max_size(size).runtime(Runtime::Tokio1);
            let pool =
                pool.wait_timeout(Some(ANSWER)).create_timeout(Some(ANSWER)).recycle_timeout(Some(ANSWER));
            pool.post_create(Hook::async_fn(|client, _| {
                Box::pin(async move { settle(client).await.map_err(HookError::Backend) })
            }))
            .build()
            .map_err(|error| StoreError::Engine(Box::new(error)))
        };
        let (readers, writers) = (pool(READERS)?, pool(2)?);
        let runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = { runtime }.worker_threads(1).thread_name("postgres").enable_all().build();
        Ok(Self { runtime: Some(runtime.map_err(engine)?), readers, writers, cancelled, patience })
    }

    /// Waits on this thread for what is done with the connections.
    pub(super) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        let _inside = self.runtime.as_ref().map(tokio::runtime::Runtime::enter);
        pollster::block_on(work)
    }

    /// Asks something that may be asked again, until it is answered or patience ends.
    #[expect(clippy::needless_pass_by_value, reason = "a question is written where it is asked")]
    pub(super) fn ask<T>(
        &self,
        question: impl AsyncFn(&Object) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        self.wait(async {
            let (mut patience, mut again) = (self.patience(), false);
            loop {
                match self.once(&question, again).await {
                    Ok(answer) => return Ok(answer),
                    Err(failure) => patience.after(failure).await?,
                }
                again = true;
            }
        })
    }

    async fn once<T>(
        &self,
        question: &impl AsyncFn(&Object) -> Result<T, Failure>,
        again: bool,
    ) -> Result<T, Failure> {
        let client = self.readers.get().await?;
        let asked = async {
            let answer = question(&client).await?;
            if again {
                // What was asked first may have been done, and be known to the primary alone.
                confirm(&client).await?;
            }
            Ok(answer)
        };
        let asked = timeout(ANSWER, self.cancelled.none_during(asked));
        let answer = asked.await.unwrap_or(Err(Failure::Stalled));
        if answer.is_err() {
            // Whatever state it is in, nobody inherits it.
            drop(Object::take(client));
        }
        answer
    }

    /// For one call.
    pub(super) fn patience(&self) -> Patience {
        Patience::new(self.patience)
    }

    /// A connection for a transaction of its own.
    pub(super) async fn writer(&self) -> Result<Object, Failure> {
        Ok(self.writers.get().await?)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // Not awaited: the last owner may be a task of another runtime, where waiting is not allowed.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Lets each statement be planned for the tables as they are: a plan that was made when a log was young, and is kept, reads
/// whole tables when it is not. And has warnings said, which `standby.rs` listens for. Servers that do not know a setting are left alone.
const SETTINGS: &str = "SELECT set_config(name, value, false) FROM pg_settings JOIN (VALUES \
     ('plan_cache_mode', 'force_custom_plan'), ('client_min_messages', 'warning')) AS ours (name, value) USING (name)";

/// Makes sure that a connection means what it says: a COMMIT that is answered is on the disk, here and on the synchronous
/// standbys if there are any.
async fn settle(client: &deadpool_postgres::ClientWrapper) -> Result<(), tokio_postgres::Error> {
    let row = client.query_one("SELECT current_setting('synchronous_commit')", &[]).await?;
    if ["off", "local"].contains(&row.try_get::<_, &str>(0)?) {
        client.batch_execute("SET synchronous_commit = on").await?;
    }
    client.batch_execute(SETTINGS).await
}

/// An error with everything behind it. None of it has a password in it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
