//! `consent leaks` against sites that leak in known ways, and one that does not: a real server, real pages, a real Chromium.
//! `tests/run` installs it and sets `CONSENT_FULL`.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, OnceLock};
use std::thread;

use consent_tests::full_run;
use consent_tests::process::{Server, binary};
use serde_json::Value;

/// What a site answers: the path, the request's headers in lower case.
type Answer = fn(path: &str, headers: &str) -> (String, String);

/// A site on a port of its own.
struct Site {
    port: u16,
    /// The address of the banner's script, as soon as it is known.
    script: Arc<OnceLock<String>>,
}

impl Site {
    fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let script: Arc<OnceLock<String>> = Arc::default();
        let known = Arc::clone(&script);
        // It ends with the process: nothing waits for it.
        thread::spawn(move || {
            for stream in listener.incoming() {
                let known = Arc::clone(&known);
                thread::spawn(move || {
                    serve(&stream.unwrap(), answer, known.get().map_or("", String::as_str))
                });
            }
        });
        Self { port, script }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }
}

fn serve(mut stream: &TcpStream, answer: Answer, script: &str) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    // A browser opens connections that it does not use.
    let Some(first) = lines.next() else { return };
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let headers =
        lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n").to_ascii_lowercase();
    let (more, body) = answer(&path, &headers);
    let body = body.replace("{banner}", script);
    let kind = if path.split('?').next().is_some_and(|path| path.ends_with(".js")) {
        "text/javascript"
    } else {
        "text/html"
    };
    let length = body.len();
    // Whoever asked may be gone.
    let _ = write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n{more}\r\n{body}"
    );
}

/// Sets cookies by header, whatever the visitor says.
fn leaky(path: &str, headers: &str) -> (String, String) {
    let mut more = String::new();
    match path {
        "/leak.js" => {
            let script = "document.cookie = 'visits=1; max-age=86400'; localStorage.setItem('profile', '1');
                document.cookie = 'gone=; max-age=0'; document.cookie = 'odd=1';";
            return (more, script.to_owned());
        }
        "/" => {}
        _ => return (more, String::new()),
    }
    more.push_str("set-cookie: header=1; Max-Age=34560000\r\n");
    // Who has accepted gets one that no script can delete.
    if headers.contains("consent=1.1f.") {
        more.push_str("set-cookie: stays=1; HttpOnly; Max-Age=86400\r\n");
    }
    if headers.contains("sec-gpc: 1") {
        more.push_str("set-cookie: objected=1\r\n");
    }
    let page = "<!doctype html><title>Leaky</title><script src=\"{banner}\"></script><script src=\"/leak.js\"></script>\
        <img alt src=\"http://pixel.localhost:PIXEL/p?visitor=7\"><p>Text";
    (more, page.to_owned())
}

/// The same with everything in its place.
fn clean(path: &str, headers: &str) -> (String, String) {
    let granted = headers.contains("consent=1.1f.");
    let more = match path {
        "/" if granted => "set-cookie: header=1; Max-Age=34560000\r\n",
        "/" => "set-cookie: header=; Max-Age=0\r\n",
        _ => "",
    };
    if path == "/count.js" {
        return (String::new(), "document.cookie = 'visits=1; max-age=86400'".to_owned());
    }
    let page = "<!doctype html><title>Clean</title><script src=\"{banner}\"></script>\
        <script type=\"text/plain\" data-consent=\"analytics\" data-src=\"/count.js\"></script><p>Text <a href=\"/two\">two</a>";
    (more.to_owned(), page.to_owned())
}

fn config(site: &Site) -> String {
    let mut text = format!(
        "[server]\nhost = \"localhost\"\n[[site]]\nid = \"paper\"\nlanguages = [\"en\"]\nblock = []\n\
         origins = [\"http://127.0.0.1:{}\"]\n\
         controller = {{ name = \"Example Ltd\", privacy_url = \"/privacy\" }}\n\
         [[site.host]]\nname = \"pixel.localhost\"\ncategory = \"advertisement\"\n",
        site.port
    );
    for (name, category, more) in [
        ("header", "analytics", ""),
        ("visits", "analytics", ""),
        ("stays", "advertisement", ""),
        ("profile", "advertisement", "kind = \"local_storage\"\n"),
        ("objected", "necessary", "justification = \"Keeps the objection.\"\n"),
    ] {
        let _ = write!(
            text,
            "[[site.cookie]]\nname = \"{name}\"\ncategory = \"{category}\"\n{more}owner = \"Example Ltd\"\n\
             duration = \"1 year\"\npurpose = \"Counts.\"\n"
        );
    }
    text
}

/// Starts a server for the site, and looks at it.
fn look(folder: &Path, site: &Site, more: &[&str]) -> (Output, Value) {
    let server = Server::start_config(folder, &config(site));
    site.script.set(format!("{}/v1/sites/paper/banner.js", server.address)).unwrap();
    let mut command = Command::new(binary());
    command.args(["leaks", &site.url(), "--json", "--config"]).arg(folder.join("consent.toml")).args(more);
    let output = command.output().unwrap();
    let told = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    (output, told)
}

/// Each finding: its code, its name, and in which states it is; `~` where it is only still there.
fn findings(told: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let findings = told["findings"].as_array().unwrap().iter().map(|finding| {
        let states = finding["seen"].as_array().unwrap().iter();
        let states: Vec<_> = states
            .map(|seen| format!("{}{}", if seen["left"] == true { "~" } else { "" }, text(&seen["state"])))
            .collect();
        format!("{} {}: {}", text(&finding["code"]), text(&finding["name"]), states.join(" "))
    });
    findings.collect()
}

#[test]
fn everything_that_a_site_does_against_its_visitors_is_found_and_nothing_else() {
    if !full_run("a site that leaks in Chromium") {
        return;
    }
    static PIXEL: OnceLock<u16> = OnceLock::new();
    let pixel = Site::start(|_, _| (String::new(), String::new()));
    PIXEL.set(pixel.port).unwrap();
    let site = Site::start(|path, headers| {
        let (more, body) = leaky(path, headers);
        (more, body.replace("PIXEL", &PIXEL.get().unwrap().to_string()))
    });
    let folder = tempfile::tempdir().unwrap();
    let html = folder.path().join("report.html");
    let (output, told) = look(folder.path(), &site, &["--html", html.to_str().unwrap()]);
    let pixel = format!("pixel.localhost:{}", pixel.port);
    assert_eq!(
        findings(&told),
        [
            "leak-cookie header: unasked gpc refused withdrawn".to_owned(),
            "leak-cookie stays: ~withdrawn".to_owned(),
            "leak-cookie visits: unasked gpc refused withdrawn".to_owned(),
            "leak-storage profile: unasked gpc refused withdrawn".to_owned(),
            format!("leak-request {pixel}: unasked gpc refused withdrawn"),
            "undeclared-cookie odd: unasked gpc refused accepted withdrawn".to_owned(),
        ]
    );
    assert_eq!(output.status.code(), Some(1));
    let by = |at: usize| told["findings"][at]["seen"][0]["initiator"].as_str().unwrap_or_default();
    let page = site.url();
    assert_eq!(by(0), format!("answer from {page}"));
    assert_eq!([by(2), by(3)], [format!("{page}leak.js"), format!("{page}leak.js")]);
    assert_eq!(by(4), page);
    let toml: &str = told["toml"].as_str().unwrap();
    assert_eq!(toml.matches("[[site.cookie]]").count(), 1, "{toml}");
    assert!(toml.contains("name = \"odd\"") && toml.contains("category = \"advertisement\""), "{toml}");
    let objected =
        |state: &Value| state["seen"].as_array().unwrap().iter().any(|seen| seen["name"] == "objected");
    let states: Vec<_> = told["states"].as_array().unwrap().iter().map(objected).collect();
    assert_eq!(states, [false, true, false, false, false], "only one browser objects");
    let html = fs::read_to_string(html).unwrap();
    assert_eq!(html.matches("data:image/webp;base64,").count(), 5);
    assert!(!html.contains("visitor=7") && !html.contains("<script"), "no value, no script");
}

#[test]
fn a_site_that_keeps_to_what_its_visitors_say_passes() {
    if !full_run("a clean site in Chromium") {
        return;
    }
    let (site, folder) = (Site::start(clean), tempfile::tempdir().unwrap());
    let (output, told) = look(folder.path(), &site, &["--strict", "--pages", "4"]);
    assert_eq!(findings(&told), [""; 0], "{told}");
    assert_eq!((output.status.code(), told["passes"].as_bool()), (Some(0), Some(true)));
    assert_eq!(told["pages"], 3, "the page's link was followed, and the banner's to the privacy policy");
    let accepted = told["states"][3]["seen"].as_array().unwrap();
    for name in ["header", "visits"] {
        assert!(accepted.iter().any(|seen| seen["name"] == name), "{name} is there after consent");
    }
}

/// Counts visits on a page that only its sitemap names.
fn mapped(path: &str, _headers: &str) -> (String, String) {
    let body = match path {
        "/map.xml" => "<urlset><url><loc>ORIGIN/deep</loc></url></urlset>",
        "/deep" => {
            "<!doctype html><title>Deep</title><script src=\"{banner}\"></script><script src=\"/deep.js\"></script>"
        }
        "/deep.js" => "document.cookie = 'visits=1; max-age=86400'; document.cookie = '_known=1'",
        "/" => "<!doctype html><title>Home</title><script src=\"{banner}\"></script>",
        _ => "",
    };
    (String::new(), body.to_owned())
}

#[test]
fn pages_of_a_sitemap_are_opened_as_from_a_region_and_what_is_known_elsewhere_is_suggested() {
    if !full_run("a site with a sitemap in Chromium") {
        return;
    }
    static PORT: OnceLock<u16> = OnceLock::new();
    let site = Site::start(|path, headers| {
        let (more, body) = mapped(path, headers);
        let origin = format!("http://127.0.0.1:{}", PORT.get().copied().unwrap_or_default());
        (more, body.replace("ORIGIN", &origin))
    });
    PORT.set(site.port).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let text = config(&site).replace("id = \"paper\"\n", "id = \"paper\"\nask_again_after = \"12 months\"\n");
    // Another site, so that it has to be said which one is meant.
    let other = "[[site]]\nid = \"other\"\ncontroller = { name = \"Example Ltd\", privacy_url = \"/privacy\" }\n\
        cookie = [{ category = \"analytics\", name = \"a\", owner = \"Example Ltd\", duration = \"1 year\", purpose = \"Counts.\" }]\n";
    let text = format!("{text}[site.regions]\nUS-CA = {{}}\n{other}");
    let server = Server::start_config(folder.path(), &text);
    site.script.set(format!("{}/v1/sites/paper/banner.js?region=US-CA", server.address)).unwrap();
    let database = folder.path().join("cookies.csv");
    let columns = "ID,Platform,Category,Cookie / Data Key name,Domain,Description,Retention period,Data Controller,\
        User Privacy & GDPR Rights Portals,Wildcard match";
    fs::write(&database, format!("{columns}\n1,Counter,Analytics,_known,,Counts,1 year,Counter,,0\n"))
        .unwrap();
    let look = |format: &str, region: &str| {
        let mut command = Command::new(binary());
        command.args(["leaks", &site.url(), "--format", format, "--region", region, "--site", "paper"]);
        command.args(["--pages", "3", "--sitemap", &format!("{}map.xml", site.url()), "--config"]);
        command.arg(folder.path().join("consent.toml")).arg("--cookie-database").arg(&database);
        command.output().unwrap()
    };
    let output = look("json", "US-CA");
    let told: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(told["pages"], 2, "{told}");
    // Nobody has to be asked there before visits are counted, and who objects or refuses is not.
    assert_eq!(
        findings(&told),
        [
            "leak-cookie visits: refused withdrawn".to_owned(),
            "undeclared-cookie _known: unasked gpc refused accepted withdrawn".to_owned(),
        ]
    );
    let toml = told["toml"].as_str().unwrap();
    assert!(toml.contains("name = \"_known\"") && toml.contains("category = \"analytics\""), "{toml}");
    let sarif: serde_sarif::sarif::Sarif = serde_json::from_slice(&look("sarif", "US-CA").stdout).unwrap();
    let rules: Vec<_> =
        sarif.runs[0].results.as_ref().unwrap().iter().map(|found| found.rule_id.clone().unwrap()).collect();
    assert_eq!(rules, ["leak-cookie", "undeclared-cookie"]);
}

/// Keeps databases, caches and workers, of which one of each is declared.
fn keeps(path: &str, _headers: &str) -> (String, String) {
    let body = match path.split('?').next().unwrap_or_default() {
        "/" => {
            "<!doctype html><title>Keeps</title><script src=\"{banner}\"></script><script src=\"/keep.js\"></script>\
             <p>Text"
        }
        "/keep.js" => {
            "indexedDB.open('visitors'); indexedDB.open('basket');\
             caches.open('pages'); caches.open('profiles-v1');\
             navigator.serviceWorker.register('/sw.js?visitor=7');\
             new SharedWorker('/shared.js?visitor=7');"
        }
        // Nobody sees who opens it: it is found by looking.
        "/sw.js" => "indexedDB.open('behind');",
        _ => "",
    };
    (String::new(), body.to_owned())
}

#[test]
fn databases_caches_and_workers_are_found_and_judged_as_keys_are() {
    if !full_run("a site with workers in Chromium") {
        return;
    }
    let (site, folder) = (Site::start(keeps), tempfile::tempdir().unwrap());
    let mut more = String::new();
    for (name, category) in
        [("basket", "functional"), ("pages", "analytics"), ("profiles-*", "advertisement")]
    {
        let _ = write!(
            more,
            "[[site.cookie]]\nname = \"{name}\"\ncategory = \"{category}\"\nkind = \"local_storage\"\n\
             owner = \"Example Ltd\"\nduration = \"1 year\"\npurpose = \"Counts.\"\n"
        );
    }
    let server = Server::start_config(folder.path(), &[config(&site), more].concat());
    site.script.set(format!("{}/v1/sites/paper/banner.js", server.address)).unwrap();
    let mut command = Command::new(binary());
    command.args(["leaks", &site.url(), "--json", "--config"]).arg(folder.path().join("consent.toml"));
    let output = command.output().unwrap();
    let told: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let against = "unasked gpc refused withdrawn";
    let found = findings(&told);
    assert_eq!(
        found[..3],
        [
            format!("leak-storage basket: {against}"),
            format!("leak-storage pages: {against}"),
            format!("leak-storage profiles-v1: {against}"),
        ]
    );
    // In which states a worker is there before the page has come to rest is for the browser to say.
    let names: Vec<_> = found[3..].iter().filter_map(|finding| finding.split(": ").next()).collect();
    assert_eq!(
        names,
        ["behind", "visitors", "/sw.js", "/shared.js"].map(|name| format!("undeclared-storage {name}"))
    );
    let findings = told["findings"].as_array().unwrap();
    let whats: Vec<_> = findings.iter().map(|finding| finding["what"].as_str().unwrap()).collect();
    let [database, cache] = ["indexed_db", "cache_storage"];
    assert_eq!(whats, [database, cache, cache, database, database, "service_worker", "shared_worker"]);
    let by = &findings[0]["seen"][0]["initiator"];
    assert_eq!(by, &format!("{}keep.js", site.url()));
    assert_eq!(findings[3]["seen"][0]["initiator"], Value::Null, "a worker's own is found by looking");
    let toml = told["toml"].as_str().unwrap();
    assert_eq!(toml.matches("kind = \"local_storage\"").count(), 4, "{toml}");
    assert!(!String::from_utf8_lossy(&output.stdout).contains("visitor=7"), "no value");
}

#[test]
fn a_page_without_the_banner_does_not_pass() {
    if !full_run("a page without a banner in Chromium") {
        return;
    }
    let site = Site::start(|_, _| (String::new(), "<!doctype html><title>Bare</title>".to_owned()));
    let folder = tempfile::tempdir().unwrap();
    let (output, told) = look(folder.path(), &site, &["--limit", "2"]);
    assert_eq!(output.status.code(), Some(1));
    for (state, reached) in [(0, true), (1, true), (2, false), (3, false), (4, false)] {
        assert_eq!(told["states"][state]["failed"].is_null(), reached, "{}", told["states"][state]["state"]);
    }
}
