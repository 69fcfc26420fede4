//! The new year on the real binary: its log ends and the next one begins under load, without a gap, and whatever moment it
//! is killed at. The server's clock is libfaketime's; nothing in the server knows of it.

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use consent_core::ledger::checkpoint::SignedCheckpoint;
use consent_core::ledger::entry::{Entry, Kind};
use consent_core::ledger::tile::{EntriesId, decode_entries};
use consent_tests::client::{Client, key_of, log_of};
use consent_tests::full_run;
use consent_tests::process::{Server, binary};

use crate::promises::{check, load, verify};

/// Before midnight, long enough for a server to start on a busy machine.
const EVE: &str = "@2026-12-31 23:59:54";
const MIDNIGHT: Duration = Duration::from_secs(6);

fn has_faketime() -> bool {
    let there = Command::new("faketime").arg("--version").stdout(Stdio::null()).status();
    if there.is_err() {
        eprintln!("skipped: there is no faketime here");
    }
    there.is_ok()
}

/// A server for which it is `time` now, and then goes on.
fn start_at(time: &str, folder: &Path) -> Server {
    let mut command = Command::new("faketime");
    command.env("TZ", "UTC").args(["-m", "--exclude-monotonic", "-f", time]).arg(binary());
    Server::start_under(command, folder)
}

/// A server on the last seconds of the year, and how long the year still lasts.
fn start_before_midnight(folder: &Path) -> (Server, Duration) {
    let server = start_at(EVE, folder);
    let left = MIDNIGHT.saturating_sub(server.start_up);
    assert!(left > Duration::from_millis(500), "the server started in {:?}", server.start_up);
    // What comes before the end of the year shows nothing.
    let load = Duration::from_millis(1500).min(left);
    thread::sleep(left - load);
    (server, load)
}

fn logs() -> [String; 2] {
    [2026, 2027].map(log_of)
}

/// All entries of a log that a server shows, and its head.
fn read(server: &Server, folder: &Path, log: &str) -> (Vec<Entry>, SignedCheckpoint) {
    let client = Client::new(&server.address);
    let head = client.checkpoint(log, &[key_of(folder, log)]).expect("a head");
    let year = log.rsplit('/').next().unwrap();
    let mut entries = Vec::new();
    for part in EntriesId::all(head.checkpoint().size) {
        let (_, bytes) = client.get(&format!("/v1/sites/newsroom/logs/{year}/{part}")).unwrap();
        let parts = decode_entries(&bytes, part.width).unwrap();
        entries.extend(parts.into_iter().map(|entry| Entry::parse(entry).unwrap()));
    }
    (entries, head)
}

/// The old log ends with `close`, and the new one begins with the head that this left.
fn check_chain(server: &Server, folder: &Path) {
    let [(old, head), (new, _)] = logs().map(|log| read(server, folder, &log));
    assert!(matches!(old.last().map(Entry::kind), Some(Kind::Close { .. })), "{:?}", old.last());
    assert_eq!(old.iter().filter(|entry| matches!(entry.kind(), Kind::Close { .. })).count(), 1);
    let Kind::Open { previous: Some(previous), .. } = new[0].kind() else { panic!("{:?}", new[0]) };
    let head = head.checkpoint();
    assert_eq!((previous.size, previous.root, &previous.log), (head.size, head.root, &head.origin));
}

#[test]
fn a_year_ends_under_load_without_a_gap() {
    if !has_faketime() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    let (server, left) = start_before_midnight(folder);
    let promises = load(&server, folder, &logs(), 8, || thread::sleep(left + Duration::from_millis(1500)));
    let of = |year| promises.decisions.iter().filter(|one| one.log == log_of(year)).count();
    let (old, new) = (of(2026), of(2027));
    eprintln!(
        "{old} decisions in the old year, {new} in the new one; the longest took {:?}",
        promises.longest
    );
    assert!(old > 20 && new > 20, "{old} and {new}");
    assert_eq!(promises.unanswered, 0);
    assert!(promises.longest < Duration::from_secs(2), "{:?}", promises.longest);
    let sizes = check(&server, folder, &logs(), &promises);
    // Dense: `open`, the notice and the decisions in both, and `close`.
    assert_eq!(sizes, [old + 3, new + 2].map(|size| size as u64));
    check_chain(&server, folder);
    assert!(verify(&server, folder).contains("2027"));
}

#[test]
fn a_server_that_is_killed_while_a_year_ends_goes_on_in_one_of_the_two() {
    if !has_faketime() {
        return;
    }
    let rounds = if full_run("3 of 5 rounds of kill -9 at new year") { 5 } else { 2 };
    let mut ended = 0;
    for round in 0..rounds {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path();
        let (server, left) = start_before_midnight(folder);
        // Around the end of the year, which comes a little after this test expects it.
        let life = left + Duration::from_millis([180, 20, 90, 300, 0][round]);
        let mut promises = load(&server, folder, &logs(), 8, || {
            thread::sleep(life);
            server.kill();
        });
        drop(server);
        let in_new = promises.decisions.iter().filter(|one| one.log == log_of(2027)).count();
        eprintln!(
            "round {round}: {} acknowledged, {in_new} of them in the new year",
            promises.decisions.len()
        );
        assert!(promises.decisions.len() > 20, "no load");
        // The clock may be behind when it comes back; then the log that was open goes on.
        for again in [EVE, "@2027-01-01 00:00:05"] {
            let server = start_at(again, folder);
            let sizes = check(&server, folder, &logs(), &promises);
            ended += usize::from(again == EVE && sizes[1] > 0);
            let more = load(&server, folder, &logs(), 2, || thread::sleep(Duration::from_millis(600)));
            assert!(!more.decisions.is_empty() && more.unanswered == 0, "{again}: {}", more.unanswered);
            if again == EVE && sizes[1] > 0 {
                assert!(more.decisions.iter().all(|one| one.log == log_of(2027)), "a year came back");
            }
            promises.add(more);
        }
        let server = start_at("@2027-01-01 00:01:00", folder);
        check(&server, folder, &logs(), &promises);
        check_chain(&server, folder);
        verify(&server, folder);
    }
    eprintln!("the year had ended in {ended} of {rounds} rounds");
}
