//! What other processes appended to a shared store.
//!
//! A log is not read back but grown: the new entries go behind those that this process has signed for, and must lead to the
//! stored root. So it signs nothing that its own last head does not lead to. Two processes that sign the same head write
//! the same bytes, as Ed25519 leaves nothing to chance.

use consent_core::ledger::append::Staged;
use consent_core::ledger::entry::{Entry, Kind};

use super::erased::ErasedIds;
use super::log::{OpenLog, damaged};
use super::watch;
use super::writer::Writer;
use crate::store::{Head, LogId, StoreError};

/// How many entries are read at once.
const STEP: u64 = 4096;

impl Writer {
    /// Follows every log to its stored end, signs the heads there and shows them.
    ///
    /// # Errors
    /// [`StoreError::RolledBack`] or [`StoreError::Forked`] if the store does not lead on from what was signed: a standby
    /// that had not everything took over, or another copy was put in its place.
    pub(super) fn follow(&mut self) -> Result<(), StoreError> {
        let stored = self.store.logs()?;
        // Nothing is signed that could be gone when a standby takes over.
        let is_signed = |(id, head): &(LogId, Head)| {
            let shown = self.parts.heads.get(id);
            head.forgotten
                || self.ended.contains_key(id)
                || shown.is_some_and(|shown| shown.checkpoint().size == head.size)
        };
        if !stored.iter().all(is_signed) {
            self.store.confirm()?;
        }
        if self.is_news(&stored) {
            self.learn_ended(&stored)?;
        }
        let has = |log: &&OpenLog| stored.iter().any(|(id, _)| *id == log.facts.id);
        if let Some(lost) = self.logs.values().find(|log| !has(log)) {
            let (log, signed) = (lost.facts.id.clone(), lost.state.size());
            return Err(StoreError::RolledBack { log, signed, stored: 0 });
        }
        for (id, head) in stored {
            if head.forgotten || self.ended.contains_key(&id) {
                continue;
            }
            match self.logs.remove(&id.site) {
                Some(log)
                    if log.facts.id == id
                        && log.facts.closed != head.closed
                        && log.state.size() == head.size =>
                {
                    return Err(damaged(&format!("log {id} is closed, and no entry says so")));
                }
                Some(log) if log.facts.id == id && log.state.size() == head.size => {
                    self.logs.insert(id.site, log);
                }
                Some(log) if log.facts.id == id => self.catch_up(log, &head)?,
                other => {
                    self.logs.extend(other.map(|log| (id.site.clone(), log)));
                    self.take_up(&id, &head)?;
                }
            }
        }
        Ok(())
    }

    /// Whether a log may have ended: each time one does, another one is there that says so, or the log itself is not to be
    /// appended to any more.
    fn is_news(&self, stored: &[(LogId, Head)]) -> bool {
        let is_new = |(id, _): &(LogId, Head)| self.parts.heads.get(id).is_none();
        let is_closed = |log: &OpenLog| {
            let head = stored.iter().find(|(id, _)| *id == log.facts.id).map(|(_, head)| head);
            head.is_none_or(|head| head.closed && !log.facts.closed)
        };
        stored.iter().any(is_new) || self.logs.values().any(is_closed)
    }

    /// Grows a log that is at hand.
    fn catch_up(&mut self, log: OpenLog, head: &Head) -> Result<(), StoreError> {
        let OpenLog { mut facts, state, .. } = log;
        let (from, id) = (state.size(), facts.id.clone());
        if head.size < from {
            return Err(StoreError::RolledBack { log: id, signed: from, stored: head.size });
        }
        let mut staged = state.stage();
        let (mut read, mut erased) = (from, false);
        while read < head.size {
            let to = head.size.min(read + STEP);
            for bytes in self.store.entries(&id, read..to)? {
                let entry = Entry::parse(&bytes).map_err(|error| damaged(&error))?;
                match entry.kind() {
                    Kind::Notice { notice } => drop(facts.notices.insert(*notice)),
                    Kind::Close { .. } => facts.closed = true,
                    Kind::Erasure { .. } => erased = true,
                    _ => {}
                }
                staged.push(&entry).map_err(|error| damaged(&error))?;
            }
            read = to;
        }
        if erased {
            self.follow_erased()?;
        }
        if staged.state().root() != head.root {
            return Err(StoreError::Forked { log: id, size: from });
        }
        // It is stored already: the same types, with a write that has nothing to do.
        let durable = Staged::persist(vec![staged], |_| Ok::<_, StoreError>(()))?.pop();
        self.publish(durable.ok_or_else(|| damaged(&"nothing to sign"))?, facts)
    }

    /// Takes up a log that is not at hand: a new one, or an older one in which something was erased.
    fn take_up(&mut self, id: &LogId, head: &Head) -> Result<(), StoreError> {
        let shown = self.parts.heads.get(id);
        if shown.as_ref().is_some_and(|shown| shown.checkpoint().size == head.size) {
            return Ok(());
        }
        self.follow_erased()?;
        let log = self.resume(id, head)?;
        if let Some(shown) = shown {
            watch::compare(&*self.store, id, Some(head), shown.as_str(), log.facts.key.verifier())?;
        }
        self.show(log)
    }

    /// Learns what others erased.
    fn follow_erased(&mut self) -> Result<(), StoreError> {
        self.erased = ErasedIds::load(&*self.store, self.parts.clock.unix_seconds())?;
        Ok(())
    }
}
