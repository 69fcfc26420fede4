//! The body of an answer that was held to what the visitor allows.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

#[cfg(feature = "html")]
use super::page::Page;

/// Without the feature `html` no page is held.
#[cfg(not(feature = "html"))]
#[derive(Debug)]
enum Page {}

pin_project! {
    /// The body of the service below as it came, chunk by chunk; or held by a pass over the page, chunk by chunk; or the words of a
    /// refusal in its place.
    ///
    /// ```
    /// use consent_core::web::{EnforceLayer, EnforcedBody, Fresh};
    /// use http::{Request, Response};
    /// use http_body::Body as _;
    /// use tower::{Layer as _, ServiceExt as _, service_fn};
    /// # use consent_core::{consent::InForce, enforce::Enforcer, notice::Notice};
    ///
    /// # let notice = Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?;
    /// # let layer = EnforceLayer::new(Fresh::fixed(Enforcer::new(InForce::from(notice))).into());
    /// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    /// let app = layer.layer(service_fn(async |_: Request<()>| Ok::<_, std::io::Error>(Response::new("hello".to_owned()))));
    /// let answer: Response<EnforcedBody<String>> = runtime.block_on(app.oneshot(Request::new(())))?;
    /// assert_eq!(answer.body().size_hint().exact(), Some(5), "nothing was to be held in it");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[derive(Debug)]
    pub struct EnforcedBody<B> {
        #[pin]
        body: Option<B>,
        words: Option<Bytes>,
        page: Option<Box<Page>>,
    }
}

/// Why a body ended early.
///
/// ```
/// use consent_core::web::EnforcedBodyError;
///
/// // For a log that tells the service's own failures from pages that could not be held.
/// let broken = EnforcedBodyError::Body("connection reset");
/// assert!(matches!(broken, EnforcedBodyError::Body("connection reset")));
/// assert_eq!(broken.to_string(), "connection reset");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnforcedBodyError<E> {
    /// As the service below says.
    #[error("{0}")]
    Body(E),
    /// The page can not be held any more: it ends, so that nothing that was not held goes out.
    #[cfg(feature = "html")]
    #[error("{0}")]
    Html(crate::enforce::html::HtmlError),
}

impl<B> EnforcedBody<B> {
    pub(super) fn passed(body: B) -> Self {
        Self { body: Some(body), words: None, page: None }
    }

    #[cfg(feature = "html")]
    pub(super) fn held(body: B, page: Page) -> Self {
        Self { body: Some(body), words: None, page: Some(Box::new(page)) }
    }

    pub(super) fn said(words: String) -> Self {
        Self { body: None, words: Some(words.into()), page: None }
    }
}

impl<B: Body<Data = Bytes>> Body for EnforcedBody<B> {
    type Data = Bytes;
    type Error = EnforcedBodyError<B::Error>;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.project();
        match (this.body.as_pin_mut(), this.page) {
            (Some(body), None) => body.poll_frame(context).map_err(EnforcedBodyError::Body),
            #[cfg(feature = "html")]
            (Some(body), Some(page)) => page.poll_frame(body, context),
            #[cfg(not(feature = "html"))]
            (Some(_), Some(page)) => match **page {},
            (None, _) => Poll::Ready(this.words.take().map(|words| Ok(Frame::data(words)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        let Some(body) = &self.body else { return self.words.is_none() };
        self.is_as_below() && body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let words = self.words.as_ref().map_or(0, |words| u64::try_from(words.len()).unwrap_or(0));
        match &self.body {
            None => SizeHint::with_exact(words),
            Some(body) if self.page.is_none() || self.is_end_stream() => body.size_hint(),
            Some(_) => SizeHint::default(),
        }
    }
}

impl<B> EnforcedBody<B> {
    /// Whether it ends where the body below does: where that is empty, as an answer to HEAD is, a page is too.
    fn is_as_below(&self) -> bool {
        match &self.page {
            None => true,
            #[cfg(feature = "html")]
            Some(page) => page.is_untouched(),
            #[cfg(not(feature = "html"))]
            Some(page) => match **page {},
        }
    }
}
