//! `[[site.webhook]]`

use std::net::IpAddr;

use consent_core::notice::SiteId;
use http::Uri;
use toml::Spanned;

use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::{SiteDraft, WebhookDraft};
use super::super::section::Field;
use super::super::sources::Sources;
use super::super::webhook::{WebhookConfig, WebhookEvents, WebhookSecret};
use super::Required;
use super::address::is_https;
use super::tags::words;

/// The most receivers of a site.
const MAX_WEBHOOKS: usize = 8;

/// The most secrets of one: the one that is used, and the one before it.
const MAX_SECRETS: usize = 2;

/// More is no list of secrets.
const MAX_SECRET_FILE_BYTES: u64 = 4096;

const SECRET_HELP: &str = "write `secret_file = \"…\"`, or `secret_env` with the name of an environment variable; in it stands \
    what `echo whsec_$(openssl rand -base64 32)` prints, and one more in a line of its own while it is being replaced";

pub(super) fn build(draft: &SiteDraft, sources: &Sources, report: &mut Report) -> Option<Vec<WebhookConfig>> {
    let built: Vec<_> = draft.webhooks.iter().map(|webhook| one(webhook, sources, report)).collect();
    let built: Vec<_> = built.into_iter().collect::<Option<_>>()?;
    for (at, (webhook, draft)) in built.iter().zip(&draft.webhooks).enumerate() {
        let is_there_twice = built.iter().take(at).any(|other| other.id == webhook.id);
        if is_there_twice || at >= MAX_WEBHOOKS {
            let message = if is_there_twice {
                format!("another webhook is called `{}`", webhook.id)
            } else {
                format!("more than {MAX_WEBHOOKS} webhooks")
            };
            let help = "leave one of them out, or give it another id: how far it was told is kept under that";
            report.error(Code::Webhook, draft.span.clone(), message, help);
            return None;
        }
    }
    Some(built)
}

fn one(draft: &WebhookDraft, sources: &Sources, report: &mut Report) -> Option<WebhookConfig> {
    let id = id(draft, report);
    let url = url(draft, report);
    let events = match &draft.events {
        Field::Absent => Some(WebhookEvents::WORDS.map(|(_, events)| events).to_vec()),
        field => words("events", field, &WebhookEvents::WORDS, report),
    };
    if let (Some([]), Some(listed)) = (events.as_deref(), draft.events.set()) {
        let help = "write `decision`, `erasure`, or both";
        report.error(Code::Webhook, listed.span(), "it would be told of nothing".to_owned(), help);
        return None;
    }
    let secrets = secrets(draft, sources, report);
    Some(WebhookConfig { events: events?, id: id?, secrets: secrets?, url: url? })
}

fn id(draft: &WebhookDraft, report: &mut Report) -> Option<String> {
    let help =
        "write a short name of a-z, 0-9 and `-`, such as `warehouse`: the address may change, this stays";
    let wanted = Required { code: Code::Webhook, help, key: "id", owner: &draft.span };
    let text = wanted.text(&draft.id, report)?;
    // The same letters as a site's.
    if text.get_ref().parse::<SiteId>().is_err() {
        let message = format!("`{}` can not be the id of a webhook", text.get_ref());
        report.error(Code::Webhook, text.span(), message, help);
        return None;
    }
    Some(text.get_ref().clone())
}

fn url(draft: &WebhookDraft, report: &mut Report) -> Option<String> {
    let help = "write `https://…` without name or password; `http://` only for this machine, such as `http://127.0.0.1:8000/`";
    let wanted = Required { code: Code::Webhook, help, key: "url", owner: &draft.span };
    let text = wanted.text(&draft.url, report)?;
    if !is_https(text.get_ref()) && !is_on_this_machine(text.get_ref()) {
        // A password in it is in no message.
        let shown = if text.get_ref().contains('@') { "this" } else { &format!("`{}`", text.get_ref()) };
        let message = format!("{shown} is no address that decisions may be sent to");
        report.error(Code::Webhook, text.span(), message, help);
        return None;
    }
    Some(text.get_ref().clone())
}

/// Whether what is sent there without encryption stays on this machine.
fn is_on_this_machine(text: &str) -> bool {
    let Ok(uri) = text.parse::<Uri>() else { return false };
    let Some(authority) = uri.authority().filter(|authority| !authority.as_str().contains('@')) else {
        return false;
    };
    let host = authority.host().trim_matches(['[', ']']);
    let is_loopback = host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    uri.scheme_str() == Some("http") && (host == "localhost" || is_loopback)
}

fn secrets(draft: &WebhookDraft, sources: &Sources, report: &mut Report) -> Option<Vec<WebhookSecret>> {
    let mut error = |span, message: String| {
        report.error(Code::Webhook, span, message, SECRET_HELP);
        None
    };
    let (text, said) = match (&draft.secret_file, &draft.secret_env) {
        (Field::Broken, _) | (_, Field::Broken) => return None,
        (Field::Absent, Field::Absent) => return error(draft.span.clone(), "it has no secret".to_owned()),
        (Field::Set(_), Field::Set(variable)) => {
            return error(variable.span(), "its secret stands in two places".to_owned());
        }
        (Field::Set(file), Field::Absent) => (in_file(file, sources, report), file),
        (Field::Absent, Field::Set(variable)) => (report.variable(variable.get_ref()), variable),
    };
    // Nothing of what was read is shown.
    let secrets: Option<Vec<_>> =
        text.and_then(|text| text.split_whitespace().map(|secret| secret.parse().ok()).collect());
    let secrets = secrets.filter(|secrets| (1..=MAX_SECRETS).contains(&secrets.len()));
    if secrets.is_none() {
        let message = format!("no secret can be read from `{}`", said.get_ref());
        report.error(Code::Webhook, said.span(), message, SECRET_HELP);
    }
    secrets
}

fn in_file(file: &Spanned<String>, sources: &Sources, report: &mut Report) -> Option<String> {
    let path = report.reads(sources.beside(file));
    let is_small = std::fs::metadata(&path).is_ok_and(|data| data.len() <= MAX_SECRET_FILE_BYTES);
    if is_small { std::fs::read_to_string(&path).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::is_on_this_machine;

    #[test]
    fn only_what_stays_on_this_machine_goes_without_encryption() {
        for text in
            ["http://127.0.0.1:8000/x?y=1", "http://localhost", "http://[::1]:1/", "http://127.9.9.9/"]
        {
            assert!(is_on_this_machine(text), "{text}");
        }
        for text in [
            "http://a.example/",
            "http://10.0.0.1/",
            "http://localhost.example/",
            "http://169.254.169.254/",
            "http://u:p@127.0.0.1/",
            "ftp://127.0.0.1/",
            "127.0.0.1",
            "http://0.0.0.0/",
        ] {
            assert!(!is_on_this_machine(text), "{text}");
        }
    }
}
