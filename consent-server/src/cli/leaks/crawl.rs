//! Which pages are opened: the one that was named, those that a sitemap lists, those that pages link to.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use super::address;

/// The most pages of one run.
pub(super) const MAX_PAGES: usize = 500;

/// The largest sitemap, in bytes, by its own standard (<https://www.sitemaps.org/protocol.html>).
const MAX_SITEMAP: u64 = 50 * 1024 * 1024;

/// How many sitemaps one run reads.
const MAX_SITEMAPS: usize = 20;

/// The longest address.
const MAX_ADDRESS: usize = 2000;

/// How long a sitemap may take.
const LIMIT: Duration = Duration::from_secs(30);

/// Files of these kinds are no pages: opening one would only download it.
const NO_PAGES: [&str; 12] =
    [".pdf", ".zip", ".jpg", ".jpeg", ".png", ".gif", ".webp", ".svg", ".mp3", ".mp4", ".xml", ".csv"];

type Failure = Box<dyn std::error::Error>;

/// The pages of a run, each once, all of one origin.
#[derive(Debug)]
pub(super) struct Pages {
    origin: String,
    max: usize,
    known: HashSet<String>,
    list: Vec<String>,
}

impl Pages {
    /// The first one, and how many there may be in the end.
    pub(super) fn new(first: &str, max: usize) -> Result<Self, String> {
        let origin = address::origin(first).ok_or_else(|| format!("{first} is no address of a page"))?;
        let mut pages =
            Self { origin, max: max.clamp(1, MAX_PAGES), known: HashSet::new(), list: Vec::new() };
        let path = first.split_once("://").is_some_and(|(_, rest)| rest.contains(['/', '?', '#']));
        let first = if path { first.to_owned() } else { format!("{first}/") };
        pages.offer(&first);
        if pages.list.is_empty() { Err(format!("{first} is too long")) } else { Ok(pages) }
    }

    /// Adds a page, if it is one of the same origin, is new, and there is room.
    pub(super) fn offer(&mut self, url: &str) {
        let page = url.split('#').next().unwrap_or_default();
        let same = address::origin(page).is_some_and(|origin| origin == self.origin);
        let path = page.split('?').next().unwrap_or_default().to_ascii_lowercase();
        let is_page = self.list.is_empty() || !NO_PAGES.iter().any(|ending| path.ends_with(ending));
        let fits = self.list.len() < self.max && page.len() <= MAX_ADDRESS;
        if same && is_page && fits && self.known.insert(page.to_owned()) {
            self.list.push(page.to_owned());
        }
    }

    /// Whether there may be more.
    pub(super) fn has_room(&self) -> bool {
        self.list.len() < self.max
    }

    /// The page of a number.
    pub(super) fn get(&self, number: usize) -> Option<&str> {
        self.list.get(number).map(String::as_str)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// Adds the pages that a sitemap lists, and those that it names list.
    pub(super) fn read_sitemap(&mut self, url: Option<&str>) -> Result<(), Failure> {
        let first = url.map_or_else(|| format!("{}/sitemap.xml", self.origin), str::to_owned);
        let agent: ureq::Agent = ureq::Agent::config_builder().timeout_global(Some(LIMIT)).build().into();
        let (mut waiting, mut read) = (VecDeque::from([first]), 0);
        while let Some(url) = waiting.pop_front().filter(|_| self.has_room() && read < MAX_SITEMAPS) {
            read += 1;
            let mut answer = agent.get(&url).call().map_err(|error| format!("{url}: {error}"))?;
            let text = answer.body_mut().with_config().limit(MAX_SITEMAP).read_to_string();
            let text = text.map_err(|error| format!("{url}: {error}"))?;
            let names_others = text.contains("<sitemapindex");
            for address in locations(&text) {
                if !names_others {
                    self.offer(&address);
                } else if address::origin(&address).is_some_and(|origin| origin == self.origin) {
                    waiting.push_back(address);
                }
            }
        }
        Ok(())
    }
}

/// What stands in the elements `loc` of a sitemap.
fn locations(text: &str) -> impl Iterator<Item = String> {
    text.split("<loc>").skip(1).filter_map(|rest| {
        let (inside, _) = rest.split_once("</loc>")?;
        let inside = inside.trim();
        let inside =
            inside.strip_prefix("<![CDATA[").and_then(|text| text.strip_suffix("]]>")).unwrap_or(inside);
        (inside.len() <= MAX_ADDRESS && !inside.contains('<')).then(|| unescaped(inside))
    })
}

/// The five entities that XML has by itself; of them, `&amp;` last.
fn unescaped(text: &str) -> String {
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")]
        .iter()
        .fold(text.to_owned(), |text, (entity, letter)| text.replace(entity, letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_of_one_origin_and_each_once() {
        let mut pages = Pages::new("https://paper.example", 4).unwrap();
        for url in [
            "https://paper.example/#top",
            "https://paper.example/a",
            "https://paper.example/a#b",
            "https://paper.example/report.PDF?x=1",
            "http://paper.example/b",
            "https://www.paper.example/b",
            "javascript:alert(1)",
            "https://paper.example/b?c=1",
            "https://paper.example/d",
            "https://paper.example/e",
        ] {
            pages.offer(url);
        }
        assert_eq!(pages.len(), 4);
        assert_eq!(pages.get(0), Some("https://paper.example/"));
        assert_eq!(pages.get(2), Some("https://paper.example/b?c=1"));
        assert!(!pages.has_room());
        assert!(Pages::new("file:///etc/passwd", 4).is_err());
    }

    #[test]
    fn the_locations_of_a_sitemap_are_read() {
        let text = "<?xml version=\"1.0\"?><urlset><url><loc> https://a.example/?a=1&amp;b=2 </loc></url>\
            <url><loc><![CDATA[https://a.example/b]]></loc></url><url><loc>x<y</loc></url><url><loc>open";
        let all: Vec<_> = locations(text).collect();
        assert_eq!(all, ["https://a.example/?a=1&b=2", "https://a.example/b"]);
    }
}
