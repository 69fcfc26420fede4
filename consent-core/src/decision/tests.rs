use super::*;
use crate::notice::tests::notice;
use crate::notice::{MovingIn, Platform, ServiceNotice};

fn request() -> DecisionRequest {
    DecisionRequest {
        decision_id: "0193564c-9000-7000-8000-0123456789ab".into(),
        subject_id: "AAECAwQFBgcICQoLDA0ODw".into(),
        notice_id: notice("fr").id().to_string(),
        action: "save".into(),
        account: None,
        handoff: None,
        choices: choices(["grant", "deny", "deny", "deny"]),
        services: Vec::new(),
        decided_at: "2026-11-23T09:30:00.123Z".into(),
        signals: Signals::default(),
        language: "fr".into(),
        page: "/actualites?utm=1#top".into(),
        provenance: None,
    }
}

fn choices(words: [&str; 4]) -> Vec<(Word, Word)> {
    Category::OPTIONAL.iter().zip(words).map(|(c, w)| (c.as_str().into(), w.to_owned().into())).collect()
}

fn parse(request: &DecisionRequest) -> Result<Decision, DecisionError> {
    Decision::parse(request, &notice("fr"), OffsetDateTime::UNIX_EPOCH)
}

/// One change of the good request and the cause with which it must be refused.
fn refused(cause: DecisionError, change: impl FnOnce(&mut DecisionRequest)) {
    let mut changed = request();
    change(&mut changed);
    assert_eq!(parse(&changed).unwrap_err(), cause, "{changed:?}");
}

#[test]
fn a_save_records_exactly_its_toggles() {
    for bits in 0..16_u8 {
        let words = [0, 1, 2, 3].map(|bit| if bits >> bit & 1 == 1 { "grant" } else { "deny" });
        let decision = parse(&DecisionRequest { choices: choices(words), ..request() }).unwrap();
        assert_eq!(decision.choices().bits(), bits << 1 | 1);
    }
}

#[test]
fn the_page_keeps_no_query_and_no_fragment() {
    let decision = parse(&request()).unwrap();
    assert!(decision.decision_data().contains(r#""page":"/actualites""#), "{}", decision.decision_data());
}

#[test]
fn the_cleartext_is_what_the_documents_say() {
    let decision = parse(&request()).unwrap().from_class(UserAgentClass::Mobile);
    assert_eq!(
        decision.subject_data(),
        r#"{"decision_id":"0193564c-9000-7000-8000-0123456789ab","subject_id":"AAECAwQFBgcICQoLDA0ODw"}"#
    );
    assert_eq!(
        decision.decision_data(),
        r#"{"action":"save","choices":{"necessary":"grant","functional":"grant","analytics":"deny","performance":"deny","advertisement":"deny"},"decided_at":"2026-11-23T09:30:00.123Z","language":"fr","page":"/actualites","recorded_at":"1970-01-01T00:00:00.000Z","regime":["always","opt_in","opt_in","opt_in","opt_in"],"region":"FR","signals":{"gpc":false},"user_agent_class":"mobile"}"#
    );
}

#[test]
fn every_action_agrees_only_with_its_choices() {
    let all = |word| [word; 4];
    for (action, good) in [
        ("accept_all", "grant"),
        ("reject_all", "deny"),
        ("withdraw", "deny"),
        ("close", "deny"),
        ("save", "grant"),
    ] {
        let fits = DecisionRequest { action: action.into(), choices: choices(all(good)), ..request() };
        assert!(parse(&fits).is_ok(), "{action}");
        if action == "save" {
            continue;
        }
        for at in 0..4 {
            let mut words = all(good);
            words[at] = if good == "grant" { "deny" } else { "grant" };
            let category = Category::OPTIONAL[at];
            let action = Action::ALL.into_iter().find(|a| a.as_str() == action).unwrap();
            refused(DecisionError::ActionMismatch { action, category }, |r| {
                r.action = action.as_str().into();
                r.choices = choices(words);
            });
        }
    }
}

#[test]
fn a_signal_never_grants() {
    let denied = choices(["deny"; 4]);
    refused(DecisionError::NoSignal, |r| {
        r.action = "signal".into();
        r.choices = denied.clone();
    });
    let signal = |choices| DecisionRequest {
        action: "signal".into(),
        signals: Signals { gpc: true },
        choices,
        ..request()
    };
    assert!(parse(&signal(denied)).is_ok());
    assert!(parse(&signal(choices(["deny", "deny", "deny", "grant"]))).is_err());
    assert!(parse(&signal(choices(["grant", "deny", "deny", "deny"]))).is_err());
}

#[test]
fn what_no_notice_offers_is_refused() {
    for action in [Action::Import, Action::Handoff] {
        refused(DecisionError::ActionNotOffered(action), |r| r.action = action.as_str().into());
    }
}

/// A notice of `newsroom` that tells of the site `sport`.
fn in_a_group() -> Notice {
    let site = |id: &str| crate::notice::GroupSite {
        id: id.parse().unwrap(),
        name: id.to_uppercase(),
        origins: vec![format!("https://{id}.example")],
    };
    let mut body = (*notice("fr")).clone();
    body.group = Some(crate::notice::GroupNotice {
        id: "press".parse().unwrap(),
        sites: vec![site("newsroom"), site("sport")],
    });
    Notice::new(body).unwrap()
}

/// What `sport` hands on: analytics and advertising.
fn handed_on() -> HandedOn {
    HandedOn {
        choices: Choices::from_bits(0b1_0101).unwrap(),
        decision_id: DecisionId::made_at(0x0193_564c_9000, [0xff; 10]),
        from: Place { index: 7, log: "2024".into(), site: "sport".parse().unwrap() },
    }
}

fn handoff() -> DecisionRequest {
    DecisionRequest {
        decision_id: String::new(),
        notice_id: in_a_group().id().to_string(),
        action: "handoff".into(),
        choices: choices(["deny", "grant", "deny", "grant"]),
        decided_at: "2024-11-22T23:54:38.464Z".into(),
        ..request()
    }
}

fn parse_handoff(request: &DecisionRequest) -> Result<Decision, DecisionError> {
    Decision::parse_handed_on(request, &in_a_group(), OffsetDateTime::UNIX_EPOCH, &handed_on())
}

#[test]
fn what_is_handed_on_is_as_old_as_the_choice_and_names_where_it_was_made() {
    assert_eq!(handed_on().decision_id.to_string(), "0193564c-9000-7fff-bfff-ffffffffffff");
    assert_eq!(parse_handoff(&handoff()).unwrap().decision_id(), handed_on().decision_id);
    let at = OffsetDateTime::from_unix_timestamp_nanos(
        i128::from(handed_on().decision_id.unix_millis()) * 1_000_000,
    );
    assert_eq!(rfc3339_millis(at.unwrap()), handoff().decided_at);
    let decision = parse_handoff(&handoff()).unwrap();
    assert_eq!(decision.choices(), handed_on().choices);
    let data = decision.decision_data();
    let said = r#""handoff":{"index":7,"log":"2024","site":"sport"},"language""#;
    assert!(data.contains(said), "{data}");
    let there = handed_on().from;
    for from in [
        Place { index: 8, ..there.clone() },
        Place { log: "2024.2".into(), ..there.clone() },
        Place { log: "202".into(), ..there },
    ] {
        let elsewhere = HandedOn { from, ..handed_on() };
        let other =
            Decision::parse_handed_on(&handoff(), &in_a_group(), OffsetDateTime::UNIX_EPOCH, &elsewhere);
        assert_ne!(other.unwrap().request_digest(), decision.request_digest());
    }
}

#[test]
fn a_hand_off_is_taken_only_as_the_server_has_verified_it() {
    use DecisionError as E;
    let not_offered = Err(E::ActionNotOffered(Action::Handoff));
    let refused = |change: &dyn Fn(&mut DecisionRequest)| {
        let mut request = handoff();
        change(&mut request);
        parse_handoff(&request).unwrap_err()
    };
    // Its name is the server's.
    let named = |request: &mut DecisionRequest| request.decision_id = handed_on().decision_id.to_string();
    assert_eq!(refused(&named), E::HandoffMismatch);
    assert_eq!(
        refused(&|request| request.decided_at = "2024-11-22T23:54:38.465Z".into()),
        E::HandoffMismatch
    );
    let said = |request: &mut DecisionRequest| request.services = vec![("films".into(), "deny".into())];
    assert_eq!(refused(&said), E::HandoffMismatch);
    let mismatch = |category| E::ActionMismatch { action: Action::Handoff, category };
    let more = |request: &mut DecisionRequest| request.choices = choices(["grant", "grant", "deny", "grant"]);
    assert_eq!(refused(&more), mismatch(Category::Functional));
    let less = |request: &mut DecisionRequest| request.choices = choices(["deny", "deny", "deny", "grant"]);
    assert_eq!(refused(&less), mismatch(Category::Analytics));
    for action in ["accept_all", "save", "withdraw", "import"] {
        assert!(matches!(refused(&|request| request.action = action.into()), E::ActionNotOffered(_)));
    }
    // A name of the browser's and no token; and the server's word lacking: under a notice that tells of no group, and from a site
    // that is not in it.
    let id = "0193564c-9000-7fff-bfff-ffffffffffff".to_owned();
    for (decision_id, error) in [(String::new(), Err(E::DecisionId)), (id, not_offered.clone())] {
        let request = DecisionRequest { decision_id, ..handoff() };
        assert_eq!(Decision::parse(&request, &in_a_group(), OffsetDateTime::UNIX_EPOCH), error);
    }
    let alone = DecisionRequest { notice_id: notice("fr").id().to_string(), ..handoff() };
    let now = OffsetDateTime::UNIX_EPOCH;
    assert_eq!(Decision::parse_handed_on(&alone, &notice("fr"), now, &handed_on()), not_offered);
    for site in ["radio", "newsroom"] {
        let from = Place { site: site.parse().unwrap(), ..handed_on().from };
        let from = HandedOn { from, ..handed_on() };
        assert_eq!(Decision::parse_handed_on(&handoff(), &in_a_group(), now, &from), not_offered, "{site}");
    }
}

#[test]
fn where_the_browser_objects_no_advertising_is_handed_on() {
    let mut request = handoff();
    request.signals.gpc = true;
    assert!(parse_handoff(&request).is_err());
    request.choices = choices(["deny", "grant", "deny", "deny"]);
    assert_eq!(parse_handoff(&request).unwrap().choices().bits(), 0b0_0101);
}

#[test]
fn refuses_each_fault_with_its_own_cause() {
    use DecisionError as E;
    refused(E::DecisionId, |r| r.decision_id = "0193564C-9000-7000-8000-0123456789AB".into());
    refused(E::DecisionId, |r| r.decision_id = "0193564c90007000800000123456789ab".into());
    refused(E::DecisionId, |r| r.decision_id = "0193564c-9000-4000-8000-0123456789ab".into());
    refused(E::DecisionId, |r| r.decision_id = String::new());
    refused(E::SubjectId, |r| r.subject_id.push('A'));
    refused(E::SubjectId, |r| r.subject_id = "AAECAwQFBgcICQoLDA0ODx".into());
    refused(E::NoticeId, |r| r.notice_id.clear());
    refused(E::NoticeMismatch, |r| r.notice_id = notice("en").id().to_string());
    refused(E::LanguageMismatch, |r| r.language = "en".into());
    refused(E::UnknownAction, |r| r.action = "accept".into());
    refused(E::UnknownCategory, |r| r.choices.push(("marketing".into(), "deny".into())));
    refused(E::UnknownChoice(Category::Functional), |r| r.choices[0].1 = "maybe".into());
    refused(E::RepeatedCategory(Category::Functional), |r| r.choices.push(r.choices[0].clone()));
    refused(E::MissingCategory(Category::Advertisement), |r| drop(r.choices.pop()));
    refused(E::NecessaryDenied, |r| r.choices.push(("necessary".into(), "deny".into())));
    refused(E::DecidedAt, |r| r.decided_at = "2026-11-23".into());
    refused(E::Page, |r| r.page = "https://example.org/".into());
    refused(E::Page, |r| r.page = format!("/{}", "a".repeat(MAX_PAGE_BYTES)));
    refused(E::Page, |r| r.page = "/\n".into());
}

#[test]
fn any_time_that_is_accepted_can_be_written_down() {
    for decided_at in [
        "9999-12-31T23:59:59-23:59",
        "9999-12-31T23:59:59.999-00:01",
        "0000-01-01T00:00:00+23:59",
        "0000-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+00:01",
    ] {
        refused(DecisionError::DecidedAt, |r| r.decided_at = decided_at.into());
    }
    for (decided_at, written) in [
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"),
        ("9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.999Z"),
        ("2026-11-23T09:30:00.5+02:00", "2026-11-23T07:30:00.500Z"),
    ] {
        let decision = parse(&DecisionRequest { decided_at: decided_at.into(), ..request() }).unwrap();
        assert!(decision.decision_data().contains(written), "{}", decision.decision_data());
        let cookie = crate::cookie::ConsentCookie::of(&decision);
        assert_eq!(cookie.to_string().parse(), Ok(cookie));
    }
}

#[test]
fn a_key_given_twice_in_json_is_seen() {
    let json = serde_json::to_string(&request()).unwrap();
    let twice = json.replace(r#""functional":"grant""#, r#""functional":"grant","functional":"deny""#);
    let twice: DecisionRequest = serde_json::from_str(&twice).unwrap();
    assert_eq!(parse(&twice), Err(DecisionError::RepeatedCategory(Category::Functional)));
}

#[test]
fn a_field_that_is_not_known_or_given_twice_is_refused() {
    let json = serde_json::to_string(&request()).unwrap();
    for bad in [
        json.replacen('{', r#"{"extra":1,"#, 1),
        json.replacen('{', r#"{"page":"/","#, 1),
        json.replace(r#""gpc":false"#, r#""gpc":false,"dnt":true"#),
        json.replace(r#""gpc":false"#, r#""gpc":1"#),
    ] {
        assert!(serde_json::from_str::<DecisionRequest>(&bad).is_err(), "{bad}");
    }
}

#[test]
fn the_digest_tells_requests_apart_and_ignores_the_server_clock() {
    let one = parse(&request()).unwrap();
    let later = Decision::parse(&request(), &notice("fr"), OffsetDateTime::UNIX_EPOCH + time::Duration::DAY);
    assert_eq!(one.request_digest(), later.unwrap().request_digest());
    let other = parse(&DecisionRequest { page: "/sport".into(), ..request() }).unwrap();
    assert_ne!(one.request_digest(), other.request_digest());
}

#[test]
fn nothing_personal_shows_in_debug() {
    let shown = format!("{:?}", parse(&request()).unwrap());
    assert!(!shown.contains("AAECAwQ") && !shown.contains("0193564c"), "{shown}");
}

/// A notice with a service in `functional` and two in `analytics`.
fn with_services() -> Notice {
    let service = |category, id: &str| ServiceNotice {
        category,
        id: id.parse().unwrap(),
        name: id.into(),
        purpose: "Shows it.".into(),
        vendor: None,
    };
    let mut body = (*notice("fr")).clone();
    body.services = vec![
        service(Category::Functional, "video"),
        service(Category::Analytics, "count"),
        service(Category::Analytics, "heat"),
    ];
    Notice::new(body).unwrap()
}

/// A save under [`with_services`] with these words for the four categories and for services.
fn of_services(words: [&str; 4], services: &[(&str, &str)]) -> DecisionRequest {
    let services =
        services.iter().map(|(id, choice)| ((*id).to_owned().into(), (*choice).to_owned().into())).collect();
    DecisionRequest {
        notice_id: with_services().id().to_string(),
        choices: choices(words),
        services,
        ..request()
    }
}

fn parse_services(request: &DecisionRequest) -> Result<Decision, DecisionError> {
    Decision::parse(request, &with_services(), OffsetDateTime::UNIX_EPOCH)
}

#[test]
fn a_service_granted_by_itself_leaves_its_category_denied() {
    let request = of_services(["deny"; 4], &[("heat", "grant"), ("count", "deny")]);
    let decision = parse_services(&request).unwrap();
    assert_eq!(decision.choices(), Choices::DENIED);
    let data = decision.decision_data();
    assert!(data.contains(r#""region":"FR","services":{"count":"deny","heat":"grant"},"signals""#), "{data}");
    let consent = crate::cookie::ConsentCookie::of(&decision);
    let services = crate::cookie::ServicesCookie::of(&decision).unwrap();
    assert!(services.allows(&consent, "heat") && !services.allows(&consent, "count"));
    assert_eq!(services.to_string().parse(), Ok(services));
}

#[test]
fn whoever_says_nothing_of_services_leaves_no_trace_of_them() {
    let decision = parse_services(&of_services(["grant"; 4], &[])).unwrap();
    assert!(!decision.decision_data().contains("services"));
    assert_eq!(crate::cookie::ServicesCookie::of(&decision), None);
    let denied = parse_services(&of_services(["deny"; 4], &[("heat", "deny")])).unwrap();
    assert_eq!(crate::cookie::ServicesCookie::of(&denied), None);
}

#[test]
fn services_are_refused_with_their_cause() {
    use DecisionError as E;
    let deny = ["deny"; 4];
    let cause = |request: DecisionRequest| parse_services(&request).unwrap_err();
    assert_eq!(cause(of_services(deny, &[("chat", "grant")])), E::UnknownService);
    assert_eq!(cause(of_services(deny, &[("analytics", "grant")])), E::UnknownService);
    assert_eq!(cause(of_services(deny, &[("heat", "yes")])), E::UnknownServiceChoice);
    assert_eq!(cause(of_services(deny, &[("heat", "deny"), ("heat", "grant")])), E::RepeatedService);
    assert_eq!(cause(of_services(["grant"; 4], &[("heat", "deny")])), E::ServiceMismatch);
    for action in ["reject_all", "withdraw", "close"] {
        let said = DecisionRequest { action: action.into(), ..of_services(deny, &[("heat", "grant")]) };
        assert_eq!(cause(said), E::ServiceMismatch, "{action}");
    }
    // A notice without services knows none.
    let request = DecisionRequest { services: vec![("heat".into(), "grant".into())], ..request() };
    assert_eq!(parse(&request), Err(E::UnknownService));
}

#[test]
fn the_digest_tells_services_apart() {
    let digest = |services: &[(&str, &str)]| {
        parse_services(&of_services(["deny"; 4], services)).unwrap().request_digest()
    };
    let all = [&[][..], &[("heat", "grant")], &[("heat", "deny")], &[("count", "grant"), ("heat", "grant")]]
        .map(digest);
    for (at, one) in all.iter().enumerate() {
        assert!(all.iter().skip(at + 1).all(|other| other != one));
    }
    assert_eq!(digest(&[("heat", "grant"), ("count", "grant")]), all[3], "order says nothing");
}

/// A notice that takes over what Cookiebot's statistics and marketing stand for.
fn moved() -> Notice {
    let mut body = (*notice("fr")).clone();
    let words = |word: &str| vec![word.to_owned()];
    body.moving_in = vec![MovingIn {
        by: "A. Muster".into(),
        categories: [
            (Category::Analytics, words("statistics")),
            (Category::Advertisement, words("marketing")),
        ]
        .into(),
        name: None,
        platform: Platform::Cookiebot,
        reason: "The notices were the same.".into(),
    }];
    Notice::new(body).unwrap()
}

fn import() -> DecisionRequest {
    DecisionRequest {
        notice_id: moved().id().to_string(),
        action: "import".into(),
        choices: choices(["deny", "grant", "deny", "deny"]),
        provenance: Some(ProvenanceRequest {
            decided_at: Some("2026-06-01T08:00:00.000Z".into()),
            id: Some("4xtVMt3lrjYK22nJi+9XGlRaq7VmEfirYWjBiVwabf8gWvwvTCdWRA==".into()),
            platform: "cookiebot".into(),
        }),
        ..request()
    }
}

fn parse_import(change: impl FnOnce(&mut DecisionRequest)) -> Result<Decision, DecisionError> {
    let mut changed = import();
    change(&mut changed);
    Decision::parse(&changed, &moved(), OffsetDateTime::UNIX_EPOCH)
}

fn theirs(change: impl FnOnce(&mut ProvenanceRequest)) -> Result<Decision, DecisionError> {
    parse_import(|request| change(request.provenance.as_mut().unwrap()))
}

#[test]
fn a_choice_that_was_taken_over_keeps_where_it_comes_from_and_its_age() {
    let decision = parse_import(|_| ()).unwrap();
    let data = decision.decision_data();
    let kept = r#""provenance":{"decided_at":"2026-06-01T08:00:00.000Z","id":"4xtVMt3lrjYK22nJi+9XGlRaq7VmEfirYWjBiVwabf8gWvwvTCdWRA==","platform":"cookiebot"},"recorded_at""#;
    assert!(data.contains(kept), "{data}");
    let cookie = crate::cookie::ConsentCookie::of(&decision);
    assert_eq!(cookie.decided_at, 1_780_300_800, "the first of June");
    assert!(!format!("{decision:?}").contains("4xtVMt3"));
    // Of what has no date of its own the time of taking over counts.
    let undated = theirs(|from| from.decided_at = None).unwrap();
    assert_eq!(undated.since(), undated.decided_at());
    assert!(!undated.decision_data().contains(r#""provenance":{"decided_at""#));
}

#[test]
fn nothing_is_taken_over_that_the_notice_does_not_let_in() {
    use DecisionError as E;
    let mismatch = |category| E::ActionMismatch { action: Action::Import, category };
    let with = |words| parse_import(|request| request.choices = choices(words));
    assert!(with(["deny"; 4]).is_ok());
    assert!(with(["deny", "grant", "deny", "grant"]).is_ok());
    assert_eq!(with(["grant", "grant", "deny", "deny"]), Err(mismatch(Category::Functional)));
    assert_eq!(with(["deny", "deny", "grant", "deny"]), Err(mismatch(Category::Performance)));
    // A notice that declares nobody, and one that declares somebody else.
    refused(E::ActionNotOffered(Action::Import), |r| {
        r.action = "import".into();
        r.provenance = import().provenance;
    });
    assert_eq!(theirs(|f| f.platform = "klaro".into()), Err(E::ActionNotOffered(Action::Import)));
    // The browser's objection is newer than what was said elsewhere.
    let objected = parse_import(|request| {
        request.signals.gpc = true;
        request.choices = choices(["deny", "grant", "deny", "grant"]);
    });
    assert_eq!(objected, Err(mismatch(Category::Advertisement)));
    assert!(parse_import(|request| request.signals.gpc = true).is_ok());
}

#[test]
fn refuses_a_provenance_that_can_not_be() {
    let refused = Err(DecisionError::Provenance);
    assert_eq!(parse_import(|request| request.provenance = None), refused);
    for action in ["accept_all", "reject_all", "save", "withdraw", "close", "signal"] {
        let other = parse_import(|request| {
            request.action = action.into();
            request.signals.gpc = action == "signal";
            request.choices = choices([if action == "accept_all" { "grant" } else { "deny" }; 4]);
        });
        assert_eq!(other, refused, "{action}");
    }
    for platform in ["", "Cookiebot", "cookiebot ", "usercentrics"] {
        assert_eq!(theirs(|from| from.platform = platform.into()), refused, "{platform}");
    }
    for id in ["", "a b", "a\n", "é", &"x".repeat(MAX_THEIR_ID_BYTES + 1)] {
        assert_eq!(theirs(|from| from.id = Some(id.into())), refused, "{id}");
    }
    assert!(theirs(|from| from.id = Some("x".repeat(MAX_THEIR_ID_BYTES))).is_ok());
    // 180 days before the decision, and a day after it.
    for (at, holds) in [
        ("2026-05-27T09:30:00.123Z", false),
        ("2026-05-27T09:30:00.124Z", true),
        ("2026-11-24T09:30:00.123Z", true),
        ("2026-11-24T09:30:00.124Z", false),
        ("1969-12-31T23:59:59Z", false),
        ("yesterday", false),
        ("", false),
    ] {
        assert_eq!(theirs(|from| from.decided_at = Some(at.into())).is_ok(), holds, "{at}");
    }
}

#[test]
fn the_digest_tells_provenances_apart() {
    let digest = |decision: Result<Decision, DecisionError>| decision.unwrap().request_digest();
    let all = [
        digest(parse_import(|_| ())),
        digest(theirs(|from| from.id = None)),
        digest(theirs(|from| from.decided_at = None)),
        digest(theirs(|from| from.decided_at = Some("2026-06-01T08:00:00.001Z".into()))),
    ];
    for (at, one) in all.iter().enumerate() {
        assert!(all.iter().skip(at + 1).all(|other| other != one));
    }
    assert_eq!(all[0], digest(theirs(|from| from.decided_at = Some("2026-06-01T10:00:00+02:00".into()))));
}
