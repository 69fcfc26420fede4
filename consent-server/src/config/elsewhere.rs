//! Rules that no finding of a config is named after: what they are about, and where they are judged.

/// A rule by the name that other lists give it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// Such as `EU-10`, or `skip.deceptive_snugness`.
    pub name: &'static str,
    /// What it asks for, in one line.
    pub title: &'static str,
    /// Where it is judged: by which command, test, or code.
    pub judged: &'static str,
}

const fn rule(name: &'static str, title: &'static str, judged: &'static str) -> Elsewhere {
    Elsewhere { name, title, judged }
}

impl Elsewhere {
    /// All of them: rules of the Union, then patterns of the EDPB's Guidelines 03/2022.
    pub const ALL: [Self; 13] = [
        rule(
            "EU-10",
            "a refusal and a withdrawal have an effect",
            "`consent leaks` looks at the site's pages in a browser: after a refusal, and after a yes that was withdrawn, what is \
             stored and asked for is held against what is declared",
        ),
        rule(
            "EU-12",
            "visitors are asked again if what they chose about has changed, and only then",
            "`consent diff OLD NEW` says who is asked again, about which categories, and why; the server asks by the same comparison",
        ),
        rule(
            "EU-20",
            "whoever can not see, or uses no mouse, chooses as easily",
            "the banner is the same on every site, so it is judged once for all: by the project's tests of it in Chromium (keyboard, \
             focus, names, zoom, less motion, axe); what colours a site brings are judged by `contrast`",
        ),
        rule(
            "EU-21",
            "a choice counts on other devices for people who are signed in only, and they are told",
            "it is off without `[site.account]`; `account` judges how it is set up, `EU-18` whether the words about it are there",
        ),
        rule(
            "overload.continuous_prompting",
            "nobody is asked until they give in",
            "`EU-11` judges how long a choice holds; `consent diff OLD NEW` says who is asked again sooner",
        ),
        rule(
            "skip.deceptive_snugness",
            "what takes the most is not chosen beforehand",
            "`EU-03`: no switch is on before a choice",
        ),
        rule(
            "stir.hidden_in_plain_sight",
            "what protects is as easy to see as what does not",
            "`EU-05`: both buttons look alike, and are in view; `contrast` for the colours of a site's own",
        ),
        rule(
            "obstruct.longer_than_necessary",
            "the way to a no is not longer than the way to a yes",
            "`EU-04` for the first layer, `EU-09` for the way back; `overload.privacy_maze` for the way to the switches",
        ),
        rule(
            "fickle.lacking_hierarchy",
            "what belongs together stands together, and once",
            "the layers and their order are the same on every site; `EU-08` judges that there is one of them at a time",
        ),
        rule(
            "fickle.decontextualising",
            "choices are found where somebody looks for them",
            "`EU-09`: the way back is on every page",
        ),
        rule(
            "fickle.language_discontinuity",
            "the language does not change on the way",
            "`EU-18`: every text is there in every language that the site offers",
        ),
        rule(
            "dark.ambiguous_wording",
            "words say one thing, and say it plainly",
            "`EU-07` and `EU-13` for purposes that say nothing, `dark.conflicting_information` for names of categories, \
             `obstruct.misleading_action` and `button-words` for buttons",
        ),
        rule(
            "dark.language_discontinuity",
            "the language does not change on the way",
            "`EU-18`: every text is there in every language that the site offers",
        ),
    ];

    /// The one of this name, in upper or lower case.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name.eq_ignore_ascii_case(name))
    }
}
