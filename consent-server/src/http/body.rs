//! Bodies that come from strangers.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use axum::body::{Bytes, HttpBody};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use consent_core::decision::MAX_REQUEST_BYTES;
use serde::de::DeserializeOwned;
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use super::Problem;

/// How long a body may take: a telephone at the edge of its network sends 16 KiB in less.
const SLOWEST: Duration = Duration::from_secs(20);

/// The bytes of a decision, at most 16 KiB, that say that they are JSON.
pub(super) async fn decision(
    headers: &HeaderMap,
    body: impl HttpBody<Data = Bytes>,
) -> Result<Bytes, Problem> {
    let media_type = headers.get(CONTENT_TYPE).map_or(&[][..], HeaderValue::as_bytes);
    let media_type = media_type.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    if !media_type.eq_ignore_ascii_case(b"application/json") {
        let detail = "send the decision as application/json";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail));
    }
    let detail = "a decision has at most 16 KiB, and its body must arrive whole";
    read(body, MAX_REQUEST_BYTES, detail).await
}

/// A request as JSON, with nothing in it that is not known.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    // Text is looked at once, as a whole, and not string by string; what is none is read to where it ends to be any.
    let read = str::from_utf8(body).map_or_else(|_| serde_json::from_slice(body), serde_json::from_str);
    read.map_err(|error| {
        let code = if error.is_data() { "invalid_request" } else { "invalid_json" };
        let status = if error.is_data() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::BAD_REQUEST };
        // serde names the field and the place; it repeats no value but the name of an unknown field.
        Problem::new(status, code, error.to_string())
    })
}

/// A body of at most so many bytes; `detail` says what should have been sent.
pub(super) async fn read(
    body: impl HttpBody<Data = Bytes>,
    most: usize,
    detail: &str,
) -> Result<Bytes, Problem> {
    read_within(SLOWEST, body, most, detail).await
}

async fn read_within(
    slowest: Duration,
    body: impl HttpBody<Data = Bytes>,
    most: usize,
    detail: &str,
) -> Result<Bytes, Problem> {
    match within(slowest, whole(body, most)).await {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)),
        Err(_) => {
            let detail = "the body did not arrive within 20 seconds; send it again";
            Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow", detail))
        }
    }
}

/// All of a body; `None` if it is longer, or breaks off. Most come in one piece, which is not copied.
async fn whole(body: impl HttpBody<Data = Bytes>, most: usize) -> Option<Bytes> {
    let mut body = pin!(body);
    let mut all = Vec::new();
    while let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
        // What is no data is a trailer.
        let Ok(piece) = frame.ok()?.into_data() else { continue };
        if piece.len() > most.saturating_sub(all.len()) {
            return None;
        }
        if all.is_empty() && body.is_end_stream() {
            return Some(piece);
        }
        all.extend_from_slice(&piece);
    }
    Some(all.into())
}

/// What comes of work that may take so long. A clock is asked only if it is not done at once, as most bodies are there already.
pub(super) async fn within<F: Future>(limit: Duration, work: F) -> Result<F::Output, Elapsed> {
    let mut work = pin!(work);
    match poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await {
        Poll::Ready(done) => Ok(done),
        // In memory of its own, which most need not take with them.
        Poll::Pending => Box::pin(timeout(limit, work)).await,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::pin::Pin;
    use std::task::Context;

    use axum::body::Body;
    use hyper::body::Frame;
    use tokio::io::{AsyncWriteExt as _, duplex};
    use tokio_util::io::ReaderStream;

    use super::*;

    /// A body of these frames, `None` is where it breaks off; and whether it says that the last of them was the last, as one with a
    /// length does.
    struct Frames(VecDeque<Option<Frame<Bytes>>>, bool);

    impl HttpBody for Frames {
        type Data = Bytes;
        type Error = ();

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, ()>>> {
            Poll::Ready(self.0.pop_front().map(|frame| frame.ok_or(())))
        }

        fn is_end_stream(&self) -> bool {
            self.1 && self.0.is_empty()
        }
    }

    #[tokio::test]
    async fn a_body_is_taken_whole_or_not_at_all() {
        const MOST: usize = 4;
        let trailers = Some("trailers");
        for (frames, taken) in [
            (&[][..], Some("")),
            (&[Some("abcd")], Some("abcd")),
            (&[Some("ab"), Some("cd")], Some("abcd")),
            (&[Some(""), Some("ab"), Some(""), Some("c")], Some("abc")),
            (&[Some("ab"), trailers], Some("ab")),
            (&[trailers, Some("ab")], Some("ab")),
            (&[Some("abcde")], None),
            (&[Some("ab"), Some("cde")], None),
            (&[Some("abcd"), Some(""), Some("e")], None),
            (&[None], None),
            (&[Some("abcd"), None], None),
        ] {
            for says_its_end in [false, true] {
                let frame = |text: &'static str| match text {
                    "trailers" => Frame::trailers(HeaderMap::new()),
                    text => Frame::data(Bytes::from_static(text.as_bytes())),
                };
                let body = frames.iter().map(|text| text.map(frame)).collect();
                let read = read(Frames(body, says_its_end), MOST, "all of it").await;
                let read = read.map_err(|refused| (refused.status(), refused.code()));
                let refused = (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large");
                assert_eq!(read, taken.map(Bytes::from).ok_or(refused), "{frames:?} {says_its_end}");
            }
        }
    }

    #[tokio::test]
    async fn a_body_that_comes_in_drops_has_as_long_as_all_others_and_no_longer() {
        const SOON: Duration = Duration::from_millis(300);
        let (mut sender, body) = duplex(64);
        let body = Body::from_stream(ReaderStream::new(body));
        let read = tokio::spawn(async { read_within(SOON, body, 1 << 20, "all of it").await.map(|_| ()) });
        let begun = tokio::time::Instant::now();
        // Each drop is in time, and the whole is not.
        while sender.write_all(b" ").await.is_ok() {
            assert!(begun.elapsed() < 100 * SOON, "it is read for ever");
            tokio::time::sleep(SOON / 10).await;
        }
        let refused = read.await.unwrap().unwrap_err();
        assert_eq!((refused.status(), refused.code()), (StatusCode::REQUEST_TIMEOUT, "body_too_slow"));
    }
}
