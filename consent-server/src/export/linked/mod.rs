//! Consent records in the fields of ISO/IEC TS 27560:2023, as JSON-LD in the terms of the Data Privacy Vocabulary 2.3
//! (W3C DPVCG, "Guide for implementing ISO/IEC TS 27560", <https://w3id.org/dpv/guides/consent-27560>).
//!
//! One document, whose context is in it, so that it expands without network. It is written record by record, each on a
//! line of its own between `"@graph":[` and `]`: what is too large for a JSON-LD processor can be cut at the lines. What
//! holds for the whole file stands before the graph, the counts after it.
//!
//! What DPV has no term for has one of ours, `urn:consent:term:…`: the signal, the rule, what protects data in another country, and the
//! place in the log.

mod context;
mod notice;
mod record;
mod transfer;

use std::collections::HashMap;
use std::io::Write;
use std::rc::Rc;

use consent_core::ledger::origin::Origin;
use consent_core::notice::{Notice, NoticeId};
use serde::Serialize;

use super::cut::Cut;
use super::facts::{Counted, Facts};
use super::{ExportError, Progress};
use crate::store::StoreError;

use self::notice::Shown;
use self::record::{Place, record};

/// How many notices are kept at hand. A site has a handful; the limit is for memory.
const NOTICES: usize = 32;

/// A reference to another node.
#[derive(Clone, Debug, Serialize)]
struct Node {
    #[serde(rename = "@id")]
    id: String,
}

/// What is said of the file as a whole.
#[derive(Serialize)]
struct Export<'a> {
    #[serde(rename = "@id")]
    id: String,
    #[serde(rename = "@type")]
    kind: &'static str,
    #[serde(rename = "dct:created")]
    made_at: &'a str,
    #[serde(rename = "consent:site")]
    site: &'a str,
    #[serde(rename = "dct:temporal")]
    period: PeriodOfTime<'a>,
    #[serde(rename = "consent:head")]
    heads: Vec<Head<'a>>,
}

/// An edge that is absent is open.
#[derive(Serialize)]
struct PeriodOfTime<'a> {
    #[serde(rename = "@type")]
    kind: &'static str,
    #[serde(rename = "dcat:startDate", skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    #[serde(rename = "dcat:endDate", skip_serializing_if = "Option::is_none")]
    to: Option<&'a str>,
}

#[derive(Serialize)]
struct Head<'a> {
    #[serde(rename = "@id")]
    id: String,
    #[serde(rename = "consent:log")]
    log: &'a Origin,
    #[serde(rename = "consent:size")]
    size: u64,
    #[serde(rename = "consent:root")]
    root: &'a str,
    #[serde(rename = "consent:checkpoint")]
    checkpoint: &'a str,
}

/// Of the decisions of the period, how many there are, and behind how many nothing is left. All others have a record.
#[derive(Serialize)]
struct Counts {
    #[serde(rename = "consent:decisions")]
    decisions: u64,
    #[serde(rename = "consent:erased")]
    erased: u64,
    #[serde(rename = "consent:records")]
    records: u64,
}

pub(super) fn write(cut: &Cut<'_>, out: &mut impl Write, progress: Progress<'_>) -> Result<(), ExportError> {
    let facts = Facts::of(cut);
    writeln!(out, "{{\"@context\":{},", context::json())?;
    members(out, &export(&facts))?;
    out.write_all(b",\n\"@graph\":[")?;
    let all = cut.entries();
    let mut counted = Counted::default();
    let mut notices = Notices { cut, shown: HashMap::new() };
    let mut records = 0;
    cut.decisions(&mut |done| progress(done, all), |line| {
        let Some(decision) = &line.openings.decision else {
            counted.add(true);
            return Ok(());
        };
        counted.add(false);
        let head = cut.heads.iter().find(|(log, _)| log == line.log).map(|(_, head)| head.checkpoint());
        let head = head.ok_or_else(|| ExportError::NoLog(cut.site.to_string()))?;
        let shown = notices.get(line.notice, &head.origin)?;
        let place = Place {
            log: &head.origin,
            head: head_id(&head.origin, head.size),
            index: line.index,
            entry: &line.entry,
        };
        let subject = line.openings.subject.as_ref();
        let record = record(&shown, &place, decision.data(), subject.map(|subject| subject.data()))?;
        out.write_all(if records == 0 { b"\n" } else { b",\n" })?;
        records += 1;
        Ok(serde_json::to_writer(&mut *out, &record).map_err(std::io::Error::from)?)
    })?;
    out.write_all(b"\n],\n")?;
    members(out, &Counts { decisions: counted.decisions, erased: counted.erased, records })?;
    Ok(out.write_all(b"}\n")?)
}

fn export<'a>(facts: &'a Facts<'_>) -> Export<'a> {
    let heads: Vec<_> = facts
        .heads
        .iter()
        .map(|head| Head {
            id: head_id(head.log, head.size),
            log: head.log,
            size: head.size,
            root: &head.root,
            checkpoint: head.checkpoint,
        })
        .collect();
    let newest = heads.last().map_or("", |head| &head.id);
    Export {
        id: format!("{newest}:export:{}", facts.made_at),
        kind: "dpv:RecordsOfActivities",
        made_at: &facts.made_at,
        site: facts.site,
        period: PeriodOfTime {
            kind: "dct:PeriodOfTime",
            from: facts.from.as_deref(),
            to: facts.to.as_deref(),
        },
        heads,
    }
}

/// The members of an object, without its braces.
fn members(out: &mut impl Write, object: &impl Serialize) -> Result<(), ExportError> {
    let object = serde_json::to_vec(object).map_err(std::io::Error::from)?;
    let inner = object.strip_prefix(b"{").and_then(|rest| rest.strip_suffix(b"}"));
    Ok(out.write_all(inner.unwrap_or_default())?)
}

fn head_id(log: &Origin, size: u64) -> String {
    format!("urn:consent:head:{log}:{size}")
}

/// The notices that records name, read once each while there is room.
struct Notices<'a> {
    cut: &'a Cut<'a>,
    shown: HashMap<NoticeId, Rc<Shown>>,
}

impl Notices<'_> {
    fn get(&mut self, id: NoticeId, log: &Origin) -> Result<Rc<Shown>, ExportError> {
        if let Some(shown) = self.shown.get(&id) {
            return Ok(Rc::clone(shown));
        }
        let bytes = self.cut.store.notice(&self.cut.site, id)?;
        let notice = bytes.and_then(|bytes| Notice::from_bytes(&bytes).ok());
        let missing = || StoreError::Damaged(format!("notice {id} is missing or damaged"));
        let shown = Rc::new(Shown::new(&notice.ok_or_else(missing)?, log));
        if self.shown.len() == NOTICES {
            self.shown.clear();
        }
        self.shown.insert(id, Rc::clone(&shown));
        Ok(shown)
    }
}
