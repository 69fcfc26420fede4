//! Real servers on a real PostgreSQL: several at once, and whatever can happen to the database under them.

mod erased;
mod failover;
mod faults;
mod handoffs;
mod migrate;
mod nodes;
mod way_on;
mod webhooks;

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use consent_core::digest::Digest;
use consent_core::ledger::hash::root_of;
use consent_core::receipt::Receipt;
use consent_tests::client::{Acknowledged, Client, fresh_decision_id, key_of, log_of_now};
use tempfile::TempDir;

/// What was promised, and what was seen.
#[derive(Default)]
struct Promises {
    decisions: Vec<Acknowledged>,
    /// Size and root of every signed head that was served.
    heads: Vec<(u64, Digest)>,
    /// How many requests were not answered with a promise.
    refused: usize,
}

/// What the server on this folder said on stderr.
fn said(folder: &Path) -> String {
    fs::read_to_string(folder.join("stderr")).unwrap_or_default()
}

/// A folder of a server that has the keys of the first one.
fn sibling(first: &Path) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("data")).unwrap();
    for file in ["signing.key", "tokens.json"] {
        fs::copy(first.join("data").join(file), folder.path().join("data").join(file)).unwrap();
    }
    folder
}

/// Loads all servers, each from so many connections, while `during` runs. A browser tries again what was not answered, with
/// the same id and at any server; so do these.
fn load(folder: &Path, servers: &[&str], connections: usize, during: impl FnOnce()) -> Promises {
    let log = log_of_now();
    let keys = [key_of(folder, &log)];
    let notice = Client::new(servers[0]).notice_id();
    let promises = Mutex::new(Promises::default());
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        for at in 0..connections * servers.len() {
            let (promises, ended, notice) = (&promises, &ended, &notice);
            scope.spawn(move || {
                let clients: Vec<_> = servers.iter().map(|address| Client::new(address)).collect();
                while !ended.load(Ordering::SeqCst) {
                    let id = fresh_decision_id();
                    for turn in 0..200 {
                        if let Some(acknowledged) = clients[(at + turn) % clients.len()].decide(&id, notice) {
                            promises.lock().unwrap().decisions.push(acknowledged);
                            break;
                        }
                        promises.lock().unwrap().refused += 1;
                        if ended.load(Ordering::SeqCst) {
                            break;
                        }
                        thread::sleep(Duration::from_millis(50));
                    }
                }
            });
        }
        for address in servers {
            let (promises, ended, log, keys) = (&promises, &ended, &log, &keys);
            scope.spawn(move || {
                let client = Client::new(address);
                while !ended.load(Ordering::SeqCst) {
                    if let Some(head) = client.checkpoint(log, keys) {
                        let head = head.checkpoint();
                        promises.lock().unwrap().heads.push((head.size, head.root));
                    }
                    thread::sleep(Duration::from_millis(5));
                }
            });
        }
        during();
        ended.store(true, Ordering::SeqCst);
    });
    promises.into_inner().unwrap()
}

/// Everything that was promised, asked of every server: dense, gapless, one root for each size, a receipt for each decision.
fn check(folder: &Path, servers: &[&str], promises: &mut Promises) {
    let log = log_of_now();
    let keys = [key_of(folder, &log)];
    let client = Client::new(servers[0]);
    let head = client.checkpoint(&log, &keys).expect("a head");
    let leaves = client.leaves(&log, head.checkpoint().size);
    assert_eq!(root_of(&leaves), head.checkpoint().root, "the log does not have the root that is signed");
    promises.heads.sort_unstable();
    promises.heads.dedup();
    assert!(
        promises.heads.windows(2).all(|pair| pair[0].0 != pair[1].0),
        "two roots were signed at one size"
    );
    for (size, root) in &promises.heads {
        let until = usize::try_from(*size).unwrap();
        assert!(until <= leaves.len(), "a head of size {size} was signed, and the log has {}", leaves.len());
        assert_eq!(root_of(&leaves[..until]), *root, "another log was signed at size {size}");
    }
    let mut indices: Vec<_> = promises.decisions.iter().map(|decision| decision.index).collect();
    indices.sort_unstable();
    indices.dedup();
    assert_eq!(indices.len(), promises.decisions.len(), "an index was promised twice");
    // All of the last ones, which others may not have heard of yet, and some of the rest.
    let step = (promises.decisions.len() / 200).max(1);
    let last = promises.decisions.iter().rev().take(50);
    for (at, promised) in promises.decisions.iter().step_by(step).chain(last).enumerate() {
        let path = format!("/v1/sites/newsroom/decisions/{}/receipt", promised.decision_id);
        let (status, text) = Client::new(servers[at % servers.len()]).get(&path).expect("an answer");
        assert_eq!(status, 200, "{promised:?} was answered and is lost");
        let receipt = Receipt::open(std::str::from_utf8(&text).unwrap(), &keys).unwrap();
        assert_eq!(receipt.index(), promised.index, "{promised:?}");
    }
}

/// What the database itself says: every index once, every decision once, as many as the head has.
fn check_rows(cluster: &consent_tests::postgres::Cluster, database: &str, promises: &Promises) {
    let dense = "SELECT bool_and(n = size AND top = size - 1) FROM (SELECT h.size, count(*) AS n, max(e.\"index\") AS top \
                 FROM head h JOIN entry e USING (log_id) GROUP BY h.log_id, h.size) AS logs";
    assert_eq!(cluster.query(database, dense), "t", "a log has a gap");
    let promised: Vec<_> = promises
        .decisions
        .iter()
        .map(|promised| format!("('{}',{})", promised.decision_id.replace('-', ""), promised.index))
        .collect();
    assert!(!promised.is_empty(), "nothing was promised");
    for some in promised.chunks(1000) {
        let lost = format!(
            "SELECT count(*) FROM (VALUES {}) AS p (id, at) LEFT JOIN decision d \
             ON d.decision_id = decode(p.id, 'hex') AND d.\"index\" = p.at WHERE d.log_id IS NULL",
            some.join(",")
        );
        assert_eq!(cluster.query(database, &lost), "0", "a promised decision is not where it was promised");
    }
}
