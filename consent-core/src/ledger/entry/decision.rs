//! The form that almost every entry has, read in one go: a log of a million entries is read in the time that the long way
//! takes for a tenth of it.

use super::Kind;
use crate::canonical::parse_integer;
use crate::notice::NoticeId;

/// The length of a SHA-256 in base64url.
const DIGEST: usize = 43;

/// Time and content of a decision in its canonical form; `None` for everything else, whatever is wrong with it.
pub(super) fn parse(bytes: &[u8]) -> Option<(u64, Kind)> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (decision, rest) = text.strip_prefix(r#"{"decision":""#)?.split_at_checked(DIGEST)?;
    let (notice, rest) = rest.strip_prefix(r#"","kind":"decision","notice":""#)?.split_at_checked(DIGEST)?;
    let (subject, rest) = rest.strip_prefix(r#"","subject":""#)?.split_at_checked(DIGEST)?;
    let time = rest.strip_prefix(r#"","time":"#)?.strip_suffix(r#","v":1}"#)?;
    let time = parse_integer(time)?;
    let kind = Kind::Decision {
        decision: decision.parse().ok()?,
        notice: NoticeId(notice.parse().ok()?),
        subject: subject.parse().ok()?,
    };
    Some((time, kind))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::canonical::MAX_INTEGER;
    use crate::digest::Digest;
    use crate::ledger::entry::{Entry, parse_any};

    proptest! {
        #[test]
        fn reads_what_the_long_way_reads_and_nothing_else(
            digests in any::<[[u8; 32]; 3]>(), time in 0..=MAX_INTEGER, at in 0_usize..250, byte in 0..128_u8,
        ) {
            let [decision, notice, subject] = digests.map(Digest);
            let entry = Entry::new(time, Kind::Decision { decision, notice: NoticeId(notice), subject }).unwrap();
            prop_assert_eq!(parse(entry.bytes()), Some((time, entry.kind().clone())));
            let mut changed = entry.bytes().to_vec();
            let place = at % changed.len();
            for how in 0..3 {
                match how {
                    0 => changed[place] = byte,
                    1 => changed.insert(place, byte),
                    _ => drop(changed.remove(place)),
                }
                let found = parse(&changed);
                let long = parse_any(&changed).map(|entry| (entry.time(), entry.kind().clone()));
                prop_assert!(found.is_none() || found == long.ok(), "{}", String::from_utf8_lossy(&changed));
            }
        }
    }

    #[test]
    fn refuses_every_prefix_and_numbers_out_of_range() {
        let text = |time: &str| {
            let digest = Digest::of(b"");
            format!(
                r#"{{"decision":"{digest}","kind":"decision","notice":"{digest}","subject":"{digest}","time":{time},"v":1}}"#
            )
        };
        assert!(parse(text("0").as_bytes()).is_some());
        assert!(parse(text("9007199254740991").as_bytes()).is_some());
        for time in
            ["", "-1", "+1", "00", "01", "1.0", "1e3", " 1", "9007199254740992", "99999999999999999999"]
        {
            assert_eq!(parse(text(time).as_bytes()), None, "{time}");
        }
        let whole = text("1");
        for end in 0..whole.len() {
            assert_eq!(parse(&whole.as_bytes()[..end]), None);
        }
    }
}
