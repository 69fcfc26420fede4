//! The real exporter against the verifier, which shares formats with it and nothing else.

use std::io::Read as _;
use std::sync::Arc;

use consent_core::decision::Decision;
use consent_core::ledger::entry::Reason;
use consent_core::verify::evidence::Evidence;
use consent_core::verify::report::Report;
use consent_core::verify::source::MemoryBundle;
use consent_core::verify::verify;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use zip::ZipArchive;

use super::super::{Format, Period, sign_stored};
use super::*;
use crate::clock::Clock as _;
use crate::heads::Heads;
use crate::sequencer::{self, Parts, SiteRules};
use crate::signed::LastSigned;
use crate::store::{MemoryStore, Store};
use crate::testing::{TestClock, notice, request};

const START: OffsetDateTime = datetime!(2026-12-30 09:30 UTC);

/// One decision a day of each of two subjects, into the next year.
pub(in super::super) async fn decided() -> (Arc<dyn Store>, Vec<u64>) {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let (clock, noted) = (TestClock::at(START), tempfile::tempdir().unwrap());
    let parts = Parts {
        host: "consent.example".to_owned(),
        sites: vec![SiteRules { site: notice().site.clone(), retention_days: 1275 }],
        last_signed: Arc::new(LastSigned::open(noted.path().to_owned()).unwrap()),
        key: Arc::new(ServerKey::from_seed([1; 32])),
        clock: Arc::clone(&clock) as _,
        heads: Arc::new(Heads::default()),
    };
    let (sequencer, failure) = sequencer::start(Arc::clone(&store), parts).unwrap();
    let site = notice().site.clone();
    store.publish(&site, notice().id(), notice().bytes()).unwrap();
    crate::evidence::keep_script(&*store, &site, b"script").unwrap();
    let mut times = Vec::new();
    for day in 0..4 {
        clock.set(START + Duration::days(day));
        times.push(u64::try_from(clock.now().unix_timestamp()).unwrap());
        for (number, subject) in (0..).zip(["AAECAwQFBgcICQoLDA0ODw", "BAECAwQFBgcICQoLDA0ODw"]) {
            let mut request = request(u64::try_from(day).unwrap() * 2 + number, "/");
            request.subject_id = subject.to_owned();
            let decision = Decision::parse(&request, notice(), clock.now()).unwrap();
            sequencer.record(site.clone(), decision).await.unwrap();
        }
    }
    let erased = "AAECAwQFBgcICQoLDA0ODw".parse().unwrap();
    let erasure = sequencer.erase(site, erased, Reason::Request, crate::trail::By::command()).await.unwrap();
    assert_eq!((erasure.decisions, erasure.entries.len()), (4, 2), "in the logs of two years");
    drop(sequencer);
    assert!(failure.await.is_err());
    (store, times)
}

/// Exports and unpacks.
pub(in super::super) fn export(store: &dyn Store, format: Format, period: Period, made_at: u64) -> Vec<u8> {
    let (site, key) = (notice().site.clone(), ServerKey::from_seed([1; 32]));
    let heads = sign_stored(store, &key, &site).unwrap();
    let cut = Cut::new(store, site, heads, period, made_at).unwrap();
    let mark = cut.mark().unwrap();
    assert!(!mark.is_overtaken(store).unwrap());
    let mut file =
        crate::export::write(format, &cut, &key, tempfile::tempfile().unwrap(), &mut |_, _| ()).unwrap();
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).unwrap();
    bytes
}

pub(in super::super) fn files(zip: Vec<u8>) -> MemoryBundle {
    let mut zip = ZipArchive::new(std::io::Cursor::new(zip)).unwrap();
    let names: Vec<_> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
    let read = |name: String| {
        let mut bytes = Vec::new();
        zip.by_name(&name).unwrap().read_to_end(&mut bytes).unwrap();
        (name, bytes)
    };
    MemoryBundle(names.into_iter().map(read).collect())
}

fn check(bundle: &MemoryBundle) -> Report {
    verify(bundle, &Evidence::default(), &mut |_| ())
}

#[tokio::test]
async fn a_bundle_for_any_period_holds_after_an_erasure() {
    let (store, times) = decided().await;
    let edges: Vec<_> = [None].into_iter().chain(times.iter().map(|time| Some(*time))).collect();
    let made_at = times[3] + 60;
    for &from in &edges {
        for &to in &edges {
            if from.zip(to).is_some_and(|(from, to)| from >= to) {
                continue;
            }
            let period = Period { from, to };
            let report = check(&files(export(&*store, Format::Bundle, period, made_at)));
            assert!(report.holds(), "{period:?}: {:#?}", report.findings);
            let within = times.iter().filter(|time| period.contains(**time)).count() as u64;
            assert_eq!((report.decision.verified, report.decision.erased), (within, 4), "{period:?}");
        }
    }
}

#[tokio::test]
async fn a_cut_without_the_successor_of_its_newest_log_is_overtaken() {
    let (store, times) = decided().await;
    let (site, key) = (notice().site.clone(), ServerKey::from_seed([1; 32]));
    let mut heads = sign_stored(&*store, &key, &site).unwrap();
    assert_eq!(heads.len(), 2);
    heads.pop();
    let cut = Cut::new(&*store, site, heads, Period::default(), times[3]).unwrap();
    assert!(cut.mark().unwrap().is_overtaken(&*store).unwrap());
}

#[tokio::test]
async fn a_bundle_is_never_made_before_its_last_entry() {
    let (store, times) = decided().await;
    let report = check(&files(export(&*store, Format::Bundle, Period::default(), times[0])));
    assert!(report.holds(), "{:#?}", report.findings);
    assert_eq!(report.made_at, Some(times[3]));
}

#[tokio::test]
async fn a_log_past_its_retention_is_in_the_bundle_as_forgotten_and_the_bundle_holds() {
    let (store, _) = decided().await;
    let (clock, noted) = (TestClock::at(datetime!(2030-06-29 02:00 UTC)), tempfile::tempdir().unwrap());
    let parts = Parts {
        host: "consent.example".to_owned(),
        sites: vec![SiteRules { site: notice().site.clone(), retention_days: 1275 }],
        last_signed: Arc::new(LastSigned::open(noted.path().to_owned()).unwrap()),
        key: Arc::new(ServerKey::from_seed([1; 32])),
        clock: Arc::clone(&clock) as _,
        heads: Arc::new(Heads::default()),
    };
    let (sequencer, _) = sequencer::start(Arc::clone(&store), parts).unwrap();
    let retained = sequencer.retain(notice().site.clone()).await.unwrap();
    assert_eq!((retained.erasures, retained.forgotten.len()), (1, 1));
    let made_at = clock.unix_seconds();
    let report = check(&files(export(&*store, Format::Bundle, Period::default(), made_at)));
    assert!(report.holds(), "{:#?}", report.findings);
    assert_eq!(report.forgotten.iter().map(|log| log.retention_days).collect::<Vec<_>>(), [1275]);
    // Two days of 2027 are left, of one subject.
    assert_eq!((report.decision.verified, report.decision.erased), (2, 2));
    // Whoever deletes it a day too soon is found out.
    let early = made_at - 86_400;
    let report = check(&files(export(&*store, Format::Bundle, Period::default(), early)));
    assert!(!report.holds());
}
