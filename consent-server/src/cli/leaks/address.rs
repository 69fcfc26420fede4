//! Addresses as a browser writes them, taken apart.

pub(super) use crate::installed::same_party;

/// The longest address that is kept.
const MAX: usize = 500;

/// The host of an address of the web, in lower case, and its port if it says one; `None` for any other address.
pub(super) fn host(address: &str) -> Option<(String, Option<u16>)> {
    let (scheme, rest) = address.split_once("://")?;
    if !["http", "https", "ws", "wss"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return None;
    }
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let authority = authority.rsplit_once('@').map_or(authority, |(_, authority)| authority);
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port.parse().ok()?)),
        _ => (authority, None),
    };
    (!host.is_empty()).then(|| (host.to_ascii_lowercase(), port))
}

/// Scheme, host and port, as text.
pub(super) fn origin(address: &str) -> Option<String> {
    let (host, port) = host(address)?;
    let (scheme, _) = address.split_once("://")?;
    let port = port.map_or_else(String::new, |port| format!(":{port}"));
    Some(format!("{}://{host}{port}", scheme.to_ascii_lowercase()))
}

/// An address without what may tell who the visitor is: no query, no fragment, no user, and not too long.
pub(super) fn plain(address: &str) -> String {
    let end = address.find(['?', '#']).unwrap_or(address.len());
    let shown = address.get(..end).unwrap_or_default();
    let shown = match (origin(shown), shown.split_once("://")) {
        (Some(origin), Some((_, rest))) => {
            let path = rest.find('/').and_then(|at| rest.get(at..)).unwrap_or_default();
            format!("{origin}{path}")
        }
        _ => shown.to_owned(),
    };
    shown.chars().take(MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read_as_a_browser_does() {
        for (address, expected) in [
            ("https://A.example/x:1", Some(("a.example", None))),
            ("http://a.example:8080", Some(("a.example", Some(8080)))),
            ("wss://user:x@a.example?b@c", Some(("a.example", None))),
            ("http://[::1]:80/", Some(("[::1]", Some(80)))),
            ("http://[::1]/", Some(("[::1]", None))),
            ("https://a.example\\@b.example/", Some(("a.example", None))),
            ("data:text/html,http://a.example", None),
            ("blob:https://a.example/1", None),
            ("https://:80/", None),
            ("https://a:b/", None),
            ("", None),
        ] {
            let expected = expected.map(|(host, port)| (host.to_owned(), port));
            assert_eq!(host(address), expected, "{address}");
        }
    }

    #[test]
    fn what_is_shown_of_an_address_tells_nothing_about_the_visitor() {
        assert_eq!(plain("https://me:pw@A.example/p?id=7#x"), "https://a.example/p");
        assert_eq!(plain("https://a.example?id=7"), "https://a.example");
        assert_eq!(plain(&format!("https://a.example/{}", "x".repeat(900))).len(), MAX);
        assert_eq!(origin("HTTPS://a.example:1/x").as_deref(), Some("https://a.example:1"));
    }

    #[test]
    fn a_party_is_what_lies_below_one_name() {
        assert!(same_party("www.paper.co.uk", "cdn.paper.co.uk") && same_party("127.0.0.1", "127.0.0.1"));
        for (host, other) in [
            ("a.co.uk", "b.co.uk"),
            ("1.0.0.1", "2.0.0.1"),
            ("pixel.localhost", "localhost"),
            ("a.github.io", "b.github.io"),
        ] {
            assert!(!same_party(host, other), "{host} {other}");
        }
    }
}
