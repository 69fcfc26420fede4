//! All that is kept of the `User-Agent` header: what kind of program it is.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use axum::http::HeaderMap;
use axum::http::header::USER_AGENT;
use consent_core::decision::UserAgentClass;

use UserAgentClass::{Bot, Desktop, Mobile};

/// Words by which programs name themselves, in any case. Where several are found a bot is a bot, and a telephone is none
/// of a desk.
const WORDS: [(&str, UserAgentClass); 29] = [
    // A maker of telephones, whose name must not be read as what it ends with.
    ("cubot", Mobile),
    ("android", Mobile),
    ("ipad", Mobile),
    ("iphone", Mobile),
    ("mobi", Mobile),
    ("mozilla/", Desktop),
    ("axios/", Bot),
    ("bot", Bot),
    ("crawl", Bot),
    ("curl/", Bot),
    ("externalhit", Bot),
    ("feedfetcher", Bot),
    ("go-http-client", Bot),
    ("headless", Bot),
    ("java/", Bot),
    ("lighthouse", Bot),
    ("monitor", Bot),
    ("node-fetch", Bot),
    ("okhttp", Bot),
    ("pagespeed", Bot),
    ("phantomjs", Bot),
    ("preview", Bot),
    ("python", Bot),
    ("scrap", Bot),
    ("slurp", Bot),
    ("spider", Bot),
    ("undici", Bot),
    ("wget/", Bot),
    ("wrk", Bot),
];

/// Finds all words in one pass, the first and longest where they overlap.
static FIND: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let mut builder = AhoCorasick::builder();
    let words = WORDS.iter().map(|(word, _)| word);
    builder.ascii_case_insensitive(true).match_kind(MatchKind::LeftmostLongest).build(words).ok()
});

/// The kind of program that sent these headers.
pub(super) fn class_of(headers: &HeaderMap) -> UserAgentClass {
    let agent = headers.get(USER_AGENT).map_or(&[] as &[u8], |value| value.as_bytes());
    let found = FIND.iter().flat_map(|find| find.find_iter(agent));
    let classes = found.filter_map(|found| WORDS.get(found.pattern().as_usize()).map(|(_, class)| *class));
    classes.max_by_key(|class| rank(*class)).unwrap_or_default()
}

fn rank(class: UserAgentClass) -> u8 {
    match class {
        UserAgentClass::Unknown => 0,
        Desktop => 1,
        Mobile => 2,
        Bot => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_taken_for_what_they_say_they_are() {
        let class = |agent: &str| {
            class_of(&[(USER_AGENT, agent.parse().unwrap())].into_iter().collect::<HeaderMap>())
        };
        for (agent, expected) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", Desktop),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
                Mobile,
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; CUBOT NOTE 40) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36",
                Mobile,
            ),
            ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", Bot),
            (
                "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X) Chrome/130.0 Mobile (compatible; GoogleBot/2.1)",
                Bot,
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/130.0.0.0 Safari/537.36",
                Bot,
            ),
            ("curl/8.5.0", Bot),
            ("python-requests/2.32", Bot),
            ("something else", UserAgentClass::Unknown),
            ("", UserAgentClass::Unknown),
        ] {
            assert_eq!(class(agent), expected, "{agent}");
        }
        assert_eq!(class_of(&HeaderMap::new()), UserAgentClass::Unknown);
    }
}
