use super::*;
use crate::digest::encode_base64url;

const NOW: u64 = 1_800_000_000;
const SECRET: &[u8] = b"an example, which everybody knows";
const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;
const CLAIMS: &str = r#"{"sub":"42","aud":"news","exp":1800003600}"#;

fn site() -> SiteId {
    "news".parse().unwrap()
}

fn signed(header: &str, claims: &str) -> String {
    let signed = format!("{}.{}", encode_base64url(header.as_bytes()), encode_base64url(claims.as_bytes()));
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET).unwrap();
    mac.update(signed.as_bytes());
    format!("{signed}.{}", encode_base64url(&mac.finalize().into_bytes()))
}

fn read(token: &str) -> Result<Account, AccountError> {
    Account::verify(token, &AccountSecret::new(SECRET).unwrap(), &site(), NOW)
}

#[test]
fn the_example_of_rfc_7515_is_signed_and_says_what_nobody_asked_for() {
    let secret = decode_base64url(
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
    );
    let token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let secret = AccountSecret::new(&secret.unwrap()).unwrap();
    assert_eq!(Account::verify(token, &secret, &site(), NOW), Err(AccountError::Claims));
    let other = AccountSecret::new(SECRET).unwrap();
    assert_eq!(Account::verify(token, &other, &site(), NOW), Err(AccountError::Forged));
}

#[test]
fn a_cut_or_changed_token_is_none() {
    let token = signed(HEADER, CLAIMS);
    assert!(read(&token).is_ok());
    for end in 0..token.len() {
        assert!(read(&token[..end]).is_err(), "{end}");
    }
    for at in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        assert!(read(&String::from_utf8(changed).unwrap()).is_err(), "{at}");
    }
    let unsigned = token.rsplit_once('.').unwrap().0;
    assert_eq!(read(&format!("{unsigned}.")), Err(AccountError::Forged));
    assert_eq!(read(&format!("{token}.")), Err(AccountError::Malformed));
    assert_eq!(read(&"a.".repeat(MAX_TOKEN)), Err(AccountError::Malformed));
}

#[test]
fn only_one_algorithm_and_no_other_wish_is_heard() {
    for header in [
        r#"{"alg":"none"}"#,
        r#"{"alg":"hs256"}"#,
        r#"{"alg":"HS512"}"#,
        r#"{"alg":"RS256"}"#,
        r#"{"typ":"JWT"}"#,
        r#"{"alg":"HS256","crit":["exp"]}"#,
        r#"{"alg":"HS256","kid":"../secret"}"#,
        r#"{"alg":"HS256","alg":"HS256"}"#,
        r#"{"alg":"HS256","typ":"at+jwt"}"#,
        "[]",
        "",
    ] {
        assert_eq!(read(&signed(header, CLAIMS)), Err(AccountError::Header), "{header}");
    }
    assert!(read(&signed(r#"{"alg":"HS256"}"#, CLAIMS)).is_ok());
}

#[test]
fn claims_are_what_is_needed_and_nothing_else() {
    let claims = |sub: &str, aud: &str, exp: &str| format!(r#"{{"sub":{sub},"aud":{aud},"exp":{exp}}}"#);
    let longest = "a".repeat(MAX_ACCOUNT);
    let day = NOW + MAX_LIFETIME + MAX_AHEAD;
    for (claims, expected) in [
        (claims("\"oidc|0193-af.b_c:d/+=\"", "\"news\"", "1800003600"), None),
        (claims(&format!("{longest:?}"), "\"news\"", &day.to_string()), None),
        (claims("\"42\"", "\"news\"", &(NOW + 1).to_string()), None),
        (CLAIMS.replace('}', r#","iat":1800000000}"#), None),
        (claims(&format!("\"{longest}a\""), "\"news\"", "1800003600"), Some(AccountError::Claims)),
        (claims("\"\"", "\"news\"", "1800003600"), Some(AccountError::Claims)),
        (claims("\"a@b.example\"", "\"news\"", "1800003600"), Some(AccountError::Claims)),
        (claims("42", "\"news\"", "1800003600"), Some(AccountError::Claims)),
        (claims("\"42\"", "[\"news\"]", "1800003600"), Some(AccountError::Claims)),
        (claims("\"42\"", "\"news\"", "1800003600.5"), Some(AccountError::Claims)),
        (claims("\"42\"", "\"news\"", "-1"), Some(AccountError::Claims)),
        (r#"{"sub":"42","aud":"news"}"#.to_owned(), Some(AccountError::Claims)),
        (r#"{"aud":"news","exp":1800003600}"#.to_owned(), Some(AccountError::Claims)),
        (r#"{"sub":"42","exp":1800003600}"#.to_owned(), Some(AccountError::Claims)),
        (CLAIMS.replace('}', r#","email":"a@b.example"}"#), Some(AccountError::Claims)),
        (CLAIMS.replace('}', r#","sub":"43"}"#), Some(AccountError::Claims)),
        (claims("\"42\"", "\"sport\"", "1800003600"), Some(AccountError::OtherSite)),
        (claims("\"42\"", "\"news\"", &NOW.to_string()), Some(AccountError::Expired)),
        (claims("\"42\"", "\"news\"", &(day + 1).to_string()), Some(AccountError::TooLong)),
        (claims("\"42\"", "\"news\"", &u64::MAX.to_string()), Some(AccountError::TooLong)),
    ] {
        let found = read(&signed(HEADER, &claims)).err();
        assert_eq!(found, expected, "{claims}");
    }
}

#[test]
fn an_account_is_one_subject_on_a_site_and_another_on_each() {
    let (key, account) = (AccountKey::new([7; 32]), read(&signed(HEADER, CLAIMS)).unwrap());
    let subject = key.subject(&site(), &account);
    assert_eq!(key.subject(&site(), &account), subject);
    let sport = "sport".parse().unwrap();
    let other = read(&signed(HEADER, &CLAIMS.replace("42", "43"))).unwrap();
    for different in [
        key.subject(&sport, &account),
        key.subject(&site(), &other),
        AccountKey::new([8; 32]).subject(&site(), &account),
    ] {
        assert!(different.as_bytes()[..10] != subject.as_bytes()[..10]);
    }
    assert!(key.is_account(&site(), subject) && !key.is_account(&sport, subject));
    for at in 0..16 {
        let mut changed = *subject.as_bytes();
        changed[at] ^= 1;
        assert!(!key.is_account(&site(), SubjectId::from_bytes(changed)), "{at}");
    }
}

#[test]
fn a_secret_is_long_enough_and_neither_it_nor_an_account_is_shown() {
    assert!(
        AccountSecret::new(&[0; MIN_SECRET - 1]).is_none() && AccountSecret::new(&[0; MIN_SECRET]).is_some()
    );
    assert!(
        AccountSecret::new(&[0; MAX_SECRET + 1]).is_none() && AccountSecret::new(&[0; MAX_SECRET]).is_some()
    );
    let account = read(&signed(HEADER, CLAIMS)).unwrap();
    assert_eq!(format!("{account:?} {:?}", AccountSecret::new(SECRET)), "Account(…) Some(AccountSecret(…))");
}
