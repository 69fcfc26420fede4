//! Who asks for a page: the extractor that every page but the one for signing in begins with.

use std::sync::{Arc, OnceLock};

use axum::extract::{FromRequestParts, Request};
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use cookie::{Cookie, SameSite};

use crate::console::{Frame, SiteLink};
use crate::data::Role;
use crate::site::Site;
use crate::trail::{By, What, trail_site};

use super::super::{AppState, Live, access};
use super::answer::Refusal;
use super::session::{self, Held, Key};

/// With this prefix a browser keeps it for the whole host and for nobody else (RFC 6265bis, section 4.1.3.2). Chromium and Firefox take it
/// on `localhost` without TLS too.
const NAME: &str = "__Host-consent-console";

/// How a request was made (Fetch Metadata, section 2.3). No script can say it.
const MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// What is behind the address that signing in leads to: who comes there signed out has a browser that keeps no cookie.
pub(super) const BEGUN: &str = "begun";

/// Somebody who is signed in.
pub(super) struct SignedIn(pub(super) Held);

/// The key that a browser has to keep from now on, whatever the answer is.
#[derive(Clone, Default)]
struct Renewed(Arc<OnceLock<Key>>);

/// Around all pages: gives a browser its new key.
pub(super) async fn renew(mut request: Request, next: Next) -> Response {
    let renewed = Renewed::default();
    request.extensions_mut().insert(renewed.clone());
    let mut response = next.run(request).await;
    // Who signs out or in is told another one already.
    if let Some(key) = renewed.0.get()
        && !response.headers().contains_key(SET_COOKIE)
    {
        give(&mut response, key);
    }
    response
}

impl FromRequestParts<Live> for SignedIn {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, live: &Live) -> Result<Self, Refusal> {
        // A form of another site must not even be looked at; and no script has any business here, also not one of a page that this
        // server happens to serve beside the console.
        if is_by_script(&parts.headers)
            || parts.method == Method::POST && !access::is_same_origin(&parts.headers)
        {
            return Err(Refusal::foreign_form());
        }
        let signed_out =
            || if parts.uri.query() == Some(BEGUN) { Refusal::NotKept } else { Refusal::SignedOut };
        let key = read(&parts.headers).ok_or_else(signed_out)?;
        let state = live.now();
        let now = state.clock.unix_seconds();
        let find = move |state: &AppState| Ok(session::find(&*state.store, &state.standing(), &key, now)?);
        let (held, next) = state.blocking(find).await?.ok_or_else(signed_out)?;
        if let (Some(next), Some(renewed)) = (next, parts.extensions.get::<Renewed>()) {
            let _ = renewed.0.set(next);
        }
        Ok(Self(held))
    }
}

impl SignedIn {
    /// A site that this visitor may see. Whether there is another one is not told.
    pub(super) fn site<'a>(&self, state: &'a AppState, id: &str) -> Result<&'a Site, Refusal> {
        let site = state.sites.get(id).filter(|site| self.covers(site));
        site.ok_or_else(Refusal::not_found)
    }

    fn covers(&self, site: &Site) -> bool {
        self.0.session.site.as_ref().is_none_or(|own| *own == site.config.id)
    }

    /// All sites that this visitor may see, by their ids.
    pub(super) fn sites<'a>(&self, state: &'a AppState) -> Vec<&'a Site> {
        let mut sites: Vec<_> = state.sites.iter().filter(|site| self.covers(site)).collect();
        sites.sort_by(|a, b| a.config.id.cmp(&b.config.id));
        sites
    }

    /// # Errors
    /// If the form was not made for this session.
    pub(super) fn sent(&self, form_token: &str) -> Result<(), Refusal> {
        if self.0.session.fits(form_token) { Ok(()) } else { Err(Refusal::foreign_form()) }
    }

    /// Whether they may see what was done on all sites.
    pub(super) fn sees_trail(&self) -> bool {
        self.0.session.site.as_ref().is_none_or(|own| *own == trail_site())
    }

    /// For the trail: on whose behalf something is done.
    pub(super) fn by(&self) -> By {
        self.0.session.by()
    }

    /// Lets an operator do something on this site. That somebody else tried it stands in the trail.
    pub(super) async fn require_operator(
        &self,
        state: &AppState,
        site: &str,
        what: What,
    ) -> Result<(), Refusal> {
        let site = &self.site(state, site)?.config.id;
        if self.is_operator() {
            return Ok(());
        }
        access::tell_refusal(state, &self.by(), what, site).await?;
        Err(Refusal::not_allowed())
    }

    pub(super) const fn is_operator(&self) -> bool {
        matches!(self.0.session.role, Role::Operator)
    }

    /// Whether they may see every site, and so what is said of all of them together.
    pub(super) const fn sees_all(&self) -> bool {
        self.0.session.site.is_none()
    }

    /// What is around a page.
    pub(super) fn frame(
        &self,
        state: &AppState,
        site: Option<&Site>,
        title: &'static str,
        here: &'static str,
    ) -> Frame {
        Frame {
            title,
            site: site.map(link),
            sites: self.sites(state).into_iter().map(link).collect(),
            here,
            role: if self.is_operator() { "operator" } else { "auditor" },
            sees_trail: self.sees_trail(),
            form_token: self.0.session.form_token().to_owned(),
        }
    }
}

/// A site as it is named to people.
pub(super) fn link(site: &Site) -> SiteLink {
    SiteLink { id: site.config.id.to_string(), name: site.config.name.clone() }
}

/// The key that a browser sends.
pub(super) fn read(headers: &HeaderMap) -> Option<Key> {
    the_only(headers, NAME).and_then(Key::read)
}

/// The cookie of this name. Of several none is believed: a host below this one may have planted another.
pub(super) fn the_only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut named = lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='));
    let first = named.next()?;
    if named.next().is_some() { None } else { Some(first) }
}

/// Whether a script asks, and not somebody who goes to a page.
pub(super) fn is_by_script(headers: &HeaderMap) -> bool {
    headers.get(MODE).is_some_and(|mode| mode.as_bytes() != b"navigate")
}

/// Gives a browser a key to keep until it is closed.
pub(super) fn give(response: &mut Response, key: &Key) {
    set(response, Cookie::new(NAME, key.to_text()), SameSite::Strict);
}

/// Takes it away.
pub(super) fn take(response: &mut Response) {
    set(response, gone(NAME), SameSite::Strict);
}

/// What takes the cookie of this name away.
pub(super) fn gone(name: &'static str) -> Cookie<'static> {
    let mut cookie = Cookie::new(name, "");
    cookie.set_max_age(Some(time::Duration::ZERO));
    cookie
}

/// Sets a cookie that scripts and other hosts do not see.
pub(super) fn set(response: &mut Response, mut cookie: Cookie<'static>, same_site: SameSite) {
    cookie.set_http_only(true);
    cookie.set_path("/");
    cookie.set_same_site(same_site);
    cookie.set_secure(true);
    if let Ok(value) = HeaderValue::try_from(cookie.to_string()) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}
