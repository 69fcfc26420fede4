//! What visitors saw: the script of every notice, the page that shows it again, pictures of it, and how often it was
//! shown and decided on.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::LogFacts;
use super::report::{Code, Report, ShownReport};
use super::source::{BundleSource, read_whole};
use crate::bundle::data::DecisionData;
use crate::bundle::page::{self, MAX_PAGE_BYTES, MAX_SCRIPT_BYTES, Used};
use crate::bundle::path::BundlePath;
use crate::bundle::picture::{MAX_PICTURE_BYTES, Picture};
use crate::category::Category;
use crate::choices::Choice;
use crate::digest::Digest;
use crate::notice::{MAX_NOTICE_BYTES, Notice, NoticeId};

/// Whether every entry of all logs could be read: else nobody can tell what a page should say.
pub(super) fn is_whole(logs: &[LogFacts]) -> bool {
    logs.iter().all(|log| log.used.entries == log.size)
}

/// How all logs together used each notice.
pub(super) fn total(logs: &[LogFacts]) -> BTreeMap<NoticeId, Used> {
    let mut all = BTreeMap::new();
    for (id, used) in logs.iter().flat_map(|log| &log.used.used) {
        all.entry(*id).and_modify(|sum: &mut Used| *sum = sum.and(*used)).or_insert(*used);
    }
    all
}

/// Compares scripts with their names, pages with what they have to be, and looks whether pictures are some.
pub(super) fn check(
    source: &dyn BundleSource,
    paths: &BTreeSet<BundlePath>,
    used: &BTreeMap<NoticeId, Used>,
    logs_are_whole: bool,
    report: &mut Report,
) {
    let mut scripts = BTreeSet::new();
    for path in paths {
        let BundlePath::Notice(id) = path else { continue };
        // What is wrong with the notice itself was found before.
        let notice = read(source, path, MAX_NOTICE_BYTES, report)
            .and_then(|bytes| Notice::from_bytes(&bytes).ok())
            .filter(|notice| notice.id() == *id);
        let (Some(notice), Some(used)) = (notice, used.get(id)) else { continue };
        scripts.insert(notice.script);
        report.shown.push(ShownReport::new(&notice, used));
        if logs_are_whole {
            compare_page(source, paths, &page::page(&notice, Some(used)), *id, report);
        }
    }
    for script in &scripts {
        let path = BundlePath::Script(*script);
        if !paths.contains(&path) {
            report.find(Code::FileMissing, path, "A notice names this script, and it is not in the bundle.");
        }
    }
    for path in paths {
        match path {
            BundlePath::Script(script) => {
                let bytes = read(source, path, MAX_SCRIPT_BYTES, report);
                if bytes.is_some_and(|bytes| Digest::of(&bytes) != *script) {
                    report.find(Code::ScriptRefused, path, "The script is another one than its name says.");
                }
                if !scripts.contains(script) {
                    report.find(Code::FileUnexpected, path, "No notice in the bundle names this script.");
                }
            }
            BundlePath::Picture { .. } => {
                let bytes = read(source, path, MAX_PICTURE_BYTES, report);
                if let Some(Err(error)) = bytes.map(|bytes| Picture::parse(&bytes)) {
                    let message = format!("This is not a picture that can be shown: {error}.");
                    report.find(Code::PictureRefused, path, message);
                }
            }
            _ => {}
        }
    }
}

/// The page has to be what notice and log lead to, byte for byte.
fn compare_page(
    source: &dyn BundleSource,
    paths: &BTreeSet<BundlePath>,
    expected: &str,
    id: NoticeId,
    report: &mut Report,
) {
    let path = BundlePath::Page(id);
    if !paths.contains(&path) {
        report.find(Code::FileMissing, path, "The page that shows the notice again is not in the bundle.");
        return;
    }
    let Some(bytes) = read(source, &path, MAX_PAGE_BYTES, report) else { return };
    if bytes != expected.as_bytes() {
        let byte = bytes.iter().zip(expected.as_bytes()).take_while(|(a, b)| a == b).count();
        let message = "The page is not the one that notice and log lead to.";
        report.find_at(Code::PageDiffers, &path, None, u64::try_from(byte).ok(), message);
    }
}

fn read(source: &dyn BundleSource, path: &BundlePath, max: usize, report: &mut Report) -> Option<Vec<u8>> {
    read_whole(source, &path.to_string(), max)
        .map_err(|error| {
            report.find(Code::FileUnreadable, path, format!("The file can not be read: {error}."));
        })
        .ok()
}

/// Counts what was decided, for whoever audits the rate of refusals.
pub(super) fn count(notice: NoticeId, data: &DecisionData, found: &mut Report) {
    let [all, some, none] = found.decided.entry(notice).or_default();
    let granted = Category::OPTIONAL.into_iter().filter(|one| data.choices.choice(*one) == Choice::Grant);
    match granted.count() {
        0 => *none += 1,
        count if count == Category::OPTIONAL.len() => *all += 1,
        _ => *some += 1,
    }
}
