//! A store that is not the one that heads were signed for.

use super::*;
use crate::store::EmbeddedStore;

/// Records decisions with these numbers in a store, under heads that are noted in `noted`.
async fn record(store: Arc<dyn Store>, noted: &Path, numbers: std::ops::Range<u64>) {
    let (sequencer, failure, _) = start_noting(store, TestClock::at(NOW), noted).unwrap();
    for number in numbers {
        sequencer.record(site(), decision(number, NOW)).await.unwrap();
    }
    drop(sequencer);
    assert!(failure.await.is_err());
}

fn refused(store: Arc<dyn Store>, noted: &Path) -> StoreError {
    start_noting(store, TestClock::at(NOW), noted).map(|_| ()).unwrap_err()
}

#[tokio::test]
async fn refuses_an_older_copy_of_the_store() {
    let (folder, noted) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (now, old) = (folder.path().join("now"), folder.path().join("old"));
    let open = |path: &Path| Arc::new(EmbeddedStore::open(path).unwrap());
    record(open(&now), noted.path(), 0..3).await;
    std::process::Command::new("cp").arg("-r").args([&now, &old]).status().unwrap();
    record(open(&now), noted.path(), 3..4).await;
    let error = refused(open(&old), noted.path());
    assert!(matches!(error, StoreError::RolledBack { signed: 6, stored: 5, .. }), "{error}");
    // Let grow by somebody who did not ask, it is a fork of the same length.
    let elsewhere = tempfile::tempdir().unwrap();
    record(open(&old), elsewhere.path(), 7..8).await;
    let error = refused(open(&old), noted.path());
    assert!(matches!(error, StoreError::Forked { size: 6, .. }), "{error}");
    // The right one goes on.
    record(open(&now), noted.path(), 4..5).await;
}

#[tokio::test]
async fn refuses_an_empty_store_where_there_was_one() {
    let noted = tempfile::tempdir().unwrap();
    record(memory(), noted.path(), 0..1).await;
    let error = refused(memory(), noted.path());
    assert!(matches!(error, StoreError::RolledBack { stored: 0, .. }), "{error}");
}

#[tokio::test]
async fn refuses_another_key() {
    let noted = tempfile::tempdir().unwrap();
    let store = memory();
    record(Arc::clone(&store), noted.path(), 0..1).await;
    let parts = Parts {
        host: "consent.example".to_owned(),
        sites: Vec::new(),
        last_signed: Arc::new(LastSigned::open(noted.path().to_owned()).unwrap()),
        key: Arc::new(ServerKey::from_seed([2; 32])),
        clock: TestClock::at(NOW),
        heads: Arc::default(),
    };
    let error = start(store, parts).map(|_| ()).unwrap_err();
    assert!(matches!(error, StoreError::ForeignKey { .. }), "{error}");
}

/// The store may be ahead: the machine stopped after the write and before the note.
#[tokio::test]
async fn goes_on_with_a_store_that_is_ahead_of_the_note() {
    let (noted, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = memory();
    record(Arc::clone(&store), noted.path(), 0..1).await;
    record(Arc::clone(&store), elsewhere.path(), 1..300).await;
    record(store, noted.path(), 300..301).await;
}

/// One slot is always whole: whatever is torn in the other, the head before it is still known.
#[tokio::test]
async fn a_torn_note_leaves_the_one_before() {
    let noted = tempfile::tempdir().unwrap();
    record(memory(), noted.path(), 0..2).await;
    let file = noted.path().join("newsroom-2026");
    let whole = std::fs::read(&file).unwrap();
    for torn in 0..2 {
        let mut bytes = whole.clone();
        bytes[torn * 2048 + 40] ^= 1;
        std::fs::write(&file, &bytes).unwrap();
        let error = refused(memory(), noted.path());
        assert!(matches!(error, StoreError::RolledBack { signed: 3 | 4, .. }), "{error}");
    }
    // Nothing whole is left, as after a power cut at the first write, or it is not ours: the watch has nothing to say.
    std::fs::write(&file, vec![0; 4096]).unwrap();
    std::fs::write(noted.path().join("notes.txt"), "x").unwrap();
    assert!(start_noting(memory(), TestClock::at(NOW), noted.path()).is_ok());
}
