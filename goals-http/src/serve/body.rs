//! A request body that has to arrive in time.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use goals_core::BoxError;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Sleep, sleep};

/// The body of a request that [`serve`](crate::serve()) hands to its service.
///
/// Reading fails with an [`io::Error`] of kind [`TimedOut`](io::ErrorKind::TimedOut) when the whole
/// body is not there within [`Limits::body`](crate::Limits::body).
#[derive(Debug)]
pub struct RequestBody {
    inner: Incoming,
    limit: Duration,
    /// Made when the body is first waited for: most bodies arrive with their head.
    timer: Option<Pin<Box<Sleep>>>,
}

impl RequestBody {
    pub(super) const fn new(inner: Incoming, limit: Duration) -> Self {
        Self { inner, limit, timer: None }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(cx) {
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let limit = self.limit;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(limit)));
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Some(Err(io::Error::from(io::ErrorKind::TimedOut).into())))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
