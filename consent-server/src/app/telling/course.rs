//! What a receiver is told next: what is new, and what it is to be told again while nothing is.

use consent_core::notice::SiteId;

use crate::config::WebhookEvents;
use crate::store::{LogId, Store, StoreError};
use crate::webhooks::cursor::Cursor;
use crate::webhooks::event::{self, Due};
use crate::webhooks::replay::Replay;

/// How many entries are looked at for one piece. What is new waits for one piece of what is told again at most.
const PIECE: u64 = 64;

/// How many pieces are looked at before others get their turn, if there is nothing in them to tell.
const PIECES: u64 = 64;

/// A part of a log, and what in it is to be told.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) log: LogId,
    pub(super) due: Vec<Due>,
    /// The index after its last entry.
    pub(super) to: u64,
}

/// How far a receiver was told, and what it is told again.
#[derive(Clone, Debug)]
pub(super) struct Course {
    pub(super) cursor: Cursor,
    again: Option<(String, Replay)>,
    /// Whether something has moved since it was kept.
    moved: bool,
}

/// What comes next.
#[derive(Debug)]
pub(super) enum Next {
    /// To tell this, of what is new or of what is told again.
    Tell(Piece, bool),
    /// To look again, as there is more.
    More,
    /// To wait, as there is nothing.
    Nothing,
}

impl Course {
    pub(super) fn new(cursor: Cursor) -> Self {
        Self { cursor, again: None, moved: false }
    }

    /// Finds what comes next; what is told again only `with_again`. `sizes` are those of the site's signed heads: what is not under them was promised to nobody.
    pub(super) fn next(
        &mut self,
        store: &dyn Store,
        site: &SiteId,
        id: &str,
        sizes: &[(LogId, u64)],
        events: &[WebhookEvents],
        with_again: bool,
    ) -> Result<Next, StoreError> {
        for (log, to) in sizes {
            let to = *to;
            let mut from = self.cursor.until(log.year);
            if from >= to || store.head(log)?.is_none_or(|head| head.forgotten) {
                continue;
            }
            for _ in 0..PIECES {
                let piece = piece(store, log, from..to, events)?;
                if !piece.due.is_empty() {
                    return Ok(Next::Tell(piece, false));
                }
                from = piece.to;
                self.done(log, from, false);
                if from >= to {
                    break;
                }
            }
            return Ok(Next::More);
        }
        if !with_again {
            return Ok(Next::Nothing);
        }
        if self.again.is_none() {
            self.again = Replay::all(store, site, id)?.into_iter().next();
        }
        let Some((_, replay)) = &self.again else { return Ok(Next::Nothing) };
        let Some((log, range)) = replay.first(site) else {
            // There is nothing left of it, or nothing that can be understood: it goes.
            if let Some((_, replay)) = &mut self.again {
                replay.0.clear();
            }
            self.keep(store, site, id)?;
            return Ok(Next::More);
        };
        // What is not under a signed head, or is no part of a log that ended, is not told; it may be told as new some day.
        let reached = sizes.iter().find(|(of, _)| *of == log).map_or(0, |(_, size)| *size);
        let end = range.end.min(reached);
        if range.start >= end || store.head(&log)?.is_none_or(|head| head.forgotten) {
            self.done(&log, range.end, true);
            return Ok(Next::More);
        }
        Ok(Next::Tell(piece(store, &log, range.start..end, events)?, true))
    }

    /// Notes that the first `until` entries of a log are behind it.
    pub(super) fn done(&mut self, log: &LogId, until: u64, is_again: bool) {
        self.moved = true;
        match &mut self.again {
            Some((_, replay)) if is_again => replay.advance(log.year, until),
            _ => self.cursor.advance(log.year, until),
        }
    }

    /// Notes since when the receiver takes nothing.
    pub(super) fn fails_since(&mut self, since: Option<u64>) {
        self.moved |= self.cursor.failing_since != since;
        self.cursor.failing_since = since;
    }

    pub(super) fn has_moved(&self) -> bool {
        self.moved
    }

    /// Keeps it, if something has moved.
    pub(super) fn keep(&mut self, store: &dyn Store, site: &SiteId, id: &str) -> Result<(), StoreError> {
        self.cursor.keep(store, site, id)?;
        if let Some((name, replay)) = &self.again {
            replay.keep(store, site, name)?;
            if replay.0.is_empty() {
                self.again = None;
            }
        }
        self.moved = false;
        Ok(())
    }
}

fn piece(
    store: &dyn Store,
    log: &LogId,
    range: std::ops::Range<u64>,
    events: &[WebhookEvents],
) -> Result<Piece, StoreError> {
    let to = range.end.min(range.start.saturating_add(PIECE));
    Ok(Piece { log: log.clone(), due: event::due(store, log, range.start..to, events)?, to })
}
