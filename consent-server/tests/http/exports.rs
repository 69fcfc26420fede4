//! What leaves the server while it is written to.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use consent_core::verify::evidence::Evidence;
use consent_core::verify::source::MemoryBundle;
use consent_core::verify::verify;
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
async fn an_export_during_heavy_writes_is_one_cut_in_every_format_of_one_file() {
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

pub(crate) fn unpacked(zip: Vec<u8>) -> MemoryBundle {
    let mut zip = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
    let mut files = Vec::new();
    for number in 0..zip.len() {
        let (mut file, mut bytes) = (zip.by_index(number).unwrap(), Vec::new());
        file.read_to_end(&mut bytes).unwrap();
        files.push((file.name().unwrap().into_owned(), bytes));
    }
    MemoryBundle(files)
}

/// What was erased meanwhile is in a bundle or it is not; it is never there for one half of the bundle only.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_bundle_during_writes_and_erasures_is_one_cut_that_holds() {
    const ERASURES: u64 = 30;
    let server = Arc::new(server().await);
    let notice = server.notice_id("newsroom", "fr").await;
    let subject = |number: u64| format!("{:021}A", number % ERASURES);
    let request = move |number| {
        let mut request = decision(number, &notice);
        request["subject_id"] = subject(number).into();
        request
    };
    for number in 0..2 * ERASURES {
        assert_eq!(server.post("newsroom", &request(number)).await.status, 201);
    }
    let made = Arc::new(AtomicU64::new(0));
    let busy = {
        let (server, made) = (Arc::clone(&server), Arc::clone(&made));
        tokio::spawn(async move {
            for number in 0..ERASURES {
                if number == ERASURES / 2 {
                    // However slow or fast the machine is, a bundle is made of what is half erased.
                    let before = made.load(Ordering::Relaxed);
                    while made.load(Ordering::Relaxed) < before + 2 {
                        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
                    }
                }
                for more in 1..8 {
                    let request = request(number + more * 1_000_000);
                    assert_eq!(server.post("newsroom", &request).await.status, 201);
                }
                let path = format!("/v1/sites/newsroom/subjects/{}", subject(number));
                let erase = axum::http::Request::delete(path)
                    .header("authorization", format!("Bearer {}", server.tokens.operator));
                let answer = server.send(erase.body(axum::body::Body::empty()).unwrap()).await;
                assert!(answer.status == 200 && answer.json()["decisions"].as_u64() > Some(1));
                tokio::time::sleep(std::time::Duration::from_millis(30)).await;
            }
        })
    };
    let (token, mut seen) = (format!("Bearer {}", server.tokens.auditor), Vec::new());
    loop {
        let last = busy.is_finished();
        let path = "/v1/sites/newsroom/export?format=bundle";
        let answer = server.get_with(path, &[("authorization", &token)]).await;
        if answer.status == 503 {
            // Erasures were faster several times in a row, and the server says so.
            assert_eq!(answer.code(), "overtaken");
            continue;
        }
        assert_eq!(answer.status, 200);
        let report = verify(&unpacked(answer.body), &Evidence::default(), &mut |_| ());
        assert!(report.holds(), "{:#?}", report.findings);
        assert_eq!(report.decision, report.subject);
        seen.push(report.decision.erased);
        made.fetch_add(1, Ordering::Relaxed);
        if last {
            break;
        }
    }
    busy.await.unwrap();
    let all = seen.last().copied();
    let between = seen.iter().any(|erased| 0 < *erased && Some(*erased) < all);
    assert!(seen.is_sorted() && between, "nothing was erased meanwhile: {seen:?}");
}
