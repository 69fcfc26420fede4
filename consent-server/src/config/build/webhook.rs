//! `[[site.webhook]]`

use consent_core::notice::SiteId;

use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::{SiteDraft, WebhookDraft};
use super::super::section::Field;
use super::super::sources::Sources;
use super::super::webhook::{WebhookConfig, WebhookEvents, WebhookSecret};
use super::Required;
use super::address::{is_https, is_on_this_machine};
use super::secret_source::SecretSource;
use super::tags::words;

/// The most receivers of a site.
const MAX_WEBHOOKS: usize = 8;

/// The most secrets of one: the one that is used, and the one before it.
const MAX_SECRETS: usize = 2;

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

fn secrets(draft: &WebhookDraft, sources: &Sources, report: &mut Report) -> Option<Vec<WebhookSecret>> {
    let source = SecretSource {
        code: Code::Webhook,
        env: &draft.secret_env,
        file: &draft.secret_file,
        help: SECRET_HELP,
        owner: &draft.span,
    };
    let read = |text: &str| {
        let secrets: Option<Vec<_>> = text.split_whitespace().map(|secret| secret.parse().ok()).collect();
        secrets.filter(|secrets| (1..=MAX_SECRETS).contains(&secrets.len()))
    };
    source.read(read, sources, report)
}
