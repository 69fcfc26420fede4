//! Follows the logs of a site, and keeps what it counts.

use std::collections::BTreeMap;
use std::ops::Range;

use consent_core::ledger::entry::Entry;
use consent_core::notice::SiteId;
use time::{Date, OffsetDateTime};

use super::day::Day;
use super::fresh::Fresh;
use super::named;
use super::piece::{Piece, What};
use crate::store::{Head, LogId, Store, StoreError};

/// Where the documents of a site are, before the date.
const DOCUMENTS: &str = "counts/";

/// Counts what came into the logs of a site since it was counted last: what is in `fresh`, and `most` entries that have to be read. Whether
/// there is more. A document that can not be read is as one that is not there: what it counted is counted again.
///
/// # Errors
/// If the store fails, or an entry is none.
pub fn follow(store: &dyn Store, fresh: &Fresh, site: &SiteId, most: u64) -> Result<bool, StoreError> {
    let (mut date, mut day) = last(store, site)?;
    let mut has_more = false;
    for (log, head) in store.logs()?.into_iter().filter(|(log, head)| log.site == *site && !head.forgotten) {
        let name = log.to_string();
        let mut counted = day.until.get(&name).copied().unwrap_or(0);
        let pieces = next(store, fresh, &log, counted..head.size, most)?;
        named::note(store, site, pieces.iter().flat_map(|piece| piece.named.iter().copied()))?;
        for piece in pieces {
            // What counts nothing begins no day: a log that has ended takes erasures while the next one counts.
            if date.is_none_or(|date| piece.date > date && !piece.is_nothing()) {
                if let Some(date) = date {
                    keep(store, site, date, &day)?;
                }
                day = day.next();
                date = Some(piece.date);
            }
            counted = piece.until;
            day.add(piece.day);
            day.until.insert(name.clone(), counted);
        }
        if counted < head.size {
            // A later log has later days: it waits until this one is counted.
            has_more = true;
            break;
        }
    }
    if let Some(date) = date {
        keep_if_changed(store, site, date, &day)?;
    }
    Ok(has_more)
}

/// What comes next in a log of which `open` is not counted: up to `most` entries that are read, and what is at hand behind them.
fn next(
    store: &dyn Store,
    fresh: &Fresh,
    log: &LogId,
    open: Range<u64>,
    most: u64,
) -> Result<Vec<Piece>, StoreError> {
    let at_hand = fresh.first(log, open.start);
    let to = at_hand.unwrap_or(open.end).min(open.start.saturating_add(most));
    let mut pieces = if open.start < to { read(store, log, open.start, to)? } else { Vec::new() };
    if at_hand == Some(to) {
        pieces.extend(fresh.take(log, to));
    }
    Ok(pieces)
}

/// The counts of the days from `from` up to, but without, `to`, oldest first; days without a document are left out.
///
/// # Errors
/// If the store fails.
pub fn days(store: &dyn Store, site: &SiteId, from: Date, to: Date) -> Result<Vec<(Date, Day)>, StoreError> {
    let mut days = Vec::new();
    for name in store.kept_names(site, DOCUMENTS)? {
        let date = name.strip_prefix(DOCUMENTS).and_then(parse).filter(|date| (from..to).contains(date));
        if let Some(date) = date
            && let Some(day) = read_day(store, site, date)?
        {
            days.push((date, day));
        }
    }
    Ok(days)
}

/// How many entries of each of a site's logs are counted, by the log's name.
///
/// # Errors
/// If the store fails.
pub fn counted(store: &dyn Store, site: &SiteId) -> Result<BTreeMap<String, u64>, StoreError> {
    Ok(last(store, site)?.1.until)
}

/// How many entries of a site's logs are not counted yet; `logs` are all of the store.
///
/// # Errors
/// If the store can not be read.
pub fn uncounted(store: &dyn Store, site: &SiteId, logs: &[(LogId, Head)]) -> Result<u64, StoreError> {
    let counted = counted(store, site)?;
    let own = logs.iter().filter(|(log, head)| log.site == *site && !head.forgotten);
    Ok(own
        .map(|(log, head)| head.size.saturating_sub(counted.get(&log.to_string()).copied().unwrap_or(0)))
        .sum())
}

fn last(store: &dyn Store, site: &SiteId) -> Result<(Option<Date>, Day), StoreError> {
    let names = store.kept_names(site, DOCUMENTS)?;
    let dates = names.iter().rev().filter_map(|name| parse(name.strip_prefix(DOCUMENTS)?));
    for date in dates {
        if let Some(day) = read_day(store, site, date)? {
            return Ok((Some(date), day));
        }
    }
    Ok((None, Day::default()))
}

fn read_day(store: &dyn Store, site: &SiteId, date: Date) -> Result<Option<Day>, StoreError> {
    let kept = store.kept(site, &document(date))?;
    Ok(kept.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

fn keep(store: &dyn Store, site: &SiteId, date: Date, day: &Day) -> Result<(), StoreError> {
    // Numbers and texts always have a JSON form.
    store.keep(site, &document(date), &serde_json::to_vec(day).unwrap_or_default())
}

fn keep_if_changed(store: &dyn Store, site: &SiteId, date: Date, day: &Day) -> Result<(), StoreError> {
    if read_day(store, site, date)?.as_ref() == Some(day) { Ok(()) } else { keep(store, site, date, day) }
}

fn read(store: &dyn Store, log: &LogId, from: u64, to: u64) -> Result<Vec<Piece>, StoreError> {
    let entries = store.entries(log, from..to)?;
    let mut openings = store.openings(log, from..to)?.into_iter().peekable();
    let mut pieces: Vec<Piece> = Vec::new();
    for (index, bytes) in (from..).zip(entries) {
        let entry = Entry::parse(&bytes)
            .map_err(|error| StoreError::Damaged(format!("log {log}: entry {index}: {error}")))?;
        while openings.next_if(|(at, _)| *at < index).is_some() {}
        let opening = openings.next_if(|(at, _)| *at == index).and_then(|(_, openings)| openings.decision);
        let (date, what) = (date_of(entry.time()), What::read(entry.kind(), opening.as_ref()));
        if pieces.last().is_none_or(|piece| !piece.takes(date, &what)) {
            pieces.push(Piece::begin(index, date));
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push(entry.time(), what);
        }
    }
    Ok(pieces)
}

/// The day of a moment (unix seconds), in UTC.
#[must_use]
pub fn date_of(time: u64) -> Date {
    let at = i64::try_from(time).ok().and_then(|time| OffsetDateTime::from_unix_timestamp(time).ok());
    at.unwrap_or(OffsetDateTime::UNIX_EPOCH).date()
}

fn document(date: Date) -> String {
    format!("{DOCUMENTS}{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
}

fn parse(text: &str) -> Option<Date> {
    let (year, rest) = text.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    let month = month.parse::<u8>().ok()?.try_into().ok()?;
    Date::from_calendar_date(year.parse().ok()?, month, day.parse().ok()?).ok()
}
