//! Another config while the server runs: all of it from the next request on, or nothing.

use std::fs;

use axum::body::Body;
use axum::http::Request;
use consent_server::app::{ReloadError, Reloaded};
use consent_server::config::{self, Config};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tower::ServiceExt as _;

use super::support::{Server, decision, server_of};

/// The server's part of a config, and that of a site.
fn text(server: &str, sites: &[(&str, &str)]) -> String {
    let sites = sites.iter().map(|(id, more)| {
        format!(
            "[[site]]\nid = \"{id}\"\nlanguages = [\"fr\"]\ncontroller = {{ name = \"Exemple SA\", privacy_url = \"/privacy\" }}\n{more}\n\
             [[site.cookie]]\ncategory = \"analytics\"\nname = \"visits\"\nowner = \"Exemple SA\"\n\
             duration = \"13 months\"\npurpose = \"Counts visits.\"\n"
        )
    });
    format!("[server]\nhost = \"consent.example\"\n{server}\n{}", sites.collect::<String>())
}

fn titled(title: &str) -> String {
    format!("texts = {{ fr = {{ title = \"{title}\" }} }}")
}

fn parse(server: &Server, text: &str) -> Config {
    let loaded = config::parse("consent.toml", text.to_owned(), server.folder.path());
    loaded.unwrap_or_else(|findings| panic!("{findings}")).config
}

async fn reload(server: &Server, text: &str) -> Result<Reloaded, ReloadError> {
    server.app.reload(parse(server, text)).await
}

fn ids(sites: &[&str]) -> Vec<consent_core::notice::SiteId> {
    sites.iter().map(|site| site.parse().unwrap()).collect()
}

#[tokio::test]
async fn another_text_is_another_notice_and_a_page_that_shows_the_one_before_goes_on() {
    let server = server_of(&text("", &[("newsroom", &titled("Before"))])).await;
    let before = server.notice_id("newsroom", "fr").await;
    let settings = format!("/v1/sites/newsroom/settings.js?notice={before}");
    let second = server.get(&settings).await;
    let declared = async || server.get("/v1/sites/newsroom/declaration").await.json()["notice_id"].clone();
    assert_eq!(declared().await, before);
    let changed = reload(&server, &text("", &[("newsroom", &titled("After"))])).await.unwrap();
    let after = server.notice_id("newsroom", "fr").await;
    assert_eq!(declared().await, after);
    assert_eq!(changed.notices, [(ids(&["newsroom"]).remove(0), after.parse().unwrap())]);
    assert!(changed.added.is_empty() && changed.removed.is_empty() && before != after);
    // The log names it before anybody has decided under it.
    let log = &server.heads()[0].0;
    assert_eq!(server.store.logged_notices(log).unwrap().len(), 2);
    for (number, notice) in [(1, &before), (2, &after)] {
        assert_eq!(server.post("newsroom", &decision(number, notice)).await.status, 201);
    }
    let again = server.get(&settings).await;
    assert_eq!((again.status, &again.body), (200, &second.body));
    assert_eq!(
        server.request("POST", "/v1/sites/newsroom/shown", &[], Body::from(before.clone())).await.status,
        204
    );
    // Whoever chose under the one before is not asked again for a title.
    let script = server.get("/v1/sites/newsroom/banner.js").await;
    assert!(script.text().contains(&after) && script.text().contains(&before[..5]));
}

#[tokio::test]
async fn sites_come_and_go_and_come_back_to_their_logs() {
    let server = server_of(&text("", &[("newsroom", ""), ("news", "")])).await;
    let script = server.get("/v1/sites/newsroom/banner.js").await.body;
    let changed = reload(&server, &text("", &[("newsroom", ""), ("sport", "")])).await.unwrap();
    assert_eq!((changed.added, changed.removed), (ids(&["sport"]), ids(&["news"])));
    assert_eq!(changed.notices.len(), 1, "newsroom shows what it showed");
    assert_eq!(server.get("/v1/sites/newsroom/banner.js").await.body, script);
    let notice = server.notice_id("sport", "fr").await;
    assert_eq!(server.post("sport", &decision(1, &notice)).await.status, 201);
    assert_eq!(server.get("/v1/sites/sport/logs/2026/checkpoint").await.status, 200);
    for path in ["banner.js", "notice", "logs/2026/checkpoint"] {
        assert_eq!(server.get(&format!("/v1/sites/news/{path}")).await.code(), "unknown_site");
    }
    assert_eq!(server.post("news", &decision(2, &notice)).await.code(), "unknown_site");
    let heads = server.heads();
    assert!(heads.iter().any(|(log, _)| log.site.as_str() == "news"), "its log stays");
    let changed = reload(&server, &text("", &[("newsroom", ""), ("news", "")])).await.unwrap();
    assert_eq!((changed.added, changed.removed), (ids(&["news"]), ids(&["sport"])));
    assert_eq!(server.heads(), heads, "its notice is named already");
    let notice = server.notice_id("news", "fr").await;
    assert_eq!(server.post("news", &decision(2, &notice)).await.status, 201);
}

#[tokio::test]
async fn what_holds_for_all_sites_changes_with_the_rest() {
    let regions = "[site.regions]\nGB = {}\nFR = {}\n";
    let server = server_of(&text("pages = \"pages\"", &[("newsroom", regions)])).await;
    assert_eq!(server.get("/").await.text(), "index fr");
    fs::create_dir(server.folder.path().join("other")).unwrap();
    fs::write(server.folder.path().join("other/index.html"), "other").unwrap();
    let origins = format!("origins = [\"https://a.example\"]\n{regions}");
    let changed = text(
        "pages = \"other\"\ncontent_security_policy = \"default-src 'none'\"",
        &[("newsroom", &origins)],
    );
    let unchanged = reload(&server, &changed).await.unwrap();
    assert_eq!(unchanged, Reloaded::default(), "no notice says any of it");
    let page = server.get("/").await;
    assert_eq!((page.text(), page.header("content-security-policy")), ("other", "default-src 'none'"));
    let asked = server.get_with("/v1/sites/newsroom/notice", &[("origin", "https://a.example")]).await;
    assert_eq!(asked.status, 200);
    reload(&server, &text("", &[("newsroom", regions)])).await.unwrap();
    assert_eq!(server.get("/").await.code(), "not_found");
    let asked = server.get_with("/v1/sites/newsroom/notice", &[("origin", "https://a.example")]).await;
    assert_eq!(asked.code(), "foreign_origin");
}

#[tokio::test]
async fn what_is_bound_to_the_process_is_refused_by_name_and_the_rest_with_it() {
    let server = server_of(&text("", &[("newsroom", &titled("Before"))])).await;
    let before = server.get("/v1/sites/newsroom/banner.js").await.body;
    let (heads, site) = (server.heads(), ids(&["newsroom"]).remove(0));
    let notices = server.store.notices(&site).unwrap();
    let good = text("", &[("newsroom", &titled("After"))]);
    for (change, to, key) in [
        ("host = \"consent.example\"", "host = \"other.example\"", "server.host"),
        ("[server]", "[server]\nlisten = \"127.0.0.1:1\"", "server.listen"),
        ("[server]", "[server]\nheads_every = \"1 second\"", "server.heads_every"),
        ("[server]", "[server]\ntimestamp_every = \"2 minutes\"", "server.timestamp_every"),
        ("[server]", "[limits]\nconnections = 17\n[server]", "limits.connections"),
    ] {
        let refused = reload(&server, &good.replacen(change, to, 1)).await.unwrap_err();
        let ReloadError::NeedsRestart { keys } = &refused else { panic!("{refused}") };
        assert_eq!(keys, &[key]);
        assert!(refused.to_string().contains(&format!("restart the server to change {key};")), "{refused}");
    }
    let data = server.folder.path().join("data");
    fs::create_dir_all(data.join("pages")).unwrap();
    let refused = reload(&server, &good.replacen("[server]", "[server]\npages = \"data/pages\"", 1)).await;
    assert!(
        matches!(&refused, Err(ReloadError::Refused(error)) if error.to_string().contains("signing key")),
        "{refused:?}"
    );
    assert_eq!(server.get("/v1/sites/newsroom/banner.js").await.body, before);
    assert_eq!(
        (server.heads(), server.store.notices(&site).unwrap()),
        (heads, notices),
        "nothing was stored"
    );
    assert_eq!(reload(&server, &good).await.unwrap().notices.len(), 1);
}

/// All that can be wrong is found before the first site is published.
#[tokio::test]
async fn a_site_that_can_not_be_served_keeps_all_others_from_changing() {
    let server = server_of(&text("", &[("a", &titled("Before"))])).await;
    let [a, z] = [ids(&["a"]).remove(0), ids(&["z"]).remove(0)];
    let notices = server.store.notices(&a).unwrap();
    server.store.publish(&z, notices[0].0, b"{}").unwrap();
    let both = text("", &[("a", &titled("After")), ("z", "")]);
    let refused = reload(&server, &both).await.unwrap_err();
    assert!(refused.to_string().contains("site z") && refused.to_string().contains("damaged"), "{refused}");
    assert_eq!(server.store.notices(&a).unwrap(), notices);
    assert_eq!(server.get("/v1/sites/z/notice").await.code(), "unknown_site");
    assert!(server.get("/v1/sites/a/notice").await.text().contains("Before"));
}

#[tokio::test]
async fn a_monitoring_system_is_told_how_old_the_config_is_and_what_became_of_others() {
    let server = server_of(&text("", &[("newsroom", "")])).await;
    let token = format!("Bearer {}", server.tokens.operator);
    let metrics = async || server.get_with("/metrics", &[("authorization", &token)]).await.text().to_owned();
    let has = |text: &str, line: &str| {
        assert!(text.lines().any(|found| found == line), "{line} is not in:\n{text}");
    };
    server.set_clock(super::support::NOW + 90);
    let text_of_first = metrics().await;
    has(&text_of_first, "consent_config_age_seconds 90");
    has(&text_of_first, "consent_reloads_total{outcome=\"applied\"} 0");
    has(&text_of_first, "consent_reloads_total{outcome=\"refused\"} 0");
    reload(&server, &text("", &[("newsroom", &titled("x"))])).await.unwrap();
    server.set_clock(super::support::NOW + 100);
    reload(&server, &text("listen = \"127.0.0.1:1\"", &[("newsroom", "")])).await.unwrap_err();
    let after = metrics().await;
    has(&after, "consent_config_age_seconds 10");
    has(&after, "consent_reloads_total{outcome=\"applied\"} 1");
    has(&after, "consent_reloads_total{outcome=\"refused\"} 1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handle_reloads_a_server_that_serves_and_holds_up_no_end() {
    let server = server_of(&text("", &[("newsroom", &titled("Before"))])).await;
    let config = |title: &str| parse(&server, &text("", &[("newsroom", &titled(title))]));
    let (good, late) = (config("After"), config("Late"));
    let Server { app, router, folder, .. } = server;
    drop(router);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let reloader = app.reloader();
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(app.serve(listener, async { drop(stopped.await) }));
    assert_eq!(reloader.reload(good).await.unwrap().notices.len(), 1);
    let request = b"GET /v1/sites/newsroom/notice HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    assert!(super::sockets::exchange(address, request).await.contains("After"));
    let begun = std::time::Instant::now();
    drop(stop);
    served.await.unwrap().unwrap();
    assert!(begun.elapsed() < std::time::Duration::from_secs(4), "the handle keeps the sequencer");
    assert!(matches!(reloader.reload(late).await, Err(ReloadError::Stopped)));
    drop(folder);
}

/// Several at once are one after the other, and none is lost halfway where nobody waits for it.
#[tokio::test(flavor = "multi_thread")]
async fn several_at_once_are_one_after_the_other() {
    let server = server_of(&text("", &[("newsroom", "")])).await;
    let configs: Vec<_> = (0..8)
        .map(|at| parse(&server, &text("", &[("newsroom", &titled(&format!("Title {at}")))])))
        .collect();
    let mut all = tokio::task::JoinSet::new();
    let app = std::sync::Arc::new(server.app);
    let router = server.router;
    for config in configs {
        let app = std::sync::Arc::clone(&app);
        all.spawn(async move { app.reload(config).await.unwrap().notices.len() });
    }
    assert_eq!(all.join_all().await, [1; 8]);
    let notices = server.store.notices(&ids(&["newsroom"]).remove(0)).unwrap();
    assert_eq!(notices.len(), 9);
    assert_eq!(server.store.logged_notices(&server.store.logs().unwrap()[0].0).unwrap().len(), 9);
    // Each page that was opened in between goes on: what is in force knows every notice.
    for (notice, _) in notices {
        let path = format!("/v1/sites/newsroom/settings.js?notice={notice}");
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        assert_eq!(router.clone().oneshot(request).await.unwrap().status(), 200);
    }
}
