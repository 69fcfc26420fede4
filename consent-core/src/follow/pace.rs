//! How long to wait until the next question.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::Duration;

/// The first wait after a failure; each further one is twice as long, until it is as long as any.
const FIRST: Duration = Duration::from_secs(1);

/// The longest that a server can have anybody wait.
const LONGEST: Duration = Duration::from_secs(3600);

/// After an answer.
pub(super) fn after_answer(every: Duration, chance: u64) -> Duration {
    jittered(every, chance)
}

/// After this many failures in a row. One that says nothing about what a second try would bring (`is_passing`) is followed by
/// another sooner than usual; a refusal that stands is not. No sooner than the server has asked for, in seconds.
pub(super) fn after_failure(
    every: Duration,
    times: u32,
    is_passing: bool,
    asked_for: Option<u32>,
    chance: u64,
) -> Duration {
    let doubled = FIRST.saturating_mul(2_u32.saturating_pow(times.saturating_sub(1)));
    let own = if is_passing { doubled.min(every) } else { every };
    let asked_for =
        asked_for.map_or(Duration::ZERO, |seconds| Duration::from_secs(seconds.into()).min(LONGEST));
    // Whoever says when is not asked before, so nothing is taken off that.
    jittered(own, chance).max(asked_for)
}

/// Up to a tenth more or less, so that those who began together do not stay together.
fn jittered(wait: Duration, chance: u64) -> Duration {
    let percent = 90 + u32::try_from(chance % 21).unwrap_or(10);
    wait.saturating_mul(percent) / 100
}

/// A number that differs from process to process and call to call. It need not be secret: it only spreads questions over time.
pub(super) fn chance() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: Duration = Duration::from_secs(60);

    #[test]
    fn questions_are_spread_by_a_tenth_and_no_more() {
        let waits: Vec<_> = (0..21).map(|chance| after_answer(EVERY, chance)).collect();
        assert_eq!((waits[0], waits[10], waits[20]), (EVERY * 9 / 10, EVERY, EVERY * 11 / 10));
        assert!(waits.is_sorted());
        assert!((0..50).map(|_| chance()).any(|one| one != chance()));
    }

    #[test]
    fn failures_are_followed_by_longer_and_longer_waits_up_to_the_usual_one() {
        let waits = (1..10).map(|times| after_failure(EVERY, times, true, None, 10).as_secs());
        assert_eq!(waits.collect::<Vec<_>>(), [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(after_failure(EVERY, u32::MAX, true, None, 10), EVERY);
        let short = Duration::from_millis(100);
        assert_eq!(after_failure(short, 1, true, None, 10), short, "never less often than usual");
    }

    #[test]
    fn what_a_server_refuses_for_good_is_asked_as_often_as_usual() {
        assert_eq!(after_failure(EVERY, 1, false, None, 10), EVERY);
    }

    #[test]
    fn a_server_that_says_when_is_not_asked_before_within_reason() {
        assert_eq!(after_failure(EVERY, 1, true, Some(90), 0).as_secs(), 90);
        assert_eq!(after_failure(EVERY, 9, true, Some(1), 10), EVERY);
        assert_eq!(after_failure(EVERY, 1, true, Some(u32::MAX), 0), LONGEST);
    }
}
