//! Decisions recorded by a real server, and everything that an auditor gets of them.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use consent_tests::program::consent;
use consent_tests::server::Server;
use consent_tests::visitor;
use serde_json::Value;
use tempfile::TempDir;

/// What is left of a server that has ended.
pub(super) struct Exported {
    /// The zip.
    pub(super) bundle: PathBuf,
    /// The same, unpacked.
    pub(super) folder: PathBuf,
    /// Receipts of some decisions, the first and the last among them.
    pub(super) receipts: Vec<PathBuf>,
    /// Heads that were seen on the way.
    pub(super) checkpoints: Vec<PathBuf>,
    /// All decisions in the order of the log.
    pub(super) decision_ids: Vec<String>,
    /// The name of the log in the bundle.
    pub(super) year: String,
    home: TempDir,
}

impl Exported {
    /// Records that many decisions, all actions in two languages, and exports from the running server.
    pub(super) fn new(decisions: u64) -> Self {
        let home = tempfile::tempdir().unwrap();
        let path = |name: &str| home.path().join(name);
        let server = Server::start(&path("data")).unwrap();
        let client = server.client();
        let notices = ["fr", "en"].map(|language| (language, visitor::notice_id(client, language).unwrap()));
        let (mut decision_ids, mut receipts, mut checkpoints) = (Vec::new(), Vec::new(), Vec::new());
        let mut year = String::new();
        for number in 0..decisions {
            let (language, notice) = &notices[usize::from(number % 5 == 4)];
            let request = visitor::request(1, number, notice, language);
            let answer = visitor::decide(client, &request).unwrap();
            assert_eq!(answer.status, 201, "{request} {}", answer.body);
            let id = visitor::decision_id(1, number);
            year = answer.json()["log"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
            if number % 97 == 0 || number + 1 == decisions {
                let receipt = client.get(&format!("/v1/sites/newsroom/decisions/{id}/receipt")).unwrap();
                assert_eq!(receipt.status, 200, "{}", receipt.body);
                receipts.push(write(path(&format!("{number}.tlog-proof")), &receipt.body));
                let head = client.get(&format!("/v1/sites/newsroom/logs/{year}/checkpoint")).unwrap();
                assert_eq!(head.status, 200, "{}", head.body);
                checkpoints.push(write(path(&format!("{number}.checkpoint")), &head.body));
            }
            decision_ids.push(id);
        }
        let bundle = path("newsroom.zip");
        let export = consent()
            .unwrap()
            .args([
                "export",
                "--site",
                "newsroom",
                "--format",
                "bundle",
                "--server",
                client.url(),
                "--token-file",
            ])
            .arg(server.token_file())
            .arg("-o")
            .arg(&bundle)
            .output()
            .unwrap();
        assert!(export.status.success(), "{export:?}");
        assert!(server.stop().unwrap().success());
        let folder = path("unpacked");
        zip::ZipArchive::new(fs::File::open(&bundle).unwrap()).unwrap().extract(&folder).unwrap();
        Self { bundle, folder, receipts, checkpoints, decision_ids, year, home }
    }

    /// Another format, from the data folder of the server that has ended.
    pub(super) fn export(&self, format: &str) -> Vec<u8> {
        let file = self.home.path().join(format!("newsroom.{format}"));
        let export = consent()
            .unwrap()
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
    pub(super) fn home(&self) -> &Path {
        self.home.path()
    }
}

fn write(path: PathBuf, text: &str) -> PathBuf {
    fs::write(&path, text).unwrap();
    path
}
