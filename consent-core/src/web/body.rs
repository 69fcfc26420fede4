//! The body of an answer that was held to what the visitor allows.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

pin_project! {
    /// The body of the service below as it came, chunk by chunk, or the words of a refusal in its place.
    #[derive(Debug)]
    pub struct EnforcedBody<B> {
        #[pin]
        body: Option<B>,
        words: Option<Bytes>,
    }
}

impl<B> EnforcedBody<B> {
    pub(super) fn passed(body: B) -> Self {
        Self { body: Some(body), words: None }
    }

    pub(super) fn said(words: String) -> Self {
        Self { body: None, words: Some(words.into()) }
    }
}

impl<B: Body<Data = Bytes>> Body for EnforcedBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.project();
        match this.body.as_pin_mut() {
            Some(body) => body.poll_frame(context),
            None => Poll::Ready(this.words.take().map(|words| Ok(Frame::data(words)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().map_or(self.words.is_none(), Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let words = self.words.as_ref().map_or(0, |words| u64::try_from(words.len()).unwrap_or(0));
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(words), Body::size_hint)
    }
}
