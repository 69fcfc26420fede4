//! A service that follows a real server: one that is not there yet, comes, changes its notice, and goes away.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use consent_core::client::{Client, ClientError};
use consent_core::enforce::Enforcer;
use consent_core::follow::{Follow, FollowError, Told};
use consent_core::web::Fresh;
use consent_tests::process::{CONFIG, Server};
use time::OffsetDateTime;

/// So long a notice holds that nobody confirms.
const LONGEST: time::Duration = time::Duration::seconds(4);

fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "never: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A port of this machine at which nobody listens.
fn nobody() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

fn follow(address: &str, site: &str) -> Follow {
    let client = Client::new(&format!("http://{address}")).unwrap();
    Follow::new(client, site.parse().unwrap()).language("fr").region("FR").every(Duration::from_millis(200))
}

#[expect(clippy::disallowed_methods, reason = "a service reads the clock")]
fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// Whether something is in force now, and the words of its banner.
fn title(fresh: &Fresh) -> Option<String> {
    Some(fresh.at(now())?.in_force().notice().texts.title.clone())
}

#[test]
fn a_service_starts_before_the_server_and_outlives_it_until_its_notice_is_too_old() {
    let home = tempfile::tempdir().unwrap();
    let (address, told) = (nobody(), Arc::new(Mutex::new(Vec::new())));
    let fresh = Arc::new(Fresh::new(LONGEST, Enforcer::new));
    let log = Arc::clone(&told);
    let follow = follow(&address, "newsroom").on_told(move |one| log.lock().unwrap().push(one.clone()));
    let begun = Instant::now();
    let follower = follow.start(Arc::clone(&fresh)).unwrap();
    assert!(!follower.wait(Duration::from_millis(300)), "somebody answered");
    until("a reason", || follower.failing().is_some_and(|failing| failing.times > 1));
    let failing = follower.failing().unwrap();
    assert!(matches!(&*failing.why, FollowError::Client(ClientError::NoAnswer(_))), "{failing:?}");
    assert!(failing.since < now() && fresh.last().is_none());

    let server = Server::start_at(&address, home.path(), CONFIG);
    assert!(follower.wait(Duration::from_secs(60)), "{:?}", follower.failing());
    let first = title(&fresh).expect("a notice");
    assert!(follower.failing().is_none());

    // It is confirmed without being sent again: longer than it would hold, it does.
    let said = |is_it: fn(&Told) -> bool| told.lock().unwrap().iter().filter(|one| is_it(one)).count();
    until("confirmed", || said(|one| matches!(one, Told::Unchanged)) >= 3);
    assert_eq!(said(|one| matches!(one, Told::Changed(_))), 1);
    let metrics = server.operator(home.path()).get("/metrics", 1 << 20).unwrap();
    let metrics = String::from_utf8(metrics).unwrap();
    assert!(metrics.contains(r#"route="notices",status="304""#), "{metrics}");

    let changed =
        CONFIG.replace("[[site.cookie]]", "texts = { fr = { title = \"Autre chose\" } }\n[[site.cookie]]");
    std::fs::write(home.path().join("consent.toml"), changed).unwrap();
    server.signal("HUP");
    until("the other notice", || title(&fresh).is_some_and(|title| title == "Autre chose"));
    assert_ne!(first, "Autre chose");
    until("told", || said(|one| matches!(one, Told::Changed(_))) == 2);

    drop(server);
    let gone = Instant::now();
    until("a reason", || follower.failing().is_some());
    if gone.elapsed() < Duration::from_secs(2) {
        assert_eq!(title(&fresh).as_deref(), Some("Autre chose"), "the last one stays");
    }
    until("too old", || title(&fresh).is_none());
    assert_eq!(fresh.last().unwrap().0.in_force().notice().texts.title, "Autre chose");

    // And when it is there again, all is as before.
    let server = Server::start_at(&address, home.path(), CONFIG);
    until("the first notice", || title(&fresh).is_some_and(|title| title == first));
    drop(follower);
    let asked = told.lock().unwrap().len();
    std::thread::sleep(Duration::from_millis(800));
    assert!(told.lock().unwrap().len() <= asked + 1, "it goes on after it was dropped");
    drop(server);
    eprintln!("{asked} questions in {:?}", begun.elapsed());
}

#[test]
fn what_a_server_refuses_is_told_with_its_reason_and_what_was_compiled_in_holds_meanwhile() {
    let home = tempfile::tempdir().unwrap();
    let server = Server::start(home.path());
    let address = server.address.strip_prefix("http://").unwrap();
    let client = Client::new(&server.address).unwrap();
    let site = "newsroom".parse().unwrap();
    let answer = client.notice_unless(&site, Some("fr"), Some("FR"), None).unwrap().unwrap();
    let same = client.notice_unless(&site, Some("fr"), Some("FR"), answer.tag.as_deref()).unwrap();
    assert!(answer.tag.is_some() && same.is_none(), "{same:?}");

    let fresh = Arc::new(Fresh::new(time::Duration::hours(1), Enforcer::new));
    fresh.take(&answer.body, now()).unwrap();
    let follower = follow(address, "elsewhere").start(Arc::clone(&fresh)).unwrap();
    until("a reason", || follower.failing().is_some());
    let failing = follower.failing().unwrap();
    let FollowError::Client(error) = &*failing.why else { panic!("{failing:?}") };
    assert_eq!(error.code(), Some("unknown_site"));
    assert!(failing.why.to_string().contains("unknown_site"), "{}", failing.why);
    assert!(title(&fresh).is_some(), "what was there stays");
}
