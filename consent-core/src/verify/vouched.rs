//! Who else vouches for a log: witnesses and time-stamping services, as the report tells of them.
//!
//! ```
//! use consent_core::verify::vouched::{Anchor, Stamped, Vouched, Witnessed};
//!
//! let witness = |name: &str| Witnessed { name: name.to_owned(), time: 1_795_500_000 };
//! let stamp = Stamped { time: 1_795_500_009, service: "CN=tsa".to_owned(), trusted: "CN=root".to_owned() };
//! let anchor = Anchor {
//!     file: "logs/2026/heads.tlog-proof".to_owned(),
//!     size: 12,
//!     heads_log: "consent.example/heads/2026".to_owned(),
//!     heads_size: 3,
//!     witnesses: vec![witness("w1"), witness("w2")],
//!     stamp: Some(stamp),
//! };
//! let vouched = Vouched { anchors: vec![anchor], witnesses: 3, certificates_from_auditor: true };
//! let covered = vouched.anchors.iter().filter(|anchor| anchor.witnesses.len() >= 2).map(|anchor| anchor.size);
//! assert_eq!(covered.max(), Some(12), "so many entries are vouched for by two of three");
//! ```

use std::fmt::Write as _;

use serde::Serialize;

use super::visible::visible;
use crate::bundle::csv::rfc3339;

/// A head of the heads log, under which a head of this log is proven, and who vouches for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Anchor {
    /// The file in the bundle.
    pub file: String,
    /// How many entries of this log it covers.
    pub size: u64,
    /// The heads log.
    pub heads_log: String,
    /// The size of its head.
    pub heads_size: u64,
    /// The witnesses that cosigned that head.
    pub witnesses: Vec<Witnessed>,
    /// The time-stamp of that head.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stamp: Option<Stamped>,
}

/// One witness's cosignature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Witnessed {
    /// Its name in the policy.
    pub name: String,
    /// When, by its clock, unix seconds.
    pub time: u64,
}

/// One time-stamp.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stamped {
    /// When, by the clock of the service, unix seconds.
    pub time: u64,
    /// The name of the service.
    pub service: String,
    /// The name of the certificate that it descends from.
    pub trusted: String,
}

/// Who vouches for a log, and what was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Vouched {
    /// By the size of this log that they cover.
    pub anchors: Vec<Anchor>,
    /// How many witnesses the policy names.
    pub witnesses: u64,
    /// Whether the certificates are the auditor's own and not those that the bundle brings along.
    pub certificates_from_auditor: bool,
}

impl Vouched {
    /// The lines of the report.
    pub(super) fn write(&self, log_size: u64, out: &mut String) -> std::fmt::Result {
        let covers = |size: u64| {
            if size == log_size { "all entries".to_owned() } else { format!("the first {size} entries") }
        };
        let witnessed = self.anchors.iter().filter(|anchor| !anchor.witnesses.is_empty());
        match witnessed.max_by_key(|anchor| anchor.size) {
            None => writeln!(out, "             not witnessed")?,
            Some(anchor) => {
                let count = anchor.witnesses.len();
                writeln!(
                    out,
                    "             witnessed by {count} of {} for {}:",
                    self.witnesses,
                    covers(anchor.size)
                )?;
                for witness in &anchor.witnesses {
                    writeln!(out, "               {} at {}", visible(&witness.name), rfc3339(witness.time))?;
                }
            }
        }
        let stamps = || self.anchors.iter().filter_map(|anchor| Some((anchor, anchor.stamp.as_ref()?)));
        let Some((anchor, stamp)) = stamps().max_by_key(|(anchor, stamp)| (anchor.size, stamp.time)) else {
            return writeln!(out, "             not time-stamped");
        };
        writeln!(
            out,
            "             time-stamped {} times, last at {} for {} by {}",
            stamps().count(),
            rfc3339(stamp.time),
            covers(anchor.size),
            visible(&stamp.service)
        )?;
        if self.certificates_from_auditor {
            writeln!(out, "               descending from your certificate of {}", visible(&stamp.trusted))
        } else {
            writeln!(
                out,
                "               descending from {}, a certificate that came with the bundle: that proves less. Compare\n\
                 \x20              tsa.pem with the service's own, or give that one with --tsa-certificate FILE",
                visible(&stamp.trusted)
            )
        }
    }
}
