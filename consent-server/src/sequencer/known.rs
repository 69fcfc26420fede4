//! What is recorded already, and how it is answered.

use std::collections::HashMap;

use consent_core::decision::Decision;
use consent_core::notice::SiteId;

use super::writer::Writer;
use super::{Job, RecordError, Recorded};
use crate::store::{Placed, StoreError};

/// What the sender of a decision is told.
pub(super) type Answer = Result<Recorded, RecordError>;

/// A decision and its place among the jobs.
type Asked<'a> = (usize, &'a Decision);

impl Writer {
    /// The answers to those decisions that are recorded already, by their places among the jobs; one question for each site.
    pub(super) fn known_among(&self, jobs: &[Job]) -> Result<Vec<Option<Answer>>, StoreError> {
        let mut by_site: HashMap<&SiteId, Vec<Asked>> = HashMap::new();
        for (at, job) in jobs.iter().enumerate() {
            if let Job::Record { site, decision, .. } = job {
                by_site.entry(site).or_default().push((at, decision));
            }
        }
        let mut answers = vec![None; jobs.len()];
        for (site, asked) in by_site {
            let ids: Vec<_> = asked.iter().map(|(_, decision)| decision.decision_id()).collect();
            for (placed, (at, decision)) in self.store.find_decisions(site, &ids)?.iter().zip(asked) {
                if let Some(placed) = placed {
                    put(&mut answers, at, self.answer(decision, placed)?);
                }
            }
        }
        Ok(answers)
    }

    /// The answer to a decision that is recorded already.
    pub(super) fn answer(&self, decision: &Decision, placed: &Placed) -> Result<Answer, StoreError> {
        if placed.request_digest != decision.request_digest() {
            return Ok(Err(RecordError::Conflict));
        }
        Ok(Ok(Recorded {
            decision_id: decision.decision_id(),
            log: self.origin(&placed.log)?,
            index: placed.index,
            size: placed.size,
            recorded_at: placed.recorded_at,
            replayed: true,
        }))
    }
}

pub(super) fn put<T>(answers: &mut [Option<T>], at: usize, answer: T) {
    if let Some(place) = answers.get_mut(at) {
        *place = Some(answer);
    }
}
