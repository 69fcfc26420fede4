//! Tests that cross packages.

mod boundaries;
mod kill;
mod power_cut;
mod purity;
mod start_up;
