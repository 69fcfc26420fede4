//! `[limits]`

use std::ops::RangeInclusive;

use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::LimitsDraft;
use super::super::model::LimitsConfig;
use super::super::section::Field;

/// Fewer would let a handful of slow clients keep everybody out.
const CONNECTIONS: RangeInclusive<u32> = 16..=1_000_000;

/// As many as one batch takes: what waits then never waits for more than the batch before it.
const WAITING: RangeInclusive<u32> = 1..=4096;

/// 0 is no limit.
const A_MINUTE: RangeInclusive<u32> = 0..=1_000_000;

pub(super) fn build(draft: &LimitsDraft, report: &mut Report) -> Option<LimitsConfig> {
    let default = LimitsConfig::default();
    let mut limit = |key, field, default, range| within(key, field, default, range, report);
    let connections = limit("connections", &draft.connections, default.connections, &CONNECTIONS);
    let per_address = limit("per_address", &draft.per_address, default.per_address, &A_MINUTE);
    let per_subject = limit("per_subject", &draft.per_subject, default.per_subject, &A_MINUTE);
    let waiting = limit("waiting", &draft.waiting, default.waiting, &WAITING);
    Some(LimitsConfig {
        connections: connections?,
        per_address: per_address?,
        per_subject: per_subject?,
        waiting: waiting?,
    })
}

fn within(
    key: &str,
    field: &Field<u32>,
    default: u32,
    range: &RangeInclusive<u32>,
    report: &mut Report,
) -> Option<u32> {
    let number = match field {
        Field::Absent => return Some(default),
        Field::Broken => return None,
        Field::Set(number) => number,
    };
    if !range.contains(number.get_ref()) {
        let message = format!("`{key}` can not be {}", number.get_ref());
        let help = format!("write a number from {} to {}", range.start(), range.end());
        report.error(Code::Limit, number.span(), message, help);
        return None;
    }
    Some(*number.get_ref())
}
