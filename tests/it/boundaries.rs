//! Imports go one way: a module may use those that stand before it in its list, and no others. So there are no circles.
//!
//! The lists are DESIGN.md's map with what it leaves open: `digest` and `canonical` are the ground; a decision carries the
//! signals that stood, so `signal` comes before `decision`.

use std::fs;
use std::path::{Path, PathBuf};

/// The core's modules.
const CORE: &[&str] = &[
    "bytes",
    "digest",
    "canonical",
    "category",
    "choices",
    "regime",
    "notice",
    "signal",
    "decision",
    "cookie",
    "consent",
    "interface",
    "ledger",
    "handoff",
    "account",
    "receipt",
    "timestamp",
    "bundle",
    "verify",
    "enforce",
    "web",
    "client",
    "follow",
    "openapi",
];

/// The ledger's own.
const LEDGER: &[&str] = &[
    "hash",
    "tile",
    "frontier",
    "proof",
    "key",
    "note",
    "origin",
    "checkpoint",
    "cosignature",
    "tlog_proof",
    "policy",
    "commitment",
    "entry",
    "append",
];

/// The server's.
const SERVER: &[&str] = &[
    "clock",
    "telemetry",
    "compressed",
    "region",
    "data",
    "config",
    "openid",
    "store",
    "evidence",
    "exhibits",
    "tallies",
    "signed",
    "ended",
    "nodes",
    "heads",
    "tiles",
    "stored",
    "forgotten",
    "history",
    "trail",
    "proof",
    "counts",
    "console",
    "migrate",
    "sequencer",
    "older",
    "again",
    "parts",
    "brief",
    "script",
    "declaration",
    "site",
    "handoff",
    "account",
    "anchors",
    "export",
    "source",
    "webhooks",
    "installed",
    "http",
    "listen",
    "app",
    "cli",
    "main",
];

fn source(of: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(of).join("src")
}

#[test]
fn the_cores_modules_build_on_each_other_in_one_direction() {
    assert_eq!(steps_back(&source("consent-core"), &[], CORE), Vec::<String>::new());
}

#[test]
fn the_ledgers_modules_build_on_each_other_in_one_direction() {
    assert_eq!(steps_back(&source("consent-core"), &["ledger"], LEDGER), Vec::<String>::new());
}

#[test]
fn the_servers_modules_build_on_each_other_in_one_direction() {
    assert_eq!(steps_back(&source("consent-server"), &[], SERVER), Vec::<String>::new());
}

/// The test itself must see what it is there to see.
#[test]
fn a_step_back_is_found_however_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("lib.rs", "pub mod a;\npub mod b;\npub use b::X;");
    write(
        "a.rs",
        "// use crate::b::X;\nuse crate::{c::Y, d};\nfn f() { super::b::g() }\n#[cfg(test)]\nmod tests { use crate::b; }",
    );
    write("b/mod.rs", "use crate::a;\nmod inner;");
    write("b/inner.rs", "use super::super::c;\nuse super::z;\n");
    write("c.rs", "use crate::a::A; use crate::b::{B, C};");
    write("b/tests.rs", "use crate::c;");
    write("stray.rs", "");
    let mut found = steps_back(folder.path(), &[], &["a", "b", "c", "d"]);
    found.sort();
    assert_eq!(
        found,
        ["a uses b", "a uses c", "a uses d", "b uses c", "stray has no place in the order"]
            .map(str::to_owned)
    );
}

/// Every use of a module by one that stands before it, below the module `root` of a crate.
fn steps_back(source: &Path, root: &[&str], order: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for file in rust_files(source) {
        let module = module_of(source, &file);
        let Some(own) = below(&module, root) else { continue };
        let Some(rank) = order.iter().position(|name| name == own) else {
            found.push(format!("{own} has no place in the order"));
            continue;
        };
        let text = without_tests_and_comments(&fs::read_to_string(&file).unwrap());
        for path in uses(&text, &module) {
            let used = below(&path, root);
            let used = used.and_then(|used| order.iter().position(|name| name == used));
            if let Some(used) = used.filter(|used| *used > rank) {
                found.push(format!("{own} uses {}", order[used]));
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

/// The name right below `root`, if the path leads there.
fn below<'a>(path: &'a [String], root: &[&str]) -> Option<&'a String> {
    let (first, rest) = path.split_at_checked(root.len())?;
    if first.iter().eq(root) { rest.first() } else { None }
}

/// All files of Rust below a folder that are no tests, in order.
pub(crate) fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && !["tests", "testing"].contains(&name) {
            files.extend(rust_files(&path));
        } else if name.ends_with(".rs") && !["tests.rs", "testing.rs", "contract.rs"].contains(&name) {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// `b/inner.rs` is `["b", "inner"]`, `b/mod.rs` is `["b"]`, `lib.rs` is `[]`.
pub(crate) fn module_of(source: &Path, file: &Path) -> Vec<String> {
    let path = file.strip_prefix(source).unwrap().with_extension("");
    let mut module: Vec<_> = path.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    if module.last().is_some_and(|last| last == "mod" || last == "lib") {
        module.pop();
    }
    module
}

/// The text without comments and without the module of tests at its end.
pub(crate) fn without_tests_and_comments(text: &str) -> String {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    without_tests(&code.collect::<Vec<_>>().join("\n")).to_owned()
}

/// The text without the module of tests at its end.
pub(crate) fn without_tests(text: &str) -> &str {
    let tests =
        text.find("#[cfg(test)]\nmod tests {").or_else(|| text.find("#[cfg(test)]\npub(crate) mod tests {"));
    &text[..tests.unwrap_or(text.len())]
}

/// Every path that begins with `crate::` or `super::`, from the root of the crate.
fn uses(text: &str, module: &[String]) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        if text[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_' || before == ':') {
            continue;
        }
        heads(&text[at + "crate::".len()..], &[], &mut paths);
    }
    for (at, _) in text.match_indices("super::") {
        if text[..at].ends_with("::") {
            continue;
        }
        let mut rest = &text[at..];
        let mut from = module.len();
        while let Some(after) = rest.strip_prefix("super::") {
            rest = after;
            from = from.saturating_sub(1);
        }
        heads(rest, &module[..from], &mut paths);
    }
    paths
}

/// The first two names of a path, or of each path in braces.
fn heads(text: &str, prefix: &[String], paths: &mut Vec<Vec<String>>) {
    if let Some(list) = text.strip_prefix('{') {
        let mut depth = 0_u32;
        let end = list.find(|c| match c {
            '{' => {
                depth += 1;
                false
            }
            '}' if depth == 0 => true,
            '}' => {
                depth -= 1;
                false
            }
            _ => false,
        });
        let mut depth = 0_u32;
        let items = list[..end.unwrap_or(0)].split(|c| {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            c == ',' && depth == 0
        });
        items.for_each(|item| heads(item.trim(), prefix, paths));
        return;
    }
    let name = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let first = name(text);
    let mut path = prefix.to_vec();
    let rest = text.get(first.len()..).unwrap_or_default();
    path.push(first);
    match rest.strip_prefix("::") {
        Some(rest) if rest.starts_with('{') => heads(rest, &path, paths),
        Some(rest) => {
            path.push(name(rest));
            paths.push(path);
        }
        None => paths.push(path),
    }
}
