//! What the tests of this crate share: the real program, a client, and a visitor.

pub mod client;
pub mod program;
pub mod server;
pub mod visitor;
