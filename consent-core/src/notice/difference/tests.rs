use proptest::prelude::*;

use super::*;
use crate::notice::tests::notice;
use crate::notice::{
    Colour, Colours, CookieDeclaration, HostDeclaration, NoticeBody, Safeguard, ServiceNotice, SiteTheme,
    Transfer, Vendor,
};
use crate::regime::{Regime, Region};

fn changed(body: &NoticeBody, change: impl FnOnce(&mut NoticeBody)) -> Notice {
    let mut body = body.clone();
    change(&mut body);
    Notice::new(body).unwrap()
}

fn cookie(name: &str, owner: &str, lifetime: &str) -> CookieDeclaration {
    CookieDeclaration {
        duration: lifetime.to_lowercase(),
        kind: StorageKind::Cookie,
        lifetime: lifetime.into(),
        name: name.into(),
        owner: owner.into(),
        purpose: "Compte les visites.".into(),
        service: None,
    }
}

fn vendor(category: Category, name: &str) -> Vendor {
    Vendor { category, name: name.into(), privacy_url: "https://a.example".into(), transfers: Vec::new() }
}

/// What asks again, and what does not.
fn told(older: &Notice, newer: &Notice) -> (Vec<Category>, Vec<String>, Vec<String>) {
    let difference = Difference::between(older, newer);
    let line = |change: &Change| {
        let category = change.category.map_or_else(|| "all".to_owned(), |category| category.to_string());
        format!("{category}: {}", change.what)
    };
    let (reasons, silent) =
        (difference.reasons().map(line).collect(), difference.silent().map(line).collect());
    (difference.asked, reasons, silent)
}

#[test]
fn a_cookie_a_vendor_a_service_and_a_longer_time_ask_again_in_their_category_only() {
    let older =
        changed(&notice("fr"), |body| body.categories[2].cookies.push(cookie("_id", "Mesure", "P6M")));
    let ask = |change: fn(&mut NoticeBody), category: Category, reason: &str| {
        let (asked, reasons, _) = told(&older, &changed(&older, change));
        assert_eq!((asked, reasons), (vec![category], vec![format!("{category}: {reason}")]));
    };
    ask(
        |body| body.categories[4].cookies.push(cookie("_ads", "Régie", "P1Y")),
        Category::Advertisement,
        "cookie `_ads` of Régie is added, for 1 year",
    );
    ask(
        |body| body.vendors.push(vendor(Category::Functional, "Vidéo")),
        Category::Functional,
        "Vidéo receives data now",
    );
    ask(
        |body| {
            body.services.push(ServiceNotice {
                category: Category::Performance,
                id: "speed".parse().unwrap(),
                name: "Speed".into(),
                purpose: "-".into(),
                vendor: None,
            });
        },
        Category::Performance,
        "service `speed` is asked for by itself now",
    );
    ask(
        |body| body.categories[2].cookies[0].lifetime = "P13M".into(),
        Category::Analytics,
        "cookie `_id` stays for 13 months now, and not for 6 months",
    );
    ask(
        |body| body.categories[2].cookies[0].owner = "Autre".into(),
        Category::Analytics,
        "cookie `_id` is Autre's now, and not Mesure's",
    );
}

#[test]
fn another_country_asks_again_and_what_protects_there_does_not() {
    let takes = |all: &[(Safeguard, &str)]| {
        let transfers = all.iter().map(|(by, to)| Transfer { by: *by, to: to.parse().unwrap() }).collect();
        let vendor = Vendor { transfers, ..vendor(Category::Analytics, "Mesure") };
        changed(&notice("fr"), |body| body.vendors = vec![vendor])
    };
    let (adequacy, clauses) = (Safeguard::Adequacy, Safeguard::StandardContractualClauses);
    let [none, one, two] =
        [takes(&[]), takes(&[(adequacy, "US")]), takes(&[(adequacy, "US"), (clauses, "IN")])];
    for (older, newer, to) in [(&none, &one, "US"), (&one, &two, "IN")] {
        let (asked, reasons, silent) = told(older, newer);
        assert_eq!(asked, [Category::Analytics]);
        assert_eq!(reasons, [format!("analytics: Mesure takes data to {to} now")]);
        assert_eq!(silent, Vec::<String>::new());
        let (asked, _, silent) = told(newer, older);
        assert_eq!(asked, []);
        assert_eq!(silent, [format!("analytics: Mesure takes no data to {to} any more")]);
    }
    let (asked, reasons, silent) = told(&one, &takes(&[(clauses, "US")]));
    assert_eq!((asked, reasons), (Vec::new(), Vec::new()));
    let rests = "analytics: what Mesure takes to US rests on standard contractual clauses now, and not on a decision of adequacy";
    assert_eq!(silent, [rests]);
    assert_ne!(one.id(), none.id());
}

/// What rests on an exception rests on a consent that knows of it (GDPR, article 49(1)(a)); what rests on more than that does not.
#[test]
fn an_exception_in_place_of_a_safeguard_asks_again_and_the_other_way_nobody() {
    let takes = |all: &[Safeguard]| {
        let transfers = all.iter().map(|by| Transfer { by: *by, to: "US".parse().unwrap() }).collect();
        let vendor = Vendor { transfers, ..vendor(Category::Advertisement, "Mesure") };
        changed(&notice("fr"), |body| body.vendors = vec![vendor])
    };
    let (clauses, derogation) = (Safeguard::StandardContractualClauses, Safeguard::Derogation);
    let [protected, both, not] = [takes(&[clauses]), takes(&[clauses, derogation]), takes(&[derogation])];
    let (asked, reasons, silent) = told(&protected, &not);
    assert_eq!(asked, [Category::Advertisement]);
    let rests = "advertisement: what Mesure takes to US rests on nothing but an exception now, and not on standard contractual clauses";
    assert_eq!((reasons, silent), (vec![rests.to_owned()], Vec::new()));
    assert_eq!(told(&protected, &both).0, [Category::Advertisement]);
    for (older, newer) in [(&not, &protected), (&both, &protected), (&not, &both), (&both, &not)] {
        let (asked, reasons, silent) = told(older, newer);
        assert_eq!((asked, reasons, silent.len()), (Vec::new(), Vec::new(), 1), "{silent:?}");
    }
}

#[test]
fn what_is_taken_away_stays_shorter_or_is_strictly_necessary_asks_nobody() {
    let older = changed(&notice("fr"), |body| {
        body.categories[2].cookies.extend([cookie("_id", "Mesure", "P13M"), cookie("_b", "Mesure", "P1D")]);
        body.vendors.push(vendor(Category::Analytics, "Mesure"));
    });
    let newer = changed(&older, |body| {
        body.vendors.clear();
        body.categories[2].cookies.pop();
        body.categories[2].cookies[0].lifetime = "P6M".into();
        body.categories[0].cookies.push(cookie("basket", "Exemple SA", "P1D"));
    });
    let (asked, reasons, silent) = told(&older, &newer);
    assert_eq!((asked, reasons), (Vec::new(), Vec::new()));
    assert_eq!(
        silent,
        [
            "necessary: cookie `basket` of Exemple SA is added, for 1 day",
            "analytics: cookie `_id` stays for 6 months now, and not for 13 months",
            "analytics: cookie `_b` of Mesure is gone",
            "analytics: Mesure receives no data any more",
        ]
    );
    assert_eq!(told(&newer, &older).0, [Category::Analytics]);
}

#[test]
fn words_colours_and_order_ask_nobody_and_are_told() {
    let older = changed(&notice("fr"), |body| {
        body.categories[2].cookies.extend([cookie("_a", "A", "P1D"), cookie("_b", "B", "P1D")]);
    });
    let other = |change: fn(&mut NoticeBody)| {
        let (asked, reasons, silent) = told(&older, &changed(&older, change));
        assert_eq!((asked, reasons), (Vec::new(), Vec::new()));
        silent
    };
    let words = other(|body| {
        body.texts.title.push('!');
        body.texts.hosts = "Serveurs".into();
        body.categories[2].cookies[0].purpose.push('!');
        body.categories[4].description.push('!');
    });
    assert_eq!(
        words,
        [
            "all: other words: categories.advertisement.description, categories.analytics.cookies._a.purpose, texts.hosts, texts.title"
        ]
    );
    let look = other(|body| {
        body.layout.reopen_button = true;
        let light = Colours { button: Some(Colour([0; 3])), ..Colours::default() };
        body.theme = Some(SiteTheme { light: Some(light), ..SiteTheme::default() });
    });
    assert_eq!(look, ["all: another look: layout.reopen_button, theme.light"]);
    let hosts = other(|body| {
        body.categories[4]
            .hosts
            .push(HostDeclaration { name: "ads.example".parse().unwrap(), service: None });
    });
    assert_eq!(hosts, ["advertisement: a host is held back now: ads.example"]);
    assert_eq!(
        other(|body| body.categories[2].cookies.reverse()),
        ["all: the order in which things are declared"]
    );
    assert_eq!(other(|body| body.ask_again_after = 90), ["all: a choice holds for 90 days, and not for 180"]);
}

#[test]
fn another_controller_asks_again_about_all_and_stricter_rules_where_they_are_stricter() {
    let older = notice("fr");
    let (asked, reasons, _) = told(&older, &changed(&older, |body| body.controller.name = "Autre SA".into()));
    assert_eq!(asked, Category::OPTIONAL);
    assert_eq!(reasons, ["all: Autre SA is responsible now, and not Exemple SA"]);
    let british = changed(&older, |body| body.regime = Regime::of(Region::read("GB")));
    assert_eq!(told(&older, &british).0, []);
    let (asked, reasons, _) = told(&british, &older);
    assert_eq!(asked, [Category::Functional, Category::Analytics, Category::Performance]);
    assert_eq!(reasons[1], "analytics: waits for a yes, and ran without being asked for before");
    let heard = changed(&british, |body| {
        body.regime = Regime::of(Region::read("US"));
        body.parts.insert("gpc".into(), serde_json::json!({}));
    });
    let (asked, reasons, _) = told(&older, &heard);
    assert_eq!(asked, [Category::Advertisement]);
    assert_eq!(reasons, ["advertisement: Global Privacy Control is heard as an objection now"]);
}

fn words() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b"]).prop_map(str::to_owned)
}

prop_compose! {
    fn item()(
        name in words(), owner in words(), kind in 0..2, service in 0..3,
        lifetime in prop::sample::select(vec!["session", "P1D", "P1M", "P30D", "P1Y", "odd"]), purpose in words(),
    ) -> CookieDeclaration {
        let mut item = cookie(&name, &owner, lifetime);
        item.kind = if kind == 0 { StorageKind::Cookie } else { StorageKind::LocalStorage };
        item.service = (service == 0).then(|| "video".parse().unwrap());
        item.purpose = purpose;
        item
    }
}

prop_compose! {
    /// Notices that differ in a few places of a few values each, so that all of them often meet.
    fn any_notice()(
        [mut functional, analytics] in prop::array::uniform2(prop::collection::vec(item(), 0..3)),
        mut necessary in prop::collection::vec(item(), 0..2),
        vendors in prop::collection::vec((1..3_usize, words(), 0..6_usize), 0..3),
        video in prop::option::of(prop::option::of(words())),
        owner in prop::sample::select(vec!["A", "A", "A", "B"]),
        region in prop::sample::select(vec!["FR", "FR", "GB", "US"]),
        hears in any::<bool>(), title in words(), host in any::<bool>(), days in 180..182_u32,
    ) -> Notice {
        changed(&notice("fr"), |body| {
            let fits = video.is_some();
            for item in functional.iter_mut().filter(|_| !fits).chain(&mut necessary) {
                item.service = None;
            }
            let analytics = analytics.into_iter().map(|item| CookieDeclaration { service: None, ..item });
            body.categories[2].cookies = analytics.collect();
            body.categories[1].cookies = functional;
            body.categories[0].cookies = necessary;
            body.vendors = vendors.iter().map(|(at, name, safeguard)| {
                let by = Safeguard::ALL.get(*safeguard);
                let transfers = by.map(|by| Transfer { by: *by, to: "US".parse().unwrap() });
                Vendor { transfers: transfers.into_iter().collect(), ..vendor(Category::ALL[*at], name) }
            }).collect();
            body.services = video.into_iter().map(|vendor| ServiceNotice {
                category: Category::Functional, id: "video".parse().unwrap(), name: title.clone(), purpose: "-".into(), vendor,
            }).collect();
            body.controller.name = owner.to_owned();
            body.regime = Regime::of(Region::read(region));
            if hears {
                body.parts.insert("gpc".into(), serde_json::json!({}));
            }
            if host {
                let name = "ads.example".parse().unwrap();
                body.categories[4].hosts.push(HostDeclaration { name, service: None });
            }
            body.texts.title = title;
            body.ask_again_after = days;
        })
    }
}

proptest! {
    #[test]
    fn a_category_is_asked_about_again_exactly_where_a_reason_is_told(older in any_notice(), newer in any_notice()) {
        let difference = Difference::between(&older, &newer);
        let told = |category| {
            difference.reasons().any(|change| change.category.is_none_or(|own| own == category))
        };
        let expected: Vec<_> = Category::OPTIONAL.into_iter().filter(|category| told(*category)).collect();
        prop_assert_eq!(&difference.asked, &expected, "{:?}", difference.changes);
        prop_assert_eq!(difference.asked.is_empty(), newer.material().is_covered_by(&older.material()));
        prop_assert_eq!(difference.changes.is_empty(), older.id() == newer.id());
        prop_assert!(difference.reasons().all(|change| change.category != Some(Category::Necessary)));
    }

    #[test]
    fn nobody_is_asked_again_by_the_same_notice_or_by_one_that_asks_for_less(whole in any_notice(), keep in any::<u8>()) {
        let less = changed(&whole, |body| {
            let mut bits = keep;
            let mut kept = || { bits = bits.rotate_left(1); bits & 1 == 1 };
            for shown in &mut body.categories {
                shown.cookies.retain(|_| kept());
            }
            body.vendors.retain(|_| kept());
        });
        prop_assert!(Difference::between(&whole, &whole).changes.is_empty());
        prop_assert!(Difference::between(&whole, &less).asked.is_empty());
    }

    /// A choice that holds under a second notice, and under a third by way of it, holds there directly.
    #[test]
    fn to_cover_is_passed_on(notices in prop::array::uniform3(any_notice())) {
        let [first, second, third] = notices.each_ref().map(Notice::material);
        if second.is_covered_by(&first) && third.is_covered_by(&second) {
            prop_assert!(third.is_covered_by(&first));
        }
    }
}

#[test]
fn another_place_where_a_choice_counts_asks_again_about_everything_and_one_less_asks_nobody() {
    let group = |ids: &[&str], name: &str| {
        changed(&notice("fr"), |body| {
            let site = |id: &&str| crate::notice::GroupSite {
                id: id.parse().unwrap(),
                name: name.into(),
                origins: vec![format!("https://{id}.example")],
            };
            body.group = Some(crate::notice::GroupNotice {
                id: "press".parse().unwrap(),
                sites: ids.iter().map(site).collect(),
            });
        })
    };
    let two = group(&["newsroom", "sport"], "A");
    let three = group(&["newsroom", "radio", "sport"], "A");
    let reason = "all: a choice counts on https://radio.example (site `radio`) too now".to_owned();
    assert_eq!(told(&two, &three), (Category::OPTIONAL.to_vec(), vec![reason], vec![]));
    assert_eq!(told(&notice("fr"), &two).0, Category::OPTIONAL);
    let gone = "all: a choice counts on https://radio.example (site `radio`) no more".to_owned();
    assert_eq!(told(&three, &two), (vec![], vec![], vec![gone]));
    assert!(told(&two, &notice("fr")).0.is_empty());
    let renamed = told(&two, &group(&["newsroom", "sport"], "B"));
    assert!(
        renamed.0.is_empty() && renamed.2.iter().any(|line| line.contains("group.sport.name")),
        "{renamed:?}"
    );
}
