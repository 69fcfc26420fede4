//! An answer is held to what the visitor allows, when its headers are known.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, LAST_MODIFIED, SET_COOKIE, VARY,
};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use time::OffsetDateTime;

use super::body::EnforcedBody;
use super::counts::Interventions;
use super::layer::{Shared, Undeclared};
use crate::consent::Consent;
use crate::enforce::{Act, Enforcer, Intervention, Judgement, caching, name_of, passes_anyway};

/// What is known of a request when its answer comes.
pub(super) struct Judge {
    pub(super) shared: Arc<Shared>,
    pub(super) enforcer: Option<Arc<Enforcer>>,
    pub(super) consent: Arc<Consent>,
    pub(super) asked: Arc<AtomicBool>,
    pub(super) expired: Vec<(Intervention, Vec<String>)>,
    pub(super) now: OffsetDateTime,
}

impl Judge {
    pub(super) fn finish<B>(self, response: Response<B>) -> Response<EnforcedBody<B>> {
        let (mut head, body) = response.into_parts();
        let mut done = Vec::new();
        let mut depends = self.asked.load(Ordering::Relaxed);
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
        let kind = head.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let is_page = kind.is_some_and(is_page);
        // Before there is a notice nothing is known of hosts: such a page must not outlast that.
        if self.enforcer.as_ref().is_none_or(|enforcer| enforcer.has_hosts()) && is_page {
            depends = true;
            head.headers.remove(ETAG);
            head.headers.remove(LAST_MODIFIED);
            let own = head.headers.get_all(CONTENT_SECURITY_POLICY).iter().map(HeaderValue::as_bytes);
            let policy = self.enforcer.as_ref().and_then(|enforcer| enforcer.policy(&self.consent, own));
            if let Some(policy) = policy.and_then(|policy| HeaderValue::from_str(&policy).ok()) {
                head.headers.append(CONTENT_SECURITY_POLICY, policy);
                done.push(Intervention::new(Act::PolicyAdded, ""));
            }
        }
        if depends {
            keep_from_shared_caches(&mut head.headers);
        }
        self.tell(&done);
        if !done.is_empty() {
            head.extensions.insert(Interventions(done));
        }
        Response::from_parts(head, EnforcedBody::passed(body))
    }

    /// Takes out what may not be set. Gives back the name of a cookie for which the answer is refused.
    fn hold_cookies(&self, headers: &mut HeaderMap, done: &mut Vec<Intervention>) -> Option<String> {
        let lines: Vec<_> = headers.get_all(SET_COOKIE).iter().cloned().collect();
        headers.remove(SET_COOKIE);
        for line in lines {
            let name = name_of(line.as_bytes());
            let judgement = match &self.enforcer {
                Some(enforcer) => enforcer.judge_set_cookie(&self.consent, line.as_bytes(), self.now),
                None if passes_anyway(line.as_bytes(), self.now) => Judgement::Passes,
                None => Judgement::Undeclared,
            };
            let undeclared = |act| Intervention::new(act, String::from_utf8_lossy(name));
            match (judgement, self.shared.undeclared) {
                (Judgement::Passes, _) => {}
                (Judgement::Denied(category), _) => {
                    let told = self
                        .enforcer
                        .as_ref()
                        .map(|enforcer| enforcer.denial(&self.consent, Act::CookieDropped, category, name));
                    done.extend(told);
                    continue;
                }
                (Judgement::Undeclared, Undeclared::Pass) => done.push(undeclared(Act::UndeclaredPassed)),
                (Judgement::Undeclared, Undeclared::Drop) => {
                    done.push(undeclared(Act::UndeclaredDropped));
                    continue;
                }
                (Judgement::Undeclared, Undeclared::Refuse) => {
                    done.push(undeclared(Act::UndeclaredRefused));
                    return Some(String::from_utf8_lossy(name).into_owned());
                }
            }
            headers.append(SET_COOKIE, line);
        }
        None
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

/// Whether a browser shows it as a page.
pub(super) fn is_page(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim();
    ["text/html", "application/xhtml+xml"].iter().any(|page| page.eq_ignore_ascii_case(kind))
}

fn keep_from_shared_caches(headers: &mut HeaderMap) {
    let texts = |name| headers.get_all(name).iter().filter_map(|value| HeaderValue::to_str(value).ok());
    let (vary, private) = (caching::vary(texts(VARY)), caching::private(texts(CACHE_CONTROL)));
    if let Some(vary) = vary.and_then(|vary| HeaderValue::try_from(vary).ok()) {
        headers.append(VARY, vary);
    }
    if let Some(private) = private.and_then(|private| HeaderValue::try_from(private).ok()) {
        headers.insert(CACHE_CONTROL, private);
    }
    let providers = headers.keys().filter(|name| caching::is_of_provider(name.as_str()));
    for provider in providers.cloned().collect::<Vec<_>>() {
        headers.remove(provider);
    }
}
