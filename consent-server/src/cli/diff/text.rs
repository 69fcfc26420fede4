//! The answer in plain English.

use std::fmt::Write as _;

use consent_core::category::Category;
use consent_core::notice::NoticeId;
use consent_core::verify::visible::visible;

use super::compared::{Compared, Group, SiteCompared, Step};

/// The whole answer, with a last line that sums it up.
pub(super) fn of(compared: &Compared, names: &[String; 2]) -> String {
    let mut text = String::new();
    for site in &compared.sites {
        for group in &site.groups {
            text.push_str(&block(site, group));
            text.push('\n');
        }
    }
    for site in &compared.added {
        let _ = writeln!(text, "{site} is new: nobody has chosen there\n");
    }
    for site in &compared.removed {
        let _ = writeln!(text, "{site} is gone: choices made there are asked about no more\n");
    }
    let asking = compared.sites.iter().filter(|site| site.groups.iter().any(Group::asks_again));
    let (asking, all) = (asking.count(), compared.sites.len());
    let [older, newer] = names.each_ref().map(|name| visible(name));
    let sum = match (asking, all) {
        (0, _) => "nobody is asked again".to_owned(),
        (_, 1) => "visitors are asked again".to_owned(),
        (asking, all) => format!("visitors of {asking} of {all} sites are asked again"),
    };
    let _ = writeln!(text, "{older} -> {newer}: {sum}");
    text
}

fn block(site: &SiteCompared, group: &Group) -> String {
    let mut lines = Lines::default();
    let id = &site.site;
    if group.changes.is_empty() {
        lines.head(&format!("{id}: nothing is different"));
    } else if !group.asks_again() {
        lines.head(&format!("{id}: nobody is asked again"));
    } else if group.asked.is_empty() {
        lines.head(&format!("{id}: who chose long ago is asked again"));
    } else {
        lines.head(&format!("{id}: asked again about {}", list(&group.asked)));
    }
    lines.line("for", &whom(group));
    for change in group.changes.iter().filter(|change| change.asks) {
        lines.line("because", &change.to_string());
    }
    if !group.asked.is_empty() {
        // One is enough: the others say the same in their own language.
        let reason = group.notices.iter().find_map(|step| step.reason.as_deref());
        lines.line(
            "visible",
            &reason.map_or_else(
                || "the banner, without a reason".to_owned(),
                |told| format!("the banner, with \"{told}\""),
            ),
        );
        if !group.not_asked.is_empty() {
            lines.line("not asked", &list(&group.not_asked));
        }
    }
    if let Some(days) = group.expires_sooner {
        lines.line("sooner", &format!("who chose more than {days} days ago is asked about everything"));
    }
    for change in group.changes.iter().filter(|change| !change.asks) {
        lines.line("silent", &change.to_string());
    }
    for step in group.notices.iter().filter(|step| step.from != step.to) {
        lines.line("notice", &format!("{}: {} -> {}", visitors(step), short(step.from), short(step.to)));
    }
    lines.0
}

#[derive(Default)]
struct Lines(String);

impl Lines {
    fn head(&mut self, text: &str) {
        let _ = writeln!(self.0, "{}", visible(text));
    }

    fn line(&mut self, label: &str, text: &str) {
        let _ = writeln!(self.0, "  {label:<9}  {}", visible(text));
    }
}

/// Everybody in the group.
fn whom(group: &Group) -> String {
    let mut languages: Vec<_> = group.notices.iter().flat_map(|step| &step.languages).cloned().collect();
    let mut regions: Vec<_> = group.notices.iter().flat_map(|step| &step.regions).cloned().collect();
    for list in [&mut languages, &mut regions] {
        list.sort();
        list.dedup();
    }
    format!("{}; {}", languages.join(", "), places(&regions))
}

fn visitors(step: &Step) -> String {
    format!("{}; {}", step.languages.join(", "), places(&step.regions))
}

fn places(regions: &[String]) -> String {
    let named: Vec<_> = regions.iter().filter(|region| *region != "unknown").map(String::as_str).collect();
    match (named.is_empty(), named.len() < regions.len()) {
        (true, _) => "everywhere".to_owned(),
        (false, true) => format!("{} and everywhere else", named.join(", ")),
        (false, false) => named.join(", "),
    }
}

fn list(categories: &[Category]) -> String {
    categories.iter().map(|category| category.as_str()).collect::<Vec<_>>().join(", ")
}

/// As much of it as the cookie keeps.
fn short(id: NoticeId) -> String {
    id.prefix()
}
