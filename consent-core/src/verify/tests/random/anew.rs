//! Damage that was listed and signed anew: what somebody with keys does. The list of files agrees then, so each check
//! has to see what is its own.

use super::{Damage, Dice, Named, Sound, named};
use crate::bundle::manifest::{Contents, Manifest};
use crate::ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::ledger::commitment::{Opening, Part};
use crate::ledger::entry::Kind;
use crate::ledger::key::SigningKey;
use crate::ledger::tile::decode_entries;
use crate::verify::evidence::{Evidence, Given};
use crate::verify::report::Code;
use crate::verify::source::MemoryBundle;
use crate::verify::tests::fixture::{Files, Fixture, key, origin, with_manifest};
use crate::verify::tests::fraud::rewritten;

pub(super) const KINDS: usize = 25;

const HEAD: &str = "logs/2026/checkpoint";
const HISTORY: &str = "logs/2026/history/3";

pub(super) fn damage(sound: &Sound, dice: &mut Dice) -> Damage {
    let kind = dice.below(KINDS);
    match kind {
        0..=3 => entries(kind, sound, dice),
        4..=6 => tile(kind, sound, dice),
        7..=11 => openings(kind, sound, dice),
        12 => table(sound, dice),
        13 => notice(sound, dice),
        14..=18 => heads(kind, sound, dice),
        19..=20 => manifest(kind, sound, dice),
        21..=22 => history(kind, sound, dice),
        23 => successor(sound),
        _ => shown(sound, dice),
    }
}

/// A bundle with one file changed, sealed anew.
fn with(sound: &Sound, name: &str, bytes: Vec<u8>) -> MemoryBundle {
    let mut files = sound.files.clone();
    files.insert(name.to_owned(), bytes);
    sound.fixture.seal(files)
}

/// One of the files whose names begin like this.
fn file<'a>(sound: &'a Sound, dice: &mut Dice, prefix: &str) -> (&'a String, &'a Vec<u8>) {
    let all: Vec<_> = sound.files.iter().filter(|(name, _)| name.starts_with(prefix)).collect();
    *dice.one_of(&all)
}

/// Entries of 2026 in one entry bundle: changed, swapped, dropped, doubled.
fn entries(kind: usize, sound: &Sound, dice: &mut Dice) -> Damage {
    let (name, bytes) = file(sound, dice, "logs/2026/tile/entries/");
    let (from, width) = match name.rsplit_once(".p/") {
        Some((rest, width)) => (u64::from(rest.ends_with("001")) * 256, width.parse().unwrap()),
        None => (0, 256),
    };
    let mut list: Vec<_> = decode_entries(bytes, width).unwrap().into_iter().map(<[u8]>::to_vec).collect();
    let (one, other) = dice.two_below(list.len());
    let tile = name.replace("entries", "0");
    let differs = |at: usize| named(&[Code::TileDiffers], &tile).at(from + at as u64);
    let root = || named(&[Code::RootDiffers], HEAD);
    let unreadable = || named(&[Code::EntriesUnreadable], name).at(from);
    let consequences = &[
        Code::ChainBroken,
        Code::CheckpointDiffers,
        Code::CountsDiffer,
        Code::EntryMisplaced,
        Code::EntryUnreadable,
        Code::HistoryDiffers,
        Code::KeyUntrusted,
        Code::NoticeUnlogged,
        Code::FileUnexpected,
        Code::NoticeMissing,
        Code::OpeningContradictsNotice,
        Code::OpeningContradictsTime,
        Code::OpeningMisplaced,
        // It says how often its notice was decided on, and until when.
        Code::PageDiffers,
        Code::PartMissing,
        Code::PartResurrected,
        Code::PartTampered,
        Code::TableDiffers,
        Code::TileDiffers,
        Code::TimeGoesBack,
        Code::TimeOutsideYear,
        Code::MadeTooEarly,
    ];
    let (what, must) = match kind {
        0 => {
            let at = dice.below(list[one].len());
            list[one][at] ^= 1 << dice.below(8);
            (format!("entry changed: {name}, {one}, byte {at}"), vec![differs(one), root()])
        }
        1 => {
            list.swap(one, other);
            (
                format!("entries swapped: {name}, {one} and {other}"),
                vec![differs(one), differs(other), root()],
            )
        }
        2 => {
            list.remove(one);
            (format!("entry dropped: {name}, {one}"), vec![unreadable(), root()])
        }
        _ => {
            list.insert(other, list[one].clone());
            (format!("entry doubled: {name}, {one} at {other}"), vec![unreadable(), root()])
        }
    };
    // By hand: the codec refuses a bundle of 257.
    let length = |entry: &[u8]| u16::try_from(entry.len()).unwrap().to_be_bytes();
    let bytes = list.iter().flat_map(|entry| [&length(entry), entry.as_slice()].concat()).collect();
    Damage::new(what, with(sound, name, bytes), must, consequences)
}

/// Tiles of any level: a bit, two hashes, the length.
fn tile(kind: usize, sound: &Sound, dice: &mut Dice) -> Damage {
    let tiles: Vec<_> =
        sound.files.iter().filter(|(name, _)| name.contains("/tile/") && !name.contains("entries")).collect();
    let (name, bytes) = *dice.one_of(&tiles);
    let (mut bytes, hashes) = (bytes.clone(), bytes.len() / 32);
    let from = if name.contains("/tile/0/001") { 256 } else { 0 };
    let at = dice.below(bytes.len());
    let mut must = named(&[Code::TileDiffers], name);
    let what = match kind {
        4 => {
            bytes[at] ^= 1 << dice.below(8);
            if name.contains("/tile/0/") {
                must = must.at(from + at as u64 / 32);
            }
            format!("hash changed: {name}, byte {at}")
        }
        5 if hashes > 1 => {
            let (one, other) = dice.two_below(hashes);
            for byte in 0..32 {
                bytes.swap(one * 32 + byte, other * 32 + byte);
            }
            format!("hashes swapped: {name}, {one} and {other}")
        }
        5 => {
            bytes.extend([7; 32]);
            format!("hashes swapped: {name}, one more")
        }
        _ => {
            bytes.truncate(at);
            format!("tile cut: {name} at {at}")
        }
    };
    Damage::new(what, with(sound, name, bytes), vec![must], &[])
}

/// Lines of openings: changed, swapped, dropped, doubled; parts exchanged, brought back, taken out.
fn openings(kind: usize, sound: &Sound, dice: &mut Dice) -> Damage {
    const FILE: &str = "openings.jsonl";
    let text = String::from_utf8(sound.files[FILE].clone()).unwrap();
    let mut lines: Vec<_> = text.lines().map(|line| line.as_bytes().to_vec()).collect();
    let places: Vec<_> = sound.fixture.openings.keys().copied().collect();
    let (one, other) = dice.two_below(lines.len());
    let index = |at: usize| places[at].1;
    let consequences = &[
        Code::CountsDiffer,
        Code::OpeningMisplaced,
        Code::PartMissing,
        Code::PartTampered,
        Code::TableDiffers,
    ];
    let seal = |lines: &[Vec<u8>]| {
        let bytes = lines.iter().flat_map(|line| [line.as_slice(), b"\n"].concat()).collect();
        with(sound, FILE, bytes)
    };
    match kind {
        7 => {
            let at = dice.below(lines[one].len());
            lines[one][at] ^= 1 << dice.below(8);
            // The line itself is unreadable, or what it opens is not what was recorded, or its place is another.
            let codes =
                [Code::OpeningUnreadable, Code::PartTampered, Code::OpeningMisplaced, Code::PartMissing];
            let what = format!("opening changed: line {one}, byte {at}");
            Damage::new(what, seal(&lines), vec![named(&codes, FILE)], consequences)
        }
        8 => {
            lines.swap(one, other);
            // The later line in the place of the earlier one skips what comes between, and that is out of order then.
            let must = vec![
                named(&[Code::PartMissing], FILE).at(index(one)),
                named(&[Code::OpeningMisplaced], FILE).at(index(one + usize::from(other > one + 1))),
            ];
            Damage::new(
                format!("openings swapped: lines {one} and {other}"),
                seal(&lines),
                must,
                consequences,
            )
        }
        9 => {
            lines.remove(one);
            let must = vec![named(&[Code::PartMissing], FILE).at(index(one))];
            Damage::new(format!("opening dropped: line {one}"), seal(&lines), must, consequences)
        }
        10 => {
            lines.insert(other, lines[one].clone());
            let must = vec![named(&[Code::OpeningMisplaced], FILE).at(index(one))];
            Damage::new(
                format!("opening doubled: line {one} before {other}"),
                seal(&lines),
                must,
                consequences,
            )
        }
        _ => parts(sound, dice),
    }
}

fn parts(sound: &Sound, dice: &mut Dice) -> Damage {
    let mut fixture = sound.fixture.clone();
    let whole = |(_, line): &(&(_, u64), &crate::bundle::opening_line::OpeningLine)| {
        line.subject.is_some() && line.decision.is_some()
    };
    let places: Vec<_> = fixture.openings.iter().filter(whole).map(|(place, _)| *place).collect();
    let place = *dice.one_of(&places);
    let (code, index, what) = match dice.below(3) {
        0 => {
            let line = fixture.openings.get_mut(&place).unwrap();
            let opening = line.decision.clone().unwrap();
            let data = opening.data().replacen("\"analytics\":\"deny\"", "\"analytics\":\"grant\"", 1);
            line.decision = Some(Opening::new(*opening.salt(), data).unwrap());
            (Code::PartTampered, place.1, "exchanged")
        }
        1 => {
            // What was erased of entry 3 comes back.
            let mut before = Fixture { logs: fixture.logs.clone(), ..fixture.clone() };
            before.logs.get_mut(&2026).unwrap().truncate(3);
            before.decide(2026, fixture.logs[&2026][3].time(), &fixture.notices[0]);
            let line = before.openings[&(2026, 3)].clone();
            fixture.openings.insert((2026, 3), line);
            (Code::PartResurrected, 3, "back from erasure")
        }
        _ => {
            fixture.openings.get_mut(&place).unwrap().subject = None;
            (Code::PartMissing, place.1, "taken out")
        }
    };
    let must = vec![named(&[code], "openings.jsonl").at(index)];
    Damage::new(format!("part: {what}, entry {index}"), fixture.bundle(), must, &[])
}

fn table(sound: &Sound, dice: &mut Dice) -> Damage {
    const FILE: &str = "decisions.csv";
    let mut bytes = sound.files[FILE].clone();
    let at = dice.below(bytes.len());
    match dice.below(3) {
        0 => bytes[at] ^= 1 << dice.below(8),
        1 => bytes.truncate(at),
        _ => bytes.insert(at, b'\n'),
    }
    Damage::new(
        format!("table: byte {at}"),
        with(sound, FILE, bytes),
        vec![named(&[Code::TableDiffers], FILE)],
        &[],
    )
}

fn notice(sound: &Sound, dice: &mut Dice) -> Damage {
    let is_notice = |name: &str| name.starts_with("notices/") && name.ends_with(".json");
    let all: Vec<_> = sound.files.iter().filter(|(name, _)| is_notice(name)).collect();
    let (name, bytes) = *dice.one_of(&all);
    let (mut bytes, mut files) = (bytes.clone(), sound.files.clone());
    let at = dice.below(bytes.len());
    let must = match dice.below(3) {
        0 => {
            bytes[at] ^= 1 << dice.below(8);
            files.insert(name.clone(), bytes);
            named(&[Code::NoticeRefused], name)
        }
        1 => {
            files.remove(name);
            named(&[Code::NoticeMissing], name)
        }
        _ => {
            let (_, other) = all.iter().find(|(other, _)| *other != name).unwrap();
            files.insert(name.clone(), (*other).clone());
            named(&[Code::NoticeRefused], name)
        }
    };
    let counts = [Code::CountsDiffer];
    Damage::new(format!("notice: {name}, byte {at}"), sound.fixture.seal(files), vec![must], &counts)
}

/// Heads: changed, by another key, of another log, older than the log; older ones under a wrong name.
fn heads(kind: usize, sound: &Sound, dice: &mut Dice) -> Damage {
    let head = sound.fixture.checkpoint(2026, sound.fixture.logs[&2026].len() as u64);
    let sign = |origin: &str, size: u64, key: &SigningKey| {
        let root = head.checkpoint().root;
        SignedCheckpoint::sign(Checkpoint { origin: origin.parse().unwrap(), size, root }, key).unwrap()
    };
    let refused = [Code::CheckpointRefused, Code::CheckpointDiffers];
    let name = *dice.one_of(&[HEAD, HISTORY]);
    // A head that says another size: the entries and tiles of the log are not those of that size.
    let consequences = &[
        Code::ChainBroken,
        Code::CheckpointDiffers,
        Code::CountsDiffer,
        Code::EntryMisplaced,
        Code::FileMissing,
        Code::FileUnexpected,
        Code::HistoryDiffers,
        Code::OpeningMisplaced,
        Code::PartResurrected,
        Code::RootDiffers,
        Code::TileDiffers,
        Code::TableDiffers,
        Code::NoticeUnlogged,
        Code::SuccessorMissing,
        Code::PartMissing,
        Code::EvidenceForeign,
    ];
    let (what, bytes) = match kind {
        14 => {
            let mut bytes = sound.files[name].clone();
            let at = dice.below(bytes.len());
            bytes[at] ^= 1 << dice.below(8);
            (format!("head changed: {name}, byte {at}"), bytes)
        }
        15 => {
            let stranger = SigningKey::from_seed(&origin(2026), &[dice.roll().to_le_bytes()[0]; 32]).unwrap();
            let size = if name == HEAD { head.checkpoint().size } else { 3 };
            (format!("head by another key: {name}"), sign(&origin(2026), size, &stranger).as_str().into())
        }
        16 => (format!("head of another log: {name}"), sign(&origin(2025), 3, &key(2025)).as_str().into()),
        17 => {
            let size = 1 + dice.below(sound.fixture.logs[&2026].len() - 1) as u64;
            let size = if size == 3 { 4 } else { size };
            let older = sound.fixture.checkpoint(2026, size);
            (format!("head of an older log: {name} of {size}"), older.as_str().into())
        }
        _ => {
            let wrong = sign(&origin(2026), 3, &key(2026));
            let must = vec![named(&[Code::HistoryDiffers], HISTORY)];
            let bundle = with(sound, HISTORY, wrong.as_str().into());
            return Damage::new("older head of another history".to_owned(), bundle, must, &[]);
        }
    };
    Damage::new(what, with(sound, name, bytes), vec![named(&refused, name)], consequences)
}

/// The manifest: by another key; true to the files and not to the log.
fn manifest(kind: usize, sound: &Sound, dice: &mut Dice) -> Damage {
    let mut contents = sound.fixture.contents(&sound.files);
    if kind == 19 {
        let year = *dice.one_of(&[2025_u16, 2026]);
        let stranger = SigningKey::from_seed(&origin(year), &[dice.roll().to_le_bytes()[0]; 32]).unwrap();
        let manifest = Manifest::sign(contents, &stranger).unwrap();
        let must = vec![named(&[Code::ManifestSignature], "manifest.json")];
        return Damage::new(
            "manifest by another key".to_owned(),
            with_manifest(sound.files.clone(), &manifest),
            must,
            &[],
        );
    }
    let number = 1 + dice.roll() % 1000;
    let change: &[fn(&mut Contents, u64)] = &[
        |contents, number| contents.counts.decisions += number,
        |contents, number| contents.counts.entries += number,
        |contents, number| contents.counts.erased += number,
        |contents, number| contents.counts.notices += number,
        |contents, number| contents.counts.openings += number,
        |contents, number| contents.made_at -= 100_000_000 + number,
        |contents, number| contents.shards[1].size += number,
        |contents, number| contents.shards[1].root.0[0] ^= number.to_le_bytes()[0] | 1,
        |contents, _| drop(contents.shards.remove(0)),
    ];
    let which = dice.below(change.len());
    change[which](&mut contents, number);
    let must = match which {
        0..=4 => named(&[Code::CountsDiffer], "manifest.json"),
        5 => named(&[Code::MadeTooEarly], "manifest.json"),
        6 | 7 => named(&[Code::CheckpointDiffers], HEAD),
        _ => named(&[Code::CheckpointDiffers], "logs/2025/checkpoint"),
    };
    let manifest = Manifest::sign(contents, &key(2026)).unwrap();
    let bundle = with_manifest(sound.files.clone(), &manifest);
    Damage::new(format!("manifest: change {which} by {number}"), bundle, vec![must], &[])
}

/// A history written anew from its beginning, against what others kept of the first one.
fn history(kind: usize, sound: &Sound, dice: &mut Dice) -> Damage {
    let decisions: Vec<_> = (0_u64..)
        .zip(&sound.fixture.logs[&2026])
        .filter(|(index, entry)| {
            matches!(entry.kind(), Kind::Decision { .. })
                && sound.fixture.openings.contains_key(&(2026, *index))
        })
        .map(|(index, _)| index)
        .filter(|index| sound.fixture.openings[&(2026, *index)].part(Part::Decision).is_some())
        .filter(|index| sound.fixture.openings[&(2026, *index)].part(Part::Subject).is_some())
        .collect();
    let index = *dice.one_of(&decisions);
    let changed = rewritten(&sound.fixture, index);
    let size = sound.fixture.logs[&2026].len() as u64;
    let mut must: Vec<Named> = Vec::new();
    // The older heads in the bundle are of the rewritten log too: alone, it holds.
    let mut evidence = Evidence::default();
    let what = if kind == 21 {
        let seen = index + 1 + dice.roll() % (size - index);
        let bytes = sound.fixture.checkpoint(2026, seen).as_str().into();
        evidence.checkpoints.push(Given { name: "kept".into(), bytes });
        must.push(named(&[Code::EvidenceDiffers], "kept"));
        format!("rewritten, against a checkpoint: entry {index}, seen at {seen}")
    } else {
        let bytes = sound.fixture.receipt(2026, index).into_bytes();
        evidence.receipts.push(Given { name: "mine".into(), bytes });
        must.push(named(&[Code::EvidenceDiffers], "mine"));
        must.push(named(&[Code::EvidenceDiffers], "mine").at(index));
        format!("rewritten, against a receipt: entry {index}")
    };
    Damage { evidence, ..Damage::new(what, changed.bundle(), must, &[]) }
}

/// The newest log was left out; the one before it says that it goes on.
fn successor(sound: &Sound) -> Damage {
    let mut fixture = sound.fixture.clone();
    fixture.logs.remove(&2026);
    fixture.openings.retain(|(year, _), _| *year == 2025);
    fixture.history.clear();
    fixture.notices.truncate(1);
    let files: Files = fixture.files();
    let manifest = Manifest::sign(fixture.contents(&files), &key(2025)).unwrap();
    let must = vec![named(&[Code::SuccessorMissing], "logs/2025/checkpoint")];
    Damage::new("successor left out".to_owned(), with_manifest(files, &manifest), must, &[])
}

/// What visitors saw: a script, a page or a picture that is another one, or none.
fn shown(sound: &Sound, dice: &mut Dice) -> Damage {
    let is = |name: &str| ["js", "html", "png"].iter().any(|end| name.ends_with(end));
    let all: Vec<_> = sound.files.iter().filter(|(name, _)| is(name)).collect();
    let (name, bytes) = *dice.one_of(&all);
    let at = dice.below(bytes.len());
    let changed = if name.ends_with("js") {
        Code::ScriptRefused
    } else if name.ends_with("html") {
        Code::PageDiffers
    } else {
        Code::PictureRefused
    };
    let (what, bytes, code) = match dice.below(3) {
        0 => (format!("changed, byte {at}"), Some(flipped(bytes, at)), changed),
        1 => (format!("cut at {at}"), Some(bytes[..at].to_vec()), changed),
        // Nobody has to make pictures, so one of them can not be missed.
        _ if changed == Code::PictureRefused => ("emptied".to_owned(), Some(Vec::new()), changed),
        _ => ("left out".to_owned(), None, Code::FileMissing),
    };
    let mut files = sound.files.clone();
    match bytes {
        Some(bytes) => files.insert(name.clone(), bytes),
        None => files.remove(name),
    };
    let what = format!("shown: {name}, {what}");
    Damage::new(what, sound.fixture.seal(files), vec![named(&[code], name)], &[])
}

fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1;
    bytes
}
