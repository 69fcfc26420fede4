//! Where logs, openings and notices are kept.
//!
//! The trait is about what the log needs and not about any engine's shape: each adapter is one small file, written
//! natively, and shares nothing with the others but the contract test in `contract.rs`.

#[cfg(test)]
mod contract;
mod documents;
mod embedded;
mod memory;
#[cfg(test)]
mod ops;
mod postgres;
mod rows;

use std::ops::Range;

use consent_core::decision::{DecisionId, SubjectId};
use consent_core::ledger::origin::Origin;
use consent_core::notice::{NoticeId, SiteId};

pub use self::documents::{MAX_DOCUMENT_BYTES, MAX_DOCUMENT_NAME_BYTES};
pub use self::embedded::EmbeddedStore;
pub use self::memory::MemoryStore;
#[cfg(test)]
pub(crate) use self::postgres::tests::Schemas;
pub use self::postgres::{PostgresAddress, PostgresStore};
pub use self::rows::{Batch, DecisionRow, Erased, Head, LogId, Notices, Openings, Placed, Row, Tile};

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The log is not at the size that the batch was made for: somebody else appended, or closed it, or a copy was restored.
    /// Nothing was written.
    #[error(
        "log {log}: the store is at size {found}, or closed there, and the batch was made for {expected}"
    )]
    Conflict {
        /// The log.
        log: LogId,
        /// The size that the batch expects.
        expected: u64,
        /// The size that the store has.
        found: u64,
    },
    /// The log was forgotten, and nothing can follow. Nothing was written.
    #[error("log {0} was deleted but for its head, nothing can be added to it")]
    Forgotten(LogId),
    /// A document has a name that is none, or is too large. Nothing was written.
    #[error(
        "document {name:?} of {length} bytes: a name is 1 to 128 of a-z 0-9 . _ / -, and a document at most 4 MiB"
    )]
    Document {
        /// Its name.
        name: String,
        /// Its length, in bytes.
        length: usize,
    },
    /// Something that was written is not there, or is not what was written.
    #[error(
        "the store is damaged: {0}. Put a whole copy back. If there is none, `consent recover` goes on without what is lost; \
         where it can not open the store either, move the store's folder away first, and keep it"
    )]
    Damaged(String),
    /// A head was signed that the store does not reach: it is an older copy.
    #[error(
        "log {log}: a head of {signed} entries was signed, and the store has {stored}. This is an older copy of the \
         store: going on with it would give numbers a second time that receipts were already given for. Put the newest \
         copy back. If there is none, `consent recover` ends this log for good, and opens the next one, which names the head \
         that was signed last"
    )]
    RolledBack {
        /// The log.
        log: LogId,
        /// The size that was signed.
        signed: u64,
        /// The size that the store has.
        stored: u64,
    },
    /// A head was signed that the store contradicts.
    #[error(
        "log {log}: its first {size} entries are not those that a head was signed for. The store was changed or comes \
         from elsewhere: put the right one back. If it is gone, `consent recover` ends this log for good, with what agrees \
         with the signed heads, and opens the next one"
    )]
    Forked {
        /// The log.
        log: LogId,
        /// The size that was signed.
        size: u64,
    },
    /// The head that was signed last was signed with another key.
    #[error(
        "log {log}: the head signed last was signed with another key than the one in signing.key. Put the right key \
         back. If it is lost, `consent recover` ends this log for good, and opens the next one under the key that is there"
    )]
    ForeignKey {
        /// The log.
        log: LogId,
    },
    /// The log was begun under another name than the one that the config gives it.
    #[error(
        "the store has the log {found}, the config calls it {expected}: keep `host` as it was when the log began"
    )]
    Renamed {
        /// The name in its first entry.
        found: Origin,
        /// The name that the config leads to.
        expected: Origin,
    },
    /// The clock was set while the server ran.
    #[error(
        "the clock was set: it should say {expected} and says {now} (unix seconds). No entry is written at a time that may \
         be wrong: see that the clock is right, and start again"
    )]
    ClockSet {
        /// What it should say, unix seconds.
        expected: u64,
        /// What it says, unix seconds.
        now: u64,
    },
    /// The last entry of a log lies in the future.
    #[error(
        "log {log}: its last entry is of {last}, and the clock says {now} (unix seconds). Set the clock right. If it was \
         the log that got a wrong time, no right entry can follow it: move the data folder away and choose another `host`"
    )]
    ClockBehind {
        /// The log.
        log: LogId,
        /// The time of its last entry, unix seconds.
        last: u64,
        /// What the clock says, unix seconds.
        now: u64,
    },
    /// The store was written by a version of this program that keeps things elsewhere.
    #[error(
        "the store in {folder} has format {found}, this program reads and writes {expected}: use the version that made it, \
         or export what it holds with that version, move the data folder away, and begin anew with another `host`"
    )]
    Format {
        /// Its folder.
        folder: String,
        /// The format that it has.
        found: String,
        /// The format that this program writes.
        expected: u32,
    },
    /// Another process has the store open.
    #[error(
        "the store in {0} is in use by another process, and two would write over each other: stop that one first. A command can \
         go through it instead, with --server; a second server needs a data folder of its own and a database, --store"
    )]
    InUse(String),
    /// The URL of a database is none. What was said is not repeated: it may have a password in it.
    #[error("the URL of the database can not be used: {0}")]
    Address(String),
    /// The tables in the database are not those of this program.
    #[error("the tables in the database are not those of this program: {0}")]
    Schema(String),
    /// The database would lose what it said it had kept.
    #[error("the database can not be trusted with decisions: {0}")]
    Unsafe(&'static str),
    /// Other processes on this database sign with another key.
    #[error(
        "the logs in this database are signed with another key: copy signing.key and tokens.json from the data folder of a \
         process that serves it. Only if that key is lost everywhere: `consent recover`, in the data folder of a process that \
         served it last, ends those logs for good and opens the next ones"
    )]
    OtherKey,
    /// The engine failed. Whether a write took place is not known: the process must end and read it back at its next start.
    #[error(
        "the store failed. Whatever was acknowledged is kept; nothing more is written before the next start"
    )]
    Engine(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl StoreError {
    /// Whether `consent recover` is a way on.
    #[must_use]
    pub fn has_way_on(&self) -> bool {
        matches!(
            self,
            Self::RolledBack { .. }
                | Self::Forked { .. }
                | Self::ForeignKey { .. }
                | Self::OtherKey
                | Self::Damaged(_)
        )
    }
}

/// Keeps logs. All methods block; they are called from the sequencer's thread and from blocking tasks only.
///
/// Duties of every implementation:
///
/// - **One writer.** [`commit`](Store::commit) is called by one sequencer at a time, but the store must not rely on it:
///   the sizes in a batch are compared and set together with the write.
/// - **A conflict is a turn.** Where several processes share a store, one that was told `Conflict` may find that nobody else
///   can append to these logs until it calls `commit` again. So it looks at what came in between and does call, with
///   nothing if nothing is left to write.
/// - **Atomic.** A batch is there as a whole or not at all, whenever the process or the machine stops.
/// - **Durable.** When `commit`, `publish`, `forget_log`, `keep` or `discard` returns `Ok`, the write survives a power cut
///   at that instant.
/// - **Erased is gone.** What a [`Row::Erasure`] names can not be read any more, in whatever way, once `commit` returns: both
///   openings of every decision in the ranges, and the keys [`find_decision`](Store::find_decision) and
///   [`find_subject`](Store::find_subject) find it under. The store keeps what it needs to find those keys by itself.
///   An erasure reaches what earlier batches wrote, in its own log or in another one of the same site.
/// - **An error is final.** After an `Err` other than `Conflict`, `Forgotten` and `Document` the caller ends the process; it
///   never retries a write.
/// - **Reads see what was committed**, and may run at any time, beside a write, from any thread.
pub trait Store: std::fmt::Debug + Send + Sync + 'static {
    /// Whether other processes may write to it at the same time.
    fn is_shared(&self) -> bool {
        false
    }

    /// How many bytes it takes where it is kept; `None` where that is not to be known.
    ///
    /// # Errors
    /// If the engine fails.
    fn bytes(&self) -> Result<Option<u64>, StoreError> {
        Ok(None)
    }

    /// Takes or renews what only one process at a time may do, for so many seconds; whether this one has it now. Where
    /// there is only one process, it always has.
    ///
    /// # Errors
    /// If the engine fails.
    fn lease(&self, _name: &str, _seconds: u32) -> Result<bool, StoreError> {
        Ok(true)
    }

    /// Appends to one or several logs, as one atomic and durable step.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if a log is not at the size that its part of the batch begins at, or is closed and would be
    /// open again; [`StoreError::Forgotten`] if it was forgotten.
    fn commit(&self, batches: &[Batch]) -> Result<(), StoreError>;

    /// Returns when what could be read before is as durable as what a commit wrote. Asked before something is signed that was only found
    /// here. Where nothing can be read before it is durable, there is nothing to do.
    ///
    /// # Errors
    /// If the engine fails.
    fn confirm(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Keeps the bytes of a notice for a site, durably. Keeping it twice changes nothing.
    ///
    /// # Errors
    /// If the engine fails.
    fn publish(&self, site: &SiteId, notice: NoticeId, bytes: &[u8]) -> Result<(), StoreError>;

    /// Removes everything of a log but its head, which says so from then on: entries, tiles, openings, the keys that lead to
    /// its decisions, the notices that it names, its older heads. If the machine stops in between, the log is there as before
    /// or forgotten as a whole at the next start. Forgetting it twice, or one that is not there, changes nothing.
    ///
    /// The caller sees to it that the log has ended, and keeps its last signed head as a document before.
    ///
    /// # Errors
    /// If the engine fails.
    fn forget_log(&self, log: &LogId) -> Result<(), StoreError>;

    /// Keeps a document of a site under a name, whole or not at all, in place of what had that name before. Documents are
    /// small things that belong beside the logs: last heads of logs that ended, cosigned heads, time stamps, pictures.
    ///
    /// # Errors
    /// [`StoreError::Document`] if the name is not 1 to [`MAX_DOCUMENT_NAME_BYTES`] of `[a-z0-9._/-]`, or there are more than
    /// [`MAX_DOCUMENT_BYTES`].
    fn keep(&self, site: &SiteId, name: &str, bytes: &[u8]) -> Result<(), StoreError>;

    /// The document with this name.
    ///
    /// # Errors
    /// If the engine fails.
    fn kept(&self, site: &SiteId, name: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// The names of a site's documents that begin with `prefix`, in the order of their bytes.
    ///
    /// # Errors
    /// If the engine fails.
    fn kept_names(&self, site: &SiteId, prefix: &str) -> Result<Vec<String>, StoreError>;

    /// Removes a document. One that is not there is no error.
    ///
    /// # Errors
    /// If the engine fails.
    fn discard(&self, site: &SiteId, name: &str) -> Result<(), StoreError>;

    /// All logs, by site and year.
    ///
    /// # Errors
    /// If the engine fails.
    fn logs(&self) -> Result<Vec<(LogId, Head)>, StoreError>;

    /// Where a log ends; `None` if there is no such log.
    ///
    /// # Errors
    /// If the engine fails.
    fn head(&self, log: &LogId) -> Result<Option<Head>, StoreError>;

    /// The entries with these indices, in order. Callers keep ranges small (at most a few thousand).
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if one is missing.
    fn entries(&self, log: &LogId, range: Range<u64>) -> Result<Vec<Vec<u8>>, StoreError>;

    /// The stored hashes of a tile, 32 bytes each: 256 at level 0, 1 to 256 above. `None` if it has not begun.
    ///
    /// # Errors
    /// If the engine fails.
    fn tile(&self, log: &LogId, level: u8, index: u64) -> Result<Option<Vec<u8>>, StoreError>;

    /// The openings that are left for entries in this range, by index.
    ///
    /// # Errors
    /// If the engine fails.
    fn openings(&self, log: &LogId, range: Range<u64>) -> Result<Vec<(u64, Openings)>, StoreError>;

    /// Where a site's decision is.
    ///
    /// # Errors
    /// If the engine fails.
    fn find_decision(&self, site: &SiteId, decision: DecisionId) -> Result<Option<Placed>, StoreError>;

    /// Where each of these decisions of a site is, in the order of the question. Those that are found are as durable as what a commit
    /// wrote, so that they may be acknowledged.
    ///
    /// # Errors
    /// If the engine fails.
    fn find_decisions(
        &self,
        site: &SiteId,
        decisions: &[DecisionId],
    ) -> Result<Vec<Option<Placed>>, StoreError> {
        decisions.iter().map(|decision| self.find_decision(site, *decision)).collect()
    }

    /// Where all decisions of a site's subject are, oldest first.
    ///
    /// # Errors
    /// If the engine fails.
    fn find_subject(&self, site: &SiteId, subject: SubjectId) -> Result<Vec<(LogId, u64)>, StoreError>;

    /// A published notice.
    ///
    /// # Errors
    /// If the engine fails.
    fn notice(&self, site: &SiteId, notice: NoticeId) -> Result<Option<Vec<u8>>, StoreError>;

    /// All published notices of a site.
    ///
    /// # Errors
    /// If the engine fails.
    fn notices(&self, site: &SiteId) -> Result<Notices, StoreError>;

    /// The notices that this log names in an entry.
    ///
    /// # Errors
    /// If the engine fails.
    fn logged_notices(&self, log: &LogId) -> Result<Vec<NoticeId>, StoreError>;

    /// Older signed heads of a log, as size and note, smallest first.
    ///
    /// # Errors
    /// If the engine fails.
    fn history(&self, log: &LogId) -> Result<Vec<(u64, String)>, StoreError>;
}
