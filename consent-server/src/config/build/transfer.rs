//! `transfers` of a `[[site.vendor]]`: the countries outside the European Economic Area to which it takes data.

use consent_core::notice::{Country, Safeguard, Transfer};
use consent_core::regime::Region;

use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::TransferDraft;
use super::super::nearest::suggest;
use super::Required;

/// The words for what protects data in another country.
pub(super) const SAFEGUARDS: [(&str, Safeguard); 4] = [
    (Safeguard::Adequacy.as_str(), Safeguard::Adequacy),
    (Safeguard::BindingCorporateRules.as_str(), Safeguard::BindingCorporateRules),
    (Safeguard::Derogation.as_str(), Safeguard::Derogation),
    (Safeguard::StandardContractualClauses.as_str(), Safeguard::StandardContractualClauses),
];

pub(super) fn transfers(drafts: &[TransferDraft], report: &mut Report) -> Option<Vec<Transfer>> {
    let mut all: Vec<Option<Transfer>> = Vec::new();
    for draft in drafts {
        // Both are looked at.
        let (to, by) = (country(draft, report), safeguard(draft, report));
        let transfer = by.zip(to).map(|(by, to)| Transfer { by, to });
        if let Some(Transfer { to, .. }) = transfer.as_ref().filter(|_| all.contains(&transfer)) {
            let message = format!("`{to}` is declared twice");
            report.error(Code::Transfer, draft.span.clone(), message, "leave one of the two out");
        }
        all.push(transfer);
    }
    all.into_iter().collect()
}

fn country(draft: &TransferDraft, report: &mut Report) -> Option<Country> {
    let help = "write the code of the country in ISO 3166-1, such as `US`";
    let wanted = Required { code: Code::Transfer, help, key: "to", owner: &draft.span };
    let text = wanted.text(&draft.to, report)?;
    let code = text.get_ref();
    let found: Option<Country> = code.parse().ok();
    let (message, help) = match &found {
        None => (format!("`{code}` is not a country"), help),
        Some(_) if code == "UK" => {
            (format!("`{code}` is not a country"), "write `GB`, which is its code in ISO 3166-1")
        }
        Some(_) if Region::read(code).is_in(Region::read("EU")) => (
            format!("`{code}` lies in the European Economic Area, within which nothing is transferred"),
            "leave it out",
        ),
        Some(_) => return found,
    };
    report.error(Code::Transfer, text.span(), message, help);
    None
}

fn safeguard(draft: &TransferDraft, report: &mut Report) -> Option<Safeguard> {
    let words = SAFEGUARDS.map(|(word, _)| word);
    let help = "say what protects the data there: `adequacy`, `standard_contractual_clauses`, `binding_corporate_rules` or, \
                if nothing does, `derogation`";
    let wanted = Required { code: Code::Transfer, help, key: "by", owner: &draft.span };
    let text = wanted.text(&draft.by, report)?;
    let found = SAFEGUARDS.into_iter().find(|(word, _)| word == text.get_ref());
    if found.is_none() {
        // Also as the law and others write it.
        let plain = text.get_ref().to_lowercase().replace(['-', ' '], "_");
        let message = format!("`by` knows no `{}`", text.get_ref());
        report.error(Code::UnknownValue, text.span(), message, suggest(&plain, &words));
    }
    found.map(|(_, safeguard)| safeguard)
}
