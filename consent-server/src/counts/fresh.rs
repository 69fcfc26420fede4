//! What this process wrote and nobody has counted yet, counted while it is at hand: to read a decision back costs more than
//! half of what it costs to record it.
//!
//! It is a short cut and nothing else. What is not here is read from the log: what was written before the process began, or by
//! another one. So it may forget whatever it likes, and has a bound.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use super::follow::date_of;
use super::piece::{Piece, What};
use crate::store::LogId;

/// How many pieces of a log are remembered at most, if nobody takes them: two days have three or four.
const MOST: usize = 4;

/// By log, one behind the other without a gap.
#[derive(Debug, Default)]
pub struct Fresh(Mutex<HashMap<LogId, VecDeque<Piece>>>);

impl Fresh {
    /// Takes in entries of a log, from this one on, that are durable now. All have the same time (unix seconds).
    pub(crate) fn add(&self, log: &LogId, from: u64, time: u64, entries: Vec<What>) {
        let date = date_of(time);
        let mut logs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !logs.contains_key(log) {
            logs.insert(log.clone(), VecDeque::new());
        }
        let Some(pieces) = logs.get_mut(log) else { return };
        if pieces.back().is_some_and(|last| last.until != from) {
            // Somebody else wrote what is missing in between.
            pieces.clear();
        }
        for (index, what) in (from..).zip(entries) {
            if pieces.back().is_none_or(|last| !last.takes(date, &what)) {
                if pieces.len() == MOST {
                    pieces.pop_front();
                }
                pieces.push_back(Piece::begin(index, date));
            }
            if let Some(piece) = pieces.back_mut() {
                piece.push(time, what);
            }
        }
    }

    /// The first entry that is here, of those from `from` on. What is here of others is forgotten.
    pub(super) fn first(&self, log: &LogId, from: u64) -> Option<u64> {
        let mut logs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pieces = logs.get_mut(log)?;
        pieces.retain(|piece| piece.from >= from);
        pieces.front().map(|piece| piece.from)
    }

    /// Everything of a log from this entry on; nothing if that is not here any more.
    pub(super) fn take(&self, log: &LogId, from: u64) -> VecDeque<Piece> {
        let mut logs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match logs.get_mut(log) {
            Some(pieces) if pieces.front().is_some_and(|piece| piece.from == from) => std::mem::take(pieces),
            _ => VecDeque::new(),
        }
    }
}
