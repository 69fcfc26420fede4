//! What an auditor takes away: logs, openings, notices, keys, spreadsheet, and a signed list of all of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Seek as _, SeekFrom, Write as _};

use consent_core::bundle::csv;
use consent_core::bundle::exhibit::Exhibit;
use consent_core::bundle::manifest::{Contents, Counts, Manifest, Shard};
use consent_core::bundle::page::{self, Used};
use consent_core::bundle::path::BundlePath;
use consent_core::digest::Digest;
use consent_core::ledger::checkpoint::SignedCheckpoint;
use consent_core::ledger::entry::Entry;
use consent_core::ledger::entry::Kind;
use consent_core::ledger::origin::Origin;
use consent_core::ledger::policy::Policy;
use consent_core::ledger::proof::TileSource as _;
use consent_core::ledger::tile::{EntriesId, TILE_WIDTH, TileId, encode_entries};
use consent_core::notice::{Notice, NoticeId};

use crate::anchors::evidence::{Vouching, collect};
use crate::anchors::policy::of_keys;
use crate::data::ServerKey;
use crate::ended::Ended;
use crate::evidence;
use crate::exhibits;
use crate::store::{LogId, StoreError};
use crate::tiles::LogTiles;

use super::archive::Archive;
use super::cut::{Cut, parse};
use super::erased::Erasures;
use super::{ExportError, Progress, readme};

pub(super) fn write(
    cut: &Cut<'_>,
    key: &ServerKey,
    file: File,
    progress: Progress<'_>,
) -> Result<File, ExportError> {
    let mut archive = Archive::new(file);
    let mut seen = Seen::default();
    seen.counts.entries = cut.entries();
    archive.add_bytes(&BundlePath::Readme, readme::text(cut).as_bytes())?;
    let vouching = collect(cut.store, key, &cut.heads)?;
    archive.add_bytes(&BundlePath::Policy, policy(cut, key, &vouching)?.to_string().as_bytes())?;
    for (path, bytes) in &vouching.files {
        archive.add_bytes(path, bytes)?;
    }
    for left in &cut.forgotten {
        archive.add_bytes(&BundlePath::Checkpoint { year: left.log.year }, left.checkpoint.as_bytes())?;
    }
    let mut done = 0;
    // Entries are read twice: for the log, and for what is behind it.
    let total = seen.counts.entries * 2;
    for (log, head) in &cut.heads {
        write_log(cut, log, head, &mut archive, &mut seen, &mut |entries| {
            done += entries;
            progress(done, total);
        })?;
    }
    let Seen { mut counts, named, last_time, mut erasures } = seen;
    for (log, head) in &cut.heads {
        let erasures = erasures.remove(&head.checkpoint().origin).unwrap_or_default();
        counts.erased += erasures.count(cut.store, log)?;
    }
    counts.notices = write_notices(cut, &named, &mut archive)?;
    let exhibits = write_exhibits(cut, &mut archive)?;
    // An archive takes one file after the other: the spreadsheet waits beside it, on disk.
    let mut rows = BufWriter::with_capacity(256 * 1024, tempfile::tempfile()?);
    rows.write_all(csv::header().as_bytes())?;
    archive.add(&BundlePath::Openings, |out| {
        cut.decisions(&mut |entries| progress(done + entries, total), |line| {
            let Some(opening) = line.opening_line() else { return Ok(()) };
            counts.openings += 1;
            let bytes = opening.to_bytes().map_err(|error| ExportError::Content(error.to_string()))?;
            out.write_all(&bytes)?;
            out.write_all(b"\n")?;
            Ok(rows.write_all(csv::row(&opening, line.entry.time(), line.notice).as_bytes())?)
        })
    })?;
    let mut rows = rows.into_inner().map_err(io::IntoInnerError::into_error)?;
    rows.seek(SeekFrom::Start(0))?;
    archive.add(&BundlePath::Decisions, |out| {
        io::copy(&mut BufReader::with_capacity(256 * 1024, rows), out)?;
        Ok(())
    })?;
    let manifest = Manifest::sign(contents(cut, counts, last_time, &archive), &newest_key(cut, key)?)?;
    archive.add_bytes(&BundlePath::Manifest, &manifest.to_bytes()?)?;
    // One that was removed meanwhile was removed because somebody asked for it.
    if exhibits::all(cut.store, &cut.site)? != exhibits {
        return Err(ExportError::Overtaken);
    }
    archive.finish()
}

/// What the site has of other platforms, as it came. Returns what there was.
fn write_exhibits(cut: &Cut<'_>, archive: &mut Archive) -> Result<Vec<(Digest, Exhibit)>, ExportError> {
    let exhibits = exhibits::all(cut.store, &cut.site)?;
    for (digest, exhibit) in &exhibits {
        let description = exhibit.to_bytes().map_err(|error| ExportError::Content(error.to_string()))?;
        archive.add_bytes(&BundlePath::ExhibitDescription(*digest), &description)?;
        archive.add(&BundlePath::Exhibit(*digest), |out| {
            exhibits::write::<ExportError>(cut.store, &cut.site, *digest, out)
        })?;
    }
    Ok(exhibits)
}

/// What the entries of all logs say.
#[derive(Default)]
struct Seen {
    counts: Counts,
    named: BTreeMap<NoticeId, Used>,
    last_time: u64,
    /// By the log that they erase in.
    erasures: BTreeMap<Origin, Erasures>,
}

impl Seen {
    fn take(&mut self, log: &Origin, entry: &Entry) {
        self.last_time = self.last_time.max(entry.time());
        if let Kind::Erasure { log: of, .. } = entry.kind() {
            self.erasures.entry(of.as_ref().unwrap_or(log).clone()).or_default().take(entry);
        }
        let (notice, decisions, shown) = match *entry.kind() {
            Kind::Notice { notice } => (notice, 0, 0),
            Kind::Decision { notice, .. } => (notice, 1, 0),
            Kind::Tally { notice, shown, .. } => (notice, 0, shown),
            _ => return,
        };
        self.counts.decisions += decisions;
        let used = Used { decisions, shown, ..Used::since(entry.time()) };
        self.named.entry(notice).and_modify(|sum| *sum = sum.and(used)).or_insert(used);
    }
}

/// Every notice that the logs name, with what shows it again: page, script, pictures. Returns how many.
fn write_notices(
    cut: &Cut<'_>,
    named: &BTreeMap<NoticeId, Used>,
    archive: &mut Archive,
) -> Result<u64, ExportError> {
    let mut count = 0;
    let mut scripts = BTreeSet::new();
    for (&id, used) in named {
        let damaged = |what: &str| StoreError::Damaged(format!("notice {id} is {what}"));
        let bytes = cut.store.notice(&cut.site, id)?.ok_or_else(|| damaged("missing"))?;
        let notice = Notice::from_bytes(&bytes).map_err(|error| damaged(&error.to_string()))?;
        archive.add_bytes(&BundlePath::Notice(id), &bytes)?;
        archive.add_bytes(&BundlePath::Page(id), page::page(&notice, Some(used)).as_bytes())?;
        for view in evidence::pictured(cut.store, &cut.site, id)? {
            let path = BundlePath::Picture { notice: id, view: Some(view.to_owned()) };
            let picture = evidence::picture(cut.store, &cut.site, id, view)?.unwrap_or_default();
            archive.add_bytes(&path, &picture)?;
        }
        scripts.insert(notice.script);
        count += 1;
    }
    for digest in scripts {
        // A data folder of a version before this one has notices whose script was not kept. What is missing then is for the
        // verifier to say; the decisions can be had all the same.
        match evidence::script(cut.store, &cut.site, digest)? {
            Some(script) => archive.add_bytes(&BundlePath::Script(digest), &script)?,
            None => {
                tracing::warn!(script = %digest, "a banner script was not kept: the bundle can not show its notices");
            }
        }
    }
    Ok(count)
}

/// Checkpoint, older heads, entries and tiles of one log.
fn write_log(
    cut: &Cut<'_>,
    log: &LogId,
    head: &SignedCheckpoint,
    archive: &mut Archive,
    seen: &mut Seen,
    progress: &mut dyn FnMut(u64),
) -> Result<(), ExportError> {
    let (year, size) = (log.year, cut.size(log, head));
    archive.add_bytes(&BundlePath::Checkpoint { year }, head.as_str().as_bytes())?;
    let signed = head.checkpoint().size;
    for (size, note) in
        cut.store.history(log)?.into_iter().filter(|(older, _)| *older < signed && *older <= size)
    {
        archive.add_bytes(&BundlePath::History { year, size }, note.as_bytes())?;
    }
    for bundle in EntriesId::all(size) {
        let first = bundle.index * u64::from(TILE_WIDTH);
        let entries = cut.store.entries(log, first..first + u64::from(bundle.width))?;
        for (index, entry) in (first..).zip(&entries) {
            let entry = parse(log, index, entry)?;
            seen.take(&head.checkpoint().origin, &entry);
        }
        let bytes = encode_entries(entries.iter().map(Vec::as_slice))
            .map_err(|error| ExportError::Content(error.to_string()))?;
        archive.add_bytes(&BundlePath::Entries { year, entries: bundle }, &bytes)?;
        progress(u64::from(bundle.width));
    }
    let tiles = LogTiles::new(cut.store, log);
    for tile in TileId::all(size) {
        let bytes: Vec<u8> = tiles.tile(tile)?.iter().flat_map(|hash| hash.0).collect();
        archive.add_bytes(&BundlePath::Tile { year, tile }, &bytes)?;
    }
    Ok(())
}

fn policy(cut: &Cut<'_>, key: &ServerKey, vouching: &Vouching) -> Result<Policy, ExportError> {
    let failed = |error: &dyn std::fmt::Display| ExportError::Content(error.to_string());
    let gone: Result<Vec<_>, _> = cut.forgotten.iter().map(|left| left.signed_with(key)).collect();
    let mut keys = gone.map_err(|error| failed(&error))?;
    keys.extend(cut.heads.iter().filter_map(|(_, head)| head.signers().first().cloned()));
    keys.extend(vouching.heads_keys.values().cloned());
    of_keys(keys, &vouching.witnesses).map_err(|error| failed(&error))
}

fn newest_key(cut: &Cut<'_>, key: &ServerKey) -> Result<consent_core::ledger::key::SigningKey, ExportError> {
    // It goes on, so this server has its key.
    let newest = cut.heads.last().ok_or_else(|| ExportError::NoLog(cut.site.to_string()))?;
    key.of_log(&newest.1.checkpoint().origin).map_err(|error| ExportError::Content(error.to_string()))
}

fn contents(cut: &Cut<'_>, counts: Counts, last_time: u64, archive: &Archive) -> Contents {
    let shard = |(_, head): &(LogId, SignedCheckpoint)| {
        let head = head.checkpoint();
        Shard { log: head.origin.clone(), root: head.root, size: head.size }
    };
    let left =
        |ended: &Ended| Shard { log: ended.origin().clone(), root: ended.kept.root, size: ended.kept.size };
    Contents {
        counts,
        ended: cut.ended.iter().map(left).collect(),
        files: archive.files.clone(),
        forgotten: cut.forgotten.iter().map(|left| left.forgotten.clone()).collect(),
        from: cut.period.from,
        // Time in a log never goes back, though the clock may have.
        made_at: cut.made_at.max(last_time),
        shards: cut.heads.iter().map(shard).collect(),
        site: cut.site.clone(),
        to: cut.period.to,
        version: 1,
    }
}

#[cfg(test)]
pub(super) mod tests;
