//! From the embedded store to a database: the log byte for byte, and what is beside it.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use consent_server::store::{PostgresAddress, PostgresStore};
use consent_tests::client::{Client, decision, fresh_decision_id};
use consent_tests::postgres::Cluster;
use consent_tests::process::{Server, binary};

use crate::erased::consent;
use crate::start_up::seed;

/// The files of a bundle that say what is recorded: all but those that name the moment of the export.
fn bundle(folder: &Path, server: &Server, name: &str) -> BTreeMap<String, Vec<u8>> {
    let file = folder.join(name);
    server.export_bundle(folder, &file);
    let verified = Command::new(binary()).arg("verify").arg(&file).output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    let mut zip = zip::ZipArchive::new(fs::File::open(file).unwrap()).unwrap();
    let mut files = BTreeMap::new();
    for at in 0..zip.len() {
        let mut file = zip.by_index(at).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        let name = file.name().unwrap().into_owned();
        files.insert(name, bytes);
    }
    // The heads log may have grown in between, and the manifest says when it was made.
    files.retain(|name, _| !name.starts_with("manifest") && !name.contains("heads"));
    // Nor is its key among the others before it has begun, soon after the first start.
    let policy = String::from_utf8(files["policy"].clone()).unwrap();
    let keys: Vec<&str> = policy.lines().filter(|line| !line.contains("/heads/")).collect();
    assert!(keys.iter().any(|line| line.contains("/newsroom/")), "{policy}");
    files.insert("policy".to_owned(), keys.join("\n").into_bytes());
    files
}

fn migration(folder: &Path, url: &str) -> Command {
    let mut command = Command::new(binary());
    command.arg("migrate").arg("--from").arg(folder.join("data")).env("CONSENT_STORE", url);
    command
}

fn migrate(folder: &Path, url: &str) -> Output {
    migration(folder, url).output().unwrap()
}

#[test]
fn a_migrated_store_exports_the_same_bytes_and_goes_on() {
    let Some(cluster) = Cluster::start("a migration to PostgreSQL") else { return };
    let url = cluster.database("moved");
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let client = Client::new(&server.address);
    let notice = client.notice_id();
    let ids: Vec<_> = (0..400).map(|_| fresh_decision_id()).collect();
    for id in &ids {
        assert!(client.decide(id, &notice).is_some());
    }
    let promised = client.decide(&ids[0], &notice).unwrap();
    let forgotten = decision(&ids[7], &notice);
    let subject = forgotten["subject_id"].as_str().unwrap();
    consent(&server, &folder.path().join("data"), &["erase", "--subject", subject]);
    let before = bundle(folder.path(), &server, "before.zip");
    assert!(before.keys().any(|name| name.starts_with("logs/")) && before.contains_key("openings.jsonl"));
    // While the server runs, its store is its own.
    let refused = migrate(folder.path(), &url);
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("in use"));
    server.kill();
    drop(server);
    // Stopped in the middle: as far as it came, and no server starts on it.
    drop(PostgresStore::open(&PostgresAddress::parse(&url).unwrap()).unwrap());
    cluster.query(
        "moved",
        "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS \
                            $$BEGIN RAISE EXCEPTION 'stopped'; END$$",
    );
    cluster.query("moved", "CREATE TRIGGER stop BEFORE INSERT ON decision EXECUTE FUNCTION stop()");
    assert!(!migrate(folder.path(), &url).status.success());
    assert!(Server::refusal(folder.path(), &url).contains("migrate"));
    cluster.query("moved", "DROP TRIGGER stop ON decision");
    let moved = migrate(folder.path(), &url);
    assert!(moved.status.success(), "{}", String::from_utf8_lossy(&moved.stderr));
    assert!(!migrate(folder.path(), &url).status.success(), "a database that is in use is not migrated into");
    let server = Server::start_shared(folder.path(), &url);
    let after = bundle(folder.path(), &server, "after.zip");
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&before), names(&after));
    for (name, bytes) in &before {
        assert!(after[name] == *bytes, "{name} is not what it was");
    }
    // A retry of what the embedded store promised, and something new behind it.
    let client = Client::new(&server.address);
    assert_eq!(client.decide(&ids[0], &notice), Some(promised));
    // What was erased there is not recorded here either.
    assert_eq!(client.send(&forgotten).unwrap().0, 410);
    assert_eq!(cluster.query("moved", "SELECT count(*) FROM decision"), "399");
    let next = client.decide(&fresh_decision_id(), &notice).unwrap();
    assert!(next.index >= 402, "{next:?}");
    drop(server);
    // The old store is an older copy from now on.
    let config = folder.path().join("consent.toml");
    let mut old = Command::new("timeout");
    old.arg("60").arg(binary()).arg("serve").arg(config).args(["--listen", "127.0.0.1:0", "--data"]);
    let old = old.arg(folder.path().join("data")).env_remove("CONSENT_STORE").output().unwrap();
    assert!(
        String::from_utf8_lossy(&old.stderr).contains("older copy"),
        "{}",
        String::from_utf8_lossy(&old.stderr)
    );
}

#[test]
fn a_migration_that_is_killed_in_the_middle_of_a_log_goes_on_there() {
    let Some(cluster) = Cluster::start("a migration that is killed") else { return };
    let url = cluster.database("killed");
    let folder = tempfile::tempdir().unwrap();
    seed(folder.path(), 9_000);
    let server = Server::start(folder.path());
    let before = bundle(folder.path(), &server, "before.zip");
    assert!(server.stop().success());
    // Each step waits with its head, where it has written everything and committed nothing: so it can be met there.
    drop(PostgresStore::open(&PostgresAddress::parse(&url).unwrap()).unwrap());
    let slow = "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS \
                $$BEGIN PERFORM pg_sleep(0.4); RETURN NEW; END$$";
    cluster.query("killed", slow);
    cluster.query("killed", "CREATE TRIGGER wait BEFORE UPDATE ON head FOR EACH ROW EXECUTE FUNCTION wait()");
    let moved = || -> u64 {
        let size = "SELECT coalesce(max(size), 0) FROM head WHERE site = 'newsroom'";
        cluster.query("killed", size).parse().unwrap()
    };
    let mut killed_at = Vec::new();
    while killed_at.len() < 3 {
        let (begun, from) = (Instant::now(), moved());
        let mut child = migration(folder.path(), &url).stderr(Stdio::null()).spawn().unwrap();
        while moved() == from {
            assert!(begun.elapsed() < Duration::from_secs(60), "it does not get on");
            assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
            thread::sleep(Duration::from_millis(10));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        killed_at.push(moved());
    }
    eprintln!("killed at {killed_at:?} of 9002 entries");
    assert!(killed_at.is_sorted_by(|a, b| a < b) && killed_at.iter().all(|at| (1..9_000).contains(at)));
    let whole = "SELECT h.size = count(*) AND max(e.\"index\") = h.size - 1 FROM head h JOIN entry e USING (log_id) \
                 WHERE h.site = 'newsroom' GROUP BY h.size";
    assert_eq!(cluster.query("killed", whole), "t", "half a step is there");
    assert!(Server::refusal(folder.path(), &url).contains("migrate"));
    cluster.query("killed", "DROP TRIGGER wait ON head");
    let ended = migrate(folder.path(), &url);
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let server = Server::start_shared(folder.path(), &url);
    let after = bundle(folder.path(), &server, "after.zip");
    assert!(before.keys().eq(after.keys()));
    for (name, bytes) in &before {
        assert!(after[name] == *bytes, "{name} is not what it was");
    }
    assert!(server.stop().success());
}
