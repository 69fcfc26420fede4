//! The cookies of a request, as bytes that anybody may have sent.

use super::Why;
use crate::bytes::{cut, split, trim};
use crate::cookie::{
    ACCOUNT_COOKIE_NAME, ACCOUNT_SERVICES_COOKIE_NAME, COOKIE_NAME, ConsentCookie, CookieError,
    SERVICES_COOKIE_NAME, ServicesCookie,
};

/// The longest `Cookie` headers that are read, in bytes, together: sixteen times as much as a browser keeps for one name.
///
/// ```
/// use consent_core::consent::{Consent, InForce, MAX_COOKIE_BYTES, Why};
/// # use consent_core::{notice::Notice, signal::Signals};
///
/// # let in_force = InForce::from(Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?);
/// # let now = time::OffsetDateTime::UNIX_EPOCH;
/// let header = vec![b'a'; MAX_COOKIE_BYTES + 1];
/// let consent = Consent::read(&in_force, [header.as_slice()], Signals::default(), now);
/// assert_eq!(consent.why(), Why::TooLong);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub const MAX_COOKIE_BYTES: usize = 64 * 1024;

/// What of the cookies counts.
#[derive(Debug, Default)]
pub(super) struct Jar {
    /// What the browser holds for whoever sits before it.
    pub(super) device: Kept,
    /// What it holds for who is signed in, or was.
    pub(super) account: Option<Kept>,
}

/// One choice as a browser keeps it.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// The newest choice.
    pub(super) consent: Option<ConsentCookie>,
    /// Services that were granted one by one in it.
    pub(super) services: Option<ServicesCookie>,
    /// Why the first one that can not be read can not be.
    pub(super) odd: Option<CookieError>,
}

/// The names and values in a `Cookie` header (RFC 6265, section 5.4), without the white space around each pair. What has no
/// `=` has the empty name, as in browsers.
///
/// ```
/// use consent_core::consent::pairs;
///
/// let mut cookies = pairs(b"theme=dark; id=a=b");
/// assert_eq!(cookies.next(), Some((b"theme".as_slice(), b"dark".as_slice())));
/// assert_eq!(cookies.next(), Some((b"id".as_slice(), b"a=b".as_slice())));
/// assert_eq!(cookies.next(), None);
/// ```
pub fn pairs(header: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    split(header, b';').map(|pair| match cut(trim(pair), b'=') {
        (name, Some(value)) => (name, value),
        (value, None) => (&b""[..], value),
    })
}

/// Reads all headers of a request.
pub(super) fn read<'a>(headers: impl IntoIterator<Item = &'a [u8]>, with_services: bool) -> Result<Jar, Why> {
    let mut jar = Jar::default();
    let (mut of_device, mut of_account) = (Vec::new(), Vec::new());
    let mut read = 0_usize;
    for header in headers {
        read = read.saturating_add(header.len());
        if read > MAX_COOKIE_BYTES {
            return Err(Why::TooLong);
        }
        for (name, value) in pairs(header).filter(|(name, _)| name.starts_with(COOKIE_NAME.as_bytes())) {
            if name == COOKIE_NAME.as_bytes() {
                jar.device.keep(value);
            } else if name == ACCOUNT_COOKIE_NAME.as_bytes() {
                jar.account.get_or_insert_default().keep(value);
            } else if with_services && name == SERVICES_COOKIE_NAME.as_bytes() {
                of_device.extend(services(value));
            } else if with_services && name == ACCOUNT_SERVICES_COOKIE_NAME.as_bytes() {
                of_account.extend(services(value));
            }
        }
    }
    jar.device.services = jar.device.beside(of_device);
    if let Some(account) = &mut jar.account {
        account.services = account.beside(of_account);
    }
    Ok(jar)
}

fn services(value: &[u8]) -> Option<ServicesCookie> {
    as_text(value)?.parse().ok()
}

impl Kept {
    /// Those services that were granted in this choice.
    fn beside(&self, services: Vec<ServicesCookie>) -> Option<ServicesCookie> {
        let consent = self.consent?;
        services.into_iter().find(|one| one.is_beside(&consent))
    }

    fn keep(&mut self, value: &[u8]) {
        match as_text(value).ok_or(CookieError::Version).and_then(str::parse::<ConsentCookie>) {
            Ok(cookie) => self.consent = Some(self.consent.map_or(cookie, |kept| kept.or_newer(cookie))),
            Err(cause) => {
                self.odd.get_or_insert(cause);
            }
        }
    }
}

fn as_text(value: &[u8]) -> Option<&str> {
    std::str::from_utf8(value).ok().filter(|text| text.is_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_told_apart_as_a_browser_writes_them() {
        let read = |header: &'static str| -> Vec<(String, String)> {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            pairs(header.as_bytes()).map(|(name, value)| (text(name), text(value))).collect()
        };
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(read("a=b; c=d=e"), [pair("a", "b"), pair("c", "d=e")]);
        assert_eq!(read(" a=b\t;c=\"d\";"), [pair("a", "b"), pair("c", "\"d\""), pair("", "")]);
        assert_eq!(read("a"), [pair("", "a")]);
    }
}
