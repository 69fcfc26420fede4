//! The notices: that each is what its name says.

use std::collections::{BTreeMap, BTreeSet};

use super::report::{Code, Report};
use super::source::{BundleSource, read_whole};
use crate::bundle::manifest::Contents;
use crate::bundle::path::BundlePath;
use crate::category::Category;
use crate::notice::{MAX_NOTICE_BYTES, MovingIn, Notice, NoticeId};
use crate::regime::Regime;

/// What openings are compared with. `group` are the other sites from which a decision can come.
#[derive(Clone, Debug)]
pub(super) struct NoticeFacts {
    pub(super) group: BTreeSet<String>,
    pub(super) language: String,
    pub(super) regime: Regime,
    /// The category of each service, by its id.
    pub(super) services: BTreeMap<String, Category>,
    pub(super) moving_in: Vec<MovingIn>,
    /// Days for which a choice holds.
    pub(super) ask_again_after: u32,
}

/// Reads every notice of the bundle.
pub(super) fn read(
    source: &dyn BundleSource,
    paths: &BTreeSet<BundlePath>,
    contents: Option<&Contents>,
    report: &mut Report,
) -> BTreeMap<NoticeId, NoticeFacts> {
    let mut notices = BTreeMap::new();
    for path in paths {
        let BundlePath::Notice(id) = path else { continue };
        let bytes = match read_whole(source, &path.to_string(), MAX_NOTICE_BYTES) {
            Ok(bytes) => bytes,
            Err(error) => {
                report.find(Code::FileUnreadable, path, format!("The file can not be read: {error}."));
                continue;
            }
        };
        match Notice::from_bytes(&bytes) {
            Err(error) => {
                report.find(Code::NoticeRefused, path, format!("The notice is unreadable: {error}."));
            }
            Ok(notice) if notice.id() != *id => {
                report.find(Code::NoticeRefused, path, "The notice is another one than its name says.");
            }
            Ok(notice) => {
                if contents.is_some_and(|contents| contents.site != notice.site) {
                    report.find(Code::NoticeRefused, path, "The notice is of another site.");
                }
                report.notices += 1;
                let services = notice.services.iter();
                notices.insert(
                    *id,
                    NoticeFacts {
                        group: notice
                            .group
                            .iter()
                            .flat_map(|group| group.others(&notice.site))
                            .map(|site| site.id.to_string())
                            .collect(),
                        language: notice.language.clone(),
                        regime: notice.regime.clone(),
                        services: services
                            .map(|service| (service.id.to_string(), service.category))
                            .collect(),
                        moving_in: notice.moving_in.clone(),
                        ask_again_after: notice.ask_again_after,
                    },
                );
            }
        }
    }
    notices
}

/// Compares the notices that are there with those that the logs announce.
pub(super) fn compare(paths: &BTreeSet<BundlePath>, logged: &BTreeSet<NoticeId>, report: &mut Report) {
    for id in logged {
        let path = BundlePath::Notice(*id);
        if !paths.contains(&path) {
            report.find(Code::NoticeMissing, path, "The log names this notice, and it is not in the bundle.");
        }
    }
    for path in paths {
        if let BundlePath::Notice(id) | BundlePath::Page(id) | BundlePath::Picture { notice: id, .. } = path
            && !logged.contains(id)
        {
            report.find(Code::FileUnexpected, path, "No log in the bundle names this notice.");
        }
    }
}
