//! Events as they happen.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use goals_http::{Draining, Limits, ResponseBody, serve};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Empty};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, timeout};
use tower::ServiceExt as _;

use crate::harness::{Api, Ask, User};

/// A stream that is open.
struct Live {
    body: ResponseBody,
    stopping: watch::Sender<bool>,
}

impl Live {
    async fn open(api: &Api, user: &User, query: &str, last: Option<&str>) -> Response<ResponseBody> {
        Self::with(api, user, query, last, &watch::Sender::new(false)).await
    }

    async fn with(
        api: &Api,
        user: &User,
        query: &str,
        last: Option<&str>,
        stopping: &watch::Sender<bool>,
    ) -> Response<ResponseBody> {
        let mut request = Request::get(format!("/api/v1/events{query}"))
            .header("authorization", format!("Bearer {}", user.access))
            .body(Empty::<bytes::Bytes>::new())
            .unwrap();
        if let Some(last) = last {
            request.headers_mut().insert("last-event-id", last.parse().unwrap());
        }
        request.extensions_mut().insert(Draining::from(stopping.subscribe()));
        api.service.clone().oneshot(request).await.unwrap()
    }

    /// Opens one, and says what it begins with.
    async fn begun(api: &Api, user: &User, query: &str, last: Option<&str>) -> (Self, String) {
        let stopping = watch::Sender::new(false);
        let response = Self::with(api, user, query, last, &stopping).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert!(!response.headers().contains_key("content-length"));
        let mut live = Self { body: response.into_body(), stopping };
        let begin = live.next().await.unwrap();
        (live, begin)
    }

    /// The next piece; `None` when the stream has come to its end.
    async fn next(&mut self) -> Option<String> {
        let frame = timeout(Duration::from_secs(60), self.body.frame()).await.expect("nothing comes")?;
        Some(String::from_utf8(frame.unwrap().into_data().unwrap().to_vec()).unwrap())
    }
}

/// The fields of each event in a piece.
fn events(piece: &str) -> Vec<(String, String, Value)> {
    let field = |event: &str, name: &str| {
        let line = event.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.strip_prefix(": ").unwrap().to_owned()
    };
    let parts = piece.split_terminator("\n\n");
    let read =
        |event: &str| (field(event, "id"), field(event, "event"), serde_json::from_str(&field(event, "data")).unwrap());
    parts.map(read).collect()
}

#[tokio::test]
async fn what_happens_is_told_as_it_happens() {
    let api = Api::new();
    let (ana, rui) = (api.user("ana").await, api.user("rui").await);
    api.goal(&ana, json!({ "title": "Before" })).await;
    let (mut live, begin) = Live::begun(&api, &ana, "", None).await;
    assert_eq!(begin, "retry: 2000\nid: 1\n\n");
    api.goal(&rui, json!({ "title": "Theirs" })).await;
    let goal = api.goal(&ana, json!({ "title": "Line 📚", "description": "a\nb" })).await;
    let told = events(&live.next().await.unwrap());
    let feed = api.send(Ask::get("/api/v1/changes?after=1").by(&ana)).await.is(200).json;
    assert_eq!(told, [("2".to_owned(), "goal_created".to_owned(), feed["items"][0].clone())]);
    assert_eq!(told[0].2["goal_id"], goal["id"]);
    for title in ["One", "Two", "Three"] {
        api.goal(&ana, json!({ "title": title })).await;
    }
    let ids: Vec<_> = events(&live.next().await.unwrap()).into_iter().map(|(id, ..)| id).collect();
    assert_eq!(ids, ["3", "4", "5"], "whoever is slow gets them together");
}

#[tokio::test]
async fn a_stream_goes_on_where_it_ended() {
    let api = Api::new();
    let ana = api.user("ana").await;
    for number in 1..=120 {
        api.goal(&ana, json!({ "title": format!("Goal {number}") })).await;
    }
    for (query, last) in [("", Some("20")), ("?after=20", None), ("?after=1", Some("20"))] {
        let (mut live, begin) = Live::begun(&api, &ana, query, last).await;
        assert_eq!(begin, "retry: 2000\nid: 20\n\n");
        let mut seen = Vec::new();
        while seen.len() < 100 {
            let told = events(&live.next().await.unwrap());
            assert!(told.len() <= 50, "a page at a time");
            seen.extend(told.into_iter().map(|(id, ..)| id.parse::<u64>().unwrap()));
        }
        assert_eq!(seen, (21..=120).collect::<Vec<_>>());
    }
    for last in ["121", "x", "-1"] {
        assert_eq!(Live::open(&api, &ana, "", Some(last)).await.status(), 410, "{last}");
    }
    api.send(Ask::get("/api/v1/events?after=x").by(&ana)).await.refused(400, "invalid_query");
    api.send(Ask::get("/api/v1/events")).await.refused(401, "unauthenticated");
    let head = api.send(Ask::new("HEAD", "/api/v1/events").by(&ana)).await.is(200);
    assert_eq!((head.bytes.len(), head.header("content-type")), (0, "text/event-stream"));
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_comes_and_the_stream_ends_with_the_session() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let (mut live, _) = Live::begun(&api, &ana, "", None).await;
    let begun = Instant::now();
    for beat in 1..=2 {
        assert_eq!(live.next().await.unwrap(), ":\n\n");
        assert_eq!(begun.elapsed().as_secs(), beat * 20);
    }
    api.send(Ask::delete("/api/v1/sessions/current").by(&ana)).await.is(204);
    assert_eq!(live.next().await, None);
    assert_eq!(begun.elapsed().as_secs(), 60, "at the next heartbeat at the latest");

    let again = api.sign_in("ana").await;
    let (mut live, _) = Live::begun(&api, &again, "", None).await;
    api.clock.advance(TimeDelta::minutes(20));
    assert_eq!(live.next().await, None, "nor does it outlive the access token");
}

/// Not even somebody who always has something to hear hears it after their session has ended.
#[tokio::test(start_paused = true)]
async fn a_busy_stream_ends_with_the_session_too() {
    let api = Api::new();
    let (ana, other) = (api.user("ana").await, api.sign_in("ana").await);
    let (mut live, _) = Live::begun(&api, &ana, "", None).await;
    api.send(Ask::delete("/api/v1/sessions/current").by(&ana)).await.is(204);
    let begun = Instant::now();
    let mut number = 0;
    loop {
        number += 1;
        api.goal(&other, json!({ "title": format!("Goal {number}") })).await;
        tokio::time::advance(Duration::from_secs(1)).await;
        if live.next().await.is_none() {
            break;
        }
    }
    assert!(begun.elapsed() <= Duration::from_secs(21));
}

#[tokio::test]
async fn a_stream_ends_when_the_listener_stops() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let (mut live, _) = Live::begun(&api, &ana, "", None).await;
    live.stopping.send_replace(true);
    assert_eq!(live.next().await, None);
    let refused = Live::with(&api, &ana, "", None, &live.stopping).await;
    assert_eq!((refused.status().as_u16(), refused.headers()["retry-after"].to_str().unwrap()), (503, "2"));
}

#[tokio::test]
async fn streams_are_counted() {
    let api = Api::new();
    let (ana, rui) = (api.user("ana").await, api.user("rui").await);
    let mut open = Vec::new();
    for _ in 0..20 {
        open.push(Live::begun(&api, &ana, "", None).await.0);
    }
    api.send(Ask::get("/api/v1/events").by(&ana)).await.refused(429, "throttled");
    Live::begun(&api, &rui, "", None).await;
    open.pop();
    Live::begun(&api, &ana, "", None).await;
}

/// Over a socket: the stream comes in chunks as they are, ends as a chunked answer ends when the
/// listener is told to stop, and holds up nothing.
#[tokio::test]
async fn a_stream_does_not_hold_up_a_stop() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let (address, stop) = (listener.local_addr().unwrap(), Arc::new(Notify::new()));
    let mut limits = Limits::default();
    limits.lame_duck = Duration::ZERO;
    let serving = tokio::spawn(serve(listener, api.service.clone(), limits, stop.clone().notified_owned()));
    let mut stream = TcpStream::connect(address).await.unwrap();
    let ask = format!("GET /api/v1/events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\n\r\n", ana.access);
    stream.write_all(ask.as_bytes()).await.unwrap();
    let mut answer = String::new();
    read_until(&mut stream, &mut answer, "id: 0\n\n\r\n").await;
    assert!(answer.contains("transfer-encoding: chunked\r\n"), "{answer}");
    api.goal(&ana, json!({ "title": "Run" })).await;
    read_until(&mut stream, &mut answer, "\n\n\r\n").await;
    assert!(answer.contains("id: 1\nevent: goal_created\ndata: {"), "{answer}");
    stop.notify_one();
    read_until(&mut stream, &mut answer, "0\r\n\r\n").await;
    let cut = timeout(Duration::from_secs(5), serving).await.expect("the stream holds it up").unwrap();
    assert_eq!(cut, 0);
}

async fn read_until(stream: &mut TcpStream, answer: &mut String, end: &str) {
    let from = answer.len();
    while !answer[from..].ends_with(end) {
        let mut bytes = [0; 4096];
        let read = timeout(Duration::from_secs(20), stream.read(&mut bytes)).await.expect("nothing comes").unwrap();
        assert!(read > 0, "{answer}");
        answer.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
    }
}
