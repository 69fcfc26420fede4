//! Where a secret stands: in a file of its own, or in the environment.

use std::ops::Range;

use toml::Spanned;

use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::section::Field;
use super::super::sources::Sources;

/// More is no secret, nor a few of them.
const MAX_BYTES: u64 = 4096;

/// The two keys, of which one may be there.
pub(super) struct SecretSource<'a> {
    pub(super) code: Code,
    pub(super) env: &'a Field<String>,
    pub(super) file: &'a Field<String>,
    pub(super) help: &'a str,
    /// The table that they stand in.
    pub(super) owner: &'a Range<usize>,
}

impl<'a> SecretSource<'a> {
    /// Whether neither key is there.
    pub(super) const fn is_absent(&self) -> bool {
        matches!((self.file, self.env), (Field::Absent, Field::Absent))
    }

    /// What `read` makes of the text. Nothing of it is shown.
    pub(super) fn read<T>(
        &self,
        read: impl FnOnce(&str) -> Option<T>,
        sources: &Sources,
        report: &mut Report,
    ) -> Option<T> {
        let (text, said) = match (self.file, self.env) {
            (Field::Broken, _) | (_, Field::Broken) => return None,
            (Field::Absent, Field::Absent) => {
                return self.refuse(self.owner.clone(), "it has no secret".to_owned(), report);
            }
            (Field::Set(_), Field::Set(variable)) => {
                return self.refuse(variable.span(), "its secret stands in two places".to_owned(), report);
            }
            (Field::Set(file), Field::Absent) => (in_file(file, sources, report), file),
            (Field::Absent, Field::Set(variable)) => (report.variable(variable.get_ref()), variable),
        };
        let secret = text.and_then(|text| read(&text));
        if secret.is_none() {
            let message = format!("no secret can be read from `{}`", said.get_ref());
            return self.refuse(said.span(), message, report);
        }
        secret
    }

    fn refuse<T>(&self, span: Range<usize>, message: String, report: &mut Report) -> Option<T> {
        report.error(self.code, span, message, self.help);
        None
    }
}

fn in_file(file: &Spanned<String>, sources: &Sources, report: &mut Report) -> Option<String> {
    let path = report.reads(sources.beside(file));
    let is_small = std::fs::metadata(&path).is_ok_and(|data| data.len() <= MAX_BYTES);
    if is_small { std::fs::read_to_string(&path).ok() } else { None }
}
