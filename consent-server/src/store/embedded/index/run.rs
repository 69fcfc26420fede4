//! A sorted file of the index: pages of 4 KiB with up to 255 items each, then what is kept of it in memory.
//!
//! An item is a fingerprint and a place, 8 bytes each. A page ends in the number of its items and a checksum. Nothing in a
//! file changes, but that erased items are taken out of their page.

use std::io;
use std::sync::Arc;

use super::super::codec::{Reader, damaged, engine, length, sealed, size, unsealed};
use super::super::disk::{Disk, DiskFile};
use super::filter::Filter;
use super::{Item, Place, StoreError};

const PAGE: usize = 4096;
const ITEM: usize = 16;
const PER_PAGE: usize = 255;
const FOOTER: usize = 4 + 4 + 8 + 8 + 8 + 4 + 4 + 4;
const MAGIC: [u8; 4] = *b"CSR2";

/// How many pages are written at once.
const PAGES_AT_ONCE: usize = 64;

/// A file of the index.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) id: u64,
    file: Arc<dyn DiskFile>,
    /// The first fingerprint of each page, rounded down so far that it tells little more than the page's number: what
    /// is erased from a page does not stay here.
    fences: Vec<u64>,
    mask: u64,
    filter: Filter,
    pub(super) items: u64,
    pub(super) decisions: u64,
}

pub(super) fn path(id: u64) -> String {
    format!("{}/run-{id:016x}", super::FOLDER)
}

impl Run {
    /// Writes sorted items into a new file, durably; its name is for the caller to sync. `decisions` is how many of them
    /// are of decisions, at most; above `filter_limit` there is no filter.
    pub(super) fn write(
        disk: &dyn Disk,
        id: u64,
        items: impl Iterator<Item = Result<Item, StoreError>>,
        decisions: u64,
        filter_limit: u64,
    ) -> Result<Self, StoreError> {
        let file = disk.open(&path(id), true).map_err(engine)?;
        let mut writer = Writer {
            file: &*file,
            at: 0,
            buffer: Vec::with_capacity(PAGE * PAGES_AT_ONCE),
            page: Vec::with_capacity(PER_PAGE),
            firsts: Vec::new(),
        };
        let mut filter = Filter::for_keys(decisions, filter_limit);
        let (mut count, mut of_decisions) = (0, 0);
        for item in items {
            let item = item?;
            count += 1;
            if item.place.is_decision() {
                filter.insert(item.fingerprint);
                of_decisions += 1;
            }
            writer.push(item).map_err(engine)?;
        }
        let mut fences = writer.finish().map_err(engine)?;
        let pages = length(fences.len());
        let mask = !(u64::MAX.checked_shr((pages + 1).ilog2() + 8).unwrap_or(0));
        fences.iter_mut().for_each(|fence| *fence &= mask);
        let run = Self { id, file, fences, mask, filter, items: count, decisions: of_decisions };
        run.write_footer().map_err(engine)?;
        run.file.sync().map_err(engine)?;
        Ok(run)
    }

    fn write_footer(&self) -> io::Result<()> {
        let mut tail = Vec::with_capacity(8 * (self.fences.len() + self.filter.words().len()) + FOOTER);
        for word in self.fences.iter().chain(self.filter.words()) {
            tail.extend_from_slice(&word.to_be_bytes());
        }
        let check = crc32fast::hash(&tail);
        let mut footer = Vec::with_capacity(FOOTER);
        footer.extend_from_slice(&MAGIC);
        footer.extend_from_slice(&check.to_be_bytes());
        for number in [self.items, self.decisions, self.mask] {
            footer.extend_from_slice(&number.to_be_bytes());
        }
        for number in [self.fences.len(), self.filter.words().len()] {
            footer.extend_from_slice(&u32::try_from(number).map_err(io::Error::other)?.to_be_bytes());
        }
        tail.extend_from_slice(&sealed(footer));
        self.file.write_at(&tail, length(self.fences.len() * PAGE))
    }

    /// Opens one that was written.
    pub(super) fn open(disk: &dyn Disk, id: u64) -> Result<Self, StoreError> {
        let file = disk.open(&path(id), false).map_err(engine)?;
        let broken = || damaged(format!("{} of the index is not whole", path(id)));
        let end = file.length().map_err(engine)?;
        let footer_at = end.checked_sub(length(FOOTER)).ok_or_else(broken)?;
        let mut footer = [0; FOOTER];
        file.read_at(&mut footer, footer_at).map_err(engine)?;
        let mut footer = Reader(unsealed(&footer).ok_or_else(broken)?);
        let mut numbers = || {
            let magic = footer.array()? == MAGIC;
            let (check, items, decisions, mask) =
                (footer.u32()?, footer.u64()?, footer.u64()?, footer.u64()?);
            magic.then_some((check, items, decisions, mask, footer.u32()?, footer.u32()?))
        };
        let (check, items, decisions, mask, pages, words) = numbers().ok_or_else(broken)?;
        let tail_at = u64::from(pages) * length(PAGE);
        if tail_at + 8 * (u64::from(pages) + u64::from(words)) != footer_at {
            return Err(broken());
        }
        let mut tail = vec![0; size(footer_at - tail_at)];
        file.read_at(&mut tail, tail_at).map_err(engine)?;
        if crc32fast::hash(&tail) != check {
            return Err(broken());
        }
        let mut fences: Vec<u64> = tail.as_chunks().0.iter().map(|word| u64::from_be_bytes(*word)).collect();
        let filter = Filter::from_words(&fences.split_off(size(u64::from(pages))));
        fences.shrink_to_fit();
        Ok(Self { id, file, fences, mask, filter, items, decisions })
    }

    /// The places that stand under a fingerprint.
    pub(super) fn find(
        &self,
        fingerprint: u64,
        decision: bool,
        found: &mut Vec<Place>,
    ) -> Result<(), StoreError> {
        if decision && !self.filter.may_have(fingerprint) {
            return Ok(());
        }
        for page in self.pages_of(fingerprint) {
            let items = self.page(page)?;
            let from = items.partition_point(|item| item.fingerprint < fingerprint);
            let same = items.get(from..).unwrap_or_default();
            found.extend(
                same.iter().take_while(|item| item.fingerprint == fingerprint).map(|item| item.place),
            );
        }
        Ok(())
    }

    /// The pages that may hold a fingerprint.
    fn pages_of(&self, fingerprint: u64) -> std::ops::Range<usize> {
        let rounded = fingerprint & self.mask;
        let from = self.fences.partition_point(|fence| *fence < rounded);
        let to = self.fences.partition_point(|fence| *fence <= rounded);
        from.saturating_sub(1)..to
    }

    /// The items of a page, in order.
    fn page(&self, page: usize) -> Result<Vec<Item>, StoreError> {
        let mut bytes = [0; PAGE];
        self.file.read_at(&mut bytes, length(page * PAGE)).map_err(engine)?;
        read_page(&bytes).ok_or_else(|| damaged(format!("page {page} of {} of the index", path(self.id))))
    }

    /// Takes items out, durably.
    pub(super) fn remove(&self, items: &[Item]) -> Result<(), StoreError> {
        let mut changed = false;
        for item in items {
            for page in self.pages_of(item.fingerprint) {
                let mut held = self.page(page)?;
                let before = held.len();
                held.retain(|other| other != item);
                if held.len() < before {
                    self.file.write_at(&page_bytes(&held), length(page * PAGE)).map_err(engine)?;
                    changed = true;
                }
            }
        }
        if changed { self.file.sync().map_err(engine) } else { Ok(()) }
    }

    /// All items, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = Result<Item, StoreError>> {
        (0..self.fences.len()).flat_map(|page| match self.page(page) {
            Ok(items) => items.into_iter().map(Ok).collect::<Vec<_>>(),
            Err(error) => vec![Err(error)],
        })
    }
}

/// Builds pages.
struct Writer<'a> {
    file: &'a dyn DiskFile,
    at: u64,
    buffer: Vec<u8>,
    page: Vec<Item>,
    firsts: Vec<u64>,
}

impl Writer<'_> {
    fn push(&mut self, item: Item) -> io::Result<()> {
        self.page.push(item);
        if self.page.len() == PER_PAGE { self.end_page() } else { Ok(()) }
    }

    fn end_page(&mut self) -> io::Result<()> {
        let Some(first) = self.page.first() else { return Ok(()) };
        self.firsts.push(first.fingerprint);
        self.buffer.extend_from_slice(&page_bytes(&self.page));
        self.page.clear();
        if self.buffer.len() >= PAGE * PAGES_AT_ONCE { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.write_at(&self.buffer, self.at)?;
        self.at += length(self.buffer.len());
        self.buffer.clear();
        Ok(())
    }

    fn finish(mut self) -> io::Result<Vec<u64>> {
        self.end_page()?;
        self.flush()?;
        Ok(self.firsts)
    }
}

fn page_bytes(items: &[Item]) -> Vec<u8> {
    let mut page = Vec::with_capacity(PAGE);
    for item in items {
        page.extend_from_slice(&item.fingerprint.to_be_bytes());
        page.extend_from_slice(&item.place.0.to_be_bytes());
    }
    page.resize(PER_PAGE * ITEM + 8, 0);
    page.extend_from_slice(&u32::try_from(items.len()).unwrap_or(0).to_be_bytes());
    sealed(page)
}

fn read_page(bytes: &[u8; PAGE]) -> Option<Vec<Item>> {
    let bytes = unsealed(bytes)?;
    let count = usize::try_from(u32::from_be_bytes(*bytes.last_chunk()?)).ok()?;
    let items = bytes.get(..count.checked_mul(ITEM)?)?.as_chunks::<ITEM>().0;
    let item = |bytes: &[u8; ITEM]| {
        let mut from = Reader(bytes);
        Some(Item { fingerprint: from.u64()?, place: Place(from.u64()?) })
    };
    items.iter().map(item).collect()
}
