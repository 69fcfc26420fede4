//! Which pages are held, and what their headers must not say then.

use std::sync::Arc;

use http::header::{ACCEPT_RANGES, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::response::Parts;
use http::{HeaderMap, StatusCode};

use super::finish::{Judge, is_page};
use super::page::Page;
use crate::enforce::{Act, Intervention};

/// What holds for the bytes as they were.
const OF_THE_BYTES: [&str; 4] = ["content-digest", "content-md5", "digest", "repr-digest"];

impl Judge {
    /// What holds a page, if pages are held and this one can be.
    pub(super) fn page(&self, head: &mut Parts, done: &mut Vec<Intervention>) -> Option<Page> {
        let html = self.shared.html?;
        let kind = head.headers.get(CONTENT_TYPE).map(|kind| kind.to_str().unwrap_or_default().to_owned());
        let is_typed = kind.as_deref().is_some_and(is_page);
        let kind = kind.unwrap_or_default();
        let is_html = !is_typed || essence(&kind).eq_ignore_ascii_case("text/html");
        let is_whole = head.status != StatusCode::PARTIAL_CONTENT;
        let shared = Arc::clone(&self.shared);
        let pass = (is_html && is_whole && is_plain(&head.headers)).then(|| {
            let enforcer = self.current.as_ref().map(|current| Arc::clone(&current.enforcer));
            let consent = self.visitor.consent().clone();
            let tell = move |told: &Intervention| shared.tell(told);
            html.pass(enforcer, consent, self.host.as_deref(), charset(&kind), tell)
        });
        let Some(pass) = pass.flatten() else {
            done.push(Intervention::new(Act::PageUnread, ""));
            return None;
        };
        head.headers.remove(CONTENT_LENGTH);
        head.headers.remove(ACCEPT_RANGES);
        for name in OF_THE_BYTES {
            head.headers.remove(name);
        }
        Some(if is_typed { Page::held(pass) } else { Page::open(pass) })
    }
}

/// Whether the bytes are those of the page.
fn is_plain(headers: &HeaderMap) -> bool {
    let coded = headers.get_all(CONTENT_ENCODING).iter();
    coded.into_iter().all(|coding| coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity"))
}

fn essence(kind: &str) -> &str {
    kind.split(';').next().unwrap_or_default().trim()
}

fn charset(kind: &str) -> Option<&str> {
    let parameters = kind.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let mut charsets = parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    charsets.next().map(|(_, value)| value.trim().trim_matches('"'))
}
