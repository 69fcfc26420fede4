//! The command `consent`.
fn main() {}
