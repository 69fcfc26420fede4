//! The client of `consent-core` against a real server, and against others that answer in its place.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use consent_core::choices::Choices;
use consent_core::client::{Client, ClientError, MAX_ANSWER_BYTES};
use consent_core::decision::{Action, DecisionRequest, SubjectId};
use consent_core::digest::Digest;
use consent_core::interface::{ErasureReport, StatisticsBy, WebhookReplay};
use consent_core::ledger::entry::Reason;
use consent_core::notice::SiteId;
use consent_tests::client::{decision, fresh_decision_id};
use consent_tests::process::Server;

fn newsroom() -> SiteId {
    "newsroom".parse().unwrap()
}

fn request(notice_id: &str) -> DecisionRequest {
    serde_json::from_value(decision(&fresh_decision_id(), notice_id)).unwrap()
}

#[test]
fn a_decision_is_recorded_read_back_and_erased() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let (client, site) = (server.operator(folder.path()), newsroom());
    let notice = client.notice(&site, Some("fr"), Some("FR")).unwrap();
    assert_eq!((notice.language.as_str(), &notice.site), ("fr", &site));
    assert_eq!(client.notice_of(&site, notice.id()).unwrap(), notice);

    let request = request(&notice.id().to_string());
    let acknowledged = client.decide(&site, &request).unwrap();
    assert_eq!(acknowledged.decision_id, request.decision_id);
    assert!(acknowledged.index < acknowledged.size);
    assert_eq!(client.decide(&site, &request).unwrap(), acknowledged, "the same once more");
    let receipt = client.receipt(&site, request.decision_id.parse().unwrap()).unwrap();
    assert!(receipt.contains(&format!("\nindex {}\n", acknowledged.index)), "{receipt}");

    let subject: SubjectId = request.subject_id.parse().unwrap();
    let past = client.decisions(&site, subject).unwrap();
    let [past] = past.as_slice() else { panic!("{past:?}") };
    assert_eq!((past.index, past.notice_id), (acknowledged.index, notice.id()));
    let (decided, by) = (past.decision.as_ref().unwrap(), past.subject.as_ref().unwrap());
    assert_eq!((decided.action, decided.choices), (Action::RejectAll, Choices::DENIED));
    assert_eq!((&decided.recorded_at, &decided.page), (&acknowledged.recorded_at, &request.page));
    assert_eq!((&by.decision_id, &by.subject_id), (&request.decision_id, &request.subject_id));

    let ErasureReport { decisions, entries } = client.erase(&site, subject, Reason::Legal).unwrap();
    assert_eq!((decisions, entries.len(), &entries[0].log), (1, 1, &acknowledged.log));
    assert_eq!(client.decisions(&site, subject).unwrap(), []);
    let again = client.decide(&site, &request).unwrap_err();
    assert_eq!((again.code(), again.is_worth_another_try()), (Some("erased"), false));
}

#[test]
fn what_operators_ask_for_comes_in_types_and_an_export_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let (client, site) = (server.operator(folder.path()), newsroom());
    let notice = client.notice(&site, Some("fr"), None).unwrap();
    client.decide(&site, &request(&notice.id().to_string())).unwrap();
    let keys = client.policy(&site).unwrap().to_string();
    assert!(keys.contains("/newsroom/") && keys.contains("/heads/"), "{keys}");
    let mut export = Vec::new();
    let bytes = client.export(&site, "jsonl", (Some("2020-01-01"), None), &mut export).unwrap();
    assert_eq!(usize::try_from(bytes).unwrap(), export.len());
    let text = String::from_utf8(export).unwrap();
    assert!(text.lines().count() == 3 && text.contains(&notice.id().to_string()), "{text}");
    let refused = client.export(&site, "tape", (None, None), &mut std::io::sink()).unwrap_err();
    assert_eq!(refused.code(), Some("invalid_query"));
    // It is counted within seconds.
    let late = std::time::Instant::now() + std::time::Duration::from_secs(60);
    let counted = loop {
        let counted = client.statistics(&site, StatisticsBy::Language, None, None).unwrap();
        assert!(std::time::Instant::now() < late, "{counted:?}");
        if counted.uncounted == 0 {
            break counted;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    };
    assert_eq!(counted.groups.len(), 1);
    assert_eq!((counted.groups[0].value.as_str(), counted.groups[0].counts["refused"]), ("fr", 1));
    assert_eq!(client.webhooks(&site).unwrap().webhooks, []);
    let nobody = client.replay(&site, "nobody", &WebhookReplay::default()).unwrap_err();
    assert_eq!(nobody.code(), Some("unknown_webhook"));
}

#[test]
fn refusals_come_with_their_codes() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let (client, site) = (server.operator(folder.path()), newsroom());
    let elsewhere: SiteId = "elsewhere".parse().unwrap();
    let (somebody, nothing) = (SubjectId::from_bytes([1; 16]), Digest::of(b"").to_string());
    let code = |refused: ClientError| refused.code().unwrap_or_default().to_owned();
    assert_eq!(code(client.notice(&elsewhere, None, None).unwrap_err()), "unknown_site");
    assert_eq!(code(client.decide(&site, &request(&nothing)).unwrap_err()), "unknown_notice");
    assert_eq!(code(client.erase(&site, somebody, Reason::Retention).unwrap_err()), "invalid_query");
    let stranger = client.clone().with_token("");
    assert_eq!(code(stranger.decisions(&site, somebody).unwrap_err()), "invalid_token");
    assert!(!format!("{client:?}").contains("token"), "{client:?}");
}

/// What becomes of one question if these bytes are the answer.
fn answered(bytes: Vec<u8>) -> ClientError {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = Client::new(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _head = stream.read(&mut [0; 4096]).unwrap();
        // Whoever has read enough hangs up.
        let _ = stream.write_all(&bytes);
    });
    let error = client.decisions(&newsroom(), SubjectId::from_bytes([1; 16]));
    answering.join().unwrap();
    error.unwrap_err()
}

#[test]
fn what_others_answer_is_no_answer_of_a_server() {
    let answer = |status: &str, body: &str| {
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status}\r\nconnection: close\r\nlocation: /\r\ncontent-length: {length}\r\n\r\n"
        );
        answered([head.as_bytes(), body.as_bytes()].concat())
    };
    assert!(matches!(answer("502 Bad Gateway", "<html>"), ClientError::Status(502)));
    // Whoever is asked was named; nobody else is told the token.
    assert!(matches!(answer("307 Temporary Redirect", ""), ClientError::Status(307)));
    assert!(matches!(answer("200 OK", "{}"), ClientError::Answer));
    let longest = usize::try_from(MAX_ANSWER_BYTES).unwrap();
    assert!(matches!(answer("500 No", &"a".repeat(longest + 1)), ClientError::TooLarge));
    assert!(matches!(
        answered(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n[]".to_vec()),
        ClientError::NoAnswer(_)
    ));
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = Client::new(&format!("http://{nobody}")).unwrap().notice(&newsroom(), None, None);
    assert!(nobody.unwrap_err().is_worth_another_try());
    let busy = r#"{"type":"urn:consent:problem:busy","status":503,"code":"busy","detail":"later"}"#;
    let busy = format!("HTTP/1.1 503 Busy\r\nretry-after: 2\r\ncontent-length: {}\r\n\r\n{busy}", busy.len());
    let busy = answered(busy.into_bytes());
    assert_eq!((busy.code(), busy.retry_after(), busy.is_worth_another_try()), (Some("busy"), Some(2), true));
}

#[test]
fn only_an_address_of_a_server_is_one() {
    for bad in
        ["", "consent.example", "ftp://consent.example", "https://", "http:///v1", "https://a.example/?b"]
    {
        assert!(matches!(Client::new(bad), Err(ClientError::Address)), "{bad}");
    }
    assert!(Client::new("https://consent.example/below/").is_ok());
}
