//! Follows the logs of a site, and keeps what it counts.

use std::collections::BTreeMap;

use consent_core::ledger::commitment::Opening;
use consent_core::ledger::entry::{Entry, Kind};
use consent_core::notice::{NoticeId, SiteId};
use time::{Date, OffsetDateTime};

use super::day::{Day, Key};
use super::named;
use crate::store::{Head, LogId, Store, StoreError};

/// Where the documents of a site are, before the date.
const DOCUMENTS: &str = "counts/";

/// Counts what came into the logs of a site since it was counted last, `most` entries of it. Whether there is more. A document that can
/// not be read is as one that is not there: what it counted is counted again.
///
/// # Errors
/// If the store fails, or an entry is none.
pub fn follow(store: &dyn Store, site: &SiteId, most: u64) -> Result<bool, StoreError> {
    let (mut date, mut day) = last(store, site)?;
    let mut has_more = false;
    for (log, head) in store.logs()?.into_iter().filter(|(log, head)| log.site == *site && !head.forgotten) {
        let name = log.to_string();
        let from = day.until.get(&name).copied().unwrap_or(0);
        let to = head.size.min(from.saturating_add(most));
        if from >= to {
            continue;
        }
        let piece = read(store, &log, from, to)?;
        let names = piece.iter().filter_map(|counted| match counted.what {
            What::Named(notice) => Some((notice, counted.time)),
            _ => None,
        });
        named::note(store, site, names)?;
        for counted in piece {
            let on = date_of(counted.time);
            // What counts nothing begins no day: a log that has ended takes erasures while the next one counts.
            if date.is_none_or(|date| on > date && !counted.what.is_nothing()) {
                if let Some(date) = date {
                    keep(store, site, date, &day)?;
                }
                day = day.next();
                date = Some(on);
            }
            match counted.what {
                What::Decision(key) => day.decision(key),
                What::Shown(hour, notice, times) => day.shown(hour, notice, times),
                What::Named(_) | What::Nothing => {}
            }
            day.until.insert(name.clone(), counted.index + 1);
        }
        if to < head.size {
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

enum What {
    Decision(Key),
    Shown(u64, NoticeId, u64),
    Named(NoticeId),
    Nothing,
}

impl What {
    /// Whether no day has it in its counts.
    const fn is_nothing(&self) -> bool {
        matches!(self, Self::Named(_) | Self::Nothing)
    }
}

struct Counted {
    index: u64,
    time: u64,
    what: What,
}

fn read(store: &dyn Store, log: &LogId, from: u64, to: u64) -> Result<Vec<Counted>, StoreError> {
    let entries = store.entries(log, from..to)?;
    let mut openings = store.openings(log, from..to)?.into_iter().peekable();
    let mut all = Vec::with_capacity(entries.len());
    for (index, bytes) in (from..).zip(entries) {
        let entry = Entry::parse(&bytes)
            .map_err(|error| StoreError::Damaged(format!("log {log}: entry {index}: {error}")))?;
        while openings.next_if(|(at, _)| *at < index).is_some() {}
        let opening = openings.next_if(|(at, _)| *at == index).and_then(|(_, openings)| openings.decision);
        let what = match entry.kind() {
            Kind::Decision { notice, .. } => {
                // One that can not be read is counted as one that is gone: an auditor's business, and none of a sum's.
                let read =
                    |opening: &Opening| Key::of(*notice, serde_json::from_str(opening.data()).ok().as_ref());
                What::Decision(opening.as_ref().map_or_else(|| Key::of(*notice, None), read))
            }
            Kind::Tally { hour, notice, shown } => What::Shown(*hour, *notice, *shown),
            Kind::Notice { notice } => What::Named(*notice),
            _ => What::Nothing,
        };
        all.push(Counted { index, time: entry.time(), what });
    }
    Ok(all)
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
