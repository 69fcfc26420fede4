//! A config that changes while the server runs: all of it is in force, or nothing of it; nobody is refused, and nothing is lost.

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use consent_tests::client::{Client, decision, fresh_decision_id, log_of_now};
use consent_tests::full_run;
use consent_tests::process::Server;
use serde_json::Value;

use crate::promises::{Promises, check, load, verify};

/// A config with this in `[server]`, and sites with these titles.
fn config(server: &str, sites: &[(&str, &str)]) -> String {
    let sites = sites.iter().map(|(id, title)| {
        format!(
            "[[site]]\nid = \"{id}\"\nlanguages = [\"fr\"]\ntexts = {{ fr = {{ title = \"{title}\" }} }}\n\
             origins = [\"https://{}.example\"]\n\
             controller = {{ name = \"Exemple SA\", privacy_url = \"/privacy\" }}\n[[site.cookie]]\n\
             category = \"analytics\"\nname = \"visits\"\nowner = \"Exemple SA\"\nduration = \"13 months\"\n\
             purpose = \"Compte les visites.\"\n",
            title.to_lowercase()
        )
    });
    format!("[server]\nhost = \"localhost\"\n{server}\n{}", sites.collect::<String>())
}

/// Only a signal has it loaded.
const BY_SIGNAL: &str = "reload_on_change = false";

fn newsroom(server: &str, title: &str) -> String {
    config(server, &[("newsroom", title)])
}

fn write(folder: &Path, text: &str) {
    fs::write(folder.join("consent.toml"), text).unwrap();
}

fn said(folder: &Path) -> String {
    fs::read_to_string(folder.join("stderr")).unwrap()
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "never: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Waits until the server says something for the time `times`.
fn until_said(folder: &Path, words: &str, times: usize) {
    until(words, || said(folder).matches(words).count() >= times);
}

/// The id of the notice with this title, as soon as it is in force.
fn notice_titled(client: &Client, title: &str) -> String {
    until(title, || client.get("/v1/sites/newsroom/notice").is_some_and(|(_, body)| is_titled(&body, title)));
    client.notice_id()
}

fn is_titled(notice: &[u8], title: &str) -> bool {
    serde_json::from_slice::<Value>(notice).is_ok_and(|notice| notice["texts"]["title"] == title)
}

const ANEW: &str = "the config was loaded anew";
const STAYS: &str = "stays in force";

#[test]
fn a_signal_brings_a_new_text_and_a_page_that_was_open_goes_on_with_the_old_one() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    let server = Server::start_config(folder, &newsroom(BY_SIGNAL, "Before"));
    let client = Client::new(&server.address);
    let before = client.notice_id();
    let settings = format!("/v1/sites/newsroom/settings.js?notice={before}");
    let second = client.get(&settings).unwrap();
    write(folder, &newsroom(BY_SIGNAL, "After"));
    // Longer than two looks, if it looked.
    thread::sleep(Duration::from_secs(6));
    assert_eq!(client.notice_id(), before, "nobody asked");
    server.signal("HUP");
    let after = notice_titled(&client, "After");
    assert_ne!(after, before);
    for notice in [&before, &after] {
        assert!(client.decide(&fresh_decision_id(), notice).is_some());
    }
    assert_eq!(client.get(&settings).unwrap(), second);
    let (_, script) = client.get("/v1/sites/newsroom/banner.js").unwrap();
    let script = String::from_utf8(script).unwrap();
    assert!(script.contains(&after) && script.contains(&before[..5]), "an older choice holds");
    // Nothing has changed, and it is loaded all the same: a file that it names may have.
    server.signal("HUP");
    until_said(folder, ANEW, 2);
    assert_eq!(client.notice_id(), after);
    verify(&server, folder);
    assert!(server.stop().success());
}

#[test]
fn a_config_that_does_not_pass_check_changes_nothing_and_a_change_on_the_disk_is_enough_to_repair_it() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    let server = Server::start_config(folder, &newsroom("", "Before"));
    let client = Client::new(&server.address);
    let (script, before) = (client.get("/v1/sites/newsroom/banner.js").unwrap(), client.notice_id());
    // The text is new as well, and not served: nothing of it is.
    write(folder, &newsroom("", "After").replace("13 months", "for ever"));
    until_said(folder, STAYS, 1);
    assert!(said(folder).contains("error[") && said(folder).contains("consent.toml:"), "{}", said(folder));
    thread::sleep(Duration::from_secs(6));
    assert_eq!(said(folder).matches(STAYS).count(), 1, "it is not tried again until something changes");
    server.signal("HUP");
    until_said(folder, STAYS, 2);
    assert_eq!(client.get("/v1/sites/newsroom/banner.js").unwrap(), script);
    assert!(client.decide(&fresh_decision_id(), &before).is_some());
    fs::remove_file(folder.join("consent.toml")).unwrap();
    until_said(folder, STAYS, 3);
    assert_eq!(client.get("/v1/sites/newsroom/banner.js").unwrap(), script);
    write(folder, &newsroom("", "After"));
    assert_ne!(notice_titled(&client, "After"), before);
    assert!(server.stop().success());
}

#[test]
fn a_file_that_a_pattern_finds_is_a_new_site_and_one_that_goes_takes_it_along() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    let site = |id: &str| config("", &[(id, "Title")]).split_once("[[site]]").unwrap().1.to_owned();
    fs::create_dir(folder.join("sites")).unwrap();
    fs::write(folder.join("sites/newsroom.toml"), format!("[[site]]{}", site("newsroom"))).unwrap();
    let server = Server::start_config(folder, "files = [\"sites/*.toml\"]\n[server]\nhost = \"localhost\"\n");
    let client = Client::new(&server.address);
    let status = |path: &str| client.get(path).unwrap().0;
    assert_eq!(status("/v1/sites/sport/notice"), 404);
    fs::write(folder.join("sites/sport.toml"), format!("[[site]]{}", site("sport"))).unwrap();
    until("a new site", || status("/v1/sites/sport/notice") == 200);
    let year = log_of_now().rsplit('/').next().unwrap().to_owned();
    let checkpoint = format!("/v1/sites/sport/logs/{year}/checkpoint");
    assert_eq!(status(&checkpoint), 200, "its log is there");
    let notice: Value = serde_json::from_slice(&client.get("/v1/sites/sport/notice").unwrap().1).unwrap();
    let request = decision(&fresh_decision_id(), notice["notice_id"].as_str().unwrap());
    assert_eq!(client.send_to("sport", &request).unwrap().0, 201);
    fs::rename(folder.join("sites/sport.toml"), folder.join("sites/sport.off")).unwrap();
    until("its end", || status("/v1/sites/sport/banner.js") == 404);
    assert_eq!(client.send_to("sport", &request).unwrap().1["code"], "unknown_site");
    // It comes back to its own log, with what was decided there.
    fs::rename(folder.join("sites/sport.off"), folder.join("sites/sport.toml")).unwrap();
    until("its return", || status(&checkpoint) == 200);
    assert_eq!(client.send_to("sport", &request).unwrap().0, 200, "it is recorded already");
    assert!(
        said(folder).contains("sites_added=\"sport\"") && said(folder).contains("sites_removed=\"sport\"")
    );
    assert!(server.stop().success());
}

#[test]
fn what_needs_a_restart_is_refused_as_a_whole_and_named() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    let server = Server::start_config(folder, &newsroom(BY_SIGNAL, "Before"));
    let client = Client::new(&server.address);
    let script = client.get("/v1/sites/newsroom/banner.js").unwrap();
    write(folder, &newsroom(BY_SIGNAL, "After").replace("\"localhost\"", "\"other.example\""));
    server.signal("HUP");
    until_said(folder, "restart the server to change server.host", 1);
    assert!(said(folder).contains(STAYS));
    assert_eq!(client.get("/v1/sites/newsroom/banner.js").unwrap(), script);
    let metrics = server.operator(folder).get("/metrics", 1 << 20).unwrap();
    let metrics = String::from_utf8(metrics).unwrap();
    assert!(metrics.contains("consent_reloads_total{outcome=\"refused\"} 1"), "{metrics}");
    write(folder, &newsroom(BY_SIGNAL, "After"));
    server.signal("HUP");
    notice_titled(&client, "After");
    assert!(server.stop().success());
}

/// Each of two configs has a title, and lists the one origin that is called like it. Half of one and half of the other would be
/// a title that an origin of the other one gets to see.
#[test]
fn under_load_nobody_is_refused_and_every_answer_is_of_one_config() {
    let rounds = if full_run("40 of 60 reloads under load") { 60 } else { 20 };
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    let server = Server::start_config(folder, &newsroom(BY_SIGNAL, "Even"));
    let titles = ["Even", "Odd"];
    let main = Client::new(&server.address);
    let even = main.notice_id();
    write(folder, &newsroom(BY_SIGNAL, "Odd"));
    server.signal("HUP");
    let ids = [even, notice_titled(&main, "Odd")];
    let (ended, promises, seen) =
        (AtomicBool::new(false), Mutex::new(Promises::default()), Mutex::new([0; 2]));
    thread::scope(|scope| {
        for number in 0..2 {
            let (ended, promises, seen, ids, server) = (&ended, &promises, &seen, &ids, &server);
            scope.spawn(move || {
                let client = Client::new(&server.address);
                while !ended.load(Ordering::SeqCst) {
                    let recorded = client.decide(&fresh_decision_id(), &ids[number]);
                    promises.lock().unwrap().decisions.push(recorded.expect("a decision is recorded"));
                }
            });
            scope.spawn(move || {
                let client = Client::new(&server.address);
                let (own, origin) =
                    (titles[number], format!("https://{}.example", titles[number].to_lowercase()));
                while !ended.load(Ordering::SeqCst) {
                    let (status, notice) =
                        client.get_with(("origin", &origin), "/v1/sites/newsroom/notice").expect("an answer");
                    match status {
                        200 => {
                            assert!(is_titled(&notice, own), "{own}: {}", String::from_utf8_lossy(&notice))
                        }
                        403 => {}
                        status => panic!("{status}"),
                    }
                    let (status, script) = client.get("/v1/sites/newsroom/banner.js").expect("an answer");
                    let script = String::from_utf8(script).unwrap();
                    let shown: Vec<_> = (0..2).filter(|at| script.contains(&ids[*at])).collect();
                    assert!(status == 200 && shown.len() == 1, "{shown:?}");
                    assert!(script.contains(titles[shown[0]]), "{shown:?}");
                    seen.lock().unwrap()[shown[0]] += 1;
                }
            });
        }
        for round in 0..rounds {
            let title = titles[round % 2];
            write(folder, &newsroom(BY_SIGNAL, title));
            server.signal("HUP");
            until(title, || ended.load(Ordering::SeqCst) || main.notice_id() == ids[round % 2]);
        }
        ended.store(true, Ordering::SeqCst);
    });
    let (promises, seen) = (promises.into_inner().unwrap(), seen.into_inner().unwrap());
    eprintln!("{rounds} reloads: {} decisions, scripts {seen:?}", promises.decisions.len());
    assert!(promises.decisions.len() > rounds && seen.iter().all(|seen| *seen > 5), "no load");
    check(&server, folder, &[log_of_now()], &promises);
    verify(&server, folder);
    assert!(server.stop().success());
}

#[test]
fn kill_9_in_and_right_after_a_reload_loses_nothing_and_the_next_start_serves_the_new_config() {
    let rounds = if full_run("12 of 18 rounds of kill -9 around a reload") { 18 } else { 6 };
    let home = tempfile::tempdir().unwrap();
    let (folder, logs) = (home.path(), [log_of_now()]);
    let mut all = Promises::default();
    for round in 0..rounds {
        let (before, after) = (format!("Title{round}"), format!("Title{}", round + 1));
        let server = Server::start_config(folder, &newsroom(BY_SIGNAL, &before));
        let promises = load(&server, folder, &logs, 4, || {
            write(folder, &newsroom(BY_SIGNAL, &after));
            server.signal("HUP");
            // From the very beginning of it to some time after its end.
            thread::sleep(Duration::from_millis(round * 37));
            server.kill();
        });
        drop(server);
        let server = Server::start_config(folder, &newsroom(BY_SIGNAL, &after));
        notice_titled(&Client::new(&server.address), &after);
        check(&server, folder, &logs, &promises);
        all.add(promises);
    }
    let server = Server::start_config(folder, &newsroom(BY_SIGNAL, &format!("Title{rounds}")));
    // Once more, and this time it is surely in force, and decided under.
    write(folder, &newsroom(BY_SIGNAL, "Last"));
    server.signal("HUP");
    let client = Client::new(&server.address);
    let last = notice_titled(&client, "Last");
    let recorded = client.decide(&fresh_decision_id(), &last).unwrap();
    server.kill();
    drop(server);
    let server = Server::start_config(folder, &newsroom(BY_SIGNAL, "Last"));
    assert_eq!(Client::new(&server.address).notice_id(), last);
    all.add(Promises { decisions: vec![recorded], ..Promises::default() });
    assert!(all.decisions.len() > 20, "no load: {}", all.decisions.len());
    check(&server, folder, &logs, &all);
    verify(&server, folder);
}

#[test]
fn signals_in_a_row_are_few_reloads_and_none_of_them_holds_up_an_end() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    let server = Server::start_config(folder, &newsroom(BY_SIGNAL, "Before"));
    write(folder, &newsroom(BY_SIGNAL, "After"));
    for _ in 0..50 {
        server.signal("HUP");
    }
    notice_titled(&Client::new(&server.address), "After");
    until_said(folder, ANEW, 1);
    assert!(said(folder).matches(ANEW).count() < 50, "{}", said(folder));
    write(folder, &newsroom(BY_SIGNAL, "Late"));
    server.signal("HUP");
    let begun = Instant::now();
    assert!(server.stop().success());
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    // Whatever was done of it, the next start is an ordinary one.
    let server = Server::start_config(folder, &newsroom(BY_SIGNAL, "Late"));
    notice_titled(&Client::new(&server.address), "Late");
    verify(&server, folder);
}
