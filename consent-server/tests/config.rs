//! The config as its users meet it: a corpus of files, each with what has to be said about it.
//!
//! A line of a bad file ends with `#~ error CODE` (more than one: separated by commas) if a finding points at it; a
//! finding about the whole file is expected at its first line. Nothing else may be found.

#[path = "config/codes.rs"]
mod codes;
// `cfg(test)`, so that clippy takes the helpers for what they are.
#[cfg(test)]
#[path = "config/formats.rs"]
mod formats;
#[cfg(test)]
#[path = "config/schema.rs"]
mod schema;
#[cfg(test)]
#[path = "config/spread.rs"]
mod spread;

use std::fs;
use std::path::{Path, PathBuf};

use consent_core::category::Category;
use consent_core::digest::Digest;
use consent_core::regime::Region;
use consent_server::cli::check::{self, Format};
use consent_server::config::{self, Code, Diagnostics, Loaded, OWN_COOKIE};
use proptest::prelude::*;

const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/config");
const GALLERY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/gallery/consent.toml");
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/folder/consent.toml");
const NEWSROOM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/newsroom/consent.toml");

fn files(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(Path::new(HERE).join(folder))
        .expect("a folder")
        .map(|file| file.expect("a file").path())
        .collect();
    files.sort();
    files
}

fn diagnostics(result: Result<Loaded, Diagnostics>) -> Diagnostics {
    result.map_or_else(|diagnostics| diagnostics, |loaded| loaded.warnings)
}

/// The newsroom's config without its folder of pages, so that it can be read from anywhere.
fn newsroom() -> String {
    fs::read_to_string(NEWSROOM).expect("the example").replace("pages = \"pages\"", "")
}

fn parse(text: &str) -> Result<Loaded, Diagnostics> {
    config::parse("consent.toml", text.to_owned(), Path::new(HERE))
}

/// What the lines of a file say has to be found: `(line, "error CODE")`.
fn marks(text: &str) -> Vec<(usize, &str)> {
    let marked = text.lines().zip(1..).filter_map(|(text, line)| Some((line, text.split_once("#~ ")?.1)));
    marked.flat_map(|(line, marked)| marked.split(", ").map(move |mark| (line, mark))).collect()
}

/// Fails unless exactly that is found which the lines of `text` say.
fn assert_marked(name: &str, text: &str, result: Result<Loaded, Diagnostics>) {
    let expected = marks(text);
    assert_eq!(result.is_err(), expected.iter().any(|(_, mark)| mark.starts_with("error ")), "{name}");
    let mut expected: Vec<_> = expected.iter().map(|(line, mark)| format!("{line} {mark}")).collect();
    let diagnostics = diagnostics(result);
    let mut found: Vec<String> = Vec::new();
    for finding in &diagnostics.found {
        let line = diagnostics.place(finding).map_or(1, |place| place.position().0);
        found.push(format!("{line} {} {}", finding.severity.as_str(), finding.code.as_str()));
        assert!(!finding.help.is_empty() && !finding.message.is_empty());
    }
    expected.sort();
    found.sort();
    assert_eq!(found, expected, "{name}\n{diagnostics}");
}

#[test]
fn every_bad_config_is_told_exactly_what_is_wrong_and_where() {
    let files = files("bad");
    assert!(files.len() >= 60, "{} files", files.len());
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        assert_marked(&file.display().to_string(), &text, config::load(&file));
    }
}

#[test]
fn the_corpus_shows_every_code() {
    let corpus: String = files("bad").into_iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let shown: Vec<_> = marks(&corpus).into_iter().filter_map(|(_, mark)| mark.split_once(' ')).collect();
    for code in Code::ALL.into_iter().filter(|code| !codes::is_without_example(*code)) {
        let name = code.as_str();
        assert!(shown.iter().any(|(_, code)| *code == name), "{name}");
    }
}

#[test]
fn good_configs_pass_without_a_word() {
    let files = files("good");
    assert!(files.len() >= 20, "{} files", files.len());
    for file in files {
        let found = diagnostics(config::load(&file));
        assert!(found.found.is_empty(), "{found}");
    }
    let found = diagnostics(parse(&newsroom()));
    assert!(found.found.is_empty(), "{found}");
    for file in [FOLDER, GALLERY] {
        let found = diagnostics(config::load(Path::new(file)));
        assert!(found.found.is_empty(), "{found}");
    }
}

#[test]
fn every_language_needs_no_texts_and_every_notice_is_in_its_own() {
    let codes: Vec<_> = config::built_in_languages().collect();
    let text = offering(&codes);
    let loaded = parse(&text).unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
    assert!(loaded.warnings.found.is_empty(), "{}", loaded.warnings);
    let site = loaded.config.sites.iter().find(|site| site.id.as_str() == "a").unwrap();
    let mut bodies = Vec::new();
    for code in codes {
        let notice = site.notice(code, Digest([0; 32])).unwrap();
        let body = &*notice;
        assert_eq!(body.language, code);
        assert!(body.texts.body.contains("Exemple SA") && !body.texts.body.contains(['{', '}']), "{body:?}");
        bodies.push(body.texts.body.clone());
    }
    bodies.sort();
    bodies.dedup();
    assert_eq!(bodies.len(), config::built_in_languages().count(), "two languages say the same");
    for (asked, code) in [
        ("no", "nb"),
        ("nn-NO", "nb"),
        ("iw", "he"),
        ("zh", "zh-Hans"),
        ("ZH-cn", "zh-Hans"),
        ("pt-PT", "pt"),
        ("pt-br", "pt-BR"),
        ("pt-AO", "pt"),
        ("fr-CH-1996", "fr"),
        ("kk", "ar"), // not offered: the first of the list
        ("", "ar"),
    ] {
        assert_eq!(site.language(asked).as_str(), code, "{asked}");
    }
}

#[test]
fn a_transfer_is_told_in_every_language_and_where_there_is_none_there_is_no_word_for_it() {
    let codes: Vec<_> = config::built_in_languages().collect();
    let with = |transfers: &str| {
        let text = format!("{}{transfers}", offering(&codes));
        let config = parse(&text).unwrap_or_else(|diagnostics| panic!("{diagnostics}")).config;
        let site = config.sites.first().unwrap();
        codes.iter().map(|code| site.notice(code, Digest([0; 32])).unwrap()).collect::<Vec<_>>()
    };
    let (none, empty) = (with(""), with("transfers = []\n"));
    let told = with("transfers = [{ to = \"US\", by = \"adequacy\" }]\n");
    let mut words = Vec::new();
    for ((none, empty), told) in none.iter().zip(&empty).zip(&told) {
        assert_eq!(none.id(), empty.id());
        assert!(!String::from_utf8_lossy(none.bytes()).contains("transfer"), "{}", none.language);
        assert!(told.texts.transfer_derogation.is_empty(), "a word for what is not there");
        words.push((told.texts.transfers.clone(), told.texts.transfer_adequacy.clone()));
        assert_eq!(told.changes_since(none), [Category::Analytics]);
    }
    assert!(words.iter().all(|(head, word)| !head.is_empty() && !word.is_empty()));
    words.sort();
    words.dedup();
    // Portuguese has one word for an adequacy decision, and another head in Brazil.
    assert_eq!(words.len(), codes.len());
}

#[test]
fn what_the_exemption_rests_on_stands_where_nobody_is_asked_because_of_it_and_nowhere_else() {
    let text = fs::read_to_string(format!("{HERE}/good/audience-measurement-beside-others.toml")).unwrap();
    let config = parse(&text).unwrap_or_else(|diagnostics| panic!("{diagnostics}")).config;
    let [_, site] = config.sites.as_slice() else { panic!("two sites") };
    let mut told = 0;
    for regime in site.regimes.iter() {
        let notice = site.notice_under(regime, "en", Digest([0; 32])).unwrap();
        let text = String::from_utf8_lossy(notice.bytes());
        if let Some(declared) = &notice.audience_measurement {
            assert_eq!((regime.regime.region.as_str(), declared.data_kept.as_str()), ("FR", "P25M"));
            assert_eq!(declared.processors, ["Counter Ltd"]);
            told += 1;
        } else {
            assert!(!text.contains("audience_measurement"), "{text}");
        }
    }
    assert_eq!((told, site.regimes.iter().count()), (1, 2));
}

#[test]
fn californias_name_for_the_way_back_is_there_for_whoever_may_be_in_california() {
    for (keys, visitor, is_named) in [
        ("region = \"US-CA\"", "US-CA", true),
        ("region = \"US-CA\"", "unknown", true), // the same for everybody, as nobody is told apart
        ("region = \"US\"", "US-NY", true),
        ("region = \"US-TX\"", "US-TX", false),
        ("regions = { US-CA = {} }", "US-CA", true),
        ("regions = { US-CA = {} }", "unknown", false),
        ("regions = { US = {} }", "US-NY", true),
        ("regions = { US = {}, US-CA = {} }", "US-NY", false),
        ("region = \"US-CA\"\nregions = { EU = {} }", "US-CA", true),
        ("region = \"US-CA\"\nregions = { EU = {} }", "FR", false),
    ] {
        let id = "id = \"a\"\n";
        let text = offering(&["en"]).replace(id, &format!("{id}ask_again_after = \"12 months\"\n{keys}\n"));
        let loaded = parse(&text).unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
        assert!(loaded.warnings.found.is_empty(), "{keys}: {}", loaded.warnings);
        let site = loaded.config.sites.first().unwrap();
        let regime = site.regimes.iter().nth(site.regimes.number_in(Region::read(visitor))).unwrap();
        let notice = site.notice_under(regime, "en", Digest([0; 32])).unwrap();
        assert_eq!(notice.texts.reopen == "Your Privacy Choices", is_named, "{keys}: {visitor}");
    }
}

/// A site that offers these languages.
fn offering(codes: &[&str]) -> String {
    let vendor =
        "[[site.vendor]]\ncategory = \"analytics\"\nname = \"V\"\nprivacy_url = \"https://v.example/p\"\n";
    let controller = "[site.controller]\nname = \"Exemple SA\"\nprivacy_url = \"/privacy\"\n";
    format!("[[site]]\nid = \"a\"\nlanguages = {codes:?}\n{controller}{vendor}")
}

#[test]
fn files_from_windows_are_read_alike() {
    let windows = format!("\u{feff}{}", newsroom().replace('\n', "\r\n"));
    assert_eq!(parse(&windows).unwrap().config, parse(&newsroom()).unwrap().config);
    let broken = parse(&windows.replace("\"13 months\"", "\"13 moons\"")).unwrap_err();
    let line = newsroom().lines().position(|line| line.contains("13 months")).unwrap() + 1;
    assert_eq!(broken.place(&broken.found[0]).unwrap().position(), (line, 12));
    assert!(broken.to_string().contains("| duration = \"13 moons\"\n"), "{broken}");
}

#[test]
fn code_names_are_unique() {
    let mut names: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Code::ALL.len());
}

#[test]
fn refuses_what_is_missing_too_large_or_not_text() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("consent.toml");
    let code = |file: &Path| {
        config::load(file).unwrap_err().found.iter().map(|finding| finding.code).collect::<Vec<_>>()
    };
    assert_eq!(code(&file), [Code::Unreadable]);
    assert_eq!(code(folder.path()), [Code::Unreadable]);
    fs::write(&file, b"\xff\xfe").unwrap();
    assert_eq!(code(&file), [Code::Unreadable]);
    let limit = usize::try_from(config::MAX_CONFIG_BYTES).unwrap();
    let padded = |length: usize| newsroom() + &"#".repeat(length - newsroom().len());
    fs::write(&file, padded(limit)).unwrap();
    assert!(config::load(&file).is_ok());
    fs::write(&file, padded(limit + 1)).unwrap();
    assert_eq!(code(&file), [Code::Unreadable]);
}

#[test]
fn a_flood_of_findings_stays_readable_and_refused() {
    let keys: String = (0..100_000).map(|number| format!("k{number}=1\n")).collect();
    let warnings = "[site.texts.de]\ntitle = \"x\"\n";
    let diagnostics = parse(&format!("{keys}{}{warnings}", newsroom())).unwrap_err();
    assert_eq!((diagnostics.errors(), diagnostics.warnings()), (config::MAX_FINDINGS, 0));
    assert!(!diagnostics.to_string().is_empty());
}

/// The newsroom, with more items than a notice can hold.
fn too_large_a_notice() -> String {
    let item = |number: usize| {
        format!(
            "[[site.cookie]]\ncategory = \"analytics\"\nname = \"c{number}\"\nowner = \"Société éditrice du Parallèle\"\nduration = \"session\"\n\
             purpose = {{ fr = \"{0}\", en = \"{0}\" }}\n",
            "x".repeat(1000)
        )
    };
    let many: String = (0..300).map(item).collect();
    format!("{}{many}", newsroom())
}

#[test]
fn refuses_a_notice_that_would_be_too_large() {
    let found = parse(&too_large_a_notice()).unwrap_err();
    assert_eq!(found.found.iter().map(|finding| finding.code).collect::<Vec<_>>(), [Code::NoticeSize]);
}

#[test]
fn a_finding_reads_as_a_compiler_would_print_it() {
    let text = "[[site]]\nid = \"a\"\n\n[site.controller]\nname = \"A\"\nprivacy_url = \"/p\"\n\n[[site.cookie]]\n\
                category = \"marketing\"\nname = \"_é\" # a comment\npurpose = \"Counts\"\nduration = \"13 moons\"\n";
    let rendered = parse(text).unwrap_err().to_string();
    let expected = fs::read_to_string(Path::new(HERE).join("rendered.txt")).unwrap();
    assert_eq!(rendered, expected, "\n{rendered}");
}

#[test]
fn check_writes_json_that_names_the_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("consent.toml");
    fs::write(&file, "[[site]]\nid = \"a\"\nlanguages = [ \"é\" ]\n").unwrap();
    let mut out = Vec::new();
    let exit = check::run(&file, Format::Json, false, &mut out).unwrap();
    assert_eq!(format!("{exit:?}"), format!("{:?}", std::process::ExitCode::FAILURE));
    let rows: serde_json::Value = serde_json::from_slice(&out).unwrap();
    let row = rows.as_array().unwrap().iter().find(|row| row["code"] == "language").unwrap();
    assert_eq!(row["severity"], "error");
    assert_eq!((row["line"].as_u64(), row["column"].as_u64()), (Some(3), Some(15)));
    assert_eq!(row["file"].as_str(), file.to_str());
    assert!(row["help"].as_str().unwrap().contains("languages = "));
}

#[test]
fn check_lets_warnings_pass() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("consent.toml");
    fs::write(&file, newsroom().replace("\"6 months\"\n# `ret", "\"1 month\"\n# `ret")).unwrap();
    let mut out = Vec::new();
    let exit = check::run(&file, Format::Human { colour: false }, false, &mut out).unwrap();
    let out = String::from_utf8(out).unwrap();
    assert_eq!(format!("{exit:?}"), format!("{:?}", std::process::ExitCode::SUCCESS));
    assert!(out.starts_with("warning[EU-11]"), "{out}");
    assert!(out.ends_with(": 0 errors, 1 warning\n"), "{out}");
    assert!(out.contains("\nmore about a code, with examples: `consent check --explain EU-11`\n"), "{out}");
    assert!(!out.contains('\u{1b}'), "no colours where nobody asked for them");
    let mut out = Vec::new();
    check::run(&file, Format::Human { colour: true }, false, &mut out).unwrap();
    assert!(out.contains(&0x1b));
}

#[test]
fn check_prints_the_integrity_value_of_each_script_and_it_changes_with_the_notice() {
    let checked = |text: &str| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("consent.toml");
        fs::write(&file, text).unwrap();
        let mut out = Vec::new();
        check::run(&file, Format::Human { colour: false }, false, &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        let values = out.lines().filter_map(|line| line.split_once(": integrity=\"sha384-"));
        values.map(|(of, value)| (of.to_owned(), value.to_owned())).collect::<Vec<_>>()
    };
    let values = checked(&newsroom());
    let names: Vec<_> = values.iter().map(|(of, _)| of.as_str()).collect();
    assert_eq!(names, ["banner.js of newsroom, fr", "banner.js of newsroom, en"]);
    assert!(values.iter().all(|(_, value)| value.len() == 65 && value.ends_with('"')), "{values:?}");
    assert_ne!(values[0].1, values[1].1);
    assert_eq!(values, checked(&newsroom()), "the same config, the same value");
    let changed = checked(&newsroom().replace("\"13 months\"", "\"12 months\""));
    assert_eq!(changed.len(), 2);
    assert!(values.iter().zip(&changed).all(|(one, other)| one.1 != other.1), "{changed:?}");
    assert!(checked(&newsroom().replace("\"13 months\"", "\"13 moons\"")).is_empty());
}

#[test]
fn every_truncation_of_a_good_config_is_read_or_refused() {
    let text = newsroom();
    let mut accepted = 0;
    for end in (0..=text.len()).filter(|end| text.is_char_boundary(*end)) {
        match parse(&text[..end]) {
            Ok(_) => accepted += 1,
            Err(diagnostics) => {
                assert!(diagnostics.errors() > 0);
                // The renderer cuts the source by spans, which truncation moves to the very end.
                if end % 7 == 0 {
                    assert!(
                        !diagnostics.to_string().is_empty() && !config::render::json(&diagnostics).is_empty()
                    );
                }
            }
        }
    }
    assert!(accepted > 0 && accepted < text.len() / 2, "{accepted}");
}

#[test]
fn the_newsroom_tells_each_visitor_everything_in_the_visitors_language() {
    let Loaded { config, .. } = parse(&newsroom()).unwrap();
    let site = config.site(&"newsroom".parse().unwrap()).unwrap();
    assert_eq!((site.ask_again_after, site.retention_days), (180, 180 + 1095));
    for (language, accept, reject, analytics, months) in [
        ("fr", "Tout accepter", "Tout refuser", "Analytiques", "13 mois"),
        ("en", "Accept all", "Reject all", "Analytics", "13 months"),
    ] {
        let notice = site.notice(language, Digest::of(b"script")).unwrap();
        assert_eq!(notice.language, language);
        assert_eq!((notice.texts.accept_all.as_str(), notice.texts.reject_all.as_str()), (accept, reject));
        assert!(notice.texts.body.contains("Société éditrice du Parallèle"), "{}", notice.texts.body);
        assert!(!notice.texts.body.contains(['{', '}']), "{}", notice.texts.body);
        let [necessary, functional, shown, performance, advertisement] = &notice.categories[..] else {
            panic!()
        };
        assert_eq!(shown.category, Category::Analytics);
        assert_eq!(shown.title, analytics);
        assert_eq!(
            (shown.cookies[0].duration.as_str(), shown.cookies[0].lifetime.as_str()),
            (months, "P13M")
        );
        assert_eq!(
            necessary.cookies.iter().map(|own| own.name.as_str()).collect::<Vec<_>>(),
            [OWN_COOKIE, "consent:newsroom"]
        );
        assert_eq!(
            [functional, shown, performance, advertisement].map(|category| category.cookies.len()),
            [1, 2, 0, 2]
        );
    }
}

#[test]
fn a_language_that_is_not_offered_falls_back() {
    let Loaded { config, .. } = parse(&newsroom()).unwrap();
    let site = &config.sites[0];
    for (asked, given) in
        [("en", "en"), ("EN-gb", "en"), ("fr-CA", "fr"), ("kk", "fr"), ("", "fr"), ("é", "fr")]
    {
        assert_eq!(site.language(asked).as_str(), given, "{asked}");
    }
}

#[test]
fn the_same_config_gives_the_same_bytes_wherever_it_lies() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("other.toml");
    fs::write(&file, newsroom()).unwrap();
    let here = parse(&newsroom()).unwrap().config;
    let there = config::load(&file).unwrap().config;
    for language in ["fr", "en"] {
        let [here, there] =
            [&here, &there].map(|config| config.sites[0].notice(language, Digest::of(b"script")).unwrap());
        assert_eq!(here.bytes(), there.bytes());
        assert_eq!(here.id(), there.id());
    }
}

#[test]
fn only_what_is_asked_for_changes_what_a_consent_covers() {
    let material =
        |text: &str| parse(text).unwrap().config.sites[0].notice("fr", Digest::of(b"")).unwrap().material();
    let text = newsroom();
    let before = material(&text);
    for (from, to) in [
        ("\"1 year\"", "\"12 months\""),
        ("Relie les pages", "Rattache les pages"),
        ("\"bar\"", "\"corner\""),
    ] {
        assert!(text.contains(from));
        assert_eq!(material(&text.replace(from, to)), before, "{from}");
    }
    for (from, to) in
        [("\"1 year\"", "\"2 years\""), ("\"Mesure SAS\"", "\"Autre Mesure SAS\""), ("_mesure_id", "_mesure")]
    {
        assert!(text.contains(from));
        assert_ne!(material(&text.replace(from, to)), before, "{from}");
    }
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let _ = parse(&String::from_utf8_lossy(&bytes)).map_err(|diagnostics| diagnostics.to_string());
    }

    #[test]
    fn a_good_config_with_a_piece_replaced_never_panics(at in 0_usize..6000, length in 0_usize..40, piece in "\\PC{0,12}|[\\[\\]{}=\"'.,#\n*€é]{0,12}") {
        let text = newsroom();
        let start = text.floor_char_boundary(at.min(text.len()));
        let end = text.floor_char_boundary((start + length).min(text.len()));
        let changed = [&text[..start], &piece, &text[end..]].concat();
        if let Err(diagnostics) = parse(&changed) {
            prop_assert!(diagnostics.errors() > 0);
            prop_assert!(!diagnostics.to_string().is_empty());
            prop_assert!(serde_json::from_str::<serde_json::Value>(&config::render::json(&diagnostics)).is_ok());
        }
    }
}
