//! The HTTP interface as its callers meet it: the whole router over a store in memory, without sockets except where a
//! socket is what is tested.

mod bad_input;
mod banner;
mod decisions;
mod interface;
mod logs;
mod origins;
mod pages;
mod sockets;
mod support;
mod tokens;
