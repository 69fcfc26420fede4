//! Tests that cross packages. `cfg(test)` says to lints what every file here is.

#[cfg(test)]
mod cookie_vectors;
#[cfg(test)]
mod foreign;
