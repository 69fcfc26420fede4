//! Tokens that `openssl ts` made, and what is refused of them. How they were made: `fixtures/make.sh`.

use super::certificate::{Certificates, MAX_PEM_BYTES};
use super::error::TimestampError;
use super::request;
use super::token::verify;

/// What the tokens are of.
pub(crate) const MESSAGE: &[u8] = include_bytes!("fixtures/message");
/// The root of all services but one.
pub(crate) const ROOT: &[u8] = include_bytes!("fixtures/root.pem");
/// Another root.
pub(crate) const ELSEWHERE: &[u8] = include_bytes!("fixtures/elsewhere.pem");
/// P-256, below an authority of P-384, below the root.
pub(crate) const P256: &[u8] = include_bytes!("fixtures/p256.tsr");
const P384: &[u8] = include_bytes!("fixtures/p384.tsr");
/// RSA, whose certificate is named by SHA-1.
const RSA: &[u8] = include_bytes!("fixtures/rsa.tsr");
const STRANGER: &[u8] = include_bytes!("fixtures/stranger.tsr");

fn trusted(pem: &[u8]) -> Certificates {
    Certificates::from_pem(pem).unwrap()
}

#[test]
fn what_openssl_stamped_holds_down_to_the_root() {
    for (response, service) in [(P256, "tsa"), (P384, "tsa-p384"), (RSA, "tsa-rsa")] {
        let stamp = verify(response, MESSAGE, None, &trusted(ROOT)).unwrap();
        assert_eq!(stamp.service, format!("CN={service},O=Example"));
        assert_eq!(stamp.trusted, "CN=root,O=Example");
        assert!((1_790_000_000..1_830_000_000).contains(&stamp.time), "{}", stamp.time);
    }
}

#[test]
fn the_service_itself_or_an_authority_between_can_be_trusted_instead() {
    let service = trusted(include_bytes!("fixtures/tsa-rsa.pem"));
    assert_eq!(verify(RSA, MESSAGE, None, &service).unwrap().trusted, "CN=tsa-rsa,O=Example");
    let between = trusted(include_bytes!("fixtures/between.pem"));
    assert_eq!(verify(P256, MESSAGE, None, &between).unwrap().trusted, "CN=between,O=Example");
}

#[test]
fn refuses_another_text_another_root_and_another_question() {
    let root = trusted(ROOT);
    assert_eq!(verify(P256, b"else", None, &root), Err(TimestampError::Imprint));
    assert_eq!(verify(P256, MESSAGE, Some([1; 8]), &root), Err(TimestampError::Nonce));
    assert_eq!(verify(STRANGER, MESSAGE, None, &root), Err(TimestampError::Untrusted));
    assert!(verify(STRANGER, MESSAGE, None, &trusted(ELSEWHERE)).is_ok());
    assert_eq!(verify(P256, MESSAGE, None, &trusted(ELSEWHERE)), Err(TimestampError::Untrusted));
    assert_eq!(verify(P256, MESSAGE, None, &Certificates::default()), Err(TimestampError::Untrusted));
    assert_eq!(
        verify(&vec![0x30; super::MAX_RESPONSE_BYTES + 1], MESSAGE, None, &root),
        Err(TimestampError::TooLong)
    );
}

#[test]
fn says_what_the_service_says_when_it_refuses() {
    // SEQUENCE { SEQUENCE { INTEGER 2, SEQUENCE { UTF8String "no" } } }
    let refusal = [0x30, 0x0b, 0x30, 0x09, 0x02, 0x01, 0x02, 0x30, 0x04, 0x0c, 0x02, b'n', b'o'];
    let error = verify(&refusal, MESSAGE, None, &trusted(ROOT)).unwrap_err();
    assert_eq!(error, TimestampError::Refused { status: 2, text: "no".to_owned() });
}

#[test]
fn no_prefix_holds() {
    let root = trusted(ROOT);
    for response in [P256, RSA] {
        for end in 0..response.len() {
            assert!(verify(&response[..end], MESSAGE, None, &root).is_err(), "cut at {end}");
        }
        assert!(verify(&[response, b"\0"].concat(), MESSAGE, None, &root).is_err());
    }
}

/// Bits that no signature covers are few: those of certificates that the way to the root does not need, and of the
/// outermost status. Whatever is flipped, what is read is the same.
#[test]
fn a_flipped_bit_is_refused_or_changes_nothing_that_is_read() {
    let root = trusted(ROOT);
    let honest = verify(P256, MESSAGE, None, &root).unwrap();
    let mut harmless = 0;
    // Every eleventh is of every kind of bit, and a signature takes its time.
    for bit in (0..P256.len() * 8).step_by(11) {
        let mut flipped = P256.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok(stamp) = verify(&flipped, MESSAGE, None, &root) {
            assert_eq!(stamp, honest, "bit {bit}");
            harmless += 1;
        }
    }
    // The root is in the token too, a third of its bytes, and is not taken from there.
    assert!(harmless < P256.len() * 8 / 11 / 2, "{harmless}");
}

#[test]
fn a_request_has_a_nonce_whatever_the_random_bytes_are() {
    for nonce in [[0; 8], [0xff; 8], [0x80, 0, 0, 0, 0, 0, 0, 1]] {
        let request = request(MESSAGE, nonce).unwrap();
        let imprint = crate::digest::Digest::of(MESSAGE).0;
        assert!(request.windows(32).any(|window| window == imprint));
        // version 1 at the start, certReq TRUE at the end.
        assert_eq!((&request[2..5], &request[request.len() - 3..]), (&[2, 1, 1][..], &[1, 1, 0xff][..]));
    }
}

#[test]
fn certificates_are_read_as_they_come_in_files_and_no_prefix_is_one() {
    let both = [b"a comment\n", ROOT, b"\n", ELSEWHERE].concat();
    assert_eq!(trusted(&both).to_string(), "CN=root,O=Example; CN=elsewhere,O=Example");
    for end in 0..ROOT.len() - 1 {
        assert!(Certificates::from_pem(&ROOT[..end]).is_err(), "cut at {end}");
    }
    let many = ELSEWHERE.repeat(17);
    assert!(Certificates::from_pem(&many).is_err());
    assert!(Certificates::from_pem(&[ROOT, &vec![b'\n'; MAX_PEM_BYTES]].concat()).is_err());
}
