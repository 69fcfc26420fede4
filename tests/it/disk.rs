//! Disks that are full or fail under the real binary: it says which file and what to do, ends, writes nothing more, and
//! nothing that it acknowledged is lost.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use consent_tests::client::{Client, log_of_now};
use consent_tests::full_run;
use consent_tests::process::{CONFIG, Server, binary};

use crate::promises::{check, load, verify};

/// Set for a test that was started again where it may mount.
const MAY_MOUNT: &str = "CONSENT_TEST_MAY_MOUNT";

/// Runs this test once more in a mount namespace of its own, which goes with it. Whether this is that run.
fn may_mount(test: &str) -> bool {
    if std::env::var_os(MAY_MOUNT).is_some() {
        return true;
    }
    // Root may do it as it is; others are root in a user namespace of their own, where the machine lets them.
    let ways: [&[&str]; 2] = [&["--mount"], &["--mount", "--map-root-user"]];
    let mounts = |way: &&&[&str]| {
        let tried =
            Command::new("unshare").args(**way).args(["mount", "-t", "tmpfs", "none", "/mnt"]).output();
        tried.is_ok_and(|tried| tried.status.success())
    };
    let Some(way) = ways.iter().find(mounts) else {
        eprintln!("skipped: nothing can be mounted here");
        return false;
    };
    let own = std::env::current_exe().unwrap();
    let mut again = Command::new("unshare");
    again.args(*way).arg(own).args(["--exact", test, "--nocapture"]);
    assert!(again.env(MAY_MOUNT, "1").status().unwrap().success(), "it failed, see above");
    false
}

fn mount(options: &str, at: &Path) {
    let mounted =
        Command::new("mount").args(["-t", "tmpfs", "-o", options, "none"]).arg(at).output().unwrap();
    assert!(mounted.status.success(), "{mounted:?}");
}

/// Returns when nobody answers at this address any more.
fn until_it_is_gone(server: &Server) {
    let begun = Instant::now();
    let client = Client::new(&server.address);
    while client.get("/v1/sites/newsroom/notice").is_some() {
        assert!(begun.elapsed() < Duration::from_secs(120), "it does not end");
        thread::sleep(Duration::from_millis(20));
    }
}

fn said(folder: &Path) -> String {
    fs::read_to_string(folder.join("stderr")).unwrap()
}

#[test]
fn a_full_disk_ends_the_server_and_nothing_acknowledged_is_lost() {
    if !may_mount("disk::a_full_disk_ends_the_server_and_nothing_acknowledged_is_lost") {
        return;
    }
    let (home, logs) = (tempfile::tempdir().unwrap(), [log_of_now()]);
    let folder = home.path();
    let data = folder.join("data");
    fs::create_dir(&data).unwrap();
    // Two journals of 16 MiB, which have their place from the start, and not much more.
    mount("size=33600k", &data);
    let server = Server::start(folder);
    let mut all = load(&server, folder, &logs, 16, || until_it_is_gone(&server));
    assert_eq!(server.ended().code(), Some(2));
    eprintln!("{} acknowledged until the disk was full", all.decisions.len());
    assert!(all.decisions.len() > 100 && all.unanswered > 0);
    let why = said(folder);
    assert!(
        why.contains("failed: No space left on device")
            && why.contains("data/")
            && why.contains("Make room for it"),
        "{why}"
    );
    // Starts on the full disk, whether or not they come to serve, take nothing away.
    for _ in 0..3 {
        let mut start = Command::new("timeout");
        start.args(["2", binary().to_str().unwrap(), "serve"]).arg(folder.join("consent.toml"));
        start.args(["--listen", "127.0.0.1:0", "--data"]).arg(&data).stdout(Stdio::null());
        start.stderr(Stdio::null()).status().unwrap();
    }
    mount("remount,size=256m", &data);
    let server = Server::start(folder);
    check(&server, folder, &logs, &all);
    all.add(load(&server, folder, &logs, 4, || thread::sleep(Duration::from_millis(500))));
    check(&server, folder, &logs, &all);
    verify(&server, folder);
}

/// A call that fails under `strace` instead of being made, each in the thread that makes it for the so-manieth time.
struct Injected {
    call: &'static str,
    fault: &'static str,
    when: usize,
    says: &'static str,
}

const INJECTED: [Injected; 6] = [
    Injected { call: "fdatasync", fault: "EIO", when: 12, says: "fdatasync of" },
    Injected { call: "pwrite64", fault: "EIO", when: 40, says: "writing to" },
    Injected { call: "pwrite64", fault: "ENOSPC", when: 42, says: "writing to" },
    Injected { call: "fdatasync", fault: "EIO", when: 2, says: "fdatasync of" },
    Injected { call: "pwrite64", fault: "EIO", when: 77, says: "writing to" },
    Injected { call: "fdatasync", fault: "ENOSPC", when: 30, says: "fdatasync of" },
];

/// The server under `strace`, which writes what the store was asked to `trace`.
fn traced(injected: &Injected, trace: &Path) -> Command {
    let Injected { call, fault, when, .. } = injected;
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-y", "-s", "0", "-e", "signal=none", "-e", "trace=pwrite64,fdatasync,fsync"]);
    command.arg("-e").arg(format!("inject={call}:error={fault}:when={when}")).arg("-o").arg(trace);
    command.arg(binary());
    command
}

/// The file whose call failed. After it, nothing may be written to that file any more.
fn failed_file(trace: &str) -> PathBuf {
    let file = |line: &str| {
        let (_, rest) = line.split_once('<')?;
        Some(rest.split_once('>')?.0.to_owned())
    };
    let lines: Vec<_> = trace.lines().collect();
    let at = lines.iter().position(|line| line.contains("(INJECTED)")).expect("a fault");
    let failed = file(lines[at]).expect("a file");
    let after = lines[at + 1..].iter().filter(|line| file(line).is_some_and(|file| file == failed));
    assert_eq!(after.collect::<Vec<_>>(), Vec::<&&str>::new(), "{failed} was written to after it had failed");
    failed.into()
}

#[test]
fn a_disk_that_fails_ends_the_server_with_the_operation_and_the_file_and_is_not_tried_again() {
    if Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_err() {
        eprintln!("skipped: there is no strace here");
        return;
    }
    let cases = if full_run("3 of 6 ways in which a disk fails") { 6 } else { 3 };
    for injected in &INJECTED[..cases] {
        let case = format!("{} {} at {}", injected.call, injected.fault, injected.when);
        let (home, logs) = (tempfile::tempdir().unwrap(), [log_of_now()]);
        let folder = home.path();
        // Journals are made before: filling them takes long under a tracer.
        let mut all = {
            let server = Server::start(folder);
            let before = load(&server, folder, &logs, 2, || thread::sleep(Duration::from_millis(200)));
            assert!(server.stop().success());
            before
        };
        let trace = folder.join("trace");
        fs::remove_file(folder.join("stderr")).unwrap();
        let server = Server::start_under(traced(injected, &trace), folder);
        all.add(load(&server, folder, &logs, 4, || until_it_is_gone(&server)));
        assert_eq!(server.ended().code(), Some(2), "{case}");
        let (why, trace) = (said(folder), fs::read_to_string(&trace).unwrap());
        let file = failed_file(&trace);
        eprintln!("{case}: {}", why.lines().filter(|line| line.contains("because")).collect::<String>());
        if file.starts_with(folder.join("data/store")) {
            let whole = format!("{} {} failed: ", injected.says, file.display());
            assert!(why.contains(&whole), "{case}: {whole}: {why}");
            let advice = if injected.fault == "EIO" { "The disk may be failing" } else { "Make room for it" };
            assert!(why.contains(advice), "{case}: {why}");
        } else {
            // The note of the head signed last, beside the store, says the reason alone.
            assert!(file.starts_with(folder.join("data/heads")), "{case}: {}", file.display());
            assert!(why.contains("os error"), "{case}: {why}");
        }
        let server = Server::start(folder);
        check(&server, folder, &logs, &all);
        all.add(load(&server, folder, &logs, 2, || thread::sleep(Duration::from_millis(200))));
        check(&server, folder, &logs, &all);
        verify(&server, folder);
    }
}

/// The first sync of a start: nothing is served, the reason is said, and the next start is as if nothing had been.
#[test]
fn a_start_on_a_disk_that_fails_says_why() {
    if Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_err() {
        eprintln!("skipped: there is no strace here");
        return;
    }
    for call in ["fdatasync", "fsync", "pwrite64"] {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path();
        fs::write(folder.join("consent.toml"), CONFIG).unwrap();
        let injected = Injected { call, fault: "EIO", when: 1, says: "" };
        let mut command = Command::new("timeout");
        let traced = traced(&injected, &folder.join("trace"));
        command.arg("60").arg(traced.get_program()).args(traced.get_args()).arg("serve");
        command.arg(folder.join("consent.toml")).args(["--listen", "127.0.0.1:0", "--data"]);
        let output = command.arg(folder.join("data")).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && output.stdout.is_empty(), "{call}: it serves");
        assert!(said.contains("Input/output error") && said.contains("/data/"), "{call}: {said}");
        let server = Server::start(folder);
        assert!(!Client::new(&server.address).notice_id().is_empty());
    }
}
