//! Decisions recorded by a real server, and everything that an auditor gets of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use consent_tests::client::{Client, fresh_decision_id};
use consent_tests::process::{Server, binary};
use consent_tests::visitor;
use serde_json::Value;
use tempfile::TempDir;

/// What is left of a server that has ended.
pub(crate) struct Exported {
    /// The zip.
    pub(super) bundle: PathBuf,
    /// The same, unpacked.
    pub(super) folder: PathBuf,
    /// Receipts of some decisions, the first and the last among them.
    pub(super) receipts: Vec<PathBuf>,
    /// Heads that were seen on the way.
    pub(super) checkpoints: Vec<PathBuf>,
    /// All decisions in the order of the log.
    pub(crate) decision_ids: Vec<String>,
    /// The name of the log in the bundle.
    pub(crate) year: String,
    home: TempDir,
}

impl Exported {
    /// Records that many decisions, all actions in two languages, and exports from the running server.
    pub(crate) fn new(decisions: usize) -> Self {
        let home = tempfile::tempdir().unwrap();
        let path = |name: &str| home.path().join(name);
        let server = Server::start_newsroom(home.path());
        let client = Client::new(&server.address);
        let notices = ["fr", "en"].map(|language| (language, client.notice_id_in(language)));
        let (mut decision_ids, mut receipts, mut checkpoints) = (Vec::new(), Vec::new(), Vec::new());
        let mut year = String::new();
        for number in 0..decisions {
            let (language, notice) = &notices[usize::from(number % 5 == 4)];
            let id = fresh_decision_id();
            let request = visitor::decision(number, &id, notice, language);
            let (status, answer) = client.send(&request).unwrap();
            assert_eq!(status, 201, "{request} {answer}");
            year = answer["log"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
            if number % 97 == 0 || number + 1 == decisions {
                let kept = |from: &str, name: &str| {
                    let (status, text) = client.get(&format!("/v1/sites/newsroom/{from}")).unwrap();
                    assert_eq!(status, 200, "{from}");
                    fs::write(path(name), text).unwrap();
                    path(name)
                };
                receipts.push(kept(&format!("decisions/{id}/receipt"), &format!("{number}.tlog-proof")));
                checkpoints.push(kept(&format!("logs/{year}/checkpoint"), &format!("{number}.checkpoint")));
            }
            decision_ids.push(id);
        }
        let bundle = path("newsroom.zip");
        server.export_bundle(home.path(), &bundle);
        assert!(server.stop().success());
        let folder = path("unpacked");
        zip::ZipArchive::new(fs::File::open(&bundle).unwrap()).unwrap().extract(&folder).unwrap();
        Self { bundle, folder, receipts, checkpoints, decision_ids, year, home }
    }

    /// Another format, from the data folder of the server that has ended.
    pub(crate) fn export(&self, format: &str) -> Vec<u8> {
        let file = self.home.path().join(format!("newsroom.{format}"));
        let export = Command::new(binary())
            .args(["export", "--site", "newsroom", "--format", format, "--data"])
            .arg(self.home.path().join("data"))
            .arg("-o")
            .arg(&file)
            .output()
            .unwrap();
        assert!(export.status.success(), "{export:?}");
        fs::read(file).unwrap()
    }

    /// Puts the digest that a file has now into the unpacked manifest. `name` is within the log.
    pub(super) fn list_again(&self, name: &str) {
        let name = format!("logs/{}/{name}", self.year);
        let manifest = self.folder.join("manifest.json");
        let mut value: Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
        let digest = consent_core::digest::Digest::of(&fs::read(self.folder.join(&name)).unwrap());
        value["files"][&name] = URL_SAFE_NO_PAD.encode(digest.0).into();
        fs::write(manifest, value.to_string()).unwrap();
    }

    /// A place for scratch files, gone at the end.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }
}
