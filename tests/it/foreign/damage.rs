//! One changed bit anywhere in a bundle: found, named, exit 1.

use std::fs::{self, File};
use std::io::{Cursor, Read as _, Write as _};
use std::ops::Range;
use std::path::Path;

use consent_tests::full_run;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::exported::Exported;
use super::verifiers::consent_verify;

/// `number` positions of a range, its first and last among them.
fn positions(range: Range<usize>, number: usize) -> Vec<usize> {
    let last = range.len() - 1;
    let mut all: Vec<_> = (0..number).map(|i| range.start + last * i / (number - 1)).collect();
    all.dedup();
    all
}

fn assert_refused(zip: &Path, bytes: &[u8], names: &[&str], what: &str) {
    fs::write(zip, bytes).unwrap();
    let found = consent_verify(zip, &[], &[]);
    assert_eq!(found.status.code(), Some(1), "{what}: {}", found.said);
    assert!(names.iter().any(|name| found.said.contains(name)), "{what} is not named: {}", found.said);
}

#[test]
fn a_changed_byte_of_any_file_in_a_bundle_is_named() {
    let exported = Exported::new(if full_run("330 decisions; 20 are used") { 330 } else { 20 });
    let mut archive = ZipArchive::new(File::open(&exported.bundle).unwrap()).unwrap();
    let files: Vec<(String, Vec<u8>)> = (0..archive.len())
        .map(|i| {
            let mut member = archive.by_index(i).unwrap();
            let mut bytes = Vec::new();
            member.read_to_end(&mut bytes).unwrap();
            (member.name().unwrap().into_owned(), bytes)
        })
        .collect();
    assert!(files.len() > 8, "{} files", files.len());
    let changed = exported.home().join("changed");
    for (name, bytes) in &files {
        for at in positions(0..bytes.len(), 5) {
            // As a folder, so that nothing but the content differs from what was exported.
            let path = changed.join(name);
            copy(&exported.folder, &changed);
            let mut bytes = bytes.clone();
            bytes[at] ^= 1 << (at % 8);
            fs::write(&path, &bytes).unwrap();
            let found = consent_verify(&changed, &[], &[]);
            assert_eq!(found.status.code(), Some(1), "{name}, byte {at}: {}", found.said);
            assert!(found.said.contains(name), "{name}, byte {at} is not named: {}", found.said);
        }
    }
    // And zipped again by somebody else's hand, in the middle of each file.
    let zip = exported.home().join("changed.zip");
    for (changed, _) in &files {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in &files {
            writer.start_file(name.as_str(), SimpleFileOptions::default()).unwrap();
            let mut bytes = bytes.clone();
            if name == changed {
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
            }
            writer.write_all(&bytes).unwrap();
        }
        assert_refused(&zip, &writer.finish().unwrap().into_inner(), &[changed], changed);
    }
}

#[test]
fn a_changed_byte_anywhere_in_the_zip_is_found() {
    let exported = Exported::new(if full_run("330 decisions; 20 are used") { 330 } else { 20 });
    let honest = fs::read(&exported.bundle).unwrap();
    let mut archive = ZipArchive::new(Cursor::new(&honest)).unwrap();
    let zip = exported.home().join("changed.zip");
    let mut regions = Vec::new();
    let as_index = |position: u64| usize::try_from(position).unwrap();
    for i in 0..archive.len() {
        let member = archive.by_index_raw(i).unwrap();
        let data = as_index(member.data_start().unwrap());
        let name = member.name().unwrap().into_owned();
        let central = as_index(member.central_header_start());
        regions.push((format!("header of {name}"), as_index(member.header_start())..data, 5));
        regions.push((name.clone(), data..data + as_index(member.compressed_size()), 6));
        regions.push((format!("directory entry of {name}"), central..central + 46 + name.len(), 6));
    }
    let end = regions.iter().map(|(_, range, _)| range.end).max().unwrap();
    regions.push(("end".to_owned(), end..honest.len(), 40));
    let (mut tried, mut named) = (0, 0);
    for (what, range, number) in regions {
        for at in positions(range, number) {
            let mut bytes = honest.clone();
            bytes[at] ^= 1 << (at % 8);
            // A file that no longer reads as it was is named. Else it was a bit around the files, or one that only fills
            // up a byte of compressed data: then the zip is named.
            let file = exported.folder.join(&what);
            let hit = file.is_file() && member(&bytes, &what) != fs::read(file).ok();
            named += u32::from(hit);
            let name = if hit { what.as_str() } else { "changed.zip" };
            assert_refused(&zip, &bytes, &[name], &format!("{what}, byte {at}"));
            tried += 1;
        }
    }
    for end in positions(0..honest.len() - 1, 9) {
        assert_refused(&zip, &honest[..end], &["changed.zip"], &format!("cut at {end}"));
    }
    assert!(tried >= 200 && named >= 40, "only {tried} positions, {named} of them in files");
}

/// The content of a file in a zip, if it can still be read.
fn member(zip: &[u8], name: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    ZipArchive::new(Cursor::new(zip)).ok()?.by_name(name).ok()?.read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}
