//! Every word that a visitor reads of a notice, beside what is declared.

use serde::{Deserialize, Serialize};

use super::Safeguard;

/// Every word of the interface, in the language of the notice.
///
/// ```
/// use consent_core::notice::{Notice, Safeguard, Texts};
///
/// # let mut body = (*Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?).clone();
/// let texts: &mut Texts = &mut body.texts;
/// texts.accept_all = "Tout accepter".to_owned();
/// texts.reject_all = "Tout refuser".to_owned();
/// texts.transfer_adequacy = "décision d’adéquation".to_owned();
/// assert_eq!(texts.safeguard(Safeguard::Adequacy), "décision d’adéquation");
/// assert_eq!(texts.safeguard(Safeguard::Derogation), "", "a notice without such a transfer needs no word for it");
/// # Ok::<(), consent_core::notice::NoticeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Texts {
    /// Button: grants all.
    pub accept_all: String,
    /// First layer: why a visitor who chose before is asked again, when the site has changed what it asks for. Empty in
    /// notices of older versions, as are the other texts that may be absent.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub again_changed: String,
    /// The same, when the choice has become too old.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub again_expired: String,
    /// Beside a toggle that can not be moved.
    pub always_active: String,
    /// First layer: who asks, what for, that a choice can be changed.
    pub body: String,
    /// Button: closes the second layer without a choice.
    pub close: String,
    /// Column head: duration.
    pub column_duration: String,
    /// Column head: name.
    pub column_name: String,
    /// Column head: owner.
    pub column_owner: String,
    /// Column head: purpose.
    pub column_purpose: String,
    /// Stands for the table when nothing is declared.
    pub cookies_none: String,
    /// Button: opens the second layer.
    pub customise: String,
    /// Head of the hosts of a category, in notices that declare one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hosts: String,
    /// Button in a placeholder: grants the service or category; `{category}` stands for its name.
    pub placeholder_allow: String,
    /// In a placeholder: why the content is blocked; `{host}` and `{category}` stand for themselves.
    pub placeholder_body: String,
    /// Button in a placeholder: loads this content this time and records nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub placeholder_once: String,
    /// Link: privacy policy.
    pub privacy_policy: String,
    /// Link: receipt of the choice.
    pub receipt: String,
    /// Button: denies all that can be denied.
    pub reject_all: String,
    /// Name of the control that reopens the choices.
    pub reopen: String,
    /// Button: records the toggles as they stand.
    pub save: String,
    /// Second layer: what can be done here.
    pub settings_body: String,
    /// Second layer: heading.
    pub settings_title: String,
    /// First layer: heading.
    pub title: String,
    /// What protects data in another country: its decision of adequacy. This and the next three are there in notices that
    /// declare such a transfer.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub transfer_adequacy: String,
    /// Rules of a group of companies.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub transfer_binding_corporate_rules: String,
    /// An exception.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub transfer_derogation: String,
    /// Clauses of a contract.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub transfer_standard_contractual_clauses: String,
    /// Head of the countries to which a third party takes data, in notices that declare one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub transfers: String,
    /// Head of the list of third parties.
    pub vendors_title: String,
}

impl Texts {
    /// The words for what protects data in another country.
    #[must_use]
    pub fn safeguard(&self, safeguard: Safeguard) -> &str {
        match safeguard {
            Safeguard::Adequacy => &self.transfer_adequacy,
            Safeguard::BindingCorporateRules => &self.transfer_binding_corporate_rules,
            Safeguard::Derogation => &self.transfer_derogation,
            Safeguard::StandardContractualClauses => &self.transfer_standard_contractual_clauses,
        }
    }
}
