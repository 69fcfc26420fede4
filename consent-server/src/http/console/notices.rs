//! What visitors were shown.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::response::Response;
use consent_core::bundle::page as shown;
use consent_core::notice::{Notice, NoticeId};
use time::OffsetDateTime;

use crate::console::{NoticeLine, NoticePage, NoticesPage, moment};
use crate::history;
use crate::site::Site;

use super::super::extract::Path;
use super::super::{AppState, Live};
use super::SignedIn;
use super::answer::{Refusal, html, page};

/// As in the declaration: as many entries of a log are looked at for the first that names a notice.
const MOST: u64 = 100_000;

/// The page's own policy, in its head, says what it may load; this one, that nothing else does, and who may frame it.
const SHOWN: &str = "sandbox allow-scripts; frame-ancestors 'self'";

pub(super) async fn get_page(
    State(live): State<Live>,
    signed_in: SignedIn,
    Path(site): Path<String>,
) -> Result<Response, Refusal> {
    let state = live.now();
    let site = signed_in.site(&state, &site)?;
    let frame = signed_in.frame(&state, Some(site), "Notices", "notices");
    let notices = lines(&state, site).await?;
    let site = site.config.id.to_string();
    Ok(signed_in.answer(page(&NoticesPage { frame, site, notices })))
}

/// One notice; with `.html` behind its id, what visitors saw, alone.
pub(super) async fn get_notice(
    State(live): State<Live>,
    signed_in: SignedIn,
    Path((site, name)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let state = live.now();
    let site = signed_in.site(&state, &site)?;
    let (id, alone) = name.strip_suffix(".html").map_or((name.as_str(), false), |id| (id, true));
    let id: NoticeId = id.parse().map_err(|_| Refusal::not_found())?;
    let notice = state.find_notice(site, id).await?.ok_or_else(Refusal::not_found)?;
    if alone {
        return Ok(signed_in.answer(html(shown::page(&notice, None), SHOWN)));
    }
    let id = notice.id().to_string();
    let found = lines(&state, site).await?.into_iter().find(|line| line.id == id);
    let notice = found.unwrap_or_else(|| line(&notice, None, false));
    let frame = signed_in.frame(&state, Some(site), "Notice", "notices");
    let site = site.config.id.to_string();
    Ok(signed_in.answer(page(&NoticePage { frame, site, notice })))
}

/// All notices, those in force first and the newest first among both.
async fn lines(state: &AppState, site: &Site) -> Result<Vec<NoticeLine>, Refusal> {
    let id = site.config.id.clone();
    let named =
        state.blocking(move |state| Ok(history::first_named(&*state.store, &id, MOST, |_, _| {})?)).await?;
    let in_force: BTreeSet<_> = site.banners().map(|banner| banner.notice.id()).collect();
    let time = |notice: &Notice| named.get(&notice.id()).map(|named| named.time);
    let mut all: Vec<_> = site.notices().collect();
    all.sort_by_key(|notice| {
        let is_earlier = !in_force.contains(&notice.id());
        (is_earlier, std::cmp::Reverse(time(notice)), notice.language.clone(), notice.id())
    });
    Ok(all.into_iter().map(|notice| line(notice, time(notice), in_force.contains(&notice.id()))).collect())
}

fn line(notice: &Notice, since: Option<u64>, is_in_force: bool) -> NoticeLine {
    let at = |since| i64::try_from(since).ok().and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok());
    NoticeLine {
        id: notice.id().to_string(),
        language: notice.language.clone(),
        region: notice.regime.region.clone(),
        since: since.and_then(at).map(moment),
        is_in_force,
        waivers: notice.waivers.len(),
    }
}
