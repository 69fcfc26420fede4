//! Tests that cross packages.

mod boundaries;
mod cookie_vectors;
mod foreign;
mod kill;
mod power_cut;
mod purity;
mod start_up;
