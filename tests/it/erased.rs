//! What was erased is in no file of the data folder any more when the erasure is answered.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use consent_core::decision::SubjectId;
use consent_tests::client::{Client, decision, fresh_decision_id, parse_id};
use consent_tests::process::{Server, binary};
use serde_json::json;

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for item in fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// The files below a folder that hold any of these bytes.
fn files_with(folder: &Path, traces: &[Vec<u8>]) -> Vec<PathBuf> {
    let mut all = Vec::new();
    files(folder, &mut all);
    assert!(all.len() > 10, "{all:?}");
    let beginnings: HashSet<&[u8]> = traces.iter().map(|trace| &trace[..8]).collect();
    let has = |path: &PathBuf| {
        // A file may be renamed or removed while this looks.
        let bytes = fs::read(path).unwrap_or_default();
        // Most of a journal is zeros, which nothing begins with.
        bytes.iter().enumerate().filter(|(_, byte)| **byte != 0).map(|(at, _)| at).any(|at| {
            let rest = &bytes[at..];
            rest.get(..8).is_some_and(|begin| beginnings.contains(begin))
                && traces.iter().any(|trace| rest.starts_with(trace))
        })
    };
    all.into_iter().filter(has).collect()
}

#[test]
fn what_was_erased_is_in_no_file_when_the_erasure_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let client = Client::new(&server.address);
    let notice = client.notice_id();
    let data = folder.path().join("data");
    // Two people: one is erased, the other is how this test knows that it finds what is there.
    let subjects = ["Zm9yZ2V0LW1lLXBsZWFzZQ", "a2VlcC1tZS1hcy1pLWFtIQ"];
    let mut traces = [Vec::new(), Vec::new()];
    for number in 0..60 {
        let subject = subjects[number % 2];
        let id = fresh_decision_id().replacen("01930000", "0193ffee", 1);
        let page = format!("/page-{number}-of-{}", subjects[number % 2].to_lowercase());
        let mut request = decision(&id, &notice);
        request["subject_id"] = json!(subject);
        request["page"] = json!(page);
        assert_eq!(client.send(&request).unwrap().0, 201);
        let of = &mut traces[number % 2];
        of.extend([id.as_bytes().to_vec(), parse_id(&id).as_bytes().to_vec(), page.into_bytes()]);
        of.extend([subject.as_bytes().to_vec()]);
        of.push(subject.parse::<SubjectId>().unwrap().as_bytes().to_vec());
    }
    for of in &traces {
        assert!(files_with(&data, of).len() >= 2, "the openings and a journal hold what is not erased");
    }
    let erase = |subject: &str| {
        let mut command = Command::new(binary());
        command.args(["erase", "--site", "newsroom", "--subject", subject, "--server", &server.address]);
        let done = command.arg("--token-file").arg(data.join("operator.token")).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    erase(subjects[0]);
    assert_eq!(files_with(&data, &traces[0]), Vec::<PathBuf>::new());
    assert!(!files_with(&data, &traces[1]).is_empty(), "the other one is still there");
    // And after another start.
    server.kill();
    drop(server);
    let server = Server::start(folder.path());
    assert_eq!(files_with(&data, &traces[0]), Vec::<PathBuf>::new());
    assert!(server.stop().success());
    assert_eq!(files_with(&data, &traces[0]), Vec::<PathBuf>::new());
}
