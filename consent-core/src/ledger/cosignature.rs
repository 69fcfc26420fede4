//! What a witness adds to a checkpoint (C2SP tlog-cosignature, type 04): a statement that, at a time, it knew of no larger
//! head of the log that would contradict this one.
//!
//! ```
//! use base64::{Engine as _, engine::general_purpose::STANDARD};
//! use consent_core::ledger::cosignature::{BadCosignature, Cosignature, WitnessKey, signed_text};
//! use consent_core::ledger::note::{Signature, split};
//!
//! # let secret = consent_core::ledger::key::SigningKey::from_seed("witness.example/w", &[1; 32])?;
//! # let log = consent_core::ledger::key::SigningKey::from_seed("consent.example/heads/2026", &[7; 32])?;
//! let checkpoint = "consent.example/heads/2026\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
//! # let signed = Signature::new(checkpoint, &log).to_line();
//! // What a witness does: it signs the text and its own time, under its own name.
//! let witness = WitnessKey::new("witness.example/w", &secret.verifier().public())?;
//! let time: u64 = 1_795_426_200;
//! let signature = secret.sign(signed_text(checkpoint, time).as_bytes());
//! let bytes = [witness.id().0.as_slice(), &time.to_be_bytes(), &signature].concat();
//! let line = format!("\u{2014} {} {}", witness.name(), STANDARD.encode(bytes));
//!
//! // What an auditor does: it looks for the line of a witness that it knows.
//! let note = format!("{checkpoint}\n{signed}\n{line}\n");
//! let found: Cosignature = witness.find(&split(note.as_bytes())?)?.ok_or("not witnessed")?;
//! assert_eq!((found.time, found.line()), (time, line.as_str()));
//!
//! // Under another text the same line is none.
//! let line = Signature::from_line(&line).ok_or("no line")?;
//! assert!(witness.is_named_by(&line));
//! let other = checkpoint.replace("\n0\n", "\n1\n");
//! assert_eq!(witness.check(&other, &line), Err(BadCosignature { name: witness.name().to_owned() }));
//! assert_eq!(witness.public(), secret.verifier().public());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;
use std::str::FromStr;

use super::key::{COSIGNATURE, KeyError, KeyId, VerifierKey, encode_key, split_key};
use super::note::{Signature, UnverifiedNote};
use crate::canonical::MAX_INTEGER;

/// The bytes of a cosignature after the hint: the time, big endian, and an Ed25519 signature.
const COSIGNATURE_BYTES: usize = 8 + 64;

/// The public key of a witness, with its name. Its text form is a vkey of type 04.
///
/// ```
/// use consent_core::ledger::cosignature::WitnessKey;
///
/// let key = WitnessKey::new("witness.example/w", &[
///     0x19, 0xbf, 0x44, 0x09, 0x69, 0x84, 0xcd, 0xfe, 0x85, 0x41, 0xba, 0xc1, 0x67, 0xdc, 0x3b, 0x96,
///     0xc8, 0x50, 0x86, 0xaa, 0x30, 0xb6, 0xb6, 0xcb, 0x0c, 0x5c, 0x38, 0xad, 0x70, 0x31, 0x66, 0xe1,
/// ])?;
/// assert_eq!(key.to_string().parse(), Ok(key));
/// # Ok::<(), consent_core::ledger::key::KeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct WitnessKey {
    id: KeyId,
    key: VerifierKey,
}

/// A cosignature that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosignature {
    /// When the witness signed, by its own clock, unix seconds.
    pub time: u64,
    line: String,
}

/// A line names a witness and is not its cosignature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cosignature: the one of {name} is not over this checkpoint")]
pub struct BadCosignature {
    /// The name of the key.
    pub name: String,
}

impl WitnessKey {
    /// A key from its name and the 32 bytes of RFC 8032, section 5.1.5.
    ///
    /// # Errors
    /// If the name or the bytes are not acceptable.
    pub fn new(name: &str, public: &[u8; 32]) -> Result<Self, KeyError> {
        let key = VerifierKey::new(name, public)?;
        Ok(Self { id: KeyId::of(name, COSIGNATURE, public), key })
    }

    /// The name that stands in cosignatures.
    #[must_use]
    pub fn name(&self) -> &str {
        self.key.name()
    }

    /// The hint that stands in cosignatures.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The 32 bytes of the public key.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        self.key.public()
    }

    /// Whether name and hint of a line are those of this key.
    #[must_use]
    pub fn is_named_by(&self, line: &Signature) -> bool {
        line.name() == self.name() && line.id() == self.id
    }

    /// Checks one line as this witness's cosignature of the checkpoint `text`.
    ///
    /// # Errors
    /// If it is not.
    pub fn check(&self, text: &str, line: &Signature) -> Result<Cosignature, BadCosignature> {
        let bad = || BadCosignature { name: line.name().to_owned() };
        let (time, signature) = line.bytes().split_first_chunk::<8>().ok_or_else(bad)?;
        let time = u64::from_be_bytes(*time);
        let fits = self.is_named_by(line) && line.bytes().len() == COSIGNATURE_BYTES && time <= MAX_INTEGER;
        if fits && self.key.verifies(signed_text(text, time).as_bytes(), signature) {
            Ok(Cosignature { time, line: line.to_line() })
        } else {
            Err(bad())
        }
    }

    /// The cosignature of this witness under a note: the latest, if it signed more than once.
    ///
    /// # Errors
    /// If a line names this key and is not its cosignature.
    pub fn find(&self, note: &UnverifiedNote<'_>) -> Result<Option<Cosignature>, BadCosignature> {
        let mut latest: Option<Cosignature> = None;
        for line in note.signatures.iter().filter(|line| self.is_named_by(line)) {
            let found = self.check(note.text, line)?;
            if latest.as_ref().is_none_or(|latest| latest.time < found.time) {
                latest = Some(found);
            }
        }
        Ok(latest)
    }
}

/// What a witness signs: two lines of its own and the whole text of the checkpoint.
#[must_use]
pub fn signed_text(checkpoint: &str, time: u64) -> String {
    format!("cosignature/v1\ntime {time}\n{checkpoint}")
}

impl Cosignature {
    /// The line as it stands under a note, without its line feed.
    #[must_use]
    pub fn line(&self) -> &str {
        &self.line
    }
}

impl FromStr for WitnessKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, id, public) = split_key(text, COSIGNATURE)?;
        let key = Self::new(name, &public)?;
        if key.id.to_string() == id { Ok(key) } else { Err(KeyError::Id) }
    }
}

impl fmt::Display for WitnessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}+{}", self.name(), self.id, encode_key(COSIGNATURE, &self.public()))
    }
}

impl fmt::Debug for WitnessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WitnessKey({self})")
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;
    use crate::ledger::key::SigningKey;
    use crate::ledger::note::split;
    use crate::ledger::tests::Log;

    /// A witness of tests: signs whatever it is given.
    pub(crate) fn witness(seed: u8) -> (SigningKey, WitnessKey) {
        let name = format!("witness.example/{seed}");
        let key = SigningKey::from_seed(&name, &[seed; 32]).unwrap();
        let public = WitnessKey::new(&name, &key.verifier().public()).unwrap();
        (key, public)
    }

    /// The line that a witness adds, with its line feed.
    pub(crate) fn cosign(text: &str, time: u64, seed: u8) -> String {
        let (key, public) = witness(seed);
        let mut bytes = public.id().0.to_vec();
        bytes.extend(time.to_be_bytes());
        bytes.extend(key.sign(signed_text(text, time).as_bytes()));
        format!("\u{2014} {} {}\n", public.name(), STANDARD.encode(bytes))
    }

    fn cosigned(lines: &[String]) -> String {
        format!("{}{}", Log::with_size(5).sign().as_str(), lines.concat())
    }

    #[test]
    fn finds_the_latest_time_of_each_witness_and_no_other() {
        let head = Log::with_size(5).sign();
        let text = head.checkpoint().to_string();
        let note =
            cosigned(&[cosign(&text, 7, 1), cosign(&text, 9, 1), cosign(&text, 8, 1), cosign(&text, 3, 2)]);
        let read = split(note.as_bytes()).unwrap();
        let time = |seed| witness(seed).1.find(&read).unwrap().map(|found| found.time);
        assert_eq!((time(1), time(2), time(3)), (Some(9), Some(3), None));
        let line = witness(2).1.find(&read).unwrap().unwrap().line().to_owned();
        assert_eq!(format!("{line}\n"), cosign(&text, 3, 2));
    }

    #[test]
    fn no_changed_bit_is_taken_for_a_cosignature() {
        let text = Log::with_size(5).sign().checkpoint().to_string();
        let key = witness(1).1;
        let honest = Signature::from_line(cosign(&text, 7, 1).trim_end()).unwrap();
        assert!(key.check(&text, &honest).is_ok());
        assert!(key.check(&text.replace("\n5\n", "\n6\n"), &honest).is_err());
        let head: Vec<u8> = key.id().0.into_iter().chain(honest.bytes().iter().copied()).collect();
        for bit in 0..head.len() * 8 {
            let mut bytes = head.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let line = format!("\u{2014} {} {}", key.name(), STANDARD.encode(&bytes));
            let line = Signature::from_line(&line).unwrap();
            assert!(key.check(&text, &line).is_err(), "bit {bit}");
        }
        for end in 5..head.len() {
            let line = format!("\u{2014} {} {}", key.name(), STANDARD.encode(&head[..end]));
            assert!(key.check(&text, &Signature::from_line(&line).unwrap()).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn a_key_of_a_log_is_no_key_of_a_witness_nor_the_other_way_round() {
        let (log, witness) = witness(1);
        assert_eq!(witness.to_string().parse().as_ref(), Ok(&witness));
        assert_eq!(log.verifier().to_string().parse::<WitnessKey>(), Err(KeyError::Type));
        assert_eq!(witness.to_string().parse::<VerifierKey>(), Err(KeyError::Type));
        let text = witness.to_string();
        for end in 0..text.len() {
            assert!(text[..end].parse::<WitnessKey>().is_err(), "cut at {end}");
        }
        assert_eq!(text.replacen("witness", "witless", 1).parse::<WitnessKey>(), Err(KeyError::Id));
    }
}
