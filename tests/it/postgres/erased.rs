//! What PostgreSQL keeps of what was deleted, and how it is made to forget it.

use std::path::PathBuf;

use consent_tests::client::Client;
use consent_tests::postgres::Cluster;
use consent_tests::process::Server;

use crate::erased::{SUBJECTS, consent, files_with, record};

/// What ARCHITECTURE.md asks an operator to run.
const COMPACTION: [&str; 6] = [
    "VACUUM (FULL, ANALYZE) decision",
    "VACUUM FULL pg_statistic",
    "SELECT pg_switch_wal()",
    "CHECKPOINT",
    "SELECT pg_switch_wal()",
    "CHECKPOINT",
];

#[test]
fn what_was_erased_is_in_no_file_of_the_database_after_its_compaction() {
    let Some(cluster) = Cluster::start_with("an erasure in a database", &["wal_recycle = off"]) else {
        return;
    };
    let url = cluster.database("forgets");
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_shared(folder.path(), &url);
    let traces = record(&Client::new(&server.address));
    // Statistics quote values too.
    for sql in ["ANALYZE", "CHECKPOINT"] {
        cluster.query("forgets", sql);
    }
    let data = folder.path().join("data");
    for of in &traces {
        assert!(
            files_with(&cluster.data(), of).len() >= 2,
            "the table and the journal hold what is not erased"
        );
    }
    consent(&server, &data, &["erase", "--subject", SUBJECTS[0]]);
    assert_eq!(cluster.query("forgets", "SELECT count(*) FROM decision"), "30");
    for sql in COMPACTION {
        cluster.query("forgets", sql);
    }
    assert_eq!(files_with(&cluster.data(), &traces[0]), Vec::<PathBuf>::new());
    assert!(!files_with(&cluster.data(), &traces[1]).is_empty(), "the other one is still there");
    assert_eq!(files_with(&data, &traces[0]), Vec::<PathBuf>::new());
    // And it goes on.
    record(&Client::new(&server.address));
    assert!(server.stop().success());
}
