//! Hosts, origins and links: which texts they are, and what to write instead.

use std::net::IpAddr;

use http::Uri;
use ipnet::IpNet;

/// A lower-case host name (RFC 1123), or an IPv4 address.
pub(super) fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

/// One address, or a network of them; `None` also for a network of all addresses, which would let everybody say who they
/// are.
pub(super) fn network(text: &str) -> Option<IpNet> {
    let network = text.parse::<IpAddr>().map(IpNet::from).or_else(|_| text.parse());
    network.ok().filter(|network| network.prefix_len() > 0)
}

/// Why no browser sends `text` as an origin (RFC 6454, section 6.2); `None` if one may.
pub(super) fn origin_fault(text: &str) -> Option<&'static str> {
    if text.contains('*') {
        return Some("a pattern would let other people's pages record decisions: write every origin");
    }
    let Some((scheme, authority)) = text.split_once("://") else {
        return Some("write the scheme too: `https://www.example.org`");
    };
    if !matches!(scheme, "http" | "https") {
        return Some("write `https://…` (or `http://…` for tests)");
    }
    if authority.contains(['/', '?', '#']) {
        return Some("an origin ends after host and port: leave out the `/` and what follows");
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let default = if scheme == "https" { "443" } else { "80" };
    match port {
        Some(port) if port == default => {
            return Some("browsers leave out the scheme's own port: leave it out too");
        }
        Some(port) if port.starts_with('0') || port.parse::<u16>().is_err() => {
            return Some("the port is not within 1 to 65535");
        }
        _ => {}
    }
    let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    if is_host(host) || bracketed.is_some_and(|host| host.parse::<std::net::Ipv6Addr>().is_ok()) {
        None
    } else {
        Some("write the host in lower case and ASCII, as browsers send it: `https://xn--caf-dma.example`")
    }
}

/// Whether `text` is a complete `https` address.
pub(super) fn is_https(text: &str) -> bool {
    text.parse::<Uri>().is_ok_and(|uri| {
        uri.scheme_str() == Some("https")
            && uri.host().is_some_and(|host| !host.is_empty())
            && uri.authority().is_some_and(|authority| !authority.as_str().contains('@'))
    })
}

/// Whether what is sent there without encryption stays on this machine.
pub(crate) fn is_on_this_machine(text: &str) -> bool {
    let Ok(uri) = text.parse::<Uri>() else { return false };
    let Some(authority) = uri.authority().filter(|authority| !authority.as_str().contains('@')) else {
        return false;
    };
    let host = authority.host().trim_matches(['[', ']']);
    let is_loopback = host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    uri.scheme_str() == Some("http") && (host == "localhost" || is_loopback)
}

/// Whether `text` is a complete `https` address, or a path of the site itself.
pub(in crate::config) fn is_link(text: &str) -> bool {
    let path = text.starts_with('/') && !text.starts_with("//") && !text.starts_with("/\\");
    is_https(text) || (path && text.parse::<Uri>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_origins_as_browsers_send_them_and_no_others() {
        for text in [
            "https://a.example",
            "http://localhost:8080",
            "https://a.example:8443",
            "http://[::1]:3000",
            "https://10.0.0.1",
        ] {
            assert_eq!(origin_fault(text), None, "{text}");
        }
        for text in [
            "",
            "*",
            "https://*.example",
            "a.example",
            "https://a.example/",
            "https://a.example/x",
            "https://A.example",
            "https://a.example:443",
            "http://a.example:80",
            "https://a.example:0",
            "https://a.example:65536",
            "https://a.example:080",
            "https://a.example:",
            "https://u@a.example",
            "ftp://a.example",
            "https://",
            "null",
            "https://café.example",
            "https://a.example?x",
            "https://a..example",
            "https://[::1",
            "https://a example",
        ] {
            assert!(origin_fault(text).is_some(), "{text}");
        }
    }

    #[test]
    fn a_proxy_is_an_address_or_a_network_but_not_everybody() {
        for text in ["127.0.0.1", "::1", "10.0.0.0/8", "2001:db8::/32"] {
            assert!(network(text).is_some(), "{text}");
        }
        for text in ["", "localhost", "0.0.0.0/0", "::/0", "10.0.0.0/33", "10.0.0/8", "127.0.0.1:80", " ::1"]
        {
            assert_eq!(network(text), None, "{text}");
        }
    }

    #[test]
    fn a_link_is_https_or_a_path_of_the_site() {
        for text in ["https://a.example", "https://a.example/p?x=1", "/confidentialite", "/"] {
            assert!(is_link(text), "{text}");
        }
        for text in [
            "",
            "a",
            "http://a.example",
            "//a.example",
            "/\\a.example",
            "javascript:alert(1)",
            "https://",
            "https://u:p@a.example",
            "/a b",
        ] {
            assert!(!is_link(text), "{text}");
        }
    }

    #[test]
    fn only_what_stays_on_this_machine_goes_without_encryption() {
        for text in
            ["http://127.0.0.1:8000/x?y=1", "http://localhost", "http://[::1]:1/", "http://127.9.9.9/"]
        {
            assert!(is_on_this_machine(text), "{text}");
        }
        for text in [
            "http://a.example/",
            "http://10.0.0.1/",
            "http://localhost.example/",
            "http://169.254.169.254/",
            "http://u:p@127.0.0.1/",
            "ftp://127.0.0.1/",
            "127.0.0.1",
            "http://0.0.0.0/",
        ] {
            assert!(!is_on_this_machine(text), "{text}");
        }
    }
}
