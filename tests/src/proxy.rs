//! A wire between two programs that can be cut, and that can hang.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// What PostgreSQL's clients send to end a transaction.
const COMMIT: &[u8] = b"COMMIT\0";

/// Where a connection is cut that ends a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Before the server hears of it.
    Before,
    /// When the server has done it, and before the client hears of that.
    After,
}

/// Passes bytes on to one address.
#[derive(Debug)]
pub struct Proxy {
    /// Where it listens.
    pub address: SocketAddr,
    wire: Arc<Wire>,
}

#[derive(Debug)]
struct Wire {
    to: SocketAddr,
    /// Every how many COMMITs one is cut, and where; 0 is never.
    every: AtomicUsize,
    cut: Mutex<Cut>,
    commits: AtomicUsize,
    cuts: AtomicUsize,
    hangs: AtomicBool,
    ended: AtomicBool,
}

impl Proxy {
    /// Starts it.
    ///
    /// # Panics
    /// If there is no port for it.
    #[must_use]
    pub fn start(to: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let wire = Arc::new(Wire {
            to,
            every: AtomicUsize::new(0),
            cut: Mutex::new(Cut::After),
            commits: AtomicUsize::new(0),
            cuts: AtomicUsize::new(0),
            hangs: AtomicBool::new(false),
            ended: AtomicBool::new(false),
        });
        let shared = Arc::clone(&wire);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if shared.ended.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(server) = TcpStream::connect(shared.to) else { continue };
                let _ = client.set_nodelay(true).and_then(|()| server.set_nodelay(true));
                // Connections that hang do so for good; new ones are as the wire is when they are made.
                for (from, to, is_client) in [(&client, &server, true), (&server, &client, false)] {
                    let (Ok(from), Ok(to)) = (from.try_clone(), to.try_clone()) else { continue };
                    let shared = Arc::clone(&shared);
                    thread::spawn(move || shared.pass(&from, &to, is_client));
                }
            }
        });
        Self { address, wire }
    }

    /// From now on cuts every so many COMMITs, there; 0 is never.
    pub fn cut(&self, every: usize, cut: Cut) {
        *self.wire.cut.lock().unwrap_or_else(PoisonError::into_inner) = cut;
        self.wire.every.store(every, Ordering::SeqCst);
    }

    /// How often it has cut.
    #[must_use]
    pub fn cuts(&self) -> usize {
        self.wire.cuts.load(Ordering::SeqCst)
    }

    /// From now on passes nothing on, or everything again. What is held up is passed on then.
    pub fn hang(&self, hangs: bool) {
        self.wire.hangs.store(hangs, Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.wire.ended.store(true, Ordering::SeqCst);
        // Wakes the listener, so that it sees that.
        let _ = TcpStream::connect(self.address);
    }
}

impl Wire {
    fn pass(&self, mut from: &TcpStream, mut to: &TcpStream, is_client: bool) {
        let mut bytes = [0; 65_536];
        while let Ok(length @ 1..) = from.read(&mut bytes) {
            let passed = bytes.get(..length).unwrap_or_default();
            while self.hangs.load(Ordering::SeqCst) && !self.ended.load(Ordering::SeqCst) {
                thread::sleep(Duration::from_millis(20));
            }
            let cut = if is_client && passed.ends_with(COMMIT) { self.next() } else { None };
            if cut == Some(Cut::Before) {
                break;
            }
            if cut == Some(Cut::After) {
                // Nobody listens to the answer any more.
                let _ = from.shutdown(Shutdown::Both);
                let _ = to.write_all(passed);
                thread::sleep(Duration::from_millis(30));
                break;
            }
            if to.write_all(passed).is_err() {
                break;
            }
        }
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    }

    fn next(&self) -> Option<Cut> {
        let commit = self.commits.fetch_add(1, Ordering::SeqCst) + 1;
        let every = self.every.load(Ordering::SeqCst);
        if every == 0 || !commit.is_multiple_of(every) {
            return None;
        }
        self.cuts.fetch_add(1, Ordering::SeqCst);
        Some(*self.cut.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
