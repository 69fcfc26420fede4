//! The command `consent`.

use std::process::ExitCode;

/// A decision is made by one thread, written by another and let go by a third, which this allocator is made for. It takes a tenth
/// off the processor time of each.
#[cfg(feature = "jemalloc")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    consent_server::cli::run()
}
