//! The way on where a log has none.

use consent_core::ledger::entry::{Entry, Kind};

use super::*;
use crate::store::EmbeddedStore;

/// What a sequencer needs whose heads are noted in this folder.
fn parts(clock: &Arc<TestClock>, noted: &Path, secret: u8) -> Parts {
    let rules = |site: &str| SiteRules { site: site.parse().unwrap(), retention_days: 1275 };
    Parts {
        host: "consent.example".to_owned(),
        sites: ["newsroom", "sport"].map(rules).into(),
        last_signed: Arc::new(LastSigned::open(noted.to_owned()).unwrap()),
        key: Arc::new(ServerKey::from_seed([secret; 32])),
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        heads: Arc::default(),
    }
}

fn run(store: &Arc<dyn Store>, parts: Parts) -> Result<Server, StoreError> {
    let heads = Arc::clone(&parts.heads);
    let (sequencer, failure) = start(Arc::clone(store), parts)?;
    Ok(Server { sequencer, failure, heads, _noted: tempfile::tempdir().unwrap() })
}

fn refusal(store: &Arc<dyn Store>, parts: Parts) -> StoreError {
    run(store, parts).map(|_| ()).unwrap_err()
}

/// Ends what can not go on, and returns how much was kept of what was signed, by log.
fn recover(store: &Arc<dyn Store>, parts: impl Fn() -> Parts) -> Vec<(String, u64, u64)> {
    let plan = plan(store, &parts(), false).unwrap();
    let done = carry_out(store, parts(), &plan).unwrap();
    assert!(matches!(super::plan(store, &parts(), false), Err(RecoverError::Nothing)));
    done.iter()
        .map(|ended| (ended.log.to_string(), ended.kept.size, ended.signed.checkpoint().size))
        .collect()
}

async fn record(store: &Arc<dyn Store>, parts: Parts, numbers: std::ops::Range<u64>) -> Vec<Recorded> {
    let (server, now) = {
        let now = parts.clock.now();
        (run(store, parts).unwrap(), now)
    };
    let mut recorded = Vec::new();
    for number in numbers {
        recorded.push(server.record(decision(number, now)).await.unwrap());
    }
    assert!(server.stop().await.is_none());
    recorded
}

fn kinds(store: &dyn Store, year: &str) -> Vec<Kind> {
    let log = LogId { site: site(), year: year.parse().unwrap() };
    let size = store.head(&log).unwrap().unwrap().size;
    let entries = store.entries(&log, 0..size).unwrap();
    entries.iter().map(|bytes| Entry::parse(bytes).unwrap().kind().clone()).collect()
}

#[tokio::test]
async fn what_is_gone_is_ended_and_the_next_log_of_the_year_names_its_last_head() {
    let (noted, clock) = (tempfile::tempdir().unwrap(), TestClock::at(NOW));
    let parts = || parts(&clock, noted.path(), 1);
    record(&memory(), parts(), 0..3).await;
    let store = memory();
    assert!(matches!(refusal(&store, parts()), StoreError::RolledBack { signed: 5, stored: 0, .. }));
    assert_eq!(recover(&store, parts), [("newsroom/2026".to_owned(), 0, 5)]);
    let recorded = record(&store, parts(), 0..2).await;
    assert_eq!(recorded[0].log.to_string(), "consent.example/newsroom/2026.2");
    let kinds = kinds(&*store, "2026.2");
    let Kind::Open { previous: Some(previous), .. } = &kinds[0] else { panic!("{kinds:?}") };
    assert_eq!((previous.log.to_string().as_str(), previous.size), ("consent.example/newsroom/2026", 5));
    let Kind::Ended { kept, signed, log } = &kinds[1] else { panic!("{kinds:?}") };
    assert_eq!((kept.size, signed.size, signed.root, log), (0, 5, previous.root, &previous.log));
    assert_eq!(verify(&*store), 2);
    // And that one may be lost too, with the word that the first one ended.
    let store = memory();
    let ended = recover(&store, parts);
    assert_eq!(ended, [("newsroom/2026".to_owned(), 0, 5), ("newsroom/2026.2".to_owned(), 0, 5)]);
    let recorded = record(&store, parts(), 0..1).await;
    assert_eq!(recorded[0].log.to_string(), "consent.example/newsroom/2026.3");
    assert_eq!(verify(&*store), 1);
}

#[tokio::test]
async fn the_year_after_is_opened_behind_the_last_number_and_an_ended_log_is_not_signed_again() {
    let noted = tempfile::tempdir().unwrap();
    let clock = TestClock::at(datetime!(2026-12-31 23:59:58 UTC));
    let parts = || parts(&clock, noted.path(), 1);
    record(&memory(), parts(), 0..3).await;
    let note = std::fs::read(noted.path().join("newsroom-2026")).unwrap();
    let store = memory();
    recover(&store, parts);
    record(&store, parts(), 0..1).await;
    clock.set(datetime!(2027-01-01 00:00:01 UTC));
    let recorded = record(&store, parts(), 1..2).await;
    assert_eq!(recorded[0].log.to_string(), "consent.example/newsroom/2027");
    assert!(matches!(
        kinds(&*store, "2026.2").last(),
        Some(Kind::Close { next }) if next.to_string() == "consent.example/newsroom/2027"
    ));
    assert_eq!(verify(&*store), 2);
    assert_eq!(std::fs::read(noted.path().join("newsroom-2026")).unwrap(), note);
}

#[tokio::test]
async fn what_is_ended_in_a_new_year_is_followed_by_the_log_of_that_year() {
    let noted = tempfile::tempdir().unwrap();
    let clock = TestClock::at(datetime!(2026-12-31 23:59:58 UTC));
    let parts = || parts(&clock, noted.path(), 1);
    record(&memory(), parts(), 0..3).await;
    clock.set(datetime!(2027-01-02 10:00 UTC));
    let store = memory();
    recover(&store, parts);
    assert!(matches!(
        &kinds(&*store, "2027")[..],
        [Kind::Open { previous: Some(_), .. }, Kind::Ended { .. }]
    ));
    // A clock that is behind the year of the log gives no right time to anything.
    clock.set(datetime!(2026-06-01 10:00 UTC));
    let store = memory();
    let plan = plan(&store, &parts(), false).unwrap();
    assert!(matches!(carry_out(&store, parts(), &plan), Err(StoreError::ClockBehind { .. })));
}

/// 2025 is closed and gone on, and only of it something is missing: the newest log says so, and no other is opened.
#[tokio::test]
async fn of_an_older_log_that_is_damaged_the_newest_says_what_is_left() {
    let (noted, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let clock = TestClock::at(datetime!(2025-12-31 23:59:58 UTC));
    let parts = || parts(&clock, noted.path(), 1);
    let open = || Arc::new(EmbeddedStore::open(folder.path()).unwrap()) as Arc<dyn Store>;
    record(&open(), parts(), 0..3).await;
    clock.set(NOW);
    record(&open(), parts(), 3..5).await;
    let entries = folder.path().join("logs");
    let of_2025 = std::fs::read_dir(&entries).unwrap().map(|item| item.unwrap().path());
    let of_2025 = of_2025.into_iter().find(|path| path.to_str().unwrap().contains("2025")).unwrap();
    let files: Vec<_> = std::fs::read_dir(&of_2025).unwrap().map(|item| item.unwrap().path()).collect();
    let entries = files.iter().find(|path| path.to_str().unwrap().contains("entries")).unwrap();
    let mut bytes = std::fs::read(entries).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    std::fs::write(entries, bytes).unwrap();
    let store = open();
    let error = refusal(&store, parts());
    assert!(error.has_way_on(), "{error}");
    let ended = recover(&store, parts);
    assert!(matches!(&ended[..], [(log, kept, 6)] if log == "newsroom/2025" && *kept < 6), "{ended:?}");
    let recorded = record(&store, parts(), 5..6).await;
    assert_eq!(recorded[0].log.to_string(), "consent.example/newsroom/2026");
    assert!(matches!(kinds(&*store, "2026").iter().rev().nth(1), Some(Kind::Ended { .. })));
    verify(&*store);
}

#[tokio::test]
async fn of_a_fork_only_what_agrees_with_a_signed_head_is_kept() {
    let (noted, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let clock = TestClock::at(NOW);
    let (right, forked) = (memory(), memory());
    // The same up to the last but one head that is noted, then others.
    record(&right, parts(&clock, noted.path(), 1), 0..2).await;
    copy_all(&*right, &*forked);
    record(&right, parts(&clock, noted.path(), 1), 2..3).await;
    record(&forked, parts(&clock, elsewhere.path(), 1), 7..9).await;
    let parts = || parts(&clock, noted.path(), 1);
    assert!(matches!(refusal(&forked, parts()), StoreError::Forked { size: 5, .. }));
    assert_eq!(recover(&forked, parts), [("newsroom/2026".to_owned(), 4, 5)]);
    // What was beyond is gone, and can be decided anew.
    assert_eq!(forked.find_subject(&site(), decision(0, NOW).subject_id()).unwrap().len(), 2);
    let recorded = record(&forked, parts(), 7..8).await;
    assert_eq!((recorded[0].replayed, recorded[0].log.year().number()), (false, 2));
    assert_eq!(verify(&*forked), 3);
}

#[tokio::test]
async fn a_log_whose_key_is_lost_is_ended_whole_and_shown_under_its_old_key() {
    let (noted, clock, store) = (tempfile::tempdir().unwrap(), TestClock::at(NOW), memory());
    record(&store, parts(&clock, noted.path(), 1), 0..3).await;
    let parts = || parts(&clock, noted.path(), 2);
    assert!(matches!(refusal(&store, parts()), StoreError::ForeignKey { .. }));
    assert_eq!(recover(&store, parts), [("newsroom/2026".to_owned(), 5, 5)]);
    let server = run(&store, parts()).unwrap();
    let old =
        ServerKey::from_seed([1; 32]).of_log(&"consent.example/newsroom/2026".parse().unwrap()).unwrap();
    let log = LogId { site: site(), year: 2026.into() };
    assert_eq!(server.heads.get(&log).unwrap().signers(), [old.verifier().clone()]);
    // A retry is still known, and receipts are still made.
    assert!(server.record(decision(1, NOW)).await.unwrap().replayed);
    let receipt = crate::history::receipt(&*store, &server.heads, &site(), decision(1, NOW).decision_id());
    assert_eq!(receipt.unwrap().unwrap().index(), 3);
    // Erased: what was decided before is said in the log behind.
    server.record(decision(9, NOW)).await.unwrap();
    let subject = decision(1, NOW).subject_id();
    let erasure =
        server.sequencer.erase(site(), subject, Reason::Request, crate::trail::By::command()).await.unwrap();
    assert_eq!(erasure.decisions, 4);
    assert!(erasure.entries.iter().all(|(log, _)| log.year().number() == 2), "{erasure:?}");
    assert_eq!(store.find_subject(&site(), subject).unwrap(), []);
    assert_eq!(server.heads.get(&log).unwrap().checkpoint().size, 5);
    assert!(server.stop().await.is_none());
    verify(&*store);
    run(&store, parts()).unwrap();
    // The key is found again: to the log of the new one it is a stranger.
    assert!(matches!(refusal(&store, self::parts(&clock, noted.path(), 1)), StoreError::ForeignKey { .. }));
}

#[tokio::test]
async fn retention_erases_what_an_ended_log_has_left_and_says_so_behind_it() {
    let (noted, clock, store) = (tempfile::tempdir().unwrap(), TestClock::at(NOW), memory());
    record(&store, parts(&clock, noted.path(), 1), 0..3).await;
    let parts = || parts(&clock, noted.path(), 2);
    recover(&store, parts);
    record(&store, parts(), 3..4).await;
    clock.set(datetime!(2030-12-01 09:30 UTC));
    let server = run(&store, parts()).unwrap();
    server.sequencer.publish(site(), notice()).await.unwrap();
    let retained = server.sequencer.retain(site()).await.unwrap();
    assert_eq!((retained.erasures, retained.more), (2, false));
    // The log that says that another one ended stays as long as that one is there.
    assert_eq!(retained.forgotten, []);
    let log = LogId { site: site(), year: 2026.into() };
    assert_eq!(store.openings(&log, 0..100).unwrap(), []);
    assert_eq!(server.sequencer.retain(site()).await.unwrap().erasures, 0);
    assert!(server.stop().await.is_none());
    verify(&*store);
}

/// Another process has the log open while it is ended: it is told of a conflict, and goes on in the next log.
#[tokio::test]
async fn a_process_that_had_the_log_open_follows_into_the_next_one() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (clock, store) = (TestClock::at(NOW), Arc::new(MemoryStore::shared()) as Arc<dyn Store>);
    let running = run(&store, parts(&clock, second.path(), 1)).unwrap();
    for number in 0..3 {
        running.record(decision(number, NOW)).await.unwrap();
    }
    // This one knows a head that the store does not reach.
    record(&memory(), parts(&clock, first.path(), 1), 0..7).await;
    let parts_of_first = || parts(&clock, first.path(), 1);
    assert!(refusal(&store, parts_of_first()).has_way_on());
    let ended = recover(&store, parts_of_first);
    assert!(matches!(&ended[..], [(_, _, 9)]), "{ended:?}");
    let recorded = running.record(decision(20, NOW)).await.unwrap();
    assert_eq!(recorded.log.to_string(), "consent.example/newsroom/2026.2");
    let subject = decision(1, NOW).subject_id();
    let erasure =
        running.sequencer.erase(site(), subject, Reason::Request, crate::trail::By::command()).await.unwrap();
    assert!(erasure.entries.iter().all(|(log, _)| log.year().number() == 2), "{erasure:?}");
    running.sequencer.follow().await.unwrap();
    let log = LogId { site: site(), year: 2026.into() };
    assert_eq!(running.heads.get(&log).unwrap().checkpoint().size, 9);
    assert!(running.stop().await.is_none());
    verify(&*store);
    run(&store, parts(&clock, second.path(), 1)).unwrap();
}

/// A stop between the documents and the batch ends nothing.
#[tokio::test]
async fn a_document_alone_ends_nothing() {
    let (noted, clock) = (tempfile::tempdir().unwrap(), TestClock::at(NOW));
    let parts = || parts(&clock, noted.path(), 1);
    record(&memory(), parts(), 0..3).await;
    let (ended, store) = (memory(), memory());
    recover(&ended, parts);
    std::fs::remove_file(noted.path().join("newsroom-2026.2")).unwrap();
    let bytes = ended.kept(&site(), "ended/2026").unwrap().unwrap();
    store.keep(&site(), "ended/2026", &bytes).unwrap();
    assert!(matches!(refusal(&store, parts()), StoreError::RolledBack { .. }));
    assert_eq!(recover(&store, parts), [("newsroom/2026".to_owned(), 0, 5)]);
    record(&store, parts(), 0..1).await;
}

/// Copies the logs of a store with everything beside them.
fn copy_all(from: &dyn Store, to: &dyn Store) {
    for (id, head) in from.logs().unwrap() {
        let entries = from.entries(&id, 0..head.size).unwrap();
        let mut openings: std::collections::HashMap<_, _> =
            from.openings(&id, 0..head.size).unwrap().into_iter().collect();
        let rows: Vec<_> = (0..head.size)
            .zip(&entries)
            .map(|(index, bytes)| match (Entry::parse(bytes).unwrap().kind(), openings.remove(&index)) {
                (Kind::Notice { notice }, _) => crate::store::Row::Notice(*notice),
                (_, Some(openings)) => {
                    let data = openings.subject.as_ref().unwrap().data();
                    let data = consent_core::bundle::data::SubjectData::parse(data).unwrap();
                    let decision_id = data.decision_id.parse().unwrap();
                    let placed = from.find_decision(&id.site, decision_id).unwrap().unwrap();
                    let subject_id = data.subject_id.parse().unwrap();
                    crate::store::Row::Decision(Box::new(crate::store::DecisionRow {
                        decision_id,
                        subject_id,
                        openings,
                        placed,
                    }))
                }
                _ => crate::store::Row::Plain,
            })
            .collect();
        let batch = Batch {
            log: &id,
            from: 0,
            entries: &entries,
            rows: &rows,
            tiles: Vec::new(),
            head,
            history: None,
        };
        to.commit(&[batch]).unwrap();
    }
}
