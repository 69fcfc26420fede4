//! Connections that break and hang, and a server that is restarted.

use std::process::Stdio;
use std::thread;
use std::time::Duration;

use consent_tests::client::{Client, fresh_decision_id};
use consent_tests::postgres::Cluster;
use consent_tests::process::Server;
use consent_tests::proxy::{Cut, Proxy};

use super::{check, check_rows, load, said, sibling};

#[test]
fn a_commit_whose_answer_is_lost_is_read_back_and_never_guessed() {
    let Some(cluster) = Cluster::start("commits whose answers are lost") else { return };
    let url = cluster.database("cut");
    let proxy = Proxy::start(cluster.address());
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let one = Server::start_shared(folders[0].path(), &cluster.url_at("cut", proxy.address));
    let second = sibling(folders[0].path());
    // The other one, whose wire is whole, comes in between.
    let two = Server::start_shared(second.path(), &url);
    let servers = [one.address.as_str(), two.address.as_str()];
    let mut promises = load(folders[0].path(), &servers, 4, || {
        for cut in [Cut::After, Cut::Before] {
            proxy.cut(3, cut);
            thread::sleep(Duration::from_secs(3));
        }
        proxy.cut(0, Cut::After);
        // And backends that somebody ends, wherever they are.
        let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                   WHERE datname = 'cut' AND pid <> pg_backend_pid()";
        for _ in 0..10 {
            thread::sleep(Duration::from_millis(150));
            cluster.query("cut", end);
        }
    });
    eprintln!("{} acknowledged, {} cuts", promises.decisions.len(), proxy.cuts());
    assert!(proxy.cuts() >= 2, "{} cuts", proxy.cuts());
    assert_eq!(promises.refused, 0, "every decision was answered, whatever happened to its commit");
    check(folders[0].path(), &servers, &mut promises);
    check_rows(&cluster, "cut", &promises);
    // Nothing is there that was not asked for, or twice: what is answered is what is stored.
    let stored = cluster.query("cut", "SELECT count(*) FROM decision");
    assert_eq!(stored, promises.decisions.len().to_string());
}

#[test]
fn a_restart_of_the_database_under_load_loses_nothing_and_ends_no_server() {
    let Some(mut cluster) = Cluster::start("a restart of the database") else { return };
    let url = cluster.database("restart");
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start_shared(folder.path(), &url);
    let address = server.address.clone();
    let mut promises = load(folder.path(), &[&address], 8, || {
        for signal in ["INT", "QUIT"] {
            thread::sleep(Duration::from_millis(700));
            cluster.stop(signal);
            thread::sleep(Duration::from_millis(700));
            cluster.resume();
        }
        thread::sleep(Duration::from_secs(2));
    });
    eprintln!("{} acknowledged, {} not", promises.decisions.len(), promises.refused);
    assert!(server.is_running(), "{}", said(folder.path()));
    assert!(promises.decisions.len() > 10, "no load");
    check(folder.path(), &[&address], &mut promises);
    check_rows(&cluster, "restart", &promises);
}

#[test]
fn a_network_that_hangs_holds_answers_up_and_gives_none_that_is_not_kept() {
    let Some(cluster) = Cluster::start("a network that hangs") else { return };
    let _ = cluster.database("hangs");
    let proxy = Proxy::start(cluster.address());
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start_shared(folder.path(), &cluster.url_at("hangs", proxy.address));
    let address = server.address.clone();
    let mut promises = load(folder.path(), &[&address], 4, || {
        thread::sleep(Duration::from_millis(500));
        proxy.hang(true);
        thread::sleep(Duration::from_secs(13));
        // The page is served from memory all the while.
        assert_eq!(
            Client::new(&address).get("/v1/sites/newsroom/banner.js").map(|(status, _)| status),
            Some(200)
        );
        proxy.hang(false);
        thread::sleep(Duration::from_secs(4));
    });
    eprintln!("{} acknowledged, {} not", promises.decisions.len(), promises.refused);
    assert!(server.is_running(), "{}", said(folder.path()));
    let after = Client::new(&address).decide(&fresh_decision_id(), &Client::new(&address).notice_id());
    assert!(after.is_some(), "it goes on");
    check(folder.path(), &[&address], &mut promises);
    check_rows(&cluster, "hangs", &promises);
}

#[test]
fn a_database_without_a_free_connection_is_waited_for() {
    let settings = ["max_connections = 12", "superuser_reserved_connections = 1"];
    let Some(cluster) = Cluster::start_with("a pool that is exhausted", &settings) else { return };
    let url = cluster.database("crowded");
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_shared(folder.path(), &url);
    let client = Client::new(&server.address);
    let notice = client.notice_id();
    let ids: Vec<_> = (0..30).map(|_| fresh_decision_id()).collect();
    ids.iter().for_each(|id| drop(client.decide(id, &notice).expect("an answer")));
    // Everybody else takes what there is.
    let sleep = ["--no-psqlrc", "--command", "SELECT pg_sleep(5)", "--dbname", &url];
    let mut sleepers: Vec<_> = (0..12)
        .map(|_| {
            let mut command = cluster.command("psql");
            command.args(sleep).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        })
        .collect();
    thread::sleep(Duration::from_secs(1));
    let second = sibling(folder.path());
    thread::scope(|scope| {
        // One more server, for which there is no connection at all until some of them go.
        let other = scope.spawn(|| Server::start_shared(second.path(), &url));
        // Three times as many readers as a server has connections, and a writer that has its own.
        for id in &ids {
            let address = &server.address;
            scope.spawn(move || {
                let receipt = Client::new(address).get(&format!("/v1/sites/newsroom/decisions/{id}/receipt"));
                assert_eq!(receipt.map(|(status, _)| status), Some(200));
            });
        }
        let begun = std::time::Instant::now();
        assert!(client.decide(&fresh_decision_id(), &notice).is_some());
        eprintln!("a decision took {:?} meanwhile", begun.elapsed());
        let other = other.join().unwrap();
        eprintln!("the other server took {:?} to start", other.start_up);
        assert!(Client::new(&other.address).decide(&fresh_decision_id(), &notice).is_some());
    });
    let refused =
        sleepers.iter_mut().filter_map(|sleeper| sleeper.wait().ok()).filter(|code| !code.success());
    assert!(refused.count() > 0, "there was a connection for everybody");
    let waited = said(second.path());
    assert!(waited.contains("too many clients") || waited.contains("connection slots"), "{waited}");
}
