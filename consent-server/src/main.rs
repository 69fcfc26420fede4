//! The command `consent`.

use std::process::ExitCode;

fn main() -> ExitCode {
    consent_server::cli::run()
}
