//! Goals.

use goals_core::{Answer, BulkError, Error, Goal, GoalId};
use http::StatusCode;

use super::{etag, expected, refused};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::routes::API;
use crate::service::Call;
use crate::wire::{
    bulk,
    events::as_of,
    input,
    output::{BulkOut, GoalOut, GoalsOut, NewGoalOut},
};

pub(crate) async fn list(call: Call) -> Result<Reply, Problem> {
    let query = input::goal_query(&call.query)?;
    let page = call.api.0.goals.list(call.owner()?, &query).await?;
    Reply::json(&GoalsOut::new(&page, call.api.0.goals.now(), call.time_zone()))
}

pub(crate) async fn create(mut call: Call) -> Result<Reply, Problem> {
    let draft = input::goal_draft(std::mem::take(&mut call.body))?;
    let attempt = call.attempt.take();
    let (owner, goals) = (call.owner()?, &call.api.0.goals);
    // Looked for first: an answer that is kept is kept as a whole. A store that does not say gives
    // no warning; whether it makes the goal is another matter.
    let similar = goals.similar(owner, &draft).await.unwrap_or_default();
    let made = |goal: &Goal| {
        let location = call.api.location(&format!("{API}/goals/{}", goal.id));
        let made = NewGoalOut::new(goal, &similar, goals.now(), call.time_zone());
        Reply::json(&made)?.etag(&etag(goal.version))?.created(&location)
    };
    let Some(attempt) = attempt else { return made(&goals.create(owner, draft).await?) };
    match goals.create_once(owner, draft, attempt, |goal| made(goal)?.keep()).await? {
        Answer::First(reply) => Reply::kept(&reply),
        Answer::Again(reply) => Ok(Reply::kept(&reply)?.replayed()),
    }
}

pub(crate) async fn get(call: Call) -> Result<Reply, Problem> {
    if let Some(at) = as_of(&call.query)? {
        let goal = call.api.0.goals.get_as_of(call.owner()?, id(&call)?, at).await?;
        // No entity tag: nothing can be based on what it was then.
        return Reply::json(&GoalOut::new(&goal, at, call.time_zone()));
    }
    let goal = call.api.0.goals.get(call.owner()?, id(&call)?).await?;
    Ok(shown(&call, &goal)?.unless_known(&call.head.headers))
}

pub(crate) async fn update(mut call: Call) -> Result<Reply, Problem> {
    let today = call.time_zone().day_of(call.api.0.goals.now());
    let patch = input::goal_patch(std::mem::take(&mut call.body), today)?;
    let expected = expected(&call.head.headers)?;
    let updated = call.api.0.goals.update(call.owner()?, id(&call)?, expected, &patch).await;
    shown(&call, &updated.map_err(|error| stale(&call, error))?)
}

pub(crate) async fn delete(call: Call) -> Result<Reply, Problem> {
    let expected = expected(&call.head.headers)?;
    let deleted = call.api.0.goals.delete(call.owner()?, id(&call)?, expected).await;
    let deleted = deleted.map_err(|error| stale(&call, error))?;
    Reply::empty(StatusCode::NO_CONTENT).etag(&etag(deleted.version))
}

pub(crate) async fn restore(call: Call) -> Result<Reply, Problem> {
    let goal = call.api.0.goals.restore(call.owner()?, id(&call)?).await?;
    shown(&call, &goal)
}

pub(crate) async fn purge(call: Call) -> Result<Reply, Problem> {
    call.api.0.goals.purge(call.owner()?, id(&call)?).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

pub(crate) async fn bulk(mut call: Call) -> Result<Reply, Problem> {
    let (goals, zone) = (&call.api.0.goals, call.time_zone());
    let operations = bulk::operations(std::mem::take(&mut call.body), zone.day_of(goals.now()))?;
    match goals.bulk(call.owner()?, &operations).await {
        Ok(done) => Reply::json(&BulkOut::new(&done, goals.now(), zone)),
        Err(BulkError { at, error }) => {
            let pointer = format!("/operations/{at}");
            let place = operations.get(at).map_or("", bulk::place);
            let error = match error {
                Error::Invalid(errors) => Error::Invalid(errors.under(&format!("{pointer}{place}"))),
                other => other,
            };
            Err(stale(&call, error).with("pointer", pointer))
        }
    }
}

/// What is no id names nothing.
pub(super) fn id(call: &Call) -> Result<GoalId, Problem> {
    call.parameter.parse().map_err(|_| Error::NotFound.into())
}

pub(super) fn shown(call: &Call, goal: &Goal) -> Result<Reply, Problem> {
    Reply::json(&GoalOut::new(goal, call.api.0.goals.now(), call.time_zone()))?.etag(&etag(goal.version))
}

pub(super) fn stale(call: &Call, error: Error) -> Problem {
    refused(&call.api, call.time_zone(), error)
}
