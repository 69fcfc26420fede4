//! One thread that makes logs grow. Whoever has a decision to record hands it over and waits.
//!
//! *Natural group commit*, without a timer: while one batch becomes durable, the next collects; so a batch holds one
//! decision when the server is idle and thousands when it is not, and nobody waits for anything but the disk.
//!
//! The order of steps, and what a crash after each of them means:
//!
//! 1. stage: entries, openings and the new head are computed. Nothing happened.
//! 2. store: one atomic, durable batch. The decisions are recorded; no answer went out, so browsers retry and are told
//!    the same as they would have been.
//! 3. sign: the head is signed. The same, as the signature is a function of what is stored.
//! 4. note: the head goes into a file apart from the store, so that an older copy of the store is noticed at the next
//!    start. The same.
//! 5. publish, answer: the promise of a 2xx holds from here on.
//!
//! For how long each site's openings are kept is no part of the store: it comes from the config, at the start and with each
//! config that is loaded later (`Job::Rules`), and a crash forgets it.
//!
//! Where several processes share a store, another one may have appended between 1 and 2. Then the store has written nothing
//! and says so; what came in between is read and followed (`follow.rs`), and the same batch is staged once more behind it.

mod drift;
mod ended;
mod erased;
mod follow;
mod known;
mod left;
mod log;
mod pulse;
mod recover;
mod retain;
mod salts;
#[cfg(test)]
mod tests;
mod watch;
mod writer;

use std::sync::Arc;

use consent_core::decision::{Decision, DecisionId, SubjectId};
use consent_core::ledger::checkpoint::Checkpoint;
use consent_core::ledger::entry::Reason;
use consent_core::ledger::entry::action::Action;
use consent_core::ledger::origin::Origin;
use consent_core::notice::{Notice, NoticeId, SiteId};
use tokio::sync::{mpsc, oneshot};

pub use self::pulse::Pulse;
pub use self::recover::{Broken, Plan, RecoverError, carry_out, plan};
pub use self::watch::compare_site;
use crate::clock::Clock;
use crate::counts::Fresh;
use crate::data::ServerKey;
use crate::heads::Heads;
use crate::signed::LastSigned;
use crate::store::{LogId, Store, StoreError};
use crate::tallies::Hour;
use crate::trail::By;

/// How many decisions one batch takes at most.
pub const MAX_BATCH: usize = 4096;

/// How many decisions may wait: as many as go into the next batch, so that what waits for it waits for nothing behind it.
/// Above it they are refused.
pub const QUEUE: usize = MAX_BATCH;

/// The handle of the sequencer. When the last clone is dropped, what was accepted is finished and the thread ends.
#[derive(Clone, Debug)]
pub struct Sequencer {
    jobs: mpsc::Sender<Job>,
    pulse: Pulse,
    fresh: Arc<Fresh>,
}

/// What a 2xx promises: the decision is durable, has this index, and is under a signed head of this size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The decision.
    pub decision_id: DecisionId,
    /// The log.
    pub log: Origin,
    /// Its index.
    pub index: u64,
    /// The size of the signed head that covers it.
    pub size: u64,
    /// When, unix milliseconds.
    pub recorded_at: u64,
    /// Whether it had been recorded before, by the same request.
    pub replayed: bool,
}

/// Why a decision was not recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// Too many are waiting.
    #[error("too many decisions are waiting")]
    Busy,
    /// Another decision has this id.
    #[error("another decision has this decision_id")]
    Conflict,
    /// It was recorded once, and erased since: it is not recorded again.
    #[error("the decision was erased")]
    Erased,
    /// The store failed while the decision was being written. It may be there or not.
    #[error("the outcome is not known")]
    Unknown,
}

pub(crate) type Reply = oneshot::Sender<Result<Recorded, RecordError>>;

#[derive(Debug)]
pub(crate) enum Job {
    Record { site: SiteId, decision: Box<Decision>, reply: Reply },
    Publish { site: SiteId, notice: NoticeId, reply: oneshot::Sender<()> },
    NameHeads { site: SiteId, heads: Vec<Checkpoint>, reply: oneshot::Sender<()> },
    Tally { hour: Hour, shown: u64, reply: oneshot::Sender<()> },
    Act { action: Box<Action>, reply: oneshot::Sender<()> },
    Erase { site: SiteId, subject: SubjectId, reason: Reason, by: By, reply: oneshot::Sender<Erasure> },
    Follow { reply: oneshot::Sender<()> },
    Rules { sites: Vec<SiteRules>, reply: oneshot::Sender<()> },
    Retain { site: SiteId, reply: oneshot::Sender<Retained> },
}

/// What an erasure left behind: nothing of the person, and one entry for each log that held something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// How many decisions were erased.
    pub decisions: u64,
    /// Log and index of each entry that says so.
    pub entries: Vec<(Origin, u64)>,
}

/// What a night's work on one site came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retained {
    /// How many erasures were written, one for each log at most.
    pub erasures: u64,
    /// Logs that were deleted but for their last head.
    pub forgotten: Vec<LogId>,
    /// Whether there is more to erase: it is done in pieces, so that visitors get their turn in between.
    pub more: bool,
}

/// What the sequencer must know of a site.
#[derive(Clone, Debug)]
pub struct SiteRules {
    /// The site.
    pub site: SiteId,
    /// For how long openings are kept; said in the first entry of each log.
    pub retention_days: u32,
}

/// What the sequencer needs to run.
#[derive(Clone, Debug)]
pub struct Parts {
    /// First part of every origin.
    pub host: String,
    /// The sites.
    pub sites: Vec<SiteRules>,
    /// What was signed before, and where it is noted what is signed now.
    pub last_signed: Arc<LastSigned>,
    /// Signs heads.
    pub key: Arc<ServerKey>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Where the signed heads go.
    pub heads: Arc<Heads>,
}

/// Starts the thread. The receiver gets the error that ended it, if one did: the process must then end too.
///
/// # Errors
/// If a log can not be read back from the store, or is not what it was when it was signed.
pub fn start(
    store: Arc<dyn Store>,
    parts: Parts,
) -> Result<(Sequencer, oneshot::Receiver<StoreError>), StoreError> {
    let (jobs, mut receiver) = mpsc::channel(QUEUE);
    let (failed, failure) = oneshot::channel();
    let writer = writer::Writer::open(store, parts)?;
    let (pulse, fresh) = (writer.pulse.clone(), Arc::clone(&writer.fresh));
    std::thread::Builder::new()
        .name("sequencer".to_owned())
        .spawn(move || {
            if let Err(error) = writer.run(&mut receiver) {
                // Whoever is about to ask has a place in the channel already. What they put there would stay as long as anybody
                // holds a handle, and they would wait for as long; so it is waited for, and let go.
                receiver.close();
                while receiver.blocking_recv().is_some() {}
                // Nobody listens only when the process is ending anyway.
                let _ = failed.send(error);
            }
        })
        .map_err(|error| StoreError::Engine(Box::new(error)))?;
    Ok((Sequencer { jobs, pulse, fresh }, failure))
}

impl Sequencer {
    /// Records a decision. When it returns `Ok`, the promise of [`Recorded`] holds.
    ///
    /// # Errors
    /// See [`RecordError`].
    pub async fn record(&self, site: SiteId, decision: Decision) -> Result<Recorded, RecordError> {
        let (reply, answer) = oneshot::channel();
        let job = Job::Record { site, decision: Box::new(decision), reply };
        self.jobs.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => RecordError::Busy,
            mpsc::error::TrySendError::Closed(_) => RecordError::Unknown,
        })?;
        answer.await.map_err(|_| RecordError::Unknown)?
    }

    /// Names a notice in the site's log, unless it is named there already. Its bytes must be in the store.
    ///
    /// # Errors
    /// [`RecordError::Unknown`] if the store failed.
    pub async fn publish(&self, site: SiteId, notice: &Notice) -> Result<(), RecordError> {
        let (reply, answer) = oneshot::channel();
        let job = Job::Publish { site, notice: notice.id(), reply };
        self.jobs.send(job).await.map_err(|_| RecordError::Unknown)?;
        answer.await.map_err(|_| RecordError::Unknown)
    }

    /// Names heads of other logs in the heads log, which is that of `site`.
    ///
    /// # Errors
    /// [`RecordError::Unknown`] if the store failed.
    pub async fn name_heads(&self, site: SiteId, heads: Vec<Checkpoint>) -> Result<(), RecordError> {
        let (reply, answer) = oneshot::channel();
        let job = Job::NameHeads { site, heads, reply };
        self.jobs.send(job).await.map_err(|_| RecordError::Unknown)?;
        answer.await.map_err(|_| RecordError::Unknown)
    }

    /// Writes into the site's log how often a notice was shown in an hour.
    ///
    /// # Errors
    /// [`RecordError::Unknown`] if the store failed.
    pub async fn tally(&self, hour: Hour, shown: u64) -> Result<(), RecordError> {
        let (reply, answer) = oneshot::channel();
        self.jobs.send(Job::Tally { hour, shown, reply }).await.map_err(|_| RecordError::Unknown)?;
        answer.await.map_err(|_| RecordError::Unknown)
    }

    /// Writes into the trail what somebody did. When it returns, that is durable and under a signed head.
    ///
    /// # Errors
    /// [`RecordError::Unknown`] if the store failed.
    pub async fn act(&self, action: Action) -> Result<(), RecordError> {
        let (reply, answer) = oneshot::channel();
        let job = Job::Act { action: Box::new(action), reply };
        self.jobs.send(job).await.map_err(|_| RecordError::Unknown)?;
        answer.await.map_err(|_| RecordError::Unknown)
    }

    /// Erases everything that a subject ever decided on the site, in the logs of all years, as one step with the entry of the
    /// trail that says who did it. When it returns, nothing of it can be read any more.
    ///
    /// # Errors
    /// [`RecordError::Unknown`] if the store failed.
    pub async fn erase(
        &self,
        site: SiteId,
        subject: SubjectId,
        reason: Reason,
        by: By,
    ) -> Result<Erasure, RecordError> {
        let (reply, answer) = oneshot::channel();
        let job = Job::Erase { site, subject, reason, by, reply };
        self.jobs.send(job).await.map_err(|_| RecordError::Unknown)?;
        answer.await.map_err(|_| RecordError::Unknown)
    }

    /// Erases the next piece of what is past the site's retention, and deletes logs that are past it as a whole. To be called
    /// again as long as [`Retained::more`] says so.
    ///
    /// # Errors
    /// [`RecordError::Unknown`] if the store failed.
    pub async fn retain(&self, site: SiteId) -> Result<Retained, RecordError> {
        let (reply, answer) = oneshot::channel();
        self.jobs.send(Job::Retain { site, reply }).await.map_err(|_| RecordError::Unknown)?;
        answer.await.map_err(|_| RecordError::Unknown)
    }

    /// Puts these rules in the place of those of the sites before. A site that has none any more keeps its logs, and openings
    /// for as long as these promised.
    ///
    /// # Errors
    /// [`RecordError::Unknown`] if the thread has ended.
    pub async fn rules(&self, sites: Vec<SiteRules>) -> Result<(), RecordError> {
        let (reply, answer) = oneshot::channel();
        self.jobs.send(Job::Rules { sites, reply }).await.map_err(|_| RecordError::Unknown)?;
        answer.await.map_err(|_| RecordError::Unknown)
    }

    /// Takes up what other processes appended to the same store. When it returns, the heads are those of the store.
    ///
    /// # Errors
    /// [`RecordError::Unknown`] if the store failed, or contradicts a head that was signed.
    pub async fn follow(&self) -> Result<(), RecordError> {
        let (reply, answer) = oneshot::channel();
        self.jobs.send(Job::Follow { reply }).await.map_err(|_| RecordError::Unknown)?;
        answer.await.map_err(|_| RecordError::Unknown)
    }

    /// Whether the thread still takes work.
    #[must_use]
    pub fn is_running(&self) -> bool {
        !self.jobs.is_closed()
    }

    /// What the thread did since it began.
    #[must_use]
    pub fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// What the thread wrote, as far as nobody has counted it.
    pub(crate) fn fresh(&self) -> &Fresh {
        &self.fresh
    }

    /// How many decisions are waiting.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.jobs.max_capacity() - self.jobs.capacity()
    }
}
