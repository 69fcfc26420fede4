//! The figures of a site, read cell by cell, and when its page says that somebody should look.

use axum::body::Body;
use consent_server::store::MemoryStore;
use consent_server::{config, counts};
use serde_json::Value;
use std::sync::Arc;
use tokio::net::TcpListener;

use crate::console::Browser;
use crate::support::{NOW, Server, decision, server_in, server_of};

const DAY: i64 = 86_400;

const DESKTOP: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const MOBILE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148";
const BOT: &str = "Mozilla/5.0 (compatible; Googlebot/2.1)";

const CATEGORIES: [&str; 4] = ["functional", "analytics", "performance", "advertisement"];

/// A site in two languages, with rules of its own in one region; `more` is about its texts.
fn config(more: &str) -> String {
    format!(
        r#"
[server]
host = "consent.example"
[limits]
per_address = 0
per_subject = 0
[[site]]
id = "newsroom"
languages = ["fr", "en"]
controller = {{ name = "Exemple SA", privacy_url = "/privacy" }}
{more}
[site.regions]
GB = {{}}
[[site.cookie]]
category = "analytics"
name = "visits"
owner = "Exemple SA"
duration = "13 months"
purpose = {{ fr = "Compte les visites.", en = "Counts visits." }}
"#
    )
}

/// Visitors of a server, each with a decision of its own.
struct Visitors<'a> {
    server: &'a Server,
    decided: u64,
}

impl Visitors<'_> {
    async fn notice(&self, language: &str, region: &str) -> String {
        let path = format!("/v1/sites/newsroom/notice?lang={language}&region={region}");
        self.server.get(&path).await.json()["notice_id"].as_str().unwrap().to_owned()
    }

    /// So many do the same, with what they grant.
    async fn decide(
        &mut self,
        (language, region): (&str, &str),
        agent: &str,
        action: &str,
        granted: &[&str],
        times: u64,
    ) {
        let notice = self.notice(language, region).await;
        for _ in 0..times {
            self.decided += 1;
            let mut one = decision(self.decided, &notice);
            one["language"] = language.into();
            one["action"] = action.into();
            one["signals"]["gpc"] = (action == "signal").into();
            for category in granted {
                one["choices"][category] = "grant".into();
            }
            let answer = self.server.post_with("newsroom", &one, &[("user-agent", agent)]).await;
            assert_eq!(answer.status, 201, "{action}: {}", answer.text());
        }
    }

    async fn see(&self, (language, region): (&str, &str), agent: &str, times: u64) {
        let notice = self.notice(language, region).await;
        for _ in 0..times {
            let (body, headers) = (Body::from(notice.clone()), [("user-agent", agent)]);
            let answer = self.server.request("POST", "/v1/sites/newsroom/shown", &headers, body).await;
            assert_eq!(answer.status, 204);
        }
    }
}

/// Ends a server two hours later, so that the log has what it showed, and starts the next one.
async fn restarted(server: Server, store: &Arc<MemoryStore>, stops: i64, starts: i64) -> Server {
    server.set_clock(stops);
    let Server { app, router, store: handle, folder, .. } = server;
    drop((router, handle));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    app.serve(listener, async {}).await.unwrap();
    server_in(&config(""), folder, Arc::<MemoryStore>::clone(store), starts).await
}

/// The page of a site, once all is counted.
async fn page(server: &Server, days: u16) -> String {
    let site = "newsroom".parse().unwrap();
    while counts::follow(&*server.store, &counts::Fresh::default(), &site, 1000).unwrap() {}
    let auditor = Browser::signed_in(server, &server.tokens.auditor).await;
    let page = auditor.get(&format!("/console/newsroom/?days={days}")).await;
    assert_eq!(page.status, 200);
    page.text().to_owned()
}

/// The text between two marks, all of them.
fn between<'a>(text: &'a str, begin: &'a str, end: &'a str) -> Vec<&'a str> {
    text.split(begin).skip(1).map(|rest| rest.split(end).next().unwrap()).collect()
}

/// The lines of the table of this name: the names of its columns, and then each line with its name first.
fn table(page: &str, title: &str) -> Vec<Vec<String>> {
    let section = between(page, "<section", "</section>")
        .into_iter()
        .find(|section| section.contains(&format!(">{title}</h2>")));
    let section = section.unwrap_or_else(|| panic!("no {title}: {page}"));
    let cells = |row: &str, tag: &str| -> Vec<String> {
        between(row, &format!("<{tag}"), &format!("</{tag}>"))
            .into_iter()
            .map(|cell| cell[cell.find('>').unwrap() + 1..].to_owned())
            .collect()
    };
    let heads = cells(between(section, "<thead>", "</thead>")[0], "th");
    let lines = between(section, "<tbody>", "</tbody>").into_iter().map(|line| {
        let name = between(line, "<bdi>", "</bdi>")[0].to_owned();
        [vec![name], cells(line, "td")].concat()
    });
    std::iter::once(heads).chain(lines).collect()
}

fn row(cells: &str) -> Vec<String> {
    cells.split(", ").map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_overview_has_each_answer_and_each_display_where_it_belongs() {
    let [fr, en, gb] = [("fr", "DE"), ("en", "DE"), ("en", "GB")];
    let store = Arc::new(MemoryStore::default());
    let folder = tempfile::tempdir().unwrap();
    let server = server_in(&config(""), folder, Arc::<MemoryStore>::clone(&store), NOW).await;
    let mut visitors = Visitors { server: &server, decided: 0 };
    visitors.decide(fr, DESKTOP, "accept_all", &CATEGORIES, 1).await;
    visitors.decide(fr, DESKTOP, "reject_all", &[], 1).await;
    visitors.decide(fr, BOT, "accept_all", &CATEGORIES, 9).await;
    visitors.see(fr, DESKTOP, 4).await;
    let decided = visitors.decided;
    let server = restarted(server, &store, NOW + 7200, NOW + 7 * DAY).await;
    let mut visitors = Visitors { server: &server, decided };
    visitors.decide(fr, DESKTOP, "accept_all", &CATEGORIES, 3).await;
    visitors.decide(fr, DESKTOP, "save", &["analytics"], 1).await;
    visitors.decide(fr, DESKTOP, "reject_all", &[], 2).await;
    visitors.decide(fr, MOBILE, "reject_all", &[], 1).await;
    visitors.decide(en, MOBILE, "accept_all", &CATEGORIES, 1).await;
    visitors.decide(en, MOBILE, "reject_all", &[], 1).await;
    visitors.decide(gb, DESKTOP, "save", &["analytics"], 2).await;
    visitors.decide(en, BOT, "accept_all", &CATEGORIES, 4).await;
    visitors.decide(fr, DESKTOP, "withdraw", &[], 2).await;
    visitors.decide(fr, MOBILE, "signal", &[], 1).await;
    visitors.see(fr, DESKTOP, 10).await;
    visitors.see(en, MOBILE, 2).await;
    visitors.see(gb, DESKTOP, 5).await;
    visitors.see(gb, BOT, 50).await;
    let mut ids = Vec::new();
    for (language, region) in [fr, gb, en] {
        ids.push(visitors.notice(language, region).await[..12].to_owned());
    }
    let server = restarted(server, &store, NOW + 7 * DAY + 7200, NOW + 7 * DAY + 7300).await;
    let page = page(&server, 7).await;

    let figures = between(&page, "<dt>", "</small>").into_iter();
    let figures: Vec<_> =
        figures.map(|figure| figure.replace("</dt><dd>", ": ").replace(" <small>", ", ")).collect();
    assert_eq!(
        figures,
        [
            "Banner shown: 17, before 4",
            "Answered: 11, before 2",
            "Accepted everything: 36.3 %, before 50.0 %",
            "Accepted some: 27.2 %, before 0.0 %",
            "Refused everything: 36.3 %, before 50.0 %",
            "Shown, no answer: 6, before 2",
            "Withdrawn: 2, before 0",
            "Objections (GPC): 1, before 0",
        ]
    );
    assert!(page.contains("they gave 4 answers."), "{page}");
    let heads = row("accepted, some, refused, answers, no answer");
    for (title, lines) in [
        (
            "Languages",
            vec![
                "fr, 42.8 %, 14.2 %, 42.8 %, 7, 3".to_owned(),
                "en, 25.0 %, 50.0 %, 25.0 %, 4, 3".to_owned(),
            ],
        ),
        (
            "Regions",
            vec!["EU, 44.4 %, 11.1 %, 44.4 %, 9, 3".to_owned(), "GB, 0.0 %, 100.0 %, 0.0 %, 2, 3".to_owned()],
        ),
        (
            "Notices",
            vec![
                format!("{}, 42.8 %, 14.2 %, 42.8 %, 7, 3", ids[0]),
                format!("{}, 0.0 %, 100.0 %, 0.0 %, 2, 3", ids[1]),
                format!("{}, 50.0 %, 0.0 %, 50.0 %, 2, 0", ids[2]),
            ],
        ),
    ] {
        let expected: Vec<_> =
            std::iter::once(heads.clone()).chain(lines.iter().map(|line| row(line))).collect();
        assert_eq!(table(&page, title), expected, "{title}");
    }
    // Who is shown a banner is not told apart by device, and a category is granted or denied.
    let devices = [
        "accepted, some, refused, answers",
        "desktop, 37.5 %, 37.5 %, 25.0 %, 8",
        "mobile, 33.3 %, 0.0 %, 66.6 %, 3",
    ];
    assert_eq!(table(&page, "Devices"), devices.map(row));
    let categories = [
        "granted, denied, answers",
        "functional, 36.3 %, 63.6 %, 11",
        "analytics, 63.6 %, 36.3 %, 11",
        "performance, 36.3 %, 63.6 %, 11",
        "advertisement, 36.3 %, 63.6 %, 11",
    ];
    assert_eq!(table(&page, "Categories"), categories.map(row));
    // Over time: as a table, and drawn.
    let day = "2026-11-30</th><td>17</td><td>4</td><td>3</td><td>4</td><td>6</td><td></td>";
    assert!(page.contains(day) && page.contains("2026-11-29</th><td>0</td>"), "{page}");
    assert!(page.contains("<title>2026-11-30: 4 accepted everything, 3 accepted some, 4 refused everything; shown 17 times</title>"));
    assert!(page.contains("<title>2026-11-30: shown 17 times, 6 not answered</title>"));
    assert!(page.contains("Shown, no answer, on the same days; at most 6"));
    assert!(!page.contains("the notice changed") && !page.contains("class=\"alert\""), "{page}");
    // Twice as long, both periods are one.
    let page = self::page(&server, 30).await;
    assert!(page.contains("<dt>Answered</dt><dd>13 <small>before 0</small>"), "{page}");
}

/// Answers in a hundred, by people and by bots.
#[tokio::test]
async fn the_overview_says_what_is_too_good_of_people_and_of_more_than_95_in_a_hundred() {
    let server = server_of(&config("")).await;
    let mut visitors = Visitors { server: &server, decided: 0 };
    let fr = ("fr", "DE");
    visitors.decide(fr, DESKTOP, "accept_all", &CATEGORIES, 57).await;
    visitors.decide(fr, DESKTOP, "reject_all", &[], 3).await;
    visitors.decide(fr, BOT, "accept_all", &CATEGORIES, 30).await;
    let told = "More than 95 % of all answers";
    let exact = page(&server, 7).await;
    assert!(
        exact.contains("95.0 %") && !exact.contains(told),
        "bots are not people, and 95 % is not more than that"
    );
    visitors.decide(fr, DESKTOP, "accept_all", &CATEGORIES, 1).await;
    let more = page(&server, 7).await;
    assert!(more.contains("95.0 %") && more.contains(told), "58 of 61");
}

/// Where displays are not counted nothing is said of them.
#[tokio::test]
async fn the_overview_of_a_site_that_counts_no_displays_has_no_column_for_them() {
    let server = server_of(&config("count_shown = false")).await;
    let mut visitors = Visitors { server: &server, decided: 0 };
    visitors.decide(("fr", "DE"), DESKTOP, "save", &["analytics"], 1).await;
    let page = page(&server, 7).await;
    assert!(page.contains("<dt>Shown, no answer</dt><dd>– <small>before –</small>"), "{page}");
    assert!(page.contains("2026-11-23</th><td>0</td><td>1</td><td>0</td><td></td>"));
    assert_eq!(
        table(&page, "Languages"),
        ["accepted, some, refused, answers", "fr, 0.0 %, 100.0 %, 0.0 %, 1"].map(row)
    );
    assert!(!page.contains("shown 0 times") && !page.contains("on the same days"));
}

#[tokio::test]
async fn the_overview_says_that_a_site_is_silent_for_as_long_as_it_is() {
    let server = server_of(&config("")).await;
    let mut visitors = Visitors { server: &server, decided: 0 };
    let told = "No decision has come in since 2026-11-28";
    let mut at = NOW;
    // From the 23rd to the 28th, without the 25th.
    for day in [0, 1, 3, 4, 5] {
        at = NOW + day * DAY;
        server.set_clock(at);
        visitors.decide(("fr", "DE"), DESKTOP, "reject_all", &[], 1).await;
        assert!(!page(&server, 7).await.contains("No decision"), "{day}");
    }
    for (later, silent) in [(1, false), (2, true), (10, true), (29, true)] {
        server.set_clock(at + later * DAY);
        for days in [7, 30] {
            assert_eq!(page(&server, days).await.contains(told), silent, "{later} days later, of {days}");
        }
    }
    let operator = Browser::signed_in(&server, &server.tokens.operator).await;
    assert!(operator.get("/console/newsroom/").await.text().contains(told));
    visitors.decide(("fr", "DE"), BOT, "reject_all", &[], 1).await;
    assert!(page(&server, 30).await.contains(told), "a bot is nobody");
    visitors.decide(("fr", "DE"), DESKTOP, "reject_all", &[], 1).await;
    assert!(!page(&server, 30).await.contains("No decision"), "somebody is back");
}

/// The days on which the page says that the notice changed, from its table; what is drawn are as many lines.
fn changed(page: &str) -> Vec<String> {
    let rows = between(page, "<tr><th scope=\"row\">", "</tr>");
    let days: Vec<_> = rows
        .into_iter()
        .filter(|row| row.ends_with("<td>changed</td>"))
        .map(|row| row[..10].to_owned())
        .collect();
    assert_eq!(page.matches("<line class=\"new\"").count(), days.len());
    assert_eq!(page.matches("; the notice changed</title>").count(), days.len());
    assert_eq!(page.contains("<li class=\"new\">"), !days.is_empty());
    days
}

#[tokio::test]
async fn the_overview_marks_the_day_on_which_a_notice_changed_and_no_first_answer() {
    let server = server_of(&config("")).await;
    let mut visitors = Visitors { server: &server, decided: 0 };
    visitors.decide(("fr", "DE"), DESKTOP, "reject_all", &[], 1).await;
    server.set_clock(NOW + 3 * DAY);
    visitors.decide(("en", "DE"), DESKTOP, "reject_all", &[], 1).await;
    visitors.decide(("en", "GB"), DESKTOP, "reject_all", &[], 1).await;
    assert_eq!(
        changed(&page(&server, 30).await),
        Vec::<String>::new(),
        "English was there before somebody chose in it"
    );
    server.set_clock(NOW + 5 * DAY);
    let reload = async |more: &str, languages: &str| {
        let text = config(more).replace("[\"fr\", \"en\"]", languages);
        let text =
            text.replace("en = \"Counts visits.\"", "en = \"Counts visits.\", de = \"Zählt Besuche.\"");
        let loaded = config::parse("consent.toml", text, server.folder.path());
        let loaded = loaded.unwrap_or_else(|findings| panic!("{findings}"));
        server.app.reload(loaded.config).await.unwrap().notices.len()
    };
    assert!(reload("texts = { fr = { title = \"Vos choix\" } }", "[\"fr\", \"en\"]").await > 0);
    // Nobody has to be shown it for that, and nobody has to read the log for it on the page.
    assert_eq!(changed(&page(&server, 30).await), ["2026-11-28"]);
    server.set_clock(NOW + 6 * DAY);
    visitors.decide(("fr", "DE"), DESKTOP, "reject_all", &[], 1).await;
    assert_eq!(changed(&page(&server, 30).await), ["2026-11-28"]);
    // And it lies before a period that begins later.
    server.set_clock(NOW + 15 * DAY);
    assert_eq!(changed(&page(&server, 7).await), Vec::<String>::new());
    let value: Value = serde_json::from_slice(
        &server.store.kept(&"newsroom".parse().unwrap(), "counts/named").unwrap().unwrap(),
    )
    .unwrap();
    assert!(value.as_object().unwrap().len() >= 5, "{value}");
}
