//! What the names of a script stand for, and where that is changed.

use super::lex::Word;
use super::script::Reader;

/// What changes a list.
const METHODS: &[&str] = &["push", "unshift", "splice", "pop", "shift", "sort", "reverse", "fill"];

/// Whether an operator changes what is before it, `=` apart.
fn is_update(sign: &str) -> bool {
    let is_assignment =
        sign.ends_with('=') && !matches!(sign, "=" | "==" | "===" | "!=" | "!==" | "<=" | ">=");
    is_assignment || matches!(sign, "++" | "--")
}

impl Reader<'_> {
    /// Learns what names stand for: `const name = …`, `name = …`; and of what a function is called with, that nobody knows.
    pub(super) fn declare(&mut self) {
        for at in 0..self.tokens.len() {
            let before = at.checked_sub(1);
            let Some(name) = self.name_at(at) else {
                if let (Some(Word::Close(')')), true) = (self.word(at), self.is(at + 1, "=>")) {
                    self.parameters(self.tokens.get(at).map_or(at, |token| token.other), at);
                }
                continue;
            };
            if name == "function" {
                let open = (at + 1..at + 4).find(|at| self.word(*at) == Some(&Word::Open('(')));
                if let Some(open) = open {
                    self.parameters(open, self.tokens.get(open).map_or(open, |token| token.other));
                }
            }
            if self.is(at + 1, "=>") {
                self.names.insert(name, None);
            }
            let declared = before
                .and_then(|at| self.name_at(at))
                .is_some_and(|word| matches!(word, "const" | "let" | "var"));
            let value = if declared && self.is(at + 1, ":") { self.after_type(at + 2) } else { at + 1 };
            let is_member =
                before.is_some_and(|at| self.is(at, ".") || self.is(at, "?.")) && self.start(at) == at;
            if self.sign(at + 1).is_some_and(is_update) && !is_member {
                // What it is afterwards only a run would tell.
                self.names.insert(name, None);
            }
            if self.is(value, "=") && !is_member {
                self.names.entry(name).and_modify(|known| *known = None).or_insert(Some(value + 1));
            }
        }
    }

    fn parameters(&mut self, open: usize, close: usize) {
        for at in open..close {
            if let Some(name) = self.name_at(at) {
                self.names.insert(name, None);
            }
        }
    }

    /// Where the type of a name ends, if it is not a long one.
    fn after_type(&self, mut at: usize) -> usize {
        for _ in 0..100 {
            let Some(token) = self.tokens.get(at) else { break };
            match token.word {
                Word::Sign("=" | ";" | ",") | Word::Close(_) => break,
                Word::Open(_) => at = token.other,
                _ => {}
            }
            at += 1;
        }
        at
    }

    /// Where a name begins, with the `window.` that may be before it.
    fn start(&self, at: usize) -> usize {
        let global = at.checked_sub(2).filter(|start| self.is(start + 1, ".") || self.is(start + 1, "?."));
        let is_global =
            |start: &usize| matches!(self.name_at(*start), Some("window" | "globalThis" | "self"));
        global.filter(is_global).unwrap_or(at)
    }

    fn sign(&self, at: usize) -> Option<&'static str> {
        match self.word(at) {
            Some(Word::Sign(sign)) => Some(sign),
            _ => None,
        }
    }

    /// Whether what begins there is what a call changes: `Object.assign(…`, or what is deleted.
    fn is_target(&self, start: usize) -> bool {
        let Some(before) = start.checked_sub(1) else { return false };
        if self.name_at(before) == Some("delete") {
            return true;
        }
        let callee = before.checked_sub(1).and_then(|at| self.name_at(at));
        self.word(before) == Some(&Word::Open('('))
            && matches!(
                callee,
                Some(
                    "assign"
                        | "merge"
                        | "extend"
                        | "defineProperty"
                        | "defineProperties"
                        | "deleteProperty"
                        | "set"
                )
            )
    }

    /// Where what has a name is changed: a member of it is set or deleted, a list gets or loses items.
    pub(super) fn changed(&self) -> Vec<usize> {
        let mut changed = Vec::new();
        for (at, token) in self.tokens.iter().enumerate() {
            let Word::Name(name) = &token.word else { continue };
            let start = self.start(at);
            let is_member = start.checked_sub(1).is_some_and(|at| self.is(at, ".") || self.is(at, "?."));
            if !self.names.contains_key(name.as_str()) || is_member {
                continue;
            }
            let mut end = at + 1;
            loop {
                if (self.is(end, ".") || self.is(end, "?.")) && self.name_at(end + 1).is_some() {
                    end += 2;
                } else if self.word(end) == Some(&Word::Open('[')) {
                    end = self.tokens.get(end).map_or(end, |token| token.other) + 1;
                } else {
                    break;
                }
            }
            let is_set = self.sign(end).is_some_and(|sign| sign == "=" || is_update(sign));
            let is_call = self.word(end) == Some(&Word::Open('('))
                && end
                    .checked_sub(1)
                    .and_then(|at| self.name_at(at))
                    .is_some_and(|name| METHODS.contains(&name));
            if (end > at + 1 && (is_set || is_call)) || self.is_target(start) {
                changed.push(token.at);
            }
        }
        changed
    }
}
