//! Where a visitor stands, and what each answer rests on.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::cookie::CookieError;

/// Where a visitor stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// There is no choice that can be read.
    Unasked,
    /// There is a choice, and it holds in all categories.
    Chosen,
    /// The last choice is older than `ask_again_after`: none of its grants holds, each of its denials does.
    Expired,
    /// The last choice was made under another notice, and does not hold in all categories under this one.
    Outdated,
}

/// What led to a [`State`].
///
/// ```
/// use consent_core::consent::Why;
///
/// // Whoever denies everything for want of a notice must not say that the visitor did.
/// assert!(Why::NoNotice.closes() && Why::TooLong.closes());
/// assert!(!Why::NoCookie.closes() && !Why::TooOld.closes());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Why {
    /// There is no cookie `consent`.
    NoCookie,
    /// There is one, and it can not be read; of several, this is the first one's cause.
    Unreadable(CookieError),
    /// The `Cookie` headers are longer than [`MAX_COOKIE_BYTES`](super::MAX_COOKIE_BYTES): everything is denied.
    TooLong,
    /// There is no notice in force, or it was not confirmed for too long: everything is denied.
    NoNotice,
    /// Somebody is signed in, and the browser does not know yet what they chose: everything is denied.
    UnknownAccount,
    /// The visitor has chosen, and the choice holds.
    Chosen,
    /// The choice is older than `ask_again_after`.
    TooOld,
    /// The choice is from more than a day in the future.
    FromTheFuture,
    /// The choice was made under an older notice that asked for less.
    MoreIsAsked,
    /// The choice was made under a notice of which nothing is known, or from which nothing holds.
    UnknownNotice,
}

impl Why {
    /// Whether everything is denied, whatever the rules of the region say.
    #[must_use]
    pub const fn closes(self) -> bool {
        matches!(self, Self::TooLong | Self::NoNotice | Self::UnknownAccount)
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoCookie => "no cookie `consent`",
            Self::Unreadable(cause) => return write!(f, "no consent in the {cause}"),
            Self::TooLong => "cookie headers that are too long",
            Self::NoNotice => "no notice in force",
            Self::UnknownAccount => "no cookie `consent-account` of who is signed in",
            Self::Chosen => "chosen",
            Self::TooOld => "the choice is too old",
            Self::FromTheFuture => "the choice is from the future",
            Self::MoreIsAsked => "more is asked than when the choice was made",
            Self::UnknownNotice => "the choice was made under a notice that is not known",
        })
    }
}

/// What the answer for one category rests on.
///
/// ```
/// use consent_core::category::Category;
/// use consent_core::consent::{Consent, Ground, InForce};
/// use consent_core::{notice::Notice, signal::Signals};
///
/// # let notice = Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?;
/// let in_force = InForce::from(notice); // opt-in for all that can be denied
/// let now = time::OffsetDateTime::from_unix_timestamp(1_795_500_000)?;
/// // A choice under a notice of which nothing is known: its grants do not hold, its denials do.
/// let header = b"consent=1.05.toy7q0.uLr0n4HBq1Zt.AAECAwQFBgcICQoLDA0ODw.AZMk9mAAcACAAQIDBAUGBw";
/// let consent = Consent::read(&in_force, [header.as_slice()], Signals::default(), now);
/// assert_eq!(consent.ground(Category::Analytics), Ground::Rule);
/// assert_eq!(consent.ground(Category::Advertisement), Ground::EarlierDenial);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Ground {
    /// It can not be denied.
    Necessary,
    /// The visitor's choice.
    Choice,
    /// The rule of the region, as there is no choice that holds: opt-in is denied, opt-out and exempt are granted.
    Rule,
    /// A choice that does not hold any more, and denied it: a denial outlives the choice.
    EarlierDenial,
    /// The browser's objection (Global Privacy Control).
    Objection,
    /// Nothing could be asked ([`Why::closes`]).
    Closed,
}

impl fmt::Display for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Necessary => "necessary",
            Self::Choice => "the visitor's choice",
            Self::Rule => "the rule of the region",
            Self::EarlierDenial => "an earlier denial",
            Self::Objection => "the browser's objection",
            Self::Closed => "nothing could be asked",
        })
    }
}
