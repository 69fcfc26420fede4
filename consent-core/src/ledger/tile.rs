//! Names of tiles and entry bundles (C2SP tlog-tiles), and the codec of an entry bundle.
//!
//! A tile is up to 256 neighbouring hashes of one level; level 0 are the leaf hashes, and a hash of level `l` stands
//! for 256^l entries. An entry bundle is the up to 256 entries under one tile of level 0.
//!
//! ```
//! use consent_core::ledger::tile::{EntriesId, InvalidTilePath, MAX_LEVEL, TILE_WIDTH, TileId, TilePath};
//!
//! // A log of 300 entries is a full tile and a growing one, and a hash of the full one above them.
//! let tiles = TileId::all(300).map(|tile| tile.to_string()).collect::<Vec<_>>();
//! assert_eq!(tiles, ["tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1"]);
//! assert_eq!(EntriesId::all(300).map(|entries| entries.width).collect::<Vec<_>>(), [TILE_WIDTH, 44]);
//!
//! let path = "tile/entries/001.p/44".parse();
//! assert_eq!(path, Ok(TilePath::Entries(EntriesId { index: 1, width: 44 })));
//! assert_eq!(EntriesId::in_tree(2, 300), None);
//! assert_eq!(format!("tile/{}/000", MAX_LEVEL + 1).parse::<TilePath>(), Err(InvalidTilePath));
//! ```

use std::fmt;
use std::str::FromStr;

use super::hash::MAX_SIZE;

/// Hashes in a full tile, and entries in a full entry bundle.
pub const TILE_WIDTH: u16 = 256;

/// The highest level that a path can name.
pub const MAX_LEVEL: u8 = 63;

/// The most bytes that an entry of our logs has. The format itself allows 65 535.
pub const MAX_ENTRY_BYTES: usize = 4096;

/// One tile of hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    /// 0 for leaf hashes, up to [`MAX_LEVEL`].
    pub level: u8,
    /// Which one from the left, from 0.
    pub index: u64,
    /// How many hashes, 1 to 256.
    pub width: u16,
}

/// One entry bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntriesId {
    /// Which one from the left, from 0.
    pub index: u64,
    /// How many entries, 1 to 256.
    pub width: u16,
}

impl TileId {
    /// The tile at this place in a tree of `size` entries, as wide as it is there; `None` if there is none.
    ///
    /// ```
    /// use consent_core::ledger::tile::TileId;
    ///
    /// assert_eq!(TileId::in_tree(1, 1, 70_000).map(|tile| tile.to_string()), Some("tile/1/001.p/17".to_owned()));
    /// assert_eq!(TileId::in_tree(1, 0, 255), None);
    /// ```
    #[must_use]
    pub fn in_tree(level: u8, index: u64, size: u64) -> Option<Self> {
        let hashes = size.checked_shr(8 * u32::from(level)).unwrap_or(0);
        let width = hashes.checked_sub(index.checked_mul(u64::from(TILE_WIDTH))?)?;
        let width = u16::try_from(width.min(u64::from(TILE_WIDTH))).ok()?;
        (width > 0).then_some(Self { level, index, width })
    }

    /// Every tile of a tree of `size` entries, level by level, from the left.
    pub fn all(size: u64) -> impl Iterator<Item = Self> {
        (0..=7).flat_map(move |level| (0..).map_while(move |index| Self::in_tree(level, index, size)))
    }
}

impl EntriesId {
    /// The entry bundle at this place in a log of `size` entries; `None` if there is none.
    #[must_use]
    pub fn in_tree(index: u64, size: u64) -> Option<Self> {
        TileId::in_tree(0, index, size).map(|tile| Self { index, width: tile.width })
    }

    /// Every entry bundle of a log of `size` entries, from the left.
    pub fn all(size: u64) -> impl Iterator<Item = Self> {
        (0..).map_while(move |index| Self::in_tree(index, size))
    }
}

/// What a path below a log's address names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TilePath {
    /// `tile/<level>/<index>`.
    Tile(TileId),
    /// `tile/entries/<index>`.
    Entries(EntriesId),
}

/// The text is no path of a tile or entry bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a tile path: expected tile/<0 to 63 or entries>/<index in groups of three>[.p/<1 to 255>]")]
pub struct InvalidTilePath;

impl FromStr for TilePath {
    type Err = InvalidTilePath;

    fn from_str(path: &str) -> Result<Self, Self::Err> {
        let (row, place) =
            path.strip_prefix("tile/").and_then(|rest| rest.split_once('/')).ok_or(InvalidTilePath)?;
        let (index, width) = match place.split_once(".p/") {
            None => (place, TILE_WIDTH),
            Some((index, width)) => {
                (index, parse_decimal(width, 255).filter(|&width| width > 0).ok_or(InvalidTilePath)?)
            }
        };
        let index = parse_index(index).ok_or(InvalidTilePath)?;
        if row == "entries" {
            return Ok(Self::Entries(EntriesId { index, width }));
        }
        let level = parse_decimal(row, u16::from(MAX_LEVEL)).and_then(|level| u8::try_from(level).ok());
        Ok(Self::Tile(TileId { level: level.ok_or(InvalidTilePath)?, index, width }))
    }
}

/// Decimal digits without a leading zero, at most `max`.
fn parse_decimal(text: &str, max: u16) -> Option<u16> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let leading_zero = text.len() > 1 && text.starts_with('0');
    if !digits || leading_zero {
        return None;
    }
    text.parse().ok().filter(|&number| number <= max)
}

/// Groups of three digits, all but the last after an `x`; the first is `000` only if it is also the last.
fn parse_index(text: &str) -> Option<u64> {
    let mut groups = text.split('/').rev();
    let three = |group: &str| {
        (group.len() == 3 && group.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| group.parse::<u64>().ok())?
    };
    let mut index = three(groups.next()?)?;
    let mut weight = 1_u64;
    let mut first = None;
    for group in groups {
        let digits = three(group.strip_prefix('x')?)?;
        weight = weight.checked_mul(1000)?;
        index = index.checked_add(digits.checked_mul(weight)?)?;
        first = Some(digits);
    }
    (first != Some(0) && index <= MAX_SIZE).then_some(index)
}

fn write_place(f: &mut fmt::Formatter<'_>, index: u64, width: u16) -> fmt::Result {
    let mut groups = vec![index % 1000];
    let mut rest = index / 1000;
    while rest > 0 {
        groups.push(rest % 1000);
        rest /= 1000;
    }
    while let Some(group) = groups.pop() {
        if groups.is_empty() {
            write!(f, "/{group:03}")?;
        } else {
            write!(f, "/x{group:03}")?;
        }
    }
    if width < TILE_WIDTH { write!(f, ".p/{width}") } else { Ok(()) }
}

/// The path below the log's address: `tile/0/x001/x234/067.p/5`.
impl fmt::Display for TileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tile/{}", self.level)?;
        write_place(f, self.index, self.width)
    }
}

/// The path below the log's address: `tile/entries/x001/x234/067.p/5`.
impl fmt::Display for EntriesId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tile/entries")?;
        write_place(f, self.index, self.width)
    }
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tile(tile) => tile.fmt(f),
            Self::Entries(entries) => entries.fmt(f),
        }
    }
}

/// Why entries do not go into an entry bundle, or bytes are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntriesError {
    /// An entry is empty.
    #[error("entry bundle: an entry is empty")]
    Empty,
    /// An entry is longer than [`MAX_ENTRY_BYTES`].
    #[error("entry bundle: an entry is longer than 4096 bytes")]
    TooLong,
    /// There are more than 256 entries, or not as many as expected.
    #[error("entry bundle: wrong number of entries")]
    Count,
    /// The bytes end within an entry.
    #[error("entry bundle: ends within an entry")]
    Truncated,
}

/// Writes an entry bundle: each entry after its length, two bytes, big endian.
///
/// ```
/// use consent_core::ledger::tile::{EntriesError, MAX_ENTRY_BYTES, decode_entries, encode_entries};
///
/// let bundle = encode_entries([b"one".as_slice(), b"two"])?;
/// assert_eq!(bundle, b"\0\x03one\0\x03two");
/// assert_eq!(decode_entries(&bundle, 2)?, [b"one", b"two"]);
/// assert_eq!(decode_entries(&bundle, 1), Err(EntriesError::Count));
/// assert_eq!(encode_entries([[b'a'; MAX_ENTRY_BYTES + 1].as_slice()]), Err(EntriesError::TooLong));
/// # Ok::<(), EntriesError>(())
/// ```
///
/// # Errors
/// If an entry is empty or too long, or there are more than 256.
pub fn encode_entries<'a>(entries: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<u8>, EntriesError> {
    let mut bytes = Vec::new();
    for (count, entry) in entries.into_iter().enumerate() {
        if count >= usize::from(TILE_WIDTH) {
            return Err(EntriesError::Count);
        }
        let length = check_length(entry.len())?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    Ok(bytes)
}

/// Reads an entry bundle of exactly `width` entries.
///
/// # Errors
/// If the bytes are not what [`encode_entries`] writes for that many entries.
pub fn decode_entries(mut bytes: &[u8], width: u16) -> Result<Vec<&[u8]>, EntriesError> {
    if width > TILE_WIDTH {
        return Err(EntriesError::Count);
    }
    let mut entries = Vec::with_capacity(usize::from(width));
    while !bytes.is_empty() {
        if entries.len() == usize::from(width) {
            return Err(EntriesError::Count);
        }
        let (&length, rest) = bytes.split_first_chunk::<2>().ok_or(EntriesError::Truncated)?;
        let length = check_length(usize::from(u16::from_be_bytes(length)))?;
        let (entry, rest) = rest.split_at_checked(usize::from(length)).ok_or(EntriesError::Truncated)?;
        entries.push(entry);
        bytes = rest;
    }
    if entries.len() == usize::from(width) { Ok(entries) } else { Err(EntriesError::Count) }
}

fn check_length(length: usize) -> Result<u16, EntriesError> {
    match u16::try_from(length) {
        Ok(0) => Err(EntriesError::Empty),
        Ok(fits) if length <= MAX_ENTRY_BYTES => Ok(fits),
        _ => Err(EntriesError::TooLong),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_and_writes_the_paths_of_the_specification() {
        for (path, level, index, width) in [
            ("tile/0/000", 0, 0, 256),
            ("tile/0/x001/x234/067", 0, 1_234_067, 256),
            ("tile/0/x001/x234/067.p/5", 0, 1_234_067, 5),
            ("tile/63/999.p/255", 63, 999, 255),
            ("tile/1/x001/000.p/1", 1, 1000, 1),
        ] {
            let tile = TileId { level, index, width };
            assert_eq!(path.parse(), Ok(TilePath::Tile(tile)), "{path}");
            assert_eq!(tile.to_string(), path);
        }
        let entries = EntriesId { index: 1_234_067, width: 5 };
        assert_eq!("tile/entries/x001/x234/067.p/5".parse(), Ok(TilePath::Entries(entries)));
        assert_eq!(entries.to_string(), "tile/entries/x001/x234/067.p/5");
    }

    #[test]
    fn refuses_every_other_spelling() {
        for path in [
            "",
            "tile",
            "tile/",
            "tile/0",
            "tile/0/",
            "/tile/0/000",
            "tile/0/000/",
            " tile/0/000",
            "tile/0/000 ",
            "tile/64/000",
            "tile/00/000",
            "tile/-1/000",
            "tile/+1/000",
            "tile/256/000",
            "tile//000",
            "tile/0/00",
            "tile/0/0000",
            "tile/0/x000",
            "tile/0/x000/001",
            "tile/0/001/002",
            "tile/0/x1/002",
            "tile/0/X001/002",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/0/000.p/",
            "tile/0/000.p",
            "tile/0/000.p/1/",
            "tile/0/000.p/1.p/1",
            "tile/0/000.p/+1",
            "tile/entries/000.p/0",
            "tile/data/000",
            "tile/Entries/000",
            "tile/8/0/000.p/0",
            "tile/0/x018/x446/x744/x073/x709/x551/616",
            "tile/0/x009/x007/x199/x254/x740/992",
            "tile/0/x999/x999/x999/x999/x999/x999/x999/x999/999",
            "tile/0/00\u{660}",
        ] {
            assert_eq!(path.parse::<TilePath>(), Err(InvalidTilePath), "{path}");
        }
        assert!("tile/0/x009/x007/x199/x254/x740/991".parse::<TilePath>().is_ok());
    }

    #[test]
    fn lists_the_tiles_of_a_tree_as_the_specification_counts_them() {
        let names = |size| TileId::all(size).map(|tile| tile.to_string()).collect::<Vec<_>>();
        assert!(names(0).is_empty());
        assert_eq!(names(256), ["tile/0/000", "tile/1/000.p/1"]);
        let names = names(70_000);
        assert_eq!(names.len(), 273 + 1 + 1 + 1 + 1);
        assert_eq!(names[273..], ["tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"]);
        assert_eq!(EntriesId::all(257).map(|id| id.width).collect::<Vec<_>>(), [256, 1]);
    }

    #[test]
    fn refuses_entry_bundles_outside_the_limits() {
        let long = vec![b'x'; MAX_ENTRY_BYTES + 1];
        assert_eq!(encode_entries([long.as_slice()]), Err(EntriesError::TooLong));
        assert_eq!(encode_entries([b"".as_slice()]), Err(EntriesError::Empty));
        assert_eq!(encode_entries([b"x".as_slice(); 257]), Err(EntriesError::Count));
        assert_eq!(decode_entries(&[0, 0], 1), Err(EntriesError::Empty));
        assert_eq!(decode_entries(&[0x10, 1], 1), Err(EntriesError::TooLong));
        assert_eq!(decode_entries(&[0, 1, 7, 0], 2), Err(EntriesError::Truncated));
        assert_eq!(decode_entries(&[0, 1, 7], 2), Err(EntriesError::Count));
        assert_eq!(decode_entries(&[0, 1, 7, 0, 1, 7], 1), Err(EntriesError::Count));
        assert_eq!(decode_entries(&[], 257), Err(EntriesError::Count));
    }

    proptest! {
        #[test]
        fn every_path_reads_back(level in 0..=MAX_LEVEL, index in 0..=MAX_SIZE, width in 1..=TILE_WIDTH) {
            for path in [
                TilePath::Tile(TileId { level, index, width }),
                TilePath::Entries(EntriesId { index, width }),
            ] {
                prop_assert_eq!(path.to_string().parse(), Ok(path));
            }
        }

        #[test]
        fn whatever_reads_as_a_path_is_written_the_same(text in "tile/[0-9e]{1,3}(/x[0-9]{3}){0,3}/[0-9]{3}(\\.p/[0-9]{1,3})?") {
            if let Ok(path) = text.parse::<TilePath>() {
                prop_assert_eq!(path.to_string(), text);
            }
        }

        #[test]
        fn entry_bundles_read_back_and_no_prefix_does(
            entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 0..30),
        ) {
            let width = u16::try_from(entries.len()).unwrap();
            let bytes = encode_entries(entries.iter().map(Vec::as_slice)).unwrap();
            prop_assert_eq!(decode_entries(&bytes, width).unwrap(), entries);
            for end in 0..bytes.len() {
                prop_assert!(decode_entries(&bytes[..end], width).is_err());
            }
        }
    }
}
