//! One attempt to tell a receiver something, and how long to wait after one that failed.

use std::time::Duration;

use http::{HeaderMap, Request, header};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use super::counts::Outcome;
use super::signature::sign;
use crate::anchors::client::{Client, ClientError};
use crate::config::WebhookConfig;

/// The first wait after a failure; it doubles up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// The longest wait between two attempts that the receiver does not ask for.
pub const LONGEST_WAIT: Duration = Duration::from_secs(10 * 60);

/// The longest that a receiver can ask for, with `Retry-After`.
const LONGEST_ASKED: Duration = Duration::from_secs(60 * 60);

/// What came of an attempt that failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeliveryError {
    /// Another status than 2xx. A redirect is one of them: nobody but the named receiver is told.
    #[error("the answer was {status}")]
    Refused {
        /// It.
        status: u16,
        /// For how long the receiver wants to be left alone.
        retry_after: Option<Duration>,
    },
    /// No answer.
    #[error(transparent)]
    Unanswered(#[from] ClientError),
    /// The address, or what is signed, can not be put into a request.
    #[error("it can not be asked")]
    Request(#[from] http::Error),
}

impl DeliveryError {
    /// How it is counted.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Refused { .. } => Outcome::Refused,
            Self::Unanswered(_) | Self::Request(_) => Outcome::Unanswered,
        }
    }

    /// How long to wait after so many failures: some `random` half of it is left out, so that not everybody comes back at once.
    #[must_use]
    pub fn wait(&self, failures: u32, random: u32) -> Duration {
        let factor = 1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX);
        let whole = FIRST_WAIT.saturating_mul(factor).min(LONGEST_WAIT);
        let half = whole / 2;
        let spread = half.checked_div(1024).unwrap_or_default() * (random % 1024);
        let wait = half + spread;
        match self {
            Self::Refused { retry_after: Some(asked), .. } => wait.max((*asked).min(LONGEST_ASKED)),
            _ => wait,
        }
    }
}

/// Tells a receiver once, at `now` (unix seconds).
///
/// # Errors
/// See [`DeliveryError`]; nothing is known then of whether it has heard it.
pub async fn attempt(
    client: &Client,
    webhook: &WebhookConfig,
    id: &str,
    now: u64,
    body: Vec<u8>,
) -> Result<(), DeliveryError> {
    let request = Request::post(&webhook.url)
        .header(header::CONTENT_TYPE, "application/json")
        .header("webhook-id", id)
        .header("webhook-timestamp", now)
        .header("webhook-signature", sign(&webhook.secrets, id, now, &body))
        .body(body)?;
    let answer = client.send(request).await?;
    if answer.status().is_success() {
        return Ok(());
    }
    let retry_after = retry_after(answer.headers(), now);
    Err(DeliveryError::Refused { status: answer.status().as_u16(), retry_after })
}

/// What `Retry-After` says (RFC 9110, section 10.2.3): seconds, or a moment.
fn retry_after(headers: &HeaderMap, now: u64) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let seconds = text.parse().ok().or_else(|| {
        let moment = OffsetDateTime::parse(text, &Rfc2822).ok()?.unix_timestamp();
        Some(u64::try_from(moment).ok()?.saturating_sub(now))
    });
    seconds.map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(retry_after: Option<u64>) -> DeliveryError {
        DeliveryError::Refused { status: 503, retry_after: retry_after.map(Duration::from_secs) }
    }

    #[test]
    fn waits_double_up_to_ten_minutes_and_half_of_each_is_random() {
        for (failures, whole) in [(1, 1), (2, 2), (3, 4), (10, 512), (11, 600), (40, 600), (u32::MAX, 600)] {
            let whole = Duration::from_secs(whole);
            let waits = [0, 512, 1023].map(|random| refused(None).wait(failures, random));
            assert_eq!(waits[0], whole / 2);
            assert!(waits[0] < waits[1] && waits[1] < waits[2] && waits[2] <= whole, "{waits:?}");
        }
    }

    #[test]
    fn a_receiver_is_left_alone_for_as_long_as_it_asks_but_not_for_ever() {
        let wait = |asked| refused(Some(asked)).wait(1, 0);
        assert_eq!((wait(0), wait(7)), (Duration::from_millis(500), Duration::from_secs(7)));
        assert_eq!(wait(1_000_000), LONGEST_ASKED);
        let said = |text: &str| {
            let headers = HeaderMap::from_iter([(header::RETRY_AFTER, text.parse().unwrap())]);
            retry_after(&headers, 784_111_770).map(|wait| wait.as_secs())
        };
        assert_eq!(said("120"), Some(120));
        assert_eq!(said("Sun, 06 Nov 1994 08:49:37 GMT"), Some(7));
        assert_eq!(said("Sun, 06 Nov 1994 08:49:00 GMT"), Some(0));
        assert_eq!((said("soon"), retry_after(&HeaderMap::new(), 0)), (None, None));
    }
}
