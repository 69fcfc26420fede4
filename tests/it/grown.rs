//! Logs of an exact size, grown by the real sequencer on a clock of the test's own and exported by the real exporter: a
//! year that was closed, the year after it, and an erasure that stands in both.

use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use consent_core::decision::{Decision, DecisionRequest};
use consent_core::digest::Digest;
use consent_core::ledger::entry::Reason;
use consent_core::notice::{Notice, SiteId};
use consent_server::clock::Clock;
use consent_server::data::ServerKey;
use consent_server::evidence;
use consent_server::export::{self, Cut, Format, Period, sign_stored};
use consent_server::heads::Heads;
use consent_server::history;
use consent_server::sequencer::{self, Parts, Sequencer, SiteRules};
use consent_server::signed::LastSigned;
use consent_server::store::{MemoryStore, Store};
use consent_tests::visitor;
use tempfile::TempDir;
use time::OffsetDateTime;
use time::macros::datetime;
use tokio::task::JoinSet;

/// What is not a decision in the log of the first year: `open`, the notice, `close`, and one erasure.
const BESIDE: usize = 4;

/// How many decisions wait at a time: fewer than the sequencer takes.
const AT_ONCE: usize = 4096;

const LAST_DAY: OffsetDateTime = datetime!(2026-12-31 12:00 UTC);
const NEXT_YEAR: OffsetDateTime = datetime!(2027-01-01 00:30 UTC);

#[derive(Debug)]
struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// A bundle of two years.
pub(crate) struct Grown {
    pub(crate) bundle: PathBuf,
    /// The same, unpacked.
    pub(crate) folder: PathBuf,
    pub(crate) receipts: Vec<PathBuf>,
    _home: TempDir,
}

struct Server {
    store: Arc<dyn Store>,
    heads: Arc<Heads>,
    clock: Arc<SetClock>,
    sequencer: Sequencer,
    notice: Notice,
    site: SiteId,
}

impl Server {
    fn start(home: &TempDir) -> Self {
        let notice =
            Notice::from_bytes(include_bytes!("../../consent-core/fuzz/seeds/notice/small")).unwrap();
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        store.publish(&notice.site, notice.id(), notice.bytes()).unwrap();
        // The script that this notice names is nothing at all.
        assert_eq!(notice.script, Digest::of(b""));
        evidence::keep_script(&*store, &notice.site, b"").unwrap();
        let (heads, clock) =
            (Arc::new(Heads::default()), Arc::new(SetClock(AtomicI64::new(LAST_DAY.unix_timestamp()))));
        let parts = Parts {
            host: "consent.example".to_owned(),
            sites: vec![SiteRules { site: notice.site.clone(), retention_days: 1000 }],
            last_signed: Arc::new(LastSigned::open(home.path().join("heads")).unwrap()),
            key: Arc::new(ServerKey::from_seed([1; 32])),
            clock: Arc::clone(&clock) as _,
            heads: Arc::clone(&heads),
        };
        let (sequencer, _) = sequencer::start(Arc::clone(&store), parts).unwrap();
        Self { store, heads, clock, sequencer, site: notice.site.clone(), notice }
    }

    /// Records decisions with these numbers, spread over the hours that are left of the day.
    async fn decide(&self, numbers: std::ops::Range<usize>) {
        let first = self.clock.now();
        let hours = i64::from(24 - first.hour());
        for start in numbers.clone().step_by(AT_ONCE) {
            let part = start..(start + AT_ONCE).min(numbers.end);
            let hour =
                hours * i64::try_from(start - numbers.start).unwrap() / i64::try_from(numbers.len()).unwrap();
            let now = first + time::Duration::hours(hour);
            self.clock.0.store(now.unix_timestamp(), Ordering::SeqCst);
            let mut waiting = JoinSet::new();
            for number in part {
                let (sequencer, site) = (self.sequencer.clone(), self.site.clone());
                let decision = Decision::parse(&self.request(number), &self.notice, now).unwrap();
                waiting.spawn(async move { sequencer.record(site, decision).await });
            }
            while let Some(recorded) = waiting.join_next().await {
                recorded.unwrap().unwrap();
            }
        }
    }

    fn request(&self, number: usize) -> DecisionRequest {
        let id = self.notice.id().to_string();
        let value = visitor::decision(number, &decision_id(number), &id, &self.notice.language);
        serde_json::from_value(value).unwrap()
    }

    fn receipt(&self, number: usize) -> String {
        let id = decision_id(number).parse().unwrap();
        history::receipt(&*self.store, &self.heads, &self.site, id).unwrap().unwrap().to_text()
    }
}

fn decision_id(number: usize) -> String {
    format!("01930000-0000-7000-8000-{number:012x}")
}

impl Grown {
    /// The log of the first year ends with exactly `size` entries; the second has a third of its decisions, and 3.
    pub(crate) async fn new(size: usize) -> Self {
        let home = tempfile::tempdir().unwrap();
        let server = Server::start(&home);
        let (old, new) = (size - BESIDE, (size - BESIDE) / 3 + 3);
        server.decide(0..old).await;
        let keep = |number: usize, name: &str| {
            let path = home.path().join(format!("{name}.tlog-proof"));
            fs::write(&path, server.receipt(number)).unwrap();
            path
        };
        let mut receipts: Vec<_> =
            [3, old / 2, old - 1].map(|number| keep(number, &format!("old-{number}"))).into();
        server.clock.0.store(NEXT_YEAR.unix_timestamp(), Ordering::SeqCst);
        server.decide(old..old + new).await;
        receipts.push(keep(old + new - 1, "new"));
        let erased = server.request(0).subject_id.parse().unwrap();
        let erasure = server
            .sequencer
            .erase(server.site.clone(), erased, Reason::Request, consent_server::trail::By::command())
            .await
            .unwrap();
        assert_eq!(erasure.decisions, 3);
        // A receipt that was made after the erasure, for a head that covers it.
        receipts.push(keep(old - 1, "late"));
        let key = ServerKey::from_seed([1; 32]);
        let heads = sign_stored(&*server.store, &key, &server.site).unwrap();
        assert_eq!(heads.len(), 2);
        assert_eq!(heads[0].1.checkpoint().size, size as u64);
        let made_at = server.clock.unix_seconds();
        let cut = Cut::new(&*server.store, server.site.clone(), heads, Period::default(), made_at).unwrap();
        let bundle = home.path().join("bundle.zip");
        let file = File::options().read(true).write(true).create_new(true).open(&bundle).unwrap();
        export::write(Format::Bundle, &cut, &key, file, &mut |_, _| ()).unwrap();
        let folder = home.path().join("unpacked");
        zip::ZipArchive::new(File::open(&bundle).unwrap()).unwrap().extract(&folder).unwrap();
        Self { bundle, folder, receipts, _home: home }
    }
}
