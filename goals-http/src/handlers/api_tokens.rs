//! API tokens of scripts.

use goals_core::{ApiTokenId, Error};
use http::StatusCode;

use crate::problem::Problem;
use crate::reply::Reply;
use crate::routes::API;
use crate::service::Call;
use crate::wire::credentials::{self, ApiTokenOut, ApiTokensOut, NewApiTokenOut};

pub(crate) async fn list(call: Call) -> Result<Reply, Problem> {
    let tokens = call.accounts()?.api_tokens(call.user()?.id).await?;
    Reply::json(&ApiTokensOut { items: tokens.iter().map(ApiTokenOut::from).collect() })
}

pub(crate) async fn create(mut call: Call) -> Result<Reply, Problem> {
    let (draft, password) = credentials::api_token(std::mem::take(&mut call.body))?;
    let who = call.account()?;
    let (token, shown) = call.accounts()?.create_api_token(who, &draft, password, &call.client).await?;
    tracing::info!(user = %who.user.id, token = %token.id, scope = %token.scope, "an API token was made");
    let location = call.api.location(&format!("{API}/tokens/{}", token.id));
    Reply::json(&NewApiTokenOut { kept: (&token).into(), token: &shown })?.created(&location)
}

pub(crate) async fn revoke(call: Call) -> Result<Reply, Problem> {
    let user = call.user()?.id;
    let id: ApiTokenId = call.parameter.parse().map_err(|_| Problem::from(Error::NotFound))?;
    call.accounts()?.revoke_api_token(user, id).await?;
    tracing::info!(%user, token = %id, "an API token was revoked");
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
