//! `examples/axum-site`, `hyper-site` and `actix-site`: a service with the layer holds its answers, and so do those without.

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

#[test]
fn a_service_on_axum_sets_no_more_than_its_visitor_allows() {
    sets_no_more_than_is_allowed("axum-site");
}

fn sets_no_more_than_is_allowed(example: &str) {
    if !full_run("an example, which is only built with a feature of its own") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let config = fs::read_to_string(repository().join("examples/axum-site/consent.toml")).unwrap();
    let server = Server::start_config(home.path(), &config);
    let program = binary().with_file_name("examples").join(example);
    let mut command = Command::new(program);
    if example == "axum-site" {
        // It asks for the notice by itself.
        command.arg(server.address.trim_start_matches("http://"));
    } else {
        let client = Client::new(&server.address);
        let (status, notice) = client.get("/v1/sites/axum-site/notice?lang=en&region=FR").unwrap();
        assert_eq!(status, 200);
        let file = home.path().join("notice.json");
        fs::write(&file, notice).unwrap();
        command.arg(file);
    }
    let mut site = command.arg("127.0.0.1:0").stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(site.stdout.take().unwrap()).lines().map_while(Result::ok);
    let (mut address, mut knows) = (String::new(), example != "axum-site");
    while address.is_empty() || !knows {
        let line = lines.next().unwrap();
        knows |= line == "another notice is in force";
        if let Some(at) = line.strip_prefix("open ") {
            at.clone_into(&mut address);
        }
    }
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
    assert!(answer.body_mut().read_to_string().unwrap().contains("This visit is not counted"));
}
