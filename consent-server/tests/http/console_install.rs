//! The check of an installation, against a real server of pages on this machine.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::console::Browser;
use crate::support::{Answer, Server, server_of};

/// By path: a status, more lines of a head, and a body.
type Known = BTreeMap<String, (u16, String, String)>;

/// A server of pages: for each path a status, more lines of its head, and a body. What was asked for is noted.
struct Pages {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
    pages: Arc<Mutex<Known>>,
}

const HTML: &str = "Content-Type: text/html\r\n";

impl Pages {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let pages = Self { port, asked: Arc::default(), pages: Arc::default() };
        let (asked, all) = (Arc::clone(&pages.asked), Arc::clone(&pages.pages));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (asked, all) = (Arc::clone(&asked), Arc::clone(&all));
                std::thread::spawn(move || answer(stream.unwrap(), &asked, &all));
            }
        });
        pages.has("/v1/sites/paper/banner.js", 200, "Content-Type: text/javascript\r\n", "1").has(
            "/plain.txt",
            200,
            "Content-Type: text/plain\r\n",
            "a",
        )
    }

    fn has(self, path: &str, status: u16, head: &str, body: &str) -> Self {
        self.pages.lock().unwrap().insert(path.to_owned(), (status, head.to_owned(), body.to_owned()));
        self
    }

    fn page(&self, head: &str, body: &str) {
        let page = (200, format!("{HTML}{head}"), body.to_owned());
        self.pages.lock().unwrap().insert("/".to_owned(), page);
    }
}

fn answer(mut stream: TcpStream, asked: &Mutex<Vec<String>>, pages: &Mutex<Known>) {
    let mut line = String::new();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    reader.read_line(&mut line).unwrap();
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    while reader.read_line(&mut line).unwrap() > 2 {
        line.clear();
    }
    asked.lock().unwrap().push(path.clone());
    if path == "/slow" {
        std::thread::sleep(Duration::from_secs(14));
    }
    let found = pages.lock().unwrap().get(&path).cloned();
    let (status, head, body) = found.unwrap_or((404, HTML.to_owned(), "none".to_owned()));
    let head =
        format!("HTTP/1.1 {status} OK\r\n{head}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
}

/// A server with a site whose pages are there.
async fn server(origins: &str) -> Server {
    let config = format!(
        "[server]\nhost = \"consent.example\"\n[[site]]\nid = \"paper\"\n{origins}\n\
         controller = {{ name = \"A\", privacy_url = \"/p\" }}\n\
         [[site]]\nid = \"newsroom\"\ncontroller = {{ name = \"A\", privacy_url = \"/p\" }}\n\
         [[site]]\nid = \"news\"\ncontroller = {{ name = \"A\", privacy_url = \"/p\" }}\n"
    );
    server_of(&config).await
}

async fn listed(pages: &Pages) -> Server {
    server(&format!("origins = [\"http://127.0.0.1:{}\"]", pages.port)).await
}

async fn check(server: &Server, address: &str) -> Answer {
    let operator = Browser::signed_in(server, &server.tokens.operator).await;
    let address: String = address.bytes().map(|byte| format!("%{byte:02X}")).collect();
    operator.send("/console/paper/install", &format!("address={address}")).await
}

/// What a check says, without the page around it and with its quotes as they are.
fn said(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let (_, rest) = answer.text().split_once("class=\"checked\"").expect("what came of it");
    let said = rest.split("</section>").next().unwrap();
    said.replace("&#60;", "<").replace("&#62;", ">").replace("&#34;", "\"").replace("&#39;", "'")
}

const LINE: &str = "<script src=/v1/sites/paper/banner.js></script>";
const HOLDS: &str = "The page has the script as it should be";

#[tokio::test]
async fn every_fault_of_a_page_is_said_and_what_is_right_is_not() {
    let pages = Pages::start();
    let server = listed(&pages).await;
    let at = format!("http://127.0.0.1:{}/", pages.port);
    let integrity = {
        let script = server.get("/v1/sites/paper/banner.js").await;
        consent_server::compressed::Compressed::new(script.body).integrity()
    };
    let head = |inner: &str| format!("<!doctype html><head>{inner}</head><body><p>a</p>");
    let pinned = |hash: &str| format!("<script src=/v1/sites/paper/banner.js integrity='{hash}'></script>");
    let meta = "<meta http-equiv=Content-Security-Policy content=\"script-src 'nonce-a'\">";
    for (policy, page, expected) in [
        ("", head(LINE), HOLDS),
        (
            "",
            head(&format!(
                "<script type=application/ld+json>{{}}</script><script type=module src=m.js></script>{LINE}"
            )),
            HOLDS,
        ),
        ("", head(&pinned(&integrity)), HOLDS),
        ("script-src 'self'; connect-src 'self'", head(LINE), HOLDS),
        ("script-src 'nonce-a'", head("<script nonce=a src=/v1/sites/paper/banner.js></script>"), HOLDS),
        ("", head(""), "The script is not in the page."),
        ("", head(&format!("<template>{LINE}</template><!-- {LINE} -->")), "The script is not in the page."),
        ("", head("<script src=/v1/sites/other/banner.js></script>"), "that of another site: other."),
        (
            "",
            head(&format!("<script src=gtm.js async></script><script>var a = '<b>'</script>{LINE}")),
            "Before it stands: ",
        ),
        ("", format!("<head></head><body>{LINE}"), "stands in <body>"),
        ("", head("<script async defer src=/v1/sites/paper/banner.js></script>"), "has async and defer"),
        ("", head("<script type=module src=/v1/sites/paper/banner.js></script>"), "has type=module"),
        (
            "",
            head("<script type=text/plain src=/v1/sites/paper/banner.js></script>"),
            "has type=\"text/plain\"",
        ),
        ("script-src 'nonce-a'", head(LINE), "policy keeps the script out: script-src 'nonce-a'"),
        ("", head(&format!("{meta}{LINE}")), "policy keeps the script out: script-src 'nonce-a'"),
        (
            "connect-src 'none'",
            head(LINE),
            "does not let the script send what was chosen: connect-src 'none'",
        ),
        ("", head(&pinned("sha256-AAAA")), "is not that of any script that is sent now: sha256-AAAA"),
        ("", head("<base href=/old/><script src=v1/sites/paper/banner.js></script>"), "the answer is 404"),
    ] {
        let policy =
            if policy.is_empty() { String::new() } else { format!("Content-Security-Policy: {policy}\r\n") };
        pages.page(&policy, &page);
        let said = said(&check(&server, &at).await);
        assert!(said.contains(expected), "{policy}{page}\n{said}");
        assert_eq!(said.contains(HOLDS), expected == HOLDS, "{policy}{page}\n{said}");
    }
    pages.page("", &head(&format!("<script src=gtm.js async></script><script>var a = '<b>'</script>{LINE}")));
    let raw = check(&server, &at).await;
    assert!(
        raw.text().contains("/gtm.js; one in the page, “var a = &#39;&#60;b&#62;&#39;”"),
        "{}",
        raw.text()
    );
}

#[tokio::test]
async fn a_script_of_another_host_is_told_of_with_its_cookie() {
    let pages = Pages::start();
    let server = listed(&pages).await;
    let at = format!("http://127.0.0.1:{}/", pages.port);
    // Inside: asked for by a page, and by no config.
    pages.page(
        "",
        &format!(
            "<head><script src=http://localhost:{}/v1/sites/paper/banner.js integrity=sha256-AA></script>",
            pages.port
        ),
    );
    let text = said(&check(&server, &at).await);
    for part in [
        "Safari keeps the cookie for seven days: the script comes from localhost, and not from 127.0.0.1 itself.",
        "its name leads into a private network",
        "the line has no crossorigin",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert_eq!(*pages.asked.lock().unwrap(), ["/"]);
    // Where the config names no origin, a page on this machine can be tried, and is told that it is not listed.
    let server = self::server("").await;
    pages.page(
        "",
        &format!("<head><script src=http://localhost:{}/v1/sites/paper/banner.js></script>", pages.port),
    );
    let text = said(&check(&server, &at).await);
    assert!(
        text.contains(&format!(
            "does not list http://127.0.0.1:{}: what visitors decide is refused",
            pages.port
        )),
        "{text}"
    );
    // A name under which nobody answers pages.
    pages.page("", "<head><script src=http://127.0.0.1:1/v1/sites/paper/banner.js></script>");
    assert!(said(&check(&server, &at).await).contains("nobody answers there"));
    let spa = Pages::start().has("/v1/sites/paper/banner.js", 200, HTML, "<p>");
    spa.page("", &format!("<head>{LINE}"));
    let text = said(&check(&server, &format!("http://127.0.0.1:{}/", spa.port)).await);
    assert!(text.contains("there is something that is no script"), "{text}");
}

#[tokio::test]
async fn a_page_that_can_not_be_had_is_told_of_with_what_to_do() {
    let pages = Pages::start()
        .has("/on", 302, "Location: /on\r\n", "")
        .has("/away", 302, "Location: http://169.254.169.254/latest\r\n", "")
        .has("/port", 302, "Location: //127.0.0.1:1/\r\n", "")
        .has("/good", 302, "Location: /\r\n", "")
        .has("/large", 200, HTML, &"a".repeat(2 * 1024 * 1024 + 1))
        .has("/broken", 500, HTML, "");
    pages.page("", &format!("<head>{LINE}"));
    let server = listed(&pages).await;
    let at = |path: &str| format!("http://127.0.0.1:{}{path}", pages.port);
    for (path, expected) in [
        ("/none", "the answer is 404"),
        ("/broken", "the answer is 500"),
        ("/plain.txt", "does not say that it is HTML"),
        ("/large", "larger than 2 MiB"),
        ("/on", "leads on more than five times"),
        ("/away", "it leads to another origin, http://169.254.169.254."),
        ("/port", "it leads to another origin, http://127.0.0.1:1."),
        ("/good", HOLDS),
        ("/slow", "longer than ten seconds"),
    ] {
        let said = said(&check(&server, &at(path)).await);
        assert!(said.contains(expected), "{path}\n{said}");
    }
    // It speaks no TLS.
    let encrypted = server_of_encrypted(&pages).await;
    let said = said(&check(&encrypted, &format!("https://127.0.0.1:{}/", pages.port)).await);
    assert!(said.contains("The page can not be had"), "{said}");
}

async fn server_of_encrypted(pages: &Pages) -> Server {
    server(&format!("origins = [\"https://127.0.0.1:{}\"]", pages.port)).await
}

#[tokio::test]
async fn nothing_is_asked_for_but_pages_of_the_site() {
    let pages = Pages::start();
    pages.page("", LINE);
    let own = format!("http://127.0.0.1:{}/", pages.port);
    let elsewhere = server("origins = [\"https://www.paper.example\"]").await;
    for (address, expected) in [
        (own.as_str(), "Wrong origin: http://127.0.0.1:"),
        ("http://169.254.169.254/latest/meta-data/", "Wrong origin: http://169.254.169.254"),
        ("https://www.paper.example.evil.example/", "Wrong origin"),
        ("https://www.paper.example@evil.example/", "This is no address of a page."),
        ("http://www.paper.example/", "Wrong origin"),
        ("file:///etc/passwd", "This is no address of a page."),
        ("javascript:alert(1)", "This is no address of a page."),
        ("\"><script>alert(1)</script>", "This is no address of a page."),
        ("", "This is no address of a page."),
    ] {
        let answer = check(&elsewhere, address).await;
        assert!(said(&answer).contains(expected), "{address}\n{}", said(&answer));
        assert!(!answer.text().contains("<script"), "{address}");
    }
    let silent = server("").await;
    for address in ["http://10.0.0.1/", "http://192.168.0.1:80/", "https://www.paper.example/"] {
        assert!(said(&check(&silent, address).await).contains("does not say that"), "{address}");
    }
    assert_eq!(*pages.asked.lock().unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn only_an_operator_of_the_site_asks() {
    let pages = Pages::start();
    pages.page("", LINE);
    let server = server("").await;
    let address = format!("address=http://127.0.0.1:{}/", pages.port);
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    let page = auditor.get("/console/newsroom/install").await;
    assert!(page.text().contains("an auditor can not") && !page.text().contains("name=\"address\""));
    assert_eq!(auditor.send("/console/newsroom/install", &address).await.status, 403);
    let news = Browser::signed_in(&server, &server.tokens.news_operator).await;
    assert_eq!(news.send("/console/paper/install", &address).await.status, 404);
    let operator = Browser::signed_in(&server, &server.tokens.operator).await;
    let foreign = operator.post("/console/paper/install", &format!("form_token=AAAA&{address}")).await;
    assert_eq!(foreign.status, 403);
    let stranger = Browser::stranger(&server).post("/console/paper/install", &address).await;
    assert_eq!((stranger.status, stranger.header("location")), (303, "/console/sign-in"));
    assert_eq!(*pages.asked.lock().unwrap(), Vec::<String>::new());
}
