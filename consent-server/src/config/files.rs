//! The list `files`: which other files a config has.
//!
//! They lie in the folder of the file that lists them, or below it. There is one level of them, so no file can lead to itself.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use toml::Spanned;
use toml::de::DeTable;

use super::code::Code;
use super::diagnostic::Report;
use super::secret::has_password;
use super::section::{Field, read};
use super::sources::Sources;
use super::{MAX_ALL_BYTES, MAX_CONFIG_BYTES, MAX_FILES};

/// The text of a file, or why it can not be had and what to do.
pub(super) fn text(path: &Path) -> Result<String, (String, &'static str)> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_CONFIG_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| (format!("can not be read: {error}"), "name a config file that is there"))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_CONFIG_BYTES) {
        return Err(("larger than 1 MiB".to_owned(), "name a config file"));
    }
    String::from_utf8(bytes).map_err(|_| ("not UTF-8".to_owned(), "save the file as UTF-8"))
}

/// Whether a file that is listed is one: a pipe would be waited for without an end.
fn regular(path: &Path) -> Result<(), (String, &'static str)> {
    let what = fs::metadata(path).is_ok_and(|what| what.is_file());
    what.then_some(()).ok_or_else(|| ("no regular file".to_owned(), "list files only"))
}

/// Adds the files that the first one lists, in the order of the list, and those of one pattern in the order of their names.
pub(super) fn gather(sources: &mut Sources, report: &mut Report) {
    let mut found = BTreeSet::new();
    for pattern in listed(sources.text(), report) {
        if has_password(pattern.get_ref()) {
            let help = "write the path of a file in this folder, and replace the password";
            report.error(Code::Secret, pattern.span(), "a password stands in a path".to_owned(), help);
            continue;
        }
        let paths = match expand(&pattern, sources) {
            Ok(paths) => paths,
            Err((message, help)) => {
                report.error(Code::Files, pattern.span(), message, help);
                continue;
            }
        };
        for (path, real) in paths {
            // Two patterns may name one file.
            if !found.insert(real.clone()) {
                continue;
            }
            if found.len() > MAX_FILES {
                let message = format!("more than {MAX_FILES} files are listed");
                let help = "write more than one [[site]] into a file, or split the sites over servers";
                report.error(Code::Files, pattern.span(), message, help);
                return;
            }
            match regular(&real).and_then(|()| text(&real)) {
                Ok(text) => sources.push(&path, text),
                Err((message, help)) => {
                    let message = format!("`{}`: {message}", path.display());
                    report.error(Code::Unreadable, pattern.span(), message, help);
                }
            }
            if sources.length() > MAX_ALL_BYTES {
                let message = format!("the files are larger than {} MiB", MAX_ALL_BYTES >> 20);
                let help = "say what many sites have in common once, in [defaults] or a [base.NAME]";
                report.error(Code::Files, pattern.span(), message, help);
                return;
            }
        }
    }
}

/// What stands in `files`. A fault of syntax is reported by whoever reads the rest.
fn listed(text: &str, report: &mut Report) -> Vec<Spanned<String>> {
    // Most configs are one file, and need not be parsed twice. A key may be written with `\`.
    if !text.contains("files") && !text.contains('\\') {
        return Vec::new();
    }
    let (root, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        return Vec::new();
    }
    let value = root.into_inner().remove("files");
    match value.map_or(Field::Absent, |value| read::<Vec<Spanned<String>>>("files", value, report)) {
        Field::Set(listed) => listed.into_inner(),
        Field::Absent | Field::Broken => Vec::new(),
    }
}

/// A path counted from the folder of the config, and where it really is.
type Found = (PathBuf, PathBuf);

/// The files of one pattern, or what is wrong with it and what to do.
fn expand(pattern: &Spanned<String>, sources: &Sources) -> Result<Vec<Found>, (String, &'static str)> {
    let written = pattern.get_ref();
    let refused = |why: &str, help| Err((format!("`{written}` {why}"), help));
    let path = Path::new(written);
    let plain = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    if !path.components().all(plain) {
        return refused("leads out of the folder of this file", "keep all files of a config in one folder");
    }
    let (Some(name), Some(parent)) = (path.file_name().and_then(OsStr::to_str), path.parent()) else {
        return refused("names no file", "write a path such as `sites/*.toml`");
    };
    if !name.ends_with(".toml") || name.matches('*').count() > 1 || parent.to_string_lossy().contains('*') {
        return refused(
            "is no pattern for files",
            "write a path that ends in `.toml`, with at most one `*`, in its last part: `sites/*.toml`",
        );
    }
    let folder = sources.folder();
    let paths = match name.split_once('*') {
        None => vec![parent.join(name)],
        Some((start, end)) => matching(&folder.join(parent), start, end)
            .map_err(|error| (format!("`{written}`: {error}"), "name a folder that is there"))?
            .into_iter()
            .map(|name| parent.join(name))
            .collect(),
    };
    if paths.is_empty() {
        return refused("names no file that is there", "add a file, or leave it out of the list");
    }
    let inside = folder.canonicalize();
    let inside =
        inside.map_err(|error| (format!("the folder of this file: {error}"), "look at its rights"))?;
    let first = sources.path().canonicalize();
    let mut found = Vec::new();
    for path in paths {
        let real = folder.join(&path).canonicalize();
        let real = real.map_err(|error| {
            (format!("`{}` can not be read: {error}", path.display()), "name a file that is there")
        })?;
        // Links are followed first: what counts is where the file is.
        if !real.starts_with(&inside) {
            let why = format!("`{}` is a link that leads out of the folder of this file", path.display());
            return Err((why, "keep all files of a config in one folder"));
        }
        if first.as_ref().is_ok_and(|first| *first == real) {
            return refused(
                "names this file too",
                "keep the files of sites in a folder of their own: `sites/*.toml`",
            );
        }
        found.push((path, real));
    }
    Ok(found)
}

/// The names in a folder that begin and end like this, in order, without hidden ones.
fn matching(folder: &Path, start: &str, end: &str) -> std::io::Result<Vec<std::ffi::OsString>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let text = name.to_string_lossy();
        let fits = text.strip_prefix(start).is_some_and(|rest| rest.ends_with(end));
        if fits && (!text.starts_with('.') || start.starts_with('.')) {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}
