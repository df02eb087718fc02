//! What a listener tells about a request, in its extensions.

use std::net::SocketAddr;

/// The address of the other end of a connection, by which strangers are throttled.
///
/// [`serve`](crate::serve()) puts it into each request; who runs [`GoalsApi`](crate::GoalsApi)
/// behind another listener should do the same, or all clients share one throttle.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// The listener is about to stop, so `/readyz` says no. [`serve`](crate::serve()) puts it into
/// requests of the last moments.
#[derive(Debug, Clone, Copy)]
pub struct Draining;
