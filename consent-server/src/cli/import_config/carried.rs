//! What of another platform's config is carried, and what is left.

use consent_core::category::Category;

use super::node::{Data, Node};

/// The most characters of the way to something that is listed.
const MAX_PATH: usize = 200;

/// What could not be carried, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Left {
    /// Where it begins in the file, in bytes.
    pub(super) at: usize,
    /// The keys on the way to it.
    pub(super) what: String,
    pub(super) why: String,
}

/// A cookie, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) name: String,
    pub(super) owner: Option<String>,
    pub(super) duration: Option<String>,
    /// By language.
    pub(super) purpose: Vec<(String, String)>,
    /// The id of its service.
    pub(super) service: Option<String>,
}

/// A service, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Service {
    /// Where it begins in the file, in bytes.
    pub(super) at: usize,
    pub(super) id: String,
    pub(super) name: Vec<(String, String)>,
    pub(super) purpose: Vec<(String, String)>,
}

/// What stood under one category of theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// Ours; `None` where a human has to say.
    pub(super) category: Option<Category>,
    /// Their name of it.
    pub(super) theirs: String,
    pub(super) items: Vec<Item>,
    pub(super) services: Vec<Service>,
}

/// A config that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Carried {
    /// The word for the platform in our config.
    pub(super) platform: &'static str,
    pub(super) languages: Vec<String>,
    pub(super) ask_again_after: Option<u32>,
    pub(super) position: Option<&'static str>,
    /// Address of the privacy policy, by language; one without a language for all.
    pub(super) privacy_url: Vec<(String, String)>,
    /// Where the choice is kept, if not where it usually is.
    pub(super) kept_as: Option<String>,
    pub(super) groups: Vec<Group>,
    /// What stands for each of ours: whose cookies are read.
    pub(super) words: Vec<(Category, Vec<String>)>,
    pub(super) left: Vec<Left>,
    /// Bytes of texts that are there once for each cookie.
    pub(super) copied: usize,
}

impl Carried {
    pub(super) fn new(platform: &'static str) -> Self {
        Self {
            platform,
            languages: Vec::new(),
            ask_again_after: None,
            position: None,
            privacy_url: Vec::new(),
            kept_as: None,
            groups: Vec::new(),
            words: Vec::new(),
            left: Vec::new(),
            copied: 0,
        }
    }

    pub(super) fn leave(&mut self, at: usize, what: impl Into<String>, why: impl Into<String>) {
        let mut what = what.into();
        // Keys on the way can be long, and the way, too.
        if let Some((end, _)) = what.char_indices().nth(MAX_PATH) {
            what.truncate(end);
            what.push('…');
        }
        self.left.push(Left { at, what, why: why.into() });
    }

    /// The name by which a cookie is deleted there, as one of ours; listed, and `None`, where none follows from it.
    pub(super) fn name(&mut self, named: &Node, path: &str) -> Option<String> {
        let name = match &named.data {
            Data::Text(name) if name.contains('*') => Err(STAR.to_owned()),
            Data::Text(name) => Ok(name.clone()),
            Data::Pattern(source) => pattern(source).ok_or_else(|| nameless(named)),
            _ => Err(nameless(named)),
        };
        name.map_err(|why| self.leave(named.at, format!("{path}.cookies"), why)).ok()
    }

    /// Lists the services that are not written: what is necessary is not asked for, so it has none.
    pub(super) fn leave_unasked(&mut self) {
        let necessary = self.groups.iter().filter(|group| group.category == Some(Category::Necessary));
        let services = necessary.flat_map(|group| &group.services);
        let places: Vec<_> =
            services.map(|service| (service.at, format!("service {}", service.id))).collect();
        for (at, what) in places {
            let why = "what is necessary is not asked for and has no services: its name and description are not written";
            self.leave(at, what, why);
        }
    }

    /// Takes a word of theirs for one of ours.
    pub(super) fn stands_for(&mut self, category: Category, word: String) {
        if category == Category::Necessary {
            return;
        }
        match self.words.iter_mut().find(|(other, _)| *other == category) {
            Some((_, words)) => words.push(word),
            None => self.words.push((category, vec![word])),
        }
    }
}

/// Which of ours a name of theirs means, where everybody means the same by it. `necessary` is never read from a name.
pub(super) fn meant(name: &str) -> Option<Category> {
    Some(match name.to_lowercase().as_str() {
        "functional" | "functionality" | "preferences" => Category::Functional,
        "analytics" | "statistics" => Category::Analytics,
        "performance" => Category::Performance,
        "ads" | "advertisement" | "advertising" | "marketing" | "targeting" => Category::Advertisement,
        _ => return None,
    })
}

/// Which of ours something is. `Err` says what a human has to decide: that nobody is asked for it there, and it means what
/// visitors are asked for.
pub(super) fn decided(unasked: bool, means: Option<Category>, key: &str) -> Result<Option<Category>, String> {
    match (unasked, means) {
        (true, Some(means)) => Err(format!(
            "`{key}` says that nobody is asked for it, its name or purpose that it is `{means}`: decide, and write it there"
        )),
        (true, None) => Ok(Some(Category::Necessary)),
        (false, means) => Ok(means),
    }
}

/// Why a name that is no pattern is not one of ours: `*` stands for any rest here, and for itself there.
pub(super) const STAR: &str =
    "a text with `*`, which is no pattern there and would be one here: write it yourself if it is meant";

fn nameless(named: &Node) -> String {
    format!("{} of which no name follows", named.kind())
}

/// An id for a service: what of a name is in a-z, 0-9 and `-`.
pub(super) fn id(name: &str) -> String {
    let mut id = String::new();
    for character in name.chars().flat_map(char::to_lowercase) {
        if character.is_ascii_alphanumeric() {
            id.push(character);
        } else if !id.is_empty() && !id.ends_with('-') {
            id.push('-');
        }
    }
    id.truncate(32);
    id.trim_end_matches('-').to_owned()
}

/// The name of a cookie that a regular expression means: a plain beginning, up to the end or any rest. `None` for any other.
fn pattern(source: &str) -> Option<String> {
    let rest = source.strip_prefix('^')?;
    let (plain, ends) = match rest {
        rest if rest.ends_with(".*$") => (rest.strip_suffix(".*$")?, false),
        rest if rest.ends_with(".*") => (rest.strip_suffix(".*")?, false),
        rest if rest.ends_with('$') => (rest.strip_suffix('$')?, true),
        rest => (rest, false),
    };
    let plain = plain.replace("\\.", ".").replace("\\-", "-");
    let is_plain = !plain.is_empty()
        && plain.chars().all(|character| character.is_ascii_alphanumeric() || "_-".contains(character));
    // A dot of a pattern stands for any character.
    is_plain.then(|| if ends { plain } else { format!("{plain}*") })
}
