//! The HTTP interface as its callers meet it: the whole router over a store in memory, without sockets except where a
//! socket is what is tested. `cfg(test)` tells the lints what every file here is.

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod banner;
mod console;
#[cfg(test)]
mod console_bundles;
#[cfg(test)]
mod console_commands;
#[cfg(test)]
mod console_declaration;
#[cfg(test)]
mod console_entry;
#[cfg(test)]
mod console_figures;
#[cfg(test)]
mod console_hostile;
#[cfg(test)]
mod console_install;
#[cfg(test)]
mod console_long;
#[cfg(test)]
mod console_notices;
#[cfg(test)]
mod console_openid;
#[cfg(test)]
mod console_overview;
#[cfg(test)]
mod console_preview;
#[cfg(test)]
mod console_prove;
#[cfg(test)]
mod console_sessions;
#[cfg(test)]
mod console_sign_in;
#[cfg(test)]
mod console_stale;
#[cfg(test)]
mod console_stories;
#[cfg(test)]
mod decisions;
#[cfg(test)]
mod declarations;
#[cfg(test)]
mod erasure;
#[cfg(test)]
mod evidence;
#[cfg(test)]
mod exports;
mod front;
#[cfg(test)]
mod handoffs;
#[cfg(test)]
mod interface;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod logs;
mod metrics;
#[cfg(test)]
mod network;
#[cfg(test)]
mod openid_provider;
#[cfg(test)]
mod origins;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod proofs;
#[cfg(test)]
mod regions;
#[cfg(test)]
mod reload;
#[cfg(test)]
mod sockets;
#[cfg(test)]
mod statistics;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod trail;
#[cfg(test)]
mod webhooks;
