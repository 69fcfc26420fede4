//! The thread that asks.

use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;

use super::{Failing, Follow, FollowError, Shared, Told, pace};
use crate::notice::NoticeId;
use crate::web::{Fresh, system_clock};

pub(super) struct Round {
    follow: Follow,
    fresh: Arc<Fresh>,
    /// The last notice that was taken, and the entity tag that it came with.
    known: Option<(NoticeId, String)>,
}

impl Round {
    pub(super) fn new(follow: Follow, fresh: Arc<Fresh>) -> Self {
        Self { follow, fresh, known: None }
    }

    /// Asks until it is over.
    pub(super) fn run(mut self, shared: &Shared) {
        let mut failing = None;
        loop {
            let now = system_clock();
            let asked = self.ask(shared, now);
            if shared.lock().is_over {
                return;
            }
            let (told, wait) = self.weigh(asked, now, failing.take());
            if let Told::Failed(one) = &told {
                failing = Some(one.clone());
            }
            {
                let mut state = shared.lock();
                state.is_answered |= failing.is_none();
                state.failing.clone_from(&failing);
            }
            shared.changed.notify_all();
            (self.follow.tell)(&told);
            if shared.pause(wait) {
                return;
            }
        }
    }

    /// Asks once. What comes is as old as the question, as a server may have changed its mind since it began to answer.
    fn ask(&mut self, shared: &Shared, now: OffsetDateTime) -> Result<Told, FollowError> {
        let Follow { client, site, language, region, .. } = &self.follow;
        let last = self.fresh.last().map(|(enforcer, _)| enforcer.in_force().notice().id());
        // Somebody else may have handed over another one meanwhile: then "not changed" would confirm what it does not speak of.
        let tag = self.known.as_ref().filter(|(id, _)| Some(*id) == last).map(|(_, tag)| tag.as_str());
        let answer = client.notice_unless(site, language.as_deref(), region.as_deref(), tag)?;
        if shared.lock().is_over {
            return Ok(Told::Unchanged);
        }
        let Some(answer) = answer else {
            self.fresh.confirm(now);
            return Ok(Told::Unchanged);
        };
        let is_another = self.fresh.take(&answer.body, now)?;
        let taken = self.fresh.last().map(|(enforcer, _)| enforcer.in_force().notice().id());
        self.known = taken.zip(answer.tag);
        Ok(match taken {
            Some(id) if is_another => Told::Changed(id),
            _ => Told::Unchanged,
        })
    }

    /// What is said of a question, and how long it is until the next one.
    fn weigh(
        &self,
        asked: Result<Told, FollowError>,
        now: OffsetDateTime,
        before: Option<Failing>,
    ) -> (Told, Duration) {
        let (every, chance) = (self.follow.every, pace::chance());
        match asked {
            Ok(told) => (told, pace::after_answer(every, chance)),
            Err(why) => {
                let (is_passing, asked_for) = match &why {
                    FollowError::Client(error) => (error.is_worth_another_try(), error.retry_after()),
                    FollowError::Notice(_) => (false, None),
                };
                let times = before.as_ref().map_or(0, |failing| failing.times).saturating_add(1);
                let again_in = pace::after_failure(every, times, is_passing, asked_for, chance);
                let since = before.map_or(now, |failing| failing.since);
                (Told::Failed(Failing { since, times, why: Arc::new(why), again_in }), again_in)
            }
        }
    }
}
