//! `manifest.json`: the signed list of everything else in a bundle, so that no file can be changed, added or taken out.
//!
//! ```
//! use consent_core::bundle::manifest::{Contents, Counts, Manifest, ManifestError, Shard};
//! use consent_core::{digest::Digest, ledger::hash::EMPTY_ROOT, ledger::key::SigningKey};
//!
//! # let key = SigningKey::derive(&[7; 32], "consent.example/newsroom/2026")?;
//! let contents = Contents {
//!     counts: Counts::default(),
//!     ended: Vec::new(),
//!     files: [("policy".to_owned(), Digest::of(b"quorum none\n"))].into(),
//!     forgotten: Vec::new(),
//!     from: None,
//!     made_at: 1_795_426_200,
//!     shards: vec![Shard { log: "consent.example/newsroom/2026".parse()?, root: EMPTY_ROOT, size: 0 }],
//!     site: "newsroom".parse()?,
//!     to: None,
//!     version: 1,
//! };
//! let manifest = Manifest::sign(contents, &key)?;
//! let bytes = manifest.to_bytes()?;
//! assert_eq!(Manifest::open(&bytes, &[key.verifier().clone()])?, manifest);
//!
//! // To read is not to believe.
//! let read = Manifest::parse(&bytes)?;
//! assert_eq!(read.contents().files.len(), 1);
//! assert_eq!(read.verify(&[]), Err(ManifestError::NotSigned));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::forgotten::Forgotten;
use super::path::BundlePath;
use crate::canonical::{self, CanonicalError};
use crate::digest::Digest;
use crate::ledger::hash::MAX_SIZE;
use crate::ledger::key::{SigningKey, VerifierKey};
use crate::ledger::note::Signature;
use crate::ledger::origin::{LogYear, Origin};
use crate::notice::SiteId;

/// The most bytes of a manifest: room for half a million files, a log of some sixty million entries.
///
/// ```
/// use consent_core::bundle::manifest::{MAX_MANIFEST_BYTES, Manifest, ManifestError};
///
/// assert_eq!(Manifest::parse(&vec![0; MAX_MANIFEST_BYTES + 1]), Err(ManifestError::TooLong));
/// ```
pub const MAX_MANIFEST_BYTES: usize = 64 * 1024 * 1024;

/// What a bundle holds, in canonical JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contents {
    /// How much of each kind there is.
    pub counts: Counts,
    /// What is left of logs that could not go on, by year. Their checkpoints and `shards` say what was signed last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ended: Vec<Shard>,
    /// The SHA-256 of every file but the manifest, by name.
    pub files: BTreeMap<String, Digest>,
    /// Logs that were deleted after their retention, but for their last head, by year.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forgotten: Vec<Forgotten>,
    /// Openings are those of entries from this time on, unix seconds; absent: from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<u64>,
    /// When the bundle was made, unix seconds.
    pub made_at: u64,
    /// The heads of the logs whose entries are there, by year.
    pub shards: Vec<Shard>,
    /// Whose decisions these are.
    pub site: SiteId,
    /// Openings are those of entries before this time, unix seconds, which is after `from`; absent: to the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<u64>,
    /// Format of the bundle: 1.
    pub version: u32,
}

/// How much a bundle has of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Entries that record a decision, of all logs.
    pub decisions: u64,
    /// Entries of all logs.
    pub entries: u64,
    /// Parts of decisions that an erasure entry covers; a decision has two.
    pub erased: u64,
    /// Notices.
    pub notices: u64,
    /// Lines of `openings.jsonl`.
    pub openings: u64,
}

/// In plain words.
impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { decisions, entries, erased, notices, openings } = self;
        write!(
            f,
            "{entries} entries, {decisions} of them decisions, {erased} erased parts of these, {openings} lines of openings \
             and {notices} notices"
        )
    }
}

/// The head of one year's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shard {
    /// Its name.
    pub log: Origin,
    /// Its root.
    pub root: Digest,
    /// Its size.
    pub size: u64,
}

/// Why bytes are no manifest, or not one to trust.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// Larger than [`MAX_MANIFEST_BYTES`].
    #[error("manifest: larger than 64 MiB")]
    TooLong,
    /// Not canonical JSON of a manifest's fields.
    #[error("manifest: {0}")]
    Canonical(CanonicalError),
    /// A version of the format that this program does not know.
    #[error("manifest: unknown version")]
    Version,
    /// A name that no file in a bundle has, or the manifest's own.
    #[error("manifest: {name:?} is not the name of a file in a bundle")]
    Name {
        /// The name.
        name: String,
    },
    /// Logs that are none, of another site, out of order or beyond the size limit.
    #[error("manifest: the logs are not those of the site, each once, in order")]
    Shards,
    /// A period that ends before it begins, or at the same time.
    #[error("manifest: no time lies between `from` and `to`")]
    Period,
    /// No line in the form of a signature.
    #[error("manifest: no signature")]
    SignatureLine,
    /// Signed by nobody who is known and whose name is that of a log in the manifest.
    #[error("manifest: not signed by a known key of one of its logs")]
    NotSigned,
    /// The signature of a known key is not over these contents.
    #[error("manifest: the signature is not over these contents")]
    BadSignature,
}

/// A manifest with its signature, which [`Manifest::verify`] checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    contents: Contents,
    signature: String,
}

impl Manifest {
    /// Signs contents with the key of one of their logs.
    ///
    /// # Errors
    /// If the contents break a rule of the format, or the key is of another log.
    pub fn sign(contents: Contents, key: &SigningKey) -> Result<Self, ManifestError> {
        check(&contents)?;
        let signature = Signature::new(&signed_text(&contents)?, key).to_line();
        let manifest = Self { contents, signature };
        manifest.verify(&[key.verifier().clone()])?;
        Ok(manifest)
    }

    /// Reads a manifest without checking its signature.
    ///
    /// # Errors
    /// If the bytes are not what [`Manifest::to_bytes`] writes for some manifest.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        if bytes.len() > MAX_MANIFEST_BYTES {
            return Err(ManifestError::TooLong);
        }
        let shape = ManifestError::Canonical(CanonicalError::Shape);
        let mut value = canonical::parse(bytes).map_err(ManifestError::Canonical)?;
        let fields = value.as_object_mut().ok_or(shape.clone())?;
        let Some(serde_json::Value::String(signature)) = fields.remove("signature") else {
            return Err(ManifestError::SignatureLine);
        };
        let contents: Contents = serde_json::from_value(value).map_err(|_| shape)?;
        check(&contents)?;
        let line = Signature::from_line(&signature).ok_or(ManifestError::SignatureLine)?;
        if line.to_line() != signature {
            return Err(ManifestError::SignatureLine);
        }
        let manifest = Self { contents, signature };
        if manifest.to_bytes()? == bytes {
            Ok(manifest)
        } else {
            Err(ManifestError::Canonical(CanonicalError::NotCanonical))
        }
    }

    /// Reads a manifest and checks its signature.
    ///
    /// # Errors
    /// As [`Manifest::parse`] and [`Manifest::verify`].
    pub fn open(bytes: &[u8], known: &[VerifierKey]) -> Result<Self, ManifestError> {
        let manifest = Self::parse(bytes)?;
        manifest.verify(known)?;
        Ok(manifest)
    }

    /// Checks the signature: one of the `known` keys, with the name of one of the logs, over these contents.
    ///
    /// # Errors
    /// [`ManifestError::NotSigned`] or [`ManifestError::BadSignature`].
    pub fn verify(&self, known: &[VerifierKey]) -> Result<(), ManifestError> {
        let signature = Signature::from_line(&self.signature).ok_or(ManifestError::SignatureLine)?;
        let of_a_log = self.contents.shards.iter().any(|shard| shard.log.as_str() == signature.name());
        let mut keys = known.iter().filter(|key| signature.names(key)).peekable();
        if !of_a_log || keys.peek().is_none() {
            return Err(ManifestError::NotSigned);
        }
        let text = signed_text(&self.contents)?;
        if keys.any(|key| signature.verifies(&text, key)) { Ok(()) } else { Err(ManifestError::BadSignature) }
    }

    /// What is signed.
    #[must_use]
    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    /// The file.
    ///
    /// # Errors
    /// None for a manifest that was signed or read here.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ManifestError> {
        let mut value = serde_json::to_value(&self.contents)
            .map_err(|_| ManifestError::Canonical(CanonicalError::Shape))?;
        if let Some(fields) = value.as_object_mut() {
            fields.insert("signature".into(), self.signature.clone().into());
        }
        canonical::to_vec(&value).map_err(ManifestError::Canonical)
    }
}

fn check(contents: &Contents) -> Result<(), ManifestError> {
    if contents.version != 1 {
        return Err(ManifestError::Version);
    }
    if contents.from.zip(contents.to).is_some_and(|(from, to)| from >= to) {
        return Err(ManifestError::Period);
    }
    for name in contents.files.keys() {
        match name.parse() {
            Ok(BundlePath::Manifest) | Err(_) => return Err(ManifestError::Name { name: name.clone() }),
            Ok(_) => {}
        }
    }
    let shards = names(contents.shards.iter().map(|shard| (&shard.log, shard.size)), &contents.site)?;
    let ended = names(contents.ended.iter().map(|shard| (&shard.log, shard.size)), &contents.site)?;
    let forgotten = names(contents.forgotten.iter().map(|log| (&log.log, log.size)), &contents.site)?;
    // What ended is there; what was forgotten is not, and something is left behind it.
    let newest = shards.last().ok_or(ManifestError::Shards)?;
    if ended.is_subset(&shards) && forgotten.is_disjoint(&shards) && forgotten.last() < Some(newest) {
        Ok(())
    } else {
        Err(ManifestError::Shards)
    }
}

/// Which logs of the site these are, if each is named once and in order.
fn names<'a>(
    logs: impl Iterator<Item = (&'a Origin, u64)>,
    site: &SiteId,
) -> Result<BTreeSet<LogYear>, ManifestError> {
    let mut names = BTreeSet::new();
    for (log, size) in logs {
        if log.site() != site || size > MAX_SIZE || names.last().is_some_and(|last| *last >= log.year()) {
            return Err(ManifestError::Shards);
        }
        names.insert(log.year());
    }
    Ok(names)
}

/// `consent-bundle/v1`, and base64 of the SHA-256 of the canonical JSON without the signature, each on a line: short
/// enough to be checked by hand with any Ed25519 tool.
fn signed_text(contents: &Contents) -> Result<String, ManifestError> {
    let bytes = canonical::to_vec(contents).map_err(ManifestError::Canonical)?;
    Ok(format!("consent-bundle/v1\n{}\n", STANDARD.encode(Digest::of(&bytes).0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents() -> Contents {
        Contents {
            counts: Counts { decisions: 1, entries: 3, ..Counts::default() },
            ended: Vec::new(),
            forgotten: Vec::new(),
            files: BTreeMap::from([("policy".to_owned(), Digest::of(b"policy"))]),
            from: None,
            made_at: 1_800_000_000,
            shards: vec![Shard {
                log: "a/newsroom/2026".parse().unwrap(),
                root: Digest::of(b"root"),
                size: 3,
            }],
            site: "newsroom".parse().unwrap(),
            to: Some(1_900_000_000),
            version: 1,
        }
    }

    /// The log of the year after.
    fn other() -> Origin {
        "a/newsroom/2027".parse().unwrap()
    }

    fn forgotten(log: Origin) -> Forgotten {
        let (root, size) = (Digest::of(b"root"), 3);
        Forgotten {
            closed: None,
            consistency: vec![],
            inclusion: vec![],
            log,
            open: String::new(),
            root,
            size,
        }
    }

    fn key() -> SigningKey {
        SigningKey::from_seed("a/newsroom/2026", &[7; 32]).unwrap()
    }

    #[test]
    fn reads_back_and_no_damaged_one_opens() {
        let manifest = Manifest::sign(contents(), &key()).unwrap();
        let (bytes, known) = (manifest.to_bytes().unwrap(), [key().verifier().clone()]);
        assert_eq!(Manifest::open(&bytes, &known), Ok(manifest));
        for end in 0..bytes.len() {
            assert!(Manifest::open(&bytes[..end], &known).is_err());
        }
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(Manifest::open(&flipped, &known).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn refuses_with_the_cause() {
        let refused = |change: fn(&mut Contents)| {
            let mut contents = contents();
            change(&mut contents);
            Manifest::sign(contents, &key()).unwrap_err()
        };
        assert_eq!(refused(|c| c.version = 2), ManifestError::Version);
        assert_eq!(refused(|c| c.from = c.to), ManifestError::Period);
        assert_eq!(refused(|c| c.from = c.to.map(|to| to + 1)), ManifestError::Period);
        assert_eq!(refused(|c| c.shards.clear()), ManifestError::Shards);
        assert_eq!(refused(|c| c.shards.push(c.shards[0].clone())), ManifestError::Shards);
        assert_eq!(
            refused(|c| c.ended = vec![Shard { log: other(), ..c.shards[0].clone() }]),
            ManifestError::Shards
        );
        assert_eq!(refused(|c| c.ended = vec![c.shards[0].clone(); 2]), ManifestError::Shards);
        assert_eq!(
            refused(|c| c.forgotten = vec![forgotten(c.shards[0].log.clone())]),
            ManifestError::Shards
        );
        assert_eq!(refused(|c| c.forgotten = vec![forgotten(other())]), ManifestError::Shards);
        assert_eq!(refused(|c| c.site = "other".parse().unwrap()), ManifestError::Shards);
        assert_eq!(
            refused(|c| c.shards[0].log = "a/newsroom/2027".parse().unwrap()),
            ManifestError::NotSigned
        );
        for name in ["manifest.json", "../policy", "notes.txt"] {
            let mut contents = contents();
            contents.files.insert(name.to_owned(), Digest::of(b""));
            let cause = ManifestError::Name { name: name.to_owned() };
            assert_eq!(Manifest::sign(contents, &key()), Err(cause));
        }
        let manifest = Manifest::sign(contents(), &key()).unwrap();
        let other = SigningKey::from_seed("a/newsroom/2026", &[8; 32]).unwrap();
        assert_eq!(manifest.verify(&[other.verifier().clone()]), Err(ManifestError::NotSigned));
    }
}
