//! What is asked, one statement a question.

use std::collections::HashMap;
use std::ops::Range;

use consent_core::decision::{DecisionId, SubjectId};
use consent_core::notice::{NoticeId, SiteId};

use super::super::{Head, LogId, Notices, Openings, Placed, StoreError};
use super::codec::{self, name_of, signed};
use super::link::Link;

/// The end of every statement about one log.
macro_rules! of_log {
    ($start:literal) => {
        concat!($start, " JOIN head h USING (log_id) WHERE h.site = $1 AND h.year = $2 AND h.number = $3")
    };
}

impl Link {
    pub(super) fn logs(&self) -> Result<Vec<(LogId, Head)>, StoreError> {
        let sql = "SELECT site, year, number, size, root, time, closed, forgotten FROM head WHERE size > 0";
        let mut logs = self.ask(async |client| {
            let statement = client.prepare_cached(sql).await?;
            let rows = client.query(&statement, &[]).await?;
            rows.iter().map(|row| Ok((codec::log_id(row)?, codec::head(row)?))).collect::<Result<Vec<_>, _>>()
        })?;
        // Not by the database, whose order of letters depends on how it was set up.
        logs.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        Ok(logs)
    }

    pub(super) fn head(&self, log: &LogId) -> Result<Option<Head>, StoreError> {
        let (site, year, number) = name_of(log);
        let sql = "SELECT size, root, time, closed, forgotten FROM head \
                   WHERE site = $1 AND year = $2 AND number = $3 AND size > 0";
        self.ask(async |client| {
            let statement = client.prepare_cached(sql).await?;
            client
                .query_opt(&statement, &[&site, &year, &number])
                .await?
                .as_ref()
                .map(codec::head)
                .transpose()
        })
    }

    pub(super) fn entries(&self, log: &LogId, range: &Range<u64>) -> Result<Vec<Vec<u8>>, StoreError> {
        let (site, year, number) = name_of(log);
        let sql = concat!(
            of_log!("SELECT e.bytes FROM entry e"),
            " AND e.\"index\" >= $4 AND e.\"index\" < $5 ORDER BY e.\"index\""
        );
        let entries = self.ask(async |client| {
            let statement = client.prepare_cached(sql).await?;
            let (from, to) = (signed(range.start), signed(range.end));
            let rows = client.query(&statement, &[&site, &year, &number, &from, &to]).await?;
            rows.iter().map(|row| Ok(row.try_get(0)?)).collect::<Result<Vec<Vec<u8>>, _>>()
        })?;
        // Each index is there at most once, so as many as were asked for are those that were asked for.
        let wanted = range.end.saturating_sub(range.start);
        if u64::try_from(entries.len()).is_ok_and(|found| found == wanted) {
            return Ok(entries);
        }
        Err(StoreError::Damaged(format!("log {log} has no entries {}..{}", range.start, range.end)))
    }

    pub(super) fn tile(&self, log: &LogId, level: u8, index: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let (site, year, number) = name_of(log);
        let (level, index) = (i32::from(level), signed(index));
        let sql = concat!(of_log!("SELECT t.hashes FROM tile t"), " AND t.level = $4 AND t.\"index\" = $5");
        self.ask(async |client| {
            let statement = client.prepare_cached(sql).await?;
            let row = client.query_opt(&statement, &[&site, &year, &number, &level, &index]).await?;
            row.map(|row| Ok(row.try_get(0)?)).transpose()
        })
    }

    pub(super) fn openings(
        &self,
        log: &LogId,
        range: &Range<u64>,
    ) -> Result<Vec<(u64, Openings)>, StoreError> {
        let (site, year, number) = name_of(log);
        let sql = concat!(
            of_log!(
                "SELECT d.\"index\", d.subject_salt, d.subject_data, d.decision_salt, d.decision_data FROM decision d"
            ),
            " AND d.\"index\" >= $4 AND d.\"index\" < $5 ORDER BY d.\"index\""
        );
        self.ask(async |client| {
            let statement = client.prepare_cached(sql).await?;
            let (from, to) = (signed(range.start), signed(range.end));
            let rows = client.query(&statement, &[&site, &year, &number, &from, &to]).await?;
            rows.iter().map(|row| Ok((codec::number(row, "index")?, codec::openings(row)?))).collect()
        })
    }

    /// Where decisions are, in the order of the question. Those that are `kept` are as durable as what a COMMIT wrote: to lock a row is
    /// to write, and waits for the synchronous standbys, which may not have yet what can be read.
    pub(super) fn find_decisions(
        &self,
        site: &SiteId,
        decisions: &[DecisionId],
        kept: bool,
    ) -> Result<Vec<Option<Placed>>, StoreError> {
        let sql = "SELECT d.decision_id, h.year, h.number, d.\"index\", d.size, d.recorded_at, d.request_digest \
                   FROM decision d JOIN head h USING (log_id) WHERE d.site = $1 AND d.decision_id = ANY($2)";
        let sql = if kept { format!("{sql} FOR KEY SHARE OF d") } else { sql.to_owned() };
        let found: HashMap<DecisionId, Placed> = self.ask(async |client| {
            let ids: Vec<&[u8]> = decisions.iter().map(|id| id.as_bytes().as_slice()).collect();
            let statement = client.prepare_cached(&sql).await?;
            let rows = client.query(&statement, &[&site.as_str(), &ids]).await?;
            rows.iter().map(|row| Ok((codec::decision_id(row)?, codec::placed(row, site)?))).collect()
        })?;
        Ok(decisions.iter().map(|id| found.get(id).cloned()).collect())
    }

    pub(super) fn find_subject(
        &self,
        site: &SiteId,
        subject: SubjectId,
    ) -> Result<Vec<(LogId, u64)>, StoreError> {
        let sql = "SELECT h.year, h.number, d.\"index\" FROM decision d JOIN head h USING (log_id) \
                   WHERE d.site = $1 AND d.subject_id = $2 ORDER BY h.year, h.number, d.\"index\"";
        self.ask(async |client| {
            let statement = client.prepare_cached(sql).await?;
            let rows = client.query(&statement, &[&site.as_str(), &subject.as_bytes().as_slice()]).await?;
            let place = |row| {
                let log = LogId { site: site.clone(), year: codec::log_year(row)? };
                Ok((log, codec::number(row, "index")?))
            };
            rows.iter().map(place).collect()
        })
    }

    pub(super) fn notice(&self, site: &SiteId, notice: NoticeId) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT bytes FROM notice WHERE site = $1 AND notice_id = $2";
        self.ask(async |client| {
            let statement = client.prepare_cached(sql).await?;
            let row = client.query_opt(&statement, &[&site.as_str(), &notice.0.0.as_slice()]).await?;
            row.map(|row| Ok(row.try_get(0)?)).transpose()
        })
    }

    pub(super) fn notices(&self, site: &SiteId) -> Result<Notices, StoreError> {
        let sql = "SELECT notice_id, bytes FROM notice WHERE site = $1 ORDER BY notice_id";
        self.ask(async |client| {
            let rows = client.query(sql, &[&site.as_str()]).await?;
            rows.iter().map(|row| Ok((codec::notice_id(row)?, row.try_get("bytes")?))).collect()
        })
    }

    pub(super) fn logged_notices(&self, log: &LogId) -> Result<Vec<NoticeId>, StoreError> {
        let (site, year, number) = name_of(log);
        let sql = concat!(of_log!("SELECT l.notice_id FROM logged_notice l"), " ORDER BY l.notice_id");
        self.ask(async |client| {
            let rows = client.query(sql, &[&site, &year, &number]).await?;
            rows.iter().map(codec::notice_id).collect()
        })
    }

    pub(super) fn history(&self, log: &LogId) -> Result<Vec<(u64, String)>, StoreError> {
        let (site, year, number) = name_of(log);
        let sql = concat!(of_log!("SELECT o.size AS older, o.note FROM older_head o"), " ORDER BY o.size");
        self.ask(async |client| {
            let rows = client.query(sql, &[&site, &year, &number]).await?;
            rows.iter().map(|row| Ok((codec::number(row, "older")?, row.try_get("note")?))).collect()
        })
    }

    pub(super) fn kept(&self, site: &SiteId, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT bytes FROM document WHERE site = $1 AND name = $2";
        self.ask(async |client| {
            let row = client.query_opt(sql, &[&site.as_str(), &name]).await?;
            row.map(|row| Ok(row.try_get(0)?)).transpose()
        })
    }

    pub(super) fn kept_names(&self, site: &SiteId, prefix: &str) -> Result<Vec<String>, StoreError> {
        let sql =
            "SELECT name FROM document WHERE site = $1 AND substr(name, 1, length($2::text)) = $2::text";
        let mut names = self.ask(async |client| {
            let rows = client.query(sql, &[&site.as_str(), &prefix]).await?;
            rows.iter().map(|row| Ok(row.try_get(0)?)).collect::<Result<Vec<String>, _>>()
        })?;
        names.sort_unstable();
        Ok(names)
    }
}
