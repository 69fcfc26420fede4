//! Against a real server, if one is installed.

#[path = "../../../../../tests/src/postgres.rs"]
#[expect(dead_code, unreachable_pub, reason = "the file is also the tests crate's, which uses the rest")]
mod cluster;
mod faults;
mod plans;
mod schemas;
mod tls;
mod wire;

use cluster::Cluster;
pub(crate) use schemas::Schemas;

use super::super::contract::{CLAIMS, grow, log};
use super::*;

fn open(url: &str) -> Result<PostgresStore, StoreError> {
    PostgresStore::open(&PostgresAddress::parse(url).unwrap())
}

#[test]
fn a_database_keeps_the_contract_of_every_store() {
    let Some(cluster) = Cluster::start("the contract of stores, for PostgreSQL") else { return };
    for (at, (claim, check)) in CLAIMS.iter().enumerate() {
        eprintln!("{claim}");
        check(&open(&cluster.database(&format!("claim_{at}"))).unwrap());
    }
}

#[test]
fn migrations_that_run_at_once_are_applied_once_and_what_is_not_known_is_refused() {
    let Some(cluster) = Cluster::start("migrations, for PostgreSQL") else { return };
    for round in 0..5 {
        let url = cluster.database(&format!("round_{round}"));
        std::thread::scope(|scope| {
            let starts: Vec<_> = (0..4).map(|_| scope.spawn(|| open(&url).map(drop))).collect();
            starts.into_iter().for_each(|start| start.join().unwrap().unwrap());
        });
        assert_eq!(cluster.query(&format!("round_{round}"), "SELECT count(*) FROM migration"), "1");
    }
    let url = cluster.url("round_0");
    let insert = "INSERT INTO migration VALUES (2, '0002_of_a_later_version', '')";
    cluster.query("round_0", insert);
    assert!(matches!(open(&url), Err(StoreError::Schema(what)) if what.contains("version 2")));
    cluster
        .query("round_0", "DELETE FROM migration WHERE number = 2; UPDATE migration SET checksum = '\\x00'");
    assert!(matches!(open(&url), Err(StoreError::Schema(_))));
}

/// What a database says that took another transaction first: at a statement, and where it waits until COMMIT to say so. Here a
/// trigger says it twice; it counts with a sequence, which no transaction takes back.
#[test]
fn a_serialisation_failure_is_tried_again_and_nothing_is_there_twice() {
    let Some(cluster) = Cluster::start("serialisation failures, for PostgreSQL") else { return };
    for (name, kind, when) in
        [("statement", "", ""), ("ending", "CONSTRAINT", "DEFERRABLE INITIALLY DEFERRED")]
    {
        let store = open(&cluster.database(name)).unwrap();
        let log = log("news", 2026);
        grow(&store, &log, 3);
        let sql = format!(
            "CREATE SEQUENCE tries; CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF nextval('tries') < 3 THEN RAISE EXCEPTION 'the test' USING ERRCODE = '40001'; END IF; RETURN NULL; END $$; \
             CREATE {kind} TRIGGER fail AFTER INSERT ON entry {when} FOR EACH ROW EXECUTE FUNCTION fail()"
        );
        cluster.query(name, &sql);
        grow(&store, &log, 5);
        assert_eq!(store.head(&log).unwrap().map(|head| head.size), Some(5), "{name}");
        assert_eq!(store.entries(&log, 0..5).unwrap().len(), 5, "{name}");
        // Two that failed, and one for each of the two entries.
        assert_eq!(cluster.query(name, "SELECT last_value FROM tries"), "4", "{name}");
    }
}

#[test]
fn a_server_that_does_not_sync_and_a_key_that_others_do_not_have_are_refused() {
    let Some(mut cluster) = Cluster::start("refusals, for PostgreSQL") else { return };
    let url = cluster.database("one");
    let store = open(&url).unwrap();
    assert!(!store.has_key().unwrap());
    let (key, other) = (ServerKey::from_seed([1; 32]), ServerKey::from_seed([2; 32]));
    store.serve_with(&key).unwrap();
    store.serve_with(&key).unwrap();
    assert!(matches!(open(&url).unwrap().serve_with(&other), Err(StoreError::OtherKey)));
    assert!(store.has_key().unwrap());
    drop(store);
    cluster.stop("INT");
    cluster.configure(&["fsync = off"]);
    cluster.resume();
    assert!(matches!(open(&url), Err(StoreError::Unsafe(_))));
}

#[test]
fn one_store_is_moved_into_a_database_and_until_it_has_been_nobody_serves_it() {
    let Some(cluster) = Cluster::start("migrations of stores, for PostgreSQL") else { return };
    let url = cluster.database("one");
    let keys = [1, 2].map(|seed| ServerKey::from_seed([seed; 32]));
    let begin = |at: usize| open(&url).unwrap().begin_import(&keys[at]);
    // Both at once, several times over: one of them has it.
    let first = std::thread::scope(|scope| {
        let begun = [0, 1].map(|at| scope.spawn(move || begin(at).is_ok()));
        let [one, two] = begun.map(|begun| begun.join().unwrap());
        assert!(one != two, "both were let in, or none");
        usize::from(two)
    });
    begin(first).unwrap();
    assert!(matches!(begin(1 - first), Err(StoreError::Schema(what)) if what.contains("another store")));
    let store = open(&url).unwrap();
    assert!(matches!(store.serve_with(&keys[first]), Err(StoreError::Schema(_))));
    store.end_import(&keys[first]).unwrap();
    store.serve_with(&keys[first]).unwrap();
    assert!(matches!(begin(first), Err(StoreError::Schema(what)) if what.contains("empty one")));
}

#[test]
fn a_lease_has_one_holder_until_it_runs_out() {
    let Some(cluster) = Cluster::start("leases, for PostgreSQL") else { return };
    let url = cluster.database("one");
    let (first, second) = (open(&url).unwrap(), open(&url).unwrap());
    assert!(first.lease("nightly", 60).unwrap());
    assert!(!second.lease("nightly", 60).unwrap());
    assert!(first.lease("nightly", 60).unwrap() && second.lease("other", 60).unwrap());
    cluster.query("one", "UPDATE lease SET until = until - 120");
    assert!(second.lease("nightly", 60).unwrap() && !first.lease("nightly", 60).unwrap());
}
