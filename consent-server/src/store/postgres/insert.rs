//! Everything of a batch, as few statements with arrays: their number does not depend on how much there is.

use deadpool_postgres::Object;

use super::super::{Batch, DecisionRow, Erased, Row};
use super::codec::{damaged, name_of, signed};
use super::failure::Failure;

const ENTRIES: &str = "INSERT INTO entry (log_id, \"index\", bytes) \
     SELECT * FROM unnest($1::int4[], $2::int8[], $3::bytea[])";

const DECISIONS: &str = "INSERT INTO decision (log_id, \"index\", site, decision_id, subject_id, size, recorded_at, \
     request_digest, subject_salt, subject_data, decision_salt, decision_data) \
     SELECT * FROM unnest($1::int4[], $2::int8[], $3::text[], $4::bytea[], $5::bytea[], $6::int8[], $7::int8[], \
     $8::bytea[], $9::bytea[], $10::bytea[], $11::bytea[], $12::bytea[])";

const TILES: &str = "INSERT INTO tile (log_id, level, \"index\", hashes) \
     SELECT * FROM unnest($1::int4[], $2::int4[], $3::int8[], $4::bytea[]) \
     ON CONFLICT (log_id, level, \"index\") DO UPDATE SET hashes = excluded.hashes";

const NOTICES: &str = "INSERT INTO logged_notice (log_id, notice_id) \
     SELECT * FROM unnest($1::int4[], $2::bytea[]) ON CONFLICT (log_id, notice_id) DO NOTHING";

const OLDER_HEADS: &str = "INSERT INTO older_head (log_id, size, note) \
     SELECT * FROM unnest($1::int4[], $2::int8[], $3::text[]) ON CONFLICT (log_id, size) DO NOTHING";

/// The fence: a head is set only where its size is still the expected one.
const HEADS: &str = "UPDATE head SET size = n.size, root = n.root, time = n.time, closed = n.closed \
     FROM unnest($1::int4[], $2::int8[], $3::int8[], $4::bytea[], $5::int8[], $6::boolean[]) \
     AS n (log_id, expected, size, root, time, closed) \
     WHERE head.log_id = n.log_id AND head.size = n.expected";

const ERASE: &str = "DELETE FROM decision WHERE log_id = \
     (SELECT log_id FROM head WHERE site = $1 AND year = $2 AND number = $3) AND \"index\" >= $4 AND \"index\" < $5";

/// Writes batches into logs with these numbers.
pub(super) async fn all(client: &Object, batches: &[Batch<'_>], ids: &[i32]) -> Result<(), Failure> {
    let logs: Vec<_> = ids.iter().copied().zip(batches).collect();
    // Sent without waiting for each other; their answers come together.
    let ended: [_; 6] = tokio::join!(
        entries(client, &logs),
        decisions(client, &logs),
        tiles(client, &logs),
        notices(client, &logs),
        older_heads(client, &logs),
        heads(client, &logs),
    )
    .into();
    cause_of(ended)?;
    // What is erased can be in the same batch.
    for row in batches.iter().flat_map(|batch| batch.rows) {
        if let Row::Erasure(erased) = row {
            erase(client, erased).await?;
        }
    }
    Ok(())
}

/// The failure behind the others: where one statement of a transaction fails, those behind it are refused for that alone, and which of
/// them is heard of first is chance.
fn cause_of(ended: [Result<(), Failure>; 6]) -> Result<(), Failure> {
    ended.into_iter().filter_map(Result::err).min_by_key(Failure::is_consequence).map_or(Ok(()), Err)
}

type Logs<'a> = [(i32, &'a Batch<'a>)];

/// Each row with the number of its log and its index.
fn rows<'a>(logs: &'a Logs) -> impl Iterator<Item = (i32, i64, &'a Row)> {
    logs.iter()
        .flat_map(|(id, batch)| (batch.from..).zip(batch.rows).map(|(index, row)| (*id, signed(index), row)))
}

async fn entries(client: &Object, logs: &Logs<'_>) -> Result<(), Failure> {
    let (mut ids, mut indices, mut bytes) = (Vec::new(), Vec::new(), Vec::new());
    for (id, batch) in logs {
        for (index, entry) in (batch.from..).zip(batch.entries) {
            ids.push(*id);
            indices.push(signed(index));
            bytes.push(entry.as_slice());
        }
    }
    let statement = client.prepare_cached(ENTRIES).await?;
    client.execute(&statement, &[&ids, &indices, &bytes]).await?;
    Ok(())
}

async fn decisions(client: &Object, logs: &Logs<'_>) -> Result<(), Failure> {
    let found: Vec<_> = logs
        .iter()
        .flat_map(|(id, batch)| {
            (batch.from..).zip(batch.rows).filter_map(|(index, row)| match row {
                Row::Decision(row) => Some((*id, signed(index), batch.log.site.as_str(), &**row)),
                Row::Plain | Row::Notice(_) | Row::Erasure(_) => None,
            })
        })
        .collect();
    if found.is_empty() {
        return Ok(());
    }
    let column = |of: fn(&DecisionRow) -> Option<&[u8]>| -> Vec<Option<&[u8]>> {
        found.iter().map(|(.., row)| of(row)).collect()
    };
    let ids: Vec<_> = found.iter().map(|(id, ..)| *id).collect();
    let indices: Vec<_> = found.iter().map(|(_, index, ..)| *index).collect();
    let sites: Vec<_> = found.iter().map(|(_, _, site, _)| *site).collect();
    let sizes: Vec<_> = found.iter().map(|(.., row)| signed(row.placed.size)).collect();
    let times: Vec<_> = found.iter().map(|(.., row)| signed(row.placed.recorded_at)).collect();
    let decision_ids = column(|row| Some(row.decision_id.as_bytes()));
    let subject_ids = column(|row| Some(row.subject_id.as_bytes()));
    let digests = column(|row| Some(&row.placed.request_digest.0));
    let subject_salts = column(|row| Some(&row.openings.subject.as_ref()?.salt().0));
    let subject_data = column(|row| Some(row.openings.subject.as_ref()?.data().as_bytes()));
    let decision_salts = column(|row| Some(&row.openings.decision.as_ref()?.salt().0));
    let decision_data = column(|row| Some(row.openings.decision.as_ref()?.data().as_bytes()));
    let statement = client.prepare_cached(DECISIONS).await?;
    client
        .execute(
            &statement,
            &[
                &ids,
                &indices,
                &sites,
                &decision_ids,
                &subject_ids,
                &sizes,
                &times,
                &digests,
                &subject_salts,
                &subject_data,
                &decision_salts,
                &decision_data,
            ],
        )
        .await?;
    Ok(())
}

async fn tiles(client: &Object, logs: &Logs<'_>) -> Result<(), Failure> {
    let all: Vec<_> =
        logs.iter().flat_map(|(id, batch)| batch.tiles.iter().map(|tile| (*id, tile))).collect();
    if all.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = all.iter().map(|(id, _)| *id).collect();
    let levels: Vec<_> = all.iter().map(|(_, tile)| i32::from(tile.level)).collect();
    let indices: Vec<_> = all.iter().map(|(_, tile)| signed(tile.index)).collect();
    let hashes: Vec<_> = all.iter().map(|(_, tile)| tile.hashes.as_slice()).collect();
    let statement = client.prepare_cached(TILES).await?;
    client.execute(&statement, &[&ids, &levels, &indices, &hashes]).await?;
    Ok(())
}

async fn notices(client: &Object, logs: &Logs<'_>) -> Result<(), Failure> {
    let (mut ids, mut notices) = (Vec::new(), Vec::new());
    for (id, _, row) in rows(logs) {
        if let Row::Notice(notice) = row {
            ids.push(id);
            notices.push(notice.0.0.as_slice());
        }
    }
    if ids.is_empty() {
        return Ok(());
    }
    let statement = client.prepare_cached(NOTICES).await?;
    client.execute(&statement, &[&ids, &notices]).await?;
    Ok(())
}

async fn older_heads(client: &Object, logs: &Logs<'_>) -> Result<(), Failure> {
    let (mut ids, mut sizes, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for (id, batch) in logs {
        if let Some((size, note)) = batch.history {
            ids.push(*id);
            sizes.push(signed(*size));
            notes.push(note.as_str());
        }
    }
    if ids.is_empty() {
        return Ok(());
    }
    let statement = client.prepare_cached(OLDER_HEADS).await?;
    client.execute(&statement, &[&ids, &sizes, &notes]).await?;
    Ok(())
}

async fn heads(client: &Object, logs: &Logs<'_>) -> Result<(), Failure> {
    let ids: Vec<_> = logs.iter().map(|(id, _)| *id).collect();
    let expected: Vec<_> = logs.iter().map(|(_, batch)| signed(batch.from)).collect();
    let sizes: Vec<_> = logs.iter().map(|(_, batch)| signed(batch.head.size)).collect();
    let roots: Vec<_> = logs.iter().map(|(_, batch)| batch.head.root.0.as_slice()).collect();
    let times: Vec<_> = logs.iter().map(|(_, batch)| signed(batch.head.time)).collect();
    let closed: Vec<_> = logs.iter().map(|(_, batch)| batch.head.closed).collect();
    let statement = client.prepare_cached(HEADS).await?;
    let set = client.execute(&statement, &[&ids, &expected, &sizes, &roots, &times, &closed]).await?;
    // Under the locks that are held this can not be; if it is, nothing of it is committed.
    if usize::try_from(set).is_ok_and(|set| set == logs.len()) {
        Ok(())
    } else {
        Err(damaged("a locked head has changed"))
    }
}

async fn erase(client: &Object, erased: &Erased) -> Result<(), Failure> {
    let (site, year, number) = name_of(&erased.log);
    let statement = client.prepare_cached(ERASE).await?;
    for range in &erased.ranges {
        let (from, to) = (signed(range.from), signed(range.to));
        client.execute(&statement, &[&site, &year, &number, &from, &to]).await?;
    }
    Ok(())
}
