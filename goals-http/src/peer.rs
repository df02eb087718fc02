//! What a listener tells about a request, in its extensions.

use std::net::SocketAddr;

use tokio::sync::watch;

/// The address of the other end of a connection, by which strangers are throttled.
///
/// [`serve`](crate::serve()) puts it into each request; who runs [`GoalsApi`](crate::GoalsApi)
/// behind another listener should do the same, or all clients share one throttle.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// Tells that the listener is about to stop: from then on `/readyz` says no, and answers that have no
/// end come to theirs. [`serve`](crate::serve()) puts one into each request; who runs
/// [`GoalsApi`](crate::GoalsApi) behind another listener may do the same with one made from a
/// channel that becomes `true`, or is closed, when it is time.
#[derive(Debug, Clone)]
pub struct Draining(watch::Receiver<bool>);

impl From<watch::Receiver<bool>> for Draining {
    fn from(stopping: watch::Receiver<bool>) -> Self {
        Self(stopping)
    }
}

impl Draining {
    /// Whether it is so already.
    pub(crate) fn has_begun(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }

    /// Until it is so.
    pub(crate) async fn begun(&mut self) {
        let _ = self.0.wait_for(|stopping| *stopping).await;
    }
}
