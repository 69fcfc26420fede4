//! The folder that the server serves as it is.

use super::support::{outside, server};

#[tokio::test]
async fn a_page_is_served_in_the_language_that_is_asked_for_if_there_is_one() {
    let server = server().await;
    for (path, text) in [
        ("/", "index fr"),
        ("/?lang=en", "index en"),
        ("/?x=1&lang=en", "index en"),
        ("/index.html?lang=en", "index en"),
        ("/?lang=de", "index fr"),
        ("/about.html?lang=en", "about en"),
        ("/sub/?lang=en", "sub en"),
        ("/sub/", "sub fr"),
        ("/app.js?lang=en", "1"),
        ("/?lang=", "index fr"),
        ("/?lang=..%2f..%2fsecret", "index fr"),
        ("/?lang=../../secret", "index fr"),
        ("/?lang=en%00", "index fr"),
    ] {
        let answer = server.get(path).await;
        assert_eq!((answer.status, answer.text()), (200, text), "{path}");
        assert!(answer.header("content-security-policy").starts_with("default-src 'self'"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("cache-control"), "no-cache");
    }
}

#[tokio::test]
async fn nothing_outside_the_folder_is_served() {
    let server = server().await;
    let absolute = outside(server.folder.path());
    for path in [
        "/../secret.html",
        "/%2e%2e/secret.html",
        "/..%2fsecret.html",
        "/sub/../../secret.html",
        "/sub/..%2f..%2fsecret.html",
        "/..%5csecret.html",
        "/../secret.html?lang=en",
        "/%2e%2e/secret.html?lang=en",
        "/..%2fsecret.html?lang=en",
        "/sub/../../?lang=en",
        "/../data/signing.key",
        "/%2e%2e/data/operator.token",
        "/./../secret.html",
        "/....//secret.html",
        "/%252e%252e/secret.html",
        "/secret.html",
        "/secret.html%00.html",
    ] {
        let answer = server.get(path).await;
        assert!(answer.status >= 400, "{path}: {} {}", answer.status, answer.text());
        assert!(!answer.text().contains("secret"), "{path}");
    }
    for path in [absolute.clone(), format!("/{absolute}"), format!("/{}", absolute.replace('/', "%2f"))] {
        assert_eq!(server.get(&path).await.code(), "not_found", "{path}");
    }
}

#[tokio::test]
async fn a_folder_without_its_slash_leads_to_itself_and_nowhere_else() {
    let server = server().await;
    let answer = server.get("/sub").await;
    assert_eq!((answer.status, answer.header("location")), (307, "/sub/"));
    for path in ["//evil.example", "//evil.example/%2e%2e", "/%2fevil.example/..", "/\\evil.example/"] {
        let Ok(uri) = path.parse::<axum::http::Uri>() else { continue };
        let request = axum::http::Request::get(uri).body(axum::body::Body::empty()).unwrap();
        let answer = server.send(request).await;
        let location = answer.header("location");
        assert!(!location.starts_with("//") && !location.contains("://"), "{path}: {location}");
    }
}

#[tokio::test]
async fn a_missing_page_is_a_problem() {
    let server = server().await;
    for path in ["/nothing", "/nothing.html?lang=en", "/sub/nothing/"] {
        let answer = server.get(path).await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{path}");
    }
}

#[tokio::test]
async fn what_begins_with_a_dot_is_not_served() {
    let server = server().await;
    let pages = server.folder.path().join("pages");
    std::fs::create_dir_all(pages.join(".git")).unwrap();
    std::fs::create_dir_all(pages.join(".well-known")).unwrap();
    for file in [".env", ".git/config", ".well-known/security.txt"] {
        std::fs::write(pages.join(file), "text").unwrap();
    }
    for path in ["/.env", "/%2eenv", "/%2Eenv", "/.git/config", "/x/..%2f.env"] {
        assert_eq!(server.get(path).await.status, 404, "{path}");
    }
    assert_eq!(server.get("/.well-known/security.txt").await.text(), "text");
}
