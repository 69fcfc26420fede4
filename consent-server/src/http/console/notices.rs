//! What visitors were shown.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use consent_core::bundle::page as shown;
use consent_core::notice::{Difference, Notice, NoticeId};
use serde::Deserialize;

use crate::console::{Against, NoticeLine, NoticePage, NoticesPage, Paging, Switches, moment, one_of};
use crate::older::Again;
use crate::site::Site;

use super::super::extract::{Path, Query};
use super::super::{AppState, Live, declaration};
use super::SignedIn;
use super::answer::{Refusal, html, page};

/// The page's own policy, in its head, says what it may load; this one, that nothing else does, and who may frame it.
pub(super) const SHOWN: &str = "sandbox allow-scripts; frame-ancestors 'self'";

#[derive(Deserialize)]
pub(super) struct Looked {
    /// The notice to compare with.
    against: Option<NoticeId>,
    /// How wide it is drawn.
    #[serde(default)]
    width: String,
}

/// Which page of a list.
#[derive(Deserialize)]
pub(super) struct Turned {
    pub(super) page: Option<usize>,
}

pub(super) async fn get_page(
    State(live): State<Live>,
    signed_in: SignedIn,
    Path(site): Path<String>,
    Query(turned): Query<Turned>,
) -> Result<Response, Refusal> {
    let state = live.now();
    let site = signed_in.site(&state, &site)?;
    let frame = signed_in.frame(&state, Some(site), "Notices", "notices");
    let all = lines(&state, site).await?;
    let paging = Paging::new(all.len(), turned.page.unwrap_or(1));
    let notices = all.into_iter().skip(paging.range().start).take(paging.range().len()).collect();
    let site = site.config.id.to_string();
    Ok(page(&NoticesPage { frame, site, notices, paging }))
}

/// One notice; with `.html` behind its id, what visitors saw, alone.
pub(super) async fn get_notice(
    State(live): State<Live>,
    signed_in: SignedIn,
    Path((site, name)): Path<(String, String)>,
    Query(looked): Query<Looked>,
) -> Result<Response, Refusal> {
    let state = live.now();
    let site = signed_in.site(&state, &site)?;
    let (id, alone) = name.strip_suffix(".html").map_or((name.as_str(), false), |id| (id, true));
    let id: NoticeId = id.parse().map_err(|_| Refusal::not_found())?;
    let notice = state.find_notice(site, id).await?.ok_or_else(Refusal::not_found)?;
    if alone {
        return Ok(html(shown::page(&notice, None), SHOWN));
    }
    let mut all = lines(&state, site).await?;
    let at = all.iter().position(|one| one.id == name);
    let line = at.map_or_else(|| line(&notice, None, false), |at| all.remove(at));
    let languages = beside(&line, &all);
    all.retain(|one| one.language == line.language);
    // Left to itself it is compared with the one that it took the place of.
    let before = all.iter().filter(|one| one.region == line.region && one.since < line.since);
    let other = looked.against.or_else(|| before.max_by_key(|one| &one.since)?.id.parse().ok());
    let against = match other {
        None => None,
        Some(id) => Some(state.find_notice(site, id).await?.ok_or_else(Refusal::not_found)?),
    };
    let against = against.map(|older| difference(&older, &notice));
    let frame = signed_in.frame(&state, Some(site), "Notice", "notices");
    let site = site.config.id.to_string();
    let waivers = notice.waivers.iter().map(ToString::to_string).collect();
    let measured = notice.audience_measurement.as_ref().map(ToString::to_string);
    let width = one_of(Switches::WIDTHS, &looked.width);
    Ok(page(&NoticePage {
        frame,
        site,
        notice: line,
        waivers,
        measured,
        languages,
        width,
        others: all,
        against,
    }))
}

/// What was shown in each other language where and when this notice was: those in force beside one that is, and else the newest that
/// was there when it began.
fn beside(notice: &NoticeLine, all: &[NoticeLine]) -> Vec<NoticeLine> {
    let mut beside = BTreeMap::new();
    let there = all.iter().filter(|one| one.region == notice.region && one.language != notice.language);
    for one in there {
        let fits = if notice.is_in_force { one.is_in_force } else { one.since <= notice.since };
        let newest = beside.get(&one.language).is_none_or(|known: &&NoticeLine| known.since < one.since);
        if fits && newest {
            beside.insert(&one.language, one);
        }
    }
    beside.into_values().cloned().collect()
}

fn difference(older: &Arc<Notice>, newer: &Arc<Notice>) -> Against {
    Against {
        id: older.id().to_string(),
        asked: Again::between(older, newer).asked.iter().map(|category| category.as_str()).collect(),
        changes: Difference::between(older, newer)
            .changes
            .iter()
            .map(|change| (change.to_string(), change.asks))
            .collect(),
    }
}

/// All notices, those in force first and the newest first among both.
async fn lines(state: &AppState, site: &Site) -> Result<Vec<NoticeLine>, Refusal> {
    let id = site.config.id.to_string();
    let named = state.blocking(move |state| Ok(declaration::named(state, state.site(&id)?)?.clone())).await?;
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
    NoticeLine {
        id: notice.id().to_string(),
        language: notice.language.clone(),
        region: notice.regime.region.clone(),
        since: since.map(moment),
        is_in_force,
        waivers: notice.waivers.len(),
    }
}
