//! Everything of one store into a database, the log byte for byte.
//!
//! Each step can be done again: what is there already is gone over, so that a migration that was stopped goes on where it
//! was. Until it has ended no server starts on the database. The tree is computed anew from the entries on the way, so a
//! log that comes out with another root than it had is not taken for moved.

use std::collections::{BTreeSet, HashMap};

use consent_core::decision::{DecisionId, SubjectId};
use consent_core::ledger::append::LogState;
use consent_core::ledger::entry::{Entry, Kind};
use consent_core::notice::SiteId;
use serde::Deserialize;

use crate::data::ServerKey;
use crate::store::{Batch, DecisionRow, Head, LogId, Openings, PostgresStore, Row, Store, StoreError, Tile};
use crate::tiles;

/// How many entries are moved as one step.
const STEP: u64 = 2048;

/// What was moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Logs.
    pub logs: u64,
    /// Entries of them, with those of an earlier run.
    pub entries: u64,
}

/// What is told of how far it is: entries done, entries in all.
pub type Progress<'a> = &'a mut dyn FnMut(u64, u64);

/// The part of a subject's data that leads to its decision.
#[derive(Deserialize)]
struct Ids {
    decision_id: String,
    subject_id: String,
}

/// Moves everything of `from`, whose heads are signed with `key`, into an empty database, or goes on with that.
///
/// # Errors
/// [`StoreError::Schema`] if the database has logs that did not come from a migration; [`StoreError::Damaged`] if what is
/// moved is not whole; if a store fails.
pub fn migrate(
    from: &dyn Store,
    to: &PostgresStore,
    key: &ServerKey,
    progress: Progress,
) -> Result<Moved, StoreError> {
    to.begin_import(key)?;
    let logs = from.logs()?;
    let total = logs.iter().filter(|(_, head)| !head.forgotten).map(|(_, head)| head.size).sum();
    let sites: BTreeSet<_> = logs.iter().map(|(log, _)| log.site.clone()).collect();
    for site in &sites {
        move_site(from, to, site)?;
    }
    let mut moved = Moved::default();
    for (log, head) in &logs {
        moved.logs += 1;
        if head.forgotten {
            to.import_head(log, head)?;
            continue;
        }
        let before = moved.entries;
        move_log(from, to, log, head, &mut |done| progress(before + done, total))?;
        moved.entries += head.size;
    }
    if to.logs()? != logs {
        return Err(StoreError::Damaged(
            "the heads in the database are not those that were moved".to_owned(),
        ));
    }
    to.end_import(key)?;
    Ok(moved)
}

/// What lies beside the logs.
fn move_site(from: &dyn Store, to: &dyn Store, site: &SiteId) -> Result<(), StoreError> {
    for (notice, bytes) in from.notices(site)? {
        to.publish(site, notice, &bytes)?;
    }
    for name in from.kept_names(site, "")? {
        if let Some(bytes) = from.kept(site, &name)? {
            to.keep(site, &name, &bytes)?;
        }
    }
    Ok(())
}

fn move_log(
    from: &dyn Store,
    to: &dyn Store,
    log: &LogId,
    head: &Head,
    progress: &mut dyn FnMut(u64),
) -> Result<(), StoreError> {
    let damaged = |what: &str| StoreError::Damaged(format!("log {log}: {what}"));
    let first = from.entries(log, 0..1)?.pop().and_then(|entry| Entry::parse(&entry).ok());
    let Some(Kind::Open { log: origin, .. }) = first.as_ref().map(Entry::kind) else {
        return Err(damaged("its first entry does not open it"));
    };
    let there = to.head(log)?;
    let mut state = match &there {
        Some(there) => LogState::resume(origin.clone(), tiles::frontier(to, log, there.size)?, there.time),
        None => LogState::new(origin.clone()),
    };
    if there.is_some_and(|there| there.root != state.root()) {
        return Err(damaged("what is in the database does not lead to its root"));
    }
    while state.size() < head.size {
        let begin = state.size();
        let end = head.size.min(begin + STEP);
        let entries = from.entries(log, begin..end)?;
        let openings: HashMap<u64, Openings> = from.openings(log, begin..end)?.into_iter().collect();
        let mut staged = state.stage();
        let mut rows = Vec::new();
        for (index, bytes) in (begin..end).zip(&entries) {
            let entry = Entry::parse(bytes).map_err(|_| damaged("an entry is none"))?;
            staged.push(&entry).map_err(|_| damaged("time goes back"))?;
            rows.push(row(from, log, &entry, openings.get(&index))?);
        }
        if staged.entries() != entries {
            return Err(damaged("an entry is not what was read"));
        }
        state = staged.state().clone();
        let is_last = end == head.size;
        if is_last && state.root() != head.root {
            return Err(damaged("its entries do not lead to its root"));
        }
        let tiles = staged.tiles().map(|(tile, hashes)| Tile {
            level: tile.level,
            index: tile.index,
            hashes: hashes.iter().flat_map(|hash| hash.0).collect(),
        });
        to.commit(&[Batch {
            log,
            from: begin,
            entries: &entries,
            rows: &rows,
            tiles: tiles.collect(),
            head: Head {
                size: end,
                root: state.root(),
                time: state.time(),
                closed: is_last && head.closed,
                forgotten: false,
            },
            history: None,
        }])?;
        progress(end);
    }
    move_older_heads(from, to, log, head)
}

/// Each as a batch without entries: there is one an hour.
fn move_older_heads(from: &dyn Store, to: &dyn Store, log: &LogId, head: &Head) -> Result<(), StoreError> {
    let there: BTreeSet<u64> = to.history(log)?.into_iter().map(|(size, _)| size).collect();
    for older in from.history(log)?.iter().filter(|(size, _)| !there.contains(size)) {
        to.commit(&[Batch {
            log,
            from: head.size,
            entries: &[],
            rows: &[],
            tiles: Vec::new(),
            head: *head,
            history: Some(older),
        }])?;
    }
    Ok(())
}

/// What belongs to an entry beside the log. What was erased is gone already, so an erasure has nothing to do.
fn row(from: &dyn Store, log: &LogId, entry: &Entry, openings: Option<&Openings>) -> Result<Row, StoreError> {
    match (entry.kind(), openings) {
        (Kind::Notice { notice }, _) => Ok(Row::Notice(*notice)),
        (Kind::Decision { .. }, Some(openings)) => {
            let missing = || StoreError::Damaged(format!("log {log}: a decision can not be found by its id"));
            let data = openings.subject.as_ref().ok_or_else(missing)?.data();
            let ids: Ids = serde_json::from_str(data).map_err(|_| missing())?;
            let decision_id: DecisionId = ids.decision_id.parse().map_err(|_| missing())?;
            let subject_id: SubjectId = ids.subject_id.parse().map_err(|_| missing())?;
            let placed = from.find_decision(&log.site, decision_id)?.ok_or_else(missing)?;
            let openings = openings.clone();
            Ok(Row::Decision(Box::new(DecisionRow { decision_id, subject_id, placed, openings })))
        }
        _ => Ok(Row::Plain),
    }
}
