//! `kill -9` under load, again and again on one data folder: what was answered with 2xx is there afterwards, and the log
//! continues every head that anybody has seen.

use std::thread;
use std::time::Duration;

use consent_tests::client::log_of_now;
use consent_tests::full_run;
use consent_tests::process::Server;

use crate::promises::{Promises, check, load, verify};

#[test]
fn no_acknowledged_decision_is_lost_by_kill_9_under_load() {
    let rounds = if full_run("25 of 30 rounds of kill -9") { 30 } else { 5 };
    let home = tempfile::tempdir().unwrap();
    let (folder, logs) = (home.path(), [log_of_now()]);
    let mut all = Promises::default();
    for round in 0..rounds {
        let life = Duration::from_millis(30 + 67 * (round * 7 % 10));
        let server = Server::start(folder);
        let promises = load(&server, folder, &logs, 16, || {
            thread::sleep(life);
            server.kill();
        });
        eprintln!("round {round}: {} acknowledged, {} heads", promises.decisions.len(), promises.heads.len());
        drop(server);
        let sizes = check(&Server::start(folder), folder, &logs, &promises);
        all.add(promises);
        assert!(sizes[0] >= u64::try_from(all.decisions.len()).unwrap());
    }
    assert!(all.decisions.len() > 100 && all.heads.len() > 10, "no load: {}", all.decisions.len());
    let server = Server::start(folder);
    check(&server, folder, &logs, &all);
    verify(&server, folder);
}
