//! The command `consent`.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// A request takes some fifty pieces of memory on one thread and gives them back on another; the system's allocator spends a
/// fifth of the server's time on that.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    consent_server::cli::run()
}
