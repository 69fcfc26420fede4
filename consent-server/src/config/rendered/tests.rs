use super::*;

fn measured() -> serde_json::Value {
    let button = serde_json::json!({
        "element": "button", "width": 170.0, "height": 44.0, "reached": true, "letters": "15px 600",
        "surface": "8px 12px", "colour": "#ffffff", "background": "#16181d",
    });
    let view = |width| {
        serde_json::json!({
            "width": width, "interfaces": 1, "accept": button, "reject": button,
            "order": ["consent-reject-all", "consent-accept-all", "consent-customise"],
        })
    };
    let switch =
        |name: &str, on| serde_json::json!({ "name": name, "on": on, "locked": name == "necessary" });
    let switches = |granted: &[&str]| {
        let names = ["necessary", "functional", "analytics", "performance", "advertisement", "counter"];
        names.map(|name| switch(name, name == "necessary" || granted.contains(&name)))
    };
    serde_json::json!({
        "views": [view(320), view(1280)], "accept_ends": true, "reject_ends": true, "stored": [],
        "links": [{ "address": "/privacy", "words": "Privacy policy" }],
        "second": {
            "interfaces": 1, "switches": switches(&[]), "before": ["necessary"], "closed": ["necessary"],
            "chosen": switches(&["analytics"]), "saved": ["necessary", "analytics"],
            "reopened": switches(&["analytics"]), "withdrawn": ["necessary"],
        },
    })
}

fn codes_under(regime: &Regime, pointer: &str, value: serde_json::Value) -> Vec<Code> {
    let mut measured = measured();
    *measured.pointer_mut(pointer).unwrap() = value;
    let found = judge("a, en", regime, &serde_json::from_value(measured).unwrap());
    assert!(found.iter().all(|finding| finding.message.starts_with("a, en")), "{found:?}");
    found.into_iter().map(|finding| finding.code).collect()
}

fn codes(pointer: &str, value: serde_json::Value) -> Vec<Code> {
    codes_under(&Regime::strictest("EU"), pointer, value)
}

#[test]
fn equal_buttons_that_both_end_it_with_one_click_are_well() {
    assert!(codes("/views/0/width", 360.into()).is_empty());
    // A twentieth is no difference.
    assert!(codes("/views/0/reject/width", 178.into()).is_empty());
}

#[test]
fn whatever_makes_accept_win_is_found() {
    let equal = [Code::EqualButtons];
    assert_eq!(codes("/views/0/reject/width", 150.into()), equal);
    assert_eq!(codes("/views/1/reject/height", 30.into()), equal);
    assert_eq!(codes("/views/0/accept/letters", "18px 700".into()), equal);
    assert_eq!(codes("/views/1/reject/surface", "0px".into()), equal);
    assert_eq!(codes("/views/0/reject/reached", false.into()), equal);
    assert_eq!(codes("/views/0/reject/background", "#3a3c41".into()), equal);
    // It differs, and can hardly be read.
    assert_eq!(codes("/views/0/reject/colour", "#30323a".into()), [equal, equal].concat());
    let refuse = [Code::RefuseAsAccept];
    assert_eq!(codes("/views/0/reject", serde_json::Value::Null), refuse);
    assert_eq!(codes("/views/0/reject/element", "a".into()), refuse);
    assert_eq!(codes("/reject_ends", false.into()), refuse);
    assert_eq!(codes("/accept_ends", false.into()), refuse);
    assert_eq!(codes("/views/1/interfaces", 2.into()), [Code::OneInterface]);
}

#[test]
fn no_first_layer_at_all_is_found_and_nothing_else_is_said_of_it() {
    let mut measured = measured();
    for (view, name) in [(0, "accept"), (0, "reject"), (1, "accept"), (1, "reject")] {
        measured["views"][view][name] = serde_json::Value::Null;
    }
    measured["second"] = serde_json::Value::Null;
    let found = judge("a", &Regime::strictest("EU"), &serde_json::from_value(measured).unwrap());
    let found: Vec<_> = found.iter().map(|finding| finding.code).collect();
    assert_eq!(found, [Code::OneInterface, Code::OneInterface]);
}

#[test]
fn what_is_done_before_a_choice_is_found() {
    assert_eq!(codes("/stored", serde_json::json!(["cookie `a`"])), [Code::NothingBefore]);
    assert_eq!(codes("/second/switches/2/on", true.into()), [Code::PreTicked]);
    assert_eq!(codes("/second/switches/5/on", true.into()), [Code::PreTicked]);
    assert_eq!(codes("/second/switches/4/locked", true.into()), [Code::PreTicked]);
    // Where the law lets it run until somebody objects, its switch says that it runs.
    let swiss = Regime::of("CH".parse().unwrap());
    assert_eq!(codes_under(&swiss, "/second/switches/2/on", true.into()), []);
    assert_eq!(codes_under(&swiss, "/second/switches/4/on", true.into()), [Code::PreTicked]);
}

#[test]
fn a_choice_that_is_not_the_visitors_is_found() {
    let all = serde_json::json!(["necessary", "functional", "analytics", "performance", "advertisement"]);
    assert_eq!(codes("/second/saved", all.clone()), [Code::AsChosen]);
    assert_eq!(codes("/second/saved", serde_json::json!(["necessary"])), [Code::AsChosen]);
    assert_eq!(codes("/second/switches/3/name", "counts".into()), [Code::AsChosen]);
    assert_eq!(codes("/second/closed", all), [Code::ImpliedConsent]);
    assert_eq!(codes("/second/interfaces", 2.into()), [Code::OneInterface]);
}

#[test]
fn a_way_back_that_is_not_there_or_is_longer_is_found() {
    let back = [Code::WayBack];
    assert_eq!(codes("/second/reopened", serde_json::Value::Null), back);
    assert_eq!(codes("/second/reopened/2/on", false.into()), back);
    assert_eq!(codes("/second/withdrawn", serde_json::json!(["necessary", "analytics"])), back);
    assert_eq!(codes("/second", serde_json::Value::Null), [Code::PrivacyMaze]);
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    for address in ["", " ", "#", "#privacy", "JavaScript:void(0)"] {
        assert_eq!(codes("/links/0/address", address.into()), [Code::DeadEnd], "{address}");
    }
    assert_eq!(codes("/links/0/words", "".into()), [Code::DeadEnd]);
    assert_eq!(codes("/links", serde_json::json!([])), [Code::DeadEnd]);
}

#[test]
fn buttons_that_change_their_order_are_found() {
    let moved = serde_json::json!(["consent-accept-all", "consent-reject-all", "consent-customise"]);
    assert_eq!(codes("/views/1/order", moved.clone()), [Code::InconsistentInterface]);
    let one: Measured = serde_json::from_value(measured()).unwrap();
    assert_eq!(judge_beside("a, fr", &one, "a, en", &one), None);
    let mut other = measured();
    for view in [0, 1] {
        other["views"][view]["order"] = moved.clone();
    }
    let other = serde_json::from_value(other).unwrap();
    let found = judge_beside("a, fr", &other, "a, en", &one).unwrap();
    assert_eq!(found.code, Code::InconsistentInterface);
    assert!(found.message.starts_with("a, fr: ") && found.message.ends_with(" in a, en"), "{found:?}");
}
