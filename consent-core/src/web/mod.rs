//! For services that answer HTTP: what the visitor allows, from the headers of a request, and answers that are held to it.
//!
//! | feature | what |
//! |---|---|
//! | `http` | [`Consent::from_headers`](crate::consent::Consent::from_headers), and [`Fresh`], the notice in force while it is kept fresh |
//! | `axum` | `Consent` as an argument of a handler |
//! | `tower` | `EnforceLayer`, which holds every answer to it |
//! | `fetch` | `follow`, which asks a server for that notice, again and again |
//! | `html` | with `tower`: `EnforceLayer::rewriting`, which holds pages too; without it, [`enforce::html`](crate::enforce) |
//!
//! Here, and nowhere else in this crate, the clock of the system is read, where the caller does not bring one.
//!
//! ```
//! use consent_core::category::Category;
//! use consent_core::consent::Consent;
//! use consent_core::enforce::Enforcer;
//! use consent_core::web::Fresh;
//! use time::OffsetDateTime;
//! # use consent_core::{consent::InForce, notice::Notice};
//!
//! # let notice = Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?;
//! let fresh = Fresh::fixed(Enforcer::new(InForce::from(notice))); // once, when the service starts
//! # let headers = http::HeaderMap::new();
//! let now = OffsetDateTime::UNIX_EPOCH; // the time of the request
//! let consent = match fresh.at(now) {
//!     Some(enforcer) => Consent::from_headers(enforcer.in_force(), &headers, now),
//!     None => Consent::denied(consent_core::consent::Why::NoNotice),
//! };
//! assert!(!consent.allows(Category::Advertisement));
//! # Ok::<(), consent_core::notice::NoticeError>(())
//! ```

#[cfg(feature = "tower")]
mod body;
#[cfg(feature = "tower")]
mod counts;
#[cfg(feature = "axum")]
mod extract;
#[cfg(feature = "tower")]
mod finish;
mod fresh;
mod headers;
#[cfg(all(feature = "html", feature = "tower"))]
mod html;
#[cfg(feature = "tower")]
mod kind;
#[cfg(feature = "tower")]
mod layer;
#[cfg(all(feature = "html", feature = "tower"))]
mod page;
#[cfg(feature = "tower")]
mod policies;

/// The page for people is held to what compiles.
#[cfg(all(doctest, feature = "axum", feature = "fetch", feature = "html", feature = "tower"))]
#[doc = include_str!("../../../docs/ask-in-axum.md")]
struct AskInAxum;

#[cfg(any(feature = "axum", feature = "fetch", feature = "tower"))]
use time::OffsetDateTime;

#[cfg(feature = "tower")]
pub use self::body::{EnforcedBody, EnforcedBodyError};
#[cfg(feature = "tower")]
pub use self::counts::Interventions;
pub use self::fresh::{Fresh, MAX_KEPT};
#[cfg(feature = "tower")]
pub use self::layer::{EnforceFuture, EnforceLayer, EnforceService, Undeclared};

/// The time, by the system's clock.
#[cfg(any(feature = "axum", feature = "fetch", feature = "tower"))]
#[expect(
    clippy::disallowed_methods,
    reason = "the one place of this crate that reads a clock, for who brings none"
)]
pub(crate) fn system_clock() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}
