//! Whether the process is up, and whether it can work.

#![expect(clippy::unused_async, reason = "all handlers have one shape")]

use bytes::Bytes;

use crate::peer::Draining;
use crate::problem::{Code, Problem};
use crate::reply::Reply;
use crate::service::Call;
use crate::wire::meta::HealthOut;

pub(crate) async fn alive(_: Call) -> Result<Reply, Problem> {
    Reply::json(&HealthOut { status: "up" })
}

pub(crate) async fn ready(call: Call) -> Result<Reply, Problem> {
    if call.draining().is_some_and(Draining::has_begun) {
        return Err(Problem::new(Code::StoreUnavailable).detail("the service is stopping").retry_after(2));
    }
    call.api.0.goals.ping().await?;
    Reply::json(&HealthOut { status: "ready" })
}

pub(crate) async fn metrics(call: Call) -> Result<Reply, Problem> {
    let text = call.api.0.metrics.as_ref().map(|render| render()).unwrap_or_default();
    Ok(Reply::new("text/plain; version=0.0.4; charset=utf-8", Bytes::from(text)))
}
