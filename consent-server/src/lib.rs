//! The only half of the consent platform that reads clocks, files, sockets and randomness.

pub mod account;
pub mod again;
pub mod anchors;
pub mod app;
mod brief;
pub mod cli;
pub mod clock;
pub mod compressed;
pub mod config;
mod console;
pub mod counts;
pub mod data;
pub mod declaration;
pub mod ended;
pub mod evidence;
pub mod exhibits;
pub mod export;
pub mod forgotten;
pub mod handoff;
pub mod heads;
pub mod history;
pub mod http;
mod installed;
mod listen;
pub mod migrate;
mod nodes;
mod older;
mod openid;
mod parts;
pub mod proof;
pub mod region;
mod script;
pub mod sequencer;
pub mod signed;
pub mod site;
mod source;
pub mod store;
pub mod stored;
pub mod tallies;
#[cfg(feature = "otlp")]
pub mod telemetry;
pub mod tiles;
pub mod trail;
pub mod webhooks;

#[cfg(test)]
mod testing;
