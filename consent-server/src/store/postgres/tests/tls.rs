//! Encryption: a server that proves its name, and everybody else.

use std::path::Path;
use std::time::{Duration, Instant};

use super::super::super::Store as _;
use super::cluster::Cluster;
use super::*;

/// The URL of a database with this `sslmode` and these trusted certificates.
fn url(clear: &str, mode: &str, authority: &Path) -> String {
    clear.replace("sslmode=disable", &format!("sslmode={mode}&sslrootcert={}", authority.display()))
}

/// Why it is refused, within a moment: what is wrong does not pass.
fn refusal(url: &str) -> String {
    let begun = Instant::now();
    let error = open(url).map(drop).unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(10), "it is tried again and again");
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    assert!(!text.contains("not-a-secret"), "{text}");
    text
}

#[test]
fn a_server_has_to_prove_its_name_wherever_there_is_encryption() {
    let Some(mut cluster) = Cluster::start("encryption, for PostgreSQL") else { return };
    let clear = cluster.database("tls");
    let [authority, stranger] = ["authority", "stranger"].map(|name| cluster.authority(name));
    // Who wants encryption does not speak without it.
    let short = Duration::from_millis(60);
    for mode in ["require", "verify-full"] {
        let address = PostgresAddress::parse(&url(&clear, mode, &authority)).unwrap();
        assert!(PostgresStore::open_with(&address, short).is_err(), "{mode}: it speaks in clear");
    }
    cluster.encrypt("authority", "IP:127.0.0.1");
    for mode in ["verify-full", "verify-ca", "require", "prefer"] {
        let store = open(&url(&clear, mode, &authority)).unwrap();
        assert!(store.logs().unwrap().is_empty());
        let all = "SELECT count(*) > 0, coalesce(bool_and(ssl), false) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
                   WHERE application_name = 'consent'";
        assert_eq!(cluster.query("tls", all), "t|t", "{mode}: something is sent in clear");
        drop(store);
        // Somebody else's authority, and those of the system.
        let refused = refusal(&url(&clear, mode, &stranger));
        assert!(refused.contains("invalid peer certificate"), "{mode}: {refused}");
        let refused = refusal(&clear.replace("sslmode=disable", &format!("sslmode={mode}")));
        assert!(refused.contains("invalid peer certificate"), "{mode}: {refused}");
    }
    // Another name, from the right authority.
    cluster.encrypt("authority", "DNS:elsewhere.example");
    for mode in ["verify-full", "require", "prefer"] {
        let refused = refusal(&url(&clear, mode, &authority));
        assert!(refused.contains("not valid for name"), "{mode}: {refused}");
    }
    let none = cluster.data().join("none.pem");
    assert!(open(&url(&clear, "verify-full", &none)).is_err(), "a file that is not there trusts nobody");
}
