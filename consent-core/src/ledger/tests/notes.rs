//! Keys and notes against the crate `signed_note`, and the rules that it does not have.

use signed_note::{
    Note as TheirNote, Signer as _, StandardSigner, StandardVerifier, Verifier as _, VerifierList,
};

use super::{ORIGIN, key};
use crate::ledger::checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint};
use crate::ledger::hash::EMPTY_ROOT;
use crate::ledger::key::{KeyError, SigningKey, VerifierKey};
use crate::ledger::note::{MAX_NOTE_BYTES, MAX_SIGNATURES, Note, NoteError, Signature};

const VECTOR: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

#[test]
fn keys_read_the_same_here_and_there() {
    let ours: VerifierKey = VECTOR.parse().unwrap();
    let theirs = StandardVerifier::new(VECTOR).unwrap();
    assert_eq!((ours.name(), u32::from_be_bytes(ours.id().0)), (theirs.name(), theirs.key_id()));
    let signer = StandardSigner::new(&key().to_secret_text()).unwrap();
    assert_eq!(signer.sign(b"text\n").unwrap(), key().sign(b"text\n"));
    assert_eq!(u32::from_be_bytes(key().verifier().id().0), signer.key_id());
}

#[test]
fn a_note_signed_here_opens_there_and_the_other_way_round() {
    let text = "a text\n\nwith an empty line\n";
    let ours = Note::sign(text, &[&key()]).unwrap();
    let known =
        VerifierList::new(vec![Box::new(StandardVerifier::new(&key().verifier().to_string()).unwrap())]);
    let theirs = TheirNote::from_bytes(ours.as_str().as_bytes()).unwrap();
    assert_eq!(theirs.verify(&known).unwrap().0.len(), 1);
    assert_eq!(theirs.text(), text.as_bytes());

    let mut theirs = TheirNote::new(text.as_bytes(), &[]).unwrap();
    theirs.add_sigs(&[&StandardSigner::new(&key().to_secret_text()).unwrap()]).unwrap();
    assert_eq!(theirs.to_bytes(), ours.as_str().as_bytes());
    assert_eq!(Note::open(&theirs.to_bytes(), &[key().verifier().clone()]), Ok(ours));
}

#[test]
fn secret_keys_read_back_and_do_not_show_themselves() {
    let secret = key().to_secret_text();
    assert_eq!(SigningKey::from_secret_text(&secret).unwrap().to_secret_text(), secret);
    assert_eq!(format!("{:?}", key()), format!("SigningKey({ORIGIN}+…)"));
    for end in 0..secret.len() {
        assert!(SigningKey::from_secret_text(&secret[..end]).is_err());
    }
}

#[test]
fn keys_of_two_logs_have_nothing_in_common() {
    let master = [3; 32];
    let one = SigningKey::derive(&master, "consent.example/newsroom/2026").unwrap();
    let other = SigningKey::derive(&master, "consent.example/newsroom/2027").unwrap();
    assert_ne!(one.verifier().public(), other.verifier().public());
    assert_eq!(
        one.verifier(),
        SigningKey::derive(&master, "consent.example/newsroom/2026").unwrap().verifier()
    );
}

#[test]
fn refuses_keys_with_the_cause() {
    for (text, cause) in [
        ("", KeyError::Form),
        ("a+b", KeyError::Form),
        ("example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", KeyError::Id),
        ("example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", KeyError::Id),
        ("example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", KeyError::Id),
        ("example.com foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", KeyError::Name),
        ("+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", KeyError::Name),
        ("example.com/foo+530d903a+BOkyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", KeyError::Type),
        ("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2", KeyError::Encoding),
        ("example.com/foo+530d903a+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", KeyError::Point),
        ("example.com/foo+530d903a+AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", KeyError::Point),
    ] {
        assert_eq!(text.parse::<VerifierKey>(), Err(cause), "{text}");
    }
}

#[test]
fn ignores_unknown_signatures_and_keeps_them_verbatim() {
    let other = SigningKey::from_seed("witness.example", &[9; 32]).unwrap();
    let note = Note::sign("text\n", &[&other, &key()]).unwrap();
    let opened = Note::open(note.as_str().as_bytes(), &[key().verifier().clone()]).unwrap();
    assert_eq!(opened.as_str(), note.as_str());
    assert_eq!(opened.signers(), [key().verifier().clone()]);
    assert_eq!(Note::open(note.as_str().as_bytes(), &[]), Err(NoteError::NotSigned));
}

#[test]
fn refuses_a_wrong_signature_of_a_known_key_beside_a_right_one() {
    let other = SigningKey::from_seed("witness.example", &[9; 32]).unwrap();
    let note = Note::sign("text\n", &[&key()]).unwrap();
    let wrong = Signature::new("another text\n", &other).to_line();
    let bytes = format!("{}{wrong}\n", note.as_str());
    let known = [key().verifier().clone(), other.verifier().clone()];
    let cause = NoteError::BadSignature { name: "witness.example".into() };
    assert_eq!(Note::open(bytes.as_bytes(), &known), Err(cause));
    assert!(Note::open(bytes.as_bytes(), &known[..1]).is_ok());
}

#[test]
fn takes_sixty_four_signatures_and_no_more() {
    let signers: Vec<_> =
        (0..=64).map(|i| SigningKey::from_seed(&format!("witness-{i}.example"), &[i; 32]).unwrap()).collect();
    let signers: Vec<_> = signers.iter().collect();
    assert_eq!(Note::sign("text\n", &signers[..MAX_SIGNATURES]).unwrap().signers().len(), 64);
    assert_eq!(Note::sign("text\n", &signers), Err(NoteError::TooManySignatures));
    assert_eq!(Note::sign(&("x".repeat(MAX_NOTE_BYTES) + "\n"), &[&key()]), Err(NoteError::TooLong));
}

#[test]
fn refuses_texts_that_are_none() {
    for text in ["text", "", "te\u{7}xt\n", "text\r\n"] {
        assert!(Note::sign(text, &[&key()]).is_err(), "{text:?}");
    }
    assert_eq!(Note::sign("text\n", &[]), Err(NoteError::Form));
}

#[test]
fn a_checkpoint_counts_only_under_the_key_of_its_log() {
    let checkpoint = Checkpoint { origin: ORIGIN.parse().unwrap(), size: 0, root: EMPTY_ROOT };
    let other = SigningKey::from_seed("consent.example/other/2026", &[7; 32]).unwrap();
    assert_eq!(SignedCheckpoint::sign(checkpoint.clone(), &other), Err(CheckpointError::KeyName));
    let note = Note::sign(&checkpoint.to_string(), &[&other]).unwrap();
    let known = [other.verifier().clone(), key().verifier().clone()];
    assert_eq!(SignedCheckpoint::open(note.as_str().as_bytes(), &known), Err(CheckpointError::KeyName));
    assert!(SignedCheckpoint::sign(checkpoint, &key()).is_ok());
}

#[test]
fn refuses_checkpoints_with_the_cause() {
    let root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    for (text, cause) in [
        (format!("{ORIGIN}\n0\n{root}"), CheckpointError::Lines),
        (format!("{ORIGIN}\n0\n{root}\nextension\n"), CheckpointError::Lines),
        (format!("{ORIGIN}\n\n0\n{root}\n"), CheckpointError::Lines),
        (format!("example.com\n0\n{root}\n"), CheckpointError::Origin),
        (format!("{ORIGIN}\n00\n{root}\n"), CheckpointError::Size),
        (format!("{ORIGIN}\n+1\n{root}\n"), CheckpointError::Size),
        (format!("{ORIGIN}\n\n{root}\n"), CheckpointError::Size),
        (format!("{ORIGIN}\n9007199254740992\n{root}\n"), CheckpointError::Size),
        (format!("{ORIGIN}\n0\n{}\n", root.trim_end_matches('=')), CheckpointError::Root),
        (format!("{ORIGIN}\n0\n{root}=\n"), CheckpointError::Root),
    ] {
        assert_eq!(text.parse::<Checkpoint>(), Err(cause), "{text}");
    }
}
