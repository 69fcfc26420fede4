//! Several servers on one database.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::Duration;

use consent_tests::client::Client;
use consent_tests::postgres::Cluster;
use consent_tests::process::{Server, binary};

use super::{check, check_rows, load, sibling};

#[test]
fn two_servers_on_one_hot_site_are_dense_and_gapless_with_one_head_for_each_size() {
    let Some(cluster) = Cluster::start("two servers on one hot site") else { return };
    let url = cluster.database("hot");
    let first = tempfile::tempdir().unwrap();
    let one = Server::start_shared(first.path(), &url);
    let second = sibling(first.path());
    let two = Server::start_shared(second.path(), &url);
    let servers = [one.address.as_str(), two.address.as_str()];
    let mut promises = load(first.path(), &servers, 8, || thread::sleep(Duration::from_secs(3)));
    eprintln!("{} acknowledged, {} heads", promises.decisions.len(), promises.heads.len());
    assert_eq!(promises.refused, 0);
    assert!(promises.decisions.len() > 30 && promises.heads.len() > 5, "no load");
    check(first.path(), &servers, &mut promises);
    check_rows(&cluster, "hot", &promises);
    // The log holds as a whole, exported by the one that wrote half of it.
    let bundle = first.path().join("bundle.zip");
    two.export_bundle(first.path(), &bundle);
    let verified = Command::new(binary()).arg("verify").arg(&bundle).output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    // What one records is proven by the other at once.
    let notice = Client::new(&one.address).notice_id();
    for _ in 0..20 {
        let id = consent_tests::client::fresh_decision_id();
        assert!(Client::new(&one.address).decide(&id, &notice).is_some());
        let receipt = Client::new(&two.address).get(&format!("/v1/sites/newsroom/decisions/{id}/receipt"));
        assert_eq!(receipt.unwrap().0, 200);
    }
    assert!(one.stop().success() && two.stop().success());
}

#[test]
fn two_servers_on_one_data_folder_are_refused_and_the_first_one_goes_on() {
    let Some(cluster) = Cluster::start("two servers on one data folder") else { return };
    let url = cluster.database("folder");
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_shared(folder.path(), &url);
    let data = folder.path().join("data");
    let in_use = |said: &str| {
        assert!(said.contains("in use by another process") && said.contains("--data DIR"), "{said}");
        assert!(said.contains(&data.display().to_string()) && said.contains("copy signing.key"), "{said}");
    };
    in_use(&Server::refusal(folder.path(), &url));
    let recover = || {
        let mut command = Command::new(binary());
        command.arg("recover").arg(folder.path().join("consent.toml")).arg("--data").arg(&data);
        let output = command.env("CONSENT_STORE", &url).output().unwrap();
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    in_use(&recover());
    let client = Client::new(&server.address);
    assert!(client.decide(&consent_tests::client::fresh_decision_id(), &client.notice_id()).is_some());
    // Whatever ends a process gives the folder back.
    server.kill();
    drop(server);
    assert!(!recover().contains("in use"));
    let server = Server::start_shared(folder.path(), &url);
    // It answers, so it listens to signals too by now.
    assert!(!Client::new(&server.address).notice_id().is_empty());
    assert!(server.stop().success());
    drop(Server::start_shared(folder.path(), &url));
}

#[test]
fn a_server_without_the_key_of_the_others_is_refused_and_makes_none() {
    let Some(cluster) = Cluster::start("a server with another key") else { return };
    let url = cluster.database("keys");
    let first = tempfile::tempdir().unwrap();
    drop(Server::start_shared(first.path(), &url));
    let second = tempfile::tempdir().unwrap();
    let refusal = Server::refusal(second.path(), &url);
    assert!(refusal.contains("copy signing.key"), "{refusal}");
    assert!(!second.path().join("data/signing.key").exists());
    fs::create_dir_all(second.path().join("data")).unwrap();
    fs::write(second.path().join("data/signing.key"), format!("{}\n", "A".repeat(43))).unwrap();
    let refusal = Server::refusal(second.path(), &url);
    assert!(refusal.contains("another key"), "{refusal}");
    assert!(!refusal.contains("not-a-secret"), "the password is in what it says");
    let same = sibling(first.path());
    drop(Server::start_shared(same.path(), &url));
}

#[test]
fn no_password_is_on_the_command_line_or_in_what_is_logged() {
    let refused = Command::new(binary())
        .args(["serve", "consent.toml", "--store", "postgres://consent:not-a-secret@127.0.0.1:1/consent"])
        .current_dir(consent_tests::process::repository().join("examples/newsroom"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("--store-file"), "{said}");
    assert!(!said.contains("not-a-secret"), "{said}");
}
