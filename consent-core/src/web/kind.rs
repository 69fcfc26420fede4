//! What an answer says that it is. A browser makes out a page in headers that no server should send, too: so all that is said counts, and
//! what can not be read is something unknown, whose content a browser looks at.

use http::HeaderMap;
use http::header::{AsHeaderName, CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS};

use crate::bytes::{cut, trim};

const PAGES: [&str; 2] = ["text/html", "application/xhtml+xml"];

/// Types by which nothing is said (MIME Sniffing Standard, section 7).
const UNKNOWN: [&str; 3] = ["unknown/unknown", "application/unknown", "*/*"];

/// Whether one of these is what a browser shows as a page.
pub(super) fn names_page(headers: &HeaderMap, name: impl AsHeaderName) -> bool {
    lines(headers, name).any(|line| essences(line).any(|kind| is_one_of(&PAGES, kind)))
}

/// Whether a browser looks at the content for what it is (MIME Sniffing Standard, section 7).
pub(super) fn may_be_sniffed(headers: &HeaderMap) -> bool {
    let mut lines = lines(headers, CONTENT_TYPE).peekable();
    let is_open = lines.peek().is_none()
        || lines.any(|line| {
            !is_type(trim(cut(line, b';').0)) || essences(line).any(|kind| is_one_of(&UNKNOWN, kind))
        });
    let nosniff = headers.get(X_CONTENT_TYPE_OPTIONS);
    is_open && nosniff.is_none_or(|said| !said.as_bytes().eq_ignore_ascii_case(b"nosniff"))
}

/// Whether a page is one of HTML: of several types the last one counts.
#[cfg(feature = "html")]
pub(super) fn is_html(headers: &HeaderMap) -> bool {
    let lines: Vec<_> = lines(headers, CONTENT_TYPE).collect();
    let mut pages = lines.iter().flat_map(|line| essences(line)).filter(|kind| is_one_of(&PAGES, kind));
    pages.next_back().is_none_or(|kind| kind.eq_ignore_ascii_case(b"text/html"))
}

/// The last charset that is said.
#[cfg(feature = "html")]
pub(super) fn charset(headers: &HeaderMap) -> Option<String> {
    let charsets = lines(headers, CONTENT_TYPE).filter_map(|line| {
        let line = String::from_utf8_lossy(line);
        let parameters = line.split([';', ',']).filter_map(|parameter| parameter.split_once('='));
        let mut charsets = parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
        charsets.next().map(|(_, value)| value.trim().trim_matches('"').to_owned())
    });
    charsets.last()
}

fn lines(headers: &HeaderMap, name: impl AsHeaderName) -> impl Iterator<Item = &[u8]> {
    headers.get_all(name).iter().map(HeaderValue::as_bytes)
}

/// What stands between commas, without parameters. Some browsers end a type at white space or a comment.
fn essences(line: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    line.split(|byte| *byte == b',').map(|kind| {
        let kind = trim(kind);
        let end = kind.iter().position(|byte| matches!(byte, b';' | b' ' | b'\t' | b'('));
        end.and_then(|end| kind.get(..end)).unwrap_or(kind)
    })
}

fn is_one_of(kinds: &[&str], kind: &[u8]) -> bool {
    kinds.iter().any(|one| one.as_bytes().eq_ignore_ascii_case(kind))
}

fn is_type(kind: &[u8]) -> bool {
    let is_token = |text: &[u8]| {
        let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
        !text.is_empty() && text.iter().all(fits)
    };
    let (kind, of) = cut(kind, b'/');
    is_token(kind) && of.is_some_and(is_token)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(lines: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("content-type", HeaderValue::from_bytes(line).unwrap());
        }
        headers
    }

    #[test]
    fn whatever_a_browser_takes_for_a_page_is_one() {
        for page in [
            &[b"text/html".as_slice()][..],
            &[b" Text/HTML ; x=\xc3\xa9"],
            &[b"text/html; x=\xff"],
            &[b"text/html (a page)"],
            &[b"text/plain, application/xhtml+xml"],
            &[b"text/plain", b"text/html"],
            &[b"text/html", b"text/plain"],
        ] {
            assert!(names_page(&said(page), "content-type"), "{page:?}");
        }
        for open in [
            &[][..],
            &[b"".as_slice()],
            &[b"\xc3\xa9"],
            &[b"html"],
            &[b"text/"],
            &[b"\"text/html\""],
            &[b"*/*; q=1"],
            &[b"Unknown/Unknown"],
            &[b"text/plain", b""],
            &[b"text/plain; a=b, application/unknown"],
        ] {
            let headers = said(open);
            assert!(may_be_sniffed(&headers), "{open:?}");
            assert!(!names_page(&headers, "content-type"), "{open:?}");
        }
        for other in [
            &b"text/plain; x=\xc3\xa9"[..],
            b"application/ld+json; profile=\"a,b\"",
            b"image/svg+xml",
            b"text/htmlx",
        ] {
            let headers = said(&[other]);
            assert!(!names_page(&headers, "content-type") && !may_be_sniffed(&headers), "{headers:?}");
        }
    }

    #[cfg(feature = "html")]
    #[test]
    fn of_several_types_and_charsets_the_last_counts() {
        for (lines, html, charset_of) in [
            (&[b"text/html; charset=\"a\"".as_slice()][..], true, Some("a")),
            (&[b"text/html; charset=a, text/html"], true, Some("a")),
            (&[b"text/html; Charset = a; x=\xe9", b"application/xhtml+xml; charset=b"], false, Some("b")),
            (&[b"application/xhtml+xml, text/html"], true, None),
            (&[], true, None),
        ] {
            let headers = said(lines);
            assert_eq!((is_html(&headers), charset(&headers).as_deref()), (html, charset_of), "{headers:?}");
        }
    }
}
