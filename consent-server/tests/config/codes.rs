//! The pages about codes (`docs/codes`): complete, true, and each example gives what it says.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use consent_core::category::Category;
use consent_core::regime::Regime;
use consent_server::config::{self, Code, Diagnostics, Elsewhere};

use super::{assert_marked, diagnostics, files, marks, parse, too_large_a_notice};

const PAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/codes");
const CERTIFICATE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../consent-core/src/timestamp/fixtures/root.pem");
const SECRET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/config/webhook.secret");

/// A code, why its page has no example, and where its finding is had instead.
type Unshown = (Code, &'static str, fn() -> Diagnostics);

const WITHOUT_EXAMPLE: [Unshown; 7] = [
    (Code::Unreadable, "what can not be read has no text", unreadable),
    (Code::NoticeSize, "a config of more than 256 KiB is no example", || {
        diagnostics(parse(&too_large_a_notice()))
    }),
    (Code::OneInterface, DRAWN, || drawn("/views/0/interfaces", 2.into())),
    (Code::InconsistentInterface, DRAWN, || drawn("/views/1/order/0", "consent-accept-all".into())),
    (Code::DeadEnd, DRAWN, || drawn("/links/0/address", "#".into())),
    (Code::PrivacyMaze, DRAWN, || drawn("/second", serde_json::Value::Null)),
    (Code::TooManyOptions, "thirty-one services are no example", || {
        diagnostics(config::load(&Path::new(super::HERE).join("bad/too-many-services.toml")))
    }),
];

pub(super) fn is_without_example(code: Code) -> bool {
    WITHOUT_EXAMPLE.iter().any(|(other, ..)| *other == code)
}

const DRAWN: &str = "it is in what a browser draws";

/// What is found of a sound banner of which one thing is otherwise.
fn drawn(what: &str, otherwise: serde_json::Value) -> Diagnostics {
    let button = serde_json::json!({
        "element": "button", "width": 170, "height": 44, "reached": true, "letters": "15px 600", "surface": "8px 12px",
        "colour": "#ffffff", "background": "#16181d",
    });
    let order = ["consent-reject-all", "consent-accept-all", "consent-customise"];
    let view = |width| serde_json::json!({ "width": width, "interfaces": 1, "accept": button, "reject": button, "order": order });
    let off = |category: &Category| serde_json::json!({ "name": category, "on": false, "locked": false });
    let switches: Vec<_> = Category::OPTIONAL.iter().map(off).collect();
    let mut measured = serde_json::json!({
        "views": [view(320), view(1280)], "accept_ends": true, "reject_ends": true, "stored": [],
        "links": [{ "address": "/privacy", "words": "Privacy policy" }],
        "second": {
            "interfaces": 1, "switches": switches, "before": [], "closed": [], "chosen": switches, "saved": [],
            "reopened": switches, "withdrawn": [],
        },
    });
    *measured.pointer_mut(what).expect("a place") = otherwise;
    let site = "[[site]]\nid = \"a\"\ncontroller = { name = \"A\", privacy_url = \"/p\" }\n";
    let mut diagnostics = parse(site).expect("a sound config").warnings;
    diagnostics.found = config::judge(
        "a, en",
        &Regime::strictest("EU"),
        &serde_json::from_value(measured).expect("a measurement"),
    );
    diagnostics
}

fn unreadable() -> Diagnostics {
    diagnostics(config::load(&Path::new(PAGES).join("not-there.toml")))
}

fn file_name(code: Code) -> String {
    format!("{}.md", code.as_str().to_lowercase().replace('.', "-"))
}

/// The text between the fences of one kind: `bad` or `good`.
fn example<'a>(page: &'a str, kind: &str) -> Option<&'a str> {
    let (_, rest) = page.split_once(&format!("\n```toml {kind}\n"))?;
    let (text, _) = rest.split_once("```\n").expect("an end of the example");
    Some(text)
}

/// `error`, `warning`, or both: as the corpus, the page's own example, and what stands in for it show the code.
fn severities(code: Code) -> BTreeSet<String> {
    let mut texts: Vec<_> = files("bad").iter().map(|file| fs::read_to_string(file).expect("text")).collect();
    texts.extend(example(code.page(), "bad").map(str::to_owned));
    let marked = texts.iter().flat_map(|text| marks(text)).filter_map(|(_, mark)| {
        let (severity, marked) = mark.split_once(' ')?;
        (marked == code.as_str()).then(|| severity.to_owned())
    });
    let mut found: BTreeSet<_> = marked.collect();
    for (_, _, other) in WITHOUT_EXAMPLE.iter().filter(|(other, ..)| *other == code) {
        let other = other();
        assert!(other.found.iter().all(|finding| finding.code == code), "{other}");
        found.extend(other.found.iter().map(|finding| finding.severity.as_str().to_owned()));
    }
    found
}

fn explain(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_consent")).arg("check").args(arguments).output().expect("the program")
}

fn said(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

#[test]
fn every_code_has_a_page_and_no_page_is_without_a_code() {
    let pages: BTreeSet<_> =
        fs::read_dir(PAGES).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(pages, BTreeSet::from(Code::ALL.map(file_name)));
    for code in Code::ALL {
        let page = fs::read_to_string(Path::new(PAGES).join(file_name(code))).unwrap();
        assert_eq!(code.page(), page, "the program has another page for {code:?}");
        assert!(page.starts_with(&format!("# {}: ", code.as_str())), "{code:?}");
        assert!(!code.title().is_empty() && !code.title().ends_with('.'), "{code:?}");
        assert!((15..=40).contains(&page.lines().count()), "{code:?}: {} lines", page.lines().count());
    }
}

#[test]
fn every_page_says_how_bad_it_is_and_where_the_rule_stands() {
    for code in Code::ALL {
        let lines: Vec<_> = code.page().lines().collect();
        let found: Vec<_> = severities(code).into_iter().collect();
        let severity = match found.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["error"] => "Error.",
            ["warning"] => "Warning.",
            ["error", "warning"] => "Error or warning.",
            _ => panic!("{code:?} is shown as {found:?}"),
        };
        assert_eq!(lines.get(2), Some(&severity), "{code:?}");
        let sources: Vec<_> = lines.iter().filter_map(|line| line.strip_prefix("Source: ")).collect();
        assert_eq!(sources, [code.rule().unwrap_or("this program")], "{code:?}");
    }
}

#[test]
fn every_example_gives_its_code_and_mended_it_gives_none() {
    // What some examples name beside themselves.
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("pages")).unwrap();
    fs::write(folder.path().join("account.secret"), "an example of a test, which everybody knows").unwrap();
    fs::copy(CERTIFICATE, folder.path().join("tsa.pem")).unwrap();
    fs::copy(SECRET, folder.path().join("webhook.secret")).unwrap();
    fs::create_dir(folder.path().join("sites")).unwrap();
    let vendor =
        "[[site.vendor]]\ncategory = \"analytics\"\nname = \"V\"\nprivacy_url = \"https://v.example/p\"\n";
    fs::write(folder.path().join("sites/shop.toml"), format!("[[site]]\nid = \"shop\"\n{vendor}")).unwrap();
    let read = |text: &str| config::parse("consent.toml", text.to_owned(), folder.path());
    for code in Code::ALL {
        let [bad, good] = ["bad", "good"].map(|kind| example(code.page(), kind));
        if let Some((_, why, _)) = WITHOUT_EXAMPLE.iter().find(|(other, ..)| *other == code) {
            assert_eq!((bad, good), (None, None), "{code:?} has an example, although {why}");
            assert!(code.page().contains("\n```text\n"), "{code:?}");
            continue;
        }
        let (Some(bad), Some(good)) = (bad, good) else { panic!("{code:?} has no example") };
        let marked = marks(bad);
        assert!(!marked.is_empty(), "{code:?}");
        for (_, mark) in marked {
            assert_eq!(mark.split_once(' ').map(|(_, marked)| marked), Some(code.as_str()));
        }
        assert_marked(code.as_str(), bad, read(bad));
        let mended = read(good).unwrap_or_else(|found| panic!("{code:?}\n{found}")).warnings;
        assert!(mended.found.is_empty(), "{code:?}\n{mended}");
        assert!(marks(good).is_empty(), "{code:?}");
    }
}

#[test]
fn a_code_is_explained_by_its_page() {
    for word in ["EU-13", "eu-13"] {
        let output = explain(&["--explain", word]);
        assert!(output.status.success());
        assert_eq!(said(&output.stdout), Code::Undocumented.page());
    }
    let listed = explain(&["--explain"]);
    assert!(listed.status.success());
    for code in Code::ALL {
        let line = said(&listed.stdout).lines().find(|line| line.split(' ').next() == Some(code.as_str()));
        assert!(line.is_some_and(|line| line.ends_with(code.title())), "{code:?}");
    }
}

/// The names of EDPB Guidelines 03/2022, version 2.0, as this project writes them.
const PATTERNS: [&str; 17] = [
    "overload.continuous_prompting",
    "overload.privacy_maze",
    "overload.too_many_options",
    "skip.deceptive_snugness",
    "skip.look_over_there",
    "stir.emotional_steering",
    "stir.hidden_in_plain_sight",
    "obstruct.dead_end",
    "obstruct.longer_than_necessary",
    "obstruct.misleading_action",
    "fickle.lacking_hierarchy",
    "fickle.decontextualising",
    "fickle.inconsistent_interface",
    "fickle.language_discontinuity",
    "dark.language_discontinuity", // in version 1 it stood here
    "dark.conflicting_information",
    "dark.ambiguous_wording",
];

#[test]
fn of_every_rule_and_pattern_it_is_said_by_what_it_is_judged() {
    let rules = (1..=22).map(|number| format!("EU-{number:02}"));
    for name in rules.chain(PATTERNS.map(str::to_owned)) {
        let start = format!("{name}-");
        let codes =
            Code::ALL.iter().filter(|code| code.as_str() == name || code.as_str().starts_with(&start));
        assert_ne!(codes.count() > 0, Elsewhere::find(&name).is_some(), "{name}: by a code, or elsewhere");
    }
    for rule in Elsewhere::ALL {
        let output = explain(&["--explain", &rule.name.to_uppercase()]);
        assert!(output.status.success(), "{rule:?}");
        let text = said(&output.stdout);
        assert!(text.starts_with(&format!("# {}: {}\n", rule.name, rule.title)), "{text}");
        // What stands in marks is a code, a command or a table of the config.
        for word in rule.judged.split('`').skip(1).step_by(2) {
            let known = word.parse::<Code>().is_ok() || word.starts_with("consent ") || word.starts_with('[');
            assert!(known && text.contains(word), "{rule:?}: {word}");
        }
        assert!(rule.judged.contains('`') && !rule.judged.ends_with('.'), "{rule:?}");
    }
}

#[test]
fn a_word_that_is_no_code_is_told_the_nearest_one() {
    for (word, meant) in [
        ("orign", Some("did you mean `origin`?")),
        ("EU-19", Some("did you mean `EU-19-justification` or `EU-19-tracker`?")),
        ("consent.toml", None),
    ] {
        let output = explain(&["--explain", word]);
        assert_eq!(output.status.code(), Some(2));
        assert!(output.stdout.is_empty());
        let error = said(&output.stderr);
        assert!(error.starts_with(&format!("error: `{word}` is no code: ")), "{error}");
        assert!(error.ends_with("`consent check --explain` lists them all\n"), "{error}");
        match meant {
            Some(meant) => assert!(error.contains(meant), "{error}"),
            None => assert!(!error.contains("did you mean"), "{error}"),
        }
    }
}

#[test]
fn a_config_is_wanted_unless_a_code_is_to_be_explained() {
    for arguments in [
        &[][..],
        &["--format", "json"],
        &["consent.toml", "--explain"],
        &["--format", "json", "--explain", "host"],
    ] {
        let output = explain(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}
