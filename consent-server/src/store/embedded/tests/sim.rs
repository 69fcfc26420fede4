//! A file system in memory that fails when it is told to, and knows what a power cut leaves.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::super::disk::{Disk, DiskFile};

/// What a disk writes as a whole.
const SECTOR: usize = 512;

/// How a step fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Nothing happens, and an error is returned.
    Fails,
    /// Half of it happens, and an error is returned.
    Short,
    /// All of it happens, and an error is returned.
    FailsButDone,
}

#[derive(Clone, Debug, Default)]
struct Inode {
    data: Vec<u8>,
    durable: Vec<u8>,
    pending: Vec<(usize, Vec<u8>)>,
}

#[derive(Clone, Debug, Default)]
struct State {
    inodes: Vec<Inode>,
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    folders: BTreeSet<String>,
    durable_folders: BTreeSet<String>,
    steps: u64,
    fault: Option<(u64, Mode)>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Sim(Arc<Mutex<State>>);

#[derive(Debug)]
struct SimFile {
    disk: Sim,
    inode: usize,
}

/// Numbers that look random, from a seed.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^ (mixed >> 29)
    }
}

impl Sim {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the step with this number fail, counted from the first one.
    pub(super) fn fail_at(&self, step: u64, mode: Mode) {
        self.state().fault = Some((step, mode));
    }

    pub(super) fn steps(&self) -> u64 {
        self.state().steps
    }

    /// The disk as another process finds it after this one was killed.
    pub(super) fn killed(&self) -> Self {
        let mut state = self.state().clone();
        (state.steps, state.fault) = (0, None);
        Self(Arc::new(Mutex::new(state)))
    }

    /// The disk as the next start finds it after a power cut: without what was not synced, or with any part of it.
    pub(super) fn after_power_cut(&self, mut random: Option<Random>) -> Self {
        let mut state = self.state().clone();
        (state.steps, state.fault) = (0, None);
        let mut lucky = || random.as_mut().is_some_and(|random| random.next().is_multiple_of(2));
        for inode in &mut state.inodes {
            for (at, bytes) in std::mem::take(&mut inode.pending) {
                for (number, sector) in bytes.chunks(SECTOR).enumerate().filter(|_| lucky()) {
                    write(&mut inode.durable, at + number * SECTOR, sector);
                }
            }
            inode.data.clone_from(&inode.durable);
        }
        let mut names = state.durable_names.clone();
        for (name, inode) in &state.names {
            if lucky() {
                names.insert(name.clone(), *inode);
            }
        }
        names.retain(|name, _| state.durable_names.contains_key(name) || state.names.contains_key(name));
        let folders = state.durable_folders.clone();
        names.retain(|name, _| above(name).is_empty() || folders.contains(above(name)));
        (state.names, state.folders) = (names.clone(), folders);
        state.durable_names = names;
        Self(Arc::new(Mutex::new(state)))
    }

    /// The names of files that hold these bytes, on the disk or in what is still to be written to it.
    pub(super) fn files_with(&self, bytes: &[u8]) -> Vec<String> {
        let state = self.state();
        let has = |data: &[u8]| data.windows(bytes.len()).any(|window| window == bytes);
        let found = state.names.iter().filter(|(_, inode)| {
            let inode = &state.inodes[**inode];
            has(&inode.data) || has(&inode.durable)
        });
        found.map(|(name, _)| name.clone()).collect()
    }

    /// Changes a file behind the store's back.
    pub(super) fn damage(&self, name: &str, at: usize, bytes: &[u8]) {
        let mut state = self.state();
        let inode = state.names[name];
        write(&mut state.inodes[inode].data, at, bytes);
        write(&mut state.inodes[inode].durable, at, bytes);
    }

    /// The bytes of a file.
    pub(super) fn bytes(&self, name: &str) -> Vec<u8> {
        let state = self.state();
        state.names.get(name).map(|inode| state.inodes[*inode].data.clone()).unwrap_or_default()
    }

    /// Counts a step; how it is to fail, if it is to.
    fn step(&self) -> (MutexGuard<'_, State>, Option<Mode>) {
        let mut state = self.state();
        state.steps += 1;
        let mode = state.fault.filter(|(at, _)| *at == state.steps).map(|(_, mode)| mode);
        (state, mode)
    }

    /// A step that happens as a whole or not at all.
    fn whole(&self, step: impl FnOnce(&mut State) -> io::Result<()>) -> io::Result<()> {
        let (mut state, mode) = self.step();
        match mode {
            None => step(&mut state),
            Some(Mode::Fails | Mode::Short) => Err(failed()),
            Some(Mode::FailsButDone) => {
                step(&mut state)?;
                Err(failed())
            }
        }
    }
}

fn failed() -> io::Error {
    io::Error::other("the test lets this fail")
}

fn above(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn write(to: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    to.resize(to.len().max(at + bytes.len()), 0);
    to[at..at + bytes.len()].copy_from_slice(bytes);
}

impl Disk for Sim {
    fn open(&self, path: &str, make: bool) -> io::Result<Arc<dyn DiskFile>> {
        let known = self.state().names.get(path).copied();
        let inode = match known {
            Some(inode) => inode,
            None if !make => return Err(io::ErrorKind::NotFound.into()),
            None => {
                self.whole(|state| {
                    assert!(
                        above(path).is_empty() || state.folders.contains(above(path)),
                        "no folder for {path}"
                    );
                    state.inodes.push(Inode::default());
                    state.names.insert(path.to_owned(), state.inodes.len() - 1);
                    Ok(())
                })?;
                self.state().names[path]
            }
        };
        Ok(Arc::new(SimFile { disk: self.clone(), inode }))
    }

    fn make_folder(&self, path: &str) -> io::Result<()> {
        if self.state().folders.contains(path) {
            return Ok(());
        }
        self.whole(|state| {
            let mut folder = path;
            while !folder.is_empty() {
                state.folders.insert(folder.to_owned());
                folder = above(folder);
            }
            Ok(())
        })
    }

    fn list(&self, path: &str) -> io::Result<Vec<String>> {
        let state = self.state();
        let all =
            state.names.keys().chain(&state.folders).filter(|name| above(name) == path && !name.is_empty());
        let mut names: Vec<_> = all.map(|name| name.rsplit('/').next().unwrap().to_owned()).collect();
        names.sort_unstable();
        Ok(names)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.whole(|state| {
            let inode = state.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
            state.names.insert(to.to_owned(), inode);
            Ok(())
        })
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        if !self.state().names.contains_key(path) {
            return Err(io::ErrorKind::NotFound.into());
        }
        self.whole(|state| {
            state.names.remove(path);
            Ok(())
        })
    }

    fn remove_folder(&self, path: &str) -> io::Result<()> {
        let (mut state, mode) = self.step();
        if mode == Some(Mode::Fails) {
            return Err(failed());
        }
        let inside = |name: &str| name == path || name.starts_with(&format!("{path}/"));
        let gone: Vec<_> = state.names.keys().filter(|name| inside(name)).cloned().collect();
        let part = if mode == Some(Mode::Short) { gone.len() / 2 } else { gone.len() };
        for name in gone.iter().take(part) {
            state.names.remove(name);
        }
        if mode != Some(Mode::Short) {
            state.folders.retain(|name| !inside(name));
        }
        if mode.is_some() { Err(failed()) } else { Ok(()) }
    }

    fn sync_folder(&self, path: &str) -> io::Result<()> {
        self.whole(|state| {
            let State { names, durable_names, folders, durable_folders, .. } = state;
            durable_names.retain(|name, _| above(name) != path);
            durable_names.extend(
                names
                    .iter()
                    .filter(|(name, _)| above(name) == path)
                    .map(|(name, inode)| (name.clone(), *inode)),
            );
            let here = |name: &String| above(name) == path;
            durable_folders.retain(|name| !here(name) || folders.contains(name));
            durable_folders.extend(folders.iter().filter(|name| here(name)).cloned());
            Ok(())
        })
    }
}

impl DiskFile for SimFile {
    fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        let state = self.disk.state();
        let at = usize::try_from(at).unwrap();
        let held = state.inodes[self.inode].data.get(at..at + bytes.len());
        bytes.copy_from_slice(held.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        let (mut state, mode) = self.disk.step();
        let part = match mode {
            Some(Mode::Fails) => &[],
            Some(Mode::Short) => &bytes[..bytes.len() / 2],
            Some(Mode::FailsButDone) | None => bytes,
        };
        let at = usize::try_from(at).unwrap();
        let inode = &mut state.inodes[self.inode];
        if !part.is_empty() {
            write(&mut inode.data, at, part);
            inode.pending.push((at, part.to_vec()));
        }
        if mode.is_some() { Err(failed()) } else { Ok(()) }
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.whole(|state| {
            let inode = &mut state.inodes[self.inode];
            for (at, bytes) in inode.pending.drain(..) {
                write(&mut inode.durable, at, &bytes);
            }
            Ok(())
        })
    }

    fn length(&self) -> io::Result<u64> {
        Ok(u64::try_from(self.disk.state().inodes[self.inode].data.len()).unwrap())
    }
}

impl Sim {
    /// The files in a folder.
    pub(super) fn names_in(&self, folder: &str) -> Vec<String> {
        self.state().names.keys().filter(|name| above(name) == folder).cloned().collect()
    }
}
