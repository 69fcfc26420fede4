use super::*;

const NOW: u64 = 1_800_000_000;
const SEEN: &[u8] = b"192.0.2.7 Firefox";

fn key() -> HandoffKey {
    HandoffKey::new([7; 32])
}

fn handoff() -> Handoff {
    Handoff {
        choices: Choices::from_bits(0x0b).unwrap(),
        decided_at: NOW * 1000,
        from: "a".repeat(63).parse().unwrap(),
        expires_at: NOW + LIFETIME,
        nonce: [3; 16],
        browser: key().browser(&[3; 16], SEEN),
        log: "2027.2".parse().unwrap(),
        index: u64::MAX,
        to: "sport".parse().unwrap(),
    }
}

#[test]
fn a_token_reads_back_and_the_longest_fits() {
    let longest = Handoff { to: "b".repeat(63).parse().unwrap(), ..handoff() };
    for one in [handoff(), longest] {
        let token = one.seal(&key());
        assert!(token.len() <= MAX_TOKEN, "{}", token.len());
        assert_eq!(Handoff::open(&token, &key()), Ok(one));
    }
}

#[test]
fn a_cut_changed_or_forged_token_is_none() {
    let token = handoff().seal(&key());
    for end in 0..token.len() {
        assert!(Handoff::open(&token[..end], &key()).is_err(), "{end}");
    }
    let bytes = decode_base64url(&token).unwrap();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let flipped = encode_base64url(&flipped);
        assert_eq!(Handoff::open(&flipped, &key()), Err(HandoffError::Forged), "{bit}");
    }
    assert_eq!(Handoff::open(&token, &HandoffKey::new([0; 32])), Err(HandoffError::Forged));
    assert_eq!(Handoff::open(&"A".repeat(MAX_TOKEN + 1), &key()), Err(HandoffError::Malformed));
    assert_eq!(Handoff::open("ä", &key()), Err(HandoffError::Malformed));
}

#[test]
fn it_is_good_for_a_minute_and_for_no_longer_by_a_clock_that_is_wrong() {
    for (now, good) in [
        (NOW, true),
        (NOW + LIFETIME, true),
        (NOW + LIFETIME + 1, false),
        (NOW - MAX_AHEAD, true),
        (NOW - MAX_AHEAD - 1, false),
        (0, false),
        (u64::MAX, false),
    ] {
        assert_eq!(handoff().is_good_at(now), good, "{now}");
    }
}

#[test]
fn it_is_of_one_browser_and_its_name_is_of_one_token() {
    let other = Handoff { nonce: [4; 16], ..handoff() };
    assert!(handoff().is_of(&key(), SEEN));
    for (one, seen) in [(handoff(), &b"192.0.2.8 Firefox"[..]), (handoff(), b""), (other.clone(), SEEN)] {
        assert!(!one.is_of(&key(), seen));
    }
    let taken = handoff().handed_on(&key());
    assert_eq!(taken.decision_id.unix_millis(), NOW * 1000);
    assert_eq!(taken, handoff().handed_on(&key()));
    assert_ne!(taken.decision_id, other.handed_on(&key()).decision_id);
    // Nobody makes it without the key, and the token does not say it.
    assert_ne!(taken.decision_id, handoff().handed_on(&HandoffKey::new([8; 32])).decision_id);
    let token = decode_base64url(&handoff().seal(&key())).unwrap();
    assert!(!token.windows(8).any(|part| part == &taken.decision_id.as_bytes()[8..]));
}

#[test]
fn what_is_authenticated_has_one_form_and_no_prefix_is_one() {
    let bytes = handoff().to_bytes();
    assert_eq!(Handoff::from_bytes(&bytes), Some(handoff()));
    for end in 0..bytes.len() {
        assert_eq!(Handoff::from_bytes(&bytes[..end]), None, "{end}");
    }
    assert_eq!(Handoff::from_bytes(&[&bytes[..], &[0]].concat()), None);
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Some(other) = Handoff::from_bytes(&flipped) {
            assert_eq!(other.to_bytes(), flipped);
            assert_ne!(other, handoff());
        }
    }
}
