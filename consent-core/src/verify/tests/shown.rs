//! Scripts, pages, pictures and tallies: whoever doctors what visitors saw is found out.

use super::fixture::{EXHIBIT, Fixture, fixture};
use super::{check, found};
use crate::bundle::exhibit::tests::exhibit;
use crate::bundle::path::BundlePath;
use crate::bundle::picture::tests::png;
use crate::digest::Digest;
use crate::ledger::entry::Kind;
use crate::notice::NoticeId;
use crate::notice::tests::notice;
use crate::verify::report::Code;

const SCRIPT: &str = "script";

fn script() -> String {
    BundlePath::Script(Digest::of(SCRIPT.as_bytes())).to_string()
}

fn page(id: NoticeId) -> String {
    BundlePath::Page(id).to_string()
}

/// What is found when these files are sealed instead: by an operator who wants to deceive.
fn resealed(change: impl FnOnce(&mut std::collections::BTreeMap<String, Vec<u8>>)) -> Vec<(Code, String)> {
    let fixture = fixture(5);
    let mut files = fixture.files();
    change(&mut files);
    let report = check(&fixture.seal(files));
    found(&report).into_iter().map(|(code, file)| (code, file.to_owned())).collect()
}

#[test]
fn how_often_a_notice_was_shown_stands_beside_what_was_decided() {
    let report = check(&fixture(5).bundle());
    assert!(report.holds(), "{:?}", report.findings);
    let fr = report.shown.iter().find(|shown| shown.notice_id == notice("fr").id()).unwrap();
    // One in 2025, five in 2026; the content of one of them was erased.
    assert_eq!((fr.shown, fr.decisions), (5, 6));
    assert_eq!((fr.granted_all, fr.granted_some, fr.denied_all), (0, 5, 0));
    assert_eq!((fr.first_time, fr.last_time), (1_750_000_000, 1_780_000_005));
    let text = report.to_text();
    let words =
        "shown 5 times by the tallies; 6 decisions, of which are there: 0 granted all, 5 some, 0 nothing";
    assert!(text.contains(words), "{text}");
}

#[test]
fn a_page_that_says_something_else_is_named_with_its_byte() {
    let id = notice("fr").id();
    for from in
        ["no choice made on this page", "var __CONSENT_SETTINGS__=", "default-src 'none'", "<dd>5</dd>"]
    {
        let files = resealed(|files| {
            let bytes = files.get_mut(&page(id)).unwrap();
            let at = bytes.windows(from.len()).position(|part| part == from.as_bytes()).unwrap();
            bytes[at] ^= 1;
        });
        assert_eq!(files, [(Code::PageDiffers, page(id))], "{from}");
    }
    assert_eq!(resealed(|files| drop(files.remove(&page(id)))), [(Code::FileMissing, page(id))]);
    let longer = resealed(|files| files.get_mut(&page(id)).unwrap().push(b' '));
    assert_eq!(longer, [(Code::PageDiffers, page(id))]);
    let stranger = page(notice("de").id());
    let unnamed = resealed(|files| drop(files.insert(stranger.clone(), b"x".to_vec())));
    assert_eq!(unnamed, [(Code::FileUnexpected, stranger)]);
}

#[test]
fn a_script_that_is_another_missing_or_unnamed_is_named() {
    let other = resealed(|files| drop(files.insert(script(), b"another".to_vec())));
    assert_eq!(other, [(Code::ScriptRefused, script())]);
    assert_eq!(resealed(|files| drop(files.remove(&script()))), [(Code::FileMissing, script())]);
    let stranger = BundlePath::Script(Digest::of(b"stranger")).to_string();
    let unnamed = resealed(|files| drop(files.insert(stranger.clone(), b"stranger".to_vec())));
    assert_eq!(unnamed, [(Code::FileUnexpected, stranger)]);
}

#[test]
fn a_picture_is_one_and_of_a_notice_in_the_log() {
    let name = format!("notices/{}-banner.png", notice("fr").id());
    let cut = resealed(|files| _ = files.get_mut(&name).unwrap().pop());
    assert_eq!(cut, [(Code::PictureRefused, name)]);
    let stranger = format!("notices/{}-360.png", notice("de").id());
    let unnamed = resealed(|files| drop(files.insert(stranger.clone(), png(1, 1))));
    assert_eq!(unnamed, [(Code::FileUnexpected, stranger)]);
}

#[test]
fn an_exhibit_is_the_one_that_its_name_says_and_is_described() {
    let digest = Digest::of(EXHIBIT.as_bytes());
    let [csv, json] =
        [BundlePath::Exhibit(digest), BundlePath::ExhibitDescription(digest)].map(|path| path.to_string());
    let report = check(&fixture(5).bundle());
    assert!(report.holds(), "{:?}", report.findings);
    assert_eq!((report.exhibits[0].sha256, report.exhibits[0].rows), (digest, 2));
    let words = "Exhibit    old.csv of usercentrics";
    assert!(report.to_text().contains(words), "{}", report.to_text());
    let other = resealed(|files| files.get_mut(&csv).unwrap().push(b'c'));
    assert_eq!(other, [(Code::ExhibitRefused, csv.clone())]);
    assert_eq!(resealed(|files| drop(files.remove(&csv))), [(Code::FileMissing, csv)]);
    assert_eq!(resealed(|files| drop(files.remove(&json))), [(Code::FileMissing, json.clone())]);
    let cut = resealed(|files| _ = files.get_mut(&json).unwrap().pop());
    assert_eq!(cut, [(Code::ExhibitRefused, json.clone())]);
    let longer = exhibit(EXHIBIT.len() as u64 + 1).to_bytes().unwrap();
    assert_eq!(resealed(|files| drop(files.insert(json.clone(), longer))), [(Code::ExhibitRefused, json)]);
}

#[test]
fn tallies_add_up_and_one_before_its_notice_is_named() {
    let late = 1_790_000_000;
    let hour = late / 3600 * 3600;
    let mut twice = fixture(5);
    for shown in [3, 4] {
        twice.push(2026, late, Kind::Tally { hour, notice: notice("en").id(), shown });
    }
    let report = check(&twice.bundle());
    assert!(report.holds(), "{:?}", report.findings);
    let en = report.shown.iter().find(|shown| shown.notice_id == notice("en").id()).unwrap();
    assert_eq!(en.shown, 7);
    let unlogged = named(|fixture| {
        fixture.push(2026, late, Kind::Tally { hour, notice: notice("de").id(), shown: 1 });
    });
    assert_eq!(unlogged, [Code::NoticeUnlogged]);
    // The log of 2025 continues no other, so the hour has to be one in which its notice was announced.
    let of_2025 = |hour| {
        named(move |fixture| {
            let entries = fixture.logs.get_mut(&2025).unwrap();
            let close = entries.pop().unwrap();
            let kind = Kind::Tally { hour, notice: notice("fr").id(), shown: 1 };
            fixture.push(2025, close.time(), kind);
            fixture.push(2025, close.time(), close.kind().clone());
        })
    };
    let announced = 1_750_000_000 / 3600 * 3600;
    assert!(of_2025(announced - 3600).contains(&Code::TallyMisplaced));
    assert!(!of_2025(announced).contains(&Code::TallyMisplaced));
}

fn named(change: impl FnOnce(&mut Fixture)) -> Vec<Code> {
    let mut fixture = fixture(5);
    change(&mut fixture);
    check(&fixture.bundle()).findings.iter().map(|finding| finding.code).collect()
}
