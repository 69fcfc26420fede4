//! Visitors from many regions: who is believed about where they are, what they are shown, and who may keep the answer.

use std::net::SocketAddr;
use std::path::Path;

use consent_core::regime::Region;
use consent_server::config;
use consent_server::site::Sites;
use consent_server::store::MemoryStore;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::sockets::exchange;
use super::support::{Server, decision, server_of};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/regions/regions.mmdb");

const CLOUDFLARE: &str = "[server.region]\nfrom = \"cloudflare\"";

/// A site that tells regions apart, and one that does not.
fn config(server: &str) -> String {
    let site = |id: &str, regions: &str| {
        format!(
            r#"
[[site]]
id = "{id}"
languages = ["fr"]
ask_again_after = "12 months"
{regions}
[site.controller]
name = "Exemple SA"
privacy_url = "/privacy"
[[site.cookie]]
category = "analytics"
name = "visits"
owner = "Exemple SA"
duration = "13 months"
purpose = "Compte les visites."
"#
        )
    };
    let regions = "[site.regions]\nGB = {}\nUS-CA = {}\nFR = {}\nCA-QC = {}";
    format!(
        "[server]\nhost = \"consent.example\"\n{server}\n{}{}",
        site("newsroom", regions),
        site("news", "")
    )
}

/// A server that hears from a proxy on this machine, if the config trusts it.
struct Behind {
    address: SocketAddr,
    folder: tempfile::TempDir,
    stop: oneshot::Sender<()>,
    served: tokio::task::JoinHandle<Result<(), consent_server::app::AppError>>,
}

struct Shown {
    head: String,
    body: String,
}

impl Shown {
    fn header(&self, name: &str) -> Vec<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
    }
}

async fn behind(server: &str) -> Behind {
    let Server { app, router, folder, .. } = server_of(&config(server)).await;
    drop(router);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(app.serve(listener, async { drop(stopped.await) }));
    Behind { address, folder, stop, served }
}

impl Behind {
    async fn get(&self, path: &str, headers: &[&str]) -> Shown {
        let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
        let request =
            format!("GET /v1/sites/{path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{headers}\r\n");
        let answer = exchange(self.address, request.as_bytes()).await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        Shown { head: head.to_owned(), body: body.to_owned() }
    }

    async fn end(self) {
        drop(self.stop);
        self.served.await.unwrap().unwrap();
        drop(self.folder);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_shared_cache_gives_one_regions_answer_to_another() {
    let server = behind(&format!("trusted_proxies = [\"127.0.0.1\"]\n{CLOUDFLARE}")).await;
    let (american, french) = (["cf-ipcountry: US", "cf-region-code: CA"], ["cf-ipcountry: FR"]);
    for path in ["banner.js", "declaration", "declaration.html", "declaration.js", "notice"] {
        let path = &format!("newsroom/{path}");
        let (one, other) = (server.get(path, &american).await, server.get(path, &french).await);
        assert_ne!(one.body, other.body);
        let tags = [&one, &other].map(|shown| shown.header("etag")[0].to_owned());
        assert_ne!(tags[0], tags[1], "{path}");
        for shown in [&one, &other] {
            assert_eq!(shown.header("cache-control"), ["private, max-age=300"], "{path}");
            let vary = shown.header("vary").join(", ");
            assert!(vary.contains("cf-ipcountry") && vary.contains("cf-region-code"), "{path}: {vary}");
        }
        // What was shown in one region is no answer for a visitor who has come to another, who is told the same of it.
        let asked = format!("if-none-match: {}", tags[0]);
        let again = server.get(path, &[american[0], american[1], &asked]).await;
        assert!(again.head.starts_with("HTTP/1.1 304") && !again.header("vary").is_empty(), "{}", again.head);
        assert_eq!(again.header("cache-control"), ["private, max-age=300"]);
        assert!(server.get(path, &[french[0], &asked]).await.head.starts_with("HTTP/1.1 200"));
        // Where the address says for whom it is, everybody may keep it.
        let asked = server.get(&format!("{path}?region=US-CA"), &french).await;
        // A page keeps what it was asked for in its links.
        let plain = |body: &str| body.replace("&amp;region=US-CA", "").replace("&amp;region=unknown", "");
        assert_eq!(plain(&asked.body), one.body, "{path}: what is asked for counts");
        assert_eq!(asked.header("cache-control"), ["public, max-age=300"]);
        assert!(!asked.header("vary").join(", ").contains("cf-"));
        let unknown = server.get(&format!("{path}?region=nowhere"), &american).await;
        assert_eq!(plain(&unknown.body), other.body, "{path}: the strictest for what is no region");
    }
    // A site that tells no regions apart is as it was.
    let (one, other) =
        (server.get("news/banner.js", &american).await, server.get("news/banner.js", &french).await);
    assert_eq!(one.body, other.body);
    assert_eq!(one.header("vary"), ["Accept-Encoding"]);
    assert_eq!(one.header("cache-control"), ["public, max-age=300"]);
    server.end().await;
}

#[tokio::test]
async fn a_decision_says_under_whose_rules_it_was_made() {
    let server = server_of(&config("")).await;
    let notice = async |region: &str| {
        let path = format!("/v1/sites/newsroom/notice?lang=fr&region={region}");
        server.get(&path).await.json()["notice_id"].as_str().unwrap().to_owned()
    };
    let regions = ["GB", "US-CA", "DE"];
    for (number, region) in (1..).zip(regions) {
        let answer = server.post("newsroom", &decision(number, &notice(region).await)).await;
        assert_eq!(answer.status, 201, "{region}: {}", answer.text());
    }
    let token = format!("Bearer {}", server.tokens.operator);
    let path = "/v1/sites/newsroom/decisions?subject_id=AAECAwQFBgcICQoLDA0ODw";
    let past = server.get_with(path, &[("authorization", &token)]).await.json();
    let past = past.as_array().unwrap().iter().map(|one| &one["decision"]);
    let recorded: Vec<_> = past.map(|decision| (&decision["region"], &decision["regime"])).collect();
    let optional = |rules: [&str; 4]| json!([&["always"][..], &rules[..]].concat());
    assert_eq!(
        recorded,
        [
            (&json!("GB"), &optional(["exempt", "exempt", "exempt", "opt_in"])),
            (&json!("US-CA"), &optional(["opt_out"; 4])),
            (&json!("EU"), &optional(["opt_in"; 4])),
        ]
    );
}

#[test]
fn californias_way_back_has_its_name_and_nobody_elses_has() {
    let text = config("").replace("languages = [\"fr\"]", "languages = [\"fr\", \"en\"]");
    let text = text.replace("\"Compte les visites.\"", "{ fr = \"Compte.\", en = \"Counts.\" }");
    let text = text.replace("US-CA = {}", "US = {}\nUS-CA = {}");
    let config = config::parse("consent.toml", text, Path::new(".")).unwrap().config;
    let sites = Sites::publish(&config, &MemoryStore::default()).unwrap();
    let site = sites.get("newsroom").unwrap();
    let notice = |language, region| &site.banner(Some(language), Region::read(region)).unwrap().notice;
    let californian = notice("en", "US-CA");
    assert_eq!(californian.texts.reopen, "Your Privacy Choices");
    assert!(californian.texts.body.contains("“Your Privacy Choices”"));
    assert!(californian.parts.contains_key("gpc") && californian.parts.contains_key("reopen"));
    assert_eq!(notice("fr", "US-CA").texts.reopen, "Vos choix de confidentialité");
    assert!(notice("en", "US-NY").parts.contains_key("gpc"), "the signal is heard in every state");
    for region in ["US-NY", "EU", "GB", "unknown"] {
        assert_eq!(notice("en", region).texts.reopen, notice("en", "FR").texts.reopen, "{region}");
    }
    assert!(["EU", "GB", "unknown"].iter().all(|region| !notice("en", region).parts.contains_key("gpc")));
    // Two languages, and four regimes: those of France and Québec ask for no more and no less than the strictest.
    let count = |site: &str| sites.get(site).unwrap().banners().count();
    assert_eq!((count("newsroom"), count("news")), (2 * 4, 2));
}

/// The file is small and has no network that anybody has; its script makes it again, byte for byte.
#[test]
fn the_file_of_the_tests_is_what_its_script_makes() {
    if std::env::var_os("CONSENT_FULL").is_none() {
        eprintln!("skipped: needs python3; set CONSENT_FULL=1");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("make.py");
    std::fs::copy(FILE.replace("regions.mmdb", "make.py"), &script).unwrap();
    assert!(std::process::Command::new("python3").arg(&script).status().unwrap().success());
    assert_eq!(std::fs::read(folder.path().join("regions.mmdb")).unwrap(), std::fs::read(FILE).unwrap());
}
