//! A Chromium that does what it is told, over the pipe of its `DevTools` protocol.
//!
//! Messages are JSON, each ended by a zero byte. Through a pipe nobody else on the machine can speak to it, as they could through a
//! port.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::process::{Child, ChildStdin};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::super::chromium::Chromium;

/// The largest message that is taken: a screenshot is a few MiB.
const MAX_MESSAGE: usize = 32 * 1024 * 1024;

/// How many events may wait to be read.
const MAX_WAITING: usize = 100_000;

/// How long one answer may take.
const LIMIT: Duration = Duration::from_secs(60);

/// How long it has to end by itself.
const PARTING: Duration = Duration::from_secs(5);

type Failure = Box<dyn std::error::Error>;

/// Something that happened in the browser.
#[derive(Debug)]
pub(super) struct Event {
    /// In which of its pages, frames and workers.
    pub(super) session: Option<String>,
    /// What, as the protocol names it.
    pub(super) method: String,
    /// How, as the protocol says it. Pages have a hand in it.
    pub(super) params: Value,
}

/// The browser. It ends with this value.
#[derive(Debug)]
pub(super) struct Browser {
    child: Child,
    to: ChildStdin,
    from: Receiver<Result<Vec<u8>, String>>,
    last: u64,
    waiting: VecDeque<Event>,
    /// Its profile, which goes when the browser has gone.
    _profile: TempDir,
}

impl Browser {
    /// Starts it with a fresh profile.
    pub(super) fn start(chromium: &Chromium) -> Result<Self, Failure> {
        let profile = tempfile::tempdir()?;
        let mut child = chromium.told_through_pipes(profile.path()).spawn()?;
        let to = child.stdin.take().ok_or("no pipe to the browser")?;
        let out = child.stdout.take().ok_or("no pipe from the browser")?;
        let (sender, from) = sync_channel(1024);
        std::thread::spawn(move || {
            let mut out = BufReader::new(out);
            while let Some(message) = next(&mut out, MAX_MESSAGE).transpose() {
                let last = message.is_err();
                if sender.send(message).is_err() || last {
                    break;
                }
            }
        });
        Ok(Self { child, to, from, last: 0, waiting: VecDeque::new(), _profile: profile })
    }

    /// Has something done, and waits until it is.
    pub(super) fn call(
        &mut self,
        session: Option<&str>,
        method: &str,
        params: &Value,
    ) -> Result<Value, Failure> {
        let id = self.send(session, method, params)?;
        let until = Instant::now() + LIMIT;
        loop {
            let Some(mut message) = self.receive(until)? else {
                return Err(format!("the browser did not answer to {method} in time").into());
            };
            if at(&message, "/id").as_u64() != Some(id) {
                self.keep(message)?;
            } else if let Some(error) = message.get("error") {
                return Err(format!("the browser refused {method}: {}", text(error, "/message")).into());
            } else {
                return Ok(take(&mut message, "/result"));
            }
        }
    }

    /// Has something done, and does not ask how it went. The answer's number.
    pub(super) fn send(
        &mut self,
        session: Option<&str>,
        method: &str,
        params: &Value,
    ) -> Result<u64, Failure> {
        self.last += 1;
        let message = match session {
            Some(session) => {
                json!({ "id": self.last, "method": method, "params": params, "sessionId": session })
            }
            None => json!({ "id": self.last, "method": method, "params": params }),
        };
        let mut bytes = serde_json::to_vec(&message)?;
        bytes.push(0);
        self.to.write_all(&bytes).and_then(|()| self.to.flush()).map_err(|_| GONE)?;
        Ok(self.last)
    }

    /// What happened next, if anything does within `wait`.
    pub(super) fn event(&mut self, wait: Duration) -> Result<Option<Event>, Failure> {
        let until = Instant::now() + wait;
        while self.waiting.is_empty() {
            let Some(message) = self.receive(until)? else { return Ok(None) };
            self.keep(message)?;
        }
        Ok(self.waiting.pop_front())
    }

    fn receive(&self, until: Instant) -> Result<Option<Value>, Failure> {
        match self.from.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(message) => Ok(Some(serde_json::from_slice(&message?)?)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(GONE.into()),
        }
    }

    fn keep(&mut self, mut message: Value) -> Result<(), Failure> {
        let Some(method) = at(&message, "/method").as_str().map(str::to_owned) else { return Ok(()) };
        if self.waiting.len() == MAX_WAITING {
            return Err("the page does more than can be followed".into());
        }
        let session = at(&message, "/sessionId").as_str().map(str::to_owned);
        self.waiting.push_back(Event { session, method, params: take(&mut message, "/params") });
        Ok(())
    }
}

const GONE: &str =
    "Chromium ended by itself: start it by hand to see why; in a container it may lack its sandbox";

impl Drop for Browser {
    fn drop(&mut self) {
        // Whether or not it hears it, it is gone in the end.
        let asked = self.send(None, "Browser.close", &json!({})).is_ok();
        let until = Instant::now() + PARTING;
        while asked && Instant::now() < until && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What stands at a place of a message, or nothing.
pub(super) fn at<'v>(message: &'v Value, place: &str) -> &'v Value {
    message.pointer(place).unwrap_or(&Value::Null)
}

/// The same, taken out of it.
pub(super) fn take(message: &mut Value, place: &str) -> Value {
    message.pointer_mut(place).map_or(Value::Null, Value::take)
}

/// The text that stands there; empty if none does.
pub(super) fn text(message: &Value, place: &str) -> String {
    at(message, place).as_str().unwrap_or_default().to_owned()
}

/// The next message; `None` at the end.
fn next(from: &mut BufReader<impl Read>, max: usize) -> Result<Option<Vec<u8>>, String> {
    let mut message = Vec::new();
    let limit = u64::try_from(max).unwrap_or(u64::MAX);
    let read = from.take(limit).read_until(0, &mut message).map_err(|error| error.to_string())?;
    match message.pop() {
        None => Ok(None),
        Some(0) => Ok(Some(message)),
        Some(_) if read == max => Err(format!("a message of the browser is longer than {max} bytes")),
        Some(_) => Err("the browser ended in the middle of a message".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_end_with_a_zero_and_have_a_limit() {
        let mut from = BufReader::new(b"{}\0[1]\0".as_slice());
        assert_eq!(next(&mut from, 4), Ok(Some(b"{}".to_vec())));
        assert_eq!(next(&mut from, 4), Ok(Some(b"[1]".to_vec())));
        assert_eq!(next(&mut from, 4), Ok(None));
        let long = next(&mut BufReader::new(b"[1]\0".as_slice()), 3);
        assert!(long.is_err_and(|error| error.contains("longer than 3 bytes")));
        let cut = next(&mut BufReader::new(b"[1".as_slice()), 3);
        assert!(cut.is_err_and(|error| error.contains("in the middle")));
    }
}
