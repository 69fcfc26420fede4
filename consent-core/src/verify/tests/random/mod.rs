//! Thousands of random damages: every one is found, and under the name of what was damaged.
//!
//! A seed decides everything about a damage. Seeds that failed once stand in `failed.txt` beside this file and are tried
//! first; a new one is added there by the test itself. `CONSENT_FULL=1` asks for the long run.

mod anew;
mod bytes;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::sync::OnceLock;

use super::fixture::{Files, Fixture, fixture};
use super::fraud::rewritten;
use crate::verify::evidence::Evidence;
use crate::verify::report::{Code, Finding, Report};
use crate::verify::source::MemoryBundle;
use crate::verify::verify;

const FAILED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/verify/tests/random/failed.txt");

/// SplitMix64 (Steele, Lea, Flood 2014): numbers that look random and follow from a seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// One of the numbers below `end`.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll() % end as u64).unwrap()
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    /// Two different numbers below `end`, the smaller one first.
    fn two_below(&mut self, end: usize) -> (usize, usize) {
        let one = self.below(end);
        let other = (one + 1 + self.below(end - 1)) % end;
        (one.min(other), one.max(other))
    }
}

/// A name that a finding has to have: one of these codes, this file, and the entry if one is known.
#[derive(Debug)]
struct Named {
    codes: Vec<Code>,
    file: String,
    index: Option<u64>,
}

fn named(codes: &[Code], file: impl Into<String>) -> Named {
    Named { codes: codes.to_vec(), file: file.into(), index: None }
}

impl Named {
    fn at(self, index: u64) -> Self {
        Self { index: Some(index), ..self }
    }

    fn is(&self, finding: &Finding) -> bool {
        self.codes.contains(&finding.code)
            && self.file == finding.file
            && self.index.is_none_or(|index| finding.index == Some(index))
    }
}

/// A damaged bundle, and what has to be said about it.
struct Damage {
    what: String,
    bundle: MemoryBundle,
    evidence: Evidence,
    /// Each has to be found.
    must: Vec<Named>,
    /// These may be found besides, as consequences.
    may: Vec<Code>,
}

impl Damage {
    fn new(what: String, bundle: MemoryBundle, must: Vec<Named>, may: &[Code]) -> Self {
        Self { what, bundle, evidence: Evidence::default(), must, may: may.to_vec() }
    }
}

/// A sound bundle that damage is done to, and another one of the same site.
struct Sound {
    fixture: Fixture,
    files: Files,
    bundle: MemoryBundle,
    other: Files,
}

/// Small ones, and one with a full tile.
fn sound(dice: &mut Dice) -> &'static Sound {
    static SOUND: OnceLock<Vec<Sound>> = OnceLock::new();
    let all = SOUND.get_or_init(|| {
        let sound = |decisions| {
            let fixture = fixture(decisions);
            let other = rewritten(&fixture, 5).files();
            Sound { files: fixture.files(), bundle: fixture.bundle(), fixture, other }
        };
        vec![sound(6), sound(12), sound(30), sound(270)]
    });
    // The large one is slow, and has little that the others have not.
    &all[[0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3][dice.below(16)]]
}

fn damage(seed: u64) -> Damage {
    let mut dice = Dice(seed);
    let sound = sound(&mut dice);
    if dice.below(2) == 0 { bytes::damage(sound, &mut dice) } else { anew::damage(sound, &mut dice) }
}

/// What is wrong with how a damage was reported, if anything.
fn fault(damage: &Damage, report: &Report) -> Option<String> {
    let mut fault = String::new();
    if report.holds() {
        fault.push_str("it holds; ");
    }
    for must in damage.must.iter().filter(|must| !report.findings.iter().any(|finding| must.is(finding))) {
        write!(fault, "not found: {must:?}; ").unwrap();
    }
    let astray = |finding: &&Finding| {
        !damage.may.contains(&finding.code)
            && !damage.must.iter().any(|must| must.codes.contains(&finding.code))
    };
    for finding in report.findings.iter().filter(astray) {
        write!(fault, "misleading: {finding:?}; ").unwrap();
    }
    (!fault.is_empty()).then(|| format!("{}: {fault}\n{:#?}", damage.what, report.findings))
}

/// Tries every fourth seed from one on: in four tests, so that all cores have something to do.
fn every_fourth(from: u64) {
    let full = std::env::var_os("CONSENT_FULL").is_some_and(|value| value == "1");
    let number = if full { 10_000 } else { 300 };
    let known = fs::read_to_string(FAILED).unwrap();
    let known: Vec<u64> = known.lines().map(|line| line.parse().unwrap()).collect();
    let before = known.iter().copied().filter(|seed| seed % 4 == from);
    let mut failed = Vec::new();
    for seed in before.chain((from..number).step_by(4)) {
        let damage = damage(seed);
        let report = verify(&damage.bundle, &damage.evidence, &mut |_| ());
        if let Some(fault) = fault(&damage, &report) {
            eprintln!("seed {seed}: {fault}");
            failed.push(seed);
        }
    }
    let mut file = OpenOptions::new().append(true).open(FAILED).unwrap();
    for seed in failed.iter().filter(|seed| !known.contains(seed)) {
        // One write for each line, so that tests beside each other do not mix theirs.
        file.write_all(format!("{seed}\n").as_bytes()).unwrap();
    }
    assert!(failed.is_empty(), "seeds {failed:?}");
}

#[test]
fn every_damage_is_found_under_the_right_name_1() {
    every_fourth(0);
}

#[test]
fn every_damage_is_found_under_the_right_name_2() {
    every_fourth(1);
}

#[test]
fn every_damage_is_found_under_the_right_name_3() {
    every_fourth(2);
}

#[test]
fn every_damage_is_found_under_the_right_name_4() {
    every_fourth(3);
}

#[test]
fn every_kind_of_damage_comes_up() {
    let kinds: BTreeSet<_> =
        (0..300).map(|seed| damage(seed).what.split(':').next().unwrap().to_owned()).collect();
    assert_eq!(kinds.len(), bytes::KINDS + anew::KINDS, "{kinds:#?}");
}
