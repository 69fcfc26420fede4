//! What the unit tests of several modules share: a clock that is set by hand, decisions, and a check of everything that
//! a store holds.

pub(crate) mod timing;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

use consent_core::decision::{Decision, DecisionRequest};
use consent_core::digest::Digest;
use consent_core::ledger::commitment::Part;
use consent_core::ledger::entry::{Entry, IndexRange, Kind};
use consent_core::ledger::hash::{leaf_hash, root_of};
use consent_core::ledger::proof::{TileSource as _, inclusion, verify_inclusion};
use consent_core::ledger::tile::TileId;
use consent_core::notice::Notice;
use time::OffsetDateTime;

use crate::clock::Clock;
use crate::config::{self, Config};
use crate::ended::{self, Ended};
use crate::forgotten;
use crate::store::{Head, LogId, Store};
use crate::tiles::LogTiles;

/// A clock that stands still until it is set.
#[derive(Debug)]
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn at(now: OffsetDateTime) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(now.unix_timestamp())))
    }

    pub(crate) fn set(&self, now: OffsetDateTime) {
        self.0.store(now.unix_timestamp(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// The notice that decisions of tests are made under.
pub(crate) fn notice() -> &'static Notice {
    static NOTICE: OnceLock<Notice> = OnceLock::new();
    NOTICE.get_or_init(|| {
        let text = include_str!("../tests/config/good/smallest.toml").to_owned();
        let config = crate::config::parse("smallest.toml", text, Path::new(".")).unwrap().config;
        config.sites[0].notice("en", Digest::of(b"script")).unwrap()
    })
}

/// A config with one site, `news`, as if it lay in this folder.
pub(crate) fn config(folder: &Path) -> Config {
    let text = "[server]\nhost = \"consent.example\"\n[[site]]\nid = \"news\"\nlanguages = [\"en\"]\n\
                controller = { name = \"Example\", privacy_url = \"/privacy\" }\n";
    config::parse("consent.toml", text.to_owned(), folder).unwrap().config
}

/// What a browser sends for its decision `number`; `page` tells one body from another.
pub(crate) fn request(number: u64, page: &str) -> DecisionRequest {
    let choice = |name: &'static str| (name.into(), "deny".into());
    DecisionRequest {
        decision_id: format!("01930000-0000-7000-8000-{number:012x}"),
        subject_id: "AAECAwQFBgcICQoLDA0ODw".to_owned(),
        notice_id: notice().id().to_string(),
        action: "reject_all".into(),
        account: None,
        handoff: None,
        choices: ["functional", "analytics", "performance", "advertisement"].map(choice).into(),
        services: Vec::new(),
        decided_at: "2026-11-23T09:30:00.123Z".to_owned(),
        signals: consent_core::signal::Signals::default(),
        language: "en".to_owned(),
        page: page.to_owned(),
        provenance: None,
    }
}

pub(crate) fn decision(number: u64, now: OffsetDateTime) -> Decision {
    Decision::parse(&request(number, "/"), notice(), now).unwrap()
}

/// Recomputes everything in a store from its entries: roots, tiles, proofs, openings, the order of entries and times,
/// and the chain of years. Returns the number of decisions.
pub(crate) fn verify(store: &dyn Store) -> usize {
    let logs = store.logs().unwrap();
    let sites: BTreeSet<_> = logs.iter().map(|(log, _)| log.site.clone()).collect();
    let given_up: Vec<_> = sites.iter().flat_map(|site| ended::of_site(store, site).unwrap()).collect();
    let mut all: BTreeMap<LogId, Option<Head>> =
        logs.into_iter().map(|(log, head)| (log, Some(head))).collect();
    for log in &given_up {
        all.entry(log.log.clone()).or_insert(None);
    }
    let mut decisions = 0;
    let mut ended: Option<(LogId, Digest, u64)> = None;
    for (id, head) in all {
        if let Some(log) = given_up.iter().find(|log| log.log == id) {
            decisions += verify_rest(store, log);
            let signed = log.signed_head();
            ended = Some((id, signed.root, signed.size));
            continue;
        }
        let head = head.unwrap();
        if head.forgotten {
            assert!(store.entries(&id, 0..1).is_err(), "{id}: something is left");
            let end = forgotten::left(store, &id).unwrap().forgotten.end();
            ended = Some((id, end.root, end.size));
            continue;
        }
        let stored = store.entries(&id, 0..head.size).unwrap();
        assert!(store.entries(&id, 0..head.size + 1).is_err(), "{id} has more entries than its head says");
        let leaves: Vec<_> = stored.iter().map(|entry| leaf_hash(entry)).collect();
        assert_eq!(root_of(&leaves), head.root, "{id}: the root of the entries");
        verify_tiles(store, &id, &leaves, head.root);
        let entries: Vec<_> = stored.iter().map(|entry| Entry::parse(entry).unwrap()).collect();
        assert!(entries.is_sorted_by_key(Entry::time), "{id}: time goes back");
        assert_eq!(entries.last().map(Entry::time), Some(head.time));
        let mut named = Vec::new();
        let erased: Vec<_> = entries.iter().flat_map(erased_by).collect();
        let mut closed = None;
        for (index, entry) in (0_u64..).zip(&entries) {
            match entry.kind() {
                Kind::Open { log, previous, .. } => {
                    assert_eq!(index, 0, "{id}: opened at {index}");
                    assert_eq!((log.site(), log.year()), (&id.site, id.year));
                    let of_site = ended.take().filter(|(ended, ..)| ended.site == id.site);
                    assert_eq!(
                        previous.as_ref().map(|last| (last.root, last.size)),
                        of_site.map(|(_, root, size)| (root, size))
                    );
                }
                Kind::Notice { notice } => {
                    assert!(!named.contains(notice), "{id}: a notice is named twice");
                    named.push(*notice);
                }
                Kind::Tally { hour, notice, .. } => {
                    assert!(named.contains(notice) && *hour <= entry.time(), "{id}: a tally of nothing");
                }
                Kind::Erasure { indices, log: Some(of), .. } => {
                    let of = given_up.iter().find(|log| log.origin() == of).unwrap();
                    assert!(of.log < id && of.log.site == id.site, "{id}: erases what is not before it");
                    for range in indices {
                        assert!(range.to <= of.kept.size, "{id}: erases what {} does not have", of.log);
                        assert_eq!(store.openings(&of.log, range.from..range.to).unwrap(), []);
                    }
                }
                Kind::Ended { log, kept, .. } => {
                    assert!(given_up.iter().any(|ended| ended.origin() == log && ended.kept == *kept));
                }
                Kind::Erasure { indices, .. } => {
                    assert!(indices.iter().all(|range| range.to <= index), "{id}: erases what comes later");
                }
                Kind::Decision { .. }
                    if erased.iter().any(|range| (range.from..range.to).contains(&index)) =>
                {
                    assert!(
                        store.openings(&id, index..index + 1).unwrap().is_empty(),
                        "{id}: {index} is back"
                    );
                    decisions += 1;
                }
                &Kind::Decision { decision, notice, subject } => {
                    assert!(closed.is_none(), "{id}: goes on after its end");
                    assert!(named.contains(&notice), "{id}: entry {index} comes before its notice");
                    let openings = store.openings(&id, index..index + 1).unwrap().pop().unwrap().1;
                    assert_eq!(openings.decision.unwrap().commitment(Part::Decision), decision);
                    assert_eq!(openings.subject.unwrap().commitment(Part::Subject), subject);
                    decisions += 1;
                }
                Kind::Close { next } => {
                    assert!(head.closed && next.year() > id.year);
                    let (before, _) = leaves.split_at(usize::try_from(index + 1).unwrap());
                    closed = Some((id.clone(), root_of(before), index + 1));
                }
                Kind::Action(_) => {
                    assert_eq!(id.site.as_str(), "trail", "{id}: an action");
                }
                other => panic!("{id}: nobody writes {other:?} here"),
            }
        }
        assert!(matches!(entries[0].kind(), Kind::Open { .. }), "{id} does not begin with `open`");
        assert_eq!(head.closed, closed.is_some());
        ended = closed;
        let mut logged = store.logged_notices(&id).unwrap();
        logged.sort();
        named.sort();
        assert_eq!(logged, named, "{id}: the notices that are said to be named");
    }
    decisions
}

/// What is left of a log that could not go on. Returns the number of decisions.
fn verify_rest(store: &dyn Store, log: &Ended) -> usize {
    let size = log.kept.size;
    let stored = store.entries(&log.log, 0..size).unwrap();
    let leaves: Vec<_> = stored.iter().map(|entry| leaf_hash(entry)).collect();
    assert_eq!(root_of(&leaves), log.kept.root, "{}: the root of what is left", log.log);
    let beyond = store.openings(&log.log, size..size + 1000).unwrap();
    assert_eq!(beyond, [], "{}: something is left beyond", log.log);
    let entries = stored.iter().map(|entry| Entry::parse(entry).unwrap());
    entries.filter(|entry| matches!(entry.kind(), Kind::Decision { .. })).count()
}

/// Every tile is what the entries make it, and proofs built from tiles lead to the root.
fn verify_tiles(store: &dyn Store, id: &LogId, leaves: &[Digest], root: Digest) {
    let size = u64::try_from(leaves.len()).unwrap();
    let tiles = LogTiles::new(store, id);
    let mut level: Vec<Digest> = leaves.to_vec();
    let mut of_level = 0;
    for tile in TileId::all(size) {
        while of_level < tile.level {
            level = level.as_chunks::<256>().0.iter().map(|hashes| root_of(hashes)).collect();
            of_level += 1;
        }
        let first = usize::try_from(tile.index).unwrap() * 256;
        assert_eq!(tiles.tile(tile).unwrap(), level[first..first + usize::from(tile.width)], "{id}: {tile}");
    }
    for index in [0, size / 2, size - 1] {
        let proof = inclusion(&tiles, index, size).unwrap();
        let leaf = leaves[usize::try_from(index).unwrap()];
        assert_eq!(verify_inclusion(leaf, index, size, &proof, root), Ok(()), "{id}: proof of {index}");
    }
}

/// Implements [`Store`] for a wrapper: every call goes through one expression, which gets the wrapper, the name of the
/// call, and the call as a function of the store that really does it.
#[macro_export]
macro_rules! testing_store {
    ($wrapper:ty, |$this:ident, $name:ident, $call:ident| $body:expr) => {
        const _: () = {
            use consent_core::decision::{DecisionId, SubjectId};
            use consent_core::notice::{NoticeId, SiteId};
            use std::ops::Range;
            use $crate::store::{Batch, Head, LogId, Notices, Openings, Placed, Store, StoreError};

            type Answer<T> = Result<T, StoreError>;

            impl $wrapper {
                fn through<T>(
                    &self,
                    $name: &'static str,
                    $call: impl Fn(&dyn Store) -> Answer<T>,
                ) -> Answer<T> {
                    let $this = self;
                    $body
                }
            }

            impl Store for $wrapper {
                fn is_shared(&self) -> bool {
                    self.through("is_shared", |store| Ok(store.is_shared())).unwrap_or(false)
                }
                fn commit(&self, batches: &[Batch]) -> Answer<()> {
                    self.through("commit", |store| store.commit(batches))
                }
                fn confirm(&self) -> Answer<()> {
                    self.through("confirm", |store| store.confirm())
                }
                fn publish(&self, site: &SiteId, notice: NoticeId, bytes: &[u8]) -> Answer<()> {
                    self.through("publish", |store| store.publish(site, notice, bytes))
                }
                fn forget_log(&self, log: &LogId) -> Answer<()> {
                    self.through("forget_log", |store| store.forget_log(log))
                }
                fn keep(&self, site: &SiteId, name: &str, bytes: &[u8]) -> Answer<()> {
                    self.through("keep", |store| store.keep(site, name, bytes))
                }
                fn kept(&self, site: &SiteId, name: &str) -> Answer<Option<Vec<u8>>> {
                    self.through("kept", |store| store.kept(site, name))
                }
                fn kept_names(&self, site: &SiteId, prefix: &str) -> Answer<Vec<String>> {
                    self.through("kept_names", |store| store.kept_names(site, prefix))
                }
                fn discard(&self, site: &SiteId, name: &str) -> Answer<()> {
                    self.through("discard", |store| store.discard(site, name))
                }
                fn logs(&self) -> Answer<Vec<(LogId, Head)>> {
                    self.through("logs", |store| store.logs())
                }
                fn head(&self, log: &LogId) -> Answer<Option<Head>> {
                    self.through("head", |store| store.head(log))
                }
                fn entries(&self, log: &LogId, range: Range<u64>) -> Answer<Vec<Vec<u8>>> {
                    self.through("entries", |store| store.entries(log, range.clone()))
                }
                fn tile(&self, log: &LogId, level: u8, index: u64) -> Answer<Option<Vec<u8>>> {
                    self.through("tile", |store| store.tile(log, level, index))
                }
                fn openings(&self, log: &LogId, range: Range<u64>) -> Answer<Vec<(u64, Openings)>> {
                    self.through("openings", |store| store.openings(log, range.clone()))
                }
                fn find_decision(&self, site: &SiteId, decision: DecisionId) -> Answer<Option<Placed>> {
                    self.through("find_decision", |store| store.find_decision(site, decision))
                }
                fn find_subject(&self, site: &SiteId, subject: SubjectId) -> Answer<Vec<(LogId, u64)>> {
                    self.through("find_subject", |store| store.find_subject(site, subject))
                }
                fn notice(&self, site: &SiteId, notice: NoticeId) -> Answer<Option<Vec<u8>>> {
                    self.through("notice", |store| store.notice(site, notice))
                }
                fn notices(&self, site: &SiteId) -> Answer<Notices> {
                    self.through("notices", |store| store.notices(site))
                }
                fn logged_notices(&self, log: &LogId) -> Answer<Vec<NoticeId>> {
                    self.through("logged_notices", |store| store.logged_notices(log))
                }
                fn history(&self, log: &LogId) -> Answer<Vec<(u64, String)>> {
                    self.through("history", |store| store.history(log))
                }
            }
        };
    };
}

fn erased_by(entry: &Entry) -> Vec<IndexRange> {
    match entry.kind() {
        Kind::Erasure { indices, log: None, .. } => indices.clone(),
        _ => Vec::new(),
    }
}
