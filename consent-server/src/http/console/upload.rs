//! Forms with a file in them (RFC 7578), as browsers send them: whole in memory, within a limit.

use std::collections::BTreeMap;

use aho_corasick::AhoCorasick;
use axum::Form;
use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;

use super::super::{Live, Problem, body};
use super::answer::Refusal;

/// The most fields of a form.
const MOST_FIELDS: usize = 16;

/// Room for the rest of a form beside what fills it.
const BESIDE: usize = 16 * 1024;

const TOO_LONG: &str = "That is longer than anything that is asked for here.";

/// What a form sent: a field and a file of so many bytes each, with a few beside them.
pub(super) struct Uploaded<const MOST: usize>(Fields);

/// The fields of a form by their names; of two with the same name the first.
type Fields = BTreeMap<String, Vec<u8>>;

impl<const MOST: usize> Uploaded<MOST> {
    /// The text of a field; nothing if it was not sent, or is not UTF-8.
    pub(super) fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }

    pub(super) fn bytes(&self, name: &str) -> &[u8] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }
}

impl<const MOST: usize> FromRequest<Live> for Uploaded<MOST> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _live: &Live) -> Result<Self, Refusal> {
        let (head, body) = request.into_parts();
        let kind = head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let boundary = boundary(kind).map(str::to_owned);
        let bytes = body::read(body, 2 * MOST + BESIDE, TOO_LONG);
        let bytes = bytes.await?;
        let Some(boundary) = boundary else {
            // A form without a file need not be written so.
            let form = Request::from_parts(head, Body::from(bytes));
            let form = Form::<Vec<(String, String)>>::from_request(form, &()).await;
            let Form(fields) = form.map_err(|_| not_understood())?;
            return Ok(Self(
                fields.into_iter().rev().map(|(name, text)| (name, text.into_bytes())).collect(),
            ));
        };
        let fields = fields(&bytes, &boundary).ok_or_else(not_understood)?;
        if fields.values().any(|field| field.len() > MOST + BESIDE) {
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", TOO_LONG).into());
        }
        Ok(Self(fields))
    }
}

fn not_understood() -> Refusal {
    let detail = "The form did not arrive as it was made. Go back, and send it once more.";
    Refusal::Said(StatusCode::BAD_REQUEST, "Not understood", detail.to_owned())
}

/// What stands between the fields.
fn boundary(kind: &str) -> Option<&str> {
    let mut parts = kind.split(';').map(str::trim);
    if !parts.next()?.eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = parts.find_map(|part| part.strip_prefix("boundary="))?.trim_matches('"');
    (1..=70).contains(&boundary.len()).then_some(boundary)
}

fn fields(body: &[u8], boundary: &str) -> Option<Fields> {
    let first = format!("--{boundary}\r\n");
    let ends = AhoCorasick::new([format!("\r\n--{boundary}")]).ok()?;
    let heads_end = AhoCorasick::new(["\r\n\r\n"]).ok()?;
    let mut rest = body.strip_prefix(first.as_bytes())?;
    let mut fields = Fields::new();
    for _ in 0..MOST_FIELDS {
        let end = ends.find(rest)?;
        let part = rest.get(..end.start())?;
        let head = heads_end.find(part)?;
        let name = name(std::str::from_utf8(part.get(..head.start())?).ok()?)?;
        fields.entry(name).or_insert_with(|| part.get(head.end()..).unwrap_or_default().to_vec());
        rest = rest.get(end.end()..)?;
        if rest.starts_with(b"--") {
            return Some(fields);
        }
        rest = rest.strip_prefix(b"\r\n")?;
    }
    None
}

/// The name of a field, as the head of its part has it.
fn name(head: &str) -> Option<String> {
    let is_disposition =
        |line: &&str| line.get(..20).is_some_and(|name| name.eq_ignore_ascii_case("content-disposition:"));
    let line = head.split("\r\n").find(is_disposition)?;
    let name = line.split(';').map(str::trim).find_map(|part| part.strip_prefix("name=\""))?;
    name.strip_suffix('"').map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: &str = "multipart/form-data; boundary=x-y";

    fn read(body: &str) -> Option<Fields> {
        fields(body.as_bytes(), boundary(KIND)?)
    }

    #[test]
    fn fields_and_files_are_read_to_the_byte() {
        let form = "--x-y\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n2\r\n--x-y\r\ncontent-disposition: form-data; \
                    name=\"file\"; filename=\"a;name=b\"\r\nContent-Type: text/plain\r\n\r\n--x-\r\n\r\n--x-y--\r\n";
        let fields = read(form).unwrap();
        assert_eq!(fields["a"], b"1\r\n2");
        assert_eq!(fields["file"], b"--x-\r\n");
        assert_eq!(fields.len(), 2);
    }

    #[test]
    fn what_no_browser_sends_is_no_form() {
        let part = "--x-y\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n";
        for odd in [
            "",
            "--x-y",
            "--x-y--",
            "--x-y\r\n\r\n",
            part,
            &format!("{part}--x-y"),
            &format!("{part}--x-z--"),
            "--x-y\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x-y--",
            &format!("a{part}--x-y--"),
            &format!("{}--x-y--", part.repeat(MOST_FIELDS + 1)),
            "--x-y\r\né\r\n\r\n\r\n--x-y--",
        ] {
            assert_eq!(read(odd), None, "{odd}");
        }
        for kind in ["", "text/plain; boundary=a", "multipart/form-data", "multipart/form-data; boundary="] {
            assert_eq!(boundary(kind), None, "{kind}");
        }
        assert_eq!(boundary("multipart/form-data; charset=utf-8; boundary=\"a b\""), Some("a b"));
    }
}
