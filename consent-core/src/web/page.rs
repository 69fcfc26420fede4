//! The body of a page while it is held: bytes come from the service below, and go on as far as the pass is through with them.

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame};

use super::body::EnforcedBodyError;
use crate::enforce::html::{HtmlError, Pass, Sniffed, sniff};

/// As much is given to the pass at once: what it gives back is then not much more, however long a chunk of the service is.
const PIECE: usize = 16 * 1024;

type Polled<E> = Poll<Option<Result<Frame<Bytes>, EnforcedBodyError<E>>>>;

/// What a page's body goes through.
#[derive(Debug)]
pub(super) struct Page {
    // Only so that a body can be shared between threads where the one below can; it is never locked.
    stage: Mutex<Stage>,
    /// What is left of a chunk of the service.
    rest: Bytes,
    begun: bool,
    /// What comes when the body below has ended.
    end: Option<Option<HeaderMap>>,
}

#[derive(Debug)]
enum Stage {
    /// Its first bytes say whether it is one: it came without a type.
    Open(Vec<u8>, Box<Pass>, Unread),
    Held(Box<Pass>),
    /// It is none.
    Passed,
    Ended,
}

/// What hears that it is a page of XML, which goes through as it is.
struct Unread(Box<dyn FnOnce() + Send>);

impl fmt::Debug for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unread")
    }
}

impl Page {
    pub(super) fn held(pass: Pass) -> Self {
        Self::at(Stage::Held(Box::new(pass)))
    }

    /// What may be a page. If it may be one that can not be read, that is told.
    pub(super) fn open(pass: Pass, unread: impl FnOnce() + Send + 'static) -> Self {
        Self::at(Stage::Open(Vec::new(), Box::new(pass), Unread(Box::new(unread))))
    }

    fn at(stage: Stage) -> Self {
        Self { stage: Mutex::new(stage), rest: Bytes::new(), begun: false, end: None }
    }

    /// Whether nothing has come yet.
    pub(super) fn is_untouched(&self) -> bool {
        !self.begun
    }

    pub(super) fn poll_frame<B: Body<Data = Bytes>>(
        &mut self,
        mut body: Pin<&mut B>,
        context: &mut Context<'_>,
    ) -> Polled<B::Error> {
        loop {
            if !self.rest.is_empty() {
                let piece = self.rest.split_to(PIECE.min(self.rest.len()));
                match self.stage().write(piece) {
                    Ok(bytes) if bytes.is_empty() => continue,
                    bytes => return Poll::Ready(Some(self.data(bytes))),
                }
            }
            if let Some(trailers) = &mut self.end {
                return Poll::Ready(trailers.take().map(|trailers| Ok(Frame::trailers(trailers))));
            }
            let trailers = match ready!(body.as_mut().poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => {
                        self.begun = true;
                        self.rest = data;
                        continue;
                    }
                    Err(frame) => frame.into_trailers().ok(),
                },
                Some(Err(error)) => {
                    self.fail();
                    return Poll::Ready(Some(Err(EnforcedBodyError::Body(error))));
                }
                None => None,
            };
            self.end = Some(trailers);
            match self.stage().end() {
                Ok(bytes) if bytes.is_empty() => {}
                bytes => return Poll::Ready(Some(self.data(bytes))),
            }
        }
    }

    fn stage(&mut self) -> &mut Stage {
        self.stage.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes that can go on. After an error nothing more does.
    fn data<E>(&mut self, bytes: Result<Bytes, HtmlError>) -> Result<Frame<Bytes>, EnforcedBodyError<E>> {
        bytes.map(Frame::data).map_err(|error| {
            self.fail();
            EnforcedBodyError::Html(error)
        })
    }

    fn fail(&mut self) {
        *self.stage() = Stage::Ended;
        self.rest = Bytes::new();
        self.end = Some(None);
    }
}

impl Stage {
    fn write(&mut self, piece: Bytes) -> Result<Bytes, HtmlError> {
        match self {
            Self::Open(seen, ..) => {
                seen.extend_from_slice(&piece);
                match sniff(seen) {
                    Sniffed::Open => Ok(Bytes::new()),
                    sniffed => self.decide(sniffed),
                }
            }
            Self::Held(pass) => pass.write(&piece).map(Bytes::from),
            Self::Passed => Ok(piece),
            Self::Ended => Err(HtmlError::Ended),
        }
    }

    fn decide(&mut self, sniffed: Sniffed) -> Result<Bytes, HtmlError> {
        let Self::Open(seen, mut pass, unread) = mem::replace(self, Self::Ended) else {
            return Err(HtmlError::Ended);
        };
        if sniffed == Sniffed::Xml {
            (unread.0)();
        }
        if sniffed != Sniffed::Page {
            *self = Self::Passed;
            return Ok(seen.into());
        }
        let bytes = pass.write(&seen)?;
        *self = Self::Held(pass);
        Ok(bytes.into())
    }

    fn end(&mut self) -> Result<Bytes, HtmlError> {
        match self {
            // What ends so early is no page, or has nothing in it.
            Self::Open(..) => self.decide(Sniffed::Other),
            Self::Held(pass) => pass.end().map(Bytes::from),
            Self::Passed => Ok(Bytes::new()),
            Self::Ended => Err(HtmlError::Ended),
        }
    }
}
