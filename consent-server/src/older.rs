//! What a script is told of other notices of its site: under which of them a choice still holds, and in which categories.
//!
//! The cookie keeps the first twelve characters of the notice under which its visitor chose. Every language has a notice of
//! its own, and every new word or version of the script makes all of them new; so a site in thirty languages soon has
//! hundreds that ask for the same. Each is told by its first five characters, 30 bits, one after the other in one text. A
//! piece that some notice of which something else is told begins with too is left out: its visitors are asked once more, and
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
    /// The pieces of the other notices, by the bits of the categories in which a choice made under them holds; `necessary` is
    /// always one of them.
    pub(crate) also: BTreeMap<u8, String>,
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
        let mut told: BTreeMap<u8, Vec<&Known>> = BTreeMap::new();
        let mut untold = Vec::new();
        for other in others {
            let holds = holds(notice, &material, other);
            holds.map_or(&mut untold, |bits| told.entry(bits).or_default()).push(other);
        }
        let pieces = |known: &[&Known]| known.iter().map(|other| piece(&other.notice)).collect::<Vec<_>>();
        let mut most = MOST;
        let mut also = BTreeMap::new();
        // What holds whole comes first and apart: of the rest there are fewer, and their visitors are asked anyway.
        for (bits, known) in told.iter().rev() {
            let others = told.iter().filter(|(other, _)| *other != bits).flat_map(|(_, known)| pieces(known));
            let others = others.chain(pieces(&untold)).collect();
            let kept = certain(pieces(known), &others, if *bits == ALL { MOST } else { most });
            if *bits != ALL {
                most -= kept.len();
            }
            if !kept.is_empty() {
                also.insert(*bits, kept.concat());
            }
        }
        Self { also }
    }
}

/// All five categories.
const ALL: u8 = 31;

/// The bits of the categories in which a choice made under `older` holds under `notice`. `None` if the script is not told, and asks
/// about all of it without a reason ([`Material::asked_of`]).
fn holds(notice: &Notice, material: &Material, older: &Known) -> Option<u8> {
    let travelled = older.notice.regime.region != notice.regime.region;
    let asked = material.asked_of(&older.material, travelled)?;
    Some(asked.into_iter().fold(ALL, |bits, category| bits & !category.bit()))
}

/// What somebody who chose under an older notice is asked by a newer one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Again {
    /// About which categories; none if they are not asked.
    pub(crate) asked: Vec<Category>,
    /// What the first layer tells them of it; `None` if they are not asked, or are asked without a reason.
    pub(crate) reason: Option<String>,
}

impl Again {
    /// Compares two notices of a site.
    pub(crate) fn between(older: &Arc<Notice>, newer: &Notice) -> Self {
        let bits = holds(newer, &newer.material(), &Known::new(older));
        let is_asked = |category: Category| bits.unwrap_or(0) & category.bit() == 0;
        let asked: Vec<_> = Category::OPTIONAL.into_iter().filter(|category| is_asked(*category)).collect();
        // Notices of older versions have no such text, and tell nothing.
        let tells = !newer.texts.again_changed.is_empty();
        let reason = bits.filter(|bits| *bits != ALL && tells).map(|_| {
            let shown = newer.categories.iter().filter(|shown| is_asked(shown.category));
            let titles: Vec<_> = shown.map(|shown| shown.title.as_str()).collect();
            format!("{} {}", newer.texts.again_changed, titles.join(", "))
        });
        Self { asked, reason }
    }
}

/// The first `most` of the pieces that none of the others begins with.
fn certain(mut pieces: Vec<String>, others: &BTreeSet<String>, most: usize) -> Vec<String> {
    pieces.retain(|piece| !others.contains(piece));
    pieces.truncate(most);
    pieces
}

fn piece(notice: &Notice) -> String {
    notice.id().prefix().chars().take(PIECE).collect()
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
            assert_eq!(told.also.keys().collect::<Vec<_>>(), [&ALL]);
            let expected: BTreeSet<_> =
                known.iter().filter(|other| other.id() != notice.id()).map(|other| piece(other)).collect();
            assert_eq!(pieces(&told.also[&ALL]), expected.iter().map(String::as_str).collect());
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
        let told = pieces(&told.also[&ALL]);
        assert_eq!(told.len(), MOST);
        for other in known.iter().filter(|other| other.id() != notice.id()) {
            let first = other.language == notice.language || other.texts.title == notice.texts.title;
            assert!(!first || told.contains(piece(other).as_str()));
        }
    }

    #[test]
    fn what_asks_for_something_else_is_told_apart_with_where_the_choice_still_holds() {
        let (old, new) = (version("en", 1, "A"), version("en", 1, "B"));
        let both = [Arc::clone(&old), Arc::clone(&new)];
        assert_eq!(older(&new, &both).also, BTreeMap::from([(1, piece(&old))]));
        let again = Again::between(&old, &new);
        assert_eq!(again.asked, Category::OPTIONAL);
        assert_eq!(again.reason.map(|reason| reason.split(", ").count()), Some(4));
        let mut body = (**new).clone();
        body.vendors.push(consent_core::notice::Vendor {
            category: consent_core::category::Category::Analytics,
            name: "Counter Ltd".to_owned(),
            privacy_url: "https://counter.example".to_owned(),
            transfers: Vec::new(),
        });
        let more = Arc::new(Notice::new(body).unwrap());
        let also = older(&more, &[&both[..], &[Arc::clone(&more)]].concat()).also;
        assert_eq!(also, BTreeMap::from([(1, piece(&old)), (0b11011, piece(&new))]));
        let again = Again::between(&new, &more);
        assert_eq!(again.asked, [Category::Analytics]);
        assert!(again.reason.unwrap().ends_with(&more.categories[2].title));
        assert_eq!(Again::between(&more, &new), Again { asked: Vec::new(), reason: None });
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
            let holds = older.id() == newer.id() || scripts.also.get(&ALL) == Some(&piece(&older));
            proptest::prop_assert_eq!(difference.asked.is_empty(), holds, "{:?}", difference.changes);
            // Where the script lets a part of it hold, it is what the difference asks nobody about.
            if let Some(bits) = scripts.also.keys().next() {
                let held = difference.kept().fold(1, |bits, category| bits | category.bit());
                proptest::prop_assert_eq!(*bits, held);
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
        let told = known.each_ref().map(|notice| older(notice, &known).also);
        // Advertising waits for a yes in Britain and not in America, and the rest the other way round.
        let strict_holds = BTreeMap::from([(ALL, piece(strict))]);
        assert_eq!(told, [BTreeMap::new(), strict_holds.clone(), strict_holds]);
        assert!([british, american].iter().all(|other| Again::between(other, strict).reason.is_none()));
        // What has really changed is still told, wherever the visitor chose.
        let now = under("EU", "B");
        let told = older(&now, &[&known[..], &[Arc::clone(&now)]].concat()).also;
        assert_eq!(told.keys().collect::<Vec<_>>(), [&1]);
        assert_eq!(pieces(&told[&1]).len(), 3);
    }

    #[test]
    fn a_beginning_that_something_else_has_too_is_left_out() {
        let others = BTreeSet::from(["bbbbb".to_owned()]);
        let same = || ["aaaaa", "bbbbb", "ccccc"].map(str::to_owned).to_vec();
        assert_eq!(certain(same(), &others, 9), ["aaaaa", "ccccc"]);
        assert_eq!(certain(same(), &others, 1), ["aaaaa"]);
    }
}
