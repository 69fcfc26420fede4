//! A visitor with a browser of their own: nothing in it from before, real presses of the banner's buttons.

use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Value, json};

use super::devtools::{Browser, at, take, text};
use super::log::{Log, TELL};
use super::seen::{Seen, What};
use crate::clock::{Clock as _, SystemClock};

const WATCH: &str = include_str!("watch.js");
const KEYS: &str = include_str!("keys.js");
const PRESS: &str = include_str!("press.js");

/// What a page asks whether the visitor objects.
const GPC: &str = "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true });";

/// The choices as the page knows them.
const CHOICES: &str = "globalThis.consent ? Object.values(globalThis.consent.get().choices).join() : ''";

/// What is granted when everything is, and when nothing is.
const ALL: &str = "grant,grant,grant,grant,grant";
const NONE: &str = "grant,deny,deny,deny,deny";

/// The addresses to which a page links.
const LINKS: &str = "[...document.links].slice(0, 2000).map(link => link.href)";

/// How long a page has to be quiet to have come to rest.
const QUIET: Duration = Duration::from_millis(500);

/// How many frames and workers of a page are watched.
const MAX_FRAMES: usize = 100;

/// The largest picture that is kept, in characters of base64.
const MAX_PICTURE: usize = 4 * 1024 * 1024;

type Failure = Box<dyn std::error::Error>;

/// How the banner is answered.
#[derive(Clone, Copy, Debug)]
pub(super) enum Answer {
    /// `#consent-reject-all`.
    Refuse,
    /// `#consent-accept-all`.
    Accept,
    /// `window.consent.withdraw()`.
    Withdraw,
}

/// One visitor.
#[derive(Debug)]
pub(super) struct Visitor<'b> {
    browser: &'b mut Browser,
    /// What keeps their cookies apart from those of others.
    context: String,
    page: String,
    /// The page, its frames and its workers.
    sessions: Vec<String>,
    gpc: bool,
    limit: Duration,
    began: Instant,
    log: Log,
}

#[derive(Deserialize)]
struct Keys {
    host: String,
    local: Vec<String>,
    session: Vec<String>,
    databases: Vec<String>,
    caches: Vec<String>,
    workers: Vec<String>,
}

impl<'b> Visitor<'b> {
    /// A new one, of whose pages each may take as long as `limit` to come to rest.
    pub(super) fn new(browser: &'b mut Browser, gpc: bool, limit: Duration) -> Result<Self, Failure> {
        let made = browser.call(None, "Target.createBrowserContext", &json!({}))?;
        let context = text(&made, "/browserContextId");
        let wanted =
            json!({ "url": "about:blank", "browserContextId": context, "width": 1280, "height": 800 });
        let target = text(&browser.call(None, "Target.createTarget", &wanted)?, "/targetId");
        let wanted = json!({ "targetId": target, "flatten": true });
        let page = text(&browser.call(None, "Target.attachToTarget", &wanted)?, "/sessionId");
        let log = Log::default();
        let sessions = Vec::new();
        let mut visitor = Self { browser, context, page, sessions, gpc, limit, began: Instant::now(), log };
        let page = visitor.page.clone();
        visitor.watch(&page)?;
        // Whatever was asked of the page before has been done when it answers this.
        visitor.browser.call(Some(&page), "Runtime.evaluate", &json!({ "expression": "0" }))?;
        Ok(visitor)
    }

    /// Has everything told that happens in a page, a frame or a worker; they know not all of the same.
    fn watch(&mut self, session: &str) -> Result<(), Failure> {
        if self.sessions.len() == MAX_FRAMES {
            return Ok(());
        }
        self.sessions.push(session.to_owned());
        let attach = json!({ "autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true });
        let mut wanted = vec![
            ("Target.setAutoAttach", attach),
            ("Network.enable", json!({ "maxPostDataSize": 0 })),
            ("Page.enable", json!({})),
            ("Runtime.enable", json!({})),
            ("DOMStorage.enable", json!({})),
            ("Runtime.addBinding", json!({ "name": TELL })),
            ("Page.addScriptToEvaluateOnNewDocument", json!({ "source": WATCH })),
        ];
        if self.gpc {
            wanted.push(("Network.setExtraHTTPHeaders", json!({ "headers": { "Sec-GPC": "1" } })));
            wanted.push(("Page.addScriptToEvaluateOnNewDocument", json!({ "source": GPC })));
        }
        wanted.push(("Runtime.runIfWaitingForDebugger", json!({})));
        for (method, params) in wanted {
            self.browser.send(Some(session), method, &params)?;
        }
        Ok(())
    }

    /// Opens a page, and waits until it has come to rest.
    pub(super) fn open(&mut self, url: &str) -> Result<(), Failure> {
        self.log.go();
        url.clone_into(&mut self.log.page);
        let page = self.page.clone();
        let went = self.browser.call(Some(&page), "Page.navigate", &json!({ "url": url }))?;
        if let Some(error) = at(&went, "/errorText").as_str().filter(|error| !error.is_empty()) {
            return Err(format!("{url} can not be opened: {error}").into());
        }
        self.rest()?;
        self.look()
    }

    /// Waits until nothing has been under way for a moment, or the limit has passed.
    fn rest(&mut self) -> Result<(), Failure> {
        let (began, mut last) = (Instant::now(), Instant::now());
        while began.elapsed() < self.limit && !(self.log.is_quiet() && last.elapsed() >= QUIET) {
            let Some(event) = self.browser.event(Duration::from_millis(50))? else { continue };
            self.log.now_ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
            // Only what is of this visitor: others may still have something under way.
            if !event.session.as_ref().is_some_and(|of| self.sessions.contains(of)) {
                continue;
            }
            match event.method.as_str() {
                "Target.attachedToTarget" => self.watch(&text(&event.params, "/sessionId"))?,
                "Target.detachedFromTarget" => {
                    let gone = text(&event.params, "/sessionId");
                    self.sessions.retain(|session| *session != gone);
                }
                method if self.log.take(method, &event.params) => last = Instant::now(),
                _ => {}
            }
        }
        Ok(())
    }

    /// Looks at what is kept now.
    fn look(&mut self) -> Result<(), Failure> {
        let wanted = json!({ "browserContextId": self.context });
        let kept = self.browser.call(None, "Storage.getCookies", &wanted)?;
        let now = SystemClock.now().unix_timestamp();
        for cookie in at(&kept, "/cookies").as_array().into_iter().flatten().take(5000) {
            // The protocol has it with a fraction of a second, or -1 for the end of the session.
            let ends =
                at(cookie, "/expires").as_f64().and_then(|ends| format!("{ends:.0}").parse::<i64>().ok());
            let lasts = ends.and_then(|ends| u64::try_from(ends.saturating_sub(now)).ok());
            self.log.found(What::Cookie, &text(cookie, "/name"), &text(cookie, "/domain"), lasts);
        }
        for session in self.sessions.clone() {
            // A frame may be gone by now, and a worker has none.
            let Ok(tree) = self.browser.call(Some(&session), "Page.getFrameTree", &json!({})) else {
                continue;
            };
            for frame in frames(at(&tree, "/frameTree")) {
                let Some(keys) = self.keys(&session, &frame) else { continue };
                for (what, names) in [
                    (What::LocalStorage, keys.local),
                    (What::SessionStorage, keys.session),
                    (What::IndexedDb, keys.databases),
                    (What::CacheStorage, keys.caches),
                    (What::ServiceWorker, keys.workers),
                ] {
                    for name in names {
                        self.log.found(what, &name, &keys.host, None);
                    }
                }
            }
        }
        Ok(())
    }

    /// The keys of a frame, asked in a world of its own, where the page's scripts have changed nothing.
    fn keys(&mut self, session: &str, frame: &str) -> Option<Keys> {
        let world = json!({ "frameId": frame });
        let world = self.browser.call(Some(session), "Page.createIsolatedWorld", &world).ok()?;
        let asked = json!({ "expression": KEYS, "contextId": at(&world, "/executionContextId"), "returnByValue": true,
            "awaitPromise": true });
        let mut told = self.browser.call(Some(session), "Runtime.evaluate", &asked).ok()?;
        serde_json::from_value(take(&mut told, "/result/value")).ok()
    }

    /// Answers the banner, after which a new state begins: what was seen until then. What is kept is not looked at before the next
    /// page is open: a server can delete only with an answer.
    pub(super) fn answer(&mut self, answer: Answer) -> Result<Vec<Seen>, Failure> {
        let (place, expected) = match answer {
            Answer::Refuse => (Some(self.button("#consent-reject-all")?), NONE),
            Answer::Accept => (Some(self.button("#consent-accept-all")?), ALL),
            Answer::Withdraw => (None, NONE),
        };
        let before = self.log.begin();
        self.began = Instant::now();
        match place {
            Some((x, y)) => {
                for kind in ["mousePressed", "mouseReleased"] {
                    let event = json!({ "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1 });
                    let page = self.page.clone();
                    self.browser.call(Some(&page), "Input.dispatchMouseEvent", &event)?;
                }
            }
            None => drop(self.evaluate("globalThis.consent.withdraw()")?),
        }
        self.rest()?;
        let choices = self.evaluate(CHOICES)?;
        if choices.as_str() != Some(expected) {
            return Err(format!("after the answer ({answer:?}) `window.consent` says {choices}").into());
        }
        Ok(before)
    }

    /// Where a button is, as soon as it can be pressed.
    fn button(&mut self, selector: &str) -> Result<(i64, i64), Failure> {
        let (expression, began) = (format!("{PRESS}({})", json!(selector)), Instant::now());
        while began.elapsed() < self.limit {
            let place = self.evaluate(&expression)?;
            if let (Some(x), Some(y)) = (at(&place, "/0").as_i64(), at(&place, "/1").as_i64()) {
                return Ok((x, y));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err(format!(
            "{} shows no {selector} that can be pressed: is the banner's script in the page?",
            self.log.page
        )
        .into())
    }

    /// What the page says now.
    fn evaluate(&mut self, expression: &str) -> Result<Value, Failure> {
        let asked = json!({ "expression": expression, "returnByValue": true });
        let page = self.page.clone();
        let mut told = self.browser.call(Some(&page), "Runtime.evaluate", &asked)?;
        Ok(take(&mut told, "/result/value"))
    }

    /// The addresses to which the page links.
    pub(super) fn links(&mut self) -> Result<Vec<String>, Failure> {
        Ok(serde_json::from_value(self.evaluate(LINKS)?).unwrap_or_default())
    }

    /// A picture of the page as it is now, WebP in base64; none if it is too large.
    pub(super) fn picture(&mut self) -> Result<Option<String>, Failure> {
        let page = self.page.clone();
        let wanted = json!({ "format": "webp", "quality": 70 });
        let mut made = self.browser.call(Some(&page), "Page.captureScreenshot", &wanted)?;
        let Value::String(picture) = take(&mut made, "/data") else { return Ok(None) };
        let base64 = picture.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte));
        Ok(Some(picture).filter(|picture| base64 && picture.len() <= MAX_PICTURE))
    }

    /// Goes, with all that was kept for them: what was seen in the last state.
    pub(super) fn leave(mut self) -> Result<Vec<Seen>, Failure> {
        let wanted = json!({ "browserContextId": self.context });
        self.browser.call(None, "Target.disposeBrowserContext", &wanted)?;
        Ok(self.log.begin())
    }
}

/// The ids of a frame and of all below it.
fn frames(tree: &Value) -> Vec<String> {
    let (mut ids, mut trees) = (Vec::new(), vec![tree]);
    while let Some(tree) = trees.pop().filter(|_| ids.len() < MAX_FRAMES) {
        ids.extend(at(tree, "/frame/id").as_str().map(str::to_owned));
        trees.extend(at(tree, "/childFrames").as_array().into_iter().flatten());
    }
    ids
}
