//! Damage to files, and nothing else: what a bad disk does, or somebody without a key.

use super::{Damage, Dice, Named, Sound, named};
use crate::verify::report::Code;
use crate::verify::source::MemoryBundle;

pub(super) const KINDS: usize = 9;

/// What may be found besides when a file other than the manifest has other bytes: whatever its content leads to.
const CONSEQUENCES: &[Code] = &[
    Code::ChainBroken,
    Code::CheckpointDiffers,
    Code::CheckpointRefused,
    Code::CountsDiffer,
    Code::EntriesUnreadable,
    Code::EntryMisplaced,
    Code::EntryUnreadable,
    Code::ExhibitRefused,
    Code::FileChanged,
    Code::FileMissing,
    Code::FileUnexpected,
    Code::FileUnreadable,
    Code::HistoryDiffers,
    Code::KeyUntrusted,
    Code::MadeTooEarly,
    Code::ManifestSignature,
    Code::NoticeMissing,
    Code::NoticeRefused,
    Code::NoticeUnlogged,
    Code::OpeningContradictsNotice,
    Code::OpeningContradictsTime,
    Code::OpeningMisplaced,
    Code::OpeningUnreadable,
    Code::PageDiffers,
    Code::PartMissing,
    Code::PartResurrected,
    Code::PartTampered,
    Code::PictureRefused,
    Code::PolicyRefused,
    Code::PredecessorMissing,
    Code::RootDiffers,
    Code::ScriptRefused,
    Code::SuccessorMissing,
    Code::TableDiffers,
    Code::TileDiffers,
    Code::TimeGoesBack,
    Code::TimeOutsideYear,
];

/// What is found when the manifest itself can not be believed.
const MANIFEST: &[Code] = &[Code::ManifestRefused, Code::ManifestSignature];

fn changed(name: &str) -> Named {
    if name == "manifest.json" { named(MANIFEST, name) } else { named(&[Code::FileChanged], name) }
}

pub(super) fn damage(sound: &Sound, dice: &mut Dice) -> Damage {
    let mut bundle = sound.bundle.clone();
    let file = dice.below(bundle.0.len());
    let name = bundle.0[file].0.clone();
    let length = bundle.0[file].1.len();
    let at = dice.below(length);
    let bytes = &mut bundle.0[file].1;
    let one =
        |what: String, bundle: MemoryBundle| Damage::new(what, bundle, vec![changed(&name)], CONSEQUENCES);
    match dice.below(KINDS) {
        0 => {
            bytes[at] ^= 1 << dice.below(8);
            one(format!("bit flipped: {name}, byte {at}"), bundle)
        }
        1 => {
            bytes.truncate(at);
            one(format!("cut: {name} at {at}"), bundle)
        }
        2 => {
            let end = at + 1 + dice.below((length - at).min(70));
            let part = bytes[at..end].to_vec();
            bytes.splice(at..at, part);
            one(format!("bytes doubled: {name}, {at}..{end}"), bundle)
        }
        3 => {
            let end = at + 1 + dice.below((length - at).min(70));
            bytes.drain(at..end);
            one(format!("bytes dropped: {name}, {at}..{end}"), bundle)
        }
        4 => {
            let original = bytes.clone();
            let (from, to) = if length < 2 { (0, 0) } else { dice.two_below(length) };
            bytes.swap(from, to);
            if *bytes == original {
                bytes.push(b'x');
            }
            one(format!("bytes swapped: {name}, {from} and {to}"), bundle)
        }
        5 => {
            bundle.0.remove(file);
            let must = vec![named(&[Code::FileMissing], &name)];
            Damage::new(format!("file dropped: {name}"), bundle, must, CONSEQUENCES)
        }
        6 => {
            bundle.0.push((name.clone(), b"another".to_vec()));
            let must = vec![named(&[Code::FileRepeated], &name)];
            Damage::new(format!("file doubled: {name}"), bundle, must, CONSEQUENCES)
        }
        7 => {
            let other = (file + 1 + dice.below(bundle.0.len() - 1)) % bundle.0.len();
            let (one, two) = (bundle.0[file].1.clone(), bundle.0[other].1.clone());
            if one == two {
                bundle.0[file].1.push(b'x');
            } else {
                (bundle.0[file].1, bundle.0[other].1) = (two.clone(), one.clone());
            }
            let names = [&bundle.0[file].0, &bundle.0[other].0];
            let both = one != two && !names.iter().any(|name| *name == "manifest.json");
            // Without its manifest a bundle says nothing of the sums of other files.
            let must = if both {
                names.map(|name| changed(name)).into()
            } else if one == two {
                vec![changed(names[0])]
            } else {
                vec![named(MANIFEST, "manifest.json")]
            };
            let what = format!("files swapped: {} and {}", names[0], names[1]);
            Damage::new(what, bundle, must, CONSEQUENCES)
        }
        _ => {
            // A file that has other bytes there, if this one has not.
            let others: Vec<_> =
                sound.other.iter().filter(|(name, bytes)| sound.files.get(*name) != Some(bytes)).collect();
            let (name, theirs) = *dice.one_of(&others);
            let ours = bundle.0.iter_mut().find(|(ours, _)| ours == name).unwrap();
            ours.1.clone_from(theirs);
            Damage::new(format!("file of another bundle: {name}"), bundle, vec![changed(name)], CONSEQUENCES)
        }
    }
}
