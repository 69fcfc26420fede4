//! Logs as an auditor reads them.

use consent_core::digest::Digest;
use consent_core::ledger::checkpoint::SignedCheckpoint;
use consent_core::ledger::entry::Entry;
use consent_core::ledger::hash::{leaf_hash, root_of};
use consent_core::ledger::proof::{TileSource, consistency, verify_consistency};
use consent_core::ledger::tile::{EntriesId, TileId, decode_entries};

use super::support::{Server, decision, server};

const LOG: &str = "/v1/sites/newsroom/logs/2026";

async fn fill(server: &Server, count: u64) {
    let notice = server.notice_id("newsroom", "fr").await;
    for number in 0..count {
        assert_eq!(server.post("newsroom", &decision(number, &notice)).await.status, 201);
    }
}

async fn checkpoint(server: &Server) -> SignedCheckpoint {
    let answer = server.get(&format!("{LOG}/checkpoint")).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/plain; charset=utf-8"));
    SignedCheckpoint::open(&answer.body, &server.keys()).unwrap()
}

async fn entries(server: &Server, size: u64) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for bundle in EntriesId::all(size) {
        let answer = server.get(&format!("{LOG}/{bundle}")).await;
        assert_eq!(answer.status, 200, "{bundle}");
        all.extend(decode_entries(&answer.body, bundle.width).unwrap().into_iter().map(<[u8]>::to_vec));
    }
    all
}

#[tokio::test]
async fn checkpoint_tiles_and_entries_belong_together_and_every_head_continues_the_last() {
    let server = server().await;
    let mut heads = vec![checkpoint(&server).await];
    for more in [1, 251, 1, 1, 260] {
        let before = u64::try_from(heads.len()).unwrap() * 1000;
        let notice = server.notice_id("newsroom", "fr").await;
        for number in 0..more {
            assert_eq!(server.post("newsroom", &decision(before + number, &notice)).await.status, 201);
        }
        let head = checkpoint(&server).await;
        let size = head.checkpoint().size;
        let leaves: Vec<_> = entries(&server, size).await.iter().map(|entry| leaf_hash(entry)).collect();
        assert_eq!(root_of(&leaves), head.checkpoint().root, "{size}");
        let mut tiles = Tiles::default();
        for tile in TileId::all(size) {
            let answer = server.get(&format!("{LOG}/{tile}")).await;
            assert_eq!(
                (answer.status, answer.header("content-type")),
                (200, "application/octet-stream"),
                "{tile}"
            );
            assert!(answer.header("cache-control").contains("immutable"));
            let hashes: Vec<_> = answer.body.as_chunks::<32>().0.iter().map(|hash| Digest(*hash)).collect();
            assert_eq!(hashes.len(), usize::from(tile.width));
            if tile.level == 0 {
                let first = usize::try_from(tile.index * 256).unwrap();
                assert_eq!(hashes, leaves[first..first + hashes.len()]);
            }
            tiles.0.push((tile, hashes));
        }
        for old in &heads {
            let old = old.checkpoint();
            let proof = consistency(&tiles, old.size, size).unwrap();
            assert_eq!(verify_consistency(old.size, old.root, size, head.checkpoint().root, &proof), Ok(()));
        }
        heads.push(head);
    }
    let sizes: Vec<_> = heads.iter().map(|head| head.checkpoint().size).collect();
    assert_eq!(sizes, [3, 4, 255, 256, 257, 517]);
}

#[derive(Default)]
struct Tiles(Vec<(TileId, Vec<Digest>)>);

impl TileSource for Tiles {
    type Error = TileId;

    fn tile(&self, tile: TileId) -> Result<Vec<Digest>, TileId> {
        let found = self.0.iter().find(|(id, _)| (id.level, id.index) == (tile.level, tile.index));
        found.map(|(_, hashes)| hashes.clone()).ok_or(tile)
    }
}

#[tokio::test]
async fn a_part_that_was_narrower_once_can_still_be_read_at_that_width() {
    let server = server().await;
    fill(&server, 300).await;
    let full = server.get(&format!("{LOG}/tile/0/000")).await.body;
    let all = entries(&server, 303).await;
    for width in [1, 2, 255] {
        let answer = server.get(&format!("{LOG}/tile/0/000.p/{width}")).await;
        assert_eq!(answer.body, full[..32 * width], "{width}");
        let answer = server.get(&format!("{LOG}/tile/entries/000.p/{width}")).await;
        assert_eq!(decode_entries(&answer.body, u16::try_from(width).unwrap()).unwrap(), all[..width]);
    }
    let answer = server.get(&format!("{LOG}/tile/0/001.p/46")).await;
    assert_eq!(answer.body.len(), 32 * 46);
    assert_eq!(
        server.get(&format!("{LOG}/tile/1/000.p/1")).await.body,
        root_of(&all[..256].iter().map(|entry| leaf_hash(entry)).collect::<Vec<_>>()).0
    );
}

#[tokio::test]
async fn nothing_is_served_beyond_the_signed_head_nor_under_any_other_name() {
    let server = server().await;
    fill(&server, 300).await;
    for path in [
        "tile/0/001",
        "tile/0/001.p/48",
        "tile/0/002.p/1",
        "tile/0/002",
        "tile/1/000",
        "tile/1/000.p/2",
        "tile/1/001.p/1",
        "tile/2/000.p/1",
        "tile/63/000.p/1",
        "tile/64/000.p/1",
        "tile/256/000.p/1",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/x000/000",
        "tile/00/000",
        "tile/-1/000",
        "tile/0/000/",
        "tile/0",
        "tile/0/x999/x999/x999/x999/x999/x999/999.p/1",
        "tile/0/x018/x446/x744/x073/x709/x551/615.p/1",
        "tile/entries/001",
        "tile/entries/001.p/48",
        "tile/entries/002.p/1",
        "tile/entries/",
        "tile/data/000",
        "tile/0/%30%30%30",
        "tile//0/000",
        "tile/0/../0/000",
        "tile/0/000.p/%2e%2e",
        "..%2f..%2fcheckpoint",
        "../checkpoint",
        "checkpoint/",
        "Checkpoint",
        "",
        "history/3",
        "tile/0/000%00",
        "tile/0/000?x=1%23.p/999",
    ] {
        let answer = server.get(&format!("{LOG}/{path}")).await;
        // A query is no part of the name, and percent-encoding of plain letters is the same name.
        if matches!(path, "tile/0/%30%30%30" | "tile/0/000?x=1%23.p/999") {
            assert_eq!(answer.status, 200, "{path}");
            continue;
        }
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{path}");
    }
    for year in ["2025", "2027", "0", "02026", "+2026", "2026.0", "99999", "-1", "x"] {
        let answer = server.get(&format!("/v1/sites/newsroom/logs/{year}/checkpoint")).await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{year}");
    }
}

#[tokio::test]
async fn entries_hold_nothing_of_anybody() {
    let server = server().await;
    fill(&server, 3).await;
    for entry in entries(&server, 6).await {
        let text = String::from_utf8(entry.clone()).unwrap();
        Entry::parse(&entry).unwrap();
        for secret in ["AAECAwQFBgcICQoLDA0ODw", "01930000", "actualites", "reject_all", "deny"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

/// What C2SP tlog-tiles asks of caches: tiles are kept for ever, a checkpoint for a moment, and what is not there not at all.
#[tokio::test]
async fn tiles_are_immutable_and_the_checkpoint_is_asked_for_again() {
    let server = server().await;
    fill(&server, 300).await;
    let parts =
        ["tile/0/000", "tile/0/001.p/46", "tile/0/000.p/7", "tile/1/000.p/1", "tile/entries/001.p/46"];
    let mut before = Vec::new();
    for part in parts {
        let answer = server.get(&format!("{LOG}/{part}")).await;
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable", "{part}");
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{part}");
        before.push(answer.body);
    }
    let head = server.get(&format!("{LOG}/checkpoint")).await;
    let max_age = head.header("cache-control").strip_prefix("public, max-age=").unwrap().to_owned();
    assert!(max_age.parse::<u32>().unwrap() <= 5, "{max_age}");
    assert_eq!(head.header("access-control-allow-origin"), "*");
    assert_eq!(server.get(&format!("{LOG}/tile/0/002")).await.header("cache-control"), "no-store");
    // And immutable is what they are, however the log grows.
    let notice = server.notice_id("newsroom", "fr").await;
    for number in 1000..1300 {
        assert_eq!(server.post("newsroom", &decision(number, &notice)).await.status, 201);
    }
    for (part, before) in parts.iter().zip(&before) {
        assert_eq!(server.get(&format!("{LOG}/{part}")).await.body, *before, "{part}");
    }
    assert_ne!(server.get(&format!("{LOG}/checkpoint")).await.body, head.body);
}

/// A log that a site keeps to itself is shown to its auditors, and kept by no cache and for no page.
#[tokio::test]
async fn a_private_log_is_for_those_with_a_token_and_for_no_cache() {
    let server = server().await;
    let token = format!("Bearer {}", server.tokens.news_operator);
    // It has been opened, and its notice is named.
    for part in ["checkpoint", "tile/0/000.p/2", "tile/entries/000.p/2"] {
        let path = format!("/v1/sites/news/logs/2026/{part}");
        let answer = server.get_with(&path, &[("authorization", &token)]).await;
        assert_eq!((answer.status, answer.header("cache-control")), (200, "private, no-store"), "{part}");
        assert_eq!(answer.header("access-control-allow-origin"), "", "{part}");
        let answer = server.get(&path).await;
        assert_eq!((answer.status, answer.header("cache-control")), (401, "no-store"), "{part}");
    }
    // Its keys are public all the same.
    let policy = server.get("/v1/sites/news/logs/policy").await;
    assert_eq!((policy.status, policy.header("cache-control")), (200, "public, max-age=300"));
    assert!(policy.text().contains("log consent.example/news/2026"), "{}", policy.text());
    // Nothing has named its head yet; who keeps the keys now has that of the log that will.
    assert!(policy.text().contains("log consent.example/heads/2026"), "{}", policy.text());
}
