//! What leaves the server while it is written to.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use super::support::{Answer, Server, decision, server};

async fn export(server: &Server, format: &str) -> Answer {
    let token = format!("Bearer {}", server.tokens.auditor);
    let path = format!("/v1/sites/newsroom/export?format={format}");
    let answer = server.get_with(&path, &[("authorization", &token)]).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer
}

/// The size of the head that an export says it was taken from, and the indices of its decisions.
fn read(format: &str, text: &str) -> (u64, Vec<u64>) {
    match format {
        "jsonl" => {
            let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            let decisions = lines.iter().filter(|line| line["kind"] == "decision");
            let last = lines.last().unwrap();
            let indices: Vec<_> = decisions.map(|line| line["index"].as_u64().unwrap()).collect();
            assert_eq!(last["decisions"].as_u64(), Some(indices.len() as u64), "{last}");
            (lines[0]["heads"][0]["size"].as_u64().unwrap(), indices)
        }
        "27560" => {
            let document: Value = serde_json::from_str(text).unwrap();
            let records = document["@graph"].as_array().unwrap();
            assert_eq!(document["consent:records"].as_u64(), Some(records.len() as u64));
            let indices = records.iter().map(|one| one["consent:entry"]["consent:index"].as_u64().unwrap());
            (document["consent:head"][0]["consent:size"].as_u64().unwrap(), indices.collect())
        }
        _ => {
            let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
            let heads = reader.headers().unwrap().clone();
            let rows: Vec<BTreeMap<_, _>> = reader
                .records()
                .map(|row| {
                    heads.iter().map(str::to_owned).zip(row.unwrap().iter().map(str::to_owned)).collect()
                })
                .collect();
            let number = |row: &BTreeMap<String, String>, name: &str| row[name].parse::<u64>().unwrap();
            assert!(rows.iter().all(|row| number(row, "Export: rows") == rows.len() as u64));
            (
                number(&rows[0], "Export: size of the log's head"),
                rows.iter().map(|row| number(row, "Index")).collect(),
            )
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn an_export_during_heavy_writes_is_one_cut_in_every_format() {
    let server = Arc::new(server().await);
    let notice = server.notice_id("newsroom", "fr").await;
    assert_eq!(server.post("newsroom", &decision(0, &notice)).await.status, 201);
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (1..3_u64)
        .map(|writer| {
            let (server, stop, notice) = (Arc::clone(&server), Arc::clone(&stop), notice.clone());
            tokio::spawn(async move {
                let mut sent = 0;
                while !stop.load(Ordering::Relaxed) && sent < 2_000 {
                    let request = decision(writer * 1_000_000 + sent, &notice);
                    assert_eq!(server.post("newsroom", &request).await.status, 201);
                    sent += 1;
                    // Heavy, and not so heavy that the exports of a debug build can not follow.
                    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                }
                sent
            })
        })
        .collect();
    let mut sizes = Vec::new();
    for round in 0..3 {
        for format in ["jsonl", "27560", "csv"] {
            let answer = export(&server, format).await;
            let (size, indices) = read(format, answer.text());
            // Two notices and `open` come first; from there on every entry is a decision.
            assert_eq!(indices, (3..size).collect::<Vec<_>>(), "{format}, round {round}");
            let name = answer.header("content-disposition");
            assert!(name.contains(&format!("newsroom_beginning_end_2026-{size}.")), "{name}");
            sizes.push(size);
        }
    }
    stop.store(true, Ordering::Relaxed);
    let mut sent = 0;
    for writer in writers {
        sent += writer.await.unwrap();
    }
    assert!(
        sizes.is_sorted() && sizes.first() < sizes.last(),
        "nothing was written meanwhile: {sizes:?} of {sent}"
    );
}
