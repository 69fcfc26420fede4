//! `[site.account]`: choices of people who are signed in hold on all their devices.

use consent_core::account::{AccountSecret, MAX_SECRET, MIN_SECRET};

use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::SiteDraft;
use super::super::sources::Sources;
use super::Required;

/// The secret that the site's backend signs tokens with; `None` inside if the site has no accounts, outside after an error.
pub(super) fn build(
    draft: &SiteDraft,
    sources: &Sources,
    report: &mut Report,
) -> Option<Option<AccountSecret>> {
    let Some(draft) = &draft.account else { return Some(None) };
    let help = "name a file with a random text of 32 to 512 characters, which the site's backend has too: `openssl rand -hex 32`";
    let wanted = Required { code: Code::Account, help, key: "secret_file", owner: &draft.span };
    let file = wanted.text(&draft.secret_file, report)?;
    let path = report.reads(sources.beside(file));
    // With room for the end of a line.
    let small =
        std::fs::metadata(&path).is_ok_and(|data| data.is_file() && data.len() <= MAX_SECRET as u64 + 2);
    let text = if small { std::fs::read(&path).ok() } else { None };
    let secret = text.as_ref().and_then(|text| AccountSecret::new(text.trim_ascii_end()));
    if secret.is_none() {
        let message = format!(
            "`{}` has no secret of {MIN_SECRET} to {MAX_SECRET} bytes that can be read",
            file.get_ref()
        );
        report.error(Code::Account, file.span(), message, help);
    }
    secret.map(Some)
}
