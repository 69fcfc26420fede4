//! Whether the time that a decision takes tells how much of a guess was right.
//!
//! Guesses that share all but the last character with the secret are timed against guesses that share none. What the difference may be
//! is a question of the machine and of what else runs on it, so it is not a number: the same guesses go through the same decision with a
//! leak beside it, a comparison that ends at the first difference, and what is looked for has to be far smaller than that one. Where the
//! leak can not be told apart either, the round says nothing.

use std::time::{Duration, Instant};

use consent_core::digest::Digest;

/// So long a secret has a leak that can be measured, beside a decision that takes microseconds.
const CHARACTERS: usize = 4096;

/// Guesses of each kind, how often all of them are timed, and in how many rounds before it counts as a fault.
const GUESSES: usize = 16;
const SAMPLES: usize = 40;
const ROUNDS: usize = 6;

/// Whether a guess is let in.
type Decision<'a> = &'a dyn Fn(&str) -> bool;

/// A secret that is long enough.
pub(crate) fn long_secret() -> String {
    let digests = (0_u32..).map(|number| Digest::of(&number.to_le_bytes()).to_string());
    digests.flat_map(|digest| digest.into_bytes()).map(char::from).take(CHARACTERS).collect()
}

/// Fails if `decide` lets something in that is not the secret, or takes longer for what resembles it.
pub(crate) fn examine(secret: &str, decide: impl Fn(&str) -> bool) -> Result<(), String> {
    assert!(decide(secret), "the secret is none");
    let leaky = |guess: &str| decide(guess) | is_same(secret, guess);
    let (near, far) = (near(secret), far(secret));
    let mut told = Vec::new();
    for _ in 0..ROUNDS {
        let [tight_near, tight_far, leaky_near, leaky_far] =
            medians([(&decide, &near), (&decide, &far), (&leaky, &near), (&leaky, &far)]);
        let (tight, leaky) = (ratio(tight_near, tight_far), ratio(leaky_near, leaky_far));
        let is_measured = leaky > 1050;
        if is_measured && 4 * tight.abs_diff(1000) < leaky.abs_diff(1000) {
            return Ok(());
        }
        told.push(format!("{tight} ‰, and with a leak {leaky} ‰"));
    }
    Err(told.join("; "))
}

/// How long each of these takes for its guesses, all of them interleaved.
fn medians(all: [(Decision<'_>, &[String]); 4]) -> [Duration; 4] {
    let mut times: [Vec<Duration>; 4] = Default::default();
    for sample in 0..SAMPLES * GUESSES {
        // Each goes first as often as any other.
        for at in (0..4).map(|turn| (sample + turn) % 4) {
            let (decide, guesses) = all[at];
            times[at].push(time(decide, &guesses[sample / 4 % GUESSES]));
        }
    }
    times.map(median)
}

/// All that share everything with the secret but the last character.
fn near(secret: &str) -> Vec<String> {
    let (last, begin) = (secret.chars().last(), &secret[..secret.len() - 1]);
    let other = ('a'..='z').filter(|letter| Some(*letter) != last);
    other.take(GUESSES).map(|letter| format!("{begin}{letter}")).collect()
}

/// Some that share nothing with it.
fn far(secret: &str) -> Vec<String> {
    let shift = |by: u8| {
        move |byte: u8| char::from(b'a' + (byte.wrapping_add(by)) % 13 + if byte < b'n' { 13 } else { 0 })
    };
    (0..GUESSES).map(|by| secret.bytes().map(shift(u8::try_from(by).unwrap())).collect()).collect()
}

fn time(decide: Decision<'_>, guess: &str) -> Duration {
    let begin = Instant::now();
    let is_let_in = decide(std::hint::black_box(guess));
    let took = begin.elapsed();
    assert!(!is_let_in, "a guess was let in");
    took
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// In thousandths.
fn ratio(one: Duration, other: Duration) -> u128 {
    one.as_nanos() * 1000 / other.as_nanos().max(1)
}

/// What a secret must not be compared with.
#[inline(never)]
fn is_same(secret: &str, guess: &str) -> bool {
    for (one, other) in secret.bytes().zip(guess.bytes()) {
        if std::hint::black_box(one) != other {
            return false;
        }
    }
    secret.len() == guess.len()
}

#[test]
fn guesses_are_as_near_and_as_far_as_they_should_be() {
    let secret = long_secret();
    let shared =
        |guess: &String| secret.bytes().zip(guess.bytes()).filter(|(one, other)| one == other).count();
    assert_eq!(secret.len(), CHARACTERS);
    for (guesses, expected) in [(near(&secret), CHARACTERS - 1), (far(&secret), 0)] {
        assert_eq!(guesses.len(), GUESSES);
        for guess in &guesses {
            assert_eq!((guess.len(), shared(guess)), (CHARACTERS, expected));
        }
    }
}

#[test]
fn a_comparison_that_ends_at_the_first_difference_is_found() {
    let secret = long_secret();
    let found = examine(&secret, |guess| is_same(&secret, guess));
    assert!(found.is_err());
    // Also behind work that takes longer than it.
    let behind = examine(&secret, |guess| {
        std::hint::black_box(Digest::of(guess.as_bytes()));
        is_same(&secret, guess)
    });
    assert!(behind.is_err());
}
