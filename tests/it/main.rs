//! Tests that cross packages.

// `cfg(test)`, so that clippy takes the helpers for what they are and lets them unwrap.
#[cfg(test)]
mod anchors;
#[cfg(test)]
mod boundaries;
#[cfg(test)]
mod client;
#[cfg(test)]
mod cookie_vectors;
#[cfg(test)]
mod diff;
#[cfg(test)]
mod disk;
#[cfg(test)]
mod documented;
#[cfg(test)]
mod erased;
#[cfg(test)]
mod follow;
#[cfg(test)]
mod foreign;
#[cfg(test)]
mod frameworks;
#[cfg(test)]
mod grown;
#[cfg(test)]
mod guides;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod leaks;
#[cfg(test)]
mod linked;
#[cfg(test)]
mod new_year;
#[cfg(test)]
mod packages;
#[cfg(test)]
mod postgres;
#[cfg(test)]
mod power_cut;
#[cfg(test)]
mod privacy;
#[cfg(test)]
mod promises;
#[cfg(test)]
mod proof;
#[cfg(test)]
mod purity;
#[cfg(test)]
mod receipt_vectors;
#[cfg(test)]
mod reload;
#[cfg(test)]
mod same;
#[cfg(test)]
mod scale;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod start_up;
#[cfg(test)]
mod typed;
#[cfg(test)]
mod verify;
#[cfg(test)]
mod way_on;
#[cfg(test)]
mod webhooks;
