//! A hardened HTTP/1.1 listener for any tower service.
//!
//! Every connection has a time limit in every state it can be in, every request exactly one `Host`
//! and one way to say how long its body is, and a shutdown loses no request that has begun.

mod body;
mod heads;
mod socket;

use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use goals_core::BoxError;
use http::header::{CONNECTION, HOST, TRANSFER_ENCODING};
use http::{HeaderValue, Request, Response};
use http_body::Body;
use http_body_util::Either;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};

pub use body::RequestBody;

use crate::peer::{Draining, Peer};
use crate::problem::{Code, Problem};
use crate::reply::ResponseBody;
use socket::Socket;

/// What one listener grants its clients.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Limits {
    /// How long a request head may take from its first byte; 5 seconds.
    pub head: Duration,
    /// How long a request body may take; 6 seconds.
    pub body: Duration,
    /// How long nothing may move on a connection, in either direction; 60 seconds.
    pub idle: Duration,
    /// The longest request head in bytes, answered with 431 beyond; 32 KiB.
    pub head_bytes: usize,
    /// How many connections are open at once, at most 100,000; others wait in the queue of the
    /// operating system. 20,000.
    pub connections: u32,
    /// How long a listener that is told to stop still accepts, so that a load balancer notices
    /// that `/readyz` says no and sends its clients elsewhere; 1 second.
    pub lame_duck: Duration,
    /// How long requests may take to finish after that; 10 seconds.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(5),
            body: Duration::from_secs(6),
            idle: Duration::from_secs(60),
            head_bytes: 32 * 1024,
            connections: 20_000,
            lame_duck: Duration::from_secs(1),
            drain: Duration::from_secs(10),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Phase {
    Serving,
    LameDuck,
    Closing,
}

/// Serves `service` until `shutdown` completes and every request that had begun is answered.
///
/// Stopping goes in steps. A lame duck first: still accepting, each answer with
/// `Connection: close`, and [`Draining`] tells it to whoever holds a request. Then nothing is accepted and idle
/// connections are closed. What is still busy after [`Limits::drain`] is cut off.
///
/// Answers how many connections were cut off. Dropped before that, it cuts off all of them.
pub async fn serve<S, B>(listener: TcpListener, service: S, limits: Limits, shutdown: impl Future<Output = ()>) -> u32
where
    S: tower_service::Service<Request<RequestBody>, Response = Response<B>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let most = limits.connections.min(100_000);
    let (phase, draining) = (watch::Sender::new(Phase::Serving), watch::Sender::new(false));
    let (lame_duck, drain) = (limits.lame_duck, limits.drain);
    let mut listener = Listener {
        socket: listener,
        service,
        limits: Arc::new(limits),
        slots: Arc::new(Semaphore::new(most as usize)),
        phase: phase.subscribe(),
        draining: draining.subscribe().into(),
    };
    listener.accept_until(shutdown).await;
    phase.send_replace(Phase::LameDuck);
    draining.send_replace(true);
    listener.accept_until(sleep(lame_duck)).await;
    phase.send_replace(Phase::Closing);
    let slots = Arc::clone(&listener.slots);
    drop(listener);
    if timeout(drain, slots.acquire_many(most)).await.is_ok() {
        return 0;
    }
    // That `phase` is dropped here is what cuts the others off.
    most.saturating_sub(u32::try_from(slots.available_permits()).unwrap_or(most))
}

struct Listener<S> {
    socket: TcpListener,
    service: S,
    limits: Arc<Limits>,
    slots: Arc<Semaphore>,
    phase: watch::Receiver<Phase>,
    draining: Draining,
}

impl<S, B> Listener<S>
where
    S: tower_service::Service<Request<RequestBody>, Response = Response<B>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    async fn accept_until(&mut self, end: impl Future<Output = ()>) {
        let mut end = pin!(end);
        loop {
            let (slot, stream, peer) = tokio::select! {
                biased;
                () = &mut end => return,
                accepted = accept(&self.socket, &self.slots) => accepted,
            };
            tokio::spawn(self.connection(stream, peer).run(slot));
        }
    }

    fn connection(&self, stream: TcpStream, peer: SocketAddr) -> Connection<S> {
        // Small answers should leave at once; without it they only leave later.
        let _ = stream.set_nodelay(true);
        let ambiguous = Arc::new(AtomicBool::new(false));
        Connection {
            socket: Socket::new(stream, &self.limits, Arc::clone(&ambiguous)),
            phase: self.phase.clone(),
            head_bytes: self.limits.head_bytes,
            gate: Gate {
                service: self.service.clone(),
                peer,
                body: self.limits.body,
                ambiguous,
                phase: self.phase.clone(),
                draining: self.draining.clone(),
            },
        }
    }
}

/// The next connection, once there is a slot for it.
async fn accept(socket: &TcpListener, slots: &Arc<Semaphore>) -> (Option<OwnedSemaphorePermit>, TcpStream, SocketAddr) {
    let slot = Arc::clone(slots).acquire_owned().await.ok();
    loop {
        match socket.accept().await {
            Ok((stream, peer)) => return (slot, stream, peer),
            Err(error) => {
                // Out of file descriptors, mostly; a loop without a pause would burn a core.
                tracing::warn!(%error, "cannot accept a connection");
                sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

struct Connection<S> {
    socket: Socket,
    gate: Gate<S>,
    phase: watch::Receiver<Phase>,
    head_bytes: usize,
}

impl<S, B> Connection<S>
where
    S: tower_service::Service<Request<RequestBody>, Response = Response<B>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    async fn run(mut self, _slot: Option<OwnedSemaphorePermit>) {
        let mut connection = http1::Builder::new()
            .max_header_size(self.head_bytes)
            .max_buf_size(self.head_bytes.saturating_mul(2).max(16 * 1024))
            // `Socket` limits the time, and knows an idle connection from a slow head.
            .header_read_timeout(None)
            .serve_connection(TokioIo::new(self.socket), self.gate);
        let ended = tokio::select! {
            ended = &mut connection => ended,
            () = closing(&mut self.phase) => {
                Pin::new(&mut connection).graceful_shutdown();
                tokio::select! {
                    ended = &mut connection => ended,
                    () = gone(&mut self.phase) => return,
                }
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended early");
        }
        connection.into_parts().io.into_inner().close().await;
    }
}

/// Until idle connections are to be closed.
async fn closing(phase: &mut watch::Receiver<Phase>) {
    let _ = phase.wait_for(|phase| *phase == Phase::Closing).await;
}

/// Until `serve` has ended.
async fn gone(phase: &mut watch::Receiver<Phase>) {
    while phase.changed().await.is_ok() {}
}

/// Stands before the service and lets no ambiguous request through.
#[derive(Clone)]
struct Gate<S> {
    service: S,
    peer: SocketAddr,
    body: Duration,
    /// The socket saw a head that says the length of its body in two ways.
    ambiguous: Arc<AtomicBool>,
    phase: watch::Receiver<Phase>,
    draining: Draining,
}

impl<S, B> hyper::service::Service<Request<Incoming>> for Gate<S>
where
    S: tower_service::Service<Request<RequestBody>, Response = Response<B>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<Either<ResponseBody, B>>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let ambiguous = self.ambiguous.load(Ordering::Relaxed);
        let chunked = request.headers().contains_key(TRANSFER_ENCODING);
        let is_plain = request
            .headers()
            .get_all(TRANSFER_ENCODING)
            .iter()
            .all(|coding| coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked"));
        let hosts = request.headers().get_all(HOST).iter().count();
        let gate = self.clone();
        Box::pin(async move {
            let mut response = if ambiguous {
                refusal("the request says the length of its body in two ways")
            } else if !is_plain {
                refusal("the only transfer coding understood here is chunked")
            } else if hosts != 1 {
                refusal("a request has exactly one Host header")
            } else {
                gate.clone().pass(request).await?.map(Either::Right)
            };
            let draining = *gate.phase.borrow() > Phase::Serving;
            if ambiguous || hosts != 1 || chunked || draining {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(response)
        })
    }
}

impl<S, B> Gate<S>
where
    S: tower_service::Service<Request<RequestBody>, Response = Response<B>>,
    S::Error: Into<BoxError>,
{
    async fn pass(mut self, request: Request<Incoming>) -> Result<Response<B>, BoxError> {
        let mut request = request.map(|body| RequestBody::new(body, self.body));
        request.extensions_mut().insert(Peer(self.peer));
        request.extensions_mut().insert(self.draining.clone());
        poll_fn(|cx| self.service.poll_ready(cx)).await.map_err(Into::into)?;
        self.service.call(request).await.map_err(Into::into)
    }
}

fn refusal<B>(detail: &'static str) -> Response<Either<ResponseBody, B>> {
    Problem::new(Code::BadRequest).detail(detail).into_response("").map(Either::Left)
}
