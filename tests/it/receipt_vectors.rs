//! Receipts are checked by the library and by a page in the browser: both by the same vectors.
//!
//! The file is made here, from fixed keys and salts: `UPDATE_VECTORS=1 cargo nextest run receipt_vectors` writes it anew.

use std::convert::Infallible;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use consent_core::digest::Digest;
use consent_core::ledger::append::{LogState, Staged};
use consent_core::ledger::checkpoint::SignedCheckpoint;
use consent_core::ledger::commitment::{Opening, Part, Salt};
use consent_core::ledger::entry::{Entry, Kind};
use consent_core::ledger::hash::root_of;
use consent_core::ledger::key::{SigningKey, VerifierKey};
use consent_core::ledger::proof::{TileSource, inclusion};
use consent_core::ledger::tile::TileId;
use consent_core::notice::NoticeId;
use consent_core::receipt::{Content, Receipt, ReceiptError};
use serde_json::{Value, json};

const ORIGIN: &str = "consent.example/newsroom/2026";

/// A tree in memory.
struct Leaves(Vec<Digest>);

impl TileSource for Leaves {
    type Error = Infallible;

    fn tile(&self, tile: TileId) -> Result<Vec<Digest>, Infallible> {
        let below = 256_usize.pow(u32::from(tile.level));
        let from = usize::try_from(tile.index).unwrap() * 256;
        let nodes = (from..from + usize::from(tile.width))
            .map(|node| root_of(&self.0[node * below..(node + 1) * below]));
        Ok(nodes.collect())
    }
}

fn key() -> SigningKey {
    SigningKey::from_seed(ORIGIN, &[7; 32]).unwrap()
}

fn opening(part: Part, number: u64) -> Opening {
    let salt = Salt(Digest::of(format!("{part}{number}").as_bytes()).0);
    let data = match part {
        Part::Subject => format!(r#"{{"decision_id":"0193564c-9000-7000-8000-{number:012x}","subject_id":"AAECAwQFBgcICQoLDA0ODw"}}"#),
        Part::Decision => r#"{"action":"save","choices":{"necessary":"grant","functional":"grant","analytics":"deny","performance":"deny","advertisement":"deny"},"decided_at":"2026-11-23T09:30:00.123Z","language":"fr","page":"/actualités","recorded_at":"2026-11-23T09:30:00.999Z","regime":["always","opt_in","opt_in","opt_in","opt_in"],"region":"FR","signals":{"gpc":false},"user_agent_class":"mobile"}"#.to_owned(),
    };
    Opening::new(salt, data).unwrap()
}

fn entry(number: u64) -> Entry {
    let kind = Kind::Decision {
        decision: opening(Part::Decision, number).commitment(Part::Decision),
        notice: NoticeId(Digest::of(b"notice")),
        subject: opening(Part::Subject, number).commitment(Part::Subject),
    };
    Entry::new(1_795_426_200 + number, kind).unwrap()
}

/// The head of a log of so many decisions, and its tree.
fn log(size: u64) -> (SignedCheckpoint, Leaves) {
    let mut staged = LogState::new(ORIGIN.parse().unwrap()).stage();
    let entries: Vec<_> = (0..size).map(entry).collect();
    for entry in &entries {
        staged.push(entry).unwrap();
    }
    let durable = Staged::persist(vec![staged], |_| Ok::<_, Infallible>(())).unwrap();
    let (_, head) = durable.into_iter().next().unwrap().sign(&key()).unwrap();
    (head, Leaves(entries.iter().map(Entry::leaf_hash).collect()))
}

fn receipt(size: u64, index: u64, parts: &[Part]) -> String {
    let (head, leaves) = log(size);
    let open = |part| parts.contains(&part).then(|| opening(part, index));
    let content = Content {
        decision: open(Part::Decision),
        entry: String::from_utf8(entry(index).bytes().to_vec()).unwrap(),
        subject: open(Part::Subject),
    };
    Receipt::new(head, index, inclusion(&leaves, index, size).unwrap(), content).unwrap().to_text()
}

/// The receipt with another text in its extra line.
fn with_extra(text: &str, change: impl FnOnce(String) -> String) -> String {
    let (first, rest) = text.split_once("\nextra ").unwrap();
    let (extra, rest) = rest.split_once('\n').unwrap();
    let extra = change(String::from_utf8(STANDARD.decode(extra).unwrap()).unwrap());
    format!("{first}\nextra {}\n{rest}", STANDARD.encode(extra))
}

fn bad(good: &str) -> Vec<(&'static str, String)> {
    let line = |number: usize, text: &str| {
        let mut lines: Vec<_> = good.split('\n').collect();
        lines[number] = text;
        lines.join("\n")
    };
    let notice = Entry::new(9, Kind::Notice { notice: NoticeId(Digest::of(b"")) }).unwrap();
    let notice = String::from_utf8(notice.bytes().to_vec()).unwrap();
    let index = good.lines().position(|line| line.starts_with("index ")).unwrap();
    let empty = good.lines().position(str::is_empty).unwrap();
    vec![
        ("empty", String::new()),
        ("another version", line(0, "c2sp.org/tlog-proof@v2")),
        ("extra is not base64", line(1, "extra *")),
        ("base64 with spare bits", line(1, "extra QQ==").replace("QQ==", "QR==")),
        ("no extra", good.replacen(good.lines().nth(1).unwrap(), "", 1).replacen("\n\n", "\n", 1)),
        ("an index with a leading zero", line(index, "index 07")),
        ("an index beyond 2^53", line(index, "index 9007199254740992")),
        ("a hash of 31 bytes", line(index + 1, &STANDARD.encode([0; 31]))),
        ("a byte order mark", format!("\u{feff}{good}")),
        ("carriage returns", good.replace('\n', "\r\n")),
        ("text after the signature", format!("{good}more\n")),
        ("another index", line(index, "index 8")),
        ("an index beyond the log", line(index, "index 300")),
        ("a hash too few", good.replacen(&format!("{}\n", good.lines().nth(index + 1).unwrap()), "", 1)),
        ("a hash too many", line(empty, &format!("{}\n", STANDARD.encode([0; 32])))),
        ("extra with white space", with_extra(good, |extra| extra.replacen(':', ": ", 1))),
        ("extra with an unknown field", with_extra(good, |extra| extra.replacen("{\"d", "{\"a\":1,\"d", 1))),
        ("extra that is no JSON", with_extra(good, |extra| extra.replacen('{', "", 1))),
        ("half a surrogate pair", with_extra(good, |extra| extra.replacen("save", "\\ud800", 1))),
        ("null for a part", with_extra(good, |_| json!({"decision": null, "entry": "x"}).to_string())),
        (
            "a salt of 31 bytes",
            with_extra(good, |_| format!(r#"{{"decision":["{}","x"],"entry":"x"}}"#, "A".repeat(42))),
        ),
        ("the entry of a notice", with_extra(good, |_| json!({ "entry": notice }).to_string())),
        (
            "an entry that is not canonical",
            with_extra(good, |extra| extra.replacen("\\\"v\\\":1", "\\\"v\\\":1 ", 1)),
        ),
        ("another choice", with_extra(good, |extra| extra.replacen("\\\"grant\\\"", "\\\"deny\\\"", 1))),
        ("another visitor", with_extra(good, |extra| extra.replacen("AAEC", "BAEC", 1))),
        ("another size", good.replacen("\n300\n", "\n301\n", 1)),
        ("another log", good.replacen("newsroom/2026\n", "newsroom/2025\n", 1)),
        ("another key", good.replacen("\u{2014} consent", "\u{2014} else", 1)),
    ]
}

fn cause(error: &ReceiptError) -> &'static str {
    match error {
        ReceiptError::Format(_) => "format",
        ReceiptError::Content => "content",
        ReceiptError::Entry => "entry",
        ReceiptError::Opening(_) => "opening",
        ReceiptError::Checkpoint(_) => "checkpoint",
        ReceiptError::Inclusion(_) => "inclusion",
        other => panic!("{other}"),
    }
}

/// What the file has to be.
fn vectors() -> Value {
    let known = [key().verifier().clone()];
    let shapes: [(u64, u64, &[Part]); 6] = [
        (300, 7, &Part::ALL),
        (1, 0, &Part::ALL),
        (256, 255, &Part::ALL),
        (257, 256, &Part::ALL),
        (300, 299, &[Part::Decision]),
        (5, 2, &[]),
    ];
    let good = shapes.map(|(size, index, parts)| {
        let text = receipt(size, index, parts);
        let time = entry(index).time();
        json!({"index": index, "parts": parts, "size": size, "text": text, "time": time})
    });
    let bad = bad(&receipt(300, 7, &Part::ALL)).into_iter().map(|(name, text)| {
        let error = Receipt::open(&text, &known).expect_err(name);
        json!({"cause": cause(&error), "name": name, "text": text})
    });
    json!({"bad": bad.collect::<Vec<_>>(), "good": good, "key": known[0].to_string()})
}

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../consent-js/vectors/receipt.json")
}

#[test]
fn receipt_vectors_are_what_the_library_makes_and_refuses() {
    let made = vectors();
    if std::env::var_os("UPDATE_VECTORS").is_some() {
        std::fs::write(file(), format!("{made:#}\n")).unwrap();
    }
    let kept: Value = serde_json::from_str(&std::fs::read_to_string(file()).unwrap()).unwrap();
    assert_eq!(kept, made, "UPDATE_VECTORS=1 writes the file anew");
    let key: VerifierKey = kept["key"].as_str().unwrap().parse().unwrap();
    for good in kept["good"].as_array().unwrap() {
        let receipt = Receipt::open(good["text"].as_str().unwrap(), std::slice::from_ref(&key)).unwrap();
        assert_eq!(receipt.index(), good["index"].as_u64().unwrap());
    }
    let causes: std::collections::BTreeSet<_> =
        kept["bad"].as_array().unwrap().iter().map(|bad| bad["cause"].as_str().unwrap()).collect();
    assert_eq!(causes.len(), 6, "a vector for each cause: {causes:?}");
}
