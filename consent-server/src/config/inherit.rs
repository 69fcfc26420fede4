//! What a site takes over: from the base that it `extends`, from the base of that one, and in the end from `[defaults]`.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::code::Code;
use super::diagnostic::Report;
use super::nearest::nearest;
use super::over::over;
use super::section::{Field, Section};
use super::{MAX_BASES, MAX_BASES_DEEP, MAX_SITES, MAX_TAKEN_OVER};

/// Why a waiver is taken over by nobody: it would hold for the next site too, of which who signed it has never heard.
const ANSWERS: &str = "who answers for a finding, or for choices made elsewhere, answers for one site";

/// The tables with somebody's word in them.
const WORD: [&str; 2] = ["moving_in", "waiver"];

/// How many bytes of a text take as much memory as a value.
const LONG_TEXT: usize = 64;

/// `[base.NAME]`
struct Base<'i> {
    extends: Field<String>,
    name: Spanned<String>,
    section: Section<'i>,
}

/// What is written for more than one site.
pub(super) struct Shared<'i> {
    bases: Vec<Base<'i>>,
    defaults: Option<Section<'i>>,
    /// Whether all of it can be taken over.
    good: bool,
}

impl<'i> Shared<'i> {
    /// Takes `[defaults]` and the bases, and reports what can not be taken over.
    pub(super) fn new(
        defaults: Option<Section<'i>>,
        bases: Vec<(Spanned<String>, Section<'i>)>,
        report: &mut Report,
    ) -> Self {
        let mut shared = Self { bases: Vec::new(), defaults, good: true };
        if let Some(defaults) = &shared.defaults {
            share(defaults.table(), report);
            let from_nothing = "every site starts from the defaults, and they from nothing";
            shared.good &= own(defaults, "id", "every site has its own", report);
            shared.good &= own(defaults, "extends", from_nothing, report);
            for key in WORD {
                shared.good &= own(defaults, key, ANSWERS, report);
            }
        }
        if let Some((name, _)) = bases.get(MAX_BASES) {
            shared.good = false;
            let message = format!("more than {MAX_BASES} bases");
            report.error(Code::Extends, name.span(), message, "put some of them together");
        }
        for (name, mut section) in bases.into_iter().take(MAX_BASES) {
            share(section.table(), report);
            shared.good &= own(&section, "id", "every site has its own", report);
            for key in WORD {
                shared.good &= own(&section, key, ANSWERS, report);
            }
            if shared.find(name.get_ref()).is_some() {
                shared.good = false;
                let message = format!("another base is called `{}`", name.get_ref());
                report.error(
                    Code::Extends,
                    name.span(),
                    message,
                    "give every base its own name, in all files",
                );
            }
            let extends = section.take("extends", report);
            shared.bases.push(Base { extends, name, section });
        }
        shared.good = shared.bases.iter().fold(shared.good, |good, base| shared.ends(base, report) && good);
        shared
    }

    /// Every table that is written for more than one site.
    pub(super) fn sections(&self) -> impl Iterator<Item = &Section<'i>> {
        self.defaults.iter().chain(self.bases.iter().map(|base| &base.section))
    }

    /// The sites with what they take over; `None` after an error, as findings about the sites would be wrong.
    pub(super) fn resolve(&self, sites: Vec<Section<'i>>, report: &mut Report) -> Option<Vec<Section<'i>>> {
        if let Some(site) = sites.get(MAX_SITES) {
            let message = format!("more than {MAX_SITES} sites");
            report.error(Code::Extends, site.span.clone(), message, "split them over servers");
            return None;
        }
        let mut size = 0;
        let mut found = Vec::new();
        for mut site in sites {
            let taken = self.taken(&mut site, report);
            // Counted before anything is copied.
            size += taken.iter().flatten().map(|table| values(table)).sum::<usize>();
            if size > MAX_TAKEN_OVER {
                let message = format!("the sites take over more than {MAX_TAKEN_OVER} values");
                let help = "declare less in [defaults] and the bases, or split the sites over servers";
                report.error(Code::Extends, site.span.clone(), message, help);
                return None;
            }
            found.push((site, taken));
        }
        let resolved = found.into_iter().map(|(mut site, taken)| {
            if let Some(taken) = taken?.into_iter().cloned().reduce(over) {
                site.lie_over(taken);
            }
            Some(site)
        });
        resolved.collect::<Option<_>>().filter(|_| self.good)
    }

    /// The tables that a site takes over, the furthest first; `None` after an error.
    fn taken(&self, site: &mut Section<'i>, report: &mut Report) -> Option<Vec<&DeTable<'i>>> {
        let extends = site.take("extends", report);
        let base = self.named(&extends, report)?;
        let mut taken: Vec<_> =
            self.chain(base).take(MAX_BASES_DEEP).map(|base| base.section.table()).collect();
        taken.extend(self.defaults.as_ref().map(Section::table));
        taken.reverse();
        Some(taken)
    }

    fn find(&self, name: &str) -> Option<&Base<'i>> {
        self.bases.iter().find(|base| base.name.get_ref() == name)
    }

    /// The base that is named, if one is; `None` after an error.
    fn named(&self, extends: &Field<String>, report: &mut Report) -> Option<Option<&Base<'i>>> {
        let text = match extends {
            Field::Absent => return Some(None),
            Field::Broken => return None,
            Field::Set(text) => text,
        };
        let found = self.find(text.get_ref());
        if found.is_none() {
            let names = self.bases.iter().map(|base| base.name.get_ref().as_str());
            let help = nearest(text.get_ref(), names).map_or_else(
                || format!("declare it: `[base.{}]`", text.get_ref()),
                |name| format!("did you mean `{name}`?"),
            );
            report.error(Code::Extends, text.span(), format!("no base is called `{}`", text.get_ref()), help);
        }
        found.map(Some)
    }

    /// A base, the base of that one, and so on; without an end, if they go in a circle.
    fn chain<'s>(&'s self, first: Option<&'s Base<'i>>) -> impl Iterator<Item = &'s Base<'i>> {
        std::iter::successors(first, |base| self.find(base.extends.set()?.get_ref()))
    }

    /// Whether a base leads to an end; a finding if not.
    fn ends(&self, base: &Base<'i>, report: &mut Report) -> bool {
        let Some(next) = self.named(&base.extends, report) else { return false };
        let (Some(text), true) = (base.extends.set(), next.is_some()) else { return true };
        let chain: Vec<_> = self.chain(next).take(MAX_BASES_DEEP).collect();
        let circle = chain.iter().position(|other| std::ptr::eq(*other, base));
        let again = |at: usize, one: &Base<'i>| chain.iter().take(at).any(|other| std::ptr::eq(*other, one));
        if let Some(end) = circle {
            let way = std::iter::once(base).chain(chain.iter().take(end + 1).copied());
            let way: Vec<_> = way.map(|base| base.name.get_ref().as_str()).collect();
            let message = format!("a base takes over from itself: {}", way.join(" → "));
            report.error(Code::Extends, text.span(), message, "leave out one of these `extends`");
        } else if chain.iter().enumerate().any(|(at, one)| again(at, one)) {
            // It leads into a circle, of which it is no part.
        } else if chain.len() == MAX_BASES_DEEP {
            let message = format!("more than {MAX_BASES_DEEP} bases take over from each other");
            report.error(Code::Extends, text.span(), message, "put some of them together");
        } else {
            return true;
        }
        false
    }
}

/// Notes that every key below is written for more than one site.
fn share(table: &DeTable<'_>, report: &mut Report) {
    for (key, value) in table {
        report.share(&key.span());
        match value.get_ref() {
            DeValue::Table(inner) => share(inner, report),
            DeValue::Array(items) => {
                items
                    .iter()
                    .filter_map(|item| item.get_ref().as_table())
                    .for_each(|item| share(item, report));
            }
            _ => {}
        }
    }
}

/// Whether a table has not this key, which can not be taken over; a finding if it has.
fn own(section: &Section<'_>, key: &str, why: &str, report: &mut Report) -> bool {
    let Some((found, _)) = section.table().get_key_value(key) else { return true };
    report.error(Code::Extends, found.span(), format!("`{key}` can not stand here: {why}"), "leave it out");
    false
}

/// How many values a table has, at any depth; a long text counts as many.
fn values(table: &DeTable<'_>) -> usize {
    fn inner(value: &DeValue<'_>) -> usize {
        match value {
            DeValue::Table(table) => 1 + values(table),
            DeValue::Array(items) => 1 + items.iter().map(|item| inner(item.get_ref())).sum::<usize>(),
            DeValue::String(text) => 1 + text.len() / LONG_TEXT,
            _ => 1,
        }
    }
    table.values().map(|value| inner(value.get_ref())).sum()
}
