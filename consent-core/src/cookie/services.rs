//! The cookie `consent-services`: services that were granted one by one, in categories that are denied.
//!
//! `1.<decision>.<id>.<id>…`: the decision in which they were granted, as 22 characters of base64url, and their ids in
//! ascending order. It counts only beside a cookie `consent` of the same decision, so an older one grants nothing, and
//! whoever does not know it sees the category denied.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::{ConsentCookie, CookieError, bytes};
use crate::choices::Choice;
use crate::decision::{Decision, DecisionId};
use crate::digest::encode_base64url;
use crate::notice::{MAX_SERVICES, ServiceId};

/// The name of the cookie.
///
/// ```
/// use consent_core::cookie::{ACCOUNT_SERVICES_COOKIE_NAME, SERVICES_COOKIE_NAME};
///
/// // Each stands beside a cookie of its own, `consent` and `consent-account`.
/// assert_eq!(SERVICES_COOKIE_NAME, "consent-services");
/// assert_eq!(ACCOUNT_SERVICES_COOKIE_NAME, "consent-services-account");
/// ```
pub const SERVICES_COOKIE_NAME: &str = "consent-services";

/// Name of the one beside the choice of who is signed in.
pub const ACCOUNT_SERVICES_COOKIE_NAME: &str = "consent-services-account";

/// What the cookie says.
///
/// ```
/// use consent_core::cookie::{ConsentCookie, ServicesCookie};
///
/// let consent: ConsentCookie = "1.01.t9q2ko.uLr0n4HBq1Zt.AAECAwQFBgcICQoLDA0ODw.AZMk9mAAcACAAQIDBAUGBw".parse()?;
/// let services: ServicesCookie = "1.AZMk9mAAcACAAQIDBAUGBw.maps.video".parse()?;
/// assert!(services.allows(&consent, "video"));
/// assert!(!services.allows(&consent, "chat"));
///
/// // Beside a later decision it says nothing any more.
/// let later: ConsentCookie = "1.01.t9q2kp.uLr0n4HBq1Zt.AAECAwQFBgcICQoLDA0ODw.AZMk9mAAcACAAQIDBAUGCA".parse()?;
/// assert!(services.is_beside(&consent) && !services.is_beside(&later));
/// # Ok::<(), consent_core::cookie::CookieError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServicesCookie {
    decision: DecisionId,
    granted: BTreeSet<ServiceId>,
}

impl ServicesCookie {
    /// The cookie that a recorded decision leaves beside [`ConsentCookie`]; `None` if it granted no service by itself.
    ///
    /// ```
    /// use consent_core::{cookie::ServicesCookie, decision::Decision, notice::Notice};
    ///
    /// # let notice = Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?;
    /// # let request: consent_core::decision::DecisionRequest = serde_json::from_value(serde_json::json!({
    /// #     "decision_id": "0193564c-9000-7000-8000-0123456789ab", "subject_id": "AAECAwQFBgcICQoLDA0ODw",
    /// #     "notice_id": notice.id(), "action": "save", "decided_at": "2026-11-23T09:30:00.123Z",
    /// #     "choices": { "functional": "deny", "analytics": "grant", "performance": "deny", "advertisement": "deny" },
    /// #     "signals": { "gpc": false }, "language": "fr", "page": "/actualites?utm=1",
    /// # }))?;
    /// // Analytics is granted as a whole, and no service by itself.
    /// let decision = Decision::parse(&request, &notice, time::OffsetDateTime::UNIX_EPOCH)?;
    /// assert_eq!(decision.services().count(), 0);
    /// assert_eq!(ServicesCookie::of(&decision), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn of(decision: &Decision) -> Option<Self> {
        let granted = decision.services().filter(|(_, choice)| *choice == Choice::Grant);
        let granted: BTreeSet<_> = granted.map(|(id, _)| id.clone()).collect();
        (!granted.is_empty()).then(|| Self { decision: decision.decision_id(), granted })
    }

    /// Whether the service was granted in the decision that `consent` holds. A service is also allowed when its category
    /// is: ask [`ConsentCookie::choices`] first.
    #[must_use]
    pub fn allows(&self, consent: &ConsentCookie, service: &str) -> bool {
        self.is_beside(consent) && self.granted.iter().any(|granted| granted.as_str() == service)
    }

    /// Whether it is of the decision that `consent` holds, so that it counts.
    #[must_use]
    pub fn is_beside(&self, consent: &ConsentCookie) -> bool {
        self.decision == consent.decision
    }
}

impl FromStr for ServicesCookie {
    type Err = CookieError;

    fn from_str(value: &str) -> Result<Self, CookieError> {
        let mut fields = value.split('.');
        if fields.next() != Some("1") {
            return Err(CookieError::Version);
        }
        let decision = fields.next().ok_or(CookieError::Fields)?;
        let decision =
            bytes(decision.as_bytes()).and_then(DecisionId::from_bytes).ok_or(CookieError::Decision)?;
        let mut granted = BTreeSet::new();
        for field in fields {
            let id: ServiceId = field.parse().map_err(|_| CookieError::Service)?;
            // In order and once each: then there is one text for each value.
            if granted.last().is_some_and(|last| *last >= id) || granted.len() == MAX_SERVICES {
                return Err(CookieError::Service);
            }
            granted.insert(id);
        }
        if granted.is_empty() { Err(CookieError::Fields) } else { Ok(Self { decision, granted }) }
    }
}

impl fmt::Display for ServicesCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", encode_base64url(self.decision.as_bytes()))?;
        self.granted.iter().try_for_each(|id| write!(f, ".{id}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "1.AZMk9mAAcACAAQIDBAUGBw.maps.video";
    const CONSENT: &str = "1.01.t9q2ko.uLr0n4HBq1Zt.AAECAwQFBgcICQoLDA0ODw.AZMk9mAAcACAAQIDBAUGBw";

    #[test]
    fn reads_back_what_it_writes() {
        assert_eq!(GOOD.parse::<ServicesCookie>().unwrap().to_string(), GOOD);
    }

    #[test]
    fn every_prefix_is_refused_or_grants_less() {
        for end in 0..GOOD.len() {
            match GOOD[..end].parse::<ServicesCookie>() {
                Ok(cookie) => assert!(!cookie.allows(&CONSENT.parse().unwrap(), "video"), "{cookie}"),
                Err(error) => {
                    assert!(
                        end < "1.AZMk9mAAcACAAQIDBAUGBw.m".len() || GOOD[..end].ends_with('.'),
                        "{error}"
                    );
                }
            }
        }
    }

    #[test]
    fn another_decision_grants_nothing() {
        let services: ServicesCookie = GOOD.parse().unwrap();
        assert!(services.allows(&CONSENT.parse().unwrap(), "maps"));
        let other = CONSENT.replace("AZMk9mAAcAC", "AZMk9mBBcAC").parse().unwrap();
        assert!(!services.allows(&other, "maps"));
    }

    #[test]
    fn refuses_other_spellings_with_the_cause() {
        use CookieError as E;
        let many: String = (0..=MAX_SERVICES).map(|n| format!(".s{n:02}")).collect();
        for (from, to, cause) in [
            ("1.", "2.", E::Version),
            (".maps.video", "", E::Fields),
            ("maps.video", "video.maps", E::Service),
            ("maps", "video", E::Service),
            ("maps", "Maps", E::Service),
            ("maps", "", E::Service),
            ("maps", "analytics", E::Service),
            (".maps.video", &many, E::Service),
            ("AZMk9mAAcAC", "AZMk9mAAQAC", E::Decision),
        ] {
            assert_eq!(GOOD.replacen(from, to, 1).parse::<ServicesCookie>(), Err(cause), "{from} → {to}");
        }
    }
}
