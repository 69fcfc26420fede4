//! A bundle that is kept for a while, and how it is sent.
//!
//! It is a file without a name: it is gone with the process, and with the last who is sent something of it.

use std::fs::File;
use std::io::{self, Read as _};
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};

use axum::body::Bytes;
use consent_core::digest::Digest;
use hyper::body::{Body, Frame, SizeHint};
use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::export::{ExportError, Mark};
use crate::store::Store;

use super::super::export::Made;

/// Seconds for which it is kept after something of it was sent last.
pub(super) const KEPT: u64 = 900;

/// How much is read at a time.
const PIECE: u64 = 64 * 1024;

/// After so many bytes it is looked again whether it may still be sent: that may take hours.
const LOOKED: u64 = 1 << 20;

/// A bundle that was made.
#[derive(Debug)]
pub(super) struct Kept {
    file: File,
    /// In bytes.
    pub(super) length: u64,
    /// SHA-256 of its bytes.
    pub(super) digest: Digest,
    /// What it is called where it is saved.
    pub(super) name: String,
    mark: Mark,
    is_dropped: AtomicBool,
    until: AtomicU64,
    /// Set once the trail says that it was taken away.
    pub(super) is_told: OnceCell<()>,
}

impl Kept {
    /// Reads it once, for its digest.
    pub(super) fn new(made: Made, now: u64) -> io::Result<Self> {
        let Made { mut file, length, name, mark } = made;
        let (mut hash, mut piece) = (Sha256::new(), vec![0; 256 * 1024]);
        loop {
            let read = file.read(&mut piece)?;
            if read == 0 {
                break;
            }
            hash.update(piece.get(..read).unwrap_or_default());
        }
        let (digest, until) = (Digest(hash.finalize().into()), AtomicU64::new(now + KEPT));
        let is_dropped = AtomicBool::new(false);
        Ok(Self { file, length, digest, name, mark, is_dropped, until, is_told: OnceCell::new() })
    }

    /// The strong entity tag: no other bytes have it.
    pub(super) fn tag(&self) -> String {
        format!("\"{}\"", self.digest)
    }

    /// Until when it is kept, unix seconds.
    pub(super) fn until(&self) -> u64 {
        self.until.load(Ordering::Relaxed)
    }

    /// Keeps it on: whoever is sent something now can resume.
    pub(super) fn keep_on(&self, now: u64) {
        self.until.fetch_max(now + KEPT, Ordering::Relaxed);
    }

    /// Lets nobody have any more of it.
    pub(super) fn let_go(&self) {
        self.is_dropped.store(true, Ordering::Relaxed);
    }

    /// Whether something that is in it was erased since.
    pub(super) fn is_overtaken(&self, store: &dyn Store) -> Result<bool, ExportError> {
        let is_overtaken = self.mark.is_overtaken(store)?;
        self.is_dropped.fetch_or(is_overtaken, Ordering::Relaxed);
        Ok(is_overtaken)
    }

    fn read(&self, range: &Range<u64>) -> io::Result<Bytes> {
        let length = usize::try_from(range.end - range.start).map_err(io::Error::other)?;
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, range.start)?;
        Ok(bytes.into())
    }
}

/// Some bytes of a bundle, piece by piece. Ends before its end, which browsers take for an interruption, if something was erased
/// meanwhile.
pub(super) struct Sending {
    kept: Arc<Kept>,
    left: Range<u64>,
    unlooked: u64,
    reading: Option<JoinHandle<io::Result<Bytes>>>,
    // A slow download keeps no store open, and so no server from ending.
    store: Weak<dyn Store>,
    clock: Arc<dyn Clock>,
}

impl Sending {
    pub(super) fn new(
        kept: Arc<Kept>,
        range: Range<u64>,
        store: &Arc<dyn Store>,
        clock: &Arc<dyn Clock>,
    ) -> Self {
        let (store, clock) = (Arc::downgrade(store), Arc::clone(clock));
        Self { kept, left: range, unlooked: 0, reading: None, store, clock }
    }

    /// Begins to read the next piece, where it keeps nobody waiting.
    fn read_on(&mut self) -> JoinHandle<io::Result<Bytes>> {
        let piece = self.left.start..self.left.end.min(self.left.start + PIECE);
        let looks = self.unlooked >= LOOKED;
        self.unlooked = if looks { 0 } else { self.unlooked + PIECE };
        let (kept, store, clock) = (Arc::clone(&self.kept), self.store.clone(), Arc::clone(&self.clock));
        tokio::task::spawn_blocking(move || {
            if looks {
                let store = store.upgrade().ok_or_else(|| io::Error::other("the server ends"))?;
                kept.is_overtaken(&*store).map_err(io::Error::other)?;
                kept.keep_on(clock.unix_seconds());
            }
            // Whoever found it, also while nothing could be sent for long.
            if kept.is_dropped.load(Ordering::Relaxed) {
                return Err(io::Error::other(
                    "this bundle was dropped: something in it was erased, or another took its place",
                ));
            }
            kept.read(&piece)
        })
    }
}

impl Body for Sending {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let mut reading = match self.reading.take() {
            Some(reading) => reading,
            None if self.left.is_empty() => return Poll::Ready(None),
            None => self.read_on(),
        };
        let Poll::Ready(read) = Pin::new(&mut reading).poll(context) else {
            self.reading = Some(reading);
            return Poll::Pending;
        };
        let read = read.map_err(io::Error::other).flatten();
        // What follows a piece that can not be sent is not sent either.
        let sent = read.as_ref().map_or(u64::MAX, |bytes| u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        self.left.start = self.left.end.min(self.left.start.saturating_add(sent));
        Poll::Ready(Some(read.map(Frame::data)))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.end - self.left.start)
    }
}
