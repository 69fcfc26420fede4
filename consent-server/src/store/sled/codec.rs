//! Keys and values of the embedded store as bytes.

use consent_core::decision::{DecisionId, SubjectId};
use consent_core::digest::Digest;
use consent_core::ledger::commitment::{Opening, Salt};
use consent_core::ledger::origin::LogYear;
use consent_core::notice::SiteId;

use super::super::rows::{Head, LogId, Placed};

/// A key under construction.
#[derive(Clone)]
pub(super) struct Key(Vec<u8>);

impl Key {
    /// A key of a site. The zero byte keeps `news` from being a prefix of `newsroom`.
    pub(super) fn of_site(letter: u8, site: &SiteId) -> Self {
        let mut key = Vec::with_capacity(64);
        key.push(letter);
        key.extend_from_slice(site.as_str().as_bytes());
        key.push(0);
        Self(key)
    }

    pub(super) fn of_log(letter: u8, log: &LogId) -> Self {
        Self::of_site(letter, &log.site).year(log.year)
    }

    /// The zero byte behind the name keeps one name from being a prefix of another.
    pub(super) fn of_document(site: &SiteId, name: &str) -> Self {
        Self::of_site(b'f', site).raw(name.as_bytes()).u8(0)
    }

    pub(super) fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    pub(super) fn u8(self, number: u8) -> Self {
        self.raw(&[number])
    }

    pub(super) fn u16(self, number: u16) -> Self {
        self.raw(&number.to_be_bytes())
    }

    pub(super) fn year(self, year: LogYear) -> Self {
        self.u16(year.calendar()).u16(year.number())
    }

    pub(super) fn u64(self, number: u64) -> Self {
        self.raw(&number.to_be_bytes())
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// Takes values from the front of bytes.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl Reader<'_> {
    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_be_bytes)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn year(&mut self) -> Option<LogYear> {
        LogYear::new(self.u16()?, self.u16()?).ok()
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }
}

pub(super) fn last_u64(key: &[u8]) -> Option<u64> {
    key.last_chunk().copied().map(u64::from_be_bytes)
}

/// The index in a key that ends in index and chunk.
pub(super) fn index_of_chunk(key: &[u8]) -> Option<u64> {
    let (rest, _) = key.split_last_chunk::<2>()?;
    last_u64(rest)
}

/// The name in the key of a document's chunk; the site takes the first `skip` bytes.
pub(super) fn name_of_document(key: &[u8], skip: usize) -> Option<String> {
    let (name, _) = key.get(skip..)?.split_last_chunk::<2>()?;
    String::from_utf8(name.strip_suffix(&[0])?.to_vec()).ok()
}

pub(super) fn log_of_key(key: &[u8]) -> Option<LogId> {
    let (site, year) = key.get(1..)?.split_last_chunk::<4>()?;
    let site = std::str::from_utf8(site.strip_suffix(&[0])?).ok()?.parse().ok()?;
    Some(LogId { site, year: Reader(year).year()? })
}

pub(super) fn head(head: &Head) -> Vec<u8> {
    let flags = u8::from(head.closed) | u8::from(head.forgotten) << 1;
    [&head.size.to_be_bytes()[..], &head.root.0, &head.time.to_be_bytes(), &[flags]].concat()
}

pub(super) fn read_head(value: &[u8]) -> Option<Head> {
    let mut value = Reader(value);
    let (size, root, time, flags) = (value.u64()?, Digest(value.array()?), value.u64()?, value.u8()?);
    let head = Head { size, root, time, closed: flags & 1 != 0, forgotten: flags & 2 != 0 };
    (value.0.is_empty() && flags < 4).then_some(head)
}

pub(super) fn opening(opening: &Opening) -> Vec<u8> {
    [&opening.salt().0[..], opening.data().as_bytes()].concat()
}

pub(super) fn read_opening(value: &[u8]) -> Option<Opening> {
    let (salt, data) = value.split_first_chunk()?;
    Opening::new(Salt(*salt), String::from_utf8(data.to_vec()).ok()?).ok()
}

pub(super) fn placed(placed: &Placed) -> Vec<u8> {
    let numbers = [placed.index, placed.size, placed.recorded_at].map(u64::to_be_bytes).concat();
    Key(Vec::new()).year(placed.log.year).raw(&numbers).raw(&placed.request_digest.0).into_bytes()
}

pub(super) fn read_placed(site: &SiteId, value: &[u8]) -> Option<Placed> {
    let mut value = Reader(value);
    let placed = Placed {
        log: LogId { site: site.clone(), year: value.year()? },
        index: value.u64()?,
        size: value.u64()?,
        recorded_at: value.u64()?,
        request_digest: Digest(value.array()?),
    };
    value.0.is_empty().then_some(placed)
}

/// The keys that lead to a decision.
pub(super) fn names(decision: DecisionId, subject: SubjectId) -> Vec<u8> {
    [*decision.as_bytes(), *subject.as_bytes()].concat()
}

pub(super) fn read_names(value: &[u8]) -> Option<([u8; 16], [u8; 16])> {
    let mut value = Reader(value);
    let names = (value.array()?, value.array()?);
    value.0.is_empty().then_some(names)
}
