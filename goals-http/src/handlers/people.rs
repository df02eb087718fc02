//! Who is here, whether they have an account or the host knows them.

use crate::auth::Caller;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::service::Call;
use crate::wire::output::{HereOut, LimitsOut, PersonOut};

/// Who asks, where the host knows.
#[expect(clippy::unused_async, reason = "all handlers have one shape")]
pub(crate) async fn who(call: Call) -> Result<Reply, Problem> {
    let user = match call.caller_if_any() {
        Some(Caller::Own(identity)) => Some(PersonOut::from(identity)),
        _ => None,
    };
    Reply::json(&HereOut { user })
}

pub(crate) async fn limits(call: Call) -> Result<Reply, Problem> {
    let owner = call.owner()?;
    let goals = call.api.0.goals.usage(owner).await?.into();
    let views = call.api.0.goals.view_usage(owner).await?.into();
    let (Some(accounts), Some(user)) = (call.api.accounts(), call.caller()?.user()) else {
        return Reply::json(&LimitsOut { goals, views, sessions: None, api_tokens: None });
    };
    let sessions = Some(accounts.session_usage(user.id).await?.into());
    let api_tokens = Some(accounts.api_token_usage(user.id).await?.into());
    Reply::json(&LimitsOut { goals, views, sessions, api_tokens })
}
