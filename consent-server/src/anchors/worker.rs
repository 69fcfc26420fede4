//! When heads are named, witnesses asked and time-stamps taken. Nothing here is waited for by anybody.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use consent_core::ledger::checkpoint::SignedCheckpoint;
use consent_core::ledger::cosignature::Cosignature;
use consent_core::ledger::note;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use super::client::{Client, blocking};
use super::documents::Kept;
use super::heads::NamedHeads;
use super::published::{Cosigned, Published};
use super::witness::{self, WitnessError};
use super::{policy, stamp};
use crate::clock::Clock;
use crate::config::AnchorsConfig;
use crate::heads::Heads;
use crate::sequencer::{RecordError, Sequencer};
use crate::store::{LogId, Store, StoreError};

/// The first wait after a failure; it doubles up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_secs(5);

/// The longest wait between two attempts.
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);

/// What only one of the processes that share a store does at a time.
const LEASE: &str = "anchors";

/// For how long it has it, in seconds.
const LEASED: u32 = 60;

/// How often it takes it anew, or tries to.
const RENEWED_EVERY: Duration = Duration::from_secs(20);

/// Everything that is needed to have others vouch for the logs.
#[derive(Debug)]
pub struct Worker {
    config: AnchorsConfig,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    published: Arc<Published>,
    named: NamedHeads,
    client: Client,
    advanced: Notify,
}

/// Why the worker ends.
#[derive(Debug)]
enum End {
    /// The sequencer has ended, and says why by itself.
    Stopped,
    /// The store failed: the process has to end.
    Store(StoreError),
}

impl From<RecordError> for End {
    fn from(_: RecordError) -> Self {
        Self::Stopped
    }
}

impl From<StoreError> for End {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What is known of one witness.
#[derive(Clone, Debug)]
struct Peer {
    /// The size of each heads log that it is thought to have seen.
    seen: HashMap<LogId, u64>,
    failures: u32,
    not_before: Instant,
}

impl Worker {
    /// Puts it together; nothing happens before [`Worker::run`].
    #[must_use]
    pub fn new(
        config: AnchorsConfig,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        published: Arc<Published>,
        (sequencer, heads): (Sequencer, Arc<Heads>),
    ) -> Self {
        let (client, advanced) = (Client::default(), Notify::new());
        let named = NamedHeads::new(sequencer, heads, Arc::clone(&published));
        Self { config, store, clock, published, named, client, advanced }
    }

    /// Works until it is dropped or the sequencer ends. Of several processes that share a store one works, and another one
    /// if that one does not any more.
    ///
    /// # Errors
    /// If the store failed: the process must then end.
    pub async fn run(self) -> Result<(), StoreError> {
        loop {
            while !self.is_leased().await? {
                sleep(RENEWED_EVERY).await;
            }
            let ended = tokio::select! {
                ended = async { tokio::try_join!(self.name_heads(), self.ask_witnesses(), self.take_stamps()) } => ended,
                lost = self.keep_lease() => {
                    lost?;
                    self.published.leave_naming();
                    continue;
                }
            };
            return match ended {
                Ok(((), (), ())) | Err(End::Stopped) => Ok(()),
                Err(End::Store(error)) => Err(error),
            };
        }
    }

    async fn is_leased(&self) -> Result<bool, StoreError> {
        let store = Arc::clone(&self.store);
        blocking(move || store.lease(LEASE, LEASED)).await
    }

    /// Returns when another process has it.
    async fn keep_lease(&self) -> Result<(), StoreError> {
        loop {
            sleep(RENEWED_EVERY).await;
            if !self.is_leased().await? {
                return Ok(());
            }
        }
    }

    async fn name_heads(&self) -> Result<(), End> {
        let (store, witnesses) = (Arc::clone(&self.store), self.published.witnesses.clone());
        blocking(move || policy::keep(&*store, &witnesses)).await?;
        let mut size = None;
        loop {
            let head = self.named.advance().await?;
            let now = head.map(|(log, head)| (log, head.checkpoint().size));
            if now != size {
                size = now;
                self.advanced.notify_one();
            }
            sleep(Duration::from_secs(self.config.heads_every)).await;
        }
    }

    async fn ask_witnesses(&self) -> Result<(), End> {
        let fresh = Peer { seen: HashMap::new(), failures: 0, not_before: Instant::now() };
        let mut peers = vec![fresh; self.config.witnesses.len()];
        let mut lines = Lines::default();
        while !peers.is_empty() {
            let waiting = peers.iter().zip(&self.config.witnesses).filter(|(_, of)| !lines.has(&of.name));
            let retry = waiting.map(|(peer, _)| peer.not_before).min();
            tokio::select! {
                () = self.advanced.notified() => {}
                () = until(retry.filter(|_| lines.of.is_some())) => {}
            }
            // What is asked for is never older than this moment: an auditor relies on it.
            let Some((log, head)) = self.named.advance().await? else { continue };
            lines.turn_to(&log, &head);
            self.ask_due(&mut peers, &mut lines, (&log, &head)).await?;
        }
        std::future::pending().await
    }

    /// Asks every witness that has not cosigned this head and whose turn it is, all at once.
    async fn ask_due(
        &self,
        peers: &mut [Peer],
        lines: &mut Lines,
        (log, head): (&LogId, &SignedCheckpoint),
    ) -> Result<(), End> {
        let now = self.clock.unix_seconds();
        let mut asked = JoinSet::new();
        for (at, (peer, witness)) in peers.iter().zip(&self.config.witnesses).enumerate() {
            if lines.has(&witness.name) || peer.not_before > Instant::now() {
                continue;
            }
            let (client, store, witness) = (self.client.clone(), Arc::clone(&self.store), witness.clone());
            let (log, head) = (log.clone(), head.clone());
            let mut seen = peer.seen.get(&log).copied().unwrap_or(0);
            asked.spawn(async move {
                let found = witness::ask(&client, &store, &witness, (&log, &head), &mut seen, now).await;
                (at, seen, found)
            });
        }
        // Each is taken as it comes: one that hangs does not hold up what the others said.
        while let Some(answer) = asked.join_next().await {
            let Ok((at, seen, found)) = answer else { continue };
            let (Some(peer), Some(witness)) = (peers.get_mut(at), self.config.witnesses.get(at)) else {
                continue;
            };
            peer.seen.insert(log.clone(), seen);
            match found {
                Ok(cosignature) => {
                    (peer.failures, peer.not_before) = (0, Instant::now());
                    lines.add(&witness.name, &cosignature);
                    self.publish(lines, (log, head)).await?;
                }
                Err(WitnessError::Store(error)) => return Err(error.into()),
                Err(error) => {
                    peer.failures = peer.failures.saturating_add(1);
                    let wait = wait_after(peer.failures);
                    peer.not_before = Instant::now() + wait;
                    tracing::warn!(witness = %witness.name, error = %chain(&error), wait_s = wait.as_secs(), "a witness did not cosign");
                }
            }
        }
        Ok(())
    }

    /// Shows the head with its cosignatures, as soon as they are enough.
    async fn publish(&self, lines: &Lines, (log, head): (&LogId, &SignedCheckpoint)) -> Result<(), End> {
        if !self.published.witnesses.is_met_by(&lines.cosigned.keys().map(String::as_str).collect()) {
            return Ok(());
        }
        let note: String = lines.cosigned.values().map(|line| format!("{line}\n")).collect();
        let cosigned = Cosigned {
            log: log.clone(),
            size: head.checkpoint().size,
            note: format!("{}{note}", head.as_str()),
            time: self.clock.unix_seconds(),
        };
        // It is ours, and whoever reads it must be able to.
        if let Err(error) = note::split(cosigned.note.as_bytes()) {
            tracing::error!(%error, "a cosigned head is no note");
            return Ok(());
        }
        let (store, published) = (Arc::clone(&self.store), Arc::clone(&self.published));
        blocking(move || published.publish(&*store, cosigned)).await?;
        Ok(())
    }

    async fn take_stamps(&self) -> Result<(), End> {
        if self.config.timestamps.is_empty() {
            return std::future::pending().await;
        }
        let store = Arc::clone(&self.store);
        let last = blocking(move || Kept::all(&*store)).await?.into_iter().max_by_key(|kept| kept.time);
        let since = last.as_ref().map(|kept| self.clock.unix_seconds().saturating_sub(kept.time));
        let mut stamped = None;
        let mut wait = since.map_or(0, |since| self.config.timestamp_every.saturating_sub(since));
        let mut failures = 0;
        loop {
            sleep(Duration::from_secs(wait)).await;
            wait = self.config.timestamp_every;
            // As with witnesses: everything up to this moment is in what is stamped.
            let Some((log, head)) = self.named.advance().await? else {
                wait = wait.min(self.config.heads_every);
                continue;
            };
            let now = Some((log.clone(), head.checkpoint().size));
            if stamped == now {
                continue;
            }
            if self.take_stamp((&log, &head)).await? {
                (stamped, failures) = (now, 0);
            } else {
                failures += 1;
                wait = wait.min(wait_after(failures).as_secs());
            }
        }
    }

    /// Takes one from the first service that gives one.
    async fn take_stamp(&self, head: (&LogId, &SignedCheckpoint)) -> Result<bool, End> {
        for service in &self.config.timestamps {
            match stamp::ask(&self.client, service, head, self.clock.unix_seconds()).await {
                Ok(stamped) => {
                    let store = Arc::clone(&self.store);
                    blocking(move || stamped.keep(&*store)).await?;
                    return Ok(true);
                }
                Err(error) => {
                    tracing::warn!(service = %service.url, error = %chain(&error), "no time-stamp was taken");
                }
            }
        }
        Ok(false)
    }
}

/// The cosignatures of one head so far, by the name of the witness.
#[derive(Debug, Default)]
struct Lines {
    of: Option<(LogId, u64)>,
    cosigned: std::collections::BTreeMap<String, String>,
}

impl Lines {
    fn has(&self, witness: &str) -> bool {
        self.cosigned.contains_key(witness)
    }

    /// Begins anew if the head is another one.
    fn turn_to(&mut self, log: &LogId, head: &SignedCheckpoint) {
        let of = Some((log.clone(), head.checkpoint().size));
        if self.of != of {
            *self = Self { of, ..Self::default() };
        }
    }

    fn add(&mut self, witness: &str, cosignature: &Cosignature) {
        self.cosigned.insert(witness.to_owned(), cosignature.line().to_owned());
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

fn wait_after(failures: u32) -> Duration {
    FIRST_WAIT
        .saturating_mul(1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX))
        .min(LONGEST_WAIT)
}

/// An error with everything behind it, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
