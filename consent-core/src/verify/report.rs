//! What was checked and what was found.
//!
//! ```
//! use consent_core::verify::report::{Code, Finding, Report};
//! use consent_core::verify::{evidence::Evidence, source::MemoryBundle, verify};
//!
//! let report: Report = verify(&MemoryBundle::default(), &Evidence::default(), &mut |_| ());
//! assert!(!report.holds(), "what is not there proves nothing");
//! let first: &Finding = report.findings.first().ok_or("nothing was found")?;
//! assert_eq!((first.code, first.index), (Code::FileMissing, None));
//! let json = report.to_json();
//! assert_eq!((&json["holds"], &json["findings"][0]["code"]), (&false.into(), &"file_missing".into()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::collections::BTreeMap;

use serde::Serialize;

use super::vouched::Vouched;
use crate::bundle::page::Used;
use crate::digest::Digest;
use crate::ledger::commitment::Part;
use crate::notice::{AudienceMeasurement, MovingIn, Notice, NoticeId, Waiver};

/// The most findings of one [`Code`] that a report lists one by one; the rest is counted. So many of one kind never hide
/// one of another.
///
/// ```
/// use consent_core::verify::report::MAX_FINDINGS;
/// use consent_core::verify::{evidence::Evidence, source::MemoryBundle, verify};
///
/// // A bundle with a thousand files that none has.
/// let files = (0..1000).map(|n| (format!("x{n}"), Vec::new()));
/// let report = verify(&MemoryBundle(files.collect()), &Evidence::default(), &mut |_| ());
/// assert!(report.findings.len() < 2 * MAX_FINDINGS);
/// assert_eq!(report.further_findings, 900);
/// ```
pub const MAX_FINDINGS: usize = 100;

/// What is wrong. The words are stable: programs may rely on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Code {
    /// A log is not the one that the heads log names, under a head for which others vouch: it was rewritten.
    AnchorDiffers,
    /// A proof, cosignature, certificate or time-stamp does not hold.
    AnchorRefused,
    /// An entry is older than its log was without it, as others saw.
    BackDated,
    /// The log of a year does not continue that of the year before.
    ChainBroken,
    /// A checkpoint says something else than the manifest or its own name.
    CheckpointDiffers,
    /// A checkpoint is unreadable, or not signed by a known key of its log.
    CheckpointRefused,
    /// The numbers in the manifest are not those of the files.
    CountsDiffer,
    /// What is said of a log that ended is not what a later log says.
    EndingUnstated,
    /// Entries were signed and are not there; the log that follows says so.
    EntriesLost,
    /// An entry bundle can not be taken apart.
    EntriesUnreadable,
    /// An entry stands where it can not: no `open` at the start, something after `close`, an erasure of what comes later.
    EntryMisplaced,
    /// An entry is not canonical, or of no known kind.
    EntryUnreadable,
    /// A checkpoint or receipt of the auditor's own tells another history of the log: it was rewritten.
    EvidenceDiffers,
    /// A checkpoint or receipt of the auditor's own is not of a log in the bundle, or newer than it.
    EvidenceForeign,
    /// A checkpoint or receipt of the auditor's own is unreadable or not signed by a known key.
    EvidenceRefused,
    /// A file of another platform is not the one that its name says, or not as it is described.
    ExhibitRefused,
    /// A file has other bytes than the manifest says.
    FileChanged,
    /// A file is not there.
    FileMissing,
    /// A file is there twice.
    FileRepeated,
    /// A file is there that the manifest does not list or a bundle does not have.
    FileUnexpected,
    /// A file can not be read.
    FileUnreadable,
    /// What is left of a deleted log does not show that it was one, or its retention was not over.
    ForgottenRefused,
    /// An entry is younger than others saw it.
    FutureDated,
    /// An older checkpoint in the bundle tells another history of the log: it was rewritten.
    HistoryDiffers,
    /// A key is not one that the auditor trusts.
    KeyUntrusted,
    /// The bundle says that it was made before its last entry.
    MadeTooEarly,
    /// The manifest can not be read.
    ManifestRefused,
    /// The manifest is not signed by a known key of one of the logs.
    ManifestSignature,
    /// A notice is named by entries and not in the bundle.
    NoticeMissing,
    /// A notice is unreadable, of another site, or not what its name says.
    NoticeRefused,
    /// An entry names a notice that the log did not announce before.
    NoticeUnlogged,
    /// What was opened contradicts itself: an unknown action, choices that are not those of the action, services
    /// that are not what their categories say, no date.
    OpeningContradictsItself,
    /// What was opened does not fit the notice under which it was recorded: language, region, rules, services.
    OpeningContradictsNotice,
    /// What was opened was recorded at another time than its entry.
    OpeningContradictsTime,
    /// A line of openings is out of order, or of an entry that is no decision.
    OpeningMisplaced,
    /// A line of openings can not be read.
    OpeningUnreadable,
    /// A part of a decision is neither there nor erased.
    PartMissing,
    /// A part of a decision is there although its time is outside that of the bundle.
    PartOutsideRange,
    /// A part of a decision is there although it was erased.
    PartResurrected,
    /// A part of a decision is not what the entry commits to.
    PartTampered,
    /// The page that shows a notice again is not what notice and log say.
    PageDiffers,
    /// A picture of a notice is not a PNG, or a damaged one.
    PictureRefused,
    /// The policy can not be read.
    PolicyRefused,
    /// The oldest log continues one that is not there, nor listed as deleted.
    PredecessorMissing,
    /// The policy asks for cosignatures that are not there.
    QuorumUnmet,
    /// The entries lead to another root than the signed one.
    RootDiffers,
    /// A banner script is another one than its name says.
    ScriptRefused,
    /// The newest log ends by naming a successor that is not there.
    SuccessorMissing,
    /// The spreadsheet is not what log and openings say.
    TableDiffers,
    /// A tally is for an hour that had ended when the log announced the notice.
    TallyMisplaced,
    /// A tile has other hashes than the entries lead to.
    TileDiffers,
    /// Time goes back from one entry to the next.
    TimeGoesBack,
    /// An entry is of another year than its log.
    TimeOutsideYear,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What kind of thing.
    pub code: Code,
    /// In which file of the bundle, or of the auditor's own.
    pub file: String,
    /// At which entry of the log, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    /// At which byte of the file, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub byte: Option<u64>,
    /// In plain words.
    pub message: String,
}

/// How many parts of decisions are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PartCounts {
    /// There, and exactly what the entry commits to.
    pub verified: u64,
    /// Not there, and an erasure entry says so.
    pub erased: u64,
    /// Not there, and nothing says why.
    pub missing: u64,
    /// There, and not what the entry commits to.
    pub tampered: u64,
    /// There, although an erasure entry says it is gone.
    pub resurrected: u64,
    /// Not there, because the bundle was made for another range of time.
    pub outside_range: u64,
}

/// What was checked of one log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogReport {
    /// Its name.
    pub log: String,
    /// The size that its checkpoint signs.
    pub size: u64,
    /// The root that its checkpoint signs, base64url.
    pub root: String,
    /// The keys that signed it, as vkeys.
    pub signed_by: Vec<String>,
    /// Entries that record a decision.
    pub decisions: u64,
    /// The time of the first entry, unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_time: Option<u64>,
    /// The time of the last entry, unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_time: Option<u64>,
    /// Tiles that were computed anew and compared.
    pub tiles: u64,
    /// Older checkpoints in the bundle that the entries were compared with.
    pub history: u64,
    /// Checkpoints and receipts of the auditor's own that the entries were compared with.
    pub evidence: u64,
    /// How many entries were signed and are lost, if the log could not go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost: Option<u64>,
    /// The log before that it continues, if that one is not in the bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continues: Option<String>,
    /// Who else vouches for it.
    pub vouched: Vouched,
}

/// How often a notice was shown, and what was decided under it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownReport {
    /// The notice.
    pub notice_id: NoticeId,
    /// Its language.
    pub language: String,
    /// The region whose rules it follows.
    pub region: String,
    /// Findings about its rules that somebody answered for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waivers: Vec<Waiver>,
    /// What the exemption for measuring the audience rested on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience_measurement: Option<AudienceMeasurement>,
    /// Whose choices from before were taken over, and who answered for that.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub moving_in: Vec<MovingIn>,
    /// Time of the first entry that names it, unix seconds.
    pub first_time: u64,
    /// Time of the last one.
    pub last_time: u64,
    /// How often it was shown, by the tallies. Zero if the site does not count.
    pub shown: u64,
    /// Entries that record a decision under it.
    pub decisions: u64,
    /// Of those that are there and hold: all optional categories were granted.
    pub granted_all: u64,
    /// Some were.
    pub granted_some: u64,
    /// None was.
    pub denied_all: u64,
}

impl ShownReport {
    pub(super) fn new(notice: &Notice, used: &Used) -> Self {
        Self {
            notice_id: notice.id(),
            language: notice.language.clone(),
            region: notice.regime.region.clone(),
            waivers: notice.waivers.clone(),
            audience_measurement: notice.audience_measurement.clone(),
            moving_in: notice.moving_in.clone(),
            first_time: used.first,
            last_time: used.last,
            shown: used.shown,
            decisions: used.decisions,
            granted_all: 0,
            granted_some: 0,
            denied_all: 0,
        }
    }
}

/// A log that was deleted after its retention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ForgottenReport {
    /// Its name.
    pub log: String,
    /// The size that its last checkpoint signs.
    pub size: u64,
    /// The root that its last checkpoint signs, base64url.
    pub root: String,
    /// For how many days its openings were kept.
    pub retention_days: u32,
    /// From when on it could be deleted at the earliest, unix seconds.
    pub since: u64,
}

/// A file of another platform, which is as it was taken in; whether what it says is true, nobody can tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExhibitReport {
    /// The SHA-256 of its bytes.
    pub sha256: Digest,
    /// When it was taken in, by the operator's clock, unix seconds.
    pub added_at: u64,
    /// How many bytes it has.
    pub bytes: u64,
    /// The name that it had.
    pub name: String,
    /// Who wrote it, as the operator says.
    pub platform: String,
    /// How many rows it is said to have.
    pub rows: u64,
}

/// What was checked and what was found.
///
/// ```
/// use consent_core::verify::report::{ExhibitReport, ForgottenReport, LogReport, PartCounts, Report, ShownReport};
///
/// /// What somebody who asks for the figures alone is told.
/// fn figures(report: &Report) -> Vec<String> {
///     let PartCounts { verified, erased, .. } = report.decision;
///     let of_log = |log: &LogReport| format!("{}: {} decisions", log.log, log.decisions);
///     let of_notice = |shown: &ShownReport| format!("{}: {} times", shown.notice_id, shown.shown);
///     let deleted = |log: &ForgottenReport| format!("{}: deleted, {} entries", log.log, log.size);
///     let beside = |file: &ExhibitReport| format!("{} of {}", file.name, file.platform);
///     let mut lines = vec![format!("{verified} there, {erased} erased")];
///     lines.extend(report.logs.iter().map(of_log));
///     lines.extend(report.shown.iter().map(of_notice));
///     lines.extend(report.forgotten.iter().map(deleted));
///     lines.extend(report.exhibits.iter().map(beside));
///     lines
/// }
///
/// let mut report = Report::default();
/// report.forgotten = vec![ForgottenReport {
///     log: "consent.example/newsroom/2019".to_owned(),
///     size: 7,
///     root: String::new(),
///     retention_days: 1095,
///     since: 1_700_000_000,
/// }];
/// assert_eq!(figures(&report), ["0 there, 0 erased", "consent.example/newsroom/2019: deleted, 7 entries"]);
/// assert!(!report.holds() && !report.proves_tampering(), "nothing was checked");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whose decisions these are.
    pub site: Option<String>,
    /// When the bundle says that it was made, unix seconds.
    pub made_at: Option<u64>,
    /// The range of time for which openings are there, unix seconds.
    pub range: (Option<u64>, Option<u64>),
    /// Whether the keys are the auditor's own and not those that the bundle brings along.
    pub keys_from_auditor: bool,
    /// The keys that signatures were checked with, as vkeys.
    pub keys: Vec<String>,
    /// Files that were read and compared with the manifest.
    pub files: u64,
    /// Notices that were read.
    pub notices: u64,
    /// The logs, by year.
    pub logs: Vec<LogReport>,
    /// How often each notice was shown, and what was decided under it, by their addresses.
    pub shown: Vec<ShownReport>,
    /// Logs that were deleted after their retention, by year.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub forgotten: Vec<ForgottenReport>,
    /// Files of other platforms, by their names in the bundle.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exhibits: Vec<ExhibitReport>,
    /// What became of the `subject` parts.
    pub subject: PartCounts,
    /// What became of the `decision` parts.
    pub decision: PartCounts,
    /// What is wrong, by file, entry and byte.
    pub findings: Vec<Finding>,
    /// Findings beyond [`MAX_FINDINGS`].
    pub further_findings: u64,
    /// Whether the check came to its end.
    pub(super) finished: bool,
    /// What one piece of the work saw decided, until it is absorbed: all granted, some, none.
    #[serde(skip)]
    pub(super) decided: BTreeMap<NoticeId, [u64; 3]>,
}

impl Report {
    /// Whether everything holds: the check came to its end and found nothing.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.finished && self.findings.is_empty() && self.further_findings == 0
    }

    /// Whether one key signed two histories of a log that contradict each other, which no accident does. The bundle has
    /// to lead to its own signed head for that: entries that are merely damaged contradict older heads as well.
    #[must_use]
    pub fn proves_tampering(&self) -> bool {
        let has = |codes: &[Code]| self.findings.iter().any(|finding| codes.contains(&finding.code));
        self.finished
            && has(&[Code::EvidenceDiffers, Code::HistoryDiffers])
            && !has(&[Code::RootDiffers, Code::CheckpointRefused])
    }

    /// The report for programs, with `holds` and `proves_tampering` as fields.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        if let Some(fields) = value.as_object_mut() {
            fields.insert("holds".to_owned(), self.holds().into());
            fields.insert("proves_tampering".to_owned(), self.proves_tampering().into());
        }
        value
    }

    /// The counts of one part.
    pub(super) fn part(&mut self, part: Part) -> &mut PartCounts {
        match part {
            Part::Subject => &mut self.subject,
            Part::Decision => &mut self.decision,
        }
    }

    pub(super) fn find(&mut self, code: Code, file: impl Into<String>, message: impl Into<String>) {
        self.find_at(code, file, None, None, message);
    }

    pub(super) fn find_at(
        &mut self,
        code: Code,
        file: impl Into<String>,
        index: Option<u64>,
        byte: Option<u64>,
        message: impl Into<String>,
    ) {
        self.add(Finding { code, file: file.into(), index, byte, message: message.into() });
    }

    fn add(&mut self, finding: Finding) {
        let Finding { code, index, byte, .. } = finding;
        // Two checks may come upon the same file, in other words; once is enough.
        let about_a_file = matches!(
            code,
            Code::FileChanged | Code::FileMissing | Code::FileUnexpected | Code::FileUnreadable
        );
        let same = |other: &Finding| {
            (other.code, &other.file, other.index, other.byte) == (code, &finding.file, index, byte)
                && (about_a_file || other.message == finding.message)
        };
        let mut number = 0;
        for other in self.findings.iter().filter(|other| other.code == code) {
            if same(other) {
                return;
            }
            number += 1;
        }
        if number < MAX_FINDINGS {
            self.findings.push(finding);
        } else {
            self.further_findings += 1;
        }
    }

    /// Whether another finding of this code would only be counted: then a search through endless files can stop.
    pub(super) fn is_full(&self, code: Code) -> bool {
        self.findings.iter().filter(|finding| finding.code == code).count() >= MAX_FINDINGS
    }

    /// Takes over what was found and counted in one piece of the work.
    pub(super) fn absorb(&mut self, piece: Self) {
        self.files += piece.files;
        self.subject.add(piece.subject);
        self.decision.add(piece.decision);
        for finding in piece.findings {
            self.add(finding);
        }
        self.further_findings += piece.further_findings;
        for (notice, [all, some, none]) in piece.decided {
            // They are in the order of the files, which is that of their addresses.
            let at = self.shown.binary_search_by_key(&notice, |shown| shown.notice_id).ok();
            // What is wrong with a notice that is not among them was found before.
            let Some(shown) = at.and_then(|at| self.shown.get_mut(at)) else { continue };
            shown.granted_all += all;
            shown.granted_some += some;
            shown.denied_all += none;
        }
    }

    /// Sorts the findings: the first damage of a file stands first.
    pub(super) fn sort(&mut self) {
        let place = |finding: &Finding| (finding.index, finding.byte, finding.code);
        self.findings.sort_by(|a, b| a.file.cmp(&b.file).then_with(|| place(a).cmp(&place(b))));
    }
}

impl PartCounts {
    fn add(&mut self, other: Self) {
        self.verified += other.verified;
        self.erased += other.erased;
        self.missing += other.missing;
        self.tampered += other.tampered;
        self.resurrected += other.resurrected;
        self.outside_range += other.outside_range;
    }
}
