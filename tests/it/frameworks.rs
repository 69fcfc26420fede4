//! `examples/hyper-site` and `examples/actix-site`: services without a layer hold their answers all the same.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use consent_tests::client::Client;
use consent_tests::full_run;
use consent_tests::process::{Server, binary, repository};

#[test]
fn a_service_on_hyper_sets_no_more_than_its_visitor_allows() {
    sets_no_more_than_is_allowed("hyper-site");
}

#[test]
fn a_service_on_actix_sets_no_more_than_its_visitor_allows() {
    sets_no_more_than_is_allowed("actix-site");
}

fn sets_no_more_than_is_allowed(example: &str) {
    if !full_run("an example, which is only built with a feature of its own") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let config = fs::read_to_string(repository().join("examples/axum-site/consent.toml")).unwrap();
    let server = Server::start_config(home.path(), &config);
    let (status, notice) =
        Client::new(&server.address).get("/v1/sites/axum-site/notice?lang=en&region=FR").unwrap();
    assert_eq!(status, 200);
    let file = home.path().join("notice.json");
    fs::write(&file, notice).unwrap();

    let program = binary().with_file_name("examples").join(example);
    let mut site =
        Command::new(program).arg(&file).arg("127.0.0.1:0").stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(site.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().trim_start_matches("open ").to_owned();
    let answer = ureq::get(&address).header("Cookie", "visitor=old").call();
    site.kill().unwrap();
    site.wait().unwrap();

    let mut answer = answer.unwrap();
    let headers = answer.headers();
    let all = |name| headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect::<Vec<_>>();
    let cookies = all("set-cookie");
    assert!(cookies[0].starts_with("session=31d4"), "{cookies:?}");
    assert!(!cookies.iter().any(|line| line.contains("8f14e45fceea167a")), "{cookies:?}");
    let expires = |line: &&str| line.starts_with("visitor=;") && line.contains("Max-Age=0");
    assert!(cookies.iter().any(expires), "what the browser still sends is expired: {cookies:?}");
    let policy = all("content-security-policy").concat();
    assert!(!policy.is_empty() && !policy.contains("counter.example"), "{policy}");
    assert_eq!(all("vary"), ["Cookie, Sec-GPC"]);
    assert_eq!(all("cache-control"), ["private"]);
    assert!(answer.body_mut().read_to_string().unwrap().contains("This visit is not counted."));
}
