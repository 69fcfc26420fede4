//! A receiver that two servers on one database could both tell: it is told everything, and by one of them.

use std::collections::BTreeMap;
use std::process::Command;

use consent_tests::client::{Client, fresh_decision_id};
use consent_tests::postgres::Cluster;
use consent_tests::process::{CONFIG, Server, binary};

use super::sibling;
use crate::webhooks::receiver::Receiver;
use crate::webhooks::secret;

#[test]
fn of_two_servers_one_tells_a_receiver_what_both_record() {
    let Some(cluster) = Cluster::start("a receiver of two servers") else { return };
    let url = cluster.database("webhooks");
    let receiver = Receiver::new();
    let first = tempfile::tempdir().unwrap();
    let config = first.path().join("consent.toml");
    let text = [CONFIG, &receiver.table("warehouse", &secret(first.path()))].concat();
    std::fs::write(&config, text).unwrap();
    let start = |folder: &std::path::Path| {
        let mut command = Command::new(binary());
        command.env("CONSENT_STORE", &url);
        Server::start_with(command, &config, folder)
    };
    let one = start(first.path());
    let second = sibling(first.path());
    let two = start(second.path());
    let clients = [&one, &two].map(|server| Client::new(&server.address));
    let notice = clients[0].notice_id();
    let mut promised: Vec<_> = (0..30)
        .map(|at: usize| clients[at % 2].decide(&fresh_decision_id(), &notice).expect("a promise").index)
        .collect();
    promised.sort_unstable();
    let taken = receiver.wait_taken(promised.len());
    let mut times = BTreeMap::new();
    taken.iter().for_each(|got| *times.entry(got.index()).or_insert(0) += 1);
    assert_eq!(times.keys().copied().collect::<Vec<_>>(), promised);
    // A lease is all that keeps the other one away, and it is a lease of half a minute.
    assert!(times.values().all(|times| *times == 1), "{times:?}");
    // Whoever is asked says the same.
    let status = |server: &Server| server.operator(first.path()).get("/v1/sites/newsroom/webhooks", 1 << 16);
    let told = |bytes: Vec<u8>| {
        let status: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        status["webhooks"][0]["logs"][0]["told"].as_u64().unwrap()
    };
    for server in [&one, &two] {
        receiver.wait("end", || (told(status(server).unwrap()) > promised[29]).then_some(()));
    }
    assert!(one.stop().success() && two.stop().success());
}
