//! What is taken out of the embedded store: openings that were erased, logs that are forgotten.

use std::ops::Range;

use ::sled::Batch as SledBatch;

use super::super::rows::{Head, LogId};
use super::super::{Store as _, StoreError};
use super::codec::{self, Key};
use super::{SledStore, damaged, engine};

/// How many keys one step of forgetting a log removes at most.
const STEP: usize = 4096;

impl SledStore {
    /// Adds to a batch the removal of both openings of the decisions in a range, and of every key that leads to them.
    pub(super) fn erase(
        &self,
        from: &mut SledBatch,
        log: &LogId,
        range: Range<u64>,
    ) -> Result<(), StoreError> {
        let key = |letter, index| Key::of_log(letter, log).u64(index).into_bytes();
        for letter in [b's', b'd'] {
            for item in self.db.range(key(letter, range.start)..key(letter, range.end)) {
                from.remove(item.map_err(engine)?.0);
            }
        }
        for item in self.db.range(key(b'k', range.start)..key(b'k', range.end)) {
            let (key, value) = item.map_err(engine)?;
            let index = codec::last_u64(&key);
            let (index, (decision, subject)) =
                index.zip(codec::read_names(&value)).ok_or_else(|| damaged("the keys of a decision"))?;
            from.remove(Key::of_site(b'i', &log.site).raw(&decision).into_bytes());
            let by_subject = Key::of_site(b'u', &log.site).raw(&subject);
            from.remove(by_subject.year(log.year).u64(index).into_bytes());
            from.remove(key);
        }
        Ok(())
    }

    /// Marks the log's head first and removes the rest then, in steps of bounded size: whatever ends the process in
    /// between, [`forget_the_rest`](Self::forget_the_rest) goes on at the next start.
    pub(super) fn forget(&self, log: &LogId) -> Result<(), StoreError> {
        let Some(head) = self.head(log)? else { return Ok(()) };
        let marked = codec::head(&Head { forgotten: true, ..head });
        self.db.insert(Key::of_log(b'h', log).into_bytes(), marked).map_err(engine)?;
        self.make_durable()?;
        self.remove_rest(log)
    }

    /// Ends what a stop left half done.
    pub(super) fn forget_the_rest(&self) -> Result<(), StoreError> {
        for (log, _) in self.logs()?.into_iter().filter(|(_, head)| head.forgotten) {
            self.remove_rest(&log)?;
        }
        Ok(())
    }

    fn remove_rest(&self, log: &LogId) -> Result<(), StoreError> {
        // The keys that lead to decisions are found through `k`, so it goes with them.
        let first = |letter| self.scan(&Key::of_log(letter, log)).next().transpose();
        while let Some((key, _)) = first(b'k')? {
            let index = codec::last_u64(&key).ok_or_else(|| damaged("the keys of a decision"))?;
            let mut write = SledBatch::default();
            self.erase(&mut write, log, index..index.saturating_add(STEP as u64))?;
            self.db.apply_batch(write).map_err(engine)?;
        }
        for letter in [b's', b'd', b'e', b't', b'n', b'c'] {
            loop {
                let mut write = SledBatch::default();
                let mut count = 0;
                for item in self.scan(&Key::of_log(letter, log)).take(STEP) {
                    write.remove(item?.0);
                    count += 1;
                }
                self.db.apply_batch(write).map_err(engine)?;
                if count < STEP {
                    break;
                }
            }
        }
        self.make_durable()
    }

    /// Adds to a batch the removal of everything under a prefix.
    pub(super) fn remove_all(&self, from: &mut SledBatch, prefix: &Key) -> Result<(), StoreError> {
        for item in self.scan(prefix) {
            from.remove(item?.0);
        }
        Ok(())
    }
}
