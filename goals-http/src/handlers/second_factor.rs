//! The second factor.

use goals_core::{Password, RecoveryCode};
use http::StatusCode;

use crate::problem::Problem;
use crate::reply::Reply;
use crate::service::Call;
use crate::wire::credentials::{EnrolmentOut, RecoveryCodesOut};
use crate::wire::input;

pub(crate) async fn enrol(mut call: Call) -> Result<Reply, Problem> {
    let [password] = input::texts(std::mem::take(&mut call.body), ["password"])?;
    let user = call.account()?.user.id;
    let enrolment = call.accounts()?.enrol_second_factor(user, Password::new(password), &call.client).await?;
    tracing::info!(%user, "a second factor is being set up");
    Ok(Reply::json(&EnrolmentOut::from(&enrolment))?.status(StatusCode::CREATED))
}

pub(crate) async fn confirm(mut call: Call) -> Result<Reply, Problem> {
    let [code] = input::texts(std::mem::take(&mut call.body), ["code"])?;
    let user = call.account()?.user.id;
    let recovery = call.accounts()?.confirm_second_factor(user, &code).await?;
    tracing::info!(%user, "the second factor was turned on");
    Reply::json(&RecoveryCodesOut { recovery_codes: recovery.iter().map(RecoveryCode::text).collect() })
}

pub(crate) async fn remove(mut call: Call) -> Result<Reply, Problem> {
    let [password, code] = input::texts(std::mem::take(&mut call.body), ["password", "code"])?;
    let user = call.account()?.user.id;
    call.accounts()?.remove_second_factor(user, Password::new(password), &code, &call.client).await?;
    tracing::info!(%user, "the second factor was turned off");
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
