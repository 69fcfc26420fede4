//! The files: that exactly those of the manifest are there, each with its bytes.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sha2::{Digest as _, Sha256};

use super::progress::{Progress, Step};
use super::report::{Code, Report};
use super::source::{BundleSource, read_whole};
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

/// Compares the files with the manifest, byte for byte through their hashes.
pub(super) fn compare(
    source: &dyn BundleSource,
    paths: &BTreeSet<BundlePath>,
    contents: &Contents,
    report: &mut Report,
    progress: &mut dyn FnMut(Progress),
) {
    for path in paths.iter().filter(|path| **path != BundlePath::Manifest) {
        if !contents.files.contains_key(&path.to_string()) {
            report.find(Code::FileUnexpected, path, "The manifest does not list this file.");
        }
    }
    let total = u64::try_from(contents.files.len()).unwrap_or(u64::MAX);
    for (done, (name, expected)) in (0..).zip(&contents.files) {
        progress(Progress { step: Step::Files, done, total });
        if !name.parse().is_ok_and(|path: BundlePath| paths.contains(&path)) {
            report.find(
                Code::FileMissing,
                name,
                "The manifest lists this file, and it is not in the bundle.",
            );
            continue;
        }
        let mut hash = Sha256::new();
        let read = source.read(name, &mut |piece| {
            hash.update(piece);
            ControlFlow::Continue(())
        });
        report.files += 1;
        match read {
            Err(error) => {
                report.find(Code::FileUnreadable, name, format!("The file can not be read: {error}."));
            }
            Ok(()) if Digest(hash.finalize().into()) != *expected => {
                report.find(Code::FileChanged, name, "The file has other bytes than the manifest says.");
            }
            Ok(()) => {}
        }
    }
    progress(Progress { step: Step::Files, done: total, total });
}
