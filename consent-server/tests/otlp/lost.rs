//! A collector that is not there costs spans, which are counted, and nobody's time.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use super::support::{IN_TIME, Server, command, exporting};

#[test]
fn a_collector_that_hangs_delays_nobody_and_what_it_does_not_take_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    // The system takes the connections; nobody ever reads from them.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut variables = exporting(&format!("http://{}", silent.local_addr().unwrap()));
    variables.push(("OTEL_EXPORTER_OTLP_TIMEOUT", "60000".to_owned()));
    variables.push(("OTEL_BSP_MAX_QUEUE_SIZE", "16".to_owned()));
    variables.push(("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "8".to_owned()));
    let server = Server::start(folder.path(), &variables);
    let begun = Instant::now();
    for _ in 0..200 {
        assert_eq!(server.get("/healthz").0, 200);
    }
    // One batch alone waits for a minute.
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    // A batch is on its way, another waits, and there was no place for the others.
    let lost = server.spans("lost").unwrap();
    assert!((200 - 16 - 8..=200).contains(&lost), "{lost}");
    assert_eq!(server.spans("exported"), Some(0));
    let begun = Instant::now();
    let (status, log) = server.stop();
    assert!(status.success() && begun.elapsed() < Duration::from_secs(20), "{status} {:?}", begun.elapsed());
    assert!(log.contains("spans did not get to the collector"), "{log}");
}

#[test]
fn a_collector_that_is_down_costs_spans_until_it_is_there() {
    let folder = tempfile::tempdir().unwrap();
    // A port that was free a moment ago, and where nobody listens.
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut variables = exporting(&format!("http://{gone}"));
    variables.push(("OTEL_BSP_SCHEDULE_DELAY", "50".to_owned()));
    variables.push(("OTEL_EXPORTER_OTLP_TIMEOUT", "200".to_owned()));
    let server = Server::start(folder.path(), &variables);
    assert_eq!(server.get("/healthz").0, 200);
    let begun = Instant::now();
    while server.spans("lost").unwrap() == 0 {
        assert!(begun.elapsed() < IN_TIME, "nothing was counted as lost");
        std::thread::sleep(Duration::from_millis(50));
    }
    let (status, log) = server.stop();
    assert!(status.success());
    // Once, and not for each batch.
    assert_eq!(log.matches("the collector takes no spans").count(), 1, "{log}");
}

#[test]
fn who_names_no_collector_makes_no_spans_and_a_bad_value_ends_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    assert_eq!(server.spans("lost"), None);
    assert!(server.stop().0.success());
    let refused = command(folder.path(), &exporting("localhost:4318")).output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success());
    assert!(said.contains("OTEL_EXPORTER_OTLP_ENDPOINT") && said.contains("write it like http://"), "{said}");
}
