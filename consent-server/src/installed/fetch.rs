//! Pages and scripts of others, asked for within limits.
//!
//! What a name leads to is looked at where the connection is made, so that it can not be another address a moment later; and no
//! proxy is asked, which would look it up itself.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{Duration, Instant};

use http::HeaderMap;
use http::header::{CONTENT_TYPE, LOCATION};
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Error};

use super::{Address, MAX_BYTES};

/// How often a page may lead on within its own origin.
const MAX_STEPS: u8 = 5;

/// What was answered.
#[derive(Debug)]
pub(super) struct Fetched {
    /// Where it was in the end.
    pub(super) at: Address,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// Why nothing can be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// There is no such name.
    NoHost,
    /// The name leads into a network that is nobody else's.
    Inside,
    /// Nobody answers at that address, or what answers is no server of pages.
    NoAnswer,
    /// Not in time.
    TooSlow,
    /// The connection can not be trusted.
    Untrusted,
    /// With this status.
    Status(u16),
    /// More than [`MAX_BYTES`].
    TooLong,
    /// It leads to another origin.
    Elsewhere(String),
    /// It leads on and on.
    Circle,
}

/// Asks for addresses, all of them together within one time.
pub(super) struct Fetcher {
    agent: Agent,
    until: Instant,
}

impl Fetcher {
    /// `inside` are hosts that may be inside the network.
    pub(super) fn new(inside: Vec<String>, timeout: Duration) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .user_agent(concat!("consent/", env!("CARGO_PKG_VERSION"), " (check of an installation)"))
            .build();
        let guarded = Guarded { asked: DefaultResolver::default(), inside };
        let agent = Agent::with_parts(config, DefaultConnector::default(), guarded);
        Self { agent, until: Instant::now() + timeout }
    }

    pub(super) fn get(&self, address: &Address) -> Result<Fetched, Failure> {
        let mut at = address.clone();
        for _ in 0..=MAX_STEPS {
            let left = self.until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Failure::TooSlow);
            }
            let request = self.agent.get(at.to_string()).header("accept", "text/html,*/*;q=0.8");
            let answer = request.config().timeout_global(Some(left)).build().call();
            let mut answer = answer.map_err(|error| failure(&error))?;
            let status = answer.status().as_u16();
            if matches!(status, 301 | 302 | 303 | 307 | 308) {
                let to = answer.headers().get(LOCATION).and_then(|to| at.join(to.to_str().ok()?));
                let to = to.ok_or(Failure::Status(status))?;
                if to.origin() != at.origin() {
                    return Err(Failure::Elsewhere(to.origin()));
                }
                at = to;
                continue;
            }
            if status != 200 {
                return Err(Failure::Status(status));
            }
            let body = answer.body_mut().with_config().limit(MAX_BYTES).read_to_vec();
            let body = body.map_err(|error| failure(&error))?;
            return Ok(Fetched { at, headers: std::mem::take(answer.headers_mut()), body });
        }
        Err(Failure::Circle)
    }
}

impl Fetched {
    /// Whether the type that it says it has has this in it.
    pub(super) fn has_type(&self, part: &str) -> bool {
        let said = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        said.is_some_and(|said| said.to_ascii_lowercase().contains(part))
    }
}

fn failure(error: &Error) -> Failure {
    match error {
        Error::HostNotFound => Failure::NoHost,
        Error::Timeout(_) => Failure::TooSlow,
        Error::BodyExceedsLimit(_) => Failure::TooLong,
        Error::Tls(_) | Error::Rustls(_) | Error::Pem(_) => Failure::Untrusted,
        Error::Other(why) if why.is::<Inside>() => Failure::Inside,
        // What a certificate has against it comes wrapped in an error of the connection.
        Error::Io(error) if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) => {
            Failure::Untrusted
        }
        Error::Io(error) if error.kind() == std::io::ErrorKind::InvalidInput => Failure::NoHost,
        Error::Io(error) if error.kind() == std::io::ErrorKind::TimedOut => Failure::TooSlow,
        _ => Failure::NoAnswer,
    }
}

/// The name leads inside.
#[derive(Debug, thiserror::Error)]
#[error("an address inside the network")]
struct Inside;

/// Looks names up, and refuses those that lead inside.
#[derive(Debug)]
struct Guarded {
    asked: DefaultResolver,
    inside: Vec<String>,
}

impl Resolver for Guarded {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let found = self.asked.resolve(uri, config, timeout)?;
        let may_be_inside = uri.host().is_some_and(|host| self.inside.iter().any(|known| known == host));
        // A name of which one address is inside is none of a page that everybody can see.
        if !may_be_inside && found.iter().any(|address| is_inside(address.ip())) {
            return Err(Error::Other(Box::new(Inside)));
        }
        Ok(found)
    }
}

/// Whether an address is one that not everybody reaches.
fn is_inside(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_inside_v4(address),
        IpAddr::V6(address) => is_inside_v6(address),
    }
}

fn is_inside_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a, b, c) == (192, 0, 0)
        || (a == 198 && (b == 18 || b == 19))
}

fn is_inside_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, _, _, _, y, z] = address.segments();
    let within = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_inside_v4(Ipv4Addr::new(a, b, c, d))
    };
    if let Some(mapped) = address.to_ipv4() {
        return is_inside_v4(mapped);
    }
    address.is_loopback()
        || address.is_unspecified()
        || address.is_multicast()
        // Unique local, link-local and site-local.
        || (a & 0xfe00) == 0xfc00
        || (a & 0xff80) == 0xfe80
        // What is translated to IPv4 is what it is translated to.
        || ((a, b) == (0x64, 0xff9b) && within(y, z))
        || (a == 0x2002 && within(b, c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_inside_is_known_however_it_is_written() {
        for inside in [
            "127.0.0.1",
            "10.1.2.3",
            "172.31.0.1",
            "192.168.0.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "192.0.0.8",
            "224.0.0.1",
            "::1",
            "::",
            "fd00::1",
            "fe80::1",
            "fec0::1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "ff02::1",
        ] {
            assert!(is_inside(inside.parse().unwrap()), "{inside}");
        }
        for outside in
            ["1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "64:ff9b::101:101", "2002:101:101::"]
        {
            assert!(!is_inside(outside.parse().unwrap()), "{outside}");
        }
    }
}
