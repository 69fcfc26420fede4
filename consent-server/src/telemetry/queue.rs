//! How many spans wait, and what became of the others.
//!
//! The SDK's queue has a limit of its own, but says only in a log that something did not fit. So the same limit is kept
//! here, before it, where what does not fit can be counted; the SDK's queue is then never full.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use super::Spans;

/// Counts spans. A clone counts the same.
#[derive(Clone, Debug)]
pub(super) struct Tally(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    /// How many may wait.
    limit: usize,
    waiting: AtomicUsize,
    sending: AtomicUsize,
    exported: AtomicU64,
    lost: AtomicU64,
}

impl Tally {
    /// Nothing yet, and room for `limit` spans.
    pub(super) fn new(limit: usize) -> Self {
        let counts = Counts {
            limit,
            waiting: AtomicUsize::new(0),
            sending: AtomicUsize::new(0),
            exported: AtomicU64::new(0),
            lost: AtomicU64::new(0),
        };
        Self(Arc::new(counts))
    }

    /// Takes a place in the queue, or counts a loss.
    fn enter(&self) -> bool {
        let next = |waiting: usize| (waiting < self.0.limit).then_some(waiting + 1);
        let entered = self.0.waiting.fetch_update(Ordering::AcqRel, Ordering::Acquire, next).is_ok();
        if !entered {
            self.0.lost.fetch_add(1, Ordering::Relaxed);
        }
        entered
    }

    /// So many have left the queue and are being sent.
    pub(super) fn send(&self, spans: usize) {
        self.0.sending.fetch_add(spans, Ordering::AcqRel);
        self.0.waiting.fetch_sub(spans, Ordering::AcqRel);
    }

    /// So many were sent, or not.
    pub(super) fn sent(&self, spans: usize, arrived: bool) {
        let count = if arrived { &self.0.exported } else { &self.0.lost };
        count.fetch_add(u64::try_from(spans).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.0.sending.fetch_sub(spans, Ordering::AcqRel);
    }

    /// What became of those that are not on their way.
    pub(super) fn spans(&self) -> Spans {
        let [exported, lost] = [&self.0.exported, &self.0.lost].map(|count| count.load(Ordering::Relaxed));
        Spans { exported, lost }
    }

    /// All that did not arrive, when nothing is going to be sent any more.
    pub(super) fn lost_at_the_end(&self) -> u64 {
        let left = [&self.0.waiting, &self.0.sending].map(|count| count.load(Ordering::Acquire));
        let left = left.map(|count| u64::try_from(count).unwrap_or(u64::MAX));
        left.into_iter().fold(self.spans().lost, u64::saturating_add)
    }
}

/// Gives spans to the next processor as long as there is room.
#[derive(Debug)]
pub(super) struct Bounded<P> {
    next: P,
    tally: Tally,
}

impl<P: SpanProcessor> Bounded<P> {
    /// Counts in `tally`, which `next` has to be told of what leaves it.
    pub(super) fn new(next: P, tally: Tally) -> Self {
        Self { next, tally }
    }
}

impl<P: SpanProcessor> SpanProcessor for Bounded<P> {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.next.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        if self.tally.enter() {
            self.next.on_end(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.next.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.next.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.next.set_resource(resource);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn above_the_limit_spans_are_lost_and_every_span_is_counted_once() {
        let tally = Tally::new(3);
        let entered = (0..5).filter(|_| tally.enter()).count();
        assert_eq!((entered, tally.spans()), (3, Spans { exported: 0, lost: 2 }));
        tally.send(2);
        assert_eq!((tally.enter(), tally.enter(), tally.enter()), (true, true, false));
        assert_eq!(tally.lost_at_the_end(), 3 + 3 + 2, "lost, waiting, on their way");
        tally.sent(2, true);
        tally.send(3);
        tally.sent(3, false);
        assert_eq!(tally.spans(), Spans { exported: 2, lost: 6 });
        assert_eq!(tally.lost_at_the_end(), 6);
    }
}
