//! Erasure: nothing of the person is left, everything of the log is.

use consent_core::ledger::entry::action::{Action, Outcome};
use consent_core::ledger::entry::{Entry, Kind};

use super::*;
use crate::store::{EmbeddedStore, Head, LogId};
use crate::trail::{By, What, trail_site};

const SUBJECT: &str = "AAECAwQFBgcICQoLDA0ODw";
const OTHER: &str = "BAECAwQFBgcICQoLDA0ODw";

fn decision_of(subject: &str, number: u64, now: OffsetDateTime) -> Decision {
    let request =
        consent_core::decision::DecisionRequest { subject_id: subject.to_owned(), ..request(number, "/") };
    Decision::parse(&request, notice(), now).unwrap()
}

fn of_site(store: &dyn Store) -> Vec<(LogId, Head)> {
    store.logs().unwrap().into_iter().filter(|(log, _)| log.site == site()).collect()
}

fn subject(text: &str) -> SubjectId {
    text.parse().unwrap()
}

async fn erase(server: &Server, of: &str) -> Erasure {
    server.sequencer.erase(site(), subject(of), Reason::Request, crate::trail::By::command()).await.unwrap()
}

#[tokio::test]
async fn nothing_of_the_subject_can_be_read_and_everybody_else_stays() {
    let folder = tempfile::tempdir().unwrap();
    let stores: [Arc<dyn Store>; 2] = [memory(), Arc::new(EmbeddedStore::open(folder.path()).unwrap())];
    for store in stores {
        let clock = TestClock::at(NOW);
        let server = start_on(&store, &clock);
        for number in 0..6 {
            let of = if number % 2 == 0 { SUBJECT } else { OTHER };
            server.record(decision_of(of, number, NOW)).await.unwrap();
        }
        let log = store.logs().unwrap()[0].0.clone();
        let before = store.entries(&log, 0..8).unwrap();
        let erasure = erase(&server, SUBJECT).await;
        assert_eq!((erasure.decisions, erasure.entries.len()), (3, 1));
        assert_eq!(store.find_subject(&site(), subject(SUBJECT)).unwrap(), []);
        assert_eq!(store.find_subject(&site(), subject(OTHER)).unwrap().len(), 3);
        for number in 0..6 {
            let id = decision_of(SUBJECT, number, NOW).decision_id();
            assert_eq!(store.find_decision(&site(), id).unwrap().is_some(), number % 2 == 1);
        }
        let left: Vec<_> =
            store.openings(&log, 0..100).unwrap().into_iter().map(|(index, _)| index).collect();
        assert_eq!(left, [3, 5, 7]);
        assert_eq!(store.entries(&log, 0..8).unwrap(), before, "the log keeps every entry as it was");
        assert_eq!(verify(&*store), 6);
        // The head that covers the erasure is published.
        assert_eq!(server.heads.get(&log).unwrap().checkpoint().size, 9);
        // A second time there is nothing to erase, and nothing to say about it.
        assert_eq!(erase(&server, SUBJECT).await, Erasure { decisions: 0, entries: Vec::new() });
        assert_eq!(store.head(&log).unwrap().unwrap().size, 9);
        server.record(decision_of(OTHER, 7, NOW)).await.unwrap();
        assert!(server.stop().await.is_none());
        assert_eq!(verify(&*store), 7);
    }
}

#[tokio::test]
async fn an_erasure_reaches_the_logs_of_years_that_are_closed() {
    let (store, clock) = (memory(), TestClock::at(NOW));
    let server = start_on(&store, &clock);
    server.record(decision_of(SUBJECT, 1, NOW)).await.unwrap();
    server.record(decision_of(OTHER, 2, NOW)).await.unwrap();
    let next_year = datetime!(2027-02-01 00:00 UTC);
    clock.set(next_year);
    server.record(decision_of(SUBJECT, 3, next_year)).await.unwrap();
    let erasure = erase(&server, SUBJECT).await;
    let logs: Vec<_> = erasure.entries.iter().map(|(log, _)| log.year()).collect();
    assert_eq!((erasure.decisions, logs), (2, vec![2026.into(), 2027.into()]));
    assert_eq!(verify(&*store), 3);
    // Both logs go on: the closed one with another erasure, the open one with decisions; also after a restart.
    assert!(server.stop().await.is_none());
    let server = start_on(&store, &clock);
    server.record(decision_of(OTHER, 4, next_year)).await.unwrap();
    assert_eq!(erase(&server, OTHER).await.decisions, 2);
    server.record(decision_of(OTHER, 5, next_year)).await.unwrap();
    let years: Vec<_> = of_site(&*store).into_iter().map(|(log, head)| (log.year, head.closed)).collect();
    assert_eq!(years, [(2026.into(), true), (2027.into(), false)]);
    assert_eq!(verify(&*store), 5);
}

#[tokio::test]
async fn many_decisions_are_erased_in_one_step_and_as_few_ranges_as_there_are() {
    let (store, clock) = (memory(), TestClock::at(NOW));
    let server = start_on(&store, &clock);
    for number in 0..250 {
        let of = if number % 2 == 0 || number > 210 { SUBJECT } else { OTHER };
        server.record(decision_of(of, number, NOW)).await.unwrap();
    }
    let erasure = erase(&server, SUBJECT).await;
    // One range for each even number up to 208, and one for all from 210 on.
    assert_eq!((erasure.decisions, erasure.entries.len()), (145, 2));
    let log = store.logs().unwrap()[0].0.clone();
    let (_, index) = erasure.entries[1];
    let entry = Entry::parse(&store.entries(&log, index..index + 1).unwrap()[0]).unwrap();
    let Kind::Erasure { indices, reason, .. } = entry.kind() else { panic!("not an erasure") };
    assert_eq!((indices.len(), *reason), (6, Reason::Request));
    assert_eq!(verify(&*store), 250);
}

#[tokio::test]
async fn an_erased_decision_is_not_recorded_again_for_as_long_as_a_browser_could_send_it() {
    let folder = tempfile::tempdir().unwrap();
    let embedded = || -> Arc<dyn Store> { Arc::new(EmbeddedStore::open(folder.path()).unwrap()) };
    for (mut store, reopens) in [(memory(), false), (embedded(), true)] {
        let clock = TestClock::at(NOW);
        let server = start_on(&store, &clock);
        for number in 0..4 {
            let of = if number < 3 { SUBJECT } else { OTHER };
            server.record(decision_of(of, number, NOW)).await.unwrap();
        }
        assert_eq!(erase(&server, SUBJECT).await.decisions, 3);
        let size = |store: &dyn Store| store.logs().unwrap().iter().map(|(_, head)| head.size).sum::<u64>();
        let before = size(&*store);
        let refused = |server: &Server| {
            let sequencer = server.sequencer.clone();
            async move {
                for number in 0..3 {
                    let again = decision_of(SUBJECT, number, NOW);
                    assert_eq!(sequencer.record(site(), again).await, Err(RecordError::Erased), "{number}");
                }
            }
        };
        refused(&server).await;
        assert!(server.record(decision_of(OTHER, 3, NOW)).await.unwrap().replayed);
        assert_eq!(size(&*store), before, "nothing was written");
        assert!(server.stop().await.is_none());
        if reopens {
            drop(store);
            store = embedded();
        }
        let server = start_on(&store, &clock);
        refused(&server).await;
        // What the same visitor decides from now on is another decision; and so is one of another site.
        assert!(!server.record(decision_of(SUBJECT, 7, NOW)).await.unwrap().replayed);
        let elsewhere = server.sequencer.record("sport".parse().unwrap(), decision_of(SUBJECT, 0, NOW));
        assert!(!elsewhere.await.unwrap().replayed);
        // What is kept of the three is three hashes, in which neither number is to be found.
        let names = store.kept_names(&site(), "erased/").unwrap();
        let [name] = names.as_slice() else { panic!("{names:?}") };
        assert_eq!(store.kept(&site(), name).unwrap().unwrap().len(), 3 * 16);
        assert!(server.stop().await.is_none());
        // A year and some days later the hashes are gone too.
        for (days, kept) in [(400, 1), (401, 0)] {
            clock.set(NOW + time::Duration::days(days));
            let server = start_on(&store, &clock);
            assert_eq!(store.kept_names(&site(), "erased/").unwrap().len(), kept, "after {days} days");
            assert!(server.stop().await.is_none());
        }
    }
}

/// What the trail says, entry by entry, without its first.
fn trail_of(store: &dyn Store, year: u16) -> Vec<Action> {
    let log = LogId { site: trail_site(), year: year.into() };
    let size = store.head(&log).unwrap().map_or(0, |head| head.size);
    let entries = store.entries(&log, 0..size).unwrap();
    let kinds = entries.iter().map(|bytes| Entry::parse(bytes).unwrap().kind().clone());
    kinds.filter_map(|kind| if let Kind::Action(action) = kind { Some(action) } else { None }).collect()
}

#[tokio::test]
async fn a_site_that_had_the_id_of_the_trail_is_not_taken_for_it() {
    let (store, clock) = (memory(), TestClock::at(NOW));
    let server = start_on(&store, &clock);
    server.sequencer.publish(trail_site(), notice()).await.unwrap();
    assert!(server.stop().await.is_none());
    let refused = try_start(Arc::clone(&store), Arc::clone(&clock)).err().unwrap().to_string();
    assert!(refused.contains("the log trail/2026 is that of a site"), "{refused}");
}

#[tokio::test]
async fn who_erased_is_in_the_trail_in_one_step_with_the_erasure() {
    let folder = tempfile::tempdir().unwrap();
    let stores: [Arc<dyn Store>; 3] = [
        memory(),
        Arc::new(EmbeddedStore::open(folder.path()).unwrap()),
        Arc::new(crate::store::MemoryStore::shared()),
    ];
    for store in stores {
        let clock = TestClock::at(NOW);
        let server = start_on(&store, &clock);
        server.record(decision_of(SUBJECT, 1, NOW)).await.unwrap();
        assert_eq!(trail_of(&*store, 2026), []);
        let next_year = datetime!(2027-02-01 00:00 UTC);
        clock.set(next_year);
        server.record(decision_of(SUBJECT, 2, next_year)).await.unwrap();
        let erasure = erase(&server, SUBJECT).await;
        let [action] = <[Action; 1]>::try_from(trail_of(&*store, 2027)).unwrap();
        assert_eq!((action.what.as_str(), action.by.name.as_str()), ("subject_erased", "data-folder"));
        assert_eq!((action.outcome, action.site), (Outcome::Done, Some(site())));
        let said: Vec<_> = action.erased.into_iter().map(|said| (said.log, said.indices.from)).collect();
        assert_eq!(said, erasure.entries, "in the logs of both years");
        // A second time nothing is erased, and that somebody asked for it is said all the same.
        erase(&server, SUBJECT).await;
        let all = trail_of(&*store, 2027);
        assert_eq!(all.iter().map(|action| action.erased.len()).collect::<Vec<_>>(), [2, 0]);
        // The head that covers both is signed, and it is one that goes on after a restart and into the next year.
        let log = LogId { site: trail_site(), year: 2027.into() };
        assert_eq!(server.heads.get(&log).unwrap().checkpoint().size, 3);
        assert!(server.stop().await.is_none());
        clock.set(datetime!(2028-01-01 00:00 UTC));
        let server = start_on(&store, &clock);
        server.sequencer.act(By::command().did(What::SignedIn, None, Outcome::Done)).await.unwrap();
        assert!(server.stop().await.is_none());
        assert_eq!((trail_of(&*store, 2027).len(), trail_of(&*store, 2028).len()), (2, 1));
        assert!(store.head(&log).unwrap().unwrap().closed);
        verify(&*store);
    }
}

/// A store that can not be written to.
#[derive(Debug)]
struct Full {
    inner: crate::store::MemoryStore,
    is_full: std::sync::atomic::AtomicBool,
}

crate::testing_store!(Full, |store, name, call| {
    if name == "commit" && store.is_full.load(std::sync::atomic::Ordering::SeqCst) {
        return Err(StoreError::Engine(Box::from("no space")));
    }
    call(&store.inner)
});

#[tokio::test]
async fn what_can_not_be_written_down_is_not_answered() {
    let inner = crate::store::MemoryStore::default();
    let full = Arc::new(Full { inner, is_full: false.into() });
    let store = Arc::clone(&full) as Arc<dyn Store>;
    let server = start_on(&store, &TestClock::at(NOW));
    server.record(decision_of(SUBJECT, 1, NOW)).await.unwrap();
    full.is_full.store(true, std::sync::atomic::Ordering::SeqCst);
    let erased = server.sequencer.erase(site(), subject(SUBJECT), Reason::Request, By::command()).await;
    assert_eq!(erased, Err(RecordError::Unknown));
    let acted = server.sequencer.act(By::command().did(What::SignedIn, None, Outcome::Done)).await;
    assert_eq!(acted, Err(RecordError::Unknown));
    // Neither half is there: nothing erased, nothing said.
    assert_eq!(store.find_subject(&site(), subject(SUBJECT)).unwrap().len(), 1);
    assert_eq!(trail_of(&*store, 2026), []);
}

#[test]
fn a_part_of_the_trail_is_read_backwards_over_years_and_by_site() {
    let (store, clock) = (memory(), TestClock::at(NOW));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let logs: Vec<_> = runtime.block_on(async {
        let server = start_on(&store, &clock);
        for number in 0..300 {
            clock.set(if number < 200 { NOW } else { datetime!(2027-02-01 00:00 UTC) });
            let site = if number % 100 == 0 { "news" } else { "newsroom" };
            let did = By::command().did(What::ExportTaken, Some(site.parse().unwrap()), Outcome::Done);
            let of = number.to_string().parse().ok();
            server.sequencer.act(Action { of, ..did }).await.unwrap();
        }
        let heads = server.heads.of_site(&trail_site());
        heads.into_iter().map(|(log, head)| (log, head.checkpoint().size)).collect()
    });
    let read = |before, site: Option<&str>, most| {
        let site = site.map(|site| site.parse().unwrap());
        crate::trail::read(&*store, &logs, before, site.as_ref(), most).unwrap()
    };
    let (mut before, mut seen) = (None, Vec::new());
    loop {
        let part = read(before, None, 70);
        assert!(part.lines.len() <= 70);
        seen.extend(part.lines.into_iter().map(|(.., action)| action.of.unwrap().to_string()));
        before = part.older;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(seen, (0..300).rev().map(|number| number.to_string()).collect::<Vec<_>>());
    let news = read(None, Some("news"), 70);
    let of: Vec<_> = news
        .lines
        .iter()
        .map(|(log, .., action)| (log.calendar(), action.of.as_ref().unwrap().as_str()))
        .collect();
    assert_eq!((of, news.older), (vec![(2027, "200"), (2026, "100"), (2026, "0")], None));
    assert!(read(Some((2026.into(), 0)), None, 70).lines.is_empty());
    assert!(read(Some((2025.into(), 9)), None, 70).lines.is_empty());
    assert_eq!(read(Some((2026.into(), u64::MAX)), None, 1).lines[0].3.of.as_ref().unwrap().as_str(), "199");
}
