//! Ranges as the standard has them, and whatever else somebody sends.

use axum::http::header::IF_NONE_MATCH;
use axum::http::{HeaderName, HeaderValue};
use proptest::prelude::*;

use super::*;

const TAG: &str = "\"abc\"";

fn asked(headers: &[(HeaderName, &str)]) -> Wanted {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(name, HeaderValue::from_str(value).unwrap());
    }
    wanted(&Method::GET, &map, TAG, 100)
}

#[test]
fn a_range_is_what_the_standard_says() {
    for (text, range) in [
        ("bytes=0-0", 0..1),
        ("bytes=0-99", 0..100),
        ("bytes=10-", 10..100),
        ("bytes=99-", 99..100),
        ("bytes=-1", 99..100),
        ("bytes=-100", 0..100),
        // More than there is: as much as there is.
        ("bytes=-101", 0..100),
        ("bytes=50-100", 50..100),
        ("bytes=50-18446744073709551615", 50..100),
    ] {
        assert_eq!(part(text, 100), Wanted::Part(range), "{text}");
    }
    for behind in ["bytes=100-", "bytes=100-200", "bytes=18446744073709551615-", "bytes=-0"] {
        assert_eq!(part(behind, 100), Wanted::Nowhere, "{behind}");
    }
    for ignored in [
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=5-4",
        "bytes=a-b",
        "bytes=1-2-3",
        "bytes=+1-2",
        "bytes=18446744073709551616-",
        "lines=1-2",
        "bytes=0-1,5-6",
        "bytes=0-1,-0",
    ] {
        assert_eq!(part(ignored, 100), Wanted::Whole, "{ignored}");
    }
}

#[test]
fn conditions_come_before_ranges() {
    let range = (RANGE, "bytes=10-");
    let rest = Wanted::Part(10..100);
    for (headers, expected) in [
        (vec![], Wanted::Whole),
        (vec![range.clone()], rest.clone()),
        (vec![range.clone(), range.clone()], Wanted::Whole),
        (vec![range.clone(), (IF_RANGE, TAG)], rest.clone()),
        (vec![range.clone(), (IF_RANGE, "\"abd\"")], Wanted::Whole),
        (vec![range.clone(), (IF_RANGE, "W/\"abc\"")], Wanted::Whole),
        (vec![range.clone(), (IF_RANGE, "Mon, 23 Nov 2026 09:30:00 GMT")], Wanted::Whole),
        (vec![range.clone(), (IF_MATCH, TAG)], rest.clone()),
        (vec![range.clone(), (IF_MATCH, "\"x\", \"abc\"")], rest.clone()),
        (vec![range.clone(), (IF_MATCH, "*")], rest.clone()),
        (vec![range.clone(), (IF_MATCH, "\"abd\"")], Wanted::Other),
        (vec![range.clone(), (IF_MATCH, "W/\"abc\"")], Wanted::Other),
        (vec![range.clone(), (IF_NONE_MATCH, TAG)], Wanted::Current),
        (vec![(IF_NONE_MATCH, "W/\"abc\"")], Wanted::Current),
        (vec![(IF_NONE_MATCH, "*")], Wanted::Current),
        (vec![range, (IF_NONE_MATCH, "\"abd\"")], rest),
    ] {
        assert_eq!(asked(&headers), expected, "{headers:?}");
    }
    let headers = HeaderMap::from_iter([(RANGE, HeaderValue::from_static("bytes=10-"))]);
    assert_eq!(wanted(&Method::HEAD, &headers, TAG, 100), Wanted::Whole, "ranges are for GET");
}

/// Whatever comes of it lies within the file.
fn is_sound(text: &str, length: u64) -> bool {
    match part(text, length) {
        Wanted::Part(range) => range.start < range.end && range.end <= length,
        Wanted::Whole | Wanted::Nowhere => true,
        Wanted::Current | Wanted::Other => false,
    }
}

proptest! {
    #[test]
    fn whatever_is_sent_names_bytes_of_the_file_or_none(
        text in prop_oneof![".*", "bytes=[-0-9 ,]{0,48}", "bytes=[0-9]{0,20}-[0-9]{0,20}"], length: u64,
    ) {
        prop_assert!(is_sound(&text, length));
        for (end, _) in text.char_indices() {
            prop_assert!(is_sound(&text[..end], length));
        }
    }

    #[test]
    fn a_range_is_the_bytes_between_its_ends(first in 0..300_u64, last in 0..300_u64, length in 1..200_u64) {
        let bytes: Vec<_> = (0..length).collect();
        let named: Vec<_> = bytes.iter().copied().filter(|at| (first..=last).contains(at)).collect();
        let expected = match (named.first(), named.last()) {
            _ if last < first => Wanted::Whole,
            (Some(from), Some(to)) => Wanted::Part(*from..to + 1),
            _ => Wanted::Nowhere,
        };
        prop_assert_eq!(part(&format!("bytes={first}-{last}"), length), expected);
        let rest = if first < length { Wanted::Part(first..length) } else { Wanted::Nowhere };
        prop_assert_eq!(part(&format!("bytes={first}-"), length), rest);
        let end = if first == 0 { Wanted::Nowhere } else { Wanted::Part(length.saturating_sub(first)..length) };
        prop_assert_eq!(part(&format!("bytes=-{first}"), length), end);
    }
}
