//! A store that fails when it is told to, and remembers every state that anybody could have signed.

use std::collections::BTreeMap;

use consent_core::digest::Digest;
use consent_core::ledger::hash::{leaf_hash, root_of};

use super::super::*;
use super::Fault;
use crate::store::LogId;

/// What all servers of a list have shown to the world, and what their store went through.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The leaves of each log, the longest it ever was. A log that is deleted later was one all the same.
    leaves: BTreeMap<LogId, Vec<Digest>>,
    /// Every head that was signed: by size, its root.
    signed: BTreeMap<(LogId, u64), Digest>,
}

impl Seen {
    /// A head that carries a signature.
    pub(super) fn sign(&mut self, log: &LogId, size: u64, root: Digest) {
        let known = self.signed.insert((log.clone(), size), root);
        assert!(known.is_none_or(|known| known == root), "{log}: two roots were signed at {size}");
    }

    /// Reads what is new in the store, and compares what is not with what was there before.
    fn read(&mut self, store: &dyn Store) {
        for (log, head) in store.logs().unwrap() {
            if head.forgotten {
                continue;
            }
            let entries = store.entries(&log, 0..head.size).unwrap();
            let now: Vec<_> = entries.iter().map(|entry| leaf_hash(entry)).collect();
            let before = self.leaves.entry(log.clone()).or_default();
            assert!(now.starts_with(before), "{log}: what was stored has changed");
            *before = now;
        }
    }

    /// Every head ever signed is that of the beginning of one and the same log: so each is a prefix of all later ones.
    pub(super) fn check(&self) {
        for ((log, size), root) in &self.signed {
            let leaves = self.leaves.get(log).map(Vec::as_slice).unwrap_or_default();
            let beginning = leaves.get(..usize::try_from(*size).unwrap());
            let beginning =
                beginning.unwrap_or_else(|| panic!("{log}: {size} entries were signed, and never stored"));
            assert_eq!(root_of(beginning), *root, "{log}: another log was signed at {size}");
        }
    }

    pub(super) fn heads(&self) -> usize {
        self.signed.len()
    }
}

/// The store as one process has it.
#[derive(Debug)]
pub(super) struct Crashing {
    inner: Arc<dyn Store>,
    seen: Arc<Mutex<Seen>>,
    /// After how many calls, and how.
    armed: Mutex<Option<(usize, Fault)>>,
    /// Whether a call failed: then the process must not write any more.
    pub(super) failed: std::sync::atomic::AtomicBool,
    /// Which calls failed, in the whole list.
    pub(super) hit: Mutex<Vec<&'static str>>,
}

impl Crashing {
    pub(super) fn new(inner: &Arc<dyn Store>, seen: &Arc<Mutex<Seen>>) -> Arc<Self> {
        Arc::new(Self {
            inner: Arc::clone(inner),
            seen: Arc::clone(seen),
            armed: Mutex::default(),
            failed: false.into(),
            hit: Mutex::default(),
        })
    }

    pub(super) fn arm(&self, calls: usize, fault: Fault) {
        *self.armed.lock().unwrap() = Some((calls, fault));
    }

    /// How the call that is made now fails, if it does.
    fn fault(&self) -> Option<Fault> {
        let mut armed = self.armed.lock().unwrap();
        match armed.as_mut()? {
            (0, fault) => {
                let fault = *fault;
                *armed = None;
                Some(fault)
            }
            (calls, _) => {
                *calls -= 1;
                None
            }
        }
    }
}

/// The calls that change something.
const WRITES: [&str; 5] = ["commit", "publish", "forget_log", "keep", "discard"];

crate::testing_store!(Crashing, |store, name, call| {
    if name == "is_shared" {
        return call(&*store.inner);
    }
    let failed_before = store.failed.load(Ordering::SeqCst);
    assert!(!failed_before || !WRITES.contains(&name), "{name} after a call that failed");
    let fault = store.fault();
    let done = if fault == Some(Fault::Fails) { None } else { Some(call(&*store.inner)) };
    if name == "commit" {
        let mut seen = store.seen.lock().unwrap();
        seen.read(&*store.inner);
        if fault.is_none() && done.as_ref().is_some_and(Result::is_ok) {
            // What is stored and was said to be is signed at once, whether or not anybody looks in between.
            for (log, head) in store.inner.logs().unwrap() {
                seen.sign(&log, head.size, head.root);
            }
        }
    }
    match (fault, done) {
        (None, Some(done)) => done,
        _ => {
            store.failed.store(true, Ordering::SeqCst);
            store.hit.lock().unwrap().push(name);
            Err(StoreError::Engine(Box::from("a fault")))
        }
    }
});
