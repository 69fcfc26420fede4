//! The files: that exactly those of the manifest are there, each with its bytes.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sha2::{Digest as _, Sha256};

use super::progress::{Progress, Step};
use super::report::{Code, Report};
use super::source::{BundleSource, ReadError, read_whole};
use super::workers::Workers;
use crate::bundle::manifest::{Contents, MAX_MANIFEST_BYTES, Manifest};
use crate::bundle::path::BundlePath;
use crate::digest::Digest;
use crate::ledger::key::VerifierKey;
use crate::ledger::policy::{MAX_POLICY_BYTES, Policy};

/// The files that are there and have a name of a bundle.
pub(super) fn list(source: &dyn BundleSource, report: &mut Report) -> Option<BTreeSet<BundlePath>> {
    let names = match source.names() {
        Ok(names) => names,
        Err(error) => {
            report.find(
                Code::FileUnreadable,
                "",
                format!("The files of the bundle can not be listed: {error}."),
            );
            return None;
        }
    };
    let mut paths = BTreeSet::new();
    for name in names {
        match name.parse() {
            Ok(path) => {
                if !paths.insert(path) {
                    report.find(Code::FileRepeated, name, "This file is in the bundle twice.");
                }
            }
            Err(_) => report.find(Code::FileUnexpected, name, "A bundle has no file of this name."),
        }
    }
    for path in [
        BundlePath::Manifest,
        BundlePath::Policy,
        BundlePath::Openings,
        BundlePath::Decisions,
        BundlePath::Readme,
    ] {
        if !paths.contains(&path) {
            report.find(Code::FileMissing, path, "This file is not in the bundle.");
        }
    }
    Some(paths)
}

/// The keys to check signatures with: the auditor's if there are any, else those of the bundle.
pub(super) fn keys(
    source: &dyn BundleSource,
    paths: &BTreeSet<BundlePath>,
    trusted: Option<&Policy>,
    report: &mut Report,
) -> Vec<VerifierKey> {
    let mut policy = Policy::default();
    if paths.contains(&BundlePath::Policy) {
        let name = BundlePath::Policy.to_string();
        match read_whole(source, &name, MAX_POLICY_BYTES) {
            Err(error) => {
                report.find(Code::FileUnreadable, name, format!("The file can not be read: {error}."));
            }
            Ok(bytes) => match Policy::parse(&bytes) {
                Err(error) => report.find(
                    Code::PolicyRefused,
                    name,
                    format!("The list of keys is unreadable: {error}."),
                ),
                Ok(read) => policy = read,
            },
        }
    }
    report.keys_from_auditor = trusted.is_some();
    let keys = trusted.map_or_else(|| policy.keys(), Policy::keys);
    for key in policy.keys().iter().filter(|key| !keys.contains(key)) {
        let message = format!("The bundle names the key {key}, which is not one that you trust.");
        report.find(Code::KeyUntrusted, BundlePath::Policy, message);
    }
    report.keys = keys.iter().map(ToString::to_string).collect();
    keys
}

/// The contents that the manifest states. A wrong signature is a finding, and the rest is checked all the same.
pub(super) fn contents(
    source: &dyn BundleSource,
    paths: &BTreeSet<BundlePath>,
    keys: &[VerifierKey],
    report: &mut Report,
) -> Option<Contents> {
    if !paths.contains(&BundlePath::Manifest) {
        return None;
    }
    let name = BundlePath::Manifest.to_string();
    let bytes = match read_whole(source, &name, MAX_MANIFEST_BYTES) {
        Ok(bytes) => bytes,
        Err(error) => {
            report.find(Code::FileUnreadable, name, format!("The file can not be read: {error}."));
            return None;
        }
    };
    let manifest = match Manifest::parse(&bytes) {
        Ok(manifest) => manifest,
        Err(error) => {
            report.find(Code::ManifestRefused, name, format!("The list of files is unreadable: {error}."));
            return None;
        }
    };
    if let Err(error) = manifest.verify(keys) {
        report.find(
            Code::ManifestSignature,
            name,
            format!("The list of files is not to be trusted: {error}."),
        );
    }
    let contents = manifest.contents().clone();
    report.site = Some(contents.site.to_string());
    report.made_at = Some(contents.made_at);
    report.range = (contents.from, contents.to);
    Some(contents)
}

/// Compares the sum of a file that was read with the one that the manifest has.
pub(super) fn compare_sum(contents: Option<&Contents>, path: &BundlePath, sum: Digest, report: &mut Report) {
    // A file that the manifest does not list is named by `compare`.
    let Some(expected) = contents.and_then(|contents| contents.files.get(&path.to_string())) else { return };
    report.files += 1;
    if sum != *expected {
        report.find(Code::FileChanged, path, "The file has other bytes than the manifest says.");
    }
}

/// Reads a whole file of at most `max` bytes and compares its sum. `None` if it can not be read, which is a finding.
pub(super) fn read_and_compare(
    source: &dyn BundleSource,
    contents: Option<&Contents>,
    path: &BundlePath,
    max: usize,
    report: &mut Report,
) -> Option<Vec<u8>> {
    match read_whole(source, &path.to_string(), max) {
        Ok(bytes) => {
            compare_sum(contents, path, Digest::of(&bytes), report);
            Some(bytes)
        }
        Err(error) => {
            report.find(Code::FileUnreadable, path, format!("The file can not be read: {error}."));
            // It may only be too long.
            if let Ok((sum, _)) = sum(source, &path.to_string()) {
                compare_sum(contents, path, sum, report);
            }
            None
        }
    }
}

/// The sum of a file, and how many bytes it has.
pub(super) fn sum(source: &dyn BundleSource, name: &str) -> Result<(Digest, u64), ReadError> {
    let (mut hash, mut length) = (Sha256::new(), 0_u64);
    source.read(name, &mut |piece| {
        hash.update(piece);
        length = length.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        ControlFlow::Continue(())
    })?;
    Ok((Digest(hash.finalize().into()), length))
}

/// Compares names and sums with the manifest. The sums of files that are `done` were compared when they were read.
pub(super) fn compare<W: Workers>(
    workers: &W,
    source: &dyn BundleSource,
    paths: &BTreeSet<BundlePath>,
    contents: &Contents,
    done: &(dyn Fn(&BundlePath) -> bool + Sync),
    report: &mut Report,
    progress: &mut (dyn FnMut(Progress) + Send),
) {
    for path in paths.iter().filter(|path| **path != BundlePath::Manifest) {
        if !contents.files.contains_key(&path.to_string()) {
            report.find(Code::FileUnexpected, path, "The manifest does not list this file.");
        }
    }
    let mut left = Vec::new();
    for name in contents.files.keys() {
        match name.parse::<BundlePath>() {
            Ok(path) if paths.contains(&path) => {
                if !done(&path) {
                    left.push(path);
                }
            }
            _ => report.find(
                Code::FileMissing,
                name,
                "The manifest lists this file, and it is not in the bundle.",
            ),
        }
    }
    let total = u64::try_from(left.len()).unwrap_or(u64::MAX);
    let (mut files, mut finished) = (left.into_iter(), 0);
    workers.run(
        &mut || files.next(),
        &|path| {
            let mut found = Report::default();
            match sum(source, &path.to_string()) {
                Ok((sum, _)) => compare_sum(Some(contents), &path, sum, &mut found),
                Err(error) => {
                    found.find(Code::FileUnreadable, path, format!("The file can not be read: {error}."));
                }
            }
            found
        },
        &mut |found| {
            report.absorb(found);
            finished += 1;
            progress(Progress { step: Step::Files, done: finished, total });
        },
    );
    progress(Progress { step: Step::Files, done: total, total });
}
