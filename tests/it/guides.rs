//! The pages in `docs`: what they say to type is typed, in their order, and answers what they show.

use std::fmt::Write as _;
use std::fs;
use std::net::TcpListener;
use std::process::Command;

use consent_tests::full_run;
use consent_tests::process::{binary, repository};

/// A fenced block: what follows the fence, and its lines.
struct Block {
    kind: String,
    text: String,
}

fn blocks(guide: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = guide.lines();
    while let Some(line) = lines.next() {
        let Some(kind) = line.strip_prefix("```") else { continue };
        let text = lines
            .by_ref()
            .take_while(|line| *line != "```")
            .fold(String::new(), |text, line| text + line + "\n");
        blocks.push(Block { kind: kind.to_owned(), text });
    }
    blocks
}

/// The file that a block is, if its first line names one.
fn file(text: &str) -> Option<&str> {
    let first = text.lines().next()?;
    let name = first.strip_prefix("# ").or_else(|| first.strip_prefix("<!-- ")?.strip_suffix(" -->"))?;
    (name.ends_with(".toml") || name.ends_with(".html")).then_some(name)
}

/// Runs the blocks of a page as one script; whatever it starts ends with it.
fn run(name: &str) {
    if !full_run("what the pages in docs say to type, which needs curl and jq") {
        return;
    }
    let guide = fs::read_to_string(repository().join("docs").join(name)).unwrap();
    let blocks = blocks(&guide);
    let mut script =
        String::from("set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT\n");
    let mut shown = Vec::new();
    for block in &blocks {
        match (block.kind.as_str(), file(&block.text)) {
            ("toml" | "html", Some(name)) => {
                let text = &block.text;
                write!(
                    script,
                    "mkdir -p \"$(dirname {name})\"\ncat >{name} <<'END OF THE FILE'\n{text}END OF THE FILE\n"
                )
                .unwrap();
            }
            ("sh", _) => script += &block.text,
            ("text", _) => shown.extend(block.text.lines()),
            _ => {}
        }
    }
    assert!(script.contains("consent "), "{name}: nothing to run");
    // Two pages at a time must not want the same port.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let script = script.replace(":8080", &format!(":{port}"));
    let home = tempfile::tempdir().unwrap();
    let binary = binary();
    let path = format!("{}:{}", binary.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(home.path())
        .env("PATH", path)
        .output()
        .unwrap();
    let said =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.success(), "{name}: {}\n{said}", output.status);
    for line in shown {
        assert!(said.contains(line), "{name} shows `{line}`, and this was said:\n{said}");
    }
}

#[test]
fn block_a_tag() {
    run("block-a-tag.md");
}

#[test]
fn prove_a_consent() {
    run("prove-a-consent.md");
}

#[test]
fn erase_a_person() {
    run("erase-a-person.md");
}

#[test]
fn move_from_cookieyes() {
    run("move-from-cookieyes.md");
}

#[test]
fn every_link_in_them_leads_somewhere() {
    let docs = repository().join("docs");
    for entry in fs::read_dir(&docs).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link) {
            let target = link.split('#').next().unwrap();
            assert!(link.starts_with("https://") || docs.join(target).exists(), "{}: {link}", path.display());
        }
    }
}
