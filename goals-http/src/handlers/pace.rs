//! How goals stand, and how they would.

use super::goals::id;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::service::Call;
use crate::wire::pace::{self, OutlookOut, StatsOut};

pub(crate) async fn pace(call: Call) -> Result<Reply, Problem> {
    let outlook = call.api.0.goals.outlook(call.owner()?, id(&call)?, call.time_zone()).await?;
    Reply::json(&OutlookOut::from(&outlook))
}

pub(crate) async fn simulate(mut call: Call) -> Result<Reply, Problem> {
    let trial = pace::trial(std::mem::take(&mut call.body))?;
    let outlook = call.api.0.goals.simulate(call.owner()?, id(&call)?, call.time_zone(), &trial).await?;
    Reply::json(&OutlookOut::from(&outlook))
}

pub(crate) async fn stats(call: Call) -> Result<Reply, Problem> {
    let stats = call.api.0.goals.stats(call.owner()?, call.time_zone()).await?;
    Reply::json(&StatsOut::from(&stats))
}
