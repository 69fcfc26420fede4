//! What shows again what visitors saw, and how often they did.

use axum::body::Body;
use axum::http::Request;
use consent_core::digest::Digest;
use consent_core::notice::Notice;
use consent_server::export::comment_of;

use super::support::{Server, server};

const PICTURE: &[u8] = include_bytes!("../../../examples/newsroom/screenshot.png");

async fn notice(server: &Server) -> Notice {
    let id = server.notice_id("newsroom", "fr").await;
    Notice::from_bytes(&server.get(&format!("/v1/sites/newsroom/notices/{id}")).await.body).unwrap()
}

fn put(token: Option<&str>, notice: &str, view: &str, body: Vec<u8>) -> Request<Body> {
    let mut request = Request::put(format!("/v1/sites/newsroom/notices/{notice}/pictures/{view}"));
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    request.body(Body::from(body)).unwrap()
}

fn shown(body: impl Into<Body>) -> Request<Body> {
    Request::post("/v1/sites/newsroom/shown").header("host", "consent.example").body(body.into()).unwrap()
}

#[tokio::test]
async fn the_script_of_a_notice_is_served_byte_for_byte_and_the_page_runs_it() {
    let server = server().await;
    let notice = notice(&server).await;
    let script = server.get(&format!("/v1/sites/newsroom/scripts/{}.js", notice.script)).await;
    assert_eq!((script.status, script.header("content-type")), (200, "text/javascript; charset=utf-8"));
    assert_eq!(Digest::of(&script.body), notice.script);
    assert!(script.header("cache-control").contains("immutable"));
    let page = server.get(&format!("/v1/sites/newsroom/notices/{}.html", notice.id())).await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(page.text().contains(&format!("../scripts/{}.js", notice.script)));
    assert_eq!(page.header("content-security-policy"), "frame-ancestors 'none'");
    for missing in ["x.js", &format!("{}.js", Digest::of(b"x")), &notice.script.to_string()] {
        assert_eq!(
            server.get(&format!("/v1/sites/newsroom/scripts/{missing}")).await.status,
            404,
            "{missing}"
        );
    }
    let unknown = format!("/v1/sites/newsroom/notices/{}.html", Digest::of(b"x"));
    assert_eq!(server.get(&unknown).await.status, 404);
}

#[tokio::test]
async fn a_picture_is_kept_if_an_operator_sends_one_as_wide_as_its_view() {
    let server = server().await;
    let id = notice(&server).await.id().to_string();
    let (operator, auditor) = (server.tokens.operator.clone(), server.tokens.auditor.clone());
    let with = Some(operator.as_str());
    server.refuses("none", put(None, &id, "1280", PICTURE.into()), 401, "missing_token").await;
    server.refuses("auditor", put(Some(&auditor), &id, "1280", PICTURE.into()), 403, "not_allowed").await;
    let foreign = server.tokens.news_operator.clone();
    server.refuses("foreign", put(Some(&foreign), &id, "1280", PICTURE.into()), 403, "not_allowed").await;
    server.refuses("view", put(with, &id, "1281", PICTURE.into()), 404, "not_found").await;
    server
        .refuses("notice", put(with, &Digest::of(b"x").to_string(), "1280", PICTURE.into()), 404, "not_found")
        .await;
    server.refuses("text", put(with, &id, "1280", b"text".to_vec()), 422, "not_a_picture").await;
    server.refuses("narrow", put(with, &id, "360", PICTURE.into()), 422, "not_a_picture").await;
    let cut = PICTURE[..PICTURE.len() - 1].to_vec();
    server.refuses("cut", put(with, &id, "1280", cut), 422, "not_a_picture").await;
    let large = vec![0; 4 * 1024 * 1024 + 1];
    server.refuses("large", put(with, &id, "1280", large), 413, "body_too_large").await;
    assert_eq!(server.send(put(with, &id, "1280", PICTURE.into())).await.status, 204);
    let bearer = [("authorization", format!("Bearer {auditor}"))];
    let bearer = bearer.each_ref().map(|(name, value)| (*name, value.as_str()));
    let list = server.get_with("/v1/sites/newsroom/notices", &bearer).await.json();
    let pictures = |of: &str| {
        let all = list.as_array().unwrap();
        all.iter().find(|one| one["notice_id"] == of).unwrap()["pictures"].clone()
    };
    assert_eq!(list.as_array().unwrap().len(), 2);
    assert_eq!(pictures(&id), serde_json::json!(["1280"]));
    assert_eq!(server.get("/v1/sites/newsroom/notices").await.status, 401);
    // And it is in the bundle.
    let bundle = server.get_with("/v1/sites/newsroom/export?format=bundle", &bearer).await.body;
    let name = format!("notices/{id}-1280.png");
    assert!(bundle.windows(name.len()).any(|part| part == name.as_bytes()));
    assert!(bundle.ends_with(comment_of(Digest::of(&bundle[..bundle.len() - 71])).as_bytes()));
}

#[tokio::test]
async fn a_display_is_counted_by_the_address_of_a_notice_and_nothing_else() {
    let server = server().await;
    let id = notice(&server).await.id().to_string();
    let answer = server.send(shown(id.clone())).await;
    assert_eq!((answer.status, answer.body.len()), (204, 0));
    assert!(!answer.headers.contains_key("set-cookie"));
    for bad in ["", "x", &id[1..], &Digest::of(b"x").to_string()] {
        server.refuses(bad, shown(bad.to_owned()), 422, "unknown_notice").await;
    }
    server.refuses("long", shown(format!("{id}{id}")), 413, "body_too_large").await;
    let foreign = [("origin", "https://elsewhere.example")];
    let answer = server.request("POST", "/v1/sites/newsroom/shown", &foreign, Body::from(id.clone())).await;
    assert_eq!((answer.status, answer.code().as_str()), (403, "foreign_origin"));
    let listed = [("origin", "https://www.newsroom.example")];
    let answer = server.request("POST", "/v1/sites/newsroom/shown", &listed, Body::from(id)).await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-origin"), "https://www.newsroom.example");
}

#[tokio::test]
async fn the_page_for_receipts_may_ask_this_server_for_keys_and_nobody_for_anything_else() {
    let server = server().await;
    let page = server.get("/receipt?lang=fr").await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    let policy = page.header("content-security-policy");
    for part in ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "trusted-types 'none'"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!page.text().contains("<script>") && !page.text().contains("<style"), "nothing inline");
    assert_eq!(server.get("/receipt/page.js").await.header("content-type"), "text/javascript; charset=utf-8");
    assert_eq!(server.get("/receipt/page.css").await.header("content-type"), "text/css; charset=utf-8");
    let keys = server.get("/receipt/keys").await;
    let mut expected: Vec<_> = server.keys().iter().map(ToString::to_string).collect();
    expected.sort();
    assert_eq!(keys.text().lines().collect::<Vec<_>>(), expected);
}
