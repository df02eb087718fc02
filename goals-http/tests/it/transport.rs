//! The listener, over a real socket.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use goals_http::{Limits, RequestBody, serve};
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::harness::Api;

const SHORT: Duration = Duration::from_millis(200);
/// Longer than any test takes, so that only the limit that is tested can be what ends it.
const LONG: Duration = Duration::from_secs(60);
const PATIENCE: Duration = Duration::from_secs(10);

/// Limits of which none is met, unless a test shortens it.
fn generous() -> Limits {
    let mut limits = Limits::default();
    (limits.head, limits.body, limits.idle) = (LONG, LONG, LONG);
    limits.lame_duck = Duration::ZERO;
    limits.drain = PATIENCE;
    limits
}

struct Server {
    address: SocketAddr,
    stop: Arc<Notify>,
    done: JoinHandle<u32>,
}

impl Server {
    async fn api(limits: Limits) -> Self {
        Self::run(limits, Api::new().service).await
    }

    async fn run<S, B>(limits: Limits, service: S) -> Self
    where
        S: tower::Service<Request<RequestBody>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
        S::Future: Send,
        B: Body<Data = Bytes, Error = Infallible> + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Arc::new(Notify::new());
        let shutdown = stop.clone().notified_owned();
        let done = tokio::spawn(serve(listener, service, limits, shutdown));
        Self { address, stop, done }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Everything that is answered to `bytes` until the server closes the connection.
    async fn exchange(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect().await;
        stream.write_all(bytes.as_ref()).await.unwrap();
        rest(&mut stream).await
    }
}

async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("the connection stays open").unwrap();
    String::from_utf8(answer).unwrap()
}

/// The next head and, when it says how long, body.
async fn answer(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    timeout(PATIENCE, async {
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(stream.read_u8().await.unwrap());
        }
        let head = String::from_utf8(answer.clone()).unwrap();
        let length =
            head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |n| n.parse().unwrap());
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.unwrap();
        answer.extend(body);
    })
    .await
    .expect("no answer");
    String::from_utf8(answer).unwrap()
}

fn status(answer: &str) -> &str {
    answer.get(9..12).unwrap_or(answer)
}

/// A service that answers `done` to `/slow` once it is allowed to, and says when it has begun.
fn gated() -> (impl Fn(Request<RequestBody>) -> SlowAnswer + Clone + Send, Arc<Notify>, Arc<Notify>) {
    let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (notes, gate) = (begun.clone(), go.clone());
    let service = move |request: Request<RequestBody>| {
        let (begun, go) = (notes.clone(), gate.clone());
        Box::pin(async move {
            if request.uri().path() == "/slow" {
                begun.notify_one();
                go.notified().await;
            }
            Ok(Response::new(Full::from("done")))
        }) as SlowAnswer
    };
    (service, begun, go)
}

type SlowAnswer = std::pin::Pin<Box<dyn Future<Output = Result<Response<Full<Bytes>>, Infallible>> + Send>>;

#[tokio::test]
async fn a_slow_head_is_cut_off_however_it_trickles() {
    let mut limits = generous();
    limits.head = SHORT;
    let server = Server::api(limits).await;
    let begun = Instant::now();
    assert_eq!(server.exchange("GET /healthz HT").await, "");
    assert!(begun.elapsed() >= SHORT);
    let mut stream = server.connect().await;
    stream.set_nodelay(true).unwrap();
    let (mut reader, mut writer) = stream.split();
    let trickle = async {
        loop {
            let _ = writer.write_all(b"x").await;
            tokio::time::sleep(SHORT / 10).await;
        }
    };
    let mut end = [0; 1];
    tokio::select! {
        () = trickle => {}
        read = timeout(PATIENCE, reader.read(&mut end)) => assert!(matches!(read.unwrap(), Ok(0) | Err(_))),
    }
}

#[tokio::test]
async fn a_silent_connection_is_closed_before_and_after_a_request() {
    let mut limits = generous();
    limits.idle = SHORT;
    let server = Server::api(limits).await;
    assert_eq!(server.exchange("").await, "");
    let begun = Instant::now();
    let answer = server.exchange("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(status(&answer), "200");
    assert!(begun.elapsed() >= SHORT);
}

#[tokio::test]
async fn between_requests_there_is_more_time_than_within_a_head() {
    let mut limits = generous();
    limits.head = SHORT;
    let server = Server::api(limits).await;
    let mut stream = server.connect().await;
    for _ in 0..3 {
        tokio::time::sleep(SHORT * 2).await;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        assert_eq!(status(&answer(&mut stream).await), "200");
    }
}

#[tokio::test]
async fn an_answer_may_take_longer_than_a_head() {
    let (service, begun, go) = gated();
    let mut limits = generous();
    limits.head = SHORT;
    let server = Server::run(limits, tower::service_fn(service)).await;
    let mut stream = server.connect().await;
    stream.set_nodelay(true).unwrap();
    // In two parts, for only a head that is waited for has a deadline.
    stream.write_all(b"GET /slow HT").await.unwrap();
    tokio::time::sleep(SHORT / 4).await;
    stream.write_all(b"TP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    begun.notified().await;
    tokio::time::sleep(SHORT * 2).await;
    go.notify_one();
    assert_eq!(status(&answer(&mut stream).await), "200");
}

#[tokio::test]
async fn a_slow_body_is_answered_and_cut_off() {
    let mut limits = generous();
    limits.body = SHORT;
    let server = Server::api(limits).await;
    let head =
        "POST /api/v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{";
    let answer = server.exchange(head).await;
    assert_eq!(status(&answer), "408");
    assert!(answer.contains("\"code\":\"request_timeout\""), "{answer}");
}

#[tokio::test]
async fn a_reader_who_does_not_read_is_cut_off() {
    let mut limits = generous();
    limits.idle = SHORT;
    let whole = 64 * 1024 * 1024;
    let body = Bytes::from(vec![b'x'; whole]);
    let service = tower::service_fn(move |_| std::future::ready(Ok(Response::new(Full::new(body.clone())))));
    let server = Server::run(limits, service).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    server.stop.notify_one();
    // Nothing is read here, so the server can only end by giving up on this client.
    assert_eq!(timeout(PATIENCE, server.done).await.unwrap().unwrap(), 0);
    let mut got = Vec::new();
    let _ = stream.read_to_end(&mut got).await;
    assert!(got.len() < whole);
}

#[tokio::test]
async fn a_body_that_says_it_is_too_long_is_refused_unread() {
    let server = Server::api(generous()).await;
    let head =
        "POST /api/v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 5000000\r\n";
    let answer = server.exchange(format!("{head}Expect: 100-continue\r\n\r\n")).await;
    assert_eq!(status(&answer), "413", "{answer}");
    // A client that sends it all the same is listened to until it has read the answer: a socket
    // that is closed over unread bytes is reset.
    let mut stream = server.connect().await;
    stream.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
    stream.readable().await.unwrap();
    let more = vec![b' '; 64 * 1024];
    for _ in 0..8 {
        stream.write_all(&more).await.unwrap();
    }
    assert_eq!(status(&rest(&mut stream).await), "413");
}

#[tokio::test]
async fn endless_chunks_are_stopped() {
    let server = Server::api(generous()).await;
    let head = b"POST /api/v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunk = [&b"1000\r\n"[..], &[b' '; 4096], b"\r\n"].concat();
    let answer = server.exchange([&head[..], &chunk.repeat(17)].concat()).await;
    assert_eq!(status(&answer), "413", "{answer}");
}

#[tokio::test]
async fn chunks_are_read() {
    let server = Server::api(generous()).await;
    let head = "POST /api/v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    let answer = server.exchange(format!("{head}2\r\n{{}}\r\n0\r\n\r\n")).await;
    assert_eq!(status(&answer), "422");
    assert!(answer.contains("connection: close"), "{answer}");
}

#[tokio::test]
async fn broken_chunks_are_refused() {
    let server = Server::api(generous()).await;
    let head = "POST /api/v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    for chunks in ["Z\r\n{}\r\n0\r\n\r\n", "-1\r\n", "2\r\n{}x\r\n0\r\n\r\n", "ffffffffffffffff1\r\n"] {
        let answer = server.exchange(format!("{head}{chunks}")).await;
        assert_eq!(status(&answer), "400", "{chunks}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{chunks}: {answer}");
    }
}

#[tokio::test]
async fn a_head_is_bounded() {
    let server = Server::api(generous()).await;
    let padded = |n| format!("GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: {}\r\n\r\n", "x".repeat(n));
    assert_eq!(status(&server.exchange(padded(31_000)).await), "200");
    assert_eq!(status(&server.exchange(padded(33_000)).await), "431");
    assert_eq!(status(&server.exchange(padded(500_000)).await), "431");
    let many = "X: y\r\n".repeat(200);
    assert_eq!(status(&server.exchange(format!("GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n")).await), "431");
}

#[tokio::test]
async fn an_ambiguous_request_is_refused_and_nothing_after_it_is_read() {
    let server = Server::api(generous()).await;
    let smuggled = "0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
    for headers in [
        "",
        "Host: a\r\nHost: a\r\n",
        "Host: a\r\nHost: b\r\n",
        "Host: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Host: a\r\ncontent-length:5\r\nTRANSFER-ENCODING:chunked\r\n",
        "Host: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n",
        "Host: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n",
        "Host: a\r\nContent-Length: 5, 5\r\n",
        "Host: a\r\nContent-Length: +5\r\n",
        "Host: a\r\nTransfer-Encoding: gzip\r\n",
        "Host: a\r\nTransfer-Encoding: xchunked\r\n",
        "Host: a\r\nTransfer-Encoding: gzip, chunked\r\n",
        "Host: a\r\nTransfer-Encoding:\u{b}chunked\r\n",
        "Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Host: a\r\nTransfer-Encoding: chunked, identity\r\n",
        "Host: a\r\nTransfer-Encoding : chunked\r\n",
        "Host: a\r\nContent-Length : 5\r\n",
        "Host: a\r\nX: y\r\n Transfer-Encoding: chunked\r\n",
    ] {
        let answer = server.exchange(format!("POST /api/v1/users HTTP/1.1\r\n{headers}\r\n{smuggled}")).await;
        assert_eq!(status(&answer), "400", "{headers:?}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{headers:?}: {answer}");
    }
    let pipelined = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nPOST /api/v1/users HTTP/1.1\r\nHost: a\r\n\
        Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    assert!(server.exchange(pipelined).await.contains("HTTP/1.1 400"));
}

#[tokio::test]
async fn requests_may_share_a_connection() {
    let server = Server::api(generous()).await;
    let mut stream = server.connect().await;
    let get = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
    let post =
        "POST /api/v1/users HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    stream.write_all(format!("{get}{post}\r\n{get}").as_bytes()).await.unwrap();
    for expected in ["200", "422", "200"] {
        assert_eq!(status(&answer(&mut stream).await), expected);
    }
    stream.write_all(b"HEAD /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
    let head = rest(&mut stream).await;
    assert!(head.contains("content-length: 15") && head.ends_with("\r\n\r\n"), "{head}");
}

#[tokio::test]
async fn there_are_no_more_connections_than_the_limit() {
    let mut limits = generous();
    limits.connections = 1;
    let server = Server::api(limits).await;
    let get = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
    let (mut first, mut second) = (server.connect().await, server.connect().await);
    first.write_all(get).await.unwrap();
    answer(&mut first).await;
    second.write_all(get).await.unwrap();
    assert!(timeout(SHORT, second.read_u8()).await.is_err());
    drop(first);
    assert_eq!(status(&answer(&mut second).await), "200");
}

#[tokio::test]
async fn stopping_loses_nothing_that_has_begun() {
    let (service, begun, go) = gated();
    let server = Server::run(generous(), tower::service_fn(service)).await;
    let mut busy = server.connect().await;
    busy.write_all(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    begun.notified().await;
    let mut idle = server.connect().await;
    idle.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    answer(&mut idle).await;
    let mut fresh = server.connect().await;
    server.stop.notify_one();
    let told = Instant::now();
    assert_eq!(rest(&mut idle).await, "");
    assert_eq!(rest(&mut fresh).await, "");
    assert!(told.elapsed() < PATIENCE / 2, "they are not waited for");
    go.notify_one();
    let last = rest(&mut busy).await;
    assert!(last.ends_with("done") && last.contains("connection: close"), "{last}");
    assert_eq!(timeout(PATIENCE, server.done).await.unwrap().unwrap(), 0);
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test]
async fn a_lame_duck_answers_and_sends_clients_away() {
    let mut limits = generous();
    limits.lame_duck = LONG;
    let server = Server::api(limits).await;
    let mut known = server.connect().await;
    known.write_all(b"GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    assert_eq!(status(&answer(&mut known).await), "200");
    server.stop.notify_one();
    // The listener hears of it soon, but not at once.
    let refused = timeout(PATIENCE, async {
        loop {
            let answer = server.exchange("GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
            if status(&answer) == "503" {
                return answer;
            }
        }
    });
    assert!(refused.await.unwrap().contains("connection: close"));
    known.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let last = rest(&mut known).await;
    assert!(status(&last) == "200" && last.contains("connection: close"), "{last}");
}

#[tokio::test]
async fn stopping_is_bounded() {
    let (service, begun, _go) = gated();
    let mut limits = generous();
    limits.drain = SHORT;
    let server = Server::run(limits, tower::service_fn(service)).await;
    let mut busy = server.connect().await;
    busy.write_all(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    begun.notified().await;
    server.stop.notify_one();
    assert_eq!(timeout(PATIENCE, server.done).await.unwrap().unwrap(), 1);
    let mut end = Vec::new();
    let _ = timeout(PATIENCE, busy.read_to_end(&mut end)).await.unwrap();
    assert!(end.is_empty());
}

#[tokio::test]
async fn a_listener_that_is_dropped_cuts_off_everybody() {
    let (service, begun, _go) = gated();
    let server = Server::run(generous(), tower::service_fn(service)).await;
    let (mut idle, mut busy) = (server.connect().await, server.connect().await);
    busy.write_all(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    begun.notified().await;
    server.done.abort();
    for stream in [&mut idle, &mut busy] {
        let mut end = Vec::new();
        let _ = timeout(PATIENCE, stream.read_to_end(&mut end)).await.unwrap();
        assert!(end.is_empty());
    }
}
