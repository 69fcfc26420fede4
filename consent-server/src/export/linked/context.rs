//! What the short names in a document stand for.

use serde_json::{Map, Value, json};

/// Prefixes. `consent` is our own; all others are public vocabularies.
const PREFIXES: [(&str, &str); 12] = [
    ("consent", "urn:consent:term:"),
    ("dcat", "http://www.w3.org/ns/dcat#"),
    ("dct", "http://purl.org/dc/terms/"),
    ("dpv", "https://w3id.org/dpv#"),
    ("eu-gdpr", "https://w3id.org/dpv/legal/eu/gdpr#"),
    ("legal-eu", "https://w3id.org/dpv/legal/eu#"),
    ("loc", "https://w3id.org/dpv/loc#"),
    ("pd", "https://w3id.org/dpv/pd#"),
    ("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"),
    ("schema", "https://schema.org/"),
    ("spdx", "http://spdx.org/rdf/terms#"),
    ("xsd", "http://www.w3.org/2001/XMLSchema#"),
];

/// Members whose values are names of nodes.
const NODES: [&str; 12] = [
    "dct:conformsTo",
    "dpv:hasApplicableLaw",
    "dpv:hasJurisdiction",
    "dpv:hasLegalBasis",
    "dpv:hasLocation",
    "dpv:hasNecessity",
    "dpv:hasPersonalData",
    "dpv:hasProcessing",
    "dpv:hasPurpose",
    "dpv:hasThirdCountry",
    "dpv:isIndicatedBy",
    "spdx:algorithm",
];

/// Members whose values have a type of XML Schema.
const TYPED: [(&str, &str); 6] = [
    ("consent:loggedAt", "xsd:dateTime"),
    ("dcat:endDate", "xsd:dateTime"),
    ("dcat:startDate", "xsd:dateTime"),
    ("dct:created", "xsd:dateTime"),
    ("dpv:isIndicatedAtTime", "xsd:dateTime"),
    ("spdx:checksumValue", "xsd:hexBinary"),
];

/// The context as JSON.
pub(super) fn json() -> String {
    let prefixes = PREFIXES.map(|(name, iri)| (name, json!(iri)));
    let nodes = NODES.map(|name| (name, json!({ "@type": "@id" })));
    let typed = TYPED.map(|(name, of)| (name, json!({ "@type": of })));
    let all = prefixes.into_iter().chain(nodes).chain(typed);
    let context: Map<_, _> = all.map(|(name, value)| (name.to_owned(), value)).collect();
    Value::Object(context).to_string()
}
