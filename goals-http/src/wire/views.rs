//! Views as JSON, both ways.

use chrono::{DateTime, Utc};
use goals_core::{View, ViewDraft, ViewId, ViewPatch};
use serde::Serialize;
use utoipa::ToSchema;

use super::output::{instant, shown};
use crate::fields::{self, Fields};
use crate::json::Object;
use crate::problem::Problem;

/// A list of goals with a name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = View)]
pub(crate) struct ViewOut<'a> {
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String, format = "uuid")]
    id: ViewId,
    name: &'a str,
    /// The query of `GET /goals`, in its one spelling.
    query: String,
    version: u64,
    #[serde(serialize_with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    created_at: DateTime<Utc>,
    #[serde(serialize_with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    updated_at: DateTime<Utc>,
}

impl<'a> From<&'a View> for ViewOut<'a> {
    fn from(view: &'a View) -> Self {
        Self {
            id: view.id,
            name: &view.name,
            query: view.query.to_string(),
            version: view.version,
            created_at: view.created_at,
            updated_at: view.updated_at,
        }
    }
}

/// All views, in the order in which they were made.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ViewList)]
pub(crate) struct ViewsOut<'a> {
    pub(crate) items: Vec<ViewOut<'a>>,
}

/// Reads a view to be made.
pub(crate) fn draft(body: Object) -> Result<ViewDraft, Problem> {
    let mut fields = Fields::new(body);
    let draft = ViewDraft {
        name: fields.get("name", fields::text).unwrap_or_default(),
        query: fields.get("query", fields::text).unwrap_or_default(),
    };
    fields.finish(draft.validate())?;
    Ok(draft)
}

/// Reads a change of a view.
pub(crate) fn patch(body: Object) -> Result<ViewPatch, Problem> {
    let mut fields = Fields::new(body);
    let patch = ViewPatch { name: fields.change("name", fields::text), query: fields.change("query", fields::text) };
    fields.finish(patch.validate())?;
    Ok(patch)
}
