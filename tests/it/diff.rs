//! `consent diff` and `consent notices` as their user types them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use consent_core::digest::Digest;
use consent_tests::process::{CONFIG, Server, binary};
use serde_json::Value;

/// What `consent` answered: its exit code, what it printed, and what it complained about.
struct Said {
    code: i32,
    out: String,
    complaint: String,
}

fn consent(arguments: &[&str]) -> Said {
    let done = Command::new(binary()).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code: done.status.code().unwrap(), out: text(done.stdout), complaint: text(done.stderr) }
}

fn diff(older: &Path, newer: &Path) -> Said {
    consent(&["diff", older.to_str().unwrap(), newer.to_str().unwrap()])
}

fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let file = folder.join(name);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, text).unwrap();
    file
}

/// A config of two sites that ask for the same, and what is added to the first.
fn two(more: &str) -> String {
    let site = CONFIG.split_once("[[site]]").unwrap().1;
    let second = site.replace("\"newsroom\"", "\"other\"");
    format!("[server]\nhost = \"localhost\"\n[[site]]{site}{more}\n[[site]]{second}")
}

const COOKIE: &str = r#"
[[site.cookie]]
category = "analytics"
name = "returns"
owner = "Mesure SARL"
duration = "1 year"
purpose = "Compte les retours."
"#;

/// Lines without the addresses, which change with every version of the script.
fn without_addresses(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("notice "));
    lines.map(|line| line.to_owned() + "\n").collect()
}

#[test]
fn an_added_cookie_asks_again_about_its_category_and_says_why_and_what_is_seen() {
    let home = tempfile::tempdir().unwrap();
    let older = write(home.path(), "old.toml", &two(""));
    let newer = write(home.path(), "new.toml", &two(COOKIE));
    let said = diff(&older, &newer);
    assert_eq!((said.code, said.complaint.as_str()), (1, ""));
    let (older, newer) = (older.display(), newer.display());
    let expected = format!(
        "newsroom: asked again about analytics
  for        fr; everywhere
  because    analytics: cookie `returns` of Mesure SARL is added, for 1 year
  visible    the banner, with \"La question vous est posée de nouveau, car ce que fait ce site a changé depuis votre dernier choix. Analytiques\"
  not asked  functional, performance, advertisement
  silent     other words: texts.body

other: nothing is different
  for        fr; everywhere

{older} -> {newer}: visitors of 1 of 2 sites are asked again
"
    );
    assert_eq!(without_addresses(&said.out), expected);
    assert_eq!(said.out.lines().filter(|line| line.starts_with("  notice     fr; everywhere: ")).count(), 1);
}

#[test]
fn other_words_and_less_of_the_same_ask_nobody_again() {
    let home = tempfile::tempdir().unwrap();
    let older = write(home.path(), "old/consent.toml", &two(COOKIE));
    let words = two("[site.texts.fr]\ntitle = \"Les cookies\"\n").replace("13 months", "6 months");
    let newer = write(home.path(), "new/consent.toml", &words);
    // Folders do as well.
    let said = diff(older.parent().unwrap(), newer.parent().unwrap());
    assert_eq!(said.code, 0, "{}", said.out);
    for line in [
        "newsroom: nobody is asked again",
        "  silent     analytics: cookie `visits` stays for 6 months now, and not for 13 months",
        "  silent     analytics: cookie `returns` of Mesure SARL is gone",
        "  silent     other words: texts.body, texts.title",
    ] {
        assert!(said.out.contains(line), "{line}\n{}", said.out);
    }
    assert!(said.out.ends_with(": nobody is asked again\n"));
}

#[test]
fn for_programs_it_says_the_same_with_whole_addresses_by_language_and_region() {
    let home = tempfile::tempdir().unwrap();
    let base = CONFIG.replace("languages = [\"fr\"]", "languages = [\"fr\", \"en\"]");
    let base = base.replace("purpose = \"Compte les visites.\"", "purpose = { fr = \"-\", en = \"-\" }");
    let regions = "\n[site.regions]\nGB = {}\n";
    let older = write(home.path(), "old.toml", &format!("{base}{regions}"));
    let newer = write(home.path(), "new.toml", &base);
    let said = consent(&["diff", "--format", "json", older.to_str().unwrap(), newer.to_str().unwrap()]);
    let answer: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((said.code, &answer["asks_again"]), (1, &Value::from(true)));
    let groups = answer["sites"][0]["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 2, "{answer}");
    // Who chose in Britain, where nothing of the site's own waited for a yes.
    let british = &groups[0];
    // About all of it: a yes to advertising that was given under other rules is not told of either.
    let asked = ["functional", "analytics", "performance", "advertisement"];
    assert_eq!(british["asked"], serde_json::json!(asked));
    assert_eq!(british["not_asked"], serde_json::json!([]));
    let steps = british["notices"].as_array().unwrap();
    assert_eq!(steps.iter().map(|step| &step["languages"][0]).collect::<Vec<_>>(), ["en", "fr"]);
    for step in steps {
        assert_eq!(step["regions"], serde_json::json!(["GB"]));
        assert_eq!(step["reason"], Value::Null, "nothing was added: it would not be true to say so");
        assert!(step["from"] != step["to"] && step["to"].as_str().unwrap().len() == 43);
    }
    let others = &groups[1];
    assert_eq!((&others["asked"], &others["changes"]), (&serde_json::json!([]), &serde_json::json!([])));
    let regions = others["notices"][0]["regions"].as_array().unwrap();
    assert!(regions.contains(&"unknown".into()) && !regions.contains(&"GB".into()), "{regions:?}");
}

#[test]
fn who_is_in_the_rest_of_a_country_and_whose_choice_expires_sooner_are_not_forgotten() {
    let home = tempfile::tempdir().unwrap();
    let id = "id = \"newsroom\"\n";
    let holding = |months| CONFIG.replace(id, &format!("{id}ask_again_after = \"{months} months\"\n"));
    let california = "\n[site.regions]\nUS-CA = { analytics = \"opt_in\" }\nUS = ";
    let older = write(home.path(), "old.toml", &format!("{}{california}{{}}\n", holding(12)));
    let stricter = format!("{}{california}{{ analytics = \"opt_in\" }}\n", holding(12));
    let said = diff(&older, &write(home.path(), "new.toml", &stricter));
    assert_eq!(said.code, 1, "{}", said.out);
    assert!(said.out.contains("; the rest of US\n"), "{}", said.out);
    let [long, short] = [12, 6].map(|months| write(home.path(), &format!("{months}.toml"), &holding(months)));
    let said = diff(&long, &short);
    assert_eq!(said.code, 1, "{}", said.out);
    assert!(said.out.contains("who chose more than 180 days ago is asked about everything"), "{}", said.out);
    assert_eq!(diff(&short, &long).code, 0, "later asks nobody sooner");
}

#[test]
fn what_can_not_be_compared_is_said_as_the_check_says_it() {
    let home = tempfile::tempdir().unwrap();
    let good = write(home.path(), "good.toml", CONFIG);
    let bad = write(home.path(), "bad.toml", &CONFIG.replace("13 months", "13 moons"));
    let check = consent(&["check", bad.to_str().unwrap()]);
    for said in [diff(&good, &bad), diff(&bad, &good)] {
        assert_eq!((said.code, said.out.as_str()), (2, ""));
        let finding = check.out.lines().next().unwrap();
        assert!(finding.starts_with("error[") && said.complaint.contains(finding), "{}", said.complaint);
    }
    let missing = diff(&good, &home.path().join("none.toml"));
    assert!(missing.code == 2 && missing.complaint.contains("none.toml"), "{}", missing.complaint);
    let elsewhere = write(home.path(), "elsewhere.toml", &CONFIG.replace("\"newsroom\"", "\"elsewhere\""));
    let apart = diff(&good, &elsewhere);
    assert_eq!((apart.code, apart.out.as_str()), (2, ""));
    assert!(apart.complaint.contains("no site in common"), "{}", apart.complaint);
    let odd = write(home.path(), "odd.json", "{}");
    assert_eq!(diff(&good, &odd).code, 2);
}

#[test]
fn every_published_notice_is_listed_with_its_first_entry_shown_byte_for_byte_and_compared() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    for text in [CONFIG.to_owned(), CONFIG.replace("13 months", "6 months"), format!("{CONFIG}{COOKIE}")] {
        assert!(Server::start_config(folder, &text).stop().success());
    }
    let data = folder.join("data").display().to_string();
    let list = consent(&["notices", "--data", &data, "--format", "json"]);
    assert_eq!(list.code, 0, "{}", list.complaint);
    let list: Vec<Value> = serde_json::from_str(&list.out).unwrap();
    // The log opens at 0, and nobody has decided.
    let firsts: Vec<_> = list.iter().map(|one| one["first_published"]["index"].as_u64().unwrap()).collect();
    assert_eq!(firsts, [1, 2, 3]);
    assert!(list.iter().all(|one| one["site"] == "newsroom" && one["language"] == "fr"));
    let ids: Vec<_> = list.iter().map(|one| one["notice_id"].as_str().unwrap()).collect();

    let text = consent(&["notices", "--data", &data, "--site", "newsroom"]);
    assert!(text.out.ends_with("3 notices\n") && ids.iter().all(|id| text.out.contains(id)), "{}", text.out);
    let none = consent(&["notices", "--data", &data, "--site", "none"]);
    assert!(none.code == 2 && none.complaint.contains("site none has no log"), "{}", none.complaint);

    let shown = consent(&["notices", ids[0], "--data", &data]);
    assert_eq!(Digest::of(shown.out.as_bytes()).to_string(), ids[0]);

    let compare = |older: &str, newer: &str| consent(&["diff", older, newer, "--data", &data]);
    let shorter = compare(ids[0], ids[1]);
    assert_eq!(shorter.code, 0, "{}", shorter.out);
    assert!(shorter.out.contains("cookie `visits` stays for 6 months now, and not for 13 months"));
    let more = compare(ids[1], ids[2]);
    assert!(
        more.code == 1 && more.out.starts_with("newsroom: asked again about analytics\n"),
        "{}",
        more.out
    );
    // A notice and the config that made it are the same, however the notice is named.
    let config = folder.join("consent.toml");
    let config = config.to_str().unwrap();
    let file = write(folder, "notice.json", &consent(&["notices", ids[2], "--data", &data]).out);
    for named in [ids[2], file.to_str().unwrap()] {
        let same = compare(named, config);
        assert!(same.code == 0 && same.out.contains("newsroom: nothing is different"), "{}", same.out);
    }
    let unknown = compare(&Digest::of(b"none").to_string(), config);
    assert!(unknown.code == 2 && unknown.complaint.contains("was published"), "{}", unknown.complaint);

    // A running server has the store open, and answers itself.
    let server = Server::start_config(folder, &fs::read_to_string(config).unwrap());
    let token = folder.join("data/operator.token");
    let asked = |arguments: &[&str]| {
        let ask =
            ["--site", "newsroom", "--server", &server.address, "--token-file", token.to_str().unwrap()];
        consent(&[arguments, &ask].concat())
    };
    let listed = asked(&["notices"]);
    assert!(ids.iter().all(|id| listed.out.contains(id)), "{}{}", listed.out, listed.complaint);
    assert_eq!(asked(&["diff", ids[1], ids[2]]).out, more.out);
}
