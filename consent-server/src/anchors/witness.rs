//! One witness: asked for its cosignature (C2SP tlog-witness, `add-checkpoint`).

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use consent_core::ledger::checkpoint::SignedCheckpoint;
use consent_core::ledger::cosignature::Cosignature;
use consent_core::ledger::note::Signature;
use consent_core::ledger::proof::{BuildError, consistency};

use super::client::{Answer, Client, ClientError, blocking};
use crate::config::WitnessConfig;
use crate::store::{LogId, Store, StoreError};
use crate::tiles::LogTiles;

/// The most bytes of an answer: a few signature lines.
const MAX_ANSWER: u64 = 16 * 1024;

/// How far the witness's clock may be from ours, in seconds. An auditor holds its time against that of entries.
pub(super) const CLOCKS: u64 = 60;

/// Why a witness did not cosign.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WitnessError {
    /// The store failed: the process has to end.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is stored gives no proof.
    #[error("no proof can be built")]
    Proof(#[from] BuildError<StoreError>),
    /// No answer came.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// It says no.
    #[error("answered {status}: {text}")]
    Refused {
        /// The status.
        status: u16,
        /// The beginning of what it says.
        text: String,
    },
    /// What it sent is not its cosignature of this head.
    #[error("answered with something else than its cosignature")]
    NotCosigned,
    /// Its clock or ours is wrong.
    #[error(
        "its clock is {seconds} seconds away from the one of this server, and one of them has to be set right"
    )]
    Clock {
        /// How far.
        seconds: u64,
    },
    /// It has seen a larger heads log.
    #[error(
        "has seen {seen} entries of the heads log, which has {size} here: this server runs on an older copy of its store, or \
         another one signs with its key"
    )]
    Ahead {
        /// What the witness has seen.
        seen: u64,
        /// What is here.
        size: u64,
    },
}

/// Asks for a cosignature of `head`. `seen` is the size that the witness is thought to have seen, and is set right.
///
/// # Errors
/// See [`WitnessError`].
pub async fn ask(
    client: &Client,
    store: &Arc<dyn Store>,
    witness: &WitnessConfig,
    (log, head): (&LogId, &SignedCheckpoint),
    seen: &mut u64,
    now: u64,
) -> Result<Cosignature, WitnessError> {
    let size = head.checkpoint().size;
    for attempt in 0..2 {
        if *seen > size {
            return Err(WitnessError::Ahead { seen: *seen, size });
        }
        let body = request(store, log, head, *seen).await?;
        let url = format!("{}/add-checkpoint", witness.url);
        let answer = client.post(url, "text/plain; charset=utf-8", body, MAX_ANSWER).await?;
        match answer.status {
            200 => {
                let found = cosignature(&answer, witness, head)?;
                let seconds = found.time.abs_diff(now);
                if seconds > CLOCKS {
                    return Err(WitnessError::Clock { seconds });
                }
                *seen = size;
                return Ok(found);
            }
            409 if attempt == 0 => *seen = conflict(&answer).ok_or_else(|| refused(&answer))?,
            _ => return Err(refused(&answer)),
        }
    }
    Err(WitnessError::NotCosigned)
}

async fn request(
    store: &Arc<dyn Store>,
    log: &LogId,
    head: &SignedCheckpoint,
    seen: u64,
) -> Result<Vec<u8>, WitnessError> {
    let (store, log, size) = (Arc::clone(store), log.clone(), head.checkpoint().size);
    let proof =
        blocking(move || Ok::<_, WitnessError>(consistency(&LogTiles::new(&*store, &log), seen, size)?));
    let proof: String = proof.await?.iter().map(|hash| STANDARD.encode(hash.0) + "\n").collect();
    Ok(format!("old {seen}\n{proof}\n{}", head.as_str()).into_bytes())
}

/// The size in a 409.
fn conflict(answer: &Answer) -> Option<u64> {
    let text = std::str::from_utf8(&answer.body).ok()?.strip_suffix('\n')?;
    text.parse().ok().filter(|size: &u64| size.to_string() == text)
}

fn refused(answer: &Answer) -> WitnessError {
    let text = String::from_utf8_lossy(&answer.body);
    let text = text.chars().map(|shown| if shown.is_control() { ' ' } else { shown }).take(200).collect();
    WitnessError::Refused { status: answer.status, text }
}

fn cosignature(
    answer: &Answer,
    witness: &WitnessConfig,
    head: &SignedCheckpoint,
) -> Result<Cosignature, WitnessError> {
    let text = std::str::from_utf8(&answer.body).map_err(|_| WitnessError::NotCosigned)?;
    let mut lines = text.lines().filter_map(Signature::from_line);
    let line = lines.find(|line| witness.key.is_named_by(line)).ok_or(WitnessError::NotCosigned)?;
    witness.key.check(&head.checkpoint().to_string(), &line).map_err(|_| WitnessError::NotCosigned)
}
