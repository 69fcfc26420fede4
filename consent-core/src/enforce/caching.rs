//! What a cache may do with an answer that depends on the visitor.
//!
//! ```
//! use consent_core::enforce::caching::{VARIES_BY, is_of_provider, private, vary};
//!
//! // An answer that depends on the visitor, of which nothing was said yet:
//! assert_eq!(vary([]), Some(VARIES_BY.join(", ")));
//! assert_eq!(private([]).as_deref(), Some("private"));
//! // What tells a provider's cache something else has to go.
//! assert!(is_of_provider("cdn-cache-control") && !is_of_provider("cache-control"));
//! ```

/// The names of request headers that such an answer depends on.
pub const VARIES_BY: [&str; 2] = ["Cookie", "Sec-GPC"];

/// What [`vary`] and [`private`] give where nothing was said before.
#[cfg(feature = "tower")]
pub(crate) const VARY: &str = "Cookie, Sec-GPC";
#[cfg(feature = "tower")]
pub(crate) const PRIVATE: &str = "private";

/// Whether caches of providers are told something else by this header, in lower case, than by `Cache-Control`: then it goes.
/// `CDN-Cache-Control` (RFC 9213) has a sibling for each provider.
#[must_use]
pub fn is_of_provider(header: &str) -> bool {
    header.ends_with("-cache-control")
        || ["edge-control", "surrogate-control", "x-accel-expires"].contains(&header)
}

/// What has to be added to `Vary`, given the values that it has; `None` if nothing has.
///
/// ```
/// use consent_core::enforce::caching::vary;
///
/// assert_eq!(vary(["Accept-Encoding, cookie"]).as_deref(), Some("Sec-GPC"));
/// assert_eq!(vary(["*"]), None);
/// ```
pub fn vary<'a>(values: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let mut missing = VARIES_BY.map(Some);
    for name in values.into_iter().flat_map(|value| value.split(',')) {
        let name = name.trim_ascii();
        if name == "*" {
            return None;
        }
        for header in &mut missing {
            *header = header.filter(|header| !header.eq_ignore_ascii_case(name));
        }
    }
    match missing {
        [Some(one), Some(other)] => Some(format!("{one}, {other}")),
        [Some(one), None] | [None, Some(one)] => Some(one.to_owned()),
        [None, None] => None,
    }
}

/// The `Cache-Control` by which no shared cache keeps the answer, given the values that it has; `None` if they say so already.
///
/// `Vary` alone would not do: caches of providers ignore it, or keep a copy for each cookie that there is.
///
/// ```
/// use consent_core::enforce::caching::private;
///
/// assert_eq!(private(["public, max-age=60, s-maxage=600"]).as_deref(), Some("max-age=60, private"));
/// assert_eq!(private(["no-store"]), None);
/// ```
pub fn private<'a>(values: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let (mut kept, mut whole, mut shares) = (String::new(), false, false);
    for directive in values.into_iter().flat_map(directives) {
        let name = name(directive);
        let is = |word: &str| name.eq_ignore_ascii_case(word);
        if is("no-store") {
            return None;
        }
        whole |= directive.eq_ignore_ascii_case("private");
        shares |= is("public") || is("s-maxage");
        if !["public", "s-maxage", "proxy-revalidate", "private"].into_iter().any(is) {
            if kept.is_empty() {
                kept.reserve(48);
            }
            kept.push_str(directive);
            kept.push_str(", ");
        }
    }
    kept.push_str("private");
    (!whole || shares).then_some(kept)
}

fn name(directive: &str) -> &str {
    let end = directive.bytes().position(|byte| byte == b'=').unwrap_or(directive.len());
    directive.get(..end).unwrap_or_default().trim_ascii()
}

/// A comma in quotes separates nothing: `private="Set-Cookie, Link"`.
fn directives(value: &str) -> impl Iterator<Item = &str> {
    let mut rest = value;
    std::iter::from_fn(move || {
        loop {
            let mut quoted = false;
            let end = rest.bytes().position(|byte| {
                quoted ^= byte == b'"';
                byte == b',' && !quoted
            });
            let (piece, after) = end.and_then(|end| rest.split_at_checked(end)).unwrap_or((rest, ""));
            if piece.is_empty() && after.is_empty() {
                return None;
            }
            rest = after.get(1..).unwrap_or_default();
            let piece = piece.trim_ascii();
            if !piece.is_empty() {
                return Some(piece);
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shared_cache_might_keep_becomes_private() {
        for (values, expected) in [
            (&[][..], Some("private")),
            (&["max-age=60"], Some("max-age=60, private")),
            (&["Public", "S-MaxAge=9, must-revalidate"], Some("must-revalidate, private")),
            (&["private=\"Set-Cookie, Link\", max-age=1"], Some("max-age=1, private")),
            (&["private, s-maxage=5"], Some("private")),
            (&["private, max-age=5"], None),
            (&["PRIVATE"], None),
            (&["public, no-store"], None),
        ] {
            assert_eq!(private(values.iter().copied()).as_deref(), expected, "{values:?}");
        }
    }

    #[test]
    fn vary_names_what_is_missing() {
        for (values, expected) in [
            (&[][..], Some("Cookie, Sec-GPC")),
            (&["Accept", "sec-gpc"], Some("Cookie")),
            (&["COOKIE ,Sec-GPC"], None),
            (&["accept, *"], None),
        ] {
            assert_eq!(vary(values.iter().copied()).as_deref(), expected, "{values:?}");
        }
    }
}
