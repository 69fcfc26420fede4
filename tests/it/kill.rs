//! `kill -9` under load, again and again on one data folder: what was answered with 2xx is there afterwards, and the log
//! continues every head that anybody has seen.

use std::path::Path;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use consent_core::digest::Digest;
use consent_core::ledger::hash::root_of;
use consent_core::receipt::Receipt;
use consent_tests::client::{Acknowledged, Client, fresh_decision_id, key_of, log_of_now};
use consent_tests::full_run;
use consent_tests::process::Server;

/// What was promised by servers that are dead by now.
#[derive(Default)]
struct Promises {
    decisions: Vec<Acknowledged>,
    /// Size and root of every signed head that was served.
    heads: Vec<(u64, Digest)>,
}

/// Loads the server from `connections` until it is killed after `life`.
fn run_and_kill(folder: &Path, connections: usize, life: Duration) -> Promises {
    let server = Server::start(folder);
    let log = log_of_now();
    let keys = [key_of(folder, &log)];
    let notice = Client::new(&server.address).notice_id();
    let promises = Mutex::new(Promises::default());
    thread::scope(|scope| {
        for _ in 0..connections {
            scope.spawn(|| {
                let client = Client::new(&server.address);
                while let Some(acknowledged) = client.decide(&fresh_decision_id(), &notice) {
                    promises.lock().unwrap().decisions.push(acknowledged);
                }
            });
        }
        scope.spawn(|| {
            let client = Client::new(&server.address);
            while let Some(head) = client.checkpoint(&log, &keys) {
                let head = head.checkpoint();
                promises.lock().unwrap().heads.push((head.size, head.root));
                thread::sleep(Duration::from_millis(3));
            }
        });
        thread::sleep(life);
        server.kill();
    });
    promises.into_inner().unwrap()
}

/// Everything that was promised, asked of a living server.
fn check(folder: &Path, promises: &Promises) -> u64 {
    let server = Server::start(folder);
    let client = Client::new(&server.address);
    let log = log_of_now();
    let keys = [key_of(folder, &log)];
    let head = client.checkpoint(&log, &keys).expect("a head");
    let leaves = client.leaves(&log, head.checkpoint().size);
    assert_eq!(root_of(&leaves), head.checkpoint().root, "the log does not have the root that is signed");
    for (size, root) in &promises.heads {
        let until = usize::try_from(*size).unwrap();
        assert!(until <= leaves.len(), "a head of size {size} was signed, and the log has {}", leaves.len());
        assert_eq!(root_of(&leaves[..until]), *root, "another log was signed at size {size}");
    }
    for promised in &promises.decisions {
        let path = format!("/v1/sites/newsroom/decisions/{}/receipt", promised.decision_id);
        let (status, text) = client.get(&path).expect("an answer");
        assert_eq!(status, 200, "{promised:?} was answered and is lost");
        let receipt = Receipt::open(std::str::from_utf8(&text).unwrap(), &keys).unwrap();
        assert_eq!(receipt.index(), promised.index, "{promised:?}");
        assert!(receipt.content().subject.as_ref().unwrap().data().contains(&promised.decision_id));
        // The promised head was signed, so it is one of those that the log continues.
        assert!(promised.index < promised.size && promised.size <= head.checkpoint().size);
    }
    head.checkpoint().size
}

#[test]
fn no_acknowledged_decision_is_lost_by_kill_9_under_load() {
    let rounds = if full_run("25 of 30 rounds of kill -9") { 30 } else { 5 };
    let folder = tempfile::tempdir().unwrap();
    let mut all = Promises::default();
    for round in 0..rounds {
        let life = Duration::from_millis(30 + 67 * (round * 7 % 10));
        let promises = run_and_kill(folder.path(), 16, life);
        eprintln!("round {round}: {} acknowledged, {} heads", promises.decisions.len(), promises.heads.len());
        let size = check(folder.path(), &promises);
        all.heads.extend(promises.heads);
        all.decisions.extend(promises.decisions);
        assert!(size >= u64::try_from(all.decisions.len()).unwrap());
    }
    assert!(all.decisions.len() > 100 && all.heads.len() > 10, "no load: {}", all.decisions.len());
    let mut indices: Vec<_> = all.decisions.iter().map(|decision| decision.index).collect();
    indices.sort_unstable();
    indices.dedup();
    assert_eq!(indices.len(), all.decisions.len(), "an index was promised twice");
    all.heads.sort_unstable();
    all.heads.dedup();
    assert!(all.heads.windows(2).all(|pair| pair[0].0 != pair[1].0), "two roots were signed at one size");
    check(folder.path(), &all);
}
