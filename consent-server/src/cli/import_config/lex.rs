//! The words of a script: enough of JavaScript, TypeScript and JSON to find data in it, and to step over all else.

use super::script::{Fault, fault};

/// How deep brackets go at most.
const MAX_DEPTH: usize = 100;

/// What a script consists of.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Word {
    /// A name or a keyword.
    Name(String),
    Text(String),
    Number(f64),
    /// What stands between the slashes of a regular expression.
    Pattern(String),
    /// A bracket that opens; a template with code in it is one, too (`` ` ``).
    Open(char),
    Close(char),
    /// `,` `;` `:` `.` and the like, and operators.
    Sign(&'static str),
    /// A text that no program could write as Unicode, a number of another kind.
    Other,
}

/// A word in its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) word: Word,
    /// Where it begins, in bytes.
    pub(super) at: usize,
    /// Whether it is the first one of a line.
    pub(super) first: bool,
    /// Of a bracket, which token is its other one.
    pub(super) other: usize,
}

/// Longest first.
const SIGNS: &[&str] = &[
    ">>>=", "...", "===", "!==", "**=", "<<=", ">>=", ">>>", "&&=", "||=", "??=", "=>", "==", "!=", "<=",
    ">=", "&&", "||", "??", "?.", "++", "--", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<", ">>",
    "**", ",", ";", ":", ".", "=", "<", ">", "!", "+", "-", "*", "/", "%", "&", "|", "^", "~", "?", "@", "#",
];

/// After these a slash begins a regular expression, as it does after a sign.
const BEFORE_VALUES: &[&str] = &[
    "return",
    "typeof",
    "case",
    "in",
    "of",
    "void",
    "delete",
    "throw",
    "new",
    "else",
    "do",
    "await",
    "yield",
    "instanceof",
];

/// Takes a script apart.
pub(super) fn words(text: &str) -> Result<Vec<Token>, Fault> {
    let mut lexer = Lexer { text, at: 0, first: true, tokens: Vec::new(), open: Vec::new() };
    while lexer.step()? {}
    match lexer.open.pop() {
        Some(_) => Err(fault(text.len(), "the file ends before a bracket is closed")),
        None => Ok(lexer.tokens),
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    first: bool,
    tokens: Vec<Token>,
    /// Which tokens are open.
    open: Vec<usize>,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn push(&mut self, word: Word, at: usize) {
        self.tokens.push(Token { word, at, first: self.first, other: 0 });
        self.first = false;
    }

    fn step(&mut self) -> Result<bool, Fault> {
        self.blank()?;
        let (rest, at) = (self.rest(), self.at);
        let Some(character) = rest.chars().next() else { return Ok(false) };
        match character {
            '(' | '[' | '{' => {
                self.at += 1;
                self.opened(character, at)?;
            }
            ')' | ']' | '}' => {
                self.at += 1;
                let opened = self.closed(character, at)?;
                // A hole of a template ends, and its text goes on.
                if opened == '$' {
                    self.template(at)?;
                }
            }
            '"' | '\'' => self.string(character)?,
            '`' => {
                self.at += 1;
                self.template(at)?;
            }
            '/' if self.before_value() => self.pattern()?,
            '0'..='9' => self.number(),
            _ if is_name(character) => {
                let end = rest.find(|character| !is_name(character)).unwrap_or(rest.len());
                self.at += end;
                self.push(Word::Name(rest.get(..end).unwrap_or_default().to_owned()), at);
            }
            _ => match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
                Some(sign) => {
                    self.at += sign.len();
                    self.push(Word::Sign(sign), at);
                }
                None => return Err(fault(at, "this is no script")),
            },
        }
        Ok(true)
    }

    /// Blanks and comments.
    fn blank(&mut self) -> Result<(), Fault> {
        loop {
            let rest = self.rest();
            let blank = rest.len()
                - rest
                    .trim_start_matches(|character: char| {
                        character.is_whitespace() || character == '\u{feff}'
                    })
                    .len();
            self.first |= rest.get(..blank).is_some_and(|blank| blank.contains('\n'));
            self.at += blank;
            let rest = self.rest();
            if rest.starts_with("//") || (self.at == 0 && rest.starts_with("#!")) {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if rest.starts_with("/*") {
                let end = rest.find("*/").ok_or_else(|| fault(self.at, "a comment has no end"))?;
                self.first |= rest.get(..end).is_some_and(|comment| comment.contains('\n'));
                self.at += end + 2;
            } else {
                return Ok(());
            }
        }
    }

    fn opened(&mut self, bracket: char, at: usize) -> Result<(), Fault> {
        if self.open.len() >= MAX_DEPTH {
            return Err(fault(at, format!("brackets go deeper than {MAX_DEPTH}")));
        }
        self.open.push(self.tokens.len());
        self.push(Word::Open(bracket), at);
        Ok(())
    }

    /// Closes the bracket that is open, and says which it was; `$` for a hole of a template.
    fn closed(&mut self, bracket: char, at: usize) -> Result<char, Fault> {
        let place = self.tokens.len();
        let Some(index) = self.open.pop() else {
            return Err(fault(at, format!("`{bracket}` closes nothing")));
        };
        let Some(token) = self.tokens.get_mut(index) else { return Err(fault(at, "a bracket")) };
        token.other = place;
        let Word::Open(opened) = token.word else { return Err(fault(at, "a bracket")) };
        if !matches!((opened, bracket), ('(', ')') | ('[', ']') | ('{' | '$', '}') | ('`', '`')) {
            return Err(fault(at, format!("`{bracket}` does not close `{opened}`")));
        }
        self.push(Word::Close(bracket), at);
        if let Some(token) = self.tokens.get_mut(place) {
            token.other = index;
        }
        Ok(opened)
    }

    fn before_value(&self) -> bool {
        match self.tokens.last().map(|token| &token.word) {
            None | Some(Word::Open(_)) => true,
            Some(Word::Sign(sign)) => !matches!(*sign, "++" | "--"),
            Some(Word::Name(name)) => BEFORE_VALUES.contains(&name.as_str()),
            Some(Word::Text(_) | Word::Number(_) | Word::Pattern(_) | Word::Close(_) | Word::Other) => false,
        }
    }

    fn string(&mut self, quote: char) -> Result<(), Fault> {
        let at = self.at;
        self.at += 1;
        let (text, end) = self.characters(at, |rest| rest.starts_with(quote).then_some(1), false)?;
        self.at += end;
        self.push(text.map_or(Word::Other, Word::Text), at);
        Ok(())
    }

    /// What stands in a template up to its end or to the next hole.
    fn template(&mut self, at: usize) -> Result<(), Fault> {
        let ends = |rest: &str| {
            if rest.starts_with('`') { Some(1) } else { rest.starts_with("${").then_some(2) }
        };
        let is_open = self
            .open
            .last()
            .and_then(|index| self.tokens.get(*index))
            .is_some_and(|token| token.word == Word::Open('`'));
        let (text, end) = self.characters(at, ends, true)?;
        self.at += end;
        match (end, is_open) {
            (1, false) => self.push(text.map_or(Word::Other, Word::Text), at),
            (1, true) => {
                self.closed('`', self.at - 1)?;
            }
            (_, true) => self.opened('$', self.at - 2)?,
            (_, false) => {
                self.opened('`', at)?;
                self.opened('$', self.at - 2)?;
            }
        }
        Ok(())
    }

    /// Characters up to an end, with what their escapes stand for; `None` if that is not Unicode.
    fn characters(
        &mut self,
        at: usize,
        ends: impl Fn(&str) -> Option<usize>,
        lines: bool,
    ) -> Result<(Option<String>, usize), Fault> {
        let mut text = Some(String::new());
        loop {
            let rest = self.rest();
            if let Some(length) = ends(rest) {
                return Ok((text, length));
            }
            let character = rest.chars().next().filter(|character| lines || *character != '\n');
            let character = character.ok_or_else(|| fault(at, "a text has no end"))?;
            self.at += character.len_utf8();
            let meant = if character == '\\' { self.escaped(at)? } else { Some(Some(character)) };
            match (meant, &mut text) {
                (Some(meant), Some(text)) => text.extend(meant),
                (None, _) => text = None,
                _ => {}
            }
        }
    }

    /// What stands after a backslash: a character, none (the end of a line), or `None` for half of one.
    fn escaped(&mut self, at: usize) -> Result<Option<Option<char>>, Fault> {
        let character = self.rest().chars().next().ok_or_else(|| fault(at, "a text has no end"))?;
        self.at += character.len_utf8();
        Ok(Some(Some(match character {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'v' => '\u{b}',
            '0' => '\0',
            '\n' => return Ok(Some(None)),
            'x' => return Ok(self.hexadecimal(2).and_then(char::from_u32).map(Some)),
            'u' if self.rest().starts_with('{') => {
                let end = self
                    .rest()
                    .find('}')
                    .filter(|end| *end <= 7)
                    .ok_or_else(|| fault(at, "an escape has no end"))?;
                self.at += 1;
                let code = self.hexadecimal(end - 1);
                self.at += 1;
                return Ok(code.and_then(char::from_u32).map(Some));
            }
            'u' => return Ok(self.utf16().map(Some)),
            other => other,
        })))
    }

    fn utf16(&mut self) -> Option<char> {
        let high = self.hexadecimal(4)?;
        if !(0xd800..0xdc00).contains(&high) || !self.rest().starts_with("\\u") {
            return char::from_u32(high);
        }
        self.at += 2;
        let low = self.hexadecimal(4).filter(|low| (0xdc00..0xe000).contains(low))?;
        char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00))
    }

    fn hexadecimal(&mut self, digits: usize) -> Option<u32> {
        let digits = self.rest().get(..digits)?;
        let number = u32::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))?;
        self.at += digits.len();
        Some(number)
    }

    fn pattern(&mut self) -> Result<(), Fault> {
        let (at, rest) = (self.at, self.rest());
        let (mut escaped, mut class) = (false, false);
        for (offset, character) in rest.char_indices().skip(1) {
            match character {
                '\n' => break,
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '[' => class = true,
                ']' => class = false,
                '/' if !class => {
                    let source = rest.get(1..offset).unwrap_or_default().to_owned();
                    self.at += offset + 1;
                    let flags = self.rest();
                    self.at += flags.find(|character| !is_name(character)).unwrap_or(flags.len());
                    self.push(Word::Pattern(source), at);
                    return Ok(());
                }
                _ => {}
            }
        }
        Err(fault(at, "a regular expression has no end"))
    }

    fn number(&mut self) {
        let (at, rest) = (self.at, self.rest());
        let end =
            rest.find(|character: char| !(is_name(character) || character == '.')).unwrap_or(rest.len());
        self.at += end;
        let digits = rest.get(..end).unwrap_or_default().replace('_', "");
        self.push(digits.parse().map_or(Word::Other, Word::Number), at);
    }
}

fn is_name(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$' | '\u{200c}' | '\u{200d}')
}
