//! `consent-core` decides from its arguments alone: no files, sockets, clocks, randomness, threads or environment, neither
//! in its own text nor in what it builds on.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::boundaries::{rust_files, without_tests_and_comments};

const CORE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../consent-core");

/// What can only be had from the machine.
const IMPURE: [&str; 17] = [
    "std::fs",
    "std::net",
    "std::env",
    "std::thread",
    "std::process",
    "std::io::stdin",
    "std::io::stdout",
    "std::sync",
    "std::path",
    "std::os",
    "Instant",
    "SystemTime",
    "now_utc",
    "now_local",
    "println!",
    "thread_local!",
    "tokio::",
];

/// What no part of the core's dependency tree may be. `rand_core` is traits alone: the arithmetic behind a timestamp's
/// signature names them, and a source of randomness would be `getrandom` or `rand`.
const FORBIDDEN: [&str; 13] = [
    "tokio",
    "axum",
    "hyper",
    "mio",
    "async-std",
    "futures",
    "rand",
    "getrandom",
    "reqwest",
    "ureq",
    "sled",
    "sqlx",
    "chrono",
];

fn impure(text: &str) -> Vec<&'static str> {
    // Of what threads share, a counted pointer is plain data: it waits for nobody.
    let text = text.replace("use std::sync::Arc;", "");
    IMPURE.into_iter().filter(|word| text.contains(word)).collect()
}

/// What is only built with a feature may read a clock and share what it keeps: `web`; or ask a server: `client`, `follow`; and the pass over
/// pages may share, since a page goes from thread to thread while it streams.
#[test]
fn the_core_asks_nothing_of_the_machine() {
    let lib = std::fs::read_to_string(Path::new(CORE).join("src/lib.rs")).unwrap();
    assert!(lib.contains("#[cfg(feature = \"http\")]\npub mod web;"));
    assert!(lib.contains("#[cfg(feature = \"client\")]\npub mod client;"));
    assert!(lib.contains("#[cfg(feature = \"fetch\")]\npub mod follow;"));
    let enforce = std::fs::read_to_string(Path::new(CORE).join("src/enforce/mod.rs")).unwrap();
    assert!(enforce.contains("#[cfg(feature = \"html\")]\npub mod html;"));
    let [web, client, follow, html] = ["src/web", "src/client", "src/follow", "src/enforce/html"]
        .map(|folder| Path::new(CORE).join(folder));
    let mut files: Vec<PathBuf> = rust_files(&Path::new(CORE).join("src"));
    files.retain(|file| ![&web, &client, &follow].iter().any(|folder| file.starts_with(folder)));
    assert!(files.len() > 20, "{}", files.len());
    for file in files {
        let text = without_tests_and_comments(&std::fs::read_to_string(&file).unwrap());
        let mut found = impure(&text);
        found.retain(|word| !(file.starts_with(&html) && *word == "std::sync"));
        assert_eq!(found, Vec::<&str>::new(), "{}", file.display());
    }
    assert_eq!(impure("let now = std::time::Instant::now();"), ["Instant"]);
    assert_eq!(impure("use std::sync::{Arc, Mutex};"), ["std::sync"]);
}

#[test]
fn the_core_builds_on_nothing_that_does() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let tree = Command::new(cargo)
        .args([
            "tree",
            "--offline",
            "--locked",
            "--package",
            "consent-core",
            "--edges",
            "normal",
            "--prefix",
            "none",
        ])
        .args(["--format", "{lib}"])
        .current_dir(CORE)
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let names = String::from_utf8(tree.stdout).unwrap();
    let names: Vec<_> = names.lines().map(|name| name.trim().replace('_', "-")).collect();
    assert!(names.iter().any(|name| name == "sha2"), "{names:?}");
    for forbidden in FORBIDDEN {
        assert!(!names.iter().any(|name| name == &forbidden.replace('_', "-")), "{forbidden}: {names:?}");
    }
}
