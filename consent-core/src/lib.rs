//! The pure half of the consent platform: categories, choices, notices, decisions and the log that proves them.
//!
//! Nothing here reads a clock, a socket, a file or a source of randomness: every such value is an argument, so that
//! what this crate decides can be checked again by anybody, years later, from the same bytes.
//!
//! # Where to begin
//!
//! | what is wanted | where it is |
//! |---|---|
//! | what a visitor allows, in a service | [`consent`]; from the headers of HTTP `web` |
//! | a service's own answers, held to that | [`enforce`]; as a layer of tower `web` |
//! | the notice in force, kept fresh | `follow`, or whatever fetches it and `web` |
//! | a server's answers, asked for | `client`, in the types of [`interface`] |
//! | what a visitor is shown, and what asks them again | [`notice`] and [`regime`] |
//! | a receipt, or a whole bundle, checked without trust | [`verify`] |
//! | a log that nobody rewrites unnoticed | [`ledger`] |
//!
//! What stands there without a link needs a feature: `http`, `axum`, `tower` and `html` bring parts of `web`, `client` and `fetch` what asks a
//! server. None changes anything of the rest.
//!
//! # From a choice to an answer
//!
//! ```
//! use consent_core::category::Category;
//! use consent_core::consent::{Consent, InForce};
//! use consent_core::cookie::ConsentCookie;
//! use consent_core::decision::Decision;
//! use consent_core::notice::Notice;
//! use consent_core::signal::Signals;
//!
//! # let bytes = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small"));
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
//!
//! # From a decision to a proof
//!
//! A decision stands in a log by its hashes, and the log's head is signed. So whoever has a receipt and the log's key needs nobody's word:
//!
//! ```
//! use consent_core::ledger::key::SigningKey;
//! use consent_core::verify::receipt::verify_receipt;
//!
//! # let receipt = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/receipt/decision"));
//! # let key = SigningKey::from_seed("consent.example/newsroom/2026", &[7; 32])?.verifier().clone();
//! let report = verify_receipt(receipt, &[key.clone()], &[])?;
//! assert_eq!((report.index, report.size), (257, 300)); // one of three hundred entries
//!
//! let forged = receipt.replace("index 257", "index 258");
//! assert!(verify_receipt(&forged, &[key], &[]).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How the modules build on each other
//!
//! In one direction only:
//! [`category`] → [`choices`] → [`notice`] and [`regime`] → [`decision`] → [`cookie`] and [`signal`] → [`ledger`] →
//! [`handoff`] → [`account`] → [`receipt`] → [`timestamp`] → [`bundle`] → [`verify`], over the two small foundations [`digest`] and [`canonical`].
//! A service that asks what a visitor allows needs [`consent`] alone, which stands on [`cookie`] and [`signal`]; one that
//! holds its own answers to it needs [`enforce`].

pub mod account;
pub mod bundle;
mod bytes;
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
