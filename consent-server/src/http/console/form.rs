//! What forms send: within limits of length and time, whoever sends it.

use axum::Form;
use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use serde::de::DeserializeOwned;

use super::super::{Live, body};
use super::answer::Refusal;

/// A receipt, with every character escaped, and the rest of its form.
const MOST: usize = 96 * 1024;

/// A form.
pub(super) struct Sent<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Live> for Sent<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _live: &Live) -> Result<Self, Refusal> {
        let (head, body) = request.into_parts();
        let bytes = body::read(body, MOST, "That is longer than anything that is asked for here.").await?;
        let form = Form::from_request(Request::from_parts(head, Body::from(bytes)), &()).await;
        form.map(|Form(form)| Self(form)).map_err(|_| {
            let detail = "The form did not arrive as it was made. Go back, and send it once more.";
            Refusal::Said(StatusCode::BAD_REQUEST, "Not understood", detail.to_owned())
        })
    }
}
