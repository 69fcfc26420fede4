//! What the console's pages say to type is what the command takes.

use std::collections::BTreeSet;

use clap::Command;
use consent_server::cli;

use crate::console::{Browser, decided};
use crate::console_preview::upload;
use crate::support::{server, server_of};

/// Every command `consent …` that a page shows: within a line, or a line of a block.
fn commands(page: &str) -> BTreeSet<String> {
    let texts = page.split("<code>").skip(1).filter_map(|rest| rest.split_once("</code>"));
    let blocks = page.split("<pre").skip(1).filter_map(|rest| rest.split_once('>')?.1.split_once("</pre>"));
    let lines = texts.chain(blocks).flat_map(|(text, _)| text.split("<code>").last().unwrap_or(text).lines());
    let found = lines.map(str::trim).filter(|line| line.starts_with("consent "));
    let plain = |text: &str| text.replace("&#62;", ">").replace("&gt;", ">").replace("&amp;", "&");
    found.map(plain).collect()
}

/// Why the command would not take it. The bare name of a command is no command to type, but has to be one.
fn refused(line: &str) -> Option<String> {
    let (typed, _) = line.split_once('>').unwrap_or((line, ""));
    let words: Vec<_> = typed.split_whitespace().collect();
    let command = cli::command();
    let mut at: Option<&Command> = Some(&command);
    for word in &words[1..] {
        at = at.and_then(|command| command.find_subcommand(word));
    }
    if at.is_some() {
        return None;
    }
    let filled = words.iter().map(|word| match *word {
        "URL" => "https://www.newsroom.example/",
        "CONFIG" => "consent.toml",
        "BUNDLE.zip" => "bundle.zip",
        word => word,
    });
    cli::command().try_get_matches_from(filled).err().map(|error| format!("{line}: {error}"))
}

#[test]
fn what_is_no_command_is_told_from_one() {
    for right in ["consent leaks", "consent token create", "consent verify a.zip --policy keys"] {
        assert_eq!(refused(right), None);
    }
    for wrong in ["consent leaks CONFIG --format json", "consent leak", "consent leaks --format json"] {
        assert!(refused(wrong).is_some(), "{wrong}");
    }
    let page = "<p>a <code>consent leaks</code> b</p><pre tabindex=\"0\"><code>cd x\nconsent verify a &gt;b\n</code></pre><pre>consent check</pre>";
    assert_eq!(
        commands(page).into_iter().collect::<Vec<_>>(),
        ["consent check", "consent leaks", "consent verify a >b"]
    );
}

#[tokio::test]
async fn every_command_on_a_page_is_one_that_the_program_takes() {
    let with_origin = server().await;
    let without = server_of(
        "[server]\nhost = \"consent.example\"\n[[site]]\nid = \"newsroom\"\ncontroller = { name = \"A\", privacy_url = \"/p\" }\n",
    )
    .await;
    let mut found = commands(with_origin.get("/console/sign-in").await.text());
    for server in [&with_origin, &without] {
        let notice = server.notice_id("newsroom", "").await;
        for token in [&server.tokens.operator, &server.tokens.auditor] {
            let browser = Browser::signed_in(server, token).await;
            for path in [
                "sessions",
                "trail",
                "newsroom/",
                "newsroom/find",
                "newsroom/prove",
                "newsroom/prove/by-hand",
                "newsroom/prove/bundles",
                "newsroom/notices",
                &format!("newsroom/notices/{notice}"),
                "newsroom/preview",
                "newsroom/declaration",
                "newsroom/install",
            ] {
                found.append(&mut commands(browser.get(&format!("/console/{path}")).await.text()));
            }
        }
    }
    decided(&with_origin).await;
    let operator = Browser::signed_in(&with_origin, &with_origin.tokens.operator).await;
    found.append(&mut commands(operator.get(&operator.story(1).await).await.text()));
    let report = serde_json::json!({
        "url": "https://www.newsroom.example/", "site": "newsroom", "pages": 1, "passes": true, "states": [], "findings": [], "toml": "",
        "notice": "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
    });
    for (path, field, text) in [
        ("/console/newsroom/declaration", "report", report.to_string().as_str()),
        ("/console/newsroom/declaration", "report", "none"),
        ("/console/newsroom/preview", "config", "none"),
    ] {
        found.append(&mut commands(upload(&operator, path, &[(field, text)]).await.text()));
    }
    found.append(&mut commands(operator.get("/console/newsroom/declaration").await.text()));
    for known in [
        "consent leaks https://www.newsroom.example/ --config CONFIG --format json --site newsroom >report.json",
        "consent leaks URL --config CONFIG --format json --site newsroom >report.json",
        "consent verify ../BUNDLE.zip --policy keys",
        "consent verify trail_*.zip",
    ] {
        assert!(found.contains(known), "{known}\n{found:?}");
    }
    let wrong: Vec<_> = found.iter().filter_map(|line| refused(line)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    // And no page has one that was not looked at here.
    for template in std::fs::read_dir("templates/console").unwrap() {
        let path = template.unwrap().path();
        for line in commands(&std::fs::read_to_string(&path).unwrap()) {
            let begin = line.split("{%").next().unwrap_or_default();
            let begin = begin.split("{{").next().unwrap_or_default();
            assert!(found.iter().any(|found| found.starts_with(begin)), "{}: {line}", path.display());
        }
    }
}
