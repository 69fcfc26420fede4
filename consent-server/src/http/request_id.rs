//! A name for each request, to find it again in several logs: it is in the head of the answer and in what is logged of
//! the request.
//!
//! Nothing is in a name. Those made here are keyed hashes of a number, with a key of this process, so they tell neither who
//! asked nor how many did. One that came with the request is used if a trusted proxy sent it and it looks like what proxies
//! make: 32 hexadecimal digits, or a UUID in text form. Anything else could be somebody's address or words of a stranger,
//! who would have them written into the log.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use ipnet::IpNet;
use tokio::task::futures::TaskLocalFuture;

use super::limits::Peer;

/// The header, of requests and of answers.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    static CURRENT: RequestId;
}

/// The longest name: that of a UUID.
const LONGEST: usize = 36;

/// The name of one request: so many of these bytes, all of them ASCII.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestId([u8; LONGEST], usize);

impl RequestId {
    /// The name of the request that is being answered here, if it came through a listener of this server.
    pub(crate) fn current() -> Option<Self> {
        CURRENT.try_with(|current| *current).ok()
    }

    /// Does something as a part of answering this request.
    pub(crate) fn during<F: Future>(self, work: F) -> TaskLocalFuture<Self, F> {
        CURRENT.scope(self, work)
    }

    /// The same for what blocks, on another thread.
    pub(crate) fn during_blocking<T>(id: Option<Self>, work: impl FnOnce() -> T) -> T {
        match id {
            Some(id) => CURRENT.sync_scope(id, work),
            None => work(),
        }
    }

    /// As it is logged.
    pub(crate) fn as_str(&self) -> &str {
        str::from_utf8(self.bytes()).unwrap_or_default()
    }

    /// As it is sent.
    pub(crate) fn to_header(self) -> HeaderValue {
        HeaderValue::from_bytes(self.bytes()).unwrap_or(HeaderValue::from_static("none"))
    }

    fn bytes(&self) -> &[u8] {
        self.0.get(..self.1).unwrap_or_default()
    }

    /// With this text, if a name can have it.
    fn read(text: &[u8]) -> Option<Self> {
        let mut bytes = [0; LONGEST];
        bytes.get_mut(..text.len()).filter(|_| is_plain(text))?.copy_from_slice(text);
        Some(Self(bytes, text.len()))
    }
}

/// Gives requests their names.
#[derive(Debug, Default)]
pub(crate) struct RequestIds {
    secret: RandomState,
    count: AtomicU64,
    proxies: ArcSwap<Vec<IpNet>>,
}

impl RequestIds {
    /// Names of these proxies are taken over.
    pub(crate) fn new(proxies: Vec<IpNet>) -> Self {
        Self { proxies: ArcSwap::from_pointee(proxies), ..Self::default() }
    }

    /// From now on names of these proxies are taken over, and of no others.
    pub(crate) fn trust(&self, proxies: Vec<IpNet>) {
        self.proxies.store(Arc::new(proxies));
    }

    /// The name of a request with this head, that came from this address.
    pub(crate) fn name(&self, peer: Peer, headers: &HeaderMap) -> RequestId {
        let address = peer.0.to_canonical();
        if self.proxies.load().iter().any(|network| network.contains(&address)) {
            let mut given = headers.get_all(X_REQUEST_ID).iter();
            if let (Some(one), None) = (given.next(), given.next())
                && let Some(named) = RequestId::read(one.as_bytes())
            {
                return named;
            }
        }
        self.fresh()
    }

    fn fresh(&self) -> RequestId {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let halves = [false, true].map(|half| self.secret.hash_one((number, half)));
        let mut text = [0; LONGEST];
        for (digits, half) in text.chunks_exact_mut(16).zip(halves) {
            for (at, digit) in digits.iter_mut().enumerate() {
                let four = half.rotate_right(u32::try_from(at).unwrap_or(0) * 4) & 15;
                *digit = b"0123456789abcdef".get(usize::try_from(four).unwrap_or(0)).copied().unwrap_or(b'0');
            }
        }
        RequestId(text, 32)
    }
}

/// 32 hexadecimal digits, or these with the four hyphens of a UUID.
fn is_plain(id: &[u8]) -> bool {
    let is_hyphen = |at: usize| id.len() == 36 && [8, 13, 18, 23].contains(&at);
    matches!(id.len(), 32 | 36)
        && id.iter().enumerate().all(
            |(at, byte)| {
                if is_hyphen(at) { *byte == b'-' } else { byte.is_ascii_hexdigit() }
            },
        )
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const UUID: &str = "0193a5c4-7d2e-7f00-8a1b-2c3d4e5f6071";
    const HEX: &str = "0193A5c47d2e7f008a1b2c3d4e5f6071";

    fn named(ids: &RequestIds, peer: &str, given: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in given {
            headers.append(X_REQUEST_ID, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        ids.name(Peer(peer.parse().unwrap()), &headers).as_str().to_owned()
    }

    #[test]
    fn a_trusted_proxy_names_requests_and_nobody_else_does() {
        let ids = RequestIds::new(vec!["10.0.0.0/8".parse().unwrap()]);
        for peer in ["10.1.2.3", "::ffff:10.1.2.3"] {
            assert_eq!(named(&ids, peer, &[UUID]), UUID);
            assert_eq!(named(&ids, peer, &[HEX]), HEX);
        }
        for peer in ["203.0.113.77", "11.0.0.1", "::1"] {
            assert_ne!(named(&ids, peer, &[UUID]), UUID);
        }
    }

    #[test]
    fn other_proxies_may_be_trusted_later() {
        let ids = RequestIds::new(vec!["10.0.0.0/8".parse().unwrap()]);
        ids.trust(vec!["192.0.2.0/24".parse().unwrap()]);
        assert_eq!(named(&ids, "192.0.2.7", &[UUID]), UUID);
        assert_ne!(named(&ids, "10.1.2.3", &[UUID]), UUID);
    }

    #[test]
    fn what_does_not_look_like_a_name_is_not_taken_over() {
        let ids = RequestIds::new(vec!["10.0.0.0/8".parse().unwrap()]);
        let long = "a".repeat(64);
        let dash = UUID.replacen('a', "-", 1);
        let late = format!("{}-", &HEX[..31]);
        let broken = format!("{}\u{e9}", &HEX[..30]);
        for given in [
            "",
            "anna@example.org",
            "203.0.113.77",
            "4111111111111111",
            "2001:db8::1",
            &HEX[..31],
            &UUID[..35],
            &long,
            &dash,
            &late,
            &broken,
            "0193a5c4_7d2e_7f00_8a1b_2c3d4e5f6071",
        ] {
            let made = named(&ids, "10.1.2.3", &[given]);
            assert!(made != given && made.len() == 32, "{given}: {made}");
        }
        assert_ne!(named(&ids, "10.1.2.3", &[UUID, UUID]), UUID, "two names are none");
    }

    #[test]
    fn names_that_are_made_are_plain_and_all_different() {
        let (one, two) = (RequestIds::default(), RequestIds::default());
        let all: HashSet<_> = [&one, &two]
            .iter()
            .flat_map(|ids| (0..10_000).map(|_| ids.fresh().as_str().to_owned()))
            .collect();
        assert_eq!(all.len(), 20_000);
        assert!(all.iter().all(|id| is_plain(id.as_bytes())));
    }

    #[tokio::test]
    async fn the_name_is_known_while_a_request_is_answered_and_on_the_thread_that_reads_for_it() {
        assert!(RequestId::current().is_none());
        let id = RequestIds::default().fresh();
        let seen = id.during(async {
            let id = RequestId::current();
            let elsewhere = tokio::task::spawn_blocking(move || {
                RequestId::during_blocking(id, || RequestId::current().map(|id| id.as_str().to_owned()))
            });
            elsewhere.await.unwrap()
        });
        assert_eq!(seen.await.as_deref(), Some(id.as_str()));
        assert!(RequestId::current().is_none());
    }
}
