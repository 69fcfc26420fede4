//! Where an address is, by a file in MaxMind's format (GeoLite2, GeoIP2, DB-IP and others that keep to it).
//!
//! The file is read once, when the server starts. Nothing is kept of who was looked up.

use std::net::IpAddr;
use std::path::Path;

use consent_core::regime::Region;
use maxminddb::{MaxMindDbError, Reader, path};

/// Such a file, in memory.
pub struct RegionFile(Reader<Vec<u8>>);

/// The file can not be read, or is none.
#[derive(Debug, thiserror::Error)]
#[error("the file of regions can not be used")]
pub struct RegionFileError(#[from] MaxMindDbError);

impl RegionFile {
    /// Reads a file.
    ///
    /// # Errors
    /// If it can not be read, or is not in the format.
    pub fn open(file: &Path) -> Result<Self, RegionFileError> {
        Ok(Self(Reader::open_readfile(file)?))
    }

    /// The region of an address: country and first part of it, as far as the file knows them.
    #[must_use]
    pub fn region_of(&self, address: IpAddr) -> Region {
        let Ok(found) = self.0.lookup(address) else { return Region::UNKNOWN };
        // What is damaged in the file is a place that nobody knows.
        let text = |path: &[_]| found.decode_path::<&str>(path).ok().flatten().unwrap_or_default();
        let country = Region::read(text(&path!["country", "iso_code"]));
        country.with_part(text(&path!["subdivisions", 0, "iso_code"]))
    }
}

impl std::fmt::Debug for RegionFile {
    /// Without what is in it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("RegionFile").field(&self.0.metadata().database_type).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by the script beside it.
    fn file() -> RegionFile {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/regions/regions.mmdb");
        RegionFile::open(&file).unwrap()
    }

    #[test]
    fn an_address_is_where_the_file_says_and_else_nowhere_known() {
        let file = file();
        for (address, region) in [
            ("192.0.2.1", "GB"),
            ("192.0.2.255", "CH"),
            ("198.51.100.7", "US-CA"),
            ("198.51.100.200", "US"),
            ("203.0.113.9", "FR-IDF"),
            ("203.0.113.70", "unknown"),
            ("203.0.113.130", "unknown"),
            ("203.0.113.200", "unknown"),
            ("2001:db8:1::9", "US-CA"),
            ("2001:db8:2::9", "unknown"),
            ("127.0.0.1", "unknown"),
            ("::", "unknown"),
        ] {
            assert_eq!(file.region_of(address.parse().unwrap()).as_str(), region, "{address}");
        }
    }

    #[test]
    fn what_is_no_such_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let whole = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/regions/regions.mmdb");
        let whole = std::fs::read(whole).unwrap();
        let at = folder.path().join("regions.mmdb");
        assert!(RegionFile::open(&at).is_err());
        for bytes in [&[][..], b"no database", &whole[..whole.len() / 2]] {
            std::fs::write(&at, bytes).unwrap();
            assert!(RegionFile::open(&at).is_err());
        }
    }
}
