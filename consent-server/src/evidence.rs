//! What shows again what visitors saw: banner scripts by their digests, and pictures of notices. Both are documents of the
//! store.

use consent_core::bundle::picture::{Picture, PictureError};
use consent_core::digest::Digest;
use consent_core::notice::{NoticeId, SiteId};

use crate::store::{Store, StoreError};

/// A picture that is made of each notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// Its name, in the name of the file in a bundle.
    pub name: &'static str,
    /// Of the window, in pixels.
    pub width: u32,
    /// Of the window, in pixels.
    pub height: u32,
    /// Whether the system asks for dark colours.
    pub dark: bool,
    /// Whether the second layer is open.
    pub second: bool,
}

const fn view(name: &'static str, width: u32, dark: bool, second: bool) -> View {
    View { name, width, height: 800, dark, second }
}

/// Both layers on a phone and on a desk, light and dark.
pub const VIEWS: [View; 8] = [
    view("360", 360, false, false),
    view("1280", 1280, false, false),
    view("360-dark", 360, true, false),
    view("1280-dark", 1280, true, false),
    view("settings-360", 360, false, true),
    view("settings-1280", 1280, false, true),
    view("settings-360-dark", 360, true, true),
    view("settings-1280-dark", 1280, true, true),
];

/// Why a picture is not kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvidenceError {
    /// Not a PNG.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// Of another size than the view.
    #[error("the picture is {found} pixels wide, the view {view} is {expected}")]
    Width {
        /// The view.
        view: &'static str,
        /// Its width.
        expected: u32,
        /// That of the picture.
        found: u32,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

// Names of documents have no capital letters, base64url does.
pub(crate) fn hex(digest: Digest) -> String {
    digest.0.iter().fold(String::with_capacity(64), |text, byte| format!("{text}{byte:02x}"))
}

fn script_name(script: Digest) -> String {
    format!("scripts/{}", hex(script))
}

fn picture_name(notice: NoticeId, view: &str) -> String {
    format!("pictures/{}/{view}", hex(notice.0))
}

/// Keeps a banner script, unless it is there.
///
/// # Errors
/// If the store fails.
pub fn keep_script(store: &dyn Store, site: &SiteId, script: &[u8]) -> Result<(), StoreError> {
    let name = script_name(Digest::of(script));
    if store.kept(site, &name)?.as_deref() == Some(script) { Ok(()) } else { store.keep(site, &name, script) }
}

/// The script with this digest; `None` if it was never kept, or is not what it was any more.
///
/// # Errors
/// If the store fails.
pub fn script(store: &dyn Store, site: &SiteId, script: Digest) -> Result<Option<Vec<u8>>, StoreError> {
    let kept = store.kept(site, &script_name(script))?;
    Ok(kept.filter(|bytes| Digest::of(bytes) == script))
}

/// Keeps a picture of a notice in place of an older one.
///
/// # Errors
/// If it is not a PNG of the view's width, or the store fails.
pub fn keep_picture(
    store: &dyn Store,
    site: &SiteId,
    notice: NoticeId,
    view: &View,
    png: &[u8],
) -> Result<(), EvidenceError> {
    let found = Picture::parse(png)?.width;
    if found != view.width {
        return Err(EvidenceError::Width { view: view.name, expected: view.width, found });
    }
    Ok(store.keep(site, &picture_name(notice, view.name), png)?)
}

/// The names of the views of which there is a picture.
///
/// # Errors
/// If the store fails.
pub fn pictured(store: &dyn Store, site: &SiteId, notice: NoticeId) -> Result<Vec<&'static str>, StoreError> {
    let kept = store.kept_names(site, &picture_name(notice, ""))?;
    let is_kept = |view: &View| kept.contains(&picture_name(notice, view.name));
    Ok(VIEWS.iter().filter(|view| is_kept(view)).map(|view| view.name).collect())
}

/// A picture.
///
/// # Errors
/// If the store fails.
pub fn picture(
    store: &dyn Store,
    site: &SiteId,
    notice: NoticeId,
    view: &str,
) -> Result<Option<Vec<u8>>, StoreError> {
    store.kept(site, &picture_name(notice, view))
}
