//! Addresses of the web, read as a browser reads them.

use std::net::IpAddr;

use http::Uri;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// The longest that is read.
const MAX: usize = 2000;

/// What a browser writes in another way in a path.
const ODD: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`').add(b'{').add(b'}');

/// An address of the web.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    is_encrypted: bool,
    /// In lower case; one of IPv6 in brackets.
    host: String,
    port: u16,
    /// With its query, from the `/` on.
    path: String,
}

impl Address {
    /// One that says everything, without a name or a password in it.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let text = text.split('#').next()?;
        if text.len() > MAX {
            return None;
        }
        let uri: Uri = utf8_percent_encode(text, ODD).to_string().parse().ok()?;
        let is_encrypted = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let authority = uri.authority()?;
        let host = authority.host().to_ascii_lowercase();
        if authority.as_str().contains('@') || host.is_empty() {
            return None;
        }
        let port = authority.port_u16().unwrap_or(if is_encrypted { 443 } else { 80 });
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Some(Self { is_encrypted, host, port, path })
    }

    /// Where a reference in a page at this address leads; `None` if it is no address of the web.
    pub(crate) fn join(&self, reference: &str) -> Option<Self> {
        let text: String =
            reference.trim().chars().filter(|letter| !matches!(letter, '\t' | '\n' | '\r')).collect();
        let text = text.split('#').next()?.replace('\\', "/");
        let scheme = if self.is_encrypted { "https:" } else { "http:" };
        if text.starts_with("//") {
            return Self::read(&format!("{scheme}{text}"));
        }
        let is_scheme = |scheme: &str| {
            let mut letters = scheme.chars();
            letters.next().is_some_and(|first| first.is_ascii_alphabetic())
                && letters.all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter))
        };
        if text.split_once(':').is_some_and(|(scheme, _)| is_scheme(scheme)) {
            return Self::read(&text);
        }
        let path = self.path.split('?').next().unwrap_or("/");
        let folder = path.rfind('/').and_then(|end| path.get(..=end)).unwrap_or("/");
        let whole = match text.chars().next() {
            None => self.path.clone(),
            Some('/') => text,
            Some('?') => format!("{path}{text}"),
            Some(_) => format!("{folder}{text}"),
        };
        Self::read(&format!("{}{}", self.origin(), plain(&whole)))
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(super) const fn is_encrypted(&self) -> bool {
        self.is_encrypted
    }

    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn path(&self) -> &str {
        self.path.split('?').next().unwrap_or("/")
    }

    /// As browsers write it: without the port that goes without saying.
    pub(crate) fn origin(&self) -> String {
        let (scheme, usual) = if self.is_encrypted { ("https", 443) } else { ("http", 80) };
        if self.port == usual {
            format!("{scheme}://{}", self.host)
        } else {
            format!("{scheme}://{}:{}", self.host, self.port)
        }
    }

    /// Whether it is on this machine by its very name.
    pub(super) fn is_local(&self) -> bool {
        let address = self.host.trim_matches(['[', ']']).parse::<IpAddr>();
        self.host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.origin(), self.path)
    }
}

/// A path without `.` and `..` in it; what stands behind `?` stays as it is.
fn plain(path: &str) -> String {
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    let mut parts: Vec<&str> = Vec::new();
    let mut all = path.split('/').skip(1).peekable();
    while let Some(part) = all.next() {
        match part {
            "." | ".." => {
                if part == ".." {
                    parts.pop();
                }
                if all.peek().is_none() {
                    parts.push("");
                }
            }
            part => parts.push(part),
        }
    }
    let path = format!("/{}", parts.join("/"));
    query.map_or(path.clone(), |query| format!("{path}?{query}"))
}

/// Whether two hosts are of one party: the same, or below one name that can be registered.
pub(crate) fn same_party(host: &str, other: &str) -> bool {
    host == other || registrable(host).is_some_and(|name| registrable(other) == Some(name))
}

fn registrable(host: &str) -> Option<&str> {
    let is_number = host.starts_with('[') || host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if is_number { None } else { psl::domain_str(host) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_lead_where_a_browser_goes() {
        let page = Address::read("https://Paper.example/a/b.html?x=1#y").unwrap();
        assert_eq!(page.to_string(), "https://paper.example/a/b.html?x=1");
        for (reference, leads) in [
            ("banner.js", "https://paper.example/a/banner.js"),
            (" ../v1/x.js ", "https://paper.example/v1/x.js"),
            ("../../../x/./y/..", "https://paper.example/x/"),
            ("/v1/x.js?lang=en", "https://paper.example/v1/x.js?lang=en"),
            ("//c.example/x", "https://c.example/x"),
            ("\\\\c.example\\x", "https://c.example/x"),
            ("http://c.example:8080/x", "http://c.example:8080/x"),
            ("HTTPS://C.example", "https://c.example/"),
            ("?a:b", "https://paper.example/a/b.html?a:b"),
            ("é.js", "https://paper.example/a/%C3%A9.js"),
        ] {
            assert_eq!(page.join(reference).unwrap().to_string(), leads, "{reference}");
        }
        for none in
            ["data:text/javascript,1", "blob:https://paper.example/1", "https://me:pw@c.example/", "https://"]
        {
            assert_eq!(page.join(none), None, "{none}");
        }
        for none in [
            "",
            "paper.example",
            "ftp://paper.example/",
            "file:///etc/passwd",
            "https://a@b/",
            &"a".repeat(3000),
        ] {
            assert_eq!(Address::read(none), None, "{none}");
        }
    }
}
