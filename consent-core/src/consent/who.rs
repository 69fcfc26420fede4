//! Whose choice counts.

/// Whether somebody is signed in, on sites where the choice of who is holds on all their devices.
///
/// The browser keeps that choice in a cookie of its own beside the device's
/// ([`ACCOUNT_COOKIE_NAME`](crate::cookie::ACCOUNT_COOKIE_NAME)), and until its script has run after somebody has signed out, both
/// are sent. Only the service knows which one counts.
///
/// ```
/// use consent_core::category::Category;
/// use consent_core::consent::{Consent, InForce, Who};
/// use consent_core::{notice::Notice, signal::Signals};
/// use time::OffsetDateTime;
///
/// # let notice = Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?;
/// let prefix = notice.id().prefix();
/// let in_force = InForce::new(notice.into());
/// let now = OffsetDateTime::from_unix_timestamp(1_795_500_000)?;
///
/// // Denied on this device by whoever chose there, granted by who is signed in.
/// let choice = |bits| format!("1.{bits}.toy7q0.{prefix}.AAECAwQFBgcICQoLDA0ODw.AZMk9mAAcACAAQIDBAUGBw");
/// let header = format!("consent={}; consent-account={}", choice("01"), choice("05"));
/// let allows = |who| {
///     Consent::read_as(who, &in_force, [header.as_bytes()], Signals::default(), now).allows(Category::Analytics)
/// };
/// assert!(allows(Who::Account));
/// assert!(!allows(Who::Device));
/// assert!(!allows(Who::Unknown));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Who {
    /// It is not known: what either choice denies is denied.
    #[default]
    Unknown,
    /// Nobody is signed in: the device's own choice.
    Device,
    /// Somebody is: their choice, or the device's if the browser knows that they have none (`consent-account=0`). Where the browser knows
    /// nothing of them yet, everything is denied ([`Why::UnknownAccount`](super::Why::UnknownAccount)). Where another person was signed in before, and no page with
    /// the script has been shown since, it is still that person's: delete the cookie in the answer that signs somebody in or out.
    Account,
}
