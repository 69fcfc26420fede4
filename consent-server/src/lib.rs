//! The only half of the consent platform that reads clocks, files, sockets and randomness.

pub mod cli;
pub mod config;
