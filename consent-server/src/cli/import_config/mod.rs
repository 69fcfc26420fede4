//! `consent import-config`: a config of another platform as ours, with a list of what could not be carried. Nothing of it is run.

mod carried;
mod klaro;
mod lex;
mod limits;
mod names;
mod node;
mod orestbida;
mod script;
#[cfg(test)]
mod tests;
mod written;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use consent_core::verify::visible::visible;
use serde_json::{Value, json};

use super::Outcome;
use crate::config::{self, Diagnostics, render};

use carried::Carried;
use node::{Data, Node};
use written::Known;

#[derive(Debug, Args)]
pub(super) struct ImportConfig {
    /// A script or JSON file with the config: vanilla-cookieconsent 3 of orestbida, or Klaro
    file: PathBuf,
    /// Where to write our config; standard output if left out
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    /// The site's name in addresses and logs
    #[arg(long, default_value = "site")]
    id: String,
    /// The legal name of who answers for the data
    #[arg(long, value_name = "NAME")]
    controller: Option<String>,
    /// The address of the privacy policy
    #[arg(long, value_name = "URL")]
    privacy_url: Option<String>,
    /// How to tell what could not be carried
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Printed::Human)]
    format: Printed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Printed {
    /// Lines on standard error
    Human,
    /// One JSON object on standard output, with our config in it
    Json,
}

/// What came out.
struct Made {
    toml: String,
    carried: Carried,
    /// What `consent check` finds in it.
    found: Diagnostics,
}

impl ImportConfig {
    pub(super) fn run(&self) -> Outcome {
        let name = self.file.display().to_string();
        let text = read(&self.file)?;
        let known = Known {
            id: &self.id,
            controller: self.controller.as_deref(),
            privacy_url: self.privacy_url.as_deref(),
        };
        let made = made(&text, &known).map_err(|fault| {
            let (line, column) = place(&text, fault.at);
            format!("{name}:{line}:{column}: {}", fault.message)
        })?;
        if let Some(output) = &self.output {
            // Somebody may have filled the last one in.
            let mut file = File::create_new(output)
                .map_err(|error| format!("{}: {error}; name a file that is not there", output.display()))?;
            file.write_all(made.toml.as_bytes())?;
        }
        let mut out = io::stdout().lock();
        match self.format {
            Printed::Json => writeln!(out, "{}", escaped(&made.json(&text, self.output.is_none())))?,
            Printed::Human => {
                if self.output.is_none() {
                    out.write_all(made.toml.as_bytes())?;
                }
                io::stderr().lock().write_all(made.human(&name, &text).as_bytes())?;
            }
        }
        Ok(if made.found.errors() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn read(path: &Path) -> Result<String, String> {
    let name = path.display();
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| format!("{name}: {error}"))?;
    file.take(script::MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| format!("{name}: {error}"))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > script::MAX_BYTES) {
        return Err(format!("{name}: larger than {} KiB", script::MAX_BYTES / 1024));
    }
    let text = String::from_utf8(bytes).map_err(|_| format!("{name}: not UTF-8"))?;
    // Editors of Windows begin files with a mark.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// Line and column of places in a text, counted from 1, in characters; each place after the one before.
struct Places<'a> {
    rest: &'a str,
    at: usize,
    line: usize,
    column: usize,
}

impl<'a> Places<'a> {
    fn of(text: &'a str) -> Self {
        Self { rest: text, at: 0, line: 1, column: 1 }
    }

    fn next(&mut self, at: usize) -> (usize, usize) {
        let (passed, rest) =
            self.rest.split_at_checked(at.saturating_sub(self.at)).unwrap_or((self.rest, ""));
        for character in passed.chars() {
            (self.line, self.column) =
                if character == '\n' { (self.line + 1, 1) } else { (self.line, self.column + 1) };
        }
        self.at += passed.len();
        self.rest = rest;
        (self.line, self.column)
    }
}

fn place(text: &str, at: usize) -> (usize, usize) {
    Places::of(text).next(at)
}

fn made(text: &str, known: &Known<'_>) -> Result<Made, script::Fault> {
    let script = script::read(text, |object| kind(object).is_some())?;
    let mut configs = script.objects.iter().filter_map(|object| Some((object, kind(object)?)));
    let Some((object, carry)) = configs.next() else {
        let message = "no config of vanilla-cookieconsent 3 (an object with `categories`) or Klaro (an object with `services`) is here";
        return Err(script.fault.clone().unwrap_or_else(|| script::fault(0, message)));
    };
    limits::check(object)?;
    let mut carried = carry(object);
    if carried.copied > limits::MAX_WRITTEN {
        let message = format!("more than {} bytes of texts, said again for each cookie", limits::MAX_WRITTEN);
        return Err(script::fault(object.at, message));
    }
    carried.leave_unasked();
    let listed: BTreeSet<usize> = carried.left.iter().map(|left| left.at).collect();
    unread(object, "", &listed, &mut carried);
    for (other, _) in configs {
        carried.leave(other.at, "another config", "only the first one of a file is read");
    }
    for at in script.changed {
        carried.leave(at, "a change", "what is set after an object was written is not read");
    }
    if let Some(fault) = &script.fault {
        let why = format!("the first one that could not be read, so nothing of it was: {}", fault.message);
        carried.leave(fault.at, "an object", why);
    }
    carried.left.sort_by_key(|left| left.at);
    if let Some(first) = carried.left.get(limits::MAX_LISTED) {
        let (at, more) = (first.at, carried.left.len() - limits::MAX_LISTED);
        carried.left.truncate(limits::MAX_LISTED);
        carried.leave(at, "and more", format!("{more} from here on, which are not listed"));
    }
    let toml = written::toml(&carried, known);
    let found = match config::parse("consent.toml", toml.clone(), Path::new(".")) {
        Ok(loaded) => loaded.warnings,
        Err(found) => found,
    };
    Ok(Made { toml, carried, found })
}

/// JSON without what no terminal shows as it is: serde leaves what is not ASCII, and only texts can have that.
fn escaped(value: &Value) -> String {
    let mut written = String::new();
    for character in value.to_string().chars() {
        if visible(character.encode_utf8(&mut [0; 4])).len() > character.len_utf8() {
            for unit in character.encode_utf16(&mut [0; 2]) {
                written.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            written.push(character);
        }
    }
    written
}

/// Lists every value that only a run would tell, unless it is listed already.
fn unread(node: &Node, path: &str, listed: &BTreeSet<usize>, carried: &mut Carried) {
    if let Data::Code(what) = node.data
        && !listed.contains(&node.at)
    {
        carried.leave(node.at, path, format!("{what}, which was not run"));
    }
    for item in node.list() {
        unread(item, path, listed, carried);
    }
    for (key, value) in node.table() {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        unread(value, &path, listed, carried);
    }
}

/// How an object is read: by the keys that the platform can not do without.
fn kind(object: &Node) -> Option<fn(&Node) -> Carried> {
    let is_table = |key| object.get(key).is_some_and(|value| !value.table().is_empty());
    let is_list = |key| object.get(key).is_some_and(|value| !value.list().is_empty());
    if is_table("categories") {
        Some(orestbida::carry)
    } else if is_list("services") || is_list("apps") {
        Some(klaro::carry)
    } else {
        None
    }
}

impl Made {
    fn human(&self, name: &str, text: &str) -> String {
        let mut out = String::new();
        let mut places = Places::of(text);
        for left in &self.carried.left {
            let (line, column) = places.next(left.at);
            out.push_str(&format!(
                "{}:{line}:{column}: not carried: {}: {}\n",
                visible(name),
                visible(&left.what),
                visible(&left.why)
            ));
        }
        for finding in &self.found.found {
            let line = self.found.place(finding).map_or(0, |found| place(found.text, found.byte).0);
            out.push_str(&format!(
                "our line {line}: {}[{}]: {}\n",
                finding.severity.as_str(),
                finding.code.as_str(),
                render::clean(&finding.message)
            ));
        }
        let (errors, warnings) = (self.found.errors(), self.found.warnings());
        out.push_str(&format!(
            "{}: {} not carried; `consent check` finds {} and {}\n",
            self.carried.platform,
            super::check::count(self.carried.left.len(), "thing"),
            super::check::count(errors, "error"),
            super::check::count(warnings, "warning"),
        ));
        out
    }

    fn json(&self, text: &str, with_config: bool) -> Value {
        let mut places = Places::of(text);
        let left = self.carried.left.iter().map(|left| {
            let (line, column) = places.next(left.at);
            json!({ "line": line, "column": column, "what": left.what, "why": left.why })
        });
        let found: Value = serde_json::from_str(&render::json(&self.found)).unwrap_or_default();
        let mut told = json!({
            "platform": self.carried.platform,
            "not_carried": left.collect::<Vec<_>>(),
            "findings": found,
        });
        if let (true, Some(told)) = (with_config, told.as_object_mut()) {
            told.insert("config".to_owned(), self.toml.as_str().into());
        }
        told
    }
}
