//! What the config says of sites, when it says something else while the sequencer runs.

use consent_core::ledger::entry::{Entry, Kind};

use super::*;

fn rules(sites: &[(&str, u32)]) -> Vec<SiteRules> {
    let rules = |(site, days): &(&str, u32)| SiteRules { site: site.parse().unwrap(), retention_days: *days };
    sites.iter().map(rules).collect()
}

/// For how many days the site's log of a year promises to keep openings.
fn promised(store: &Arc<dyn Store>, site: &str, year: u16) -> u32 {
    let log = LogId { site: site.parse().unwrap(), year: year.into() };
    match Entry::parse(&store.entries(&log, 0..1).unwrap()[0]).unwrap().kind() {
        Kind::Open { retention_days, .. } => *retention_days,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_site_that_comes_later_has_its_own_retention_and_a_shorter_one_holds_from_the_next_night_on() {
    let (store, clock) = (memory(), TestClock::at(NOW));
    let server = start_on(&store, &clock);
    server.record(decision(1, NOW)).await.unwrap();
    server.sequencer.rules(rules(&[("newsroom", 10), ("new", 20)])).await.unwrap();
    server.sequencer.publish("new".parse().unwrap(), notice()).await.unwrap();
    assert_eq!([promised(&store, "newsroom", 2026), promised(&store, "new", 2026)], [1275, 20]);
    clock.set(NOW + time::Duration::days(11));
    let retained = server.sequencer.retain(site()).await.unwrap();
    assert_eq!(retained, Retained { erasures: 1, ..Retained::default() });
    assert_eq!(verify(&*store), 1);
}

#[tokio::test]
async fn a_site_that_goes_keeps_what_it_promised_also_where_a_year_begins() {
    let (store, clock) = (memory(), TestClock::at(datetime!(2026-12-31 23:59 UTC)));
    let server = start_on(&store, &clock);
    server.record(decision(1, clock.now())).await.unwrap();
    server.sequencer.rules(rules(&[("sport", 1275)])).await.unwrap();
    clock.set(datetime!(2027-01-01 00:01 UTC));
    let hour = u64::try_from(datetime!(2026-12-31 23:00 UTC).unix_timestamp()).unwrap();
    let hour = Hour { site: site(), hour, notice: notice().id() };
    server.sequencer.tally(hour, 3).await.unwrap();
    assert_eq!([promised(&store, "newsroom", 2026), promised(&store, "newsroom", 2027)], [1275, 1275]);
    assert_eq!(server.sequencer.retain(site()).await.unwrap(), Retained::default());
    assert_eq!(verify(&*store), 1);
}
