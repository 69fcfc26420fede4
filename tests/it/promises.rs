//! What servers promised to visitors and auditors, and whether it is kept.

use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use consent_core::digest::Digest;
use consent_core::ledger::hash::root_of;
use consent_core::receipt::Receipt;
use consent_tests::client::{Acknowledged, Client, fresh_decision_id, key_of};
use consent_tests::process::{Server, binary};

/// What was promised by servers that may be dead by now.
#[derive(Default)]
pub(crate) struct Promises {
    pub(crate) decisions: Vec<Acknowledged>,
    /// Log, size and root of every signed head that was served.
    pub(crate) heads: Vec<(String, u64, Digest)>,
    /// How many requests were answered with no promise, or not at all.
    pub(crate) unanswered: usize,
    /// The longest that anybody waited for an answer.
    pub(crate) longest: Duration,
}

impl Promises {
    /// Those of another run on the same folder too.
    pub(crate) fn add(&mut self, more: Self) {
        self.decisions.extend(more.decisions);
        self.heads.extend(more.heads);
        self.unanswered += more.unanswered;
        self.longest = self.longest.max(more.longest);
    }
}

/// Loads a server from so many connections, each until it is not answered any more or `during` has returned. `logs` are
/// those whose heads are watched.
pub(crate) fn load(
    server: &Server,
    folder: &Path,
    logs: &[String],
    connections: usize,
    during: impl FnOnce(),
) -> Promises {
    let keys: Vec<_> = logs.iter().map(|log| key_of(folder, log)).collect();
    let Some(notice) = Client::new(&server.address).notice_id_if_any() else {
        // It was gone before the first question.
        during();
        return Promises::default();
    };
    let promises = Mutex::new(Promises::default());
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..connections {
            scope.spawn(|| {
                let client = Client::new(&server.address);
                while !ended.load(Ordering::SeqCst) {
                    let begun = Instant::now();
                    let answer = client.decide(&fresh_decision_id(), &notice);
                    let mut promises = promises.lock().unwrap();
                    let Some(acknowledged) = answer else {
                        promises.unanswered += 1;
                        break;
                    };
                    promises.longest = promises.longest.max(begun.elapsed());
                    promises.decisions.push(acknowledged);
                }
            });
        }
        scope.spawn(|| {
            let client = Client::new(&server.address);
            // A log that is not opened yet has no head, and a server that is gone has none at all.
            while !ended.load(Ordering::SeqCst) {
                let heads = logs.iter().map(|log| client.checkpoint(log, &keys));
                let seen: Vec<_> = heads.flatten().map(|head| head.checkpoint().clone()).collect();
                if seen.is_empty() {
                    break;
                }
                let seen = seen.into_iter().map(|head| (head.origin.to_string(), head.size, head.root));
                promises.lock().unwrap().heads.extend(seen);
                thread::sleep(Duration::from_millis(3));
            }
        });
        during();
        ended.store(true, Ordering::SeqCst);
    });
    promises.into_inner().unwrap()
}

/// Everything that was promised, asked of a living server. Returns the sizes of the logs.
pub(crate) fn check(server: &Server, folder: &Path, logs: &[String], promises: &Promises) -> Vec<u64> {
    let client = Client::new(&server.address);
    let keys: Vec<_> = logs.iter().map(|log| key_of(folder, log)).collect();
    let mut sizes = Vec::new();
    for log in logs {
        let Some(head) = client.checkpoint(log, &keys) else {
            assert!(promises.heads.iter().all(|(of, ..)| of != log), "{log} was signed and is not there");
            sizes.push(0);
            continue;
        };
        let leaves = client.leaves(log, head.checkpoint().size);
        assert_eq!(root_of(&leaves), head.checkpoint().root, "{log} does not have the root that is signed");
        for (_, size, root) in promises.heads.iter().filter(|(of, ..)| of == log) {
            let until = usize::try_from(*size).unwrap();
            assert!(until <= leaves.len(), "{log}: {size} entries were signed, and it has {}", leaves.len());
            assert_eq!(root_of(&leaves[..until]), *root, "{log}: another one was signed at size {size}");
        }
        sizes.push(head.checkpoint().size);
    }
    for promised in &promises.decisions {
        let path = format!("/v1/sites/newsroom/decisions/{}/receipt", promised.decision_id);
        let (status, text) = client.get(&path).expect("an answer");
        assert_eq!(status, 200, "{promised:?} was answered and is lost");
        let receipt = Receipt::open(std::str::from_utf8(&text).unwrap(), &keys).unwrap();
        let head = receipt.head().checkpoint();
        assert_eq!((head.origin.to_string(), receipt.index()), (promised.log.clone(), promised.index));
        assert!(receipt.content().subject.as_ref().unwrap().data().contains(&promised.decision_id));
        // The promised head was signed, so it is one of those that the log continues.
        assert!(promised.index < promised.size && promised.size <= head.size, "{promised:?}");
    }
    let mut places: Vec<_> = promises.decisions.iter().map(|one| (&one.log, one.index)).collect();
    places.sort_unstable();
    places.dedup();
    assert_eq!(places.len(), promises.decisions.len(), "an index was promised twice");
    let mut heads: Vec<_> = promises.heads.iter().collect();
    heads.sort_unstable();
    heads.dedup();
    let twice = heads.windows(2).find(|pair| (&pair[0].0, pair[0].1) == (&pair[1].0, pair[1].1));
    assert!(twice.is_none(), "two roots were signed at one size: {twice:?}");
    sizes
}

/// `consent verify` on a bundle that the server gives out.
pub(crate) fn verify(server: &Server, folder: &Path) -> String {
    let bundle = folder.join("promises.zip");
    let mut export = Command::new(binary());
    export.args(["export", "--site", "newsroom", "--format", "bundle", "--server", &server.address]);
    export.arg("--token-file").arg(folder.join("data/operator.token")).arg("-o").arg(&bundle);
    let made = export.output().unwrap();
    assert!(made.status.success(), "{made:?}");
    let verified = Command::new(binary()).arg("verify").arg(&bundle).output().unwrap();
    std::fs::remove_file(bundle).unwrap();
    let said = String::from_utf8_lossy(&verified.stdout).into_owned();
    assert!(verified.status.success(), "{said}");
    said
}
