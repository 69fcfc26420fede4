//! What a script says without being run: data, and where something stands that is none.

/// A value of a script, with the place in the file where it begins, in bytes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) at: usize,
    pub(super) data: Data,
}

/// A value of a script.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Data {
    Nothing,
    Truth(bool),
    Number(f64),
    Text(String),
    /// The source between the slashes of a regular expression.
    Pattern(String),
    List(Vec<Node>),
    /// Keys with their values, in the order of the file; of a key that is there twice the last one counts.
    Table(Vec<(String, Node)>),
    /// What only a run would tell, by what it is: a function, a call, a name.
    Code(&'static str),
}

impl Node {
    pub(super) fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn is_true(&self) -> bool {
        self.data == Data::Truth(true)
    }

    /// A whole number of days and the like.
    pub(super) fn whole(&self) -> Option<u32> {
        match self.data {
            // The text of a float has no fraction exactly if it has none, and fits or does not.
            Data::Number(number) => number.to_string().parse().ok(),
            _ => None,
        }
    }

    pub(super) fn list(&self) -> &[Self] {
        match &self.data {
            Data::List(items) => items,
            _ => &[],
        }
    }

    pub(super) fn table(&self) -> &[(String, Self)] {
        match &self.data {
            Data::Table(entries) => entries,
            _ => &[],
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.table().iter().rev().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// What it is, for people.
    pub(super) fn kind(&self) -> &'static str {
        match &self.data {
            Data::Nothing => "nothing",
            Data::Truth(_) => "true or false",
            Data::Number(_) => "a number",
            Data::Text(_) => "a text",
            Data::Pattern(_) => "a regular expression",
            Data::List(_) => "a list",
            Data::Table(_) => "an object",
            Data::Code(what) => what,
        }
    }
}
