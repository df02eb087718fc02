//! What became of one goal, and taking it back.

use super::goals::{id, shown, stale};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::service::Call;
use crate::wire::events::{HistoryOut, history_query, undo_query};

pub(crate) async fn history(call: Call) -> Result<Reply, Problem> {
    let (before, limit) = history_query(&call.query)?;
    let page = call.api.0.goals.history(call.owner()?, id(&call)?, before, limit).await?;
    Reply::json(&HistoryOut::from(&page))
}

pub(crate) async fn undo(call: Call) -> Result<Reply, Problem> {
    let version = undo_query(&call.query)?;
    let undone = call.api.0.goals.undo(call.owner()?, id(&call)?, version).await;
    shown(&call, &undone.map_err(|error| stale(&call, error))?)
}
