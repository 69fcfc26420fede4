//! The way on where a log has none, as an operator walks it: the start is refused with a command, the command is typed, and
//! everything goes on in the next log, which an auditor can follow.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use consent_tests::client::{Client, decision, fresh_decision_id, log_of_now};
use consent_tests::process::{Server, binary};
use serde_json::{Value, json};

/// Whom the erasures are about; all others are the client's own subject.
const ERASED: &str = "Zm9yZ2V0LW1lLXBsZWFzZQ";

fn consent(arguments: &str) -> Output {
    Command::new(binary()).args(arguments.split_whitespace()).output().unwrap()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Decides with so many ids, each second one as [`ERASED`], and returns ids and receipts.
fn decide(server: &Server, count: usize) -> Vec<(String, String)> {
    let client = Client::new(&server.address);
    let notice = client.notice_id();
    (0..count)
        .map(|number| {
            let id = fresh_decision_id();
            let mut request = decision(&id, &notice);
            if number % 2 == 0 {
                request["subject_id"] = json!(ERASED);
            }
            assert_eq!(client.send(&request).unwrap().0, 201);
            let path = format!("/v1/sites/newsroom/decisions/{id}/receipt");
            let (status, receipt) = client.get(&path).unwrap();
            assert_eq!(status, 200);
            (id, String::from_utf8(receipt).unwrap())
        })
        .collect()
}

fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    assert!(Command::new("cp").arg("-r").args([from, to]).status().unwrap().success());
}

/// The codes of what is found in a fresh bundle of the server.
fn findings(server: &Server, folder: &Path) -> Vec<String> {
    let bundle = folder.join("bundle.zip");
    let (address, bundle, folder) = (&server.address, bundle.display(), folder.display());
    let exported = consent(&format!(
        "export --site newsroom --format bundle --server {address} --token-file {folder}/data/operator.token -o {bundle}"
    ));
    assert!(exported.status.success(), "{}", text(&exported));
    let verified = consent(&format!("verify --json {bundle}"));
    let report: Value = serde_json::from_slice(&verified.stdout).unwrap();
    let found = report["findings"].as_array().unwrap();
    let codes: Vec<_> = found.iter().map(|found| found["code"].as_str().unwrap().to_owned()).collect();
    assert_eq!(verified.status.success(), codes.is_empty());
    // In words too.
    let said = consent(&format!("verify {bundle}"));
    assert_eq!(
        text(&said).contains("LOST: "),
        codes.iter().any(|code| code == "entries_lost"),
        "{}",
        text(&said)
    );
    codes
}

/// Walks the way on from a refused start, and checks all that has to hold behind it. `cause` is what the refusal says, `known`
/// the decisions before with their receipts, `lost` whether signed entries are not there any more.
fn walk_on(folder: &Path, cause: &str, known: &[(String, String)], policy: &[u8], lost: bool) -> Server {
    // The message names the command; the command says what it would do, and does nothing.
    let refusal = Server::refusal(folder, "embedded");
    assert!(refusal.contains("`consent recover`"), "{refusal}");
    let typed = refusal.lines().find_map(|line| line.strip_prefix("To see what could be kept:  consent "));
    let typed = typed.unwrap_or_else(|| panic!("no command: {refusal}"));
    let asked = consent(typed);
    assert!(!asked.status.success() && text(&asked).contains("Nothing was changed"), "{}", text(&asked));
    assert!(text(&asked).contains(&format!("{}\n", log_of_now())), "{}", text(&asked));
    // Each log with its own cause: that of heads may have another one than the site's.
    assert!(text(&asked).contains(cause), "{}", text(&asked));
    assert_eq!(text(&asked).contains("are lost"), lost, "{}", text(&asked));
    assert!(Server::refusal(folder, "embedded").contains("`consent recover`"));
    let confirmed =
        text(&asked).lines().find_map(|line| Some(line.split_once("Then:  consent ")?.1.to_owned()));
    let done = consent(&confirmed.unwrap());
    assert!(done.status.success() && text(&done).contains("has ended"), "{}", text(&done));
    let again = consent(&format!("{typed} --confirm"));
    assert!(!again.status.success() && text(&again).contains("nothing to recover"), "{}", text(&again));

    let server = Server::start(folder);
    let client = Client::new(&server.address);
    let recorded = client.send(&decision(&fresh_decision_id(), &client.notice_id())).unwrap();
    assert_eq!((recorded.0, &recorded.1["log"]), (201, &json!(format!("{}.2", log_of_now()))));
    // The bundle has both logs, and says what was lost and nothing else.
    let codes = findings(&server, folder);
    assert!(codes.iter().all(|code| code == "entries_lost"), "{codes:?}");
    assert_eq!(codes.is_empty(), !lost, "{codes:?}");

    // Receipts from before hold by themselves, with the keys of then and with those that the server shows now.
    let (now, then) = (folder.join("policy.now"), folder.join("policy.then"));
    fs::write(&now, client.get("/v1/sites/newsroom/logs/policy").unwrap().1).unwrap();
    fs::write(&then, policy).unwrap();
    let keys = String::from_utf8(client.get("/receipt/keys").unwrap().1).unwrap();
    assert!(keys.lines().all(|key| fs::read_to_string(&now).unwrap().contains(key)), "{keys}");
    for (id, receipt) in known {
        let file = folder.join("receipt");
        fs::write(&file, receipt).unwrap();
        for policy in [&now, &then] {
            let checked =
                consent(&format!("verify --receipt {} --policy {}", file.display(), policy.display()));
            assert!(checked.status.success(), "{}", text(&checked));
        }
        // Another one is made if it can be, and else it is said why not.
        let (status, body) = client.get(&format!("/v1/sites/newsroom/decisions/{id}/receipt")).unwrap();
        let body = String::from_utf8(body).unwrap();
        match status {
            200 => assert!(body.starts_with("c2sp.org/tlog-proof@v1"), "{body}"),
            410 => assert!(lost && body.contains("proof_lost"), "{body}"),
            other => assert!(lost && other == 404, "{other}: {body}"),
        }
    }

    // Who is erased now is gone from the ended log as well.
    let client = server.operator(folder);
    let history = || client.decisions(&"newsroom".parse().unwrap(), ERASED.parse().unwrap()).unwrap();
    let before = history().len();
    let (address, path) = (&server.address, folder.display());
    let erased = consent(&format!(
        "erase --site newsroom --subject {ERASED} --server {address} --token-file {path}/data/operator.token"
    ));
    assert!(
        erased.status.success() && text(&erased).contains(&format!("\"decisions\":{before}")),
        "{}",
        text(&erased)
    );
    assert_eq!(history(), []);
    assert_eq!(findings(&server, folder), codes);

    // And so it stays.
    assert!(server.stop().success());
    let server = Server::start(folder);
    decide(&server, 2);
    assert_eq!(findings(&server, folder), codes);
    assert!(server.stop().success());
    let path = folder.display();
    let offline =
        consent(&format!("export --site newsroom --format bundle --data {path}/data -o {path}/offline.zip"));
    assert!(offline.status.success(), "{}", text(&offline));
    let verified = consent(&format!("verify {path}/offline.zip"));
    assert_eq!(verified.status.success(), !lost, "{}", text(&verified));
    Server::start(folder)
}

/// A server that has recorded something, and what is known of it elsewhere.
fn recorded(folder: &Path) -> (Vec<(String, String)>, Vec<u8>) {
    let server = Server::start(folder);
    let known = decide(&server, 6);
    let policy = Client::new(&server.address).get("/v1/sites/newsroom/logs/policy").unwrap().1;
    assert!(server.stop().success());
    (known, policy)
}

#[test]
fn an_older_copy_of_the_store_goes_on_in_the_next_log() {
    let folder = tempfile::tempdir().unwrap();
    let (mut known, policy) = recorded(folder.path());
    let (store, old) = (folder.path().join("data/store"), folder.path().join("old"));
    copy(&store, &old);
    known.extend(recorded(folder.path()).0);
    copy(&old, &store);
    drop(walk_on(folder.path(), "This is an older copy of the store", &known, &policy, true));
}

#[test]
fn an_emptied_store_goes_on_in_the_next_log() {
    let folder = tempfile::tempdir().unwrap();
    let (known, policy) = recorded(folder.path());
    fs::remove_dir_all(folder.path().join("data/store")).unwrap();
    drop(walk_on(folder.path(), "and the store has 0", &known, &policy, true));
}

#[test]
fn a_store_whose_entries_are_cut_short_goes_on_in_the_next_log() {
    let folder = tempfile::tempdir().unwrap();
    let (known, policy) = recorded(folder.path());
    // What the journal has is written again at a start; after one more it has nothing of these.
    let server = Server::start(folder.path());
    assert_eq!(Client::new(&server.address).get("/healthz").unwrap().0, 200);
    assert!(server.stop().success());
    let logs = folder.path().join("data/store/logs");
    let log = fs::read_dir(&logs).unwrap().map(|item| item.unwrap().path());
    let log = log.into_iter().find(|log| log.to_str().unwrap().contains("newsroom")).unwrap();
    let files = fs::read_dir(&log).unwrap().map(|item| item.unwrap().path());
    let entries = files.into_iter().find(|file| file.to_str().unwrap().contains("entries")).unwrap();
    let length = fs::metadata(&entries).unwrap().len();
    fs::File::options().write(true).open(&entries).unwrap().set_len(length / 2).unwrap();
    drop(walk_on(folder.path(), "the store is damaged", &known, &policy, true));
}

#[test]
fn a_changed_key_goes_on_in_the_next_log_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let (known, policy) = recorded(folder.path());
    fs::write(folder.path().join("data/signing.key"), format!("{}\n", "A".repeat(43))).unwrap();
    drop(walk_on(folder.path(), "was signed with another key", &known, &policy, false));
}

#[test]
fn a_lost_key_is_made_anew_only_if_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let (known, policy) = recorded(folder.path());
    let key = folder.path().join("data/signing.key");
    fs::remove_file(&key).unwrap();
    let refusal = Server::refusal(folder.path(), "embedded");
    let typed = refusal.lines().find_map(|line| line.strip_prefix("To see what could be kept:  consent "));
    let typed = typed.unwrap_or_else(|| panic!("no command: {refusal}"));
    assert!(typed.ends_with("--new-key"), "{typed}");
    let without = consent(typed.trim_end_matches(" --new-key"));
    assert!(
        !without.status.success() && text(&without).contains("restore it from a backup"),
        "{}",
        text(&without)
    );
    let asked = consent(typed);
    assert!(text(&asked).contains("Nothing was changed") && !key.exists(), "{}", text(&asked));
    let done = consent(&format!("{typed} --confirm"));
    assert!(done.status.success(), "{}", text(&done));
    let server = Server::start(folder.path());
    let client = Client::new(&server.address);
    assert_eq!(findings(&server, folder.path()), Vec::<String>::new());
    let now = String::from_utf8(client.get("/v1/sites/newsroom/logs/policy").unwrap().1).unwrap();
    let old = String::from_utf8(policy).unwrap();
    let old = old.lines().find(|line| line.contains(&log_of_now())).unwrap();
    assert!(now.contains(old), "{now}");
    let path = format!("/v1/sites/newsroom/decisions/{}/receipt", known[0].0);
    assert_eq!(client.get(&path).unwrap().0, 200);
}

#[test]
fn a_fork_goes_on_in_the_next_log_with_what_was_signed() {
    let folder = tempfile::tempdir().unwrap();
    let (mut known, policy) = recorded(folder.path());
    let (data, elsewhere) = (folder.path().join("data"), tempfile::tempdir().unwrap());
    copy(&data, &elsewhere.path().join("data"));
    known.extend(recorded(folder.path()).0);
    // The copy was let grow elsewhere, and its store comes back.
    let server = Server::start(elsewhere.path());
    let forked = decide(&server, 9);
    assert!(server.stop().success());
    copy(&elsewhere.path().join("data/store"), &data.join("store"));
    let server = walk_on(folder.path(), "are not those that a head was signed for", &known, &policy, true);
    let client = Client::new(&server.address);
    let path = format!("/v1/sites/newsroom/decisions/{}/receipt", forked[8].0);
    assert_eq!(client.get(&path).unwrap().0, 404, "what contradicts a signed head is no part of the log");
}

#[test]
fn wrong_arguments_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("consent.toml");
    fs::write(&config, consent_tests::process::CONFIG).unwrap();
    let said = |arguments: String| {
        let output = consent(&arguments);
        assert!(!output.status.success());
        text(&output)
    };
    let (config, path) = (config.display(), folder.path().display());
    assert!(said(format!("recover {config} --data {path}/none")).contains("is not a data folder"));
    assert!(said("recover".to_owned()).contains("<CONFIG>"));
    assert!(said(format!("recover {config} --store mysql://x")).contains("can not be used"));
    drop(recorded(folder.path()));
    let nothing = said(format!("recover {config} --data {path}/data"));
    assert!(nothing.contains("nothing to recover"), "{nothing}");
    let server = Server::start(folder.path());
    let in_use = said(format!("recover {config} --data {path}/data"));
    assert!(in_use.contains("stop that one first"), "{in_use}");
    // So is a second server on the folder.
    let second = Server::refusal(folder.path(), "embedded");
    assert!(second.contains("stop that one first") && second.contains("--store"), "{second}");
    assert!(server.stop().success());
    // An export signs nothing that contradicts what was signed.
    fs::remove_dir_all(folder.path().join("data/store")).unwrap();
    assert!(Server::refusal(folder.path(), "embedded").contains("the store has 0"));
    let export =
        said(format!("export --site newsroom --format bundle --data {path}/data -o {path}/bundle.zip"));
    assert!(export.contains("the store has 0"), "{export}");
}
