//! Values as the database has them, and back.

use consent_core::decision::DecisionId;
use consent_core::digest::Digest;
use consent_core::ledger::commitment::{Opening, Salt};
use consent_core::ledger::origin::LogYear;
use consent_core::notice::{NoticeId, SiteId};
use tokio_postgres::Row;

use super::super::{Head, LogId, Openings, Placed, StoreError};
use super::failure::Failure;

/// A number as the database counts. What does not fit lies beyond everything that is stored.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> Result<u64, Failure> {
    u64::try_from(number).map_err(|_| damaged("a number below zero"))
}

pub(super) fn damaged(what: &str) -> Failure {
    StoreError::Damaged(what.to_owned()).into()
}

/// Site, year and number within the year.
pub(super) fn name_of(log: &LogId) -> (&str, i32, i32) {
    (log.site.as_str(), log.year.calendar().into(), log.year.number().into())
}

pub(super) fn log_id(row: &Row) -> Result<LogId, Failure> {
    let site: SiteId = row.try_get::<_, &str>("site")?.parse().map_err(|_| damaged("a name of a site"))?;
    Ok(LogId { site, year: log_year(row)? })
}

pub(super) fn log_year(row: &Row) -> Result<LogYear, Failure> {
    let part = |name| -> Result<u16, Failure> {
        u16::try_from(row.try_get::<_, i32>(name)?).map_err(|_| damaged("a year"))
    };
    LogYear::new(part("year")?, part("number")?).map_err(|_| damaged("a year"))
}

pub(super) fn number(row: &Row, column: &str) -> Result<u64, Failure> {
    unsigned(row.try_get(column)?)
}

pub(super) fn digest(bytes: &[u8]) -> Result<Digest, Failure> {
    Ok(Digest(bytes.try_into().map_err(|_| damaged("a digest"))?))
}

pub(super) fn head(row: &Row) -> Result<Head, Failure> {
    Ok(Head {
        size: number(row, "size")?,
        root: digest(row.try_get("root")?)?,
        time: number(row, "time")?,
        closed: row.try_get("closed")?,
        forgotten: row.try_get("forgotten")?,
    })
}

pub(super) fn notice_id(row: &Row) -> Result<NoticeId, Failure> {
    Ok(NoticeId(digest(row.try_get("notice_id")?)?))
}

pub(super) fn decision_id(row: &Row) -> Result<DecisionId, Failure> {
    let bytes: &[u8] = row.try_get("decision_id")?;
    bytes.try_into().ok().and_then(DecisionId::from_bytes).ok_or_else(|| damaged("a decision_id"))
}

pub(super) fn placed(row: &Row, site: &SiteId) -> Result<Placed, Failure> {
    Ok(Placed {
        log: LogId { site: site.clone(), year: log_year(row)? },
        index: number(row, "index")?,
        size: number(row, "size")?,
        recorded_at: number(row, "recorded_at")?,
        request_digest: digest(row.try_get("request_digest")?)?,
    })
}

pub(super) fn openings(row: &Row) -> Result<Openings, Failure> {
    let part = |salt: &str, data: &str| -> Result<Option<Opening>, Failure> {
        let salt: Option<&[u8]> = row.try_get(salt)?;
        let data: Option<&[u8]> = row.try_get(data)?;
        let (Some(salt), Some(data)) = (salt, data) else { return Ok(None) };
        let salt = salt.try_into().map(Salt).map_err(|_| damaged("a salt"))?;
        let data = String::from_utf8(data.to_vec()).map_err(|_| damaged("an opening"))?;
        Ok(Some(Opening::new(salt, data).map_err(|_| damaged("an opening"))?))
    };
    Ok(Openings {
        subject: part("subject_salt", "subject_data")?,
        decision: part("decision_salt", "decision_data")?,
    })
}
