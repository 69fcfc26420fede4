//! Another server takes over.

use std::thread;
use std::time::{Duration, Instant};

use consent_tests::client::{Client, fresh_decision_id};
use consent_tests::postgres::Cluster;
use consent_tests::process::Server;

use super::{check, check_rows, load, said};

/// The URL of a database that is on one of two servers.
fn url_of(one: &Cluster, two: &Cluster, database: &str) -> String {
    let (first, second) = (one.address().to_string(), two.address().to_string());
    one.url(database).replacen(&first, &format!("{first},{second}"), 1)
}

#[test]
fn a_synchronous_standby_that_takes_over_has_every_acknowledged_decision() {
    let Some(mut primary) = Cluster::start("a synchronous standby that takes over") else { return };
    let _ = primary.database("failover");
    let standby = primary.standby(true);
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start_shared(folder.path(), &url_of(&primary, &standby, "failover"));
    let address = server.address.clone();
    let mut promises = load(folder.path(), &[&address], 8, || {
        thread::sleep(Duration::from_millis(1500));
        primary.stop("QUIT");
        standby.promote();
        thread::sleep(Duration::from_secs(3));
    });
    eprintln!("{} acknowledged, {} not", promises.decisions.len(), promises.refused);
    assert!(server.is_running(), "{}", said(folder.path()));
    assert!(promises.decisions.len() > 10, "no load");
    check(folder.path(), &[&address], &mut promises);
    check_rows(&standby, "failover", &promises);
    let notice = Client::new(&address).notice_id();
    assert!(Client::new(&address).decide(&fresh_decision_id(), &notice).is_some());
}

#[test]
fn a_standby_that_lags_behind_what_was_signed_is_refused_while_running_and_at_the_start() {
    let Some(mut primary) = Cluster::start("a standby that lags") else { return };
    let _ = primary.database("lag");
    let mut standby = primary.standby(false);
    let folder = tempfile::tempdir().unwrap();
    let url = url_of(&primary, &standby, "lag");
    let mut server = Server::start_shared(folder.path(), &url);
    let client = Client::new(&server.address);
    let notice = client.notice_id();
    assert!(client.decide(&fresh_decision_id(), &notice).is_some());
    // It has the beginning, and misses what comes now.
    primary.until("SELECT count(*) FROM pg_stat_replication WHERE replay_lsn = pg_current_wal_lsn()", "1");
    standby.stop("INT");
    for _ in 0..5 {
        assert!(client.decide(&fresh_decision_id(), &notice).is_some());
    }
    primary.stop("QUIT");
    standby.resume();
    standby.promote();
    // Whatever the server does next, it finds out.
    let _ = client.decide(&fresh_decision_id(), &notice);
    let begun = Instant::now();
    while server.is_running() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it goes on with an older copy");
        thread::sleep(Duration::from_millis(50));
    }
    let said = std::fs::read_to_string(folder.path().join("stderr")).unwrap();
    assert!(said.contains("a head of") && said.contains("was signed"), "{said}");
    let refusal = Server::refusal(folder.path(), &url);
    assert!(refusal.contains("a head of") && refusal.contains("was signed"), "{refusal}");
    let rows = standby.query("lag", "SELECT count(*) FROM decision");
    assert_eq!(rows, "1", "nothing was written to the older copy");
}
