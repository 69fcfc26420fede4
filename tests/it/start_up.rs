//! A server starts as fast on a long log as on a short one.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use consent_core::decision::{Decision, DecisionRequest};
use consent_core::notice::SiteId;
use consent_core::regime::Region;
use consent_server::clock::{Clock as _, SystemClock};
use consent_server::config;
use consent_server::data::DataFolder;
use consent_server::heads::Heads;
use consent_server::sequencer::{self, Parts, SiteRules};
use consent_server::signed::LastSigned;
use consent_server::site::Sites;
use consent_server::store::{EmbeddedStore, Store};
use consent_tests::client::{decision, fresh_decision_id};
use consent_tests::full_run;
use consent_tests::process::{CONFIG, Server};

/// Records `count` decisions without HTTP.
pub(crate) fn seed(folder: &Path, count: usize) {
    let config = config::parse("consent.toml", CONFIG.to_owned(), folder).unwrap().config;
    let data = DataFolder::open(&folder.join("data")).unwrap();
    let store: Arc<dyn Store> = Arc::new(EmbeddedStore::open(&data.store()).unwrap());
    let sites = Sites::publish(&config, &*store).unwrap();
    let notice = Arc::clone(&sites.get("newsroom").unwrap().banner(None, Region::UNKNOWN).unwrap().notice);
    let site: SiteId = "newsroom".parse().unwrap();
    let parts = Parts {
        host: config.server.host,
        sites: vec![SiteRules { site: site.clone(), retention_days: 1000 }],
        last_signed: Arc::new(LastSigned::open(data.heads()).unwrap()),
        key: Arc::new(data.key),
        clock: Arc::new(SystemClock),
        heads: Arc::new(Heads::default()),
    };
    let (sequencer, failure) = sequencer::start(store, parts).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let id = notice.id().to_string();
        for batch in 0..count.div_ceil(4000) {
            let tasks: Vec<_> = (batch * 4000..count.min((batch + 1) * 4000))
                .map(|_| {
                    let request = decision(&fresh_decision_id(), &id);
                    let request: DecisionRequest = serde_json::from_value(request).unwrap();
                    let decision = Decision::parse(&request, &notice, SystemClock.now()).unwrap();
                    let (sequencer, site) = (sequencer.clone(), site.clone());
                    tokio::spawn(async move { sequencer.record(site, decision).await })
                })
                .collect();
            for task in tasks {
                task.await.unwrap().unwrap();
            }
        }
        drop(sequencer);
        assert!(failure.await.is_err(), "the store failed");
    });
}

/// The shortest of five starts, each after a kill.
fn start_up(folder: &Path) -> Duration {
    (0..5).map(|_| Server::start(folder).start_up).min().unwrap()
}

/// The bytes of all files in a folder.
fn size_of(folder: &Path) -> u64 {
    let items = std::fs::read_dir(folder).unwrap().map(|item| item.unwrap());
    items
        .map(|item| if item.path().is_dir() { size_of(&item.path()) } else { item.metadata().unwrap().len() })
        .sum()
}

#[test]
fn start_up_does_not_grow_with_the_log() {
    let many = if full_run("start-up with 100 000 decisions; 10 000 are used") { 100_000 } else { 10_000 };
    let (short, long) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    seed(short.path(), 1_000);
    let begun = Instant::now();
    seed(long.path(), many);
    let seeded = begun.elapsed();
    let (first, second) = (start_up(short.path()), start_up(long.path()));
    let size = size_of(&long.path().join("data/store"));
    eprintln!("1 000 decisions: {first:?}; {many}: {second:?} ({size} bytes, seeded in {seeded:?})");
    // One start reads what the other reads and the store's own index: the machine's speed cancels out.
    assert!(
        second < first * 4 + Duration::from_millis(200),
        "{many} decisions take {second:?}, 1 000 take {first:?}"
    );
}
