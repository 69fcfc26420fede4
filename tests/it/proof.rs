//! The proof of one decision as a page says what the log says: read by another program, poppler's.
//!
//! `tests/run` installs poppler-utils and sets `CONSENT_FULL`.

use std::process::Command;

use consent_tests::full_run;
use consent_tests::process::binary;

use crate::foreign::exported::Exported;

#[test]
fn the_page_of_a_decision_says_what_was_decided_and_where_it_is_proven() {
    if !full_run("pdftotext and pdftoppm") {
        return;
    }
    let exported = Exported::new(12);
    // The third of six actions is `save`; number 2 is in French and the first of its kind, so it grants nothing, and number 8
    // is the second, which grants the first category alone. Number 9 withdraws, in English.
    for (number, words) in [
        (2, ["Preuve de consentement", "a choisi par catégorie", "Refusé", "non conservée", "Racine"]),
        (8, ["Preuve de consentement", "Accepté en partie", "video_volume", "13 mois", "Feuille"]),
        (9, ["Proof of consent", "Withdrawn", "withdrew everything", "_regie_segments", "Signed by"]),
    ] {
        let id = &exported.decision_ids[number];
        let file = exported.home().join("proof.pdf");
        let export = Command::new(binary())
            .args(["export", "--site", "newsroom", "--format", "pdf", "--decision", id, "--data"])
            .arg(exported.home().join("data"))
            .arg("-o")
            .arg(&file)
            .output()
            .unwrap();
        assert!(export.status.success(), "{export:?}");
        let text = Command::new("pdftotext").arg("-layout").arg(&file).arg("-").output().unwrap();
        let text = String::from_utf8(text.stdout).unwrap();
        let log = format!("localhost/newsroom/{}", exported.year);
        for word in words.into_iter().chain([id.as_str(), &log, "/actualités/été", "Mesure SAS"]) {
            assert!(text.contains(word), "number {number} does not say {word}:\n{text}");
        }
        // The newsroom declares little, so there is room for every word of it.
        assert!(!text.contains('…'), "number {number} is cut somewhere:\n{text}");
        let image = exported.home().join("proof");
        let drawn =
            Command::new("pdftoppm").args(["-r", "50", "-gray"]).arg(&file).arg(&image).output().unwrap();
        assert!(drawn.status.success() && drawn.stderr.is_empty(), "{drawn:?}");
        let pages = std::fs::read_dir(exported.home()).unwrap().map(|file| file.unwrap().path());
        let pages: Vec<_> =
            pages.filter(|path| path.extension().is_some_and(|ending| ending == "pgm")).collect();
        assert_eq!(pages.len(), 1, "one page");
        let pixels = std::fs::read(&pages[0]).unwrap();
        assert!(pixels.iter().filter(|grey| **grey < 100).count() > 1000, "hardly anything is drawn");
    }
    let missing = Command::new(binary())
        .args(["export", "--site", "newsroom", "--format", "pdf", "--data"])
        .arg(exported.home().join("data"))
        .args(["--decision", "01930000-0000-7000-8000-ffffffffffff", "-o"])
        .arg(exported.home().join("none.pdf"))
        .output()
        .unwrap();
    assert!(!missing.status.success() && !exported.home().join("none.pdf").exists());
    assert!(String::from_utf8_lossy(&missing.stderr).contains("there is no such decision"), "{missing:?}");
}
