//! The pure half of the consent platform: categories, choices, notices, decisions and the log that proves them.
//!
//! Nothing here reads a clock, a socket, a file or a source of randomness: every such value is an argument, so that
//! what this crate decides can be checked again by anybody, years later, from the same bytes.
//!
//! The modules build on each other in one direction only:
//! [`category`] → [`choices`] → [`notice`] and [`regime`] → `decision` → `cookie` and `signal` → [`ledger`] →
//! [`handoff`] → [`account`] → [`receipt`] → [`timestamp`] → [`bundle`] → [`verify`], over the two small foundations [`digest`] and [`canonical`].
//! A service that asks what a visitor allows needs [`consent`] alone, which stands on [`cookie`] and `signal`; one that
//! holds its own answers to it needs [`enforce`]. With the features `http`, `axum`
//! and `tower` there is `web`, which does both where answers are made; with `client`, what asks a server.
//!
//! ```
//! use consent_core::category::Category;
//! use consent_core::consent::{Consent, InForce};
//! use consent_core::cookie::ConsentCookie;
//! use consent_core::decision::Decision;
//! use consent_core::notice::Notice;
//! use consent_core::signal::Signals;
//!
//! # let bytes = include_bytes!("../fuzz/seeds/notice/small");
//! let notice = Notice::from_bytes(bytes)?; // what was shown
//! # let request: consent_core::decision::DecisionRequest = serde_json::from_value(serde_json::json!({
//! #     "decision_id": "0193564c-9000-7000-8000-0123456789ab", "subject_id": "AAECAwQFBgcICQoLDA0ODw",
//! #     "notice_id": notice.id(), "action": "save", "decided_at": "2026-11-23T09:30:00.123Z",
//! #     "choices": { "functional": "deny", "analytics": "grant", "performance": "deny", "advertisement": "deny" },
//! #     "signals": { "gpc": false }, "language": "fr", "page": "/actualites?utm=1",
//! # }))?;
//! let now = time::OffsetDateTime::from_unix_timestamp(1_795_500_000)?;
//! let decision = Decision::parse(&request, &notice, now)?; // what a browser sent, held to it
//! let cookie = format!("consent={}", ConsentCookie::of(&decision)); // what it keeps
//!
//! let consent = Consent::read(&InForce::from(notice), [cookie.as_bytes()], Signals::default(), now);
//! assert!(consent.allows(Category::Analytics));
//! assert!(!consent.allows(Category::Advertisement));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod account;
pub mod bundle;
pub mod canonical;
pub mod category;
pub mod choices;
#[cfg(feature = "client")]
pub mod client;
pub mod consent;
pub mod cookie;
pub mod decision;
pub mod digest;
pub mod enforce;
#[cfg(feature = "fetch")]
pub mod follow;
pub mod handoff;
pub mod interface;
pub mod ledger;
pub mod notice;
#[cfg(feature = "openapi")]
mod openapi;
pub mod receipt;
pub mod regime;
pub mod signal;
pub mod timestamp;
pub mod verify;
#[cfg(feature = "http")]
pub mod web;
