//! What is different, in one line of plain English.

use std::fmt;

use super::What;
use crate::notice::{Safeguard, ServiceId, StorageKind};
use crate::regime::Rule;

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Controller { from, to } => write!(f, "{to} is responsible now, and not {from}"),
            Self::PlaceAdded { site, origin } => {
                write!(f, "a choice counts on {origin} (site `{site}`) too now")
            }
            Self::PlaceRemoved { site, origin } => {
                write!(f, "a choice counts on {origin} (site `{site}`) no more")
            }
            Self::Rule { from, to } => write!(f, "{}, and {} before", waits(*to), waited(*from)),
            Self::ObjectionHeard => f.write_str("Global Privacy Control is heard as an objection now"),
            Self::ItemAdded { name, kind, owner, service, lifetime } => {
                write!(f, "{} `{name}` of {owner} is added, {}", noun(*kind), how_long(lifetime))?;
                service.as_ref().map_or(Ok(()), |service| write!(f, ", in service `{service}`"))
            }
            Self::ItemRemoved { name, kind, owner } => {
                write!(f, "{} `{name}` of {owner} is gone", noun(*kind))
            }
            Self::ItemOwner { name, kind, from, to } => {
                write!(f, "{} `{name}` is {to}'s now, and not {from}'s", noun(*kind))
            }
            Self::ItemService { name, kind, from, to } => {
                write!(
                    f,
                    "{} `{name}` belongs to {} now, and not to {}",
                    noun(*kind),
                    service(to),
                    service(from)
                )
            }
            Self::Retention { name, kind, from, to } => retention(f, name, *kind, from, to),
            Self::VendorAdded { name } => write!(f, "{name} receives data now"),
            Self::VendorRemoved { name } => write!(f, "{name} receives no data any more"),
            Self::TransferAdded { vendor, to } => write!(f, "{vendor} takes data to {to} now"),
            Self::TransferRemoved { vendor, to } => write!(f, "{vendor} takes no data to {to} any more"),
            Self::TransferSafeguard { vendor, to, was, by } => {
                write!(f, "what {vendor} takes to {to} rests on {} now, and not on {}", bases(by), bases(was))
            }
            Self::ServiceAdded { service, vendor: Some(vendor) } => {
                write!(f, "service `{service}` of {vendor} is asked for by itself now")
            }
            Self::ServiceAdded { service, vendor: None } => {
                write!(f, "service `{service}` is asked for by itself now")
            }
            Self::ServiceRemoved { service } => {
                write!(f, "service `{service}` is asked for by itself no more")
            }
            Self::ServiceVendor { service, from, to } => {
                let who =
                    |vendor: &Option<String>| vendor.clone().unwrap_or_else(|| "the controller".to_owned());
                write!(f, "service `{service}` is run by {} now, and not by {}", who(to), who(from))
            }
            Self::Hosts { added, removed } if removed.is_empty() => {
                write!(f, "{} held back now: {}", are(added), added.join(", "))
            }
            Self::Hosts { added, removed } if added.is_empty() => {
                write!(f, "{} held back no more: {}", are(removed), removed.join(", "))
            }
            Self::Hosts { added, removed } => {
                let (added, removed) = (added.join(", "), removed.join(", "));
                write!(f, "hosts are held back now: {added}; and no more: {removed}")
            }
            Self::AskAgainAfter { from, to } => write!(f, "a choice holds for {to} days, and not for {from}"),
            Self::Language { from, to } => write!(f, "the language is {to}, and not {from}"),
            Self::Region { from, to } => write!(f, "the rules are those of {to}, and not of {from}"),
            Self::Wording { texts } => write!(f, "other words: {}", texts.join(", ")),
            Self::Look { parts } => write!(f, "another look: {}", parts.join(", ")),
            Self::Parts { names } => write!(f, "optional parts of the script: {}", names.join(", ")),
            Self::Waivers => f.write_str("other waivers, or other reasons for them"),
            Self::AudienceMeasurement => {
                f.write_str("what the exemption for measuring the audience rests on")
            }
            Self::MovingIn => f.write_str("what is taken over of choices on other platforms"),
            Self::Script => f.write_str("another version of the banner's script"),
            Self::Order => f.write_str("the order in which things are declared"),
        }
    }
}

const fn noun(kind: StorageKind) -> &'static str {
    match kind {
        StorageKind::Cookie => "cookie",
        StorageKind::LocalStorage => "local storage key",
        StorageKind::SessionStorage => "session storage key",
    }
}

const fn waits(rule: Rule) -> &'static str {
    match rule {
        Rule::OptIn => "waits for a yes",
        Rule::OptOut => "runs until a no",
        Rule::Exempt => "runs without being asked for",
        Rule::Always => "always runs",
    }
}

const fn waited(rule: Rule) -> &'static str {
    match rule {
        Rule::OptIn => "waited for a yes",
        Rule::OptOut => "ran until a no",
        Rule::Exempt => "ran without being asked for",
        Rule::Always => "always ran",
    }
}

fn bases(safeguards: &[Safeguard]) -> String {
    let words = safeguards.iter().map(|safeguard| match safeguard {
        Safeguard::Adequacy => "a decision of adequacy",
        Safeguard::BindingCorporateRules => "binding corporate rules",
        Safeguard::Derogation => "nothing but an exception",
        Safeguard::StandardContractualClauses => "standard contractual clauses",
    });
    words.collect::<Vec<_>>().join(" and ")
}

const fn are(hosts: &[String]) -> &'static str {
    if hosts.len() == 1 { "a host is" } else { "hosts are" }
}

fn service(service: &Option<ServiceId>) -> String {
    service.as_ref().map_or_else(|| "no service".to_owned(), |service| format!("service `{service}`"))
}

fn retention(f: &mut fmt::Formatter<'_>, name: &str, kind: StorageKind, from: &str, to: &str) -> fmt::Result {
    write!(f, "{} `{name}` stays {} now, and not {}", noun(kind), how_long(to), how_long(from))
}

/// `for 13 months` of `P13M`; what is no such duration is told as it is.
fn how_long(lifetime: &str) -> String {
    if lifetime == "session" {
        return "until the browser is closed".to_owned();
    }
    let mut units = [('Y', "year"), ('M', "month"), ('W', "week"), ('D', "day")].as_slice();
    let (mut said, mut digits) = (Vec::new(), String::new());
    for character in lifetime.chars().skip(1) {
        match units.iter().find(|(unit, _)| *unit == character) {
            _ if character.is_ascii_digit() => digits.push(character),
            _ if character == 'T' && digits.is_empty() => {
                units = [('H', "hour"), ('M', "minute"), ('S', "second")].as_slice();
            }
            Some((_, word)) if digits == "1" => said.push(format!("1 {word}")),
            Some((_, word)) if !digits.is_empty() => said.push(format!("{digits} {word}s")),
            _ => return format!("for {lifetime}"),
        }
        if !character.is_ascii_digit() {
            digits.clear();
        }
    }
    if said.is_empty() || !digits.is_empty() {
        format!("for {lifetime}")
    } else {
        format!("for {}", said.join(" and "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_is_told_in_words() {
        for (lifetime, words) in [
            ("session", "until the browser is closed"),
            ("P1Y", "for 1 year"),
            ("P13M", "for 13 months"),
            ("P1MT1M", "for 1 month and 1 minute"),
            ("P2DT12H", "for 2 days and 12 hours"),
            ("P30S", "for P30S"),
            ("for ever", "for for ever"),
            ("P", "for P"),
        ] {
            assert_eq!(how_long(lifetime), words);
        }
    }
}
