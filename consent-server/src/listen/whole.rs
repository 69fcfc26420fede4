//! A connection to which small answers are written whole.
//!
//! hyper hands over the head of an answer and its body as two pieces. To have the system gather them (`writev`) costs more than to put a
//! few hundred bytes together here, and most answers are no more. Longer ones are gathered by the system, and copied by nobody.

use std::io::{self, IoSlice, Write as _};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The most bytes that are put together: an acknowledgement of a decision has 600.
const SMALL: usize = 1024;

#[derive(Debug)]
pub(super) struct Whole(pub(super) TcpStream);

impl AsyncRead for Whole {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Whole {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let stream = Pin::new(&mut self.0);
        let length: usize = pieces.iter().map(|piece| piece.len()).sum();
        if length > SMALL {
            return stream.poll_write_vectored(context, pieces);
        }
        let mut small = [0; SMALL];
        let mut room = small.as_mut_slice();
        pieces.iter().try_for_each(|piece| room.write_all(piece))?;
        stream.poll_write(context, small.get(..length).unwrap_or_default())
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn pieces_arrive_in_order_whatever_their_size() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (mut server, mut client) = (Whole(listener.accept().await.unwrap().0), client);
        for (head, body) in
            [(0, 0), (1, 0), (0, 1), (300, 200), (1000, 24), (1000, 25), (1024, 1), (9, 70_000)]
        {
            let (head, body) = (vec![b'h'; head], vec![b'b'; body]);
            let mut sent = server.write_vectored(&[IoSlice::new(&head), IoSlice::new(&body)]).await.unwrap();
            let all = [head, body].concat();
            assert!(sent == all.len() || all.len() > SMALL, "{sent} of {}", all.len());
            let mut arrived = vec![0; all.len()];
            client.read_exact(&mut arrived[..sent]).await.unwrap();
            // What the system does not take at once is for whoever writes to send again.
            while sent < all.len() {
                let more = server.write(&all[sent..]).await.unwrap();
                client.read_exact(&mut arrived[sent..sent + more]).await.unwrap();
                sent += more;
            }
            assert!(arrived == all);
        }
    }
}
