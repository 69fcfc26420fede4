//! `[[witness]]`, `[[timestamp]]`, and the keys of `[server]` that say how often.

use std::ops::{Range, RangeInclusive};

use consent_core::ledger::policy::{Policy, PolicyWitness, Threshold};
use consent_core::timestamp::certificate::{Certificates, MAX_PEM_BYTES};
use http::Uri;

use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::{Draft, TimestampDraft, WitnessDraft};
use super::super::duration::{Duration, Unit};
use super::super::model::{AnchorsConfig, TimestampConfig, WitnessConfig};
use super::super::section::Field;
use super::super::sources::Sources;
use super::Required;

/// The most witnesses: as many signatures as every reader of a note has to accept.
const MAX_WITNESSES: usize = 16;

/// Not above a minute, so that a time-stamp can show within two that an entry was not there.
const HEADS_EVERY: RangeInclusive<u64> = 1..=60;

/// A service is not asked more than once a minute.
const TIMESTAMP_EVERY: RangeInclusive<u64> = 60..=7 * 86_400;

pub(super) fn build(draft: &Draft, sources: &Sources, report: &mut Report) -> Option<AnchorsConfig> {
    let server = &draft.server;
    let heads_every = every("heads_every", &server.heads_every, 60, &HEADS_EVERY, report);
    let timestamp_every = every("timestamp_every", &server.timestamp_every, 3600, &TIMESTAMP_EVERY, report);
    let witnesses: Vec<_> = draft.witnesses.iter().map(|draft| witness(draft, report)).collect();
    let timestamps: Vec<_> = draft.timestamps.iter().map(|draft| timestamp(draft, sources, report)).collect();
    let witnesses: Vec<WitnessConfig> = witnesses.into_iter().collect::<Option<_>>()?;
    apart(&witnesses, &draft.witnesses, report)?;
    let quorum = quorum(&server.quorum, witnesses.len(), report);
    Some(AnchorsConfig {
        heads_every: heads_every?,
        quorum: quorum?,
        timestamp_every: timestamp_every?,
        timestamps: timestamps.into_iter().collect::<Option<_>>()?,
        witnesses,
    })
}

fn every(
    key: &str,
    field: &Field<String>,
    default: u64,
    range: &RangeInclusive<u64>,
    report: &mut Report,
) -> Option<u64> {
    let text = match field {
        Field::Absent => return Some(default),
        Field::Broken => return None,
        Field::Set(text) => text,
    };
    let seconds = text.get_ref().parse().ok().and_then(|duration| seconds(&duration));
    let found = seconds.filter(|seconds| range.contains(seconds));
    if found.is_none() {
        let message = format!("`{key}` can not be `{}`", text.get_ref());
        let help = format!(
            "write a time from {} to {} seconds, such as `1 minute` or `1 hour`",
            range.start(),
            range.end()
        );
        report.error(Code::AnchorInterval, text.span(), message, help);
    }
    found
}

/// A length of time in seconds; `None` for months and years, which have no one length.
fn seconds(duration: &Duration) -> Option<u64> {
    let Duration::Lasting(parts) = duration else { return None };
    parts.iter().try_fold(0_u64, |sum, (count, unit)| {
        let unit = match unit {
            Unit::Second => 1,
            Unit::Minute => 60,
            Unit::Hour => 3600,
            Unit::Day => 86_400,
            Unit::Week => 7 * 86_400,
            Unit::Month | Unit::Year => return None,
        };
        Some(sum + u64::from(*count) * unit)
    })
}

fn witness(draft: &WitnessDraft, report: &mut Report) -> Option<WitnessConfig> {
    let mut wanted = |key, field, help| {
        let wanted = Required { code: Code::Witness, help, key, owner: &draft.span };
        wanted.text(field, report).cloned()
    };
    let name = wanted("name", &draft.name, "write a short name of your own, such as `wit1`");
    let address =
        wanted("url", &draft.url, "write the witness's submission prefix, such as `https://witness.example`");
    let vkey =
        wanted("vkey", &draft.vkey, "write the witness's public key as it publishes it: `name+hash+base64`");
    let (name, address, vkey) = (name?, address?, vkey?);
    let plain = |text: &str| text != "none" && text.bytes().all(|byte| byte.is_ascii_graphic());
    if !plain(name.get_ref()) || name.get_ref().starts_with('#') {
        let message = format!("`{}` can not be the name of a witness", name.get_ref());
        report.error(Code::Witness, name.span(), message, "write it in ASCII without spaces, and not `none`");
        return None;
    }
    let url = url(address.get_ref(), address.span(), Code::Witness, report)?;
    match vkey.get_ref().parse() {
        Ok(key) => Some(WitnessConfig { name: name.get_ref().clone(), url, key }),
        Err(error) => {
            let help = "write a vkey of type 04, an Ed25519 cosignature key, as the witness publishes it";
            report.error(Code::Witness, vkey.span(), format!("not the key of a witness ({error})"), help);
            None
        }
    }
}

/// Refuses two with the same name or key, and too many.
fn apart(witnesses: &[WitnessConfig], drafts: &[WitnessDraft], report: &mut Report) -> Option<()> {
    for (at, (witness, draft)) in witnesses.iter().zip(drafts).enumerate() {
        let before = witnesses.iter().take(at);
        let same = before
            .clone()
            .any(|other| other.name == witness.name || other.key.public() == witness.key.public());
        if same || at >= MAX_WITNESSES {
            let message = if same {
                format!("the name or key of the witness `{}` is there twice", witness.name)
            } else {
                format!("more than {MAX_WITNESSES} witnesses")
            };
            report.error(Code::Witness, draft.span.clone(), message, "leave one of them out");
            return None;
        }
    }
    Some(())
}

fn quorum(
    field: &Field<Result<u32, String>>,
    witnesses: usize,
    report: &mut Report,
) -> Option<Option<Threshold>> {
    let value = match field {
        Field::Absent => return Some(None),
        Field::Broken => return None,
        Field::Set(value) => value,
    };
    let threshold = match value.get_ref() {
        Ok(count) => Some(Threshold::Count(*count)),
        Err(word) if word == "all" => Some(Threshold::All),
        Err(word) if word == "any" => Some(Threshold::Any),
        Err(word) if word == "none" => return Some(None),
        Err(_) => None,
    };
    // The rules of the policy format decide what can be asked.
    let names = (0..witnesses).map(|at| PolicyWitness {
        name: format!("w{at}"),
        vkey: format!("w{at}+1+k"),
        url: None,
    });
    let fits =
        witnesses > 0 && threshold.is_some() && Policy::default().with_witnesses(names, threshold).is_ok();
    if !fits {
        let help = "write `all`, `any`, `none`, or a number not above that of the [[witness]] tables";
        report.error(Code::Quorum, value.span(), "`quorum` can not be met".to_owned(), help);
    }
    fits.then_some(threshold)
}

fn timestamp(draft: &TimestampDraft, sources: &Sources, report: &mut Report) -> Option<TimestampConfig> {
    let mut wanted = |key, field, help| {
        let wanted = Required { code: Code::Timestamp, help, key, owner: &draft.span };
        wanted.text(field, report).cloned()
    };
    let address =
        wanted("url", &draft.url, "write where the service is asked, such as `https://tsa.example/tsr`");
    let help = "name a PEM file with the root of the service's certificate, or with that certificate";
    let file = wanted("certificate", &draft.certificate, help);
    let (address, file) = (address?, file?);
    let url = url(address.get_ref(), address.span(), Code::Timestamp, report);
    let path = report.reads(sources.beside(&file));
    let small = std::fs::metadata(&path).is_ok_and(|data| data.len() <= MAX_PEM_BYTES as u64);
    let pem = if small { std::fs::read_to_string(&path).ok() } else { None };
    let certificates = pem.as_ref().and_then(|pem| Certificates::from_pem(pem.as_bytes()).ok());
    if certificates.is_none() {
        let message = format!("`{}` has no certificates that can be read", file.get_ref());
        report.error(Code::Timestamp, file.span(), message, help);
    }
    Some(TimestampConfig { url: url?, pem: pem?, certificates: certificates? })
}

/// An address that can be asked, without a `/` at its end.
fn url(text: &str, span: Range<usize>, code: Code, report: &mut Report) -> Option<String> {
    let fits = text.parse::<Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("https" | "http"))
            && uri.authority().is_some_and(|at| !at.host().is_empty() && !at.as_str().contains('@'))
            && uri.query().is_none()
    });
    if !fits {
        let help = "write `https://`, a host, and the path if there is one, without name or password";
        report.error(code, span, format!("`{text}` is not an address that can be asked"), help);
    }
    fits.then(|| text.trim_end_matches('/').to_owned())
}
