//! What was erased is in no file of the data folder any more when the erasure is answered, in nothing that the server
//! gives out or says, and in nothing that it said while it erased.

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
pub(crate) fn files_with(folder: &Path, traces: &[Vec<u8>]) -> Vec<PathBuf> {
    let mut all = Vec::new();
    files(folder, &mut all);
    assert!(!all.is_empty(), "{}", folder.display());
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

/// Two people: one is erased, the other is how a test knows that it finds what is there.
pub(crate) const SUBJECTS: [&str; 2] = ["Zm9yZ2V0LW1lLXBsZWFzZQ", "a2VlcC1tZS1hcy1pLWFtIQ"];

/// Records 30 decisions of each, and returns every form in which either can be found: ids as text and bytes, pages.
pub(crate) fn record(client: &Client) -> [Vec<Vec<u8>>; 2] {
    let notice = client.notice_id();
    let mut traces = [Vec::new(), Vec::new()];
    for number in 0..60 {
        let subject = SUBJECTS[number % 2];
        let id = fresh_decision_id().replacen("01930000", "0193ffee", 1);
        let page = format!("/page-{number}-of-{}", subject.to_lowercase());
        let mut request = decision(&id, &notice);
        request["subject_id"] = json!(subject);
        request["page"] = json!(page);
        assert_eq!(client.send(&request).unwrap().0, 201);
        let of = &mut traces[number % 2];
        of.extend([id.as_bytes().to_vec(), parse_id(&id).as_bytes().to_vec(), page.into_bytes()]);
        of.extend([subject.as_bytes().to_vec()]);
        of.push(subject.parse::<SubjectId>().unwrap().as_bytes().to_vec());
    }
    traces
}

/// `consent` with these arguments, against a running server.
pub(crate) fn consent(server: &Server, data: &Path, arguments: &[&str]) -> Vec<u8> {
    let mut command = Command::new(binary());
    command.args(arguments).args(["--site", "newsroom", "--server", &server.address]);
    let done = command.arg("--token-file").arg(data.join("operator.token")).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    [done.stdout, done.stderr].concat()
}

#[test]
fn what_was_erased_is_in_no_file_when_the_erasure_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let mut loud = Command::new(binary());
    loud.env("RUST_LOG", "trace");
    let server = Server::start_under(loud, folder.path());
    let client = Client::new(&server.address);
    let data = folder.path().join("data");
    let traces = record(&client);
    for of in &traces {
        assert!(
            !files_with(&data, of).is_empty(),
            "a journal holds what is not erased; the openings may wait in memory"
        );
    }
    consent(&server, &data, &["erase", "--subject", SUBJECTS[0]]);
    assert_eq!(files_with(&data, &traces[0]), Vec::<PathBuf>::new());
    assert!(!files_with(&data, &traces[1]).is_empty(), "the other one is still there");
    // Nor in any new export.
    let exports = folder.path().join("exports");
    fs::create_dir(&exports).unwrap();
    for format in ["bundle", "csv", "jsonl", "27560"] {
        let file = exports.join(format);
        consent(&server, &data, &["export", "--format", format, "-o", file.to_str().unwrap()]);
    }
    let unpacked = exports.join("unpacked");
    let bundle = fs::File::open(exports.join("bundle")).unwrap();
    zip::ZipArchive::new(bundle).unwrap().extract(&unpacked).unwrap();
    assert_eq!(files_with(&exports, &traces[0]), Vec::<PathBuf>::new());
    assert!(files_with(&exports, &traces[1]).len() >= 3, "each format has the other one");
    let metrics = server.operator(folder.path()).get("/metrics", 1 << 20).unwrap();
    assert!(metrics.starts_with(b"# "), "no metrics");
    assert!(!traces.iter().flatten().any(|trace| metrics.windows(trace.len()).any(|part| part == trace)));
    // And after another start.
    server.kill();
    drop(server);
    let server = Server::start(folder.path());
    assert_eq!(files_with(&data, &traces[0]), Vec::<PathBuf>::new());
    // What lay in its file when the server started is erased there.
    assert!(files_with(&data, &traces[1]).iter().any(|path| path.ends_with("openings")));
    consent(&server, &data, &["erase", "--subject", SUBJECTS[1]]);
    assert_eq!(files_with(&data, &traces[1]), Vec::<PathBuf>::new());
    assert!(server.stop().success());
    assert_eq!(files_with(&data, &traces[0]), Vec::<PathBuf>::new());
    let said = fs::read_to_string(folder.path().join("stderr")).unwrap();
    assert!(said.contains("/v1/sites/{site}/subjects/{subject_id}"), "nothing was logged");
    for personal in [SUBJECTS[0], SUBJECTS[1], "0193ffee", "-of-"] {
        assert!(!said.contains(personal), "{personal} is in the log");
    }
}
