use std::collections::BTreeMap;

use super::*;
use crate::regime::Region;

/// A small notice in `language`, for the tests of every module above this one.
pub(crate) fn notice(language: &str) -> Notice {
    Notice::new(body(language)).unwrap()
}

fn body(language: &str) -> NoticeBody {
    let text = |name: &str| text(name, language);
    NoticeBody {
        account: false,
        ask_again_after: 180,
        audience_measurement: None,
        categories: Category::ALL
            .map(|category| CategoryNotice {
                category,
                cookies: Vec::new(),
                description: text("description"),
                hosts: Vec::new(),
                title: text(category.as_str()),
            })
            .into(),
        controller: Controller { name: "Exemple SA".into(), privacy_url: "/confidentialite".into() },
        direction: Direction::Ltr,
        group: None,
        language: language.into(),
        layout: Layout { position: Position::Bar, reopen_button: false, theme: Theme::Auto },
        moving_in: Vec::new(),
        network: false,
        parts: BTreeMap::new(),
        regime: Regime::strictest("FR"),
        script: Digest::of(b"script"),
        services: Vec::new(),
        site: "newsroom".parse().unwrap(),
        texts: serde_json::from_value(texts(language)).unwrap(),
        theme: None,
        v: 1,
        vendors: Vec::new(),
        waivers: Vec::new(),
    }
}

fn text(name: &str, language: &str) -> String {
    format!("{name} ({language})")
}

fn texts(language: &str) -> serde_json::Value {
    let names = [
        "accept_all",
        "always_active",
        "body",
        "close",
        "column_duration",
        "column_name",
        "column_owner",
        "column_purpose",
        "cookies_none",
        "customise",
        "placeholder_allow",
        "placeholder_body",
        "privacy_policy",
        "receipt",
        "reject_all",
        "reopen",
        "save",
        "settings_body",
        "settings_title",
        "title",
        "vendors_title",
    ];
    names.iter().map(|name| ((*name).to_owned(), serde_json::json!(text(name, language)))).collect()
}

#[test]
fn reads_back_what_it_writes_and_nothing_else() {
    let notice = notice("fr");
    assert_eq!(Notice::from_bytes(notice.bytes()), Ok(notice.clone()));
    for end in 0..notice.bytes().len() {
        assert!(Notice::from_bytes(&notice.bytes()[..end]).is_err());
    }
    for at in 0..notice.bytes().len() {
        let mut flipped = notice.bytes().to_vec();
        flipped[at] ^= 1;
        assert!(Notice::from_bytes(&flipped).map(|other| other.id()) != Ok(notice.id()));
    }
}

#[test]
fn refuses_a_body_that_breaks_a_rule() {
    let refused = |change: fn(&mut NoticeBody)| {
        let mut changed = body("fr");
        change(&mut changed);
        Notice::new(changed).unwrap_err()
    };
    assert_eq!(refused(|b| b.v = 2), NoticeError::Version);
    assert_eq!(refused(|b| b.categories.swap(0, 1)), NoticeError::Categories);
    assert_eq!(refused(|b| drop(b.categories.pop())), NoticeError::Categories);
    assert_eq!(refused(|b| b.regime.rules[0] = Rule::OptIn), NoticeError::Regime);
    assert_eq!(refused(|b| b.regime.rules[4] = Rule::Always), NoticeError::Regime);
    assert_eq!(refused(|b| b.ask_again_after = 0), NoticeError::AskAgainAfter);
    assert_eq!(refused(|b| b.ask_again_after = 731), NoticeError::AskAgainAfter);
    assert_eq!(refused(|b| b.texts.body = "x".repeat(MAX_NOTICE_BYTES)), NoticeError::Size);
}

#[test]
fn asks_again_for_another_cookie_but_not_for_another_word() {
    let original = notice("fr");
    assert_eq!(original.material(), notice("en").material());
    let mut more = body("fr");
    more.categories[2].cookies.push(CookieDeclaration {
        duration: "13 mois".into(),
        kind: StorageKind::Cookie,
        lifetime: "P13M".into(),
        name: "_id".into(),
        owner: "Mesure SARL".into(),
        purpose: "Compte les visites.".into(),
        service: None,
    });
    let more_notice = Notice::new(more.clone()).unwrap();
    assert!(
        original.material().is_covered_by(&more_notice.material()),
        "who chose about more has chosen about less"
    );
    assert!(!more_notice.material().is_covered_by(&original.material()));
    assert_eq!(more_notice.changes_since(&original), [Category::Analytics]);
    assert_eq!(original.changes_since(&more_notice), []);
    assert!(notice("en").changes_since(&original).is_empty());
    let mut sold = body("fr");
    sold.controller.name = "Autre SA".into();
    assert_eq!(Notice::new(sold).unwrap().changes_since(&original), Category::OPTIONAL);
    more.categories[2].cookies[0].purpose = "Compte les visites !".into();
    assert_eq!(more_notice.material(), Notice::new(more.clone()).unwrap().material());
    more.categories[2].cookies[0].lifetime = "P25M".into();
    assert_ne!(more_notice.material(), Notice::new(more).unwrap().material());
}

fn service(category: Category, id: &str) -> ServiceNotice {
    ServiceNotice { category, id: id.parse().unwrap(), name: id.into(), purpose: "-".into(), vendor: None }
}

#[test]
fn a_notice_without_services_hosts_theme_and_waivers_has_the_bytes_that_it_always_had() {
    let text = String::from_utf8(notice("fr").bytes().to_vec()).unwrap();
    assert!(!text.contains("service") && !text.contains("hosts") && !text.contains(r#""theme":{"#), "{text}");
    assert!(!text.contains("waivers"), "{text}");
    assert!(!text.contains("audience_measurement"), "{text}");
}

fn waiver(by: &str) -> Waiver {
    let category = Category::Analytics;
    Waiver { by: by.into(), category, code: "looser-regime".into(), reason: "Counted by ourselves.".into() }
}

#[test]
fn a_waiver_is_in_the_notice_and_asks_nobody_again() {
    let mut waived = body("fr");
    waived.waivers = vec![waiver("A. Muster")];
    let waived = Notice::new(waived).unwrap();
    assert_eq!(Notice::from_bytes(waived.bytes()), Ok(waived.clone()));
    assert_ne!(waived.id(), notice("fr").id());
    assert_eq!(waived.material(), notice("fr").material());
}

#[test]
fn refuses_a_waiver_that_nobody_answers_for() {
    let with = |waivers: Vec<Waiver>| {
        let mut changed = body("fr");
        changed.waivers = waivers;
        Notice::new(changed).err()
    };
    for by in ["", " ", &"x".repeat(MAX_WAIVER_BYTES + 1)] {
        assert_eq!(with(vec![waiver(by)]), Some(NoticeError::Waivers));
    }
    assert_eq!(with(vec![waiver("A"); MAX_WAIVERS]), None);
    assert_eq!(with(vec![waiver("A"); MAX_WAIVERS + 1]), Some(NoticeError::Waivers));
}

fn moving_in(by: &str) -> MovingIn {
    MovingIn {
        by: by.into(),
        categories: [(Category::Analytics, vec!["statistics".into()])].into(),
        name: None,
        platform: Platform::Cookiebot,
        reason: "The notices were the same.".into(),
    }
}

#[test]
fn whose_choices_are_taken_over_is_in_the_notice_and_asks_nobody_again() {
    let mut moved = body("fr");
    moved.moving_in = vec![moving_in("A. Muster")];
    let moved = Notice::new(moved).unwrap();
    assert_eq!(Notice::from_bytes(moved.bytes()), Ok(moved.clone()));
    assert_eq!(moved.material(), notice("fr").material());
    let text = moved.moving_in[0].to_string();
    assert_eq!(
        text,
        "choices of cookiebot, analytics for statistics; equivalent, says A. Muster: The notices were the same."
    );
    let difference = Difference::between(&notice("fr"), &moved);
    assert!(
        difference.asked.is_empty() && difference.changes.iter().any(|change| change.what == What::MovingIn)
    );
}

#[test]
fn refuses_a_platform_of_which_not_all_is_said() {
    let refused = |change: fn(&mut Vec<MovingIn>)| {
        let mut changed = body("fr");
        changed.moving_in = vec![moving_in("A. Muster")];
        change(&mut changed.moving_in);
        assert_eq!(Notice::new(changed).unwrap_err(), NoticeError::MovingIn);
    };
    refused(|all| all[0].by = " ".into());
    refused(|all| all[0].reason = String::new());
    refused(|all| all[0].reason = "x".repeat(MAX_WAIVER_BYTES + 1));
    refused(|all| all[0].categories.clear());
    refused(|all| drop(all[0].categories.insert(Category::Analytics, Vec::new())));
    refused(|all| drop(all[0].categories.insert(Category::Necessary, vec!["necessary".into()])));
    refused(|all| drop(all[0].categories.insert(Category::Analytics, vec!["a\n".into()])));
    refused(|all| drop(all[0].categories.insert(Category::Analytics, vec!["a".into(); MAX_THEIR_WORDS + 1])));
    refused(|all| all[0].name = Some("x".repeat(MAX_THEIR_WORD_BYTES + 1)));
    refused(|all| all.push(moving_in("B. Muster")));
}

fn under(rules: [Rule; 5]) -> Notice {
    let mut changed = body("fr");
    changed.regime.rules = rules;
    Notice::new(changed).unwrap()
}

#[test]
fn a_choice_made_under_stricter_rules_holds_under_looser_ones_and_not_the_other_way_round() {
    let strict = under(Regime::strictest("FR").rules);
    let [american, british, swiss] =
        ["US", "GB", "CH"].map(|region| under(Regime::of(Region::read(region)).rules));
    let holds = |made: &Notice, shown: &Notice| shown.material().is_covered_by(&made.material());
    for looser in [&american, &british, &swiss] {
        assert!(holds(&strict, looser) && !holds(looser, &strict));
        assert!(!holds(&under_other_owner(&strict), looser));
        assert!(looser.material().asks_no_more_than(&strict.material()));
    }
    assert_eq!(strict.changes_since(&american), Category::OPTIONAL);
    let exempt = [Category::Functional, Category::Analytics, Category::Performance];
    assert_eq!(strict.changes_since(&british), exempt);
    assert_eq!(swiss.changes_since(&american), [Category::Advertisement]);
    assert!(holds(&swiss, &american) && !holds(&american, &swiss));
}

fn under_other_owner(notice: &Notice) -> Notice {
    let mut body = (**notice).clone();
    body.controller.name = "Autre SA".into();
    Notice::new(body).unwrap()
}

#[test]
fn refuses_services_that_do_not_fit() {
    let refused = |change: fn(&mut NoticeBody)| {
        let mut changed = body("fr");
        changed.services =
            vec![service(Category::Functional, "video"), service(Category::Analytics, "count")];
        assert!(Notice::new(changed.clone()).is_ok());
        change(&mut changed);
        Notice::new(changed).err()
    };
    assert_eq!(refused(|b| b.services.swap(0, 1)), Some(NoticeError::Services));
    assert_eq!(refused(|b| b.services[0].category = Category::Necessary), Some(NoticeError::Services));
    assert_eq!(refused(|b| b.services[1].id = b.services[0].id.clone()), Some(NoticeError::Services));
    let cookie = |id: &str| CookieDeclaration {
        duration: "1 an".into(),
        kind: StorageKind::Cookie,
        lifetime: "P1Y".into(),
        name: "_v".into(),
        owner: "V".into(),
        purpose: "-".into(),
        service: Some(id.parse().unwrap()),
    };
    let with = |category: usize, id: &str| {
        let mut changed = body("fr");
        changed.services = vec![service(Category::Functional, "video")];
        changed.categories[category].cookies.push(cookie(id));
        Notice::new(changed).err()
    };
    assert_eq!(with(1, "video"), None);
    assert_eq!(with(2, "video"), Some(NoticeError::Services), "of another category");
    assert_eq!(with(1, "maps"), Some(NoticeError::Services), "not declared");
}

fn host(name: &str, service: Option<&str>) -> HostDeclaration {
    HostDeclaration { name: name.parse().unwrap(), service: service.map(|id| id.parse().unwrap()) }
}

#[test]
fn refuses_hosts_that_do_not_fit() {
    let with = |category: usize, hosts: Vec<HostDeclaration>| {
        let mut changed = body("fr");
        changed.services = vec![service(Category::Functional, "video")];
        changed.categories[4].hosts.push(host("ads.example", None));
        changed.categories[category].hosts.extend(hosts);
        Notice::new(changed).map(|notice| Notice::from_bytes(notice.bytes()) == Ok(notice))
    };
    assert_eq!(with(1, vec![host("video.example", Some("video")), host("a.ads.example", None)]), Ok(true));
    assert_eq!(
        with(2, vec![host("video.example", Some("video"))]),
        Err(NoticeError::Hosts),
        "of another category"
    );
    assert_eq!(with(1, vec![host("maps.example", Some("maps"))]), Err(NoticeError::Hosts), "not declared");
    assert_eq!(with(1, vec![host("ads.example", None)]), Err(NoticeError::Hosts), "in two categories");
    let many = |count: usize| (0..count).map(|number| host(&format!("h{number}.example"), None)).collect();
    assert_eq!(with(0, many(MAX_HOSTS - 1)), Ok(true));
    assert_eq!(with(0, many(MAX_HOSTS)), Err(NoticeError::Hosts));
}

#[test]
fn a_host_that_is_held_back_asks_nobody_again() {
    let mut held = body("fr");
    held.categories[2].hosts.push(host("stats.example", None));
    let held = Notice::new(held).unwrap();
    assert_ne!(held.id(), notice("fr").id());
    assert_eq!(held.material(), notice("fr").material());
}

#[test]
fn asks_again_for_another_service_but_not_for_another_colour() {
    let original = notice("fr").material();
    let mut changed = body("fr");
    let light = Colours { button: Some(Colour([0; 3])), ..Colours::default() };
    changed.theme = Some(SiteTheme { light: Some(light), ..SiteTheme::default() });
    assert_eq!(Notice::new(changed.clone()).unwrap().material(), original);
    changed.services = vec![service(Category::Functional, "video")];
    assert_ne!(Notice::new(changed).unwrap().material(), original);
}

#[test]
fn a_group_has_the_own_site_and_another_in_order_and_each_has_pages() {
    let site = |id: &str, origins: &[&str]| GroupSite {
        id: id.parse().unwrap(),
        name: id.into(),
        origins: origins.iter().map(|origin| (*origin).to_owned()).collect(),
    };
    let with = |sites: Vec<GroupSite>| {
        Notice::new(NoticeBody { group: Some(GroupNotice { id: "g".parse().unwrap(), sites }), ..body("fr") })
    };
    let (own, other) = (site("newsroom", &["https://n.example"]), site("sport", &["https://s.example"]));
    let good = with(vec![own.clone(), other.clone()]).unwrap();
    assert_eq!(Notice::from_bytes(good.bytes()), Ok(good));
    for sites in [
        vec![],
        vec![own.clone()],
        vec![other.clone(), own.clone()],
        vec![own.clone(), own.clone()],
        vec![other, site("weather", &["https://w.example"])],
        vec![own, site("sport", &[])],
    ] {
        assert_eq!(with(sites.clone()).unwrap_err(), NoticeError::Group, "{sites:?}");
    }
}

/// All that an exemption rests on.
pub(crate) fn measured() -> AudienceMeasurement {
    AudienceMeasurement {
        anonymous_statistics: true,
        data_kept: "P25M".into(),
        never_renewed: true,
        no_id_across_sites: true,
        processors: vec!["Mesure SA".into()],
        publisher_only: true,
        sole_purpose: true,
    }
}
