//! Whether an answer says what it seems to say where PostgreSQL waits for synchronous standbys.
//!
//! That wait comes when everything is committed on the primary. Who cancels it (`pg_cancel_backend`) has the statement answered like any
//! other, and a warning before the answer says that the standbys may not have it. So warnings are listened for, and an answer behind one
//! counts as none. What was asked is asked again then; and as it may find everything done, which is no reason for PostgreSQL to wait, the
//! standbys are waited for behind it.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use deadpool_postgres::Connect;
use tokio::task::JoinHandle;
use tokio_postgres::error::{DbError, SqlState};
use tokio_postgres::{AsyncMessage, Client, Config, Error};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::failure::Failure;

/// Where in PostgreSQL such a warning comes from. Its text has the language of the server, and its code says only that it is a warning.
const WAIT: &str = "SyncRepWaitForLSN";

/// Locks a row that is always there, if there is a standby to wait for.
const CONFIRM: &str = "SELECT number FROM migration WHERE current_setting('synchronous_standby_names', true) <> '' \
     ORDER BY number LIMIT 1 FOR KEY SHARE";

/// Returns when the synchronous standbys have what could be read before: to lock a row is to write, and waits for them.
pub(super) async fn confirm(client: &Client) -> Result<(), Failure> {
    match client.batch_execute(CONFIRM).await {
        // Where there are no tables, nothing of ours was written.
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => Ok(()),
        done => Ok(done?),
    }
}

/// How many waits were cancelled, on all connections that were made with it.
#[derive(Clone, Debug, Default)]
pub(super) struct Cancelled(Arc<AtomicUsize>);

impl Cancelled {
    /// The outcome of something that is asked on one of these connections; [`Failure::Cancelled`] if a wait was cancelled meanwhile, even
    /// if it was that of another connection: which one is not known.
    pub(super) async fn none_during<T>(
        &self,
        asked: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let before = self.0.load(Ordering::Acquire);
        let answer = asked.await?;
        // A connection reads in order, so what was said before the answer has been heard.
        if self.0.load(Ordering::Acquire) == before { Ok(answer) } else { Err(Failure::Cancelled) }
    }

    fn hear(&self, notice: &DbError) {
        // Without its detail, which can have values in it.
        tracing::info!(error = notice.message(), "PostgreSQL says something of what it was asked");
        if notice.routine() == Some(WAIT) {
            self.0.fetch_add(1, Ordering::Release);
        }
    }
}

/// Makes connections whose warnings are heard.
pub(super) struct Heard {
    pub(super) tls: MakeRustlsConnect,
    pub(super) cancelled: Cancelled,
}

impl Connect for Heard {
    fn connect(
        &self,
        config: &Config,
    ) -> Pin<Box<dyn Future<Output = Result<(Client, JoinHandle<()>), Error>> + Send + '_>> {
        let config = config.clone();
        Box::pin(async move {
            let (client, mut connection) = config.connect(self.tls.clone()).await?;
            let cancelled = self.cancelled.clone();
            let reading = tokio::spawn(async move {
                while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
                    match message {
                        Ok(AsyncMessage::Notice(notice)) => cancelled.hear(&notice),
                        Ok(_) => {}
                        // Whoever waits for an answer is told too.
                        Err(error) => return tracing::warn!(%error, "a connection to PostgreSQL broke"),
                    }
                }
            });
            Ok((client, reading))
        })
    }
}
