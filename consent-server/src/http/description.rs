//! What the server says of its interface: OpenAPI 3.1, from what stands at each handler. What is the same everywhere is
//! said here, once.

use consent_core::decision::{DecisionId, SubjectId};
use consent_core::digest::Digest;
use consent_core::notice::{NoticeBody, NoticeId, SiteId};
use serde_json::{Map, Value, json};
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::{KnownFormat, Ref, RefOr};
use utoipa::{OpenApi, PartialSchema, ToSchema};

use crate::export::Format;
use crate::webhooks::event::{DecisionRecorded, DecisionsErased};

use super::subject::ErasureReason;
use super::{Problem, log, webhook};

/// What stands at no handler.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "consent",
        description = "Records visitors' choices and proves them. Errors are problem details (RFC 9457) with a stable `code`; \
            the codes that an answer can have stand in its description.",
        license(name = "MIT OR Apache-2.0")
    ),
    modifiers(&Bearer),
    paths(log::get_log),
    // What only parameters name is not found by itself.
    components(schemas(DecisionId, DecisionRecorded, DecisionsErased, Digest, ErasureReason, Format, NoticeId, Problem, SiteId, SubjectId))
)]
pub(super) struct Document;

struct Bearer;

impl utoipa::Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
        let scheme = scheme.description(Some("A token that `consent token create` made")).build();
        let scheme = SecurityScheme::Http(scheme);
        document.components.get_or_insert_default().add_security_scheme("token", scheme);
    }
}

/// Bytes as they are.
pub(super) struct Binary;

impl PartialSchema for Binary {
    fn schema() -> RefOr<Schema> {
        let bytes = ObjectBuilder::new().schema_type(Type::String);
        let bytes = bytes.format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)));
        bytes.description(Some("Bytes as they are.")).into()
    }
}

impl ToSchema for Binary {}

/// A notice with its address beside its own fields.
pub(super) struct CurrentNotice;

impl PartialSchema for CurrentNotice {
    fn schema() -> RefOr<Schema> {
        match NoticeBody::schema() {
            RefOr::T(Schema::Object(mut notice)) => {
                notice
                    .properties
                    .insert("notice_id".to_owned(), Ref::from_schema_name(NoticeId::name()).into());
                notice.required.push("notice_id".to_owned());
                RefOr::T(Schema::Object(notice))
            }
            other => other,
        }
    }
}

impl ToSchema for CurrentNotice {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        NoticeBody::schemas(schemas);
    }
}

/// The document with what holds for every operation.
pub(super) fn complete(document: &utoipa::openapi::OpenApi) -> Value {
    let mut document = serde_json::to_value(document).unwrap_or_default();
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    let operations = paths.into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut);
    for operation in operations.flat_map(Map::values_mut).filter_map(Value::as_object_mut) {
        let asks = operation.contains_key("parameters");
        let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
        let Some(responses) = responses else { continue };
        if asks {
            refuse(responses, "400", "`invalid_path`, `invalid_query`: of parameters that can not be read");
            refuse(responses, "500", "`internal`: the server's log says why");
        }
        responses.iter_mut().for_each(|(status, response)| exemplify(status, response));
    }
    let notice: Value = serde_json::from_str(NOTICE).unwrap_or_default();
    show(&mut document, "NoticeBody", notice.clone());
    let mut current = notice;
    if let Some(current) = current.as_object_mut() {
        current.insert("notice_id".to_owned(), "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU".into());
    }
    show(&mut document, "CurrentNotice", current);
    let schemas = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut);
    schemas.into_iter().flat_map(Map::values_mut).for_each(never_both);
    if let Some(document) = document.as_object_mut() {
        document.insert("webhooks".to_owned(), webhook::described());
    }
    describe(&mut document);
    document
}

/// An example of a notice.
const NOTICE: &str = include_str!("../../docs/example-notice.json");

/// Shows an example of what has this name.
fn show(document: &mut Value, name: &str, example: Value) {
    let schema = document.pointer_mut(&format!("/components/schemas/{name}")).and_then(Value::as_object_mut);
    if let Some(schema) = schema {
        schema.insert("example".to_owned(), example);
    }
}

/// Makes plain words of what was written for readers of the source.
fn describe(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if name == "description" => *text = plain(text),
                    value => describe(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(describe),
        _ => {}
    }
}

/// Without examples in Rust, the addresses of links, and the ends of lines within a paragraph.
fn plain(text: &str) -> String {
    let text = text.split("\n\n```").next().unwrap_or_default().replace("[`", "`");
    let mut parts = text.split("`]");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let address = part.strip_prefix('(').and_then(|part| part.split_once(')'));
        plain = format!("{plain}`{}", address.map_or(part, |(_, rest)| rest));
    }
    plain.split("\n\n").map(|paragraph| paragraph.replace('\n', " ")).collect::<Vec<_>>().join("\n\n")
}

/// Adds an error, or to what can be wrong with a request.
fn refuse(responses: &mut Map<String, Value>, status: &str, description: &str) {
    let problem =
        json!({ "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } });
    let response =
        responses.entry(status).or_insert_with(|| json!({ "description": "", "content": problem }));
    if let Some(Value::String(text)) = response.get_mut("description") {
        let between = if text.is_empty() { "" } else { "; " };
        *text = format!("{text}{between}{description}");
    }
}

/// Shows each error as it is sent, and the headers that it comes with.
fn exemplify(status: &str, response: &mut Value) {
    let description = response.get("description").and_then(Value::as_str).unwrap_or_default();
    let words = description.split('`').skip(1).step_by(2);
    let codes = words.filter(|word| word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'));
    let number = status.parse::<u16>().unwrap_or_default();
    let example = |code: &str| {
        json!({ "value": {
            "type": format!("urn:consent:problem:{code}"), "status": number, "code": code, "detail": "What to do, for people.",
        } })
    };
    let examples: Map<String, Value> = codes.map(|code| (code.to_owned(), example(code))).collect();
    let problem = response.pointer_mut("/content/application~1problem+json").and_then(Value::as_object_mut);
    let Some(problem) = problem else { return };
    problem.insert("examples".to_owned(), examples.into());
    let header = match status {
        "401" => {
            Some(("WWW-Authenticate", json!({ "schema": { "type": "string" }, "description": "`Bearer`" })))
        }
        "429" | "503" => {
            let schema = json!({ "type": "integer", "minimum": 0 });
            Some((
                "Retry-After",
                json!({ "schema": schema, "description": "After how many seconds to send it again" }),
            ))
        }
        _ => None,
    };
    if let (Some((name, header)), Some(response)) = (header, response.as_object_mut()) {
        response.insert("headers".to_owned(), json!({ name: header }));
    }
}

/// What can be absent is never `null`.
fn never_both(schema: &mut Value) {
    if let Some(parts) = schema.get_mut("allOf").and_then(Value::as_array_mut) {
        parts.iter_mut().for_each(never_both);
    }
    let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    for (name, property) in properties.into_iter().flatten() {
        if required.iter().any(|required| required == name) {
            continue;
        }
        if let Some(Value::Array(types)) = property.get_mut("type") {
            types.retain(|kind| kind != "null");
            if let [one] = types.as_slice() {
                let one = one.clone();
                property["type"] = one;
            }
        } else if let Some(Value::Array(kinds)) = property.get_mut("oneOf") {
            kinds.retain(|kind| kind.get("type").is_none_or(|kind| kind != "null"));
            if let [one] = kinds.as_slice() {
                let one = one.clone();
                *property = one;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_readers_of_the_source_become_plain() {
        let text = "Of [`Choices`](super::Choices),\nnot of [`Choice`].\n\nNever.\n\n```\nlet a = 1;\n```";
        assert_eq!(plain(text), "Of `Choices`, not of `Choice`.\n\nNever.");
        assert_eq!(plain("Nothing."), "Nothing.");
    }

    #[test]
    fn what_can_be_absent_is_never_null_and_what_can_be_null_is_never_absent() {
        let mut schema = json!({
            "required": ["a"],
            "properties": {
                "a": { "type": ["string", "null"] },
                "b": { "type": ["string", "null"] },
                "c": { "oneOf": [{ "$ref": "#/x" }, { "type": "null" }] },
            },
        });
        never_both(&mut schema);
        let properties =
            json!({ "a": { "type": ["string", "null"] }, "b": { "type": "string" }, "c": { "$ref": "#/x" } });
        assert_eq!(schema["properties"], properties);
    }
}
