//! What one request costs before it reaches the log: from JSON to a decision, and from that to an entry with its
//! openings. Run: `cargo bench -p consent-core --bench decision`.

use std::error::Error;
use std::hint::black_box;

use consent_core::decision::{Decision, DecisionRequest};
use consent_core::ledger::commitment::{Opening, Part, Salt};
use consent_core::ledger::entry::{Entry, Kind};
use consent_core::notice::Notice;
use criterion::Criterion;
use time::OffsetDateTime;

fn decide(c: &mut Criterion) -> Result<(), Box<dyn Error>> {
    let notice = Notice::from_bytes(include_bytes!("../fuzz/seeds/notice/small"))?;
    let body = format!(
        r#"{{"decision_id":"0193564c-9000-7000-8000-0123456789ab","subject_id":"AAECAwQFBgcICQoLDA0ODw","notice_id":"{}","action":"save","choices":{{"functional":"grant","analytics":"deny","performance":"deny","advertisement":"deny"}},"decided_at":"2026-11-23T09:30:00.123Z","signals":{{"gpc":false}},"language":"{}","page":"/actualites"}}"#,
        notice.id(),
        notice.language
    );
    let now = OffsetDateTime::from_unix_timestamp(1_800_000_000)?;
    let request: DecisionRequest = serde_json::from_str(&body)?;
    let decision = Decision::parse(&request, &notice, now)?;
    c.bench_function("parse/JSON to request", |b| {
        b.iter(|| serde_json::from_str::<DecisionRequest>(black_box(&body)));
    });
    c.bench_function("parse/request to decision", |b| {
        b.iter(|| Decision::parse(black_box(&request), &notice, now));
    });
    c.bench_function("parse/decision to entry and openings", |b| {
        b.iter(|| -> Result<_, Box<dyn Error>> {
            let subject = Opening::new(Salt([1; 32]), black_box(&decision).subject_data())?;
            let choice = Opening::new(Salt([2; 32]), decision.decision_data())?;
            let kind = Kind::Decision {
                decision: choice.commitment(Part::Decision),
                notice: decision.notice_id(),
                subject: subject.commitment(Part::Subject),
            };
            Ok((Entry::new(1_800_000_000, kind)?, subject, choice))
        });
    });
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut criterion = Criterion::default().configure_from_args();
    decide(&mut criterion)?;
    criterion.final_summary();
    Ok(())
}
