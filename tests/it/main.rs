//! Tests that cross packages.
#![expect(clippy::unwrap_used, reason = "a test that can not go on has failed, and the panic says where")]

mod cookie_vectors;
