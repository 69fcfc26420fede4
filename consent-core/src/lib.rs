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
