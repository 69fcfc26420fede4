//! How long one declared item stays, compared with another: `session`, or an ISO 8601 duration.

/// Seconds of a day.
const DAY: u64 = 86_400;

/// Whether who was told `longer` has also been told of `shorter`.
///
/// A month has 28 to 31 days and a year 365 or 366, so of some pairs neither is within the other: `P1M` and `P30D`. What is no
/// duration is within itself only.
pub(super) fn is_within(shorter: &str, longer: &str) -> bool {
    let most = bounds(shorter).map(|(_, most)| most);
    let least = bounds(longer).map(|(least, _)| least);
    shorter == longer || most.zip(least).is_some_and(|(most, least)| most <= least)
}

/// Seconds of a duration, in which a year has 365 days and any further month 30; `None` for a session, and for what is no
/// duration.
pub(super) fn seconds(text: &str) -> Option<u64> {
    let (months, exact) = months_and_seconds(text)?;
    let days = (months / 12).checked_mul(365)?.checked_add(months % 12 * 30)?;
    days.checked_mul(DAY)?.checked_add(exact)
}

/// The least and the most seconds that a duration can be; 0 for a session, which may end at once.
fn bounds(text: &str) -> Option<(u64, u64)> {
    if text == "session" {
        return Some((0, 0));
    }
    let (months, exact) = months_and_seconds(text)?;
    let (years, rest) = (months / 12, months % 12);
    // 28 days, 59, 89 …: thirty for each month, less two, is never too much.
    let least = sum(&[(years, 365), (rest, 30)])?.saturating_sub(if rest > 0 { 2 } else { 0 });
    let most = sum(&[(years, 366), (rest, 31)])?;
    Some((sum(&[(least, DAY), (exact, 1)])?, sum(&[(most, DAY), (exact, 1)])?))
}

/// Calendar months, and the seconds beside them.
fn months_and_seconds(text: &str) -> Option<(u64, u64)> {
    if text.ends_with(['P', 'T']) {
        return None; // nothing follows
    }
    let (date, time) = text.strip_prefix('P').map(|rest| rest.split_once('T').unwrap_or((rest, "")))?;
    let [years, months, weeks, days] = counts(date, ['Y', 'M', 'W', 'D'])?;
    let [hours, minutes, seconds] = counts(time, ['H', 'M', 'S'])?;
    let exact = sum(&[(weeks, 7 * DAY), (days, DAY), (hours, 3600), (minutes, 60), (seconds, 1)])?;
    Some((sum(&[(years, 12), (months, 1)])?, exact))
}

/// The sum of counts of a size each; `None` if it is too large.
fn sum(parts: &[(u64, u64)]) -> Option<u64> {
    parts.iter().try_fold(0_u64, |sum, (count, size)| sum.checked_add(count.checked_mul(*size)?))
}

/// The counts before these units, each at most once and in this order; `None` if there is anything else.
fn counts<const N: usize>(mut text: &str, units: [char; N]) -> Option<[u64; N]> {
    let mut found = [0; N];
    for (count, unit) in found.iter_mut().zip(units) {
        if let Some((number, rest)) = text.split_once(unit).filter(|(number, _)| is_number(number)) {
            (*count, text) = (number.parse().ok()?, rest);
        }
    }
    text.is_empty().then_some(found)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_to_stay_longer_covers_what_stays_less() {
        for (shorter, longer) in [
            ("session", "PT1S"),
            ("PT30M", "P1D"),
            ("P1D", "P1W"),
            ("P28D", "P1M"),
            ("P1M", "P31D"),
            ("P6M", "P1Y"),
            ("P1Y", "P13M"),
            ("P13M", "P25M"),
            ("P366D", "P13M"),
            ("P1Y6M", "P2Y"),
            ("P1DT1H", "P1DT2H"),
        ] {
            assert!(is_within(shorter, longer) && !is_within(longer, shorter), "{shorter} {longer}");
        }
        assert!(!is_within("P1M", "P30D") && !is_within("P30D", "P1M"), "neither is the longer one for sure");
    }

    #[test]
    fn a_year_has_365_days_and_any_further_month_30() {
        for (text, expected) in [
            ("session", None),
            ("PT90M", Some(5400)),
            ("P6M", Some(180 * DAY)),
            ("P13M", Some(395 * DAY)),
            ("P2Y", Some(730 * DAY)),
            ("P1M1DT12H", Some(31 * DAY + DAY / 2)),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_within_itself_only() {
        let huge = format!("P{}Y", u64::MAX);
        assert_eq!((seconds(&huge), seconds("P99999999999999Y")), (None, None));
        for odd in ["", "P", "1Y", "P1", "P1Y1Y", "P1MT", "PT", "for ever", "P-1D", "P1.5D", huge.as_str()] {
            assert!(is_within(odd, odd) && seconds(odd).is_none());
            assert!(!is_within(odd, "P100Y") && !is_within("session", odd), "{odd}");
        }
    }
}
