//! Logs that could not go on: what is left of them is compared with what the log behind them says of it.

use super::evidence::{Pins, RootPin};
use super::input::Input;
use super::report::{Code, Report};
use crate::bundle::path::BundlePath;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::entry::TreeHead;

/// What the manifest says is left of the log, if it could not go on.
pub(super) fn kept(input: &Input<'_>, signed: &Checkpoint) -> Option<TreeHead> {
    let ended = input.contents.into_iter().flat_map(|contents| &contents.ended);
    let kept = ended.into_iter().find(|kept| kept.log == signed.origin)?;
    Some(TreeHead { root: kept.root, size: kept.size })
}

/// The head that the entries have to lead to. What was signed beyond it is named as lost; what was signed below it has to
/// agree like every other head.
pub(super) fn expect(
    input: &Input<'_>,
    signed: &Checkpoint,
    kept: TreeHead,
    pins: &mut Pins,
    report: &mut Report,
) -> Checkpoint {
    let file = BundlePath::Checkpoint { year: input.year }.to_string();
    if kept.size >= signed.size {
        let pin = RootPin { root: signed.root, file, code: Code::RootDiffers };
        pins.roots.entry(signed.size).or_default().push(pin);
    } else {
        let message = format!(
            "LOST: {} entries were signed, and only {} are there. The operator ended this log and says so in the one that \
             follows it. Receipts for what was lost still hold by themselves.",
            signed.size, kept.size
        );
        report.find(Code::EntriesLost, &file, message);
        // They can not be compared with anything, except with the head that is there.
        let beyond = pins.roots.split_off(&kept.size.saturating_add(1));
        for (size, pins_there) in beyond {
            if size > signed.size {
                pins.roots.insert(size, pins_there);
                continue;
            }
            for pin in pins_there.into_iter().filter(|pin| size != signed.size || pin.root != signed.root) {
                let message = format!(
                    "It is for {size} entries, of which only {} are left: it can be checked by itself, not with this bundle.",
                    kept.size
                );
                let code = if size == signed.size { pin.code } else { Code::EntriesLost };
                report.find(code, &pin.file, message);
            }
        }
    }
    Checkpoint { origin: signed.origin.clone(), size: kept.size, root: kept.root }
}
