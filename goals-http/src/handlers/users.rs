//! Accounts.

use goals_core::Password;
use http::StatusCode;
use http::header::SET_COOKIE;

use super::{etag, expected, refused};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::routes::API;
use crate::service::Call;
use crate::wire::{input, output::UserOut};

pub(crate) async fn register(mut call: Call) -> Result<Reply, Problem> {
    let body = std::mem::take(&mut call.body);
    let accounts = call.accounts()?;
    let registration = input::registration(body, |given| accounts.validate(given))?;
    let user = accounts.register(registration, &call.client).await?;
    tracing::info!(user = %user.id, "registered");
    Reply::json(&UserOut::from(&user))?
        .etag(&etag(user.version))?
        .created(&call.api.location(&format!("{API}/users/me")))
}

#[expect(clippy::unused_async, reason = "all handlers have one shape")]
pub(crate) async fn get(call: Call) -> Result<Reply, Problem> {
    let user = call.user()?;
    Ok(Reply::json(&UserOut::from(user))?.etag(&etag(user.version))?.unless_known(&call.head.headers))
}

pub(crate) async fn update(mut call: Call) -> Result<Reply, Problem> {
    let (patch, password) = input::user_patch(std::mem::take(&mut call.body))?;
    let (who, expected) = (call.account()?, expected(&call.head.headers)?);
    let updated = call.accounts()?.change_profile(who, expected, &patch, password, &call.client).await;
    let updated = updated.map_err(|error| refused(&call.api, who.user.time_zone, error))?;
    Reply::json(&UserOut::from(&updated))?.etag(&etag(updated.version))
}

pub(crate) async fn delete(mut call: Call) -> Result<Reply, Problem> {
    let [password] = input::texts(std::mem::take(&mut call.body), ["password"])?;
    let user = call.account()?.user.id;
    call.accounts()?.delete(user, Password::new(password), &call.client).await?;
    tracing::info!(%user, "the account was deleted");
    Ok(Reply::empty(StatusCode::NO_CONTENT).header(SET_COOKIE, call.api.0.cookie.clear()?))
}

pub(crate) async fn change_password(mut call: Call) -> Result<Reply, Problem> {
    let names = ["current_password", "new_password"];
    let [present, new] = input::texts(std::mem::take(&mut call.body), names)?.map(Password::new);
    let who = call.account()?;
    call.accounts()?.change_password(who, present, new, &call.client).await?;
    tracing::info!(user = %who.user.id, "the password was changed");
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
