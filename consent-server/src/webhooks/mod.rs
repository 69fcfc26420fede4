//! Receivers are told what a site's logs say, as <https://www.standardwebhooks.com> describes.
//!
//! The log has every decision and erasure, in order and for good. So nothing is put into a queue: of each receiver it is kept
//! how far it was told, and that moves only behind a 2xx. Whatever happens in between, it is told again, under the same id;
//! to be told again later is to go through a part of the log once more.
//!
//! | module | what it does |
//! |---|---|
//! | [`signature`] | signs a delivery |
//! | [`event`] | finds in a log what a receiver is told of, and puts it into words |
//! | [`cursor`] | how far a receiver was told |
//! | [`replay`] | parts of the logs that it is told again |
//! | [`delivery`] | one attempt, and how long to wait after one that failed |
//! | [`counts`] | what became of attempts, for whoever watches the server |
//! | [`status`] | how each receiver does |
//!
//! When each of these happens is decided in `app/telling`.

pub mod counts;
pub mod cursor;
pub mod delivery;
pub mod event;
pub mod replay;
pub mod signature;
pub mod status;

use consent_core::notice::SiteId;

/// For so many seconds nobody else tells a receiver, where processes share a store. Longer than an attempt takes.
pub const LEASE_SECONDS: u32 = 30;

/// The name under which one process has a receiver for itself.
#[must_use]
pub fn lease_name(site: &SiteId, id: &str) -> String {
    format!("webhooks/{site}/{id}")
}
