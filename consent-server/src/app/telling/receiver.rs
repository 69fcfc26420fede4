//! One receiver: told one thing after the other, each until it has answered.

use std::time::Duration;

use consent_core::notice::SiteId;
use tokio::time::{Instant, sleep};

use super::course::{Course, Next, Piece};
use crate::anchors::client::Client;
use crate::anchors::worker::chain;
use crate::config::WebhookConfig;
use crate::http::{AppState, Live};
use crate::store::{LogId, StoreError};
use crate::webhooks::counts::Outcome;
use crate::webhooks::cursor::Cursor;
use crate::webhooks::delivery::{DeliveryError, LONGEST_WAIT, attempt};
use crate::webhooks::{LEASE_SECONDS, event, lease_name};

/// How long it takes at most until something new is seen.
const EVERY: Duration = Duration::from_millis(500);

/// How often how far a receiver was told is kept: what it is told again if the process is killed.
const KEPT_EVERY: Duration = Duration::from_secs(1);

/// How often the lease is renewed, or asked for. An attempt lies between two of these at most, so that it ends before the lease does.
const LEASED_EVERY: Duration = Duration::from_secs(10);

/// Why a receiver is not told any more.
enum End {
    /// The config does not name it, or another process tells it.
    Over,
    /// How far it was told could not be kept: the process must end.
    Store(StoreError),
}

/// One receiver.
pub(super) struct Receiver {
    live: Live,
    client: Client,
    site: SiteId,
    id: String,
    leased: Option<Instant>,
    kept: Instant,
    /// Whether it was said that it takes nothing.
    said: bool,
    /// How often in a row it did not take what it is told again,
    again_failures: u32,
    /// and when that is tried next: what is new does not wait for it.
    again_at: Instant,
}

impl Receiver {
    pub(super) fn new(live: Live, client: Client, site: SiteId, id: String) -> Self {
        let now = Instant::now();
        Self {
            live,
            client,
            site,
            id,
            leased: None,
            kept: now,
            said: false,
            again_failures: 0,
            again_at: now,
        }
    }

    /// Runs until the config names it no more. Where processes share a store, one of them tells, and another one if that one does
    /// not any more.
    pub(super) async fn run(mut self) -> Result<(), StoreError> {
        while self.config().is_some() {
            match self.tell_all().await {
                Ok(()) => {}
                Err(End::Over) => sleep(LEASED_EVERY / 2).await,
                Err(End::Store(error)) => return Err(error),
            }
            self.live.now().told.forget(&self.site, &self.id);
            self.leased = None;
        }
        Ok(())
    }

    fn config(&self) -> Option<WebhookConfig> {
        let state = self.live.now();
        let webhooks = &state.sites.get(self.site.as_str())?.config.webhooks;
        webhooks.iter().find(|webhook| webhook.id == self.id).cloned()
    }

    /// Tells all there is and what comes, until it may not any more.
    async fn tell_all(&mut self) -> Result<(), End> {
        self.hold_lease().await?;
        let (site, id) = (self.site.clone(), self.id.clone());
        let mut failures = 0;
        let cursor = loop {
            let (site, id) = (site.clone(), id.clone());
            match self.blocking(move |state| Cursor::begin(&*state.store, &site, &id)).await {
                Ok(cursor) => break cursor,
                Err(error) => self.stumble(&error, &mut failures).await?,
            }
        };
        let mut course = Course::new(cursor);
        failures = 0;
        loop {
            self.hold_lease().await?;
            let webhook = self.config().ok_or(End::Over)?;
            let (site, id) = (site.clone(), id.clone());
            let mut at = course.clone();
            let with_again = Instant::now() >= self.again_at;
            let looked = self.blocking(move |state| {
                let sizes = sizes(state, &site);
                let next = at.next(&*state.store, &site, &id, &sizes, &webhook.events, with_again)?;
                Ok((at, next))
            });
            match looked.await {
                Ok((at, next)) => {
                    (course, failures) = (at, 0);
                    match next {
                        Next::Tell(piece, is_again) => self.tell(&mut course, piece, is_again).await?,
                        Next::More => self.keep(&mut course, false).await?,
                        Next::Nothing => {
                            self.keep(&mut course, true).await?;
                            self.live.now().told.waits_since(&self.site, &self.id, None);
                            sleep(EVERY).await;
                        }
                    }
                }
                Err(error) => self.stumble(&error, &mut failures).await?,
            }
        }
    }

    /// Tells what is in a piece, in its order.
    async fn tell(&mut self, course: &mut Course, piece: Piece, is_again: bool) -> Result<(), End> {
        let log = piece.log;
        for due in piece.due {
            // What is told again is late for nobody.
            let oldest = (!is_again).then_some(due.time);
            self.live.now().told.waits_since(&self.site, &self.id, oldest);
            if !self.tell_one(course, (&log, due.index), is_again).await? {
                return Ok(());
            }
            course.done(&log, due.index + 1, is_again);
            self.keep(course, false).await?;
        }
        course.done(&log, piece.to, is_again);
        self.keep(course, false).await
    }

    /// Tells one thing until it was heard; what is told again is tried once, and `false` if that did not do.
    async fn tell_one(
        &mut self,
        course: &mut Course,
        (log, index): (&LogId, u64),
        is_again: bool,
    ) -> Result<bool, End> {
        let name = event::id(log, index);
        let (mut failures, mut stumbles) = (0, 0);
        loop {
            self.hold_lease().await?;
            let webhook = self.config().ok_or(End::Over)?;
            // Made anew for each attempt: what was erased since the last one is not told.
            let of = log.clone();
            let body = match self.blocking(move |state| event::body(&*state.store, &of, index)).await {
                Ok(Some(body)) => body,
                // The log is past its time and gone.
                Ok(None) => return Ok(true),
                Err(error) => {
                    self.stumble(&error, &mut stumbles).await?;
                    continue;
                }
            };
            let state = self.live.now();
            let (now, told) = (state.clock.unix_seconds(), std::sync::Arc::clone(&state.told));
            drop(state);
            let Err(error) = attempt(&self.client, &webhook, &name, now, body).await else {
                told.attempted(&self.site, &self.id, Outcome::Delivered);
                if let Some(since) = course.cursor.failing_since {
                    self.said = false;
                    let failed_s = now.saturating_sub(since);
                    tracing::info!(site = %self.site, webhook = %self.id, failed_s, "a receiver takes what it is told again");
                    course.fails_since(None);
                }
                if is_again {
                    self.again_failures = 0;
                }
                return Ok(true);
            };
            told.attempted(&self.site, &self.id, error.outcome());
            let failed = if is_again { &mut self.again_failures } else { &mut failures };
            *failed += 1;
            let wait = error.wait(*failed, random());
            if !std::mem::replace(&mut self.said, true) {
                self.say(&error, wait);
            }
            course.fails_since(Some(course.cursor.failing_since.unwrap_or(now)));
            self.keep(course, true).await?;
            if is_again {
                self.again_at = Instant::now() + wait;
                return Ok(false);
            }
            self.wait(wait, &webhook).await?;
        }
    }

    fn say(&self, error: &DeliveryError, wait: Duration) {
        tracing::warn!(
            site = %self.site, webhook = %self.id, error = %chain(error), wait_ms = wait.as_millis(),
            "a receiver does not take what it is told; it is told again until it does"
        );
    }

    /// Waits, but not longer than the config says what it said; the lease is held meanwhile.
    async fn wait(&mut self, wait: Duration, webhook: &WebhookConfig) -> Result<(), End> {
        let end = Instant::now() + wait;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || self.config().as_ref() != Some(webhook) {
                return Ok(());
            }
            self.hold_lease().await?;
            sleep(left.min(EVERY)).await;
        }
    }

    /// Keeps how far it was told: once in a while, or at once.
    async fn keep(&mut self, course: &mut Course, at_once: bool) -> Result<(), End> {
        if !course.has_moved() || !(at_once || self.kept.elapsed() >= KEPT_EVERY) {
            return Ok(());
        }
        let (mut at, site, id) = (course.clone(), self.site.clone(), self.id.clone());
        let keep = self.blocking(move |state| {
            let logs =
                state.store.logs()?.into_iter().filter(|(log, head)| log.site == site && !head.forgotten);
            at.cursor.keep_only(&logs.map(|(log, _)| log).collect::<Vec<_>>());
            at.keep(&*state.store, &site, &id)?;
            Ok(at)
        });
        *course = keep.await.map_err(End::Store)?;
        self.kept = Instant::now();
        Ok(())
    }

    /// Takes or renews the lease, if it is time to.
    async fn hold_lease(&mut self) -> Result<(), End> {
        if self.leased.is_some_and(|leased| leased.elapsed() < LEASED_EVERY) {
            return Ok(());
        }
        let (name, asked) = (lease_name(&self.site, &self.id), Instant::now());
        let is_leased = self.blocking(move |state| state.store.lease(&name, LEASE_SECONDS)).await;
        if !is_leased.map_err(End::Store)? {
            return Err(End::Over);
        }
        self.leased = Some(asked);
        Ok(())
    }

    /// Something could not be read. A store that has failed ends the process elsewhere.
    async fn stumble(&mut self, error: &StoreError, failures: &mut u32) -> Result<(), End> {
        if *failures == 0 {
            tracing::error!(site = %self.site, webhook = %self.id, error = %chain(error), "what a receiver is to be told can not be read");
        }
        *failures += 1;
        let webhook = self.config().ok_or(End::Over)?;
        let wait = Duration::from_secs(1_u64.checked_shl(*failures).unwrap_or(u64::MAX)).min(LONGEST_WAIT);
        self.wait(wait, &webhook).await
    }

    /// Work of the store, where it keeps nobody waiting.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&AppState) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let state = self.live.now();
        let done = tokio::task::spawn_blocking(move || work(&state)).await;
        done.map_err(|error| StoreError::Engine(Box::new(error)))?
    }
}

/// How many entries of each log of a site are there and promised. Of one that could not go on, some may be lost.
fn sizes(state: &AppState, site: &SiteId) -> Vec<(LogId, u64)> {
    let reach = |log: &LogId, size| state.heads.ended(log).map_or(size, |ended| ended.reached());
    let heads = state.heads.of_site(site).into_iter();
    heads.map(|(log, head)| (log.clone(), reach(&log, head.checkpoint().size))).collect()
}

/// Without randomness everybody comes back at once, which is no reason not to come back.
fn random() -> u32 {
    getrandom::u32().unwrap_or(0)
}
