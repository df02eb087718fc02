//! Signing in and out.

use goals_core::{SessionId, SignIn};
use http::StatusCode;
use http::header::SET_COOKIE;

use crate::GoalsApi;
use crate::auth;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::service::Call;
use crate::wire::{
    input,
    output::{SessionOut, SessionsOut, TokensOut, UserOut, WhoOut},
};

pub(crate) async fn log_in(mut call: Call) -> Result<Reply, Problem> {
    let input::LogIn { login, password, code, cookie } = input::log_in(std::mem::take(&mut call.body))?;
    if cookie {
        auth::refuse_foreign(&call.head.headers)?;
    }
    let accounts = call.accounts()?;
    let signed_in = match code {
        None => accounts.log_in(&login, password, &call.client).await?,
        Some(code) => accounts.log_in_with_code(&login, password, &code, &call.client).await?,
    };
    tracing::info!(user = %signed_in.user.id, session = %signed_in.session.id, "signed in");
    if !cookie {
        return Ok(tokens(&call.api, &signed_in)?.status(StatusCode::CREATED));
    }
    let token = call.accounts()?.browser_token(&signed_in.session)?;
    let cookie = call.api.0.cookie.set(&token, call.api.0.goals.now())?;
    Ok(Reply::json(&WhoOut::new(&signed_in.user, &signed_in.session))?
        .status(StatusCode::CREATED)
        .header(SET_COOKIE, cookie))
}

pub(crate) async fn refresh(mut call: Call) -> Result<Reply, Problem> {
    let [token] = input::texts(std::mem::take(&mut call.body), ["refresh_token"])?;
    let signed_in = call.accounts()?.refresh(&token, &call.client).await?;
    tokens(&call.api, &signed_in)
}

pub(crate) async fn list(call: Call) -> Result<Reply, Problem> {
    let who = call.account()?;
    let sessions = call.accounts()?.sessions(who.user.id).await?;
    let items = sessions.iter().map(|session| SessionOut::new(session, who.session.id)).collect();
    Reply::json(&SessionsOut { items })
}

pub(crate) async fn end(call: Call) -> Result<Reply, Problem> {
    let who = call.account()?;
    let id: SessionId = call.parameter.parse().map_err(|_| Problem::from(goals_core::Error::NotFound))?;
    call.accounts()?.end_session(who.user.id, id).await?;
    tracing::info!(user = %who.user.id, session = %id, "a session was ended");
    if id == who.session.id { signed_out(&call) } else { Ok(Reply::empty(StatusCode::NO_CONTENT)) }
}

pub(crate) async fn log_out(call: Call) -> Result<Reply, Problem> {
    let who = call.account()?;
    call.accounts()?.end_session(who.user.id, who.session.id).await?;
    tracing::info!(user = %who.user.id, session = %who.session.id, "signed out");
    signed_out(&call)
}

pub(crate) async fn end_all(call: Call) -> Result<Reply, Problem> {
    let user = call.account()?.user.id;
    let sessions = call.accounts()?.end_all_sessions(user).await?;
    tracing::info!(%user, sessions, "signed out everywhere");
    signed_out(&call)
}

#[expect(clippy::unused_async, reason = "all handlers have one shape")]
pub(crate) async fn who(call: Call) -> Result<Reply, Problem> {
    let user = call.user().ok().map(UserOut::from);
    let session = call.account().ok().map(|who| SessionOut::new(&who.session, who.session.id));
    Reply::json(&WhoOut { user, session })
}

fn signed_out(call: &Call) -> Result<Reply, Problem> {
    let reply = Reply::empty(StatusCode::NO_CONTENT);
    if !call.caller()?.by_cookie() {
        return Ok(reply);
    }
    Ok(reply.header(SET_COOKIE, call.api.0.cookie.clear()?))
}

fn tokens(api: &GoalsApi, signed_in: &SignIn) -> Result<Reply, Problem> {
    Reply::json(&TokensOut {
        access_token: &signed_in.access.token,
        token_type: "Bearer",
        expires_in: (signed_in.access.expires_at - api.0.goals.now()).num_seconds(),
        refresh_token: signed_in.refresh.expose(),
        who: WhoOut::new(&signed_in.user, &signed_in.session),
    })
}
