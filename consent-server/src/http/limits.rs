//! How often one visitor may ask: by address and by subject, without keeping either.
//!
//! A visitor is a keyed hash with a secret of this process, and what is kept of it is one number in a table of a fixed
//! size. So a flood from a million addresses takes no memory, and nobody can read from the table who was here. Two
//! visitors who meet in one place share its allowance; with 131,072 places that is rare, and costs the second one a wait.

use std::hash::{BuildHasher as _, Hash, RandomState};
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::{ConnectInfo, Request};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderName};
use consent_core::decision::{SubjectId, UserAgentClass};
use consent_core::notice::SiteId;
use governor::clock::{Clock as _, MonotonicClock};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed, StateStore};
use governor::{Quota, RateLimiter};
use ipnet::IpNet;

use crate::config::LimitsConfig;

use super::Problem;

/// Places of a table: a power of two.
const PLACES: usize = 1 << 17;

/// How often somebody may try to sign in to the console, a minute, with what is no token. A token can not be guessed; who tries shall be seen to wait.
const SIGN_INS: u32 = 10;

/// How often somebody may come back from an OpenID provider, a minute. Each time the provider is asked; everybody behind one address has
/// these together.
const RETURNS: u32 = 120;

/// How often the trail says of one token, a minute, that it was not good for what somebody tried. It is kept for ever: who may only read
/// must not fill it.
const REFUSALS: u32 = 10;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The other end of a connection, as the listener knows it: this server's own, or one of axum's that was asked to say it
/// (`into_make_service_with_connect_info`). Requests that came through neither have none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

impl Peer {
    pub(super) fn of(extensions: &Extensions) -> Option<Self> {
        let own = extensions.get::<Self>().copied();
        own.or_else(|| extensions.get::<ConnectInfo<SocketAddr>>().map(|info| Self(info.0.ip())))
    }

    /// Whether it has an address of the public network.
    pub(crate) fn is_public(self) -> bool {
        network_of(self.0.to_canonical()).is_some()
    }
}

/// Where a request came from, for as long as it takes to answer it: for the limits, and for what a hand-off is held against.
#[derive(Clone, Copy)]
pub(super) struct Sender(Option<IpAddr>);

impl Sender {
    /// The network that it has to itself, if it has one that is known.
    pub(super) fn network(self) -> Option<u64> {
        self.0.and_then(network_of)
    }
}

/// What is asked of every visitor.
#[derive(Debug)]
pub struct Limits {
    secret: RandomState,
    config: LimitsConfig,
    proxies: Vec<IpNet>,
    decisions: Arc<Allowance>,
    displays: Arc<Allowance>,
    subjects: Arc<Allowance>,
    sign_ins: Arc<Allowance>,
    returns: Arc<Allowance>,
    refusals: Arc<Allowance>,
    counts: Arc<Counts>,
}

/// What happened since somebody asked last; sums without a name.
#[derive(Debug, Default)]
struct Counts {
    refused: AtomicU64,
    bots: AtomicU64,
}

impl Limits {
    /// The limits of a config.
    #[must_use]
    pub fn new(config: &LimitsConfig, proxies: Vec<IpNet>) -> Self {
        Self {
            secret: RandomState::new(),
            config: *config,
            proxies,
            decisions: Allowance::new(config.per_address),
            displays: Allowance::new(config.per_address),
            subjects: Allowance::new(config.per_subject),
            sign_ins: Allowance::new(SIGN_INS),
            returns: Allowance::new(RETURNS),
            refusals: Allowance::new(REFUSALS),
            counts: Arc::default(),
        }
    }

    /// Those of the config that takes the place of this one's. What is left to everybody of an allowance that stays the same is
    /// left to them; and so are the counts.
    pub(crate) fn follow(&self, config: &LimitsConfig, proxies: Vec<IpNet>) -> Self {
        let kept = |allowance: &Arc<Allowance>, before, now| {
            if before == now { Arc::clone(allowance) } else { Allowance::new(now) }
        };
        let per_address = |allowance| kept(allowance, self.config.per_address, config.per_address);
        Self {
            secret: self.secret.clone(),
            config: *config,
            proxies,
            decisions: per_address(&self.decisions),
            displays: per_address(&self.displays),
            subjects: kept(&self.subjects, self.config.per_subject, config.per_subject),
            sign_ins: Arc::clone(&self.sign_ins),
            returns: Arc::clone(&self.returns),
            refusals: Arc::clone(&self.refusals),
            counts: Arc::clone(&self.counts),
        }
    }

    /// Who sent a request with this head.
    pub(super) fn sender(&self, head: &Parts) -> Sender {
        self.sender_at(Peer::of(&head.extensions), &head.headers)
    }

    /// The same of one that came from here.
    pub(super) fn sender_at(&self, peer: Option<Peer>, headers: &HeaderMap) -> Sender {
        Sender(peer.map(|peer| self.origin_of(peer.0, headers)))
    }

    /// Where a request came from, for whoever looks the address up and lets it go. `None` if a proxy of ours says nothing of
    /// it: where the proxy is says nothing of the visitor.
    pub(super) fn address_of(&self, peer: Option<Peer>, headers: &HeaderMap) -> Option<IpAddr> {
        Some(self.origin_of(peer?.0, headers)).filter(|address| !self.is_proxy(*address))
    }

    /// Whether a request came from a proxy of ours, so that what it says of the visitor is the proxy's word.
    pub(super) fn is_from_proxy(&self, request: &Request) -> bool {
        Peer::of(request.extensions()).is_some_and(|peer| self.is_proxy(peer.0.to_canonical()))
    }

    /// The address that the request began its way at: the last one in `X-Forwarded-For` that no proxy of ours has.
    fn origin_of(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut origin = peer.to_canonical();
        if !self.is_proxy(origin) {
            return origin;
        }
        let named = headers.get_all(X_FORWARDED_FOR).iter().rev().filter_map(|value| value.to_str().ok());
        // Each proxy adds the address that it was asked from at the end; what stands before the first one that is not
        // ours was written by somebody who can write what they like.
        let mut rest = named.flat_map(|value| value.rsplit(','));
        while let (true, Some(text)) = (self.is_proxy(origin), rest.next()) {
            let Some(address) = read_address(text.trim()) else { break };
            origin = address;
        }
        origin
    }

    fn is_proxy(&self, address: IpAddr) -> bool {
        self.proxies.iter().any(|network| network.contains(&address))
    }

    /// Whether this sender may record another decision now.
    pub(super) fn decision(&self, sender: Sender) -> Result<(), Problem> {
        self.address(&self.decisions, sender)
    }

    /// Whether this sender may have another display counted now.
    pub(super) fn display(&self, sender: Sender) -> Result<(), Problem> {
        self.address(&self.displays, sender)
    }

    /// Whether this sender may try another token now. Here addresses of no one's own count too, each by itself. Whoever has a right
    /// token must be let in all the same, or one could lock out all others.
    pub(super) fn sign_in(&self, sender: Sender) -> Result<(), Problem> {
        self.every_address(&self.sign_ins, sender)
    }

    /// Whether this sender may come back from a provider now.
    pub(super) fn returns(&self, sender: Sender) -> Result<(), Problem> {
        self.every_address(&self.returns, sender)
    }

    fn every_address(&self, allowance: &Allowance, sender: Sender) -> Result<(), Problem> {
        match sender.network() {
            Some(network) => self.ask(allowance, network),
            None => self.ask(allowance, ("shared", sender.0)),
        }
    }

    /// Whether the trail is to say that a token of this name was refused.
    pub(super) fn tells_refusal(&self, name: &str) -> bool {
        self.ask(&self.refusals, name).is_ok()
    }

    fn address(&self, allowance: &Allowance, sender: Sender) -> Result<(), Problem> {
        match sender.network() {
            Some(network) => self.ask(allowance, network),
            None => Ok(()),
        }
    }

    /// Whether this subject may decide again now.
    pub(super) fn subject(&self, site: &SiteId, subject: SubjectId) -> Result<(), Problem> {
        self.ask(&self.subjects, (site, subject))
    }

    fn ask(&self, allowance: &Allowance, who: impl Hash) -> Result<(), Problem> {
        allowance.take(|| self.secret.hash_one(who)).map_err(|wait| {
            self.counts.refused.fetch_add(1, Ordering::Relaxed);
            Problem::too_many(wait)
        })
    }

    /// Counts a request of a program that says that it is none of a person.
    pub(super) fn count(&self, class: UserAgentClass) {
        if class == UserAgentClass::Bot {
            self.counts.bots.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many requests were refused, and how many came from bots, since this was asked last.
    pub(crate) fn take_counts(&self) -> (u64, u64) {
        let Counts { refused, bots } = &*self.counts;
        (refused.swap(0, Ordering::Relaxed), bots.swap(0, Ordering::Relaxed))
    }
}

/// An address of `X-Forwarded-For`, where some proxies write the port too.
fn read_address(text: &str) -> Option<IpAddr> {
    let bracketed = text.strip_prefix('[').and_then(|text| text.split_once(']')).map(|(address, _)| address);
    let plain = bracketed.unwrap_or(text);
    let address = plain.parse().ok().or_else(|| plain.split_once(':')?.0.parse().ok());
    address.map(|address: IpAddr| address.to_canonical())
}

/// What an address is counted as: itself, or of IPv6 the 64 bits that a household or a machine gets. `None` for an address
/// of no one's own: behind it is a proxy that the config does not name, or the operator.
fn network_of(address: IpAddr) -> Option<u64> {
    match address {
        IpAddr::V4(v4) => {
            let shared = v4.octets()[0] == 100 && v4.octets()[1] & 0xc0 == 64;
            let local = v4.is_private() || v4.is_loopback() || v4.is_link_local() || shared;
            (!local).then(|| u64::from(u32::from(v4)))
        }
        IpAddr::V6(v6) => {
            let local = v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local();
            (!local).then(|| u64::try_from(u128::from(v6) >> 64).unwrap_or(u64::MAX))
        }
    }
}

/// So many a minute for everybody; `None` if there is no limit.
#[derive(Debug)]
struct Allowance(Option<RateLimiter<usize, Table, MonotonicClock, NoOpMiddleware<std::time::Instant>>>);

impl Allowance {
    fn new(per_minute: u32) -> Arc<Self> {
        let quota = NonZeroU32::new(per_minute).map(Quota::per_minute);
        let limiter = quota.map(|quota| RateLimiter::new(quota, Table::default(), MonotonicClock));
        Arc::new(Self(limiter))
    }

    /// Takes one; or says how long until there is one again.
    fn take(&self, who: impl FnOnce() -> u64) -> Result<(), Duration> {
        let Some(limiter) = &self.0 else { return Ok(()) };
        let place = usize::try_from(who() % PLACES as u64).unwrap_or(0);
        limiter.check_key(&place).map_err(|refused| refused.wait_time_from(MonotonicClock.now()))
    }
}

/// When each place has its whole allowance again.
#[derive(Debug)]
struct Table(Box<[InMemoryState]>);

impl Default for Table {
    fn default() -> Self {
        Self((0..PLACES).map(|_| InMemoryState::default()).collect())
    }
}

impl StateStore for Table {
    type Key = usize;

    fn measure_and_replace<T, F, E>(&self, place: &usize, f: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        // Every place is below PLACES; one that were not would be as one that nobody was seen at.
        match self.0.get(*place) {
            Some(state) => state.measure_and_replace(&NotKeyed::NonKey, f),
            None => f(None).map(|(allowed, _)| allowed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(per_address: u32, proxies: &[&str]) -> Limits {
        let config = LimitsConfig { per_address, per_subject: 2, ..LimitsConfig::default() };
        Limits::new(&config, proxies.iter().map(|network| network.parse().unwrap()).collect())
    }

    fn origin(limits: &Limits, peer: &str, forwarded: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(X_FORWARDED_FOR, value.parse().unwrap());
        }
        limits.origin_of(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn a_forwarded_address_is_believed_from_trusted_proxies_only() {
        let limits = limits(1, &["10.0.0.0/8", "2001:db8:1::/48"]);
        for (peer, forwarded, expected) in [
            ("198.51.100.1", &["203.0.113.9"] as &[_], "198.51.100.1"),
            ("10.1.2.3", &["203.0.113.9"], "203.0.113.9"),
            ("::ffff:10.1.2.3", &["203.0.113.9"], "203.0.113.9"),
            ("10.1.2.3", &["1.1.1.1, 203.0.113.9, 10.9.9.9"], "203.0.113.9"),
            ("10.1.2.3", &["1.1.1.1", "203.0.113.9", "2001:db8:1::5"], "203.0.113.9"),
            ("10.1.2.3", &["203.0.113.9:4711"], "203.0.113.9"),
            ("10.1.2.3", &["[2001:db8:2::7]:4711"], "2001:db8:2::7"),
            ("10.1.2.3", &["203.0.113.9, unknown"], "10.1.2.3"),
            ("10.1.2.3", &[""], "10.1.2.3"),
            ("10.1.2.3", &[], "10.1.2.3"),
            ("10.1.2.3", &["10.0.0.7"], "10.0.0.7"),
        ] {
            assert_eq!(origin(&limits, peer, forwarded), expected, "{peer} {forwarded:?}");
        }
    }

    #[test]
    fn an_address_has_its_allowance_and_no_more_and_others_have_theirs() {
        let limits = limits(5, &[]);
        let ask = |address: &str| limits.decision(Sender(Some(address.parse().unwrap())));
        for _ in 0..5 {
            ask("203.0.113.9").unwrap();
        }
        assert_eq!(ask("203.0.113.9").unwrap_err().code(), "too_many_requests");
        ask("203.0.113.10").unwrap();
        limits.display(Sender(Some("203.0.113.9".parse().unwrap()))).unwrap();
        for _ in 0..5 {
            ask("2001:db8::1").unwrap();
        }
        assert!(ask("2001:db8::2").is_err(), "one /64");
        ask("2001:db8:0:1::1").unwrap();
        assert_eq!(limits.take_counts(), (2, 0));
        assert_eq!(limits.take_counts(), (0, 0));
    }

    #[test]
    fn addresses_of_no_one_and_unknown_ones_are_not_counted() {
        let limits = limits(1, &[]);
        for address in ["127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "100.64.0.1", "fd00::1", "fe80::1"] {
            for _ in 0..3 {
                limits.decision(Sender(Some(address.parse().unwrap()))).unwrap();
            }
        }
        for _ in 0..3 {
            limits.decision(Sender(None)).unwrap();
        }
    }

    #[test]
    fn sign_ins_are_counted_by_every_address_and_by_each_for_itself() {
        let limits = limits(0, &[]);
        for address in
            ["203.0.113.9", "127.0.0.1", "192.168.1.1", "192.168.1.2", "2001:db8::1", "fd00::1", "fd00::2"]
        {
            let sender = Sender(Some(address.parse().unwrap()));
            for _ in 0..SIGN_INS {
                limits.sign_in(sender).unwrap();
            }
            assert!(limits.sign_in(sender).is_err(), "{address}");
        }
        assert!(limits.sign_in(Sender(Some("2001:db8::2".parse().unwrap()))).is_err(), "one /64");
        for _ in 0..SIGN_INS {
            limits.sign_in(Sender(None)).unwrap();
        }
        assert!(limits.sign_in(Sender(None)).is_err());
    }

    #[test]
    fn a_subject_is_counted_on_each_site_by_itself() {
        let limits = limits(0, &[]);
        let (a, b): (SiteId, SiteId) = ("a".parse().unwrap(), "b".parse().unwrap());
        let subject = SubjectId::from_bytes([7; 16]);
        for _ in 0..2 {
            limits.subject(&a, subject).unwrap();
        }
        assert!(limits.subject(&a, subject).is_err());
        limits.subject(&b, subject).unwrap();
        limits.subject(&a, SubjectId::from_bytes([8; 16])).unwrap();
        for _ in 0..1000 {
            limits.decision(Sender(Some("203.0.113.9".parse().unwrap()))).unwrap();
        }
    }

    #[test]
    fn another_config_gives_nobody_a_new_allowance_but_where_it_says_so() {
        let before = limits(1, &[]);
        let visitor = Sender(Some("203.0.113.9".parse().unwrap()));
        let (site, subject) = ("a".parse().unwrap(), SubjectId::from_bytes([7; 16]));
        before.decision(visitor).unwrap();
        before.subject(&site, subject).unwrap();
        before.subject(&site, subject).unwrap();
        let same = before.follow(&before.config, Vec::new());
        assert!(same.decision(visitor).is_err() && same.subject(&site, subject).is_err());
        let more = same.follow(&LimitsConfig { per_address: 2, ..same.config }, Vec::new());
        assert!(more.decision(visitor).is_ok() && more.decision(visitor).is_ok());
        assert!(more.decision(visitor).is_err() && more.subject(&site, subject).is_err());
        assert_eq!(more.take_counts(), (4, 0), "counts go on");
        let proxied = more.follow(&more.config, vec!["10.0.0.0/8".parse().unwrap()]);
        assert_eq!(origin(&proxied, "10.1.2.3", &["203.0.113.9"]), "203.0.113.9");
    }

    #[test]
    fn a_flood_of_addresses_takes_no_memory() {
        let limits = limits(1000, &[]);
        let mut passed = 0_u32;
        for address in 0..300_000_u32 {
            let address = IpAddr::V4((0x0100_0000 + address).into());
            passed += u32::from(limits.decision(Sender(Some(address))).is_ok());
        }
        assert_eq!(passed, 300_000);
        let Some(Allowance(Some(limiter))) = Arc::into_inner(limits.decisions) else { panic!("no limit") };
        assert_eq!(limiter.into_state_store().0.len(), PLACES);
    }
}
