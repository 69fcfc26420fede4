//! What every format says of itself, and that it has what it says.

use serde_json::Value;

use super::bundle::tests::{decided, export, files};
use super::*;
use crate::testing::notice;

/// The period of the second and third of four days; each has one decision that is left and one that was erased.
fn middle(times: &[u64]) -> Period {
    Period { from: Some(times[1]), to: Some(times[3]) }
}

#[tokio::test]
async fn the_spreadsheet_alone_has_the_rows_of_the_bundle_and_says_what_it_is() {
    let (store, times) = decided().await;
    for (period, from, to, rows) in [
        (Period::default(), "", "", "4"),
        (middle(&times), "2026-12-31T09:30:00Z", "2027-01-02T09:30:00Z", "2"),
    ] {
        let bundle = files(export(&*store, Format::Bundle, period, times[3]));
        let (_, table) = bundle.0.iter().find(|(name, _)| name == "decisions.csv").unwrap();
        let alone = String::from_utf8(export(&*store, Format::Csv, period, times[3])).unwrap();
        let table = String::from_utf8(table.clone()).unwrap();
        assert_eq!(alone.lines().count(), table.lines().count());
        for (alone, row) in alone.split("\r\n").zip(table.split("\r\n")) {
            assert!(alone.starts_with(row), "{row} is not how {alone} begins");
        }
        let mut reader = csv::Reader::from_reader(alone.trim_start_matches('\u{feff}').as_bytes());
        let heads = reader.headers().unwrap().clone();
        let records: Vec<_> = reader.records().map(Result::unwrap).collect();
        assert_eq!(records.len().to_string(), rows);
        for row in &records {
            let cell = |name: &str| &row[heads.iter().position(|head| head == name).unwrap()];
            assert_eq!(
                ["site", "from", "to", "made at", "rows"].map(|name| cell(&format!("Export: {name}"))),
                ["a", from, to, "2027-01-02T09:30:00Z", rows]
            );
            assert_eq!(cell("Export: log"), format!("consent.example/a/{}", cell("Log")));
            let size = if cell("Log") == "2026" { "8" } else { "7" };
            assert_eq!(cell("Export: size of the log's head"), size);
        }
    }
}

#[tokio::test]
async fn json_lines_begin_with_what_they_are_and_end_with_how_many() {
    let (store, times) = decided().await;
    let text = String::from_utf8(export(&*store, Format::Jsonl, middle(&times), times[3])).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (first, rest) = lines.split_first().unwrap();
    let (last, decisions) = rest.split_last().unwrap();
    assert_eq!([&first["kind"], &last["kind"]], ["export", "end"]);
    assert_eq!([&first["from"], &first["to"]], ["2026-12-31T09:30:00Z", "2027-01-02T09:30:00Z"]);
    assert_eq!(
        [&first["heads"][0]["log"], &first["heads"][1]["log"]],
        ["consent.example/a/2026", "consent.example/a/2027"]
    );
    for head in first["heads"].as_array().unwrap() {
        let note = head["checkpoint"].as_str().unwrap();
        assert!(
            note.starts_with(&format!("{}\n{}\n", head["log"].as_str().unwrap(), head["size"])),
            "{note}"
        );
    }
    assert_eq!((last["decisions"].as_u64(), last["erased"].as_u64()), (Some(4), Some(2)));
    assert_eq!(decisions.len(), 4);
    assert!(decisions.iter().all(|line| line["kind"] == "decision"));
    assert_eq!(decisions.iter().filter(|line| line["subject"].is_null()).count(), 2);
}

#[tokio::test]
async fn records_name_who_what_when_and_where_it_is_proven() {
    let (store, times) = decided().await;
    let text = String::from_utf8(export(&*store, Format::Records, middle(&times), times[3])).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["dct:temporal"]["dcat:startDate"], "2026-12-31T09:30:00Z");
    assert_eq!(document["dct:temporal"]["dcat:endDate"], "2027-01-02T09:30:00Z");
    let counts = ["decisions", "erased", "records"].map(|name| document[format!("consent:{name}")].as_u64());
    assert_eq!(counts, [Some(4), Some(2), Some(2)]);
    let records = document["@graph"].as_array().unwrap();
    assert_eq!(records.len(), 2);
    for record in records {
        // Every record stands on a line of its own.
        let id = record["@id"].as_str().unwrap();
        assert_eq!(text.lines().filter(|line| line.starts_with('{') && line.contains(id)).count(), 1);
        assert_eq!(record["dpv:hasDataSubject"]["dct:identifier"], "BAECAwQFBgcICQoLDA0ODw");
        assert_eq!(record["dpv:hasNotice"]["dct:identifier"], notice().id().to_string());
        assert_eq!(record["dpv:hasJurisdiction"], "loc:EU");
        let head = &record["consent:entry"]["consent:head"];
        assert!(document["consent:head"].as_array().unwrap().iter().any(|one| one["@id"] == head["@id"]));
        let processes = record["dpv:hasProcess"].as_array().unwrap().iter();
        let states: Vec<_> =
            processes.map(|process| process["dpv:hasConsentStatus"]["@type"][0].as_str()).collect();
        assert_eq!(states[0], None, "nobody was asked for what is necessary");
        assert!(states[1..].iter().all(|state| *state == Some("dpv:ConsentRefused")), "{states:?}");
    }
}

#[tokio::test]
async fn an_export_without_decisions_is_whole() {
    let (store, times) = decided().await;
    let period = Period { from: Some(times[3] + 100), to: None };
    let text = String::from_utf8(export(&*store, Format::Csv, period, times[3])).unwrap();
    assert_eq!(text.lines().count(), 1);
    let text = String::from_utf8(export(&*store, Format::Jsonl, period, times[3])).unwrap();
    assert_eq!(text.lines().count(), 2);
    let document: Value =
        serde_json::from_slice(&export(&*store, Format::Records, period, times[3])).unwrap();
    assert_eq!(document["@graph"].as_array().map(Vec::len), Some(0));
}

#[tokio::test]
async fn a_file_has_its_site_period_and_head_in_its_name() {
    let (store, times) = decided().await;
    let key = crate::data::ServerKey::from_seed([1; 32]);
    let site = notice().site.clone();
    let heads = sign_stored(&*store, &key, &site).unwrap();
    let name =
        |period| Cut::new(&*store, site.clone(), heads.clone(), period, 0).unwrap().file_name(Format::Csv);
    assert_eq!(name(Period::default()), "a_beginning_end_2027-7.csv");
    let days = Period::parse(Some("2026-12-31"), Some("2027-01-01")).unwrap();
    assert_eq!(name(days), "a_2026-12-31_2027-01-01_2027-7.csv");
    assert_eq!(name(middle(&times)), "a_2026-12-31T093000Z_2027-01-02T093000Z_2027-7.csv");
}
