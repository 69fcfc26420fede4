//! What is known of a log when its entries were gone through.

use std::collections::BTreeSet;

use super::rules::{Elsewhere, Ending, Erased};
use super::used::Use;
use crate::bundle::path::BundlePath;
use crate::digest::Digest;
use crate::ledger::entry::{Previous, TreeHead};
use crate::ledger::origin::{LogYear, Origin};
use crate::ledger::tile::EntriesId;
use crate::notice::NoticeId;

/// What later checks need to know of a log.
#[derive(Clone, Debug)]
pub(super) struct LogFacts {
    pub(super) year: LogYear,
    pub(super) origin: Origin,
    pub(super) size: u64,
    /// Whether any of its entries could be read.
    pub(super) has_entries: bool,
    /// Size and root as the `close` entry left them; erasures may follow.
    pub(super) closed: Option<(u64, Digest)>,
    pub(super) decisions: u64,
    pub(super) previous: Option<Previous>,
    pub(super) next: Option<Origin>,
    pub(super) notices: BTreeSet<NoticeId>,
    pub(super) used: Use,
    pub(super) erased_subject: Erased,
    pub(super) erased_decision: Erased,
    /// The head that was signed last.
    pub(super) signed: TreeHead,
    /// What the manifest says is left of it, if it could not go on.
    pub(super) ended: Option<TreeHead>,
    pub(super) elsewhere: Vec<Elsewhere>,
    pub(super) endings: Vec<Ending>,
}

impl LogFacts {
    /// Whether the file was read and its sum compared when the entries were gone through: entry bundles, and the tile of
    /// each.
    pub(super) fn has_summed(&self, path: &BundlePath, paths: &BTreeSet<BundlePath>) -> bool {
        match *path {
            BundlePath::Entries { year, entries } if year == self.year => {
                EntriesId::in_tree(entries.index, self.size) == Some(entries)
            }
            BundlePath::Tile { year, tile } if year == self.year && tile.level == 0 => {
                let entries = EntriesId { index: tile.index, width: tile.width };
                EntriesId::in_tree(tile.index, self.size) == Some(entries)
                    && paths.contains(&BundlePath::Entries { year, entries })
            }
            _ => false,
        }
    }
}
