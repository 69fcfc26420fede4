//! Receivers of webhooks of the real binary: what they are told, when they do not listen, and after the server was killed.

pub(crate) mod receiver;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use consent_core::ledger::entry::Reason;
use consent_tests::client::{Acknowledged, Client, fresh_decision_id};
use consent_tests::full_run;
use consent_tests::process::{CONFIG, Server, binary, repository};
use serde_json::{Value, json};

use self::receiver::{Got, Receiver, SECRET};

/// A file with the secret of all receivers.
pub(crate) fn secret(folder: &Path) -> PathBuf {
    let file = folder.join("webhook.secret");
    fs::write(&file, format!("{SECRET}\n")).unwrap();
    file
}

/// Decides for somebody new.
fn decide(server: &Server) -> Acknowledged {
    let client = Client::new(&server.address);
    client.decide(&fresh_decision_id(), &client.notice_id()).expect("a promise")
}

fn subject_of(decision: &Acknowledged) -> String {
    format!("subject00{}A", &decision.decision_id[24..])
}

fn erase(server: &Server, folder: &Path, subject: &str) {
    let (site, subject) = ("newsroom".parse().unwrap(), subject.parse().unwrap());
    let report = server.operator(folder).erase(&site, subject, Reason::Request);
    assert_eq!(report.unwrap().decisions, 1);
}

fn indices(taken: &[Got]) -> Vec<u64> {
    taken.iter().map(Got::index).collect()
}

/// `consent webhooks …` of the site.
fn webhooks(arguments: &[&str], place: &[&str]) -> String {
    let mut command = Command::new(binary());
    let output =
        command.arg("webhooks").args(arguments).args(["--site", "newsroom"]).args(place).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn receivers_are_told_in_order_and_signed_and_one_that_hangs_holds_up_nobody() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    let (good, hanging) = (Receiver::new(), Receiver::saying(|_| None));
    let file = secret(folder);
    let config = [CONFIG, &good.table("warehouse", &file), &hanging.table("hangs", &file)].concat();
    let mut command = Command::new(binary());
    command.env("RUST_LOG", "trace");
    let path = folder.join("consent.toml");
    fs::write(&path, config).unwrap();
    let server = Server::start_with(command, &path, folder);
    let begun = Instant::now();
    let decisions: Vec<_> = (0..3).map(|_| decide(&server)).collect();
    erase(&server, folder, &subject_of(&decisions[1]));
    let taken = good.wait_taken(4);
    // The other one is waited for in vain, ten seconds each time. Who waited along for each of four would come later.
    assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());
    let promised: Vec<_> = decisions.iter().map(|decision| decision.index).collect();
    assert_eq!(indices(&taken), [&promised[..], &[promised[2] + 1]].concat());
    let year = decisions[0].log.rsplit('/').next().unwrap();
    for got in &taken {
        assert_eq!(got.id, format!("newsroom_{year}_{}", got.index()));
        assert_eq!((got.signature.clone(), got.path.as_str()), (got.expected(), "/hook"));
        let data = &got.json()["data"];
        assert_eq!((&data["site"], &data["log"]), (&json!("newsroom"), &json!(year)));
    }
    let first = taken[0].json();
    assert_eq!(first["type"], "decision.recorded");
    assert_eq!(first["data"]["subject"]["subject_id"], subject_of(&decisions[0]));
    assert_eq!(first["data"]["subject"]["decision_id"], decisions[0].decision_id);
    assert_eq!(first["data"]["decision"]["action"], "reject_all");
    let last = taken[3].json();
    assert_eq!((&last["type"], &last["data"]["reason"]), (&json!("decisions.erased"), &json!("request")));
    let erased =
        json!({"log": year, "indices": [[promised[1], promised[1] + 1]], "parts": ["subject", "decision"]});
    assert_eq!(last["data"]["erased"], erased);
    let asked = u64::try_from(hanging.got().len()).unwrap();
    assert!(asked <= 1 + begun.elapsed().as_secs() / 9, "more than one was under way: {asked}");
    holds_for_others(folder, &taken);

    // What is said of it says nothing of anybody.
    let counted =
        r#"consent_webhook_attempts_total{outcome="delivered",site="newsroom",webhook="warehouse"} 4"#;
    // An attempt is counted when its answer was read, which is after it was given.
    let metrics = good.wait("count of four", || {
        let metrics = server.operator(folder).get("/metrics", 1 << 20).unwrap();
        Some(String::from_utf8(metrics).unwrap()).filter(|metrics| metrics.contains(counted))
    });
    assert!(metrics.contains(r#"consent_webhook_age_seconds{site="newsroom",webhook="hangs"}"#), "{metrics}");
    assert!(server.stop().success());
    let log = fs::read_to_string(folder.join("stderr")).unwrap();
    for personal in [&subject_of(&decisions[0]), &decisions[0].decision_id, SECRET] {
        assert!(!log.contains(personal) && !metrics.contains(personal), "{personal} is in\n{log}\n{metrics}");
    }
    // Metrics count actions.
    assert!(!log.contains("reject_all"), "{log}");
}

/// The library of the specification takes them, and none of which a byte is another one.
fn holds_for_others(folder: &Path, taken: &[Got]) {
    if !full_run("the library of Standard Webhooks") {
        return;
    }
    let all: Vec<_> = taken.iter().map(|got| {
        json!({"id": got.id, "timestamp": got.timestamp, "signature": got.signature, "body": String::from_utf8_lossy(&got.body)})
    }).collect();
    let file = folder.join("taken.json");
    fs::write(&file, Value::from(all).to_string()).unwrap();
    let script = repository().join("tests/foreign/webhook.py");
    let found = Command::new("python3").arg("-B").arg(script).arg(SECRET).arg(file).output().unwrap();
    let said = [found.stdout, found.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(found.status.success() && said.contains("4 deliveries hold"), "{said}");
}

#[test]
fn what_is_not_taken_is_told_again_without_what_was_erased_meanwhile() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    let (asked, is_erased) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
    let elsewhere = Receiver::new();
    let to = format!("http://{}/stolen", elsewhere.address);
    let (times, taking) = (Arc::clone(&asked), Arc::clone(&is_erased));
    let receiver = Receiver::saying(move |_| {
        let mut times = times.lock().unwrap();
        times.push(Instant::now());
        match times.len() {
            1 => Some((500, None)),
            2 => Some((307, Some(("location", to.clone())))),
            // However long the erasure takes, nothing is taken before it.
            _ if !taking.load(Ordering::SeqCst) => Some((503, Some(("retry-after", "5".to_owned())))),
            _ => Some((200, None)),
        }
    });
    let config = [CONFIG, &receiver.table("warehouse", &secret(folder))].concat();
    let server = Server::start_config(folder, &config);
    let (first, second) = (decide(&server), decide(&server));
    // Between two attempts at the first one, its subject has it erased.
    receiver.wait("third attempt", || (asked.lock().unwrap().len() >= 3).then_some(()));
    erase(&server, folder, &subject_of(&first));
    is_erased.store(true, Ordering::SeqCst);
    let taken = receiver.wait_taken(3);
    let tries = receiver.got();
    let in_vain = tries.iter().take_while(|got| got.status / 100 != 2).count();
    assert!(in_vain >= 3 && tries[..=in_vain].iter().all(|got| got.id == tries[0].id), "{tries:#?}");
    // After three failures its own wait would be at most four seconds.
    let times = asked.lock().unwrap().clone();
    let wait = times[3] - times[2];
    assert!(wait > Duration::from_millis(4500), "`Retry-After` was not heard: {wait:?}");
    assert_eq!(indices(&taken), [first.index, second.index, second.index + 1]);
    let (before, after) = (tries[2].json(), taken[0].json());
    assert_eq!(before["data"]["subject"]["subject_id"], subject_of(&first));
    assert_eq!((&after["type"], after["data"].get("subject")), (&json!("decision.recorded"), None));
    assert_eq!(after["data"].get("decision"), None);
    assert!(!String::from_utf8_lossy(&taken[0].body).contains(&first.decision_id));
    assert_eq!(taken[2].json()["type"], "decisions.erased");
    assert!(elsewhere.got().is_empty(), "somebody else was told");
}

#[test]
fn a_server_that_is_killed_leaves_nothing_out_and_a_receiver_that_comes_back_hears_it_all() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    let taken = AtomicUsize::new(0);
    let receiver = Receiver::saying(move |_| {
        let is_late = taken.fetch_add(1, Ordering::SeqCst) >= 10;
        std::thread::sleep(Duration::from_millis(if is_late { 200 } else { 5 }));
        Some((200, None))
    });
    let config = [CONFIG, &receiver.table("warehouse", &secret(folder))].concat();
    let server = Server::start_config(folder, &config);
    let mut promised: Vec<_> = (0..40).map(|_| decide(&server).index).collect();
    receiver.wait_taken(10);
    // Behind an answer, and as a rule before it is noted how far that was.
    server.kill();
    drop(server);
    let (address, mut taken) = (receiver.address.clone(), receiver.taken());
    drop(receiver);
    let before = taken.len();
    let server = Server::start_config(folder, &config);
    promised.extend((0..5).map(|_| decide(&server).index));
    let said = |folder: &Path| fs::read_to_string(folder.join("stderr")).unwrap_or_default();
    let receiver = Receiver::at(&address, |_| Some((200, None)));
    let last = *promised.last().unwrap();
    let after = receiver.wait("last one", || {
        Some(receiver.taken()).filter(|taken| taken.iter().any(|got| got.index() == last))
    });
    taken.extend(after.iter().cloned());
    assert!(before < 40, "all was told before it was killed: {}", said(folder));
    let heard: BTreeSet<_> = indices(&taken).into_iter().collect();
    assert_eq!(heard.into_iter().collect::<Vec<_>>(), promised, "{}", said(folder));
    assert!(indices(&after).is_sorted(), "{:?}", indices(&after));
    eprintln!("{before} were told before it was killed, {} came twice", taken.len() - promised.len());
    // What comes twice is the same.
    for got in &after {
        let same = taken.iter().find(|other| other.index() == got.index()).unwrap();
        assert_eq!((&same.id, &same.body), (&got.id, &got.body));
    }
    assert!(server.stop().success());
}

/// How many entries of the log are behind the receiver, as the server keeps it.
fn told(server: &Server, folder: &Path) -> u64 {
    let answer = server.operator(folder).get("/v1/sites/newsroom/webhooks", 1 << 16).unwrap();
    let status = serde_json::from_slice::<Value>(&answer).unwrap();
    status["webhooks"][0]["logs"][0]["told"].as_u64().unwrap()
}

#[test]
fn nothing_is_behind_a_receiver_before_it_has_said_that_it_took_it() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    // How many it may take; and how often it was asked.
    let (may_take, asked) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (left, counter) = (Arc::clone(&may_take), Arc::clone(&asked));
    let receiver = Receiver::saying(move |_| {
        let number = counter.fetch_add(1, Ordering::SeqCst);
        let takes = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        let refusals = [302, 400, 404, 410, 429, 500, 503];
        Some((if takes { 200 } else { refusals[number % refusals.len()] }, None))
    });
    let config = [CONFIG, &receiver.table("warehouse", &secret(folder))].concat();
    let server = Server::start_config(folder, &config);
    let (first, second) = (decide(&server).index, decide(&server).index);
    // While it refuses, and after a crash.
    let refuses_until = |server: &Server, number: usize, most: u64| {
        receiver.wait("attempts", || {
            let told = told(server, folder);
            assert!(told <= most, "{told} entries are behind it, and it took none after {most}");
            (asked.load(Ordering::SeqCst) >= number).then_some(())
        });
    };
    refuses_until(&server, 3, first);
    server.kill();
    drop(server);
    let server = Server::start_config(folder, &config);
    refuses_until(&server, asked.load(Ordering::SeqCst) + 2, first);
    // One is taken, and no more: it is behind the receiver, and the next one is not.
    let before = asked.load(Ordering::SeqCst);
    may_take.store(1, Ordering::SeqCst);
    receiver.wait("one taken", || (told(&server, folder) > first).then_some(()));
    refuses_until(&server, before + 3, second);
    assert_eq!(indices(&receiver.taken()), [first]);
    may_take.store(usize::MAX, Ordering::SeqCst);
    receiver.wait("all taken", || (told(&server, folder) > second).then_some(()));
    assert_eq!(indices(&receiver.taken()), [first, second]);
    assert!(server.stop().success());
}

#[test]
fn a_receiver_that_is_new_hears_what_is_new_and_again_what_it_is_told_again() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    let receiver = Receiver::new();
    let server = Server::start(folder);
    let old: Vec<_> = (0..3).map(|_| decide(&server).index).collect();
    let config = [CONFIG, &receiver.table("warehouse", &secret(folder))].concat();
    fs::write(folder.join("consent.toml"), &config).unwrap();
    server.signal("HUP");
    // It is in force when the server knows the webhook.
    receiver.wait("reload", || {
        let answer = server.operator(folder).get("/v1/sites/newsroom/webhooks", 1 << 16).unwrap();
        (serde_json::from_slice::<Value>(&answer).unwrap()["webhooks"][0]["id"] == "warehouse").then_some(())
    });
    let new = decide(&server).index;
    let taken = receiver.wait_taken(1);
    assert_eq!(indices(&taken), [new]);

    let token = folder.join("data/operator.token").display().to_string();
    let online = ["--server", &server.address, "--token-file", &token];
    let year = taken[0].json()["data"]["log"].as_str().unwrap().to_owned();
    let (from, to) = (old[1].to_string(), (old[2] + 1).to_string());
    let said = webhooks(
        &["replay", "--webhook", "warehouse", "--log", &year, "--from", &from, "--to", &to],
        &online,
    );
    assert_eq!(said, "2 entries were gone through again\n");
    assert_eq!(indices(&receiver.taken()), [new, old[1], old[2]]);
    let status: Value = serde_json::from_str(&webhooks(&["status", "--json"], &online)).unwrap();
    let size = new + 1;
    let log = json!({"log": year, "told": size, "size": size});
    assert_eq!(status, json!({"webhooks": [{"id": "warehouse", "logs": [log], "again": 0}]}));
    assert!(server.stop().success());

    // The same through the data folder, from a day on, for when it runs again.
    let data = folder.join("data").display().to_string();
    let offline = ["--data", data.as_str()];
    let said = webhooks(&["replay", "--webhook", "warehouse", "--since", "2026-01-01"], &offline);
    assert_eq!(said, format!("{size} entries will be gone through again when the server runs\n"));
    assert!(webhooks(&["status"], &offline).contains(&format!("{size} entries are told again")));
    let server = Server::start_config(folder, &config);
    let taken = receiver.wait_taken(7);
    assert_eq!(indices(&taken[3..]), [&old[..], &[new]].concat());
    assert_eq!(taken[6].id, taken[0].id);
    assert!(server.stop().success());
}
