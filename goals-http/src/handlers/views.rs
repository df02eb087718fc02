//! Views.

use goals_core::{Error, View, ViewId};
use http::StatusCode;

use super::{etag, expected, refused};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::service::Call;
use crate::wire::views::{self, ViewOut, ViewsOut};

pub(crate) async fn list(call: Call) -> Result<Reply, Problem> {
    let views = call.api.0.goals.views(call.owner()?).await?;
    Reply::json(&ViewsOut { items: views.iter().map(ViewOut::from).collect() })
}

pub(crate) async fn create(mut call: Call) -> Result<Reply, Problem> {
    let draft = views::draft(std::mem::take(&mut call.body))?;
    let view = call.api.0.goals.create_view(call.owner()?, draft).await?;
    Ok(shown(&view)?.status(StatusCode::CREATED))
}

pub(crate) async fn update(mut call: Call) -> Result<Reply, Problem> {
    let patch = views::patch(std::mem::take(&mut call.body))?;
    let expected = expected(&call.head.headers)?;
    let updated = call.api.0.goals.update_view(call.owner()?, id(&call)?, expected, &patch).await;
    shown(&updated.map_err(|error| refused(&call.api, call.time_zone(), error))?)
}

pub(crate) async fn delete(call: Call) -> Result<Reply, Problem> {
    let expected = expected(&call.head.headers)?;
    let deleted = call.api.0.goals.delete_view(call.owner()?, id(&call)?, expected).await;
    deleted.map_err(|error| refused(&call.api, call.time_zone(), error))?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// What is no id names nothing.
fn id(call: &Call) -> Result<ViewId, Problem> {
    call.parameter.parse().map_err(|_| Error::NotFound.into())
}

fn shown(view: &View) -> Result<Reply, Problem> {
    Reply::json(&ViewOut::from(view))?.etag(&etag(view.version))
}
