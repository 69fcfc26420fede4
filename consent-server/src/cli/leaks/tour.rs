//! All pages in all states.

use std::time::Duration;

use super::super::progress::Bar;
use super::crawl::Pages;
use super::devtools::Browser;
use super::seen::{Seen, State};
use super::visit::{Answer, Visitor};

type Failure = Box<dyn std::error::Error>;

/// What one state was like.
#[derive(Debug)]
pub(super) struct Visited {
    /// Which one.
    pub(super) state: State,
    /// What was seen in it.
    pub(super) seen: Vec<Seen>,
    /// What the first page looked like in the end, WebP in base64.
    pub(super) picture: Option<String>,
    /// Why it could not be reached, if it could not.
    pub(super) failed: Option<String>,
}

/// Goes through all states with a fresh visitor each; what the pages link to is found in the first.
#[derive(Debug)]
pub(super) struct Tour<'a> {
    pub(super) browser: &'a mut Browser,
    pub(super) pages: &'a mut Pages,
    /// How long a page may take to come to rest.
    pub(super) limit: Duration,
    /// Whether links are followed.
    pub(super) crawl: bool,
}

impl Tour<'_> {
    /// Makes the tour.
    pub(super) fn run(mut self) -> Result<Vec<Visited>, Failure> {
        let (bar, mut done) = (Bar::new("pages"), 0);
        let mut tell = |pages: &Pages| {
            done += 1;
            bar.show(done, u64::try_from(State::ALL.len() * pages.len()).unwrap_or(u64::MAX));
        };
        let mut all = Vec::new();
        for (state, gpc) in [(State::Unasked, false), (State::Gpc, true)] {
            let mut visitor = Visitor::new(self.browser, gpc, self.limit)?;
            let crawl = self.crawl && state == State::Unasked;
            let picture = walk(&mut visitor, self.pages, crawl, &mut tell)?;
            all.push(Visited { state, seen: visitor.leave()?, picture, failed: None });
        }
        all.extend(self.answered(&[(State::Refused, Answer::Refuse)], &mut tell)?);
        let yes = [(State::Accepted, Answer::Accept), (State::Withdrawn, Answer::Withdraw)];
        all.extend(self.answered(&yes, &mut tell)?);
        Ok(all)
    }

    /// The states of one visitor, who answers one after the other. Where an answer can not be given, that is told, and those after
    /// it can not be reached either.
    fn answered(
        &mut self,
        answers: &[(State, Answer)],
        tell: &mut impl FnMut(&Pages),
    ) -> Result<Vec<Visited>, Failure> {
        let mut visitor = Visitor::new(self.browser, false, self.limit)?;
        visitor.open(self.pages.get(0).unwrap_or_default())?;
        let mut all: Vec<Visited> = Vec::new();
        let mut failed = None;
        for (state, answer) in answers {
            let before = match failed {
                None => visitor.answer(*answer),
                Some(ref why) => Err(String::clone(why).into()),
            };
            let (seen, mut picture) = match before {
                Ok(seen) => (seen, walk(&mut visitor, self.pages, false, tell)?),
                Err(error) => {
                    failed = Some(error.to_string());
                    (Vec::new(), None)
                }
            };
            // What was seen until the answer belongs to the state before it; before the first that was the unasked one.
            if let Some(last) = all.last_mut().filter(|last| last.failed.is_none() && failed.is_none()) {
                last.seen = seen;
            }
            if failed.is_some() {
                picture = None;
            }
            all.push(Visited { state: *state, seen: Vec::new(), picture, failed: failed.clone() });
        }
        let rest = visitor.leave()?;
        if let Some(last) = all.iter_mut().rfind(|visited| visited.failed.is_none()) {
            last.seen = rest;
        }
        Ok(all)
    }
}

/// Opens all pages; a picture of the first one. That one has to open, the others need not.
fn walk(
    visitor: &mut Visitor<'_>,
    pages: &mut Pages,
    crawl: bool,
    tell: &mut impl FnMut(&Pages),
) -> Result<Option<String>, Failure> {
    let (mut number, mut picture) = (0, None);
    while let Some(page) = pages.get(number).map(str::to_owned) {
        let opened = visitor.open(&page);
        if number == 0 {
            opened?;
            picture = visitor.picture()?;
        }
        if crawl && pages.has_room() {
            for link in visitor.links()? {
                pages.offer(&link);
            }
        }
        number += 1;
        tell(pages);
    }
    Ok(picture)
}
