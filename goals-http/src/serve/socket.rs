//! A TCP stream that nobody can hold open for nothing.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep, timeout};

use super::Limits;
use super::heads::Heads;

/// How long, and for how many bytes, an ended connection is still read from. A socket closed over
/// unread bytes is reset, and a reset destroys the answer that is under way to the client.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: u64 = 1024 * 1024;

/// Reading or writing fails with [`io::ErrorKind::TimedOut`] when a head takes too long or when
/// nothing moves in either direction.
#[derive(Debug)]
pub(super) struct Socket {
    stream: TcpStream,
    heads: Heads,
    ambiguous: Arc<AtomicBool>,
    timer: Pin<Box<Sleep>>,
    head: Duration,
    idle: Duration,
}

impl Socket {
    /// `ambiguous` is set once a head says the length of its body in two ways.
    pub(super) fn new(stream: TcpStream, limits: &Limits, ambiguous: Arc<AtomicBool>) -> Self {
        Self {
            stream,
            heads: Heads::new(),
            ambiguous,
            timer: Box::pin(sleep(limits.idle)),
            head: limits.head,
            idle: limits.idle,
        }
    }

    /// Ends the stream so that the client can read the last answer whole.
    pub(super) async fn close(mut self) {
        let _ = self.stream.shutdown().await;
        let mut rest = self.stream.take(LINGER_BYTES);
        let _ = timeout(LINGER, tokio::io::copy(&mut rest, &mut tokio::io::sink())).await;
    }

    fn arm(&mut self, limit: Duration) {
        self.timer.as_mut().reset(Instant::now() + limit);
    }

    fn received(&mut self, bytes: &[u8]) {
        if !self.heads.feed(bytes) {
            self.ambiguous.store(true, Ordering::Relaxed);
        }
        match self.heads.pending() {
            0 => self.arm(self.idle),
            // The head began in these bytes; one that began before keeps its deadline.
            begun if begun <= bytes.len() => self.arm(self.head),
            _ => {}
        }
    }

    fn poll_deadline<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        ready!(self.timer.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    fn sent(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if written.is_pending() {
            return self.poll_deadline(cx);
        }
        if self.heads.pending() == 0 {
            self.arm(self.idle);
        }
        written
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        if read.is_pending() {
            return self.poll_deadline(cx);
        }
        let fresh = buf.filled().get(before..).unwrap_or_default();
        if !fresh.is_empty() {
            self.received(fresh);
        }
        read
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.sent(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.sent(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
