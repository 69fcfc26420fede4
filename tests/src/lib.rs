//! What the tests that cross packages share: the real binary as a process, and a client for it.

pub mod bulk;
pub mod client;
pub mod measure;
pub mod postgres;
pub mod process;
pub mod proxy;
pub mod visitor;

/// Whether the long runs are asked for. If not, says on stderr what was skipped.
#[must_use]
pub fn full_run(skipped: &str) -> bool {
    let full = std::env::var_os("CONSENT_FULL").is_some_and(|value| value == "1");
    if !full {
        eprintln!("skipped: {skipped}; set CONSENT_FULL=1");
    }
    full
}
