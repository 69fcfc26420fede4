//! A wire to a real server that breaks at one request: before the server hears of it, or when the server has done it and
//! before the client hears of that.
//!
//! It reads the frames of PostgreSQL's protocol (version 3): a request is a simple query, or whatever ends with a `Sync`;
//! its answer ends with `ReadyForQuery`.

use std::io::{self, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cut {
    /// The server never hears of it.
    Before,
    /// The server does it, and nobody hears of that.
    After,
}

/// Passes bytes on to one address.
pub(super) struct Wire {
    /// Where it listens.
    pub(super) address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    to: SocketAddr,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Requests so far, over all connections.
    requests: u64,
    cut: Option<(u64, Cut)>,
    /// Whether the wire is whole again after the cut.
    comes_back: bool,
    was_cut: bool,
    ended: bool,
}

impl Wire {
    /// A wire to this address that is cut at request number `at`, counted from 0, and comes back after that or not.
    pub(super) fn start(to: SocketAddr, at: u64, cut: Cut, comes_back: bool) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let state = State { cut: Some((at, cut)), comes_back, ..State::default() };
        let shared = Arc::new(Shared { to, state: Mutex::new(state) });
        let of_listener = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if of_listener.state().ended {
                    return;
                }
                if of_listener.is_gone() {
                    continue;
                }
                let Ok(server) = TcpStream::connect(of_listener.to) else { continue };
                let _ = client.set_nodelay(true).and_then(|()| server.set_nodelay(true));
                let shared = Arc::clone(&of_listener);
                thread::spawn(move || drop(Connection::new(shared, client, server).map(Connection::run)));
            }
        });
        Self { address, shared }
    }

    /// Whether there were so many requests that it was cut.
    pub(super) fn was_cut(&self) -> bool {
        self.shared.state().was_cut
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.shared.state().ended = true;
        // Wakes the listener, so that it sees that.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_gone(&self) -> bool {
        let state = self.state();
        state.was_cut && !state.comes_back
    }

    /// What happens to the next request.
    fn next(&self) -> Option<Cut> {
        let mut state = self.state();
        if state.was_cut && !state.comes_back {
            return Some(Cut::Before);
        }
        let at = state.requests;
        state.requests += 1;
        let (_, cut) = state.cut.take_if(|(when, _)| *when == at)?;
        state.was_cut = true;
        Some(cut)
    }
}

/// One connection. Both of its threads end when one of the streams does.
struct Connection {
    shared: Arc<Shared>,
    client: TcpStream,
    server: TcpStream,
    /// Answers of the server, and whether the client hears no more of them.
    answers: Mutex<(u64, bool)>,
    answered: Condvar,
}

impl Connection {
    fn new(shared: Arc<Shared>, client: TcpStream, server: TcpStream) -> io::Result<Arc<Self>> {
        // A test that hangs is worse than one that fails.
        server.set_write_timeout(Some(Duration::from_secs(30)))?;
        Ok(Arc::new(Self { shared, client, server, answers: Mutex::default(), answered: Condvar::new() }))
    }

    fn run(self: Arc<Self>) {
        let back = Arc::clone(&self);
        thread::spawn(move || {
            let _ = back.pass_back();
            back.close();
        });
        let _ = self.pass();
        self.close();
    }

    fn close(&self) {
        let _ = self.client.shutdown(Shutdown::Both);
        let _ = self.server.shutdown(Shutdown::Both);
        // Whoever waits for an answer of this server waits no longer.
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.0 = u64::MAX;
        self.answered.notify_all();
    }

    /// From the client to the server.
    fn pass(&self) -> io::Result<()> {
        let (mut from, mut to) = (BufReader::new(&self.client), &self.server);
        // The first frame has no letter: the version, and who it is. Its answer ends like that to a request.
        let mut begin = [0; 4];
        from.read_exact(&mut begin)?;
        let mut rest = vec![0; body(begin)?];
        from.read_exact(&mut rest)?;
        to.write_all(&[&begin[..], &rest[..]].concat())?;
        let mut expected = 1;
        loop {
            let frame = frame(&mut from)?;
            if !matches!(frame.first(), Some(b'Q' | b'S')) {
                to.write_all(&frame)?;
                continue;
            }
            expected += 1;
            match self.shared.next() {
                None => to.write_all(&frame)?,
                Some(Cut::Before) => return Ok(()),
                Some(Cut::After) => {
                    self.answers.lock().unwrap_or_else(PoisonError::into_inner).1 = true;
                    to.write_all(&frame)?;
                    let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
                    let done = self.answered.wait_while(answers, |(answers, _)| *answers < expected);
                    drop(done);
                    return Ok(());
                }
            }
        }
    }

    /// From the server to the client.
    fn pass_back(&self) -> io::Result<()> {
        let (mut from, mut to) = (BufReader::new(&self.server), &self.client);
        loop {
            let frame = frame(&mut from)?;
            let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            if frame.first() == Some(&b'Z') {
                // A connection that was given up has had all of them.
                answers.0 = answers.0.saturating_add(1);
                self.answered.notify_all();
            }
            if !answers.1 {
                to.write_all(&frame)?;
            }
        }
    }
}

/// The length of what follows the four bytes of a length, which counts itself.
fn body(length: [u8; 4]) -> io::Result<usize> {
    let length = usize::try_from(u32::from_be_bytes(length)).map_err(io::Error::other)?;
    length.checked_sub(4).ok_or_else(|| io::Error::other("a frame that is too short"))
}

/// A frame with its letter.
fn frame(from: &mut BufReader<&TcpStream>) -> io::Result<Vec<u8>> {
    let mut head = [0; 5];
    from.read_exact(&mut head)?;
    let [letter, length @ ..] = head;
    let mut bytes = vec![letter];
    bytes.extend(length);
    let at = bytes.len();
    bytes.resize(at + body(length)?, 0);
    from.read_exact(&mut bytes[at..])?;
    Ok(bytes)
}
