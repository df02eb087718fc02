//! Goals as a table.

use bytes::Bytes;
use goals_core::{DuplicatePolicy, FieldErrors, GoalQuery};
use http::header::{CONTENT_DISPOSITION, HeaderValue};

use crate::problem::{Code, Problem};
use crate::reply::Reply;
use crate::service::Call;
use crate::wire::csv;
use crate::wire::import::{ImportOut, RowOut};
use crate::wire::input;

pub(crate) async fn export(call: Call) -> Result<Reply, Problem> {
    let query = input::goal_query(&call.query)?;
    let (owner, goals) = (call.owner()?, &call.api.0.goals);
    // A list shows what is in sight, and a table all that is not in the trash.
    let both = query.archived.is_none() && !query.trash;
    let archived = if both { &[Some(false), Some(true)][..] } else { &[query.archived] };
    let mut rows = Vec::new();
    for archived in archived {
        rows.extend(goals.list_all(owner, GoalQuery { archived: *archived, ..query.clone() }).await?);
    }
    let name = HeaderValue::from_static("attachment; filename=\"goals.csv\"");
    let table = Bytes::from(csv::write(&rows)?);
    Ok(Reply::new("text/csv; charset=utf-8; header=present", table).header(CONTENT_DISPOSITION, name))
}

pub(crate) async fn import(call: Call) -> Result<Reply, Problem> {
    let mut errors = FieldErrors::new();
    let dry_run = call.query.flag("dry_run", &mut errors);
    let duplicates =
        if call.query.flag("allow_duplicates", &mut errors) { DuplicatePolicy::Allow } else { DuplicatePolicy::Refuse };
    errors.into_result().map_err(|errors| Problem::fields(Code::InvalidQuery, &errors))?;
    let rows = csv::read(&call.table, call.time_zone().day_of(call.api.0.goals.now()))?;
    let imported = call.api.0.goals.import(call.owner()?, &rows, duplicates, dry_run).await?;
    let report = ImportOut::new(&imported, &rows);
    if imported.done || dry_run || imported.fates.is_empty() {
        return Reply::json(&report);
    }
    let refused: Vec<RowOut> = report.rows.into_iter().filter(RowOut::is_refused).take(100).collect();
    let refused = serde_json::to_value(refused).map_err(|error| Problem::internal(&error))?;
    let words = "some rows are refused, so nothing was imported; ?dry_run=true shows the fate of every row";
    Err(Problem::new(Code::ImportRefused).detail(words).with("rows", refused))
}
