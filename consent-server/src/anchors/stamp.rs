//! One time-stamp: asked for, checked, kept (RFC 3161, section 3.4: over HTTP).

use consent_core::ledger::checkpoint::SignedCheckpoint;
use consent_core::timestamp::error::TimestampError;
use consent_core::timestamp::token::verify;
use consent_core::timestamp::{MAX_RESPONSE_BYTES, NONCE_BYTES, request};

use super::client::{Client, ClientError};
use super::documents::Kept;
use super::witness::CLOCKS;
use crate::config::TimestampConfig;
use crate::store::{LogId, Store, StoreError};

/// Why there is no time-stamp.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StampError {
    /// The machine gives no random numbers.
    #[error("the machine gives no random numbers")]
    Random(#[from] getrandom::Error),
    /// No answer came.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// It says no.
    #[error("answered {0}")]
    Status(u16),
    /// The answer proves nothing.
    #[error(transparent)]
    Token(#[from] TimestampError),
    /// Its clock or ours is wrong.
    #[error(
        "its clock is {seconds} seconds away from the one of this server, and one of them has to be set right"
    )]
    Clock {
        /// How far.
        seconds: u64,
    },
}

/// A time-stamp that was checked, ready to be kept.
#[derive(Debug)]
pub struct Stamped {
    kept: Kept,
    checkpoint: String,
    pem: String,
    response: Vec<u8>,
}

impl Stamped {
    /// Keeps it durably.
    ///
    /// # Errors
    /// If the store fails.
    pub fn keep(&self, store: &dyn Store) -> Result<(), StoreError> {
        self.kept.keep(store, &self.checkpoint, &self.pem, &self.response)
    }
}

/// Asks for a time-stamp of `head`, byte for byte as it is signed.
///
/// # Errors
/// See [`StampError`].
pub async fn ask(
    client: &Client,
    service: &TimestampConfig,
    (log, head): (&LogId, &SignedCheckpoint),
    now: u64,
) -> Result<Stamped, StampError> {
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce)?;
    let checkpoint = head.as_str();
    let question = request(checkpoint.as_bytes(), nonce)?;
    let limit = u64::try_from(MAX_RESPONSE_BYTES).unwrap_or(u64::MAX);
    let answer = client.post(service.url.clone(), "application/timestamp-query", question, limit).await?;
    if answer.status != 200 {
        return Err(StampError::Status(answer.status));
    }
    let stamp = verify(&answer.body, checkpoint.as_bytes(), Some(nonce), &service.certificates)?;
    let seconds = stamp.time.abs_diff(now);
    if seconds > CLOCKS {
        return Err(StampError::Clock { seconds });
    }
    let kept = Kept { year: log.year, size: head.checkpoint().size, time: stamp.time };
    Ok(Stamped { kept, checkpoint: checkpoint.to_owned(), pem: service.pem.clone(), response: answer.body })
}
