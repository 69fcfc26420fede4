//! How often each notice was shown and decided on, as the entries of a log say.

use std::collections::BTreeMap;

use crate::bundle::page::Used;
use crate::ledger::entry::{Entry, Kind};
use crate::notice::NoticeId;

/// What the entries of a log say of notices. Rules for `tally`, beside those of every entry:
///
/// - it names a notice that the log announced before;
/// - its hour had not ended when the log announced that notice, unless the log continues another;
/// - entries for the same notice and hour add up: a server that is started again within an hour writes a second one.
#[derive(Clone, Debug, Default)]
pub(super) struct Use {
    /// How many entries could be read.
    pub(super) entries: u64,
    pub(super) used: BTreeMap<NoticeId, Used>,
}

impl Use {
    /// Takes an entry; says what is wrong with it, if anything. `continues`: whether the log continues another.
    pub(super) fn take(&mut self, entry: &Entry, continues: bool) -> Option<&'static str> {
        self.entries += 1;
        let (&Kind::Notice { notice } | &Kind::Decision { notice, .. } | &Kind::Tally { notice, .. }) =
            entry.kind()
        else {
            return None;
        };
        let used = self.used.entry(notice).or_insert(Used::since(entry.time()));
        used.last = used.last.max(entry.time());
        match *entry.kind() {
            Kind::Decision { .. } => used.decisions = used.decisions.saturating_add(1),
            Kind::Tally { hour, shown, .. } => {
                used.shown = used.shown.saturating_add(shown);
                if !continues && hour.saturating_add(3600) <= used.first {
                    return Some("The hour had ended when the log announced the notice.");
                }
            }
            _ => {}
        }
        None
    }
}
