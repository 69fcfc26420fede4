//! Who asks for a page: the extractor that every page but the one for signing in begins with.

use axum::extract::FromRequestParts;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::response::Response;
use cookie::{Cookie, SameSite};

use crate::console::{Frame, SiteLink};
use crate::data::Role;
use crate::site::Site;

use super::super::{AppState, Live, access};
use super::answer::Refusal;
use super::session::{self, Secret, Session};

/// With this prefix a browser keeps it for the whole host and for nobody else (RFC 6265bis, section 4.1.3.2). Browsers take it on `localhost`
/// without TLS too.
const NAME: &str = "__Host-consent-console";

/// Somebody who is signed in.
pub(super) struct SignedIn {
    pub(super) session: Session,
    pub(super) secret: Secret,
    /// The secret that the browser has to keep from now on, if it is another one.
    renewed: Option<Secret>,
}

impl FromRequestParts<Live> for SignedIn {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, live: &Live) -> Result<Self, Refusal> {
        // A form of another site must not even be looked at. Browsers say where a form comes from.
        if parts.method == Method::POST && !access::is_same_origin(&parts.headers) {
            return Err(Refusal::foreign_form());
        }
        let secret = read(&parts.headers).ok_or(Refusal::SignedOut)?;
        let state = live.now();
        let now = state.clock.unix_seconds();
        let (secret, found) = state
            .blocking(move |state| {
                let found = session::find(&*state.store, &state.tokens, &secret, now)?;
                Ok((secret, found))
            })
            .await?;
        let (session, renewed) = found.ok_or(Refusal::SignedOut)?;
        Ok(Self { session, secret, renewed })
    }
}

impl SignedIn {
    /// A site that this visitor may see. Whether there is another one is not told.
    pub(super) fn site<'a>(&self, state: &'a AppState, id: &str) -> Result<&'a Site, Refusal> {
        let site = state.sites.get(id).filter(|site| self.covers(site));
        site.ok_or_else(Refusal::not_found)
    }

    fn covers(&self, site: &Site) -> bool {
        self.session.site.as_ref().is_none_or(|own| *own == site.config.id)
    }

    /// All sites that this visitor may see, by their ids.
    pub(super) fn sites<'a>(&self, state: &'a AppState) -> Vec<&'a Site> {
        let mut sites: Vec<_> = state.sites.iter().filter(|site| self.covers(site)).collect();
        sites.sort_by(|a, b| a.config.id.cmp(&b.config.id));
        sites
    }

    /// The secret that the browser has from now on.
    fn current(&self) -> &Secret {
        self.renewed.as_ref().unwrap_or(&self.secret)
    }

    /// The name of the session.
    pub(super) fn name(&self) -> String {
        self.current().name()
    }

    /// # Errors
    /// If the form was not made for this session.
    pub(super) fn sent(&self, form_token: &str) -> Result<(), Refusal> {
        if self.secret.fits(form_token) { Ok(()) } else { Err(Refusal::foreign_form()) }
    }

    pub(super) const fn is_operator(&self) -> bool {
        matches!(self.session.role, Role::Operator)
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
            form_token: self.current().form_token(),
        }
    }

    /// The answer, with the secret that has taken the place of the one before.
    pub(super) fn answer(self, mut response: Response) -> Response {
        if let Some(secret) = self.renewed {
            give(&mut response, &secret);
        }
        response
    }
}

/// A site as it is named to people.
pub(super) fn link(site: &Site) -> SiteLink {
    SiteLink { id: site.config.id.to_string(), name: site.config.name.clone() }
}

/// The secret that a browser sends. Of several none is believed: a host below this one may have planted another.
pub(super) fn read(headers: &HeaderMap) -> Option<Secret> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut named = lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().strip_prefix(NAME)?.strip_prefix('='));
    let first = named.next()?;
    if named.next().is_some() { None } else { Secret::read(first) }
}

/// Gives a browser a secret to keep until it is closed.
pub(super) fn give(response: &mut Response, secret: &Secret) {
    set(response, Cookie::new(NAME, secret.as_str().to_owned()));
}

/// Takes it away.
pub(super) fn take(response: &mut Response) {
    let mut cookie = Cookie::new(NAME, "");
    cookie.set_max_age(Some(time::Duration::ZERO));
    set(response, cookie);
}

fn set(response: &mut Response, mut cookie: Cookie<'static>) {
    cookie.set_http_only(true);
    cookie.set_path("/");
    cookie.set_same_site(SameSite::Strict);
    cookie.set_secure(true);
    if let Ok(value) = HeaderValue::try_from(cookie.to_string()) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}
