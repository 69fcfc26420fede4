//! An answer is held to what the visitor allows, when its headers are known.

use std::sync::Arc;

use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, LAST_MODIFIED, SET_COOKIE, VARY,
};
use http::response::Parts;
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use time::OffsetDateTime;

use super::body::EnforcedBody;
use super::counts::Interventions;
use super::fresh::Current;
use super::kind::{may_be_sniffed, names_page};
use super::layer::{Shared, Undeclared, Visitor, remove_all};
use crate::enforce::{Act, Enforcer, Intervention, Judgement, caching, name_of, passes_anyway};

/// What is known of a request when its answer comes.
pub(super) struct Judge {
    pub(super) shared: Arc<Shared>,
    pub(super) current: Option<Arc<Current>>,
    pub(super) visitor: Visitor,
    pub(super) expired: Vec<(Intervention, Vec<String>)>,
    pub(super) now: OffsetDateTime,
    /// The host of the request, if pages are held.
    #[cfg(feature = "html")]
    pub(super) host: Option<String>,
}

/// What becomes of a `Set-Cookie`.
enum Verdict {
    Set,
    Hold,
    Refuse(String),
}

impl Judge {
    pub(super) fn finish<B>(self, response: Response<B>) -> Response<EnforcedBody<B>> {
        let (mut head, body) = response.into_parts();
        let mut done = Vec::new();
        let mut depends = self.visitor.has_asked();
        if head.headers.contains_key(SET_COOKIE) {
            depends = true;
            if let Some(name) = self.hold_cookies(&mut head.headers, &mut done) {
                return self.refuse(&name, done);
            }
        }
        for (told, lines) in &self.expired {
            for line in lines.iter().filter_map(|line| HeaderValue::from_str(line).ok()) {
                head.headers.append(SET_COOKIE, line);
            }
            depends = true;
            done.push(told.clone());
        }
        let is_page =
            names_page(&head.headers, CONTENT_TYPE) || (self.shared.rewrites() && may_be_page(&head));
        // Before there is a notice nothing is known of hosts: such a page must not outlast that.
        let may_hold = self.shared.rewrites() || self.enforcer().is_none_or(Enforcer::has_hosts);
        if may_hold && is_page {
            depends = true;
            remove_all(&mut head.headers, &[ETAG, LAST_MODIFIED]);
            let own = head.headers.get_all(CONTENT_SECURITY_POLICY).iter().map(HeaderValue::as_bytes);
            let policy = self.enforcer().and_then(|enforcer| enforcer.policy(self.visitor.consent(), own));
            if let Some(policy) = policy.and_then(|policy| self.shared.policies.value(&policy)) {
                head.headers.append(CONTENT_SECURITY_POLICY, policy);
                done.push(Intervention::new(Act::PolicyAdded, ""));
            }
        }
        #[cfg(feature = "html")]
        let page = if is_page { self.page(&mut head, &mut done) } else { None };
        if depends {
            keep_from_shared_caches(&mut head.headers);
        }
        self.tell(&done);
        if !done.is_empty() {
            head.extensions.insert(Interventions(done));
        }
        #[cfg(feature = "html")]
        if let Some(page) = page {
            return Response::from_parts(head, EnforcedBody::held(body, page));
        }
        Response::from_parts(head, EnforcedBody::passed(body))
    }

    fn enforcer(&self) -> Option<&Enforcer> {
        self.current.as_ref().map(|current| &*current.enforcer)
    }

    /// Takes out what may not be set. Gives back the name of a cookie for which the answer is refused.
    fn hold_cookies(&self, headers: &mut HeaderMap, done: &mut Vec<Intervention>) -> Option<String> {
        // Mostly nothing is held, and the headers stay as they are.
        let mut kept: Option<Vec<HeaderValue>> = None;
        let all = headers.get_all(SET_COOKIE);
        for (at, line) in all.iter().enumerate() {
            match self.judge_cookie(line.as_bytes(), done) {
                Verdict::Set => kept.iter_mut().for_each(|kept| kept.push(line.clone())),
                Verdict::Hold => _ = kept.get_or_insert_with(|| all.iter().take(at).cloned().collect()),
                Verdict::Refuse(name) => return Some(name),
            }
        }
        if let Some(kept) = kept {
            headers.remove(SET_COOKIE);
            for line in kept {
                headers.append(SET_COOKIE, line);
            }
        }
        None
    }

    fn judge_cookie(&self, line: &[u8], done: &mut Vec<Intervention>) -> Verdict {
        let consent = self.visitor.consent();
        let judgement = match self.enforcer() {
            Some(enforcer) => enforcer.judge_set_cookie(consent, line, self.now),
            None if passes_anyway(line, self.now) => Judgement::Passes,
            None => Judgement::Undeclared,
        };
        let name = || String::from_utf8_lossy(name_of(line));
        let mut undeclared = |act| done.push(Intervention::new(act, name()));
        match (judgement, self.shared.undeclared) {
            (Judgement::Passes, _) => Verdict::Set,
            (Judgement::Denied(category), _) => {
                let told = self
                    .enforcer()
                    .map(|enforcer| enforcer.denial(consent, Act::CookieDropped, category, name_of(line)));
                done.extend(told);
                Verdict::Hold
            }
            (Judgement::Undeclared, Undeclared::Pass) => {
                undeclared(Act::UndeclaredPassed);
                Verdict::Set
            }
            (Judgement::Undeclared, Undeclared::Drop) => {
                undeclared(Act::UndeclaredDropped);
                Verdict::Hold
            }
            (Judgement::Undeclared, Undeclared::Refuse) => {
                undeclared(Act::UndeclaredRefused);
                Verdict::Refuse(name().into_owned())
            }
        }
    }

    fn refuse<B>(&self, name: &str, done: Vec<Intervention>) -> Response<EnforcedBody<B>> {
        self.tell(&done);
        let words = format!(
            "The cookie `{name}` is declared in no category of the notice: add a `[[site.cookie]]`.\n"
        );
        let mut response = Response::new(EnforcedBody::said(words));
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response.extensions_mut().insert(Interventions(done));
        response
    }

    fn tell(&self, done: &[Intervention]) {
        done.iter().for_each(|told| self.shared.tell(told));
    }
}

/// Whether a browser looks at the content for what it is, and may find a page.
fn may_be_page(head: &Parts) -> bool {
    // Nothing of these is shown.
    let is_shown = !head.status.is_redirection() && head.status != StatusCode::NO_CONTENT;
    is_shown && may_be_sniffed(&head.headers)
}

fn keep_from_shared_caches(headers: &mut HeaderMap) {
    let texts = |name| headers.get_all(name).iter().filter_map(|value| HeaderValue::to_str(value).ok());
    // What is said where nothing was said before, which is the usual case, is not put together each time.
    let vary = if headers.contains_key(VARY) {
        caching::vary(texts(VARY)).and_then(|vary| HeaderValue::try_from(vary).ok())
    } else {
        Some(HeaderValue::from_static(caching::VARY))
    };
    let private = if headers.contains_key(CACHE_CONTROL) {
        caching::private(texts(CACHE_CONTROL)).and_then(|private| HeaderValue::try_from(private).ok())
    } else {
        Some(HeaderValue::from_static(caching::PRIVATE))
    };
    if let Some(vary) = vary {
        headers.append(VARY, vary);
    }
    if let Some(private) = private {
        headers.insert(CACHE_CONTROL, private);
    }
    let providers = headers.keys().filter(|name| caching::is_of_provider(name.as_str()));
    for provider in providers.cloned().collect::<Vec<_>>() {
        headers.remove(provider);
    }
}
