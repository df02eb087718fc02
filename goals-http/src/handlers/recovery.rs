//! Links in letters: to another password, and to verify an address.

use goals_core::Password;
use http::StatusCode;

use crate::problem::Problem;
use crate::reply::Reply;
use crate::service::Call;
use crate::wire::{credentials, input};

pub(crate) async fn request_reset(mut call: Call) -> Result<Reply, Problem> {
    let email = credentials::address(std::mem::take(&mut call.body))?;
    call.accounts()?.request_password_reset(&email, &call.client).await?;
    tracing::info!("a link to another password was asked for");
    Ok(Reply::empty(StatusCode::ACCEPTED))
}

pub(crate) async fn reset(mut call: Call) -> Result<Reply, Problem> {
    let [new] = input::texts(std::mem::take(&mut call.body), ["new_password"])?.map(Password::new);
    call.accounts()?.reset_password(&call.parameter, new, &call.client).await?;
    tracing::info!("a password was set by a link");
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

pub(crate) async fn request_verification(call: Call) -> Result<Reply, Problem> {
    call.accounts()?.request_email_verification(&call.account()?.user, &call.client).await?;
    Ok(Reply::empty(StatusCode::ACCEPTED))
}

pub(crate) async fn verify(call: Call) -> Result<Reply, Problem> {
    let user = call.accounts()?.confirm_email(&call.parameter, &call.client).await?;
    tracing::info!(user = %user.id, "an e-mail address was verified");
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
