//! Our verifier and others', as commands.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use consent_tests::process::{binary, repository};

/// The checks in `tests/foreign`, and the one in `examples/verify-by-hand`.
pub(super) const FOREIGN: [&str; 3] = ["verify.go", "verify.py", "verify.sh"];

/// How a command ended, and what it said.
pub(super) struct Found {
    pub(super) status: ExitStatus,
    pub(super) said: String,
}

/// `consent verify BUNDLE` with evidence.
pub(super) fn consent_verify(bundle: &Path, receipts: &[PathBuf], checkpoints: &[PathBuf]) -> Found {
    let mut command = Command::new(binary());
    command.arg("verify").arg(bundle);
    for (option, files) in [("--receipt", receipts), ("--checkpoint", checkpoints)] {
        for file in files {
            command.arg(option).arg(file);
        }
    }
    run(&mut command)
}

/// One of [`FOREIGN`] on an unpacked bundle. The check by hand takes no receipts, but a list of keys.
pub(super) fn foreign(verifier: &str, folder: &Path, receipts: &[PathBuf]) -> Found {
    let place = if verifier == "verify.sh" { "examples/verify-by-hand" } else { "tests/foreign" };
    let file = repository().join(place).join(verifier);
    let mut command = match verifier {
        "verify.go" => {
            let mut go = Command::new("go");
            // Debian keeps the sources of its Go packages here; nothing is downloaded.
            go.env("GO111MODULE", "off")
                .env("GOPATH", "/usr/share/gocode")
                .env("GOFLAGS", "")
                .arg("run")
                .arg(file);
            go
        }
        "verify.py" => {
            let mut python = Command::new("python3");
            python.arg("-B").arg(file);
            python
        }
        _ => Command::new(file),
    };
    run(command.arg(folder).args(receipts))
}

/// `examples/verify-offline` on an unpacked bundle, with its own keys.
pub(super) fn offline(folder: &Path, receipts: &[PathBuf]) -> Found {
    let program = binary().with_file_name("examples").join("verify-offline");
    run(Command::new(program).arg(folder).arg(folder.join("policy")).args(receipts))
}

fn run(command: &mut Command) -> Found {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    Found { status: output.status, said }
}
