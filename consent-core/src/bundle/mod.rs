//! What an auditor takes away: the log, what is behind its commitments, the notices, the keys and a spreadsheet.
//!
//! Formats only; [`verify`](crate::verify) checks them and the server writes them. Imports go down this list:
//!
//! | module | what it knows |
//! |---|---|
//! | [`path`] | the names of the files |
//! | [`forgotten`] | what is left of a log that was deleted |
//! | [`manifest`] | the signed list of the files |
//! | [`opening_line`] | a line of `openings.jsonl` |
//! | [`data`] | the fields of an opening that are shown and compared |
//! | [`csv`] | `decisions.csv` |
//! | [`exhibit`] | a file of another platform |
//! | [`page`] | a page that shows a notice again |
//! | [`picture`] | a picture of a notice |
//!
//! ```
//! use consent_core::bundle::{manifest::Manifest, path::BundlePath};
//! use consent_core::ledger::key::SigningKey;
//!
//! # let bytes = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/manifest/small"));
//! # let key = SigningKey::derive(&[7; 32], "consent.example/newsroom/2026")?.verifier().clone();
//! // Every file of a bundle has a name that says what it is, and stands in a list that the log's key signed.
//! let manifest = Manifest::open(bytes, &[key])?;
//! let paths = manifest.contents().files.keys().map(|name| name.parse()).collect::<Result<Vec<BundlePath>, _>>()?;
//! assert!(paths.contains(&BundlePath::Checkpoint { year: 2026.into() }));
//! assert!(!paths.contains(&BundlePath::Manifest), "no list has itself");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod csv;
pub mod data;
pub mod exhibit;
pub mod forgotten;
pub mod manifest;
pub mod opening_line;
pub mod page;
pub mod path;
pub mod picture;
