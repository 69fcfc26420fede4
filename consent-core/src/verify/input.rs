//! What the check of one log starts from.

use std::collections::BTreeSet;

use super::source::BundleSource;
use crate::bundle::manifest::Contents;
use crate::bundle::path::BundlePath;
use crate::ledger::key::VerifierKey;
use crate::ledger::origin::LogYear;
use crate::ledger::tile::EntriesId;

/// What the check of a log starts from.
pub(super) struct Input<'a> {
    pub(super) source: &'a dyn BundleSource,
    pub(super) paths: &'a BTreeSet<BundlePath>,
    pub(super) keys: &'a [VerifierKey],
    pub(super) contents: Option<&'a Contents>,
    pub(super) year: LogYear,
}

impl Input<'_> {
    /// The entry bundles that are there and belong to a tree of `size` entries, from the left.
    pub(super) fn entries(&self, size: u64) -> impl Iterator<Item = EntriesId> {
        let at = |index, width| BundlePath::Entries { year: self.year, entries: EntriesId { index, width } };
        let there = self.paths.range(at(0, 0)..=at(u64::MAX, u16::MAX)).filter_map(|path| match *path {
            BundlePath::Entries { entries, .. } => Some(entries),
            _ => None,
        });
        there.filter(move |id| EntriesId::in_tree(id.index, size) == Some(*id))
    }
}
