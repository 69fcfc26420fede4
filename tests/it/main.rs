//! Tests that cross packages.

mod cookie_vectors;
