//! What a visitor allows, from the headers of a request.

use http::HeaderMap;
use http::header::{COOKIE, HeaderName};
use time::OffsetDateTime;

use crate::consent::{Consent, InForce, Who};
use crate::signal::{Signals, gpc};

/// Looked up by its name it would be parsed for each request.
static SEC_GPC: HeaderName = HeaderName::from_static("sec-gpc");

impl Consent {
    /// Reads all `Cookie` and `Sec-GPC` headers of a request. See [`Consent::read`].
    ///
    /// ```
    /// use consent_core::{category::Category, consent::{Consent, InForce, State}, notice::Notice};
    /// use http::HeaderMap;
    /// use time::OffsetDateTime;
    ///
    /// # let notice = Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?;
    /// let in_force = InForce::from(notice);
    /// let mut headers = HeaderMap::new();
    /// headers.insert("cookie", "consent=nonsense".parse()?);
    /// let consent = Consent::from_headers(&in_force, &headers, OffsetDateTime::UNIX_EPOCH);
    /// assert_eq!(consent.state(), State::Unasked);
    /// assert!(!consent.allows(Category::Analytics));
    /// assert_eq!(consent.why().to_string(), "no consent in the cookie: not version 1");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn from_headers(in_force: &InForce, headers: &HeaderMap, now: OffsetDateTime) -> Self {
        Self::from_headers_as(Who::Unknown, in_force, headers, now)
    }

    /// Reads them for a service that knows whether somebody is signed in. See [`Who`].
    ///
    /// ```
    /// use consent_core::consent::{Consent, InForce, Who, Why};
    /// # use consent_core::notice::Notice;
    /// use http::HeaderMap;
    ///
    /// # let in_force = InForce::from(Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?);
    /// let mut headers = HeaderMap::new();
    /// headers.insert("cookie", "session=42".parse()?);
    /// let who = if headers.contains_key("cookie") { Who::Account } else { Who::Device };
    /// let consent = Consent::from_headers_as(who, &in_force, &headers, time::OffsetDateTime::UNIX_EPOCH);
    /// assert_eq!(consent.why(), Why::UnknownAccount, "the browser has not asked yet what they chose elsewhere");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn from_headers_as(who: Who, in_force: &InForce, headers: &HeaderMap, now: OffsetDateTime) -> Self {
        let signals = headers.get_all(&SEC_GPC).iter().filter_map(|value| value.to_str().ok());
        let signals = Signals { gpc: gpc::is_on(signals) };
        let cookies = headers.get_all(COOKIE).iter().map(http::HeaderValue::as_bytes);
        Self::read_as(who, in_force, cookies, signals, now)
    }
}
