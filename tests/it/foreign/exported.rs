//! Decisions recorded by a real server, and everything that an auditor gets of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use consent_core::bundle::manifest::Manifest;
use consent_core::digest::Digest;
use consent_server::data::DataFolder;
use consent_tests::client::{Client, fresh_decision_id};
use consent_tests::process::{Server, binary};
use consent_tests::visitor;
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
        assert!(server.stop().success());
        add_exhibit(home.path());
        let server = Server::start_newsroom(home.path());
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

    /// Lists and signs the unpacked files as they are now: what an operator who wants to deceive can do.
    pub(super) fn seal_again(&self) {
        let manifest = self.folder.join("manifest.json");
        let mut contents = Manifest::parse(&fs::read(&manifest).unwrap()).unwrap().contents().clone();
        contents.files.retain(|name, _| self.folder.join(name).exists());
        for (name, digest) in &mut contents.files {
            *digest = Digest::of(&fs::read(self.folder.join(name)).unwrap());
        }
        let key = DataFolder::open_existing(&self.home.path().join("data")).unwrap().key;
        let key = key.of_log(&contents.shards.last().unwrap().log).unwrap();
        let signed = Manifest::sign(contents, &key).unwrap();
        fs::write(manifest, signed.to_bytes().unwrap()).unwrap();
    }

    /// Changes an unpacked file, seals what is there then, and puts everything back after `look`.
    pub(super) fn doctored(
        &self,
        name: &str,
        change: impl FnOnce(Vec<u8>) -> Option<Vec<u8>>,
        look: impl FnOnce(),
    ) {
        let [file, manifest] = [name, "manifest.json"].map(|name| self.folder.join(name));
        let honest = [&file, &manifest].map(|file| fs::read(file).unwrap());
        match change(honest[0].clone()) {
            Some(bytes) => fs::write(&file, bytes).unwrap(),
            None => fs::remove_file(&file).unwrap(),
        }
        self.seal_again();
        look();
        for (file, bytes) in [&file, &manifest].into_iter().zip(honest) {
            fs::write(file, bytes).unwrap();
        }
    }

    /// A place for scratch files, gone at the end.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }
}

/// What another platform wrote down, beside the logs of a server that does not run.
fn add_exhibit(home: &Path) {
    let file = home.join("old.csv");
    fs::write(&file, "\"Controller ID\",\"Timestamp\"\n\"a\",\"2024-01-02T03:04:05Z\"\n").unwrap();
    let add = Command::new(binary())
        .args(["exhibits", "add", "--platform", "usercentrics", "--site", "newsroom", "--data"])
        .arg(home.join("data"))
        .arg(file)
        .output()
        .unwrap();
    assert!(add.status.success(), "{add:?}");
}
