//! What another platform wrote down before this one: files that a site keeps beside its logs, as they came. They are never
//! read, never entries, and in every bundle.
//!
//! Each is a few documents of the store under its SHA-256: pieces, and the description, which is written last and removed
//! first. So one that was taken in halfway is none.

use std::io::{self, Read, Seek, SeekFrom, Write};

use consent_core::bundle::exhibit::{Exhibit, ExhibitError, MAX_COLUMN_BYTES, MAX_COLUMNS};
use consent_core::digest::Digest;
use consent_core::notice::SiteId;
use sha2::{Digest as _, Sha256};

use crate::evidence::hex;
use crate::store::{MAX_DOCUMENT_BYTES, Store, StoreError};

/// What the names of these documents begin with.
const PREFIX: &str = "exhibits/";

/// How the name of a description ends.
const DESCRIPTION: &str = "/description";

/// The most bytes of an exhibit.
pub const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// Why a file is not taken in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExhibitRefused {
    /// Larger than [`MAX_BYTES`].
    #[error("larger than 256 MiB; take it in as several files, by year or by month")]
    TooLong,
    /// Its first row does not name columns.
    #[error(
        "no CSV in UTF-8: the first row of one names 2 to {MAX_COLUMNS} columns, each with at most {MAX_COLUMN_BYTES} bytes. \
         If it is in an archive, take it out; if it is in another encoding, save it in UTF-8"
    )]
    NotCsv,
    /// It can not be described.
    #[error(transparent)]
    Description(#[from] ExhibitError),
    /// It can not be read.
    #[error("it can not be read")]
    Read(#[from] io::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Where a file comes from.
#[derive(Clone, Debug)]
pub struct Provenance {
    /// Its name.
    pub name: String,
    /// Who wrote it: a word as in [`Exhibit::platform`].
    pub platform: String,
    /// Now, unix seconds.
    pub added_at: u64,
}

/// Takes a file in, and says under which SHA-256. One that is there already stays as it is described.
///
/// # Errors
/// If it is no CSV, too long, or can not be read or kept.
pub fn take_in(
    store: &dyn Store,
    site: &SiteId,
    file: &mut (impl Read + Seek),
    from: Provenance,
) -> Result<(Digest, Exhibit), ExhibitRefused> {
    let (digest, bytes) = sum(file)?;
    if let Some(there) = describe(store, site, digest)? {
        return Ok((digest, there));
    }
    file.seek(SeekFrom::Start(0))?;
    let (columns, rows) = columns_and_rows(file)?;
    let Provenance { name, platform, added_at } = from;
    let exhibit = Exhibit { added_at, bytes, columns, name, platform, rows };
    let description = exhibit.to_bytes()?;
    file.seek(SeekFrom::Start(0))?;
    let kept = keep(store, site, digest, file)
        .and_then(|()| Ok(store.keep(site, &format!("{}{DESCRIPTION}", folder(digest)), &description)?));
    if let Err(error) = kept {
        // It is somebody's data, and would be found by nobody.
        remove(store, site, digest)?;
        return Err(error);
    }
    Ok((digest, exhibit))
}

fn keep(
    store: &dyn Store,
    site: &SiteId,
    digest: Digest,
    file: &mut impl Read,
) -> Result<(), ExhibitRefused> {
    for number in 0.. {
        let mut piece = Vec::new();
        file.by_ref().take(u64::try_from(MAX_DOCUMENT_BYTES).unwrap_or(u64::MAX)).read_to_end(&mut piece)?;
        if piece.is_empty() {
            break;
        }
        store.keep(site, &piece_name(digest, number), &piece)?;
    }
    Ok(())
}

/// What is left of exhibits that were taken in, or removed, halfway: they are in no bundle, and wait to be taken in again or removed.
///
/// # Errors
/// If the store fails.
pub fn incomplete(store: &dyn Store, site: &SiteId) -> Result<Vec<Digest>, StoreError> {
    let names = store.kept_names(site, PREFIX)?;
    let mut found: Vec<_> = names.iter().filter_map(|name| unhex(name)).collect();
    found.dedup();
    found.retain(|digest| !names.contains(&format!("{}{DESCRIPTION}", folder(*digest))));
    Ok(found)
}

/// All exhibits of a site, in the order of their SHA-256.
///
/// # Errors
/// If the store fails, or a description is damaged.
pub fn all(store: &dyn Store, site: &SiteId) -> Result<Vec<(Digest, Exhibit)>, StoreError> {
    let mut found = Vec::new();
    for name in store.kept_names(site, PREFIX)? {
        let Some(description) =
            name.strip_suffix(DESCRIPTION).and_then(|_| store.kept(site, &name).transpose())
        else {
            continue;
        };
        let exhibit = Exhibit::parse(&description?).map_err(|error| damaged(&name, &error))?;
        found.push((unhex(&name).ok_or_else(|| damaged(&name, &"its name is none"))?, exhibit));
    }
    Ok(found)
}

/// Writes the bytes of an exhibit, piece by piece.
///
/// # Errors
/// If a piece is missing, the bytes are not those that were taken in, or they can not be written.
pub fn write<E: From<StoreError> + From<io::Error>>(
    store: &dyn Store,
    site: &SiteId,
    digest: Digest,
    out: &mut impl Write,
) -> Result<(), E> {
    let mut hash = Sha256::new();
    for number in 0.. {
        let Some(piece) = store.kept(site, &piece_name(digest, number))? else { break };
        hash.update(&piece);
        out.write_all(&piece)?;
    }
    if Digest(hash.finalize().into()) == digest {
        Ok(())
    } else {
        Err(damaged(&folder(digest), &"it is not what was taken in any more").into())
    }
}

/// Removes an exhibit, or what is left of one; whether there was anything.
///
/// # Errors
/// If the store fails.
pub fn remove(store: &dyn Store, site: &SiteId, digest: Digest) -> Result<bool, StoreError> {
    // The description goes first.
    let names = store.kept_names(site, &format!("{}/", folder(digest)))?;
    for name in &names {
        store.discard(site, name)?;
    }
    Ok(!names.is_empty())
}

fn describe(store: &dyn Store, site: &SiteId, digest: Digest) -> Result<Option<Exhibit>, StoreError> {
    let name = format!("{}{DESCRIPTION}", folder(digest));
    let kept = store.kept(site, &name)?;
    kept.map(|bytes| Exhibit::parse(&bytes).map_err(|error| damaged(&name, &error))).transpose()
}

fn damaged(name: &str, what: &dyn std::fmt::Display) -> StoreError {
    StoreError::Damaged(format!("{name}: {what}"))
}

fn folder(digest: Digest) -> String {
    format!("{PREFIX}{}", hex(digest))
}

// `piece` sorts behind `description`.
fn piece_name(digest: Digest, number: u32) -> String {
    format!("{}/piece-{number:04}", folder(digest))
}

/// The digest in the name of one of its documents.
fn unhex(name: &str) -> Option<Digest> {
    let (text, _) = name.strip_prefix(PREFIX)?.split_once('/')?;
    let mut bytes = [0; 32];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(Digest(bytes))
}

fn sum(file: &mut impl Read) -> Result<(Digest, u64), ExhibitRefused> {
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = file.read(&mut buffer)?;
        let Some(piece) = buffer.get(..read).filter(|piece| !piece.is_empty()) else {
            return Ok((Digest(hash.finalize().into()), bytes));
        };
        bytes += u64::try_from(read).unwrap_or(u64::MAX);
        if bytes > MAX_BYTES {
            return Err(ExhibitRefused::TooLong);
        }
        hash.update(piece);
    }
}

/// What the first row names, and how many rows follow it.
fn columns_and_rows(file: &mut (impl Read + Seek)) -> Result<(Vec<String>, u64), ExhibitRefused> {
    let mut beginning = Vec::new();
    file.by_ref().take(64 * 1024).read_to_end(&mut beginning)?;
    file.seek(SeekFrom::Start(0))?;
    let line = beginning.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |wanted: u8| line.iter().filter(|byte| **byte == wanted).count();
    let delimiter = [b',', b';', b'\t'].into_iter().max_by_key(|one| count(*one)).unwrap_or(b',');
    let mut rows =
        csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(file);
    let not_csv = |error: csv::Error| match error.into_kind() {
        csv::ErrorKind::Io(error) => ExhibitRefused::Read(error),
        _ => ExhibitRefused::NotCsv,
    };
    let mut row = csv::ByteRecord::new();
    rows.read_byte_record(&mut row).map_err(not_csv)?;
    let columns: Option<Vec<_>> =
        row.iter().map(|cell| Some(str::from_utf8(cell).ok()?.to_owned())).collect();
    let mut columns = columns.ok_or(ExhibitRefused::NotCsv)?;
    if let Some(first) = columns.first_mut() {
        *first = first.trim_start_matches('\u{feff}').to_owned();
    }
    let fits = (2..=MAX_COLUMNS).contains(&columns.len())
        && columns.iter().all(|column| column.len() <= MAX_COLUMN_BYTES && !column.contains('\0'));
    if !fits {
        return Err(ExhibitRefused::NotCsv);
    }
    let mut count = 0;
    while rows.read_byte_record(&mut row).map_err(not_csv)? {
        count += 1;
    }
    Ok((columns, count))
}

#[cfg(test)]
mod tests;
