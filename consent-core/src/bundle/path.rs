//! The names of the files in a bundle.
//!
//! ```
//! use consent_core::bundle::path::{AnchorPart, BundlePath, InvalidBundlePath};
//!
//! let stamp = BundlePath::Anchor { year: 2026.into(), size: 9, part: AnchorPart::Response };
//! assert_eq!(stamp.to_string(), "logs/2026/anchors/9.tsr");
//! assert_eq!(AnchorPart::ALL.map(AnchorPart::extension), ["checkpoint", "tlog-proof", "tsr"]);
//! // There is one text for each name, so no file hides behind another spelling.
//! assert_eq!("logs/2026/anchors/09.tsr".parse::<BundlePath>(), Err(InvalidBundlePath));
//! ```

use std::fmt;
use std::str::FromStr;

use crate::digest::Digest;
use crate::ledger::hash::MAX_SIZE;
use crate::ledger::origin::LogYear;
use crate::ledger::tile::{EntriesId, TileId, TilePath};
use crate::notice::NoticeId;

/// The most bytes of the middle part of a picture's name.
const MAX_VIEW_BYTES: usize = 32;

/// A file in a bundle. Its text form is its name, with `/` between folders.
///
/// ```
/// use consent_core::bundle::path::BundlePath;
///
/// assert_eq!("logs/2026/history/42".parse(), Ok(BundlePath::History { year: 2026.into(), size: 42 }));
/// assert!("logs/2026/../policy".parse::<BundlePath>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum BundlePath {
    /// `README.txt`: how to check the bundle, with this program and with others.
    Readme,
    /// `decisions.csv`: the openings as a spreadsheet.
    Decisions,
    /// `manifest.json`: the signed list of all other files.
    Manifest,
    /// `openings.jsonl`: what is behind the commitments.
    Openings,
    /// `policy`: the keys of the logs.
    Policy,
    /// `logs/<yyyy>/checkpoint`: the newest head.
    Checkpoint {
        /// Which log of the site.
        year: LogYear,
    },
    /// `logs/<yyyy>/tile/entries/…`.
    Entries {
        /// Which log of the site.
        year: LogYear,
        /// Which entry bundle.
        entries: EntriesId,
    },
    /// `logs/<yyyy>/tile/<level>/…`.
    Tile {
        /// Which log of the site.
        year: LogYear,
        /// Which tile.
        tile: TileId,
    },
    /// `logs/<yyyy>/history/<size>`: an older head.
    History {
        /// Which log of the site.
        year: LogYear,
        /// The size that it signs.
        size: u64,
    },
    /// `logs/<yyyy>/heads.tlog-proof`: the entry of the heads log that names a head of this log, proven under a head of the
    /// heads log, with what witnesses have signed of that one.
    HeadsProof {
        /// Which log of the site.
        year: LogYear,
    },
    /// `logs/<yyyy>/anchors/<size>.tsr` and what belongs to it.
    Anchor {
        /// Which log of the site.
        year: LogYear,
        /// The size of the heads log that was time-stamped.
        size: u64,
        /// Which file.
        part: AnchorPart,
    },
    /// `tsa.pem`: the certificates that the time-stamps descend from, as the operator knows them.
    Certificates,
    /// `notices/<notice_id>.json`: the canonical JSON of a notice.
    Notice(NoticeId),
    /// `notices/<notice_id>.html`: a page that shows it again, with the script that showed it.
    Page(NoticeId),
    /// `scripts/<sha256>.js`: a banner script that a notice names.
    Script(Digest),
    /// `exhibits/<sha256>.csv`: what another platform wrote down, as it came.
    Exhibit(Digest),
    /// `exhibits/<sha256>.json`: what is known of it, an [`Exhibit`](super::exhibit::Exhibit).
    ExhibitDescription(Digest),
    /// `notices/<notice_id>.png` or `notices/<notice_id>-<view>.png`: what it looked like.
    Picture {
        /// Which notice.
        notice: NoticeId,
        /// Which view of it, 1 to 32 of `a-z0-9-`; the plain name has none.
        view: Option<String>,
    },
}

/// The files of one time-stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum AnchorPart {
    /// `<size>.checkpoint`: the head of the heads log, byte for byte as it was stamped.
    Checkpoint,
    /// `<size>.tlog-proof`: as [`BundlePath::HeadsProof`], under that head.
    Proof,
    /// `<size>.tsr`: what the time-stamping service answered (RFC 3161, `TimeStampResp`).
    Response,
}

impl AnchorPart {
    /// All, in the order of their names.
    pub const ALL: [Self; 3] = [Self::Checkpoint, Self::Proof, Self::Response];

    /// The end of the file's name.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Checkpoint => "checkpoint",
            Self::Proof => "tlog-proof",
            Self::Response => "tsr",
        }
    }
}

/// The text is no name of a file in a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a file in a bundle")]
pub struct InvalidBundlePath;

impl FromStr for BundlePath {
    type Err = InvalidBundlePath;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let path = match name {
            "README.txt" => Some(Self::Readme),
            "decisions.csv" => Some(Self::Decisions),
            "manifest.json" => Some(Self::Manifest),
            "openings.jsonl" => Some(Self::Openings),
            "policy" => Some(Self::Policy),
            "tsa.pem" => Some(Self::Certificates),
            _ => match name.split_once('/') {
                Some(("logs", rest)) => parse_log(rest),
                Some(("exhibits", rest)) => parse_exhibit(rest),
                Some(("notices", rest)) => parse_notice(rest),
                Some(("scripts", rest)) => {
                    rest.strip_suffix(".js").and_then(|digest| digest.parse().ok()).map(Self::Script)
                }
                _ => None,
            },
        };
        path.ok_or(InvalidBundlePath)
    }
}

fn parse_log(rest: &str) -> Option<BundlePath> {
    let (year, rest) = rest.split_once('/')?;
    let year = year.parse().ok()?;
    if rest == "checkpoint" {
        return Some(BundlePath::Checkpoint { year });
    }
    if rest == "heads.tlog-proof" {
        return Some(BundlePath::HeadsProof { year });
    }
    if let Some(size) = rest.strip_prefix("history/") {
        return Some(BundlePath::History { year, size: parse_size(size)? });
    }
    if let Some(name) = rest.strip_prefix("anchors/") {
        let (size, extension) = name.split_once('.')?;
        let part = AnchorPart::ALL.into_iter().find(|part| part.extension() == extension)?;
        return Some(BundlePath::Anchor { year, size: parse_size(size)?, part });
    }
    Some(match rest.parse().ok()? {
        TilePath::Tile(tile) => BundlePath::Tile { year, tile },
        TilePath::Entries(entries) => BundlePath::Entries { year, entries },
    })
}

fn parse_size(text: &str) -> Option<u64> {
    text.parse().ok().filter(|&number: &u64| number <= MAX_SIZE && number.to_string() == text)
}

fn parse_exhibit(rest: &str) -> Option<BundlePath> {
    if let Some(digest) = rest.strip_suffix(".csv") {
        return digest.parse().ok().map(BundlePath::Exhibit);
    }
    rest.strip_suffix(".json")?.parse().ok().map(BundlePath::ExhibitDescription)
}

fn parse_notice(rest: &str) -> Option<BundlePath> {
    if let Some(id) = rest.strip_suffix(".json") {
        return id.parse().ok().map(BundlePath::Notice);
    }
    if let Some(id) = rest.strip_suffix(".html") {
        return id.parse().ok().map(BundlePath::Page);
    }
    let name = rest.strip_suffix(".png")?;
    // An id may itself contain hyphens, but always has 43 characters.
    let (id, view) = name.split_at_checked(43)?;
    let notice = id.parse().ok()?;
    if view.is_empty() {
        return Some(BundlePath::Picture { notice, view: None });
    }
    let view = view.strip_prefix('-')?;
    let fits = (1..=MAX_VIEW_BYTES).contains(&view.len())
        && view.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    fits.then(|| BundlePath::Picture { notice, view: Some(view.to_owned()) })
}

impl fmt::Display for BundlePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Readme => f.write_str("README.txt"),
            Self::Decisions => f.write_str("decisions.csv"),
            Self::Manifest => f.write_str("manifest.json"),
            Self::Openings => f.write_str("openings.jsonl"),
            Self::Policy => f.write_str("policy"),
            Self::Checkpoint { year } => write!(f, "logs/{year}/checkpoint"),
            Self::Entries { year, entries } => write!(f, "logs/{year}/{entries}"),
            Self::Tile { year, tile } => write!(f, "logs/{year}/{tile}"),
            Self::History { year, size } => write!(f, "logs/{year}/history/{size}"),
            Self::HeadsProof { year } => write!(f, "logs/{year}/heads.tlog-proof"),
            Self::Anchor { year, size, part } => write!(f, "logs/{year}/anchors/{size}.{}", part.extension()),
            Self::Certificates => f.write_str("tsa.pem"),
            Self::Notice(id) => write!(f, "notices/{id}.json"),
            Self::Page(id) => write!(f, "notices/{id}.html"),
            Self::Script(digest) => write!(f, "scripts/{digest}.js"),
            Self::Exhibit(digest) => write!(f, "exhibits/{digest}.csv"),
            Self::ExhibitDescription(digest) => write!(f, "exhibits/{digest}.json"),
            Self::Picture { notice, view: None } => write!(f, "notices/{notice}.png"),
            Self::Picture { notice, view: Some(view) } => write!(f, "notices/{notice}-{view}.png"),
        }
    }
}

impl From<&BundlePath> for String {
    fn from(path: &BundlePath) -> Self {
        path.to_string()
    }
}

impl From<BundlePath> for String {
    fn from(path: BundlePath) -> Self {
        path.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";

    #[test]
    fn every_name_reads_back() {
        for name in [
            "README.txt",
            "decisions.csv",
            "manifest.json",
            "openings.jsonl",
            "policy",
            "logs/2026/checkpoint",
            "logs/2026/tile/0/x001/000.p/7",
            "logs/2026/tile/entries/000",
            "logs/2026/history/0",
            "logs/2026/heads.tlog-proof",
            "logs/2026.2/anchors/17.checkpoint",
            "logs/2026/anchors/17.tlog-proof",
            "logs/2026/anchors/0.tsr",
            "tsa.pem",
            "logs/2026.2/checkpoint",
            "logs/2026.2/tile/entries/000",
            &format!("notices/{ID}.json"),
            &format!("notices/{ID}.html"),
            &format!("scripts/{ID}.js"),
            &format!("exhibits/{ID}.csv"),
            &format!("exhibits/{ID}.json"),
            &format!("notices/{ID}.png"),
            &format!("notices/{ID}-settings-360.png"),
        ] {
            assert_eq!(name.parse::<BundlePath>().unwrap().to_string(), name);
        }
    }

    #[test]
    fn refuses_every_other_name() {
        for name in [
            "",
            "/policy",
            "./policy",
            "Policy",
            "policy/",
            "logs",
            "logs/",
            "logs/2026",
            "logs/26/checkpoint",
            "logs/+2026/checkpoint",
            "logs/2026.1/checkpoint",
            "logs/2026./checkpoint",
            "logs/2026/../2025/checkpoint",
            "logs/2026/history/01",
            "logs/2026/history/+1",
            "logs/2026/anchors/17",
            "logs/2026/anchors/017.tsr",
            "logs/2026/anchors/.tsr",
            "logs/2026/anchors/17.tsr.tsr",
            "logs/2026/anchors/17.pem",
            "logs/2026/heads.tlog-proof/",
            "tsa.PEM",
            "logs/2026/history/9007199254740992",
            "logs/2026/tile/0/000.p/0",
            "notices/x.json",
            &format!("notices/{ID}"),
            &format!("notices/{ID}-360.html"),
            &format!("scripts/{ID}.mjs"),
            &format!("scripts/{ID}/.js"),
            "scripts/banner.js",
            "exhibits/old.csv",
            &format!("exhibits/{ID}"),
            &format!("exhibits/{ID}.html"),
            &format!("notices/{ID}-.png"),
            &format!("notices/{ID}-A.png"),
            &format!("notices/../notices/{ID}.json"),
        ] {
            assert_eq!(name.parse::<BundlePath>(), Err(InvalidBundlePath), "{name}");
        }
    }
}
