//! What a script is told of other notices of its site: under which of them a choice still holds, and what has changed since
//! the rest.
//!
//! The cookie keeps the first twelve characters of the notice under which its visitor chose. Every language has a notice of
//! its own, and every new word or version of the script makes all of them new; so a site in thirty languages soon has
//! hundreds that ask for the same. Each is told by its first five characters, 30 bits, one after the other in one text. A
//! piece that some notice which asks for something else begins with too is left out: its visitors are asked once more, and
//! nobody's choice is taken for more than it was.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use consent_core::category::Category;
use consent_core::notice::{Material, Notice, NoticeId};

/// How many characters of a notice's address tell it from the others. The script knows the same number.
const PIECE: usize = 5;

/// How many notices a script is told of at most, for either purpose: some four bytes of what is sent for each.
const MOST: usize = 256;

/// A notice of the site with what it asks for, which is compared with that of every other one.
pub(crate) struct Known {
    notice: Arc<Notice>,
    material: Material,
}

impl Known {
    /// A notice that is known.
    pub(crate) fn new(notice: &Arc<Notice>) -> Self {
        Self { notice: Arc::clone(notice), material: notice.material() }
    }
}

/// What a script is told.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Older {
    /// The pieces of the notices under which a choice still holds.
    pub(crate) also: String,
    /// The pieces of those under which it does not, by the titles of the categories that have changed.
    pub(crate) changed: BTreeMap<String, String>,
}

impl Older {
    /// For the script of `notice`. `known` are all notices of the site, `shown` those of them that are shown now.
    ///
    /// Where there are more than a script is told of, those count first that the most visitors chose under: those of its own
    /// language, then those that are shown now.
    pub(crate) fn than(notice: &Notice, known: &[Known], shown: &BTreeSet<NoticeId>) -> Self {
        let material = notice.material();
        let mut others: Vec<_> = known.iter().filter(|other| other.notice.id() != notice.id()).collect();
        others.sort_by_key(|Known { notice: other, .. }| {
            (other.language != notice.language, !shown.contains(&other.id()), other.id())
        });
        let (same, asked_else): (Vec<_>, Vec<_>) =
            others.into_iter().partition(|other| material.is_covered_by(&other.material));
        let other_pieces = asked_else.iter().map(|other| piece(&other.notice)).collect();
        let also = certain(same.iter().map(|other| piece(&other.notice)), &other_pieces);
        let mut changed: BTreeMap<String, String> = BTreeMap::new();
        let told =
            asked_else.into_iter().filter_map(|other| Some((reason(notice, &material, other)?, other)));
        for (titles, other) in told.take(MOST) {
            changed.entry(titles).or_default().push_str(&piece(&other.notice));
        }
        Self { also, changed }
    }
}

/// The titles of the categories that have changed since `older`, which is told to somebody who chose under it and is asked again
/// by `notice`.
///
/// Who chose under the looser rules of another region is asked by those of this one, and nothing was added on the site: it would
/// not be true to say so, and nothing is told.
fn reason(notice: &Notice, material: &Material, older: &Known) -> Option<String> {
    let travelled = older.notice.regime.region != notice.regime.region;
    if travelled && material.asks_no_more_than(&older.material) {
        return None;
    }
    Some(titles(notice, &material.changes_since(&older.material)))
}

/// What the first layer of `newer` tells somebody who chose under `older`, and is asked again: the categories by their titles.
/// `None` if they are not asked, or are asked without a reason.
pub(crate) fn told(older: &Arc<Notice>, newer: &Notice) -> Option<String> {
    let told = Older::than(newer, &[Known::new(older)], &BTreeSet::new());
    told.changed.into_keys().next()
}

/// The first of the pieces that no other notice begins with.
fn certain(pieces: impl Iterator<Item = String>, others: &BTreeSet<String>) -> String {
    pieces.filter(|piece| !others.contains(piece)).take(MOST).collect()
}

fn piece(notice: &Notice) -> String {
    notice.id().prefix().chars().take(PIECE).collect()
}

/// The titles of categories, as the visitor reads them.
fn titles(notice: &Notice, categories: &[Category]) -> String {
    let shown = notice.categories.iter().filter(|shown| categories.contains(&shown.category));
    shown.map(|shown| shown.title.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use consent_core::notice::Difference;
    use consent_core::regime::{Regime, Region};

    use super::*;
    use crate::testing::notice;

    /// The notice of a language in a version of its words, of a site that somebody owns.
    fn version(language: &str, words: usize, owner: &str) -> Arc<Notice> {
        let mut body = (**notice()).clone();
        body.language = language.to_owned();
        body.texts.title = format!("Version {words}");
        body.controller.name = owner.to_owned();
        Arc::new(Notice::new(body).unwrap())
    }

    fn pieces(text: &str) -> BTreeSet<&str> {
        assert_eq!(text.len() % PIECE, 0);
        (0..text.len() / PIECE).map(|at| &text[at * PIECE..][..PIECE]).collect()
    }

    fn older(notice: &Notice, known: &[Arc<Notice>]) -> Older {
        let shown = known.iter().filter(|other| other.texts.title == notice.texts.title);
        let shown = shown.map(|other| other.id()).collect();
        Older::than(notice, &known.iter().map(Known::new).collect::<Vec<_>>(), &shown)
    }

    #[test]
    fn after_six_changes_of_words_a_site_in_34_languages_asks_nobody_again() {
        let languages: Vec<_> = (0..34).map(|number| format!("x{number}")).collect();
        let known: Vec<_> = (0..=6)
            .flat_map(|words| languages.iter().map(move |language| version(language, words, "A")))
            .collect();
        for notice in known.iter().rev().take(34) {
            let told = older(notice, &known);
            assert_eq!(told.changed, BTreeMap::new());
            let expected: BTreeSet<_> =
                known.iter().filter(|other| other.id() != notice.id()).map(|other| piece(other)).collect();
            assert_eq!(pieces(&told.also), expected.iter().map(String::as_str).collect());
        }
    }

    #[test]
    fn of_too_many_the_own_language_and_what_is_shown_now_come_first() {
        let languages: Vec<_> = (0..34).map(|number| format!("x{number}")).collect();
        let known: Vec<_> = (0..30)
            .flat_map(|words| languages.iter().map(move |language| version(language, words, "A")))
            .collect();
        let notice = known.last().unwrap();
        let told = older(notice, &known);
        let told = pieces(&told.also);
        assert_eq!(told.len(), MOST);
        for other in known.iter().filter(|other| other.id() != notice.id()) {
            let first = other.language == notice.language || other.texts.title == notice.texts.title;
            assert!(!first || told.contains(piece(other).as_str()));
        }
    }

    #[test]
    fn what_asks_for_something_else_is_told_apart_with_what_has_changed() {
        let (old, new) = (version("en", 1, "A"), version("en", 1, "B"));
        let told = older(&new, &[Arc::clone(&old), Arc::clone(&new)]);
        assert_eq!(told.also, "");
        let titles =
            new.categories[1..].iter().map(|shown| shown.title.as_str()).collect::<Vec<_>>().join(", ");
        assert_eq!(told.changed, BTreeMap::from([(titles, piece(&old))]));
    }

    /// Versions that differ in each of the things that a config can change, so that many of them ask for more than others.
    fn variant(bits: u8) -> Arc<Notice> {
        let set = |bit: u8| bits & (1 << bit) != 0;
        let mut body = (**version("en", usize::from(set(0)), if set(1) { "A" } else { "B" })).clone();
        body.regime = Regime::of(Region::read(if set(2) { "GB" } else { "FR" }));
        if set(3) {
            body.parts.insert("gpc".to_owned(), serde_json::json!({}));
        }
        for (at, shown) in body.categories.iter_mut().enumerate().filter(|(at, _)| *at < 4) {
            let own = format!("_{at}");
            shown.cookies.retain(|_| at == 0);
            if set(4 + u8::try_from(at).unwrap()) {
                let mut item = notice().categories[0].cookies[0].clone();
                (item.name, item.lifetime) = (own, if at == 3 { "P1Y" } else { "P1D" }.to_owned());
                shown.cookies.push(item);
            }
        }
        Arc::new(Notice::new(body).unwrap())
    }

    proptest::proptest! {
        #[test]
        fn a_difference_asks_nobody_again_exactly_where_the_script_lets_the_older_choice_hold(
            before in proptest::prelude::any::<u8>(), after in proptest::prelude::any::<u8>(),
        ) {
            let [older, newer] = [before, after].map(variant);
            let difference = Difference::between(&older, &newer);
            let scripts = Older::than(&newer, &[&older, &newer].map(Known::new), &BTreeSet::from([newer.id()]));
            let holds = older.id() == newer.id() || scripts.also == piece(&older);
            proptest::prop_assert_eq!(difference.asked.is_empty(), holds, "{:?}", difference.changes);
            if let Some(titles) = told(&older, &newer) {
                proptest::prop_assert_eq!(titles, super::titles(&newer, &difference.asked));
            }
        }
    }

    fn under(region: &str, owner: &str) -> Arc<Notice> {
        let mut body = (**version("en", 1, owner)).clone();
        body.regime = Regime::of(Region::read(region));
        Arc::new(Notice::new(body).unwrap())
    }

    #[test]
    fn who_chose_under_stricter_rules_is_not_asked_elsewhere_and_who_comes_from_looser_ones_is_without_a_false_reason()
     {
        let known = ["EU", "GB", "US"].map(|region| under(region, "A"));
        let [strict, british, american] = &known;
        let told = known.each_ref().map(|notice| older(notice, &known));
        assert_eq!(told.each_ref().map(|told| pieces(&told.also).len()), [0, 1, 1]);
        assert_eq!([&told[1].also, &told[2].also], [&piece(strict), &piece(strict)]);
        assert!(told.iter().all(|told| told.changed.is_empty()));
        // Advertising waits for a yes in Britain and not in America, and the rest the other way round.
        assert!(![british, american].iter().any(|other| told[0].also.contains(&piece(other))));
        // What has really changed is still told, wherever the visitor chose.
        let now = under("EU", "B");
        let told = older(&now, &[&known[..], &[Arc::clone(&now)]].concat());
        assert_eq!((told.also.as_str(), told.changed.values().map(|all| pieces(all).len()).sum()), ("", 3));
    }

    #[test]
    fn a_beginning_that_something_else_has_too_is_left_out() {
        let others = BTreeSet::from(["bbbbb".to_owned()]);
        let same = ["aaaaa", "bbbbb", "ccccc"].map(str::to_owned);
        assert_eq!(certain(same.into_iter(), &others), "aaaaaccccc");
    }
}
