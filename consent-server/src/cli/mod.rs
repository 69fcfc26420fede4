//! What the sub-commands of `consent` do, each apart from how its arguments are read.

pub mod check;
