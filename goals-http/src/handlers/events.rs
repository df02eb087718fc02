//! What happens to somebody's goals, told as it happens: server-sent events
//! ([HTML, 9.2](https://html.spec.whatwg.org/multipage/server-sent-events.html)).
//!
//! Nothing is kept for a client but a number. It gets a page of the log when it has taken the one
//! before, so a slow one costs no more than a fast one.

use std::time::Duration;

use bytes::{BufMut as _, Bytes, BytesMut};
use futures_util::stream;
use goals_core::{Event, Listener, OwnerId};
use http::header::HeaderName;
use http::{HeaderValue, request};
use tokio::time::{Instant, sleep_until};

use crate::GoalsApi;
use crate::peer::Draining;
use crate::problem::{Code, Problem};
use crate::reply::{Reply, ResponseBody};
use crate::service::Call;
use crate::streams::Slot;
use crate::wire::events::{EventOut, number, stream_query};

/// How often something is said when nothing happens, so that nobody on the way takes the
/// connection for dead; then it is also looked whether whoever asked may still ask.
const HEARTBEAT: Duration = Duration::from_secs(20);
/// How many events are read at once.
const PAGE: u32 = 50;
/// After how many milliseconds a client comes again when the connection has ended.
const COME_AGAIN: u32 = 2_000;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// What some proxies go by: an answer that they would collect first would never come.
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");

pub(crate) async fn events(call: Call) -> Result<Reply, Problem> {
    let owner = call.owner()?;
    if call.draining().is_some_and(Draining::has_begun) {
        return Err(Problem::new(Code::StoreUnavailable).detail("the service is stopping").retry_after(2));
    }
    let slot = call.api.0.streams.take(owner).ok_or_else(too_many)?;
    // Before the log is read for the first time, or what happens in between would not be told.
    let listener = call.api.0.goals.listen(owner);
    let after = after(&call)?;
    let log = call.api.0.goals.changes(owner, after, 1).await?;
    let live = Live {
        after: after.unwrap_or(log.last),
        draining: call.draining().cloned(),
        api: call.api,
        head: call.head,
        owner,
        listener,
        heartbeat: Instant::now() + HEARTBEAT,
        _slot: slot,
    };
    let begin = Bytes::from(format!("retry: {COME_AGAIN}\nid: {}\n\n", live.after));
    let rest = stream::unfold(live, |mut live| async { Some((live.next().await?, live)) });
    let body = ResponseBody::stream(begin, rest);
    Ok(Reply::new("text/event-stream", body).header(UNBUFFERED, HeaderValue::from_static("no")))
}

/// Behind which event to begin: the one that the client says it got last, else the one in the
/// query, else the last of all.
fn after(call: &Call) -> Result<Option<u64>, Problem> {
    let asked = stream_query(&call.query)?;
    let Some(last) = call.head.headers.get(LAST_EVENT_ID) else { return Ok(asked) };
    let last = last.to_str().ok().and_then(|text| number(text).ok());
    // An id of somebody else's log, for all we know.
    last.map(Some).ok_or_else(|| goals_core::Error::CursorTooOld.into())
}

fn too_many() -> Problem {
    let words = "as many streams as one may have are open; use one of them";
    Problem::new(Code::Throttled).detail(words).retry_after(HEARTBEAT.as_secs())
}

/// A stream of events.
struct Live {
    api: GoalsApi,
    head: request::Parts,
    owner: OwnerId,
    /// The last event that the client has got.
    after: u64,
    listener: Listener,
    draining: Option<Draining>,
    heartbeat: Instant,
    _slot: Slot,
}

impl Live {
    /// What to say next; `None` when the stream has come to its end. The client comes again then,
    /// and hears what stands in the way, if anything does.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            // Those who always have something to hear are looked at too.
            if self.heartbeat <= Instant::now() {
                self.heartbeat = Instant::now() + HEARTBEAT;
                if !self.api.is_still_let_in(&self.head).await {
                    return None;
                }
                return Some(Bytes::from_static(b":\n\n"));
            }
            if self.draining.as_ref().is_some_and(Draining::has_begun) {
                return None;
            }
            let log = self.api.0.goals.changes(self.owner, Some(self.after), PAGE).await.ok()?;
            if let Some(last) = log.events.last() {
                self.after = last.seq;
                return said(&log.events);
            }
            self.wait().await;
        }
    }

    /// Until there may be something to do.
    async fn wait(&mut self) {
        let look = self.heartbeat.min(Instant::now() + self.listener.patience());
        let stop = async {
            match &mut self.draining {
                Some(draining) => draining.begun().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.listener.told() => {}
            () = sleep_until(look) => {}
            () = stop => {}
        }
    }
}

/// Events as they go over the wire.
fn said(events: &[Event]) -> Option<Bytes> {
    let mut text = BytesMut::new();
    for event in events {
        // JSON has no line breaks of its own.
        let json = serde_json::to_vec(&EventOut::from(event)).ok()?;
        text.put_slice(format!("id: {}\nevent: {}\ndata: ", event.seq, event.kind).as_bytes());
        text.put_slice(&json);
        text.put_slice(b"\n\n");
    }
    Some(text.freeze())
}
