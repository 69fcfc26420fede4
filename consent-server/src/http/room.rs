//! How many decisions of one site may wait: all that its config says, and fewer while the server is late.
//!
//! What is counted as waiting has been read. Where processors are short, time passes before that: bytes have come, and no
//! thread has got to them. That wait can be felt, since everything that is to be done waits alike. While it is long there is
//! room for fewer decisions, step by step. To refuse one costs a fraction of recording it, so the server is in time again
//! soon, and then there is room for more (additive increase, multiplicative decrease, as in RFC 5681, section 3.1).

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// How late is late. So many connections as decisions may wait keep processors busy for half of it without any harm.
const LATE: Duration = Duration::from_millis(40);

/// There is always room for so many, also where a machine is slow for other reasons.
const LEAST: usize = 16;

/// For how many more there is room, each time that the server was in time.
const STEP: usize = 1;

/// For how many decisions of one site there is room.
#[derive(Debug)]
pub(super) struct Room(AtomicUsize);

impl Default for Room {
    fn default() -> Self {
        Self(AtomicUsize::new(usize::MAX))
    }
}

impl Room {
    pub(super) fn now(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Takes into account that the server was so late. There never is room for more than `most`.
    pub(super) fn adapt(&self, late: Duration, most: usize) {
        self.0.store(after(self.now(), late, most), Ordering::Relaxed);
    }
}

fn after(room: usize, late: Duration, most: usize) -> usize {
    let room = room.min(most);
    if late > LATE { (room / 2).max(LEAST.min(most)) } else { room.saturating_add(STEP).min(most) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_server_has_less_room_and_gets_it_back() {
        let (room, most) = (Room::default(), 256);
        room.adapt(Duration::ZERO, most);
        assert_eq!(room.now(), most);
        let mut before = most;
        for _ in 0..20 {
            room.adapt(2 * LATE, most);
            assert!(room.now() < before || room.now() == LEAST, "{before}");
            before = room.now();
        }
        assert_eq!(before, LEAST);
        for _ in 0..most {
            room.adapt(LATE, most);
        }
        assert_eq!(room.now(), most);
        room.adapt(Duration::ZERO, 40);
        assert_eq!(room.now(), 40, "a config with less");
    }

    #[test]
    fn who_allows_few_keeps_them() {
        for most in 0..=LEAST {
            assert_eq!(after(usize::MAX, 2 * LATE, most), most);
        }
    }
}
