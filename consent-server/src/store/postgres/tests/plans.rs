//! What was asked often while a log was young is not asked in the same way when it has grown.

use std::time::{Duration, Instant};

use consent_core::decision::{DecisionId, SubjectId};
use consent_core::notice::SiteId;

use super::super::super::Store as _;
use super::{Cluster, open};

/// Decisions that nobody has acknowledged: only their number counts.
const GROWN: &str = "INSERT INTO decision (log_id, \"index\", site, decision_id, subject_id, size, recorded_at, request_digest) \
     SELECT 7, n, 'newsroom', uuid_send(gen_random_uuid()), uuid_send(gen_random_uuid()), 0, 0, '' \
     FROM generate_series(1, 20000) AS n";

/// How many rows and entries of indexes were read of all decisions.
const READ: &str = "SELECT sum(seq_tup_read) + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname = 'decision') \
     FROM pg_stat_user_tables WHERE relname = 'decision'";

/// How often they were asked for, in whatever way.
const ASKED: &str = "SELECT sum(seq_scan + idx_scan) FROM pg_stat_user_tables WHERE relname = 'decision'";

#[test]
fn a_decision_is_found_without_reading_the_others_however_often_it_was_asked_for_when_there_were_few() {
    let Some(cluster) = Cluster::start("plans, for PostgreSQL") else { return };
    let store = open(&cluster.database("grown")).unwrap();
    let site: SiteId = "newsroom".parse().unwrap();
    let ids: Vec<_> = (0..64).map(|n| DecisionId::from_bytes(uuid_v7(n)).unwrap()).collect();
    let subject: SubjectId = "AAAAAAAAAAAAAAAAAAAAAA".parse().unwrap();
    let ask = || {
        assert!(store.find_decisions(&site, &ids).unwrap().iter().all(Option::is_none));
        assert!(store.find_subject(&site, subject).unwrap().is_empty());
    };
    // From the sixth time on a server may keep a plan.
    (0..20).for_each(|_| ask());
    let number = |sql| -> u64 { cluster.query("grown", sql).parse().unwrap() };
    cluster.query("grown", GROWN);
    let (read, asked, begun) = (number(READ), number(ASKED), Instant::now());
    // What was counted is told with some delay.
    while number(ASKED) < asked + 20 {
        assert!(begun.elapsed() < Duration::from_secs(60), "nobody was asked");
        ask();
        std::thread::sleep(Duration::from_millis(50));
    }
    let read = number(READ) - read;
    assert!(read < 10_000, "{read} rows for what is not there");
}

/// Bytes of a version 7 UUID.
fn uuid_v7(number: u8) -> [u8; 16] {
    let mut bytes = [number; 16];
    bytes[6] = 0x70;
    bytes[8] = 0x80;
    bytes
}
