//! What was written here is counted from memory, and comes to what anybody reads in the log.

use std::collections::BTreeMap;

use time::Date;
use time::macros::date;

use super::*;
use crate::counts::{self, Day};
use crate::tallies::Hour;

const FROM: Date = date!(2026 - 01 - 01);
const TO: Date = date!(2028 - 01 - 01);

/// A store that knows how often entries were read from it.
#[derive(Debug, Default)]
struct Watched {
    inner: MemoryStore,
    reads: AtomicUsize,
}

crate::testing_store!(Watched, |watched, name, call| {
    if ["entries", "openings"].contains(&name) {
        watched.reads.fetch_add(1, Ordering::SeqCst);
    }
    call(&watched.inner)
});

fn days(store: &dyn Store) -> Vec<(Date, Day)> {
    counts::days(store, &site(), FROM, TO).unwrap()
}

/// The counts of a log that nobody has counted, read entry by entry.
fn read(store: &dyn Store) -> (Vec<(Date, Day)>, BTreeMap<NoticeId, u64>) {
    for name in store.kept_names(&site(), "counts/").unwrap() {
        store.discard(&site(), &name).unwrap();
    }
    while counts::follow(store, &Fresh::default(), &site(), 7).unwrap() {}
    (days(store), counts::named(store, &site()).unwrap())
}

#[tokio::test]
async fn nothing_is_read_of_what_was_written_here() {
    let (watched, clock) = (Arc::new(Watched::default()), TestClock::at(NOW));
    let store: Arc<dyn Store> = Arc::<Watched>::clone(&watched);
    let server = start_on(&store, &clock);
    let before = watched.reads.load(Ordering::SeqCst);
    for number in 0..50 {
        server.record(decision(number, NOW)).await.unwrap();
    }
    assert!(!counts::follow(&*store, server.sequencer.fresh(), &site(), 1).unwrap());
    assert_eq!(days(&*store)[0].1.decisions.values().sum::<u64>(), 50);
    assert_eq!(watched.reads.load(Ordering::SeqCst), before, "it was at hand");
    // Taken once, it is counted once.
    assert!(!counts::follow(&*store, server.sequencer.fresh(), &site(), 1).unwrap());
    let counted = days(&*store);
    assert_eq!(counted, read(&*store).0);
    assert!(watched.reads.load(Ordering::SeqCst) > before, "this is how reading is noticed");
}

#[tokio::test]
async fn whoever_writes_and_whenever_it_is_counted_the_counts_are_those_of_the_log() {
    for seed in 0..10_u64 {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::shared());
        store.publish(&site(), notice().id(), notice().bytes()).unwrap();
        let clock = TestClock::at(datetime!(2026-12-30 12:00 UTC));
        let mut servers = [start_on(&store, &clock), start_on(&store, &clock)];
        let mut random = seed;
        let mut next = |below: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % below
        };
        for number in 0..200 {
            let server = &servers[usize::try_from(next(2)).unwrap()];
            match next(16) {
                // Another day, and in the end another year.
                0 => clock.set(clock.now() + time::Duration::hours(9)),
                1 => {
                    let hour = u64::try_from(clock.now().unix_timestamp()).unwrap() / 3600 * 3600;
                    let hour = Hour { site: site(), hour, notice: notice().id() };
                    server.sequencer.tally(hour, 1 + next(5)).await.unwrap();
                }
                2 => drop(counts::follow(&*store, server.sequencer.fresh(), &site(), 1 + next(9)).unwrap()),
                // A process that ends forgets what nobody took.
                3 => servers[usize::try_from(next(2)).unwrap()] = start_on(&store, &clock),
                _ => drop(server.record(decision(number, clock.now())).await.unwrap()),
            }
        }
        let fresh = servers[0].sequencer.fresh();
        while counts::follow(&*store, fresh, &site(), 1 + next(9)).unwrap() {}
        let counted = (days(&*store), counts::named(&*store, &site()).unwrap());
        assert!(counted.0.len() > 2, "of several days");
        assert_eq!(counted, read(&*store), "seed {seed}");
    }
}
