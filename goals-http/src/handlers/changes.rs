//! What happens to all goals of somebody, to be asked for again and again.

use crate::problem::Problem;
use crate::reply::Reply;
use crate::service::Call;
use crate::wire::events::{ChangesOut, changes_query};

pub(crate) async fn changes(call: Call) -> Result<Reply, Problem> {
    let (after, limit) = changes_query(&call.query)?;
    let log = call.api.0.goals.changes(call.owner()?, after, limit).await?;
    Reply::json(&ChangesOut::new(&log, after))
}
