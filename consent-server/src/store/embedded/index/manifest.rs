//! Which files make up the index, up to where they cover each log, and the secret of its keys.

use super::super::codec::{Reader, damaged, engine, sealed, unsealed};
use super::super::disk::{self, Disk};
use super::{Covered, FOLDER, StoreError};

const MAGIC: [u8; 4] = *b"CSX2";

#[derive(Clone, Debug, Default)]
pub(super) struct Manifest {
    pub(super) secret: [u8; 16],
    /// The number of the newest file.
    pub(super) next: u64,
    pub(super) covered: Covered,
    pub(super) runs: Vec<u64>,
}

fn path() -> String {
    format!("{FOLDER}/manifest")
}

pub(super) fn remove(disk: &dyn Disk) -> Result<(), StoreError> {
    disk.remove(&path()).and_then(|()| disk.sync_folder(FOLDER)).map_err(engine)
}

impl Manifest {
    pub(super) fn write(&self, disk: &dyn Disk) -> Result<(), StoreError> {
        let mut bytes = Vec::with_capacity(64);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&self.secret);
        bytes.extend_from_slice(&self.next.to_be_bytes());
        bytes.extend_from_slice(&u32::try_from(self.runs.len()).map_err(engine)?.to_be_bytes());
        for run in &self.runs {
            bytes.extend_from_slice(&run.to_be_bytes());
        }
        for (number, size) in &self.covered {
            bytes.extend_from_slice(&number.to_be_bytes());
            bytes.extend_from_slice(&size.to_be_bytes());
        }
        disk::replace(disk, &path(), &sealed(bytes)).map_err(engine)
    }

    /// `None` if there is none.
    pub(super) fn read(disk: &dyn Disk) -> Result<Option<Self>, StoreError> {
        let Some(bytes) = disk::read(disk, &path()).map_err(engine)? else { return Ok(None) };
        Self::parse(&bytes).map(Some).ok_or_else(|| damaged("the index's manifest is not whole"))
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut bytes = Reader(unsealed(bytes)?);
        if bytes.array()? != MAGIC {
            return None;
        }
        let mut manifest = Self { secret: bytes.array()?, next: bytes.u64()?, ..Self::default() };
        for _ in 0..bytes.u32()? {
            manifest.runs.push(bytes.u64()?);
        }
        while !bytes.0.is_empty() {
            manifest.covered.insert(bytes.u32()?, bytes.u64()?);
        }
        Some(manifest)
    }
}
