//! The logs of goals.

use goals_core::{CheckInId, Error};
use http::StatusCode;

use super::goals::id;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::routes::API;
use crate::service::Call;
use crate::wire::check_ins::{self, CheckInOut, CheckInsOut};

pub(crate) async fn list(call: Call) -> Result<Reply, Problem> {
    let query = check_ins::query(&call.query)?;
    let page = call.api.0.goals.check_ins(call.owner()?, id(&call)?, &query).await?;
    Reply::json(&CheckInsOut::from(&page))
}

pub(crate) async fn create(mut call: Call) -> Result<Reply, Problem> {
    let draft = check_ins::draft(std::mem::take(&mut call.body))?;
    let (owner, goal) = (call.owner()?, id(&call)?);
    let entry = call.api.0.goals.check_in(owner, goal, call.time_zone(), draft).await?;
    let path = call.api.location(&format!("{API}/goals/{goal}/check-ins/{}", entry.id));
    Reply::json(&CheckInOut::from(&entry))?.created(&path)
}

pub(crate) async fn get(call: Call) -> Result<Reply, Problem> {
    let entry = call.api.0.goals.get_check_in(call.owner()?, id(&call)?, entry(&call)?).await?;
    Reply::json(&CheckInOut::from(&entry))
}

pub(crate) async fn update(mut call: Call) -> Result<Reply, Problem> {
    let patch = check_ins::patch(std::mem::take(&mut call.body))?;
    let (owner, goal, id) = (call.owner()?, id(&call)?, entry(&call)?);
    let entry = call.api.0.goals.correct_check_in(owner, goal, call.time_zone(), id, &patch).await?;
    Reply::json(&CheckInOut::from(&entry))
}

pub(crate) async fn delete(call: Call) -> Result<Reply, Problem> {
    call.api.0.goals.remove_check_in(call.owner()?, id(&call)?, entry(&call)?).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

fn entry(call: &Call) -> Result<CheckInId, Problem> {
    call.inner.parse().map_err(|_| Error::NotFound.into())
}
