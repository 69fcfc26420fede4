//! Files of other platforms: that each is the one that its name says, and is described. What stands in them is not read.

use std::collections::BTreeSet;

use super::files::sum;
use super::report::{Code, ExhibitReport, Report};
use super::source::{BundleSource, read_whole};
use crate::bundle::exhibit::{Exhibit, MAX_EXHIBIT_BYTES};
use crate::bundle::path::BundlePath;
use crate::digest::Digest;

pub(super) fn check(source: &dyn BundleSource, paths: &BTreeSet<BundlePath>, report: &mut Report) {
    for path in paths {
        match path {
            BundlePath::Exhibit(digest) => file(source, paths, path, *digest, report),
            BundlePath::ExhibitDescription(digest) if !paths.contains(&BundlePath::Exhibit(*digest)) => {
                report.find(
                    Code::FileMissing,
                    BundlePath::Exhibit(*digest),
                    "The described exhibit is not in the bundle.",
                );
            }
            _ => {}
        }
    }
}

fn file(
    source: &dyn BundleSource,
    paths: &BTreeSet<BundlePath>,
    path: &BundlePath,
    digest: Digest,
    report: &mut Report,
) {
    let unreadable = |path: &BundlePath, error, report: &mut Report| {
        report.find(Code::FileUnreadable, path, format!("The file can not be read: {error}."));
    };
    let bytes = match sum(source, &path.to_string()) {
        Err(error) => return unreadable(path, error, report),
        Ok((sum, _)) if sum != digest => {
            return report.find(Code::ExhibitRefused, path, "The exhibit is another one than its name says.");
        }
        Ok((_, bytes)) => bytes,
    };
    let described = BundlePath::ExhibitDescription(digest);
    if !paths.contains(&described) {
        return report.find(
            Code::FileMissing,
            described,
            "The description of the exhibit is not in the bundle.",
        );
    }
    let exhibit = match read_whole(source, &described.to_string(), MAX_EXHIBIT_BYTES) {
        Err(error) => return unreadable(&described, error, report),
        Ok(bytes) => Exhibit::parse(&bytes),
    };
    match exhibit {
        Err(error) => {
            report.find(Code::ExhibitRefused, described, format!("The description is unreadable: {error}."));
        }
        Ok(exhibit) if exhibit.bytes != bytes => {
            let message = format!("It describes {} bytes, and the exhibit has {bytes}.", exhibit.bytes);
            report.find(Code::ExhibitRefused, described, message);
        }
        Ok(Exhibit { added_at, name, platform, rows, .. }) => {
            report.exhibits.push(ExhibitReport { sha256: digest, added_at, bytes, name, platform, rows });
        }
    }
}
