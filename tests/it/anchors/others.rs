//! Others on the network, as tests need them: on this machine, one answer a connection, gone at the end.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// What somebody says: status, media type, body. `None`: nothing, for as long as the asker waits.
pub(super) type Said = Option<(u16, &'static str, Vec<u8>)>;

/// Somebody who is asked over HTTP.
pub(super) struct Other {
    /// `http://127.0.0.1:…`
    pub(super) address: String,
    asked: Arc<AtomicUsize>,
}

impl Other {
    /// Answers every body that is posted with what `say` says. The thread ends with the process.
    pub(super) fn new(say: impl Fn(&str, Vec<u8>) -> Said + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let (counter, say) = (Arc::clone(&asked), Arc::new(say));
        std::thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let (counter, say) = (Arc::clone(&counter), Arc::clone(&say));
                std::thread::spawn(move || answer(&connection, &counter, &*say));
            }
        });
        Self { address, asked }
    }

    /// How often it was asked.
    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn answer(connection: &TcpStream, asked: &AtomicUsize, say: &dyn Fn(&str, Vec<u8>) -> Said) {
    let mut reader = BufReader::new(connection);
    let (mut length, mut path) = (0, String::new());
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let line = line.trim_end().to_ascii_lowercase();
        if path.is_empty() {
            line.split(' ').nth(1).unwrap_or_default().clone_into(&mut path);
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    asked.fetch_add(1, Ordering::SeqCst);
    let Some((status, kind, said)) = say(&path, body) else {
        // Longer than anybody waits; the thread ends with the process.
        std::thread::sleep(Duration::from_secs(600));
        return;
    };
    let head = format!(
        "HTTP/1.1 {status} x\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        said.len()
    );
    let mut connection = connection;
    let _ = connection.write_all(head.as_bytes()).and_then(|()| connection.write_all(&said));
}
