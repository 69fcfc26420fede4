//! What was found, as one page that needs nothing else: no script, no other file, no network.

use std::fmt::Write as _;

use super::super::check::count;
use super::judge::{Finding, Judged, Verdict};
use super::report::{Report, Stage};
use super::seen::{State, What};
use super::timeline;

const STYLE: &str = include_str!("report.css");

/// The page.
pub(super) fn page(report: &Report) -> String {
    let (leaks, failed, undeclared) = report.counts();
    let (class, verdict) = match (report.passes(), leaks) {
        (true, _) => ("good", "No leak".to_owned()),
        (false, 0) if failed > 0 => ("bad", format!("{} not reached", count(failed, "state"))),
        (false, 0) => ("bad", format!("{undeclared} not declared")),
        (false, leaks) => ("bad", count(leaks, "leak")),
    };
    let name = escaped(&report.site.1);
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{verdict}: {name}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<header>\n<p class=\"soft\">{name}</p>\n\
         <h1 class=\"{class}\">{verdict}</h1>\n<p>{}</p>\n<p class=\"soft\">{}<br>Judged by the notice <code>{}</code></p>\n</header>\n<main>\n",
        escaped(&format!("{}.", report.summary())),
        escaped(&report.url),
        report.notice,
    );
    overview(&mut html, report);
    for (state, why) in report.failures() {
        let _ = writeln!(
            html,
            "<article class=\"finding error\"><h3>{} could not be reached</h3><p>{}</p></article>",
            title(state),
            escaped(why)
        );
    }
    if !report.findings.is_empty() {
        html.push_str("<section>\n<h2>Findings</h2>\n");
        for finding in &report.findings {
            self::finding(&mut html, finding, report.level(finding));
        }
        html.push_str("</section>\n");
    }
    for stage in report.states.iter().filter(|stage| stage.failed.is_none()) {
        self::stage(&mut html, stage);
    }
    if !report.toml.is_empty() {
        let _ = write!(
            html,
            "<section>\n<h2>To paste into the config</h2>\n<p>What is not declared. Each category is a suggestion; say what each thing is \
             for before you publish it.</p>\n<pre tabindex=\"0\">{}</pre>\n</section>\n",
            escaped(report.toml.trim())
        );
    }
    html.push_str("</main>\n</body>\n</html>\n");
    html
}

/// A box for each state, which leads to its section.
fn overview(html: &mut String, report: &Report) {
    html.push_str("<nav aria-label=\"States\">\n");
    for stage in &report.states {
        let number = |verdict| stage.judged.iter().filter(|one| one.verdict == verdict).count();
        let (leaks, undeclared) = (number(Verdict::Leak), number(Verdict::Undeclared));
        let (class, told) = match (&stage.failed, leaks, undeclared) {
            (Some(_), ..) => ("leak", "not reached".to_owned()),
            (None, 0, 0) => ("fine", "as it should be".to_owned()),
            (None, 0, _) => ("undeclared", format!("{undeclared} undeclared")),
            (None, ..) => ("leak", format!("{leaks} against consent")),
        };
        let _ = writeln!(
            html,
            "<a class=\"{class}\" href=\"#{}\"><strong>{}</strong><span>{told}</span><small>{} seen</small></a>",
            stage.state.as_str(),
            title(stage.state),
            stage.judged.len()
        );
    }
    html.push_str("</nav>\n");
}

fn finding(html: &mut String, finding: &Finding, level: &str) {
    let _ = writeln!(
        html,
        "<article class=\"finding {level}\">\n<p class=\"code\">{} · {}</p>\n<h3>{}</h3>\n<ul>",
        level,
        finding.code,
        escaped(&finding.message()).replace('`', "")
    );
    for (state, seen) in &finding.seen {
        let by = seen.initiator.as_ref().map_or_else(String::new, |by| format!(", by {by}"));
        let _ = writeln!(
            html,
            "<li><a href=\"#{}\">{}</a>, {}: {}</li>",
            state.as_str(),
            title(*state),
            timeline::time(seen.after_ms),
            escaped(&format!("{}{by}", seen.page))
        );
    }
    let _ = writeln!(
        html,
        "</ul>\n<p class=\"soft\">{}</p>\n</article>",
        escaped(finding.help()).replace('`', "")
    );
}

fn stage(html: &mut String, stage: &Stage) {
    let granted: Vec<_> = stage.granted.iter().map(|category| category.as_str()).collect();
    let _ = writeln!(
        html,
        "<section id=\"{}\">\n<h2>{}</h2>\n<p class=\"soft\">Granted: {}</p>",
        stage.state.as_str(),
        title(stage.state),
        granted.join(", ")
    );
    html.push_str("<div class=\"stage\">\n");
    if let Some(picture) = &stage.picture {
        let _ = writeln!(
            html,
            "<img width=\"1280\" height=\"800\" alt=\"The first page, {}\" src=\"data:image/webp;base64,{picture}\">",
            title(stage.state).to_lowercase()
        );
    }
    let _ = writeln!(html, "<div>{}</div>\n</div>", timeline::svg(&stage.judged));
    if stage.judged.is_empty() {
        html.push_str("<p>No cookie, no storage key, no request to others.</p>\n");
    } else {
        html.push_str(
            "<table>\n<thead><tr><th>Verdict</th><th>Category</th><th>What</th><th>From</th><th>After</th></tr></thead>\n<tbody>\n",
        );
        for one in &stage.judged {
            row(html, one);
        }
        html.push_str("</tbody>\n</table>\n");
    }
    html.push_str("</section>\n");
}

fn row(html: &mut String, one: &Judged) {
    let (class, verdict) = match one.verdict {
        Verdict::Leak => ("leak", "leak"),
        Verdict::Undeclared => ("undeclared", "undeclared"),
        Verdict::Fine => ("fine", "fine"),
    };
    let seen = &one.seen;
    let name = if seen.what == What::Request { &seen.at } else { &seen.name };
    let left = if seen.left { ", there before" } else { "" };
    let _ = writeln!(
        html,
        "<tr><td><b class=\"{class}\">{verdict}</b></td><td>{}</td><td>{} <code>{}</code>{left}</td><td>{}</td><td>{}</td></tr>",
        one.category.map_or("–", consent_core::category::Category::as_str),
        seen.what.words(),
        escaped(name),
        escaped(seen.initiator.as_deref().unwrap_or("not known")),
        timeline::time(seen.after_ms)
    );
}

const fn title(state: State) -> &'static str {
    match state {
        State::Unasked => "Not asked yet",
        State::Gpc => "Global Privacy Control",
        State::Refused => "Refused",
        State::Accepted => "Accepted",
        State::Withdrawn => "Withdrawn",
    }
}

/// A text that is nothing but text, in elements and in attributes.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\n' => safe.push('\n'),
            letter if letter.is_control() => safe.push('\u{fffd}'),
            letter => safe.push(letter),
        }
    }
    safe
}
