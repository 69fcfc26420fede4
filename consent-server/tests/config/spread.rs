//! A config in several files: what is taken over, where findings point, and what is refused.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use consent_core::digest::Digest;
use consent_server::cli::check::{self, Format};
use consent_server::config::{self, Code, Config, Diagnostics, Loaded};
use proptest::prelude::*;
use tempfile::TempDir;
use toml::{Table, Value};

use super::{GALLERY, diagnostics, newsroom};

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

fn load(folder: &TempDir) -> Result<Loaded, Diagnostics> {
    config::load(&folder.path().join("consent.toml"))
}

/// What is found: the file's path in the folder, the line, the code.
fn found(folder: &TempDir) -> Vec<(String, usize, Code)> {
    let diagnostics = diagnostics(load(folder));
    let rows = diagnostics.found.iter().map(|finding| {
        let place = diagnostics.place(finding).expect("a place");
        let file = Path::new(place.file).strip_prefix(folder.path()).expect("a file of the folder");
        (file.display().to_string(), place.position().0, finding.code)
    });
    rows.collect()
}

/// Every notice of every site, by site, region and language.
fn notices(config: &Config) -> BTreeMap<(String, usize, String), String> {
    let mut ids = BTreeMap::new();
    for site in &config.sites {
        for (at, regime) in site.regimes.iter().enumerate() {
            for language in site.languages() {
                let notice = site.notice_under(regime, language.as_str(), Digest([0; 32])).expect("a notice");
                ids.insert((site.id.to_string(), at, language.to_string()), notice.id().to_string());
            }
        }
    }
    ids
}

/// The config's sites, and the rest of it without what names files.
fn taken_apart(text: &str) -> (Vec<Table>, Table) {
    let mut root: Table = text.parse().expect("TOML");
    let Some(Value::Array(sites)) = root.remove("site") else { panic!("no site") };
    root.get_mut("server").and_then(Value::as_table_mut).expect("[server]").remove("pages");
    let sites = sites.into_iter().map(|site| site.try_into().expect("a table"));
    (sites.collect(), root)
}

fn written(table: &Table) -> String {
    toml::to_string(table).expect("TOML")
}

fn file_of(site: Table) -> String {
    written(&Table::from_iter([("site".to_owned(), Value::Array(vec![Value::Table(site)]))]))
}

/// Puts every third key of the site into each of: the defaults, a base, the site. Of a list of tables the defaults have the
/// first ones and the site has the rest.
fn spread(site: &Table) -> [Table; 3] {
    let mut parts = [Table::new(), Table::new(), Table::new()];
    for (at, (key, value)) in site.iter().enumerate() {
        let mut put = |part: usize, value: Value| {
            parts[part].insert(key.clone(), value);
        };
        match value {
            Value::Array(items) if items.len() > 1 && items[0].is_table() => {
                let (first, rest) = items.split_at(items.len() / 2);
                put(0, Value::Array(first.to_vec()));
                put(2, Value::Array(rest.to_vec()));
            }
            _ if key == "id" => put(2, value.clone()),
            _ => put(at % 3, value.clone()),
        }
    }
    parts[2].insert("extends".to_owned(), Value::String("press".to_owned()));
    parts
}

#[test]
fn the_same_config_gives_the_same_notices_however_it_is_spread_over_files() {
    let (sites, mut root) = taken_apart(&newsroom());
    let whole = load(&folder(&[("consent.toml", &newsroom())])).unwrap().config;
    let expected = notices(&whole);
    assert_eq!(expected.len(), 2);

    root.insert("files".to_owned(), Value::Array(vec![Value::String("sites/*.toml".to_owned())]));
    let own = folder(&[("consent.toml", &written(&root)), ("sites/a.toml", &file_of(sites[0].clone()))]);
    let own = load(&own).unwrap().config;
    assert_eq!(notices(&own), expected);
    assert_eq!(own.sites, whole.sites);

    let [defaults, base, site] = spread(&sites[0]);
    assert!([&defaults, &base, &site].iter().all(|part| part.len() > 2), "{defaults}{base}{site}");
    root.insert("defaults".to_owned(), Value::Table(defaults));
    let base = Table::from_iter([("press".to_owned(), Value::Table(base))]);
    let base = written(&Table::from_iter([("base".to_owned(), Value::Table(base))]));
    root.insert("files".to_owned(), vec!["sites/*.toml", "shared.toml"].into());
    let three =
        [("consent.toml", &*written(&root)), ("sites/a.toml", &file_of(site)), ("shared.toml", &base)];
    let three = load(&folder(&three)).unwrap_or_else(|found| panic!("{found}"));
    assert!(three.warnings.found.is_empty(), "{}", three.warnings);
    assert_eq!(notices(&three.config), expected);
    assert_eq!(three.config.sites, whole.sites);
}

#[test]
fn a_folder_with_a_file_for_each_site_is_the_same_config_too() {
    let (sites, mut root) = taken_apart(&fs::read_to_string(GALLERY).unwrap());
    let logo = fs::read_to_string(Path::new(GALLERY).with_file_name("logo.svg")).unwrap();
    // Three of them, and the one with colours, a logo and services of its own.
    let mut sites: Vec<_> = sites.iter().take(3).chain(sites.last()).cloned().collect();
    let mut one = root.clone();
    one.insert("site".to_owned(), Value::Array(sites.iter().cloned().map(Value::Table).collect()));
    let whole = folder(&[("consent.toml", &written(&one)), ("logo.svg", &logo)]);
    let whole = load(&whole).unwrap_or_else(|found| panic!("{found}")).config;
    root.insert("files".to_owned(), vec!["sites/*.toml"].into());
    // What all of them say is said once.
    let mut defaults = Table::new();
    for key in ["languages", "controller", "count_shown", "name", "vendor"] {
        let said = sites[0].get(key).cloned().expect("a key of every site");
        for site in sites.iter_mut().filter(|site| site.get(key) == Some(&said)) {
            site.remove(key);
        }
        defaults.insert(key.to_owned(), said);
    }
    assert_eq!(sites[0].keys().collect::<Vec<_>>(), ["id", "layout"]);
    root.insert("defaults".to_owned(), Value::Table(defaults));
    let folder = folder(&[("consent.toml", &written(&root)), ("sites/logo.svg", &logo)]);
    for (at, site) in sites.into_iter().enumerate() {
        fs::write(folder.path().join(format!("sites/{at:02}.toml")), file_of(site)).unwrap();
    }
    let spread = load(&folder).unwrap_or_else(|found| panic!("{found}"));
    assert!(spread.warnings.found.is_empty(), "{}", spread.warnings);
    assert_eq!(spread.config.sites, whole.sites);
    assert_eq!(notices(&spread.config), notices(&whole));
}

const SERVER: &str = "files = [\"sites/*.toml\", \"shared/base.toml\"]\n\
    [defaults]\n\
    ask_again_after = 200\n\
    languages = [\"fr\", \"en\"]\n\
    public_log = false\n\
    controller = { name = \"A\", privacy_url = { fr = \"/f\", en = \"/e\", de = \"/d\" } }\n\
    [[defaults.vendor]]\n\
    category = \"analytics\"\n\
    name = \"V\"\n\
    privacy_url = \"https://v.example/p\"\n";

const BASE: &str = "[base.press]\n\
    extends = \"paper\"\n\
    ask_again_after = 220\n\
    [base.paper]\n\
    ask_again_after = 210\n\
    retention_days = 1400\n\
    [base.paper.texts.de]\n\
    title = \"x\"\n";

#[test]
fn what_is_said_nearer_wins() {
    let folder = folder(&[
        ("consent.toml", SERVER),
        ("shared/base.toml", BASE),
        ("sites/1.toml", "[[site]]\nid = \"one\"\nextends = \"press\"\nlanguages = [\"en\"]\n"),
        ("sites/2.toml", "[[site]]\nid = \"two\"\nextends = \"paper\"\nask_again_after = 230\n"),
        ("sites/3.toml", "[[site]]\nid = \"three\"\npublic_log = true\n[site.controller]\nname = \"C\"\n"),
    ]);
    let loaded = load(&folder).unwrap_or_else(|found| panic!("{found}"));
    // The shared texts are in languages that not every site offers, which is no fault of any of them.
    assert!(loaded.warnings.found.is_empty(), "{}", loaded.warnings);
    let rows = loaded.config.sites.iter().map(|site| {
        let languages: Vec<_> = site.languages().map(ToString::to_string).collect();
        let (id, controller) = (site.id.as_str(), site.controller.as_str());
        (id, site.ask_again_after, site.retention_days, languages.join(" "), site.public_log, controller)
    });
    assert_eq!(
        rows.collect::<Vec<_>>(),
        [
            ("one", 220, 1400, "en".to_owned(), false, "A"),
            ("two", 230, 1400, "fr en".to_owned(), false, "A"),
            ("three", 200, 200 + config::RETENTION_AFTER_EXPIRY, "fr en".to_owned(), true, "C"),
        ]
    );
    assert!(loaded.config.sites.iter().all(|site| site.vendors.len() == 1));
    let files: Vec<_> = loaded.warnings.sources.paths().map(|path| path.to_owned()).collect();
    let names = ["consent.toml", "sites/1.toml", "sites/2.toml", "sites/3.toml", "shared/base.toml"];
    assert_eq!(files, names.map(|name| folder.path().join(name)));
}

#[test]
fn a_finding_points_into_the_file_that_says_it_and_is_told_once() {
    let broken = BASE.replace("retention_days = 1400", "retention_days = 50");
    let folder = folder(&[
        ("consent.toml", &SERVER.replace("https://v.example", "http://v.example")),
        ("shared/base.toml", &broken),
        ("sites/1.toml", "[[site]]\nid = \"one\"\nextends = \"press\"\n"),
        ("sites/2.toml", "[[site]]\nid = \"two\"\nextends = \"press\"\n\n[site.texts.de]\ntitel = \"é\"\n"),
        ("sites/3.toml", "# é\n[[site]]\nid = \"one\"\n[server]\nhost = \"a.example\"\n"),
    ]);
    assert_eq!(
        found(&folder),
        [
            ("consent.toml".to_owned(), 10, Code::PrivacyUrl),
            ("sites/2.toml".to_owned(), 5, Code::UnusedLanguage),
            ("sites/2.toml".to_owned(), 6, Code::UnknownKey),
            ("sites/3.toml".to_owned(), 3, Code::DuplicateSite),
            ("sites/3.toml".to_owned(), 4, Code::Files),
            ("shared/base.toml".to_owned(), 6, Code::RetentionTooShort),
        ]
    );
    let human = load(&folder).unwrap_err().to_string();
    assert!(human.contains("sites/3.toml:3:6\n  |\n3 | id = \"one\"\n"), "{human}");
    let mut out = Vec::new();
    check::run(&folder.path().join("consent.toml"), Format::Json, false, &mut out).unwrap();
    let rows: serde_json::Value = serde_json::from_slice(&out).unwrap();
    let last = &rows[5];
    assert_eq!((last["line"].as_u64(), last["column"].as_u64()), (Some(6), Some(18)));
    assert_eq!(last["file"].as_str(), folder.path().join("shared/base.toml").to_str());
}

#[test]
fn a_fault_of_syntax_in_any_file_is_told_alone() {
    let folder = folder(&[
        ("consent.toml", SERVER),
        ("shared/base.toml", "[base.press\n"),
        ("sites/1.toml", "[[site]]\nid = \"one\"\nextends = \"press\"\nunknown = 1\n"),
        ("sites/2.toml", "[[site]]\nid = \n"),
    ]);
    assert_eq!(
        found(&folder),
        [("sites/2.toml".to_owned(), 2, Code::Syntax), ("shared/base.toml".to_owned(), 1, Code::Syntax)]
    );
}

#[test]
fn a_site_adds_to_what_it_takes_over_and_changes_what_bears_the_same_name() {
    let cookie = |name: &str, rest: &str| {
        format!("category = \"analytics\"\nname = \"{name}\"\nowner = \"A\"\npurpose = \"Counts.\"\n{rest}\n")
    };
    let defaults = format!(
        "files = [\"a.toml\", \"b.toml\"]\n[defaults]\ncontroller = {{ name = \"A\", privacy_url = \"/p\" }}\n\
         [[defaults.cookie]]\n{}[[defaults.cookie]]\n{}",
        cookie("x", "duration = \"1 year\""),
        cookie("y", "duration = \"1 year\"")
    );
    let more = format!("[[site.cookie]]\n{}", cookie("z", "duration = \"session\""));
    let site = format!("[[site]]\nid = \"a\"\n{more}[[site.cookie]]\nname = \"x\"\nduration = \"2 years\"\n");
    let none = format!("[[site]]\nid = \"b\"\ncookie = []\n{}", more.replace("site.cookie", "site.vendor"));
    let none = none.split("[[site.vendor]]").next().unwrap().to_owned()
        + "[[site.vendor]]\ncategory = \"analytics\"\nname = \"V\"\nprivacy_url = \"https://v.example/p\"\n";
    let folder = folder(&[("consent.toml", &defaults), ("a.toml", &site), ("b.toml", &none)]);
    let config = load(&folder).unwrap_or_else(|found| panic!("{found}")).config;
    let cookies = |at: usize| {
        let cookies = config.sites[at].cookies.iter();
        cookies.map(|cookie| (cookie.name.as_str(), cookie.duration.clone())).collect::<Vec<_>>()
    };
    let expected = [("x", "2 years"), ("y", "1 year"), ("z", "session")];
    assert_eq!(cookies(0), expected.map(|(name, duration)| (name, duration.parse().unwrap())));
    assert!(cookies(1).is_empty());
}

/// The only finding: its message and what to do, and the code.
fn refused(folder: &TempDir) -> (Code, String) {
    let diagnostics = load(folder).unwrap_err();
    let [finding] = &diagnostics.found[..] else { panic!("{diagnostics}") };
    (finding.code, format!("{}: {}", finding.message, finding.help))
}

#[test]
fn a_config_has_so_many_files_and_no_more() {
    let folder = folder(&[("consent.toml", &SERVER.replace(", \"shared/base.toml\"", ""))]);
    fs::create_dir(folder.path().join("sites")).unwrap();
    for number in 0..1000 {
        let site = if number % 100 == 7 { format!("[[site]]\nid = \"s{number}\"\n") } else { String::new() };
        fs::write(folder.path().join(format!("sites/{number:04}.toml")), site).unwrap();
    }
    // What an editor leaves behind is none of them.
    fs::write(folder.path().join("sites/.#1.toml"), "[[site]]").unwrap();
    fs::write(folder.path().join("sites/1.toml~"), "[[site]]").unwrap();
    let ids: Vec<_> = load(&folder).unwrap().config.sites.into_iter().map(|site| site.id).collect();
    assert!(ids.len() == 10 && ids[0].as_str() == "s7" && ids[9].as_str() == "s907", "{ids:?}");
    fs::write(folder.path().join("sites/x.toml"), "").unwrap();
    let (code, message) = refused(&folder);
    assert_eq!(
        (code, message.starts_with("more than 1000 files are listed: ")),
        (Code::Files, true),
        "{message}"
    );
}

#[test]
fn the_files_of_a_config_have_a_size_apart_and_together() {
    let large = "#".repeat(usize::try_from(config::MAX_CONFIG_BYTES).unwrap());
    let files: Vec<_> = (0..16).map(|number| format!("sites/{number}.toml")).collect();
    let mut files: Vec<_> = files.iter().map(|path| (path.as_str(), large.as_str())).collect();
    files.push(("consent.toml", "files = [\"sites/*.toml\"]"));
    let folder = folder(&files);
    let (code, message) = refused(&folder);
    assert_eq!(code, Code::Files);
    assert!(message.starts_with("the files are larger than 16 MiB: "), "{message}");
    for number in 1..16 {
        fs::remove_file(folder.path().join(format!("sites/{number}.toml"))).unwrap();
    }
    assert_eq!(refused(&folder).0, Code::NoSite);
    fs::write(folder.path().join("sites/0.toml"), large + "#").unwrap();
    let (code, message) = refused(&folder);
    assert_eq!(
        (code, message.contains("`sites/0.toml`: larger than 1 MiB")),
        (Code::Unreadable, true),
        "{message}"
    );
    fs::write(folder.path().join("sites/0.toml"), b"\xff").unwrap();
    let (code, message) = refused(&folder);
    assert_eq!((code, message.contains("`sites/0.toml`: not UTF-8")), (Code::Unreadable, true), "{message}");
}

#[test]
fn bases_go_so_deep_and_no_deeper() {
    let chain = |length: usize| {
        let bases: String =
            (1..length).map(|at| format!("[base.b{at}]\nextends = \"b{}\"\n", at - 1)).collect();
        let site = format!("[[site]]\nid = \"a\"\nextends = \"b{}\"\n", length - 1);
        let server = SERVER.replace("files = [\"sites/*.toml\", \"shared/base.toml\"]", "");
        folder(&[("consent.toml", &format!("{server}[base.b0]\npublic_log = true\n{bases}{site}"))])
    };
    assert!(load(&chain(8)).unwrap().config.sites[0].public_log);
    let (code, message) = refused(&chain(9));
    assert_eq!(code, Code::Extends);
    assert!(message.starts_with("more than 8 bases take over from each other: "), "{message}");
}

#[test]
fn what_all_sites_take_over_together_is_limited() {
    let keys: String = (0..20_000).map(|at| format!("k{at} = \"x\"\n")).collect();
    let sites: String = (0..60).map(|at| format!("[[site]]\nid = \"s{at}\"\n")).collect();
    let text = format!("[defaults.texts.fr]\n{keys}{sites}");
    let diagnostics = load(&folder(&[("consent.toml", &text)])).unwrap_err();
    assert!(diagnostics.found.iter().all(|finding| finding.code == Code::Extends), "{diagnostics}");
    assert!(diagnostics.found[0].message.contains("more than 1000000 values"), "{diagnostics}");
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_folder_is_refused_and_one_within_it_is_followed() {
    let elsewhere = folder(&[("1.toml", "[[site]]\nid = \"one\"\n")]);
    let folder = folder(&[
        ("consent.toml", &SERVER.replace("shared/base.toml", "sites/one.toml")),
        ("there/1.toml", "[[site]]\nid = \"one\"\n"),
    ]);
    fs::create_dir(folder.path().join("sites")).unwrap();
    let link = folder.path().join("sites/one.toml");
    std::os::unix::fs::symlink("../there/1.toml", &link).unwrap();
    // Listed twice, read once.
    assert_eq!(load(&folder).unwrap().config.sites.len(), 1);
    fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink(elsewhere.path().join("1.toml"), &link).unwrap();
    let found = load(&folder).unwrap_err();
    assert!(found.found.iter().all(|finding| finding.code == Code::Files), "{found}");
    assert!(
        found.found[0].message.ends_with("is a link that leads out of the folder of this file"),
        "{found}"
    );
}

#[test]
fn a_secret_is_not_shown_to_whoever_reads_the_findings() {
    let folder = folder(&[
        ("consent.toml", SERVER),
        ("shared/base.toml", BASE),
        ("sites/1.toml", "[[site]]\nid = \"one\"\norigins = [\n  \"https://u:hunter2@a.example\"]\n"),
    ]);
    assert_eq!(found(&folder), [("sites/1.toml".to_owned(), 4, Code::Secret)]);
    let diagnostics = load(&folder).unwrap_err();
    let human = diagnostics.to_string();
    assert!(human.contains("sites/1.toml:4:3"), "{human}");
    assert!(human.contains("CONSENT_STORE"), "{human}");
    for text in [human, config::render::json(&diagnostics)] {
        assert!(!text.contains("hunter2"), "{text}");
    }
}

proptest! {
    #[test]
    fn a_spread_config_with_a_piece_replaced_never_panics_and_points_into_its_files(
        at in 0_usize..800,
        length in 0_usize..40,
        piece in "[\\[\\]{}=\"'.,#\\n*€éa-z_]{0,12}",
    ) {
        let site = "[[site]]\nid = \"one\"\nextends = \"press\"\n";
        let text = [&SERVER.replace("files = [\"sites/*.toml\", \"shared/base.toml\"]", ""), BASE, site].concat();
        let start = text.floor_char_boundary(at.min(text.len()));
        let end = text.floor_char_boundary((start + length).min(text.len()));
        let changed = [&text[..start], &piece, &text[end..]].concat();
        let cut = changed.find("[base").unwrap_or(changed.len() / 2);
        let (first, second) = changed.split_at(changed.floor_char_boundary(cut));
        let folder = folder(&[("consent.toml", &format!("files = [\"b.toml\"]\n{first}")), ("b.toml", second)]);
        let found = diagnostics(load(&folder));
        prop_assert!(!found.to_string().is_empty() || found.found.is_empty());
        for finding in &found.found {
            prop_assert!(found.place(finding).is_none_or(|place| place.byte <= place.text.len()));
        }
    }
}
