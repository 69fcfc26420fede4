//! The same config makes the same bytes on every machine: whatever the clock says, in whatever zone, language and folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use consent_tests::client::Client;
use consent_tests::process::{Server, binary, repository};
use serde_json::Value;

/// Sites that use all of what goes into a notice: regions, languages, services, hosts, tags, colours, a logo, waivers.
const CONFIG: &str = r##"
[server]
host = "localhost"
pages = "pages"

[[site]]
id = "whole"
ask_again_after = "12 months"
name = "Musée İstanbul"
languages = ["fr", "tr", "ar"]
controller = { name = "Exemple SA", privacy_url = "/privacy" }
[site.layout]
reopen_button = true
[site.regions]
GB = {}
US-CA = {}
CH = { analytics = "exempt" }
[site.theme]
logo = "logo.svg"
[site.theme.light]
button = "#0b5394"
[site.google]
mode = "advanced"
[[site.vendor]]
category = "functional"
name = "Images SA"
privacy_url = "https://images.example/privacy"
[[site.service]]
category = "functional"
id = "video"
vendor = "Images SA"
name = { fr = "Vidéo", tr = "Video", ar = "فيديو" }
purpose = { fr = "Montre des films.", tr = "Film gösterir.", ar = "يعرض الأفلام." }
[[site.cookie]]
category = "functional"
service = "video"
name = "volume"
owner = "Images SA"
duration = "1 year"
purpose = { fr = "Le volume.", tr = "Ses düzeyi.", ar = "مستوى الصوت." }
[[site.host]]
category = "functional"
service = "video"
name = "images.example"
[[site.waiver]]
code = "looser-regime"
region = "CH"
category = "analytics"
by = "Anne Exemple, avocate à İzmir"
reason = "Décidé le 3 mai."

[[site]]
id = "plain"
controller = { name = "Example Ltd", privacy_url = "/privacy" }
"##;

/// A machine, as far as a program can tell.
struct Machine {
    clock: &'static str,
    zone: &'static str,
    locale: &'static str,
    umask: &'static str,
    /// The files of the config's folder, in the order in which they are made: so a folder lists them.
    files: [&'static str; 4],
    folder: &'static str,
}

const MACHINES: [Machine; 2] = [
    Machine {
        clock: "@2026-12-31 22:00:00",
        zone: "America/St_Johns",
        locale: "C",
        umask: "022",
        files: ["consent.toml", "logo.svg", "pages/a.html", "pages/b.html"],
        folder: "a",
    },
    // A leap day, in a zone that counts leap seconds, on which "i" has no dot when it is small.
    Machine {
        clock: "@2028-02-29 12:00:00",
        zone: "right/Pacific/Chatham",
        locale: "tr_TR.UTF-8",
        umask: "077",
        files: ["pages/b.html", "pages/a.html", "logo.svg", "consent.toml"],
        folder: "un dossier/plus profond",
    },
];

fn has_faketime() -> bool {
    let there = Command::new("faketime").arg("--version").output().is_ok();
    if !there {
        eprintln!("the clock is the same on both machines: there is no faketime here");
    }
    there
}

impl Machine {
    fn lay_out(&self, home: &Path) -> PathBuf {
        let folder = home.join(self.folder);
        fs::create_dir_all(folder.join("pages")).unwrap();
        let logo = fs::read(repository().join("examples/gallery/logo.svg")).unwrap();
        for name in self.files {
            let file = folder.join(name);
            match name {
                "consent.toml" => fs::write(file, CONFIG).unwrap(),
                "logo.svg" => fs::write(file, &logo).unwrap(),
                page => fs::write(file, page).unwrap(),
            }
        }
        folder
    }

    fn command(&self, folder: &Path) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("umask {} && exec \"$@\"", self.umask), "sh"]);
        if has_faketime() {
            command.args(["faketime", "-m", "--exclude-monotonic", "-f", self.clock]);
        }
        command.arg(binary()).current_dir(folder).env("HOME", folder);
        command.env("TZ", self.zone).env("LC_ALL", self.locale).env("LANG", self.locale);
        command
    }

    /// Everything that this machine shows and keeps of its sites, by address; and the list of its notices.
    fn made(&self, home: &Path) -> (BTreeMap<String, Vec<u8>>, Vec<Value>) {
        let folder = self.lay_out(home);
        let server = Server::start_with(self.command(&folder), &folder.join("consent.toml"), &folder);
        let client = Client::new(&server.address);
        let mut made = BTreeMap::new();
        let mut take = |path: String| {
            let (status, body) = client.get(&path).unwrap();
            assert_eq!(status, 200, "{path}");
            made.insert(path, body.clone());
            body
        };
        for (site, language) in [("whole", "fr"), ("whole", "tr"), ("whole", "ar"), ("plain", "en")] {
            for region in ["unknown", "GB", "US-CA", "CH"] {
                let asked = format!("lang={language}&region={region}");
                let notice = take(format!("/v1/sites/{site}/notice?{asked}"));
                let notice: Value = serde_json::from_slice(&notice).unwrap();
                let id = notice["notice_id"].as_str().unwrap();
                take(format!("/v1/sites/{site}/banner.js?{asked}"));
                take(format!("/v1/sites/{site}/settings.js?notice={id}"));
                take(format!("/v1/sites/{site}/notices/{id}"));
                take(format!("/v1/sites/{site}/scripts/{}.js", notice["script"].as_str().unwrap()));
            }
        }
        assert!(server.stop().success());
        let mut list = self.command(&folder);
        let list =
            list.args(["notices", "--format", "json", "--data"]).arg(folder.join("data")).output().unwrap();
        let mut list: Vec<Value> = serde_json::from_slice(&list.stdout).unwrap();
        // When it was published is the one thing that may differ.
        list.iter_mut().for_each(|one| drop(one.as_object_mut().unwrap().remove("first_published")));
        list.sort_by_key(|one| one["notice_id"].to_string());
        (made, list)
    }
}

#[test]
fn the_same_config_makes_the_same_bytes_at_every_time_and_place() {
    let homes = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [(one, list), (other, other_list)] = [0, 1].map(|at| MACHINES[at].made(homes[at].path()));
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    for (path, bytes) in &one {
        assert!(bytes == &other[path], "{path} differs");
    }
    let addresses: Vec<_> = list.iter().map(|one| one["notice_id"].as_str().unwrap()).collect();
    assert!(addresses.len() >= 10, "{addresses:?}");
    assert_eq!(list, other_list);
    let folders = [0, 1].map(|at| homes[at].path().join(MACHINES[at].folder));
    let compared = Command::new(binary()).arg("diff").args(&folders).output().unwrap();
    let said = String::from_utf8(compared.stdout).unwrap();
    assert!(compared.status.success() && !said.contains("  silent "), "{said}");
}
