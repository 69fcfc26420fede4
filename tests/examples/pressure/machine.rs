//! The machine, and the server on it.

use std::time::Instant;

/// For how many milliseconds a processor is looked at.
const LOOK: usize = 4000;

/// How evenly one processor works: the share of milliseconds in which it did less than 60 % of what is usual, and how many of
/// them came in a row at most.
pub(crate) fn unevenness() -> (f64, usize) {
    let mut work = vec![0_u32; LOOK];
    let begin = Instant::now();
    let mut number = 1_u64;
    loop {
        for _ in 0..100 {
            number = std::hint::black_box(number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
        }
        let at = usize::try_from(begin.elapsed().as_millis()).unwrap_or(usize::MAX);
        let Some(work) = work.get_mut(at) else { break };
        *work += 1;
    }
    let mut sorted = work.clone();
    sorted.sort_unstable();
    let slow = sorted[LOOK / 2] / 5 * 3;
    let (mut all, mut row, mut longest) = (0, 0, 0);
    for work in work {
        row = if work < slow { row + 1 } else { 0 };
        all += usize::from(row > 0);
        longest = longest.max(row);
    }
    (all as f64 / LOOK as f64, longest)
}

/// Resident memory of a process, in KiB.
pub(crate) fn resident(pid: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
