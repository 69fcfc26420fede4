//! How far the check is.

use crate::ledger::origin::LogYear;

/// A step of the check. Entries come first, log by log, then openings, then the files that are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Files that were not read before are compared with the manifest.
    Files,
    /// Entries of a log are read and hashed.
    Entries {
        /// The year of the log.
        year: LogYear,
    },
    /// Openings are compared with their commitments. Counted in entries of all logs.
    Openings,
}

/// How far the check is: to be shown, if it takes long.
///
/// ```
/// use consent_core::verify::{Progress, Step, verify};
/// use consent_core::verify::{evidence::Evidence, source::MemoryBundle};
///
/// # let manifest = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/manifest/small")).to_vec();
/// # let bundle = MemoryBundle(vec![("manifest.json".to_owned(), manifest)]);
/// let mut last: Option<Progress> = None;
/// let report = verify(&bundle, &Evidence::default(), &mut |progress| last = Some(progress));
/// assert!(!report.holds());
/// let last = last.ok_or("nothing was read")?;
/// assert_eq!((last.step, last.done), (Step::Files, last.total));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// In which step.
    pub step: Step,
    /// How much of it is done.
    pub done: u64,
    /// How much there is.
    pub total: u64,
}
