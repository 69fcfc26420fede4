//! The console, as operators, auditors and strangers meet it.

use axum::body::Body;

use crate::support::{Answer, Server, decision, decision_id};

pub(crate) const ORIGIN: (&str, &str) = ("origin", "https://consent.example:8080");
pub(crate) const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// A browser in which somebody is signed in, or not.
pub(crate) struct Browser<'a> {
    pub(crate) server: &'a Server,
    pub(crate) cookie: String,
}

impl<'a> Browser<'a> {
    pub(crate) fn stranger(server: &'a Server) -> Self {
        Self { server, cookie: String::new() }
    }

    pub(crate) async fn signed_in(server: &'a Server, token: &str) -> Self {
        let mut browser = Self::stranger(server);
        let answer = browser.post("/console/sign-in", &format!("token={token}")).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/console/?begun"));
        browser.keep(&answer);
        browser
    }

    pub(crate) fn server(&self) -> &'a Server {
        self.server
    }

    pub(crate) fn cookie(&self) -> &str {
        &self.cookie
    }

    pub(crate) async fn try_to_sign_in(&self, token: &str) -> u16 {
        self.post("/console/sign-in", &format!("token={token}")).await.status
    }

    pub(crate) fn keep(&mut self, answer: &Answer) {
        let cookie = answer.header("set-cookie");
        assert!(cookie.starts_with("__Host-consent-console="), "{cookie}");
        for attribute in ["HttpOnly", "SameSite=Strict", "Secure", "Path=/"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        cookie.split(';').next().unwrap_or_default().clone_into(&mut self.cookie);
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.server.get_with(path, &[("cookie", &self.cookie)]).await
    }

    pub(crate) async fn post(&self, path: &str, form: &str) -> Answer {
        self.post_from(path, form, Some(ORIGIN)).await
    }

    pub(crate) async fn post_from(&self, path: &str, form: &str, origin: Option<(&str, &str)>) -> Answer {
        let mut headers = vec![FORM, ("cookie", self.cookie.as_str())];
        headers.extend(origin);
        self.server.request("POST", path, &headers, Body::from(form.to_owned())).await
    }

    /// What the forms of a page send along.
    pub(crate) async fn form_token(&self) -> String {
        let page = self.get("/console/sessions").await;
        form_token(&page)
    }

    /// The page of a decision's entry.
    pub(crate) async fn story(&self, decision: u64) -> String {
        let found = self.send("/console/newsroom/find", &format!("wanted={}", decision_id(decision))).await;
        assert_eq!(found.status, 303);
        found.header("location").to_owned()
    }

    /// Sends a form of a page.
    pub(crate) async fn send(&self, path: &str, fields: &str) -> Answer {
        let form = format!("form_token={}&{fields}", self.form_token().await);
        self.post(path, &form).await
    }
}

/// What the forms of a page send along.
fn form_token(page: &Answer) -> String {
    let (_, rest) = page.text().split_once("name=\"form_token\" value=\"").expect("a form");
    rest.split('"').next().unwrap_or_default().to_owned()
}

/// Three decisions of one subject.
pub(crate) async fn decided(server: &Server) {
    let notice = server.notice_id("newsroom", "fr").await;
    for number in 1..4 {
        assert_eq!(server.post("newsroom", &decision(number, &notice)).await.status, 201);
    }
}
