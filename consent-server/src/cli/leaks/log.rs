//! What the browser's events say about cookies, storage keys and requests.

use std::collections::{HashMap, HashSet};

use consent_core::enforce::set_name;
use serde::Deserialize;
use serde_json::Value;

use super::address;
use super::devtools::{at, text};
use super::seen::{Seen, Things, What};
use crate::clock::{Clock as _, SystemClock};

/// The longest name that is kept.
const MAX_NAME: usize = 300;

/// How many requests may be under way at a time.
const MAX_UNDER_WAY: usize = 5000;

/// The reasons for which a request is not sent at all.
const NOT_SENT: [&str; 4] = ["csp", "mixed-content", "inspector", "subresource-filter"];

/// The name of the function by which `watch.js` tells what it sees.
pub(super) const TELL: &str = "consentLeaksTell";

/// What `watch.js` tells.
#[derive(Deserialize)]
struct Told {
    what: What,
    name: String,
    attributes: String,
    host: String,
    by: Vec<String>,
}

/// What happened since the state began.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// What was seen.
    pub(super) things: Things,
    /// Requests that have no end yet. None is known to have been sent until it has one, but for those that are left in the end.
    under_way: HashMap<String, Seen>,
    /// Where requests went, by their numbers: headers of answers come apart.
    addresses: HashMap<String, String>,
    /// Addresses of this platform's own scripts: what they pass on was begun by others.
    own: HashSet<String>,
    /// The page that is open.
    pub(super) page: String,
    /// Whether it has loaded.
    pub(super) loaded: bool,
    /// Milliseconds since the state began.
    pub(super) now_ms: u64,
}

impl Log {
    /// Whether nothing is under way.
    pub(super) fn is_quiet(&self) -> bool {
        self.loaded && self.under_way.is_empty()
    }

    /// The page is left: nothing of it is waited for.
    pub(super) fn go(&mut self) {
        for (_, seen) in self.under_way.drain() {
            self.things.add(seen);
        }
        self.loaded = false;
    }

    /// Forgets what has been, and begins a new state; requests that are under way were sent in the last one.
    pub(super) fn begin(&mut self) -> Vec<Seen> {
        let loaded = self.loaded;
        self.go();
        self.loaded = loaded;
        self.now_ms = 0;
        std::mem::take(&mut self.things).into_vec()
    }

    /// Takes note of an event. `true` if it is one that a page which has come to rest does not send.
    pub(super) fn take(&mut self, method: &str, params: &Value) -> bool {
        match method {
            "Network.requestWillBeSent" => self.requested(params),
            "Network.webSocketCreated" => {
                self.asked(&text(params, "/url"), initiator(params, &self.own), None);
            }
            // What streams has no end.
            "Network.responseReceived" if text(params, "/type") != "EventSource" => return false,
            "Network.loadingFinished" | "Network.responseReceived" => {
                if let Some(seen) = self.under_way.remove(&text(params, "/requestId")) {
                    self.things.add(seen);
                }
            }
            "Network.loadingFailed" => {
                let seen = self.under_way.remove(&text(params, "/requestId"));
                let stopped = NOT_SENT.contains(&text(params, "/blockedReason").as_str());
                if let Some(seen) = seen.filter(|_| !stopped) {
                    self.things.add(seen);
                }
            }
            "Network.responseReceivedExtraInfo" => self.answered(params),
            "DOMStorage.domStorageItemAdded" | "DOMStorage.domStorageItemUpdated" => self.stored(params),
            "Runtime.bindingCalled" if text(params, "/name") == TELL => self.told(&text(params, "/payload")),
            "Page.loadEventFired" => self.loaded = true,
            _ => return false,
        }
        true
    }

    fn requested(&mut self, params: &Value) {
        let (id, url) = (text(params, "/requestId"), text(params, "/request/url"));
        if let Some(before) = self.under_way.remove(&id) {
            // It was answered with another address.
            self.things.add(before);
        }
        if self.addresses.len() < MAX_UNDER_WAY * 4 {
            self.addresses.insert(id.clone(), url.clone());
        }
        if url.contains("/v1/sites/") && text(params, "/type") == "Script" {
            self.own.insert(url.clone());
        }
        // Pages are not what is asked for here, but frames are.
        let by = initiator(params, &self.own);
        // The script of a worker; of one that pages share, nobody is told that it has come.
        let worker =
            text(params, "/type") == "Script" && at(params, "/initiator/type").as_str() == Some("other");
        self.asked(&url, by, Some(id).filter(|_| !worker));
    }

    fn asked(&mut self, url: &str, initiator: Option<String>, id: Option<String>) {
        let Some((host, port)) = address::host(url) else { return };
        let name = port.map_or(host.clone(), |port| format!("{host}:{port}"));
        let seen = Seen { initiator, ..self.seen(What::Request, &name, address::plain(url)) };
        match id.filter(|_| self.under_way.len() < MAX_UNDER_WAY) {
            Some(id) => drop(self.under_way.insert(id, seen)),
            None => self.things.add(seen),
        }
    }

    /// Cookies that an answer sets, and that the browser takes.
    fn answered(&mut self, params: &Value) {
        let from = self.addresses.get(&text(params, "/requestId")).cloned().unwrap_or_default();
        let refused = at(params, "/blockedCookies").as_array().into_iter().flatten();
        let refused: Vec<_> = refused.map(|cookie| text(cookie, "/cookieLine")).collect();
        let headers = at(params, "/headers").as_object().into_iter().flatten();
        let lines = headers
            .filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"))
            .flat_map(|(_, value)| value.as_str().unwrap_or_default().lines());
        let names: Vec<_> = lines
            .filter(|line| !refused.iter().any(|refused| refused == line))
            .filter_map(|line| set_name(line.as_bytes(), SystemClock.now()))
            .map(|name| String::from_utf8_lossy(name).into_owned())
            .collect();
        let (host, _) = address::host(&from).unwrap_or_default();
        for name in names {
            let initiator = Some(format!("answer from {}", address::plain(&from)));
            let seen = Seen { initiator, ..self.seen(What::Cookie, &name, host.clone()) };
            self.things.add(seen);
        }
    }

    fn stored(&mut self, params: &Value) {
        let local = at(params, "/storageId/isLocalStorage").as_bool().unwrap_or(true);
        let what = if local { What::LocalStorage } else { What::SessionStorage };
        let owner = [text(params, "/storageId/securityOrigin"), text(params, "/storageId/storageKey")];
        let (host, _) = owner.iter().find_map(|owner| address::host(owner)).unwrap_or_default();
        let seen = self.seen(what, &text(params, "/key"), host);
        self.things.add(seen);
    }

    fn told(&mut self, payload: &str) {
        let Ok(told) = serde_json::from_str::<Told>(payload) else { return };
        if told.what == What::Request {
            return;
        }
        let line = format!("{}=;{}", told.name, told.attributes);
        if told.what == What::Cookie && set_name(line.as_bytes(), SystemClock.now()).is_none() {
            return;
        }
        let by = outer(told.by.iter().map(String::as_str), &self.own);
        let host = told.host.chars().take(MAX_NAME).collect();
        let seen = Seen { initiator: by, ..self.seen(told.what, &told.name, host) };
        self.things.add(seen);
    }

    /// One thing, here and now.
    fn seen(&self, what: What, name: &str, at: String) -> Seen {
        Seen {
            what,
            name: name.chars().take(MAX_NAME).collect(),
            at,
            left: false,
            initiator: None,
            page: address::plain(&self.page),
            after_ms: self.now_ms,
            lasts: None,
        }
    }

    /// Something that is there now that the page has come to rest.
    pub(super) fn found(&mut self, what: What, name: &str, at: &str, lasts: Option<u64>) {
        let at = at.trim_start_matches('.').chars().take(MAX_NAME).collect();
        let seen = Seen { left: true, lasts, ..self.seen(what, name, at) };
        self.things.add(seen);
    }
}

/// The script that began a request, or the page or style sheet that names what is asked for.
fn initiator(params: &Value, own: &HashSet<String>) -> Option<String> {
    let initiator = at(params, "/initiator");
    let mut scripts = Vec::new();
    let mut stack = at(initiator, "/stack");
    for _ in 0..8 {
        let frames = at(stack, "/callFrames").as_array().into_iter().flatten();
        scripts.extend(
            frames.filter_map(|frame| at(frame, "/url").as_str()).filter(|url| !url.is_empty()).take(50),
        );
        stack = at(stack, "/parent");
    }
    let named = at(initiator, "/url").as_str().filter(|url| !url.is_empty());
    outer(scripts.into_iter().chain(named), own)
}

/// The first that is not this platform's own, or else the first.
fn outer<'a>(scripts: impl Iterator<Item = &'a str> + Clone, own: &HashSet<String>) -> Option<String> {
    let other = scripts.clone().find(|script| !own.contains(*script));
    let mut scripts = scripts;
    other.or_else(|| scripts.next()).map(address::plain)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request(log: &mut Log, id: &str, url: &str) {
        let page = "https://paper.example/";
        let initiator = json!({ "type": "script", "url": page, "stack": { "callFrames": [
            { "url": "https://consent.example/v1/sites/a/banner.js" }, { "url": "https://tag.example/t.js?x=1" } ] } });
        log.take(
            "Network.requestWillBeSent",
            &json!({ "requestId": id, "request": { "url": url }, "type": "Script", "initiator": initiator }),
        );
    }

    fn names(log: &mut Log) -> Vec<String> {
        log.begin().into_iter().map(|seen| seen.name).collect()
    }

    #[test]
    fn a_request_that_a_policy_stops_was_not_sent() {
        let mut log = Log::default();
        for (id, url) in [("1", "https://a.example/x"), ("2", "https://b.example:8443/"), ("3", "data:,x")] {
            request(&mut log, id, url);
        }
        assert!(log.take("Network.loadingFailed", &json!({ "requestId": "1", "blockedReason": "csp" })));
        assert_eq!(names(&mut log), ["b.example:8443"], "the second is under way");
        request(&mut log, "4", "https://c.example/");
        log.take(
            "Network.loadingFailed",
            &json!({ "requestId": "4", "errorText": "net::ERR_NAME_NOT_RESOLVED" }),
        );
        request(&mut log, "5", "https://d.example/");
        request(&mut log, "5", "https://e.example/");
        assert_eq!(names(&mut log), ["c.example", "d.example", "e.example"]);
    }

    #[test]
    fn what_the_platforms_own_script_passes_on_was_begun_by_another() {
        let mut log = Log::default();
        request(&mut log, "1", "https://consent.example/v1/sites/a/banner.js");
        request(&mut log, "2", "https://a.example/pixel?visitor=7");
        let seen = log.begin();
        let pixel = seen.iter().find(|seen| seen.name == "a.example").unwrap();
        assert_eq!(pixel.initiator.as_deref(), Some("https://tag.example/t.js"));
        assert_eq!(pixel.at, "https://a.example/pixel");
    }

    #[test]
    fn the_script_of_a_worker_is_not_waited_for() {
        let mut log = Log { loaded: true, ..Log::default() };
        request(&mut log, "1", "https://paper.example/a.js");
        assert!(!log.is_quiet());
        log.take("Network.loadingFinished", &json!({ "requestId": "1" }));
        log.take(
            "Network.requestWillBeSent",
            &json!({ "requestId": "2", "request": { "url": "https://paper.example/shared.js" }, "type": "Script",
                "initiator": { "type": "other", "url": "https://paper.example/" } }),
        );
        assert!(log.is_quiet());
        let paths: Vec<_> = log.begin().into_iter().map(|seen| seen.at).collect();
        assert_eq!(paths, ["https://paper.example/a.js", "https://paper.example/shared.js"]);
    }

    #[test]
    fn a_cookie_that_an_answer_deletes_or_the_browser_refuses_was_not_set() {
        let mut log = Log::default();
        request(&mut log, "1", "https://paper.example/a");
        let lines = "_ga=1; Path=/\nold=; Max-Age=0\nbad=1; Domain=other.example";
        log.take(
            "Network.responseReceivedExtraInfo",
            &json!({ "requestId": "1", "headers": { "Set-Cookie": lines },
                "blockedCookies": [{ "cookieLine": "bad=1; Domain=other.example" }] }),
        );
        let seen = log.begin();
        let cookies: Vec<_> = seen.iter().filter(|seen| seen.what == What::Cookie).collect();
        assert_eq!(cookies.len(), 1);
        assert_eq!((cookies[0].name.as_str(), cookies[0].at.as_str()), ("_ga", "paper.example"));
        assert_eq!(cookies[0].initiator.as_deref(), Some("answer from https://paper.example/a"));
    }

    #[test]
    fn what_a_script_writes_has_its_script_and_what_it_deletes_is_nothing() {
        let mut log = Log::default();
        let told = |what: &str, name: &str, attributes: &str| {
            let payload = json!({ "what": what, "name": name, "attributes": attributes, "host": "paper.example", "by": ["https://tag.example/t.js"] });
            json!({ "name": TELL, "payload": payload.to_string() })
        };
        log.take("Runtime.bindingCalled", &told("cookie", "gone", " max-age=0"));
        log.take("Runtime.bindingCalled", &told("cookie", "a", " path=/"));
        log.take("Runtime.bindingCalled", &told("local_storage", "key", ""));
        log.take("Runtime.bindingCalled", &told("request", "no", ""));
        log.take("Runtime.bindingCalled", &json!({ "name": TELL, "payload": "{" }));
        let storage = json!({ "storageId": { "isLocalStorage": true, "securityOrigin": "https://paper.example" }, "key": "key" });
        log.take("DOMStorage.domStorageItemAdded", &storage);
        let seen = log.begin();
        assert_eq!(seen.len(), 2);
        assert!(seen.iter().all(|seen| seen.initiator.as_deref() == Some("https://tag.example/t.js")));
    }

    #[test]
    fn an_event_of_another_shape_is_nothing() {
        let mut log = Log::default();
        for method in [
            "Network.requestWillBeSent",
            "Network.responseReceivedExtraInfo",
            "Network.loadingFailed",
            "Network.webSocketCreated",
        ] {
            for params in [json!(null), json!([]), json!({ "requestId": 7, "headers": 1, "request": "x" })] {
                log.take(method, &params);
            }
        }
        assert!(log.begin().is_empty() && !log.take("Other.event", &json!({})));
    }
}
