//! Which keys there are. The reader itself is asked: it goes through a config in which everything is there and nothing is
//! said, and each key that it looks for is noted. So what is documented can not differ from what is read.

use std::cell::RefCell;
use std::rc::Rc;

use serde::de::DeserializeOwned;
use toml::Spanned;

/// What a key takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `true` or `false`
    Boolean,
    /// A number that is not negative.
    Number,
    /// A number or a text.
    NumberOrText,
    Text,
    /// A list of texts.
    Texts,
    /// A text, or a table with one for each language.
    Localized,
    /// A table of the keys below it.
    Table,
    /// A list of tables of the keys below it.
    Tables,
    /// A table of tables of the keys below `*`, under names that the site chooses.
    Named,
    /// A table of texts, at any depth.
    Free,
}

/// A type of value that a key can take.
pub(super) trait Value: DeserializeOwned {
    const KIND: Kind;
}

impl Value for bool {
    const KIND: Kind = Kind::Boolean;
}

impl Value for u32 {
    const KIND: Kind = Kind::Number;
}

impl Value for String {
    const KIND: Kind = Kind::Text;
}

impl Value for Vec<Spanned<String>> {
    const KIND: Kind = Kind::Texts;
}

/// One key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) kind: Kind,
    /// The keys on the way to it, joined by dots; `*` for a name that the site chooses.
    pub(super) path: String,
}

/// One table of a survey.
#[derive(Clone, Debug, Default)]
pub(super) struct Survey {
    keys: Rc<RefCell<Vec<Key>>>,
    /// Of the table; empty for the whole config.
    path: String,
}

impl Survey {
    /// Notes that a key is looked for.
    pub(super) fn note(&self, key: &str, kind: Kind) {
        let key = Key { kind, path: self.below(key).path };
        let mut keys = self.keys.borrow_mut();
        if !keys.contains(&key) {
            keys.push(key);
        }
    }

    /// Notes that every text of this table is read.
    pub(super) fn note_free(&self) {
        let mut keys = self.keys.borrow_mut();
        keys.push(Key { kind: Kind::Free, path: self.path.clone() });
    }

    /// The table under a key.
    pub(super) fn below(&self, key: &str) -> Self {
        let path = if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        Self { keys: Rc::clone(&self.keys), path }
    }

    /// Every key that was looked for.
    pub(super) fn keys(&self) -> Vec<Key> {
        self.keys.borrow().clone()
    }
}
