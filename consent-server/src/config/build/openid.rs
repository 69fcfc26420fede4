//! `[server.openid]`

use consent_core::notice::SiteId;
use toml::Spanned;

use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::{Draft, OpenIdDraft, OpenIdGrantDraft};
use super::super::openid::{ClientSecret, OpenIdConfig, OpenIdGrant};
use super::super::section::Field;
use super::super::sources::Sources;
use super::address::{is_https, is_on_this_machine, origin_fault};
use super::secret_source::SecretSource;
use super::tags::listed;
use super::{Required, word};
use crate::data::Role;

/// The roles.
pub(super) const ROLES: [(&str, Role); 2] = [("auditor", Role::Auditor), ("operator", Role::Operator)];

/// More is no name, word or scope of anybody.
const MAX_LETTERS: usize = 256;

/// More are better put into a group at the provider.
const MAX_GRANTS: usize = 64;

/// More is asked for by nobody.
const MAX_SCOPES: usize = 16;

const SECRET_HELP: &str = "write `client_secret_file = \"…\"`, or `client_secret_env` with the name of an environment variable, with the \
    secret that the provider has given out; leave both out for a public client";

/// `None` inside if nobody signs in so, outside after an error.
pub(super) fn build(draft: &Draft, sources: &Sources, report: &mut Report) -> Option<Option<OpenIdConfig>> {
    let Some(openid) = &draft.server.openid else { return Some(None) };
    if matches!(&draft.server.console, Field::Set(console) if !console.get_ref()) {
        let help = "leave out `console = false`, or this table";
        report.warning(
            Code::OpenId,
            openid.span.clone(),
            "there is no console to sign in to".to_owned(),
            help,
        );
    }
    let sites: Vec<_> =
        draft.sites.iter().filter_map(|site| site.id.set()).map(|id| id.get_ref().as_str()).collect();
    let client_id = text(openid, "client_id", &openid.client_id, CLIENT_HELP, report);
    let client_secret = client_secret(openid, sources, report);
    let issuer = issuer(openid, report);
    let origin = origin(openid, report);
    let name = match &openid.name {
        Field::Absent => Some("OpenID Connect".to_owned()),
        field => text(openid, "name", field, "write what its button says behind `Sign in with`", report),
    };
    let scopes = scopes(&openid.scopes, report);
    let grants = grants(openid, &sites, report);
    Some(Some(OpenIdConfig {
        client_id: client_id?,
        client_secret: client_secret?,
        grants: grants?,
        issuer: issuer?,
        name: name?,
        origin: origin?,
        scopes: scopes?,
    }))
}

const CLIENT_HELP: &str = "write the id that the provider has given to this server";

/// A text in one line that is there.
fn text(
    draft: &OpenIdDraft,
    key: &'static str,
    field: &Field<String>,
    help: &str,
    report: &mut Report,
) -> Option<String> {
    let wanted = Required { code: Code::OpenId, help, key, owner: &draft.span };
    line(key, wanted.text(field, report)?, help, report)
}

fn line(key: &str, text: &Spanned<String>, help: &str, report: &mut Report) -> Option<String> {
    let written = text.get_ref();
    if written.len() > MAX_LETTERS || written.chars().any(char::is_control) {
        let message = format!("`{key}` has more than {MAX_LETTERS} bytes, or is more than one line");
        report.error(Code::OpenId, text.span(), message, help);
        return None;
    }
    Some(written.clone())
}

fn client_secret(
    draft: &OpenIdDraft,
    sources: &Sources,
    report: &mut Report,
) -> Option<Option<ClientSecret>> {
    let source = SecretSource {
        code: Code::OpenId,
        env: &draft.client_secret_env,
        file: &draft.client_secret_file,
        help: SECRET_HELP,
        owner: &draft.span,
    };
    if source.is_absent() {
        return Some(None);
    }
    source.read(|text| ClientSecret::new(text.trim_ascii()), sources, report).map(Some)
}

/// Tokens name it letter for letter, so it is taken as it is written.
fn issuer(draft: &OpenIdDraft, report: &mut Report) -> Option<String> {
    let help = "write the provider's issuer exactly as its `/.well-known/openid-configuration` has it: `https://…`; `http://` only on \
                this machine";
    let wanted = Required { code: Code::OpenId, help, key: "issuer", owner: &draft.span };
    let text = wanted.text(&draft.issuer, report)?;
    let issuer = line("issuer", text, help, report)?;
    // OpenID Connect Discovery 1.0, section 3: no query and no fragment.
    if (!is_https(&issuer) && !is_on_this_machine(&issuer)) || issuer.contains(['?', '#']) {
        // A password in it is in no message.
        let shown = if issuer.contains('@') { "this" } else { &format!("`{issuer}`") };
        report.error(Code::OpenId, text.span(), format!("{shown} is no issuer"), help);
        return None;
    }
    Some(issuer)
}

fn origin(draft: &OpenIdDraft, report: &mut Report) -> Option<String> {
    let help = "write where browsers find this server, such as `https://consent.example.org`; at the provider, register that with \
                `/console/openid/return` behind it";
    let wanted = Required { code: Code::OpenId, help, key: "origin", owner: &draft.span };
    let text = wanted.text(&draft.origin, report)?;
    let origin = text.get_ref();
    let message = match origin_fault(origin) {
        Some(fault) => format!("`{origin}` is no origin: {fault}"),
        None if !is_https(origin) && !is_on_this_machine(origin) => {
            format!("`{origin}` is not encrypted, and no browser would stay signed in")
        }
        None => return Some(origin.clone()),
    };
    report.error(Code::OpenId, text.span(), message, help);
    None
}

/// RFC 6749, section 3.3.
fn scopes(field: &Field<Vec<Spanned<String>>>, report: &mut Report) -> Option<Vec<String>> {
    let listed = listed(field)?;
    let is_scope = |text: &str| {
        (1..=MAX_LETTERS).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(&byte))
    };
    let help = "write those that the provider knows, one for each text, such as `[\"email\", \"groups\"]`; `openid` is asked for anyway";
    let mut good = listed.len() <= MAX_SCOPES;
    if let (false, Some(last)) = (good, listed.last()) {
        report.error(Code::OpenId, last.span(), format!("more than {MAX_SCOPES} scopes"), help);
    }
    for text in listed.iter().filter(|text| !is_scope(text.get_ref())) {
        good = false;
        report.error(Code::OpenId, text.span(), format!("`{}` is no scope", text.get_ref()), help);
    }
    let scopes = listed.iter().map(|text| text.get_ref().clone()).filter(|scope| scope != "openid");
    good.then(|| scopes.collect())
}

const GRANT_HELP: &str =
    "add `[[server.openid.grant]]` with `claim`, `value` and `role`: without one nobody can sign in so";

fn grants(draft: &OpenIdDraft, sites: &[&str], report: &mut Report) -> Option<Vec<OpenIdGrant>> {
    if draft.grants.is_empty() || draft.grants.len() > MAX_GRANTS {
        let message = if draft.grants.is_empty() {
            "nobody is given a role".to_owned()
        } else {
            format!(
                "more than {MAX_GRANTS} grants: put people into a group at the provider, and name the group"
            )
        };
        report.error(Code::OpenId, draft.span.clone(), message, GRANT_HELP);
        return None;
    }
    let grants: Vec<_> = draft.grants.iter().map(|grant| one(grant, sites, report)).collect();
    grants.into_iter().collect()
}

fn one(draft: &OpenIdGrantDraft, sites: &[&str], report: &mut Report) -> Option<OpenIdGrant> {
    let mut text = |key, field, help| {
        let wanted = Required { code: Code::OpenId, help, key, owner: &draft.span };
        line(key, wanted.text(field, report)?, help, report)
    };
    let claim = text(
        "claim",
        &draft.claim,
        "write a claim of the provider's ID tokens, such as `groups`, `email` or `sub`",
    );
    if let (Some(_), Field::Set(named)) = (&claim, &draft.claim) {
        judge_claim(named, report);
    }
    let mut text = |key, field, help| {
        let wanted = Required { code: Code::OpenId, help, key, owner: &draft.span };
        line(key, wanted.text(field, report)?, help, report)
    };
    let value = text("value", &draft.value, "write what that claim has to be, or to have among others");
    if matches!(draft.role, Field::Absent) {
        let help =
            "write `role = \"auditor\"`, who reads everything, or `role = \"operator\"`, who also erases";
        report.error(Code::OpenId, draft.span.clone(), "`role` is missing".to_owned(), help);
    }
    let role = word("role", &draft.role, &ROLES.map(|(word, role)| (word, Some(role))), None, report);
    let site = site(&draft.site, sites, report);
    Some(OpenIdGrant { claim: claim?, role: role??, site: site?, value: value? })
}

/// What people may write about themselves (OpenID Connect Core 1.0, section 5.1); `email` and `phone_number` count only if they were
/// verified.
const OWN_WORDS: [&str; 14] = [
    "address",
    "birthdate",
    "family_name",
    "gender",
    "given_name",
    "locale",
    "middle_name",
    "name",
    "nickname",
    "picture",
    "preferred_username",
    "profile",
    "website",
    "zoneinfo",
];

/// What every token has for other ends.
const OF_THE_TOKEN: [&str; 7] = ["aud", "azp", "exp", "iat", "iss", "nbf", "nonce"];

fn judge_claim(claim: &Spanned<String>, report: &mut Report) {
    let help = "name a group or a role that only those who run the provider give, or one person by `sub`";
    if OWN_WORDS.contains(&claim.get_ref().as_str()) {
        let message = format!(
            "at many providers people write their `{claim}` themselves, and could give themselves this role",
            claim = claim.get_ref()
        );
        report.warning(Code::OpenId, claim.span(), message, help);
    }
    if OF_THE_TOKEN.contains(&claim.get_ref().as_str()) {
        report.error(
            Code::OpenId,
            claim.span(),
            format!("`{}` says nothing of a person", claim.get_ref()),
            help,
        );
    }
}

fn site(field: &Field<String>, sites: &[&str], report: &mut Report) -> Option<Option<SiteId>> {
    let text = match field {
        Field::Absent => return Some(None),
        Field::Broken => return None,
        Field::Set(text) => text,
    };
    let site = text.get_ref().parse().ok().filter(|_| sites.contains(&text.get_ref().as_str()));
    if site.is_none() {
        let help = "write the id of a site of this config, or leave the key out for all of them";
        report.error(Code::OpenId, text.span(), format!("there is no site `{}`", text.get_ref()), help);
    }
    site.map(Some)
}
