//! One TOML table while it is being read: every value through serde, every problem noted, no key overlooked.
//!
//! Deriving `Deserialize` for the whole file would stop at the first problem. Here serde reads value by value, and the
//! walk over the tables goes on.

use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::asked::{self, Asked};
use super::code::Code;
use super::diagnostic::Report;
use super::nearest::suggest;
use super::over::over;
use super::survey::{Kind, Survey, Value};

/// A value that may be absent, or there but of the wrong type: then it has been reported, and nothing else should be.
#[derive(Clone, Debug)]
pub(super) enum Field<T> {
    Absent,
    Broken,
    Set(Spanned<T>),
}

impl<T> Field<T> {
    pub(super) fn set(&self) -> Option<&Spanned<T>> {
        match self {
            Self::Set(value) => Some(value),
            Self::Absent | Self::Broken => None,
        }
    }
}

/// A text for all languages, or one for each.
#[derive(Clone, Debug)]
pub(super) enum Localized {
    One(String),
    Each(Vec<(Spanned<String>, Spanned<String>)>),
}

/// A table of which some keys have been read.
#[derive(Clone)]
pub(super) struct Section<'i> {
    /// Its name in messages, such as `[[site.cookie]]`.
    pub(super) name: &'static str,
    /// Its head in the file.
    pub(super) span: Range<usize>,
    known: Vec<&'static str>,
    /// There only to find out which keys are looked for.
    survey: Option<Survey>,
    table: DeTable<'i>,
}

impl<'i> Section<'i> {
    pub(super) fn new(name: &'static str, span: Range<usize>, table: DeTable<'i>) -> Self {
        Self { name, span, known: Vec::new(), survey: None, table }
    }

    /// A table in which everything is there and nothing is said.
    pub(super) fn surveyed(name: &'static str, survey: Survey) -> Self {
        Self { survey: Some(survey), ..Self::new(name, 0..0, DeTable::new()) }
    }

    /// The same under another name.
    pub(super) fn called(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    /// The keys that were not read yet.
    pub(super) fn table(&self) -> &DeTable<'i> {
        &self.table
    }

    /// Takes over what is said further away and not here.
    pub(super) fn lie_over(&mut self, far: DeTable<'i>) {
        self.table = over(far, std::mem::take(&mut self.table));
    }

    fn value(&mut self, key: &'static str, kind: Kind) -> Option<Spanned<DeValue<'i>>> {
        self.known.push(key);
        if let Some(survey) = &self.survey {
            survey.note(key, kind);
        }
        self.table.remove(key)
    }

    /// The table under a key, in a survey.
    fn below(&self, key: &str, name: &'static str) -> Option<Self> {
        self.survey.as_ref().map(|survey| Self::surveyed(name, survey.below(key)))
    }

    /// A key that has been read by somebody else.
    pub(super) fn skip(&mut self, key: &'static str, kind: Kind) {
        self.value(key, kind);
    }

    /// Reads one value.
    pub(super) fn take<T: Value>(&mut self, key: &'static str, report: &mut Report) -> Field<T> {
        match self.value(key, T::KIND) {
            None => Field::Absent,
            Some(value) => read(key, value, report),
        }
    }

    /// Reads an integer, or else a text.
    pub(super) fn integer_or_text(
        &mut self,
        key: &'static str,
        report: &mut Report,
    ) -> Field<Result<u32, String>> {
        match self.value(key, Kind::NumberOrText) {
            None => Field::Absent,
            Some(value) if value.get_ref().is_integer() => map(read(key, value, report), Ok),
            Some(value) => map(read(key, value, report), Err),
        }
    }

    /// Reads a text, or a table with a text for each language.
    pub(super) fn localized(&mut self, key: &'static str, report: &mut Report) -> Field<Localized> {
        let Some(value) = self.value(key, Kind::Localized) else { return Field::Absent };
        let span = value.span();
        match value.into_inner() {
            DeValue::Table(table) => {
                let texts = table.into_iter().filter_map(|(language, text)| {
                    let language = Spanned::new(language.span(), language.into_inner().into_owned());
                    match read(key, text, report) {
                        Field::Set(text) => Some((language, text)),
                        Field::Absent | Field::Broken => None,
                    }
                });
                Field::Set(Spanned::new(span, Localized::Each(texts.collect())))
            }
            value => map(read(key, Spanned::new(span, value), report), Localized::One),
        }
    }

    /// Reads a table.
    pub(super) fn section(
        &mut self,
        key: &'static str,
        name: &'static str,
        report: &mut Report,
    ) -> Option<Section<'i>> {
        match self.value(key, Kind::Table) {
            Some(value) => table(name, value, report),
            None => self.below(key, name),
        }
    }

    /// Reads a table of tables: `(key, table)`.
    pub(super) fn named_sections(
        &mut self,
        key: &'static str,
        name: &'static str,
        report: &mut Report,
    ) -> Vec<(Spanned<String>, Section<'i>)> {
        let section = match self.value(key, Kind::Named) {
            Some(value) => table(name, value, report),
            None => {
                let below = self.below(key, name).and_then(|section| section.below("*", name));
                return below
                    .map(|section| (Spanned::new(0..0, "*".to_owned()), section))
                    .into_iter()
                    .collect();
            }
        };
        let Some(section) = section else { return Vec::new() };
        let tables = section.table.into_iter().filter_map(|(key, value)| {
            let key = Spanned::new(key.span(), key.into_inner().into_owned());
            Some((key, table(name, value, report)?))
        });
        tables.collect()
    }

    /// Reads an array of tables.
    pub(super) fn sections(
        &mut self,
        key: &'static str,
        name: &'static str,
        report: &mut Report,
    ) -> Vec<Section<'i>> {
        let Some(value) = self.value(key, Kind::Tables) else {
            return self.below(key, name).into_iter().collect();
        };
        let span = value.span();
        if let DeValue::Array(tables) = value.into_inner() {
            return tables.into_iter().filter_map(|value| table(name, value, report)).collect();
        }
        report.error(
            Code::WrongType,
            span,
            format!("`{key}` is not a list of tables"),
            format!("write `{name}`"),
        );
        Vec::new()
    }

    /// Every text below this table, with its keys joined by dots.
    pub(super) fn flatten(self, report: &mut Report) -> Vec<(Spanned<String>, Spanned<String>)> {
        if let Some(survey) = &self.survey {
            survey.note_free();
        }
        let mut texts = Vec::new();
        flatten("", self.table, &mut texts, report);
        texts
    }

    /// Reports those of `keys` that are there: they belong to another file.
    pub(super) fn refuse(&mut self, keys: &[&str], help: &str, report: &mut Report) {
        for key in keys {
            let place = self.table.get_key_value(*key).map(|(key, _)| key.span());
            if let Some(span) = place {
                self.table.remove(*key);
                report.error(Code::Files, span, format!("`{key}` can not stand in {}", self.name), help);
            }
        }
    }

    /// The keys that were looked for.
    pub(super) fn known(&self) -> &[&'static str] {
        &self.known
    }

    /// Reports every key that was not read; one of another platform by the rule that it would break.
    pub(super) fn finish(self, report: &mut Report) {
        // `default` in the rules of a region, or for all sites, is another word.
        let of_a_banner = self.name.contains("site") && !self.name.contains("regi");
        for (key, value) in self.table {
            let asked = of_a_banner.then(|| asked::find(key.get_ref(), value.get_ref())).flatten();
            if let Some(Asked { code, help, message, severity }) = asked {
                report.say(severity, code, key.span(), message, help);
                continue;
            }
            let help = suggest(key.get_ref(), &self.known);
            report.error(
                Code::UnknownKey,
                key.span(),
                format!("unknown key `{}` in {}", key.get_ref(), self.name),
                help,
            );
        }
    }
}

fn flatten(
    prefix: &str,
    table: DeTable<'_>,
    texts: &mut Vec<(Spanned<String>, Spanned<String>)>,
    report: &mut Report,
) {
    for (key, value) in table {
        let path = format!("{prefix}{}", key.get_ref());
        let span = value.span();
        match value.into_inner() {
            // The parser limits how deep tables go, so this recursion ends early.
            DeValue::Table(table) => flatten(&format!("{path}."), table, texts, report),
            value => {
                if let Field::Set(text) = read(&path, Spanned::new(span, value), report) {
                    texts.push((Spanned::new(key.span(), path), text));
                }
            }
        }
    }
}

/// Reads one value.
pub(super) fn read<T: DeserializeOwned>(
    key: &str,
    value: Spanned<DeValue<'_>>,
    report: &mut Report,
) -> Field<T> {
    let span = value.span();
    match T::deserialize(ValueDeserializer::from(value)) {
        Ok(value) => Field::Set(Spanned::new(span, value)),
        Err(error) => {
            let message = format!("`{key}`: {}", error.message());
            report.error(
                Code::WrongType,
                error.span().unwrap_or(span),
                message,
                "write a value of the expected type",
            );
            Field::Broken
        }
    }
}

fn map<T, U>(field: Field<T>, change: impl FnOnce(T) -> U) -> Field<U> {
    match field {
        Field::Absent => Field::Absent,
        Field::Broken => Field::Broken,
        Field::Set(value) => Field::Set(Spanned::new(value.span(), change(value.into_inner()))),
    }
}

fn table<'i>(name: &'static str, value: Spanned<DeValue<'i>>, report: &mut Report) -> Option<Section<'i>> {
    let span = value.span();
    if let DeValue::Table(table) = value.into_inner() {
        return Some(Section::new(name, span, table));
    }
    report.error(
        Code::WrongType,
        span,
        format!("{name} is not a table"),
        format!("write the keys under a line `{name}`"),
    );
    None
}
