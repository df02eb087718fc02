//! What became of an import.

use goals_core::{Fate, FieldErrors, GoalId, ImportGoal, Imported};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::output::shown_or_null;
use crate::openapi::schemas::FieldProblem;
use crate::problem;

/// What an import did, or what it would do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Import)]
pub(crate) struct ImportOut {
    /// Whether anything was written.
    done: bool,
    created: usize,
    updated: usize,
    unchanged: usize,
    refused: usize,
    /// Every row of the table, in its order.
    pub(crate) rows: Vec<RowOut>,
}

/// What became of one row.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportedRow)]
pub(crate) struct RowOut {
    /// Its number in the table; the header is row 1.
    row: usize,
    /// `created`, `updated`, `unchanged`, `duplicate` or `invalid`.
    fate: &'static str,
    #[serde(serialize_with = "shown_or_null")]
    #[schema(value_type = Option<String>, format = "uuid", required)]
    id: Option<GoalId>,
    /// With `duplicate`: the goal that says the same.
    #[serde(serialize_with = "shown_or_null")]
    #[schema(value_type = Option<String>, format = "uuid", required)]
    existing_id: Option<GoalId>,
    /// With `invalid`: every cell that was refused, by its column.
    #[schema(value_type = Vec<FieldProblem>)]
    errors: Vec<Value>,
}

impl ImportOut {
    pub(crate) fn new(imported: &Imported, rows: &[Result<ImportGoal, FieldErrors>]) -> Self {
        let fates = &imported.fates;
        let count = |is: fn(&Fate) -> bool| fates.iter().filter(|fate| is(fate)).count();
        let given = |n: usize| rows[n].as_ref().ok().and_then(|goal| goal.draft.id);
        Self {
            done: imported.done,
            created: count(|fate| matches!(fate, Fate::Created(_))),
            updated: count(|fate| matches!(fate, Fate::Updated(_))),
            unchanged: count(|fate| matches!(fate, Fate::Unchanged(_))),
            refused: count(Fate::is_refused),
            rows: fates.iter().enumerate().map(|(n, fate)| RowOut::new(n + 2, fate, given(n))).collect(),
        }
    }
}

impl RowOut {
    fn new(row: usize, fate: &Fate, given: Option<GoalId>) -> Self {
        let out = |fate, id| Self { row, fate, id, existing_id: None, errors: Vec::new() };
        match fate {
            Fate::Created(id) => out("created", Some(*id)),
            Fate::Updated(id) => out("updated", Some(*id)),
            Fate::Unchanged(id) => out("unchanged", Some(*id)),
            Fate::Duplicate { existing } => Self { existing_id: Some(*existing), ..out("duplicate", given) },
            Fate::Invalid(errors) => {
                Self { errors: errors.iter().map(problem::field).collect(), ..out("invalid", given) }
            }
        }
    }

    pub(crate) fn is_refused(&self) -> bool {
        matches!(self.fate, "duplicate" | "invalid")
    }
}
