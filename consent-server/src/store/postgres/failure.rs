//! What can go wrong between here and the database, and whether it passes.

use std::error::Error as _;

use deadpool_postgres::{HookError, PoolError};
use tokio_postgres::error::SqlState;

use super::super::StoreError;

/// Why a call did not end well.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The database said no, or the connection broke.
    #[error("PostgreSQL")]
    Postgres(#[from] tokio_postgres::Error),
    /// No connection could be had.
    #[error("no connection to PostgreSQL")]
    Pool(#[from] PoolError),
    /// No answer came in time. What was asked may have been done.
    #[error("PostgreSQL did not answer in time")]
    Stalled,
    /// It was answered, and the synchronous standbys may not have it.
    #[error("the wait for the synchronous standby was cancelled, which may not have what was written")]
    Cancelled,
    /// What is stored is not what it should be, or what was asked can not be.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Failure {
    /// Whether it says only that a statement before it failed.
    pub(super) fn is_consequence(&self) -> bool {
        let Self::Postgres(error) = self else { return false };
        error.code() == Some(&SqlState::IN_FAILED_SQL_TRANSACTION)
    }

    /// Whether it says that the transaction was rolled back.
    pub(super) fn is_rollback(&self) -> bool {
        let Self::Postgres(error) = self else { return false };
        let code = error.code().map_or("", SqlState::code);
        code.starts_with("40") && code != SqlState::T_R_STATEMENT_COMPLETION_UNKNOWN.code()
    }

    /// Whether the same may succeed in a moment, on another connection.
    pub(super) fn passes(&self) -> bool {
        match self {
            Self::Stalled | Self::Cancelled | Self::Pool(PoolError::Timeout(_)) => true,
            Self::Postgres(error)
            | Self::Pool(PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error))) => {
                passes(error)
            }
            Self::Pool(_) | Self::Store(_) => false,
        }
    }
}

fn passes(error: &tokio_postgres::Error) -> bool {
    if is_somebody_else(error) {
        return false;
    }
    // Without a word of the server it is the network, or nobody who may be written to: both can change.
    let Some(code) = error.code() else { return true };
    // 08: connection. 40: transaction rollback, so serialisation failures and deadlocks. 53: resources, connections among
    // them. 57: somebody stopped it.
    let classes = ["08", "40", "53", "57"];
    classes.iter().any(|class| code.code().starts_with(class))
        || [
            // A primary that became a standby under our feet.
            SqlState::READ_ONLY_SQL_TRANSACTION,
            SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
            SqlState::LOCK_NOT_AVAILABLE,
            // Two opened the same log at the same moment, or made the same table.
            SqlState::UNIQUE_VIOLATION,
            SqlState::DUPLICATE_TABLE,
            SqlState::DUPLICATE_OBJECT,
        ]
        .contains(code)
}

/// Whether the other end could not prove that it is the database.
fn is_somebody_else(error: &tokio_postgres::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let tls = inner.and_then(|inner| inner.downcast_ref()).or_else(|| error.downcast_ref());
        if let Some(rustls::Error::InvalidCertificate(_)) = tls {
            return true;
        }
        cause = error.source();
    }
    false
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Store(error) => error,
            other => Self::Engine(Box::new(other)),
        }
    }
}
