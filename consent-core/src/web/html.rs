//! Which pages are held, and what their headers must not say then.

use std::sync::Arc;

use http::header::{ACCEPT_RANGES, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::response::Parts;
use http::{HeaderMap, StatusCode};

use super::finish::Judge;
use super::kind::{charset, is_html, names_page};
use super::page::Page;
use crate::enforce::{Act, Intervention};

/// What holds for the bytes as they were.
const OF_THE_BYTES: [&str; 4] = ["content-digest", "content-md5", "digest", "repr-digest"];

impl Judge {
    /// What holds a page, if pages are held and this one can be.
    pub(super) fn page(&self, head: &mut Parts, done: &mut Vec<Intervention>) -> Option<Page> {
        let html = self.shared.html?;
        let is_typed = names_page(&head.headers, CONTENT_TYPE);
        let is_whole = head.status != StatusCode::PARTIAL_CONTENT;
        let shared = Arc::clone(&self.shared);
        let pass = (is_html(&head.headers) && is_whole && is_plain(&head.headers)).then(|| {
            let enforcer = self.current.as_ref().map(|current| Arc::clone(&current.enforcer));
            let consent = self.visitor.consent().clone();
            let tell = move |told: &Intervention| shared.tell(told);
            html.pass(enforcer, consent, self.host.as_deref(), charset(&head.headers).as_deref(), tell)
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
        if is_typed {
            return Some(Page::held(pass));
        }
        let shared = Arc::clone(&self.shared);
        Some(Page::open(pass, move || shared.tell(&Intervention::new(Act::PageUnread, ""))))
    }
}

/// Whether the bytes are those of the page.
fn is_plain(headers: &HeaderMap) -> bool {
    let coded = headers.get_all(CONTENT_ENCODING).iter();
    coded.into_iter().all(|coding| coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity"))
}
