//! Another server takes over.

use std::thread;
use std::time::{Duration, Instant};

use consent_tests::client::{Acknowledged, Client, fresh_decision_id, key_of, log_of_now};
use consent_tests::postgres::Cluster;
use consent_tests::process::Server;

use super::{check, check_rows, load, said, sibling};

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

/// Sessions that wait for the standby: with the COMMIT of a decision, with any COMMIT, and with a question whose answer is to be told.
const DECISIONS: &str = "FROM pg_stat_activity AS a WHERE wait_event = 'SyncRep' AND query = 'COMMIT' AND EXISTS \
     (SELECT FROM pg_locks AS l WHERE l.pid = a.pid AND l.relation = 'decision'::regclass)";
const COMMITS: &str = "FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query = 'COMMIT'";
const QUESTIONS: &str = "FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query LIKE '%FOR KEY SHARE%'";

/// Whether there is such a session within ten seconds.
fn there_is(primary: &Cluster, sessions: &str) -> bool {
    let begun = Instant::now();
    while primary.query("alone", &format!("SELECT count(*) > 0 {sessions}")) != "t" {
        if begun.elapsed() > Duration::from_secs(10) {
            return false;
        }
        thread::sleep(Duration::from_millis(20));
    }
    true
}

fn decisions(cluster: &Cluster) -> u32 {
    cluster.query("alone", "SELECT count(*) FROM decision").parse().unwrap()
}

type Asked = thread::JoinHandle<Option<Acknowledged>>;

fn ask(address: &str, id: &str) -> Asked {
    let (client, id) = (Client::new(address), id.to_owned());
    thread::spawn(move || client.decide(&id, &client.notice_id_if_any()?))
}

/// A decision that waits for a standby that is away.
fn waiting(primary: &Cluster, standby: &mut Cluster, address: &str) -> (String, Asked) {
    for _ in 0..10 {
        // So that what was written before has been followed.
        thread::sleep(Duration::from_secs(1));
        standby.stop("INT");
        let id = fresh_decision_id();
        let asked = ask(address, &id);
        if there_is(primary, DECISIONS) {
            return (id, asked);
        }
        // Something of the server's own came first, and waits.
        standby.resume();
        let _ = asked.join();
    }
    panic!("no decision waits for the standby");
}

/// PostgreSQL has committed when it waits for a standby: whoever ends that session, or a crash, leaves a decision that can be read and
/// that the standby does not have. Neither the server that wrote it nor another one that is asked for it again may take that for kept.
#[test]
fn a_decision_that_only_the_primary_has_is_not_acknowledged_until_the_standby_has_it() {
    let Some(mut primary) = Cluster::start("a session that is ended while it waits for a standby") else {
        return;
    };
    let _ = primary.database("alone");
    let mut standby = primary.standby(true);
    let url = url_of(&primary, &standby, "alone");
    let first = tempfile::tempdir().unwrap();
    let one = Server::start_shared(first.path(), &url);
    let second = sibling(first.path());
    let mut two = Server::start_shared(second.path(), &url);
    assert!(ask(&one.address, &fresh_decision_id()).join().unwrap().is_some());
    for asks_again in [false, true] {
        let (id, mut asked) = waiting(&primary, &mut standby, &one.address);
        let before = decisions(&primary);
        if asks_again {
            // Nobody is left who knows of the decision, but the browser.
            one.kill();
        }
        primary.query("alone", &format!("SELECT pg_terminate_backend(pid) {DECISIONS}"));
        primary.until_in("alone", &format!("SELECT count(*) - {before} FROM decision"), "1");
        if asks_again {
            assert_eq!(asked.join().unwrap(), None);
            asked = ask(&two.address, &id);
        }
        assert!(
            there_is(&primary, if asks_again { QUESTIONS } else { COMMITS }),
            "nobody waits for the standby"
        );
        // What waits there may be something else, of the server's own.
        thread::sleep(Duration::from_secs(1));
        assert!(!asked.is_finished(), "it was acknowledged, and the standby does not have it");
        standby.resume();
        assert!(asked.join().unwrap().is_some(), "{}", said(second.path()));
    }
    // The primary falls with a decision that the standby never gets to see: it is recorded there, or not acknowledged.
    let (_, asked) = waiting(&primary, &mut standby, &two.address);
    let before = decisions(&primary);
    primary.stop("QUIT");
    standby.resume();
    standby.promote();
    let acknowledged = asked.join().unwrap().is_some();
    assert!(!acknowledged || decisions(&standby) == before + 1);
    // Nobody has signed what only the primary had, so it goes on.
    assert!(ask(&two.address, &fresh_decision_id()).join().unwrap().is_some());
    assert!(two.is_running(), "{}", said(second.path()));
}

/// Who cancels a wait for the standby has it answered as if the standby had come: only a warning says that it has not, which a role may
/// have switched off.
#[test]
fn a_wait_for_the_standby_that_is_cancelled_acknowledges_and_signs_nothing() {
    let Some(primary) = Cluster::start("a wait for a standby that is cancelled") else { return };
    let _ = primary.database("alone");
    primary.query("alone", "ALTER DATABASE alone SET client_min_messages = error");
    let mut standby = primary.standby(true);
    let url = url_of(&primary, &standby, "alone");
    let first = tempfile::tempdir().unwrap();
    let one = Server::start_shared(first.path(), &url);
    let second = sibling(first.path());
    let two = Server::start_shared(second.path(), &url);
    assert!(ask(&one.address, &fresh_decision_id()).join().unwrap().is_some());
    let log = log_of_now();
    let keys = [key_of(first.path(), &log)];
    let signed = || Client::new(&two.address).checkpoint(&log, &keys).unwrap().checkpoint().size;
    let cancel = |sessions| {
        assert!(there_is(&primary, sessions), "nobody waits for the standby");
        primary.query("alone", &format!("SELECT pg_cancel_backend(pid) {sessions}"));
    };
    let (id, asked) = waiting(&primary, &mut standby, &one.address);
    let (before, signed_before) = (decisions(&primary), signed());
    cancel(DECISIONS);
    primary.until_in("alone", &format!("SELECT count(*) - {before} FROM decision"), "1");
    // It reads back what it committed, waits behind it, and is cancelled there too.
    cancel(COMMITS);
    // The other server finds it, by itself and when it is asked for it again.
    let again = ask(&two.address, &id);
    for _ in 0..3 {
        cancel(QUESTIONS);
    }
    thread::sleep(Duration::from_secs(1));
    assert!(there_is(&primary, COMMITS) && there_is(&primary, QUESTIONS), "nobody waits for the standby");
    for asked in [&asked, &again] {
        assert!(!asked.is_finished(), "it was acknowledged, and the standby does not have it");
    }
    assert_eq!(signed(), signed_before);
    standby.resume();
    let (asked, again) = (asked.join().unwrap(), again.join().unwrap());
    assert!(asked.is_some() && again.is_some(), "{}{}", said(first.path()), said(second.path()));
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
