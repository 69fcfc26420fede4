//! Every prefix and every flipped bit of every format.
//!
//! A damaged text must be refused, or be harmless. Harmless means one of two things, and each test says which: it
//! reads as another value that then fails the check which the value is for; or the flip is in a part that nothing
//! relies on, and everything that is relied on came out unchanged.

use super::entries::examples;
use super::{Log, bytes, key};
use crate::ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::ledger::entry::Entry;
use crate::ledger::hash::leaf_hash;
use crate::ledger::key::{SigningKey, VerifierKey};
use crate::ledger::note::Note;
use crate::ledger::policy::Policy;
use crate::ledger::proof::inclusion;
use crate::ledger::tile::{TilePath, decode_entries, encode_entries};
use crate::ledger::tlog_proof::TlogProof;

/// Every text that differs from `original` in one bit.
fn flips(original: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> {
    (0..original.len() * 8).map(|bit| {
        let mut flipped = original.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        (bit, flipped)
    })
}

/// Every text that is `original` cut short.
fn prefixes(original: &[u8]) -> impl Iterator<Item = &[u8]> {
    (0..original.len()).map(|end| &original[..end])
}

fn known() -> [VerifierKey; 1] {
    [key().verifier().clone()]
}

#[test]
fn a_damaged_signed_checkpoint_is_refused() {
    let signed = Log::with_size(300).sign();
    let original = signed.as_str().as_bytes();
    assert_eq!(SignedCheckpoint::open(original, &known()).as_ref(), Ok(&signed));
    for prefix in prefixes(original) {
        assert!(SignedCheckpoint::open(prefix, &known()).is_err());
    }
    for (bit, flipped) in flips(original) {
        assert!(SignedCheckpoint::open(&flipped, &known()).is_err(), "bit {bit}");
    }
}

#[test]
fn a_damaged_checkpoint_text_is_refused_or_another_checkpoint() {
    // Another checkpoint is harmless: the signature is over the text, and the text differs.
    let original = Log::with_size(300).sign().checkpoint().clone();
    let text = original.to_string();
    for prefix in prefixes(text.as_bytes()) {
        assert!(std::str::from_utf8(prefix).unwrap().parse::<Checkpoint>().is_err());
    }
    for (bit, flipped) in flips(text.as_bytes()) {
        let Ok(flipped) = String::from_utf8(flipped) else { continue };
        let Ok(other) = flipped.parse::<Checkpoint>() else { continue };
        assert_ne!(other, original, "bit {bit}");
        assert_eq!(other.to_string(), flipped);
    }
}

#[test]
fn a_damaged_note_is_refused_or_damaged_in_a_signature_that_nobody_relies_on() {
    let witness = SigningKey::from_seed("witness.example", &[9; 32]).unwrap();
    let note = Note::sign("text\nof two lines\n", &[&key(), &witness]).unwrap();
    let original = note.as_str().as_bytes();
    let relied_on = Note::sign(note.text(), &[&key()]).unwrap().as_str().len();
    let both = [key().verifier().clone(), witness.verifier().clone()];
    for prefix in prefixes(original) {
        // Without its second line the note is whole again; everything else is cut within a line.
        assert_eq!(Note::open(prefix, &known()).is_ok(), prefix.len() == relied_on);
    }
    for (bit, flipped) in flips(original) {
        if let Ok(opened) = Note::open(&flipped, &known()) {
            assert!(bit / 8 >= relied_on, "bit {bit}");
            assert_eq!((opened.text(), opened.signers()), (note.text(), &known()[..]));
        }
        // Who knows both keys never sees both sign.
        assert!(Note::open(&flipped, &both).map(|opened| opened.signers().len()) != Ok(2), "bit {bit}");
    }
}

#[test]
fn a_damaged_key_is_refused() {
    let text = key().verifier().to_string();
    for prefix in prefixes(text.as_bytes()) {
        assert!(std::str::from_utf8(prefix).unwrap().parse::<VerifierKey>().is_err());
    }
    for (bit, flipped) in flips(text.as_bytes()) {
        let Ok(flipped) = String::from_utf8(flipped) else { continue };
        assert!(flipped.parse::<VerifierKey>().is_err(), "bit {bit}");
    }
}

#[test]
fn a_damaged_tile_path_is_refused_or_another_path() {
    // Another path is harmless: it names other bytes, which are checked against the root.
    for original in ["tile/0/x001/x234/067.p/5", "tile/entries/x001/000.p/255", "tile/63/000"] {
        let path: TilePath = original.parse().unwrap();
        for prefix in prefixes(original.as_bytes()) {
            let prefix = std::str::from_utf8(prefix).unwrap();
            assert!(
                prefix.parse::<TilePath>().map(|other| other.to_string() == prefix && other != path)
                    != Ok(false)
            );
        }
        for (bit, flipped) in flips(original.as_bytes()) {
            let Ok(flipped) = String::from_utf8(flipped) else { continue };
            let other = flipped.parse::<TilePath>();
            assert!(
                other.map(|other| other.to_string() == flipped && other != path) != Ok(false),
                "bit {bit}"
            );
        }
    }
}

#[test]
fn a_damaged_entry_bundle_is_refused_or_has_other_leaves() {
    // Other leaves are harmless: they lead to another root.
    let entries: Vec<_> = examples().into_iter().map(|(_, text)| text.into_bytes()).collect();
    let width = u16::try_from(entries.len()).unwrap();
    let original = encode_entries(entries.iter().map(Vec::as_slice)).unwrap();
    for prefix in prefixes(&original) {
        assert!(decode_entries(prefix, width).is_err());
    }
    for (bit, flipped) in flips(&original) {
        if let Ok(other) = decode_entries(&flipped, width) {
            assert_ne!(other, entries, "bit {bit}");
        }
    }
}

#[test]
fn a_damaged_proof_file_is_refused_or_damaged_in_its_extra_line() {
    let log = Log::with_size(300);
    let proof = TlogProof {
        extra: Some(b"something beside the proof".to_vec()),
        index: 257,
        hashes: inclusion(&log, 257, 300).unwrap(),
        checkpoint: log.sign().as_str().to_owned(),
    };
    let leaf = leaf_hash(&bytes(257));
    let text = proof.to_string();
    assert_eq!(TlogProof::parse(text.as_bytes()).as_ref(), Ok(&proof));
    assert!(proof.verify(leaf, &known()).is_ok());
    for prefix in prefixes(text.as_bytes()) {
        assert!(TlogProof::parse(prefix).is_err());
    }
    for (bit, flipped) in flips(text.as_bytes()) {
        let Ok(other) = TlogProof::parse(&flipped) else { continue };
        assert_eq!(other.to_string().as_bytes(), flipped, "bit {bit}");
        if other.verify(leaf, &known()).is_ok() {
            assert_ne!(other.extra, proof.extra, "bit {bit}");
            assert_eq!(TlogProof { extra: proof.extra.clone(), ..other }, proof);
        }
    }
}

#[test]
fn a_damaged_policy_is_refused_or_another_policy() {
    // Another policy is harmless only as far as keys go: a flip never yields another key, since name and key are
    // hashed into the hint. Addresses and names of groups are text; whoever relies on them compares the whole file.
    let (a, b) = (key(), SigningKey::from_seed("consent.example/newsroom/2027", &[8; 32]).unwrap());
    let text = format!(
        "log {} https://consent.example/\nlog {}\nwitness w name+01020304+key\ngroup g any w\nquorum g\n",
        a.verifier(),
        b.verifier()
    );
    let policy = Policy::parse(text.as_bytes()).unwrap();
    assert_eq!(policy.to_string(), text);
    for prefix in prefixes(text.as_bytes()) {
        assert!(Policy::parse(prefix).is_err());
    }
    for (bit, flipped) in flips(text.as_bytes()) {
        if let Ok(other) = Policy::parse(&flipped) {
            assert!(other.keys().iter().all(|key| policy.keys().contains(key)), "bit {bit}");
            assert_eq!(Policy::parse(other.to_string().as_bytes()), Ok(other));
        }
    }
}

#[test]
fn a_damaged_entry_is_refused_or_another_leaf() {
    for (_, text) in examples() {
        let entry = Entry::parse(text.as_bytes()).unwrap();
        for prefix in prefixes(text.as_bytes()) {
            assert!(Entry::parse(prefix).is_err());
        }
        for (bit, flipped) in flips(text.as_bytes()) {
            if let Ok(other) = Entry::parse(&flipped) {
                assert_eq!(other.bytes(), flipped, "bit {bit}");
                assert_ne!(other.leaf_hash(), entry.leaf_hash(), "bit {bit}");
            }
        }
    }
}
