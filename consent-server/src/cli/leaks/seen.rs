//! What a browser was seen to keep and to ask for.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde::{Deserialize, Serialize};

/// How many different things one state keeps in mind.
const MAX: usize = 5000;

/// What the visitor has said when something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// Nothing yet.
    Unasked,
    /// Nothing yet, but the browser objects with Global Privacy Control.
    Gpc,
    /// No to everything.
    Refused,
    /// Yes to everything.
    Accepted,
    /// Yes to everything, and then no longer.
    Withdrawn,
}

impl State {
    /// All of them, in the order in which they are visited: the last goes on where the one before it ends.
    pub(super) const ALL: [Self; 5] =
        [Self::Unasked, Self::Gpc, Self::Refused, Self::Accepted, Self::Withdrawn];

    /// The word for it in JSON.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Unasked => "unasked",
            Self::Gpc => "gpc",
            Self::Refused => "refused",
            Self::Accepted => "accepted",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// What it means for something of a category that is denied in it.
    pub(super) const fn against(self) -> &'static str {
        match self {
            Self::Unasked => "before consent",
            Self::Gpc => "against Global Privacy Control",
            Self::Refused => "against a refusal",
            Self::Accepted => "against the site's own rules",
            Self::Withdrawn => "after consent was withdrawn",
        }
    }
}

/// What it is that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum What {
    /// A cookie.
    Cookie,
    /// A key of `localStorage`.
    LocalStorage,
    /// A key of `sessionStorage`.
    SessionStorage,
    /// A database of `indexedDB`.
    IndexedDb,
    /// A cache of `caches`.
    CacheStorage,
    /// A worker that stays behind when the page goes, and answers for it.
    ServiceWorker,
    /// A worker that all pages of a site share.
    SharedWorker,
    /// A request.
    Request,
}

impl What {
    /// The words for it.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Cookie => "cookie",
            Self::LocalStorage => "localStorage key",
            Self::SessionStorage => "sessionStorage key",
            Self::IndexedDb => "IndexedDB database",
            Self::CacheStorage => "cache",
            Self::ServiceWorker => "service worker",
            Self::SharedWorker => "shared worker",
            Self::Request => "request to",
        }
    }
}

/// One thing in one state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Seen {
    /// What it is.
    pub(super) what: What,
    /// The name of the cookie, key, database or cache; of a worker the path of its script; of a request its host, with its port if it
    /// has one.
    pub(super) name: String,
    /// Where a cookie or a key is kept, or what was asked for.
    pub(super) at: String,
    /// Whether it was there without having been set in this state.
    pub(super) left: bool,
    /// Which script or address brought it about, if that is known.
    pub(super) initiator: Option<String>,
    /// The page on which it was seen first.
    pub(super) page: String,
    /// Milliseconds after the state began.
    pub(super) after_ms: u64,
    /// Seconds that a cookie stays; none for one of a session, and for what is no cookie.
    pub(super) lasts: Option<u64>,
}

/// All things of one state, each once.
#[derive(Debug, Default)]
pub(super) struct Things(BTreeMap<(What, String, String), Seen>);

impl Things {
    /// Adds one. What is known already keeps its time, and learns what it did not know; a cookie or key is one wherever it is kept.
    pub(super) fn add(&mut self, seen: Seen) {
        let at = if seen.what == What::Request { seen.at.clone() } else { String::new() };
        let full = self.0.len() >= MAX;
        match self.0.entry((seen.what, seen.name.clone(), at)) {
            Entry::Vacant(place) if !full => {
                place.insert(seen);
            }
            Entry::Vacant(_) => {}
            Entry::Occupied(mut place) => {
                let known = place.get_mut();
                known.initiator = known.initiator.take().or(seen.initiator);
                known.lasts = known.lasts.or(seen.lasts);
                known.left &= seen.left;
            }
        }
    }

    /// All of them, in the order of time.
    pub(super) fn into_vec(self) -> Vec<Seen> {
        let mut all: Vec<_> = self.0.into_values().collect();
        all.sort_by_key(|seen| seen.after_ms);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(what: What, at: &str, left: bool, initiator: Option<&str>) -> Seen {
        Seen {
            what,
            name: "a".into(),
            at: at.into(),
            left,
            initiator: initiator.map(str::to_owned),
            page: "/".into(),
            after_ms: 1,
            lasts: None,
        }
    }

    #[test]
    fn a_thing_is_kept_once_and_learns_who_it_is_from() {
        let mut things = Things::default();
        things.add(seen(What::Cookie, "x", true, None));
        things.add(seen(What::Cookie, "y", false, Some("s")));
        things.add(seen(What::Request, "x", false, None));
        things.add(seen(What::Request, "y", false, None));
        let all = things.into_vec();
        assert_eq!(all.len(), 3);
        assert!(!all[0].left && all[0].at == "x" && all[0].initiator.as_deref() == Some("s"));
    }

    #[test]
    fn there_is_an_end_to_what_is_kept() {
        let mut things = Things::default();
        for number in 0..=MAX {
            things.add(seen(What::Request, &number.to_string(), false, None));
        }
        assert_eq!(things.into_vec().len(), MAX);
    }
}
