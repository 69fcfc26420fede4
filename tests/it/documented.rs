//! Every public item of the core is shown in an example that is compiled and run.
//!
//! A module has one of its own. A type, a function, a constant or a trait is named in one of its file, or in that of the
//! module that hands it on; a method is used in one there. Variants and fields belong to their types.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::boundaries::{module_of, rust_files, without_tests};

/// A block with one of these is no program, or one that nobody compiles.
const SHOWS_NOTHING: [&str; 4] = ["text", "json", "toml", "ignore"];

#[test]
fn every_public_item_is_shown_in_an_example_that_runs() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../consent-core/src");
    let missing = not_shown(&source);
    assert!(
        missing.is_empty(),
        "{} items are in no example that runs:\n{}",
        missing.len(),
        missing.join("\n")
    );
}

/// The test itself must see what it is there to see.
#[test]
fn what_is_not_shown_is_found_and_what_nobody_can_name_is_not_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let uses = "pub mod a;\nmod b;\nmod c;\npub use self::b::{\n    Handed,\n};";
    write("lib.rs", &format!("//! ```\n//! Handed::new().on();\n//! ```\n{uses}"));
    let shown = "//! ```json\n//! A, f\n//! ```\n/// ```\n/// Shown::MOST; x.with(1); y.size;\n/// # f();\n/// ```\npub struct Shown;";
    let methods = "    pub const MOST: u8 = 1;\n    pub fn new() {}\n    pub fn with(\n        self,\n    ) {}\n    pub fn size(&self) {}";
    let rest = "pub trait Reads {\n    fn read(&self);\n}\npub const fn f() {}\n#[cfg(test)]\npub fn g() {}";
    write("a.rs", &format!("{shown}\nimpl Shown {{\n{methods}\n    pub(crate) fn own() {{}}\n}}\n{rest}"));
    let methods = "    pub fn new() {}\n    pub fn on(self) {}\n    pub fn off(self) {}";
    write("b.rs", &format!("pub struct Handed;\nimpl Handed {{\n{methods}\n}}\npub fn kept() {{}}"));
    write("c.rs", "pub struct Inner;\nimpl Inner {\n    pub fn new() {}\n}");
    let a = ["the module", "Shown::new", "Shown::size", "Reads", "Reads::read", "f"]
        .map(|name| format!("a.rs: {name}"));
    assert_eq!(not_shown(folder.path()), [&a[..], &["b.rs: Handed::off".to_owned()]].concat());
}

/// One file, as far as this test looks at it.
#[derive(Default)]
struct File {
    name: PathBuf,
    items: Vec<Item>,
    /// The examples of the module, and those of its items.
    of_module: String,
    of_items: String,
    /// Its modules that are public.
    modules: BTreeSet<String>,
    /// What stands in `pub use`.
    handed_on: BTreeSet<String>,
}

struct Item {
    /// The type or trait that it belongs to.
    of: Option<String>,
    name: String,
    takes_self: bool,
}

type Files = BTreeMap<Vec<String>, File>;

/// What can be named from outside and is in no example, file by file.
fn not_shown(source: &Path) -> Vec<String> {
    let read = |path: PathBuf| {
        let name = path.strip_prefix(source).unwrap();
        (module_of(source, &path), File::read(name, &fs::read_to_string(&path).unwrap()))
    };
    let files: Files = rust_files(source).into_iter().map(read).collect();
    let items = files.iter().flat_map(|(module, file)| file.items.iter().map(move |item| (module, item)));
    let open = items.filter(|(module, item)| item.of.is_none() && is_public(&files, module, &item.name));
    let types: BTreeSet<_> = open.map(|(_, item)| &item.name).collect();
    let mut missing = Vec::new();
    for (module, file) in &files {
        let mut miss = |name: &str| missing.push(format!("{}: {name}", file.name.display()));
        let above = module.split_last().map(|(own, above)| (own, above, &files[above]));
        let is_open = above
            .is_none_or(|(own, module, above)| above.modules.contains(own) && is_public(&files, module, own));
        let mut examples = format!("{}{}", file.of_module, file.of_items);
        match above {
            _ if is_open && file.of_module.is_empty() => miss("the module"),
            Some((.., above)) if !is_open => examples.push_str(&above.of_module),
            _ => {}
        }
        for item in &file.items {
            match &item.of {
                _ if item.is_in(&examples) => {}
                Some(of) if types.contains(of) => miss(&format!("{of}::{}", item.name)),
                None if is_public(&files, module, &item.name) => miss(&item.name),
                _ => {}
            }
        }
    }
    missing
}

/// Whether a name of a module can be reached: each module on the way is public, or the one above hands the name on.
fn is_public(files: &Files, module: &[String], name: &str) -> bool {
    let Some((own, above)) = module.split_last() else { return true };
    let leads_on = |name: &str| is_public(files, above, name);
    (files[above].modules.contains(own) && leads_on(own))
        || (files[above].handed_on.contains(name) && leads_on(name))
}

impl Item {
    fn is_in(&self, examples: &str) -> bool {
        let Some(of) = &self.of else { return has(examples, "", &self.name, "") };
        let called =
            self.takes_self && [".", "fn "].iter().any(|before| has(examples, before, &self.name, "("));
        called || has(examples, &format!("{of}::"), &self.name, "")
    }
}

/// Whether a whole word stands in a text, between these.
fn has(text: &str, before: &str, word: &str, after: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let (head, rest) = (&text[..at], &text[at + word.len()..]);
        let is_whole = !head.ends_with(is_of_word) && !rest.starts_with(is_of_word);
        is_whole && head.ends_with(before) && rest.starts_with(after)
    })
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn first_word(text: &str) -> String {
    text.chars().take_while(|c| is_of_word(*c)).collect()
}

impl File {
    fn read(name: &Path, text: &str) -> Self {
        let mut file = Self { name: name.to_owned(), ..Self::default() };
        // Of the block of documentation that a line stands in, whether it shows something.
        let mut block = None;
        let mut of: Option<String> = None;
        let (mut in_trait, mut is_test) = (false, false);
        let mut lines = without_tests(text).lines();
        while let Some(line) = lines.next() {
            let code = line.trim_start();
            if let Some(doc) = code.strip_prefix("//!").or_else(|| code.strip_prefix("///")) {
                let examples = if code.starts_with("//!") { &mut file.of_module } else { &mut file.of_items };
                match (doc.trim_start().strip_prefix("```"), block) {
                    (Some(words), None) => {
                        block = Some(!words.split(',').any(|word| SHOWS_NOTHING.contains(&word)));
                    }
                    (Some(_), Some(_)) => block = None,
                    // What a reader does not see is no example.
                    (None, Some(true)) if !doc.starts_with(" # ") => examples.extend([doc, "\n"]),
                    (None, _) => {}
                }
                continue;
            }
            if code.starts_with('#') {
                is_test |= code == "#[cfg(test)]";
                continue;
            }
            let mut until = |text: &str, end: char| {
                let mut whole = text.to_owned();
                while !whole.contains(end) {
                    whole.push_str(lines.next().unwrap_or(";)"));
                }
                whole
            };
            let trait_of = line.strip_prefix("pub trait ");
            let head = trait_of.or(line.strip_prefix("impl")).or((line == "}").then_some(""));
            if let Some(head) = head {
                let inner = head.strip_prefix('<').and_then(|rest| Some(rest.split_once("> ")?.1));
                of = Some(first_word(inner.unwrap_or(head).trim_start())).filter(|of| !of.is_empty());
                in_trait = trait_of.is_some();
            }
            let of_trait = in_trait && code.starts_with("fn ");
            let declared = code.strip_prefix("pub ").or(of_trait.then_some(code));
            let declared = declared.filter(|_| !std::mem::take(&mut is_test));
            let Some(declared) = declared else { continue };
            let declared =
                declared.strip_prefix("const ").filter(|rest| rest.starts_with("fn ")).unwrap_or(declared);
            let (kind, rest) = declared.split_once(' ').unwrap_or((declared, ""));
            let name = first_word(rest);
            match kind {
                "use" => file.handed_on.extend(until(rest, ';').split(|c| !is_of_word(c)).map(str::to_owned)),
                "mod" => _ = file.modules.insert(name),
                "fn" | "const" | "static" | "type" | "struct" | "enum" | "trait" => {
                    let takes_self = kind == "fn" && has(&until(rest, ')'), "", "self", "");
                    let of = of.clone().filter(|_| trait_of.is_none());
                    file.items.push(Item { of, name, takes_self });
                }
                _ => {}
            }
        }
        file
    }
}
