//! Reads a script or a JSON file without running it: the data in it, and where something stands that only a run would tell.

use std::collections::BTreeMap;

use super::lex::{Token, Word, words};
use super::node::{Data, Node};

/// The largest file, in bytes. Configs of a dozen languages have some 100 KiB.
pub(super) const MAX_BYTES: u64 = 512 * 1024;

/// How deep values go at most, names followed.
const MAX_NESTED: usize = 32;

/// The most values of one file, names followed.
const MAX_VALUES: usize = 100_000;

/// The most bytes of texts of one file, names followed: a text that is named a thousand times is there a thousand times.
const MAX_TEXT: usize = 4 * 1024 * 1024;

/// The longest key, in bytes: it is on the way to all that is in its value.
const MAX_KEY: usize = 200;

/// Why nothing can be read, and where, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) message: String,
}

pub(super) fn fault(at: usize, message: impl Into<String>) -> Fault {
    Fault { at, message: message.into() }
}

/// What a file says.
#[derive(Debug)]
pub(super) struct Script {
    /// Every object that is wanted, in the order of the file.
    pub(super) objects: Vec<Node>,
    /// Where something is changed after it was written, in bytes: that is not in the objects.
    pub(super) changed: Vec<usize>,
    /// The first object that could not be read.
    pub(super) fault: Option<Fault>,
}

/// Reads every object that could be a value, wherever it stands, and keeps those that are `wanted`.
pub(super) fn read(text: &str, wanted: impl Fn(&Node) -> bool) -> Result<Script, Fault> {
    let tokens = words(text)?;
    let mut reader = Reader { names: BTreeMap::new(), tokens: &tokens, values: MAX_VALUES, text: MAX_TEXT };
    reader.declare();
    let mut script = Script { objects: Vec::new(), changed: reader.changed(), fault: None };
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let before = at.checked_sub(1).and_then(|before| tokens.get(before)).map(|token| &token.word);
        if token.word == Word::Open('{') && is_before_value(before) {
            match reader.value(at, 0) {
                Ok((node, _)) if wanted(&node) => {
                    script.objects.push(node);
                    at = token.other;
                }
                // Limits hold for the file.
                Err(limit) if reader.values == 0 || reader.text == 0 => return Err(limit),
                Err(found) if script.fault.is_none() => script.fault = Some(found),
                _ => {}
            }
        }
        at += 1;
    }
    Ok(script)
}

/// Whether what follows can be a value; after `)` and `=>` braces are code.
fn is_before_value(word: Option<&Word>) -> bool {
    match word {
        None | Some(Word::Open('(' | '[') | Word::Sign("=" | "," | ":" | "||" | "??")) => true,
        Some(Word::Name(name)) => matches!(name.as_str(), "default" | "return"),
        _ => false,
    }
}

pub(super) struct Reader<'a> {
    pub(super) tokens: &'a [Token],
    /// Where the value of a name begins. Scopes are one here: a name that is there twice, in whatever function, has none.
    pub(super) names: BTreeMap<&'a str, Option<usize>>,
    /// How many values may still be read.
    values: usize,
    /// How many bytes of texts may still be read.
    text: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn word(&self, at: usize) -> Option<&'a Word> {
        self.tokens.get(at).map(|token| &token.word)
    }

    pub(super) fn name_at(&self, at: usize) -> Option<&'a str> {
        match self.word(at) {
            Some(Word::Name(name)) => Some(name),
            _ => None,
        }
    }

    pub(super) fn is(&self, at: usize, sign: &str) -> bool {
        matches!(self.word(at), Some(Word::Sign(other)) if *other == sign)
    }

    fn place(&self, at: usize) -> usize {
        self.tokens.get(at).or(self.tokens.last()).map_or(0, |token| token.at)
    }

    /// Whether a value ends before a word.
    fn ends(&self, at: usize) -> bool {
        let Some(token) = self.tokens.get(at) else { return true };
        match &token.word {
            Word::Close(_) | Word::Sign("," | ";") => true,
            Word::Name(_) => token.first,
            _ => false,
        }
    }

    /// Steps over what is not read. It counts, too: a name may stand for it many times.
    fn over(&mut self, from: usize) -> usize {
        let mut at = from;
        while let Some(token) = self.tokens.get(at) {
            match token.word {
                Word::Close(_) | Word::Sign("," | ";") => break,
                Word::Open(_) => at = token.other,
                _ => {}
            }
            at += 1;
        }
        self.values = self.values.saturating_sub(at.saturating_sub(from) / 100);
        at
    }

    /// A value, and where it ends.
    fn value(&mut self, at: usize, depth: usize) -> Result<(Node, usize), Fault> {
        let (mut node, mut end) = self.single(at, depth)?;
        while self.is(end, "+") && matches!(node.data, Data::Text(_)) {
            let (next, after) = self.single(end + 1, depth + 1)?;
            node.data = match (node.data, next.data) {
                (Data::Text(first), Data::Text(second)) => {
                    self.count(node.at, second.len() + first.len())?;
                    Data::Text(first + &second)
                }
                _ => Data::Code("an expression"),
            };
            end = after;
        }
        if !self.ends(end) {
            // A type that TypeScript is told changes no value.
            if !matches!(self.name_at(end), Some("as" | "satisfies")) {
                let is_call = matches!(self.word(end), Some(Word::Open('(') | Word::Sign(".")));
                let is_function = self.is(end, "=>") || matches!(node.data, Data::Code("a function"));
                let what = if is_function {
                    "a function"
                } else if is_call {
                    "what a call gives"
                } else {
                    "an expression"
                };
                node.data = Data::Code(what);
            }
            end = self.over(end);
        }
        Ok((node, end))
    }

    fn count(&mut self, at: usize, bytes: usize) -> Result<(), Fault> {
        self.values = self.values.saturating_sub(1);
        self.text = self.text.saturating_sub(bytes);
        if self.values == 0 {
            return Err(fault(at, format!("more than {MAX_VALUES} values, with what names stand for")));
        }
        if self.text == 0 {
            return Err(fault(at, format!("more than {MAX_TEXT} bytes of texts, with what names stand for")));
        }
        Ok(())
    }

    /// A value without an operator after it.
    fn single(&mut self, at: usize, depth: usize) -> Result<(Node, usize), Fault> {
        let place = self.place(at);
        if depth > MAX_NESTED {
            return Err(fault(place, format!("values go deeper than {MAX_NESTED}")));
        }
        self.count(place, 0)?;
        let close = self.tokens.get(at).map_or(at, |token| token.other);
        let mut end = at + 1;
        let data = match self.word(at) {
            Some(Word::Text(text) | Word::Pattern(text)) => {
                self.count(place, text.len())?;
                let is_text = matches!(self.word(at), Some(Word::Text(_)));
                if is_text { Data::Text(text.clone()) } else { Data::Pattern(text.clone()) }
            }
            Some(Word::Number(number)) => Data::Number(*number),
            Some(Word::Open('{')) => {
                end = close + 1;
                Data::Table(self.table(at, close, depth)?)
            }
            Some(Word::Open('[')) => {
                end = close + 1;
                Data::List(self.list(at, close, depth)?)
            }
            Some(Word::Open('(')) => {
                end = close + 1;
                if self.is(end, "=>") {
                    Data::Code("a function")
                } else {
                    match self.value(at + 1, depth + 1)? {
                        (inner, after) if after == close => return Ok((inner, end)),
                        _ => Data::Code("an expression"),
                    }
                }
            }
            Some(Word::Open(_)) => {
                end = close + 1;
                Data::Code("a template with code in it")
            }
            Some(Word::Sign("!")) => match self.word(at + 1) {
                Some(Word::Number(number)) if *number == 0.0 || *number == 1.0 => {
                    end = at + 2;
                    Data::Truth(*number == 0.0)
                }
                _ => Data::Code("an expression"),
            },
            Some(Word::Name(name)) => match (name.as_str(), self.word(at + 1)) {
                ("true", _) => Data::Truth(true),
                ("false", _) => Data::Truth(false),
                ("null" | "undefined", _) => Data::Nothing,
                ("void", Some(Word::Number(_))) => {
                    end = at + 2;
                    Data::Nothing
                }
                ("function" | "async" | "class", _) => {
                    end = self.over(end);
                    Data::Code("a function")
                }
                ("new" | "await", _) => {
                    end = self.over(end);
                    Data::Code("what a call gives")
                }
                _ => match self
                    .names
                    .get(name.as_str())
                    .copied()
                    .flatten()
                    .filter(|_| self.ends(end) || self.is(end, "+"))
                {
                    Some(known) => {
                        let (node, _) = self.value(known, depth + 1)?;
                        // What can not be read is missing where it is used.
                        let at = if matches!(node.data, Data::Code(_)) { place } else { node.at };
                        return Ok((Node { at, data: node.data }, end));
                    }
                    None => Data::Code("a name that is not declared here, or twice"),
                },
            },
            Some(Word::Other) => Data::Code("a text or number that is none"),
            Some(Word::Sign("-" | "+" | "~" | "...")) => Data::Code("an expression"),
            _ => return Err(fault(place, "a value is missing here")),
        };
        Ok((Node { at: place, data }, end))
    }

    /// Where the next item begins.
    fn next(&self, at: usize, close: usize) -> Result<usize, Fault> {
        if at < close && !self.is(at, ",") {
            return Err(fault(self.place(at), "a comma is missing here"));
        }
        Ok(at + 1)
    }

    fn list(&mut self, open: usize, close: usize, depth: usize) -> Result<Vec<Node>, Fault> {
        let (mut items, mut at) = (Vec::new(), open + 1);
        while at < close {
            if self.is(at, ",") {
                at += 1;
                continue;
            }
            if self.is(at, "...") {
                let (node, end) = self.value(at + 1, depth + 1)?;
                match node.data {
                    Data::List(inner) => items.extend(inner),
                    _ => items.push(Node { at: node.at, data: Data::Code("items from elsewhere") }),
                }
                at = self.next(end, close)?;
                continue;
            }
            let (node, end) = self.value(at, depth + 1)?;
            items.push(node);
            at = self.next(end, close)?;
        }
        Ok(items)
    }

    fn table(&mut self, open: usize, close: usize, depth: usize) -> Result<Vec<(String, Node)>, Fault> {
        let (mut entries, mut at) = (Vec::new(), open + 1);
        while at < close {
            let end = self.entry(at, depth, &mut entries)?;
            at = self.next(end, close)?;
        }
        Ok(entries)
    }

    /// One key with its value; gives where it ends.
    fn entry(
        &mut self,
        mut at: usize,
        depth: usize,
        entries: &mut Vec<(String, Node)>,
    ) -> Result<usize, Fault> {
        let place = self.place(at);
        if self.is(at, "...") {
            let (node, end) = self.value(at + 1, depth + 1)?;
            match node.data {
                Data::Table(inner) => entries.extend(inner),
                _ => entries.push(("...".to_owned(), node)),
            }
            return Ok(end);
        }
        // `get a() {}`, `async a() {}`, `*a() {}`: code, whatever the key is.
        while self.is(at, "*")
            || (matches!(self.name_at(at), Some("get" | "set" | "async")) && self.name_at(at + 1).is_some())
        {
            at += 1;
        }
        let key = match self.word(at) {
            Some(Word::Name(key) | Word::Text(key)) => key.clone(),
            Some(Word::Number(key)) => key.to_string(),
            Some(Word::Open('[')) => {
                at = self.tokens.get(at).map_or(at, |token| token.other);
                "[…]".to_owned()
            }
            _ => return Err(fault(place, "a key is missing here")),
        };
        self.count(place, key.len())?;
        if key.len() > MAX_KEY {
            return Err(fault(place, format!("a key has more than {MAX_KEY} bytes")));
        }
        if self.word(at + 1) == Some(&Word::Open('(')) {
            entries.push((key, Node { at: place, data: Data::Code("a function") }));
            return Ok(self.over(at + 1));
        }
        if self.is(at + 1, ":") {
            let (node, end) = self.value(at + 2, depth + 1)?;
            let node = if key == "[…]" {
                Node { at: place, data: Data::Code("a key that is computed") }
            } else {
                node
            };
            entries.push((key, node));
            return Ok(end);
        }
        if self.name_at(at).is_some() && self.ends(at + 1) {
            let (node, end) = self.single(at, depth + 1)?;
            entries.push((key, node));
            return Ok(end);
        }
        Err(fault(self.place(at + 1), format!("`{}` has no value here", key.escape_debug())))
    }
}
