//! A layer that holds every answer of a service to what its visitor allows.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use http::header::{ACCEPT, COOKIE, HOST, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, RANGE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use pin_project_lite::pin_project;
use time::OffsetDateTime;
use tower_layer::Layer;
use tower_service::Service;

use super::body::EnforcedBody;
use super::counts::Counts;
use super::finish::Judge;
use super::kind::names_page;
use super::policies::Policies;
use super::{Fresh, system_clock};
use crate::category::Category;
use crate::consent::{Consent, Who, Why};
#[cfg(feature = "html")]
use crate::enforce::html::Html;
use crate::enforce::{Act, Enforcer, Intervention};

/// What happens to a cookie that the notice does not declare.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Undeclared {
    /// It is not set, and that is told.
    #[default]
    Drop,
    /// It is set, and that is told.
    Pass,
    /// The whole answer is refused with status 500 and the name of the cookie: for tests, so that none is forgotten.
    Refuse,
}

/// Holds every answer to what the visitor allows: cookies, content policy, caching.
///
/// - A `Set-Cookie` of a denied category goes; one that is not declared is handled as [`Undeclared`] says.
/// - What the browser still sends of denied categories is expired ([`Enforcer::expire`](crate::enforce::Enforcer::expire)).
/// - A page (`text/html`, `application/xhtml+xml`) gets one more `Content-Security-Policy` while a declared host is denied
///   ([`Enforcer::policy`](crate::enforce::Enforcer::policy)). Its body is not read, but where that is asked for (feature `html`): what it
///   has in `<meta>` only restricts further.
/// - An answer that depended on the visitor says `Vary: Cookie, Sec-GPC` and `Cache-Control: private`. It did if it is a page
///   and hosts are declared, if it sets or expires a cookie, or if its handler asked for [`Consent`]. A page of these has no `ETag`
///   and no `Last-Modified`, and a request for one asks for the whole page: with a 304 a browser would show a page that it was given
///   before the visitor's choice.
///
/// What is compressed gets the same headers. Where there is no notice yet, or it is too old, everything is denied; of hosts nothing is
/// known before the first one, and no cookie is expired. While a host is denied, hosts that neither the notice nor a policy of the
/// page names do not load either: declare them. It has to be the outermost layer, or it does not see the cookies of others.
///
/// ```
/// use consent_core::web::{EnforceLayer, Fresh, Undeclared};
/// use consent_core::{consent::InForce, enforce::Enforcer, notice::Notice};
///
/// # let bytes = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small"));
/// let notice = Notice::from_bytes(bytes)?;
/// let enforcer = Enforcer::new(InForce::from(notice)).with_server("consent.example".parse()?); // where banner.js comes from
/// let layer = EnforceLayer::new(Fresh::fixed(enforcer).into())
///     .undeclared(Undeclared::Pass)
///     .on_intervention(|told| eprintln!("{told}"));
/// let app: axum::Router = axum::Router::new().layer(layer.clone());
/// assert!(layer.counts().is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct EnforceLayer {
    shared: Arc<Shared>,
}

type Listener = Arc<dyn Fn(&Intervention) + Send + Sync>;

#[derive(Clone)]
pub(super) struct Shared {
    fresh: Arc<Fresh>,
    pub(super) undeclared: Undeclared,
    clock: fn() -> OffsetDateTime,
    who: fn(&HeaderMap) -> Who,
    counts: Arc<Counts>,
    pub(super) policies: Arc<Policies>,
    listener: Option<Listener>,
    #[cfg(feature = "html")]
    pub(super) html: Option<Html>,
}

impl Shared {
    /// Whether pages are held, not their headers only.
    #[cfg(feature = "html")]
    pub(super) const fn rewrites(&self) -> bool {
        self.html.is_some()
    }

    #[cfg(not(feature = "html"))]
    pub(super) const fn rewrites(&self) -> bool {
        false
    }

    /// Counts it, and tells it.
    pub(super) fn tell(&self, intervention: &Intervention) {
        self.counts.add(intervention);
        if let Some(listener) = &self.listener {
            listener(intervention);
        }
    }
}

impl EnforceLayer {
    /// Holds answers to the notice that is kept in `fresh`.
    #[must_use]
    pub fn new(fresh: Arc<Fresh>) -> Self {
        let shared = Shared {
            fresh,
            undeclared: Undeclared::default(),
            clock: system_clock,
            who: |_| Who::Unknown,
            counts: Arc::new(Counts::new()),
            policies: Arc::new(Policies::new()),
            listener: None,
            #[cfg(feature = "html")]
            html: None,
        };
        Self { shared: Arc::new(shared) }
    }

    /// What happens to cookies that the notice does not declare.
    #[must_use]
    pub fn undeclared(mut self, undeclared: Undeclared) -> Self {
        Arc::make_mut(&mut self.shared).undeclared = undeclared;
        self
    }

    /// Another clock than the system's.
    ///
    /// ```
    /// use consent_core::web::{EnforceLayer, Fresh};
    /// # use consent_core::{consent::InForce, enforce::Enforcer, notice::Notice};
    ///
    /// # let notice = Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?;
    /// # let fresh = Fresh::fixed(Enforcer::new(InForce::from(notice)));
    /// // In tests, the day on which a choice has become too old.
    /// let layer = EnforceLayer::new(fresh.into()).clock(|| time::OffsetDateTime::UNIX_EPOCH);
    /// # let app: axum::Router = axum::Router::new().layer(layer);
    /// # Ok::<(), consent_core::notice::NoticeError>(())
    /// ```
    #[must_use]
    pub fn clock(mut self, clock: fn() -> OffsetDateTime) -> Self {
        Arc::make_mut(&mut self.shared).clock = clock;
        self
    }

    /// Says of a request, by its headers, whether somebody is signed in; for sites where that counts ([`Who`]). Without it what either
    /// choice denies is denied.
    ///
    /// ```
    /// use consent_core::consent::Who;
    /// use consent_core::web::{EnforceLayer, Fresh};
    /// # use consent_core::{consent::InForce, enforce::Enforcer, notice::Notice};
    ///
    /// # let notice = Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?;
    /// # let fresh = Fresh::fixed(Enforcer::new(InForce::from(notice)));
    /// let layer = EnforceLayer::new(fresh.into()).who(|headers| match headers.get("x-user") {
    ///     Some(_) => Who::Account, // as the proxy before this service says
    ///     None => Who::Device,
    /// });
    /// # let app: axum::Router = axum::Router::new().layer(layer);
    /// # Ok::<(), consent_core::notice::NoticeError>(())
    /// ```
    #[must_use]
    pub fn who(mut self, who: fn(&HeaderMap) -> Who) -> Self {
        Arc::make_mut(&mut self.shared).who = who;
        self
    }

    /// Calls `listener` with everything that is done, for a log. It must not wait for anything.
    #[must_use]
    pub fn on_intervention(mut self, listener: impl Fn(&Intervention) + Send + Sync + 'static) -> Self {
        Arc::make_mut(&mut self.shared).listener = Some(Arc::new(listener));
        self
    }

    /// Holds pages too, while they stream: see [`enforce::html`](crate::enforce::html).
    ///
    /// A page is what is `text/html`, in any of its types, or has no type that says anything and begins as a page does. It loses
    /// `Content-Length`, `Accept-Ranges` and the digests of its content; if it can not be read further ([`HtmlError`](crate::enforce::html::HtmlError)), its body ends with an error. What is
    /// compressed when it comes here, only a part (206), XHTML, or in a charset that is not compatible with ASCII goes through as it is, and
    /// is counted ([`Act::PageUnread`]): compress outside of this layer. So is XML without a type, when its first bytes have come.
    ///
    /// ```
    /// use consent_core::enforce::html::Html;
    /// use consent_core::web::{EnforceLayer, Fresh};
    /// # use consent_core::{consent::InForce, enforce::Enforcer, notice::Notice};
    ///
    /// # let notice = Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?;
    /// let fresh = Fresh::fixed(Enforcer::new(InForce::from(notice)));
    /// let layer = EnforceLayer::new(fresh.into()).rewriting(Html::new());
    /// # let app: axum::Router = axum::Router::new().layer(layer);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "html")]
    #[must_use]
    pub fn rewriting(mut self, html: Html) -> Self {
        Arc::make_mut(&mut self.shared).html = Some(html);
        self
    }

    /// How often what was done since the start, for each category, and without one: for metrics.
    #[must_use]
    pub fn counts(&self) -> Vec<(Act, Option<Category>, u64)> {
        self.shared.counts.list()
    }
}

impl fmt::Debug for EnforceLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shared { fresh, undeclared, .. } = &*self.shared;
        f.debug_struct("EnforceLayer")
            .field("fresh", fresh)
            .field("undeclared", undeclared)
            .finish_non_exhaustive()
    }
}

impl<S> Layer<S> for EnforceLayer {
    type Service = EnforceService<S>;

    fn layer(&self, inner: S) -> EnforceService<S> {
        EnforceService { inner, shared: Arc::clone(&self.shared) }
    }
}

/// What [`EnforceLayer`] makes of a service.
///
/// ```
/// use consent_core::web::{EnforceFuture, EnforceLayer, EnforceService, Fresh, Interventions};
/// use http::{Request, Response};
/// use tower::{Layer as _, Service as _, service_fn};
/// # use consent_core::{consent::InForce, enforce::Enforcer, notice::Notice};
///
/// # let notice = Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?;
/// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// // The notice declares the cookie `a` under analytics, and nobody has allowed that.
/// let layer = EnforceLayer::new(Fresh::fixed(Enforcer::new(InForce::from(notice))).into());
/// let below = service_fn(async |_: Request<()>| Response::builder().header("set-cookie", "a=1").body(()));
/// let mut service: EnforceService<_> = layer.layer(below);
/// let future: EnforceFuture<_> = service.call(Request::new(()));
/// let answer = runtime.block_on(future)?;
/// assert!(answer.headers().get("set-cookie").is_none());
/// assert_eq!(answer.extensions().get::<Interventions>().map(|done| done.0.len()), Some(1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct EnforceService<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S: fmt::Debug> fmt::Debug for EnforceService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnforceService").field("inner", &self.inner).finish_non_exhaustive()
    }
}

/// What a handler asks, and whether it has.
#[derive(Clone)]
pub(super) struct Visitor(Arc<(Consent, AtomicBool)>);

impl Visitor {
    fn new(consent: Consent) -> Self {
        Self(Arc::new((consent, AtomicBool::new(false))))
    }

    pub(super) fn consent(&self) -> &Consent {
        &self.0.0
    }

    #[cfg_attr(not(feature = "axum"), expect(dead_code, reason = "only the extractor asks"))]
    pub(super) fn ask(&self) -> Consent {
        self.0.1.store(true, Ordering::Relaxed);
        self.0.0.clone()
    }

    pub(super) fn has_asked(&self) -> bool {
        self.0.1.load(Ordering::Relaxed)
    }
}

impl<S, A, B> Service<Request<A>> for EnforceService<S>
where
    S: Service<Request<A>, Response = Response<B>>,
{
    type Response = Response<EnforcedBody<B>>;
    type Error = S::Error;
    type Future = EnforceFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<A>) -> Self::Future {
        let now = (self.shared.clock)();
        // What is too old still says what was declared, so that a session is told from what follows the visitor. Asked once, so
        // that both speak of one notice.
        let current = self.shared.fresh.current();
        let consent = match &current {
            Some(current) if self.shared.fresh.holds(current, now) => {
                let who = (self.shared.who)(request.headers());
                Consent::from_headers_as(who, current.enforcer.in_force(), request.headers(), now)
            }
            _ => Consent::denied(Why::NoNotice),
        };
        let enforcer = current.as_ref().map(|current| &*current.enforcer);
        let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
        let host = host.or_else(|| request.uri().authority().map(|of| of.as_str()));
        let expired = enforcer.map_or_else(Vec::new, |enforcer| {
            let cookies = request.headers().get_all(COOKIE).iter().map(HeaderValue::as_bytes);
            enforcer.expire(&consent, cookies, host)
        });
        #[cfg(feature = "html")]
        let host = host.filter(|_| self.shared.rewrites()).map(str::to_owned);
        // What a write is conditional on is none of ours.
        let reads = [Method::GET, Method::HEAD].contains(request.method());
        let may_hold = enforcer.is_none_or(Enforcer::has_hosts);
        if reads && (may_hold || self.shared.rewrites()) && wants_page(request.headers()) {
            remove_all(request.headers_mut(), &CONDITIONS);
        }
        let visitor = Visitor::new(consent);
        request.extensions_mut().insert(visitor.clone());
        let judge = Judge {
            shared: Arc::clone(&self.shared),
            current,
            visitor,
            expired,
            now,
            #[cfg(feature = "html")]
            host,
        };
        EnforceFuture { future: self.inner.call(request), judge: Some(judge) }
    }
}

/// By which a browser asks for less than the whole page.
static CONDITIONS: [HeaderName; 4] = [IF_NONE_MATCH, IF_MODIFIED_SINCE, IF_RANGE, RANGE];

/// Takes these out. Mostly none of them is there, which is seen sooner from all that are than by looking for each.
pub(super) fn remove_all(headers: &mut HeaderMap, names: &[HeaderName]) {
    if headers.keys().any(|name| names.contains(name)) {
        for name in names {
            headers.remove(name);
        }
    }
}

/// Whether a browser asks for something that it would show as a page.
fn wants_page(headers: &HeaderMap) -> bool {
    names_page(headers, ACCEPT)
}

pin_project! {
    /// The answer to come.
    pub struct EnforceFuture<F> {
        #[pin]
        future: F,
        judge: Option<Judge>,
    }
}

impl<F, B, E> Future for EnforceFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<EnforcedBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.future.poll(context))?;
        Poll::Ready(Ok(match this.judge.take() {
            Some(judge) => judge.finish(response),
            None => response.map(EnforcedBody::passed),
        }))
    }
}
