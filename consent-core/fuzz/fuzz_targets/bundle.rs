//! No bundle makes the verifier panic, and none that was not signed holds. Each file is a name and its bytes.
#![no_main]

use consent_core::verify::evidence::Evidence;
use consent_core::verify::source::MemoryBundle;
use consent_core::verify::verify;

const NAMES: [&str; 18] = [
    "README.txt",
    "decisions.csv",
    "logs/2026/anchors/2.checkpoint",
    "logs/2026/anchors/2.tlog-proof",
    "logs/2026/anchors/2.tsr",
    "logs/2026/checkpoint",
    "logs/2026/heads.tlog-proof",
    "logs/2026/history/1",
    "logs/2026/tile/0/000.p/1",
    "logs/2026/tile/0/000.p/2",
    "logs/2026/tile/entries/000.p/1",
    "logs/2026/tile/entries/000.p/2",
    "logs/2027/checkpoint",
    "manifest.json",
    "notices/47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU.json",
    "openings.jsonl",
    "policy",
    "tsa.pem",
];

libfuzzer_sys::fuzz_target!(|files: Vec<(u8, Vec<u8>)>| {
    let files = files
        .into_iter()
        .filter_map(|(name, bytes)| Some((NAMES.get(usize::from(name))?.to_string(), bytes)));
    let report = verify(&MemoryBundle(files.collect()), &Evidence::default(), &mut |_| ());
    assert!(!report.holds());
    let _ = (report.to_text(), report.to_json());
});
