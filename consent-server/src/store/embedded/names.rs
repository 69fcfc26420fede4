//! Notices and documents: files that are written beside their place, made durable, and then put into it.

use consent_core::digest::Digest;
use consent_core::notice::{NoticeId, SiteId};

use super::super::rows::Notices;
use super::super::{StoreError, documents};
use super::codec::engine;
use super::disk::{self, Disk};

const NOTICES: &str = "notices";
const DOCUMENTS: &str = "documents";

/// Begins every file's name, so that no document's name is a name of the file system's own, as `..` is.
const MARK: &str = "d-";

/// Stands in file names for `/`, and in no document's name.
const SLASH: &str = "~";

fn make(disk: &dyn Disk, above: &str, site: &SiteId) -> Result<String, StoreError> {
    let folder = format!("{above}/{site}");
    // Looked for first: most of the time it is there, and making its name durable costs a wait for the disk.
    if !disk.list(above).map_err(engine)?.iter().any(|name| name == site.as_str()) {
        disk.make_folder(&folder)
            .and_then(|()| disk.sync_folder(above))
            .and_then(|()| disk.sync_folder(""))
            .map_err(engine)?;
    }
    Ok(folder)
}

fn hex(id: NoticeId) -> String {
    id.0.0.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn of_hex(name: &str) -> Option<NoticeId> {
    let (pairs, rest) = name.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Vec<u8> = pairs.iter().map(byte).collect::<Option<_>>()?;
    rest.is_empty().then_some(())?;
    Some(NoticeId(Digest(bytes.try_into().ok()?)))
}

/// Keeps a notice, durably.
pub(super) fn publish(disk: &dyn Disk, site: &SiteId, id: NoticeId, bytes: &[u8]) -> Result<(), StoreError> {
    // Every start publishes all notices again.
    if notice(disk, site, id)?.is_some_and(|kept| kept == bytes) {
        return Ok(());
    }
    let folder = make(disk, NOTICES, site)?;
    disk::replace(disk, &format!("{folder}/{}", hex(id)), bytes).map_err(engine)
}

/// A notice.
pub(super) fn notice(disk: &dyn Disk, site: &SiteId, id: NoticeId) -> Result<Option<Vec<u8>>, StoreError> {
    disk::read(disk, &format!("{NOTICES}/{site}/{}", hex(id))).map_err(engine)
}

/// All notices of a site.
pub(super) fn notices(disk: &dyn Disk, site: &SiteId) -> Result<Notices, StoreError> {
    let mut notices = Notices::new();
    for id in disk.list(&format!("{NOTICES}/{site}")).map_err(engine)?.iter().filter_map(|name| of_hex(name))
    {
        notices.extend(notice(disk, site, id)?.map(|bytes| (id, bytes)));
    }
    Ok(notices)
}

fn path(site: &SiteId, name: &str) -> String {
    format!("{DOCUMENTS}/{site}/{MARK}{}", name.replace('/', SLASH))
}

/// Keeps a document, durably.
pub(super) fn keep(disk: &dyn Disk, site: &SiteId, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
    documents::check(name, bytes)?;
    make(disk, DOCUMENTS, site)?;
    disk::replace(disk, &path(site, name), bytes).map_err(engine)
}

/// A document.
pub(super) fn kept(disk: &dyn Disk, site: &SiteId, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    // What no document is called must not lead anywhere else.
    if documents::check(name, &[]).is_err() {
        return Ok(None);
    }
    disk::read(disk, &path(site, name)).map_err(engine)
}

/// The names of documents.
pub(super) fn kept_names(disk: &dyn Disk, site: &SiteId, prefix: &str) -> Result<Vec<String>, StoreError> {
    let files = disk.list(&format!("{DOCUMENTS}/{site}")).map_err(engine)?;
    let names = files.iter().filter_map(|file| file.strip_prefix(MARK)).map(|name| name.replace(SLASH, "/"));
    let mut names: Vec<_> = names.filter(|name| name.starts_with(prefix)).collect();
    names.sort_unstable();
    Ok(names)
}

/// Removes a document, durably.
pub(super) fn discard(disk: &dyn Disk, site: &SiteId, name: &str) -> Result<(), StoreError> {
    if kept(disk, site, name)?.is_none() {
        return Ok(());
    }
    disk.remove(&path(site, name))
        .and_then(|()| disk.sync_folder(&format!("{DOCUMENTS}/{site}")))
        .map_err(engine)
}
