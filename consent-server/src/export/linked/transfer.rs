//! Where a third party takes data, outside the European Economic Area, in the terms of a record.

use consent_core::category::Category;
use consent_core::notice::{Notice, Safeguard, Transfer, Vendor};
use serde::Serialize;

/// One country to which a third party takes data: a process within that of its category, as it has a basis of its own, beside that of the
/// category (GDPR, chapter V).
#[derive(Serialize)]
pub(super) struct Transferred {
    #[serde(rename = "@type")]
    kind: &'static str,
    #[serde(rename = "dpv:hasProcessing")]
    processing: [&'static str; 1],
    #[serde(rename = "dpv:hasRecipient")]
    recipient: [Importer; 1],
    #[serde(rename = "dpv:hasThirdCountry")]
    country: String,
    #[serde(rename = "dpv:hasLegalBasis", skip_serializing_if = "Option::is_none")]
    legal_basis: Option<&'static str>,
    /// The word of the notice. A term of our own, as DPV has none for an exception of which it is not said which one it is.
    #[serde(rename = "consent:safeguard")]
    safeguard: Safeguard,
}

/// The third party, by its name; the rest is said where it is among the recipients of the category.
#[derive(Serialize)]
struct Importer {
    #[serde(rename = "@type")]
    kind: &'static str,
    #[serde(rename = "dpv:hasName")]
    name: String,
}

/// Those of a category.
pub(super) fn transfers(notice: &Notice, category: Category) -> Vec<Transferred> {
    let vendors = notice.vendors.iter().filter(|vendor| vendor.category == category);
    vendors.flat_map(|vendor| vendor.transfers.iter().map(|transfer| of(vendor, transfer))).collect()
}

fn of(vendor: &Vendor, transfer: &Transfer) -> Transferred {
    Transferred {
        kind: "dpv:Process",
        processing: ["dpv:Transfer"],
        recipient: [Importer { kind: "dpv:ThirdParty", name: vendor.name.clone() }],
        country: format!("loc:{}", transfer.to),
        legal_basis: match transfer.by {
            Safeguard::Adequacy => Some("eu-gdpr:A45-3"),
            Safeguard::BindingCorporateRules => Some("eu-gdpr:A46-2-b"),
            // Which one of article 49 is not said.
            Safeguard::Derogation => None,
            Safeguard::StandardContractualClauses => Some("eu-gdpr:A46-2-c"),
            _ => None,
        },
        safeguard: transfer.by,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use consent_core::digest::Digest;
    use consent_core::ledger::origin::Origin;
    use serde_json::{Value, json};

    use super::super::context;
    use super::super::notice::Shown;

    const TERMS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/linked/dpv-2.3-terms.txt");

    /// What a record says of the category analytics, if its one vendor declares these transfers.
    fn said(transfers: &str) -> Value {
        let text = format!(
            r#"
                [[site]]
                id = "a"
                controller = {{ name = "A", privacy_url = "/p" }}
                [[site.vendor]]
                category = "analytics"
                name = "V"
                privacy_url = "https://v.example/p"
                transfers = {transfers}
            "#
        );
        let site = crate::config::parse("consent.toml", text, Path::new("/")).unwrap().config.sites.remove(0);
        let notice = site.notice("en", Digest::of(b"script")).unwrap();
        let shown = Shown::new(&notice, &Origin::new("consent.example", site.id, 2026).unwrap());
        serde_json::to_value(&shown.categories[2]).unwrap()
    }

    #[test]
    fn a_record_says_where_data_are_taken_and_on_what_that_rests_in_terms_that_exist() {
        let all = r#"[
            { to = "JP", by = "adequacy" }, { to = "IN", by = "binding_corporate_rules" },
            { to = "CN", by = "derogation" }, { to = "US", by = "standard_contractual_clauses" },
        ]"#;
        let said = said(all);
        let transfers = said["dpv:hasProcess"].as_array().unwrap();
        let of = |transfer: &Value| {
            assert_eq!(transfer["dpv:hasRecipient"][0]["dpv:hasName"], "V");
            ["dpv:hasThirdCountry", "dpv:hasLegalBasis", "consent:safeguard"]
                .map(|name| transfer[name].clone())
        };
        assert_eq!(
            transfers.iter().map(of).collect::<Vec<_>>(),
            [
                [json!("loc:JP"), json!("eu-gdpr:A45-3"), json!("adequacy")],
                [json!("loc:IN"), json!("eu-gdpr:A46-2-b"), json!("binding_corporate_rules")],
                [json!("loc:CN"), Value::Null, json!("derogation")],
                [json!("loc:US"), json!("eu-gdpr:A46-2-c"), json!("standard_contractual_clauses")],
            ]
        );
        // No newsroom declares a transfer, so the check by the package `jsonld` does not see these names.
        let terms = fs::read_to_string(TERMS).unwrap();
        let text = said.to_string();
        let names = text
            .split('"')
            .filter(|name| ["dpv:", "eu-gdpr:", "loc:", "pd:"].iter().any(|prefix| name.starts_with(prefix)));
        for name in names {
            assert!(terms.lines().any(|term| term == name), "{name}");
        }
        let context: Value = serde_json::from_str(&context::json()).unwrap();
        assert_eq!(context["dpv:hasThirdCountry"], json!({ "@type": "@id" }));
    }

    #[test]
    fn a_record_without_transfers_says_nothing_of_them() {
        assert_eq!(said("[]").get("dpv:hasProcess"), None);
    }
}
