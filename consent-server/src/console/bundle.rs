//! Bundles that somebody has made, and takes away.

use askama::Template;
use consent_core::digest::Digest;

use super::Frame;
use crate::evidence;

/// What one had made of a site.
#[derive(Template)]
#[template(path = "console/bundles.html")]
pub(crate) struct BundlesPage {
    pub(crate) frame: Frame,
    pub(crate) site: String,
    /// The years of which there is something to take away, newest first.
    pub(crate) years: Vec<u16>,
    /// Oldest first.
    pub(crate) bundles: Vec<BundleLine>,
    /// Why none was begun.
    pub(crate) problem: Option<&'static str>,
}

/// One of them.
#[derive(Clone, Debug)]
pub(crate) struct BundleLine {
    /// All years if there is none.
    pub(crate) year: Option<u16>,
    pub(crate) state: BundleState,
}

/// How far it is.
#[derive(Clone, Debug)]
pub(crate) enum BundleState {
    /// Others are made before it.
    Waits,
    /// Entries, which are read twice.
    Making {
        done: u64,
        total: u64,
    },
    Kept(KeptBundle),
    /// There is none, and why.
    Gone(&'static str),
}

/// One that is made.
#[derive(Clone, Debug)]
pub(crate) struct KeptBundle {
    pub(crate) address: String,
    pub(crate) name: String,
    /// In bytes.
    pub(crate) length: u64,
    pub(crate) digest: Digest,
    pub(crate) until: String,
}

impl BundleLine {
    pub(crate) const fn is_unfinished(&self) -> bool {
        matches!(self.state, BundleState::Waits | BundleState::Making { .. })
    }

    fn title(&self) -> String {
        self.year.map_or_else(|| "Everything".to_owned(), |year| year.to_string())
    }

    /// 0 to 100.
    fn percent(&self) -> u64 {
        match self.state {
            BundleState::Making { done, total } => (done.min(total) * 100).checked_div(total).unwrap_or(0),
            BundleState::Waits | BundleState::Kept(_) | BundleState::Gone(_) => 0,
        }
    }
}

impl KeptBundle {
    /// Its SHA-256 as `sha256sum` prints it.
    fn hex(&self) -> String {
        evidence::hex(self.digest)
    }

    /// Its length as people read it: in the largest unit of which there is one, with one digit behind the point.
    fn size(&self) -> String {
        let bytes = self.length;
        let units = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
        match units.into_iter().find(|(_, unit)| bytes >= *unit) {
            Some((name, unit)) => format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit),
            None => format!("{bytes} bytes"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_digests_are_written_for_people_and_programs() {
        let kept = |length| {
            let (address, name, until) = Default::default();
            KeptBundle { address, name, length, digest: Digest::of(b""), until }
        };
        for (length, written) in [
            (0, "0 bytes"),
            (999, "999 bytes"),
            (1_000, "1.0 kB"),
            (1_999, "1.9 kB"),
            (12_345_678, "12.3 MB"),
            (5_000_000_000_000, "5000.0 GB"),
        ] {
            assert_eq!(kept(length).size(), written);
        }
        assert_eq!(kept(0).hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn progress_goes_from_nothing_to_all_and_divides_by_nothing() {
        let percent =
            |done, total| BundleLine { year: None, state: BundleState::Making { done, total } }.percent();
        assert_eq!(
            [percent(0, 0), percent(0, 10), percent(5, 10), percent(10, 10), percent(11, 10)],
            [0, 0, 50, 100, 100]
        );
    }
}
