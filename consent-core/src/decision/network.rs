//! Where a decision came from, as far as a site may ask.

use std::fmt;
// Addresses as values: `core` has no way to ask for any.
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The network of an address: the first 24 bits of an IPv4 address, the first 48 of an IPv6 address. The rest is gone: no
/// address can be told from it.
///
/// An IPv6 address that only wraps one of IPv4 (RFC 4291, section 2.5.5.2; 6to4, RFC 3056) would have all of that in its first 48 bits, or
/// none of it; it counts as the one that it wraps.
///
/// ```
/// use consent_core::decision::Network;
///
/// let of = |address: &str| address.parse().map(|address| Network::of(address).to_string());
/// assert_eq!(of("203.0.113.77")?, "203.0.113.0/24");
/// assert_eq!(of("2001:db8:7:8::9")?, "2001:db8:7::/48");
/// assert_eq!(of("::ffff:203.0.113.77")?, "203.0.113.0/24");
/// assert_eq!(of("2002:cb00:714d::1")?, "203.0.113.0/24");
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network(IpAddr);

impl Network {
    /// The one that an address is in.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::of_v4(address),
            IpAddr::V6(address) => match address.segments() {
                [0x2002, high, low, ..] => {
                    let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
                    Self::of_v4(Ipv4Addr::new(a, b, c, d))
                }
                [a, b, c, ..] => Self(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0).into()),
            },
        }
    }

    fn of_v4(address: Ipv4Addr) -> Self {
        let [a, b, c, _] = address.octets();
        Self(Ipv4Addr::new(a, b, c, 0).into())
    }
}

/// `203.0.113.0/24`, `2001:db8:7::/48`.
impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = if self.0.is_ipv4() { 24 } else { 48 };
        write!(f, "{}/{length}", self.0)
    }
}
