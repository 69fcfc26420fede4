//! Which form of a word goes with a count, by the plural rules of the Unicode CLDR (UTS 35, part 3).

use icu_locale_core::LanguageIdentifier;
use icu_plurals::{PluralCategory, PluralRules};

use super::duration::MAX_COUNT;
use super::language::Language;

/// The plural rules of one language, for whole numbers from 1 to [`MAX_COUNT`].
pub(super) struct Plurals(Option<PluralRules>);

impl Plurals {
    /// The rules of `language`; those of a language that the CLDR does not know have one form for every count.
    pub(super) fn of(language: &Language) -> Self {
        let identifier: Option<LanguageIdentifier> = language.as_str().parse().ok();
        Self(identifier.and_then(|language| PluralRules::try_new_cardinal((&language).into()).ok()))
    }

    /// The form that `count` takes.
    pub(super) fn form(&self, count: u32) -> &'static str {
        self.0.as_ref().map_or("other", |rules| name(rules.category_for(count)))
    }

    /// Every form that some count takes, in the order of the CLDR. What only fractions or millions take is not among
    /// them: no duration has such a count.
    pub(super) fn forms(&self) -> Vec<&'static str> {
        let Some(rules) = &self.0 else { return vec!["other"] };
        let mut missing: Vec<_> = rules.categories().collect();
        for count in 1..=MAX_COUNT {
            let taken = rules.category_for(count);
            missing.retain(|category| *category != taken);
            if missing.is_empty() {
                break;
            }
        }
        let taken = rules.categories().filter(|category| !missing.contains(category));
        let mut taken: Vec<_> = taken.collect();
        taken.sort_unstable();
        taken.into_iter().map(name).collect()
    }
}

/// The name of a form in a locale's file.
fn name(category: PluralCategory) -> &'static str {
    match category {
        PluralCategory::Zero => "zero",
        PluralCategory::One => "one",
        PluralCategory::Two => "two",
        PluralCategory::Few => "few",
        PluralCategory::Many => "many",
        PluralCategory::Other => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plurals(language: &str) -> Plurals {
        Plurals::of(&language.parse().unwrap())
    }

    #[test]
    fn counts_take_the_forms_that_the_cldr_lists() {
        for (language, counts) in [
            ("en", &[(1, "one"), (2, "other"), (21, "other")][..]),
            ("ja", &[(1, "other"), (2, "other")]),
            ("pl", &[(1, "one"), (2, "few"), (5, "many"), (12, "many"), (22, "few"), (21, "many")]),
            ("uk", &[(1, "one"), (21, "one"), (11, "many"), (24, "few"), (14, "many")]),
            (
                "ar",
                &[
                    (1, "one"),
                    (2, "two"),
                    (3, "few"),
                    (10, "few"),
                    (11, "many"),
                    (99, "many"),
                    (100, "other"),
                ],
            ),
            ("lv", &[(1, "one"), (21, "one"), (11, "zero"), (10, "zero"), (30, "zero"), (2, "other")]),
            ("ga", &[(1, "one"), (2, "two"), (6, "few"), (7, "many"), (10, "many"), (11, "other")]),
            ("sl", &[(1, "one"), (101, "one"), (102, "two"), (3, "few"), (4, "few"), (5, "other")]),
            ("mt", &[(1, "one"), (2, "two"), (3, "few"), (11, "many"), (20, "other")]),
            ("ro", &[(1, "one"), (2, "few"), (19, "few"), (20, "other"), (101, "few")]),
            ("lt", &[(1, "one"), (11, "other"), (9, "few"), (10, "other"), (21, "one")]),
        ] {
            let plurals = plurals(language);
            for (count, form) in counts {
                assert_eq!(plurals.form(*count), *form, "{language} {count}");
            }
        }
    }

    #[test]
    fn forms_are_those_that_whole_counts_take() {
        for (language, forms) in [
            ("en", "one other"),
            ("fr-CA", "one other"),  // `many` is for millions
            ("cs", "one few other"), // `many` is for fractions
            ("lt", "one few other"),
            ("pl", "one few many"), // `other` is for fractions
            ("uk", "one few many"),
            ("ar", "one two few many other"), // `zero` is for none
            ("lv", "zero one other"),
            ("ga", "one two few many other"),
            ("ja", "other"),
            ("qaa", "other"), // a language that the CLDR does not know
        ] {
            assert_eq!(plurals(language).forms().join(" "), forms, "{language}");
        }
    }
}
