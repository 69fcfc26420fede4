//! One pass over one page.

use std::mem;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use lol_html::errors::RewritingError;
use lol_html::html_content::{ContentType, TextChunk};
use lol_html::send::{Element, ElementContentHandlers, HtmlRewriter, Settings};
use lol_html::{AsciiCompatibleEncoding, HandlerResult, MemorySettings, OutputSink, Selector};

use super::hold::{ELEMENTS, Holder};
use super::{Html, HtmlError};

/// How deep `<noscript>` may stand in `<noscript>`, which no page has a reason for.
const MAX_DEPTH: u8 = 4;

static SELECTORS: LazyLock<Option<(Selector, Selector)>> =
    LazyLock::new(|| Some((ELEMENTS.parse().ok()?, "noscript".parse().ok()?)));

/// A page while it goes through: bytes go in as they come, and come out as soon as it is known what becomes of them. What is
/// kept is a tag that has not ended yet, and no more.
///
/// ```
/// use consent_core::consent::{Consent, Why};
/// use consent_core::enforce::html::{Html, Pass};
///
/// let nobody = Consent::denied(Why::NoNotice);
/// // Without an enforcer only what the page has marked itself is held.
/// let mut pass: Pass = Html::new().pass(None, nobody, None, None, |_| ()).ok_or("no ASCII")?;
/// let mut page = pass.write(b"<img data-consent=analytics src=/pixel.gif>")?;
/// page.extend(pass.end()?);
/// assert!(String::from_utf8(page)?.contains("data-held-src=\"/pixel.gif\""));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Pass {
    /// None after an error, and after the end.
    rewriter: Option<HtmlRewriter<'static, Sink>>,
    out: Sink,
    /// Its first byte, while there is no second: together they may say that it is UTF-16, whatever else is said.
    first: Option<u8>,
    begun: bool,
}

/// Where bytes are collected that can go on.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    fn take(&self) -> Vec<u8> {
        mem::take(&mut lock(&self.0))
    }
}

impl OutputSink for Sink {
    fn handle_chunk(&mut self, chunk: &[u8]) {
        lock(&self.0).extend_from_slice(chunk);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pass {
    pub(super) fn new(html: Html, holder: Holder, encoding: AsciiCompatibleEncoding) -> Self {
        Self::within(html, &Arc::new(Mutex::new(holder)), encoding, 0)
    }

    fn within(html: Html, holder: &Arc<Mutex<Holder>>, encoding: AsciiCompatibleEncoding, depth: u8) -> Self {
        let out = Sink::default();
        let rewriter = rewriter(html, holder, encoding, depth, out.clone());
        Self { rewriter, out, first: None, begun: depth > 0 }
    }

    /// Takes the next bytes of the page, and gives back what can go on.
    ///
    /// # Errors
    /// If a tag is longer than the memory that may be used, or where it can not be known how a browser reads the page. Then the page
    /// has to end: nothing that was not held goes on, and every further call fails too.
    pub fn write(&mut self, bytes: &[u8]) -> Result<Vec<u8>, HtmlError> {
        if !self.begun {
            match (self.first, bytes) {
                (None, [first]) => {
                    self.first = Some(*first);
                    return if self.rewriter.is_some() { Ok(Vec::new()) } else { Err(HtmlError::Ended) };
                }
                (None, [0xfe, 0xff, ..] | [0xff, 0xfe, ..])
                | (Some(0xfe), [0xff, ..])
                | (Some(0xff), [0xfe, ..]) => {
                    self.rewriter = None;
                    return Err(HtmlError::Encoding);
                }
                (_, []) => return Ok(Vec::new()),
                _ => {}
            }
            self.begun = true;
            if let Some(first) = self.first.take() {
                self.pass(&[first])?;
            }
        }
        self.pass(bytes)?;
        Ok(self.out.take())
    }

    /// The page has ended: gives back what was kept of it.
    ///
    /// # Errors
    /// As in [`Pass::write`].
    pub fn end(&mut self) -> Result<Vec<u8>, HtmlError> {
        if let Some(first) = self.first.take() {
            self.pass(&[first])?;
        }
        self.rewriter.take().ok_or(HtmlError::Ended)?.end()?;
        Ok(self.out.take())
    }

    fn pass(&mut self, bytes: &[u8]) -> Result<(), HtmlError> {
        let rewriter = self.rewriter.as_mut().ok_or(HtmlError::Ended)?;
        lock(&self.out.0).reserve(bytes.len());
        if let Err(error) = rewriter.write(bytes) {
            self.rewriter = None;
            return Err(error.into());
        }
        Ok(())
    }
}

impl std::fmt::Debug for Pass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pass").field("ended", &self.rewriter.is_none()).finish_non_exhaustive()
    }
}

impl From<RewritingError> for HtmlError {
    fn from(error: RewritingError) -> Self {
        match error {
            RewritingError::MemoryLimitExceeded(_) => Self::TooLong,
            RewritingError::ContentHandlerError(error) => {
                error.downcast::<Self>().map_or(Self::Ambiguous, |error| *error)
            }
            _ => Self::Ambiguous,
        }
    }
}

fn rewriter(
    html: Html,
    holder: &Arc<Mutex<Holder>>,
    encoding: AsciiCompatibleEncoding,
    depth: u8,
    out: Sink,
) -> Option<HtmlRewriter<'static, Sink>> {
    let (elements, noscript) = SELECTORS.as_ref()?;
    let holding = Arc::clone(holder);
    let element = move |element: &mut Element<'_, '_>| -> HandlerResult {
        lock(&holding).element(element);
        Ok(())
    };
    let mut without = Noscript { html, holder: Arc::clone(holder), depth, pass: None };
    let text = move |text: &mut TextChunk<'_>| -> HandlerResult { Ok(without.text(text)?) };
    let memory = MemorySettings::new().with_max_allowed_memory_usage(html.max_memory());
    let settings = Settings::new_send()
        .with_memory_settings(memory)
        .with_encoding(encoding)
        .with_adjust_charset_on_meta_tag(depth == 0)
        .append_element_content_handler((
            std::borrow::Cow::Borrowed(elements),
            ElementContentHandlers::default().element(element),
        ))
        .append_element_content_handler((
            std::borrow::Cow::Borrowed(noscript),
            ElementContentHandlers::default().text(text),
        ));
    Some(HtmlRewriter::new(settings, out))
}

/// What stands in `<noscript>` is text to a browser that runs scripts, and so to the pass; to one that runs none it is markup,
/// and goes through a pass of its own.
struct Noscript {
    html: Html,
    holder: Arc<Mutex<Holder>>,
    depth: u8,
    pass: Option<Pass>,
}

impl Noscript {
    fn text(&mut self, text: &mut TextChunk<'_>) -> Result<(), HtmlError> {
        let pass = match &mut self.pass {
            Some(pass) => pass,
            None => {
                if self.depth == MAX_DEPTH {
                    return Err(HtmlError::Ambiguous);
                }
                let encoding = AsciiCompatibleEncoding::utf_8();
                self.pass.insert(Pass::within(self.html, &self.holder, encoding, self.depth + 1))
            }
        };
        let mut held = pass.write(text.as_str().as_bytes())?;
        if text.last_in_text_node() {
            held.append(&mut pass.end()?);
            self.pass = None;
        }
        // Tags end where characters do.
        let held = String::from_utf8(held).map_err(|_| HtmlError::Ambiguous)?;
        if held != text.as_str() {
            text.replace(&held, ContentType::Html);
        }
        Ok(())
    }
}
