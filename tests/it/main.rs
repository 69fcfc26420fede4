//! Tests that cross packages.

#[cfg(test)]
mod foreign;
